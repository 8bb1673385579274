"""The comparison of counts, on figures that are known."""

from bench.instructions import compare, paths


def bench_more_instructions_than_three_percent_are_refused() -> None:
    assert compare({"one": 1000, "two": 1000}, {"one": 1030, "two": 900}) == []
    assert compare({"one": 1000}, {"one": 1031}) == ["one: 1000 -> 1031"]


def bench_path_on_one_side_only_is_refused() -> None:
    assert compare({"one": 1}, {"two": 1}) == [
        "one: counted on one side only",
        "two: counted on one side only",
    ]


def bench_each_path_does_its_work() -> None:
    for _, call in paths():
        assert call()
