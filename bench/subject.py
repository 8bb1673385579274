"""One call to be timed, which proves that it does its work."""

from collections.abc import Callable
from typing import NamedTuple


class Subject(NamedTuple):
    """One call to be timed.

    Attributes:
        group: what is done to how many bytes; ratios are taken within a group.
        name: who does it.
        call: the call, complete.
        proves: tells whether what the call returned is the work done.
    """

    group: str
    name: str
    call: Callable[[], object]
    proves: Callable[[object], bool]

    def prove(self) -> None:
        """Run the call once.

        Raises:
            RuntimeError: it did not do its work.
        """
        if not self.proves(self.call()):
            raise RuntimeError(f"{self.group}, {self.name}: the result is wrong")
