"""Measure every group interleaved, print tables of ratios, and say whether the bounds hold.

    python -m bench.report

The exit status is 1 where a bound was missed.
"""

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path
from statistics import median

from rich.console import Console
from rich.markdown import Markdown
from rich.progress import track
from rich.table import Table

from bench.measure import Ratio, Samples, interleave, ratio
from bench.peers import Joseal
from bench.ratios import BOUNDS
from bench.subjects import RSA_ALONE, Subject, groups
from bench.surroundings import describe

_CAVEATS = "## What the numbers do not show\n"


def main() -> int:
    """Run the report."""
    parser = argparse.ArgumentParser(prog="python -m bench.report")
    parser.add_argument("--rounds", type=int, default=100, help="turns of each subject, from 2")
    rounds = parser.parse_args().rounds
    if rounds < 2:
        parser.error("quartiles need two rounds")
    console = Console()
    console.print(_surroundings())
    measured = {
        group: _measured(subjects, rounds)
        for group, subjects in track(groups().items(), "measuring", transient=True)
    }
    for group, samples in measured.items():
        console.print(_table(group, samples))
    verdict, kept = _verdict(measured)
    console.print(verdict)
    console.print(Markdown(_caveats()))
    return 0 if kept else 1


def _measured(subjects: list[Subject], rounds: int) -> Samples:
    for subject in subjects:
        subject.prove()
    return interleave({subject.name: subject.call for subject in subjects}, rounds)


def _surroundings() -> Table:
    table = Table.grid(padding=(0, 2))
    for row in describe():
        table.add_row(*row)
    return table


def _table(group: str, samples: Samples) -> Table:
    table = Table("", "median, us", title=group, title_justify="left")
    table.add_column(f"/ {RSA_ALONE}")
    table.add_column(f"/ {Joseal.name}")
    for name, seconds in samples.items():
        table.add_row(
            name,
            f"{median(seconds) * 1e6:.1f}",
            _shown(ratio(samples, name, RSA_ALONE)),
            _shown(ratio(samples, name, Joseal.name)),
        )
    return table


def _verdict(measured: Mapping[str, Samples]) -> tuple[Table, bool]:
    table = Table("bound", "measured", "at most", "", title="bounds", title_justify="left")
    kept = True
    for bound in BOUNDS:
        found = ratio(measured[bound.group], bound.subject, bound.base)
        keeps = found.of_medians <= bound.at_most
        kept = kept and keeps
        table.add_row(
            f"{bound.group}: {bound.subject} / {bound.base}",
            _shown(found),
            f"{bound.at_most:.2f}",
            "kept" if keeps else "missed",
        )
    return table, kept


def _shown(found: Ratio) -> str:
    return f"{found.of_medians:.2f} ({found.low:.2f} to {found.high:.2f})"


def _caveats() -> str:
    """Read them where they are written."""
    readme = Path(__file__).with_name("README.md").read_text("utf-8")
    return _CAVEATS + readme.partition(_CAVEATS)[2].partition("\n## ")[0]


if __name__ == "__main__":
    sys.exit(main())
