"""The style of the HTML report."""

from typing import Final

STYLE: Final = """\
:root {
  color-scheme: light dark;
  --ink: #1c2024; --dim: #5b6570; --line: #d9dee3; --page: #fff; --soft: #f5f7f8;
  --ok: #1a7f4b; --bad: #c4262e; --known: #9a6700; --skip: #7a858f;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ink: #e6e9ec; --dim: #9aa5b0; --line: #333a41; --page: #14171a; --soft: #1c2024;
    --ok: #4cc38a; --bad: #ff6b70; --known: #e0a82e; --skip: #8a959f;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0; background: var(--page); color: var(--ink);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif;
}
main { max-width: 68rem; margin: 0 auto; padding: 1.5rem 1rem 4rem; }
header { border-left: .35rem solid var(--ok); padding: .1rem 0 .1rem 1rem; margin: 0 0 1.5rem; }
header.alarm { border-color: var(--bad); }
header p { margin: 0; color: var(--dim); max-width: 46rem; }
h1 { margin: .1rem 0; font-size: 1.9rem; line-height: 1.2; }
h2 { margin: 2.5rem 0 .6rem; font-size: 1.25rem; }
.dim { color: var(--dim); font-size: .87em; }
code { font: .92em ui-monospace, "DejaVu Sans Mono", monospace; overflow-wrap: anywhere; }
.tiles {
  display: grid; grid-template-columns: repeat(4, 1fr); gap: .75rem; margin: 0; padding: 0;
  list-style: none;
}
.tiles li {
  background: var(--soft); border-top: .2rem solid currentColor; border-radius: .25rem;
  padding: .6rem .9rem;
}
.tiles b { display: block; font-size: 1.6rem; line-height: 1.2; }
.ok { color: var(--ok); } .bad { color: var(--bad); }
.known { color: var(--known); } .skip { color: var(--skip); }
table { width: 100%; border-collapse: collapse; }
thead th {
  color: var(--dim); font-weight: 500; font-size: .82rem; text-align: right; vertical-align: bottom;
  padding: .3rem .5rem; position: sticky; top: 0; background: var(--page);
  border-bottom: 1px solid var(--line);
}
thead th:first-child { text-align: left; padding-left: 0; }
tbody tr { border-bottom: 1px solid var(--line); }
tbody th {
  text-align: left; font-weight: 500; padding: .45rem .5rem .45rem 0; overflow-wrap: anywhere;
  vertical-align: top;
}
tbody th span.dim { display: block; font-weight: 400; }
tbody th div.dim { font-weight: 400; max-width: 44rem; overflow-wrap: break-word; }
tbody th p { margin: .15rem 0 0; }
tbody th em {
  font-style: normal; font-size: .72rem; font-weight: 400; color: var(--dim); white-space: nowrap;
  border: 1px solid var(--line); border-radius: .2rem; padding: 0 .3rem; margin-left: .35rem;
}
td.n {
  text-align: right; font-variant-numeric: tabular-nums; padding: .45rem .5rem; width: 5.5rem;
  vertical-align: top;
}
.none { color: var(--skip); }
td.none { color: var(--line); }
td.chart { width: 7rem; vertical-align: top; padding: .9rem .5rem 0; }
.bar { display: flex; height: .4rem; border-radius: .2rem; overflow: hidden; gap: 1px; }
.bar i { flex: 1 1 0; min-width: 2px; background: currentColor; }
.refs { margin: .1rem 0 0; padding: 0; list-style: none; }
.refs li { display: inline; overflow-wrap: anywhere; }
.refs li + li::before { content: " \\00b7  "; }
.cases { padding: 0; list-style: none; margin: 0; }
.cases li {
  border-left: .2rem solid var(--bad); background: var(--soft); padding: .5rem .8rem;
  margin: .5rem 0; overflow-wrap: anywhere;
}
.cases p { margin: 0; }
details { border-bottom: 1px solid var(--line); }
summary { padding: .5rem 0; cursor: pointer; }
summary b { display: inline-block; min-width: 2.5rem; }
.where { margin: 0; padding: 0 0 .6rem 1.1rem; list-style: none; }
.where li { margin: .25rem 0; overflow-wrap: anywhere; }
.where li.bad, .where li.skip { color: inherit; }
.where li.bad::before { content: "! "; color: var(--bad); font-weight: 700; }
@media (max-width: 44rem) {
  main { padding: 1rem .8rem 3rem; }
  h1 { font-size: 1.5rem; }
  .tiles { grid-template-columns: repeat(2, 1fr); }
  table, tbody, tr, tbody th, td { display: block; }
  thead { display: none; }
  tbody tr { padding: .6rem 0; }
  tbody th { padding: 0; }
  td.chart { width: auto; padding: .4rem 0 .2rem; }
  td.n { display: inline-block; width: auto; padding: 0 .9rem 0 0; font-size: .87rem; }
  td.n::after { content: " " attr(data-name); }
  td.none { display: none; }
}
@media print {
  thead th { position: static; }
  tr, .cases li { break-inside: avoid; }
}
"""
