"""The bar chart of the README: times of docs/performance.md, next to those of other libraries.

    python -m bench.report.chart    # writes docs/pictures/speed.svg anew

It reads the table of that page and nothing else, so that the picture and the page have the same
figures. `python -m bench.report --docs` runs it after it has written the page.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

DOCS: Final = Path(__file__).parents[2] / "docs"
PAGE: Final = DOCS / "performance.md"
PICTURE: Final = DOCS / "pictures" / "speed.svg"

_PANELS: Final = {
    "encrypt 300 B": "Encrypt 300 bytes",
    "decrypt 300 B": "Decrypt 300 bytes",
    "encrypt 16 MiB": "Encrypt 16 MiB",
    "decrypt 16 MiB": "Decrypt 16 MiB",
}
_NAMES: Final = ("joseal", "joserfc", "jwcrypto", "Authlib")
_CELL: Final = re.compile(r"([\d.]+) (us|ms) \([\d.]+\)")
_MICROSECONDS: Final = {"us": 1.0, "ms": 1000.0}
_ROLE: Final = 'role="img" aria-labelledby="title text"'
_TITLE: Final = "Time for one token, shorter is better"
_SUBTITLE: Final = "RSA-OAEP with A256CBC-HS512, RSA-2048; CPU time on one machine"
_WIDTH, _LEFT, _BAR, _ROW, _HEAD, _TOP = 460, 72, 300, 22, 34, 58

_STYLE: Final = """\
    .paper { fill: #ffffff; }
    .own { fill: #2c6fbb; }
    .peer { fill: #aeb8c4; }
    text { fill: #17202c; font: 13px system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
    .small { font-size: 12px; fill: #46525f; }
    .bold { font-weight: 600; }
    .end { text-anchor: end; }
    @media (prefers-color-scheme: dark) {
      .paper { fill: #1d2129; }
      .own { fill: #6aa5e8; }
      .peer { fill: #4d5866; }
      text { fill: #e9edf3; }
      .small { fill: #b9c3d0; }
    }
"""


class Bar(NamedTuple):
    """One library's time for one task.

    Attributes:
        name: of the library.
        shown: the time as the page has it, or that the library refuses the task.
        microseconds: 0 where it refuses.
    """

    name: str
    shown: str
    microseconds: float


def bars(page: str) -> dict[str, list[Bar]]:
    """Read the table that has one column for each library.

    Raises:
        ValueError: the page does not have the table, or not with these rows and columns.
    """
    head = f"|  | the bare calls | {' | '.join(_NAMES)} |"
    if page.count(head) != 1:
        raise ValueError("the page does not have the table of libraries once")
    lines = page.partition(head)[2].partition("\n\n")[0].splitlines()
    rows = {cells[0]: cells[2:] for cells in map(_cells, lines) if len(cells) > 2}
    return {
        title: [_bar(name, cell) for name, cell in zip(_NAMES, rows[task], strict=True)]
        for task, title in _PANELS.items()
    }


def chart(page: str) -> str:
    """Return the picture: a group of bars for each task, the longest always as long."""
    panels = bars(page)
    height = _TOP + len(panels) * (_HEAD + len(_NAMES) * _ROW) + 12
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" {_ROLE}>',
        '  <title id="title">Time to encrypt and decrypt, next to other libraries</title>',
        f'  <desc id="text">{_described(panels)}</desc>',
        f"  <style>\n{_STYLE}  </style>",
        f'  <rect class="paper" width="{_WIDTH}" height="{height}"/>',
        f'  <text class="bold" x="12" y="24">{_TITLE}</text>',
        f'  <text class="small" x="12" y="43">{_SUBTITLE}</text>',
        *_panels(panels),
        "</svg>\n",
    ]
    return "\n".join(parts)


def main() -> None:
    """Write the picture."""
    PICTURE.write_text(chart(PAGE.read_text("utf-8")), "utf-8")


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip("|").split("|")]


def _bar(name: str, cell: str) -> Bar:
    found = _CELL.fullmatch(cell)
    if found is None:
        return Bar(name, f"{cell} at this size", 0.0)
    return Bar(
        name,
        f"{found[1]} {found[2]}".replace("us", "µs"),
        float(found[1]) * _MICROSECONDS[found[2]],
    )


def _described(panels: dict[str, list[Bar]]) -> str:
    return "; ".join(
        f"{title}: {', '.join(f'{bar.name} {bar.shown}' for bar in row)}"
        for title, row in panels.items()
    )


def _panels(panels: dict[str, list[Bar]]) -> Iterator[str]:
    y = _TOP
    for title, row in panels.items():
        yield f'  <text class="bold" x="12" y="{y + 18}">{title}</text>'
        y += _HEAD
        longest = max(bar.microseconds for bar in row)
        for bar in row:
            yield from _drawn(bar, bar.microseconds / longest, y)
            y += _ROW


def _drawn(bar: Bar, part: float, y: int) -> Iterator[str]:
    kind = "own" if bar.name == _NAMES[0] else "peer"
    length = round(part * _BAR)
    yield f'  <text class="end" x="{_LEFT - 8}" y="{y + 9}">{bar.name}</text>'
    if length:
        place = f'x="{_LEFT}" y="{y - 3}" width="{length}" height="15"'
        yield f'  <rect class="{kind}" {place} rx="2"/>'
    yield f'  <text class="small" x="{_LEFT + length + 8}" y="{y + 9}">{bar.shown}</text>'


if __name__ == "__main__":
    main()
