"""A run: chunks go to a pool, and their results come back in order, even if workers die meanwhile.

Rules:
- At most `in_flight` chunks are in the pool or waiting to be taken. The next one is read when
  results are taken.
- A chunk whose worker died is done again, alone, so that it must be the cause of the next death.
  Then it is split, and an item that keeps killing workers is lost. The others are not.
- A task that gives no answer in time is abandoned, and then treated as if its worker had died.
- No local of a frame that may raise contains an item, except inside an object that does not show
  it.
"""

import itertools
import math
import secrets
import time
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import CancelledError, Future
from typing import Final, Generic, NamedTuple, TypeVar, final

from joseal.bulk.outcome import LostError
from joseal.bulk.pace import Pace
from joseal.bulk.pools import NoAnswerError, Pool
from joseal.bulk.worker import BulkTask
from joseal.errors import JoseError

_Prepared = TypeVar("_Prepared")
_Item = TypeVar("_Item")
_T = TypeVar("_T")

# After this many deaths without a finished task in between, the items are not at fault, and the run
# ends.
_MOST_DEATHS: Final = 16
# Tasks without work: the fastest one shows the overhead of a task.
_MEASURED: Final = 3


class _Flight(NamedTuple, Generic[_Prepared, _Item, _T]):
    """A task that was given to the pool."""

    task: BulkTask[_Prepared, _Item]
    future: Future[list[_T | JoseError]]
    generation: int


@final
class BulkRun(Generic[_Prepared, _Item, _T]):
    """Work that is given to a pool in chunks.

    Args:
        work: a module-level function that does a task.
        prepared: a prepared object, or a picklable factory.
        pool: where the work is done.
        in_flight: how many chunks may be in progress.
        timeout_seconds: how long to wait for an answer; None for no limit.

    Attributes:
        in_flight: as above.

    Raises:
        Exception: anything that the factory raises, or that the executor raises for what it can't
            pickle.
    """

    def __init__(
        self,
        work: Callable[[BulkTask[_Prepared, _Item]], list[_T | JoseError]],
        prepared: _Prepared | Callable[[], _Prepared],
        pool: Pool,
        in_flight: int,
        timeout_seconds: float | None = None,
    ) -> None:
        self._work = work
        self._prepared = prepared
        self._pool = pool
        self.in_flight = in_flight
        self._timeout_seconds = timeout_seconds
        self._name = secrets.token_hex(16)
        self._numbers = itertools.count()
        self._deaths = 0
        self._flights: deque[_Flight[_Prepared, _Item, _T]] = deque()
        self._begin()

    def results(
        self, chunks: Iterator[Sequence[_Item]], pace: Pace | None = None
    ) -> Generator[list[_T | JoseError]]:
        """Yield the results of each chunk, in order. The pool is closed at the end.

        Args:
            chunks: after `forget`, an iterator that was at its end may have more.
            pace: learns from the first chunk, which is done alone, how large the others should be.
        """
        flights = self._flights
        try:
            if pace is not None:
                yield from self._measured(chunks, pace)
            launched = map(self._launch, chunks)
            while True:
                while len(flights) < self.in_flight and (flight := next(launched, None)):
                    flights.append(flight)
                if not flights:
                    return
                flight = flights.popleft()
                yield flight.future.result() if self._survived(flight) else self._alone(flight.task)
        finally:
            self.forget()
            self._pool.close()

    def cost(self) -> float:
        """Return the seconds that a task takes without any work; zero if none is answered."""
        seconds = math.inf
        for _ in range(_MEASURED):
            start = time.perf_counter()
            if self._error_of(self._launch(()).future) is not None:
                return 0.0
            seconds = min(seconds, time.perf_counter() - start)
        return seconds

    def _measured(
        self, chunks: Iterator[Sequence[_Item]], pace: Pace
    ) -> Generator[list[_T | JoseError]]:
        """Do the first chunk, and learn from it."""
        for chunk in itertools.islice(chunks, 1):
            cost = self.cost()
            pace.costs(cost)
            start = time.perf_counter()
            flight = self._launch(chunk)
            results = flight.future.result() if self._survived(flight) else self._alone(flight.task)
            pace.learn(len(chunk), time.perf_counter() - start - cost)
            yield results

    def forget(self) -> None:
        """Cancel the tasks in the pool whose results were not taken: they will not come."""
        for flight in self._flights:
            flight.future.cancel()
        self._flights.clear()

    def _begin(self) -> None:
        """Have one worker prepare itself, so that the caller learns of a factory that fails."""
        began = False
        try:
            first = self._launch(())
            # The others start at the same time, and their faults are found with their tasks.
            for _ in range(self._pool.workers - 1):
                self._launch(())
            error = self._error_of(first.future)
            if error is not None:
                raise error
            began = True
        finally:
            if not began:
                self._pool.close()

    def _launch(self, items: Sequence[_Item]) -> _Flight[_Prepared, _Item, _T]:
        task = BulkTask(self._name, next(self._numbers), self._prepared, items)
        return _Flight(task, self._pool.submit(self._work, task), self._pool.generation)

    def _survived(self, flight: _Flight[_Prepared, _Item, _T]) -> bool:
        """Wait for a task; False if its worker died, and there are new ones.

        Raises:
            Exception: anything else that ended the task: it is not the fault of an item.
        """
        error = self._error_of(flight.future)
        if error is None:
            self._deaths = 0
            return True
        self._deaths += 1
        if not self._pool.is_death(error) or self._deaths > _MOST_DEATHS:
            raise error
        self._pool.renew(flight.generation)
        return False

    def _alone(self, task: BulkTask[_Prepared, _Item]) -> list[_T | JoseError]:
        """Do a task again while nothing new is started."""
        for _ in range(self._pool.tries - (len(task.items) > 1)):
            flight = self._launch(task.items)
            if self._survived(flight):
                return flight.future.result()
        if len(task.items) == 1:
            return [LostError("the work on the item ended without an answer, each time")]
        parts = [BulkTask(task.run, task.number, self._prepared, [item]) for item in task.items]
        return [result for part in parts for result in self._alone(part)]

    def _error_of(self, future: Future[list[_T | JoseError]]) -> BaseException | None:
        """Wait for a task, and return what ended it, if anything did."""
        try:
            return future.exception(self._timeout_seconds)
        except CancelledError:
            return RuntimeError("the executor canceled the task")
        except TimeoutError:
            future.cancel()
            return NoAnswerError("the executor gave no answer in time")
