"""The comparison of samples, on figures that are known."""

import pytest

from bench.measure import Ratio, ratio


def bench_ratio_is_that_of_medians() -> None:
    samples = {"ours": [2.0, 4.0, 60.0], "theirs": [1.0, 2.0, 3.0]}
    assert ratio(samples, "ours", "theirs").of_medians == 2


def bench_single_figures_have_no_spread() -> None:
    assert ratio({"ours": [3.0], "theirs": [2.0]}, "ours", "theirs") == (1.5, 1.5, 1.5)


@pytest.mark.parametrize(
    ("found", "steady"),
    [
        (Ratio(1.1, 1.0, 1.2), True),
        (Ratio(1.1, 1.1, 1.1), True),
        (Ratio(0.85, 1.0, 1.14), False),
        (Ratio(1.1, 0.8, 1.5), False),
    ],
)
def bench_rounds_that_disagree_tell_nothing(found: Ratio, steady: bool) -> None:  # noqa: FBT001 - of a table
    assert found.is_steady is steady
