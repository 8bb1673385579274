"""A worker's job: a part of the input becomes a piece of the output.

Reading, parsing, encrypting and formatting are done here, in as many processes as there are, so
that the process that orders the pieces has almost no work for each row.
"""

import os
import time
from pathlib import Path
from typing import NamedTuple, TypeAlias

from joseal._core.secrecy import hide_locals
from joseal._core.wire import strict_json
from joseal.bulk import worker
from joseal.bulk.run import BulkRun
from joseal.bulk.worker import BulkTask, Tool
from joseal.cli.bulk.formats.rows import Done, Format, Place, Refused
from joseal.errors import JoseError


class Part(NamedTuple):
    """Rows of the input that go to a worker together.

    Attributes:
        begin: where the first row begins.
        end: the offset where the last one seems to end.
        last: the input ends there.
        data: its bytes, unless the worker reads them.
        refused: the one row of this part that is already refused, and is not read again.
    """

    begin: Place
    end: int
    last: bool
    data: bytes | None = None
    refused: Refused | None = None

    def __repr__(self) -> str:
        return f"Part(begin={self.begin!r}, end={self.end})"


class Piece(NamedTuple):
    """The result of a part.

    Attributes:
        output: rows of the output.
        rows: how many.
        rejects: the list of the others, a line each.
        refused: how many.
        rejected: the others as they are in the input, if wanted.
        end: where the last finished row ended: before the end of the part if a row continues after
            it.
        seconds: how long it took.
    """

    output: bytes
    rows: int
    rejects: bytes
    refused: int
    rejected: bytes
    end: Place
    seconds: float

    def __repr__(self) -> str:
        return f"Piece(rows={self.rows}, refused={self.refused})"


class InputChangedError(Exception):
    """The input has changed since the run began."""


class State(NamedTuple):
    """The properties that identify a file."""

    device: int
    inode: int
    size: int
    modified: int


def state_of(descriptor: int) -> State:
    """Look at an open file."""
    found = os.fstat(descriptor)
    return State(found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns)


class Input(NamedTuple):
    """A file that every worker can read.

    Attributes:
        path: where it is.
        state: its properties when the run began.
    """

    path: Path
    state: State

    def read(self, part: Part) -> bytes:
        """Read a part.

        Raises:
            InputChangedError: the file was changed, replaced or removed.
        """
        try:
            with self.path.open("rb", buffering=0) as file:
                if state_of(file.fileno()) == self.state:
                    return _exactly(file.fileno(), part.begin.offset, part.end)
        except OSError:
            pass
        raise InputChangedError


class Shape(NamedTuple):
    """How parts become pieces, independent of the keys.

    Attributes:
        form: how rows are read and written; its head was read.
        source: the file for parts that come without their bytes.
        keep: whether the rejected rows are wanted.
        encoding: the encoding of the output; None for UTF-8.
    """

    form: Format
    source: Input | None
    keep: bool
    encoding: str | None = None

    def encoded(self, text: bytes) -> bytes:
        """Return rows as they go to a file."""
        return text if self.encoding is None else text.decode().encode(self.encoding)


class PieceMaker(NamedTuple):
    """The prepared object of a worker: it turns parts into pieces."""

    tool: Tool
    shape: Shape

    @hide_locals
    def make(self, part: Part) -> Piece:
        """Do a part.

        Raises:
            InputChangedError: the input has changed.
        """
        begin = time.perf_counter()
        if part.refused is not None:
            return finished(Done(b"", 0, [part.refused]), part.refused.end)
        data = self._data(part)
        batch = self.shape.form.batch(data, part.begin, last=part.last)
        done = batch.finish(worker.results_of(self.tool, batch.values))
        piece = finished(done, batch.end)
        if self.shape.keep and done.refused:
            at = part.begin.offset
            raw = b"".join(
                data[row.begin.offset - at : row.end.offset - at] for row in done.refused
            )
            piece = piece._replace(rejected=self.shape.encoded(raw))
        return piece._replace(
            output=self.shape.encoded(done.output), seconds=time.perf_counter() - begin
        )

    def _data(self, part: Part) -> bytes:
        if part.data is not None:
            return part.data
        if self.shape.source is None:
            raise InputChangedError
        return self.shape.source.read(part)


Run: TypeAlias = BulkRun[PieceMaker, Part, Piece]


@hide_locals
def piece_task(task: BulkTask[PieceMaker, Part]) -> list[Piece | JoseError]:
    """Do the parts of a task.

    Raises:
        InputChangedError: the input has changed.
        TypeError: the factory did not make a PieceMaker.
    """
    maker = worker.prepare(task.run, task.prepared, (PieceMaker,))
    return [maker.make(part) for part in task.items]


def finished(done: Done, end: Place) -> Piece:
    """Return rows that were written as a piece."""
    rejects = b"".join(map(_listed, done.refused))
    return Piece(done.output, done.rows, rejects, len(done.refused), b"", end, 0.0)


def _listed(row: Refused) -> bytes:
    """Return the number of the row and the reason, never its content."""
    line = row.begin.lines + 1
    members: dict[str, object] = {"line": line, "code": row.refusal.code}
    if row.refusal.field is not None:
        members["field"] = row.refusal.field
    if row.end.lines > line:
        members["last_line"] = row.end.lines
    return strict_json.write(members) + b"\n"


def _exactly(descriptor: int, begin: int, end: int) -> bytes:
    """Read from one offset to another.

    Raises:
        OSError: the file can't be read.
        InputChangedError: there are fewer bytes.
    """
    os.lseek(descriptor, begin, os.SEEK_SET)
    left = end - begin
    pieces: list[bytes] = []
    while left and (data := os.read(descriptor, left)):
        pieces.append(data)
        left -= len(data)
    if left:
        raise InputChangedError
    return b"".join(pieces)
