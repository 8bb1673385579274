"""Interleaved CPU time: many short turns of all subjects in one process, so noise hits all alike.

Rules:
- What is counted is the CPU time of this process, all its threads together: a core that somebody
  else has is not counted. Caches and memory that somebody else uses still are.
- In every round each subject has one short turn, right after the others, in random order.
- A turn is still long enough that the caches which the one before has cooled weigh little in it.
- The garbage collector runs between rounds and never within one.
- What is compared is the tenth percentile of one run, never figures of two runs: others can only
  make a turn longer.
"""

import gc
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from math import inf
from secrets import SystemRandom
from time import perf_counter, process_time
from typing import Final, NamedTuple

Call = Callable[[], object]

# Seconds for one call, a figure for each round; for memory bytes.
Samples = Mapping[str, Sequence[float]]

_TURN_SECONDS: Final = 0.010
_WARM_UP_SECONDS: Final = 0.1
_LEAST_ROUNDS: Final = 8
_MOST_SPREAD: Final = 1.03


class Ratio(NamedTuple):
    """How many times as much one subject takes as another.

    Attributes:
        value: the ratio of the two low percentiles.
        low: the same ratio of every other round; the lower of the two halves.
        high: the higher of the two. Far apart, they tell of a noisy run.
    """

    value: float
    low: float
    high: float

    @property
    def is_steady(self) -> bool:
        """Tell whether both halves of the run say the same."""
        return self.high <= _MOST_SPREAD * self.low


def low(values: Sequence[float]) -> float:
    """Return the tenth percentile."""
    return sorted(values)[len(values) // 10]


def interleave(
    calls: Mapping[str, Call],
    rounds: int,
    seconds: float = inf,
    *,
    clock: Callable[[], float] = process_time,
) -> Samples:
    """Time all calls, in turns.

    Args:
        calls: by name.
        rounds: how many turns each has.
        seconds: after which large calls get no further round.
        clock: `perf_counter` where waiting is part of the work.
    """
    end = perf_counter() + seconds
    counts = {name: _calls_for_a_turn(call, clock) for name, call in calls.items()}
    samples: dict[str, list[float]] = {name: [] for name in calls}
    names, chance = list(calls), SystemRandom()
    with collector_at_rest():
        for number in range(rounds):
            if number >= _LEAST_ROUNDS and perf_counter() > end:
                break
            gc.collect()
            chance.shuffle(names)
            for name in names:
                samples[name].append(_turn(calls[name], counts[name], clock) / counts[name])
    return samples


def ratio(samples: Samples, subject: str, base: str) -> Ratio:
    """Compare two subjects of one run; what is the same each time is measured once."""
    ours, theirs = samples[subject], samples[base]
    if len(ours) == 1:
        return Ratio(ours[0] / theirs[0], ours[0] / theirs[0], ours[0] / theirs[0])
    halves = [low(ours[half::2]) / low(theirs[half::2]) for half in (0, 1)]
    return Ratio(low(ours) / low(theirs), min(halves), max(halves))


def _calls_for_a_turn(call: Call, clock: Callable[[], float]) -> int:
    """Warm a call up, and say how many of it make a turn."""
    count, spent = 0, 0.0
    while spent < _WARM_UP_SECONDS:
        spent += _turn(call, 1, clock)
        count += 1
    return max(1, round(_TURN_SECONDS * count / spent))


def _turn(call: Call, count: int, clock: Callable[[], float]) -> float:
    """Return the seconds that `count` calls take."""
    turns = range(count)
    start = clock()
    for _ in turns:
        call()
    return clock() - start


@contextmanager
def collector_at_rest() -> Iterator[None]:
    """Switch the collector off, and spare it what is alive already."""
    gc.collect()
    gc.freeze()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
        gc.unfreeze()
