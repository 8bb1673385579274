"""`joseal bulk`: seal or open the rows of a file."""

import os
from pathlib import Path
from typing import Final, NamedTuple

import click

from joseal import Key
from joseal.bulk.pools import usable_cores
from joseal.cli import bulk_run, bulk_tools, options
from joseal.cli.bulk_journal import Books
from joseal.cli.bulk_rows import Csv, Format, JsonLines, PlainLines
from joseal.cli.bulk_run import Task, Work
from joseal.cli.bulk_tools import KeySource, Opening, Sealing

_BY_SUFFIX: Final = {".csv": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl"}


@click.group(no_args_is_help=False)
def command() -> None:
    """Seal or open fields of JSON Lines, columns of CSV, or whole lines.

    The output keeps the order of the rows. Rows that fail are left out of it, and listed in a file
    of their own with line number and code.

    A run that was stopped, killed or out of space goes on with --resume, and loses no row and does
    none twice. Until it is finished there are OUT.partial, OUT.journal and the rejects' partial
    file. All files have mode 0600.
    """


def _common(verb: str) -> list[click.Parameter]:
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
            ["--json-values"],
            is_flag=True,
            help="Members are any JSON and not text: seal and open it as it is written.",
        ),
        click.Option(
            ["--rejects", "rejects_path"],
            type=options.PATH,
            metavar="FILE",
            help="Where refused rows are listed; OUT.rejects.jsonl unless named.",
        ),
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
        click.Argument(["in_path"], type=options.PATH, metavar="IN"),
    ]


class _Files(NamedTuple):
    """What both directions take."""

    form: str | None
    fields: tuple[str, ...]
    json_values: bool
    rejects_path: Path | None
    resume: bool
    out_path: Path
    in_path: Path


@command.command(
    "encrypt",
    params=[
        *options.key(),
        options.enc(multiple=False),
        *options.sealing(),
        *_common("seal"),
    ],
)
def _encrypt(
    *,
    key_path: Path,
    alg: str | None,
    enc: str,
    kid: str | None,
    no_kid: bool,
    members: tuple[str, ...],
    form: str | None,
    fields: tuple[str, ...],
    json_values: bool,
    rejects_path: Path | None,
    workers: int | None,
    resume: bool,
    out_path: Path,
    in_path: Path,
) -> None:
    """Put a token in the place of each named field of IN.

    A JSON member is a string, whose text is sealed, unless --json-values.

    Example: joseal bulk encrypt --key bank.pem --alg RSA-OAEP-256 --enc A256GCM --field card
    -o sealed.jsonl cards.jsonl
    """
    source = KeySource(key_path, alg, kid)
    how = Sealing(enc, options.header_members(members), write_kid=not no_kid)
    both = _Files(form, fields, json_values, rejects_path, resume, out_path, in_path)
    _check(both)
    key = source.load()
    work = bulk_tools.seal(source, how, key, _workers(workers))
    _run(both, key, work, {"seal": how._asdict(), "kid": kid})


@command.command(
    "decrypt",
    params=[
        *options.key(legacy=True),
        *options.password(),
        options.enc(multiple=True),
        *options.opening(),
        *_common("open"),
    ],
)
def _decrypt(
    *,
    key_path: Path,
    alg: str | None,
    password_env: str | None,
    password_file: Path | None,
    ask_password: bool,
    enc: tuple[str, ...],
    typ: str | None,
    cty: str | None,
    any_kid: bool,
    accept_zip: bool,
    legacy: bool,
    form: str | None,
    fields: tuple[str, ...],
    json_values: bool,
    rejects_path: Path | None,
    workers: int | None,
    resume: bool,
    out_path: Path,
    in_path: Path,
) -> None:
    """Put the plaintext in the place of each token in IN.

    A plaintext becomes a JSON string, unless --json-values; one that is not UTF-8, or not what the
    format can hold, is refused.

    Example: joseal bulk decrypt --key mine.pem --alg RSA-OAEP-256 --enc A256GCM --field card
    -o cards.csv sealed.csv
    """
    password = options.Password(password_env, password_file, ask=ask_password)
    source = KeySource(key_path, alg, None, password, legacy)
    how = Opening(enc, typ, cty, any_kid, accept_zip)
    both = _Files(form, fields, json_values, rejects_path, resume, out_path, in_path)
    _check(both)
    key = source.load()
    work = bulk_tools.unseal(source, how, key, _workers(workers))
    _run(both, key, work, {"open": how._asdict()})


def _run(both: _Files, key: Key, work: Work, how: dict[str, object]) -> None:
    form, sealing = _form(both), "seal" in how
    bulk_run.run(
        Task(
            source=both.in_path,
            output=both.out_path,
            rejects=_rejects(both),
            form=_format(both, form, sealing=sealing),
            options={
                **how,
                "alg": key.alg,
                "format": form,
                "fields": both.fields,
                "json_values": both.json_values,
                "rejects": str(_rejects(both)),
            },
            thumbprint=key.thumbprint(),
            resume=both.resume,
            work=work,
        )
    )


def _check(both: _Files) -> None:
    """Refuse what does not go together, before anything is read.

    Raises:
        UsageError: it does not.
    """
    form = _form(both)
    if (form == "lines") == bool(both.fields):
        raise click.UsageError("--field is for JSON Lines and CSV, which need at least one")
    if len(set(both.fields)) != len(both.fields):
        raise click.UsageError("name each --field once")
    if both.json_values and form != "jsonl":
        raise click.UsageError("--json-values is for JSON Lines")
    paths = [both.in_path, *Books(both.out_path, _rejects(both)).files()]
    if len({os.path.realpath(path) for path in paths}) != len(paths):
        text = "IN, OUT, the rejects and what is written beside them must be different files"
        raise click.UsageError(text)


def _form(both: _Files) -> str:
    form = both.form or _BY_SUFFIX.get(both.in_path.suffix.lower())
    if form is None:
        raise click.UsageError("--format is needed: IN does not end in .jsonl, .ndjson or .csv")
    return form


def _format(both: _Files, form: str, *, sealing: bool) -> Format:
    if form == "csv":
        return Csv(both.fields)
    if form == "lines":
        return PlainLines(sealing=sealing)
    return JsonLines(both.fields, sealing=sealing, as_json=both.json_values)


def _rejects(both: _Files) -> Path:
    return both.rejects_path or both.out_path.with_name(f"{both.out_path.name}.rejects.jsonl")


def _workers(workers: int | None) -> int:
    return usable_cores() if workers is None else workers
