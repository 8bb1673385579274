"""A forwarder that forgets idle connections, as NAT gateways and firewalls do."""

import contextlib
import select
import socket
import struct
import threading
from typing import Self


class Nat:
    """Carries connections to a port of this machine, and forgets those that it is told to.

    Args:
        port: where it carries them.
        answers_reset: whether it resets what it has forgotten, or says nothing.
    """

    def __init__(self, port: int, *, answers_reset: bool) -> None:
        self.connections = 0
        self.forgotten = 0
        self._port = port
        self._answers_reset = answers_reset
        self._cleared = 0
        self._over = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.settimeout(0.05)
        self.port = self._listener.getsockname()[1]
        self._threads = [threading.Thread(target=self._accept)]

    def __enter__(self) -> Self:
        self._threads[0].start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join(10)
        self._listener.close()

    def forget(self) -> None:
        """Forget all connections, as after a time in which nothing passed through them."""
        self._cleared += 1

    def _accept(self) -> None:
        while not self._over.is_set():
            with contextlib.suppress(TimeoutError):
                near, _ = self._listener.accept()
                self.connections += 1
                self._threads.append(threading.Thread(target=self._carry, args=[near]))
                self._threads[-1].start()

    def _carry(self, near: socket.socket) -> None:
        begun = self._cleared
        with near, socket.create_connection(("127.0.0.1", self._port)) as far:
            while not self._over.is_set():
                for each in select.select([near, far], [], [], 0.05)[0]:
                    with contextlib.suppress(OSError):
                        data = each.recv(65536)
                        if not data:
                            return
                        if each is near and begun != self._cleared:
                            self.forgotten += 1
                            if self._answers_reset:
                                linger = struct.pack("ii", 1, 0)
                                near.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                            else:
                                self._over.wait(10)
                            return
                        (far if each is near else near).sendall(data)
