"""One attempt as a journal keeps it.

Rules:
- An entry has no card, no name and no text from the other side.
- It has no digest of the body either. Little of a body can't be guessed: if the rest is known, all
  card numbers of an issuer can be tried in minutes. A keyed digest would need a key that outlasts
  the process, for a check that the ids already make.
"""

from typing import Final, Literal, TypeAlias

import msgspec

from joseal._core import checks
from joseal._core.secrecy import hide_locals
from joseal._core.wire import strict_json
from joseal.juspay.models.known import Known
from joseal.juspay.models.states import FulfillmentState
from joseal.juspay.outcomes import NotSent, Outcome, Refused, Unknown
from joseal.juspay.reconcile import (
    FAILURE_SHOWN,
    Arrived,
    AttemptQuery,
    Failed,
    Reconciliation,
    StillUnknown,
)
from joseal.juspay.responses import Ack

State: TypeAlias = Literal[
    "sending", "accepted", "refused", "not_sent", "unknown", "succeeded", "failed"
]
Standing: TypeAlias = Literal["accepted", "refused", "not_sent", "failed", "to_reconcile"]

_STANDINGS: Final[dict[State, Standing]] = {
    # A process that ended while it was sending can't report how far it got.
    "sending": "to_reconcile",
    "unknown": "to_reconcile",
    "accepted": "accepted",
    "succeeded": "accepted",
    "refused": "refused",
    "not_sent": "not_sent",
    "failed": "failed",
}
DECIDED: Final = "decided by a person"

# After so many questions without an answer, the pauses between them add up to an hour.
_HOUR_OF_QUESTIONS: Final = 18
# From here on, the pause is the longest.
_SLOW: Final = 6
_NOT_SHOWN: Final = "the API accepted it an hour ago or earlier, and: "


def check_attempt_id(attempt_id: object) -> None:
    """Check the caller's id for an attempt.

    Raises:
        TypeError: it is not a str.
        ValueError: it is empty, or UTF-8 can't carry it.
    """
    if not isinstance(attempt_id, str):
        raise TypeError("attempt_id must be a str")
    if not attempt_id or not strict_json.is_text(attempt_id):
        raise ValueError("attempt_id must be text that UTF-8 can carry, and not empty")


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One attempt in a journal.

    Attributes:
        attempt_id: the caller's id, the same in each run.
        known: the state before the attempt.
        state: how far it got. `sending` is written before the first byte leaves.
        reason: constant text, or the API's error code; None if there is no reason.
        status: the HTTP status, if there was one.
        question: the next argument of `Client.reconcile`; None for `known` itself.
        ask_at: when to ask, in seconds of `time.time`.

    Raises:
        TypeError: `attempt_id` is not a str, or `known` is not a `Known`.
        ValueError: `attempt_id` is empty, or text that UTF-8 can't carry; `ask_at` is not finite.

    Example:
        >>> from joseal.juspay import Entry, Known
        >>> entry = Entry(attempt_id="a-1", known=Known.fresh("order-1", "f-1"))
        >>> entry.state, entry.standing
        ('sending', 'to_reconcile')
    """

    attempt_id: str
    known: Known
    state: State = "sending"
    reason: str | None = None
    status: int | None = None
    question: AttemptQuery | None = None
    ask_at: float = 0.0

    def __post_init__(self) -> None:
        # An entry that a journal could not read again would hide all its other entries.
        check_attempt_id(self.attempt_id)
        if not isinstance(self.known, Known):
            raise TypeError("known must be a Known")
        if not checks.is_finite(self.ask_at):
            raise ValueError("ask_at must be finite")

    @property
    def order_id(self) -> str:
        """The order that the attempt is for."""
        return self.known.order_id

    @property
    def fulfillment_id(self) -> str:
        """The payout that the attempt is for."""
        return self.known.fulfillment_id

    @property
    def standing(self) -> Standing:
        """How the attempt stands, as far as is known.

        An accepted attempt has to be reconciled if no status has shown it for an hour of questions,
        unless a person has decided.
        """
        asked = 0 if self.question is None else self.question.asked
        if self.state == "accepted" and self.reason != DECIDED and asked >= _HOUR_OF_QUESTIONS:
            return "to_reconcile"
        return _STANDINGS[self.state]

    @property
    def is_unsettled(self) -> bool:
        """Whether a further attempt at the same payout could pay twice."""
        return self.standing in ("accepted", "to_reconcile")

    @hide_locals
    def ended(self, outcome: Outcome[Ack]) -> "Entry":
        """Return the entry after the call has ended.

        Args:
            outcome: the outcome of the call.

        Returns:
            A new entry, for `keep`.

        Raises:
            Nothing.

        Example:
            >>> from joseal.juspay import Entry, Known, Refused
            >>> entry = Entry(attempt_id="a-1", known=Known.fresh("order-1", "f-1"))
            >>> ended = entry.ended(Refused(status=400, error_code="E01"))
            >>> ended.state, ended.reason
            ('refused', 'E01')
        """
        reason, status = None, None
        if isinstance(outcome, Refused):
            reason, status = outcome.error_code, outcome.status
        elif isinstance(outcome, NotSent):
            reason = outcome.reason
        elif isinstance(outcome, Unknown):
            reason, status = outcome.reason, outcome.status
        return msgspec.structs.replace(self, state=outcome.kind, reason=reason, status=status)

    @hide_locals
    def reconciled(self, found: Reconciliation, now: float) -> "Entry":
        """Return the entry after its outcome was asked for.

        Args:
            found: the answer.
            now: the time, in seconds of `time.time`.

        Returns:
            A new entry, for `keep`.

        Raises:
            Nothing.

        Example:
            >>> from joseal.juspay import Arrived, Entry, FulfillmentState, Known
            >>> entry = Entry(attempt_id="a-1", known=Known.fresh("order-1", "f-1"))
            >>> found = Arrived(status=FulfillmentState.SUCCESS, transactions=())
            >>> entry.reconciled(found, now=0.0).state
            'succeeded'

        Source: the order status page of the payouts API.
        """
        match found:
            case Arrived():
                # One that is under way may still fail, so keep asking. A failure that was seen
                # before no longer counts: something has changed since.
                done = found.status is FulfillmentState.SUCCESS
                question = AttemptQuery(
                    known=self.known, asked=0 if self.question is None else self.question.asked
                )
                return msgspec.structs.replace(
                    self,
                    state="succeeded" if done else "accepted",
                    reason=str(found.status),
                    # The count of questions without an answer starts again.
                    question=msgspec.structs.replace(
                        question, asked=min(question.asked + 1, _SLOW)
                    ),
                    ask_at=now + question.ask_again_seconds,
                )
            case Failed():
                return msgspec.structs.replace(
                    self, state="failed", reason=str(found.status), known=found.known, question=None
                )
            case StillUnknown():
                return self._still_unknown(found, now)

    def _still_unknown(self, found: StillUnknown, now: float) -> "Entry":
        # As accepted, it would look as if there were nothing to do.
        failed = self.state == "accepted" and found.reason in FAILURE_SHOWN
        is_decided = self.state == "accepted" and self.reason == DECIDED and not failed
        later = msgspec.structs.replace(
            self,
            state="unknown" if failed else self.state,
            reason=DECIDED if is_decided else found.reason,
            question=found.again,
            ask_at=now + found.ask_again_seconds,
        )
        if later.state == "accepted" and later.standing == "to_reconcile":
            return msgspec.structs.replace(later, reason=_NOT_SHOWN + found.reason)
        return later
