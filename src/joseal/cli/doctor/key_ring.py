"""The keys that `joseal doctor` was given, and the algs that they are used with.

Source: RFC 7517 sections 4 and 5.
"""

from collections.abc import Iterable
from typing import Final, Literal, NamedTuple

import click

from joseal import InvalidKeyError, Key
from joseal._core.algorithms.registry import ALGS, SIGS, lookup_alg
from joseal._core.keys import material as materials
from joseal._core.secrecy import hide_locals
from joseal.cli import key_files, options
from joseal.cli.doctor.variants import shared_secrets
from joseal.cli.key_files import File
from joseal.diagnosis.headers import algorithms
from joseal.diagnosis.lenient_parse import Reading

# For a key whose alg is not given, and that is of a different kind than the token's.
_FALLBACKS: Final = (
    *("RSA-OAEP-256", "ECDH-ES", "RS256", "ES256", "EdDSA", "HS256"),
    *(name for name, alg in ALGS.items() if alg.kind == "AKP"),
    *(name for name, sig in SIGS.items() if sig.kind == "AKP"),
)
_KIND: Final = ("alg", "use", "key_ops", "kid")


class Given(NamedTuple):
    """The options for the keys and for what is accepted.

    Attributes:
        key: the receiver's key or JWK Set.
        other: the other side's.
        alg: the algorithm that the key is for.
        kid: its name.
        password: the password of its file; or the key itself, for PBES2.
        encs: the accepted content encryptions; all if none is named.
        payload: the payload of a detached JWS.
        info: the input of both sides to the key schedule of HPKE.
    """

    key: File | None
    other: File | None
    alg: str | None
    kid: str | None
    password: bytes | None
    encs: tuple[str, ...] = ()
    payload: bytes | None = None
    info: bytes = b""


def kind_of_token(file: File | None, alg: str | None) -> Literal["jwe", "jws"]:
    """Tell which kind of token a key is for, by the alg that the caller or its JWK names."""
    named = [alg] if alg is not None or file is None else file.named_algs
    return "jws" if named and all(name in SIGS for name in named) else "jwe"


@hide_locals
def own(reading: Reading, given: Given) -> list[Key]:
    """Load the user's own keys.

    Raises:
        InvalidKeyError: the file has no key that can be used.
        UsageError: a password is given, but neither a file nor a PBES2 alg.
    """
    if given.key is None and given.password is not None:
        alg = given.alg or alg_of(reading)
        if alg is None or ALGS.get(alg, ALGS["dir"]).kind != "password":
            raise click.UsageError("a password needs --key, or a token or an --alg of PBES2")
        return [options.password_key(given.password, alg=alg, kid=given.kid)]
    return _load(given.key, reading, given)


@hide_locals
def others(reading: Reading, given: Given) -> list[Key]:
    """Load the keys of the other side.

    Raises:
        InvalidKeyError: the file has no key that can be used.
    """
    return _load(given.other, reading, given._replace(alg=None, kid=None, password=None))


@hide_locals
def bound_to(key: Key, alg: str) -> Key | None:
    """Return the same key for an alg; None if it is of the wrong kind."""
    if key.alg == alg:
        return key
    jwk = key.to_jwk(private=key.is_private or key.is_symmetric)
    bare = {name: value for name, value in jwk.items() if name not in _KIND}
    if jwk["kty"] == "AKP":
        # Such a key has its alg in its JWK. The sizes show whether it is for the other alg.
        bare["alg"] = alg
    try:
        return Key.from_jwk(bare, alg=lookup_alg(alg).name, kid=key.kid, legacy=True)
    except InvalidKeyError:
        return None


def by_default(keys: Iterable[Key]) -> list[Key]:
    """Return the keys that a user loads without `legacy=True`."""
    return [key for key in keys if key.alg != "RSA1_5" and too_short(key) is None]


@hide_locals
def too_short(key: Key) -> str | None:
    """Say how much shorter an HMAC secret is than its hash; None if it is not.

    Source: RFC 7518 section 3.2.
    """
    sig = SIGS.get(key.alg)
    size = len(shared_secrets.secret_of(key)) if key.is_symmetric else 0
    if sig is None or not size or materials.fits(sig, size):
        return None
    return f"{8 * size} bits, and {sig.name} needs {8 * sig.key_bytes}"


def alg_of(reading: Reading) -> str | None:
    """Return the alg that the token intends."""
    named = algorithms(reading)[0]
    if named is not None:
        return named.name
    shown = reading.text_of("alg")
    return shown if shown in SIGS else None


def _load(file: File | None, reading: Reading, given: Given) -> list[Key]:
    """Load a key, or the keys of a JWK Set. Without --alg, the token's alg is used, here only."""
    if file is None:
        return []
    alg = given.alg or alg_of(reading)
    if file.is_set:
        return key_files.load(file, alg=alg, legacy=True)
    if given.alg is not None or file.names_alg:
        return [_parsed(file, given, given.alg)]
    return [_guessed(file, given, alg)]


def _parsed(file: File, given: Given, alg: str | None) -> Key:
    return options.parse_key(file, alg=alg, kid=given.kid, password=given.password, legacy=True)


def _guessed(file: File, given: Given, alg: str | None) -> Key:
    """Load a key under the token's alg, or else under one for its kind.

    Raises:
        InvalidKeyError: it fits none.
    """
    failure: InvalidKeyError | None = None
    for name in (*([] if alg is None else [alg]), *_FALLBACKS):
        try:
            return _parsed(file, given, name)
        except InvalidKeyError as error:
            failure = failure or error
    raise InvalidKeyError("no key that could be used") if failure is None else failure
