"""`joseal sign`: sign a file or a stream."""

from pathlib import Path

import click

from joseal import Limits, Signer
from joseal.cli import files, help_pages, json_output, options
from joseal.cli.exit_codes import Exit


@help_pages.command(
    params=[
        *options.key(use="signatures"),
        options.alias(),
        *options.encryption(),
        *options.password(),
        click.Option(["--detached"], is_flag=True, help="Leave the payload out of the token."),
        click.Option(
            ["--unencoded"],
            is_flag=True,
            help="Sign the payload as it is (b64 is false, RFC 7797); attached, it has to be "
            "printable ASCII without a dot.",
        ),
        options.json_flag(),
        *options.streams(),
    ],
    examples=(
        "joseal sign --key mine.pem --alg ES256 body.json",
        "joseal sign --key mine.jwk --detached --unencoded body.json -o body.jws",
    ),
    exits=(Exit.TOKEN, Exit.KEY),
)
def command(
    *,
    key_path: Path,
    alg: str | None,
    kid: str | None,
    no_kid: bool,
    password_env: str | None,
    password_file: Path | None,
    ask_password: bool,
    members: tuple[str, ...],
    detached: bool,
    unencoded: bool,
    as_json: bool,
    in_path: Path,
    out_path: Path,
) -> None:
    """Sign a file or a stream as a compact JWS token.

    The key is a private or a symmetric one. IN is the payload, at most 16 MiB; the default is
    standard input. All of it is signed, including a final line end. On a terminal, a line end
    follows the token. For a payload over the limit the status is 1.

    With --json: {"token": TEXT, "detached": BOOL, "b64": BOOL}.
    """
    source = options.Password(password_env, password_file, ask=ask_password)
    password = options.read_password(source)
    key = options.load_key(key_path, alg=alg, kid=kid, password=password)
    header = options.header_members(members)
    payload = files.read(in_path, Limits().plaintext_bytes)
    try:
        signer = Signer(
            key, header=header, write_kid=not no_kid, detached=detached, b64=not unencoded
        )
        token = signer.sign(payload)
    except ValueError as error:
        # About the header's members, or about a payload that can't be in a token unencoded.
        reason = str(error)
    else:
        line = json_output.line({"token": token, "detached": detached, "b64": not unencoded})
        if as_json:
            files.write(out_path, line, private=False)
        else:
            files.write_token(out_path, token)
        return
    raise click.UsageError(reason)
