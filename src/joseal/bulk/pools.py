"""Where tasks run: joseal's own threads or processes, or the caller's executor.

Rules:
- joseal's own pool ends with the run. The caller's executor is only given work.
- Processes are spawned, ignore the keyboard interrupt, which their parent handles, and end with
  their parent, even when it is killed: otherwise a process that waits for work would outlive it,
  with its keys.
"""

import contextlib
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable, Generator
from concurrent.futures import (
    BrokenExecutor,
    Executor,
    Future,
    ProcessPoolExecutor,
    ThreadPoolExecutor,
)
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnContext
from multiprocessing.queues import SimpleQueue
from typing import Final, Protocol, TypeVar, final

from joseal._core.processes import process_id
from joseal.bulk.worker import FACTORY_FAILED
from joseal.errors import JoseError

if sys.platform == "linux":
    import fcntl

# The most that Linux gives to a user who is not root by default.
_PIPE_BYTES: Final = 1024 * 1024

_J = TypeVar("_J")
_T = TypeVar("_T")


@final
class NoAnswerError(TimeoutError):
    """The caller's executor gave no answer within the caller's time-out."""


class Pool(Protocol):
    """A pool of either kind, as a run sees it.

    Attributes:
        generation: how often the pool was renewed.
        tries: how often a single item may end its worker; a chunk one time fewer.
        workers: how many tasks begin with the pool, so that all processes start at once.
    """

    generation: int
    tries: int
    workers: int

    def submit(self, work: Callable[[_J], _T], task: _J) -> Future[_T]:
        """Give a task to a worker."""
        ...

    def is_death(self, error: BaseException) -> bool:
        """Tell whether a worker died, and the task may be submitted again."""
        ...

    def renew(self, generation: int) -> None:
        """Replace a broken pool, unless that was done after `generation`."""
        ...

    def close(self) -> None:
        """Cancel what has not begun, and end joseal's own workers."""
        ...


@final
class OwnPool:
    """joseal's own pool, which is replaced when one of its processes dies."""

    def __init__(self, make: Callable[[], Executor], workers: int = 1) -> None:
        self.generation = 0
        self.tries = 2
        self.workers = workers
        self._make = make
        self._process = process_id()
        self._executor = make()

    def submit(self, work: Callable[[_J], _T], task: _J) -> Future[_T]:
        """Give a task to a worker; a broken pool is noticed when the result is awaited.

        Raises:
            RuntimeError: this is a forked child, which does not have the workers.
        """
        if process_id() != self._process:
            raise RuntimeError("the run was begun before a fork: begin it after the fork")
        try:
            # A process may be started here, which inherits the mask: if it were interrupted while
            # it loads its modules, it would print a traceback. So would one that the pool does not
            # know yet when this process is told to end.
            with _interrupts_held():
                return self._executor.submit(work, task)
        except BrokenExecutor as error:
            failed: Future[_T] = Future()
            failed.set_exception(error)
            return failed

    def is_death(self, error: BaseException) -> bool:
        """Tell whether a process died."""
        return isinstance(error, BrokenExecutor)

    def renew(self, generation: int) -> None:
        """Start new processes, once for each time that the pool breaks."""
        if generation == self.generation:
            self.close()
            self._executor = self._make()
            self.generation += 1

    def close(self) -> None:
        """Cancel what has not begun, and wait for what has."""
        if process_id() != self._process:
            return  # The parent waits for its own workers.
        self._executor.shutdown(wait=True, cancel_futures=True)


@final
class CallerPool:
    """The caller's executor."""

    def __init__(self, executor: Executor) -> None:
        self.generation = 0
        # Such an executor has already retried by itself.
        self.tries = 1
        self.workers = 1
        self._executor = executor

    def submit(self, work: Callable[[_J], _T], task: _J) -> Future[_T]:
        """Give a task to the executor."""
        return self._executor.submit(work, task)

    def is_death(self, error: BaseException) -> bool:
        """Tell whether the executor still works: items raise nothing, so it has lost a worker.

        Dask reports this in many ways: as `KilledWorker`, or as any error from its broken messages.
        An error of a factory, or an executor that has ended, ends the run.
        """
        marked = FACTORY_FAILED in getattr(error, "__notes__", ())
        return not (marked or isinstance(error, JoseError | TypeError | RuntimeError))

    def renew(self, generation: int) -> None:
        """Leave it to the executor's owner."""

    def close(self) -> None:
        """Leave it to the executor's owner."""


def usable_cores() -> int:
    """Return how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def threads(workers: int) -> OwnPool:
    """Return a pool of threads."""
    return OwnPool(lambda: ThreadPoolExecutor(workers, "joseal-bulk"))


def processes(workers: int) -> OwnPool:
    """Return a pool of spawned processes."""
    context = _Spawning()
    return OwnPool(lambda: ProcessPoolExecutor(workers, context, initializer=_begin), workers)


@final
class _Spawning(SpawnContext):
    """Spawned processes, whose results come through a wide pipe.

    A result is read in pieces as large as the pipe's buffer, and Python copies everything read so
    far for many of them: with the default of 64 KiB, a megabyte costs eight times as much CPU.
    """

    def SimpleQueue(self) -> SimpleQueue[object]:  # noqa: N802  the executor's way to its pipe
        queue: SimpleQueue[object] = super().SimpleQueue()
        reader = vars(queue).get("_reader")
        if sys.platform == "linux" and isinstance(reader, Connection):
            # A size over this user's limit must not prevent a run.
            with contextlib.suppress(OSError):
                fcntl.fcntl(reader.fileno(), fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
        return queue


@contextlib.contextmanager
def _interrupts_held() -> Generator[None]:
    """Delay the keyboard interrupt, and a request to end, until this is over."""
    if sys.platform == "win32":
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _begin() -> None:
    """Prepare a process of the pool."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if sys.platform != "win32":
        # It inherited its parent's mask; a broken pool ends its processes with this signal.
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
