"""What several commands take: the key and its algorithm, passwords, header members."""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Final, NamedTuple

import click

from joseal import Key, KeyUseError
from joseal.algorithms.table import ALGS, ENCS
from joseal.cli import files
from joseal.frames import no_locals
from joseal.wire import strict_json

# Far above any key file: a long certificate chain is some 10 KiB.
_KEY_BYTES: Final = 1024 * 1024
# White space that editors and shells leave around a token in a file.
_SPACE_BYTES: Final = 1024

PATH: Final = click.Path(path_type=Path)


class Password(NamedTuple):
    """Where the password of an encrypted private key comes from; at most one is set."""

    environment: str | None
    path: Path | None
    ask: bool

    def is_named(self) -> bool:
        """Tell whether there is to be a password at all."""
        return self.environment is not None or self.path is not None or self.ask


def key(*, required: bool = True, legacy: bool = False) -> list[click.Parameter]:
    """Return `--key` and `--alg`, without the algs that are off unless `legacy` ones serve."""
    algs = [name for name, alg in ALGS.items() if legacy or not alg.legacy]
    return [
        click.Option(
            ["--key", "key_path"],
            required=required,
            type=PATH,
            metavar="FILE",
            help="The key: PEM, DER or JWK, whichever it is.",
        ),
        click.Option(
            ["--alg"],
            type=click.Choice(algs),
            metavar="ALG",
            help=f"The key's one algorithm: {', '.join(algs)}. A JWK may name it itself.",
        ),
    ]


def enc(*, multiple: bool) -> click.Parameter:
    """Return `--enc`, for one content encryption or for several."""
    text = "A content encryption to accept, may be repeated" if multiple else "Content encryption"
    return click.Option(
        ["--enc"],
        required=True,
        multiple=multiple,
        type=click.Choice(list(ENCS)),
        metavar="ENC",
        help=f"{text}: {', '.join(ENCS)}.",
    )


def password() -> list[click.Parameter]:
    """Return the three ways to give a password."""
    return [
        click.Option(
            ["--password-env"], metavar="NAME", help="Take the key's password from a variable."
        ),
        click.Option(
            ["--password-file"], type=PATH, metavar="FILE", help="Read the key's password."
        ),
        click.Option(["--ask-password"], is_flag=True, help="Ask for the key's password."),
    ]


def sealing() -> list[click.Parameter]:
    """Return what stands in the header of a token that is made."""
    return [
        click.Option(["--kid"], metavar="NAME", help="The key's name, written into the header."),
        click.Option(["--no-kid"], is_flag=True, help="Leave the key's name out of the header."),
        click.Option(
            ["--header", "members"],
            multiple=True,
            metavar="NAME=TEXT",
            help="A header member, NAME:=JSON if it is no text; may be repeated.",
        ),
    ]


def opening() -> list[click.Parameter]:
    """Return what is asked of a token that is opened."""
    return [
        click.Option(["--typ"], metavar="TYPE", help="Refuse a token without this typ."),
        click.Option(["--cty"], metavar="TYPE", help="Refuse a token without this cty."),
        click.Option(["--any-kid"], is_flag=True, help="Don't mind the kid that the token names."),
        click.Option(["--accept-zip"], is_flag=True, help="Inflate compressed tokens."),
        click.Option(["--legacy"], is_flag=True, help="Allow RSA1_5, for old tokens."),
    ]


def streams() -> list[click.Parameter]:
    """Return `--output` and the input argument."""
    return [
        click.Option(
            ["-o", "--output", "out_path"],
            default="-",
            type=PATH,
            metavar="FILE",
            help="Where the result goes; standard output unless named.",
        ),
        click.Argument(["in_path"], default="-", type=PATH, metavar="[IN]"),
    ]


@no_locals
def load_key(
    path: Path,
    *,
    alg: str | None,
    kid: str | None = None,
    password: bytes | None = None,
    legacy: bool = False,
) -> Key:
    """Load a key file, whichever of JWK, PEM and DER it is.

    Raises:
        FailureError: the file can't be read.
        KeyUseError: it is no key, or none for `alg`, or a password was given in vain.
        UsageError: `alg` is missing, and the file is no JWK that could name it.
    """
    return parse_key(read_key(path), alg=alg, kid=kid, password=password, legacy=legacy)


@no_locals
def read_key(path: Path) -> bytes:
    """Read a key file.

    Raises:
        FailureError: it can't be read.
    """
    return files.read(path, _KEY_BYTES)


@no_locals
def parse_key(
    data: bytes,
    *,
    alg: str | None,
    kid: str | None = None,
    password: bytes | None = None,
    legacy: bool = False,
) -> Key:
    """Load a key, whichever of JWK, PEM and DER it is.

    Raises:
        KeyUseError: it is no key, or none for `alg`, or a password was given in vain.
        UsageError: `alg` is missing, and the key is no JWK that could name it.
    """
    # DER begins with 0x30, the digit zero, and so is never taken for one of the others.
    if data.lstrip().startswith(b"{"):
        if password is not None:
            raise KeyUseError("a password was given, but a JWK is not encrypted")
        return Key.from_jwk(data, alg=alg, kid=kid, legacy=legacy)
    if alg is None:
        raise click.UsageError("--alg is needed: only a JWK can name it itself")
    if b"-----BEGIN " in data:
        return Key.from_pem(data, alg=alg, kid=kid, password=password, legacy=legacy)
    return Key.from_der(data, alg=alg, kid=kid, password=password, legacy=legacy)


@no_locals
def read_password(source: Password) -> bytes | None:
    """Fetch the password from where the user says it is; None where nothing is said.

    Raises:
        FailureError: its file can't be read.
        UsageError: more than one place is named, or the variable is not set.
    """
    if sum((source.environment is not None, source.path is not None, source.ask)) > 1:
        raise click.UsageError("name one place for the password")
    if source.environment is not None:
        value = os.environ.get(source.environment)
        if value is None:
            raise click.UsageError("the variable that --password-env names is not set")
        return os.fsencode(value)
    if source.path is not None:
        return files.read(source.path, _KEY_BYTES).removesuffix(b"\n").removesuffix(b"\r")
    if source.ask:
        # On standard error, since standard output may be a pipe.
        return str(click.prompt("Password of the key", hide_input=True, err=True)).encode()
    return None


def read_token(path: Path, token_bytes: int) -> bytes:
    """Read a token; white space around it is the file's, not the token's.

    Raises:
        FailureError: it can't be read.
    """
    return files.read(path, token_bytes + _SPACE_BYTES).strip()


def header_members(items: Iterable[str]) -> dict[str, object]:
    """Read `name=text` and `name:=json` into header members.

    Raises:
        UsageError: an item is neither, its JSON is not strict, or a name comes twice.
    """
    members: dict[str, object] = {}
    for item in items:
        name, _, text = item.partition("=")
        value: object = text
        if name.endswith(":"):
            name, value = name.removesuffix(":"), _json(text)
        if not name or "=" not in item or name in members:
            raise click.UsageError("--header takes NAME=TEXT or NAME:=JSON, and each name once")
        members[name] = value
    return members


def _json(text: str) -> object:
    """Read any strict JSON value.

    Raises:
        UsageError: it is not one.
    """
    wrapped = strict_json.load_object(b'{"value":%s}' % text.encode(errors="replace"))
    if wrapped is None or len(wrapped) != 1:
        raise click.UsageError("what stands after := is not one strict JSON value")
    return wrapped["value"]
