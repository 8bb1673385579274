"""What became of an attempt whose outcome is unknown.

    known = client.order_status("order-1").result().known(fulfillment_id)
    outcome = client.attempt("order-1", attempt)
    if outcome.kind == "unknown":
        resolution = client.reconcile("order-1", fulfillment_id, known=known)

It holds for one attempt at a time at a fulfillment that has failed, which is what attempts are for:
of two that are under way at once nobody can say which one is which.

Rules:
- That a request did not arrive can't be known, so it is never said: an order's status may lag
  behind, and a request may wait on its way. Until a transaction is there, the answer is still
  unknown, and the attempt must not be made again.
- Only what is new proves something. A transaction that was known and is not there any more, or two
  that can't be told apart, make the answer unknown again.
- A failure is told only where the fulfillment as a whole has ended too: until then the API may be
  trying again by itself.

Source: the order status page of the payouts API, and its list of error codes (E06, E90).
"""

from collections.abc import Collection
from typing import ClassVar, Final, Literal, TypeAlias

import msgspec

from joseal._core.secrecy import hide_locals
from joseal.juspay.models.base import Guarded
from joseal.juspay.models.fields import WORD
from joseal.juspay.models.order_status import Fulfillment, Order, Transaction
from joseal.juspay.models.states import FulfillmentState, TransactionState
from joseal.juspay.outcomes import Accepted, NotSent, Outcome, Refused, Unknown

_FIRST_SECONDS: Final = 5
_MOST_SECONDS: Final = 300
_DOUBLINGS: Final = 6

_FAILED: Final = frozenset({TransactionState.FAILURE, TransactionState.REVERSED})
_ENDED: Final = frozenset(
    {FulfillmentState.FAILURE, FulfillmentState.CANCELLED, FulfillmentState.DISCARDED}
)


class Arrived(Guarded, frozen=True, kw_only=True):
    """The attempt arrived, and was not seen to fail. It must not be made again.

    Attributes:
        status: how the fulfillment stands; what comes of it, later statuses and webhooks tell.
        transactions: those that are new.
    """

    kind: ClassVar[Literal["accepted"]] = "accepted"
    _SHOWN: ClassVar[frozenset[str]] = frozenset({"status", "transactions"})

    status: FulfillmentState
    transactions: tuple[Transaction, ...]


class Failed(Guarded, frozen=True, kw_only=True):
    """The attempt arrived and failed, and the fulfillment has ended: another one may be made.

    Attributes:
        status: how the fulfillment stands.
        transactions: those that are new, all of which failed.
    """

    kind: ClassVar[Literal["failed"]] = "failed"
    _SHOWN: ClassVar[frozenset[str]] = frozenset({"status", "transactions"})

    status: FulfillmentState
    transactions: tuple[Transaction, ...]


class StillUnknown(msgspec.Struct, frozen=True):
    """Nothing is proved yet. The attempt must not be made again.

    Attributes:
        reason: constant text.
        ask_again_seconds: how long to wait before the next question. Where it stays like this for
            hours, ask the API's support; time alone proves nothing.
    """

    kind: ClassVar[Literal["unknown"]] = "unknown"

    reason: str
    ask_again_seconds: int


Reconciliation: TypeAlias = Arrived | Failed | StillUnknown


class AttemptQuery:
    """What is to be found out: which fulfillment, and what was known of it before the attempt.

    Args:
        fulfillment_id: the attempt's.
        known: the references of the transactions that were there before, from `Order.known`.
        asked: how often it was asked before.

    Raises:
        TypeError: an argument is of another type. A string is no collection of references.
        ValueError: `fulfillment_id` is none, or `asked` is below zero.
    """

    __slots__ = ("ask_again_seconds", "fulfillment_id", "known")

    @hide_locals
    def __init__(self, fulfillment_id: str, known: Collection[str], asked: int = 0) -> None:
        if isinstance(known, str) or not isinstance(known, Collection):
            raise TypeError("known must be a collection of strings")
        if not all(isinstance(reference, str) for reference in known):
            raise TypeError("known must be a collection of strings")
        if type(asked) is not int:
            raise TypeError("asked must be an int")
        if asked < 0:
            raise ValueError("asked must not be below zero")
        self.fulfillment_id = WORD.apply("fulfillment_id", fulfillment_id)
        self.known = frozenset(known)
        seconds = _FIRST_SECONDS << min(asked, _DOUBLINGS)
        self.ask_again_seconds = min(seconds, _MOST_SECONDS)


@hide_locals
def read_reconciliation(outcome: Outcome[Order], question: AttemptQuery) -> Reconciliation:
    """Tell what the status of an order proves about an attempt.

    Args:
        outcome: of the question for the status, with its fulfillments.
        question: what is to be found out.

    Returns:
        `Failed` where there are new transactions, all of them FAILURE or REVERSED, and the
        fulfillment is FAILURE, CANCELLED or DISCARDED. `Arrived` where there are other new ones.
        `StillUnknown` for anything else.
    """
    found = _fulfillment(outcome, question.fulfillment_id)
    if isinstance(found, Fulfillment):
        new = _new(found, question.known)
        if not isinstance(new, str):
            failed = all(part.status in _FAILED for part in new) and found.status in _ENDED
            kind = Failed if failed else Arrived
            return kind(status=found.status, transactions=new)
        found = new
    return StillUnknown(found, question.ask_again_seconds)


def _fulfillment(outcome: Outcome[Order], fulfillment_id: str) -> Fulfillment | str:
    """Return the fulfillment, or why it can't be had."""
    match outcome:
        case Accepted(order):
            parts = [part for part in order.fulfillments or () if part.id == fulfillment_id]
            if len(parts) == 1:
                return parts[0]
            return "the status does not have exactly one fulfillment of this id"
        case Refused():
            return f"the status was refused: {outcome.error_code} (HTTP {outcome.status})"
        case NotSent() | Unknown():
            return f"the status could not be read: {outcome.reason}"


def _new(fulfillment: Fulfillment, known: frozenset[str]) -> tuple[Transaction, ...] | str:
    """Return the transactions that were not known, or why they can't be told. There is one."""
    transactions = fulfillment.transactions or ()
    references = [part.transaction_ref for part in transactions]
    if None in references or len(set(references)) != len(references):
        return "the transactions can't be told apart by their references"
    if not known.issubset(references):
        return "a transaction that was known is not there any more"
    new = tuple(part for part in transactions if part.transaction_ref not in known)
    return new or "no new transaction is there yet"
