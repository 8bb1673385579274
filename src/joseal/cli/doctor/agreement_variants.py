"""The ways in which a key may have been derived from an ECDH secret, tried with the private key.

For `joseal doctor` on the machine of the one who has the key, and for nothing else: code that
answers to others must never tell which way opens. RFC 7516 section 11.5.

Source: RFC 7518 section 4.6.2, NIST SP 800-56A section 5.8.1.
"""

from collections.abc import Iterator

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.concatkdf import ConcatKDFHash
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from joseal import Key
from joseal._core.algorithms import aes, curves
from joseal._core.algorithms.curves import PrivateCurveKey
from joseal._core.algorithms.registry import AlgSpec, EncSpec
from joseal._core.wire import header as headers
from joseal._core.wire import strict_json


def derived(
    key: Key, alg: AlgSpec, enc: EncSpec, members: dict[str, object], encrypted_key: bytes
) -> Iterator[tuple[str, bytes]]:
    """Give what was otherwise, and the content key that this would make."""
    secret = _secret(key, members)
    if secret is None:
        return
    size = alg.key_bytes or enc.cek_bytes
    for seen, info in _infos(alg, enc, members, size):
        derived_key = ConcatKDFHash(hashes.SHA256(), size, info).derive(secret)
        cek = aes.unwrap(derived_key, encrypted_key) if alg.key_bytes else derived_key
        if cek is not None:
            yield seen, cek


def _secret(key: Key, members: dict[str, object]) -> bytes | None:
    """Agree with the epk, if it is a point of the key's curve."""
    private = load_pem_private_key(key.to_pem(private=True).encode(), password=None)
    epk = strict_json.as_object(members.get("epk")) or {}
    x, y = (_bytes(epk.get(name)) for name in ("x", "y"))
    if not isinstance(private, PrivateCurveKey) or x is None:
        return None
    public = curves.load_public(curves.name(private), x, y)
    return None if public is None else curves.agree(private, public)


def _bytes(member: object) -> bytes | None:
    return headers.from_member(member) if isinstance(member, str) else None


def _infos(
    alg: AlgSpec, enc: EncSpec, members: dict[str, object], size: int
) -> Iterator[tuple[str, bytes]]:
    """Give the input of the KDF beside the secret, each time with one thing otherwise."""
    right, other = (alg.name, enc.name) if alg.key_bytes else (enc.name, alg.name)
    texts = [value if isinstance(value, str) else "" for value in map(members.get, ("apu", "apv"))]
    apu, apv = (headers.from_member(text) or b"" for text in texts)
    bits, name = (8 * size).to_bytes(4, "big"), right.encode()
    yield f"with the name {other}", _counted(other.encode(), apu, apv) + bits
    yield "without a name", _counted(b"", apu, apv) + bits
    yield "without apu and apv", _counted(name, b"", b"") + bits
    yield "with apu and apv as text", _counted(name, *(text.encode() for text in texts)) + bits
    yield "with apu and apv exchanged", _counted(name, apv, apu) + bits
    yield "with the size in bytes", _counted(name, apu, apv) + size.to_bytes(4, "big")
    yield "without the size", _counted(name, apu, apv)
    yield "without the lengths of its inputs", name + apu + apv + bits


def _counted(*fields: bytes) -> bytes:
    return b"".join(len(field).to_bytes(4, "big") + field for field in fields)
