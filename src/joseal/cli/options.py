"""Options that several commands share: the key and its algorithm, passwords, Header Parameters."""

import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Final, NamedTuple

import click

from joseal import InvalidKeyError, Key, KeySet
from joseal._core.algorithms.registry import (
    ALGS,
    ENCS,
    PASSWORD_ALGS,
    SIGS,
    PasswordAlg,
    has_own_enc,
)
from joseal._core.secrecy import hide_locals
from joseal._core.wire import strict_json
from joseal.cli import choices, files, key_files

_SECRET_BYTES: Final = 64 * 1024
# White space that editors and shells leave around a token in a file.
_SPACE_BYTES: Final = 1024

_TERMINAL: Final = "/dev/tty"

PATH: Final = click.Path(path_type=Path)


class Password(NamedTuple):
    """The source of a secret; at most one is set."""

    environment: str | None
    path: Path | None
    ask: bool

    def is_named(self) -> bool:
        """Tell whether there is a password at all."""
        return self.environment is not None or self.path is not None or self.ask


def key(
    *, required: bool = True, multiple: bool = False, legacy: bool = False, use: str = "encryption"
) -> list[click.Parameter]:
    """Return `--key` and `--alg`; with `legacy`, also the algs that are off by default."""
    algs = [name for name, alg in ALGS.items() if legacy or not alg.legacy]
    known = {"encryption": algs, "signatures": list(SIGS), "any": [*ALGS, *SIGS]}[use]
    more = "; may be repeated" if multiple else ""
    return [
        click.Option(
            ["--key", "key_paths" if multiple else "key_path"],
            required=required,
            multiple=multiple,
            type=PATH,
            metavar="FILE",
            help=f"The key{more}: PEM, DER, PKCS#12, X.509, JWK or JWK Set.",
        ),
        alg(known),
    ]


def alg(known: Iterable[str]) -> click.Parameter:
    """Return `--alg`."""
    return click.Option(
        ["--alg"],
        type=choices.Names(list(known)),
        metavar="ALG",
        help="The key's one algorithm, which a JWK may name itself; `joseal help algs` has them.",
    )


def enc(*, multiple: bool, required: bool = True) -> click.Parameter:
    """Return `--enc`, for one content encryption or for several.

    If it is not `required`, the command calls `check_enc` once it has the key.
    """
    text = "A content encryption to accept, may be repeated" if multiple else "Content encryption"
    shown = "`joseal help algs` has them"
    return click.Option(
        ["--enc"],
        required=required,
        multiple=multiple,
        type=choices.Names(list(ENCS)),
        metavar="ENC",
        help=f"{text}; {shown}.",
    )


def have_own_enc(keys: Iterable[Key]) -> bool:
    """Tell whether the alg of every key includes a content encryption, as HPKE-0 does."""
    return all(has_own_enc(key.alg) for key in keys)


def with_enc(keys: KeySet, enc: tuple[str, ...]) -> KeySet:
    """Return the keys, once `check_enc` has let them through.

    Raises:
        MissingParameter: `--enc` is missing.
    """
    check_enc(keys, enc)
    return keys


def check_enc(
    keys: Iterable[Key], enc: str | tuple[str, ...] | None, *, option: str = "--enc"
) -> None:
    """Demand `--enc` for keys whose alg does not include a content encryption, as HPKE-0 does.

    Raises:
        MissingParameter: it is missing.
        UsageError: it is given although no key needs one.
    """
    has_own = have_own_enc(keys)
    if not enc and not has_own:
        raise click.MissingParameter(param_hint=f"'{option}'", param_type="option")
    if enc and has_own:
        raise click.UsageError(f"{option} must not be given: the key's alg has its own")


def password(name: str = "password", what: str = "the key's password") -> list[click.Parameter]:
    """Return the three ways to give a secret."""
    return [
        click.Option(
            [f"--{name}-env"], metavar="NAME", help=f"Take {what} from an environment variable."
        ),
        click.Option(
            [f"--{name}-file"],
            type=PATH,
            metavar="FILE",
            help=f"Read {what} from a file; a line end at its end is ignored.",
        ),
        click.Option([f"--ask-{name}"], is_flag=True, help=f"Ask for {what} on the terminal."),
    ]


def alias(*, handed_on: bool = False, prefix: str = "") -> click.Parameter:
    """Return `--alias`: `key_files` reads it, unless `handed_on` passes it to the command."""
    return click.Option(
        [f"--{prefix}alias"],
        metavar="NAME",
        expose_value=handed_on,
        callback=None if handed_on else key_files.keep_alias,
        help="Which key or certificate of a PKCS#12 file: its friendlyName, keytool's alias.",
    )


def json_flag() -> click.Parameter:
    """Return `--json`."""
    return click.Option(["--json", "as_json"], is_flag=True, help="Print one JSON object.")


def encryption() -> list[click.Parameter]:
    """Return the Header Parameters that the options set."""
    return [
        click.Option(
            ["--kid"],
            metavar="NAME",
            help="The key's name, for the header; of a JWK Set, which key to use.",
        ),
        click.Option(["--no-kid"], is_flag=True, help="Leave the key's name out of the header."),
        click.Option(
            ["--header", "members"],
            multiple=True,
            metavar="NAME=TEXT",
            help="A Header Parameter, NAME:=JSON if it is not text; may be repeated.",
        ),
    ]


def expected() -> list[click.Parameter]:
    """Return the requirements on the header of a token."""
    return [
        click.Option(["--typ"], metavar="TYPE", help="Refuse a token without this typ."),
        click.Option(["--cty"], metavar="TYPE", help="Refuse a token without this cty."),
        click.Option(["--any-kid"], is_flag=True, help="Ignore the kid that the token names."),
    ]


def crit() -> click.Parameter:
    """Return `--crit`."""
    return click.Option(
        ["--crit"],
        multiple=True,
        metavar="NAME",
        help="A critical Header Parameter that you will act on; may be repeated.",
    )


def opening() -> list[click.Parameter]:
    """Return the requirements on a token that is opened."""
    return [
        *expected(),
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
            help="Where the result goes; the default is standard output.",
        ),
        click.Argument(["in_path"], default="-", type=PATH, metavar="[IN]"),
    ]


@hide_locals
def load_key(
    path: Path,
    *,
    alg: str | None,
    kid: str | None = None,
    password: bytes | None = None,
    alias: str | None = None,
    legacy: bool = False,
) -> Key:
    """Load the one key of a file; from a JWK Set, the one that `kid` names.

    Raises:
        FailureError: the file can't be read.
        InvalidKeyError: it is not a key, or not one for `alg`, or a password was given and not
            needed; or `kid` does not name one key of a set.
        UsageError: `alg` is missing, and the file is not a JWK, which could name it.
    """
    file = key_files.read(path)
    return parse_key(file, alg=alg, kid=kid, password=password, alias=alias, legacy=legacy)


@hide_locals
def parse_key(
    file: key_files.File,
    *,
    alg: str | None,
    kid: str | None = None,
    password: bytes | None = None,
    alias: str | None = None,
    legacy: bool = False,
) -> Key:
    """Load the one key of a file that was read; from a JWK Set, the one that `kid` names.

    Raises:
        InvalidKeyError: it is not a key, or not one for `alg`, or a password was given and not
            needed; or `kid` does not name one key of a set.
        UsageError: `alg` is missing, and the key is not a JWK, which could name it.
    """
    keys = key_files.load(file, alg=alg, kid=kid, password=password, alias=alias, legacy=legacy)
    if file.is_set and kid is not None:
        keys = [one for one in keys if one.kid == kid]
    if len(keys) != 1:
        raise InvalidKeyError(
            "of a JWK Set, --kid has to name one key, and --alg where two share it"
        )
    return keys[0]


@hide_locals
def load_keys(
    paths: Iterable[Path],
    *,
    alg: str | None,
    password: bytes | None = None,
    alias: str | None = None,
    legacy: bool = False,
) -> list[Key]:
    """Load the keys of several files; without a file, make one from a password.

    Raises:
        FailureError: a file can't be read.
        InvalidKeyError: as for `load_key`; a password goes to every file that is not a JWK.
        UsageError: there is neither a file nor a password for a PBES2 alg, or no `alg`.
    """
    read = [key_files.read(path) for path in paths]
    if not read:
        return [password_key(password, alg=alg)]
    in_vain = all(file.is_json for file in read)
    return [
        key
        for file in read
        for key in key_files.load(
            file,
            alg=alg,
            password=password if in_vain or not file.is_json else None,
            alias=alias,
            legacy=legacy,
        )
    ]


@hide_locals
def password_key(
    password: bytes | None,
    *,
    alg: str | None,
    kid: str | None = None,
    iterations: int | None = None,
) -> Key:
    """Make a key from a password, for a PBES2 alg.

    Raises:
        UsageError: there is no password, or the alg is not a PBES2 alg.
        InvalidKeyError: the password is empty or too long.
    """
    passwords: dict[str, PasswordAlg] = {name: name for name in PASSWORD_ALGS}
    known = None if alg is None else passwords.get(alg)
    if known is None or password is None:
        raise click.UsageError("--key is needed; or a PBES2 --alg and a password, which is the key")
    try:
        return Key.from_password(password, alg=known, kid=kid, iterations=iterations)
    except ValueError as error:
        reason = str(error)
    raise InvalidKeyError(reason)


@hide_locals
def read_password(
    source: Password,
    what: str = "Password of the key",
    *,
    name: str = "password",
    new: bool = False,
) -> bytes | None:
    """Fetch a secret from where the user says it is; None if the user does not say.

    Args:
        source: where it is.
        what: its name in the prompt.
        name: its name in the options.
        new: ask for it twice.

    Raises:
        FailureError: its file can't be read.
        UsageError: more than one source is given, the variable is not set, or there is no terminal
            for the prompt.
    """
    if sum((source.environment is not None, source.path is not None, source.ask)) > 1:
        raise click.UsageError(f"name one place for --{name}-env, --{name}-file, --ask-{name}")
    if source.environment is not None:
        value = os.environ.get(source.environment)
        if value is None:
            raise click.UsageError(f"the variable that --{name}-env names is not set")
        return os.fsencode(value)
    if source.path is not None:
        return files.read(source.path, _SECRET_BYTES).removesuffix(b"\n").removesuffix(b"\r")
    if source.ask:
        if not has_terminal():
            raise click.UsageError(f"--ask-{name} needs a terminal")
        # On standard error, since standard output may be a pipe.
        answer = click.prompt(what, hide_input=True, err=True, confirmation_prompt=new)
        return str(answer).encode(errors="surrogateescape")
    return None


def has_terminal() -> bool:
    """Tell whether a prompt is possible: it reads from the terminal, not from a pipe."""
    try:
        os.close(os.open(_TERMINAL, os.O_RDWR))
    except OSError:
        return sys.stdin is not None and sys.stdin.isatty()
    return True


def read_token(path: Path, token_bytes: int) -> bytes:
    """Read a token; white space around it belongs to the file, not to the token.

    Raises:
        FailureError: it can't be read.
    """
    token = files.read(path, token_bytes + _SPACE_BYTES).strip()
    if not token.startswith(b"eyJ") and len(token) <= _SECRET_BYTES:
        key_files.refuse_as_token(token)
    return token


def header_members(items: Iterable[str]) -> dict[str, object]:
    """Read `name=text` and `name:=json` into Header Parameters.

    Raises:
        UsageError: an item is neither, its JSON is not strict, or a name occurs twice.
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
        UsageError: it is not a strict JSON value.
    """
    wrapped = strict_json.load_object(b'{"value":%s}' % text.encode(errors="replace"))
    if wrapped is None or len(wrapped) != 1:
        raise click.UsageError("the text after := is not one strict JSON value")
    return wrapped["value"]
