"""The statistics of `bench.timing.uniform` on known samples, and its tokens, without a clock."""

from collections import Counter
from math import inf
from secrets import SystemRandom
from statistics import fmean

import pytest

from bench.timing.failing import BASE, GROUPS, NULL, failing
from bench.timing.uniform import sample
from bench.timing.welch import SUSPICIOUS, compare, detectable, welch


def times(count: int, median_us: float = 200.0, seed: int = 0) -> list[float]:
    """Return times as they are: a narrow peak, and a long tail. The same ones for the same seed."""
    state = seed * 7919 + 1
    found = []
    for _ in range(count):
        parts = []
        for _ in range(12):
            state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
            parts.append((state >> 11) / 2**53)
        tail = 40.0 / parts[0] ** 0.5 if parts[1] < 0.05 else 0.0
        found.append(median_us + 4.0 * (sum(parts) - 6.0) + tail)
    return found


def bench_welch_is_the_textbooks() -> None:
    # Means 10 and 12, variances 4 and 9, 25 and 36 samples: -2 / sqrt(4/25 + 9/36).
    assert welch((25, 10.0, 4.0), (36, 12.0, 9.0)) == pytest.approx(-2 / 0.41**0.5)
    assert welch((5, 1.0, 0.0), (5, 1.0, 0.0)) == 0
    assert welch((5, 2.0, 0.0), (5, 1.0, 0.0)) == inf
    assert welch((5, 0.0, 0.0), (5, 1.0, 0.0)) == -inf


@pytest.mark.parametrize("seed", range(5))
def bench_equal_samples_are_not_suspicious(seed: int) -> None:
    found = compare(times(4000, seed=2 * seed), times(4000, seed=2 * seed + 1))
    assert abs(found.t) < SUSPICIOUS
    assert abs(found.cohens_d) < 0.1


@pytest.mark.parametrize("shift", [-2.0, 1.0, 2.0])
def bench_known_shift_is_found_with_its_sign_and_size(shift: float) -> None:
    found = compare(times(4000, 200.0 + shift, seed=1), times(4000, seed=2))
    assert abs(found.t) > SUSPICIOUS
    assert found.t * shift > 0
    assert found.medians == pytest.approx(shift, abs=0.3)
    assert found.relative == pytest.approx(shift / 200, abs=0.002)


def bench_shift_under_a_tail_is_found_only_by_cropping() -> None:
    one, other = times(4000, 200.5, seed=3), times(4000, seed=4)
    one[::100] = [10_000.0] * 40
    other[::100] = [11_000.0] * 40
    found = compare(one, other)
    assert found.t > SUSPICIOUS
    assert fmean(one) < fmean(other)
    assert found.at not in ("100%", "squares")


def bench_other_spread_is_found_where_means_are_equal() -> None:
    one, other = times(4000, seed=5), times(4000, seed=6)
    centre = fmean(one)
    found = compare([centre + 1.5 * (time - centre) for time in one], other)
    assert abs(found.t) > SUSPICIOUS


def bench_detectable_shift_is_seen_and_half_of_it_is_not() -> None:
    base, again = times(2000, seed=7), times(2000, seed=8)
    shift = detectable(base, again)
    assert 0 < shift < 3
    assert abs(compare([time + shift for time in again], base).t) >= SUSPICIOUS
    assert abs(compare([time + shift / 2 for time in again], base).t) < SUSPICIOUS


def bench_too_few_samples_are_refused() -> None:
    with pytest.raises(ValueError, match="200 samples"):
        compare(times(199), times(5000))


@pytest.mark.parametrize("group", GROUPS, ids=lambda group: group[0])
def bench_tokens_fail_alike_and_have_one_length(group: tuple[str, str | None, str]) -> None:
    found = failing(*group, count=5)
    found.prove()
    lengths = Counter(len(token) for tokens in found.tokens.values() for token in tokens)
    assert len(lengths) == 1
    every = [token for tokens in found.tokens.values() for token in tokens]
    assert len(set(every)) == len(every)


def bench_every_way_is_timed_as_often() -> None:
    found = failing("dir", None, "A256CBC-HS512", count=5)
    samples = sample(found, 0.0)
    assert samples.keys() == found.tokens.keys() >= {BASE, NULL}
    assert len({len(times) for times in samples.values()}) == 1
    assert SystemRandom().choice(samples[BASE]) > 0
