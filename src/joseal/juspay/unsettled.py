"""Which payouts a client has attempted without knowing yet that the attempt failed.

Rules:
- A second attempt at the same payout is refused until `Client.reconcile` has said `Failed`, or a
  person has decided. A status that says FAILURE is not enough: it may be older than the attempt.
- Nor is a failure that was found against the state of an earlier attempt: it may be that one's.
- What one attempt's answer says is of that one alone: two may be made against equal states, if a
  person has decided so twice.

Accepted: it is forgotten with the client. `PayoutJournal` is for what must outlast a process.
"""

from typing import Final, TypeAlias, final

from joseal._core.processes import LockOfProcess
from joseal.juspay.models.known import Known

_Place: TypeAlias = tuple[str, str]

_MESSAGE: Final = (
    "an attempt at this payout was made before and is not known to have failed: reconcile it, and "
    "attempt again with Failed.known"
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
        self._attempts: dict[_Place, Ticket] = {}
        self._lock = LockOfProcess()

    def begin(self, known: Known) -> Ticket:
        """Note that an attempt is about to be sent.

        Raises:
            ValueError: one before it is not settled, and nobody has decided.
        """
        place, ticket = _place(known), Ticket(known)
        with self._lock.current():
            if place in self._attempts and not known.is_decided:
                raise ValueError(_MESSAGE)
            self._attempts[place] = ticket
        return ticket

    def end(self, ticket: Ticket) -> None:
        """Note that this attempt was not carried out. One that was begun after it stays."""
        place = _place(ticket.known)
        with self._lock.current():
            if self._attempts.get(place) is ticket:
                del self._attempts[place]

    def settle(self, known: Known) -> bool:
        """Note that the attempt against a state has failed.

        Returns:
            Whether none is under way now: false where one was made against another state.
        """
        place = _place(known)
        with self._lock.current():
            ticket = self._attempts.get(place)
            if ticket is not None and ticket.known == known:
                del self._attempts[place]
            return place not in self._attempts


def _place(known: Known) -> _Place:
    return known.order_id, known.fulfillment_id
