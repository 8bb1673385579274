"""Which payouts a client has attempted without knowing yet that the attempt failed.

Rules:
- A second attempt at the same payout is refused until `Client.reconcile` has said `Failed`, or a
  person has decided. A status that says FAILURE is not enough: it may be older than the attempt.
- No lock: one step of a dict decides, so that a fork leaves nothing locked.

Accepted: it is forgotten with the client. `PayoutJournal` is for what must outlast a process.
"""

from typing import Final, TypeAlias

from joseal.juspay.models.known import Known

_Place: TypeAlias = tuple[str, str]

_MESSAGE: Final = (
    "an attempt at this payout was made before and is not known to have failed: reconcile it, and "
    "attempt again with Failed.known"
)


class Unsettled:
    """The attempts of one client that may have been carried out. Safe between threads."""

    def __init__(self) -> None:
        self._attempts: dict[_Place, object] = {}

    def begin(self, known: Known) -> None:
        """Note that an attempt is about to be sent.

        Raises:
            ValueError: one before it is not settled, and nobody has decided.
        """
        place, ticket = _place(known), object()
        if known.is_decided:
            self._attempts[place] = ticket
        elif self._attempts.setdefault(place, ticket) is not ticket:
            raise ValueError(_MESSAGE)

    def settle(self, known: Known) -> None:
        """Note that the attempt was not carried out, or failed."""
        self._attempts.pop(_place(known), None)


def _place(known: Known) -> _Place:
    return known.order_id, known.fulfillment_id
