"""One bulk run from its first row to its last: read, give to the workers, write, keep the books."""

import os
import stat
import time
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import BrokenExecutor
from contextlib import closing
from io import BufferedReader
from pathlib import Path
from typing import BinaryIO, Final, NamedTuple, TypeAlias

import click
from msgspec.structs import replace

from joseal._core.wire import strict_json
from joseal.bulk.many import CHUNK_BYTES, CHUNK_ITEMS
from joseal.cli import exit_codes
from joseal.cli.bulk import journal as bulk_journal
from joseal.cli.bulk.journal import Books, Fingerprint, Journal
from joseal.cli.bulk.progress import Bar
from joseal.cli.bulk.rows import Format, Refusal, RefusalError, Result, Row
from joseal.cli.exit_codes import Exit, FailureError

# What is done between two entries is done again after a kill.
_SECONDS_BETWEEN: Final = 0.5

Results: TypeAlias = Generator[Sequence[Result]]
Worker: TypeAlias = Callable[[Iterator[list[bytes]]], Results]


class Task(NamedTuple):
    """What a run is to do.

    Attributes:
        source: the input.
        output: where the rows go.
        rejects: where the refused rows are listed.
        form: how rows are read and written.
        options: all that changes the output.
        thumbprint: the key's.
        resume: go on with an unfinished run.
        worker: gives chunks to the workers, and yields their results in order.
    """

    source: Path
    output: Path
    rejects: Path
    form: Format
    options: dict[str, object]
    thumbprint: str
    resume: bool
    worker: Worker


def run(task: Task) -> Journal:
    """Do a task, and return how it ended.

    Raises:
        FailureError: a file can't be used.
        JoseError: a worker can't load the key.
    """
    with Books(task.output, task.rejects) as books:
        journal = _guarded(task, books)
        books.finish()
    return journal


def _guarded(task: Task, books: Books) -> Journal:
    """Do the rows, and say what of the input or the workers ends the run."""
    try:
        with task.source.open("rb") as file:
            return _begin(task, file, books)
    except OSError as error:
        failure = exit_codes.of_file("read", click.format_filename(task.source), error)
    except RefusalError as error:
        text = "the first line must name each --field once"
        failure = FailureError(error.refusal.code, text, Exit.FILE)
    except BrokenExecutor:
        text = "the worker processes end before they have done anything"
        failure = FailureError("workers", text, Exit.FILE)
    raise failure


def _begin(task: Task, file: BufferedReader, books: Books) -> Journal:
    """Look at the input, and do its rows, unless that is done already."""
    # Before the digest, so that no change goes unnoticed between it and the rows.
    before = os.fstat(file.fileno())
    if not stat.S_ISREG(before.st_mode):
        text = f"{click.format_filename(task.source)} is no regular file"
        raise FailureError("file", text, Exit.FILE)
    head = task.form.head(file)
    options = bulk_journal.digest_of(task.options)
    fingerprint = Fingerprint(bulk_journal.digest(file), options, task.thumbprint)
    journal = books.open(fingerprint, resume=task.resume)
    if journal.done:
        return journal
    if journal.output_bytes == 0:
        journal = replace(journal, output_bytes=books.write(head, b"")[0])
    journal = _rows(task, file, books, journal)
    after = os.fstat(file.fileno())
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
        raise FailureError("input", "the input was changed while it was read", Exit.FILE)
    journal = replace(journal, done=True)
    books.keep(journal)
    return journal


def _rows(task: Task, file: BinaryIO, books: Books, journal: Journal) -> Journal:
    size = os.fstat(file.fileno()).st_size
    file.seek(journal.offset)
    batches: deque[list[Row]] = deque()
    kept = time.monotonic()
    results = task.worker(_chunks(task.form.rows(file, journal.place), batches))
    with closing(results), Bar(size, journal) as bar:
        for found in results:
            journal = finish(batches.popleft(), found, books, journal)
            bar.show(journal)
            if time.monotonic() - kept > _SECONDS_BETWEEN:
                books.keep(journal)
                kept = time.monotonic()
    return journal


def _chunks(rows: Iterator[Row], batches: deque[list[Row]]) -> Iterator[list[bytes]]:
    """Put rows together, and remember them until their results come."""
    batch: list[Row] = []
    values: list[bytes] = []
    begin = -1
    for row in rows:
        begin = row.begin if begin < 0 else begin
        batch.append(row)
        values.extend(row.values)
        most = max(len(batch), len(values))
        if most >= CHUNK_ITEMS or row.end.offset - begin >= CHUNK_BYTES:
            batches.append(batch)
            yield values
            batch, values, begin = [], [], -1
    if batch:
        batches.append(batch)
        yield values


def finish(batch: list[Row], results: Sequence[Result], books: Books, journal: Journal) -> Journal:
    """Write the rows of a chunk."""
    left = iter(results)
    done: list[bytes] = []
    refused: list[bytes] = []
    for row in batch:
        try:
            done.append(row.finish([next(left) for _ in row.values]))
        except RefusalError as error:
            refused.append(_reject(row, error.refusal))
    sizes = books.write(b"".join(done), b"".join(refused))
    end = batch[-1].end
    return replace(
        journal,
        offset=end.offset,
        lines=end.lines,
        output_bytes=journal.output_bytes + sizes[0],
        rejects_bytes=journal.rejects_bytes + sizes[1],
        rows=journal.rows + len(done),
        rejects=journal.rejects + len(refused),
    )


def _reject(row: Row, refusal: Refusal) -> bytes:
    """Say which row and why; never what stood there."""
    members: dict[str, object] = {"line": row.line, "code": refusal.code}
    if refusal.field is not None:
        members["field"] = refusal.field
    if row.end.lines > row.line:
        members["last_line"] = row.end.lines
    return strict_json.write(members) + b"\n"
