"""The answer to one HTTP request, bounded as a whole. In doubt, its connection is not used again.

Rules:
- Bytes are bounded where they come off the socket, header and framing included, because the reader
  above believes any chunk size.
- The time is bounded too, for the whole answer: a peer that sends a byte now and then gains
  nothing.
- A byte that does not belong to an answer ends the connection.

Source: RFC 9112 sections 6.3 and 9.5, RFC 9110 section 15.2.
"""

import contextlib
import http.client
import io
import re
import socket
import ssl
import time
from typing import TYPE_CHECKING, Final

from urllib3.util.ssltransport import SSLTransport

from joseal._core.processes import ProcessId, process_id
from joseal._http import deadline

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

# Three times the largest body is left for the header and for the framing of small chunks.
_WIRE_FACTOR: Final = 4
_FIRST_INTERIM: Final = 102  # 100 is skipped by http.client, and 101 ends HTTP
_FIRST_FINAL: Final = 200
_LENGTH: Final = re.compile("[0-9]{1,18}")
# `begin` continues reading if there is no header yet. It is set by name, because it is declared as
# always set.
_NOT_BEGUN: Final = "headers"


class _Meter(io.RawIOBase):
    """The data from the socket for one answer: a limited number of bytes, in limited time."""

    def __init__(
        self, raw: io.RawIOBase, sock: socket.socket | SSLTransport, most_bytes: int
    ) -> None:
        super().__init__()
        self._raw = raw
        self._sock = sock
        self._left = _WIRE_FACTOR * most_bytes
        own = sock.gettimeout() or 0.0
        seconds = deadline.at_most(own)
        # A socket that already has this time-out saves a system call.
        if seconds != own:
            sock.settimeout(seconds)
        self._deadline = time.monotonic() + seconds
        self._begun = False
        # True once nothing more may be read from the socket.
        self.is_stopped = False

    def readable(self) -> bool:
        return True

    def tell(self) -> int:
        # The buffer asks for its position. Otherwise it catches an exception, which costs more than
        # making the buffer.
        return 0

    def readinto(self, buffer: "WriteableBuffer") -> int | None:
        if self.is_stopped:
            return 0
        if self._begun:
            seconds = self._deadline - time.monotonic()
            if seconds <= 0:
                raise TimeoutError("the answer took too long")
            self._sock.settimeout(seconds)
        # The first bytes get all of the time, which the socket is already set to.
        self._begun = True
        count = self._raw.readinto(buffer)
        self._left -= count or 0
        if self._left < 0:
            raise http.client.HTTPException("the answer is too large")
        return count

    def close(self) -> None:
        self._raw.close()
        super().close()


class _Stream(io.BufferedReader):
    """The bytes of one answer. If more bytes arrived, the connection is not used again.

    Any bytes left over would be read as the answer to the next request, and urllib3, which only
    looks at the socket, does not see bytes that are already in a buffer.
    """

    def __init__(
        self,
        raw: io.RawIOBase,
        sock: socket.socket | SSLTransport,
        most_bytes: int,
        process: ProcessId,
    ) -> None:
        self._meter = _Meter(raw, sock, most_bytes)
        self._sock = sock
        self._process = process
        super().__init__(self._meter)

    def close(self) -> None:
        # In a forked child the connection is still the parent's.
        if not self.closed and self._process == process_id():
            self._meter.is_stopped = True
            if _is_left(self._sock) or self.peek():
                outer = self._sock.socket if isinstance(self._sock, SSLTransport) else self._sock
                with contextlib.suppress(OSError):
                    outer.shutdown(socket.SHUT_RDWR)
        super().close()


def _is_left(sock: socket.socket | SSLTransport) -> bool:
    """Tell whether bytes from the peer are in a buffer, where the socket does not show them."""
    if isinstance(sock, SSLTransport):
        return sock.sslobj.pending() > 0 or sock.incoming.pending > 0
    return isinstance(sock, ssl.SSLSocket) and sock.pending() > 0


class Answer(http.client.HTTPResponse):
    """A metered answer whose header is well formed.

    Attributes:
        most_bytes: the size of the largest body to accept. Set by the pool for its connections.
        process: the process that owns the connection. Set by the pool, which belongs to one
            process.

    Raises:
        TimeoutError: reading took longer in total than the socket's time-out at the start.
        http.client.HTTPException: it has too many bytes, or is not an HTTP response.
    """

    most_bytes = 1024 * 1024
    process: ProcessId = process_id()

    def __init__(
        self,
        sock: socket.socket,
        debuglevel: int = 0,
        method: str | None = None,
        url: str | None = None,
    ) -> None:
        super().__init__(sock, debuglevel, method, url)
        self.fp = _Stream(self.fp.detach(), sock, self.most_bytes, self.process)

    def begin(self) -> None:
        """Read the status and the header.

        Raises:
            http.client.HTTPException: the header is not well formed.
        """
        super().begin()
        while _FIRST_INTERIM <= self.status < _FIRST_FINAL:
            # Early hints and the like come before the answer: RFC 9110 section 15.2.
            setattr(self, _NOT_BEGUN, None)
            super().begin()
        # urllib3 would log such lines, and they may repeat what was sent.
        if self.msg.defects or self.msg.get_payload():
            raise http.client.HTTPException("the header of the answer is broken")
        lengths = self.msg.get_all("Content-Length", [])
        if len(lengths) > 1 or (len(lengths) == 1 and _LENGTH.fullmatch(lengths[0]) is None):
            raise http.client.HTTPException("the length of the answer is unclear")
