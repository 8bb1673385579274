"""Symmetric key management: AES Key Wrap, and direct use of a shared key.

Source: RFC 7518 sections 4.4 and 4.5, RFC 3394.
"""

import os
from functools import partial

from cryptography.hazmat.primitives.keywrap import InvalidUnwrap, aes_key_unwrap, aes_key_wrap

from joseal.algorithms.management import NO_MEMBERS, Incoming, Unwrap, Wrapped
from joseal.algorithms.table import Enc
from joseal.errors import MalformedTokenError
from joseal.frames import Opaque

# RFC 3394 adds one 64-bit integrity block.
_INTEGRITY_BYTES = 8


def check_wrapped_size(incoming: Incoming) -> None:
    """Check that an AES-wrapped key can hold a key for the enc.

    Raises:
        MalformedTokenError: it can't.
    """
    if len(incoming.encrypted_key) != incoming.enc.cek_bytes + _INTEGRITY_BYTES:
        raise MalformedTokenError("the encrypted key does not have the size that enc asks for")


def unwrap(kek: bytes, encrypted_key: bytes) -> bytes | None:
    """Unwrap a key; None where its integrity block does not hold. RFC 3394 section 2.2.2."""
    try:
        return aes_key_unwrap(kek, encrypted_key)
    except InvalidUnwrap:
        return None


class AesKeyWrap(Opaque):
    """A128KW, A192KW, A256KW: the size of the key has chosen which. RFC 7518 section 4.4."""

    __slots__ = ("_kek",)

    _kek: bytes

    def __init__(self, kek: bytes) -> None:
        self._set(_kek=kek)

    def wrap(self, enc: Enc) -> Wrapped:
        """Wrap a fresh content encryption key."""
        cek = os.urandom(enc.cek_bytes)
        return cek, aes_key_wrap(self._kek, cek), NO_MEMBERS

    def prepare(self, incoming: Incoming) -> Unwrap:
        """Check the size of the encrypted key.

        Raises:
            MalformedTokenError: it is not that of a wrapped key for `enc`.
        """
        check_wrapped_size(incoming)
        return partial(self._unwrap, incoming.encrypted_key)

    def _unwrap(self, encrypted_key: bytes) -> bytes | None:
        return unwrap(self._kek, encrypted_key)


class Direct(Opaque):
    """dir: the shared key is the content encryption key. RFC 7518 section 4.5."""

    __slots__ = ("_cek",)

    _cek: bytes

    def __init__(self, cek: bytes) -> None:
        self._set(_cek=cek)

    def wrap(self, enc: Enc) -> Wrapped:  # noqa: ARG002 - loading has checked that the key fits
        """Give the key itself, and an empty encrypted key."""
        return self._cek, b"", NO_MEMBERS

    def prepare(self, incoming: Incoming) -> Unwrap:
        """Check that there is no encrypted key. RFC 7516 section 5.2 step 10.

        Raises:
            MalformedTokenError: there is one.
        """
        if incoming.encrypted_key:
            raise MalformedTokenError("dir takes an empty encrypted key")
        return self._reveal

    def _reveal(self) -> bytes:
        return self._cek
