"""The time that one call has in all, name resolution included.

Rules:
- Each step takes the smaller of its own time-out and of what is left.
- The system's resolver can't be stopped, so it works in a thread, which is left alone when the time
  is over. It is a daemon: it never keeps the process alive.
"""

import socket
import threading
import time
from contextvars import ContextVar, Token
from typing import Final, TypeAlias

Address: TypeAlias = tuple[str, int]

_UNTIL: Final[ContextVar[float]] = ContextVar("joseal_call_until", default=float("inf"))


class DeadlineError(TimeoutError):
    """The time of the call is over."""


def begin(seconds: float) -> Token[float]:
    """Let a call begin that may take this long; return what `end` wants."""
    return _UNTIL.set(time.monotonic() + seconds)


def end(begun: Token[float]) -> None:
    """Let a call end: one that it is within has its own time again."""
    _UNTIL.reset(begun)


def at_most(seconds: float) -> float:
    """Return how long a step may take that has this time-out of its own.

    Raises:
        DeadlineError: nothing is left.
    """
    left = _UNTIL.get() - time.monotonic()
    if left <= 0:
        raise DeadlineError("the time of the call is over")
    return min(seconds, left)


def addresses(host: str, port: int, seconds: float) -> list[Address]:
    """Resolve a name.

    Args:
        host: a name or an address.
        port: of the service.
        seconds: how long it may take.

    Raises:
        OSError: it has no address.
        DeadlineError: it took too long.
    """
    found: list[Address] = []
    failed: list[OSError] = []

    def resolve() -> None:
        try:
            infos = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except OSError as error:
            failed.append(error)
        except UnicodeError:
            # Of a name that IDNA can't carry. Its text has the name, and nobody waits for it here.
            failed.append(socket.gaierror(socket.EAI_NONAME, "the name can't be resolved"))
        else:
            found.extend((str(info[4][0]), port) for info in infos)

    thread = threading.Thread(target=resolve, name="joseal-resolve", daemon=True)
    thread.start()
    thread.join(seconds)
    if thread.is_alive():
        raise DeadlineError("the name could not be resolved in time")
    if failed:
        raise failed[0]
    return found
