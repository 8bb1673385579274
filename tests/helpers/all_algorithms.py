"""Keys and tokens of every alg and enc, made from bare primitives without joseal's mechanisms.

What `forge` is for RSA-OAEP, AES Key Wrap and `dir`, this is for every alg and enc.

Source: RFC 7518 sections 4 and 5, RFC 8037, RFC 8018, RFC 8812, RFC 9864, draft-amringer-jose-chacha.
"""

import functools
import hashlib
import json
from typing import NamedTuple

from cryptography.hazmat.primitives.asymmetric import ec, mldsa
from cryptography.hazmat.primitives.asymmetric.ed448 import Ed448PrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.x448 import X448PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, ChaCha20Poly1305
from cryptography.hazmat.primitives.keywrap import aes_key_wrap
from nacl import bindings
from tests.helpers import forge
from tests.helpers.forge import b64, draw

from joseal import Key

KEY_WRAPS = {"A128KW": 16, "A192KW": 24, "A256KW": 32}
GCM_WRAPS = {"A128GCMKW": 16, "A192GCMKW": 24, "A256GCMKW": 32}
ECDH = {"ECDH-ES": 0, "ECDH-ES+A128KW": 16, "ECDH-ES+A192KW": 24, "ECDH-ES+A256KW": 32}
PBES2 = {
    "PBES2-HS256+A128KW": ("sha256", 16),
    "PBES2-HS384+A192KW": ("sha384", 24),
    "PBES2-HS512+A256KW": ("sha512", 32),
}
RSA = [*forge.RSA_ALGS, "RSA1_5"]
ALGS = [*RSA, *KEY_WRAPS, *GCM_WRAPS, "dir", *ECDH, *PBES2]
WRAPPING = [alg for alg in ALGS if alg not in ("dir", "ECDH-ES")]
CEK_BYTES = {name: enc.cek_bytes for name, enc in forge.ENCS.items()} | {"C20P": 32, "XC20P": 32}
IV_BYTES = {name: enc.iv_bytes for name, enc in forge.ENCS.items()} | {"C20P": 12, "XC20P": 24}
ENCS = list(CEK_BYTES)
SUITES = [(alg, enc) for alg in ALGS for enc in ENCS]
CURVES = {"P-256": 32, "P-384": 48, "P-521": 66, "X25519": 32, "X448": 56}
# For signatures alone.
SIGNING_CURVES = {"secp256k1": 32}
WEIERSTRASS = {
    "P-256": ec.SECP256R1(),
    "P-384": ec.SECP384R1(),
    "P-521": ec.SECP521R1(),
    "secp256k1": ec.SECP256K1(),
}
_BYTES = CURVES | SIGNING_CURVES
ITERATIONS = 1000
ML_DSA = {
    "ML-DSA-44": mldsa.MLDSA44PrivateKey,
    "ML-DSA-65": mldsa.MLDSA65PrivateKey,
    "ML-DSA-87": mldsa.MLDSA87PrivateKey,
}

# One algorithm of every family for each kind of key.
SIGS = [
    *("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"),
    *("ES256", "ES384", "ES512", "ES256K", "Ed25519", "Ed448", "EdDSA"),
    *("HS256", "HS384", "HS512"),
    *("ML-DSA-44", "ML-DSA-65", "ML-DSA-87"),
]


class Wrapped(NamedTuple):
    cek: bytes
    encrypted_key: bytes
    members: dict[str, object]


def private(curve, name="mine"):
    """Return the same pair on a curve for the same name."""
    raw = draw(f"{curve} {name}", _BYTES[curve])
    if curve == "X25519":
        return X25519PrivateKey.from_private_bytes(raw)
    if curve == "X448":
        return X448PrivateKey.from_private_bytes(raw)
    return ec.derive_private_key(int.from_bytes(raw[:31], "big"), WEIERSTRASS[curve])


def public_jwk(pair, curve):
    public = pair.public_key()
    if curve in WEIERSTRASS:
        numbers = public.public_numbers()
        x, y = (number.to_bytes(_BYTES[curve], "big") for number in (numbers.x, numbers.y))
        return {"kty": "EC", "crv": curve, "x": b64(x), "y": b64(y)}
    return {"kty": "OKP", "crv": curve, "x": b64(public.public_bytes_raw())}


def private_jwk(curve, name="mine"):
    pair = private(curve, name)
    if curve in WEIERSTRASS:
        d = pair.private_numbers().private_value.to_bytes(_BYTES[curve], "big")
    else:
        d = pair.private_bytes_raw()
    return {**public_jwk(pair, curve), "d": b64(d)}


def raw(alg, enc, name="mine"):
    """Return the shared secret for a symmetric alg, or the password."""
    size = {**KEY_WRAPS, **GCM_WRAPS}.get(alg, CEK_BYTES[enc] if alg == "dir" else 20)
    return draw(f"{alg} {size} {name}", size)


@functools.cache
def _key(alg, enc, name, curve, kid):
    if alg in RSA:
        pem = forge.pem_of(forge.rsa_private(name))
        return Key.from_pem(pem, alg=alg, kid=kid, legacy=alg == "RSA1_5")
    if alg in ECDH:
        return Key.from_jwk(private_jwk(curve, name), alg=alg, kid=kid)
    secret = raw(alg, enc, name)
    if alg in PBES2:
        return Key.from_password(secret, alg=alg, iterations=ITERATIONS, kid=kid)
    return Key.from_jwk({"kty": "oct", "k": b64(secret)}, alg=alg, kid=kid)


def key(alg, enc="A128GCM", name="mine", curve="P-256", kid=None):
    """Return a key that opens: private, shared or a password."""
    enc = enc if alg == "dir" else "A128GCM"
    return _key(alg, enc, name, curve if alg in ECDH else None, kid)


def fresh(alg, enc="A128GCM", name="mine", curve="P-256"):
    """Return a key that nothing else has, so that a test may break it."""
    return _key.__wrapped__(alg, enc, name, curve, None)


def concat_kdf(secret, name, size, apu=b"", apv=b""):
    """RFC 7518 section 4.6.2, with nothing but a hash."""
    fields = (name.encode(), apu, apv)
    info = b"".join(len(field).to_bytes(4, "big") + field for field in fields)
    info += (8 * size).to_bytes(4, "big")
    rounds = (
        hashlib.sha256(count.to_bytes(4, "big") + secret + info).digest()
        for count in range(1, -(-size // 32) + 1)
    )
    return b"".join(rounds)[:size]


def agree(mine, public):
    if isinstance(mine, ec.EllipticCurvePrivateKey):
        return mine.exchange(ec.ECDH(), public)
    return mine.exchange(public)


def _ecdh(alg, enc, cek, *, name, curve, own):
    ephemeral = private(curve, own.get("ephemeral", "ephemeral"))
    apu, apv = own.get("apu", b""), own.get("apv", b"")
    secret = agree(ephemeral, private(curve, name).public_key())
    members = {"epk": public_jwk(ephemeral, curve)}
    members |= {"apu": b64(apu)} if apu else {}
    members |= {"apv": b64(apv)} if apv else {}
    size = ECDH[alg]
    if not size:
        return Wrapped(concat_kdf(secret, enc, CEK_BYTES[enc], apu, apv), b"", members)
    return Wrapped(cek, aes_key_wrap(concat_kdf(secret, alg, size, apu, apv), cek), members)


def _pbes2(alg, cek, password, own):
    hash_name, size = PBES2[alg]
    salt, work = own.get("p2s", draw("salt", 16)), own.get("p2c", ITERATIONS)
    kek = hashlib.pbkdf2_hmac(hash_name, password, alg.encode() + b"\0" + salt, work, size)
    return Wrapped(cek, aes_key_wrap(kek, cek), {"p2s": b64(salt), "p2c": work})


def _gcm(cek, kek, own):
    iv = own.get("iv", draw("kw iv", 12))
    sealed = AESGCM(kek).encrypt(iv, cek, None)
    return Wrapped(cek, sealed[:-16], {"iv": b64(iv), "tag": b64(sealed[-16:])})


def wrap(alg, enc, cek=None, name="mine", curve="P-256", **own):
    """Wrap a content encryption key, of whatever size; `own` sets what a sender may choose."""
    cek = draw("cek", CEK_BYTES[enc]) if cek is None else cek
    if alg in forge.RSA_ALGS:
        return Wrapped(cek, forge.wrap(alg, enc, cek, name), {})
    if alg == "RSA1_5":
        public = forge.rsa_private(name).public_key()
        return Wrapped(cek, public.encrypt(cek, PKCS1v15()), {})
    if alg in ECDH:
        return _ecdh(alg, enc, cek, name=name, curve=curve, own=own)
    secret = raw(alg, enc, name)
    if alg in PBES2:
        return _pbes2(alg, cek, secret, own)
    if alg in GCM_WRAPS:
        return _gcm(cek, secret, own)
    return Wrapped(secret, b"", {}) if alg == "dir" else Wrapped(cek, aes_key_wrap(secret, cek), {})


def seal(enc, cek, iv, aad, plaintext):
    if enc in forge.ENCS:
        return forge.seal(enc, cek, iv, aad, plaintext)
    if enc == "C20P":
        sealed = ChaCha20Poly1305(cek).encrypt(iv, plaintext, aad)
    else:
        sealed = bindings.crypto_aead_xchacha20poly1305_ietf_encrypt(plaintext, aad, iv, cek)
    return sealed[:-16], sealed[-16:]


def token(
    alg,
    enc,
    plaintext=b"forged",
    *,
    wrapped=None,
    members=None,
    name="mine",
    curve="P-256",
    padded=None,
):
    """Make a token.

    Args:
        wrapped: what `wrap` gave, instead of a good one.
        members: further header members; they win over those of the wrapping.
        padded: CBC only: encrypt these whole blocks, under a good tag.
    """
    wrapped = wrap(alg, enc, name=name, curve=curve) if wrapped is None else wrapped
    header = json.dumps({"alg": alg, **wrapped.members, "enc": enc, **(members or {})}).encode()
    iv, aad = draw("iv", IV_BYTES[enc]), b64(header).encode()
    if padded is None:
        sealed = seal(enc, wrapped.cek, iv, aad, plaintext)
    else:
        sealed = forge.seal_padded(enc, wrapped.cek, iv, aad, padded)
    return forge.Token(header, wrapped.encrypted_key, iv, *sealed)


@functools.cache
def signing_key(alg, name="mine", kid=None):
    """Return a key that signs: private or shared."""
    if alg[:2] in ("RS", "PS"):
        return Key.from_pem(forge.pem_of(forge.rsa_private(name)), alg=alg, kid=kid)
    if alg[:2] == "HS":
        secret = draw(f"{alg} {name}", int(alg[2:]) // 8)
        return Key.from_jwk({"kty": "oct", "k": b64(secret)}, alg=alg, kid=kid)
    if alg in ML_DSA:
        return Key.from_jwk(ml_dsa_jwk(alg, name), kid=kid)
    jwk = ed448_jwk(name) if alg == "Ed448" else ed_jwk(name)
    return Key.from_jwk(jwk if alg[0:2] == "Ed" else ec_jwk(alg, name), alg=alg, kid=kid)


EC_CURVES = {"ES256": "P-256", "ES384": "P-384", "ES512": "P-521", "ES256K": "secp256k1"}


def ec_jwk(alg, name="mine"):
    return private_jwk(EC_CURVES[alg], name)


def ed448_jwk(name="mine"):
    seed = draw(f"Ed448 {name}", 57)
    public = Ed448PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()
    return {"kty": "OKP", "crv": "Ed448", "x": b64(public), "d": b64(seed)}


def ed_jwk(name="mine"):
    seed = draw(f"Ed25519 {name}", 32)
    public, _ = bindings.crypto_sign_seed_keypair(seed)
    return {"kty": "OKP", "crv": "Ed25519", "x": b64(public), "d": b64(seed)}


def ml_dsa_jwk(alg, name="mine"):
    seed = draw(f"{alg} {name}", 32)
    pub = ML_DSA[alg].from_seed_bytes(seed).public_key().public_bytes_raw()
    return {"kty": "AKP", "alg": alg, "pub": b64(pub), "priv": b64(seed)}


def verifying(key):
    """Return the key that verifies what `key` signs."""
    return key.public() if key.is_private else key


def jws(header, payload, sign, *, encode=True):
    """Make a compact JWS of a header (its bytes, or members) by a function that signs bytes."""
    raw = header if isinstance(header, bytes) else json.dumps(header).encode()
    shown = b64(payload).encode() if encode else payload
    data = b64(raw).encode() + b"." + shown
    return (data + b"." + b64(sign(data)).encode()).decode()
