"""A run that is told to end, as a service manager does with SIGTERM, ends as from the keyboard.

Without that the processes of the run are ended with theirs, and Python says of each semaphore of
theirs that it was left behind.
"""

import signal
import threading
from collections.abc import Generator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def ending_on_termination() -> Generator[None]:
    """Let SIGTERM be an interrupt, where this thread may say so."""
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
