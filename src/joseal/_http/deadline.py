"""The total time for one call, name resolution included.

Rules:
- Each step gets its own time-out or the remaining time, whichever is shorter.
- The system's resolver can't be stopped, so it works in a thread, which is abandoned when the time
  is over. It is a daemon thread: it never keeps the process alive.
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
    """Begin a call that may take this long; return the argument for `end`."""
    return _UNTIL.set(time.monotonic() + seconds)


def end(begun: Token[float]) -> None:
    """End a call: an enclosing call has its own time again."""
    _UNTIL.reset(begun)


def at_most(seconds: float) -> float:
    """Return how long a step with this time-out may take.

    Raises:
        DeadlineError: no time is left.
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
            # Raised for a name that IDNA can't encode. The text has the name, and nothing here
            # needs it.
            failed.append(socket.gaierror(socket.EAI_NONAME, "the name can't be resolved"))
        else:
            found.extend((str(info[4][0]), port) for info in infos)

    thread = threading.Thread(target=resolve, name="joseal-resolve", daemon=True)
    try:
        thread.start()
    except RuntimeError:
        # The limit of threads is reached, or the interpreter is shutting down.
        raise socket.gaierror(socket.EAI_AGAIN, "no thread can be started") from None
    thread.join(seconds)
    if thread.is_alive():
        raise DeadlineError("the name could not be resolved in time")
    if failed:
        raise failed[0]
    return found
