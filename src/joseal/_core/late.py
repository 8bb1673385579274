"""Modules that are imported when one of their names is first used.

A program pays for its imports at each start, and most programs use one format of keys and one or
two algorithms. A module that uses such a late module imports it normally under `TYPE_CHECKING`, for
type checkers; at run time it gets the result of `late`.

Rules:
- No received token waits for an import, so that all failures take the same time: the code that
  opens tokens is imported when the key is loaded, or by `load` when the object is made.
- Concurrent threads are safe: one of them imports the module, and the others wait.
- A fork waits until the import is done. A child that was forked during an import would wait for a
  thread that it does not have.
- No module uses a late module while it is itself being imported, so that no two imports wait for
  each other.
"""

import os
from _thread import RLock
from importlib import import_module
from types import ModuleType
from typing import Final

# `threading` has the same lock, but takes as long to import as several of these modules.
_IMPORTING: Final = RLock()

if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=_IMPORTING.acquire,
        after_in_parent=_IMPORTING.release,
        after_in_child=_IMPORTING.release,
    )


class Late:
    """A module that is not imported yet, with the attributes of that module."""

    __slots__ = ("_late_module", "_late_name")

    _late_module: ModuleType | None
    _late_name: str

    def __init__(self, name: str) -> None:
        self._late_name, self._late_module = name, None

    def __getattr__(self, name: str) -> object:
        # It reads the slot: calling `load` on each use would take half a microsecond.
        module = self._late_module
        found: object = getattr(load(self) if module is None else module, name)
        return found

    def __reduce__(self) -> tuple[type["Late"], tuple[str]]:
        # A copy would have no slots set, and would look for them in a module whose name it lacks.
        return Late, (self._late_name,)


def late(name: str) -> Late:
    """Return a placeholder for a module, which is imported when one of its names is first used."""
    return Late(name)


def load(module: ModuleType | Late) -> ModuleType:
    """Import a module now, unless it has been imported, and return it."""
    if isinstance(module, ModuleType):
        return module
    if module._late_module is None:
        with _IMPORTING:
            module._late_module = import_module(module._late_name)
    return module._late_module
