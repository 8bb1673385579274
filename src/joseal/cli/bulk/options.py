"""The options that all directions of `joseal bulk` take, and the task that they make."""

import os
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Final, NotRequired, TypedDict

import click

from joseal.bulk.pools import usable_cores
from joseal.cli import files, json_output, naming, options
from joseal.cli.bulk import cluster
from joseal.cli.bulk import run as bulk_run
from joseal.cli.bulk import workers as bulk_workers
from joseal.cli.bulk.formats.csv_cells import Csv
from joseal.cli.bulk.formats.json_lines import JsonLines
from joseal.cli.bulk.formats.plain_lines import PlainLines
from joseal.cli.bulk.formats.rows import Format
from joseal.cli.bulk.journal import Books, Journal
from joseal.cli.bulk.pieces import Run, Shape
from joseal.cli.bulk.run import Task
from joseal.cli.bulk.sources import ENCODINGS
from joseal.cli.bulk.termination import ending_on_termination
from joseal.cli.bulk.workers import Crew, DecrypterSettings, Keys, KeySource, Settings, Source
from joseal.cli.exit_codes import Exit, FailureError

_BY_SUFFIX: Final = {".csv": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl"}


def common(verb: str, *, values: bool = True) -> list[click.Parameter]:
    """Return the options and arguments for the rows and the outputs."""
    return [
        click.Option(
            ["--format", "form"],
            type=click.Choice(["jsonl", "csv", "lines"]),
            help="The default is by the suffix of IN; `lines` takes each line as a whole.",
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
            help="What separates the columns of CSV: ';', 'tab' or '|'; the default is a comma.",
        ),
        click.Option(
            ["--encoding"],
            type=click.Choice(ENCODINGS),
            metavar="NAME",
            help=f"The encoding of CSV, IN and OUT: {', '.join(ENCODINGS)}; by default the first.",
        ),
        *(_values() if values else ()),
        *_places(),
    ]


def _values() -> list[click.Parameter]:
    return [
        click.Option(
            ["--json-values"],
            is_flag=True,
            help="Members are any JSON, not only text: encrypt and decrypt it as it is written.",
        )
    ]


def _places() -> list[click.Parameter]:
    return [
        click.Option(
            ["--rejects", "rejects_path"],
            type=options.PATH,
            metavar="FILE",
            help="Where refused rows are listed; the default is OUT.rejects.jsonl.",
        ),
        click.Option(
            ["--rejected", "rejected_path"],
            type=options.PATH,
            metavar="FILE",
            help="Where refused rows go as they are in IN, so that you can correct and rerun them.",
        ),
        *_conduct(),
        *_cluster(),
        click.Option(
            ["-o", "--output", "out_path"],
            required=True,
            type=options.PATH,
            metavar="OUT",
            help="Where the rows go; it appears when it is complete. '-' is standard output.",
        ),
        options.json_flag(),
        click.Argument(["in_path"], type=options.PATH, metavar="IN"),
    ]


def _conduct() -> list[click.Parameter]:
    return [
        click.Option(
            ["--max-rejects"],
            type=click.IntRange(0),
            metavar="N",
            help="With more rejects OUT does not appear; the default is 0 if OUT is replaced.",
        ),
        click.Option(["--force"], is_flag=True, help="Replace OUT and the rejects, if they exist."),
        click.Option(
            ["--workers"],
            type=click.IntRange(1),
            metavar="N",
            help="How many processes; the default is the number of cores.",
        ),
        click.Option(
            ["--resume"], is_flag=True, help="Continue an unfinished run, if there is one."
        ),
        click.Option(
            ["--progress"],
            is_flag=True,
            help="Print a line every 10 seconds, for logs; on a terminal there is a progress bar.",
        ),
    ]


def _cluster() -> list[click.Parameter]:
    what = ("the authority of the cluster", "this client's certificate", "its private key")
    return [
        click.Option(
            ["--scheduler"],
            metavar="ADDRESS",
            help="Work on a Dask cluster, tls://HOST:PORT, whose workers find the keys there.",
        ),
        *(
            click.Option(
                [name], type=options.PATH, metavar="FILE", help=f"For --scheduler: {text}."
            )
            for name, text in zip(("--tls-ca-file", "--tls-cert", "--tls-key"), what, strict=True)
        ),
    ]


class Given(TypedDict):
    """The options of every command, as click passes them."""

    form: str | None
    fields: tuple[str, ...]
    delimiter: str | None
    encoding: str | None
    json_values: NotRequired[bool]
    rejects_path: Path | None
    rejected_path: Path | None
    max_rejects: int | None
    force: bool
    workers: int | None
    scheduler: str | None
    tls_ca_file: Path | None
    tls_cert: Path | None
    tls_key: Path | None
    resume: bool
    progress: bool
    as_json: bool
    out_path: Path
    in_path: Path


class GivenToOpen(Given):
    """The options of commands that open tokens."""

    key_paths: tuple[Path, ...]
    alg: str | None
    alias: str | None
    password_env: str | None
    password_file: Path | None
    ask_password: bool
    enc: tuple[str, ...]
    typ: str | None
    cty: str | None
    any_kid: bool
    accept_zip: bool
    legacy: bool


def opening() -> list[click.Parameter]:
    """Return the settings of the keys that decrypt and of the requirements on a token."""
    return [
        *options.key(multiple=True, legacy=True),
        # Workers in other processes need it as well.
        options.alias(handed_on=True),
        *options.password(),
        options.enc(multiple=True, required=False),
        *options.opening(),
    ]


def opening_of(given: GivenToOpen) -> tuple[KeySource, DecrypterSettings]:
    """Return the same, as the user gave it."""
    password = options.Password(
        given["password_env"], given["password_file"], ask=given["ask_password"]
    )
    return (
        KeySource(given["key_paths"], given["alg"], password, given["legacy"], given["alias"]),
        DecrypterSettings(
            given["enc"], given["typ"], given["cty"], given["any_kid"], given["accept_zip"]
        ),
    )


def run(given: Given, source: Source, settings: Settings, how: dict[str, object]) -> None:
    """Run the task, and report how many rows there are.

    Args:
        given: the rows and the outputs.
        source: where the keys come from.
        settings: what to do with them.
        how: the settings that change the output.

    Raises:
        UsageError: the options don't go together.
        FailureError: a file can't be used; rows were refused, and all others are done.
        JoseError: a key can't be loaded, or can't be used.
    """
    check(given, source)
    began = time.monotonic()
    keys = source.load()
    # A fault of a key is reported here and not by a worker.
    settings.prepare(keys)
    if given["scheduler"] is not None and not source.can_be_read_again():
        raise click.UsageError("--scheduler needs keys and passwords that are in files")
    with ending_on_termination(), _crew(given) as crew:
        start = partial(crew.start, source, settings, keys)
        done = bulk_run.run(_task(given, keys, start, how))
    _say(given, done, time.monotonic() - began)


def _say(given: Given, done: Journal, seconds: float) -> None:
    """Report how a run ended.

    Raises:
        FailureError: rows were refused.
    """
    if given["as_json"]:
        line = json_output.line({"rows": done.rows, "rejects": done.rejects})
        files.write(files.STANDARD, line, private=False)
    if done.rejects:
        name = naming.name(_rejects(given))
        text = f"{done.rejects} of {done.rejects + done.rows} rows, listed in {name}"
        raise FailureError("rejects", text, Exit.TOKEN)
    if not given["as_json"]:
        click.echo(f"joseal: {done.rows} rows, no rejects, {seconds:.1f} s", err=True)


@contextmanager
def _crew(given: Given) -> Generator[Crew]:
    """Return where the work is done, and connect to a cluster.

    Raises:
        FailureError: its scheduler can't be reached, or Dask is not installed.
    """
    if given["scheduler"] is None:
        yield Crew(usable_cores() if given["workers"] is None else given["workers"])
        return
    certificates = (given["tls_ca_file"], given["tls_cert"], given["tls_key"])
    with cluster.connected(given["scheduler"], certificates) as (executor, threads):
        yield Crew(threads if given["workers"] is None else given["workers"], executor)


def _task(given: Given, keys: Keys, start: Callable[[Shape], Run], how: dict[str, object]) -> Task:
    form, encrypting = _form(given), "encrypt" in how
    encoding = given["encoding"] or ENCODINGS[0]
    return Task(
        source=given["in_path"],
        encoding=encoding,
        carried=given["scheduler"] is not None,
        targets=_targets(given),
        form=_format(given, form, encrypting=encrypting),
        options={
            **how,
            "algs": [key.alg for key in keys],
            "format": form,
            "fields": given["fields"],
            "delimiter": given["delimiter"],
            "encoding": encoding,
            "json_values": given.get("json_values", False),
            # In hex, because a path need not be text that JSON can carry.
            "rejects": [os.fsencode(path).hex() for path in _targets(given)[1:]],
        },
        thumbprint=bulk_workers.thumbprints(keys),
        resume=given["resume"],
        force=given["force"],
        max_rejects=given["max_rejects"],
        progress=given["progress"],
        start=start,
    )


def check(given: Given, source: Source) -> None:
    """Refuse options that don't go together, before anything is read.

    Raises:
        UsageError: they don't.
    """
    form, fields = _form(given), given["fields"]
    if (form == "lines") == bool(fields):
        raise click.UsageError("--field is for JSON Lines and CSV, which need at least one")
    if len(set(fields)) != len(fields):
        raise click.UsageError("name each --field once")
    if given["delimiter"] is not None and form != "csv":
        raise click.UsageError("--delimiter is for CSV")
    if given["encoding"] is not None and form != "csv":
        raise click.UsageError("--encoding is for CSV: JSON Lines are UTF-8, and lines any bytes")
    if given.get("json_values", False) and form != "jsonl":
        raise click.UsageError("--json-values is for JSON Lines")
    if given["in_path"] == files.STANDARD and files.STANDARD in source.places():
        raise click.UsageError("standard input can't be both a key and IN")
    _check_cluster(given)
    _check_standard(given)
    _check_different(given)


def _check_cluster(given: Given) -> None:
    """Refuse a cluster whose connections would not be encrypted.

    Raises:
        UsageError: the address or the certificates are not suitable for TLS.
    """
    certificates = [given["tls_ca_file"], given["tls_cert"], given["tls_key"]]
    if given["scheduler"] is None:
        if any(certificates):
            raise click.UsageError("--tls-ca-file, --tls-cert and --tls-key are for --scheduler")
    elif not given["scheduler"].startswith("tls://") or not all(certificates):
        text = "--scheduler needs an address tls://HOST:PORT, --tls-ca-file, --tls-cert, --tls-key"
        raise click.UsageError(f"{text}: the rows go there")


def _check_standard(given: Given) -> None:
    """Refuse options that need files, if the input or output is a standard stream.

    Raises:
        UsageError: there is such an option.
    """
    if given["in_path"] == files.STANDARD and given["resume"]:
        raise click.UsageError("--resume needs an IN that can be read again: a file")
    if given["out_path"] != files.STANDARD:
        return
    if given["rejects_path"] is None:
        raise click.UsageError("with OUT on standard output, --rejects names the file of rejects")
    for name, is_given in (
        ("--resume", given["resume"]),
        ("--max-rejects", given["max_rejects"] is not None),
        ("--json", given["as_json"]),
    ):
        if is_given:
            raise click.UsageError(f"{name} needs an OUT that is a file")


def _check_different(given: Given) -> None:
    """Refuse a file that is given for two purposes.

    Raises:
        UsageError: there is one.
    """
    paths = [given["in_path"], *_targets(given)]
    if given["out_path"] != files.STANDARD:
        paths = [given["in_path"], *Books(_targets(given)).files()]
    paths = [path for path in paths if path != files.STANDARD]
    if len({os.path.realpath(path) for path in paths}) != len(paths):
        text = "IN, OUT, the rejects and the files next to them must be different files"
        raise click.UsageError(text)


def _form(given: Given) -> str:
    form = given["form"] or _BY_SUFFIX.get(given["in_path"].suffix.lower())
    if form is None:
        raise click.UsageError("--format is needed: IN does not end in .jsonl, .ndjson or .csv")
    return form


def _format(given: Given, form: str, *, encrypting: bool) -> Format:
    if form == "csv":
        delimiter = given["delimiter"] or ","
        return Csv(given["fields"], "\t" if delimiter == "tab" else delimiter)
    if form == "lines":
        return PlainLines(encrypting=encrypting)
    as_json = given.get("json_values", False)
    return JsonLines(given["fields"], encrypting=encrypting, as_json=as_json)


def _rejects(given: Given) -> Path:
    out = given["out_path"]
    return given["rejects_path"] or out.with_name(f"{out.name}.rejects.jsonl")


def _targets(given: Given) -> tuple[Path, ...]:
    rejected = given["rejected_path"]
    return (given["out_path"], _rejects(given), *(() if rejected is None else (rejected,)))
