"""Which libraries can be asked, and how: one method.

Others are imported when they are asked for, and never otherwise.
"""

import importlib
import importlib.util
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, Protocol

from joseal.conformance.backends.by_joseal import ByJoseal
from joseal.conformance.model import Answer, Task


class Backend(Protocol):
    """A library that can be asked."""

    @property
    def name(self) -> str:
        """The library's name and version."""
        ...

    @property
    def is_joseal(self) -> bool:
        """Whether error codes, and joseal's differences on purpose, are its own."""
        ...

    def run(self, task: Task) -> Answer:
        """Do the task. Nothing is raised for what a file can hold."""
        ...


# Each with the distribution that it needs.
BACKENDS: Final[Mapping[str, str]] = MappingProxyType(
    {"joseal": "joseal", "jwcrypto": "jwcrypto", "joserfc": "joserfc"}
)


def is_installed(name: str) -> bool:
    """Tell whether a backend's library is here."""
    return importlib.util.find_spec(BACKENDS[name]) is not None


def backend(name: str) -> Backend:
    """Make a backend.

    Raises:
        KeyError: a name that is not in `BACKENDS`.
        ImportError: its library is not here; `is_installed` tells.
    """
    if BACKENDS[name] == "joseal":
        return ByJoseal()
    made: Backend = importlib.import_module(f"joseal.conformance.backends.by_{name}").Peer()
    return made
