"""One bulk run from first row to last: hand out parts, write the pieces, update the journal."""

import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import BrokenExecutor
from contextlib import closing
from pathlib import Path
from typing import Final, NamedTuple

from msgspec.structs import replace

from joseal.cli import files, naming
from joseal.cli.bulk import journal as bulk_journal
from joseal.cli.bulk import parts as bulk_parts
from joseal.cli.bulk import sources
from joseal.cli.bulk.formats.rows import Format, HeadError, RowBatch
from joseal.cli.bulk.journal import Books, Fingerprint, Journal
from joseal.cli.bulk.parts import Parts
from joseal.cli.bulk.passing import PassedOn
from joseal.cli.bulk.pieces import InputChangedError, Part, Piece, Run, Shape, finished
from joseal.cli.bulk.progress import Bar
from joseal.cli.bulk.sources import Source
from joseal.cli.exit_codes import Exit, FailureError
from joseal.errors import JoseError

# Work between two journal entries is done again after a kill.
_SECONDS_BETWEEN: Final = 0.5
_RAW_BYTES: Final = 256 * 1024


class Task(NamedTuple):
    """The input, the outputs and the options of a run.

    Attributes:
        source: the input; "-" is standard input.
        encoding: its encoding.
        carried: whether it has to be sent to the workers, which can't read it.
        targets: the output, the list of refused rows, and perhaps the file for them.
        form: how rows are read and written.
        options: all options that change the output.
        thumbprint: the key's.
        resume: continue an unfinished run.
        force: replace existing files.
        max_rejects: with more rejects, no file gets its name; None allows any number, but none at
            all if an output is replaced.
        progress: print progress lines.
        start: begins the run of the workers.
    """

    source: Path
    encoding: str
    carried: bool
    targets: tuple[Path, ...]
    form: Format
    options: dict[str, object]
    thumbprint: str
    resume: bool
    force: bool
    max_rejects: int | None
    progress: bool
    start: Callable[[Shape], Run]

    @property
    def keeps(self) -> bool:
        """Whether the rejected rows are wanted."""
        return self.targets[2:] != ()


def run(task: Task) -> Journal:
    """Run a task, and return how it ended.

    Raises:
        FailureError: a file can't be used; or the run was interrupted, and can be resumed.
        JoseError: a worker can't load the key.
        KeyboardInterrupt: the run was interrupted, and can't be resumed.
    """
    with _books(task) as books:
        try:
            journal = _guarded(task, books)
            books.finish(journal)
        except KeyboardInterrupt:
            if not books.can_go_on():
                raise
        else:
            return journal
    raise FailureError("interrupted", "stopped; continue with --resume", Exit.INTERRUPTED)


def _books(task: Task) -> Books | PassedOn:
    if task.targets[0] == files.STANDARD:
        return PassedOn(task.targets, force=task.force)
    return Books(task.targets, force=task.force, once=task.source == files.STANDARD)


def _guarded(task: Task, books: Books | PassedOn) -> Journal:
    """Process the rows, and report a fault of the input or the workers that ends the run."""
    try:
        with sources.opened(task.source, task.encoding, carried=task.carried) as source:
            return _begin(task, source, books)
    except InputChangedError:
        failure = sources.changed()
    except HeadError as error:
        failure = FailureError(error.code, error.text, Exit.FILE)
    except BrokenExecutor:
        text = "the worker processes end before they have done anything"
        failure = FailureError("workers", text, Exit.FILE)
    raise failure


def _begin(task: Task, source: Source, books: Books | PassedOn) -> Journal:
    """Look at the input, and process its rows, unless that is already done."""
    head, begin = task.form.head(source.lines(0))
    options = bulk_journal.digest_of(task.options)
    fingerprint = Fingerprint(source.digest or "", options, task.thumbprint)
    journal = books.open(fingerprint, resume=task.resume)
    if journal.done:
        return journal
    shape = Shape(task.form, source.place, task.keeps, source.encoding)
    if journal.offset == 0:
        head = shape.encoded(head)
        sizes = books.write([head], [], [head])
        journal = replace(
            journal,
            offset=begin.offset,
            lines=begin.lines,
            output_bytes=sizes[0],
            rejected_bytes=sizes[2],
        )
    journal = _rows(task, shape, source, books, journal)
    source.check()
    books.keep(journal)
    _check_rejects(task, books, journal)
    journal = replace(journal, done=True)
    books.keep(journal)
    return journal


def _check_rejects(task: Task, books: Books | PassedOn, journal: Journal) -> None:
    """Refuse an output that has lost more rows than it may.

    Raises:
        FailureError: it has.
    """
    limit, option = task.max_rejects, "--max-rejects allows"
    if limit is None and books.replaces_output():
        limit, option = 0, "an output that is replaced may lose unless --max-rejects says more"
    if limit is None or journal.rejects <= limit:
        return
    listed = naming.name(books.partials[1])
    text = (
        f"{journal.rejects} of {journal.rejects + journal.rows} rows, listed in {listed}: more "
        f"than the {limit} that {option}; no output was made or replaced; {_way_on(books)}"
    )
    raise FailureError("rejects", text, Exit.TOKEN)


def _way_on(books: Books | PassedOn) -> str:
    """Say what to do about too many rejects."""
    if books.can_go_on():
        return "continue with --resume and --max-rejects, or remove the partial files"
    return "remove the partial files, and run it again with --max-rejects"


def _rows(
    task: Task, shape: Shape, source: Source, books: Books | PassedOn, journal: Journal
) -> Journal:
    run, pace = task.start(shape), bulk_parts.pace()
    parts = Parts(task.form, source, journal.place, pace, run.in_flight)
    kept = time.monotonic()
    results = run.results(parts)
    with closing(results), Bar(source.size, journal, lines=task.progress) as bar:
        pace.costs(run.cost())
        for (result,) in results:
            part = parts.taken()
            piece = _settled(result, part, parts, run)
            if piece is None:
                continue
            pace.learn(part.end - part.begin.offset, piece.seconds)
            raw = _raw(task, source, part, piece)
            journal = finish(piece, raw, books, journal)
            source.forget(journal.offset)
            bar.show(journal)
            if time.monotonic() - kept > _SECONDS_BETWEEN:
                books.keep(journal)
                kept = time.monotonic()
    return journal


def _settled(result: Piece | JoseError, part: Part, parts: Parts, run: Run) -> Piece | None:
    """Return the result of a part, and set the parts back if its border was wrong.

    None if it killed a worker, and it is not yet known which of its rows is lost.
    """
    if isinstance(result, Piece):
        if result.end.offset < part.end:
            run.forget()
            parts.set_back(result.end, result.end.offset + 1)
        return result
    row = parts.row(part.begin)
    if row is None or row.end.offset < part.end:
        run.forget()
        parts.set_back(part.begin, part.end)
        return None
    return finished(RowBatch([row], part.begin).finish([result] * len(row.values)), row.end)


def finish(
    piece: Piece, raw: Iterable[bytes], books: Books | PassedOn, journal: Journal
) -> Journal:
    """Write a piece."""
    sizes = books.write([piece.output], [piece.rejects], raw)
    return replace(
        journal,
        offset=piece.end.offset,
        lines=piece.end.lines,
        output_bytes=journal.output_bytes + sizes[0],
        rejects_bytes=journal.rejects_bytes + sizes[1],
        rejected_bytes=journal.rejected_bytes + sizes[2],
        rows=journal.rows + piece.rows,
        rejects=journal.rejects + piece.refused,
    )


def _raw(task: Task, source: Source, part: Part, piece: Piece) -> Iterator[bytes]:
    """Return the rejected rows as they are in the input; a row that was not read may be long."""
    yield piece.rejected
    if task.keeps and piece.refused and not piece.rejected:
        begin, end = part.begin.offset, part.end
        if source.encoding is not None:
            yield source.read(begin, end - begin).decode().encode(source.encoding)
            return
        for at in range(begin, end, _RAW_BYTES):
            yield source.read(at, min(_RAW_BYTES, end - at))
