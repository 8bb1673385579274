"""What the keys at hand add to what a token tells: names and sizes compared, and trials.

For `joseal doctor`, which runs where its user has the keys.

Source: RFC 7515 section 4.1.4, RFC 7516 section 4.1.6, RFC 7517 section 5.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

from msgspec import Struct, structs

from joseal import InvalidKeyError, Key
from joseal._core.secrecy import hide_locals
from joseal._core.wire import base64url, strict_json
from joseal.cli import key_files, options
from joseal.cli.doctor import variants
from joseal.cli.doctor.causes_with_key import finding
from joseal.cli.doctor.variants import Trial
from joseal.cli.key_files import File
from joseal.diagnosis import Cause
from joseal.diagnosis.headers import algorithms
from joseal.diagnosis.lenient_parse import Reading
from joseal.diagnosis.model import plain

# For a key whose alg is not named, and that is of another kind than the token's.
_FALLBACKS: Final = ("RSA-OAEP-256", "ECDH-ES")
_MOST_KEYS: Final = 16


class Findings(Struct, frozen=True, kw_only=True):
    """What a key adds to what the token tells.

    Attributes:
        causes: in order.
        tried: whether anything could be opened with the key at all.
        opened: whether it opened, as it is or in another way.
        plaintext_bytes: the size of the plaintext, if it opened.
    """

    causes: tuple[Cause, ...] = ()
    tried: bool = False
    opened: bool = False
    plaintext_bytes: int | None = None


class Given(NamedTuple):
    """The options that say which keys there are.

    Attributes:
        key_path: the receiver's key or JWK Set.
        other_path: the other side's.
        alg: what the key is for.
        kid: its name.
        password: of its file.
    """

    key_path: Path | None
    other_path: Path | None
    alg: str | None
    kid: str | None
    password: bytes | None


@hide_locals
def examine(reading: Reading, given: Given) -> Findings:
    """Compare and try the keys that are given.

    Raises:
        FailureError: a file can't be read.
        InvalidKeyError: there is no key in it that can be used.
    """
    keys = _load(given.key_path, reading, given)
    others = _load(given.other_path, reading, given._replace(alg=None, kid=None, password=None))
    causes = list(_names(reading, keys, others))
    results = [_one(reading, key) for key in keys[:_MOST_KEYS]]
    best = next((result for result in results if result.opened), None)
    if best is None and results:
        best = results[0]
    if best is None:
        return Findings(causes=tuple(causes))
    return structs.replace(best, causes=(*causes, *best.causes))


def _load(path: Path | None, reading: Reading, given: Given) -> list[Key]:
    """Load a key, or the keys of a JWK Set. Without --alg the token names it, for this once."""
    if path is None:
        return []
    file = key_files.read(path)
    named = algorithms(reading)[0]
    alg = given.alg or (None if named is None else named.name)
    if file.is_set:
        return key_files.load(file, alg=alg, legacy=True)
    if given.alg is not None or file.names_alg:
        return [_parsed(file, given, given.alg)]
    # Without an alg nothing can be tried.
    return [] if alg is None else [_guessed(file, given, alg)]


def _parsed(file: File, given: Given, alg: str | None) -> Key:
    return options.parse_key(file, alg=alg, kid=given.kid, password=given.password, legacy=True)


def _guessed(file: File, given: Given, alg: str) -> Key:
    """Load a key under the token's alg, or else under one that its kind takes.

    Raises:
        InvalidKeyError: it fits none.
    """
    failure: InvalidKeyError | None = None
    for name in (alg, *_FALLBACKS):
        try:
            return _parsed(file, given, name)
        except InvalidKeyError as error:
            failure = failure or error
    raise InvalidKeyError("no key that could be used") if failure is None else failure


def _names(reading: Reading, keys: list[Key], others: list[Key]) -> Iterator[Cause]:
    """Compare the token's kid and alg with those of the keys."""
    kid = reading.text_of("kid")
    if kid is not None:
        seen = plain(kid)
        mine = {name for key in keys for name in _known_as(key)}
        if kid in {name for key in others for name in _known_as(key)} - mine:
            yield finding("kid_of_other_pair", seen)
        elif any(key.kid is not None for key in keys) and kid not in mine:
            yield finding("kid_unknown", seen)
    alg = algorithms(reading)[0]
    if keys and alg is not None and all(key.alg != alg.name for key in keys):
        serves = any(_serves(key, alg.kind) for key in keys)
        code = "alg_not_the_keys" if serves else "key_of_other_kind"
        yield finding(code, f"{alg.name}, and the key is for {keys[0].alg}")


def _serves(key: Key, kind: str) -> bool:
    if key.is_symmetric:
        return kind in ("oct", "password")
    return (kind == "RSA") == ("n" in key.to_jwk())


def _known_as(key: Key) -> set[str]:
    """Return the names that a key has, or that can be computed for it."""
    names: set[str] = set() if key.kid is None else {key.kid}
    return names if key.is_symmetric else names | {key.thumbprint(), key.spki_sha256()}


def _one(reading: Reading, key: Key) -> Findings:
    """Compare the sizes, and open the token if the key can."""
    causes = tuple(_sizes(reading, key))
    if causes or not (key.is_private or key.is_symmetric):
        return Findings(causes=causes)
    try:
        trial = variants.attempt(reading, key)
    except InvalidKeyError as error:
        return Findings(causes=(finding("key_unusable", str(error)),))
    return Findings() if trial is None else _of_trial(trial)


def _of_trial(trial: Trial) -> Findings:
    return Findings(
        causes=trial.causes,
        tried=True,
        opened=trial.opened,
        plaintext_bytes=trial.plaintext_bytes,
    )


def _sizes(reading: Reading, key: Key) -> Iterator[Cause]:
    """Compare the modulus with the encrypted key, and the curve with that of the epk."""
    alg, shown = algorithms(reading)[0], {} if key.is_symmetric else key.to_jwk()
    modulus, curve, part = shown.get("n"), shown.get("crv"), reading.part("encrypted key")
    if alg is None:
        return
    if alg.kind == "RSA" and isinstance(modulus, str) and part.size and not part.faults:
        size = len(base64url.decode_text(modulus) or b"")
        # One byte more or less is another cause.
        if abs(part.size - size) > 1:
            yield finding("rsa_size", f"{part.size} bytes, and your modulus has {size}")
    epk = strict_json.as_object((reading.members or {}).get("epk")) or {}
    if alg.kind == "curve" and curve is not None and epk.get("crv", curve) != curve:
        yield finding("epk_curve", f"{plain(str(epk['crv']))}, and yours is on {curve}")
