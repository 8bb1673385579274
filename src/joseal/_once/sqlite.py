"""Claims in one SQLite file, for all processes of a machine.

Rules:
- Every call has its own connection and write transaction: threads share nothing, and nothing is
  carried over a fork.
- A commit is on the disk when a call returns (`synchronous=FULL`): if a power failure undid a
  confirmation, its id would be handled twice.
- The exceptions of `sqlite3` end here, by name: their texts name files and columns of tables.
- A process that was forked while a thread had the file open does not open it. SQLite keeps account
  of the locks in the memory of a process, and a forked child takes those of its parent's threads
  for its own: it would wait forever, or write without a lock.

Source: https://www.sqlite.org/wal.html, https://www.sqlite.org/rescode.html, section 2.6 of
https://www.sqlite.org/howtocorrupt.html.
"""

import os
import sqlite3
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path
from types import MappingProxyType
from typing import Final, TypeVar

from joseal._core.processes import ProcessId, process_id
from joseal._core.secrecy import Opaque
from joseal._once.leases import State, StoredClaim, claimed
from joseal._once.private_files import make_private
from joseal.errors import JoseError

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS {table} (
    {id} TEXT PRIMARY KEY NOT NULL,
    attempt INTEGER NOT NULL,
    claimed_at REAL NOT NULL,
    lease_seconds REAL NOT NULL,
    handled_at REAL
) WITHOUT ROWID
"""
_FIND: Final = "SELECT attempt, claimed_at, lease_seconds, handled_at FROM {table} WHERE {id} = ?"
_KEEP: Final = "REPLACE INTO {table} VALUES (?, ?, ?, ?, ?)"
_RELEASE: Final = "UPDATE {table} SET lease_seconds = 0 WHERE {id} = ? AND attempt = ?"
_FORGET: Final = "DELETE FROM {table} WHERE handled_at < ?"
_FORGET_UNHANDLED: Final = (
    "DELETE FROM {table} WHERE handled_at IS NULL AND claimed_at + lease_seconds < ?"
)

# By the primary result code, which is the low byte of the extended one.
_TEXTS: Final[Mapping[int, str]] = MappingProxyType(
    {
        sqlite3.SQLITE_BUSY: "{store} is in use for longer than its time-out",
        sqlite3.SQLITE_CANTOPEN: "{store} can't be opened",
        sqlite3.SQLITE_CORRUPT: "{store} is damaged",
        sqlite3.SQLITE_FULL: "there is no space for {store}",
        sqlite3.SQLITE_MISUSE: "{store} was in use when this process was forked",
        sqlite3.SQLITE_NOTADB: "{store} is damaged, or a different kind of file",
        sqlite3.SQLITE_READONLY: "{store} can't be written",
    }
)
_MOST_SECONDS: Final = 1_000_000  # SQLite counts milliseconds in a C int
_OTHER_TEXT: Final = "{store} can't be used"

_R = TypeVar("_R")


def file_of(path: str | os.PathLike[str], busy_timeout_seconds: float) -> Path:
    """Return the path of a store's file, once both arguments are valid.

    It is absolute, so that `:memory:` is a file like any other, and so that a later `chdir` does
    not lead to a different store.

    Raises:
        TypeError: `path` or `busy_timeout_seconds` is of the wrong type.
        ValueError: the time-out is not positive or too long, or the path has a null character.
    """
    if type(busy_timeout_seconds) not in (int, float):
        raise TypeError("busy_timeout_seconds must be a number")
    if not 0 < busy_timeout_seconds < _MOST_SECONDS:
        raise ValueError("busy_timeout_seconds must be positive and less than a million")
    name = os.fspath(path)
    if not isinstance(name, str):
        raise TypeError("path must be str or a path of str")
    if "\0" in name:
        raise ValueError("path must not have a null character")
    return Path(name).absolute()


class _Use:
    """One file that a process has open. Each object is distinct."""

    __slots__ = ("path", "process")

    def __init__(self, path: str, process: ProcessId) -> None:
        self.path = path
        self.process = process


# In a forked child, those of its parent remain: nothing closes them there.
_USES: Final[set[_Use]] = set()


class _Connection(sqlite3.Connection):
    """A connection that records when it is closed."""

    use: _Use | None = None

    def close(self) -> None:
        """Close it."""
        super().close()
        if self.use is not None:
            _USES.discard(self.use)


def connect(path: str, busy_timeout_seconds: float) -> sqlite3.Connection:
    """Open a file, for explicit transactions. It has to be closed by `close`.

    Raises:
        sqlite3.Error: it can't be opened; with SQLITE_MISUSE if a thread of the parent had it open
            when this process was forked.
    """
    use = _Use(os.path.realpath(path), process_id())
    if any(each.path == use.path and each.process != use.process for each in _USES.copy()):
        error = sqlite3.OperationalError("it was open when the process was forked")
        error.sqlite_errorcode = sqlite3.SQLITE_MISUSE
        raise error
    _USES.add(use)
    try:
        connection = sqlite3.connect(
            path, timeout=busy_timeout_seconds, isolation_level=None, factory=_Connection
        )
    except sqlite3.Error:
        _USES.discard(use)
        raise
    connection.use = use
    return connection


class SqliteClaims(Opaque):
    """Ids with their claims, in a table of an SQLite file. Every method is atomic and durable.

    Args:
        path: the path of the file, which is created if it does not exist. It is private; a link is
            refused.
        busy_timeout_seconds: how long a call waits for other calls.
        table: the name of the table.
        column: the name of the column with the ids.
        store: the name of the file in errors.
        error: the class of the errors.

    Raises:
        TypeError: `path` or `busy_timeout_seconds` is of the wrong type.
        ValueError: the time-out is not positive and finite, or the path has a null character.
        JoseError: of the class `error`: the file can't be used.
    """

    __slots__ = ("_busy_timeout_seconds", "_error", "_names", "_store", "path")

    path: str
    _busy_timeout_seconds: float
    _names: dict[str, str]
    _store: str
    _error: Callable[[str], JoseError]

    def __init__(
        self,
        path: str | os.PathLike[str],
        busy_timeout_seconds: float,
        *,
        table: str,
        column: str,
        store: str,
        error: Callable[[str], JoseError],
    ) -> None:
        file = file_of(path, busy_timeout_seconds)
        self._set(
            path=str(file),
            _busy_timeout_seconds=float(busy_timeout_seconds),
            _names={"table": table, "id": column},
            _store=store,
            _error=error,
        )
        make_private(file, store, error)
        self._prepare()

    def claim(self, name: str, now: float, lease_seconds: float) -> int | State:
        """Claim an id; return the number of the attempt, or why it can't be claimed."""

        def work(connection: sqlite3.Connection) -> int | State:
            entry = claimed(self.find(connection, name), now, lease_seconds)
            if isinstance(entry, str):
                return entry
            self.keep(connection, name, entry)
            return entry.attempt

        return self._in_transaction(work)

    def confirm(self, name: str, attempt: int, now: float) -> bool:
        """Record that an id was handled; return whether this claim was the latest."""

        def work(connection: sqlite3.Connection) -> bool:
            entry = self.find(connection, name)
            if entry is None or entry.handled_at is not None:
                return False
            self.keep(connection, name, entry._replace(handled_at=now))
            return entry.attempt == attempt

        return self._in_transaction(work)

    def release(self, name: str, attempt: int) -> None:
        """Release a claim, unless it has been taken over."""
        self._in_transaction(
            lambda connection: connection.execute(self._sql(_RELEASE), (name, attempt))
        )

    def forget(self, before: float, *, unhandled: bool = False) -> int:
        """Forget ids that were handled, or only claimed, before a time; return how many."""

        def work(connection: sqlite3.Connection) -> int:
            count = connection.execute(self._sql(_FORGET), (before,)).rowcount
            if unhandled:
                count += connection.execute(self._sql(_FORGET_UNHANDLED), (before,)).rowcount
            return count

        return self._in_transaction(work)

    def connected(self) -> sqlite3.Connection:
        """Return a connection, which its user has to close."""
        return self.guarded(self._connect)

    def begin(self, connection: sqlite3.Connection) -> None:
        """Begin the only transaction that may write.

        The connection is in a block that closes it by then, so that nothing that interrupts the
        call leaves the lock held.
        """

        def work() -> None:
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("BEGIN IMMEDIATE")

        self.guarded(work)

    def guarded(self, work: Callable[[], _R]) -> _R:
        """Do some work, and translate failures of the store.

        Raises:
            JoseError: of the class `error`.
        """
        try:
            return work()
        except UnicodeDecodeError:
            # The text of SQLite's error repeats a part of a damaged file.
            text = _TEXTS[sqlite3.SQLITE_CORRUPT]
        except sqlite3.Error as error:
            text = _TEXTS.get(_code(error), _OTHER_TEXT)
        raise self._error(text.format(store=self._store))

    def find(self, connection: sqlite3.Connection, name: str) -> StoredClaim | None:
        """Return the entry of an id."""
        row: tuple[int, float, float, float | None] | None = connection.execute(
            self._sql(_FIND), (name,)
        ).fetchone()
        return None if row is None else StoredClaim(*row)

    def keep(self, connection: sqlite3.Connection, name: str, entry: StoredClaim) -> None:
        """Write the entry of an id."""
        connection.execute(self._sql(_KEEP), (name, *entry))

    def _sql(self, statement: str) -> str:
        return statement.format_map(self._names)

    def _prepare(self) -> None:
        """Make the table, and let readers and writers work concurrently from now on."""

        def work() -> None:
            with closing(self._connect()) as connection:
                _turn_on_wal(connection, time.monotonic() + self._busy_timeout_seconds)
                connection.execute(self._sql(_SCHEMA))

        self.guarded(work)

    def _connect(self) -> sqlite3.Connection:
        return connect(self.path, self._busy_timeout_seconds)

    def _in_transaction(self, work: Callable[[sqlite3.Connection], _R]) -> _R:
        def whole() -> _R:
            with closing(self._connect()) as connection:
                self.begin(connection)
                result = work(connection)
                connection.execute("COMMIT")
                return result

        return self.guarded(whole)


def _code(error: sqlite3.Error) -> int:
    """Return the primary result code, which Python's own errors do not have."""
    code: object = getattr(error, "sqlite_errorcode", None)
    return code & 0xFF if isinstance(code, int) else sqlite3.SQLITE_ERROR


def _turn_on_wal(connection: sqlite3.Connection, deadline: float) -> None:
    """Change the journal mode once; SQLite does not wait by itself while others do the same."""
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if _code(error) != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
            time.sleep(0.01)
        else:
            return
