"""HKDF with SHA-256: keys from a secret that is already strong.

HKDF does not stretch a password: a weak one stays weak. Use PBES2 for passwords.

Source: RFC 5869.
"""

from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from joseal._core.algorithms.hashes import HASHES


def derive(secret: bytes, salt: bytes, info: bytes, size: int) -> bytes:
    """Derive the given number of bytes, at most 255 times 32. RFC 5869 sections 2.2 and 2.3."""
    return HKDF(HASHES["sha256"], size, salt, info).derive(secret)
