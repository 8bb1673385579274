"""Do failures that only the private key tells apart take the same time?

    python -m bench.timing.uniform                   about a minute
    python -m bench.timing.uniform --seconds 600     ten minutes, which see smaller differences
    python -m bench.timing.uniform --only RSA-OAEP   the groups whose name begins so

What is timed is one call of `Decrypter.decrypt`, up to the exception. The tokens of every way to
fail come in random order, one after the other, in one process. The exit status is always 0: a time
is evidence, and no test.
"""

import argparse
import gc
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from secrets import SystemRandom
from statistics import median
from time import perf_counter, perf_counter_ns
from typing import Final

from rich.console import Console
from rich.markdown import Markdown
from rich.progress import track
from rich.table import Table

from bench.measure import collector_at_rest
from bench.surroundings import describe
from bench.timing.failing import (
    AGAINST,
    ANY,
    BASE,
    GROUPS,
    NULL,
    OAEP,
    OVER,
    PADDING,
    UNWRAP,
    Failing,
    failing,
)
from bench.timing.welch import SUSPICIOUS, Difference, compare, detectable

_LEAST_ROUNDS: Final = 300
_WARM_UP_ROUNDS: Final = 50
_COLLECTED_ROUNDS: Final = 500

# The README says where these differences come from, and why they tell nobody anything.
_KNOWN: Final = {
    PADDING: "known: the tag is good",
    OVER: "known: the public key tells",
    UNWRAP: "known: an exception below us",
    OAEP: "known: an exception below us",
    ANY: "known: more bytes",
}

_CAVEATS: Final = "## What `bench.timing.uniform` can and cannot show\n"


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m bench.timing.uniform")
    parser.add_argument("--seconds", type=float, default=60.0, help="for all groups together")
    parser.add_argument("--only", default="", help="groups whose name begins so")
    arguments = parser.parse_args()
    groups = [group for group in GROUPS if group[0].startswith(arguments.only)]
    if not groups:
        parser.error("no group begins so")
    console = Console()
    grid = Table.grid(padding=(0, 2))
    for row in describe():
        grid.add_row(*row)
    console.print(grid)
    seconds = arguments.seconds / len(groups)
    for group in track(groups, "measuring", transient=True, console=console):
        found = failing(*group)
        found.prove()
        console.print(_table(found.name, sample(found, seconds)))
    console.print(Markdown(_caveats()))
    return 0


def sample(group: Failing, seconds: float) -> Mapping[str, list[float]]:
    """Time single attempts, in random order; microseconds for each way to fail."""
    random = SystemRandom()
    ways = list(group.tokens)
    times: dict[str, list[float]] = {way: [] for way in ways}
    number, end = -_WARM_UP_ROUNDS, perf_counter() + seconds
    with collector_at_rest():
        while number < _LEAST_ROUNDS or perf_counter() < end:
            number += 1
            if number % _COLLECTED_ROUNDS == 0:
                gc.collect()
            random.shuffle(ways)
            tokens = [(times[way], random.choice(group.tokens[way])) for way in ways]
            for samples, token in tokens:
                start = perf_counter_ns()
                group.attempt(token)
                samples.append((perf_counter_ns() - start) / 1000)
            if number == 0:
                for samples in times.values():
                    samples.clear()
    return times


def _table(name: str, times: Mapping[str, list[float]]) -> Table:
    base = times[BASE]
    table = Table(
        *("compared with a bad tag", "medians, ns", "of it", "Cohen's d", "t", "fastest", ""),
        title=f"{name}: {len(base):,} of each, bad tag {median(base):.2f} us",
        title_justify="left",
        caption=f"a shift of {1000 * detectable(base, times[NULL]):.0f} ns would have been seen",
        caption_justify="left",
    )
    quiet = abs(compare(times[NULL], base).t) < SUSPICIOUS
    for way, samples in times.items():
        if way != BASE:
            against = AGAINST.get(way, BASE)
            shown = way if against == BASE else f"{way} / {against}"
            table.add_row(shown, *_row(way, compare(samples, times[against]), quiet=quiet))
    return table


def _row(way: str, difference: Difference, *, quiet: bool) -> Iterator[str]:
    yield f"{1000 * difference.medians:+.0f}"
    yield f"{difference.relative:+.2%}"
    yield f"{difference.cohens_d:+.3f}"
    yield f"{difference.t:+.1f}"
    yield difference.at
    yield _reading(way, difference, quiet=quiet)


def _reading(way: str, difference: Difference, *, quiet: bool) -> str:
    if abs(difference.t) < SUSPICIOUS:
        return "nothing seen"
    if not quiet:
        return "too noisy to tell"
    return _KNOWN.get(way, "SUSPICIOUS")


def _caveats() -> str:
    """Read them where they are written."""
    readme = (Path(__file__).parents[1] / "README.md").read_text("utf-8")
    return _CAVEATS + readme.partition(_CAVEATS)[2].partition("\n## ")[0]


if __name__ == "__main__":
    sys.exit(main())
