"""A server of one script on a real socket, for what a well-behaved one never does."""

import contextlib
import socket
import threading


def answer(body, status=200, *headers):
    lines = [f"HTTP/1.1 {status} Whatever", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


class Peer:
    """A server of one script: it takes whole requests, keeps them, and plays what it was told."""

    def __init__(self, play, tls=None, port=0):
        self.requests = []
        self._open = []
        self._play = play
        self._tls = tls
        self._done = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", port))
        self.port = self._listener.getsockname()[1]
        self.url = f"{'https' if tls else 'http'}://localhost:{self.port}"
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._done.set()
        for connection in self._open:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(10)
            assert not thread.is_alive()

    @property
    def connections(self):
        return len(self._open)

    def wait(self, seconds):
        """Do nothing for a while, or until the test is over."""
        return self._done.wait(seconds)

    def _accept(self):
        with self._listener:
            self._listener.settimeout(0.02)
            is_last = False
            while not is_last:
                # Whoever has connected before the end is still served.
                is_last = self._done.is_set()
                with contextlib.suppress(OSError):
                    connection, _ = self._listener.accept()
                    is_last = False
                    self._threads.append(threading.Thread(target=self._serve, args=[connection]))
                    self._threads[-1].start()

    def _serve(self, connection):
        with connection, contextlib.suppress(OSError):
            connection.settimeout(5)
            self._open.append(connection)
            if self._tls is None:
                self._requests(connection)
            else:
                with self._tls.wrap_socket(connection, server_side=True) as wrapped:
                    self._requests(wrapped)

    def _requests(self, connection):
        while (request := self._read(connection)) is not None:
            self.requests.append(request)
            if callable(self._play):
                self._play(self, connection)
                return
            connection.sendall(self._play)

    def _read(self, connection):
        """Read one request: its first line, its headers and its body."""
        data = b""
        while b"\r\n\r\n" not in data:
            more = connection.recv(65536)
            if not more:
                return None
            data += more
        head, body = data.split(b"\r\n\r\n", 1)
        first, *lines = head.decode("ascii").split("\r\n")
        headers = [tuple(line.split(": ", 1)) for line in lines]
        length = int(dict(headers).get("Content-Length", 0))
        while len(body) < length:
            more = connection.recv(65536)
            if not more:
                return None
            body += more
        return first, headers, body
