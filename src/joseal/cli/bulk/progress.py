"""The progress of a bulk run: how much of the input is done, rows per second, and the time left.

On standard error: a bar if that is a terminal, and otherwise lines if they are wanted.
"""

import sys
import time
from typing import Final, Self, final

from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    TaskProgressColumn,
    TextColumn,
    TimeRemainingColumn,
)

from joseal.cli.bulk.journal import Journal

_LEAST_SECONDS: Final = 1e-6
# Between two lines for a log.
SECONDS_BETWEEN: Final = 10.0


@final
class Bar:
    """A bar over the bytes of the input.

    Args:
        raw: how many there are; None if unknown.
        begin: where the run begins; earlier work does not count for the rate.
        lines: print a line from time to time if there is no terminal.
    """

    def __init__(self, raw: int | None, begin: Journal, *, lines: bool) -> None:
        console = Console(stderr=True)
        self._lines = lines and not console.is_terminal
        self._raw = raw
        self._progress = Progress(
            BarColumn(),
            TaskProgressColumn(),
            TextColumn("{task.fields[rate]} rows/s"),
            TextColumn("{task.fields[rejects]} rejects"),
            TimeRemainingColumn(),
            console=console,
            disable=not console.is_terminal,
        )
        self._began = self._said = time.monotonic()
        self._before = begin.rows + begin.rejects
        self._task = self._progress.add_task(
            "", total=raw, completed=begin.offset, rate="0", rejects=begin.rejects
        )

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(self, *_exception: object) -> None:
        self._progress.stop()

    def show(self, journal: Journal) -> None:
        """Show the progress of the run."""
        now = time.monotonic()
        seconds = max(now - self._began, _LEAST_SECONDS)
        rate = (journal.rows + journal.rejects - self._before) / seconds
        self._progress.update(
            self._task, completed=journal.offset, rate=f"{rate:,.0f}", rejects=journal.rejects
        )
        if self._lines and now - self._said >= SECONDS_BETWEEN:
            self._said = now
            sys.stderr.write(self._line(journal, rate) + "\n")
            sys.stderr.flush()

    def _line(self, journal: Journal, rate: float) -> str:
        part = "" if not self._raw else f" of IN {journal.offset / self._raw:.0%},"
        return (
            f"joseal: progress:{part} {journal.rows} rows, {journal.rejects} rejects, "
            f"{rate:.0f} rows/s"
        )
