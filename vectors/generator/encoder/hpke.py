"""HPKE with a KEM on a curve, for test vectors: the key schedule by hand, from HMAC alone.

Rules:
- The ephemeral pair is drawn, so that each run gives the same bytes. What ML-KEM encapsulates can't
  be drawn with `cryptography`, so its suites have no vectors here.
- Every step can be called alone, so that a case can break one of them and keep the others.

Source: RFC 9180 sections 4, 5.1 and 7.1; draft-ietf-jose-hpke-encrypt sections 5 and 6.
"""

import hashlib
import hmac
from collections.abc import Mapping
from typing import NamedTuple

from cryptography.hazmat.primitives.ciphers.aead import AESGCM, ChaCha20Poly1305
from vectors.generator.encoder.agreement import pair, public, shared
from vectors.generator.encoder.jwe import CONTENT, Jwk, Token, b64, draw, header_bytes, seal, unb64


class Suite(NamedTuple):
    """The curve, and the numbers of the KEM, of the KDF and of the AEAD."""

    crv: str
    kem: int
    kdf: int
    aead: int


SUITES = {
    "HPKE-0": Suite("P-256", 0x10, 1, 1),
    "HPKE-1": Suite("P-384", 0x11, 2, 2),
    "HPKE-2": Suite("P-521", 0x12, 3, 2),
    "HPKE-3": Suite("X25519", 0x20, 1, 1),
    "HPKE-4": Suite("X25519", 0x20, 1, 3),
    "HPKE-5": Suite("X448", 0x21, 3, 2),
    "HPKE-6": Suite("X448", 0x21, 3, 3),
    "HPKE-7": Suite("P-256", 0x10, 1, 2),
}
HPKE_ALGS = tuple(f"{name}{mode}" for name in SUITES for mode in ("", "-KE"))
_HASHES = {1: "sha256", 2: "sha384", 3: "sha512"}
_KEY_BYTES = {1: 16, 2: 32, 3: 32}


class Schedule(NamedTuple):
    """What a case can break in the derivation."""

    version: bytes = b"HPKE-v1"
    info: bytes | None = None
    mode: bytes = b"\0"
    suite_id: bytes | None = None


RIGHT = Schedule()


def suite_of(alg: str) -> Suite:
    """Return the suite of both modes of an alg."""
    return SUITES[alg.removesuffix("-KE")]


def encoded(key: Jwk) -> bytes:
    """Write a public key: uncompressed on a Weierstrass curve. RFC 9180 section 7.1.1."""
    x = unb64(key["x"])
    return b"\x04" + x + unb64(key["y"]) if "y" in key else x


def _numbers(*values: int) -> bytes:
    return b"".join(value.to_bytes(2) for value in values)


def _extract(suite: Suite, prefix: bytes, salt: bytes, labeled: bytes) -> bytes:
    name = _HASHES[suite.kdf]
    return hmac.digest(salt or bytes(hashlib.new(name).digest_size), prefix + labeled, name)


def _expand(suite: Suite, prefix: bytes, prk: bytes, labeled: bytes, size: int) -> bytes:
    name, out, block, count = _HASHES[suite.kdf], b"", b"", 1
    while len(out) < size:
        data = block + size.to_bytes(2) + prefix + labeled + bytes([count])
        block = hmac.digest(prk, data, name)
        out, count = out + block, count + 1
    return out[:size]


def kem_secret(suite: Suite, dh: bytes, sent: bytes, recipient: bytes) -> bytes:
    """Derive the shared secret. RFC 9180 section 4.1, ExtractAndExpand."""
    prefix = b"HPKE-v1KEM" + _numbers(suite.kem)
    prk = _extract(suite, prefix, b"", b"eae_prk" + dh)
    size = hashlib.new(_HASHES[suite.kdf]).digest_size
    return _expand(suite, prefix, prk, b"shared_secret" + sent + recipient, size)


def key_and_nonce(
    suite: Suite, secret: bytes, info: bytes, how: Schedule = RIGHT
) -> tuple[bytes, bytes]:
    """Derive what the AEAD is used with. RFC 9180 section 5.1."""
    own = b"HPKE" + _numbers(suite.kem, suite.kdf, suite.aead)
    prefix = how.version + (own if how.suite_id is None else how.suite_id)
    shown = info if how.info is None else how.info
    context = how.mode + _extract(suite, prefix, b"", b"psk_id_hash")
    context += _extract(suite, prefix, b"", b"info_hash" + shown)
    prk = _extract(suite, prefix, secret, b"secret")
    key = _expand(suite, prefix, prk, b"key" + context, _KEY_BYTES[suite.aead])
    return key, _expand(suite, prefix, prk, b"base_nonce" + context, 12)


def aead(suite: Suite, key: bytes) -> AESGCM | ChaCha20Poly1305:
    """Return the cipher of a suite."""
    return ChaCha20Poly1305(key) if suite.aead == 3 else AESGCM(key)


def recipient_structure(enc: str, extra: bytes = b"") -> bytes:
    """Return the info of Key Encryption. draft-ietf-jose-hpke-encrypt section 6.1."""
    return b"JOSE-HPKE rcpt\xff" + enc.encode() + b"\xff" + extra


class Sealed(NamedTuple):
    """A token and what it was made with.

    The CEK of Integrated Encryption is the key and the nonce that HPKE derives.
    """

    token: Token
    ephemeral: Jwk
    cek: bytes
    members: Mapping[str, object]

    def inject(self) -> dict[str, object]:
        """Name the inputs that are random elsewhere."""
        inputs = {"epk": dict(self.ephemeral), "cek": self.cek.hex()}
        return inputs | ({"iv": self.token.iv.hex()} if self.token.iv else {})


def sealed(
    key: Jwk,
    label: str,
    plaintext: bytes,
    *,
    enc: str = "A128GCM",
    others: Mapping[str, object] | None = None,
    how: Schedule = RIGHT,
    sent: bytes | None = None,
) -> Sealed:
    """Make a token; `others` wins over the members that are made here."""
    alg = key["alg"]
    suite = suite_of(alg)
    own = pair(suite.crv, f"{label} ephemeral")
    real = encoded(own)
    secret = kem_secret(suite, shared(own, public(key)), real, encoded(key))
    shown = real if sent is None else sent
    if not alg.endswith("-KE"):
        members = {"alg": alg, **(others or {})}
        header = header_bytes({n: v for n, v in members.items() if v is not None})
        derived, nonce = key_and_nonce(suite, secret, b"", how)
        ciphertext = aead(suite, derived).encrypt(nonce, plaintext, b64(header).encode())
        token = Token(header=header, encrypted_key=shown, iv=b"", ciphertext=ciphertext, tag=b"")
        return Sealed(token, own, derived + nonce, members)
    members = {"alg": alg, "enc": enc, "ek": b64(shown), **(others or {})}
    header = header_bytes({n: v for n, v in members.items() if v is not None})
    cek = draw(f"{label} cek", CONTENT[enc].cek_bytes)
    derived, nonce = key_and_nonce(suite, secret, recipient_structure(enc), how)
    iv = draw(f"{label} iv", CONTENT[enc].iv_bytes)
    ciphertext, tag = seal(enc, cek, iv, b64(header).encode(), plaintext)
    wrapped = aead(suite, derived).encrypt(nonce, cek, None)
    token = Token(header=header, encrypted_key=wrapped, iv=iv, ciphertext=ciphertext, tag=tag)
    return Sealed(token, own, cek, members)
