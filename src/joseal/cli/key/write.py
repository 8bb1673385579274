"""The formats of key files that are written, and who may read them."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import click

from joseal import InvalidKeyError
from joseal._core.secrecy import hide_locals
from joseal.cli import files, json_output, options
from joseal.cli.key_files import Found

FORMS: Final = ("pem", "jwk", "jwks")


def to(*, required: bool = False) -> click.Parameter:
    """Return `--to`."""
    return click.Option(
        ["--to", "form"],
        required=required,
        type=click.Choice(FORMS),
        metavar="FORM",
        help=f"The form to write: {', '.join(FORMS)}.",
    )


def targets() -> list[click.Parameter]:
    """Return `--output` and `--force`."""
    return [
        click.Option(
            ["-o", "--output", "out_path"],
            default="-",
            type=options.PATH,
            metavar="FILE",
            help="Where the result goes; the default is standard output.",
        ),
        click.Option(["--force"], is_flag=True, help="Replace existing files."),
    ]


def inputs(*, several: bool) -> list[click.Parameter]:
    """Return the options for the key files that are read, except `--alg`."""
    return [
        options.alias(),
        *options.password(),
        click.Argument(
            ["in_paths"],
            nargs=-1,
            type=options.PATH,
            metavar="[KEY_FILE]..." if several else "[KEY_FILE]",
        ),
    ]


@hide_locals
def write(
    found: Sequence[Found], form: str, *, private: bool, password: bytes | None = None
) -> bytes:
    """Write keys in one of the forms.

    Raises:
        UsageError: several keys for a format with one key, or a password for a format without one.
        InvalidKeyError: a key lacks the requested half, or is of a kind that the format can't
            encode; or the password is empty or too long.
    """
    if password is not None and (form != "pem" or not private):
        raise click.UsageError("a new password goes with a private key in PEM alone")
    if form != "jwks" and len(found) != 1:
        raise click.UsageError("several keys need --to jwks")
    if form == "pem":
        return _pem(found[0], private=private, password=password)
    jwks = [one.to_jwk(private=private) for one in found]
    return json_output.line({"keys": jwks} if form == "jwks" else jwks[0])


def _pem(found: Found, *, private: bool, password: bytes | None) -> bytes:
    try:
        return found.key.to_pem(private=private, password=password).encode("ascii")
    except ValueError as error:
        reason = str(error)
    raise InvalidKeyError(reason)


def report(found: Sequence[Found], form: str, data: bytes, *, private: bool) -> bytes:
    """Wrap what was written for `--json`."""
    keys = [
        {**json_output.key(one.key), "alg": one.key.alg if one.is_bound else None} for one in found
    ]
    text = data.decode("ascii").rstrip("\n")
    return json_output.line({"form": form, "private": private, "keys": keys, "written": text})


def save(path: Path, data: bytes, *, private: bool, force: bool) -> None:
    """Write a key file, with mode 0600 if it is private; `force` allows replacing an existing one.

    Raises:
        FailureError: it can't be written, or already exists.
    """
    files.write(path, data, private=private, replace=force)
