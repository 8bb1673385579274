"""A run: chunks go to a pool, and their results come back in order, whatever dies meanwhile.

Rules:
- At most `in_flight` chunks are with the pool or wait for being taken. The next one is pulled when
  results are taken.
- A chunk whose worker died is done again, alone, so that the next death is this chunk's own. Then
  it is split, and an item that goes on killing is lost. The others are not.
- No local here holds an item outside of an object that is silent about it.
"""

import itertools
import secrets
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import CancelledError, Future
from typing import Final, Generic, NamedTuple, TypeVar, final

from joseal.bulk.outcome import LostError
from joseal.bulk.pools import Pool
from joseal.bulk.work import Job
from joseal.errors import JoseError

_Tool = TypeVar("_Tool")
_Item = TypeVar("_Item")
_T = TypeVar("_T")

# Deaths without any job done in between: then it is not the items, and the run ends.
_MOST_DEATHS: Final = 16


class _Flight(NamedTuple, Generic[_Tool, _Item, _T]):
    """A job that was given to the pool."""

    job: Job[_Tool, _Item]
    future: Future[list[_T | JoseError]]
    generation: int


@final
class Run(Generic[_Tool, _Item, _T]):
    """Work that is given to a pool in chunks.

    Args:
        work: the function of a module that does a job.
        tool: a prepared object, or a picklable factory.
        pool: where it is done.
        in_flight: how many chunks may be under way.

    Raises:
        Exception: whatever the factory raises, or the executor says of what it can't pickle.
    """

    def __init__(
        self,
        work: Callable[[Job[_Tool, _Item]], list[_T | JoseError]],
        tool: _Tool | Callable[[], _Tool],
        pool: Pool,
        in_flight: int,
    ) -> None:
        self._work = work
        self._tool = tool
        self._pool = pool
        self._in_flight = in_flight
        self._name = secrets.token_hex(16)
        self._numbers = itertools.count()
        self._deaths = 0
        self._begin()

    def results(self, chunks: Iterator[Sequence[_Item]]) -> Generator[list[_T | JoseError]]:
        """Yield the results of each chunk, in order. The pool is closed at the end."""
        flights: deque[_Flight[_Tool, _Item, _T]] = deque()
        try:
            for flight in map(self._launch, chunks):
                flights.append(flight)
                if len(flights) == self._in_flight:
                    yield self._land(flights.popleft())
            while flights:
                yield self._land(flights.popleft())
        finally:
            for flight in flights:
                flight.future.cancel()
            self._pool.close()

    def _begin(self) -> None:
        """Have one worker prepare itself, so that a factory that can't is the caller's to know."""
        began = False
        try:
            self._launch(()).future.result()
            began = True
        finally:
            if not began:
                self._pool.close()

    def _launch(self, items: Sequence[_Item]) -> _Flight[_Tool, _Item, _T]:
        job = Job(self._name, next(self._numbers), self._tool, items)
        return _Flight(job, self._pool.submit(self._work, job), self._pool.generation)

    def _land(self, flight: _Flight[_Tool, _Item, _T]) -> list[_T | JoseError]:
        return flight.future.result() if self._survived(flight) else self._alone(flight.job.items)

    def _survived(self, flight: _Flight[_Tool, _Item, _T]) -> bool:
        """Wait for a job; False where its worker died, and there are new ones.

        Raises:
            Exception: whatever else ended the job: it is no item's fault.
        """
        error = _error_of(flight.future)
        if error is None:
            self._deaths = 0
            return True
        self._deaths += 1
        if not self._pool.is_death(error) or self._deaths > _MOST_DEATHS:
            raise error
        self._pool.renew(flight.generation)
        return False

    def _alone(self, items: Sequence[_Item]) -> list[_T | JoseError]:
        """Do a job again while nothing new is started."""
        for _ in range(self._pool.tries - (len(items) > 1)):
            flight = self._launch(items)
            if self._survived(flight):
                return flight.future.result()
        if len(items) == 1:
            return [LostError("the process that worked on the item died, each time")]
        return [result for index in range(len(items)) for result in self._alone(items[index:][:1])]


def _error_of(future: Future[list[_T | JoseError]]) -> BaseException | None:
    try:
        return future.exception()
    except CancelledError:
        return RuntimeError("the executor cancelled what it was given")
