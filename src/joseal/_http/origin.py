"""One origin: a request goes to it once, and the result is a bounded answer or a failure.

Rules:
- A request is passed to the network once. Nothing is repeated, no redirect is followed, no proxy
  is taken from the environment, and no content coding is undone.
- CONNECT to a proxy is not a part of the request: the mark stays unset until a tunnel is made.
- Whether a request was sent is decided by one mark, set by `connection` immediately before the
  first byte of the request is passed to the socket, and never by the class of an exception: the
  same classes are raised for a refused handshake and for a fault after the whole request was
  delivered.
- A signal or log handler may make a call within a call, in the same thread. It never takes back the
  mark of the outer call, and leaves its deadline unchanged. If it sends something before the outer
  call does, the outer call counts as sent too.
- An answer is bounded as a whole, by `response`.
- urllib3 logs hosts and paths. No header or body is logged, not even from a broken answer.

Source: RFC 9112 (HTTP/1.1), RFC 9325 section 3.1.1 (TLS 1.2 and later).
"""

import http.client
import ssl
from collections.abc import Mapping
from typing import Final, NamedTuple, final

from urllib3 import Retry, Timeout
from urllib3.exceptions import (
    ClosedPoolError,
    ConnectTimeoutError,
    HTTPError,
    NewConnectionError,
    ProxyError,
    ReadTimeoutError,
    SSLError,
)
from urllib3.util import parse_url

from joseal._core.secrecy import Opaque
from joseal._http import deadline
from joseal._http.causes import Cause, cause_of
from joseal._http.connection import HANDED_OVER
from joseal._http.pool import PoolSettings, ProcessPool
from joseal._http.proxy import Proxy
from joseal._http.tls import ClientCertificate, checked_context

# ValueError: http.client raises it for a negative size of a chunk. The last two: Python itself has
# no more depth, threads or memory, and the mark tells what has left.
_FAULTS: Final = (
    HTTPError,
    http.client.HTTPException,
    OSError,
    ValueError,
    RuntimeError,
    MemoryError,
)

# The object that urllib3 would make from False for each request.
_ONCE: Final = Retry(total=False, redirect=False)

# The first class that fits decides the text. It contains no part of the request.
_TEXTS: Final[tuple[tuple[type[Exception] | tuple[type[Exception], ...], str], ...]] = (
    (ClosedPoolError, "the client is closed"),
    (ProxyError, "no tunnel through the proxy"),
    (NewConnectionError, "no connection could be made"),
    (ConnectTimeoutError, "no connection within the time-out"),
    (ReadTimeoutError, "no whole answer within the time-out"),
    (SSLError, "TLS failed"),
    ((RuntimeError, MemoryError), "Python has no more threads, depth or memory"),
    (Exception, "the connection broke, or the answer is not HTTP"),
)


class Timeouts(NamedTuple):
    """How long a call may take, in seconds.

    Attributes:
        connect: each step until the request is handed over.
        answer: the whole answer.
        deadline: the whole call.
    """

    connect: float
    answer: float
    deadline: float


class Sent(NamedTuple):
    """A request to one origin; the target begins with a slash."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes | None = None


class Answered(NamedTuple):
    """A whole answer. A body that is too long is cut to one byte over the limit."""

    status: int
    body: bytes
    headers: Mapping[str, str]


class Fault(NamedTuple):
    """No whole answer.

    Attributes:
        text: a constant sentence.
        cause: the number or the class behind it, if there is one.
        handed_over: whether the request had begun to leave.
    """

    text: str
    cause: Cause | None
    handed_over: bool


@final
class Origin(Opaque):
    """Connections to one origin, kept open between requests and shared by threads.

    Args:
        base_url: scheme, host and port; anything after them is not sent.
        timeouts: for its steps, and for the whole call.
        connections: how many are kept open.
        idle_seconds: for how long a kept connection is used again.
        answer_bytes: the size of the largest body to accept.
        ssl_context: the caller's, or None for the system's trust.
        proxy: the proxy that connections go through, or None.
        client_certificate: shown by the default context.

    Raises:
        TypeError: an argument is of the wrong type.
        ValueError: `ssl_context` verifies too little or is given with a certificate, or there is a
            proxy to a plain http address.
    """

    __slots__ = ("_answer_bytes", "_deadline_seconds", "_pool")

    _answer_bytes: int
    _deadline_seconds: float
    _pool: ProcessPool

    def __init__(
        self,
        base_url: str,
        timeouts: Timeouts,
        *,
        connections: int,
        idle_seconds: float,
        answer_bytes: int,
        ssl_context: ssl.SSLContext | None,
        proxy: Proxy | None = None,
        client_certificate: ClientCertificate | None = None,
    ) -> None:
        timeout = Timeout(connect=timeouts.connect, read=timeouts.answer)
        is_plain = parse_url(base_url).scheme == "http"
        context = checked_context(ssl_context, client_certificate, is_used=not is_plain)
        if proxy is not None and not isinstance(proxy, Proxy):
            raise TypeError("proxy must be a Proxy")
        if proxy is not None and not base_url.startswith("https://"):
            raise ValueError("proxy is for https:// accounts: a plain one is on this machine")
        settings = PoolSettings(
            base_url, timeout, connections, idle_seconds, context, answer_bytes, proxy
        )
        self._set(
            _answer_bytes=answer_bytes,
            _pool=ProcessPool(settings),
            _deadline_seconds=timeouts.deadline,
        )

    def close(self) -> None:
        """Close the connections. Nothing more is sent."""
        self._pool.close()

    def exchange(self, request: Sent) -> Answered | Fault:
        """Send a request once and return its answer, or how it failed."""
        outer = HANDED_OVER.get()
        begun = deadline.begin(self._deadline_seconds)
        try:
            HANDED_OVER.set(False)
            return self._send(request)
        except _FAULTS as error:
            handed_over = HANDED_OVER.get()
            text = _text_of(error, handed_over=handed_over)
            return Fault(text, cause_of(error, handed_over=handed_over), handed_over)
        finally:
            deadline.end(begun)
            if outer:
                HANDED_OVER.set(True)

    def _send(self, request: Sent) -> Answered:
        response = self._pool.current().urlopen(
            request.method,
            request.target,
            body=request.body,
            headers=request.headers,
            retries=_ONCE,
            redirect=False,
            preload_content=False,
            decode_content=False,
        )
        body = b""
        try:
            # Unless the announced length has arrived in full, only a read that finds nothing
            # distinguishes a whole answer from one that breaks off.
            while piece := response.read(self._answer_bytes + 1 - len(body)):
                body += piece
                if response.length_remaining == 0:
                    break
            return Answered(response.status, body, response.headers)
        finally:
            # A connection whose answer was read to its end is back in the pool by now, and these
            # two don't touch it. Any other one is closed: the rest of its data belongs to no
            # request.
            response.close()
            response.release_conn()


def _text_of(error: Exception, *, handed_over: bool) -> str:
    if handed_over and isinstance(error, ProxyError):
        # urllib3 also calls it an error of the proxy if a tunnel breaks that was used.
        error = error.original_error
    return next(text for kind, text in _TEXTS if isinstance(error, kind))
