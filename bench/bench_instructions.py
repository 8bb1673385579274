"""The comparison of counts, on figures that are known."""

import shutil

import pytest

from bench import instructions
from bench.instructions import compare, find, paths

HERE = {"python": "3.11.7", "valgrind": "valgrind-3.19.0"}


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


def bench_counts_of_the_same_versions_are_found() -> None:
    other = instructions.Counted(versions={**HERE, "python": "3.12.1"}, counts={"one": 1})
    same = instructions.Counted(versions=dict(HERE), counts={"one": 2})
    assert find([other, same], HERE) is same
    assert find([other], HERE) == "counted with python 3.12.1 (here 3.11.7)"
    assert find([], HERE) == "nothing was counted"


def bench_missing_valgrind_is_named_and_has_a_status(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(shutil, "which", lambda _: None)
    monkeypatch.setattr("sys.argv", ["instructions"])
    assert instructions.main() == instructions.SKIPPED
    assert "valgrind is not here" in capsys.readouterr().out
