"""The baselines: the calls to the primitives that no implementation can do without.

There is no token here: the CEK and the iv are drawn once, nothing is encoded, nothing is checked.

Source: RFC 7518 sections 4.3, 5.2.5 and 5.3.
"""

import hmac
import secrets
from typing import Final

from cryptography.hazmat.primitives.asymmetric.padding import MGF1, OAEP
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC
from cryptography.hazmat.primitives.hashes import SHA1, SHA512
from cryptography.hazmat.primitives.hmac import HMAC
from cryptography.hazmat.primitives.serialization import load_pem_private_key

import joseal

_BLOCK_BYTES: Final = 16

# Stays in a second-level cache.
_CHUNK_BYTES: Final = 192 * 1024


class Bare:
    """RSA-OAEP, A256CBC-HS512 and A256GCM as bare calls, with one pair of keys and one CEK."""

    def __init__(self, private: joseal.Key) -> None:
        native = load_pem_private_key(private.to_pem(private=True).encode(), None)
        assert isinstance(native, RSAPrivateKey)
        self._private, self._public = native, native.public_key()
        sha1 = SHA1()  # noqa: S303 - what RSA-OAEP is defined with
        self._padding = OAEP(mgf=MGF1(sha1), algorithm=sha1, label=None)
        self.cek = secrets.token_bytes(64)
        self._mac_key, self._enc_key = self.cek[:32], self.cek[32:]
        self._iv = secrets.token_bytes(_BLOCK_BYTES)
        self._encrypted_key = self.wrap()
        # `update_into` wants room for a block that is not whole.
        self._buffer = memoryview(bytearray(_CHUNK_BYTES + _BLOCK_BYTES - 1))

    def wrap(self) -> bytes:
        """Make the public call of RSA-OAEP."""
        return self._public.encrypt(self.cek, self._padding)

    def unwrap(self, encrypted_key: bytes) -> bytes:
        """Make the private call of RSA-OAEP."""
        return self._private.decrypt(encrypted_key, self._padding)

    def encrypt(self, padded: bytes) -> bytes:
        """Make every call that sealing needs."""
        self.wrap()
        ciphertext = Cipher(AES(self._enc_key), CBC(self._iv)).encryptor().update(padded)
        self.mac(ciphertext)
        return ciphertext

    def decrypt(self, ciphertext: bytes) -> bytes:
        """Make every call that opening needs."""
        self.unwrap(self._encrypted_key)
        self.mac(ciphertext)
        return Cipher(AES(self._enc_key), CBC(self._iv)).decryptor().update(ciphertext)

    def mac(self, ciphertext: bytes) -> bytes:
        """Make the call of HMAC-SHA-512."""
        return hmac.digest(self._mac_key, ciphertext, "sha512")

    def encrypt_chunked(self, padded: bytes) -> bytes:
        """Encrypt and authenticate chunk by chunk, in place and without RSA; return the MAC."""
        cipher = Cipher(AES(self._enc_key), CBC(self._iv)).encryptor()
        mac = HMAC(self._mac_key, SHA512())
        view, buffer = memoryview(padded), self._buffer
        for at in range(0, len(view), _CHUNK_BYTES):
            size = cipher.update_into(view[at : at + _CHUNK_BYTES], buffer)
            mac.update(buffer[:size])
        return mac.finalize()

    def decrypt_chunked(self, ciphertext: bytes) -> bytes:
        """Authenticate all, then decrypt chunk by chunk, as above; return the last block."""
        mac = HMAC(self._mac_key, SHA512())
        mac.update(ciphertext)
        mac.finalize()
        cipher = Cipher(AES(self._enc_key), CBC(self._iv)).decryptor()
        view, buffer, size = memoryview(ciphertext), self._buffer, 0
        for at in range(0, len(view), _CHUNK_BYTES):
            size = cipher.update_into(view[at : at + _CHUNK_BYTES], buffer)
        return bytes(buffer[size - _BLOCK_BYTES : size])

    def encrypt_gcm(self, plaintext: bytes) -> bytes:
        """Make the call of AES-256-GCM."""
        return AESGCM(self._enc_key).encrypt(self._iv[:12], plaintext, None)

    def decrypt_gcm(self, ciphertext: bytes) -> bytes:
        """Make the call of AES-256-GCM."""
        return AESGCM(self._enc_key).decrypt(self._iv[:12], ciphertext, None)


def padded(plaintext: bytes) -> bytes:
    """Add the padding that CBC needs. RFC 5652 section 6.3."""
    size = _BLOCK_BYTES - len(plaintext) % _BLOCK_BYTES
    return plaintext + bytes((size,)) * size
