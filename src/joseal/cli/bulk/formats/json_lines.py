"""JSON Lines: everything except the named members stays the same, byte for byte. Empty lines stay.

Source: RFC 8259, https://jsonlines.org.
"""

import re
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Final, NamedTuple, final

from joseal._core.wire import strict_json
from joseal.cli.bulk.formats import beginnings
from joseal.cli.bulk.formats.rows import (
    BEGIN,
    LineReader,
    Place,
    Read,
    RefusalError,
    Row,
    RowBatch,
    decoded,
    line_batch,
    line_rows,
)

_SPACE: Final = b" \t\r\n"
# Enough to see what a file is.
_FIRST_BYTES: Final = 64
_STRING: Final = rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"'
# A member of an object that is valid JSON: its name, and its value or the beginning of one.
_MEMBER: Final = re.compile(
    rb"[ \t\r\n]*+[{,][ \t\r\n]*+%b[ \t\r\n]*+:[ \t\r\n]*+(%b|[^\"\[{,} \t\r\n]++|[\[{])"
    % (_STRING, _STRING)
)
_BRACKETS: Final = re.compile(rb"%b|[{}\[\]]" % _STRING)


class _Span(NamedTuple):
    """The place of a value in a line."""

    begin: int
    end: int


@final
class JsonLines:
    """One JSON object on each line; some members are encrypted or opened."""

    def __init__(self, fields: Sequence[str], *, encrypting: bool, as_json: bool) -> None:
        self._fields = fields
        # Characters that JSON can't contain stay as they are, and are found in no line.
        self._names = [field.encode(errors="surrogatepass") for field in fields]
        self._take = _raw if encrypting and as_json else _text
        self._give = _quoted if encrypting else _json if as_json else _string

    def head(self, file: LineReader) -> tuple[bytes, Place]:
        """Return nothing: rows begin at once.

        Raises:
            HeadError: no line can be a row, because IN is of a different format.
        """
        beginnings.check_json(file.readline(_FIRST_BYTES))
        return b"", BEGIN

    def rows(self, file: LineReader, place: Place) -> Iterator[Row]:
        """Read the objects."""
        return line_rows(file, place, self._fields, self._row)

    def batch(self, data: bytes, place: Place, *, last: bool) -> RowBatch:
        """Read the objects from memory."""
        return line_batch(data, place, self._fields, self._row, last=last)

    def border(self, data: bytes) -> int:
        """Return where the last line ends: a JSON object on one line has no line end inside."""
        return data.rfind(b"\n") + 1

    def _row(self, line: bytes) -> Read:
        if not line.strip(_SPACE):
            return [], lambda _: line
        return self._flat(line) or self._any(line)

    def _flat(self, line: bytes) -> Read | None:
        """Read a line of strings and numbers, as most are; None if it may be anything else."""
        parts = strict_json.split_flat(line) if self._take is _text else None
        if parts is None:
            return None
        values: list[bytes] = []
        spans: list[_Span] = []
        for name in self._names:
            at = _value_of(name, parts)
            if at is None:
                return None
            begin = len(b'"'.join(parts[:at]))
            values.append(parts[at])
            spans.append(_Span(begin, begin + len(parts[at]) + 2))
        return values, partial(self._rebuild, line, spans)

    def _any(self, line: bytes) -> Read:
        members = strict_json.load_object(line)
        if members is None:
            raise RefusalError("json")
        spans = dict(zip(members, spans_of(line), strict=True))
        for field in self._fields:
            if field not in members:
                raise RefusalError("field", field)
        values = [self._take(line, spans[field], members[field], field) for field in self._fields]
        return values, partial(self._rebuild, line, [spans[field] for field in self._fields])

    def _rebuild(self, line: bytes, spans: list[_Span], results: Sequence[bytes]) -> bytes:
        pieces: list[bytes] = []
        end = 0
        for span, text in sorted(zip(spans, map(self._give, results, self._fields), strict=True)):
            pieces += line[end : span.begin], text
            end = span.end
        return b"".join((*pieces, line[end:]))


def _value_of(name: bytes, parts: list[bytes]) -> int | None:
    """Return which part of a flat object is the string of that name.

    None if its value is not a string, or if another string is the same as the name.
    """
    try:
        at = parts.index(name)
    except ValueError:
        return None
    return at + 2 if at % 2 and parts[at + 1].strip() == b":" else None


def spans_of(line: bytes) -> list[_Span]:
    """Find the values of an object's members, in their order, in a line that is valid JSON."""
    spans: list[_Span] = []
    end = 0
    while member := _MEMBER.match(line, end):
        begin, end = member.span(1)
        if line[begin] in b"{[":
            end = _closed(line, begin)
        spans.append(_Span(begin, end))
    return spans


def _closed(line: bytes, begin: int) -> int:
    """Return where the object or array that begins there ends."""
    depth = 0
    for match in _BRACKETS.finditer(line, begin):
        mark = match[0]
        depth += (mark in (b"{", b"[")) - (mark in (b"}", b"]"))
        if depth == 0:
            return match.end()
    return len(line)


def _text(line: bytes, span: _Span, value: object, field: str) -> bytes:
    """Take the text of a string."""
    del line, span
    if not isinstance(value, str):
        raise RefusalError("field", field)
    return value.encode()


def _raw(line: bytes, span: _Span, value: object, field: str) -> bytes:
    """Take a value of any type as it is."""
    del value, field
    return line[span.begin : span.end]


def _quoted(result: bytes, field: str) -> bytes:
    """Write a token, which has no character that JSON escapes."""
    del field
    return b'"' + result + b'"'


def _string(result: bytes, field: str) -> bytes:
    """Write a text as a JSON string."""
    return strict_json.write({"": decoded(result, field)})[len(b'{"":') : -1]


def _json(result: bytes, field: str) -> bytes:
    """Write a JSON value as it was, on one line."""
    wrapped = strict_json.load_object(b'{"value":%s}' % result)
    if wrapped is None or len(wrapped) != 1:
        raise RefusalError("text", field)
    # Outside strings a line end is white space, and inside there is none.
    return result.translate(bytes.maketrans(b"\r\n", b"  ")).strip()
