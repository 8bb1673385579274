"""`joseal bulk decrypt`: open the rows of a file."""

from pathlib import Path

from joseal.cli import bulk, bulk_tools, manual, options
from joseal.cli.bulk_tools import KeySource, Opening
from joseal.cli.failures import Exit


@manual.command(
    params=[
        *options.key(legacy=True),
        *options.password(),
        options.enc(multiple=True),
        *options.opening(),
        *bulk.common("open"),
    ],
    examples=(
        "joseal bulk decrypt --key mine.pem --alg RSA-OAEP-256 --enc A256GCM \\",
        "    --field card -o cards.csv sealed.csv",
    ),
    exits=(Exit.TOKEN, Exit.KEY),
)
def command(
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
    as_json: bool,
    resume: bool,
    out_path: Path,
    in_path: Path,
) -> None:
    """Open fields of JSON Lines, columns of CSV, or whole lines.

    The plaintext takes the place of each token in IN. It becomes a JSON string, unless
    --json-values; one that is not UTF-8, or not what the format can hold, is refused.

    The output keeps the order of the rows. Rows that fail are left out of it, and listed in a file
    of their own with line number and code. A run that was stopped, killed or out of space goes on
    with --resume, and loses no row and does none twice. Until it is finished there are OUT.partial,
    OUT.journal and the rejects' partial file. All files have mode 0600. Refused rows end with 1.

    With --json: {"rows": NUMBER, "rejects": NUMBER}.
    """
    password = options.Password(password_env, password_file, ask=ask_password)
    source = KeySource(key_path, alg, None, password, legacy)
    how = Opening(enc, typ, cty, any_kid, accept_zip)
    both = bulk.Files(form, fields, json_values, rejects_path, resume, out_path, in_path)
    bulk.check(both)
    key = source.load()
    work = bulk_tools.unseal(source, how, key, bulk.workers_of(workers))
    bulk.run(both, key, work, {"open": how._asdict()}, as_json=as_json)
