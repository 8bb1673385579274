"""`Sandbox`: the server with its certificate, its faults and its records.

The server needs the extra `sandbox`; importing this module does not.
"""

import importlib.util
import secrets
import ssl
from collections.abc import Callable
from contextlib import ExitStack
from types import TracebackType
from typing import TYPE_CHECKING, Final, Self

from joseal._core import checks
from joseal._core.keys import Key
from joseal._core.secrecy import hide_locals
from joseal._core.wire import strict_json
from joseal.juspay.account import Account
from joseal.juspay.sandbox.checks import Checks, Record
from joseal.juspay.sandbox.faults import FaultInjector, FaultPlans
from joseal.juspay.sandbox.orders import (
    Event,
    Orders,
    Transaction,
    TransactionPlan,
    TransactionPlans,
)
from joseal.juspay.sandbox.webhook_target import Posted, WebhookTarget

if TYPE_CHECKING:
    from joseal.juspay.sandbox.tls import Authority
    from joseal.juspay.sandbox.webhook_sender import WebhookSender

_NEEDED: Final = ("starlette", "uvicorn")
_NEEDED_FOR_TLS: Final = "trustme"
_MOST_PORT: Final = 65535


def _plainly(order_id: str, number: int) -> TransactionPlan:
    del order_id, number
    return TransactionPlan()


def _check_arguments(
    key: Key | None,
    port: int,
    on_the_way: Callable[[bytes], bytes],
    *,
    tls: bool | ssl.SSLContext,
    stringified: bool,
) -> None:
    """Refuse arguments that would fail only when they are used.

    Raises:
        TypeError: an argument is of the wrong type.
        ValueError: the port is not in range.
    """
    if key is not None and not isinstance(key, Key):
        raise checks.not_key("key", key)
    checks.check_ints(port=port)
    if port not in range(_MOST_PORT + 1):
        raise ValueError(f"port must be from 0 to {_MOST_PORT}")
    if not callable(on_the_way):
        raise checks.wrong_type("on_the_way", "a function", on_the_way)
    if type(tls) is not bool and not isinstance(tls, ssl.SSLContext):
        raise checks.wrong_type("tls", "bool or ssl.SSLContext", tls)
    if type(stringified) is not bool:
        raise checks.wrong_type("stringified", "bool", stringified)


def _target_of(
    webhook: WebhookTarget | str | None, merchant_id: str, api_key: str
) -> WebhookTarget | None:
    """Return where webhooks are posted; a URL alone means Basic auth.

    Raises:
        TypeError: it is of the wrong type.
        ValueError: nothing could be posted there.
    """
    if isinstance(webhook, str):
        return WebhookTarget(url=webhook, username=merchant_id, password=api_key)
    if webhook is not None and not isinstance(webhook, WebhookTarget):
        raise checks.wrong_type("webhook", "WebhookTarget or str", webhook)
    return webhook


class Sandbox:
    """The test server. It runs while its `with` block does.

        with Sandbox() as sandbox:
            encrypter = payout_encrypter(sandbox.public_key)
            known = Known.fresh(order_id, attempt.fulfillment_id)
            Client(sandbox.account, encrypter).attempt(order_id, attempt, known=known)

    Each one has its own port, key pair, API key, orders and list of what it received, so several
    can run at once. The list can still be read after the sandbox has been closed.

    Args:
        key: the private key that decrypts the payloads; by default a fresh RSA-2048 pair for
            `RSA-OAEP`. One for `HPKE-9` decrypts those of the profile `PAYOUTS_POST_QUANTUM`.
        kid: the label that the envelope must give to that key.
        sid: the label that the envelope must give to the merchant's key; None for an account
            without one.
        api_key: the user name that Basic auth must have; random by default.
        merchant_id: the required value of `x-merchantid`.
        port: where to listen on 127.0.0.1; 0 lets the system choose.
        on_the_way: gets every body as it was sent, and returns the body to check: to look at the
            bytes on the wire, or to damage them. It is called from the sandbox's thread. The
            default returns the same bytes.
        tls: True for HTTPS on `localhost`, with a certificate of an authority that is made for
            this sandbox (see `ca_pem` and `client_context`); or a server's context, to use a
            different certificate.
        plan: the fault plan. It is called once for each connection and each request, one at a
            time, from the sandbox's threads. None, also as its result, means no fault.
        transaction_plan: returns how each transaction goes and when a status shows it, from the
            order's id and the number of transactions that the order had before. The result None
            means the plain plan; for the transaction that creating an order starts, it means that
            none is started. By default every transaction succeeds at once.
        stringified: whether a payload has to be a JSON string with the body's JSON text, as
            `Client(stringified=True)` sends it.
        webhook: where webhooks are posted; None for no webhooks. A URL alone means Basic auth with
            the merchant id and the API key.

    Raises:
        TypeError: an argument is of the wrong type.
        ValueError: a label, the API key or the merchant id can't be sent by a client; `port` is not
            from 0 to 65535; the webhook's URL does not name a loopback host, or the merchant id
            can't be its user name.
        InvalidKeyError: `key` can't decrypt tokens with the content encryptions of the payouts API.

    Example:
        >>> from joseal.juspay.sandbox import Sandbox
        >>> with Sandbox() as sandbox:
        ...     sandbox.url.startswith("http://127.0.0.1:")
        True

    Source: the order, attempt, cancel and webhook pages of the payouts API.
    """

    @hide_locals
    def __init__(
        self,
        *,
        key: Key | None = None,
        kid: str = "JuspayKID",
        sid: str | None = "JuspaySID",
        api_key: str | None = None,
        merchant_id: str = "sandbox-merchant",
        port: int = 0,
        on_the_way: Callable[[bytes], bytes] = bytes,
        tls: bool | ssl.SSLContext = False,
        plan: FaultPlans | None = None,
        transaction_plan: TransactionPlans = _plainly,
        stringified: bool = False,
        webhook: WebhookTarget | str | None = None,
    ) -> None:
        _check_arguments(key, port, on_the_way, tls=tls, stringified=stringified)
        pair = Key.generate("RSA-OAEP") if key is None else key
        self.public_key: Key = pair.public()
        self.kid = kid
        self.sid = sid
        self.api_key: str = secrets.token_hex(16) if api_key is None else api_key
        self.merchant_id = merchant_id
        # Values that no account can have are refused now, and not when a client is made.
        account = self._account_at("http://127.0.0.1")
        self._checks = Checks(pair, account, stringified=stringified)
        self._port = port
        self._on_the_way = on_the_way
        self._tls = tls
        self._webhook = _target_of(webhook, merchant_id, self.api_key)
        self._orders = Orders(transaction_plan, self._notify)
        self._received: list[Record] = []
        self._posted: list[Posted] = []
        self._director = FaultInjector(plan)
        self._has_front = tls is not False or plan is not None
        self._authority: Authority | None = None
        self._poster: WebhookSender | None = None
        self._url: str | None = None
        self._stop = ExitStack()

    @property
    def public_pem(self) -> str:
        """The key to encrypt to, as PEM.

        Raises:
            InvalidKeyError: it is a hybrid key, which has no PEM form.
        """
        return self.public_key.to_pem()

    @property
    def public_jwk(self) -> str:
        """The key to encrypt to, as the text of a JWK."""
        return strict_json.write(self.public_key.to_jwk()).decode()

    @property
    def url(self) -> str:
        """Scheme, host and port.

        Raises:
            RuntimeError: the sandbox is not running.
        """
        if self._url is None:
            raise RuntimeError("the sandbox is not running: use it in a with statement")
        return self._url

    @property
    def account(self) -> Account:
        """The account with which a client reaches this sandbox. Raises as `url` does."""
        return self._account_at(self.url)

    def _account_at(self, base_url: str) -> Account:
        return Account(
            merchant_id=self.merchant_id,
            api_key=self.api_key,
            kid=self.kid,
            sid=self.sid,
            base_url=base_url,
        )

    @property
    def ca_pem(self) -> str:
        """The certificate of this sandbox's own authority, as PEM. Raises as `client_context`."""
        return self._own_authority.pem

    @property
    def client_context(self) -> ssl.SSLContext:
        """A new context for clients that trusts only this sandbox's own authority.

        Raises:
            RuntimeError: the sandbox was not started with `tls=True`.
        """
        return self._own_authority.client()

    @property
    def _own_authority(self) -> "Authority":
        if self._authority is None:
            raise RuntimeError("the sandbox has no authority: start it with tls=True")
        return self._authority

    @property
    def received(self) -> tuple[Record, ...]:
        """The complete attempts that reached the server so far, in order, refused ones included."""
        return tuple(self._received)

    @property
    def posted(self) -> tuple[Posted, ...]:
        """The results of the webhooks sent so far."""
        return tuple(self._posted)

    def attempts(self, order_id: str) -> int:
        """Return how many attempts at an order have begun to arrive, carried out or not.

        If one call of a client leads to more than one, something has sent it again.

        Args:
            order_id: the id of the order.

        Returns:
            The number of attempts.

        Raises:
            Nothing.

        Example:
            >>> from joseal.juspay.sandbox import Sandbox
            >>> with Sandbox() as sandbox:
            ...     sandbox.attempts("order-1")
            0
        """
        if self._has_front:
            return self._director.count("attempt", order_id)
        return sum(record.order_id == order_id for record in self._received)

    def transactions(self, order_id: str) -> tuple[Transaction, ...]:
        """Return the transactions that were really started for an order, oldest first.

        Args:
            order_id: the id of the order.

        Returns:
            The transactions, whatever a status shows; none for an order that does not exist.

        Raises:
            Nothing.

        Example:
            >>> from joseal.juspay.sandbox import Sandbox
            >>> with Sandbox() as sandbox:
            ...     sandbox.transactions("order-1")
            ()
        """
        return self._orders.transactions(order_id)

    def __enter__(self) -> Self:
        """Start to listen.

        Raises:
            ModuleNotFoundError: the extra `sandbox` is not installed.
            RuntimeError: it is running already.
            OSError: the port is taken.
        """
        needed = (*_NEEDED, _NEEDED_FOR_TLS) if self._tls is True else _NEEDED
        missing = [name for name in needed if importlib.util.find_spec(name) is None]
        if missing:
            text = "the sandbox needs its extra: pip install 'joseal[sandbox]'"
            raise ModuleNotFoundError(text, name=missing[0])
        if self._url is not None:
            raise RuntimeError("the sandbox is running already")
        with ExitStack() as stack:
            self._url = self._start(stack)
            # Nothing failed: everything that was started runs until the end of the block.
            self._stop = stack.pop_all()
        return self

    def _start(self, stack: ExitStack) -> str:
        """Start all parts, with the end of each on the stack; return the URL."""
        # The extra may be missing, and only the modules in use are loaded.
        from joseal.juspay.sandbox import server  # noqa: PLC0415 - see above

        if self._webhook is not None:
            from joseal.juspay.sandbox import webhook_sender  # noqa: PLC0415 - see above

            self._poster = webhook_sender.WebhookSender(self._webhook, self._posted)
            stack.callback(self._poster.stop)
        running = server.start(
            self._checks,
            self._orders,
            self._received,
            port=0 if self._has_front else self._port,
            on_the_way=self._on_the_way,
        )
        stack.callback(running.stop)
        if not self._has_front:
            return running.url
        from joseal.juspay.sandbox import fault_proxy  # noqa: PLC0415 - see above

        front = fault_proxy.FaultProxy(self._port, running.port, self._director, self._context())
        stack.callback(front.stop)
        return front.url

    def _context(self) -> ssl.SSLContext | None:
        if self._tls is not True:
            return self._tls or None
        if self._authority is None:
            from joseal.juspay.sandbox import tls as sandbox_tls  # noqa: PLC0415 - needs one more of the extra

            self._authority = sandbox_tls.Authority()
        return self._authority.server()

    def _notify(self, event: Event) -> None:
        if self._poster is not None:
            self._poster.notify(event)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._url = None
        self._stop.close()

    def __repr__(self) -> str:
        where = "not running" if self._url is None else self._url
        return f"Sandbox({where}, kid={self.kid!r}, sid={self.sid!r})"
