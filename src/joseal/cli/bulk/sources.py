"""The source of the input: a file that can be read at any position, or a stream that is read once.

Offsets count the text in UTF-8: for UTF-16 they differ from those in the file.
"""

import codecs
import hashlib
import os
import stat
import sys
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from io import BufferedReader, FileIO
from pathlib import Path
from typing import Final, Protocol, final

from joseal.cli import files, naming
from joseal.cli.bulk.formats import rows
from joseal.cli.bulk.formats.rows import HeadError, LineReader
from joseal.cli.bulk.pieces import Input, State, state_of
from joseal.cli.exit_codes import Exit, FailureError

_PIECE_BYTES: Final = 64 * 1024

# How much of a row may be in memory, in rows of the largest size.
_HELD_ROWS: Final = 2

# The encodings of IN, and their names in Python.
ENCODINGS: Final = ("utf-8", "utf-16", "utf-16-le", "utf-16-be")
_MARKS: Final = {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}


class Source(Protocol):
    """An input.

    Attributes:
        place: the file that workers read themselves; None if parts carry their bytes.
        size: how many bytes there are, if known.
        digest: the digest of the bytes; None if they come only once.
        encoding: the encoding of the output; None for UTF-8.
    """

    place: Input | None
    size: int | None
    digest: str | None
    encoding: str | None

    def read(self, offset: int, size: int) -> bytes:
        """Read a number of bytes from a position; fewer only at the end."""
        ...

    def lines(self, offset: int) -> LineReader:
        """Read lines from a position."""
        ...

    def forget(self, offset: int) -> None:
        """Release everything before a position."""
        ...

    def check(self) -> None:
        """Refuse an input that has changed in the meantime.

        Raises:
            FailureError: it was.
        """
        ...


@final
class FileSource:
    """A regular file of UTF-8, as it is."""

    def __init__(self, path: Path, file: BufferedReader, *, carried: bool) -> None:
        self._file = file
        # Before the digest, so that no change goes unnoticed between it and the rows.
        self._state = state_of(file.fileno())
        self.place = None if carried else Input(path, self._state)
        self.size: int | None = self._state.size
        self.digest: str | None = _digest(file)
        self.encoding: str | None = None

    def read(self, offset: int, size: int) -> bytes:
        """Read a number of bytes from a position; fewer only at the end."""
        self._file.seek(offset)
        return self._file.read(size)

    def lines(self, offset: int) -> LineReader:
        """Read lines from a position."""
        self._file.seek(offset)
        return self._file

    def forget(self, offset: int) -> None:
        """There is nothing to release."""

    def check(self) -> None:
        """Refuse an input that has changed in the meantime.

        Raises:
            FailureError: it was.
        """
        _check(self._file, self._state)


@final
class StreamSource:
    """Bytes that come only once, kept while they are needed; UTF-16 becomes UTF-8.

    Raises:
        HeadError: they are not in this encoding.
    """

    def __init__(self, file: BufferedReader, encoding: str) -> None:
        self._file = file
        self._state = state_of(file.fileno())
        self.place: Input | None = None
        self.size: int | None = None
        self.digest: str | None = None
        self._regular = file.seekable() and stat.S_ISREG(os.fstat(file.fileno()).st_mode)
        if self._regular:
            # Standard input is at the position where another program left it.
            begin = file.tell()
            self.digest = _digest(file, begin)
            file.seek(begin)
        self.encoding = _encoding(file, encoding)
        self._pieces = _text(file, self.encoding)
        self._held = bytearray()
        self._base = 0

    def read(self, offset: int, size: int) -> bytes:
        """Read a number of bytes from a position; fewer only at the end."""
        begin = offset - self._base
        while len(self._held) < begin + size and self._more():
            pass
        return bytes(self._held[begin : begin + size])

    def lines(self, offset: int) -> LineReader:
        """Read lines from a position."""
        return _StreamLines(self, offset)

    def line(self, offset: int, size: int) -> bytes:
        """Read one line from a position, or a number of its bytes."""
        begin = known = offset - self._base
        while (found := self._held.find(b"\n", known, begin + size)) < 0:
            known = len(self._held)
            if known >= begin + size or not self._more():
                return bytes(self._held[begin : begin + size])
        return bytes(self._held[begin : found + 1])

    def forget(self, offset: int) -> None:
        """Release everything before a position."""
        while self._base + len(self._held) < offset:
            self._base += len(self._held)
            self._held.clear()
            if not self._more():
                return
        del self._held[: offset - self._base]
        self._base = offset

    def check(self) -> None:
        """Refuse a file that has changed in the meantime.

        Raises:
            FailureError: it was.
        """
        if self._regular:
            _check(self._file, self._state)

    def _more(self) -> bool:
        piece = next(self._pieces, b"")
        self._held += piece
        return len(piece) > 0


@final
class _StreamLines:
    """Reads the lines of a row, from a position on."""

    def __init__(self, source: StreamSource, offset: int) -> None:
        self._source = source
        self._begin = self._offset = offset

    def readline(self, size: int = -1, /) -> bytes:
        """Read one.

        Raises:
            FailureError: the row is longer than what may be in memory.
        """
        line = self._source.line(self._offset, rows.LINE_BYTES if size < 0 else size)
        self._offset += len(line)
        if self._offset - self._begin > _HELD_ROWS * rows.LINE_BYTES:
            text = "a row is too long for an input that can't be read again: make IN a file"
            raise FailureError("input", text, Exit.FILE)
        return line


@contextmanager
def opened(path: Path, encoding: str, *, carried: bool) -> Generator[Source]:
    """Open the input.

    Args:
        path: a file, or "-" for standard input.
        encoding: one of `ENCODINGS`.
        carried: whether the workers can't read the file, so that it is sent to them in parts.

    Raises:
        FailureError: it can't be read, or is neither a regular file nor standard input.
        HeadError: it is not in this encoding.
    """
    try:
        if path == files.STANDARD:
            with FileIO(files.standard(sys.stdin).fileno(), closefd=False) as raw:
                yield StreamSource(BufferedReader(raw), encoding)
            return
        with path.open("rb") as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                text = f"{naming.name(path)} is not a regular file"
                raise FailureError("file", text, Exit.FILE)
            if encoding == ENCODINGS[0]:
                yield FileSource(path, file, carried=carried)
            else:
                yield StreamSource(file, encoding)
            return
    except OSError as error:
        failure = files.not_readable(path, error)
    raise failure


def _encoding(file: BufferedReader, encoding: str) -> str | None:
    """Return which byte order of UTF-16 it is; None for UTF-8.

    Raises:
        HeadError: there is no byte order mark.
    """
    if encoding == ENCODINGS[0]:
        return None
    if encoding != "utf-16":
        return encoding
    begin = file.peek(2)[:2]
    if begin not in _MARKS:
        text = "IN has no byte order mark of UTF-16: give --encoding utf-16-le, utf-16-be or utf-8"
        raise HeadError("encoding", text)
    return _MARKS[begin]


def _text(file: BufferedReader, encoding: str | None) -> Iterator[bytes]:
    """Read it as UTF-8.

    Raises:
        HeadError: not all of it is UTF-16.
    """
    if encoding is None:
        yield from iter(lambda: file.read1(_PIECE_BYTES), b"")
        return
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        while piece := file.read(_PIECE_BYTES):
            # A piece without a whole character is not the end.
            if text := decoder.decode(piece):
                yield text.encode()
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        raise HeadError("encoding", "IN is not UTF-16 throughout, or was cut off") from None


def _digest(file: BufferedReader, begin: int = 0) -> str:
    """Return the SHA-256 of a file, from a position on."""
    file.seek(begin)
    return hashlib.file_digest(file, "sha256").hexdigest()


def _check(file: BufferedReader, state: State) -> None:
    """Refuse a file that was changed.

    Raises:
        FailureError: it was.
    """
    if state_of(file.fileno()) != state:
        raise changed()


def changed() -> FailureError:
    """Say that the input was changed."""
    return FailureError("input", "the input was changed while it was read", Exit.FILE)
