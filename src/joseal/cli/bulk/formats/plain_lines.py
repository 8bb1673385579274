"""Plain lines: each one is a plaintext or a token."""

from collections.abc import Iterator, Sequence
from functools import partial
from typing import final

from joseal.cli.bulk.formats.rows import (
    BEGIN,
    LineReader,
    Place,
    Read,
    RefusalError,
    Row,
    RowBatch,
    line_batch,
    line_rows,
)


@final
class PlainLines:
    """One plaintext or one token on each line."""

    def __init__(self, *, encrypting: bool) -> None:
        self._sealing = encrypting

    def head(self, file: LineReader) -> tuple[bytes, Place]:
        """Return nothing: rows begin at once."""
        del file
        return b"", BEGIN

    def rows(self, file: LineReader, place: Place) -> Iterator[Row]:
        """Read the lines."""
        return line_rows(file, place, [None], self._row)

    def batch(self, data: bytes, place: Place, *, last: bool) -> RowBatch:
        """Read the lines from memory."""
        return line_batch(data, place, [None], self._row, last=last)

    def border(self, data: bytes) -> int:
        """Return where the last line ends."""
        return data.rfind(b"\n") + 1

    def _row(self, line: bytes) -> Read:
        text = line.removesuffix(b"\n").removesuffix(b"\r")
        return [text], partial(self._rebuild, line[len(text) :])

    def _rebuild(self, line_end: bytes, results: Sequence[bytes]) -> bytes:
        if not self._sealing and (b"\n" in results[0] or b"\r" in results[0]):
            raise RefusalError("text")
        return results[0] + line_end
