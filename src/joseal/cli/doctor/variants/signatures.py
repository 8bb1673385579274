"""The ways in which a signature may have been made, tried with the key that verifies.

Only for `joseal doctor` on the machine of the key's owner. A variant that is found here never
counts as a good signature.

Source: RFC 7515 section 5.2, RFC 7518 section 3, RFC 7797.
"""

import hmac
import itertools
from collections.abc import Callable, Iterator
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.asymmetric.ed448 import Ed448PublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, PSS, PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from joseal import Key
from joseal._core.algorithms.hashes import HASHES
from joseal._core.algorithms.registry import HashName, SigSpec
from joseal._core.wire import base64url
from joseal.cli.doctor.variants import shared_secrets
from joseal.cli.doctor.variants.content import Codes
from joseal.diagnosis.lenient_parse import Reading, undone

_STANDARD: Final = bytes.maketrans(b"-_", b"+/")
_HASHES: Final[tuple[HashName, ...]] = ("sha256", "sha384", "sha512", "sha1")
_LEAST_MAC: Final = 8

# Tells whether a signature verifies over these bytes.
_Check = Callable[[bytes, bytes], bool]


def codes_of(reading: Reading, key: Key, sig: SigSpec, payload: bytes | None) -> Codes | None:
    """Return the differences; empty if there are none, and None if no variant verifies."""
    part = reading.part("signature")
    inner = undone(part)
    signature = (part.raw or b"") if inner is None else inner
    inputs = list(_inputs(reading, sig, payload))
    schemes = list(_schemes(key, sig))
    pairs = itertools.product(inputs, schemes)
    # With one difference, before two.
    for given, scheme in sorted(pairs, key=lambda pair: len(pair[0][0]) + len(pair[1][0])):
        if scheme[1](signature, given[1]):
            return (*given[0], *scheme[0])
    return None


def _inputs(
    reading: Reading, sig: SigSpec, detached: bytes | None
) -> Iterator[tuple[Codes, bytes]]:
    """Yield what may have been signed, the right signing input first."""
    header = reading.part("protected header")
    shown = reading.part("payload")
    payload = shown.raw or b"" if detached is None else detached
    sent = shown.text.encode("utf-8", "replace") if detached is None else base64url.encode(payload)
    head = header.text.encode("ascii", "replace")
    made: set[bytes] = set()
    given = _readings((head, header.raw or b""), (sent, payload))
    for codes, data in given if detached is None else (*given, *_line_ends(head, detached)):
        if data not in made:
            made.add(data)
            yield codes, data
            if sig.family != "eddsa":
                digest = hashes.Hash(HASHES[sig.hash])
                digest.update(data)
                hashed = digest.finalize()
                yield (*codes, ("input_hashed", "")), hashed
                yield (*codes, ("input_hashed", "in hex")), hashed.hex().encode()


def _readings(
    header: tuple[bytes, bytes], payload: tuple[bytes, bytes]
) -> Iterator[tuple[Codes, bytes]]:
    head, raw_head = header
    sent, raw = payload
    plain_head, plain = base64url.encode(raw_head), base64url.encode(raw)
    yield (), head + b"." + sent
    # Another check reports a segment that is not canonical.
    yield (), plain_head + b"." + plain
    yield (("input_padded", "the payload"),), head + b"." + _padded(plain)
    yield (("input_padded", "header and payload"),), _padded(plain_head) + b"." + _padded(plain)
    yield (("input_padded", "the header"),), _padded(plain_head) + b"." + plain
    for padded in (plain, _padded(plain)):
        standard = padded.translate(_STANDARD)
        yield (("input_standard_base64", ""),), plain_head.translate(_STANDARD) + b"." + standard
        yield (("input_standard_base64", ""),), head + b"." + standard
    yield (("b64_unannounced", ""),), head + b"." + raw
    yield (("input_decoded", "header and payload"),), raw_head + b"." + raw
    yield (("input_payload_alone", "decoded"),), raw
    yield (("input_payload_alone", ""),), plain
    yield (("input_line_end", ""),), head + b"." + sent + b"\n"
    yield (("input_without_dot", ""),), head + sent


def _line_ends(head: bytes, payload: bytes) -> Iterator[tuple[Codes, bytes]]:
    """Yield a detached payload with and without the line end that a file often has."""
    bare = payload.rstrip(b"\r\n")
    for other in (bare, bare + b"\n", bare + b"\r\n", payload.replace(b"\r\n", b"\n")):
        yield (("payload_line_end", ""),), head + b"." + base64url.encode(other)
        yield (("payload_line_end", ""), ("b64_unannounced", "")), head + b"." + other


def _padded(text: bytes) -> bytes:
    return text + b"=" * (-len(text) % 4)


def _schemes(key: Key, sig: SigSpec) -> Iterator[tuple[Codes, _Check]]:
    """Yield the ways to verify, the right one first."""
    if key.is_symmetric:
        yield from _macs(shared_secrets.secret_of(key), sig)
        return
    public = key._public_material()
    if isinstance(public, RSAPublicKey):
        yield from _rsa(public, sig)
    elif isinstance(public, ec.EllipticCurvePublicKey):
        yield from _ecdsa(public, sig)
    elif isinstance(public, Ed25519PublicKey | Ed448PublicKey):
        yield (), _asking(public.verify)


def _asking(verify: Callable[[bytes, bytes], None]) -> _Check:
    def check(signature: bytes, data: bytes) -> bool:
        try:
            verify(signature, data)
        except (InvalidSignature, ValueError):
            return False
        return True

    return check


def _macs(secret: bytes, sig: SigSpec) -> Iterator[tuple[Codes, _Check]]:
    for codes, raw in shared_secrets.forms(secret):
        yield codes, _mac(raw, sig.hash, whole=True)
        yield (*codes, ("signature_cut", "")), _mac(raw, sig.hash, whole=False)
        for other in _HASHES:
            if other != sig.hash:
                yield (*codes, ("signature_hash", other)), _mac(raw, other, whole=True)


def _mac(secret: bytes, hash_name: HashName, *, whole: bool) -> _Check:
    def check(signature: bytes, data: bytes) -> bool:
        made = hmac.digest(secret, data, hash_name)
        if whole:
            return hmac.compare_digest(made, signature)
        return _LEAST_MAC <= len(signature) < len(made) and made.startswith(signature)

    return check


def _rsa(public: RSAPublicKey, sig: SigSpec) -> Iterator[tuple[Codes, _Check]]:
    for backwards, step in (((), 1), ((("signature_reversed", ""),), -1)):
        for codes, padding, hash_name in _paddings(sig):
            yield (*backwards, *codes), _rsa_check(public, padding, hash_name, step)


def _rsa_check(
    public: RSAPublicKey, padding: PSS | PKCS1v15, hash_name: HashName, step: int
) -> _Check:
    return _asking(
        lambda signature, data: public.verify(signature[::step], data, padding, HASHES[hash_name])
    )


def _paddings(sig: SigSpec) -> Iterator[tuple[Codes, PSS | PKCS1v15, HashName]]:
    for name in sorted(_HASHES, key=lambda name: name != sig.hash):
        codes: Codes = () if name == sig.hash else (("signature_hash", name),)
        pss: Codes = () if sig.family == "pss" else (("pss_for_pkcs1", ""),)
        pkcs1: Codes = () if sig.family == "pkcs1" else (("pkcs1_for_pss", ""),)
        yield (*pkcs1, *codes), PKCS1v15(), name
        right = PSS(MGF1(HASHES[name]), PSS.DIGEST_LENGTH)
        yield (*pss, *codes), right, name
        for inner in sorted(_HASHES, key=lambda inner: inner != name):
            mgf: Codes = () if inner == name else (("pss_mgf1", inner),)
            any_salt = PSS(MGF1(HASHES[inner]), PSS.AUTO)
            yield (*pss, *codes, *mgf, *(() if mgf else (("pss_salt", ""),))), any_salt, name


def _ecdsa(public: ec.EllipticCurvePublicKey, sig: SigSpec) -> Iterator[tuple[Codes, _Check]]:
    size = (public.key_size + 7) // 8
    for name in sorted(_HASHES, key=lambda name: name != sig.hash):
        codes: Codes = () if name == sig.hash else (("signature_hash", name),)
        for more, convert in _CONVERSIONS:
            yield (*more, *codes), _ecdsa_check(public, name, size, convert)


def _ecdsa_check(
    public: ec.EllipticCurvePublicKey,
    hash_name: HashName,
    size: int,
    convert: Callable[[bytes, int], bytes],
) -> _Check:
    return _asking(
        lambda signature, data: public.verify(
            convert(signature, size), data, ec.ECDSA(HASHES[hash_name])
        )
    )


def _side_by_side(signature: bytes, size: int) -> bytes:
    if len(signature) != 2 * size:
        raise InvalidSignature
    return _der(signature[:size], signature[size:])


def _short(signature: bytes, size: int) -> bytes:
    half = len(signature) // 2
    if len(signature) == 2 * size or len(signature) % 2:
        raise InvalidSignature
    return _der(signature[:half], signature[half:])


def _recoverable(signature: bytes, size: int) -> bytes:
    """Leave out the last byte, which says how to recover the public key."""
    if len(signature) != 2 * size + 1:
        raise InvalidSignature
    return _side_by_side(signature[:-1], size)


def _exchanged(signature: bytes, size: int) -> bytes:
    return _side_by_side(signature[size:] + signature[:size], size)


def _little_endian(signature: bytes, size: int) -> bytes:
    return _side_by_side(signature[:size][::-1] + signature[size:][::-1], size)


def _der(r: bytes, s: bytes) -> bytes:
    return utils.encode_dss_signature(int.from_bytes(r, "big"), int.from_bytes(s, "big"))


def _as_it_is(signature: bytes, _: int) -> bytes:
    return signature


_CONVERSIONS: Final[tuple[tuple[Codes, Callable[[bytes, int], bytes]], ...]] = (
    ((), _side_by_side),
    ((("ecdsa_der", ""),), _as_it_is),
    ((("signature_numbers", "shorter than the order"),), _short),
    ((("signature_numbers", "little-endian"),), _little_endian),
    ((("signature_numbers", "a byte more, as for key recovery"),), _recoverable),
    ((("signature_numbers", "exchanged"),), _exchanged),
)
