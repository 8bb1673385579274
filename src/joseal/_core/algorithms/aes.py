"""Symmetric key management: AES Key Wrap, AES-GCM key wrap, and direct use of a shared key.

Source: RFC 7518 sections 4.4, 4.5 and 4.7, RFC 3394.
"""

import os
from collections.abc import Callable
from functools import partial

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.keywrap import InvalidUnwrap, aes_key_unwrap, aes_key_wrap

from joseal._core.algorithms.key_management import (
    NO_MEMBERS,
    Unwrap,
    UnwrapRequest,
    Wrapped,
    WrapSettings,
    check_own,
)
from joseal._core.algorithms.registry import EncSpec
from joseal._core.secrecy import Opaque
from joseal._core.wire.header import from_member, to_member
from joseal.errors import KeyUnavailableError, MalformedTokenError

# RFC 3394 adds one 64-bit integrity block.
_INTEGRITY_BYTES = 8

# RFC 7518 sections 4.7.1.1 and 4.7.1.2.
_GCM_IV_BYTES = 12
_GCM_TAG_BYTES = 16


def check_wrapped_size(request: UnwrapRequest) -> None:
    """Check that the encrypted key has the size of an AES-wrapped key for the enc.

    Raises:
        MalformedTokenError: it can't.
    """
    if len(request.encrypted_key) != request.enc.cek_bytes + _INTEGRITY_BYTES:
        raise MalformedTokenError("the encrypted key does not have the size that enc asks for")


def wrap(kek: bytes, enc: EncSpec, cek: bytes | None = None) -> tuple[bytes, bytes]:
    """Return a CEK, a random one if none is given, and the wrapped CEK. RFC 3394 section 2.2.1."""
    if cek is None:
        cek = os.urandom(enc.cek_bytes)
    return cek, aes_key_wrap(kek, cek)


def unwrap(kek: bytes, encrypted_key: bytes) -> bytes | None:
    """Unwrap a key; None if its integrity block is not valid. RFC 3394 section 2.2.2."""
    try:
        return aes_key_unwrap(kek, encrypted_key)
    except InvalidUnwrap:
        return None


class AesKeyWrap(Opaque):
    """A128KW, A192KW, A256KW: the size of the key decides which. RFC 7518 section 4.4."""

    __slots__ = ("_kek",)

    _kek: bytes

    def __init__(self, kek: bytes) -> None:
        self._set(_kek=kek)

    def wrap(self, settings: WrapSettings, cek: bytes | None = None) -> Wrapped:
        """Wrap a content encryption key, a fresh one if none is given."""
        return *wrap(self._kek, settings.enc, cek), NO_MEMBERS

    def check_public(self, request: UnwrapRequest) -> Unwrap:
        """Check the size of the encrypted key.

        Raises:
            MalformedTokenError: it is not that of a wrapped key for `enc`.
        """
        check_wrapped_size(request)
        return partial(self._unwrap, request.encrypted_key)

    def _unwrap(self, encrypted_key: bytes) -> bytes | None:
        return unwrap(self._kek, encrypted_key)


class ExternalKeyWrap(Opaque):
    """A128KW, A192KW, A256KW with a key on a device. RFC 7518 section 4.4.

    Args:
        wrap: the device's step from a CEK to the encrypted key.
        unwrap: its step back; None if the integrity block is not valid.
    """

    __slots__ = ("_unwrap", "_wrap")

    _wrap: Callable[[bytes], bytes]
    _unwrap: Callable[[bytes], bytes | None]

    def __init__(
        self, wrap: Callable[[bytes], bytes], unwrap: Callable[[bytes], bytes | None]
    ) -> None:
        self._set(_wrap=wrap, _unwrap=unwrap)

    def wrap(self, settings: WrapSettings, cek: bytes | None = None) -> Wrapped:
        """Let the device wrap a content encryption key, a fresh one if none is given.

        Raises:
            KeyUnavailableError: the device is unavailable, or its answer is not a wrapped key.
        """
        if cek is None:
            cek = os.urandom(settings.enc.cek_bytes)
        encrypted_key = self._wrap(cek)
        if len(encrypted_key) != len(cek) + _INTEGRITY_BYTES:
            raise KeyUnavailableError("the device gave an encrypted key of the wrong size")
        return cek, encrypted_key, NO_MEMBERS

    def check_public(self, request: UnwrapRequest) -> Unwrap:
        """Check the size of the encrypted key, before the device is asked.

        Raises:
            MalformedTokenError: it is not that of a wrapped key for `enc`.
        """
        check_wrapped_size(request)
        return partial(self._unwrap, request.encrypted_key)


class AesGcmKeyWrap(Opaque):
    """A128GCMKW, A192GCMKW, A256GCMKW. RFC 7518 section 4.7.

    The initialization vector is random, so one key must not wrap more than 2^32 keys in its
    lifetime (NIST SP 800-38D section 8.3).
    """

    __slots__ = ("_kek",)

    _kek: bytes

    def __init__(self, kek: bytes) -> None:
        self._set(_kek=kek)

    def wrap(self, settings: WrapSettings, cek: bytes | None = None) -> Wrapped:
        """Encrypt a content encryption key, a fresh one if none is given."""
        if cek is None:
            cek = os.urandom(settings.enc.cek_bytes)
        iv = os.urandom(_GCM_IV_BYTES)
        sealed = AESGCM(self._kek).encrypt(iv, cek, None)
        encrypted_key, tag = sealed[:-_GCM_TAG_BYTES], sealed[-_GCM_TAG_BYTES:]
        return cek, encrypted_key, {"iv": to_member(iv), "tag": to_member(tag)}

    def check_public(self, request: UnwrapRequest) -> Unwrap:
        """Check the sizes of the encrypted key and of the header's iv and tag.

        Raises:
            MalformedTokenError: one is missing, malformed or of the wrong size.
        """
        # A malformed value has the same size as a missing one.
        iv = from_member(request.members.iv) or b""
        tag = from_member(request.members.tag) or b""
        sizes = (len(iv), len(tag), len(request.encrypted_key))
        if sizes != (_GCM_IV_BYTES, _GCM_TAG_BYTES, request.enc.cek_bytes):
            raise MalformedTokenError("iv, tag or encrypted key has the wrong size")
        return partial(self._unwrap, iv, request.encrypted_key + tag)

    def _unwrap(self, iv: bytes, sealed: bytes) -> bytes | None:
        try:
            return AESGCM(self._kek).decrypt(iv, sealed, None)
        except InvalidTag:
            return None


class Direct(Opaque):
    """dir: the shared key is the content encryption key. RFC 7518 section 4.5."""

    __slots__ = ("_cek",)

    _cek: bytes

    def __init__(self, cek: bytes) -> None:
        self._set(_cek=cek)

    def wrap(
        self,
        settings: WrapSettings,  # noqa: ARG002 - the same
        cek: bytes | None = None,
    ) -> Wrapped:
        """Give the key itself, and an empty encrypted key.

        Raises:
            ValueError: other recipients already have a CEK.
        """
        check_own(cek)
        return self._cek, b"", NO_MEMBERS

    def check_public(self, request: UnwrapRequest) -> Unwrap:
        """Check that there is no encrypted key. RFC 7516 section 5.2 step 10.

        Raises:
            MalformedTokenError: there is one.
        """
        if request.encrypted_key:
            raise MalformedTokenError("dir takes an empty encrypted key")
        return self._reveal

    def _reveal(self) -> bytes:
        return self._cek
