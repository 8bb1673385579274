"""The cause of a failure in transit, from numbers and classes, and never from a text.

Source: OpenSSL's X509_V_ERR codes (x509_vfy.h), and the errno values of POSIX.
"""

import errno
import socket
import ssl
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Final, Literal, TypeAlias

from urllib3.exceptions import (
    ConnectTimeoutError,
    NameResolutionError,
    NewConnectionError,
    ReadTimeoutError,
)

from joseal._http.connection import CredentialsError, TunnelError
from joseal._http.deadline import DeadlineError

Cause: TypeAlias = Literal[
    "DNS",
    "refused",
    "unreachable",
    "reset",
    "connect time-out",
    "handshake time-out",
    "answer time-out",
    "deadline",
    "unknown CA",
    "certificate name",
    "certificate expired",
    "certificate not valid yet",
    "certificate revoked",
    "certificate",
    "TLS",
    "proxy",
    "proxy credentials",
]

_VERIFY: Final[Mapping[int, Cause]] = MappingProxyType(
    {
        9: "certificate not valid yet",
        10: "certificate expired",
        18: "unknown CA",
        19: "unknown CA",
        20: "unknown CA",
        21: "unknown CA",
        23: "certificate revoked",
        62: "certificate name",
        64: "certificate name",
    }
)
_ERRNO: Final[Mapping[int, Cause]] = MappingProxyType(
    {
        errno.ECONNREFUSED: "refused",
        errno.ENETUNREACH: "unreachable",
        errno.EHOSTUNREACH: "unreachable",
        errno.ECONNRESET: "reset",
        errno.EPIPE: "reset",
    }
)

# The first class that matches decides.
_CLASSES: Final[tuple[tuple[type[BaseException], Cause], ...]] = (
    (DeadlineError, "deadline"),
    (CredentialsError, "proxy credentials"),
    (TunnelError, "proxy"),
    (socket.gaierror, "DNS"),
    (NameResolutionError, "DNS"),
    (ConnectTimeoutError, "connect time-out"),
    (ssl.SSLError, "TLS"),
)


def cause_of(error: BaseException, *, handed_over: bool) -> Cause | None:
    """Return what went wrong, or None if neither a number nor a class tells.

    Args:
        error: the exception that the request raised.
        handed_over: whether the request had begun to leave.
    """
    for each in _chain(error):
        found = _of_one(each, handed_over=handed_over)
        if found is not None:
            return found
    return None


def _chain(error: BaseException) -> Iterator[BaseException]:
    """Yield an error and the errors that led to it, the innermost first."""
    links: list[BaseException] = []
    following: object = error
    while isinstance(following, BaseException) and following not in links:
        links.append(following)
        following = following.__cause__ or following.__context__
    inner = [each for link in links for each in link.args if isinstance(each, BaseException)]
    return iter([*inner, *reversed(links)])


def _of_one(error: BaseException, *, handed_over: bool) -> Cause | None:
    if isinstance(error, ssl.SSLCertVerificationError):
        return _VERIFY.get(error.verify_code, "certificate")
    if isinstance(error, NewConnectionError) and not isinstance(error, NameResolutionError):
        # urllib3 counts it as a time-out. The error that led to it tells more.
        return None
    for kind, cause in _CLASSES:
        if isinstance(error, kind):
            return cause
    if isinstance(error, ReadTimeoutError):
        return "answer time-out" if handed_over else "handshake time-out"
    return _ERRNO.get(error.errno or 0) if isinstance(error, OSError) else None
