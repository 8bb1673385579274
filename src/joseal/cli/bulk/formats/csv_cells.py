"""CSV: cells stay as they are, though their quotes may change. Empty lines stay.

A quoted cell may contain line ends, so the end of a row depends on everything before it. `border`
finds it by the quotes alone; anything else that `csv` refuses is left to `rows`.

Source: RFC 4180.
"""

import csv
import io
import re
from collections.abc import Callable, Iterator, Sequence
from functools import cache, partial
from typing import Final, final

from joseal._core.wire import strict_json
from joseal.cli import naming
from joseal.cli.bulk.formats import beginnings, rows
from joseal.cli.bulk.formats.rows import (
    BEGIN,
    MARK,
    Batch,
    Done,
    HeadError,
    LineReader,
    Lines,
    Place,
    Read,
    Refusal,
    RefusalError,
    Refused,
    Result,
    Row,
    RowBatch,
    decoded,
    settled,
)
from joseal.errors import JoseError

_DELIMITERS: Final = (",", ";", "\t", "|")


@final
class Csv:
    """Cells under a line of column names; some columns are encrypted or opened."""

    def __init__(self, fields: Sequence[str], delimiter: str = ",") -> None:
        self._fields = fields
        self._delimiter = delimiter
        self._columns: list[int] = []
        self._width = 0
        self._line_end = "\n"

    def head(self, file: LineReader) -> tuple[bytes, Place]:
        """Read the line with the names.

        Raises:
            HeadError: there is none, or it does not have each requested column exactly once.
        """
        read = _Kept(file)
        lines = Lines(read, BEGIN, quotes=True)
        names = next(_records(lines, self._delimiter), Refusal("csv"))
        first = b"".join(read.lines)
        beginnings.check_csv(first)
        if isinstance(names, Refusal):
            raise HeadError("csv", "the first line is not CSV that can be read")
        for field in self._fields:
            if names.count(field) != 1:
                raise HeadError("field", _mistake(first, names, field))
        self._line_end = "\r\n" if read.lines[0].endswith(b"\r\n") else "\n"
        self._columns = [names.index(field) for field in self._fields]
        self._width = len(names)
        return MARK * first.startswith(MARK) + self._line(names), lines.place

    def rows(self, file: LineReader, place: Place) -> Iterator[Row]:
        """Read the rows; `head` was read before."""
        lines = Lines(file, place, quotes=True)
        for cells in _records(lines, self._delimiter):
            read = self._read(cells)
            yield Row(lines.begin, lines.place, self._fields, read, whole=lines.whole)

    def batch(self, data: bytes, place: Place, *, last: bool) -> Batch:
        """Read the rows from memory: all at once if there is nothing to refuse."""
        quick = self._quick(data, place) if len(data) <= rows.LINE_BYTES else None
        if quick is not None:
            return quick
        return RowBatch(settled(self.rows(io.BytesIO(data), place), last=last), place)

    def border(self, data: bytes) -> int:
        """Return the end of the last line that ends outside quotes."""
        border = at = 0
        for found in _outside(self._delimiter).finditer(data) if b'"' in data else ():
            border = max(border, data.rfind(b"\n", at, found.end(1)) + 1)
            at = found.end()
            if found[2] is not None and not found[3]:
                return border
        return max(border, data.rfind(b"\n", at) + 1)

    def _quick(self, data: bytes, place: Place) -> "_CellBatch | None":
        """Read rows that are all good; None if one may not be."""
        csv.field_size_limit(rows.LINE_BYTES)
        cells: list[list[str]] = []
        ends: list[int] = []
        try:
            text = io.StringIO(data.decode(), newline="\n")
            reader = csv.reader(text, delimiter=self._delimiter, strict=True)
            for row in reader:
                cells.append(row)
                ends.append(reader.line_num)
        except (csv.Error, UnicodeDecodeError):
            return None
        if not data.endswith(b"\n") or any(len(row) not in {self._width, 0} for row in cells):
            return None
        return _CellBatch(self, data, place, cells, ends)

    @property
    def columns(self) -> int:
        """How many columns are encrypted or opened."""
        return len(self._columns)

    def values_of(self, cells: list[str]) -> list[bytes]:
        """Return the values of a row that are encrypted or opened."""
        return [cells[column].encode() for column in self._columns]

    def replaced(self, cells: list[str], results: Sequence[Result]) -> list[str]:
        """Put results into a row.

        Raises:
            RefusalError: a value failed, or is not text.
        """
        for column, field, result in zip(self._columns, self._fields, results, strict=True):
            if isinstance(result, JoseError):
                raise RefusalError(result.code, field)
            cells[column] = result if isinstance(result, str) else decoded(result, field)
        return cells

    def written(self, cells: Sequence[list[str]]) -> str:
        """Write rows."""
        sink = _Sink()
        # Before Python 3.13 only the characters of this line end are quoted, and a lone carriage
        # return in a plaintext would begin a row for many readers.
        csv.writer(sink, delimiter=self._delimiter, lineterminator="\r\n").writerows(cells)
        if self._line_end == "\r\n":
            return "".join(sink.lines)
        return "".join([line[:-2] + "\n" for line in sink.lines])

    def _read(self, cells: list[str] | Refusal) -> Read | Refusal:
        if isinstance(cells, Refusal):
            return cells
        if not cells:
            return [], lambda _: self._line_end.encode()
        if len(cells) != self._width:
            return Refusal("columns")
        for column, field in zip(self._columns, self._fields, strict=True):
            if not strict_json.is_text(cells[column]):
                return Refusal("utf8", field)
        return self.values_of(cells), partial(self._rebuild, cells)

    def _rebuild(self, cells: list[str], results: Sequence[bytes]) -> bytes:
        return self._line(self.replaced(cells, results))

    def _line(self, cells: list[str]) -> bytes:
        return self.written([cells]).encode(errors="surrogateescape")


@final
class _CellBatch:
    """Rows that could all be read."""

    def __init__(
        self, form: Csv, data: bytes, place: Place, cells: list[list[str]], ends: list[int]
    ) -> None:
        self._form = form
        self._data = data
        self._place = place
        self._cells = cells
        self._ends = ends
        self.values = [value for row in cells if row for value in form.values_of(row)]
        self.end = Place(place.offset + len(data), place.lines + (ends[-1] if ends else 0))

    def finish(self, results: Sequence[Result]) -> Done:
        """Write the rows."""
        count = self._form.columns
        good: list[list[str]] = []
        refused: list[tuple[int, Refusal]] = []
        begin = 0
        for number, row in enumerate(self._cells):
            end = begin + count if row else begin
            try:
                good.append(self._form.replaced(row, results[begin:end]) if row else row)
            except RefusalError as error:
                refused.append((number, error.refusal))
            begin = end
        output = self._form.written(good).encode()
        return Done(output, len(good), self._located(refused))

    def _located(self, refused: Sequence[tuple[int, Refusal]]) -> list[Refused]:
        """Say where rows are."""
        if not refused:
            return []
        offsets = [self._place.offset]
        for line in io.BytesIO(self._data):
            offsets.append(offsets[-1] + len(line))
        lines = [0, *self._ends]
        places = [Place(offsets[line], self._place.lines + line) for line in lines]
        return [Refused(places[at], places[at + 1], refusal) for at, refusal in refused]


@final
class _Sink:
    """Takes the lines that a writer writes."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.write: Callable[[str], None] = self.lines.append


@final
class _Kept:
    """Keeps the lines that are read."""

    def __init__(self, file: LineReader) -> None:
        self._file = file
        self.lines: list[bytes] = []

    def readline(self, size: int = -1, /) -> bytes:
        """Read one."""
        self.lines.append(self._file.readline(size))
        return self.lines[-1]


def _mistake(first: bytes, names: list[str], field: str) -> str:
    """Say why a column is not found, without showing the line: it may be a row of data."""
    places = [index for index, name in enumerate(names, 1) if name == field]
    if places:
        shown = f"{naming.argument(field)} {len(places)} times"
        return f"the first line names the column {shown}, at {' and '.join(map(str, places))}"
    for other in _DELIMITERS:
        lines = Lines(io.BytesIO(first), BEGIN, quotes=True)
        found = next(_records(lines, other), Refusal("csv"))
        if not isinstance(found, Refusal) and field in found:
            name = "tab" if other == "\t" else other
            return f"the columns of IN are not separated so: give --delimiter '{name}'"
    likes = [index for index, name in enumerate(names, 1) if _same(name, field)]
    text = f"the first line has no column {naming.argument(field)}, and {len(names)} in all"
    if not likes:
        return text
    return f"{text}; that at {likes[0]} differs only in spaces or case"


def _same(name: str, field: str) -> bool:
    return name.strip().casefold() == field.strip().casefold()


def _records(lines: Lines, delimiter: str) -> Iterator[list[str] | Refusal]:
    """Read the cells of each row; `lines` knows where it is."""
    csv.field_size_limit(rows.LINE_BYTES)
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
            # The exception has ended the iterator below the reader.
            reader = csv.reader(iter(lines), delimiter=delimiter, strict=True)
        yield cells


@cache
def _outside(delimiter: str) -> re.Pattern[bytes]:
    """Return a pattern for text (1) up to a quoted cell with a line end (2) and its last quote (3).

    A quote opens a cell only where the cell begins.
    """
    border = rb"[\n%b]" % re.escape(delimiter.encode())
    opening = rb'"(?:(?<=%b")|(?<![\x00-\xff]"))' % border
    literal = rb'"(?<!%b")(?<=[\x00-\xff]")' % border
    short = rb'%b[^"\n]*+(?:""[^"\n]*+)*+"' % opening
    return re.compile(
        rb'((?:[^"]++|%b|%b)*+)(?:(%b[^"]*+(?:""[^"]*+)*+)("?))?' % (short, literal, opening)
    )
