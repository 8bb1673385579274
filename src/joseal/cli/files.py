"""Files and pipes: bounded reading, and writing that is complete and private, or leaves no file.

Rules:
- A file is written next to its target and renamed onto it. Nobody sees a partial file, no symbolic
  link is followed, and an error leaves the target as it was and nothing else behind.
- The mode is set when the file is created, so there is no moment when others can open it.
"""

import errno
import os
import stat
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Final, TextIO

import click

from joseal.cli import exit_codes, naming

STANDARD: Final = Path("-")

_PRIVATE: Final = 0o600
_PUBLIC: Final = 0o644


def read(path: Path, most_bytes: int) -> bytes:
    """Read a file, or standard input for "-", up to one byte over `most_bytes`.

    With that extra byte, the caller's own limit refuses the input, in its own words.

    Raises:
        FailureError: it can't be read.
    """
    try:
        if path == STANDARD:
            return standard(sys.stdin).buffer.read(most_bytes + 1)
        with path.open("rb") as file:
            return file.read(most_bytes + 1)
    except OSError as error:
        failure = not_readable(path, error)
    raise failure


def not_readable(path: Path, error: OSError) -> exit_codes.FailureError:
    """Say that a file, or standard input for "-", can't be read."""
    told = None if path == STANDARD else naming.contents(os.fspath(path))
    if told is None:
        return exit_codes.of_file("read", _name(path), error)
    text = f"{told}, where the path of a file is wanted: pipe it in and give -, or write it to one"
    return exit_codes.FailureError("file", text, exit_codes.Exit.FILE)


@contextmanager
def writing(path: Path, *, private: bool) -> Generator[BinaryIO]:
    """Yield a binary file to write to, which becomes `path` once complete; or standard output.

    Raises:
        FailureError: as for `write`.
    """
    try:
        if path == STANDARD:
            stream = standard(sys.stdout).buffer
            yield stream
            stream.flush()
            return
        if _can_be_replaced(path):
            with _placing(path, _PRIVATE if private else _PUBLIC, replace=True) as file:
                yield file
            return
        failure = _not_regular(path)
    except OSError as error:
        failure = _not_writable(path, error)
    raise failure


def write(path: Path, data: bytes, *, private: bool, replace: bool = True) -> None:
    """Write a file, or standard output for "-".

    A private file has mode 0600; any other has 0644 minus the umask. An existing regular file
    is replaced, unless `replace` is false; anything else (a link, a device, a pipe) is refused
    rather than replaced.

    Raises:
        FailureError: it can't be written, the target is not a regular file, or it already exists
            and may not be replaced.
    """
    try:
        if path == STANDARD:
            stream = standard(sys.stdout).buffer
            stream.write(data)
            stream.flush()
            return
        if _can_be_replaced(path):
            mode = _PRIVATE if private else _PUBLIC
            with _placing(path, mode, replace=replace) as file:
                file.write(data)
            return
        failure = _not_regular(path)
    except FileExistsError:
        text = f"{_name(path)} already exists: --force replaces it"
        failure = exit_codes.FailureError("file", text, exit_codes.Exit.FILE)
    except OSError as error:
        failure = _not_writable(path, error)
    raise failure


def write_token(path: Path, token: str) -> None:
    """Write a token and nothing after it; on a terminal, a line end.

    A compact token has no line end, and strict readers refuse one: joseal's own `Decrypter`, and
    Debian's `jose`. On a terminal the prompt would otherwise follow on the token's line.

    Raises:
        FailureError: as for `write`.
    """
    shown = path == STANDARD and sys.stdout is not None and sys.stdout.isatty()
    write(path, token.encode() + (b"\n" if shown else b""), private=False)


def check_replaceable(path: Path) -> None:
    """Refuse early what `write` would refuse: a target that is not a regular file.

    Raises:
        FailureError: it exists and is something else; or it can't be examined.
    """
    try:
        if _can_be_replaced(path):
            return
        failure = _not_regular(path)
    except OSError as error:
        failure = exit_codes.of_file("write", _name(path), error)
    raise failure


def standard_output_failed(error: OSError) -> exit_codes.FailureError:
    """Report it, and discard the rest of the buffer."""
    _discard(sys.stdout)
    return exit_codes.of_file("write", "standard output", error)


def tell_error(line: str) -> None:
    """Write a line to standard error. If that fails, only the exit code can still tell anything.

    It has to: after a payout of unknown outcome, a different one would say that nothing was sent.
    """
    try:
        click.echo(line, err=True)
    except OSError:
        _discard(sys.stderr)


def _discard(stream: TextIO | None) -> None:
    """Discard the rest of a stream's buffer, which would fail again at exit."""
    if stream is not None:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)


def standard(stream: TextIO | None) -> TextIO:
    """Return a standard stream, which is None if the shell has closed it.

    Raises:
        OSError: it is closed.
    """
    if stream is None:
        raise OSError(errno.EBADF, os.strerror(errno.EBADF))
    return stream


def _can_be_replaced(path: Path) -> bool:
    """Tell whether the target is free or a regular file; a link is not followed."""
    try:
        return stat.S_ISREG(path.lstat().st_mode)
    except FileNotFoundError:
        return True


def _not_regular(path: Path) -> exit_codes.FailureError:
    text = f"{_name(path)} is not a regular file"
    return exit_codes.FailureError("file", text, exit_codes.Exit.FILE)


def _not_writable(path: Path, error: OSError) -> exit_codes.FailureError:
    if path == STANDARD:
        return standard_output_failed(error)
    return exit_codes.of_file("write", _name(path), error)


@contextmanager
def _placing(path: Path, mode: int, *, replace: bool) -> Generator[BinaryIO]:
    """Write next to the target, then rename; or link, which fails if the target exists."""
    # It loads its own OpenSSL, so only code that writes a file imports it.
    import secrets  # noqa: PLC0415

    temporary = path.with_name(f".joseal-{secrets.token_hex(8)}")
    # O_EXCL creates a new file or fails, and follows no link. O_BINARY exists only on Windows.
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    descriptor = os.open(temporary, flags, mode)
    try:
        with os.fdopen(descriptor, "wb") as file:
            yield file
            file.flush()
            os.fsync(descriptor)
        if replace:
            temporary.replace(path)
        else:
            path.hardlink_to(temporary)
    finally:
        temporary.unlink(missing_ok=True)


def _name(path: Path) -> str:
    return "standard input" if path == STANDARD else naming.name(path)
