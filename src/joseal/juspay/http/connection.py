"""One connection: the mark when a request begins to leave, and whether it may be used again.

Rules:
- The mark is set immediately before the first byte of a request is handed to the socket. It was
  written for `http.client.HTTPConnection.send`, which urllib3 calls for every byte of a request.
  `check_package` refuses a connection class that sends in any other way.
- A kept connection is used again only for a short time: a NAT gateway or a firewall on the way
  forgets idle connections, and a request that is sent over one is lost with an unknown outcome.
"""

import http.client
import math
import socket
import time
from contextvars import ContextVar
from typing import TYPE_CHECKING, Final

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import ConnectTimeoutError, NameResolutionError, NewConnectionError
from urllib3.util import connection

from joseal.juspay.http import deadline
from joseal.juspay.http.response import Answer

if TYPE_CHECKING:
    from collections.abc import Iterable

    from _typeshed import ReadableBuffer, SupportsRead

HANDED_OVER: Final[ContextVar[bool]] = ContextVar("joseal_request_handed_over", default=False)


class Connection(HTTPConnection):
    """A connection that marks the moment when a request begins to leave."""

    response_class = Answer
    # A global debug level would print headers, the API key among them.
    debuglevel = 0
    # Set by the pool for all of its connections.
    idle_seconds = 0.0
    _used_at = 0.0

    def _new_conn(self) -> socket.socket:
        """Resolve the name, and connect to the first address that answers, before the deadline.

        urllib3's own would let the system's resolver take as long as it likes.
        """
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
            # The handshake has what is left.
            connected.settimeout(deadline.at_most(seconds))
            return connected
        if isinstance(failed, TimeoutError):
            raise ConnectTimeoutError(self, "no connection within the time-out") from failed
        raise NewConnectionError(self, "no connection could be made") from failed

    @property
    def is_connected(self) -> bool:
        """Whether the pool may use it again: it is open, and was in use a short time ago."""
        idle = time.monotonic() - self._used_at
        return idle < self.idle_seconds and super().is_connected

    def send(
        self, data: "SupportsRead[bytes] | Iterable[ReadableBuffer] | ReadableBuffer | str"
    ) -> None:
        """Send a part of a request. From here on it may arrive."""
        if self.sock is None:
            self.connect()
        HANDED_OVER.set(True)
        super().send(data)
        self._used_at = time.monotonic()


class TlsConnection(Connection, HTTPSConnection):
    """The same over TLS."""


def check_package(plain: type = HTTPConnection, encrypted: type = HTTPSConnection) -> None:
    """Refuse a package that was installed in urllib3's place.

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
                "another package is installed in urllib3's place: uninstall it (niquests installs "
                "urllib3-future there), and install urllib3 again"
            )
