"""Reconciliation: find out whether an attempt arrived, whatever its outcome was.

    known = client.known("order-1", fulfillment_id).result()
    outcome = client.attempt("order-1", attempt, known=known)
    found = client.reconcile(known)
    while found.kind == "unknown":
        time.sleep(found.ask_again_seconds)
        found = client.reconcile(found.again)
    if found.kind == "failed":
        client.attempt("order-1", attempt, known=found.known)

This works for one attempt at a time at a fulfillment that has failed, which is what attempts are
for: two that are in progress at once can't be distinguished.

Rules:
- It can't be known that a request did not arrive, so that is never reported: an order's status may
  lag behind, and a request may be delayed on its way. Until there is a transaction, the answer is
  still unknown, and the attempt must not be made again.
- Only new transactions prove anything. If a known transaction is not there any more, or two can't
  be distinguished, the answer is unknown again.
- A failure is reported only if the fulfillment as a whole has ended too: until then the API may be
  retrying by itself. It is not reported if a known transaction has since turned into a success: one
  more attempt would pay a second time.
- A failure may belong to a different attempt, and be shown late. So the known state has to be
  confirmed, and the failure has to be read twice, some time apart, with no change.

Accepted: a status that twice lags behind for longer than the time between two reads can show the
failure of an earlier attempt as this one's. The time between the two reads of a failure is measured
with `time.time`, because it has to outlast the process: a clock that is set forward between them
shortens it.

Source: the order status page of the payouts API, and its list of error codes (E06, E90).
"""

import math
import time
from typing import ClassVar, Final, Literal, TypeAlias

import msgspec

from joseal._core.secrecy import hide_locals
from joseal.juspay.models.base import Guarded
from joseal.juspay.models.known import Known
from joseal.juspay.models.order_status import Fulfillment, Order, Transaction
from joseal.juspay.models.states import FAILED, FulfillmentState
from joseal.juspay.outcomes import Accepted, NotSent, Outcome, Refused, Unknown

APART_SECONDS: Final = 30.0

# The longest pause between two questions that are not about a failure.
MOST_SECONDS: Final = 300

_FIRST_SECONDS: Final = 5
_DOUBLINGS: Final = 6

_ENDED: Final = frozenset(
    {FulfillmentState.FAILURE, FulfillmentState.CANCELLED, FulfillmentState.DISCARDED}
)
_NOT_OF_THIS_ATTEMPT: Final = (
    "what failed may be an earlier attempt's: no two equal reads have shown what had failed before "
    "this one"
)
_KNOWN_IS_OPEN: Final = "a transaction that was known has not failed, or not any more"
_OF_AN_EARLIER_ATTEMPT: Final = (
    "the question is of an earlier attempt: ask with the known of the one that was made last"
)
_ONCE_MORE: Final = "a failure is shown, and has to be read once more"
AMONG_OTHERS: Final = (
    "a failure is shown, and may be that of a different attempt at this payout, which is not "
    "settled, has failed since, or was settled by a person"
)
# The reasons that are given only where everything new has failed, and the payout has ended.
FAILURE_SHOWN: Final = frozenset(
    {_NOT_OF_THIS_ATTEMPT, _KNOWN_IS_OPEN, _OF_AN_EARLIER_ATTEMPT, _ONCE_MORE, AMONG_OTHERS}
)


class AttemptQuery(msgspec.Struct, frozen=True, kw_only=True):
    """The question what became of the attempt that was made against a known state.

    Attributes:
        known: the state before the attempt.
        asked: how often it has been asked.
        seen: the failure that the previous read has shown; empty if none.
        seen_at: when that was first seen, in seconds of `time.time`.

    Example:
        >>> from joseal.juspay import AttemptQuery, Known
        >>> AttemptQuery(known=Known.fresh("order-1", "f-1")).ask_again_seconds
        5

    Source: the order status page of the payouts API.
    """

    known: Known
    asked: int = 0
    seen: frozenset[tuple[str, str]] = frozenset()
    seen_at: float = 0.0

    @property
    def ask_again_seconds(self) -> int:
        """How long to wait before the next question, longer each time."""
        return min(_FIRST_SECONDS << min(self.asked, _DOUBLINGS), MOST_SECONDS)


class Arrived(Guarded, frozen=True, kw_only=True):
    """The attempt arrived, and was not seen to fail. It must not be made again.

    Attributes:
        status: the status of the fulfillment; later statuses and webhooks show how it ends.
        transactions: the new ones.

    Example:
        >>> from joseal.juspay import Arrived, FulfillmentState
        >>> Arrived(status=FulfillmentState.PENDING, transactions=()).kind
        'accepted'

    Source: the order status page of the payouts API.
    """

    kind: ClassVar[Literal["accepted"]] = "accepted"
    _SHOWN: ClassVar[frozenset[str]] = frozenset({"status", "transactions"})

    status: FulfillmentState
    transactions: tuple[Transaction, ...]


class Failed(Guarded, frozen=True, kw_only=True):
    """The attempt arrived and failed, and the fulfillment has ended.

    One more may be made, unless the fulfillment is `CANCELLED` or `DISCARDED`, which
    `known.hindrance` says then.

    Attributes:
        status: the status of the fulfillment.
        transactions: the new ones, all of which failed.
        known: the state that the next attempt is made against.

    Example:
        >>> from joseal.juspay import Failed, FulfillmentState, Known
        >>> known = Known.fresh("order-1", "f-1")
        >>> Failed(status=FulfillmentState.FAILURE, transactions=(), known=known).kind
        'failed'

    Source: the order status page of the payouts API.
    """

    kind: ClassVar[Literal["failed"]] = "failed"
    _SHOWN: ClassVar[frozenset[str]] = frozenset({"status", "transactions", "known"})

    status: FulfillmentState
    transactions: tuple[Transaction, ...]
    known: Known


class StillUnknown(msgspec.Struct, frozen=True):
    """Nothing is proved yet. The attempt must not be made again.

    Attributes:
        reason: constant text.
        ask_again_seconds: how long to wait before the next question. If the answer stays unknown
            for hours, ask the API's support; time alone proves nothing.
        again: the next question.

    Example:
        >>> from joseal.juspay import Client, Known
        >>> from joseal.juspay.sandbox import Sandbox
        >>> with Sandbox() as sandbox, Client(sandbox.account) as client:
        ...     found = client.reconcile(Known.fresh("order-1", "f-1"))
        >>> found.reason, found.ask_again_seconds
        ('the status was refused: E09 (HTTP 404)', 5)

    Source: the order status page of the payouts API.
    """

    kind: ClassVar[Literal["unknown"]] = "unknown"

    reason: str
    ask_again_seconds: int
    again: AttemptQuery


Reconciliation: TypeAlias = Arrived | Failed | StillUnknown


@hide_locals
def read_reconciliation(
    outcome: Outcome[Order],
    question: Known | AttemptQuery,
    *,
    apart_seconds: float = APART_SECONDS,
    now: float | None = None,
) -> Reconciliation:
    """Return what the status of an order proves about an attempt.

    Args:
        outcome: the outcome of reading the status, with its fulfillments.
        question: the state before the attempt; after that `StillUnknown.again`.
        apart_seconds: how long after a failure was first seen it has to be seen again.
        now: the time, in seconds of `time.time`; None reads that clock.

    Returns:
        `Failed` if there are new transactions, all new and known ones are FAILURE or REVERSED, the
        fulfillment is `FAILURE`, `CANCELLED` or `DISCARDED`, the known state was confirmed, and an
        earlier read has shown the same. `Arrived` if there are new ones, and one of them has not
        failed or the fulfillment is in a different state. `StillUnknown` for anything else.

    Raises:
        TypeError: `question` is of the wrong type.

    Example:
        >>> from joseal.juspay import Known, Unknown, read_reconciliation
        >>> found = read_reconciliation(Unknown("no answer"), Known.fresh("order-1", "f-1"))
        >>> found.kind, found.reason
        ('unknown', 'the status could not be read: no answer')

    Source: the order status page of the payouts API.
    """
    if isinstance(question, Known):
        question = AttemptQuery(known=question)
    if not isinstance(question, AttemptQuery):
        raise TypeError("question must be a Known or an AttemptQuery")
    found = _fulfillment(outcome, question.known)
    new = found if isinstance(found, str) else _new(found, question.known.references)
    if isinstance(found, str) or isinstance(new, str):
        return _still_unknown(str(new), question)
    if not _has_failed(found, new):
        return Arrived(status=found.status, transactions=new)
    if any(part.status not in FAILED for part in found.transactions or ()):
        return _still_unknown(_KNOWN_IS_OPEN, question)
    if not question.known.is_confirmed:
        return _still_unknown(_NOT_OF_THIS_ATTEMPT, question)
    return _failure(found, new, question, apart_seconds, time.time() if now is None else now)


def of_an_earlier_attempt(question: Known | AttemptQuery) -> StillUnknown:
    """Return the answer to a question that was overtaken by a later attempt at the payout."""
    if isinstance(question, Known):
        question = AttemptQuery(known=question)
    return _still_unknown(_OF_AN_EARLIER_ATTEMPT, question)


def _failure(
    found: Fulfillment,
    new: tuple[Transaction, ...],
    question: AttemptQuery,
    apart_seconds: float,
    now: float,
) -> Failed | StillUnknown:
    """Tell whether a failure was seen before, long enough ago and just like this."""
    seen = _evidence(found)
    # If the previous read is that far in the future, the clock was set back: the time starts over.
    is_the_same = seen == question.seen and question.seen_at <= now + apart_seconds
    seen_at = question.seen_at if is_the_same else now
    missing = apart_seconds - (now - seen_at)
    if not is_the_same or missing > 0:
        again = AttemptQuery(
            known=question.known, asked=question.asked + 1, seen=seen, seen_at=seen_at
        )
        return StillUnknown(_ONCE_MORE, max(1, math.ceil(missing)), again)
    known = msgspec.structs.replace(
        question.known,
        references=frozenset(part.transaction_ref or "" for part in found.transactions or ()),
        status=found.status,
        is_decided=False,
    )
    return Failed(status=found.status, transactions=new, known=known)


def _still_unknown(reason: str, question: AttemptQuery) -> StillUnknown:
    again = AttemptQuery(known=question.known, asked=question.asked + 1)
    return StillUnknown(reason, question.ask_again_seconds, again)


def _has_failed(found: Fulfillment, new: tuple[Transaction, ...]) -> bool:
    return found.status in _ENDED and all(part.status in FAILED for part in new)


def _evidence(found: Fulfillment) -> frozenset[tuple[str, str]]:
    """Return everything that a read has shown about a fulfillment, to compare with the next one."""
    parts = {(part.transaction_ref or "", str(part.status)) for part in found.transactions or ()}
    return frozenset({*parts, ("", str(found.status))})


def _fulfillment(outcome: Outcome[Order], known: Known) -> Fulfillment | str:
    """Return the fulfillment, or why it is not available."""
    match outcome:
        case Accepted(order):
            if order.order_id != known.order_id:
                return "the status is for a different order"
            parts = [each for each in order.fulfillments or () if each.id == known.fulfillment_id]
            if len(parts) == 1:
                return parts[0]
            return "the status does not have exactly one fulfillment of this id"
        case Refused():
            return f"the status was refused: {outcome.error_code} (HTTP {outcome.status})"
        case NotSent() | Unknown():
            return f"the status could not be read: {outcome.reason}"


def _new(fulfillment: Fulfillment, known: frozenset[str]) -> tuple[Transaction, ...] | str:
    """Return the new transactions, at least one, or why they can't be determined."""
    transactions = fulfillment.transactions or ()
    references = [part.transaction_ref for part in transactions]
    if None in references or len(set(references)) != len(references):
        return "the transactions can't be told apart by their references"
    if not known.issubset(references):
        return "a transaction that was known is not there any more"
    new = tuple(part for part in transactions if part.transaction_ref not in known)
    return new or "no new transaction is there yet"
