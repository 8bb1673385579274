"""Key material: what a key is made of, whether it fits an algorithm, and its prepared mechanism.

Rules:
- Whatever is wrong with a key is said here, when it is loaded, and never while a token is handled.
- A symmetric key comes from an `oct` JWK or from `generate` alone, never from PEM, DER or
  certificate octets, so that a public key's text can't become a secret.

Source: RFC 7518 sections 4.2, 4.3 (2048 bits), 4.4 and 5; NIST SP 800-56B revision 2 section 6.2.
"""

import os
from typing import Final, TypeAlias

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey

from joseal.algorithms.aes import AesKeyWrap, Direct
from joseal.algorithms.management import KeyManagement
from joseal.algorithms.rsa import RsaOaep
from joseal.algorithms.table import ENCS, Alg
from joseal.errors import KeyUseError

Material: TypeAlias = RSAPrivateKey | RSAPublicKey | bytes

RSA_LEAST_BITS: Final = 2048
# OpenSSL stops there; a longer modulus only costs the one who uses it.
RSA_MOST_BITS: Final = 16384

_DIRECT_BYTES: Final = frozenset(enc.cek_bytes for enc in ENCS.values())


def check(alg: Alg, material: Material) -> None:
    """Check that the material is of the kind and the strength that `alg` needs.

    Raises:
        KeyUseError: it is not.
    """
    if alg.kty == "RSA":
        if not isinstance(material, RSAPrivateKey | RSAPublicKey):
            raise KeyUseError("this alg needs an RSA key")
        if not RSA_LEAST_BITS <= material.key_size <= RSA_MOST_BITS:
            raise KeyUseError("an RSA key must have 2048 to 16384 bits")
    else:
        if not isinstance(material, bytes):
            raise KeyUseError("this alg needs a symmetric key, from an oct JWK")
        if len(material) not in ({alg.key_bytes} if alg.key_bytes else _DIRECT_BYTES):
            raise KeyUseError("the symmetric key does not have the size that its alg needs")


def is_private(material: Material) -> bool:
    """Tell whether the material is the private half of a pair."""
    return isinstance(material, RSAPrivateKey)


def public(material: Material) -> Material:
    """Return the public half.

    Raises:
        KeyUseError: a symmetric key has none.
    """
    if isinstance(material, bytes):
        raise KeyUseError("a symmetric key has no public half")
    return material.public_key() if isinstance(material, RSAPrivateKey) else material


def generate(alg: Alg, size: int | None) -> Material:
    """Make fresh material for `alg`: `size` is in bits for RSA, in octets for `dir`.

    Raises:
        ValueError: the size is not one that `alg` takes, or is missing for `dir`.
    """
    if alg.kty == "RSA":
        bits = RSA_LEAST_BITS if size is None else size
        if not RSA_LEAST_BITS <= bits <= RSA_MOST_BITS or bits % 8:
            raise ValueError("size must be a multiple of 8 from 2048 to 16384 bits")
        return rsa.generate_private_key(public_exponent=65537, key_size=bits)
    octets = size if size is not None else alg.key_bytes
    if octets not in ({alg.key_bytes} if alg.key_bytes else _DIRECT_BYTES):
        raise ValueError("size must be the key size in octets that the alg or the enc needs")
    return os.urandom(octets)


def mechanism(alg: Alg, material: Material) -> KeyManagement:
    """Prepare the mechanism that `alg` names, for material that `check` has passed."""
    if isinstance(material, bytes):
        return Direct(material) if alg.family == "dir" else AesKeyWrap(material)
    if isinstance(material, RSAPrivateKey):
        return RsaOaep(alg, material.public_key(), material)
    return RsaOaep(alg, material, None)


def describe(material: Material) -> str:
    """Say what the material is, without any of it."""
    if isinstance(material, bytes):
        return f"{len(material)} octets"
    half = "private" if isinstance(material, RSAPrivateKey) else "public"
    return f"RSA-{material.key_size} {half}"
