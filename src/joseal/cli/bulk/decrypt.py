"""`joseal bulk decrypt`: open the rows of a file."""

from pathlib import Path
from typing import Unpack

from joseal.cli import help_pages, options
from joseal.cli.bulk import options as bulk_task
from joseal.cli.bulk import workers as bulk_workers
from joseal.cli.bulk.options import Files, Given
from joseal.cli.bulk.workers import DecrypterSettings, KeySource
from joseal.cli.exit_codes import Exit


@help_pages.command(
    params=[
        *options.key(multiple=True, legacy=True),
        *options.password(),
        options.enc(multiple=True),
        *options.opening(),
        *bulk_task.common("open"),
    ],
    examples=(
        "joseal bulk decrypt --key mine.pem --alg RSA-OAEP-256 --enc A256GCM \\",
        "    --field card sealed.csv -o cards.csv",
        "joseal bulk decrypt --key old.jwk --key new.jwks --enc A256GCM \\",
        "    --field card sealed.csv -o cards.csv",
    ),
    exits=(Exit.TOKEN, Exit.KEY),
)
def command(
    *,
    key_paths: tuple[Path, ...],
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
    **given: Unpack[Given],
) -> None:
    """Open fields of JSON Lines, columns of CSV, or whole lines.

    The plaintext stands in the place of each token in IN. A plaintext becomes a JSON string, unless
    --json-values; one that is not UTF-8, or not what the format can hold, is refused.

    Of several keys, a token that names a kid is tried with that one alone, and one that names none
    with at most four.

    Rows that fail are left out of the output, and listed in the file of rejects, with line number
    and code; then the run ends with 1.

    With --json: {"rows": NUMBER, "rejects": NUMBER}.
    """
    password = options.Password(password_env, password_file, ask=ask_password)
    source = KeySource(key_paths, alg, password, legacy)
    settings = DecrypterSettings(enc, typ, cty, any_kid, accept_zip)
    both = Files(**given)
    bulk_task.check(both)
    keys = source.load()
    worker = bulk_workers.decrypt_chunks(source, settings, keys, bulk_task.cores(both.workers))
    bulk_task.run(both, keys, worker, {"open": settings._asdict()})
