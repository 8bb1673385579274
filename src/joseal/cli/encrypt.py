"""`joseal encrypt`: encrypt a file or a stream into a token."""

from collections.abc import Mapping
from pathlib import Path

import click

from joseal import Encrypter, Key, Limits
from joseal._core.algorithms.pbes2 import LEAST_ITERATIONS
from joseal._core.algorithms.registry import lookup_enc
from joseal.cli import files, help_pages, json_output, key_files, options, streaming
from joseal.cli.exit_codes import Exit


@help_pages.command(
    params=[
        *options.key(required=False),
        options.alias(),
        options.enc(multiple=False, required=False),
        *options.encryption(),
        *options.password(what="the password for PBES2"),
        click.Option(
            ["--iterations"],
            type=click.IntRange(LEAST_ITERATIONS, Limits().pbes2_iterations),
            metavar="COUNT",
            help="Iterations of PBKDF2 for a password; the default is what OWASP advises.",
        ),
        click.Option(
            ["--compress"],
            is_flag=True,
            help="Deflate the plaintext; the token's length then reveals something about it.",
        ),
        streaming.option(),
        options.json_flag(),
        *options.streams(),
    ],
    examples=(
        "joseal encrypt --key bank.pem --alg RSA-OAEP-256 --enc A256GCM body.json",
        "joseal encrypt --key bank.jwk --enc A256CBC-HS512 --header typ=JWT < body.json",
        "joseal encrypt --key bank.hpke.jwk body.json",
        "joseal encrypt --stream --key bank.jwk --enc A256GCM disk.img -o disk.jwe",
        "joseal encrypt --alg PBES2-HS512+A256KW --ask-password --enc A256GCM note",
    ),
    exits=(Exit.TOKEN, Exit.KEY),
)
def command(
    *,
    key_path: Path | None,
    alg: str | None,
    enc: str | None,
    kid: str | None,
    no_kid: bool,
    password_env: str | None,
    password_file: Path | None,
    ask_password: bool,
    iterations: int | None,
    members: tuple[str, ...],
    compress: bool,
    stream: bool,
    as_json: bool,
    in_path: Path,
    out_path: Path,
) -> None:
    """Encrypt a file or a stream into a compact JWE token.

    The key is a public key, a symmetric key or a password. IN is the plaintext, at most 16 MiB; the
    default is standard input. On a terminal, a line end follows the token. For a plaintext over the
    limit the status is 1. With --stream the only limit is the cipher's (64 GiB for AES-GCM), and
    memory does not grow with the message.

    With --json: {"token": TEXT}.
    """
    if stream and as_json:
        raise click.UsageError("--stream writes a token, not --json")
    source = options.Password(password_env, password_file, ask=ask_password)
    key = _key(key_path, alg, kid, source, iterations)
    options.check_enc([key], enc)
    key_files.warn_of_dates(key)
    header = options.header_members(members)
    sealer = prepare(key, enc, header, write_kid=not no_kid, compress=compress)
    if stream:
        streaming.encrypt(sealer, in_path, out_path)
        return
    with streaming.naming_streams():
        token = sealer.encrypt(files.read(in_path, Limits().plaintext_bytes))
    if as_json:
        files.write(out_path, json_output.line({"token": token}), private=False)
    else:
        files.write_token(out_path, token)


def _key(
    path: Path | None,
    alg: str | None,
    kid: str | None,
    source: options.Password,
    iterations: int | None,
) -> Key:
    """Load the key, or make it from a password.

    Raises:
        UsageError: a file is given with options that are for a password.
    """
    if path is None:
        password = options.read_password(source, "Password", new=True)
        return options.password_key(password, alg=alg, kid=kid, iterations=iterations)
    if iterations is not None or source.is_named():
        raise click.UsageError("a password and --iterations replace --key")
    return options.load_key(path, alg=alg, kid=kid)


def prepare(
    key: Key,
    enc: str | None,
    members: Mapping[str, object],
    *,
    write_kid: bool,
    compress: bool = False,
) -> Encrypter:
    """Make the Encrypter; its errors about a Header Parameter become usage errors.

    Raises:
        UsageError: a Header Parameter can't be set.
        InvalidKeyError: the key is private, or can't serve this enc.
    """
    try:
        return Encrypter(
            key,
            enc=None if enc is None else lookup_enc(enc).name,
            header=members,
            write_kid=write_kid,
            compress=compress,
        )
    except ValueError as error:
        reason = str(error)
    raise click.UsageError(reason)
