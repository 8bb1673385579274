"""Interleaved timing: many short turns of all subjects in one process, so noise hits all alike.

Rules:
- In every round each subject has one short turn, right after the others, and the order changes
  from round to round. A load on the machine that lasts longer than a round meets all of them.
- A turn is still long enough that the caches which the one before has cooled weigh little in it.
- The garbage collector runs between rounds and never within one.
- What is compared is medians of one run, never figures of two runs.
"""

import gc
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from math import inf
from statistics import median, quantiles
from time import perf_counter
from typing import Final, NamedTuple

Call = Callable[[], object]

# Seconds for one call, a figure for each round; for memory bytes.
Samples = Mapping[str, Sequence[float]]

_TURN_SECONDS: Final = 0.010
_WARM_UP_SECONDS: Final = 0.1
_LEAST_ROUNDS: Final = 8
_MOST_SPREAD: Final = 1.4


class Ratio(NamedTuple):
    """How many times as long one subject takes as another.

    Attributes:
        of_medians: the ratio of the two medians.
        low: the first quartile of the ratios in the single rounds.
        high: their third quartile. Far apart, they tell of a noisy run.
    """

    of_medians: float
    low: float
    high: float

    @property
    def is_steady(self) -> bool:
        """Tell whether the rounds agree well enough to say anything."""
        return self.low <= self.of_medians <= self.high <= _MOST_SPREAD * self.low


def interleave(calls: Mapping[str, Call], rounds: int, seconds: float = inf) -> Samples:
    """Time all calls, in turns; for large calls fewer rounds than asked for, after so much time."""
    end = perf_counter() + seconds
    counts = {name: _calls_for_a_turn(call) for name, call in calls.items()}
    samples: dict[str, list[float]] = {name: [] for name in calls}
    with collector_at_rest():
        for number in range(rounds):
            if number >= _LEAST_ROUNDS and perf_counter() > end:
                break
            gc.collect()
            for name in _order(list(calls), number):
                samples[name].append(_turn(calls[name], counts[name]) / counts[name])
    return samples


def ratio(samples: Samples, subject: str, base: str) -> Ratio:
    """Compare two subjects of one run; what is the same each time is measured once."""
    if len(samples[subject]) == 1:
        (only,), (other,) = samples[subject], samples[base]
        return Ratio(only / other, only / other, only / other)
    pairs = zip(samples[subject], samples[base], strict=True)
    low, _, high = quantiles((ours / theirs for ours, theirs in pairs), n=4)
    return Ratio(median(samples[subject]) / median(samples[base]), low, high)


def _calls_for_a_turn(call: Call) -> int:
    """Warm a call up, and say how many of it make a turn."""
    count, spent = 0, 0.0
    while spent < _WARM_UP_SECONDS:
        spent += _turn(call, 1)
        count += 1
    return max(1, round(_TURN_SECONDS * count / spent))


def _turn(call: Call, count: int) -> float:
    """Return the seconds that `count` calls take."""
    turns = range(count)
    start = perf_counter()
    for _ in turns:
        call()
    return perf_counter() - start


def _order(names: list[str], number: int) -> list[str]:
    """Give each subject every place, and other neighbours in every second round."""
    start = number % len(names)
    turned = names[start:] + names[:start]
    return turned[::-1] if number % 2 else turned


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
