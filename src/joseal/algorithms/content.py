"""Content encryption: AES-CBC with HMAC, AES-GCM, ChaCha20-Poly1305 and XChaCha20-Poly1305.

Rules:
- Pure functions: the key and the initialization vector come from the caller, who draws them fresh.
- Lengths are the caller's duty, by `lengths_fit`, before any primitive is touched.
- Opening gives the plaintext or None, and None is all that is ever told.
- CBC-HMAC: the MAC is checked first, in constant time; under a bad tag nothing is deciphered. Bad
  padding under a good tag, which any sender can make, is the same None.

Source: RFC 7518 sections 5.2 and 5.3; RFC 5652 section 6.3 for the padding; NIST SP 800-38D;
draft-amringer-jose-chacha for C20P and XC20P.
"""

import hmac
from typing import NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, ChaCha20Poly1305
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC
from cryptography.hazmat.primitives.hmac import HMAC

from joseal.algorithms.hashing import HASHES
from joseal.algorithms.table import Enc

_BLOCK_BYTES = 16

# PKCS #7 padding by its size.
_PADDINGS = tuple(bytes((size,)) * size for size in range(_BLOCK_BYTES + 1))

# Above this size one more copy of the data costs more than the calls that it saves.
_COPY_BYTES = 16 * 1024


class Sealed(NamedTuple):
    """What was sealed, as it came: all but the key."""

    aad: bytes
    iv: bytes
    ciphertext: bytes
    tag: bytes


def lengths_fit(enc: Enc, sealed: Sealed) -> bool:
    """Tell whether iv, ciphertext and tag have lengths that `enc` can have made."""
    return (
        len(sealed.iv) == enc.iv_bytes
        and len(sealed.tag) == enc.tag_bytes
        and len(sealed.ciphertext) % enc.block_bytes == 0
        and (enc.block_bytes == 1 or len(sealed.ciphertext) > 0)
    )


def seal(enc: Enc, cek: bytes, iv: bytes, aad: bytes, plaintext: bytes) -> tuple[bytes, bytes]:
    """Encrypt and authenticate; return the ciphertext and the tag."""
    if enc.family == "cbc-hmac":
        return _seal_cbc_hmac(enc, cek, iv, aad, plaintext)
    if enc.family == "xchacha":
        sealed = _seal_xchacha(cek, iv, aad, plaintext)
    else:
        sealed = _aead(enc, cek).encrypt(iv, plaintext, aad)
    return sealed[: -enc.tag_bytes], sealed[-enc.tag_bytes :]


def open_(enc: Enc, cek: bytes, sealed: Sealed) -> bytes | None:
    """Check the tag and decrypt; None where anything does not hold."""
    if enc.family == "cbc-hmac":
        return _open_cbc_hmac(enc, cek, sealed)
    if enc.family == "xchacha":
        return _open_xchacha(cek, sealed)
    try:
        return _aead(enc, cek).decrypt(sealed.iv, sealed.ciphertext + sealed.tag, sealed.aad)
    except InvalidTag:
        return None


def _aead(enc: Enc, cek: bytes) -> AESGCM | ChaCha20Poly1305:
    return AESGCM(cek) if enc.family == "gcm" else ChaCha20Poly1305(cek)


def _seal_xchacha(cek: bytes, iv: bytes, aad: bytes, plaintext: bytes) -> bytes:
    # Most programs never need libsodium.
    from nacl import bindings  # noqa: PLC0415

    return bindings.crypto_aead_xchacha20poly1305_ietf_encrypt(plaintext, aad, iv, cek)


def _open_xchacha(cek: bytes, sealed: Sealed) -> bytes | None:
    # Most programs never need libsodium.
    from nacl import bindings, exceptions  # noqa: PLC0415

    try:
        return bindings.crypto_aead_xchacha20poly1305_ietf_decrypt(
            sealed.ciphertext + sealed.tag, sealed.aad, sealed.iv, cek
        )
    except exceptions.CryptoError:
        return None


def _seal_cbc_hmac(
    enc: Enc, cek: bytes, iv: bytes, aad: bytes, plaintext: bytes
) -> tuple[bytes, bytes]:
    """RFC 7518 section 5.2.2.1."""
    mac_key, enc_key = cek[: enc.tag_bytes], cek[enc.tag_bytes :]
    padding = _PADDINGS[_BLOCK_BYTES - len(plaintext) % _BLOCK_BYTES]
    # Only whole blocks go in, so `finalize` would have nothing to add.
    cipher = Cipher(AES(enc_key), CBC(iv)).encryptor()
    if len(plaintext) < _COPY_BYTES:
        ciphertext = cipher.update(plaintext + padding)
    else:
        ciphertext = cipher.update(plaintext) + cipher.update(padding)
    return ciphertext, _mac(enc, mac_key, iv, aad, ciphertext)


def _open_cbc_hmac(enc: Enc, cek: bytes, sealed: Sealed) -> bytes | None:
    """RFC 7518 section 5.2.2.2."""
    mac_key, enc_key = cek[: enc.tag_bytes], cek[enc.tag_bytes :]
    expected = _mac(enc, mac_key, sealed.iv, sealed.aad, sealed.ciphertext)
    if not hmac.compare_digest(expected, sealed.tag):
        return None
    padded = Cipher(AES(enc_key), CBC(sealed.iv)).decryptor().update(sealed.ciphertext)
    padding_bytes = padded[-1]
    if not 1 <= padding_bytes <= _BLOCK_BYTES or not padded.endswith(_PADDINGS[padding_bytes]):
        return None
    return padded[:-padding_bytes]


def _mac(enc: Enc, mac_key: bytes, iv: bytes, aad: bytes, ciphertext: bytes) -> bytes:
    """The tag over AAD, IV, ciphertext and AL, the size of the AAD in bits as 64-bit integer."""
    al = (8 * len(aad)).to_bytes(8, "big")
    mac = HMAC(mac_key, HASHES[enc.hash])
    mac.update(aad + iv)
    mac.update(ciphertext)
    mac.update(al)
    return mac.finalize()[: enc.tag_bytes]
