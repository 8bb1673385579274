"""Public classes and functions have the name that is imported, and not the place of their code."""

from typing import TypeVar

_T = TypeVar("_T")


def exported(named: _T) -> _T:
    """Name a class or a function after the package `joseal`, which loads it when it is first used.

    In a traceback, a repr, a pickle and the documentation it is `joseal.Key`, whoever loaded it.
    """
    named.__module__ = "joseal"
    return named
