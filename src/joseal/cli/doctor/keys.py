"""The findings that the given keys add to those from the token: comparisons and trials.

Rules:
- A default `Decrypter` or `Verifier` with these keys tries the received bytes first. The token is
  fine if it accepts them, and only then.
- After that, anything that has to be relaxed for the token to open is a cause.

Source: RFC 7515 sections 4.1.4 and 5.2, RFC 7516 sections 4.1.6 and 5.2, RFC 7517 section 5.
"""

from collections.abc import Callable, Iterator
from typing import Final

from msgspec import Struct, structs

from joseal import (
    DecryptedToken,
    Decrypter,
    InvalidKeyError,
    Key,
    KeySet,
    KeyUnavailableError,
    TokenError,
)
from joseal._core.algorithms.curve_spellings import CURVE_SPELLINGS
from joseal._core.algorithms.registry import ALGS, ENCS, Enc, lookup_enc
from joseal._core.keys.keyset import MOST_TRIES
from joseal._core.secrecy import hide_locals
from joseal._core.wire import base64url, strict_json
from joseal._core.wire.compact import JWE_SEGMENTS
from joseal.cli import key_files, options
from joseal.cli.doctor import key_ring
from joseal.cli.doctor.findings import finding
from joseal.cli.doctor.key_ring import Given
from joseal.cli.doctor.variants import trials
from joseal.cli.doctor.variants.trials import Trial
from joseal.diagnosis import Cause
from joseal.diagnosis.headers import algorithms
from joseal.diagnosis.lenient_parse import Reading, readings
from joseal.diagnosis.model import plain

_MOST_KEYS: Final = 16
# The size for RSA-1024. A wrapped key has at most 72 bytes.
_LEAST_MODULUS: Final = 128


class Findings(Struct, frozen=True, kw_only=True):
    """The findings that a key adds to those from only the token.

    Attributes:
        causes: in order.
        notes: remarks about a token that is accepted.
        with_key: whether a key was given.
        tried: whether anything could be opened or verified with the key at all.
        opened: whether it opened or verified, as it is or as a variant.
        accepted: whether a default `Decrypter` or `Verifier` accepts the bytes as they are.
        content_bytes: the size of the plaintext or payload, if it opened.
        key: the key that was tried: the one that opened it, or else the first.
        reason: the message of the `Decrypter` or `Verifier` that refused it.
    """

    causes: tuple[Cause, ...] = ()
    notes: tuple[Cause, ...] = ()
    with_key: bool = False
    tried: bool = False
    opened: bool = False
    accepted: bool = False
    content_bytes: int | None = None
    key: Key | None = None
    reason: str = ""


@hide_locals
def examine(raw: bytes, reading: Reading, given: Given) -> Findings:
    """Compare the given keys with a JWE, and try them.

    Raises:
        InvalidKeyError: the file has no key that can be used.
        UsageError: a password is given without a key or an alg that needs one.
    """
    return of_best(reading, lambda each: _of_recipient(raw, each, given))


def of_best(reading: Reading, examined: Callable[[Reading], tuple[int, Findings]]) -> Findings:
    """Return the findings for the recipient that decrypts, or else the one that proves the most.

    Raises:
        InvalidKeyError: for no recipient the file has a key that can be used.
    """
    best: tuple[int, Findings] | None = None
    failure: InvalidKeyError | None = None
    for each in readings(reading):
        try:
            rank, found = examined(each)
        except InvalidKeyError as error:
            failure = failure or error
            continue
        if found.opened:
            return found
        if best is None or rank > best[0]:
            best = rank, found
    if best is None:
        raise InvalidKeyError("no key that could be used") if failure is None else failure
    return best[1]


def _of_recipient(raw: bytes, reading: Reading, given: Given) -> tuple[int, Findings]:
    keys = key_ring.own(reading, given)
    named = tuple(names(reading, keys, key_ring.others(reading, given)))
    if not keys:
        return 0, Findings(causes=named)
    accepted, reason = _strictly(raw, keys, given)
    if accepted is not None:
        return 0, Findings(
            notes=(*named, *unnamed(reading, keys, named), *trials.of_plaintext(accepted[1])),
            with_key=True,
            tried=True,
            opened=True,
            accepted=True,
            content_bytes=len(accepted[1]),
            key=accepted[0],
        )
    rank, found = _best(reading, keys, given.info)
    switched = tuple(_switches(reading, keys, given, found))
    causes = (*named, *found.causes, *switched)
    return rank, structs.replace(found, causes=causes, with_key=True, reason=reason)


def _strictly(raw: bytes, keys: list[Key], given: Given) -> tuple[tuple[Key, bytes] | None, str]:
    """Try the object that a user would make, without switches; or return why it refuses."""
    try:
        used = key_files.for_encryption(key_ring.by_default(keys))
        encs: list[Enc] = [lookup_enc(name).name for name in given.encs or ENCS]
        opener = Decrypter(used, enc=None if options.have_own_enc(used) else encs)
        opened = _opened(opener, used, raw, given.info)
    except (TokenError, InvalidKeyError, KeyUnavailableError) as error:
        return None, str(error)
    return (opened.key, opened.plaintext), ""


def _opened(opener: Decrypter, keys: KeySet, raw: bytes, info: bytes) -> DecryptedToken:
    """Open it, with the info if a key takes one."""
    takes_info = any(ALGS[key.alg].suite is not None for key in keys)
    return opener.open(raw, info=info) if takes_info else opener.open(raw)


def _best(reading: Reading, keys: list[Key], info: bytes) -> tuple[int, Findings]:
    """Return the result for the key that opens it, or else for the one that proves the most."""
    best: tuple[int, Findings] | None = None
    for key in keys[:_MOST_KEYS]:
        rank, found = _one(reading, key, info)
        if found.opened:
            return rank, found
        if best is None or rank > best[0]:
            best = rank, found
    return (-1, Findings()) if best is None else best


def _one(reading: Reading, key: Key, info: bytes) -> tuple[int, Findings]:
    """Compare the sizes, and open the token if the key can."""
    causes = tuple(_sizes(reading, key))
    if causes:
        return 0, Findings(causes=causes, key=key)
    if not (key.is_private or key.is_symmetric):
        return -1, Findings(causes=(finding("key_public"),), key=key)
    alg, enc = algorithms(reading)
    bound = None if alg is None else key_ring.bound_to(key, alg.name)
    trial = None if bound is None else trials.attempt(reading, bound, info)
    if bound is None or trial is None:
        return -1, Findings(key=key)
    if not trial.opened and enc is not None and not bound._serves(enc):
        unusable = finding("key_unusable", f"its size does not fit {enc.name}")
        return 0, Findings(causes=(unusable,), tried=True, key=key)
    return trial.rank, _of_trial(trial, key)


def _of_trial(trial: Trial, key: Key) -> Findings:
    return Findings(
        causes=trial.causes,
        tried=True,
        opened=trial.opened,
        content_bytes=trial.plaintext_bytes,
        key=key,
    )


def _switches(reading: Reading, keys: list[Key], given: Given, found: Findings) -> Iterator[Cause]:
    """Name what a default `Decrypter` refuses in this token, and the setting that allows it."""
    alg, enc = algorithms(reading)
    members = reading.members or {}
    if enc is not None and given.encs and enc.name not in given.encs:
        yield finding("enc_not_expected", enc.name)
    # A padding that was not used need not be enabled.
    if alg is not None and alg.legacy and all(cause.code != "oaep_used" for cause in found.causes):
        yield finding("rsa1_5_off")
    if members.get("zip") == "DEF":
        yield finding("zip_off")
    if strict_json.as_list(members.get("crit")):
        yield finding("crit_extension")
    if found.opened and found.key is not None and reading.text_of("kid") is None:
        place = [key for key in keys if key.alg == found.key.alg].index(found.key)
        if place >= MOST_TRIES:
            yield finding("too_many_keys", f"it is key {place + 1}")


def names(reading: Reading, keys: list[Key], others: list[Key]) -> Iterator[Cause]:
    """Compare the token's kid and alg with those of the keys."""
    kid = reading.text_of("kid")
    if kid is not None:
        yield from _kid(kid, keys, others)
    alg = key_ring.alg_of(reading)
    if keys and alg is not None and all(key.alg != alg for key in keys):
        serves = any(key_ring.bound_to(key, alg) is not None for key in keys)
        code = "alg_not_the_keys" if serves else "key_of_other_kind"
        yield finding(code, f"{alg}, and the key is for {keys[0].alg}")


def unnamed(reading: Reading, keys: list[Key], named: tuple[Cause, ...]) -> Iterator[Cause]:
    """Add a note to an accepted token that its kid was not compared."""
    kid = reading.text_of("kid")
    if kid is not None and len(keys) == 1 and keys[0].kid is None and not named:
        yield finding("kid_not_compared", plain(kid))


def _kid(kid: str, keys: list[Key], others: list[Key]) -> Iterator[Cause]:
    seen = plain(kid)
    if kid in {name for key in others for name in _known_as(key)} - {
        name for key in keys for name in _known_as(key)
    }:
        yield finding("kid_of_other_pair", seen)
        return
    # A single key without a kid matches every kid.
    answers = not keys or (len(keys) == 1 and keys[0].kid is None)
    if answers or kid in {key.kid for key in keys}:
        return
    computed = kid in {name for key in keys for name in _known_as(key)}
    yield finding("kid_is_fingerprint" if computed else "kid_unknown", seen)


def _known_as(key: Key) -> set[str]:
    """Return the names that a key has, or that can be computed from it."""
    own: set[str] = set() if key.kid is None else {key.kid}
    if key.is_symmetric:
        return own
    return own | {key.thumbprint(), key_files.spki_sha256(key) or key.thumbprint()}


def _sizes(reading: Reading, key: Key) -> Iterator[Cause]:
    """Compare the modulus with the encrypted key, and the curve with that of the epk."""
    alg, shown = algorithms(reading)[0], {} if key.is_symmetric else key.to_jwk()
    modulus, curve, part = shown.get("n"), shown.get("crv"), reading.part("encrypted key")
    if alg is None:
        return
    if alg.kind == "RSA" and isinstance(modulus, str) and part.size and not part.faults:
        size = len(base64url.decode_text(modulus) or b"")
        # One byte more or less is a different cause, and so is a size that no RSA key makes.
        whole = len(reading.parts) == JWE_SEGMENTS and part.size >= _LEAST_MODULUS
        if whole and part.size % 8 == 0 and abs(part.size - size) > 1:
            yield finding("rsa_size", f"{part.size} bytes, and your modulus has {size}")
    epk = strict_json.as_object((reading.members or {}).get("epk")) or {}
    given = str(epk.get("crv", curve))
    if alg.kind == "curve" and curve is not None and CURVE_SPELLINGS.get(given, given) != curve:
        yield finding("epk_curve", f"{plain(str(epk['crv']))}, and yours is on {curve}")
