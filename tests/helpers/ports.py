"""Ports on loopback that nobody listens on, for as long as a test needs it.

A port that was bound and closed again may be that of another test a moment later.
"""

import contextlib
import os
import socket
from collections.abc import Iterator

# Below the ports that Linux, macOS and Windows give to sockets that ask for any.
_FIRST, _COUNT = 20_000, 10_000


@contextlib.contextmanager
def refusing(port: int = 0) -> Iterator[int]:
    """Hold a port that refuses connections: it is bound, and nobody listens on it."""
    with socket.socket() as held:
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        held.bind(("127.0.0.1", port))
        yield held.getsockname()[1]


def unused() -> int:
    """Return a port for a process that is about to listen on it: no system gives it to others."""
    port = _FIRST + os.getpid() % _COUNT
    while not _is_free(port):
        port += 1
    return port


def _is_free(port: int) -> bool:
    with socket.socket() as tried, contextlib.suppress(OSError):
        tried.bind(("127.0.0.1", port))
        return True
    return False
