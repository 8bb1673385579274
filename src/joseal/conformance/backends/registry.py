"""The libraries that can be tested, and their interface of one method.

Others are imported only on demand.
"""

import importlib
import importlib.util
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, Protocol

from joseal.conformance.backends.own import ByJoseal
from joseal.conformance.model import Answer, Task


class Backend(Protocol):
    """A library that can be tested.

    Example:
        >>> from joseal import conformance
        >>> conformance.backend("joseal").name
        'joseal ...'
    """

    @property
    def name(self) -> str:
        """The library's name and version."""
        ...

    @property
    def is_joseal(self) -> bool:
        """Whether joseal's error codes and its intentional differences apply."""
        ...

    def run(self, task: Task) -> Answer:
        """Do the task. No content of a file makes it raise.

        Args:
            task: the operation, with its key and input.

        Returns:
            The output; or a refusal; or why the library can't do the task.

        Raises:
            Nothing, whatever a file contains.

        Example:
            >>> from pathlib import Path
            >>> from joseal import conformance
            >>> text = '[{"kty": "oct", "k": "AAAAAAAAAAAAAAAAAAAAAA", "alg": "A128KW"}]'
            >>> size = Path("keys.json").write_text(text)
            >>> report = conformance.verify([Path("keys.json")], conformance.backend("joseal"))
            >>> report.backend
            'joseal ...'
        """
        ...


# Each with the distribution that it needs.
BACKENDS: Final[Mapping[str, str]] = MappingProxyType(
    {"joseal": "joseal", "jwcrypto": "jwcrypto", "joserfc": "joserfc"}
)


def is_installed(name: str) -> bool:
    """Tell whether a backend's library is installed.

    Args:
        name: one of `BACKENDS`.

    Returns:
        Whether `backend` can return it.

    Raises:
        KeyError: `name` is not in `BACKENDS`.

    Example:
        >>> from joseal import conformance
        >>> conformance.is_installed("joseal")
        True
    """
    return importlib.util.find_spec(BACKENDS[name]) is not None


def backend(name: str) -> Backend:
    """Make a backend.

    Args:
        name: one of `BACKENDS`.

    Returns:
        The backend, for `verify`.

    Raises:
        KeyError: `name` is not in `BACKENDS`.
        ImportError: its library is not installed; see `is_installed`.

    Example:
        >>> from joseal import conformance
        >>> conformance.backend("joseal").name
        'joseal ...'
    """
    if BACKENDS[name] == "joseal":
        return ByJoseal()
    made: Backend = importlib.import_module(f"joseal.conformance.backends.{name}").Peer()
    return made
