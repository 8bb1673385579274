"""HKDF with SHA-256: keys of a secret that is strong already.

It stretches nothing: a password stays as weak as it was, which is what PBES2 is for.

Source: RFC 5869.
"""

from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from joseal._core.algorithms.hashes import HASHES


def derive(secret: bytes, salt: bytes, info: bytes, size: int) -> bytes:
    """Derive so many bytes, at most 255 times 32. RFC 5869 sections 2.2 and 2.3."""
    return HKDF(HASHES["sha256"], size, salt, info).derive(secret)
