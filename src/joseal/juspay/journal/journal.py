"""What a journal of attempts has to do: the protocol, and how it fails.

Rules for whoever writes one, for a database of their own:
- `begin` and `keep` are atomic and durable when they return: after a power failure too.
- Two processes that begin the same attempt, or two at one payout, don't both get None.
- When in doubt it raises `PayoutJournalError`. An attempt that was not begun is not sent.
"""

from collections.abc import Iterator
from typing import Protocol

from joseal.errors import JoseError
from joseal.juspay.journal.entry import Entry


class PayoutJournalError(JoseError):
    """The journal can't be used. An attempt that was not begun is not sent."""

    code = "journal"


class PayoutJournal(Protocol):
    """Where it is kept which attempts were made."""

    def begin(self, entry: Entry) -> Entry | None:
        """Write that an attempt is about to be sent, unless it may not be.

        Args:
            entry: in the state `sending`.

        Returns:
            None where it was written: send it. Otherwise what hinders it: the entry of this
            `attempt_id`, unless it is `not_sent`; or an unsettled one of the same payout, unless
            `entry.known.is_decided`.

        Raises:
            PayoutJournalError: the journal can't be used.
        """
        ...

    def keep(self, entry: Entry) -> None:
        """Write what became of an attempt that was begun.

        Raises:
            PayoutJournalError: the journal can't be used, or has no such attempt.
        """
        ...

    def find(self, attempt_id: str) -> Entry | None:
        """Return the entry of an attempt, or None.

        Raises:
            PayoutJournalError: the journal can't be used.
        """
        ...

    def entries(self) -> Iterator[Entry]:
        """Return all entries, the oldest first.

        Raises:
            PayoutJournalError: the journal can't be used.
        """
        ...


def hindrance(entry: Entry, same: Entry | None, others: list[Entry]) -> Entry | None:
    """Return what hinders an attempt from being sent: the rule that every journal applies.

    Args:
        entry: about to be begun.
        same: the entry that has its `attempt_id`.
        others: those of the same payout.
    """
    if same is not None and same.state != "not_sent":
        return same
    if entry.known.is_decided:
        return None
    return next((each for each in others if each.is_unsettled), None)
