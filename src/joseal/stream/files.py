"""Whole files: the new one is private and complete, or it is not there.

Rules:
- A file is written next to its target and renamed onto it. Nobody sees a part of it, no symbolic
  link is followed, and an error leaves the target as it was and nothing else behind.
- The mode is given when the file is created, so no moment exists in which others can open it.
- What was renamed is on the disk: first the file, then its directory.

Source: none; POSIX `open`, `fsync` and `rename`.
"""

import io
import os
import stat
import sys
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from os import PathLike, fspath
from pathlib import Path
from tempfile import mkstemp
from typing import TypeAlias

from joseal._core.jwe import Decrypter, Encrypter
from joseal._core.secrecy import hide_locals
from joseal.stream.tokens import decrypt_stream, encrypt_stream

AnyPath: TypeAlias = str | PathLike[str]


@hide_locals
def encrypt_file(
    encrypter: Encrypter,
    source: AnyPath,
    target: AnyPath,
    *,
    header: Mapping[str, object] | None = None,
    plaintext_bytes: int | None = None,
) -> None:
    """Encrypt a file into a new file, which takes the place of `target` when it is whole.

    It is written next to the target with mode 0600, flushed to the disk and renamed. An exception
    leaves the target as it was and nothing else behind. Both may be the same file.

    Raises:
        ValueError: the target is a link, a directory or anything else but a regular file; or as
            `encrypt_stream`.

    Further exceptions and arguments are those of `encrypt_stream`.
    """
    with _reading(source) as plaintext, _replacing(target) as token:
        encrypt_stream(encrypter, plaintext, token, header=header, plaintext_bytes=plaintext_bytes)


@hide_locals
def decrypt_file(
    decrypter: Decrypter,
    source: AnyPath,
    target: AnyPath,
    *,
    plaintext_bytes: int | None = None,
) -> None:
    """Open the token in a file into a new file, which takes the place of `target` when it is whole.

    What `encrypt_file` promises of the target holds here too: there is all of the plaintext or
    nothing of it.

    Raises:
        ValueError: the target is a link, a directory or anything else but a regular file; or as
            `decrypt_stream`.

    Further exceptions and arguments are those of `decrypt_stream`.
    """
    with _reading(source) as token, _replacing(target) as plaintext:
        decrypt_stream(decrypter, token, plaintext, plaintext_bytes=plaintext_bytes)


def _reading(path: AnyPath) -> io.FileIO:
    return Path(fspath(path)).open("rb", buffering=0)


@contextmanager
def _replacing(path: AnyPath) -> Generator[io.FileIO]:
    """Give a new private file, which takes the place of another one if nothing goes wrong."""
    target = Path(fspath(path))
    if not _can_be_replaced(target):
        raise ValueError("the target is no regular file")
    with _flushed(target.parent):
        # It makes a new file or fails, and follows no link.
        descriptor, name = mkstemp(prefix=".joseal-", dir=target.parent)
        beside = Path(name)
        try:
            with os.fdopen(descriptor, "wb", buffering=0) as file:
                yield file
                os.fsync(descriptor)
            beside.replace(target)
        finally:
            beside.unlink(missing_ok=True)


def _can_be_replaced(path: Path) -> bool:
    """Tell whether the target is free or a regular file; a link is itself, not what it names."""
    try:
        return stat.S_ISREG(path.lstat().st_mode)
    except FileNotFoundError:
        return True


@contextmanager
def _flushed(path: Path) -> Generator[None]:
    """Flush what was renamed to the disk, where directories can be opened."""
    if sys.platform == "win32":
        yield
        return
    # Opened first: a directory that can't be is found while the target is as it was.
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
