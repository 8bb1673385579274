"""What the figures were taken on. Figures without it mean nothing."""

import os
import platform
import re
import ssl
from collections.abc import Iterator
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import pybase64
from cryptography.hazmat.backends.openssl import backend

_PACKAGES = ("joseal", "cryptography", "msgspec", "pybase64", "joserfc", "jwcrypto", "Authlib")


def describe() -> Iterator[tuple[str, str]]:
    """Yield what it is and which it is, line by line."""
    yield "machine", f"{_processor()}, {os.cpu_count()} cores, {platform.platform()}"
    yield "load", " ".join(f"{load:.2f}" for load in os.getloadavg()) + " (1, 5, 15 minutes)"
    yield "python", f"{platform.python_implementation()} {platform.python_version()}"
    yield "packages", ", ".join(f"{name} {_version(name)}" for name in _PACKAGES)
    yield "openssl", f"{backend.openssl_version_text()}, of cryptography"
    yield "openssl too", f"{ssl.OPENSSL_VERSION}, of the interpreter (hmac, hashlib)"
    yield "base64", pybase64.get_version()


def _version(package: str) -> str:
    with suppress(PackageNotFoundError):
        return version(package)
    return "(not installed, from the source)"


def _processor() -> str:
    with suppress(OSError):
        lines = Path("/proc/cpuinfo").read_text("utf-8")
        found = re.search(r"^model name\s*: (.*)$", lines, re.MULTILINE)
        if found:
            return found[1]
    return platform.processor() or platform.machine()
