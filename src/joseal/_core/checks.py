"""Checks of the arguments that callers pass: types are checked before any work is done.

A `TypeError` names the argument, the type that was passed, and what to do about it. It never shows
a value, which may be the plaintext or a key.

Source: none. Safe defaults get lost when a non-empty string counts as true.
"""

import math
import sys
from collections.abc import Callable, Mapping

from joseal._core.limits import Limits


def check(limits: Limits, **flags: bool) -> None:
    """Check the limits and the switches of one object.

    Raises:
        TypeError: `limits` is not `Limits`, or a switch is not a bool; the message names which.
    """
    if not isinstance(limits, Limits):
        raise wrong_type("limits", "Limits", limits, "write Limits(token_bytes=...)")
    for name, flag in flags.items():
        if type(flag) is not bool:
            raise wrong_type(name, "bool", flag)


def check_texts(**texts: str | None) -> None:
    """Check optional texts that a caller gives.

    Raises:
        TypeError: one is neither str nor None; the message names which.
    """
    for name, text in texts.items():
        if text is not None and not isinstance(text, str):
            raise wrong_type(name, "str", text)


def check_ints(**numbers: int) -> None:
    """Check the numbers that a caller gives.

    Raises:
        TypeError: one is not an int; the message names which.
    """
    for name, number in numbers.items():
        if type(number) is not int:
            raise wrong_type(name, "int", number)


def is_finite(number: float) -> bool:
    """Tell whether a number that a caller gives is finite, as a float too: an int can be larger."""
    return abs(number) <= sys.float_info.max


def seconds_of(name: str, clock: Callable[[], float]) -> float:
    """Ask the caller's clock.

    Raises:
        ValueError: its answer is not finite, or is too large for a float.
    """
    try:
        found = float(clock())
    except OverflowError:
        found = math.inf
    if not math.isfinite(found):
        raise ValueError(f"{name} must return a finite number")
    return found


def wrong_type(argument: str, expected: str, given: object, remedy: str = "") -> TypeError:
    """Make the error for an argument of the wrong type."""
    found = "None" if given is None else type(given).__name__
    return TypeError(
        f"{argument} must be {expected}, not {found}" + (f": {remedy}" if remedy else "")
    )


def not_bytes(argument: str, given: object) -> TypeError:
    """Make the error for an argument that should have been bytes."""
    kind, remedy = type(given), ""
    if issubclass(kind, str):
        remedy = f"write {argument}.encode()"
    elif issubclass(kind, Mapping | list | tuple):
        remedy = f"write json.dumps({argument}).encode()"
    elif issubclass(kind, bytearray | memoryview):
        remedy = f"write bytes({argument})"
    return wrong_type(argument, "bytes", given, remedy)


def not_key(argument: str, given: object) -> TypeError:
    """Make the error for an argument that should have been a `Key`."""
    kind, remedy = type(given), ""
    if issubclass(kind, str | bytes):
        remedy = "load it first, for example with Key.from_pem or Key.from_jwk"
    elif issubclass(kind, Mapping):
        remedy = "load it first, with Key.from_jwk"
    elif issubclass(kind, list | tuple | set | frozenset) or kind.__name__ == "KeySet":
        remedy = "choose one key"
    elif kind.__module__.startswith("cryptography."):
        remedy = "load its PEM, with Key.from_pem"
    return wrong_type(argument, "a Key", given, remedy)
