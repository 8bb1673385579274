"""The connections that are kept between calls: for one origin, separately in each process.

Rules:
- A forked child never touches a connection of its parent: two processes on one connection would
  read each other's answers. It gets its own pool at its first call.
- A connection that a child inherits is closed without sending anything to the peer, which still
  talks to the parent.
"""

import ssl
from typing import Final, NamedTuple, TypedDict, final

from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, Timeout
from urllib3.connection import HTTPSConnection, ProxyConfig
from urllib3.exceptions import ClosedPoolError
from urllib3.util import Url, parse_url

from joseal._core.processes import ProcessId, process_id, process_lock
from joseal._http.connection import Connection, TlsConnection, put_header, request_whole
from joseal._http.proxy import Proxy
from joseal._http.response import Answer

# urllib3's documented way to set a class, declared so that even its own class does not match
# exactly. It is set by name, so that no type checker has to be silenced.
_CONNECTION_CLASS: Final = "ConnectionCls"


class PoolSettings(NamedTuple):
    """The state that all pools of one origin share."""

    base_url: str
    timeout: Timeout
    connections: int
    idle_seconds: float
    ssl_context: ssl.SSLContext
    answer_bytes: int
    proxy: Proxy | None = None


class _Kept(NamedTuple):
    process: ProcessId
    pool: HTTPConnectionPool


@final
class ProcessPool:
    """The pool of the calling process.

    Args:
        settings: the settings of every pool.
    """

    def __init__(self, settings: PoolSettings) -> None:
        self._settings = settings
        self._closed = False
        self._kept = _Kept(process_id(), _pool(settings))

    def current(self) -> HTTPConnectionPool:
        """Return the pool of this process.

        Raises:
            ClosedPoolError: it was closed, here or before the fork.
        """
        kept = self._kept
        process = process_id()
        if self._closed:
            raise ClosedPoolError(kept.pool, "the client is closed")
        if kept.process == process:
            return kept.pool
        with process_lock():
            if self._kept.process != process:
                _abandon(self._kept.pool)
                self._kept = _Kept(process, _pool(self._settings))
            return self._kept.pool

    def close(self) -> None:
        """Close the connections of this process."""
        self._closed = True
        kept = self._kept
        if kept.process == process_id():
            kept.pool.close()
        else:
            _abandon(kept.pool)


def _abandon(pool: HTTPConnectionPool) -> None:
    """Close a child's copies of its parent's idle connections; the parent's stay open."""
    queue = pool.pool
    if queue is None:
        return
    inherited = list(queue.queue)
    # A thread of the parent may have held its locks, which urllib3 takes at exit.
    type(queue).__init__(queue, queue.maxsize)
    for connection in inherited:
        if connection is not None:
            connection.close()


def _pool(settings: PoolSettings) -> HTTPConnectionPool:
    """Return the pool for one origin. `Account` keeps plain http on the machine."""
    url = parse_url(settings.base_url)
    host = url.host or ""
    base: type[Connection] = Connection if url.scheme == "http" else TlsConnection
    if url.scheme == "http":
        pool = HTTPConnectionPool(
            host, url.port, timeout=settings.timeout, maxsize=settings.connections
        )
    else:
        pool = HTTPSConnectionPool(
            host,
            url.port,
            timeout=settings.timeout,
            maxsize=settings.connections,
            ssl_context=settings.ssl_context,
            # urllib3 would let small packets wait for each other behind a proxy.
            socket_options=HTTPSConnection.default_socket_options,
            **_tunnel(settings.proxy),
        )
    bounds = {"most_bytes": settings.answer_bytes, "process": process_id()}
    answer = type(Answer.__name__, (Answer,), bounds)
    own = {
        "idle_seconds": settings.idle_seconds,
        "response_class": answer,
        "request": request_whole,
        "putheader": put_header,
    }
    kind = type(base.__name__, (base,), own)
    setattr(pool, _CONNECTION_CLASS, kind)
    return pool


class _Tunnel(TypedDict, total=False):
    """The proxy of a pool, by the names that urllib3 uses for it in `ProxyManager`."""

    _proxy: Url
    _proxy_headers: dict[str, str]
    _proxy_config: ProxyConfig


def _tunnel(proxy: Proxy | None) -> _Tunnel:
    if proxy is None:
        return {}
    authorization = proxy._authorization  # noqa: SLF001 - nobody else gets it
    return {
        "_proxy": parse_url(proxy.url),
        "_proxy_headers": {} if authorization is None else {"Proxy-Authorization": authorization},
        "_proxy_config": ProxyConfig(
            ssl_context=proxy._ssl_context,  # noqa: SLF001 - the same
            use_forwarding_for_https=False,
            assert_hostname=None,
            assert_fingerprint=None,
        ),
    }
