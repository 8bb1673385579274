"""Public classes and functions show the name that users import, not the module of their code."""

from typing import TypeVar

_T = TypeVar("_T")


def exported(named: _T) -> _T:
    """Name a class or a function after the package `joseal`, which loads it when it is first used.

    Tracebacks, reprs, pickles and the documentation say `joseal.Key`, whichever module loaded it.
    """
    named.__module__ = "joseal"
    return named
