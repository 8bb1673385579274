"""One connection: the mark that a request has begun to leave, and the rule for reusing it.

Rules:
- The mark is set immediately before the first byte of a request is passed to the socket. It was
  written for `http.client.HTTPConnection.send`, which urllib3 calls for every byte of a request.
  `check_package` refuses a connection class that sends in any other way.
- Header and body leave together, in one packet if they fit: urllib3 would pass them to the socket
  one after the other, and each call costs as much as everything that joseal adds.
- CONNECT to a proxy is sent in the same way, but is not a part of the request: it sets no mark.
  Bytes that come after the answer of the proxy end the connection.
- A kept connection is used again only for a short time: a NAT gateway or a firewall on the way
  forgets idle connections, and a request that is sent over one is lost with an unknown outcome.
"""

import http.client
import math
import re
import socket
import time
from contextvars import ContextVar
from typing import TYPE_CHECKING, Final

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import (
    ConnectTimeoutError,
    NameResolutionError,
    NewConnectionError,
    ProxyError,
)
from urllib3.util import connection

from joseal._http import deadline, tls
from joseal._http.response import Answer

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from _typeshed import ReadableBuffer, SupportsRead
    from urllib3._base_connection import _TYPE_BODY

# For the connections of a pool. urllib3's own method searches each value for its marker to omit a
# header, which no request here has.
put_header: Final = http.client.HTTPConnection.putheader

HANDED_OVER: Final[ContextVar[bool]] = ContextVar("joseal_request_handed_over", default=False)


# The text of http.client for a proxy that answered CONNECT with 407.
_WANTS_CREDENTIALS: Final = re.compile("Tunnel connection failed: 407\\b")


class TunnelError(ProxyError):
    """The proxy did not make a tunnel."""


class CredentialsError(TunnelError):
    """The proxy demands different credentials."""


class Connection(HTTPConnection):
    """A connection that marks the moment when a request begins to leave."""

    response_class = Answer
    # A global debug level would print headers, the API key among them.
    debuglevel = 0
    # Set by the pool for all of its connections.
    idle_seconds = 0.0
    # The parts of a request until the last one is made.
    held: bytearray | None = None
    _used_at = 0.0
    _used_at_day_time = 0.0
    _is_tunneling = False

    def _new_conn(self) -> socket.socket:
        """Resolve the name, and connect to the first address that answers, before the deadline.

        urllib3's own method would let the system's resolver take any amount of time.
        """
        if self.proxy is not None and self._tunnel_host is None:
            raise TunnelError("a request does not go to a proxy itself", OSError())
        seconds = float(self.timeout) if isinstance(self.timeout, int | float) else math.inf
        failed: OSError | None = None
        try:
            found = deadline.addresses(self._dns_host, self.port, deadline.at_most(seconds))
        except socket.gaierror as error:
            raise NameResolutionError(self.host, self, error) from None
        for address in found:
            limit = deadline.at_most(seconds)
            try:
                connected = connection.create_connection(
                    address, limit, socket_options=self.socket_options
                )
            except OSError as error:
                failed = error
                continue
            # The handshake gets the time that is left.
            connected.settimeout(deadline.at_most(seconds))
            return connected
        if isinstance(failed, TimeoutError):
            raise ConnectTimeoutError(self, "no connection within the time-out") from failed
        raise NewConnectionError(self, "no connection could be made") from failed

    @property
    def is_connected(self) -> bool:
        """Whether the pool may use it again: it is open, and was used a short time ago.

        Two clocks have to agree. The monotonic one stands still while the machine sleeps, or while
        a cloud function is frozen; the time of day does not.
        """
        idle = time.monotonic() - self._used_at
        slept = time.time() - self._used_at_day_time
        return idle < self.idle_seconds and 0 <= slept < self.idle_seconds and super().is_connected

    def send(
        self, data: "SupportsRead[bytes] | Iterable[ReadableBuffer] | ReadableBuffer | str"
    ) -> None:
        """Send data, unless it is held back for the rest of a request. From here on it may arrive.

        Raises:
            TypeError: a part to be held back is not bytes. Nothing was sent.
        """
        if self.held is not None:
            if not isinstance(data, bytes):
                raise TypeError("a part of a request is not bytes")
            self.held += data
            return
        if self.sock is None:
            self.connect()
        if not self._is_tunneling:
            HANDED_OVER.set(True)
        super().send(data)
        self._used_at = time.monotonic()
        self._used_at_day_time = time.time()

    def _tunnel(self) -> None:
        """Ask the proxy for a tunnel. When it returns, no part of the request has been sent."""
        self._is_tunneling = True
        try:
            super()._tunnel()
        except TimeoutError:
            raise
        except (OSError, http.client.HTTPException, ValueError) as error:
            kind = CredentialsError if _WANTS_CREDENTIALS.match(str(error)) else TunnelError
            raise kind("the proxy made no tunnel", OSError()) from None
        finally:
            self._is_tunneling = False
        if self.sock is not None:
            tls.bound_all_reads(self.sock)
            # The handshake gets its own time-out again.
            seconds = float(self.timeout) if isinstance(self.timeout, int | float) else math.inf
            self.sock.settimeout(deadline.at_most(seconds))


class TlsConnection(Connection, HTTPSConnection):
    """The same over TLS."""


def request_whole(
    connection: Connection,
    method: str,
    url: str,
    body: "_TYPE_BODY | None" = None,
    headers: "Mapping[str, str] | None" = None,
    *,
    chunked: bool = False,
    preload_content: bool = True,
    decode_content: bool = True,
    enforce_content_length: bool = True,
) -> None:
    """Send a request in one piece, once all of its parts have been made.

    The pool makes it the `request` method of its connections. It is not written as a method,
    because urllib3 and `http.client` differ in the signature, and no method can have both.
    """
    connection.held = bytearray()
    try:
        HTTPConnection.request(
            connection,
            method,
            url,
            body=body,
            headers=headers,
            chunked=chunked,
            preload_content=preload_content,
            decode_content=decode_content,
            enforce_content_length=enforce_content_length,
        )
        whole = bytes(connection.held)
    finally:
        connection.held = None
    connection.send(whole)


def check_package(plain: type = HTTPConnection, encrypted: type = HTTPSConnection) -> None:
    """Refuse a package that was installed in place of urllib3.

    Args:
        plain: the connection class that is imported as urllib3's.
        encrypted: the same over TLS.

    Raises:
        RuntimeError: its connections don't send with `http.client`, so the mark is never set.
    """
    for kind in (plain, encrypted):
        sends = getattr(kind, "send", None)
        if not issubclass(kind, http.client.HTTPConnection) or (
            sends is not http.client.HTTPConnection.send
        ):
            raise RuntimeError(
                "a different package is installed in place of urllib3: uninstall it (niquests "
                "installs urllib3-future there), and install urllib3 again"
            )
