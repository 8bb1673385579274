"""`joseal decrypt`: open a token."""

from pathlib import Path

import click

from joseal import DecryptedToken, Decrypter, Limits
from joseal._core.algorithms.registry import lookup_encs
from joseal.cli import files, help_pages, json_output, key_files, options, streaming
from joseal.cli.exit_codes import Exit


@help_pages.command(
    params=[
        *options.key(required=False, multiple=True, legacy=True),
        options.alias(),
        *options.password(what="the password of the key, or for PBES2"),
        options.enc(multiple=True, required=False),
        *options.opening(),
        options.crit(),
        streaming.option(),
        options.json_flag(),
        *options.streams(),
    ],
    examples=(
        "joseal decrypt --key mine.pem --alg RSA-OAEP-256 --enc A256GCM token.txt",
        "joseal decrypt --key old.jwk --key new.jwk --enc A256GCM token.txt -o body",
        "joseal decrypt --stream --key mine.jwk --enc A256GCM disk.jwe -o disk.img",
        "joseal decrypt --alg PBES2-HS512+A256KW --ask-password --enc A256GCM note",
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
    crit: tuple[str, ...],
    any_kid: bool,
    accept_zip: bool,
    legacy: bool,
    stream: bool,
    as_json: bool,
    in_path: Path,
    out_path: Path,
) -> None:
    """Decrypt a compact JWE token.

    IN is the token, at most 24 MiB; the default is standard input. White space around it is
    ignored. Nothing is written before the whole token is authenticated. That does not show who made
    it: anyone can encrypt with a public key. With several keys, a token that names a kid is tried
    only with that key, and a token without a kid with at most four. With --stream the only limit is
    the cipher's, memory does not grow with the token, and IN is a file that contains only the
    token.

    With --json: {"plaintext": {"text": TEXT or null, "base64url": TEXT}, "header": OBJECT, "key":
    {"alg": TEXT, "kid": TEXT or null, "thumbprint": TEXT or null}}.
    """
    if stream and as_json:
        raise click.UsageError("--stream writes the plaintext, not --json")
    source = options.Password(password_env, password_file, ask=ask_password)
    password = options.read_password(source)
    keys = options.load_keys(key_paths, alg=alg, password=password, legacy=legacy)
    opener = Decrypter(
        options.with_enc(key_files.for_encryption(keys), enc),
        enc=[known.name for known in lookup_encs(enc)] if enc else None,
        typ=typ,
        cty=cty,
        crit=crit,
        any_kid=any_kid,
        accept_zip=accept_zip,
    )
    if stream:
        streaming.decrypt(opener, in_path, out_path)
        return
    with streaming.naming_streams():
        opened = opener.open(options.read_token(in_path, Limits().token_bytes))
    files.write(out_path, _line(opened) if as_json else opened.plaintext, private=True)


def _line(opened: DecryptedToken) -> bytes:
    return json_output.line(
        {
            "plaintext": json_output.raw(opened.plaintext),
            "header": dict(opened.header),
            "key": json_output.key(opened.key),
        }
    )
