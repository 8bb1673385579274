"""Which libraries can be asked, and how: one method.

Others are imported when they are asked for, and never otherwise.
"""

import importlib
import importlib.util
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, Protocol

from joseal.conformance.backends.own import ByJoseal
from joseal.conformance.model import Answer, Task


class Backend(Protocol):
    """A library that can be asked.

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
        """Whether error codes, and joseal's differences on purpose, are its own."""
        ...

    def run(self, task: Task) -> Answer:
        """Do the task. Nothing is raised for what a file can hold.

        Args:
            task: the operation, with its key and input.

        Returns:
            The output; or a refusal; or why the library can't do the task.

        Raises:
            Nothing, whatever a file has.

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
    """Tell whether a backend's library is here.

    Args:
        name: one of `BACKENDS`.

    Returns:
        Whether `backend` can make it.

    Raises:
        KeyError: a name that is not in `BACKENDS`.

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
        KeyError: a name that is not in `BACKENDS`.
        ImportError: its library is not here; `is_installed` tells.

    Example:
        >>> from joseal import conformance
        >>> conformance.backend("joseal").name
        'joseal ...'
    """
    if BACKENDS[name] == "joseal":
        return ByJoseal()
    made: Backend = importlib.import_module(f"joseal.conformance.backends.{name}").Peer()
    return made
