"""The details of a call besides its outcome: its duration, and the cause of a failure.

Rules:
- Headers of an answer are kept by an allow-list, and only as short printable ASCII.
- A cause is one of the words below, chosen by an error's number or class; never a foreign text.
"""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import msgspec

from joseal._http.causes import Cause

HEADERS: Final = ("Date", "Retry-After", "X-Request-Id", "X-Correlation-Id", "X-Amzn-RequestId")

_KEPT: Final[Mapping[str, str]] = MappingProxyType({name.lower(): name for name in HEADERS})
_VALUE: Final = re.compile("[ -~]{1,128}")


class CallDetails(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """The details of a call. All details compare equal, so that outcomes are compared without them.

    Attributes:
        seconds: how long the call took.
        headers: the headers of the answer that support asks for, by their names in `HEADERS`.
        cause: the failure in transit; None if there was none, or if it is unknown.

    Example:
        >>> from joseal.juspay import CallDetails
        >>> CallDetails(seconds=0.2, headers={"X-Request-Id": "r-1"}).headers["X-Request-Id"]
        'r-1'
    """

    seconds: float = 0.0
    headers: dict[str, str] = {}
    cause: Cause | None = None

    def __eq__(self, other: object) -> bool:
        return isinstance(other, CallDetails)

    def __hash__(self) -> int:
        return hash(CallDetails)


def kept_headers(found: Mapping[str, str]) -> dict[str, str]:
    """Return the headers of an answer that may be kept.

    Args:
        found: all of them; names in any case.
    """
    # Looked up by name: reading all of urllib3's pairs costs more than looking up the few that are
    # kept.
    return {
        _KEPT[lower]: value
        for name in found
        if (lower := name.lower()) in _KEPT and _VALUE.fullmatch(value := found[name]) is not None
    }
