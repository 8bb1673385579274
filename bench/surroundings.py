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

from bench.tokens import cjose, npm_jose, other_languages

_PACKAGES = ("cryptography", "msgspec", "pybase64", "joserfc", "jwcrypto", "Authlib")


def describe() -> Iterator[tuple[str, str]]:
    """Yield what it is and which it is, line by line."""
    yield "machine", f"{_processor()}, {os.cpu_count()} cores, {platform.platform()}"
    yield "instructions", _instructions()
    yield "load", " ".join(f"{load:.2f}" for load in os.getloadavg()) + " (1, 5, 15 minutes)"
    yield "python", f"{platform.python_implementation()} {platform.python_version()}"
    yield "packages", ", ".join(f"{name} {_version(name)}" for name in _PACKAGES)
    missing = other_languages.absent()
    if cjose.Cjose.name not in missing:
        yield "cjose", f"{cjose.version()}, with the OpenSSL of the system, called by ctypes"
    if npm_jose.NAME not in missing:
        yield npm_jose.NAME, npm_jose.version()
    for name, reason in missing.items():
        yield "absent", f"{name}: {reason}"
    yield "openssl", f"{backend.openssl_version_text()}, of cryptography"
    yield "openssl too", f"{ssl.OPENSSL_VERSION}, of the interpreter (hmac, hashlib)"
    yield "base64", pybase64.get_version()


def _version(package: str) -> str:
    with suppress(PackageNotFoundError):
        return version(package)
    return "(not installed, from the source)"


def _instructions() -> str:
    """Say which there are of those that decide what the primitives cost."""
    found = "unknown"
    with suppress(OSError):
        lines = Path("/proc/cpuinfo").read_text("utf-8")
        flags = set((re.search(r"^flags\s*:(.*)$", lines, re.MULTILINE) or [""] * 2)[1].split())
        wanted = {"avx512ifma": "AVX-512 IFMA (RSA)", "vaes": "VAES", "sha_ni": "SHA-NI"}
        found = ", ".join(
            f"{'' if flag in flags else 'no '}{name}" for flag, name in wanted.items()
        )
    return found


def _processor() -> str:
    with suppress(OSError):
        lines = Path("/proc/cpuinfo").read_text("utf-8")
        found = re.search(r"^model name\s*: (.*)$", lines, re.MULTILINE)
        if found:
            return found[1]
    return platform.processor() or platform.machine()
