"""Do two sets of times differ? Welch's t over cropped samples, in the manner of dudect.

Rules:
- Times have a long right tail that has nothing to do with the code. So t is taken of all samples,
  of the fastest part for a hundred parts that are ever larger, and of squared deviations: the
  largest |t| counts.
- A threshold of a crop is a percentile of both sets together, so that it favours neither.
- t says how sure a difference is and grows with the number of samples; how large it is, the
  difference of medians and Cohen's d say, which do not.

Source: O. Reparaz, J. Balasch, I. Verbauwhede, "Dude, is my code constant time?", DATE 2017, and
dudect, its implementation.
"""

from bisect import bisect_left
from collections.abc import Sequence
from itertools import accumulate
from math import sqrt
from statistics import fmean, median, variance
from typing import Final, NamedTuple

# Above this |t|, side-channel evaluations speak of a leak. dudect itself waits for 10.
SUSPICIOUS: Final = 4.5

_CROPS: Final = tuple(1 - 0.5 ** (number / 10) for number in range(1, 101))
_LEAST_SAMPLES: Final = 200


class Difference(NamedTuple):
    """How one set of times differs from another.

    Attributes:
        t: the t of the largest absolute value; positive where the first set is the slower one.
        at: the part of the samples that it was taken of, or `squares`.
        medians: the difference of the medians, in the unit of the samples.
        relative: the same as a part of the second median.
        cohens_d: the difference of the means as a part of the pooled standard deviation.
    """

    t: float
    at: str
    medians: float
    relative: float
    cohens_d: float


class _Sorted:
    """One set in order, with sums that make the moments of its smallest part cheap."""

    def __init__(self, samples: Sequence[float], origin: float) -> None:
        # Squares of what is near zero lose no digits.
        self.values = sorted(sample - origin for sample in samples)
        self._sums = list(accumulate(self.values, initial=0.0))
        self._squares = list(accumulate((value * value for value in self.values), initial=0.0))

    def moments(self, below: float) -> tuple[int, float, float]:
        """Return the count, the mean and the variance of the values below a threshold."""
        count = bisect_left(self.values, below)
        if count < _LEAST_SAMPLES:
            return count, 0.0, 0.0
        mean = self._sums[count] / count
        spread = self._squares[count] - count * mean * mean
        return count, mean, max(spread, 0.0) / (count - 1)


def compare(one: Sequence[float], other: Sequence[float]) -> Difference:
    """Compare two sets of times.

    Raises:
        ValueError: a set is too small to say anything.
    """
    if min(len(one), len(other)) < _LEAST_SAMPLES:
        raise ValueError("a comparison needs 200 samples of each")
    t, at = max(_tests(one, other), key=lambda found: abs(found[0]))
    between = median(one) - median(other)
    return Difference(t, at, between, between / median(other), _cohens_d(one, other))


def detectable(base: Sequence[float], again: Sequence[float]) -> float:
    """Return about the least shift that would have been suspicious, found by adding shifts.

    Both sets are of one kind. Nothing smaller is ruled out by these samples.
    """
    low, high = 0.0, median(base)
    for _ in range(12):
        middle = (low + high) / 2
        shifted = [sample + middle for sample in again]
        if abs(compare(shifted, base).t) < SUSPICIOUS:
            low = middle
        else:
            high = middle
    return high


def welch(one: tuple[int, float, float], other: tuple[int, float, float]) -> float:
    """Return Welch's t of two sets that are known by count, mean and variance."""
    error = sqrt(one[2] / one[0] + other[2] / other[0])
    between = one[1] - other[1]
    if error:
        return between / error
    return float("inf") if between > 0 else float("-inf") if between < 0 else 0.0


def _tests(one: Sequence[float], other: Sequence[float]) -> list[tuple[float, str]]:
    origin = median([*one, *other])
    pair = _Sorted(one, origin), _Sorted(other, origin)
    pooled = sorted([*pair[0].values, *pair[1].values])
    found = [(welch(_moments(one), _moments(other)), "100%")]
    for part in _CROPS:
        first, second = (of.moments(pooled[int(part * len(pooled))]) for of in pair)
        if min(first[0], second[0]) >= _LEAST_SAMPLES:
            found.append((welch(first, second), f"{part:.1%}"))
    found.append((welch(_moments(_deviations(one)), _moments(_deviations(other))), "squares"))
    return found


def _moments(samples: Sequence[float]) -> tuple[int, float, float]:
    mean = fmean(samples)
    return len(samples), mean, variance(samples, mean)


def _deviations(samples: Sequence[float]) -> list[float]:
    mean = fmean(samples)
    return [(sample - mean) ** 2 for sample in samples]


def _cohens_d(one: Sequence[float], other: Sequence[float]) -> float:
    first, second = _moments(one), _moments(other)
    pooled = ((first[0] - 1) * first[2] + (second[0] - 1) * second[2]) / (first[0] + second[0] - 2)
    return (first[1] - second[1]) / sqrt(pooled) if pooled else 0.0
