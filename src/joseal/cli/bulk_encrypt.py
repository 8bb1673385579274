"""`joseal bulk encrypt`: seal the rows of a file."""

from pathlib import Path

from joseal.cli import bulk, bulk_tools, manual, options
from joseal.cli.bulk_tools import KeySource, Sealing
from joseal.cli.failures import Exit


@manual.command(
    params=[
        *options.key(),
        options.enc(multiple=False),
        *options.sealing(),
        *bulk.common("seal"),
    ],
    examples=(
        "joseal bulk encrypt --key bank.pem --alg RSA-OAEP-256 --enc A256GCM \\",
        "    --field card -o sealed.jsonl cards.jsonl",
    ),
    exits=(Exit.TOKEN, Exit.KEY),
)
def command(
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
    as_json: bool,
    resume: bool,
    out_path: Path,
    in_path: Path,
) -> None:
    """Seal fields of JSON Lines, columns of CSV, or whole lines.

    A token takes the place of each named field of IN. A JSON member is a
    string, whose text is sealed, unless --json-values.

    The output keeps the order of the rows. Rows that fail are left out of it, and listed in a file
    of their own with line number and code. A run that was stopped, killed or out of space goes on
    with --resume, and loses no row and does none twice. Until it is finished there are OUT.partial,
    OUT.journal and the rejects' partial file. All files have mode 0600. Refused rows end with 1.

    With --json: {"rows": NUMBER, "rejects": NUMBER}.
    """
    source = KeySource(key_path, alg, kid)
    how = Sealing(enc, options.header_members(members), write_kid=not no_kid)
    both = bulk.Files(form, fields, json_values, rejects_path, resume, out_path, in_path)
    bulk.check(both)
    key = source.load()
    work = bulk_tools.seal(source, how, key, bulk.workers_of(workers))
    bulk.run(both, key, work, {"seal": how._asdict(), "kid": kid}, as_json=as_json)
