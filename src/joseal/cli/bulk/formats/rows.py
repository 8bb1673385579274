"""A row: the values that are encrypted or opened, and how to write it to the output.

Rules:
- A row that can't be read is refused with a code, and never stops the reading.
- No more than `LINE_BYTES` of a row are in memory.
- `Format.rows` defines a format: one row after another, from a file. `Format.batch` gives the same
  for bytes in memory, as fast as it can, and `Format.border` may be wrong: only speed depends on
  it.

Source: RFC 8259, RFC 4180, https://jsonlines.org.
"""

import codecs
import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import takewhile
from typing import Final, NamedTuple, Protocol, TypeAlias, final

from joseal._core.limits import Limits
from joseal.errors import JoseError

# Room for one token of the largest size, and the same again for the rest.
LINE_BYTES: Final = 2 * Limits().token_bytes

_DRAIN_BYTES: Final = 64 * 1024

# Excel and Windows editors write this before the text of a UTF-8 file; it stays where it is.
MARK: Final = codecs.BOM_UTF8

# The result for a value.
Result: TypeAlias = str | bytes | JoseError

# Puts a result in the place of its plaintext or token.
Rebuild: TypeAlias = Callable[[Sequence[bytes]], bytes]
Read: TypeAlias = tuple[list[bytes], Rebuild]


class Refusal(NamedTuple):
    """Why a row is not in the output, and which of its fields is at fault, if any."""

    code: str
    field: str | None = None


class RefusalError(Exception):
    """Carries a refusal to the code that knows the row."""

    def __init__(self, code: str, field: str | None = None) -> None:
        super().__init__(code)
        self.refusal = Refusal(code, field)


class HeadError(Exception):
    """The whole input is wrong; the text is for the user.

    Attributes:
        code: a stable word.
        text: what it is, and what to do.
    """

    def __init__(self, code: str, text: str) -> None:
        super().__init__(code)
        self.code = code
        self.text = text


class Place(NamedTuple):
    """Bytes and lines of a file up to a border between rows."""

    offset: int
    lines: int


BEGIN: Final = Place(0, 0)


class Refused(NamedTuple):
    """A row that is not in the output.

    Attributes:
        begin: where it begins.
        end: the position after it.
        refusal: why.
    """

    begin: Place
    end: Place
    refusal: Refusal


class Done(NamedTuple):
    """The results of rows that were processed together.

    Attributes:
        output: those that are in the output.
        rows: how many.
        refused: the others.
    """

    output: bytes
    rows: int
    refused: Sequence[Refused]


class Batch(Protocol):
    """Rows that were read together."""

    @property
    def values(self) -> Sequence[bytes]:
        """The plaintexts or tokens of all rows."""
        ...

    @property
    def end(self) -> Place:
        """The position after the last row."""
        ...

    def finish(self, results: Sequence[Result]) -> Done:
        """Write the rows, with one result for each of `values`."""
        ...


@final
class Row:
    """One row, silent about its content.

    Attributes:
        begin: where it begins.
        end: the position after it.
        fields: the names of the values, if they have names.
        values: the values to encrypt or open.
        refusal: why the row can't be read.
        whole: its line end was read, so that no later byte could change it.
    """

    __slots__ = ("_rebuild", "begin", "end", "fields", "refusal", "values", "whole")

    def __init__(
        self,
        begin: Place,
        end: Place,
        fields: Sequence[str | None],
        read: Read | Refusal,
        *,
        whole: bool,
    ) -> None:
        self.begin = begin
        self.end = end
        self.fields = fields
        self.whole = whole
        self.refusal = read if isinstance(read, Refusal) else None
        self.values, self._rebuild = ([], b"".join) if isinstance(read, Refusal) else read

    def finish(self, results: Sequence[Result]) -> bytes:
        """Return the new row.

        Args:
            results: one for each of `values`.

        Raises:
            RefusalError: the row can't be read, a value failed, or the result does not fit.
        """
        if self.refusal is not None:
            raise RefusalError(*self.refusal)
        values: list[bytes] = []
        for index, result in enumerate(results):
            if isinstance(result, JoseError):
                raise RefusalError(result.code, self.fields[index])
            values.append(result if isinstance(result, bytes) else result.encode())
        return self._rebuild(values)


@final
class RowBatch:
    """Rows one by one.

    Args:
        rows: the rows.
        begin: where the first one begins.
    """

    def __init__(self, rows: Sequence[Row], begin: Place) -> None:
        self._rows = rows
        self.values = [value for row in rows for value in row.values]
        self.end = rows[-1].end if rows else begin

    def finish(self, results: Sequence[Result]) -> Done:
        """Write the rows."""
        left = iter(results)
        done: list[bytes] = []
        refused: list[Refused] = []
        for row in self._rows:
            try:
                done.append(row.finish([next(left) for _ in row.values]))
            except RefusalError as error:
                refused.append(Refused(row.begin, row.end, error.refusal))
        return Done(b"".join(done), len(done), refused)


class LineReader(Protocol):
    """A file that rows are read from."""

    def readline(self, size: int = -1, /) -> bytes:
        """Read up to a line end, or up to a number of bytes."""
        ...


class Format(Protocol):
    """A kind of file."""

    def head(self, file: LineReader) -> tuple[bytes, Place]:
        """Read the part before the first row: return it as the output needs it, and its end."""
        ...

    def rows(self, file: LineReader, place: Place) -> Iterator[Row]:
        """Read the rows from a position where one begins; the file is at that position."""
        ...

    def batch(self, data: bytes, place: Place, *, last: bool) -> Batch:
        """Read rows from memory as `rows` would read them from the file.

        Args:
            data: bytes of the file.
            place: where they begin, which is the beginning of a row.
            last: the file ends with them. Otherwise a row that may continue after them is left out.
        """
        ...

    def border(self, data: bytes) -> int:
        """Return where the last row seems to end in bytes that begin with one; 0 if nowhere."""
        ...


@final
class Lines:
    """The lines of a file, bounded.

    Attributes:
        begin: the position where the row began.
        place: the position up to which it was read.
        whole: the end of the file was not reached since the row began.
    """

    def __init__(self, file: LineReader, place: Place, *, quotes: bool) -> None:
        self._file = file
        self._quotes = quotes
        self.place = self.begin = place
        self.whole = True
        self._open = False
        self._inside = False

    def __iter__(self) -> Iterator[str]:
        """Lines for the CSV reader, until a row is over the bound."""
        while line := self.read():
            if self.begin.offset == 0:
                line = line.removeprefix(MARK)
            # Bytes that are not UTF-8 stay as they are.
            yield line.decode(errors="surrogateescape")

    def start(self) -> None:
        """Begin a row."""
        self.begin = self.place
        self.whole = True
        self._open = False

    def read(self) -> bytes:
        """Read one line; the end is an empty one.

        Raises:
            RefusalError: the row is over the bound.
        """
        line = self._piece(LINE_BYTES + 1)
        if self.place.offset - self.begin.offset > LINE_BYTES:
            raise RefusalError("line_bytes")
        return line

    def skip(self) -> None:
        """Skip a refused row, up to a line end outside quotes: no part of it is a row."""
        while (self._inside or self._open) and self._piece(_DRAIN_BYTES):
            pass

    def _piece(self, most_bytes: int) -> bytes:
        piece = self._file.readline(most_bytes)
        ended = piece.endswith(b"\n")
        self._inside = not ended
        self.whole &= ended or len(piece) == most_bytes
        if self._quotes:
            self._open ^= bool(piece.count(b'"') % 2)
        self.place = Place(self.place.offset + len(piece), self.place.lines + ended)
        return piece


def line_rows(
    file: LineReader,
    place: Place,
    fields: Sequence[str | None],
    read: Callable[[bytes], Read],
) -> Iterator[Row]:
    """Read rows that are a line each."""
    lines = Lines(file, place, quotes=False)
    while True:
        lines.start()
        try:
            line = lines.read()
            if not line:
                return
            found: Read | Refusal = _read(line, lines.begin, read)
        except RefusalError as error:
            found = error.refusal
            lines.skip()
        yield Row(lines.begin, lines.place, fields, found, whole=lines.whole)


def line_batch(
    data: bytes,
    place: Place,
    fields: Sequence[str | None],
    read: Callable[[bytes], Read],
    *,
    last: bool,
) -> RowBatch:
    """Read rows that are a line each from memory."""
    rows: list[Row] = []
    begin = place
    for line in io.BytesIO(data):
        whole = line.endswith(b"\n")
        end = Place(begin.offset + len(line), begin.lines + whole)
        found: Read | Refusal = Refusal("line_bytes")
        if len(line) <= LINE_BYTES:
            try:
                found = _read(line, begin, read)
            except RefusalError as error:
                found = error.refusal
        rows.append(Row(begin, end, fields, found, whole=whole))
        begin = end
    return RowBatch(settled(rows, last=last), place)


def settled(rows: Iterable[Row], *, last: bool) -> list[Row]:
    """Return the rows that nothing after them can change."""
    return list(rows if last else takewhile(lambda row: row.whole, rows))


def _read(line: bytes, begin: Place, read: Callable[[bytes], Read]) -> Read:
    """Read a line; a byte order mark is not part of the first one."""
    if begin != BEGIN or not line.startswith(MARK):
        return read(line)
    values, rebuild = read(line.removeprefix(MARK))
    return values, lambda results: MARK + rebuild(results)


def decoded(result: bytes, field: str) -> str:
    """Return a plaintext as text.

    Raises:
        RefusalError: it is not UTF-8.
    """
    try:
        return result.decode()
    except UnicodeDecodeError:
        pass
    raise RefusalError("text", field)
