"""`joseal bulk encrypt`: encrypt the rows of a file."""

from pathlib import Path
from typing import Unpack

from joseal.cli import help_pages, options
from joseal.cli.bulk import options as bulk_task
from joseal.cli.bulk.options import Given
from joseal.cli.bulk.workers import EncrypterSettings, TargetSource
from joseal.cli.exit_codes import Exit


@help_pages.command(
    params=[
        *options.key(),
        options.alias(handed_on=True),
        options.enc(multiple=False, required=False),
        *options.encryption(),
        *bulk_task.common("encrypt"),
    ],
    examples=(
        "joseal bulk encrypt --key bank.pem --alg RSA-OAEP-256 --enc A256GCM \\",
        "    --field card cards.jsonl -o encrypted.jsonl",
        "joseal bulk encrypt --key bank.jwk --enc A256GCM --format lines ids -o ids.jwe",
    ),
    exits=(Exit.TOKEN, Exit.KEY),
)
def command(
    *,
    key_path: Path,
    alg: str | None,
    alias: str | None,
    enc: str | None,
    kid: str | None,
    no_kid: bool,
    members: tuple[str, ...],
    **given: Unpack[Given],
) -> None:
    """Encrypt fields of JSON Lines, columns of CSV, or whole lines.

    A token replaces each named field of IN. Without --json-values, a JSON member must be a string,
    and its text is encrypted.

    Rows that fail are left out of the output. The file of rejects lists them with line number and
    code, and the status is 1.

    With --json: {"rows": NUMBER, "rejects": NUMBER}.
    """
    source = TargetSource(key_path, alg, kid, alias)
    settings = EncrypterSettings(enc, options.header_members(members), write_kid=not no_kid)
    how: dict[str, object] = {"encrypt": settings._asdict(), "kid": kid}
    bulk_task.run(given, source, settings, how)
