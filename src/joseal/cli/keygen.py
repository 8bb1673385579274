"""`joseal keygen`: make a key."""

import os
from pathlib import Path
from typing import Final

import click

from joseal import Key
from joseal._core.algorithms.registry import (
    ALGS,
    EDWARDS,
    MONTGOMERY,
    SIGS,
    WEIERSTRASS,
    known_alg,
    lookup_curve,
)
from joseal.cli import choices, exit_codes, files, help_pages, json_output, naming, options
from joseal.cli.exit_codes import Exit
from joseal.cli.key import write
from joseal.cli.key_files import Found

_CURVES: Final = (*WEIERSTRASS, *MONTGOMERY, *EDWARDS)

# A PBES2 key is a password, and RSA1_5 is only for decryption.
_MADE: Final = (
    *(name for name, alg in ALGS.items() if alg.kind != "password" and not alg.legacy),
    *SIGS,
)


@help_pages.command(
    params=[
        click.Option(
            ["--alg"],
            required=True,
            type=choices.Names(_MADE),
            metavar="ALG",
            help="The algorithm of the key; `joseal help algs` lists them.",
        ),
        click.Option(
            ["--size"],
            type=click.IntRange(1),
            metavar="NUMBER",
            help="RSA keys: in bits, 2048 by default. dir and HS*: in bytes.",
        ),
        click.Option(
            ["--curve"],
            type=click.Choice(_CURVES),
            metavar="CURVE",
            help=f"For ECDH-ES* (default P-256) and EdDSA (default Ed25519): {', '.join(_CURVES)}.",
        ),
        click.Option(["--kid"], metavar="NAME", help="The key's name."),
        click.Option(
            ["--kid-thumbprint"], is_flag=True, help="Name the key by its RFC 7638 thumbprint."
        ),
        write.to(),
        *options.password("new-password", "a password to encrypt the PEM file with"),
        click.Option(
            ["--public", "public_path"],
            type=options.PATH,
            metavar="FILE",
            help="Where the public half goes, in the same form.",
        ),
        options.json_flag(),
        *write.targets(),
    ],
    examples=(
        "joseal keygen --alg RSA-OAEP-256 -o mine.jwk --public mine.public.jwk",
        "joseal keygen --alg ES256 --to pem --ask-new-password -o mine.pem",
        "joseal keygen --alg ECDH-ES --curve X25519 --kid-thumbprint -o mine.jwk",
        "joseal keygen --alg dir --size 32 -o shared.jwk",
    ),
    exits=(Exit.KEY,),
)
def command(
    *,
    alg: str,
    size: int | None,
    curve: str | None,
    kid: str | None,
    kid_thumbprint: bool,
    form: str | None,
    new_password_env: str | None,
    new_password_file: Path | None,
    ask_new_password: bool,
    public_path: Path | None,
    as_json: bool,
    out_path: Path,
    force: bool,
) -> None:
    """Make a key, for any algorithm.

    The default form is a JWK, which names its alg and kid. The file has mode 0600, and no file is
    replaced without --force.

    With --json, which needs -o: {"key": {"alg": TEXT, "kid": TEXT or null, "thumbprint": TEXT or
    null}, "form": TEXT, "private": PATH, "public": PATH or null}.
    """
    if kid is not None and kid_thumbprint:
        raise click.UsageError("--kid and --kid-thumbprint both name the key")
    if as_json and files.STANDARD in (out_path, public_path):
        raise click.UsageError("--json needs -o FILE: it never prints a key")
    source = options.Password(new_password_env, new_password_file, ask=ask_new_password)
    password = options.read_password(source, "New password", name="new-password", new=True)
    key = _generate(alg, size, curve, kid)
    found = [Found(_named(key) if kid_thumbprint else key, is_bound=True)]
    chosen = "jwk" if form is None else form
    data = write.write(found, chosen, private=True, password=password)
    public = None if public_path is None else write.write(found, chosen, private=False)
    _check_free(() if force else (out_path, public_path))
    write.save(out_path, data, private=True, force=force)
    if public_path is not None and public is not None:
        write.save(public_path, public, private=False, force=force)
    if as_json:
        paths = {"private": _name(out_path), "public": _name(public_path)}
        line = json_output.line({"key": json_output.key(found[0].key), "form": chosen, **paths})
        files.write(files.STANDARD, line, private=False)


def _generate(alg: str, size: int | None, curve: str | None, kid: str | None) -> Key:
    """Make the key; errors about a size, a curve or a name become usage errors.

    Raises:
        UsageError: the alg does not take the size, the curve or the name.
    """
    try:
        chosen = None if curve is None else lookup_curve(curve)
        return Key.generate(known_alg(alg), curve=chosen, size=size, kid=kid)
    except ValueError as error:
        reason = str(error)
    raise click.UsageError(reason)


def _named(key: Key) -> Key:
    return Key.from_jwk(key.to_jwk(private=True), alg=key.alg, kid=key.thumbprint())


def _check_free(paths: tuple[Path | None, ...]) -> None:
    """Check both targets before one is written, so that no half of a pair is left alone.

    Raises:
        FailureError: one of them exists.
    """
    for path in paths:
        if path is not None and path != files.STANDARD and os.path.lexists(path):
            text = f"{naming.name(path)} already exists: --force replaces it"
            raise exit_codes.FailureError("file", text, Exit.FILE)


def _name(path: Path | None) -> str | None:
    return None if path is None else click.format_filename(path)
