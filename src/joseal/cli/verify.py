"""`joseal verify`: verify a signed token."""

from pathlib import Path

import click

from joseal import Limits, VerifiedToken, Verifier
from joseal.cli import files, help_pages, json_output, key_files, options
from joseal.cli.exit_codes import Exit


@help_pages.command(
    params=[
        *options.key(multiple=True, use="signatures"),
        options.alias(),
        *options.expected(),
        options.crit(),
        click.Option(
            ["--payload", "payload_path"],
            type=options.PATH,
            metavar="FILE",
            help="The payload of a detached token.",
        ),
        click.Option(
            ["--unencoded"],
            is_flag=True,
            help="Demand a payload that was signed as it is (b64 is false, RFC 7797).",
        ),
        click.Option(
            ["--legacy"],
            is_flag=True,
            help="Allow an HMAC secret that is shorter than its hash, for old tokens.",
        ),
        options.json_flag(),
        *options.streams(),
    ],
    examples=(
        "joseal verify --key sender.pem --alg ES256 token.txt -o body.json",
        "joseal verify --key senders.jwks --payload body.json --unencoded body.jws",
    ),
    exits=(Exit.TOKEN, Exit.KEY),
)
def command(
    *,
    key_paths: tuple[Path, ...],
    alg: str | None,
    typ: str | None,
    cty: str | None,
    crit: tuple[str, ...],
    any_kid: bool,
    payload_path: Path | None,
    unencoded: bool,
    legacy: bool,
    as_json: bool,
    in_path: Path,
    out_path: Path,
) -> None:
    """Verify a compact JWS token, and write its payload.

    IN is the token, at most 24 MiB; the default is standard input. White space around it is
    ignored. Nothing is written before the signature has been verified. For a detached token nothing
    is written, because you have the payload; the exit code is the result. With several keys, a
    token that names a kid is tried only with that key, and a token without a kid with at most four.

    With --json: {"payload": {"text": TEXT or null, "base64url": TEXT}, null for a detached one,
    "header": OBJECT, "key": {"alg": TEXT, "kid": TEXT or null, "thumbprint": TEXT or null}}.
    """
    if payload_path == in_path == files.STANDARD:
        raise click.UsageError("standard input can't be both the token and the payload")
    if payload_path is not None and out_path != files.STANDARD and not as_json:
        raise click.UsageError("with --payload there is nothing to write to -o but --json")
    keys = options.load_keys(key_paths, alg=alg, legacy=legacy)
    verifier = Verifier(
        key_files.for_signatures(keys),
        typ=typ,
        cty=cty,
        crit=crit,
        any_kid=any_kid,
        b64=not unencoded,
    )
    token = options.read_token(in_path, Limits().token_bytes)
    payload = None if payload_path is None else files.read(payload_path, Limits().plaintext_bytes)
    verified = verifier.open(token, payload=payload)
    if as_json:
        line = _line(verified, detached=payload is not None)
        files.write(out_path, line, private=True)
    elif payload is None:
        files.write(out_path, verified.payload, private=True)


def _line(verified: VerifiedToken, *, detached: bool) -> bytes:
    return json_output.line(
        {
            "payload": None if detached else json_output.raw(verified.payload),
            "header": dict(verified.header),
            "key": json_output.key(verified.key),
        }
    )
