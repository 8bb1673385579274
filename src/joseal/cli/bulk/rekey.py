"""`joseal bulk rekey`: open the rows of a file, and seal them for another key."""

from pathlib import Path
from typing import Unpack

import click

from joseal._core.algorithms.registry import ALGS, ENCS
from joseal.cli import help_pages, options
from joseal.cli.bulk import options as bulk_task
from joseal.cli.bulk.options import GivenToOpen
from joseal.cli.bulk.workers import EncrypterSettings, RekeyerSettings, TargetSource
from joseal.cli.exit_codes import Exit

_ALGS = [name for name, alg in ALGS.items() if not alg.legacy]


def _target() -> list[click.Parameter]:
    return [
        click.Option(
            ["--to-key"],
            required=True,
            type=options.PATH,
            metavar="FILE",
            help="The new key, public or symmetric.",
        ),
        click.Option(
            ["--to-alg"],
            type=click.Choice(_ALGS),
            metavar="ALG",
            help="The new key's one algorithm, as for --alg. A JWK may name it itself.",
        ),
        click.Option(
            ["--to-enc"],
            required=True,
            type=click.Choice(list(ENCS)),
            metavar="ENC",
            help="Content encryption of the new tokens.",
        ),
        click.Option(
            ["--to-kid"],
            metavar="NAME",
            help="The new key's name, for the header; of a JWK Set, which key to use.",
        ),
        *(option for option in options.sealing() if option.name != "kid"),
    ]


@help_pages.command(
    params=[
        *bulk_task.opening(),
        *_target(),
        *bulk_task.common("rekey", values=False),
    ],
    examples=(
        "joseal bulk rekey --key old.jwk --enc A256GCM \\",
        "    --to-key new.jwk --to-enc A256GCM --field card sealed.csv -o rekeyed.csv",
    ),
    exits=(Exit.TOKEN, Exit.KEY),
)
def command(
    *,
    to_key: Path,
    to_alg: str | None,
    to_enc: str,
    to_kid: str | None,
    no_kid: bool,
    members: tuple[str, ...],
    **given: Unpack[GivenToOpen],
) -> None:
    """Open fields of JSON Lines, columns of CSV, or whole lines, and seal them for a new key.

    A token under the new key takes the place of each token in IN. Plaintexts are in memory only
    and never written. Each token is opened and sealed again as a whole: a compact token's alg and
    kid are authenticated with its ciphertext (RFC 7516 section 5.1), so that wrapping the CEK for
    the new key is not enough.

    The new header keeps typ, cty and all Header Parameters that are not about the key; those of
    --header win. Compressed plaintexts are inflated, with --accept-zip, and stay so.

    Rows that fail are left out of the output, and listed in the file of rejects, with line number
    and code; then the run ends with 1.

    With --json: {"rows": NUMBER, "rejects": NUMBER}.
    """
    source, opening = bulk_task.opening_of(given)
    settings = RekeyerSettings(
        source,
        opening,
        TargetSource(to_key, to_alg, to_kid, "--to-"),
        EncrypterSettings(to_enc, options.header_members(members), write_kid=not no_kid),
    )
    how: dict[str, object] = {
        "open": opening._asdict(),
        "seal": settings.sealing._asdict(),
        "kid": to_kid,
    }
    bulk_task.run(given, settings, settings, how)
