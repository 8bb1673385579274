"""`--stream` of `encrypt` and `decrypt`: messages larger than memory.

Rules:
- A failure leaves the target as it was, and is one line with the name of the file at fault.
- An error about a size names `--stream` if that would help.

Source: none; `joseal.stream` does the work.
"""

import os
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Final

import click

from joseal import Decrypter, Encrypter, TokenTooLargeError
from joseal._core.secrecy import hide_locals
from joseal.cli import exit_codes, files
from joseal.stream import decrypt_stream, encrypt_stream

_HELD: Final = ("token_bytes", "plaintext_bytes")


def option() -> click.Parameter:
    """Return `--stream`."""
    return click.Option(
        ["--stream"],
        is_flag=True,
        help="Process a message of any size without keeping it in memory.",
    )


@hide_locals
def encrypt(encrypter: Encrypter, source: Path, target: Path) -> None:
    """Encrypt the content of `source` into `target`.

    Raises:
        UsageError: the encrypter's enc, or compression, does not work with a stream.
        FailureError: a file can't be used.
    """
    with _source(source) as plaintext, files.writing(target, private=False) as token:
        try:
            encrypt_stream(encrypter, plaintext, token)
        except ValueError as error:
            reason = str(error)
        else:
            return
        raise click.UsageError(reason)


@hide_locals
def decrypt(decrypter: Decrypter, source: Path, target: Path) -> None:
    """Decrypt the token that makes up `source` into `target`.

    Raises:
        UsageError: the source is a pipe.
        FailureError: a file can't be used.
    """
    with _source(source) as token:
        if not token.seekable():
            raise click.UsageError("--stream reads a token twice: give a file, not a pipe")
        with files.writing(target, private=True) as plaintext:
            decrypt_stream(decrypter, token, plaintext)


@contextmanager
def naming_streams() -> Generator[None]:
    """Add `--stream` to an error about data that has to fit in memory.

    Raises:
        FailureError: a token or a plaintext is over its limit.
    """
    try:
        yield
    except TokenTooLargeError as error:
        if error.limit not in _HELD:
            raise
        code, text = error.code, f"{error}; --stream takes larger ones"
    else:
        return
    raise exit_codes.FailureError(code, text, exit_codes.Exit.TOKEN)


class _Source:
    """A binary file whose errors name it."""

    def __init__(self, file: BinaryIO, path: Path) -> None:
        self._file = file
        self._path = path

    def read(self, size_bytes: int, /) -> bytes:
        """Return up to a number of bytes.

        Raises:
            FailureError: they can't be read.
        """
        try:
            return self._file.read(size_bytes)
        except OSError as error:
            failure = files.not_readable(self._path, error)
        raise failure

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        """Go to a position and return it."""
        return self._file.seek(offset, whence)

    def seekable(self) -> bool:
        """Tell whether `seek` works."""
        return self._file.seekable()


@contextmanager
def _source(path: Path) -> Generator[_Source]:
    """Open a file, or take standard input for "-".

    Raises:
        FailureError: it can't be opened.
    """
    try:
        file = files.standard(sys.stdin).buffer if path == files.STANDARD else path.open("rb")
    except OSError as error:
        failure = files.not_readable(path, error)
    else:
        try:
            yield _Source(file, path)
        finally:
            if path != files.STANDARD:
                file.close()
        return
    raise failure
