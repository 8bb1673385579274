"""How a run ends when it is stopped or killed, without a needless warning.

SIGTERM, which service managers send, ends a run like a keyboard interrupt. After SIGKILL a process
that Python starts removes the semaphores of the run, and would print a warning that they leaked.
"""

import signal
import sys
import threading
from collections.abc import Generator
from contextlib import contextmanager
from types import FrameType
from typing import Final

# As for `python -W`. That process inherits it.
_REMOVED: Final = "ignore:resource_tracker:UserWarning"


@contextmanager
def ending_on_termination() -> Generator[None]:
    """Turn SIGTERM into an interrupt, if this thread may do that, and make a kill silent."""
    if _REMOVED not in sys.warnoptions:
        sys.warnoptions.append(_REMOVED)
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, _interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _interrupt(number: int, frame: FrameType | None) -> None:
    """End as from the keyboard.

    Raises:
        KeyboardInterrupt: always.
    """
    del number, frame
    raise KeyboardInterrupt
