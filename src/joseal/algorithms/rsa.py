"""Key encryption with RSAES-OAEP.

Rules:
- The hash of OAEP and of MGF1 are the same, and the label is empty.
- The encrypted key has the size of the modulus, which is checked before the private key is used.

Source: RFC 7518 section 4.3, RFC 8017 section 7.1.
"""

import os
from functools import partial
from typing import Final

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, OAEP
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey

from joseal.algorithms.management import NO_MEMBERS, Incoming, Unwrap, Wrapped
from joseal.algorithms.table import Alg, Enc, HashName
from joseal.errors import MalformedTokenError
from joseal.frames import Opaque

_HASHES: Final[
    dict[HashName, type[hashes.SHA1 | hashes.SHA256 | hashes.SHA384 | hashes.SHA512]]
] = {
    # SHA-1 in OAEP is not broken: only its preimage resistance is used. RFC 8017 appendix B.1.
    "sha1": hashes.SHA1,
    "sha256": hashes.SHA256,
    "sha384": hashes.SHA384,
    "sha512": hashes.SHA512,
}


class RsaOaep(Opaque):
    """RSA-OAEP with one key; without the private half it only wraps."""

    __slots__ = ("_padding", "_private", "_public", "_wrapped_bytes")

    _padding: OAEP
    _public: RSAPublicKey
    _private: RSAPrivateKey | None
    _wrapped_bytes: int

    def __init__(self, alg: Alg, public: RSAPublicKey, private: RSAPrivateKey | None) -> None:
        hash_class = _HASHES[alg.hash]
        self._set(
            _padding=OAEP(mgf=MGF1(hash_class()), algorithm=hash_class(), label=None),
            _public=public,
            _private=private,
            _wrapped_bytes=(public.key_size + 7) // 8,
        )

    def wrap(self, enc: Enc) -> Wrapped:
        """Encrypt a fresh content encryption key."""
        cek = os.urandom(enc.cek_bytes)
        return cek, self._public.encrypt(cek, self._padding), NO_MEMBERS

    def prepare(self, incoming: Incoming) -> Unwrap:
        """Check the size of the encrypted key.

        Raises:
            MalformedTokenError: it does not have the size of the modulus.
        """
        if len(incoming.encrypted_key) != self._wrapped_bytes:
            raise MalformedTokenError("the encrypted key does not have the size of the modulus")
        return partial(self._unwrap, incoming.encrypted_key)

    def _unwrap(self, encrypted_key: bytes) -> bytes | None:
        if self._private is None:
            return None
        try:
            return self._private.decrypt(encrypted_key, self._padding)
        except ValueError:
            return None
