"""Measure everything, print tables of ratios and the bounds, and write a page with plots.

    python -m bench.report [--quick]

It takes about five minutes on an idle machine. The page and the figures as JSON are written into
`.benchmarks/`. The exit status is 1 where a bound was missed, or the machine too busy to tell.
"""

import argparse
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from time import perf_counter, process_time
from typing import Final, NamedTuple

from rich.console import Console
from rich.markdown import Markdown
from rich.progress import Progress
from rich.table import Table

from bench.bulk import workers
from bench.large import gcm, memory, streams
from bench.measure import Ratio, Samples, interleave, low, ratio
from bench.report import chart
from bench.report.document import rewrite, tables
from bench.report.page import page
from bench.report.ratios import Verdict, verdicts
from bench.report.units import shown
from bench.surroundings import describe
from bench.tokens import importing, npm_jose
from bench.tokens.peers import Joseal
from bench.tokens.subjects import SMALL, groups

_CAVEATS: Final = "## What the numbers do not show\n"
_LEAST_COLUMNS: Final = 110
_PLACE: Final = Path(".benchmarks")

# With less of a core, others have shared the caches too much for a table that is published.
_LEAST_SHARE: Final = 0.95


class Effort(NamedTuple):
    """How much is done.

    Attributes:
        rounds: turns of each subject.
        seconds: after which a group of large ones gets no further turn.
        imports: fresh processes for each library.
        bulk_turns: turns of each number of workers.
        stream_bytes: the plaintext that is streamed.
    """

    rounds: int = 60
    seconds: float = 4.0
    imports: int = 10
    bulk_turns: int = 4
    stream_bytes: int = 1024**3


_QUICK: Final = Effort(rounds=10, seconds=1.0, imports=5, bulk_turns=2, stream_bytes=64 * 1024**2)


def main() -> int:
    """Run the report."""
    parser = argparse.ArgumentParser(prog="python -m bench.report")
    parser.add_argument("--quick", action="store_true", help="a look: a minute, and noisy")
    parser.add_argument("--page", type=Path, default=_PLACE / "report.html")
    parser.add_argument("--json", type=Path, default=_PLACE / "report.json")
    parser.add_argument("--docs", action="store_true", help="write docs/performance.md anew")
    options = parser.parse_args()
    console = Console(width=max(_LEAST_COLUMNS, Console().width))
    surroundings = list(describe())
    console.print(_surroundings(surroundings))
    effort = _QUICK if options.quick else Effort()
    with Progress(console=console, transient=True) as progress:
        bar = progress.add_task("measuring", total=None)
        measured: dict[str, Samples] = {}
        wall, busy = perf_counter(), process_time()
        for group, samples in _in_process(effort):
            measured[group] = samples
            progress.update(bar, description=f"measured: {group}")
        share = (process_time() - busy) / (perf_counter() - wall)
        for group, samples in _elsewhere(effort):
            measured[group] = samples
            progress.update(bar, description=f"measured: {group}")
    surroundings.append(("share", f"this process had {share:.2f} of a core while it measured"))
    console.print(surroundings[-1][1])
    for group, samples in measured.items():
        console.print(_table(group, samples))
    found = verdicts(measured)
    console.print(_verdict(found))
    console.print(Markdown(_CAVEATS + _caveats()))
    _write(options.page, page(surroundings, measured, found, _caveats()))
    if options.docs and share < _LEAST_SHARE:
        console.print(f"docs/performance.md stays: that is less than {_LEAST_SHARE}")
    elif options.docs:
        rewrite("performance.md", tables(surroundings, measured, found))
        chart.main()
    _write(options.json, json.dumps(_figures(surroundings, measured), indent=1))
    console.print(f"page: {options.page}; figures: {options.json}")
    return 1 if any(verdict.word in {"missed", "too noisy"} for verdict in found) else 0


def _in_process(effort: Effort) -> Iterator[tuple[str, Samples]]:
    for group, subjects in groups().items():
        if group in gcm.GROUPS:
            continue
        for subject in subjects:
            subject.prove()
        calls = {subject.name: subject.call for subject in subjects}
        yield group, interleave(calls, effort.rounds, effort.seconds)


def _elsewhere(effort: Effort) -> Iterator[tuple[str, Samples]]:
    """Yield what other processes measure."""
    yield from gcm.measure(effort.rounds, effort.seconds)
    yield from memory.measure()
    yield importing.GROUP, importing.measure(effort.imports)
    yield workers.GROUP, workers.measure(effort.bulk_turns)
    yield from streams.measure(effort.stream_bytes)
    if npm_jose.absent() is None:
        yield from npm_jose.measure(SMALL, effort.rounds)


def _surroundings(rows: Sequence[tuple[str, str]]) -> Table:
    table = Table.grid(padding=(0, 2))
    for row in rows:
        table.add_row(*row)
    return table


def _table(group: str, samples: Samples) -> Table:
    base = next(iter(samples))
    others = [name for name in (base, Joseal.name) if name in samples]
    table = Table("", "10th percentile", title=group, title_justify="left")
    for other in dict.fromkeys(others):
        table.add_column(f"/ {other}")
    for name, values in samples.items():
        ratios = (_shown(ratio(samples, name, other)) for other in dict.fromkeys(others))
        table.add_row(name, shown(group, low(values)), *ratios)
    return table


def _verdict(found: Sequence[Verdict]) -> Table:
    table = Table("bound", "measured", "limit", "aim", "", title="bounds", title_justify="left")
    for verdict in found:
        bound = verdict.bound
        table.add_row(
            bound.title,
            "" if verdict.found is None else _shown(verdict.found),
            f"{'at least' if bound.at_least else 'at most'} {bound.limit:.2f}",
            "" if bound.aim is None else f"{bound.aim:.2f}",
            verdict.word,
        )
    return table


def _shown(found: Ratio) -> str:
    if found.low == found.high:
        return f"{found.value:.2f}"
    return f"{found.value:.2f} ({found.low:.2f} to {found.high:.2f})"


def _figures(
    surroundings: Sequence[tuple[str, str]], measured: Mapping[str, Samples]
) -> dict[str, object]:
    """Return what was measured: seconds, and bytes where memory was."""
    figures = {
        group: {name: low(values) for name, values in samples.items()}
        for group, samples in measured.items()
    }
    return {"surroundings": dict(surroundings), "figures": figures}


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")


def _caveats() -> str:
    """Read them where they are written."""
    readme = (Path(__file__).parents[1] / "README.md").read_text("utf-8")
    return readme.partition(_CAVEATS)[2].partition("\n## ")[0]


if __name__ == "__main__":
    sys.exit(main())
