"""Key encryption with RSA: RSAES-OAEP, and RSAES-PKCS1-v1_5 for decrypting old tokens.

Rules:
- OAEP and MGF1 use the same hash, and the label is empty.
- The encrypted key has the size of the modulus, which is checked before the private key is used.
- Whatever goes wrong in the private step is None, and a caller can't distinguish it from success
  before the tag is checked. RFC 7516 section 11.5.

Source: RFC 7518 sections 4.2 and 4.3, RFC 8017 sections 7.1 and 7.2.
"""

import os
from collections.abc import Callable
from functools import partial

from cryptography.hazmat.primitives.asymmetric.padding import MGF1, OAEP, PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey

from joseal._core.algorithms.hashes import HASHES
from joseal._core.algorithms.key_management import (
    NO_MEMBERS,
    Unwrap,
    UnwrapRequest,
    Wrapped,
    WrapSettings,
)
from joseal._core.algorithms.registry import AlgSpec
from joseal._core.secrecy import Opaque
from joseal.errors import InvalidKeyError, MalformedTokenError

# From an encrypted key to the CEK, or None; an HSM can be behind it.
Decrypt = Callable[[bytes], bytes | None]


def padding(alg: AlgSpec) -> OAEP | PKCS1v15:
    """Return the padding that `alg` names."""
    if alg.family == "rsa1_5":
        return PKCS1v15()
    return OAEP(mgf=MGF1(HASHES[alg.hash]), algorithm=HASHES[alg.hash], label=None)


def decryptor(alg: AlgSpec, private: RSAPrivateKey) -> Decrypt:
    """Return the private step for a key in memory."""
    scheme = padding(alg)

    def decrypt(encrypted_key: bytes) -> bytes | None:
        try:
            return private.decrypt(encrypted_key, scheme)
        except ValueError:
            return None

    return decrypt


class RsaEncryption(Opaque):
    """RSA-OAEP or RSA1_5 with one key; without `decrypt` it only wraps."""

    __slots__ = ("_alg", "_decrypt", "_padding", "_public", "_wrapped_bytes")

    _alg: AlgSpec
    _padding: OAEP | PKCS1v15
    _public: RSAPublicKey
    _decrypt: Decrypt | None
    _wrapped_bytes: int

    def __init__(self, alg: AlgSpec, public: RSAPublicKey, decrypt: Decrypt | None) -> None:
        self._set(_alg=alg, _padding=padding(alg), _public=public, _decrypt=decrypt)
        self._set(_wrapped_bytes=(public.key_size + 7) // 8)

    def wrap(self, settings: WrapSettings, cek: bytes | None = None) -> Wrapped:
        """Encrypt a content encryption key, a fresh one if none is given.

        Raises:
            InvalidKeyError: RSA1_5, which joseal decrypts but never encrypts.
        """
        if self._alg.legacy:
            raise InvalidKeyError("RSA1_5 tokens are decrypted but never made")
        if cek is None:
            cek = os.urandom(settings.enc.cek_bytes)
        return cek, self._public.encrypt(cek, self._padding), NO_MEMBERS

    def check_public(self, request: UnwrapRequest) -> Unwrap:
        """Check the size of the encrypted key.

        Raises:
            MalformedTokenError: it does not have the size of the modulus.
        """
        if len(request.encrypted_key) != self._wrapped_bytes:
            raise MalformedTokenError("the encrypted key does not have the size of the modulus")
        return partial(self._unwrap, request.encrypted_key)

    def _unwrap(self, encrypted_key: bytes) -> bytes | None:
        return None if self._decrypt is None else self._decrypt(encrypted_key)
