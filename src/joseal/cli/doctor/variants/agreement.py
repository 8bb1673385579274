"""The ways in which a key may have been derived from an ECDH secret, tried with the private key.

Only for `joseal doctor` on the machine of the key's owner: code that answers others must never
reveal which variant decrypts. RFC 7516 section 11.5.

Source: RFC 7518 section 4.6.2, NIST SP 800-56A section 5.8.1.
"""

from collections.abc import Iterator
from typing import Final, Literal

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.concatkdf import ConcatKDFHash
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.kdf.x963kdf import X963KDF
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from joseal import Key
from joseal._core.algorithms import aes, curves
from joseal._core.algorithms.curves import PrivateCurveKey
from joseal._core.algorithms.registry import AlgSpec, EncSpec
from joseal._core.wire import strict_json
from joseal.diagnosis.lenient_parse import member_bytes

Codes = tuple[tuple[str, str], ...]

# Two blocks and the integrity block: RFC 3394 section 2.2.
_LEAST_WRAPPED: Final = 24


def derived(
    key: Key, alg: AlgSpec, enc: EncSpec, members: dict[str, object], encrypted_key: bytes
) -> Iterator[tuple[Codes, bytes]]:
    """Yield the codes of the differences, and the content key that results.

    The right derivation comes first, without a code. Variants with the same key are left out.
    """
    secret = _secret(key, members)
    if secret is None:
        return
    made: set[bytes] = set()
    for codes, derived_key in _keys(secret, alg, enc, members):
        cek = _unwrapped(derived_key, encrypted_key) if alg.key_bytes else derived_key
        if cek is not None and cek not in made:
            made.add(cek)
            yield codes, cek


def _unwrapped(key: bytes, encrypted_key: bytes) -> bytes | None:
    return aes.unwrap(key, encrypted_key) if len(encrypted_key) >= _LEAST_WRAPPED else None


def _keys(
    secret: bytes, alg: AlgSpec, enc: EncSpec, members: dict[str, object]
) -> Iterator[tuple[Codes, bytes]]:
    """Yield the result of each derivation from the secret, the right one first."""
    size = alg.key_bytes or enc.cek_bytes
    right, *others = _infos(alg, enc, members, size)
    yield (), _concat(secret, right[1], size)
    short = secret.lstrip(b"\0")
    if short != secret:
        seen = f"{len(short)} of {len(secret)} bytes"
        yield (("kdf_secret", seen),), _concat(short, right[1], size)
    for seen, info in others:
        yield (("derivation", seen),), _concat(secret, info, size)
    for seen, made in _functions(secret, right[1], size):
        yield (("kdf_other", seen),), made


def _concat(secret: bytes, info: bytes, size: int) -> bytes:
    return ConcatKDFHash(hashes.SHA256(), size, info).derive(secret)


def _functions(secret: bytes, info: bytes, size: int) -> Iterator[tuple[str, bytes]]:
    """Yield what functions other than the Concat KDF with SHA-256 derive from the secret."""
    for algorithm in (hashes.SHA256(), hashes.SHA384(), hashes.SHA512()):
        name = f"SHA-{8 * algorithm.digest_size}"
        for seen, text in (("no info", b""), ("the info of the Concat KDF", info)):
            derived_key = HKDF(algorithm, size, None, text).derive(secret)
            yield f"HKDF with {name} and {seen}", derived_key
            yield f"X9.63 KDF with {name} and {seen}", X963KDF(algorithm, size, text).derive(secret)
        if size <= algorithm.digest_size:
            bare = hashes.Hash(algorithm)
            bare.update(secret)
            yield f"{name} of the shared secret", bare.finalize()[:size]
    yield "Concat KDF with SHA-384", ConcatKDFHash(hashes.SHA384(), size, info).derive(secret)
    yield "Concat KDF with SHA-512", ConcatKDFHash(hashes.SHA512(), size, info).derive(secret)
    if size <= len(secret):
        yield "the shared secret itself", secret[:size]


def _secret(key: Key, members: dict[str, object]) -> bytes | None:
    """Agree with the epk, if it is a point of the key's curve."""
    private = load_pem_private_key(key.to_pem(private=True).encode(), password=None)
    epk = strict_json.as_object(members.get("epk")) or {}
    if not isinstance(private, PrivateCurveKey):
        return None
    # Another check reports a coordinate that is not base64url, or of the wrong size.
    sizes = (curves.field_bytes(curves.name(private)),)
    x, y = (member_bytes(epk.get(name), sizes) for name in ("x", "y"))
    if x is None:
        return None
    public = curves.load_public(curves.name(private), x, y)
    return None if public is None else curves.agree(private, public)


def _infos(
    alg: AlgSpec, enc: EncSpec, members: dict[str, object], size: int
) -> Iterator[tuple[str, bytes]]:
    """Yield the other input of the KDF: the right one, then each variant with one difference."""
    right, other = (alg.name, enc.name) if alg.key_bytes else (enc.name, alg.name)
    texts = [value if isinstance(value, str) else "" for value in map(members.get, ("apu", "apv"))]
    apu, apv = (member_bytes(text) or b"" for text in texts)
    bits, name = (8 * size).to_bytes(4, "big"), right.encode()
    yield "", _counted(name, apu, apv) + bits
    yield f"with the name {other}", _counted(other.encode(), apu, apv) + bits
    if alg.key_bytes:
        wrap = alg.name.partition("+")[2]
        yield f"with the name {wrap}", _counted(wrap.encode(), apu, apv) + bits
    yield "without a name", _counted(b"", apu, apv) + bits
    yield "without apu and apv", _counted(name, b"", b"") + bits
    as_text = tuple(text.encode() for text in texts)
    yield "with apu and apv as text", _counted(name, *as_text) + bits
    yield "with apu as text", _counted(name, as_text[0], apv) + bits
    yield "with apv as text", _counted(name, apu, as_text[1]) + bits
    yield "with apu and apv exchanged", _counted(name, apv, apu) + bits
    yield "with the size in bytes", _counted(name, apu, apv) + size.to_bytes(4, "big")
    yield "without the size", _counted(name, apu, apv)
    yield "without the lengths of its inputs", name + apu + apv + bits
    little = _counted(name, apu, apv, order="little") + bits
    yield "with the lengths of its inputs little-endian", little
    yield "without any of its inputs", b""


def _counted(*fields: bytes, order: Literal["big", "little"] = "big") -> bytes:
    return b"".join(len(field).to_bytes(4, order) + field for field in fields)
