"""The protocol of a journal of attempts, and its error.

Rules for an implementation with a different database:
- `begin` and `keep` are atomic, and durable when they return, even after a power failure.
- Two processes that begin the same attempt, or two attempts at one payout, don't both get None.
- In doubt, it raises `PayoutJournalError`. An attempt that was not begun is not sent.
- `keep_if_unchanged` may be left out. With it, nothing can be written between the moment when an
  entry is compared and the moment when it is kept.
"""

from collections.abc import Iterator
from typing import Protocol, runtime_checkable

from joseal.errors import JoseError
from joseal.juspay.journal.entry import Entry


class PayoutJournalError(JoseError):
    """The journal can't be used. An attempt that was not begun is not sent."""

    code = "journal"


class PayoutJournal(Protocol):
    """A record of the attempts that were made.

    Example:
        >>> from joseal.juspay import Entry, Known, SqlitePayoutJournal
        >>> journal = SqlitePayoutJournal("payouts.db")
        >>> entry = Entry(attempt_id="a-1", known=Known.fresh("order-1", "f-1"))
        >>> journal.begin(entry) is None, journal.begin(entry).attempt_id
        (True, 'a-1')
    """

    def begin(self, entry: Entry) -> Entry | None:
        """Record that an attempt is about to be sent, unless it must not be sent.

        Args:
            entry: in the state `sending`.

        Returns:
            None if it was recorded: send it. Otherwise the entry that forbids it: the entry with
                this `attempt_id`, unless it is `not_sent`; or, unless `entry.known.is_decided`, an
                entry for the same payout that is unsettled, or has failed with a transaction that
                `entry.known` does not have.

        Raises:
            PayoutJournalError: the journal can't be used.

        Example:
            >>> from joseal.juspay import Entry, Known, SqlitePayoutJournal
            >>> journal = SqlitePayoutJournal("payouts.db")
            >>> entry = Entry(attempt_id="a-1", known=Known.fresh("order-1", "f-1"))
            >>> journal.begin(entry) is None, journal.begin(entry).attempt_id
            (True, 'a-1')
        """
        ...

    def keep(self, entry: Entry) -> None:
        """Record the result of an attempt that was begun.

        Args:
            entry: the entry after the call, or after its outcome was asked for.

        Raises:
            PayoutJournalError: the journal can't be used, or has no such attempt.

        Example:
            >>> from joseal.juspay import Entry, Known, SqlitePayoutJournal
            >>> journal = SqlitePayoutJournal("payouts.db")
            >>> entry = Entry(attempt_id="a-1", known=Known.fresh("order-1", "f-1"))
            >>> started = journal.begin(entry)
            >>> journal.keep(entry)
        """
        ...

    def find(self, attempt_id: str) -> Entry | None:
        """Find the entry of an attempt.

        Args:
            attempt_id: the caller's id of the attempt.

        Returns:
            The entry; None if there is none.

        Raises:
            PayoutJournalError: the journal can't be used.

        Example:
            >>> from joseal.juspay import Entry, Known, SqlitePayoutJournal
            >>> journal = SqlitePayoutJournal("payouts.db")
            >>> entry = Entry(attempt_id="a-1", known=Known.fresh("order-1", "f-1"))
            >>> journal.find("a-1") is None
            True
        """
        ...

    def entries(self) -> Iterator[Entry]:
        """Return all entries, in the order in which they were last begun.

        Returns:
            An iterator over the entries.

        Raises:
            PayoutJournalError: the journal can't be used.

        Example:
            >>> from joseal.juspay import Entry, Known, SqlitePayoutJournal
            >>> journal = SqlitePayoutJournal("payouts.db")
            >>> entry = Entry(attempt_id="a-1", known=Known.fresh("order-1", "f-1"))
            >>> started = journal.begin(entry)
            >>> [one.attempt_id for one in journal.entries()]
            ['a-1']
        """
        ...


@runtime_checkable
class ComparingJournal(PayoutJournal, Protocol):
    """A journal that compares an entry and keeps the next one in one step."""

    def keep_if_unchanged(self, before: Entry, after: Entry) -> bool:
        """Keep an entry if the journal still has the previous one; return whether it had.

        Entries are compared with `==`. The texts of two equal ones may differ.
        """
        ...


def keep_if_unchanged(journal: PayoutJournal, before: Entry, after: Entry) -> bool:
    """Keep an entry if the journal still has the previous one; return whether it had.

    Args:
        journal: any; a journal without this method is asked first, and written to afterwards.
        before: the entry as it was read.
        after: the entry to keep, of the same attempt.
    """
    if isinstance(journal, ComparingJournal):
        return journal.keep_if_unchanged(before, after)
    if journal.find(before.attempt_id) != before:
        return False
    journal.keep(after)
    return True


def hindrance(entry: Entry, same: Entry | None, others: list[Entry]) -> Entry | None:
    """Return the entry that prevents an attempt from being sent. Every journal applies this rule.

    Args:
        entry: the entry to begin.
        same: the existing entry with the same `attempt_id`.
        others: the other entries for the same payout.
    """
    if same is not None and same.state != "not_sent":
        return same
    if entry.known.is_decided:
        return None
    return next((each for each in others if each.is_unsettled or is_older(entry, each)), None)


def is_older(entry: Entry, failed: Entry) -> bool:
    """Tell whether an attempt's state predates a failure, which would then be taken for its own."""
    return failed.state == "failed" and not failed.known.references <= entry.known.references
