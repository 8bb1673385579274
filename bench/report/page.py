"""The page: one self-contained file of HTML, for desktop and phone, light and dark."""

import re
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Final

from bench.measure import Ratio, Samples, low, ratio
from bench.report.plots import Plot, plots
from bench.report.ratios import Verdict
from bench.report.units import noise, shown
from bench.tokens.peers import Joseal

_MARKS: Final = {
    "aim reached": "●",
    "kept": "◐",
    "missed": "○",
    "too noisy": "?",
    "not measured": ".",
}

_STYLE: Final = """
:root { color-scheme: light dark; --back: #fbfbfa; --card: #fff; --ink: #1d2127; --soft: #5a626d;
  --line: #d9dce1; --accent: #2467b0; --good: #2b7d50; --bad: #b3372f; }
@media (prefers-color-scheme: dark) { :root { --back: #14171b; --card: #1b1f25; --ink: #e4e7eb;
  --soft: #a0a8b3; --line: #363c45; --accent: #78b1f0; --good: #6cc495; --bad: #f0857c; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--back); color: var(--ink);
  font: 16px/1.5 system-ui, sans-serif; overflow-wrap: break-word; }
main { max-width: 1180px; margin: 0 auto; padding: 2rem 1rem 4rem; }
h1 { font-size: clamp(1.5rem, 5vw, 2.1rem); line-height: 1.15; margin: 0 0 .6rem; }
h2 { font-size: 1.25rem; margin: 2.6rem 0 .8rem; }
h3 { font-size: 1rem; margin: 0; }
p { max-width: 46rem; margin: .4rem 0; }
.soft, figcaption, .numbers small { color: var(--soft); font-size: .875rem; }
.numbers { display: grid; gap: .75rem; margin: 1.4rem 0 0; padding: 0;
  grid-template-columns: repeat(auto-fit, minmax(min(100%, 10.5rem), 1fr)); }
.numbers div, figure { background: var(--card); border: 1px solid var(--line);
  border-radius: 10px; }
.numbers div { padding: .8rem 1rem; }
.numbers b { display: block; font-size: 1.7rem; line-height: 1.2; font-weight: 650;
  color: var(--accent); font-variant-numeric: tabular-nums; }
.plots { display: grid; gap: 1rem; align-items: start;
  grid-template-columns: repeat(auto-fit, minmax(min(100%, 27rem), 1fr)); }
figure { margin: 0; padding: 1rem; min-width: 0; }
figcaption { margin: .15rem 0 .6rem; }
svg { display: block; width: 100%; height: auto; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: .9rem;
  font-variant-numeric: tabular-nums; }
th { text-align: left; font-weight: 600; color: var(--soft); }
th, td { padding: .35rem .8rem .35rem 0; border-bottom: 1px solid var(--line);
  vertical-align: top; }
td.n, th.n { text-align: right; white-space: nowrap; }
.aim { color: var(--good); } .missed { color: var(--bad); } .word { white-space: nowrap; }
details { border-bottom: 1px solid var(--line); padding: .5rem 0; }
summary { cursor: pointer; }
ul { max-width: 46rem; padding-left: 1.2rem; } li { margin: .35rem 0; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .2rem 1rem; font-size: .875rem; }
dt { color: var(--soft); } dd { margin: 0; min-width: 0; }
@media (max-width: 34rem) { figure { padding: .8rem .5rem; } dl { grid-template-columns: 1fr; }
  dd { margin-bottom: .4rem; } td, th { padding-right: .5rem; }
  .bounds tr { display: grid; grid-template-columns: 4.6rem 4.6rem 3.6rem 1fr; padding: .35rem 0;
    border-bottom: 1px solid var(--line); }
  .bounds td, .bounds th { border: 0; padding-top: 0; padding-bottom: 0; }
  .bounds td:first-child, .bounds th:first-child { grid-column: 1 / -1; } }
"""


def page(
    surroundings: Iterable[tuple[str, str]],
    measured: Mapping[str, Samples],
    verdicts: Sequence[Verdict],
    caveats: str,
) -> str:
    """Return the whole page."""
    rows = (f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in surroundings)
    facts = "".join(rows)
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>joseal: benchmarks</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><style>{_STYLE}</style></head>
<body><main>
<h1>The cost of encrypting and decrypting</h1>
<p>joseal next to the bare calls to <code>cryptography</code> and to its peers: RSA-OAEP-2048
with A256CBC-HS512, with the same bytes and keys, in turns in one process. The ratios are the
result; microseconds are valid for one machine on one day.</p>
{_numbers(measured)}
<h2>Pictures</h2><div class="plots">{"".join(map(_figure, plots(measured)))}</div>
<h2>Bounds</h2>{_bounds(verdicts)}
<h2>Figures</h2>{"".join(_group(name, samples) for name, samples in measured.items())}
<h2>What the numbers do not show</h2>{_list(caveats)}
<h2>Measured on</h2><dl>{facts}</dl>
</main></body></html>
"""


def _numbers(measured: Mapping[str, Samples]) -> str:
    """Show the four that a reader asks for first."""
    small = {work: low(measured[f"{work} 300 B"][Joseal.name]) for work in ("encrypt", "decrypt")}
    large = {work: low(measured[f"{work} 16 MiB"][Joseal.name]) for work in ("encrypt", "decrypt")}
    tiles = (
        (f"{small['encrypt'] * 1e6:.0f} us", "to encrypt 300 bytes"),
        (f"{small['decrypt'] * 1e6:.0f} us", "to decrypt them: nearly all of it RSA"),
        (f"{large['encrypt'] * 1e3:.0f} ms", "to encrypt 16 MiB"),
        (f"{large['decrypt'] * 1e3:.0f} ms", "to decrypt them"),
    )
    inner = "".join(f"<div><b>{number}</b><small>{what}</small></div>" for number, what in tiles)
    return f'<div class="numbers">{inner}</div>'


def _figure(plot: Plot) -> str:
    return (
        f"<figure><h3>{plot.title}</h3><figcaption>{plot.caption}</figcaption>{plot.svg}</figure>"
    )


def _bounds(verdicts: Sequence[Verdict]) -> str:
    head = (
        '<tr><th>ratio of low percentiles</th><th class="n">measured</th><th class="n">bound</th>'
        '<th class="n">aim</th><th></th></tr>'
    )
    return f'<table class="bounds">{head}{"".join(map(_verdict, verdicts))}</table>'


def _verdict(verdict: Verdict) -> str:
    bound, found = verdict
    measured = "" if found is None else f"{found.value:.2f}"
    limit = f"{'≥' if bound.at_least else '≤'} {bound.limit:.2f}"
    aim = "" if bound.aim is None else f"{bound.aim:.2f}"
    cells = "".join(f'<td class="n">{cell}</td>' for cell in (measured, limit, aim))
    word = f'<td class="word {verdict.word.split()[0]}">{_MARKS[verdict.word]} {verdict.word}</td>'
    return f"<tr><td>{escape(bound.title)}</td>{cells}{word}</tr>"


def _group(name: str, samples: Samples) -> str:
    base = next(iter(samples))
    rows = "".join(
        f'<tr><td>{escape(subject)}</td><td class="n">{shown(name, low(values))}</td>'
        f'<td class="n">{_ratio(ratio(samples, subject, base))}</td></tr>'
        for subject, values in samples.items()
    )
    head = (
        f'<tr><th></th><th class="n">10th percentile</th><th class="n">/ {escape(base)}</th></tr>'
    )
    return (
        f"<details><summary>{escape(name)}</summary>"
        f'<div class="scroll"><table>{head}{rows}</table></div></details>'
    )


def _ratio(found: Ratio) -> str:
    return f"{found.value:.3g}{noise(found)}"


def _list(markdown: str) -> str:
    items = re.split(r"^- ", markdown, flags=re.MULTILINE)[1:]
    bold = (re.sub(r"\*\*(.+?)\*\*", r"<b>\1</b>", escape(item.strip())) for item in items)
    return "<ul>" + "".join(f"<li>{item}</li>" for item in bold) + "</ul>"
