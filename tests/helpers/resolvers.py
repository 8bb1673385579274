"""Name resolution that does not depend on the machine: neither its network nor its load."""

import contextlib
import socket
from collections.abc import Iterator

import pytest

from joseal._http import deadline


@contextlib.contextmanager
def at_once() -> Iterator[None]:
    """Let every name be this machine, in no time: a short time-out is for what comes after it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(deadline, "addresses", lambda _host, port, _seconds: [("127.0.0.1", port)])
        yield


@contextlib.contextmanager
def without_names() -> Iterator[None]:
    """Let no name have an address. A resolver without a network may take longer than any test."""

    def fail(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket, "getaddrinfo", fail)
        yield
