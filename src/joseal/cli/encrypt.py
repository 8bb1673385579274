"""`joseal encrypt`: seal a file or a stream into a token."""

from collections.abc import Mapping
from pathlib import Path

import click

from joseal import Encrypter, Key, Limits
from joseal.cli import files, options


@click.command(
    params=[
        *options.key(),
        options.enc(multiple=False),
        *options.sealing(),
        *options.streams(),
    ]
)
def command(
    *,
    key_path: Path,
    alg: str | None,
    enc: str,
    kid: str | None,
    no_kid: bool,
    members: tuple[str, ...],
    in_path: Path,
    out_path: Path,
) -> None:
    """Seal IN into a compact JWE token.

    The key is a public or a symmetric one. A line end follows the token.

    Example: joseal encrypt --key bank.pem --alg RSA-OAEP-256 --enc A256GCM body.json
    """
    key = options.load_key(key_path, alg=alg, kid=kid)
    sealer = prepare(key, enc, options.header_members(members), write_kid=not no_kid)
    token = sealer.encrypt(files.read(in_path, Limits().plaintext_bytes))
    files.write(out_path, token.encode() + b"\n", private=False)


def prepare(key: Key, enc: str, members: Mapping[str, object], *, write_kid: bool) -> Encrypter:
    """Make the Encrypter; what it says of a header member is said of the usage.

    Raises:
        UsageError: a header member that can't be set.
        KeyUseError: the key is private, or can't serve this enc.
    """
    try:
        return Encrypter(key, enc=enc, header=members, write_kid=write_kid)
    except ValueError as error:
        reason = str(error)
    raise click.UsageError(reason)
