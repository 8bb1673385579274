"""The payouts API over the network: urllib3 under `api`.

Rules:
- A request is handed to the network once. Nothing is repeated, no redirect is followed, no proxy
  is taken from the environment, and no content coding is undone.
- `maybe_sent` is decided by one mark, set by our own connection immediately before the first octet
  of the request is handed to the socket, and never by the class of an exception: the same classes
  are raised for a refused handshake and for a fault after the whole request was delivered.
- An answer is bounded as a whole, by `answer`.
- urllib3 logs hosts and paths. No header and no body is logged, not even of a broken answer.

Source: RFC 9112 (HTTP/1.1), RFC 9325 section 3.1.1 (TLS 1.2 and later).
"""

import http.client
import math
import ssl
from contextvars import ContextVar
from types import TracebackType
from typing import TYPE_CHECKING, Final, Self, final

from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, Timeout
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import (
    ClosedPoolError,
    ConnectTimeoutError,
    HTTPError,
    NewConnectionError,
    ReadTimeoutError,
    SSLError,
)
from urllib3.util import parse_url

from joseal.errors import TransportError
from joseal.frames import Opaque, no_locals
from joseal.juspay.answer import Answer
from joseal.juspay.api import (
    ANSWER_BYTES,
    Account,
    Ack,
    AttemptPath,
    Request,
    attempt_request,
    read_attempt_response,
)
from joseal.juspay.envelope import seal
from joseal.juspay.models import Attempt
from joseal.jwe import Encrypter

if TYPE_CHECKING:
    from collections.abc import Iterable

    from _typeshed import ReadableBuffer, SupportsRead

# urllib3's documented way to bring one's own class, which it declares so that even its own does
# not fit to the letter: by name, so that no checker has to be silenced.
_CONNECTION_CLASS: Final = "ConnectionCls"

_HANDED_OVER: Final[ContextVar[bool]] = ContextVar("joseal_request_handed_over", default=False)

# ValueError: http.client raises it for a negative size of a chunk.
_FAULTS: Final = (HTTPError, http.client.HTTPException, OSError, ValueError)

# The first class that fits gives the text. What was sent is no part of it.
_TEXTS: Final[tuple[tuple[type[Exception], str], ...]] = (
    (ClosedPoolError, "the client is closed"),
    (NewConnectionError, "no connection could be made"),
    (ConnectTimeoutError, "no connection within the time-out"),
    (ReadTimeoutError, "no whole answer within the time-out"),
    (SSLError, "TLS failed"),
    (Exception, "the connection broke, or what came is no HTTP answer"),
)


@final
class Client(Opaque):
    """Sends payouts over HTTPS. A context manager: leaving it closes the connections.

    One client serves many threads: it is immutable, and its pool of connections takes care of
    itself. It is not to be carried over a fork; make one in each process.

    Args:
        account: whose payouts they are, and where they go.
        encrypter: prepared by `payout_encrypter`.
        attempt_path: which of the published forms of the path the account uses.
        connect_timeout_seconds: for connecting to one address, for the TLS handshake, and for
            handing the request over, each.
        answer_timeout_seconds: for the whole answer, counted from when the request was handed over.
        connections: how many are kept open between calls; more threads may send at once.
        ssl_context: trust roots of another kind, or a client certificate. It has to verify
            certificates and host names, and its own `minimum_version` has to refuse what is older
            than TLS 1.2, whatever the system's settings are. The default is the system's trust in
            Python's default context.

    Raises:
        TypeError: an argument is of another type.
        ValueError: a number is not positive and finite, or `ssl_context` verifies too little.
    """

    __slots__ = ("_account", "_attempt_path", "_encrypter", "_pool")

    _account: Account
    _encrypter: Encrypter
    _attempt_path: AttemptPath
    _pool: HTTPConnectionPool

    def __init__(
        self,
        account: Account,
        encrypter: Encrypter,
        *,
        attempt_path: AttemptPath = AttemptPath.ORDERS,
        connect_timeout_seconds: float = 10.0,
        answer_timeout_seconds: float = 60.0,
        connections: int = 10,
        ssl_context: ssl.SSLContext | None = None,
    ) -> None:
        if not isinstance(account, Account):
            raise TypeError("account must be an Account")
        if not isinstance(encrypter, Encrypter):
            raise TypeError("encrypter must be an Encrypter")
        if not isinstance(attempt_path, AttemptPath):
            raise TypeError("attempt_path must be an AttemptPath")
        if type(connections) is not int:
            raise TypeError("connections must be an int")
        for number in (connect_timeout_seconds, answer_timeout_seconds, connections):
            if not 0 < number < math.inf:
                raise ValueError("time-outs and connections must be positive and finite")
        self._set(
            _account=account,
            _encrypter=encrypter,
            _attempt_path=attempt_path,
            _pool=_pool(
                account.base_url,
                Timeout(connect=connect_timeout_seconds, read=answer_timeout_seconds),
                connections,
                _checked(ssl_context),
            ),
        )

    def __repr__(self) -> str:
        return f"Client({self._account!r})"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections. A closed client sends nothing more."""
        self._pool.close()

    @no_locals
    def attempt(self, order_id: str, attempt: Attempt, *, routing_id: str | None = None) -> Ack:
        """Seal one more attempt at an order's payout and send it, once.

        Args:
            order_id: 4 to 64 letters, digits and `_`, `-`, `@`.
            attempt: the card and the fulfillment that it is for.
            routing_id: the customer's, in place of the account's.

        Raises:
            ApiError: a documented refusal; nothing was started.
            TransportError: no documented answer. Only with `maybe_sent` false is it safe to send
                the attempt again; else the order's status has to be read first.
            TypeError: an argument is of another type.
            ValueError: `order_id` or `routing_id` is not as above, or not printable ASCII.
            TokenTooLargeError: the attempt is over the encrypter's limits.
        """
        if not isinstance(attempt, Attempt):
            raise TypeError("attempt must be an Attempt")
        envelope = seal(self._encrypter, attempt, kid=self._account.kid, sid=self._account.sid)
        path = self._attempt_path
        request = attempt_request(
            self._account, order_id, envelope, routing_id=routing_id, path=path
        )
        return read_attempt_response(*self._exchange(request))

    def _exchange(self, request: Request) -> tuple[int, bytes]:
        """Send a request once and return the status and the body of its answer."""
        _HANDED_OVER.set(False)
        try:
            return self._send(request)
        except _FAULTS as error:
            text = next(text for kind, text in _TEXTS if isinstance(error, kind))
        raise TransportError(text, maybe_sent=_HANDED_OVER.get())

    def _send(self, request: Request) -> tuple[int, bytes]:
        response = self._pool.urlopen(
            request.method,
            request.url.removeprefix(self._account.base_url),
            body=request.body,
            headers=request.headers,
            retries=False,
            redirect=False,
            preload_content=False,
            decode_content=False,
        )
        body = b""
        try:
            # Only a read that finds nothing tells an answer that is whole from one that breaks off.
            while piece := response.read(ANSWER_BYTES + 1 - len(body)):
                body += piece
            return response.status, body
        finally:
            # A connection whose answer was read to its end is back in the pool by now, and these
            # two don't touch it. Any other one is closed: what is left on it is nobody's answer.
            response.close()
            response.release_conn()


class _Connection(HTTPConnection):
    """A connection that marks the moment when a request begins to leave."""

    response_class = Answer
    # A global debug level would print headers, the API key among them.
    debuglevel = 0

    def send(
        self, data: "SupportsRead[bytes] | Iterable[ReadableBuffer] | ReadableBuffer | str"
    ) -> None:
        if self.sock is None:
            self.connect()
        _HANDED_OVER.set(True)
        super().send(data)


class _TlsConnection(_Connection, HTTPSConnection):
    """The same over TLS."""


def _pool(
    base_url: str, timeout: Timeout, connections: int, context: ssl.SSLContext
) -> HTTPConnectionPool:
    """Return the pool for one origin. Plain http never leaves the machine: `Account` sees to it."""
    url = parse_url(base_url)
    host = url.host or ""
    if url.scheme == "http":
        pool = HTTPConnectionPool(host, url.port, timeout=timeout, maxsize=connections)
        kind: type[_Connection] = _Connection
    else:
        pool = HTTPSConnectionPool(
            host, url.port, timeout=timeout, maxsize=connections, ssl_context=context
        )
        kind = _TlsConnection
    setattr(pool, _CONNECTION_CLASS, kind)
    return pool


def _checked(context: ssl.SSLContext | None) -> ssl.SSLContext:
    """Return a context that verifies, or refuse the caller's."""
    if context is None:
        context = ssl.create_default_context()
        context.minimum_version = ssl.TLSVersion.TLSv1_2
    elif not isinstance(context, ssl.SSLContext):
        raise TypeError("ssl_context must be an ssl.SSLContext")
    if context.verify_mode is not ssl.CERT_REQUIRED or not context.check_hostname:
        raise ValueError("ssl_context must verify certificates and host names")
    if context.minimum_version < ssl.TLSVersion.TLSv1_2:
        raise ValueError("ssl_context must refuse what is older than TLS 1.2")
    return context
