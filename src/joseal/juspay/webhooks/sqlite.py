"""`SqliteWebhookStore`: which webhooks were handled, in one file, for all processes of a machine.

Claims are kept by `joseal._once.sqlite`. This module adds handlers that write in the same
transaction that confirms the webhook.

Source: https://www.sqlite.org/wal.html, https://www.sqlite.org/rescode.html.
"""

import os
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from typing import TypeVar, final

from joseal._core.secrecy import hide_locals
from joseal._once.leases import LEASE_SECONDS, Clock, LeasedStore, claimed
from joseal._once.sqlite import SqliteClaims
from joseal.juspay.webhooks.receiver import WEBHOOK_ID
from joseal.juspay.webhooks.store import (
    Claim,
    Delivery,
    Identified,
    WebhookStoreError,
    check_result,
    delivery_of,
)

_W = TypeVar("_W", bound=Identified)


@final
class SqliteWebhookStore(LeasedStore):
    """Keeps deliveries in an SQLite file. Safe to share between threads and processes.

    The file is on a local disk: network file systems don't keep the locks that SQLite needs. It
    contains ids and times, but no content. In a process that was forked while a different thread
    was using the file, each call raises an error: start a new process instead.

    Args:
        path: the path of the file, which is created if it does not exist; its folder must exist. It
            may be the database with the handler's own tables. It is private: other users lose their
            access rights. A link is refused.
        lease_seconds: how long a claim is valid; it must be longer than any handler takes.
        busy_timeout_seconds: how long a call waits for other calls.
        clock: returns the time in seconds, the same for all processes.

    Raises:
        TypeError: an argument is of the wrong type.
        ValueError: a number is not positive and finite, or the path has a null character.
        WebhookStoreError: the file can't be used.

    Example:
        >>> from joseal.juspay import SqliteWebhookStore
        >>> store = SqliteWebhookStore("webhooks.db")
        >>> store.claim("w-1").attempt
        1
    """

    __slots__ = ("_claims",)

    _claims: SqliteClaims

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
        claims = SqliteClaims(
            path,
            busy_timeout_seconds,
            table="joseal_deliveries",
            column="webhook_id",
            store="the store of deliveries",
            error=WebhookStoreError,
        )
        self._set(_claims=claims)

    @hide_locals
    def claim(self, webhook_id: str) -> Claim | Delivery:
        """Claim an id. Of all callers who try at the same time, one succeeds.

        Args:
            webhook_id: the id of the webhook.

        Returns:
            The claim; `Delivery.DUPLICATE` if the id was confirmed; `Delivery.IN_PROGRESS` while a
                different claim is valid.

        Raises:
            TypeError: the id is not a str.
            ValueError: it is not a valid id.
            WebhookStoreError: the store can't be used.

        Example:
            >>> from joseal.juspay import SqliteWebhookStore
            >>> store = SqliteWebhookStore("webhooks.db")
            >>> store.claim("w-1").attempt
            1
            >>> store.claim("w-1").name
            'IN_PROGRESS'
        """
        WEBHOOK_ID.apply("webhook_id", webhook_id)
        found = self._claims.claim(webhook_id, self._now(), self._lease_seconds)
        return Claim(webhook_id, found) if isinstance(found, int) else delivery_of(found)

    @hide_locals
    def confirm(self, claim: Claim) -> bool:
        """Record that the webhook was handled, even if its claim has been taken over.

        Args:
            claim: the claim under which the handler ran.

        Returns:
            False if the claim had been taken over, or a different handler had been confirmed.

        Raises:
            WebhookStoreError: the store can't be used.

        Example:
            >>> from joseal.juspay import SqliteWebhookStore
            >>> store = SqliteWebhookStore("webhooks.db")
            >>> store.confirm(store.claim("w-1"))
            True
        """
        return self._claims.confirm(claim.webhook_id, claim.attempt, self._now())

    @hide_locals
    def release(self, claim: Claim) -> None:
        """Release a claim whose handler failed; a claim that was taken over stays.

        Args:
            claim: the claim under which the handler ran.

        Raises:
            WebhookStoreError: the store can't be used.

        Example:
            >>> from joseal.juspay import SqliteWebhookStore
            >>> store = SqliteWebhookStore("webhooks.db")
            >>> store.release(store.claim("w-1"))
            >>> store.claim("w-1").attempt
            2
        """
        self._claims.release(claim.webhook_id, claim.attempt)

    @hide_locals
    def forget(self, older_than_seconds: float) -> int:
        """Forget the webhooks that were handled so long ago that they are not sent again.

        Args:
            older_than_seconds: the minimum age of webhooks to forget.

        Returns:
            The number of webhooks forgotten.

        Raises:
            WebhookStoreError: the store can't be used.

        Example:
            >>> from joseal.juspay import SqliteWebhookStore
            >>> store = SqliteWebhookStore("webhooks.db")
            >>> store.forget(86_400)
            0
        """
        return self._claims.forget(self._now() - older_than_seconds)

    @hide_locals
    def handle_in_transaction(
        self, webhook: _W, handler: Callable[[_W, sqlite3.Connection], object]
    ) -> Delivery:
        """Run `handler` in the transaction that confirms the webhook: exactly once.

        That applies to what the handler writes over the connection that it gets: either all of it
        is stored and the webhook is confirmed, or none of it. The handler must neither commit nor
        roll back. Other calls wait in the meantime, so it has to be brief.

        Args:
            webhook: an object with an `id`, such as a `Webhook`.
            handler: called with the webhook and the connection.

        Returns:
            `HANDLED`, `DUPLICATE`, or `IN_PROGRESS` while a claim of `handle_once` is valid.

        Raises:
            WebhookStoreError: the store can't be used, or the handler ended the transaction.
                An exception of the handler passes through; nothing is stored.
            TypeError: the handler is `async`, or the id is not a str.
            ValueError: the id is not valid.

        Example:
            >>> from types import SimpleNamespace
            >>> from joseal.juspay import SqliteWebhookStore
            >>> webhook = SimpleNamespace(id="w-1")
            >>> store = SqliteWebhookStore("webhooks.db")
            >>> store.handle_in_transaction(webhook, lambda hook, connection: None).name
            'HANDLED'
        """
        WEBHOOK_ID.apply("webhook_id", webhook.id)
        claims = self._claims
        with closing(claims.connected()) as connection:
            claims.begin(connection)
            entry = claims.guarded(lambda: claims.find(connection, webhook.id))
            now = self._now()
            kept = claimed(entry, now, 0.0)
            if isinstance(kept, str):
                return delivery_of(kept)
            check_result(handler(webhook, connection))
            if not connection.in_transaction:
                raise WebhookStoreError("the handler ended the transaction that confirms")
            handled = kept._replace(handled_at=now)
            claims.guarded(lambda: claims.keep(connection, webhook.id, handled))
            claims.guarded(lambda: connection.execute("COMMIT"))
        return Delivery.HANDLED

    def __repr__(self) -> str:
        return f"SqliteWebhookStore({self._claims.path!r}, lease_seconds={self._lease_seconds})"
