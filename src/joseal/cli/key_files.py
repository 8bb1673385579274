"""Key files: which of the formats a file is, and the keys in it.

Rules:
- The content decides the format: JSON begins with a brace, PEM has its first line, DER has neither,
  and PKCS#12 is DER that begins with the version 3.
- An `alg` or a `kid` on the command line never overrides the key's own.

Source: RFC 7292 section 4, RFC 7468, RFC 7517 section 5.
"""

import datetime as dt
from collections.abc import Iterable
from pathlib import Path
from typing import Final, NamedTuple

import click

from joseal import InvalidKeyError, Key, KeySet
from joseal._core.algorithms.registry import ALGS, SIGS, Alg, SigAlg, known_alg
from joseal._core.keys.formats.openssh import is_openssh
from joseal._core.secrecy import hide_locals
from joseal._core.wire import strict_json
from joseal.cli import files
from joseal.cli.exit_codes import Exit, FailureError
from joseal.diagnosis import explain_key

# Far above any key file: a long certificate chain has about 10 KiB.
_KEY_BYTES: Final = 1024 * 1024

# For keys that are only shown or converted: together they accept every kind of key, whatever its
# use. These algs are never shown.
_STAND_INS: Final = (
    *("RSA-OAEP-256", "RS256", "ECDH-ES", "EdDSA", "ES256", "ES384", "ES512", "ES256K"),
    *("dir", "A256KW", "HS256", "HS384", "HS512"),
)


# A key in the context's memory, so that commands need not pass it on.
_ALIAS: Final = "joseal.alias"


def keep_alias(ctx: click.Context, option: click.Parameter, value: str | None) -> None:
    """Store the value of `--alias` for the loaders."""
    del option
    ctx.meta[_ALIAS] = value


def _alias() -> str | None:
    ctx = click.get_current_context(silent=True)
    found = None if ctx is None else ctx.meta.get(_ALIAS)
    return found if isinstance(found, str) else None


class Found(NamedTuple):
    """A key from a file.

    Attributes:
        key: the key.
        is_bound: whether the file or the user named its alg.
    """

    key: Key
    is_bound: bool

    def to_jwk(self, *, private: bool) -> dict[str, object]:
        """Return the JWK, with an alg only if one was named."""
        members = self.key.to_jwk(private=private)
        return {name: value for name, value in members.items() if name != "alg" or self.is_bound}


class File(NamedTuple):
    """The bytes of a key file, and which of the formats they are."""

    raw: bytes

    @property
    def is_json(self) -> bool:
        """Whether it is a JWK or a JWK Set."""
        return self.raw.lstrip().startswith(b"{")

    @property
    def is_set(self) -> bool:
        """Whether it is a JWK Set."""
        return self.members is not None

    @property
    def members(self) -> list[object] | None:
        """The members of a JWK Set; None for everything else."""
        found = strict_json.load_object(self.raw) if self.is_json else None
        return None if found is None or "kty" in found else strict_json.as_list(found.get("keys"))

    @property
    def names_alg(self) -> bool:
        """Whether it is a JWK with an alg."""
        found = strict_json.load_object(self.raw) if self.is_json else None
        return found is not None and "alg" in found

    @property
    def named_algs(self) -> list[object]:
        """The alg of a JWK, or of each member of a JWK Set; None if it has none."""
        found = strict_json.load_object(self.raw) if self.is_json else None
        shown = [found] if self.members is None else self.members
        return [(strict_json.as_object(jwk) or {}).get("alg") for jwk in shown]

    @property
    def is_pem(self) -> bool:
        """Whether it is PEM, or an OpenSSH public key, which the same loader reads."""
        return b"-----BEGIN " in self.raw or is_openssh(self.raw)

    @property
    def is_pkcs12(self) -> bool:
        """Whether it is PKCS#12: a sequence that begins with the version 3."""
        length = self.raw[1] if len(self.raw) > 1 else 0
        start = 2 + (length & 0x7F if length > 0x80 else 0)  # noqa: PLR2004 - X.690 section 8.1.3
        return self.raw[start : start + 3] == b"\x02\x01\x03"

    def __repr__(self) -> str:
        return "File(<hidden>)"


def read(path: Path) -> File:
    """Read a key file.

    Raises:
        FailureError: it can't be read.
    """
    return File(files.read(path, _KEY_BYTES))


@hide_locals
def load(
    file: File,
    *,
    alg: str | None,
    kid: str | None = None,
    password: bytes | None = None,
    alias: str | None = None,
    legacy: bool = False,
) -> list[Key]:
    """Load the keys of a file: one, or those of a JWK Set that can be used.

    Without `alias`, the value from the command line is used.

    Raises:
        InvalidKeyError: it is not a key, or not one for `alg`, or a password was given and not
            needed.
        UsageError: `alg` is missing, and the file is not a JWK, which could name it.
    """
    if file.is_json and password is not None:
        raise InvalidKeyError("a password was given, but a JWK is not encrypted")
    known = None if alg is None else known_alg(alg)
    check_form(file)
    chosen = _alias() if alias is None else alias
    if chosen is not None and not file.is_pkcs12:
        raise InvalidKeyError("--alias names a key of a PKCS#12 file, and this is not one")
    if file.is_set:
        return list(KeySet.from_jwks(file.raw, alg=known, legacy=legacy))
    try:
        if file.is_json:
            return [Key.from_jwk(file.raw, alg=known, kid=kid, legacy=legacy)]
        if known is not None:
            return [_load_binary(file, known, kid, password, alias=chosen, legacy=legacy)]
        raise click.UsageError("--alg is needed: only a JWK can name it itself")
    except ValueError as error:
        # For a password or a kid that is not valid.
        reason = str(error)
    raise InvalidKeyError(reason)


def check_form(file: File) -> None:
    """Refuse data that no loader reads, with the text of `joseal.diagnosis.explain_key`.

    Raises:
        InvalidKeyError: it is a keystore, a path, a token or the like.
    """
    told = explain_key(file.raw)
    # For these a loader says more, given `alg` and password.
    if not told.loader and not told.kind.startswith(("pem-", "der-", "json-", "unknown")):
        raise InvalidKeyError(f"{told.sentence}: {told.remedy}")


def warn_of_dates(key: Key) -> None:
    """Say on standard error that a key's certificate has expired. The key is used anyway."""
    now = dt.datetime.now(dt.UTC)
    if any(one.is_expired(now) for one in key.certificates[:1]):
        until = key.certificates[0].not_after.date().isoformat()
        click.echo(f"joseal: warning: the certificate expired on {until}", err=True)


def _load_binary(
    file: File,
    alg: Alg | SigAlg,
    kid: str | None,
    password: bytes | None,
    *,
    alias: str | None,
    legacy: bool,
) -> Key:
    if file.is_pem:
        return Key.from_pem(file.raw, alg=alg, kid=kid, password=password, legacy=legacy)
    if file.is_pkcs12:
        return Key.from_pkcs12(
            file.raw, alg=alg, kid=kid, password=password, alias=alias, legacy=legacy
        )
    return Key.from_der(file.raw, alg=alg, kid=kid, password=password, legacy=legacy)


@hide_locals
def load_any(
    file: File, *, alg: str | None, kid: str | None = None, password: bytes | None = None
) -> list[Found]:
    """Load all keys of a file, of any kind and use, or fail.

    Raises:
        InvalidKeyError: something in it is not a key that joseal can use, or not one for `alg`, or
            a password was not needed.
    """
    members = file.members
    if members is None:
        return [_load_any(file, alg, kid, password)]
    if password is not None:
        raise InvalidKeyError("a password was given, but a JWK is not encrypted")
    objects = [strict_json.as_object(member) for member in members]
    texts = [b"" if member is None else strict_json.write(member) for member in objects]
    if not texts:
        raise InvalidKeyError("the JWK Set is empty")
    return [_load_any(File(text), alg, None, None) for text in texts]


def _load_any(file: File, alg: str | None, kid: str | None, password: bytes | None) -> Found:
    if alg is not None or file.names_alg:
        return Found(load(file, alg=alg, kid=kid, password=password, legacy=True)[0], is_bound=True)
    reasons: set[str] = set()
    for stand_in in _STAND_INS:
        try:
            found = load(file, alg=stand_in, kid=kid, password=password)[0]
        except InvalidKeyError as error:
            reasons.add(str(error))
        else:
            return Found(found, is_bound=False)
    if len(reasons) == 1:
        raise InvalidKeyError(reasons.pop())
    raise InvalidKeyError("no alg fits this key: name one by --alg to learn why")


def spki_sha256(key: Key) -> str | None:
    """Return the hash of a public key's SubjectPublicKeyInfo; None for a hybrid, which has none."""
    try:
        return key.spki_sha256()
    except InvalidKeyError:
        return None


def refuse_as_token(data: bytes) -> None:
    """Refuse a key file that was given in place of a token.

    Raises:
        FailureError: it is one.
    """
    told = explain_key(data)
    if told.is_key:
        text = f"{told.sentence}, and a token is wanted: --key takes the key, IN the token"
        raise FailureError("key_instead", text, Exit.TOKEN)


def for_encryption(keys: Iterable[Key]) -> KeySet:
    """Return a set of the keys for encryption, or of all keys if there are none."""
    return _of_kind(keys, frozenset(ALGS))


def for_signatures(keys: Iterable[Key]) -> KeySet:
    """Return a set of the keys for signatures, or of all keys if there are none."""
    return _of_kind(keys, frozenset(SIGS))


def _of_kind(keys: Iterable[Key], algs: frozenset[str]) -> KeySet:
    every = list(keys)
    # A JWK Set often contains both kinds. With none at all, the library reports what is wrong.
    return KeySet([key for key in every if key.alg in algs] or every)
