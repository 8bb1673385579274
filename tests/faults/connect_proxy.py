"""A CONNECT proxy on loopback that does its work, refuses, hangs or lies, and counts."""

import base64
import contextlib
import select
import socket
import ssl
import threading
from typing import Literal, Self

Manner = Literal[
    "carries",
    "refuses",
    "redirects",
    "hangs",
    "closes",
    "garbage",
    "leads astray",
    "drips",
    "floods",
    "no-content",
    "drips within TLS",
]

CREDENTIALS = ("payouts", "proxy-secret-77")
# What is answered at once, and for how many seconds the connection stays open after it.
_ANSWERS = {
    "refuses": (b"HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno", 0),
    "hangs": (b"", 10),
    "redirects": (b"HTTP/1.1 307 Away\r\nLocation: http://127.0.0.1:1/\r\n\r\n", 0),
    "no-content": (b"HTTP/1.1 204 No Content\r\n\r\n", 0.5),
    "closes": (b"HTTP/1.1 200 OK\r\n\r\n", 0),
    "garbage": (b"HTTP/1.1 200 OK\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nACK", 0.5),
}
_EXPECTED = "Basic " + base64.b64encode(":".join(CREDENTIALS).encode()).decode()


class ConnectProxy:
    """Answers CONNECT in one manner.

    Args:
        manner: how it does.
        port: where it carries, in the place of what it was asked for.
        tls: its own certificate, for TLS to it.
        wants_credentials: whether it answers 407 to others.
    """

    def __init__(
        self,
        manner: Manner,
        port: int = 0,
        *,
        tls: ssl.SSLContext | None = None,
        wants_credentials: bool = False,
    ) -> None:
        self.connects: list[bytes] = []
        self.carried = 0
        self._manner = manner
        self._port = port
        self._tls = tls
        self._wants_credentials = wants_credentials
        self._over = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.settimeout(0.05)
        scheme = "http" if tls is None else "https"
        self.url = f"{scheme}://localhost:{self._listener.getsockname()[1]}"
        self._threads = [threading.Thread(target=self._accept)]

    def __enter__(self) -> Self:
        self._threads[0].start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join(10)
        self._listener.close()

    def _accept(self) -> None:
        is_last = False
        while not is_last:
            # Whoever has connected before the end is still served: it counts.
            is_last = self._over.is_set()
            with contextlib.suppress(TimeoutError):
                near, _ = self._listener.accept()
                is_last = False
                self._threads.append(threading.Thread(target=self._serve, args=[near]))
                self._threads[-1].start()

    def _serve(self, near: socket.socket) -> None:
        with contextlib.suppress(OSError), near:
            near.settimeout(30)
            if self._tls is not None:
                near = self._tls.wrap_socket(near, server_side=True)
            with near:
                self._answer(near)

    def _answer(self, near: socket.socket) -> None:
        asked = b""
        while b"\r\n\r\n" not in asked:
            more = near.recv(4096)
            if not more:
                return
            asked += more
        self.connects.append(asked)
        if self._wants_credentials and _EXPECTED.encode() not in asked:
            near.sendall(b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n")
        elif self._manner in _ANSWERS:
            text, seconds = _ANSWERS[self._manner]
            near.sendall(text)
            self._over.wait(seconds)
        elif self._manner in ("drips", "floods", "drips within TLS"):
            self._go_on(near)
        else:
            near.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            self._carry(near)

    def _go_on(self, near: socket.socket) -> None:
        if self._manner == "drips":
            while not self._over.wait(0.05):
                near.sendall(b"H")
        elif self._manner == "floods":
            near.sendall(b"HTTP/1.1 200 OK\r\n")
            while not self._over.is_set():
                near.sendall(b"X-Flood: 1\r\n" * 1000)
        else:
            near.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
            near.recv(4096)
            # The header of a large record, which never comes to its end.
            near.sendall(b"\x16\x03\x03\x40\x00")
            for _ in range(200):
                if not self._over.wait(0.05):
                    near.sendall(b"\x02")

    def _carry(self, near: socket.socket) -> None:
        with socket.create_connection(("127.0.0.1", self._port)) as far:
            while not self._over.is_set():
                if isinstance(near, ssl.SSLSocket) and near.pending():
                    ready = [near]
                else:
                    ready = select.select([near, far], [], [], 0.05)[0]
                for each in ready:
                    data = each.recv(65536)
                    if not data:
                        return
                    self.carried += len(data) if each is near else 0
                    (far if each is near else near).sendall(data)
