"""Run something in a forked child of a test, and hear what it says."""

import os
import warnings
from collections.abc import Callable

import pytest

needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="this platform has no fork")


class Child:
    """A forked process that says one thing and ends."""

    def __init__(self, work: Callable[[], object]) -> None:
        self._reads, writes = os.pipe()
        with warnings.catch_warnings():
            # A server of the test has threads; the child uses none of what they may hold.
            warnings.simplefilter("ignore", DeprecationWarning)
            self._pid = os.fork()
        if self._pid == 0:
            said = "died"
            try:
                said = repr(work())
            finally:
                os.write(writes, said.encode())
                os._exit(0)
        os.close(writes)

    def said(self) -> str:
        """Wait for its end."""
        with os.fdopen(self._reads, "rb") as pipe:
            text = pipe.read().decode()
        os.waitpid(self._pid, 0)
        return text


def in_child(work: Callable[[], object]) -> str:
    return Child(work).said()
