"""The measured part of a document: tables between two marks, written anew by `--docs`."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from bench.measure import Samples, low, ratio
from bench.report.ratios import Verdict
from bench.report.units import noise, shown
from bench.tokens.cjose import Cjose
from bench.tokens.peers import PEERS
from bench.tokens.subjects import SIZES

_DOCS: Final = Path(__file__).parents[2] / "docs"
_MARKS: Final = re.compile(r"(?<=<!-- measured -->\n).*?(?=<!-- end of measured -->)", re.DOTALL)


def rewrite(name: str, measured: str) -> None:
    """Put what was measured between the marks of a document."""
    path = _DOCS / name
    text, count = _MARKS.subn(lambda _: f"\n{measured}\n", path.read_text("utf-8"))
    if count != 1:
        raise RuntimeError("the document does not have its marks once")
    path.write_text(text, "utf-8")


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table; the first column is text, the others are figures."""
    lines = [head, ["---"] + ["---:"] * (len(head) - 1), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def tables(
    surroundings: Iterable[tuple[str, str]],
    measured: Mapping[str, Samples],
    found: Iterable[Verdict],
) -> str:
    """Return all that the report has measured, and on what."""
    names = [peer.name for peer in PEERS]
    beside = table(["", "the bare calls", *names], _beside(measured, names))
    sizes = [f"{work} {size}" for work in ("encrypt", "decrypt") for size in SIZES]
    rest = table(
        ["", "10th percentile", "ratio to the first"],
        (
            row
            for group, samples in measured.items()
            for row in _rows(group, samples)
            if group not in sizes or row[0] == f"{group}: {Cjose.name}"
        ),
    )
    bounds = table(
        ["ratio of low percentiles", "measured", "bound", "aim", ""], map(_verdict, found)
    )
    facts = "".join(f"- {name}: {value}\n" for name, value in surroundings)
    return f"{beside}\n{rest}\n{bounds}\n{facts}"


def _beside(measured: Mapping[str, Samples], names: Sequence[str]) -> Iterator[list[str]]:
    for work in ("encrypt", "decrypt"):
        for size in SIZES:
            group = f"{work} {size}"
            samples = measured[group]
            base = next(iter(samples))
            cells = (_cell(group, samples, name, base) for name in names)
            yield [group, f"{shown(group, low(samples[base]))} ({base})", *cells]


def _cell(group: str, samples: Samples, name: str, base: str) -> str:
    if name not in samples:
        return "refused"
    found = ratio(samples, name, base)
    return f"{shown(group, low(samples[name]))} ({found.value:.2f}{noise(found)})"


def _rows(group: str, samples: Samples) -> Iterator[list[str]]:
    base = next(iter(samples))
    for name, values in samples.items():
        found = ratio(samples, name, base)
        yield [f"{group}: {name}", shown(group, low(values)), f"{found.value:.3g}{noise(found)}"]


def _verdict(verdict: Verdict) -> list[str]:
    bound, found = verdict
    return [
        bound.title,
        "" if found is None else f"{found.value:.2f}",
        f"{'at least' if bound.at_least else 'at most'} {bound.limit:.2f}",
        "" if bound.aim is None else f"{bound.aim:.2f}",
        verdict.word,
    ]
