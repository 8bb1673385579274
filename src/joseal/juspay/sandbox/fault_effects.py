"""How the sandbox's proxy applies a fault to a response, byte by byte.

Rules:
- Everything here ends by itself: even a peer that never hangs up is dropped in the end.
- A network fault is applied to the socket itself; uvicorn could not do it.
"""

import contextlib
import functools
import gzip
import io
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final, NamedTuple

from joseal.juspay.sandbox.faults import Fault

_POLL_SECONDS: Final = 0.02
_LONGEST_TURNS: Final = 6_000  # of the poll above: two minutes
_HUGE_BYTES: Final = 64 * 1024 * 1024
_BOMB_BYTES: Final = 16 * 1024 * 1024
_LINGER_NOT: Final = struct.pack("ii", 1, 0)

_OK: Final = b"HTTP/1.1 200 OK\r\n"


class Exchange(NamedTuple):
    """One request, and the true response to it.

    Attributes:
        head: the header of the request, including its first line and the empty line.
        body: the body of the request.
        answer: the true response as it would be sent; empty if the call was not carried out.
    """

    head: bytes
    body: bytes
    answer: bytes


class Wire:
    """One connection of a client.

    Args:
        connection: the socket, with TLS or without.
        over: set when the sandbox stops.
    """

    def __init__(self, connection: socket.socket, over: threading.Event) -> None:
        self.connection = connection
        self.stream: io.BufferedReader = connection.makefile("rb")
        self._over = over

    def send(self, data: bytes) -> None:
        """Send all of it."""
        self.connection.sendall(data)

    def wait(self, seconds: float) -> bool:
        """Wait, but not longer than the sandbox runs; tell whether it has stopped."""
        return self._over.wait(seconds)

    def close(self) -> None:
        """Close the connection without a TLS alert."""
        with contextlib.suppress(OSError, ValueError):
            self.stream.close()
        self.connection.close()

    def outlast(self) -> None:
        """Say nothing until the client has hung up."""
        self.connection.settimeout(_POLL_SECONDS)
        for _ in range(_LONGEST_TURNS):
            if self._over.is_set():
                return
            with contextlib.suppress(TimeoutError):
                if not self.connection.recv(io.DEFAULT_BUFFER_SIZE):
                    return

    def drip(self, one_byte: bytes) -> None:
        """Send one byte again and again, until the client hangs up."""
        for _ in range(_LONGEST_TURNS):
            if self.wait(_POLL_SECONDS):
                return
            self.send(one_byte)

    def flood(self, piece: bytes) -> None:
        """Send a piece again and again, as fast as the client takes it."""
        for _ in range(_HUGE_BYTES // len(piece)):
            self.send(piece)

    def reset(self) -> None:
        """Reset the connection, so that the client gets an error."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_NOT)

    def send_bare(self, data: bytes) -> None:
        """Send bytes past the TLS layer, and end the connection."""
        with socket.socket(fileno=self.connection.detach()) as bare:
            bare.sendall(data)
            bare.shutdown(socket.SHUT_WR)
            bare.settimeout(_POLL_SECONDS)
            for _ in range(_LONGEST_TURNS):
                with contextlib.suppress(TimeoutError):
                    if not bare.recv(io.DEFAULT_BUFFER_SIZE):
                        return


def play(fault: Fault | None, wire: Wire, exchange: Exchange) -> bool:
    """Respond as the fault says.

    Returns:
        Whether the connection continues.

    Raises:
        OSError: the client hung up.
    """
    if fault is None:
        wire.send(exchange.answer)
        return True
    if fault in _SAYINGS:
        wire.send(_SAYINGS[fault](exchange))
        return fault not in _LAST
    _DEEDS[fault](wire)
    return False


def message(status: str, body: bytes, *headers: str) -> bytes:
    """Return a complete response."""
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers, "", ""]
    return "\r\n".join(lines).encode("latin-1") + body


def _in_header(exchange: Exchange) -> bytes:
    return exchange.answer[: exchange.answer.index(b"\r\n\r\n") - 1]


def _as_html(exchange: Exchange) -> bytes:
    head, _, body = exchange.answer.partition(b"\r\n\r\n")
    lines = [line for line in head.split(b"\r\n") if not line.lower().startswith(b"content-type:")]
    return b"\r\n".join([*lines, b"Content-Type: text/html", b"", body])


def _echo(exchange: Exchange) -> bytes:
    lines = exchange.head.decode("latin-1").split("\r\n")
    names = [line for line in lines[1:] if ":" in line and not line.lower().startswith("content-")]
    return message("502 Bad Gateway", exchange.head + exchange.body, *names)


def _redirect(exchange: Exchange) -> bytes:
    path = exchange.head.split(b" ", 2)[1].decode("latin-1")
    return message("307 Temporary Redirect", b"", f"Location: {path}")


@functools.cache
def _bomb() -> bytes:
    packed = gzip.compress(b"ACK" + b" " * _BOMB_BYTES)
    return message("200 OK", packed, "Content-Encoding: gzip", "Content-Type: text/plain")


def _always(data: bytes) -> Callable[[Exchange], bytes]:
    def say(exchange: Exchange) -> bytes:
        del exchange
        return data

    return say


# Asks clients that retry by themselves to do so at once.
_AGAIN: Final = "Retry-After: 0"


def _failure(code: str) -> bytes:
    body = f'{{"error":true,"errorCode":"{code}","errorMessage":"m","userMessage":"u"}}'.encode()
    return message("500 Internal Server Error", body, "Content-Type: application/json", _AGAIN)


_SAYINGS: Final[Mapping[Fault, Callable[[Exchange], bytes]]] = MappingProxyType(
    {
        Fault.CUT_AFTER_REQUEST: _always(b""),
        Fault.CUT_IN_STATUS: lambda exchange: exchange.answer[:11],
        Fault.CUT_IN_HEADER: _in_header,
        Fault.CUT_IN_BODY: lambda exchange: exchange.answer[:-1],
        Fault.CUT_AFTER_ANSWER: lambda exchange: exchange.answer,
        Fault.GZIP_BOMB: lambda _: _bomb(),
        Fault.WRONG_TYPE: _as_html,
        Fault.HTML_PAGE: _always(
            message("200 OK", b"<html>Log in</html>", "Content-Type: text/html")
        ),
        Fault.ECHO: _echo,
        Fault.REDIRECT: _redirect,
        Fault.HTTP_201: _always(message("201 Created", b"ACK")),
        Fault.HTTP_202: _always(message("202 Accepted", b"ACK")),
        Fault.HTTP_400: _always(message("400 Bad Request", b"<html>?</html>")),
        Fault.HTTP_408: _always(message("408 Request Timeout", b"", _AGAIN)),
        Fault.HTTP_429: _always(message("429 Too Many Requests", b"", _AGAIN)),
        Fault.HTTP_500_E06: _always(_failure("E06")),
        Fault.HTTP_500_E90: _always(_failure("E90")),
        Fault.HTTP_502: _always(message("502 Bad Gateway", b"<html>?</html>", _AGAIN)),
        Fault.HTTP_503: _always(message("503 Service Unavailable", b"<html>?</html>", _AGAIN)),
        Fault.HTTP_504: _always(message("504 Gateway Timeout", b"<html>?</html>", _AGAIN)),
    }
)
_LAST: Final = frozenset(
    {
        Fault.CUT_AFTER_REQUEST,
        Fault.CUT_IN_STATUS,
        Fault.CUT_IN_HEADER,
        Fault.CUT_IN_BODY,
        Fault.CUT_AFTER_ANSWER,
    }
)


def _want_certificate(wire: Wire) -> None:
    """Ask for the client's certificate; the request goes out with the next bytes."""
    if isinstance(wire.connection, ssl.SSLSocket):
        wire.connection.verify_client_post_handshake()
        wire.send(_OK[:5])
        wire.connection.recv(1)


def _slow_header(wire: Wire) -> None:
    wire.send(_OK + b"x: ")
    wire.drip(b"A")


def _slow_body(wire: Wire) -> None:
    wire.send(_OK + b"Content-Length: 60000\r\n\r\n")
    wire.drip(b"A")


def _huge_header(wire: Wire) -> None:
    wire.send(_OK)
    wire.flood(b"x: " + b"A" * 60_000 + b"\r\n")


def _huge_body(wire: Wire) -> None:
    wire.send(_OK + b"Content-Length: 9999999999\r\n\r\n")
    wire.flood(b"A" * 65_536)


_DEEDS: Final[Mapping[Fault, Callable[[Wire], None]]] = MappingProxyType(
    {
        Fault.RESET_AFTER_REQUEST: Wire.reset,
        # By its header a record of application data, but its tag is not valid under any key.
        Fault.TLS_GARBAGE: lambda wire: wire.send_bare(b"\x17\x03\x03\x00\x20" + bytes(32)),
        Fault.CLIENT_CERTIFICATE: _want_certificate,
        Fault.SILENCE: Wire.outlast,
        Fault.SLOW_HEADER: _slow_header,
        Fault.SLOW_BODY: _slow_body,
        Fault.HUGE_HEADER: _huge_header,
        Fault.HUGE_BODY: _huge_body,
    }
)
