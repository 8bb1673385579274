"""How much is sent to a worker at a time: measured, because the right size depends on the executor.

Every task has an overhead: 0.1 ms with joseal's own processes, 5 to 20 ms with a cluster. So a task
should take many times that, but no longer than needed: its data is in memory, and it is done again
if a worker dies.
"""

from typing import Final, final

# A task may spend a twentieth of its time on its overhead.
_PARTS: Final = 20


@final
class Pace:
    """The size of the next task.

    Args:
        first: the size until one was measured, and the smallest.
        most: the largest.
        seconds: how long a task should take at least.
        growth: how many times larger the next task may be than the one that was measured.

    Attributes:
        size: how many items or bytes go together.
    """

    def __init__(self, first: int, most: int, seconds: float = 0.0, growth: int = 4) -> None:
        self.size = first
        self._least = first
        self._most = max(first, most)
        self._seconds = seconds
        self._growth = growth

    def costs(self, seconds: float) -> None:
        """Take into account the overhead of a task."""
        self._seconds = max(self._seconds, _PARTS * seconds)

    def learn(self, size: int, seconds: float) -> None:
        """Take into account how long the work of a task took."""
        if size < 1 or seconds <= 0:
            return
        wanted = min(round(size * self._seconds / seconds), self.size * self._growth)
        self.size = min(max(wanted, self._least), self._most)
