"""AES-GCM key wrap, PBES2 and RSAES-PKCS1-v1_5 for test vectors, and one function for every alg.

Source: RFC 7518 sections 4.2, 4.7 and 4.8, RFC 8017 section 7.2.1, RFC 8018 section 6.2.
"""

import hashlib
from collections.abc import Mapping
from typing import NamedTuple

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.keywrap import aes_key_wrap
from vectors.generator.encoder.agreement import ECDH_KEK_BYTES, agreed
from vectors.generator.encoder.jwe import (
    CONTENT,
    Jwk,
    Recipe,
    b64,
    draw,
    header_bytes,
    recipe,
    rsa_bytes,
    rsa_raw,
    unb64,
)

GCMKW_BYTES = {"A128GCMKW": 16, "A192GCMKW": 24, "A256GCMKW": 32}


class Pbes2(NamedTuple):
    """The hash of PBKDF2, and the size of the key that it derives."""

    hash: str
    kek_bytes: int


PBES2 = {
    "PBES2-HS256+A128KW": Pbes2("sha256", 16),
    "PBES2-HS384+A192KW": Pbes2("sha384", 24),
    "PBES2-HS512+A256KW": Pbes2("sha512", 32),
}

# The least that RFC 7518 section 4.8.1.2 advises: what is costly here is costly in each test.
LEAST_ITERATIONS = 1000


def _recipe(key: Jwk, enc: str, label: str, plaintext: bytes, cek: bytes | None = None) -> Recipe:
    return Recipe(
        key=key,
        alg=key["alg"],
        enc=enc,
        header=header_bytes({"alg": key["alg"], "enc": enc}),
        plaintext=plaintext,
        cek=draw(f"{label} cek", CONTENT[enc].cek_bytes) if cek is None else cek,
        iv=draw(f"{label} iv", CONTENT[enc].iv_bytes),
        seed=b"",
    )


def _finish(
    made: Recipe, wrapped: bytes, members: Mapping[str, object], random: Mapping[str, object]
) -> Recipe:
    header = header_bytes({**made.members, **members})
    return Recipe(
        key=made.key,
        alg=made.alg,
        enc=made.enc,
        header=header,
        plaintext=made.plaintext,
        cek=made.cek,
        iv=made.iv,
        seed=b"",
        wrapped=wrapped,
        random=random,
    )


def gcm_wrap(key: Jwk, iv: bytes, cek: bytes, aad: bytes = b"") -> tuple[bytes, bytes]:
    """Encrypt a CEK: the encrypted key and its tag. RFC 7518 section 4.7."""
    sealed = AESGCM(unb64(key["k"])).encrypt(iv, cek, aad)
    return sealed[:-16], sealed[-16:]


def gcm_wrapped(
    key: Jwk,
    enc: str,
    label: str,
    plaintext: bytes,
    *,
    iv_bytes: int = 12,
    cek: bytes | None = None,
    aad: bytes = b"",
) -> Recipe:
    """Make a token with AES-GCM key wrap."""
    made = _recipe(key, enc, label, plaintext, cek)
    iv = draw(f"{label} kw iv", iv_bytes)
    wrapped, tag = gcm_wrap(key, iv, made.cek, aad)
    return _finish(made, wrapped, {"iv": b64(iv), "tag": b64(tag)}, {"kw_iv": iv.hex()})


def password_kek(
    key: Jwk, salt: bytes, p2c: int, *, name: str | None = None, hash_name: str | None = None
) -> bytes:
    """Derive the key that wraps the CEK. RFC 7518 section 4.8.1."""
    alg = key["alg"]
    prefix = f"{alg if name is None else name}\0".encode()
    return hashlib.pbkdf2_hmac(
        PBES2[alg].hash if hash_name is None else hash_name,
        unb64(key["k"]),
        prefix + salt,
        p2c,
        PBES2[alg].kek_bytes,
    )


def by_password(
    key: Jwk,
    enc: str,
    label: str,
    plaintext: bytes,
    *,
    p2c: int = LEAST_ITERATIONS,
    salt_bytes: int = 16,
) -> Recipe:
    """Make a token with PBES2."""
    made = _recipe(key, enc, label, plaintext)
    salt = draw(f"{label} p2s", salt_bytes)
    wrapped = aes_key_wrap(password_kek(key, salt, p2c), made.cek)
    return _finish(made, wrapped, {"p2s": b64(salt), "p2c": p2c}, {"p2s": salt.hex()})


def pkcs1_filler(label: str, size: int) -> bytes:
    """Draw bytes that are not zero."""
    return bytes(one_byte or 1 for one_byte in draw(label, size))


def pkcs1_block(message: bytes, filler: bytes) -> bytes:
    """Pad as RSAES-PKCS1-v1_5 does. RFC 8017 section 7.2.1."""
    return b"\x00\x02" + filler + b"\x00" + message


def pkcs1_wrapped(
    key: Jwk, enc: str, label: str, plaintext: bytes, *, cek: bytes | None = None
) -> Recipe:
    """Make a token with RSA1_5."""
    made = _recipe(key, enc, label, plaintext, cek)
    filler = pkcs1_filler(f"{label} filler", rsa_bytes(key) - 3 - len(made.cek))
    wrapped = rsa_raw(key, pkcs1_block(made.cek, filler))
    return _finish(made, wrapped, {}, {"pkcs1_filler": filler.hex()})


def sealed(key: Jwk, enc: str, label: str, plaintext: bytes) -> Recipe:
    """Make a token with whatever alg the key is bound to."""
    alg = key["alg"]
    if alg in ECDH_KEK_BYTES:
        return agreed(key, enc, label, plaintext)
    if alg in GCMKW_BYTES:
        return gcm_wrapped(key, enc, label, plaintext)
    if alg in PBES2:
        return by_password(key, enc, label, plaintext)
    if alg == "RSA1_5":
        return pkcs1_wrapped(key, enc, label, plaintext)
    return recipe(key, enc, label, plaintext)
