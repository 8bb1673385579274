"""Ports on loopback that nobody listens on, for as long as a test needs it.

A port that was bound and closed again may be that of another test a moment later.
"""

import contextlib
import itertools
import os
import socket
from collections.abc import Iterator

# Below the ports that Linux, macOS and Windows give to sockets that ask for any.
_FIRST, _COUNT = 20_000, 10_000
# Processes that were started one after the other begin far apart.
_APART = 100
_numbers = itertools.count(os.getpid() * _APART)


@contextlib.contextmanager
def refusing(port: int = 0) -> Iterator[int]:
    """Hold a port that refuses connections: it is bound, and nobody listens on it."""
    with socket.socket() as held:
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        held.bind(("127.0.0.1", port))
        yield held.getsockname()[1]


def unused() -> int:
    """Return a port that no system gives to others, and that was not returned before.

    It is for what is about to listen, in this process or another, and for what has to be refused
    after that.
    """
    ports = (_FIRST + number % _COUNT for number in _numbers)
    return next(port for port in ports if _is_free(port))


def _is_free(port: int) -> bool:
    with socket.socket() as tried, contextlib.suppress(OSError):
        tried.bind(("127.0.0.1", port))
        return True
    return False
