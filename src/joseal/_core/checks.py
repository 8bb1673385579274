"""What callers hand to the classes above: types are checked before any work.

Source: none; a switch that is taken for true because it is a non-empty string is how safe defaults
get lost.
"""

from joseal._core.limits import Limits


def check(limits: Limits, **flags: bool) -> None:
    """Check the limits and the switches of one object.

    Raises:
        TypeError: `limits` is no `Limits`, or a switch no bool; the message names which.
    """
    if not isinstance(limits, Limits):
        raise TypeError("limits must be Limits")
    for name, flag in flags.items():
        if type(flag) is not bool:
            raise TypeError(f"{name} must be bool")
