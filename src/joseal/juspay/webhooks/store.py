"""Handle each webhook once, although it may arrive more than once.

    with one store for all processes that receive webhooks:
        delivery = handle_once(store, webhook, pay_out)
        return 200 if delivery.acknowledge else 503

An id is claimed before the handler runs and confirmed when it has returned. A claim expires, so
that the webhook of a handler whose process died is handled when it is sent again.

The guarantees, and their limits:

- Not lost: nothing is acknowledged that no handler has finished. The sender has to repeat it until
  it is acknowledged; no page of the payouts API says for how long it tries. Read the order's status
  if a payout has been silent for too long.
- Not twice at the same time: two handlers of one id run together only if the first is still working
  when its claim has expired, or if the clock was changed by more than the lease.
- Not twice in a row: never after a confirmation. Between the last action of a handler and its
  confirmation there is a moment in which a crash makes it run again. No order of steps in two
  systems removes that moment. So mark the handler's effect with the webhook's id and ignore a
  second one; or make effect and confirmation one transaction, which is exactly once:
  `SqliteWebhookStore.handle_in_transaction` does that for data in the same database.

Source: the webhook pages of Juspay, which say that a webhook may arrive more than once.
"""

import enum
import time
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from typing import Final, NamedTuple, Protocol, TypeVar, final

from joseal._core.secrecy import hide_locals
from joseal._once.leases import LEASE_SECONDS, Clock, LeasedStore, State
from joseal._once.memory import MemoryClaims
from joseal.errors import JoseError
from joseal.juspay import log_filter
from joseal.juspay.webhooks.receiver import WEBHOOK_ID

_LOG: Final = log_filter.logger("joseal.juspay")


class Delivery(enum.Enum):
    """The result of one delivery of a webhook.

    Example:
        >>> from joseal.juspay import MemoryWebhookStore
        >>> store = MemoryWebhookStore()
        >>> confirmed = store.confirm(store.claim("w-1"))
        >>> store.claim("w-1").name
        'DUPLICATE'
    """

    HANDLED = "handled"
    """The handler has run, and that is confirmed."""
    OVERTAKEN = "overtaken"
    """The handler has run, but for longer than its claim was valid: it may have run twice.
    Make the lease longer."""
    DUPLICATE = "duplicate"
    """It was handled before. Nothing was done."""
    IN_PROGRESS = "in_progress"
    """Another handler is working on it, or died less than a lease ago. Nothing was done."""

    @property
    def acknowledge(self) -> bool:
        """Whether to answer 200. Otherwise answer 503, so that it is sent again."""
        return self is not Delivery.IN_PROGRESS


class Claim(NamedTuple):
    """The right to handle one webhook, until it expires.

    Attributes:
        webhook_id: the id of the webhook.
        attempt: how often it was claimed, this time included. It distinguishes two claims of one
            id.

    Example:
        >>> from joseal.juspay import MemoryWebhookStore
        >>> store = MemoryWebhookStore()
        >>> store.claim("w-1").webhook_id
        'w-1'
    """

    webhook_id: str
    attempt: int


class WebhookStoreError(JoseError):
    """The store can't be used. The webhook must not be acknowledged.

    If it is raised after the handler has run, the webhook will be handled again.
    """

    code = "store"


class WebhookStore(Protocol):
    """Stores which webhooks were handled. All methods are atomic and durable.

    Raises:
        WebhookStoreError: from each method: the store can't be used.

    Example:
        >>> from joseal.juspay import MemoryWebhookStore
        >>> store = MemoryWebhookStore()
        >>> store.claim("w-1").attempt
        1
    """

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
            >>> from joseal.juspay import MemoryWebhookStore
            >>> store = MemoryWebhookStore()
            >>> store.claim("w-1").attempt
            1
            >>> store.claim("w-1").name
            'IN_PROGRESS'
        """
        ...

    def confirm(self, claim: Claim) -> bool:
        """Record that the webhook was handled, even if its claim has been taken over.

        Args:
            claim: the claim under which the handler ran.

        Returns:
            False if the claim had been taken over, or a different handler had been confirmed.

        Raises:
            WebhookStoreError: the store can't be used.

        Example:
            >>> from joseal.juspay import MemoryWebhookStore
            >>> store = MemoryWebhookStore()
            >>> store.confirm(store.claim("w-1"))
            True
        """
        ...

    def release(self, claim: Claim) -> None:
        """Release a claim whose handler failed; a claim that was taken over stays.

        Args:
            claim: the claim under which the handler ran.

        Raises:
            WebhookStoreError: the store can't be used.

        Example:
            >>> from joseal.juspay import MemoryWebhookStore
            >>> store = MemoryWebhookStore()
            >>> store.release(store.claim("w-1"))
            >>> store.claim("w-1").attempt
            2
        """
        ...


class Identified(Protocol):
    """An object with an id, such as a `Webhook`."""

    @property
    def id(self) -> str:
        """The same for each delivery of one webhook."""
        ...


_W = TypeVar("_W", bound=Identified)


@hide_locals
def handle_once(store: WebhookStore, webhook: _W, handler: Callable[[_W], object]) -> Delivery:
    """Run `handler` for a webhook, unless it was handled or is being handled.

    An exception of the handler passes through, and lets the webhook be handled again at once. The
    handler has to end well before the store's lease does. In an `async` program, run this function
    in a thread.

    Args:
        store: keeps which webhooks were handled.
        webhook: an object with an `id`, such as a `Webhook`.
        handler: called with the webhook.

    Returns:
        `Delivery.HANDLED`, `Delivery.DUPLICATE` or `Delivery.IN_PROGRESS`; `Delivery.OVERTAKEN` if
            the handler has run for longer than its claim was valid.

    Raises:
        WebhookStoreError: the store can't be used.
        TypeError: the handler is `async`. It has not run, and nothing is confirmed.
        ValueError: the webhook's id is not valid.

    Example:
        >>> from types import SimpleNamespace
        >>> from joseal.juspay import MemoryWebhookStore, handle_once
        >>> webhook = SimpleNamespace(id="w-1")
        >>> store = MemoryWebhookStore()
        >>> [handle_once(store, webhook, lambda hook: None).name for _ in range(2)]
        ['HANDLED', 'DUPLICATE']
    """
    claim = store.claim(webhook.id)
    if isinstance(claim, Delivery):
        return claim
    if claim.attempt > 1:
        _LOG.info("a webhook is handled again: attempt %d", claim.attempt)
    returned = False
    try:
        check_result(handler(webhook))
        returned = True
    finally:
        if not returned:
            # The caller has to see the handler's exception; otherwise the claim expires.
            with suppress(WebhookStoreError):
                store.release(claim)
    if store.confirm(claim):
        return Delivery.HANDLED
    _LOG.warning("a webhook's handler took longer than its claim held: it may have run twice")
    return Delivery.OVERTAKEN


def check_result(result: object) -> None:
    """Refuse the result of an `async` handler, which has not run.

    Raises:
        TypeError: the result has to be awaited.
    """
    if isinstance(result, Coroutine):
        result.close()
    if isinstance(result, Awaitable):
        raise TypeError("handler must not be async: handle webhooks in a thread")


def delivery_of(state: State) -> Delivery:
    """Translate the reason why an id can't be claimed to webhooks."""
    return Delivery.DUPLICATE if state == "handled" else Delivery.IN_PROGRESS


@final
class MemoryWebhookStore(LeasedStore):
    """Keeps deliveries in memory: for tests, and for one process that may forget them on exit.

    Safe to share between threads. A handled delivery stays until `forget` removes it.

    Args:
        lease_seconds: how long a claim is valid; it must be longer than any handler takes.
        clock: returns the time in seconds.

    Raises:
        TypeError: an argument is of the wrong type.
        ValueError: the lease is not positive and finite.

    Example:
        >>> from joseal.juspay import MemoryWebhookStore
        >>> store = MemoryWebhookStore()
        >>> store.claim("w-1").attempt
        1
    """

    __slots__ = ("_claims",)

    _claims: MemoryClaims

    @hide_locals
    def __init__(self, *, lease_seconds: float = LEASE_SECONDS, clock: Clock = time.time) -> None:
        super().__init__(lease_seconds, clock)
        self._set(_claims=MemoryClaims())

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

        Example:
            >>> from joseal.juspay import MemoryWebhookStore
            >>> store = MemoryWebhookStore()
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
            Nothing.

        Example:
            >>> from joseal.juspay import MemoryWebhookStore
            >>> store = MemoryWebhookStore()
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
            Nothing.

        Example:
            >>> from joseal.juspay import MemoryWebhookStore
            >>> store = MemoryWebhookStore()
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
            Nothing.

        Example:
            >>> from joseal.juspay import MemoryWebhookStore
            >>> store = MemoryWebhookStore()
            >>> store.forget(86_400)
            0
        """
        return self._claims.forget(self._now() - older_than_seconds)

    def __repr__(self) -> str:
        return f"MemoryWebhookStore(lease_seconds={self._lease_seconds})"
