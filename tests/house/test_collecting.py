"""The order of the tests: what takes long comes first, for every worker."""

import pytest
from tests.helpers.collecting import LONG, ordered

NAMES = [
    f"{folder}{number:02}"
    for folder in ("tests/core/", "tests/errors/", *(part[-1] for part in LONG))
    for number in range(30)
]


@pytest.mark.parametrize("workers", [1, 2, 3, 4])
def test_no_share_has_a_long_test_after_a_short_one(workers):
    found = ordered(NAMES, workers, key=str)
    assert sorted(found) == sorted(NAMES)
    start = 0
    for worker in range(workers):
        size = (len(NAMES) - start) // (workers - worker)
        share = [name.startswith(sum(LONG, ())) for name in found[start : start + size]]
        assert share == sorted(share, reverse=True)
        assert any(share) is (worker < len(LONG))
        start += size
    for folder in ("tests/core/", "tests/errors/"):
        assert [name for name in found if name.startswith(folder)] == [
            name for name in NAMES if name.startswith(folder)
        ]
