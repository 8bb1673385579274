"""Which payouts a client has attempted without knowing yet that the attempt failed.

Rules:
- A second attempt at the same payout is refused until `Client.reconcile` has said `Failed`, or a
  person has decided. A status that says FAILURE is not enough: it may be older than the attempt.
- Nor is a failure that was found against the state of an earlier attempt: it may be that one's.
- No lock: one step of a dict decides, so that a fork leaves nothing locked.

Accepted: it is forgotten with the client. `PayoutJournal` is for what must outlast a process.
"""

from typing import Final, TypeAlias, final

from joseal.juspay.models.known import Known

_Place: TypeAlias = tuple[str, str]

_MESSAGE: Final = (
    "an attempt at this payout was made before and is not known to have failed: reconcile it, and "
    "attempt again with Failed.known"
)


@final
class _Ticket:
    """One attempt that was begun: no two are the same, though their states may be equal."""

    __slots__ = ("known",)

    def __init__(self, known: Known) -> None:
        self.known = known


class Unsettled:
    """The attempts of one client that may have been carried out. Safe between threads."""

    def __init__(self) -> None:
        self._attempts: dict[_Place, _Ticket] = {}

    def begin(self, known: Known) -> None:
        """Note that an attempt is about to be sent.

        Raises:
            ValueError: one before it is not settled, and nobody has decided.
        """
        place, ticket = _place(known), _Ticket(known)
        if known.is_decided:
            self._attempts[place] = ticket
        elif self._attempts.setdefault(place, ticket) is not ticket:
            raise ValueError(_MESSAGE)

    def settle(self, known: Known) -> bool:
        """Note that the attempt against a state was not carried out, or failed.

        Returns:
            Whether none is under way now: false where one was made against another state.
        """
        place = _place(known)
        ticket = self._attempts.get(place)
        if ticket is None:
            return True
        if ticket.known != known:
            return False
        taken = self._attempts.pop(place, None)
        if taken is None or taken is ticket:
            return True
        # In between a person has decided, and an attempt was begun.
        self._attempts.setdefault(place, taken)
        return False


def _place(known: Known) -> _Place:
    return known.order_id, known.fulfillment_id
