"""`SqlitePayoutJournal`: the journal in one file, for all processes of a machine.

Rules:
- Every call has its own connection and write transaction: threads share nothing, and nothing is
  carried over a fork.
- A commit is on disk when a call returns: if a power failure undid the record, the payout would be
  sent twice. Deleting the rollback journal is the commit, and only `synchronous=EXTRA` syncs the
  folder after that.
- A damaged file, such as a copy made while it was written, is refused when it is opened: it may
  have lost an entry, and its attempt would be sent again.
- The exceptions of `sqlite3` end here, by name: their texts name files and columns of tables.

Source: https://www.sqlite.org/pragma.html#pragma_synchronous,
https://www.sqlite.org/rescode.html, https://www.sqlite.org/pragma.html#pragma_integrity_check.
"""

import os
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, suppress
from pathlib import Path
from types import MappingProxyType
from typing import Final, TypeVar, final

import msgspec

from joseal._core.secrecy import Opaque, hide_locals
from joseal._core.wire import strict_json
from joseal._once.private_files import make_private
from joseal._once.sqlite import connect, file_of
from joseal.juspay.journal.entry import Entry, check_attempt_id
from joseal.juspay.journal.journal import PayoutJournalError, hindrance

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS joseal_attempts (
    number INTEGER PRIMARY KEY,
    attempt_id TEXT NOT NULL UNIQUE,
    order_id TEXT NOT NULL,
    fulfillment_id TEXT NOT NULL,
    entry TEXT NOT NULL
)
"""
_INDEX: Final = """
CREATE INDEX IF NOT EXISTS joseal_attempts_payout ON joseal_attempts (order_id, fulfillment_id)
"""
_FIND: Final = "SELECT entry FROM joseal_attempts WHERE attempt_id = ?"
_OF_PAYOUT: Final = """
SELECT entry FROM joseal_attempts WHERE order_id = ? AND fulfillment_id = ? AND attempt_id <> ?
"""
_ALL: Final = "SELECT entry FROM joseal_attempts ORDER BY number"
_BEGIN: Final = """
INSERT INTO joseal_attempts (attempt_id, order_id, fulfillment_id, entry) VALUES (?, ?, ?, ?)
ON CONFLICT (attempt_id) DO UPDATE SET
    number = (SELECT max(number) + 1 FROM joseal_attempts),
    order_id = excluded.order_id, fulfillment_id = excluded.fulfillment_id, entry = excluded.entry
"""
_KEEP: Final = "UPDATE joseal_attempts SET entry = ? WHERE attempt_id = ?"

# Keyed by the primary result code, the low byte of the extended code.
_TEXTS: Final[Mapping[int, str]] = MappingProxyType(
    {
        sqlite3.SQLITE_BUSY: "the journal is in use for longer than its time-out",
        sqlite3.SQLITE_CANTOPEN: "the journal can't be opened",
        sqlite3.SQLITE_CORRUPT: "the journal is damaged",
        sqlite3.SQLITE_FULL: "there is no space for the journal",
        sqlite3.SQLITE_MISUSE: "the journal was in use when this process was forked",
        sqlite3.SQLITE_NOTADB: "the journal is damaged, or a different kind of file",
        sqlite3.SQLITE_READONLY: "the journal can't be written",
    }
)
_OTHER_TEXT: Final = "the journal can't be used"

_R = TypeVar("_R")


@final
class SqlitePayoutJournal(Opaque):
    """Keeps attempts in an SQLite file. Safe for threads and processes, even after a fork.

    The file must be on a local disk: network file systems don't support the locks that SQLite
    needs. It has ids, references and outcomes, but no card and no name. In a process that was
    forked while a different thread was using the file, each call raises an error: start a new
    process instead.

    Args:
        path: the file, which is created if it does not exist; its folder must exist. The file is
            made private: the permissions of others are removed. A link is refused.
        busy_timeout_seconds: how long a call waits for other calls.

    Raises:
        TypeError: an argument is of the wrong type.
        ValueError: `busy_timeout_seconds` is not positive, or the path has a null character.
        PayoutJournalError: the file can't be used.

    Example:
        >>> import tempfile, pathlib
        >>> from joseal.juspay import Known, SqlitePayoutJournal
        >>> from joseal.juspay.journal.entry import Entry
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     journal = SqlitePayoutJournal(pathlib.Path(folder) / "payouts.db")
        ...     entry = Entry(attempt_id="a-1", known=Known.fresh("order-1", "f-1"))
        ...     journal.begin(entry) is None, journal.begin(entry).standing
        (True, 'to_reconcile')
    """

    __slots__ = ("_busy_timeout_seconds", "_path")

    _path: Path
    _busy_timeout_seconds: float

    @hide_locals
    def __init__(self, path: str | os.PathLike[str], *, busy_timeout_seconds: float = 5.0) -> None:
        file = file_of(path, busy_timeout_seconds)
        self._set(_path=file, _busy_timeout_seconds=float(busy_timeout_seconds))
        make_private(self._path, "the journal", PayoutJournalError)
        self._in_transaction(_prepare)

    @hide_locals
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
            TypeError: `entry` is not an `Entry`.
            ValueError: one of its members is of the wrong type.
            PayoutJournalError: the journal can't be used.

        Example:
            >>> from joseal.juspay import Entry, Known, SqlitePayoutJournal
            >>> journal = SqlitePayoutJournal("payouts.db")
            >>> entry = Entry(attempt_id="a-1", known=Known.fresh("order-1", "f-1"))
            >>> journal.begin(entry) is None, journal.begin(entry).attempt_id
            (True, 'a-1')
        """
        text = _written(entry)

        def work(connection: sqlite3.Connection) -> Entry | None:
            others = connection.execute(
                _OF_PAYOUT, (entry.order_id, entry.fulfillment_id, entry.attempt_id)
            )
            found = hindrance(
                entry, _find(connection, entry.attempt_id), [_read(*row) for row in others]
            )
            if found is None:
                ids = (entry.attempt_id, entry.order_id, entry.fulfillment_id)
                connection.execute(_BEGIN, (*ids, text))
            return found

        return self._in_transaction(work)

    @hide_locals
    def keep(self, entry: Entry) -> None:
        """Record the result of an attempt that was begun.

        Args:
            entry: the entry after the call, or after its outcome was asked for.

        Raises:
            TypeError: `entry` is not an `Entry`.
            ValueError: one of its members is of the wrong type.
            PayoutJournalError: the journal can't be used, or has no such attempt.

        Example:
            >>> from joseal.juspay import Entry, Known, SqlitePayoutJournal
            >>> journal = SqlitePayoutJournal("payouts.db")
            >>> entry = Entry(attempt_id="a-1", known=Known.fresh("order-1", "f-1"))
            >>> started = journal.begin(entry)
            >>> journal.keep(entry)
        """
        text = _written(entry)

        def work(connection: sqlite3.Connection) -> int:
            return connection.execute(_KEEP, (text, entry.attempt_id)).rowcount

        if self._in_transaction(work) != 1:
            raise PayoutJournalError("the journal has no such attempt")

    @hide_locals
    def keep_if_unchanged(self, before: Entry, after: Entry) -> bool:
        """Record the result of an attempt, in one step, if nothing else has written its entry.

        Args:
            before: the entry as it was found.
            after: the entry to keep, of the same attempt.

        Returns:
            Whether the entry was `before`, and is `after` now.

        Raises:
            TypeError: an argument is not an `Entry`.
            ValueError: a member of one is of the wrong type, or they are of different attempts.
            PayoutJournalError: the journal can't be used.

        Example:
            >>> from joseal.juspay import Entry, Known, NotSent, SqlitePayoutJournal
            >>> journal = SqlitePayoutJournal("payouts.db")
            >>> entry = Entry(attempt_id="a-1", known=Known.fresh("order-1", "f-1"))
            >>> started = journal.begin(entry)
            >>> ended = entry.ended(NotSent("no connection could be made"))
            >>> journal.keep_if_unchanged(entry, ended), journal.keep_if_unchanged(entry, ended)
            (True, False)
        """
        _written(before)
        text = _written(after)
        if before.attempt_id != after.attempt_id:
            raise ValueError("before and after must be of the same attempt")

        def work(connection: sqlite3.Connection) -> bool:
            # The text of an equal entry may differ: its references have no order.
            if _find(connection, before.attempt_id) != before:
                return False
            connection.execute(_KEEP, (text, after.attempt_id))
            return True

        return self._in_transaction(work)

    @hide_locals
    def find(self, attempt_id: str) -> Entry | None:
        """Find the entry of an attempt.

        Args:
            attempt_id: the caller's id of the attempt.

        Returns:
            The entry; None if there is none.

        Raises:
            TypeError: `attempt_id` is not a str.
            ValueError: it is empty, or UTF-8 can't carry it.
            PayoutJournalError: the journal can't be used.

        Example:
            >>> from joseal.juspay import Entry, Known, SqlitePayoutJournal
            >>> journal = SqlitePayoutJournal("payouts.db")
            >>> entry = Entry(attempt_id="a-1", known=Known.fresh("order-1", "f-1"))
            >>> journal.find("a-1") is None
            True
        """
        check_attempt_id(attempt_id)
        return self._in_transaction(lambda connection: _find(connection, attempt_id))

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
        return iter(
            self._in_transaction(
                lambda connection: [_read(*row) for row in connection.execute(_ALL)]
            )
        )

    def __repr__(self) -> str:
        return f"SqlitePayoutJournal({str(self._path)!r})"

    def _in_transaction(self, work: Callable[[sqlite3.Connection], _R]) -> _R:
        """Run `work` in one durable transaction; raise joseal's own error if it fails."""
        try:
            # The lock is taken within the block, so that nothing that interrupts it leaves it held.
            with closing(connect(str(self._path), self._busy_timeout_seconds)) as connection:
                connection.execute("PRAGMA synchronous = EXTRA")
                connection.execute("BEGIN IMMEDIATE")
                result = work(connection)
                connection.execute("COMMIT")
                return result
        except UnicodeDecodeError:
            # The text of SQLite's error repeats a part of a damaged file.
            code: object = sqlite3.SQLITE_CORRUPT
        except sqlite3.Error as error:
            code = getattr(error, "sqlite_errorcode", None)
        primary = code & 0xFF if isinstance(code, int) else sqlite3.SQLITE_ERROR
        raise PayoutJournalError(_TEXTS.get(primary, _OTHER_TEXT))


def _prepare(connection: sqlite3.Connection) -> None:
    """Make the table, or check that the existing one has lost no entry.

    Raises:
        PayoutJournalError: the file is damaged.
    """
    connection.execute(_SCHEMA)
    connection.execute(_INDEX)
    # For 100,000 entries it takes a tenth of a second.
    if connection.execute("PRAGMA integrity_check(1)").fetchone() != ("ok",):
        raise PayoutJournalError(_TEXTS[sqlite3.SQLITE_CORRUPT])


def _find(connection: sqlite3.Connection, attempt_id: str) -> Entry | None:
    row: tuple[object] | None = connection.execute(_FIND, (attempt_id,)).fetchone()
    return None if row is None else _read(*row)


def _written(entry: Entry) -> str:
    """Encode an entry. An unreadable entry would hide all others of the journal.

    Raises:
        TypeError: it is not an `Entry`.
        ValueError: one of its members is of the wrong type.
    """
    if not isinstance(entry, Entry):
        raise TypeError("entry must be an Entry")
    text = msgspec.json.encode(entry).decode()
    if _parsed(text) is None:
        raise ValueError("entry has a member of the wrong type, and could not be read again")
    return text


def _read(text: object) -> Entry:
    """Read an entry that this module wrote.

    Raises:
        PayoutJournalError: a different program wrote it, or it was damaged.
    """
    entry = _parsed(text) if isinstance(text, str) else None
    if entry is None:
        raise PayoutJournalError(_TEXTS[sqlite3.SQLITE_CORRUPT])
    return entry


def _parsed(text: str) -> Entry | None:
    members = strict_json.load_object(text.encode())
    with suppress(strict_json.ShapeError):
        return strict_json.convert(members, Entry)
    return None
