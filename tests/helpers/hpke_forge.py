"""HPKE keys and tokens for JOSE, from hashes, curves and ML-KEM, without joseal's mechanisms.

The key schedules are written a second time here, with `hashlib` and `hmac` alone.

Source: RFC 9180 sections 4, 5 and 7; draft-ietf-jose-hpke-encrypt sections 5 and 6;
draft-ietf-jose-hpke-pq-pqt section 3; draft-irtf-cfrg-concrete-hybrid-kems section 4.
"""

import functools
import hashlib
import hmac
import json
from typing import NamedTuple

from cryptography.hazmat.primitives.asymmetric import ec, mlkem
from cryptography.hazmat.primitives.asymmetric.x448 import X448PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, ChaCha20Poly1305
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from tests.helpers import all_algorithms, forge
from tests.helpers.forge import b64, draw

from joseal import Key


class Suite(NamedTuple):
    """KEM, its number, the hash of HKDF (None for SHAKE256), the KDF's and the AEAD's number."""

    kem: str
    kem_id: int
    hash: str | None
    kdf_id: int
    aead_id: int


class Hybrid(NamedTuple):
    kem: str
    curve: str
    seed_bytes: int
    label: bytes


SUITES = {
    "HPKE-0": Suite("P-256", 0x10, "sha256", 1, 1),
    "HPKE-1": Suite("P-384", 0x11, "sha384", 2, 2),
    "HPKE-2": Suite("P-521", 0x12, "sha512", 3, 2),
    "HPKE-3": Suite("X25519", 0x20, "sha256", 1, 1),
    "HPKE-4": Suite("X25519", 0x20, "sha256", 1, 3),
    "HPKE-5": Suite("X448", 0x21, "sha512", 3, 2),
    "HPKE-6": Suite("X448", 0x21, "sha512", 3, 3),
    "HPKE-7": Suite("P-256", 0x10, "sha256", 1, 2),
    "HPKE-8": Suite("MLKEM768-P256", 0x50, None, 0x11, 2),
    "HPKE-9": Suite("MLKEM768-X25519", 0x647A, None, 0x11, 2),
    "HPKE-10": Suite("MLKEM1024-P384", 0x51, None, 0x11, 2),
    "HPKE-12": Suite("ML-KEM-768", 0x41, None, 0x11, 2),
    "HPKE-13": Suite("ML-KEM-1024", 0x42, None, 0x11, 2),
}
HYBRIDS = {
    "MLKEM768-P256": Hybrid("ML-KEM-768", "P-256", 128, b"MLKEM768-P256"),
    "MLKEM768-X25519": Hybrid("ML-KEM-768", "X25519", 32, bytes.fromhex("5c2e2f2f5e5c")),
    "MLKEM1024-P384": Hybrid("ML-KEM-1024", "P-384", 48, b"MLKEM1024-P384"),
}
KEMS = {"ML-KEM-768": mlkem.MLKEM768PrivateKey, "ML-KEM-1024": mlkem.MLKEM1024PrivateKey}
INTEGRATED = list(SUITES)
KEY_ENCRYPTION = [f"{name}-KE" for name in SUITES]
ALGS = [alg for name in SUITES for alg in (name, f"{name}-KE")]
ON_CURVES = [alg for alg in ALGS if int(alg.split("-")[1]) < 8]
QUANTUM_RESISTANT = [alg for alg in ALGS if alg not in ON_CURVES]
AEADS = {1: (16, AESGCM), 2: (32, AESGCM), 3: (32, ChaCha20Poly1305)}
# Of the encapsulated secret. RFC 9180 section 7.1, FIPS 203 section 8.
SECRET_BYTES = {
    "P-256": 65,
    "P-384": 97,
    "P-521": 133,
    "X25519": 32,
    "X448": 56,
    "ML-KEM-768": 1088,
    "ML-KEM-1024": 1568,
    "MLKEM768-P256": 1153,
    "MLKEM768-X25519": 1120,
    "MLKEM1024-P384": 1665,
}


def suite_of(alg):
    return SUITES[alg.removesuffix("-KE")]


class Pair(NamedTuple):
    """A recipient's pair: on a curve, of ML-KEM, or both; and the seed of what is not a curve."""

    seed: bytes | None
    kem: object | None
    scalar: object | None


@functools.cache
def pair(kem, name="mine"):
    """Return the same pair for the same name."""
    if kem in all_algorithms.CURVES:
        return Pair(None, None, all_algorithms.private(kem, name))
    if kem in KEMS:
        seed = draw(f"{kem} {name}", 64)
        return Pair(seed, KEMS[kem].from_seed_bytes(seed), None)
    hybrid, seed = HYBRIDS[kem], draw(f"{kem} {name}", 32)
    expanded = hashlib.shake_256(seed).digest(64 + hybrid.seed_bytes)
    inner = KEMS[hybrid.kem].from_seed_bytes(expanded[:64])
    if hybrid.curve == "X25519":
        return Pair(seed, inner, X25519PrivateKey.from_private_bytes(expanded[64:]))
    size = all_algorithms.CURVES[hybrid.curve]
    scalar = int.from_bytes(expanded[64 : 64 + size], "big")
    return Pair(
        seed, inner, ec.derive_private_key(scalar, all_algorithms.WEIERSTRASS[hybrid.curve])
    )


def encoded(public):
    if isinstance(public, ec.EllipticCurvePublicKey):
        return public.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return public.public_bytes_raw()


def jwk(alg, name="mine", *, private=True):
    """Return the recipient's JWK."""
    kem = suite_of(alg).kem
    if kem in all_algorithms.CURVES:
        shown = all_algorithms.private_jwk(kem, name)
        return {n: v for n, v in shown.items() if private or n != "d"} | {"alg": alg}
    own = pair(kem, name)
    pub = own.kem.public_key().public_bytes_raw()
    pub += b"" if own.scalar is None else encoded(own.scalar.public_key())
    shown = {"kty": "AKP", "alg": alg, "pub": b64(pub)}
    return shown | ({"priv": b64(own.seed)} if private else {})


@functools.cache
def key(alg, name="mine", kid=None):
    return Key.from_jwk(jwk(alg, name), kid=kid)


def _extract(name, suite_id, salt, label, ikm):
    salt = salt or bytes(hashlib.new(name).digest_size)
    return hmac.digest(salt, b"HPKE-v1" + suite_id + label + ikm, name)


def _expand(name, suite_id, prk, label, info, size):  # noqa: PLR0917 - as RFC 9180 has it
    info = size.to_bytes(2, "big") + b"HPKE-v1" + suite_id + label + info
    out = block = b""
    for count in range(1, 256):
        if len(out) >= size:
            break
        block = hmac.digest(prk, block + info + bytes((count,)), name)
        out += block
    return out[:size]


def ids(suite):
    numbers = (suite.kem_id, suite.kdf_id, suite.aead_id)
    return b"HPKE" + b"".join(number.to_bytes(2, "big") for number in numbers)


def schedule(suite, secret, info):
    """Return the key and the nonce."""
    size, suite_id = AEADS[suite.aead_id][0], ids(suite)
    if suite.hash is None:
        counted = lambda raw: len(raw).to_bytes(2, "big") + raw  # noqa: E731
        total = size + 12 + 64
        ikm = counted(b"") + counted(secret) + b"HPKE-v1" + suite_id + counted(b"secret")
        ikm += total.to_bytes(2, "big") + b"\0" + counted(b"") + counted(info)
        raw = hashlib.shake_256(ikm).digest(total)
        return raw[:size], raw[size : size + 12]
    name = suite.hash
    context = b"\0" + _extract(name, suite_id, b"", b"psk_id_hash", b"")
    context += _extract(name, suite_id, b"", b"info_hash", info)
    prk = _extract(name, suite_id, secret, b"secret", b"")
    return (
        _expand(name, suite_id, prk, b"key", context, size),
        _expand(name, suite_id, prk, b"base_nonce", context, 12),
    )


def _agree(curve, public):
    ephemeral = all_algorithms.private(curve, "hpke ephemeral")
    return all_algorithms.agree(ephemeral, public), encoded(ephemeral.public_key())


def encapsulate(alg, name="mine"):
    """Return a shared secret and the encapsulated secret."""
    suite = suite_of(alg)
    own = pair(suite.kem, name)
    if own.kem is None:
        public = own.scalar.public_key()
        dh, sent = _agree(suite.kem, public)
        suite_id = b"KEM" + suite.kem_id.to_bytes(2, "big")
        prk = _extract(suite.hash, suite_id, b"", b"eae_prk", dh)
        context, size = sent + encoded(public), hashlib.new(suite.hash).digest_size
        return _expand(suite.hash, suite_id, prk, b"shared_secret", context, size), sent
    secret, ciphertext = own.kem.public_key().encapsulate()
    if own.scalar is None:
        return secret, ciphertext
    hybrid, public = HYBRIDS[suite.kem], own.scalar.public_key()
    dh, sent = _agree(hybrid.curve, public)
    combined = secret + dh + sent + encoded(public) + hybrid.label
    return hashlib.sha3_256(combined).digest(), ciphertext + sent


def _decapsulate(alg, sent, name):
    suite = suite_of(alg)
    own = pair(suite.kem, name)
    if own.kem is None:
        raise NotImplementedError("a token of HPKE on a curve is opened by pyhpke")
    if own.scalar is None:
        return own.kem.decapsulate(sent)
    hybrid = HYBRIDS[suite.kem]
    ciphertext, tail = sent[: SECRET_BYTES[hybrid.kem]], sent[SECRET_BYTES[hybrid.kem] :]
    dh = all_algorithms.agree(own.scalar, point(hybrid.curve, tail))
    secret = own.kem.decapsulate(ciphertext)
    combined = secret + dh + tail + encoded(own.scalar.public_key()) + hybrid.label
    return hashlib.sha3_256(combined).digest()


def opened(token_text, alg, name="mine", info=b""):
    """Open a token with Integrated Encryption, of a KEM that is not on a curve."""
    header, sent, _, sealed, _ = token_text.split(".")
    key_, nonce = schedule(suite_of(alg), _decapsulate(alg, forge.unb64(sent), name), info)
    return AEADS[suite_of(alg).aead_id][1](key_).decrypt(
        nonce, forge.unb64(sealed), header.encode()
    )


def rcpt(enc, extra=b""):
    return b"JOSE-HPKE rcpt\xff" + enc.encode() + b"\xff" + extra


def token(alg, plaintext=b"forged", *, enc="A128GCM", name="mine", info=b"", members=None, **own):
    """Make a token.

    Args:
        members: further Header Parameters; they win over those that are made here.
        own: `sent`, the encapsulated secret to write; `cek`, one of any size; `secret`, the shared
            secret to derive from; `encrypted_key`.
    """
    suite = suite_of(alg)
    secret, sent = encapsulate(alg, name)
    secret, sent = own.get("secret", secret), own.get("sent", sent)
    aead = AEADS[suite.aead_id][1]
    if not alg.endswith("-KE"):
        header = json.dumps({"alg": alg, **(members or {})}).encode()
        key_, nonce = schedule(suite, secret, info)
        sealed = aead(key_).encrypt(nonce, plaintext, b64(header).encode())
        return forge.Token(header, own.get("encrypted_key", sent), b"", sealed, b"")
    key_, nonce = schedule(suite, secret, rcpt(enc, info))
    cek = own.get("cek", draw("cek", all_algorithms.CEK_BYTES[enc]))
    encrypted = own.get("encrypted_key", aead(key_).encrypt(nonce, cek, None))
    shown = {"alg": alg, "ek": b64(sent), "enc": enc, **(members or {})}
    header = json.dumps({n: v for n, v in shown.items() if v is not None}).encode()
    iv = draw("iv", all_algorithms.IV_BYTES[enc])
    real = cek if len(cek) == all_algorithms.CEK_BYTES[enc] else draw("cek", 16)
    sealed = all_algorithms.seal(enc, real, iv, b64(header).encode(), plaintext)
    return forge.Token(header, encrypted, iv, *sealed)


def point(curve, raw):
    """Return a public key of its bytes, for a peer that wants an object."""
    if curve in all_algorithms.WEIERSTRASS:
        kind = all_algorithms.WEIERSTRASS[curve]
        return ec.EllipticCurvePublicKey.from_encoded_point(kind, raw)
    kind = {"X25519": X25519PublicKey, "X448": X448PublicKey}[curve]
    return kind.from_public_bytes(raw)
