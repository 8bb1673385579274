"""`joseal doctor`: why a token can't be decrypted or verified, by its structure and by trial."""

from pathlib import Path
from typing import Literal

import click

from joseal import Limits
from joseal._core.algorithms.registry import ALGS, ENCS, SIGS
from joseal._core.keys.arguments import MOST_INFO_BYTES
from joseal.cli import choices, files, help_pages, key_files, options
from joseal.cli.doctor import key_file, key_ring, keys, report, signatures
from joseal.cli.doctor.key_ring import Given
from joseal.cli.exit_codes import Exit, FailureError
from joseal.diagnosis.explain_token import MOST_BYTES, examine


@help_pages.command(
    params=[
        options.key(required=False, legacy=True)[0],
        options.alg([*ALGS, *SIGS]),
        options.alias(),
        *options.password(what="the password of the key, or for PBES2"),
        click.Option(["--kid"], metavar="NAME", help="The name that your key has."),
        click.Option(
            ["--enc"],
            multiple=True,
            type=choices.Names(list(ENCS)),
            metavar="ENC",
            help="A content encryption that you accept, may be repeated; the default is all.",
        ),
        click.Option(
            ["--other-key", "other_path"],
            type=options.PATH,
            metavar="FILE",
            help="The other side's public key or JWK Set: is it the one that the token names?",
        ),
        click.Option(
            ["--expect"],
            type=click.Choice(["jwe", "jws"]),
            help="The expected kind of token; the default is that of the key's alg, or else jwe.",
        ),
        click.Option(
            ["--payload", "payload_path"],
            type=options.PATH,
            metavar="FILE",
            help="The payload of a detached JWS.",
        ),
        click.Option(
            ["--info"],
            metavar="TEXT",
            help="The info that both sides put into the key schedule of HPKE, as UTF-8.",
        ),
        options.json_flag(),
        click.Argument(["in_path"], default="-", type=options.PATH, metavar="[TOKEN_FILE]"),
    ],
    examples=(
        "joseal doctor token.txt",
        "joseal doctor --key mine.pem --alg RSA-OAEP-256 --json < token.txt",
        "joseal doctor --key sender.pem --alg PS256 token.txt",
    ),
    exits=(Exit.TOKEN, Exit.KEY),
)
def command(
    *,
    key_path: Path | None,
    alg: str | None,
    password_env: str | None,
    password_file: Path | None,
    ask_password: bool,
    kid: str | None,
    enc: tuple[str, ...],
    other_path: Path | None,
    expect: Literal["jwe", "jws"] | None,
    payload_path: Path | None,
    info: str | None,
    as_json: bool,
    in_path: Path,
) -> None:
    """Find out why a token can't be decrypted or verified, and what to do.

    The default for TOKEN_FILE is standard input. Without a key, joseal examines the structure:
    anything around the token, its segments, its header and its sizes. With a key, it first tries a
    Decrypter or Verifier with default settings on exactly these bytes. If that fails, it tries the
    known mistakes of other libraries and names the one that was made. It shows the header, and
    never the plaintext. --key also takes a JWK Set. With a public key, it verifies, and compares
    names and sizes.

    If the file is a key and not a token, joseal names its kind and how to load it; the status is 1.

    With a key, the status is 0 if the Decrypter or Verifier accepts the token, and 1 otherwise.
    Without a key, it is 0 if nothing wrong is found.

    With --json: {"verdict": TEXT, "causes": [{"code": TEXT, "sentence": TEXT, "remedy": TEXT,
    "seen": TEXT or null}], "notes": LIST, "key": OBJECT or null, "header": OBJECT, "segments":
    LIST, "profiles": LIST, and more}.
    """
    source = options.Password(password_env, password_file, ask=ask_password)
    # With anything around the token, because a Decrypter strips nothing.
    token = files.read(in_path, MOST_BYTES)
    given_key = key_file.show(token, as_json=as_json)
    if given_key is not None:
        raise FailureError("key_instead", given_key.sentence, Exit.TOKEN)
    own, other = (None if path is None else key_files.read(path) for path in (key_path, other_path))
    kind = expect or key_ring.kind_of_token(own, alg)
    seen, reading = examine(token, expect=kind)
    payload = None if payload_path is None else files.read(payload_path, Limits().plaintext_bytes)
    password = options.read_password(source)
    told = b"" if info is None else info.encode()
    if len(told) > MOST_INFO_BYTES:
        raise click.UsageError(f"--info must have at most {MOST_INFO_BYTES} bytes")
    given = Given(own, other, alg, kid, password, enc, payload, told)
    room = signatures if kind == "jws" else keys
    found = report.merged(seen, room.examine(token, reading, given))
    if as_json:
        report.print_json(seen, found)
    else:
        report.print_page(seen, found)
    if found.causes:
        raise FailureError(found.causes[0].code, found.causes[0].sentence, Exit.TOKEN)
