"""The network under `Client`: urllib3, for one origin, and each request once.

Rules:
- A request is handed to the network once. Nothing is repeated, no redirect is followed, no proxy
  is taken from the environment, and no content coding is undone.
- CONNECT to a proxy is not a part of the request: the mark stays unset until a tunnel is made.
- Whether a request was sent is decided by one mark, set by `connection` immediately before the
  first byte of the request is handed to the socket, and never by the class of an exception: the
  same classes are raised for a refused handshake and for a fault after the whole request was
  delivered.
- An answer is bounded as a whole, by `response`.
- urllib3 logs hosts and paths. No header and no body is logged, not even of a broken answer.

Source: RFC 9112 (HTTP/1.1), RFC 9325 section 3.1.1 (TLS 1.2 and later).
"""

import http.client
import ssl
from typing import Final, NamedTuple, final

from urllib3 import Timeout
from urllib3.exceptions import (
    ClosedPoolError,
    ConnectTimeoutError,
    HTTPError,
    NewConnectionError,
    ProxyError,
    ReadTimeoutError,
    SSLError,
)

from joseal._core.secrecy import Opaque
from joseal.juspay.call_details import CallDetails, kept_headers
from joseal.juspay.http import deadline
from joseal.juspay.http.causes import cause_of
from joseal.juspay.http.connection import HANDED_OVER, check_package
from joseal.juspay.http.pool import PoolSettings, ProcessPool
from joseal.juspay.http.proxy import Proxy
from joseal.juspay.http.tls import ClientCertificate, checked_context
from joseal.juspay.outcomes import NotSent, Unknown
from joseal.juspay.requests import Request
from joseal.juspay.responses import ANSWER_BYTES

# ValueError: http.client raises it for a negative size of a chunk.
_FAULTS: Final = (HTTPError, http.client.HTTPException, OSError, ValueError)

# The first class that fits gives the text. What was sent is no part of it.
_TEXTS: Final[tuple[tuple[type[Exception], str], ...]] = (
    (ClosedPoolError, "the client is closed"),
    (ProxyError, "no tunnel through the proxy"),
    (NewConnectionError, "no connection could be made"),
    (ConnectTimeoutError, "no connection within the time-out"),
    (ReadTimeoutError, "no whole answer within the time-out"),
    (SSLError, "TLS failed"),
    (Exception, "the connection broke, or what came is no HTTP answer"),
)


class Timeouts(NamedTuple):
    """How long a call may take, in seconds.

    Attributes:
        connect: each step until the request was handed over.
        answer: the whole answer.
        deadline: the whole call.
    """

    connect: float
    answer: float
    deadline: float


class Reply(NamedTuple):
    """A whole answer."""

    status: int
    body: bytes
    headers: dict[str, str]


@final
class Transport(Opaque):
    """Connections to one origin, kept open between requests and shared by threads.

    Args:
        base_url: of the account.
        timeouts: of its steps, and of the whole call.
        connections: how many are kept open.
        idle_seconds: for how long a kept connection is used again.
        ssl_context: the caller's, or None for the system's trust.
        proxy: what connections go through, or None.
        client_certificate: shown by the default context.

    Raises:
        TypeError: an argument is of another type.
        ValueError: `ssl_context` verifies too little or is given with a certificate, or there is a
            proxy to a plain http address.
        RuntimeError: another package is installed in urllib3's place.
    """

    __slots__ = ("_base_url", "_deadline_seconds", "_pool")

    _base_url: str
    _deadline_seconds: float
    _pool: ProcessPool

    def __init__(
        self,
        base_url: str,
        timeouts: Timeouts,
        *,
        connections: int,
        idle_seconds: float,
        ssl_context: ssl.SSLContext | None,
        proxy: Proxy | None = None,
        client_certificate: ClientCertificate | None = None,
    ) -> None:
        check_package()
        timeout = Timeout(connect=timeouts.connect, read=timeouts.answer)
        context = checked_context(ssl_context, client_certificate)
        if proxy is not None and not isinstance(proxy, Proxy):
            raise TypeError("proxy must be a Proxy")
        if proxy is not None and not base_url.startswith("https://"):
            raise ValueError("proxy is for https:// accounts: a plain one is on this machine")
        settings = PoolSettings(base_url, timeout, connections, idle_seconds, context, proxy)
        self._set(
            _base_url=base_url, _pool=ProcessPool(settings), _deadline_seconds=timeouts.deadline
        )

    def close(self) -> None:
        """Close the connections. Nothing more is sent."""
        self._pool.close()

    def exchange(self, request: Request) -> Reply | NotSent | Unknown:
        """Send a request once and return its answer, or how it failed."""
        HANDED_OVER.set(False)
        deadline.begin(self._deadline_seconds)
        try:
            return self._send(request)
        except _FAULTS as error:
            text = next(text for kind, text in _TEXTS if isinstance(error, kind))
            cause = cause_of(error, handed_over=HANDED_OVER.get())
        details = CallDetails(cause=cause)
        return Unknown(text, call=details) if HANDED_OVER.get() else NotSent(text, details)

    def _send(self, request: Request) -> Reply:
        response = self._pool.current().urlopen(
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
            return Reply(response.status, body, kept_headers(response.headers))
        finally:
            # A connection whose answer was read to its end is back in the pool by now, and these
            # two don't touch it. Any other one is closed: what is left on it is nobody's answer.
            response.close()
            response.release_conn()
