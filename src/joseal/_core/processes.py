"""The identity of this process: a forked child must not use resources that can't be shared.

Rules:
- The answer differs in every process, even if a child gets the pid of an ancestor that has ended.
- The lock is free in a forked child, whatever other threads of the parent were doing.
"""

import itertools
import os
import threading
from typing import Final, NamedTuple, TypeAlias

ProcessId: TypeAlias = tuple[int, int]


class _Process:
    """The state that is reset in a forked child."""

    def __init__(self) -> None:
        self._numbers = itertools.count(1)
        self.forks = 0
        self.lock = threading.Lock()

    def after_fork(self) -> None:
        """Count the fork, and replace the lock that a thread of the parent may hold."""
        self.forks = next(self._numbers)
        self.lock = threading.Lock()


_THIS: Final = _Process()

if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_THIS.after_fork)


def process_id() -> ProcessId:
    """Return a value that distinguishes this process from its parent and its children."""
    return os.getpid(), _THIS.forks


def process_lock() -> threading.Lock:
    """Return a lock for work that is done once in each process. Hold it briefly."""
    return _THIS.lock


class _Kept(NamedTuple):
    process: ProcessId
    lock: threading.Lock


class LockOfProcess:
    """An object's lock, which is free in a forked child.

    A thread that holds a lock at the fork does not exist in the child, so nothing would release it.
    The guarded state may then be between two steps: each step has to leave it usable for the next
    call.
    """

    def __init__(self) -> None:
        self._kept = _Kept(process_id(), threading.Lock())

    def current(self) -> threading.Lock:
        """Return the lock of this process."""
        kept, process = self._kept, process_id()
        if kept.process == process:
            return kept.lock
        with process_lock():
            if self._kept.process != process:
                self._kept = _Kept(process, threading.Lock())
            return self._kept.lock
