"""Binary file objects: their interface, and complete reading and writing.

Rules:
- A raw file may return less than requested and accept less than it was given: both are continued.
  One that does not block and has nothing to return is an error, never an end.
- Exceptions raised by a file pass through unchanged.

Source: none; these are the duties that Python's `io` module leaves to the caller of a raw file.
"""

import errno
import io
from typing import Protocol, runtime_checkable


@runtime_checkable
class Source(Protocol):
    """A binary file that can be read."""

    def read(self, size_bytes: int, /) -> bytes | None:
        """Return up to a number of bytes, none at the end."""
        ...


@runtime_checkable
class SeekableSource(Source, Protocol):
    """A binary file that can be read more than once."""

    def seek(self, offset: int, whence: int, /) -> int:
        """Go to a position and return it."""
        ...

    def seekable(self) -> bool:
        """Tell whether `seek` works."""
        ...


@runtime_checkable
class Target(Protocol):
    """A binary file that can be written."""

    def write(self, raw: bytes, /) -> int | None:
        """Write bytes, and return how many were accepted."""
        ...


def check(source: object, target: object) -> None:
    """Check a caller's binary files.

    Raises:
        TypeError: one is in text mode, or is not a file.
    """
    if isinstance(source, io.TextIOBase) or not isinstance(source, Source):
        raise TypeError("source must be a binary file")
    if isinstance(target, io.TextIOBase) or not isinstance(target, Target):
        raise TypeError("target must be a binary file")


def is_seekable(source: object) -> bool:
    """Tell whether a file can be read more than once."""
    return isinstance(source, SeekableSource) and source.seekable()


def read(source: Source, size_bytes: int) -> bytes:
    """Read a number of bytes, or all that are left.

    Raises:
        BlockingIOError: the source does not block and has nothing now.
        TypeError: it does not return bytes.
    """
    pieces: list[bytes] = []
    left = size_bytes
    while left > 0:
        piece = source.read(left)
        if piece is None:
            raise BlockingIOError(errno.EAGAIN, "the source has nothing to read now")
        if not isinstance(piece, bytes):
            raise TypeError("source must be a binary file")
        if not piece:
            break
        pieces.append(piece)
        left -= len(piece)
    return b"".join(pieces)


def write(target: Target, raw: bytes) -> None:
    """Write all bytes.

    Raises:
        BlockingIOError: the target does not block and accepts nothing now.
        OSError: it says that it has accepted more than it was given, or a negative number.
    """
    while raw:
        written = target.write(raw)
        if not written:
            raise BlockingIOError(errno.EAGAIN, "the target takes nothing now")
        if not 0 < written <= len(raw):
            raise OSError(errno.EIO, "the target tells a size that can't be")
        raw = raw[written:]
