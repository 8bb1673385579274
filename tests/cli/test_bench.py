"""`joseal bench`: every call is measured, and the ratios are those of the figures."""

import gc
import json
from collections.abc import Callable
from itertools import pairwise

import pytest
from click.testing import Result

from joseal.cli import bench
from joseal.cli.exit_codes import Exit

Run = Callable[..., Result]


def test_ratios_are_those_of_the_medians(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench, "_TURN_SECONDS", 0.0)
    done = run("bench", "--rounds", "1", "--bytes", "0", "--json")
    assert (done.exit_code, done.stderr) == (0, "")
    shown = json.loads(done.stdout)
    assert (shown["alg"], shown["enc"], shown["bytes"]) == ("RSA-OAEP-256", "A256GCM", 0)
    seconds = shown["seconds"]
    assert len(seconds) == 6
    assert min(seconds.values()) > 0
    for ours, ratios in shown["ratios"].items():
        assert ratios == {base: seconds[ours] / seconds[base] for base in ratios}
        assert len(ratios) == 2


def test_people_get_tables(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench, "measure", lambda calls, rounds: dict.fromkeys(calls, 0.0001))
    page = run("bench", "--rounds", "7").stdout
    assert page.startswith("RSA-OAEP-256 with A256GCM, 1,024 bytes: medians of 7 rounds\n")
    assert page.count("100.0") == 6
    assert page.count("1.00") == 4


def test_medians_are_taken_in_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench, "_TURN_SECONDS", 0.0)
    turns: list[str] = []
    calls = {name: lambda name=name: turns.append(name) for name in "ab"}
    before = gc.isenabled()
    seconds = bench.measure({name: calls[name] for name in "ab"}, 3)
    assert gc.isenabled() == before
    assert list(seconds) == ["a", "b"]
    # Two calls each to see how long they take, and then a turn of each in every round.
    changes = sum(one != other for one, other in pairwise(turns))
    assert changes == 2 * 3 + 1


@pytest.mark.parametrize(
    "args", [("--bytes", "-1"), ("--rounds", "0"), ("--bytes", "9" * 12), ("x",)]
)
def test_wrong_usage_is_one_line(args: tuple[str, ...], run: Run) -> None:
    done = run("bench", *args)
    assert (done.exit_code, done.stdout, done.stderr.count("\n")) == (Exit.USAGE, "", 1)
