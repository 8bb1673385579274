"""The network under `Client`: urllib3, for one origin, and each request once.

Rules:
- A request is handed to the network once. Nothing is repeated, no redirect is followed, no proxy
  is taken from the environment, and no content coding is undone.
- Whether a request was sent is decided by one mark, set by our own connection immediately before
  the first byte of the request is handed to the socket, and never by the class of an exception:
  the same classes are raised for a refused handshake and for a fault after the whole request was
  delivered.
- An answer is bounded as a whole, by `answer`.
- urllib3 logs hosts and paths. No header and no body is logged, not even of a broken answer.

Source: RFC 9112 (HTTP/1.1), RFC 9325 section 3.1.1 (TLS 1.2 and later).
"""

import http.client
import ssl
from contextvars import ContextVar
from typing import TYPE_CHECKING, Final, final

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

from joseal._core.secrecy import Opaque
from joseal.juspay.http.response import Answer
from joseal.juspay.outcomes import NotSent, Unknown
from joseal.juspay.requests import Request
from joseal.juspay.responses import ANSWER_BYTES

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
class Transport(Opaque):
    """Connections to one origin, kept open between requests and shared by threads.

    Args:
        base_url: of the account.
        connect_timeout_seconds: for each step until the request was handed over.
        answer_timeout_seconds: for the whole answer.
        connections: how many are kept open.
        ssl_context: the caller's, or None for the system's trust.

    Raises:
        TypeError: `ssl_context` is of another type.
        ValueError: `ssl_context` verifies too little.
    """

    __slots__ = ("_base_url", "_pool")

    _base_url: str
    _pool: HTTPConnectionPool

    def __init__(
        self,
        base_url: str,
        *,
        connect_timeout_seconds: float,
        answer_timeout_seconds: float,
        connections: int,
        ssl_context: ssl.SSLContext | None,
    ) -> None:
        timeout = Timeout(connect=connect_timeout_seconds, read=answer_timeout_seconds)
        pool = _pool(base_url, timeout, connections, _checked(ssl_context))
        self._set(_base_url=base_url, _pool=pool)

    def close(self) -> None:
        """Close the connections. Nothing more is sent."""
        self._pool.close()

    def exchange(self, request: Request) -> tuple[int, bytes] | NotSent | Unknown:
        """Send a request once and return the status and the body of its answer."""
        _HANDED_OVER.set(False)
        try:
            return self._send(request)
        except _FAULTS as error:
            text = next(text for kind, text in _TEXTS if isinstance(error, kind))
        return Unknown(text) if _HANDED_OVER.get() else NotSent(text)

    def _send(self, request: Request) -> tuple[int, bytes]:
        response = self._pool.urlopen(
            request.method,
            request.url.removeprefix(self._base_url),
            body=request.body,
            headers=request.headers,
            retries=False,
            redirect=False,
            preload_content=False,
            decode_content=False,
        )
        body = b""
        try:
            # Unless all of a length that was told has come, only a read that finds nothing tells an
            # answer that is whole from one that breaks off.
            while piece := response.read(ANSWER_BYTES + 1 - len(body)):
                body += piece
                if response.length_remaining == 0:
                    break
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
