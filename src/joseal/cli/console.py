"""The layout of output for people: plain words, a few columns, nothing that needs a color.

Only ASCII is printed, so that it looks the same in a file, a log and any terminal.
"""

import os
from collections.abc import Iterable
from typing import Final, Literal

import click
from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

_INDENT: Final = (0, 0, 0, 3)
_MOST_COLUMNS: Final = 80


class Page:
    """Text on standard output. It is printed as it is: no markup, no emoji.

    Args:
        silent: print nothing, because `--json` prints the result.
    """

    def __init__(self, *, silent: bool = False) -> None:
        self._silent = silent
        # https://no-color.org; rich would leave out only colors, and keep bold and dim.
        system: Literal["auto"] | None = None if os.environ.get("NO_COLOR") else "auto"
        self._console = Console(color_system=system, markup=False, emoji=False, highlight=False)
        self._console.width = min(self._console.width, _MOST_COLUMNS)

    def title(self, text: str) -> None:
        """Print a line that begins a page or a part of it."""
        self._print(Text(text, style="bold"))

    def say(self, text: str = "") -> None:
        """Print a paragraph, or an empty line."""
        self._print(Padding(Text(text), _INDENT))

    def rows(self, rows: Iterable[tuple[str, str]]) -> None:
        """Print names and their values."""
        table = Table.grid(padding=(0, 2, 0, 0))
        table.add_column(style="dim", overflow="fold")
        table.add_column(overflow="fold")
        for name, value in rows:
            table.add_row(Text(name), Text(value))
        self._print(Padding(table, _INDENT))

    def table(self, names: tuple[str, ...], rows: Iterable[tuple[str | int, ...]]) -> None:
        """Print rows under the names of their columns; numbers are aligned to the right."""
        grid = [*rows]
        table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="dim")
        for index, name in enumerate(names):
            numeric = all(isinstance(row[index], int) for row in grid)
            justify: Literal["left", "right"] = "right" if numeric else "left"
            table.add_column(Text(name), justify=justify, overflow="fold")
        for row in grid:
            table.add_row(*(Text(str(cell)) for cell in row))
        self._print(Padding(table, _INDENT))

    def _print(self, what: RenderableType) -> None:
        if self._silent:
            return
        with self._console.capture() as captured:
            self._console.print(what)
        # rich pads its lines with blanks, which don't belong in a file or a copied text.
        for line in captured.get().splitlines():
            click.echo(line.rstrip())
