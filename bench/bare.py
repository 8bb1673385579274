"""The baselines: the calls to the primitives that no implementation can do without.

There is no token here: the CEK and the iv are drawn once, nothing is encoded, nothing is checked.

Source: RFC 7518 sections 4.3 and 5.2.5.
"""

import hmac
import secrets

from cryptography.hazmat.primitives.asymmetric.padding import MGF1, OAEP
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.serialization import load_pem_private_key

import joseal

_BLOCK_BYTES = 16


class Bare:
    """RSA-OAEP and A256CBC-HS512 as bare calls, with one pair of keys and one CEK."""

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
        hmac.digest(self._mac_key, ciphertext, "sha512")
        return ciphertext

    def decrypt(self, ciphertext: bytes) -> bytes:
        """Make every call that opening needs."""
        self.unwrap(self._encrypted_key)
        hmac.digest(self._mac_key, ciphertext, "sha512")
        return Cipher(AES(self._enc_key), CBC(self._iv)).decryptor().update(ciphertext)


def padded(plaintext: bytes) -> bytes:
    """Add the padding that CBC needs. RFC 5652 section 6.3."""
    size = _BLOCK_BYTES - len(plaintext) % _BLOCK_BYTES
    return plaintext + bytes((size,)) * size
