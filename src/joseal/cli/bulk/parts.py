"""The parts of an input, one after another: the end of each is a guess that the worker corrects.

Rules:
- A part begins where a row begins: the journal says where for the first part, and the part before
  it for every other one, once that is done. So the rows are those of `Format.rows` from the first
  to the last, wherever the borders are guessed.
- A worker leaves out a last row that continues after the part. Then all work on later parts is
  abandoned, that row is read here, and new parts begin after it.
"""

from collections import deque
from typing import Final, final

from joseal.bulk.pace import Pace
from joseal.cli.bulk.formats import rows
from joseal.cli.bulk.formats.rows import Format, Place, Refused, Row
from joseal.cli.bulk.pieces import Part
from joseal.cli.bulk.sources import Source

# With 16 KiB the journal gets its first entry early, and with 4 MiB the amount in progress stays
# small. A part costs the parent up to a millisecond on a busy machine, which is negligible next to
# half a second; and the journal is not written more often.
FIRST_BYTES: Final = 16 * 1024
MOST_BYTES: Final = 4 * 1024 * 1024
_SECONDS: Final = 0.5


def pace() -> Pace:
    """Return how large parts are, in bytes."""
    return Pace(FIRST_BYTES, MOST_BYTES, _SECONDS)


@final
class Parts:
    """An iterator over parts, which can be set back.

    Args:
        form: how rows are read; its head was read.
        source: the input.
        place: where the first row begins.
        pace: how large parts are.
        shares: the number of workers; towards the end parts get smaller, so that all have one until
            then.
    """

    def __init__(
        self, form: Format, source: Source, place: Place, pace: Pace, shares: int = 1
    ) -> None:
        self._form = form
        self._source = source
        self._place = place
        self._pace = pace
        self._shares = shares
        self._alone = place.offset
        self._given: deque[Part] = deque()

    def __iter__(self) -> "Parts":
        return self

    def __next__(self) -> list[Part]:
        part = self._row() if self._place.offset < self._alone else self._guessed()
        if part is None:
            raise StopIteration
        self._given.append(part)
        return [part]

    def taken(self) -> Part:
        """Return the oldest part that was handed out and not taken back."""
        return self._given.popleft()

    def set_back(self, place: Place, alone: int) -> None:
        """Restart at a position where a row begins, with a part for each row up to an offset."""
        self._given.clear()
        self._place = place
        self._alone = alone

    def row(self, place: Place) -> Row | None:
        """Read the one row that begins there, as the format defines it; None at the end."""
        return next(self._form.rows(self._source.lines(place.offset), place), None)

    def _row(self) -> Part | None:
        begin = self._place
        row = self.row(begin)
        if row is None:
            return None
        self._place = row.end
        if row.refusal is not None:
            refused = Refused(begin, row.end, row.refusal)
            return Part(begin, row.end.offset, last=False, refused=refused)
        data = None
        if self._source.place is None:
            data = self._source.read(begin.offset, row.end.offset - begin.offset)
        return Part(begin, row.end.offset, not row.whole, data)

    def _guessed(self) -> Part | None:
        begin, size = self._place, self._size()
        data = self._source.read(begin.offset, size)
        while not (end := self._end(data, size)) and data and size <= rows.LINE_BYTES:
            size *= 2
            data = self._source.read(begin.offset, size)
        if not end:
            # Row by row through everything that was scanned: otherwise each row would mean scanning
            # all of it.
            self._alone = begin.offset + len(data)
            return self._row() if data else None
        self._place = Place(begin.offset + end, begin.lines + data.count(b"\n", 0, end))
        carried = data[:end] if self._source.place is None else None
        return Part(begin, self._place.offset, len(data) < size, carried)

    def _size(self) -> int:
        """Return how many bytes the next part should have."""
        if self._source.size is None:
            return self._pace.size
        share = (self._source.size - self._place.offset) // self._shares
        return min(self._pace.size, max(share, FIRST_BYTES))

    def _end(self, data: bytes, size: int) -> int:
        """Return where a part ends; 0 if no row seems to end."""
        return len(data) if len(data) < size else self._form.border(data)
