"""Modules that are imported when something of them is first used.

Every start of a program pays for what it imports, and most use one format of keys and one or two
algorithms. Where such a module is used, a checker reads a plain import under `TYPE_CHECKING`, and
the program gets what `late` returns.

Rules:
- No token waits for an import, so that no failure takes longer than another: what handles tokens is
  imported when the key is loaded, or by `load` when the object is made.
- Threads that come at the same time are safe: the import is made once, and the others wait.
- A fork waits until the import is done. A child that was forked in the middle of one would wait for
  a thread that it does not have.
- No module uses what is late while it is itself imported, so that no two imports wait for each
  other.
"""

import os
from _thread import RLock
from importlib import import_module
from types import ModuleType
from typing import Final

# `threading` has the same lock, and takes as long to import as several of these modules.
_IMPORTING: Final = RLock()

if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=_IMPORTING.acquire,
        after_in_parent=_IMPORTING.release,
        after_in_child=_IMPORTING.release,
    )


class Late:
    """A module in waiting, with the attributes of the module."""

    __slots__ = ("_late_module", "_late_name")

    _late_module: ModuleType | None
    _late_name: str

    def __init__(self, name: str) -> None:
        self._late_name, self._late_module = name, None

    def __getattr__(self, name: str) -> object:
        # By the slot: with a call of `load`, each use would take half a microsecond.
        module = self._late_module
        found: object = getattr(load(self) if module is None else module, name)
        return found

    def __reduce__(self) -> tuple[type["Late"], tuple[str]]:
        # A copy has no attributes yet, and would look for them in a module that it can't name.
        return Late, (self._late_name,)


def late(name: str) -> Late:
    """Return a module by its name, to be imported when something of it is used."""
    return Late(name)


def load(module: ModuleType | Late) -> ModuleType:
    """Import a module now, if it is still waiting, and return it."""
    if isinstance(module, ModuleType):
        return module
    if module._late_module is None:
        with _IMPORTING:
            module._late_module = import_module(module._late_name)
    return module._late_module
