"""What all directions of `joseal bulk` take, and the task that it makes."""

import os
from pathlib import Path
from typing import Final, NamedTuple, NotRequired, TypedDict

import click

from joseal.bulk.pools import usable_cores
from joseal.cli import files, json_output, options
from joseal.cli.bulk import run as bulk_run
from joseal.cli.bulk import workers as bulk_workers
from joseal.cli.bulk.journal import Books
from joseal.cli.bulk.rows import Csv, Format, JsonLines, PlainLines
from joseal.cli.bulk.run import Task, Worker
from joseal.cli.bulk.workers import Keys
from joseal.cli.exit_codes import Exit, FailureError

_BY_SUFFIX: Final = {".csv": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl"}


def common(verb: str, *, values: bool = True) -> list[click.Parameter]:
    """Return the options and arguments that say which rows, and where they go."""
    return [
        click.Option(
            ["--format", "form"],
            type=click.Choice(["jsonl", "csv", "lines"]),
            help="By the suffix of IN unless named; lines are taken as a whole.",
        ),
        click.Option(
            ["--field", "fields"],
            multiple=True,
            metavar="NAME",
            help=f"A JSON member or a column to {verb}; may be repeated.",
        ),
        click.Option(
            ["--delimiter"],
            type=click.Choice([",", ";", "tab", "|"]),
            metavar="CHAR",
            help="What separates the columns of CSV: ';', 'tab' or '|'; a comma unless named.",
        ),
        *(_values() if values else ()),
        *_places(),
    ]


def _values() -> list[click.Parameter]:
    return [
        click.Option(
            ["--json-values"],
            is_flag=True,
            help="Members are any JSON and not text: seal and open it as it is written.",
        )
    ]


def _places() -> list[click.Parameter]:
    return [
        click.Option(
            ["--rejects", "rejects_path"],
            type=options.PATH,
            metavar="FILE",
            help="Where refused rows are listed; OUT.rejects.jsonl unless named.",
        ),
        click.Option(
            ["--rejected", "rejected_path"],
            type=options.PATH,
            metavar="FILE",
            help="Where refused rows go as they are in IN, to be mended and run again.",
        ),
        click.Option(
            ["--max-rejects"],
            type=click.IntRange(0),
            metavar="N",
            help="With more rejects no OUT appears; none may be unless named, if OUT is replaced.",
        ),
        click.Option(["--force"], is_flag=True, help="Replace OUT and the rejects, if they exist."),
        click.Option(
            ["--workers"],
            type=click.IntRange(1),
            metavar="N",
            help="How many processes; as many as there are cores unless named.",
        ),
        click.Option(["--resume"], is_flag=True, help="Go on with an unfinished run, if any."),
        click.Option(
            ["-o", "--output", "out_path"],
            required=True,
            type=options.PATH,
            metavar="OUT",
            help="Where the rows go; it appears when it is whole.",
        ),
        options.json_flag(),
        click.Argument(["in_path"], type=options.PATH, metavar="IN"),
    ]


class Given(TypedDict):
    """What every command takes, as click passes it."""

    form: str | None
    fields: tuple[str, ...]
    delimiter: str | None
    json_values: NotRequired[bool]
    rejects_path: Path | None
    rejected_path: Path | None
    max_rejects: int | None
    force: bool
    workers: int | None
    resume: bool
    as_json: bool
    out_path: Path
    in_path: Path


class Files(NamedTuple):
    """What every command takes."""

    form: str | None
    fields: tuple[str, ...]
    delimiter: str | None
    rejects_path: Path | None
    rejected_path: Path | None
    max_rejects: int | None
    force: bool
    workers: int | None
    resume: bool
    as_json: bool
    out_path: Path
    in_path: Path
    json_values: bool = False


def run(both: Files, keys: Keys, worker: Worker, how: dict[str, object]) -> None:
    """Do it, and say how many rows there are.

    Raises:
        FailureError: a file can't be used; rows were refused, and all others are done.
        JoseError: a worker can't load the key.
    """
    done = bulk_run.run(_task(both, keys, worker, how))
    if both.as_json:
        line = json_output.line({"rows": done.rows, "rejects": done.rejects})
        files.write(files.STANDARD, line, private=False)
    if done.rejects:
        name = click.format_filename(_rejects(both))
        text = f"{done.rejects} of {done.rejects + done.rows} rows, listed in {name}"
        raise FailureError("rejects", text, Exit.TOKEN)


def _task(both: Files, keys: Keys, worker: Worker, how: dict[str, object]) -> Task:
    form, sealing = _form(both), "seal" in how
    return Task(
        source=both.in_path,
        targets=_targets(both),
        form=_format(both, form, sealing=sealing),
        options={
            **how,
            "algs": [key.alg for key in keys],
            "format": form,
            "fields": both.fields,
            "delimiter": both.delimiter,
            "json_values": both.json_values,
            "rejects": [str(path) for path in _targets(both)[1:]],
        },
        thumbprint=bulk_workers.thumbprints(keys),
        resume=both.resume,
        force=both.force,
        max_rejects=both.max_rejects,
        worker=worker,
    )


def check(both: Files) -> None:
    """Refuse what does not go together, before anything is read.

    Raises:
        UsageError: it does not.
    """
    form = _form(both)
    if (form == "lines") == bool(both.fields):
        raise click.UsageError("--field is for JSON Lines and CSV, which need at least one")
    if len(set(both.fields)) != len(both.fields):
        raise click.UsageError("name each --field once")
    if both.delimiter is not None and form != "csv":
        raise click.UsageError("--delimiter is for CSV")
    if both.json_values and form != "jsonl":
        raise click.UsageError("--json-values is for JSON Lines")
    paths = [both.in_path, *Books(_targets(both)).files()]
    if len({os.path.realpath(path) for path in paths}) != len(paths):
        text = "IN, OUT, the rejects and what is written beside them must be different files"
        raise click.UsageError(text)


def _form(both: Files) -> str:
    form = both.form or _BY_SUFFIX.get(both.in_path.suffix.lower())
    if form is None:
        raise click.UsageError("--format is needed: IN does not end in .jsonl, .ndjson or .csv")
    return form


def _format(both: Files, form: str, *, sealing: bool) -> Format:
    if form == "csv":
        return Csv(both.fields, "\t" if both.delimiter == "tab" else both.delimiter or ",")
    if form == "lines":
        return PlainLines(sealing=sealing)
    return JsonLines(both.fields, sealing=sealing, as_json=both.json_values)


def _rejects(both: Files) -> Path:
    return both.rejects_path or both.out_path.with_name(f"{both.out_path.name}.rejects.jsonl")


def _targets(both: Files) -> tuple[Path, ...]:
    rejected = () if both.rejected_path is None else (both.rejected_path,)
    return (both.out_path, _rejects(both), *rejected)


def cores(workers: int | None) -> int:
    """Return how many workers there are to be."""
    return usable_cores() if workers is None else workers
