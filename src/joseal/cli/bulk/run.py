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
from joseal.cli.bulk.rows import Format, HeadError, Refusal, RefusalError, Result, Row
from joseal.cli.exit_codes import Exit, FailureError

# What is done between two entries is done again after a kill.
_SECONDS_BETWEEN: Final = 0.5

Results: TypeAlias = Generator[Sequence[Result]]
Worker: TypeAlias = Callable[[Iterator[list[bytes]]], Results]


class Task(NamedTuple):
    """What a run is to do.

    Attributes:
        source: the input.
        targets: where the rows go, where the refused rows are listed, and perhaps where they go.
        form: how rows are read and written.
        options: all that changes the output.
        thumbprint: the key's.
        resume: go on with an unfinished run.
        force: replace files that are there.
        max_rejects: with more rejects, nothing gets its name; any number goes with None, but none
            where an output is replaced.
        worker: gives chunks to the workers, and yields their results in order.
    """

    source: Path
    targets: tuple[Path, ...]
    form: Format
    options: dict[str, object]
    thumbprint: str
    resume: bool
    force: bool
    max_rejects: int | None
    worker: Worker


def run(task: Task) -> Journal:
    """Do a task, and return how it ended.

    Raises:
        FailureError: a file can't be used.
        JoseError: a worker can't load the key.
    """
    with Books(task.targets, force=task.force) as books:
        journal = _guarded(task, books)
        books.finish(journal)
    return journal


def _guarded(task: Task, books: Books) -> Journal:
    """Do the rows, and say what of the input or the workers ends the run."""
    try:
        with task.source.open("rb") as file:
            return _begin(task, file, books)
    except OSError as error:
        failure = exit_codes.of_file("read", click.format_filename(task.source), error)
    except HeadError as error:
        failure = FailureError(error.code, error.text, Exit.FILE)
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
        sizes = books.write([head], [], [head])
        journal = replace(journal, output_bytes=sizes[0], rejected_bytes=sizes[2])
    journal = _rows(task, file, books, journal)
    after = os.fstat(file.fileno())
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
        raise FailureError("input", "the input was changed while it was read", Exit.FILE)
    books.keep(journal)
    _check_rejects(task, books, journal)
    journal = replace(journal, done=True)
    books.keep(journal)
    return journal


def _check_rejects(task: Task, books: Books, journal: Journal) -> None:
    """Let no output appear that has lost more rows than it may.

    Raises:
        FailureError: it has.
    """
    limit, option = task.max_rejects, "--max-rejects allows"
    if limit is None and books.replaces_output():
        limit, option = 0, "an output that is replaced may lose unless --max-rejects says more"
    if limit is None or journal.rejects <= limit:
        return
    listed = click.format_filename(books.partials[1])
    text = (
        f"{journal.rejects} of {journal.rejects + journal.rows} rows, listed in {listed}: more "
        f"than the {limit} that {option}; no output was made or replaced; go on with --resume and "
        "--max-rejects, or remove the partial files"
    )
    raise FailureError("rejects", text, Exit.TOKEN)


def _rows(task: Task, file: BinaryIO, books: Books, journal: Journal) -> Journal:
    size = os.fstat(file.fileno()).st_size
    file.seek(journal.offset)
    batches: deque[list[Row]] = deque()
    kept = time.monotonic()
    results = task.worker(_chunks(task.form.rows(file, journal.place), batches))
    with closing(results), Bar(size, journal) as bar:
        for found in results:
            journal = finish(batches.popleft(), found, books, journal, file)
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


def finish(
    batch: list[Row], results: Sequence[Result], books: Books, journal: Journal, file: BinaryIO
) -> Journal:
    """Write the rows of a chunk."""
    left = iter(results)
    done: list[bytes] = []
    refused: list[tuple[Row, Refusal]] = []
    for row in batch:
        try:
            done.append(row.finish([next(left) for _ in row.values]))
        except RefusalError as error:
            refused.append((row, error.refusal))
    rejects = [_reject(row, refusal) for row, refusal in refused]
    sizes = books.write(done, rejects, _raw(file, [row for row, _ in refused]))
    end = batch[-1].end
    return replace(
        journal,
        offset=end.offset,
        lines=end.lines,
        output_bytes=journal.output_bytes + sizes[0],
        rejects_bytes=journal.rejects_bytes + sizes[1],
        rejected_bytes=journal.rejected_bytes + sizes[2],
        rows=journal.rows + len(done),
        rejects=journal.rejects + len(refused),
    )


def _raw(file: BinaryIO, rows: Sequence[Row]) -> Iterator[bytes]:
    """Read rows again, as they are in the input; a row that can't be read may be of any size."""
    behind = file.tell() if rows else 0
    for row in rows:
        file.seek(row.begin)
        left = row.end.offset - row.begin
        while left and (piece := file.read(min(left, CHUNK_BYTES))):
            left -= len(piece)
            yield piece
    if rows:
        file.seek(behind)


def _reject(row: Row, refusal: Refusal) -> bytes:
    """Say which row and why; never what stood there."""
    members: dict[str, object] = {"line": row.line, "code": refusal.code}
    if refusal.field is not None:
        members["field"] = refusal.field
    if row.end.lines > row.line:
        members["last_line"] = row.end.lines
    return strict_json.write(members) + b"\n"
