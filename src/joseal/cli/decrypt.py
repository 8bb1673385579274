"""`joseal decrypt`: open a token."""

from pathlib import Path

import click

from joseal import Decrypter, Limits
from joseal.cli import files, options


@click.command(
    params=[
        *options.key(legacy=True),
        *options.password(),
        options.enc(multiple=True),
        *options.opening(),
        *options.streams(),
    ]
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
    in_path: Path,
    out_path: Path,
) -> None:
    """Open the compact JWE token in IN.

    Nothing is written before the whole token has proved to be unchanged. That says nothing of who
    made it: to a public key, anyone can seal. White space around the token is ignored.

    Example: joseal decrypt --key mine.pem --alg RSA-OAEP-256 --enc A256GCM token.txt -o body.json
    """
    source = options.Password(password_env, password_file, ask=ask_password)
    password = options.read_password(source)
    key = options.load_key(key_path, alg=alg, password=password, legacy=legacy)
    opener = Decrypter(key, enc=enc, typ=typ, cty=cty, any_kid=any_kid, accept_zip=accept_zip)
    token = options.read_token(in_path, Limits().token_bytes)
    files.write(out_path, opener.decrypt(token), private=True)
