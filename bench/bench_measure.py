"""The comparison of samples, on figures that are known."""

import pytest

from bench.measure import Ratio, low, ratio


def bench_low_is_the_tenth_percentile() -> None:
    assert low([float(value) for value in range(100)][::-1]) == 10
    assert low([3.0, 1.0, 2.0]) == 1


def bench_ratio_is_that_of_low_percentiles_and_of_both_halves() -> None:
    samples = {"ours": [2.0, 4.0, 60.0, 5.0], "theirs": [1.0, 2.0, 3.0, 9.0]}
    assert ratio(samples, "ours", "theirs") == (2.0, 2.0, 2.0)
    samples = {"ours": [2.0, 6.0], "theirs": [1.0, 2.0]}
    assert ratio(samples, "ours", "theirs") == (2.0, 2.0, 3.0)


def bench_single_figures_have_no_spread() -> None:
    assert ratio({"ours": [3.0], "theirs": [2.0]}, "ours", "theirs") == (1.5, 1.5, 1.5)


@pytest.mark.parametrize(
    ("found", "steady"),
    [
        (Ratio(1.1, 1.1, 1.1), True),
        (Ratio(1.01, 1.0, 1.03), True),
        (Ratio(1.01, 1.0, 1.031), False),
    ],
)
def bench_halves_that_disagree_tell_nothing(found: Ratio, steady: bool) -> None:  # noqa: FBT001 - of a table
    assert found.is_steady is steady
