"""`joseal bulk rekey`: move the rows of a file to another key."""

from pathlib import Path
from typing import Unpack

import click

from joseal import Form
from joseal._core.algorithms.registry import ALGS, ENCS
from joseal.cli import choices, help_pages, options
from joseal.cli.bulk import options as bulk_task
from joseal.cli.bulk.options import GivenToOpen
from joseal.cli.bulk.workers import EncrypterSettings, RewrapperSettings, TargetSource
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
            type=choices.Names(_ALGS),
            metavar="ALG",
            help="The new key's one algorithm, as for --alg. A JWK may name it itself.",
        ),
        click.Option(
            ["--to-enc"],
            type=choices.Names(list(ENCS)),
            metavar="ENC",
            help="Content encryption of the new tokens; with --json-form that of the old ones. A "
            "key whose alg has its own, such as HPKE-9, takes none.",
        ),
        click.Option(
            ["--to-kid"],
            metavar="NAME",
            help="The new key's name, for the header; of a JWK Set, which key to use.",
        ),
        options.alias(handed_on=True, prefix="to-"),
        *(option for option in options.encryption() if option.name != "kid"),
    ]


def _rewrapping() -> list[click.Parameter]:
    return [
        click.Option(
            ["--json-form"],
            type=click.Choice(["flattened", "general"]),
            help="The tokens are messages in this JSON form: they are not opened.",
        ),
        click.Option(
            ["--keep-old"],
            is_flag=True,
            help="Leave the old recipients in each message, and add the new one.",
        ),
        click.Option(
            ["--verify"],
            is_flag=True,
            help="With --json-form: open each message in memory, to check its tag.",
        ),
    ]


@help_pages.command(
    params=[
        *bulk_task.opening(),
        *_target(),
        *_rewrapping(),
        *bulk_task.common("rekey", values=False),
    ],
    examples=(
        "joseal bulk rekey --key old.jwk --enc A256GCM \\",
        "    --to-key new.jwk --to-enc A256GCM --field card cards.csv -o rekeyed.csv",
        "joseal bulk rekey --key rsa.pem --alg RSA-OAEP-256 --enc A256GCM \\",
        "    --to-key hybrid.jwk --field card cards.csv -o rekeyed.csv",
        "joseal bulk rekey --json-form general --key old.jwk --enc A256GCM \\",
        "    --to-key new.jwk --to-enc A256GCM --format lines archive -o rekeyed",
    ),
    exits=(Exit.TOKEN, Exit.KEY),
)
def command(
    *,
    to_key: Path,
    to_alg: str | None,
    to_enc: str | None,
    to_kid: str | None,
    to_alias: str | None,
    no_kid: bool,
    members: tuple[str, ...],
    json_form: Form | None,
    keep_old: bool,
    verify: bool,
    **given: Unpack[GivenToOpen],
) -> None:
    """Move fields of JSON Lines, columns of CSV, or whole lines to a new key.

    A token under the new key takes the place of each token in IN. Plaintexts are in memory only
    and never written. A compact token is decrypted and encrypted again as a whole: its alg and kid
    are authenticated with its ciphertext (RFC 7516 section 5.1), so that wrapping the CEK for the
    new key is not enough.

    With --json-form no message is opened, and no plaintext is in memory. The CEK of each message is
    wrapped for the new key, and the rest stays as it is. A message whose protected header names the
    old key is a reject. Only --verify checks that the CEK fits the content.

    The new header keeps typ, cty and all Header Parameters that are not about the key; those of
    --header take precedence. Compressed plaintexts are inflated, with --accept-zip, and stay so.

    Rows that fail are left out of the output. The file of rejects lists them with line number and
    code, and the status is 1.

    With --json: {"rows": NUMBER, "rejects": NUMBER}.
    """
    source, opening = bulk_task.opening_of(given)
    opening = opening._replace(form=json_form or "compact")
    settings = RewrapperSettings(
        source,
        opening,
        TargetSource(to_key, to_alg, to_kid, to_alias, "--to-"),
        EncrypterSettings(to_enc, options.header_members(members), write_kid=not no_kid),
        keep_old=keep_old,
        verify=verify,
    )
    how: dict[str, object] = {
        "decrypt": opening._asdict(),
        "encrypt": settings.encrypting._asdict(),
        "kid": to_kid,
        "keep_old": keep_old,
        "verify": verify,
    }
    bulk_task.run(given, settings, settings, how)
