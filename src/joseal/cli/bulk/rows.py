"""Rows of JSON Lines, CSV and plain lines: the part that is encrypted or opened, and its way back.

Rules:
- A row that can't be read is refused with a code, and never ends the reading.
- No more than `LINE_BYTES` of a row are held.
- JSON Lines: everything but the named members stays as it is, to the byte. CSV: cells stay as they
  are, though their quotes may change. Empty lines stay.

Source: RFC 8259, RFC 4180, https://jsonlines.org.
"""

import codecs
import csv
import io
import re
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import BinaryIO, Final, NamedTuple, Protocol, TypeAlias, final

from joseal._core.limits import Limits
from joseal._core.wire import strict_json
from joseal.errors import JoseError

# Room for one token of the largest size, and as much again for the rest.
LINE_BYTES: Final = 2 * Limits().token_bytes

_TOKENS: Final = re.compile(rb'"(?:[^"\\]|\\.)*+"|[{}\[\],:]')
_SPACE: Final = b" \t\r\n"
_DRAIN_BYTES: Final = 64 * 1024

# What becomes of a value.
Result: TypeAlias = str | bytes | JoseError

# Puts what was encrypted or opened where its plaintext or token was.
_Rebuild: TypeAlias = Callable[[Sequence[bytes]], bytes]
_Read: TypeAlias = tuple[list[bytes], _Rebuild]


class Refusal(NamedTuple):
    """Why a row is not in the output, and which of its fields is at fault, if one is."""

    code: str
    field: str | None = None


class RefusalError(Exception):
    """Carries a refusal to where the row is known."""

    def __init__(self, code: str, field: str | None = None) -> None:
        super().__init__(code)
        self.refusal = Refusal(code, field)


class HeadError(Exception):
    """What is wrong with the whole input, in a text that is the user's.

    Attributes:
        code: a stable word.
        text: what it is, and what to do.
    """

    def __init__(self, code: str, text: str) -> None:
        super().__init__(code)
        self.code = code
        self.text = text


class _Span(NamedTuple):
    """Where a value stands in a line."""

    begin: int
    end: int


class Place(NamedTuple):
    """How much of a file is behind us: bytes and lines."""

    offset: int
    lines: int


_BEGIN: Final = Place(0, 0)

# What Excel and Windows editors write before the text of a UTF-8 file; it stays where it is.
_MARK: Final = codecs.BOM_UTF8
_WIDE_MARKS: Final = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_DELIMITERS: Final = (",", ";", "\t", "|")


@final
class Row:
    """One row, silent about its content.

    Attributes:
        begin: the offset of its first byte.
        line: the number of its first line.
        end: the place behind it.
        fields: what the values are called, if they have names.
        values: what is encrypted or opened.
        refusal: why the row can't be read.
    """

    __slots__ = ("_rebuild", "begin", "end", "fields", "line", "refusal", "values")

    def __init__(
        self, begin: Place, end: Place, fields: Sequence[str | None], read: _Read | Refusal
    ) -> None:
        self.begin = begin.offset
        self.line = begin.lines + 1
        self.end = end
        self.fields = fields
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


class Format(Protocol):
    """A kind of file."""

    def head(self, file: BinaryIO) -> bytes:
        """Read what stands before the first row, and return it as the output has it."""
        ...

    def rows(self, file: BinaryIO, place: Place) -> Iterator[Row]:
        """Read the rows behind a place where one ends."""
        ...


class _Lines:
    """The lines of a file, bounded.

    Attributes:
        begin: the place where the row began.
        place: the place that was read up to.
    """

    def __init__(self, file: BinaryIO, place: Place, *, quotes: bool) -> None:
        self._file = file
        self._quotes = quotes
        self.place = self.begin = place
        self._open = False
        self._inside = False

    def __iter__(self) -> Iterator[str]:
        """Lines for the CSV reader, until a row is over the bound."""
        while line := self.read():
            if self.begin.offset == 0:
                line = line.removeprefix(_MARK)
            # Bytes that are no UTF-8 stay what they are.
            yield line.decode(errors="surrogateescape")

    def start(self) -> None:
        """Begin a row."""
        self.begin = self.place
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
        """Leave a row that is refused, up to a line end outside of quotes, lest a part be a row."""
        while (self._inside or self._open) and self._piece(_DRAIN_BYTES):
            pass

    def _piece(self, most_bytes: int) -> bytes:
        piece = self._file.readline(most_bytes)
        ended = piece.endswith(b"\n")
        self._inside = not ended
        if self._quotes:
            self._open ^= bool(piece.count(b'"') % 2)
        self.place = Place(self.place.offset + len(piece), self.place.lines + ended)
        return piece


@final
class JsonLines:
    """One JSON object on each line, some members of which are encrypted or opened."""

    def __init__(self, fields: Sequence[str], *, sealing: bool, as_json: bool) -> None:
        self._fields = fields
        self._take = _raw if sealing and as_json else _text
        self._give = _quoted if sealing else _json if as_json else _string

    def head(self, file: BinaryIO) -> bytes:
        """Return nothing: rows begin at once."""
        del file
        return b""

    def rows(self, file: BinaryIO, place: Place) -> Iterator[Row]:
        """Read the objects."""
        return _rows(file, place, self._fields, self._row)

    def _row(self, line: bytes) -> _Read:
        if not line.strip(_SPACE):
            return [], lambda _: line
        members = strict_json.load_object(line)
        if members is None:
            raise RefusalError("json")
        spans = dict(zip(members, _spans(line), strict=True))
        for field in self._fields:
            if field not in members:
                raise RefusalError("field", field)
        values = [self._take(line, spans[field], members[field], field) for field in self._fields]
        return values, partial(self._rebuild, line, [spans[field] for field in self._fields])

    def _rebuild(self, line: bytes, spans: list[_Span], results: Sequence[bytes]) -> bytes:
        pieces = [
            (span, self._give(result, field))
            for span, result, field in zip(spans, results, self._fields, strict=True)
        ]
        # From the last to the first, so that the places of the others hold.
        for span, text in sorted(pieces, key=lambda piece: piece[0].begin, reverse=True):
            line = line[: span.begin] + text + line[span.end :]
        return line


@final
class PlainLines:
    """One plaintext or one token on each line."""

    def __init__(self, *, sealing: bool) -> None:
        self._sealing = sealing

    def head(self, file: BinaryIO) -> bytes:
        """Return nothing: rows begin at once."""
        del file
        return b""

    def rows(self, file: BinaryIO, place: Place) -> Iterator[Row]:
        """Read the lines."""
        return _rows(file, place, [None], self._row)

    def _row(self, line: bytes) -> _Read:
        text = line.removesuffix(b"\n").removesuffix(b"\r")
        return [text], partial(self._rebuild, line[len(text) :])

    def _rebuild(self, line_end: bytes, results: Sequence[bytes]) -> bytes:
        if not self._sealing and (b"\n" in results[0] or b"\r" in results[0]):
            raise RefusalError("text")
        return results[0] + line_end


@final
class Csv:
    """Cells under a line with their names, some columns of which are encrypted or opened."""

    def __init__(self, fields: Sequence[str], delimiter: str = ",") -> None:
        self._fields = fields
        self._delimiter = delimiter
        self._columns: list[int] = []
        self._width = 0
        self._line_end = "\n"

    def head(self, file: BinaryIO) -> bytes:
        """Read the line with the names.

        Raises:
            HeadError: there is none, or it has a column that is asked for not exactly once.
        """
        first = file.readline(LINE_BYTES)
        if first.startswith(_WIDE_MARKS):
            raise HeadError("encoding", "IN is UTF-16: save it as CSV UTF-8")
        self._line_end = "\r\n" if first.endswith(b"\r\n") else "\n"
        names = self._names(file, self._delimiter)
        if names is None:
            raise HeadError("csv", "the first line is no CSV that can be read")
        for field in self._fields:
            if names.count(field) != 1:
                raise HeadError("field", self._mistake(file, names, field))
        self._columns = [names.index(field) for field in self._fields]
        self._width = len(names)
        return _MARK * first.startswith(_MARK) + self._line(names)

    def _names(self, file: BinaryIO, delimiter: str) -> list[str] | None:
        """Read the first record; None where there is none that can be read."""
        file.seek(0)
        nothing = (_BEGIN, _BEGIN, Refusal("csv"))
        _, _, names = next(_records(file, _BEGIN, delimiter), nothing)
        return None if isinstance(names, Refusal) else names

    def _mistake(self, file: BinaryIO, names: list[str], field: str) -> str:
        """Say why a column is not found, without what the line says: it may be a row of data."""
        places = [index for index, name in enumerate(names, 1) if name == field]
        if places:
            return f"the first line names the column {field} {len(places)} times, at " + (
                " and ".join(map(str, places))
            )
        for other in _DELIMITERS:
            found = self._names(file, other)
            if found is not None and field in found:
                name = "tab" if other == "\t" else other
                return f"the columns of IN are not separated so: give --delimiter '{name}'"
        likes = [index for index, name in enumerate(names, 1) if _same(name, field)]
        text = f"the first line has no column {field}, and {len(names)} in all"
        if not likes:
            return text
        return f"{text}; that at {likes[0]} differs only in spaces or case"

    def rows(self, file: BinaryIO, place: Place) -> Iterator[Row]:
        """Read the rows; `head` was read before, and is left out."""
        for begin, end, cells in _records(file, place, self._delimiter):
            if begin.lines > 0:
                yield Row(begin, end, self._fields, self._read(cells))

    def _read(self, cells: list[str] | Refusal) -> _Read | Refusal:
        if isinstance(cells, Refusal):
            return cells
        if not cells:
            return [], lambda _: self._line_end.encode()
        if len(cells) != self._width:
            return Refusal("columns")
        for column, field in zip(self._columns, self._fields, strict=True):
            if not strict_json.is_text(cells[column]):
                return Refusal("utf8", field)
        return [cells[column].encode() for column in self._columns], partial(self._rebuild, cells)

    def _rebuild(self, cells: list[str], results: Sequence[bytes]) -> bytes:
        for column, field, result in zip(self._columns, self._fields, results, strict=True):
            cells[column] = _decoded(result, field)
        return self._line(cells)

    def _line(self, cells: list[str]) -> bytes:
        text = io.StringIO()
        # Before Python 3.13 only the characters of this line end are quoted, and a lone carriage
        # return in a plaintext would begin a row for many readers.
        csv.writer(text, delimiter=self._delimiter, lineterminator="\r\n").writerow(cells)
        line = text.getvalue().removesuffix("\r\n") + self._line_end
        return line.encode(errors="surrogateescape")


def _rows(
    file: BinaryIO,
    place: Place,
    fields: Sequence[str | None],
    read: Callable[[bytes], _Read],
) -> Iterator[Row]:
    """Read rows that are a line each."""
    lines = _Lines(file, place, quotes=False)
    while True:
        lines.start()
        try:
            line = lines.read()
            if not line:
                return
            found: _Read | Refusal = _marked(line, read) if place == _BEGIN else read(line)
            place = lines.place
        except RefusalError as error:
            found = error.refusal
            lines.skip()
        yield Row(lines.begin, lines.place, fields, found)


def _marked(line: bytes, read: Callable[[bytes], _Read]) -> _Read:
    """Read the first line, whose byte order mark is no part of it."""
    text = line.removeprefix(_MARK)
    values, rebuild = read(text)
    return values, lambda results: line[: len(line) - len(text)] + rebuild(results)


def _same(name: str, field: str) -> bool:
    return name.strip().casefold() == field.strip().casefold()


def _records(
    file: BinaryIO, place: Place, delimiter: str
) -> Iterator[tuple[Place, Place, list[str] | Refusal]]:
    """Read the cells of a CSV file, and the places before and behind each row."""
    csv.field_size_limit(LINE_BYTES)
    lines = _Lines(file, place, quotes=True)
    reader = csv.reader(iter(lines), delimiter=delimiter, strict=True)
    while True:
        lines.start()
        try:
            cells: list[str] | Refusal | None = next(reader, None)
        except RefusalError as error:
            cells = error.refusal
        except csv.Error:
            cells = Refusal("csv")
        if cells is None:
            return
        if isinstance(cells, Refusal):
            lines.skip()
            # What was raised has ended the iterator below the reader.
            reader = csv.reader(iter(lines), delimiter=delimiter, strict=True)
        yield lines.begin, lines.place, cells


def _spans(line: bytes) -> list[_Span]:
    """Find the values of an object's members, in their order, in a line that is valid JSON."""
    spans: list[_Span] = []
    depth, start = 0, -1
    for match in _TOKENS.finditer(line):
        mark = match[0]
        depth += (mark in (b"{", b"[")) - (mark in (b"}", b"]"))
        if depth == 1 and mark == b":":
            start = match.end()
        elif start >= 0 and ((depth == 1 and mark == b",") or depth == 0):
            value = line[start : match.start()]
            begin = start + len(value) - len(value.lstrip(_SPACE))
            spans.append(_Span(begin, begin + len(value.strip(_SPACE))))
            start = -1
    return spans


def _text(line: bytes, span: _Span, value: object, field: str) -> bytes:
    """Take the text of a string."""
    del line, span
    if not isinstance(value, str):
        raise RefusalError("field", field)
    return value.encode()


def _raw(line: bytes, span: _Span, value: object, field: str) -> bytes:
    """Take a value of any type as it stands."""
    del value, field
    return line[span.begin : span.end]


def _quoted(result: bytes, field: str) -> bytes:
    """Give a token, which has no character that JSON escapes."""
    del field
    return b'"' + result + b'"'


def _string(result: bytes, field: str) -> bytes:
    """Give a text as a JSON string."""
    return strict_json.write({"": _decoded(result, field)})[len(b'{"":') : -1]


def _json(result: bytes, field: str) -> bytes:
    """Give a JSON value as it was, on one line."""
    wrapped = strict_json.load_object(b'{"value":%s}' % result)
    if wrapped is None or len(wrapped) != 1:
        raise RefusalError("text", field)
    # Outside of strings a line end is white space, and inside there is none.
    return result.translate(bytes.maketrans(b"\r\n", b"  ")).strip()


def _decoded(result: bytes, field: str) -> str:
    try:
        return result.decode()
    except UnicodeDecodeError:
        pass
    raise RefusalError("text", field)
