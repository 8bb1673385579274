"""An embedded stand-in for the payouts server, that really decrypts and checks what it is sent.

For tests, demonstrations and first steps: it runs on loopback, in a thread, without TLS and with
one merchant. `sandbox_checks` has the rules, `sandbox_http` the server, which needs the extra
`sandbox`; importing this module does not.
"""

import importlib.util
import secrets
from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING, Final, Self

from joseal.juspay.api import Account
from joseal.juspay.sandbox_checks import Checks, Record
from joseal.keys import Key

if TYPE_CHECKING:
    from joseal.juspay.sandbox_http import Running

__all__ = ["Record", "Sandbox"]

_NEEDED: Final = ("starlette", "uvicorn")


class Sandbox:
    """The stand-in. It runs while its `with` block does.

        with Sandbox() as sandbox:
            sealer = payout_encrypter(sandbox.public_key)
            Client(sandbox.account, sealer).attempt(order_id, attempt)

    Each one has its own port, key pair, API key and list of what it received, so several can run
    at once. What it received can be read after the end too.

    Args:
        key: the private key that opens the payloads; a fresh RSA-2048 pair for `RSA-OAEP` unless
            given.
        kid: the label that the envelope must give to that key.
        sid: the label that the envelope must give to the merchant's key.
        api_key: the user name that Basic auth must carry; a random one unless given.
        merchant_id: what `x-merchantid` must be.
        port: where to listen on 127.0.0.1; 0 lets the system choose.
        on_the_way: is given every body as it was sent, and returns the one to check: to look at
            what goes over the wire, or to damage it. It is called from the sandbox's thread. The
            default returns the same octets.

    Raises:
        TypeError: an argument is of another type.
        ValueError: a label, the API key or the merchant id is none that a client could send.
        KeyUseError: `key` can't open tokens with the content encryptions of the payouts API.
    """

    def __init__(
        self,
        *,
        key: Key | None = None,
        kid: str = "JuspayKID",
        sid: str = "JuspaySID",
        api_key: str | None = None,
        merchant_id: str = "sandbox-merchant",
        port: int = 0,
        on_the_way: Callable[[bytes], bytes] = bytes,
    ) -> None:
        pair = Key.generate("RSA-OAEP") if key is None else key
        self.public_key = pair.public()
        self.kid = kid
        self.sid = sid
        self.api_key = secrets.token_hex(16) if api_key is None else api_key
        self.merchant_id = merchant_id
        # Whatever no account can have is refused now, and not when a client is made.
        self._account_at("http://127.0.0.1")
        self._checks = Checks(pair, kid=kid, sid=sid, api_key=self.api_key, merchant_id=merchant_id)
        self._port = port
        self._on_the_way = on_the_way
        self._received: list[Record] = []
        self._running: Running | None = None

    @property
    def public_pem(self) -> str:
        """The key to seal to, as PEM."""
        return self.public_key.to_pem()

    @property
    def url(self) -> str:
        """Scheme, host and port.

        Raises:
            RuntimeError: the sandbox is not running.
        """
        if self._running is None:
            raise RuntimeError("the sandbox is not running: use it in a with statement")
        return self._running.url

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
    def received(self) -> tuple[Record, ...]:
        """What came for an attempt so far, in its order, refused ones too."""
        return tuple(self._received)

    def __enter__(self) -> Self:
        """Start to listen.

        Raises:
            ModuleNotFoundError: the extra `sandbox` is not installed.
            RuntimeError: it is running already.
            OSError: the port is taken.
        """
        missing = [name for name in _NEEDED if importlib.util.find_spec(name) is None]
        if missing:
            text = "the sandbox needs its extra: pip install 'joseal[sandbox]'"
            raise ModuleNotFoundError(text, name=missing[0])
        if self._running is not None:
            raise RuntimeError("the sandbox is running already")
        from joseal.juspay import sandbox_http  # noqa: PLC0415 - the extra may be missing

        self._running = sandbox_http.start(
            self._checks, self._received, port=self._port, on_the_way=self._on_the_way
        )
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        running, self._running = self._running, None
        if running is not None:
            running.stop()

    def __repr__(self) -> str:
        where = "not running" if self._running is None else self._running.url
        return f"Sandbox({where}, kid={self.kid!r}, sid={self.sid!r})"
