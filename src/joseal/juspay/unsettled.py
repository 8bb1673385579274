"""The payouts that a client has attempted without knowing yet that the attempt failed.

Rules:
- A second attempt at the same payout is refused until `Client.reconcile` has returned `Failed`, or
  a person has decided. The status FAILURE is not enough: it may be older than the attempt.
- Nor is a failure that was found against the state of an earlier attempt: it may belong to that
  one.
- An attempt's answer is about that attempt alone: two may be made against equal states, if a person
  has decided so twice.
- An attempt that was begun by a person's decision and not carried out leaves the earlier ones
  unchanged.
- A state that was read before an attempt failed is refused afterwards: that failure would be new
  against it, and count as the next attempt's.

Accepted: the record ends with the client. Use `PayoutJournal` for one that must outlast a process.
"""

from typing import Final, TypeAlias, final

from joseal._core.processes import LockOfProcess
from joseal.juspay.models.known import Known

_Place: TypeAlias = tuple[str, str]

_MESSAGE: Final = (
    "an attempt at this payout was made before and is not known to have failed: reconcile it, and "
    "attempt again with Failed.known"
)

_OLDER: Final = (
    "known is from before an attempt at this payout failed: attempt again with Failed.known, or "
    "read it again"
)


@final
class Ticket:
    """One attempt that was begun: no two are the same, though their states may be equal."""

    __slots__ = ("known",)

    def __init__(self, known: Known) -> None:
        self.known = known


class Unsettled:
    """The attempts of one client that may have been carried out. Safe between threads."""

    def __init__(self) -> None:
        # Tuples, the last one the newest: a forked child finds them as they were before a step, or
        # after.
        self._attempts: dict[_Place, tuple[Ticket, ...]] = {}
        self._failed: dict[_Place, frozenset[str]] = {}
        self._lock = LockOfProcess()

    def begin(self, known: Known) -> Ticket:
        """Record that an attempt is about to be sent.

        Raises:
            ValueError: an earlier one is not settled, or has failed since the state was read, and
                no person has decided.
        """
        place, ticket = _place(known), Ticket(known)
        with self._lock.current():
            before = self._attempts.get(place, ())
            if before and not known.is_decided:
                raise ValueError(_MESSAGE)
            if not (known.is_decided or self._failed.get(place, frozenset()) <= known.references):
                raise ValueError(_OLDER)
            self._attempts[place] = (*before, ticket)
        return ticket

    def end(self, ticket: Ticket) -> None:
        """Record that this attempt was not carried out. All others stay."""
        place = _place(ticket.known)
        with self._lock.current():
            rest = tuple(each for each in self._attempts.get(place, ()) if each is not ticket)
            if rest:
                self._attempts[place] = rest
            else:
                self._attempts.pop(place, None)

    def settle(self, known: Known, failed: Known) -> bool:
        """Record that the attempt against a state has failed, and with it the earlier ones.

        Args:
            known: the state that it was made against.
            failed: the state after it.

        Returns:
            Whether none is in progress now: false if one was made against a different state.
        """
        place = _place(known)
        with self._lock.current():
            tickets = self._attempts.get(place, ())
            if tickets and tickets[-1].known != known:
                return False
            self._failed[place] = self._failed.get(place, frozenset()) | failed.references
            self._attempts.pop(place, None)
            return True


def _place(known: Known) -> _Place:
    return known.order_id, known.fulfillment_id
