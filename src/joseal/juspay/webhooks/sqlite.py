"""`SqliteWebhookStore`: which webhooks were handled, in one file, for all processes of a machine.

Rules:
- Every call has a connection and a write transaction of its own: nothing is shared by threads, and
  nothing is carried over a fork.
- A commit is on the disk when a call returns (`synchronous=FULL`): a confirmation that a power
  failure takes back would be a webhook that is handled twice.
- The exceptions of `sqlite3` end here, by name: their texts name files and members of tables.

Source: https://www.sqlite.org/wal.html, https://www.sqlite.org/rescode.html.
"""

import os
import sqlite3
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack, closing
from pathlib import Path
from types import MappingProxyType
from typing import Final, TypeVar, final

from joseal._core.secrecy import hide_locals
from joseal.juspay.webhooks.receiver import WEBHOOK_ID
from joseal.juspay.webhooks.store import (
    LEASE_SECONDS,
    Claim,
    Clock,
    Delivery,
    Identified,
    LeasedStore,
    StoredClaim,
    WebhookStoreError,
    check_result,
    claimed,
)

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS joseal_deliveries (
    webhook_id TEXT PRIMARY KEY NOT NULL,
    attempt INTEGER NOT NULL,
    claimed_at REAL NOT NULL,
    lease_seconds REAL NOT NULL,
    handled_at REAL
) WITHOUT ROWID
"""
_FIND: Final = """
SELECT attempt, claimed_at, lease_seconds, handled_at FROM joseal_deliveries WHERE webhook_id = ?
"""
_KEEP: Final = "REPLACE INTO joseal_deliveries VALUES (?, ?, ?, ?, ?)"
_RELEASE: Final = """
UPDATE joseal_deliveries SET lease_seconds = 0 WHERE webhook_id = ? AND attempt = ?
"""
_FORGET: Final = "DELETE FROM joseal_deliveries WHERE handled_at < ?"

# By the primary result code, which is the low byte of the extended one.
_TEXTS: Final[Mapping[int, str]] = MappingProxyType(
    {
        sqlite3.SQLITE_BUSY: "the store of deliveries is in use for longer than its time-out",
        sqlite3.SQLITE_CANTOPEN: "the store of deliveries can't be opened",
        sqlite3.SQLITE_CORRUPT: "the store of deliveries is damaged",
        sqlite3.SQLITE_FULL: "there is no space for the store of deliveries",
        sqlite3.SQLITE_NOTADB: "the store of deliveries is damaged, or another kind of file",
        sqlite3.SQLITE_READONLY: "the store of deliveries can't be written",
    }
)
_MOST_SECONDS: Final = 1_000_000  # SQLite counts milliseconds in a C int
_OTHER_TEXT: Final = "the store of deliveries can't be used"

_W = TypeVar("_W", bound=Identified)
_R = TypeVar("_R")


@final
class SqliteWebhookStore(LeasedStore):
    """Keeps deliveries in an SQLite file. Safe among threads and processes.

    The file is on a local disk: network file systems don't keep the locks that SQLite needs. It
    holds ids and times, no content.

    Args:
        path: of the file, which is made if it is not there; its folder must be. It may be the
            database that the handler's own tables are in.
        lease_seconds: for how long a claim holds; longer than any handler runs.
        busy_timeout_seconds: how long a call waits for the others.
        clock: gives the time in seconds, the same for all processes.

    Raises:
        TypeError: an argument is of another type.
        ValueError: a number is not positive and finite, or the path has a null character.
        WebhookStoreError: the file can't be used.
    """

    __slots__ = ("_busy_timeout_seconds", "_path")

    _path: str
    _busy_timeout_seconds: float

    @hide_locals
    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        lease_seconds: float = LEASE_SECONDS,
        busy_timeout_seconds: float = 5.0,
        clock: Clock = time.time,
    ) -> None:
        super().__init__(lease_seconds, clock)
        if type(busy_timeout_seconds) not in (int, float):
            raise TypeError("busy_timeout_seconds must be a number")
        if not 0 < busy_timeout_seconds < _MOST_SECONDS:
            raise ValueError("busy_timeout_seconds must be positive and less than a million")
        name = os.fspath(path)
        if not isinstance(name, str):
            raise TypeError("path must be str or a path of str")
        if "\0" in name:
            raise ValueError("path must not have a null character")
        self._set(
            # Absolute, so that `:memory:` is a file like all others, and so that a later `chdir`
            # does not make another store of it.
            _path=str(Path(name).absolute()),
            _busy_timeout_seconds=float(busy_timeout_seconds),
        )
        self._prepare()

    @hide_locals
    def claim(self, webhook_id: str) -> Claim | Delivery:
        """Claim an id, as `WebhookStore.claim` says.

        Raises:
            TypeError: the id is no str.
            ValueError: it can't be one.
            WebhookStoreError: the store can't be used.
        """
        WEBHOOK_ID.apply("webhook_id", webhook_id)

        def work(connection: sqlite3.Connection) -> Claim | Delivery:
            entry = claimed(_find(connection, webhook_id), self._now(), self._lease_seconds)
            if isinstance(entry, Delivery):
                return entry
            connection.execute(_KEEP, (webhook_id, *entry))
            return Claim(webhook_id, entry.attempt)

        return self._in_transaction(work)

    @hide_locals
    def confirm(self, claim: Claim) -> bool:
        """Confirm an id, as `WebhookStore.confirm` says.

        Raises:
            WebhookStoreError: the store can't be used.
        """

        def work(connection: sqlite3.Connection) -> bool:
            entry = _find(connection, claim.webhook_id)
            if entry is None or entry.handled_at is not None:
                return False
            handled = entry._replace(handled_at=self._now())
            connection.execute(_KEEP, (claim.webhook_id, *handled))
            return entry.attempt == claim.attempt

        return self._in_transaction(work)

    @hide_locals
    def release(self, claim: Claim) -> None:
        """Release a claim, as `WebhookStore.release` says.

        Raises:
            WebhookStoreError: the store can't be used.
        """
        self._in_transaction(lambda connection: connection.execute(_RELEASE, claim))

    @hide_locals
    def forget(self, older_than_seconds: float) -> int:
        """Forget what was handled so long ago that it is not sent again; return how many.

        Raises:
            WebhookStoreError: the store can't be used.
        """
        before = self._now() - older_than_seconds
        return self._in_transaction(
            lambda connection: connection.execute(_FORGET, (before,)).rowcount
        )

    @hide_locals
    def handle_in_transaction(
        self, webhook: _W, handler: Callable[[_W, sqlite3.Connection], object]
    ) -> Delivery:
        """Run `handler` in the transaction that confirms the webhook: exactly once.

        That holds for what the handler writes over the connection that it is given: either all of
        it is there and the webhook is confirmed, or nothing of it. It must neither commit nor roll
        back. Others wait meanwhile, so it has to be brief.

        Returns:
            `HANDLED`, `DUPLICATE`, or `IN_PROGRESS` while a claim of `handle_once` holds.

        Raises:
            WebhookStoreError: the store can't be used, or the handler ended the transaction.
                Whatever the handler raises passes through; nothing was kept.
            TypeError: the handler is `async`, or the id is no str.
            ValueError: the id can't be one.
        """
        WEBHOOK_ID.apply("webhook_id", webhook.id)
        with closing(self._begin()) as connection:
            entry = self._guarded(lambda: _find(connection, webhook.id))
            now = self._now()
            kept = claimed(entry, now, 0.0)
            if isinstance(kept, Delivery):
                return kept
            check_result(handler(webhook, connection))
            if not connection.in_transaction:
                raise WebhookStoreError("the handler ended the transaction that confirms")
            row = (webhook.id, *kept._replace(handled_at=now))
            self._guarded(lambda: connection.execute(_KEEP, row))
            self._guarded(lambda: connection.execute("COMMIT"))
        return Delivery.HANDLED

    def _prepare(self) -> None:
        """Make the table, and let readers and writers work side by side from now on."""

        def work() -> None:
            with closing(self._connect()) as connection:
                _turn_on_wal(connection, time.monotonic() + self._busy_timeout_seconds)
                connection.execute(_SCHEMA)

        self._guarded(work)

    def _connect(self) -> sqlite3.Connection:
        return sqlite3.connect(self._path, timeout=self._busy_timeout_seconds, isolation_level=None)

    def _begin(self) -> sqlite3.Connection:
        """Return a connection whose transaction is the only one that writes."""

        def work() -> sqlite3.Connection:
            with ExitStack() as stack:
                connection = stack.enter_context(closing(self._connect()))
                connection.execute("PRAGMA synchronous = FULL")
                connection.execute("BEGIN IMMEDIATE")
                stack.pop_all()
                return connection

        return self._guarded(work)

    def _in_transaction(self, work: Callable[[sqlite3.Connection], _R]) -> _R:
        def whole() -> _R:
            with closing(self._begin()) as connection:
                result = work(connection)
                connection.execute("COMMIT")
                return result

        return self._guarded(whole)

    def _guarded(self, work: Callable[[], _R]) -> _R:
        """Do some work, and say in our own words that the store failed."""
        try:
            return work()
        except sqlite3.Error as error:
            text = _TEXTS.get(_code(error), _OTHER_TEXT)
        raise WebhookStoreError(text)

    def __repr__(self) -> str:
        return f"SqliteWebhookStore({self._path!r}, lease_seconds={self._lease_seconds})"


def _code(error: sqlite3.Error) -> int:
    """Return the primary result code, which Python's own refusals do not have."""
    code: object = getattr(error, "sqlite_errorcode", None)
    return code & 0xFF if isinstance(code, int) else sqlite3.SQLITE_ERROR


def _turn_on_wal(connection: sqlite3.Connection, deadline: float) -> None:
    """Change the journal once for all; SQLite does not wait by itself while others do the same."""
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if _code(error) != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
            time.sleep(0.01)
        else:
            return


def _find(connection: sqlite3.Connection, webhook_id: str) -> StoredClaim | None:
    row: tuple[int, float, float, float | None] | None = connection.execute(
        _FIND, (webhook_id,)
    ).fetchone()
    return None if row is None else StoredClaim(*row)
