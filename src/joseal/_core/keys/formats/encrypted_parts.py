"""The encrypted parts of a PKCS#12 file, decrypted to count the keys in them.

Rules:
- It is called after `cryptography` has opened the same file with the same password, so that the MAC
  has been checked, and the work of PBKDF2 has been done once before.
- Only PBES2 with AES-CBC is decrypted, which current tools write. A part under an older scheme is
  skipped: no current tool puts keys there.

Source: RFC 7292 section 4, RFC 8018 section 6.2 and appendix A.
"""

from typing import Final, NamedTuple

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC
from cryptography.hazmat.primitives.kdf.pbkdf2 import PBKDF2HMAC

from joseal._core.algorithms import foreign
from joseal._core.algorithms.hashes import HASHES
from joseal._core.algorithms.registry import HashName
from joseal._core.keys.classifier import der

_PBES2: Final = b"\x2a\x86\x48\x86\xf7\x0d\x01\x05\x0d"
_PBKDF2: Final = b"\x2a\x86\x48\x86\xf7\x0d\x01\x05\x0c"
# A missing prf means hmacWithSHA1.
_SHA1: Final = b"\x2a\x86\x48\x86\xf7\x0d\x02\x07"
_PRFS: Final[dict[bytes, HashName]] = {
    _SHA1: "sha1",
    b"\x2a\x86\x48\x86\xf7\x0d\x02\x09": "sha256",
    b"\x2a\x86\x48\x86\xf7\x0d\x02\x0a": "sha384",
    b"\x2a\x86\x48\x86\xf7\x0d\x02\x0b": "sha512",
}
_AES_CBC: Final = {
    b"\x60\x86\x48\x01\x65\x03\x04\x01\x02": 16,
    b"\x60\x86\x48\x01\x65\x03\x04\x01\x16": 24,
    b"\x60\x86\x48\x01\x65\x03\x04\x01\x2a": 32,
}
_BLOCK: Final = 16
# `[0] IMPLICIT`: as a whole, and in pieces.
_WHOLE, _IN_PIECES = 0x80, 0xA0
# The loader has already done as many; this bounds the parts that it did not read.
_MOST_ITERATIONS: Final = 10_000_000


class _Scheme(NamedTuple):
    """The inputs of PBES2: those of its key derivation, and the IV."""

    key_bytes: int
    prf: HashName
    salt: bytes
    iterations: int
    iv: bytes


def decrypted(encrypted_data: bytes, password: bytes | None) -> bytes | None:
    """Return the SafeContents in an EncryptedData; None if they are not read.

    Args:
        encrypted_data: the content of its outermost SEQUENCE.
        password: that of the file.
    """
    outer = _children(encrypted_data)
    info = _children(outer[1][1]) if len(outer) > 1 else []
    if password is None or len(info) != 3:  # noqa: PLR2004 - type, algorithm, content
        return None
    scheme, ciphertext = _pbes2(info[1][1]), _octets(*info[2])
    if scheme is None or not ciphertext or len(ciphertext) % _BLOCK:
        return None
    # OpenSSL's FIPS provider refuses salts under 16 bytes, and files have 8.
    with foreign.Suppress():
        kdf = PBKDF2HMAC(HASHES[scheme.prf], scheme.key_bytes, scheme.salt, scheme.iterations)
        opener = Cipher(AES(kdf.derive(password)), CBC(scheme.iv)).decryptor()
        padded = opener.update(ciphertext) + opener.finalize()
        size = padded[-1]
        return padded[:-size] if 1 <= size <= _BLOCK else None
    return None


def _children(content: bytes) -> list[tuple[int, bytes]]:
    """Return the tag and content of each element of a SEQUENCE whose content is given."""
    whole = der.Element(der.SEQUENCE, 0, len(content))
    return [(each.tag, content[each.start : each.end]) for each in der.elements(content, whole)]


def _octets(tag: int, content: bytes) -> bytes:
    """Return the bytes of `[0] IMPLICIT OCTET STRING`, which BER may split into pieces."""
    if tag == _IN_PIECES:
        return b"".join(piece for _, piece in _children(content))
    return content if tag == _WHOLE else b""


def _pbes2(algorithm: bytes) -> _Scheme | None:
    """Read the AlgorithmIdentifier of PBES2 with PBKDF2 and AES-CBC."""
    named = _children(algorithm)
    functions = _children(named[1][1]) if len(named) > 1 and named[0][1] == _PBES2 else []
    if len(functions) != 2:  # noqa: PLR2004 - key derivation and encryption
        return None
    kdf, cipher = (_children(function) for _, function in functions)
    if len(kdf) < 2 or len(cipher) < 2 or kdf[0][1] != _PBKDF2:  # noqa: PLR2004 - OID, parameters
        return None
    key_bytes, iv = _AES_CBC.get(cipher[0][1]), cipher[1][1]
    derived = _pbkdf2(kdf[1][1])
    if key_bytes is None or derived is None or len(iv) != _BLOCK:
        return None
    prf, salt, iterations = derived
    return _Scheme(key_bytes, prf, salt, iterations, iv)


def _pbkdf2(parameters: bytes) -> tuple[HashName, bytes, int] | None:
    """Read hash, salt and iterations; RFC 8018 appendix A.2."""
    salt, count, *rest = [*_children(parameters), (0, b""), (0, b"")][:4]
    named = [_children(content)[:1] for tag, content in rest if tag == der.SEQUENCE]
    prf = _PRFS.get(named[0][0][1] if named and named[0] else _SHA1)
    iterations = int.from_bytes(count[1], "big")
    fits = salt[0] == der.OCTET_STRING and count[0] == der.INTEGER
    if prf is None or not fits or not 0 < iterations <= _MOST_ITERATIONS:
        return None
    return prf, salt[1], iterations
