"""The progress bar of a bulk run: how much of the input is done, rows a second, and the time left.

It goes to standard error, and only where that is a terminal.
"""

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


@final
class Bar:
    """A bar over the bytes of the input.

    Args:
        bytes: how many there are.
        begin: where the run begins; what was done before does not count for the rate.
    """

    def __init__(self, raw: int, begin: Journal) -> None:
        console = Console(stderr=True)
        self._progress = Progress(
            BarColumn(),
            TaskProgressColumn(),
            TextColumn("{task.fields[rate]} rows/s"),
            TextColumn("{task.fields[rejects]} rejects"),
            TimeRemainingColumn(),
            console=console,
            disable=not console.is_terminal,
        )
        self._began = time.monotonic()
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
        """Show how far the run is."""
        seconds = max(time.monotonic() - self._began, _LEAST_SECONDS)
        rate = (journal.rows + journal.rejects - self._before) / seconds
        self._progress.update(
            self._task, completed=journal.offset, rate=f"{rate:,.0f}", rejects=journal.rejects
        )
