"""The proxy of the sandbox: TLS, and the faults between a client and the server behind it.

Every request is read completely and passed on unchanged, and so is the response of the server
behind, except where the plan names a fault.

Rules:
- It listens on 127.0.0.1 only, and leaves neither a thread nor a socket behind.
- A request is counted when its header was read, whatever happens to it after that.
- No part of a request is kept or logged.

Source: RFC 9112 section 6 (how long a message is).
"""

import contextlib
import re
import socket
import socketserver
import ssl
import threading
from collections.abc import Generator
from typing import BinaryIO, Final

from joseal.juspay.sandbox.fault_effects import Exchange, Wire, play
from joseal.juspay.sandbox.faults import Call, Fault, FaultInjector

HOST: Final = "127.0.0.1"

_HEAD_BYTES: Final = 64 * 1024
_BODY_BYTES: Final = 1024 * 1024
_POLL_SECONDS: Final = 0.02
_TIMEOUT_SECONDS: Final = 30
_LENGTH: Final = re.compile(rb"\r\ncontent-length: *([0-9]{1,7}) *\r\n", re.IGNORECASE)


class FaultProxy(socketserver.ThreadingTCPServer):
    """A server that is listening, in front of a second server.

    Args:
        port: where to listen; 0 lets the system choose.
        behind: the port of the server that responds.
        director: names the fault for every connection and every request.
        tls: the context of the TLS server; None for no TLS.

    Raises:
        OSError: the port is taken.
    """

    allow_reuse_address = True
    request_queue_size = 128

    def __init__(
        self, port: int, behind: int, director: FaultInjector, tls: ssl.SSLContext | None
    ) -> None:
        super().__init__((HOST, port), socketserver.BaseRequestHandler)
        self.port: int = int(self.socket.getsockname()[1])
        self._behind = behind
        self._director = director
        self._tls = tls
        self._over = threading.Event()
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self._thread = threading.Thread(
            target=self.serve_forever, args=[_POLL_SECONDS], name="joseal-sandbox-front"
        )
        self._thread.start()

    @property
    def url(self) -> str:
        """Scheme, host and port. With TLS the host is a name, as certificates are for names."""
        return (
            f"http://{HOST}:{self.port}" if self._tls is None else f"https://localhost:{self.port}"
        )

    def stop(self) -> None:
        """Close all connections, and wait for the end of all threads."""
        self._over.set()
        self.shutdown()
        self._thread.join()
        with self._lock:
            for connection in self._open:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
        self.server_close()

    def finish_request(self, request: object, client_address: object) -> None:
        """Serve one connection, in its own thread."""
        del client_address
        if isinstance(request, socket.socket):
            # This server exists for clients that hang up, or do not trust it.
            with contextlib.suppress(OSError):
                self._serve(request)

    def _serve(self, connection: socket.socket) -> None:
        connection.settimeout(_TIMEOUT_SECONDS)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        wanted = self._director.next(Call("connect", "", 0))
        if wanted.fault is Fault.CUT_BEFORE_HANDSHAKE:
            return
        if self._tls is not None:
            with self._stoppable(connection):
                connection = self._tls.wrap_socket(connection, server_side=True)
        wire = Wire(connection, self._over)
        with contextlib.closing(wire), self._stoppable(connection):
            if wanted.fault is Fault.CUT_BEFORE_REQUEST:
                return
            with socket.create_connection((HOST, self._behind)) as behind:
                behind.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                with behind.makefile("rb") as answers:
                    while self._exchange(wire, behind, answers):
                        pass

    @contextlib.contextmanager
    def _stoppable(self, connection: socket.socket) -> Generator[None, None, None]:
        """Register a socket, so that `stop` can end what waits for it.

        Raises:
            ConnectionError: the server has stopped already.
        """
        with self._lock:
            if self._over.is_set():
                raise ConnectionError("the sandbox stops")
            self._open.add(connection)
        try:
            yield
        finally:
            with self._lock:
                self._open.discard(connection)

    def _exchange(self, wire: Wire, behind: socket.socket, answers: BinaryIO) -> bool:
        """Serve one request; tell whether the connection continues.

        Raises:
            OSError: one of the two peers hung up.
        """
        head = _read_head(wire.stream)
        if not head:
            return False
        wanted = self._director.next(Call.of(head.partition(b"\r\n")[0]))
        if wanted.fault is Fault.CUT_IN_REQUEST:
            return False
        body = _read_body(wire.stream, head)
        if wanted.delay_seconds:
            wire.wait(wanted.delay_seconds)
        answer = b""
        if wanted.carried_out:
            behind.sendall(head + body)
            answer_head = _read_head(answers)
            if _LENGTH.search(answer_head) is None:
                raise ConnectionError("the server behind has had enough")
            answer = answer_head + _read_body(answers, answer_head)
        return play(wanted.fault, wire, Exchange(head, body, answer))


def _read_head(stream: BinaryIO) -> bytes:
    """Read up to an empty line; return nothing if the connection ends before the first byte.

    Raises:
        ConnectionError: it is too long, or breaks off.
    """
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        line = stream.readline(_HEAD_BYTES)
        head += line
        if not head:
            return b""
        if not line or len(head) > _HEAD_BYTES:
            raise ConnectionError("the header is too long, or breaks off")
    return head


def _read_body(stream: BinaryIO, head: bytes) -> bytes:
    """Read as much as the header announces. Chunked bodies are not supported.

    Raises:
        ConnectionError: it is too long, or breaks off.
    """
    found = _LENGTH.search(head)
    length = 0 if found is None else int(found[1])
    if length > _BODY_BYTES or b"\r\ntransfer-encoding:" in head.lower():
        raise ConnectionError("the body is too long, or chunked")
    body = stream.read(length)
    if len(body) != length:
        raise ConnectionError("the body breaks off")
    return body
