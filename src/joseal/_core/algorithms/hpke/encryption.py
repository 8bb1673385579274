"""HPKE as key management: Integrated Encryption, and Key Encryption (`-KE`).

Rules:
- Base mode alone: `psk_id` asks for a pre-shared key, and is refused.
- Integrated Encryption is the content encryption of a key and a nonce that HPKE derives for one
  token: both together are its CEK, and its IV and its tag are empty. So it fails like every other
  token.
- Lengths and the encapsulated secret are checked before the private key is used. Whatever goes
  wrong afterwards is None.

Source: draft-ietf-jose-hpke-encrypt sections 5 and 6, RFC 9180 section 6.1.
"""

import os
from functools import partial
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, ChaCha20Poly1305
from msgspec import UNSET

from joseal._core.algorithms.hpke import key_schedule
from joseal._core.algorithms.hpke.kems import Decapsulate, Kem
from joseal._core.algorithms.hpke.suites import TAG_BYTES, HpkeSuite
from joseal._core.algorithms.key_management import (
    NO_MEMBERS,
    Unwrap,
    UnwrapRequest,
    Wrapped,
    WrapSettings,
)
from joseal._core.algorithms.registry import EncSpec
from joseal._core.secrecy import Opaque
from joseal._core.wire.header import Members, from_member, to_member
from joseal.errors import MalformedTokenError, NotAllowedError

_NOT_OF_KEM: Final = "the encapsulated secret does not have the length, or is not a key, of its KEM"


class _Hpke(Opaque):
    """A suite, and a KEM with its key."""

    __slots__ = ("_kem", "_suite")

    _suite: HpkeSuite
    _kem: Kem

    def __init__(self, suite: HpkeSuite, kem: Kem) -> None:
        self._set(_suite=suite, _kem=kem)


class HpkeIntegrated(_Hpke):
    """HPKE with one key, for the plaintext itself."""

    __slots__ = ()

    def wrap(self, settings: WrapSettings, cek: bytes | None = None) -> Wrapped:
        """Encapsulate a fresh secret, and derive the key and the nonce for one plaintext.

        Raises:
            ValueError: there is a CEK for other recipients.
        """
        if cek is not None:
            raise ValueError("integrated HPKE has no other recipients")
        secret, encapsulated = self._kem.encapsulate()
        return self._derive(secret, settings.info), encapsulated, NO_MEMBERS

    def check_public(self, request: UnwrapRequest) -> Unwrap:
        """Check the encapsulated secret, which is the encrypted key.

        Raises:
            MalformedTokenError: it is not one for this KEM, or there is an `ek`.
            NotAllowedError: there is a `psk_id`.
        """
        _refuse_psk(request.members)
        if request.members.ek is not UNSET:
            raise MalformedTokenError("ek is for key encryption: the encrypted key is the secret")
        decapsulate = self._kem.check(request.encrypted_key)
        if decapsulate is None:
            raise MalformedTokenError(_NOT_OF_KEM)
        return partial(self._unwrap, decapsulate, request.info)

    def _unwrap(self, decapsulate: Decapsulate, info: bytes) -> bytes | None:
        secret = decapsulate()
        return None if secret is None else self._derive(secret, info)

    def _derive(self, secret: bytes, info: bytes) -> bytes:
        return b"".join(key_schedule.schedule(self._suite, secret, info))


class HpkeKeyEncryption(_Hpke):
    """HPKE with one key, for the CEK."""

    __slots__ = ()

    def wrap(self, settings: WrapSettings, cek: bytes | None = None) -> Wrapped:
        """Encrypt a content encryption key, a fresh one if none is given."""
        secret, encapsulated = self._kem.encapsulate()
        info = _recipient_structure(settings.enc, settings.info)
        key, nonce = key_schedule.schedule(self._suite, secret, info)
        if cek is None:
            cek = os.urandom(settings.enc.cek_bytes)
        encrypted_key = _aead(self._suite, key).encrypt(nonce, cek, None)
        return cek, encrypted_key, {"ek": to_member(encapsulated)}

    def check_public(self, request: UnwrapRequest) -> Unwrap:
        """Check `ek` and the size of the encrypted key.

        Raises:
            MalformedTokenError: `ek` is missing or is not one for this KEM, or the encrypted key
                does not have the size of a CEK and a tag.
            NotAllowedError: there is a `psk_id`.
        """
        _refuse_psk(request.members)
        if request.members.ek is UNSET:
            raise MalformedTokenError("the header has no ek, which HPKE key encryption needs")
        if len(request.encrypted_key) != request.enc.cek_bytes + TAG_BYTES:
            raise MalformedTokenError("the encrypted key does not have the size that enc makes")
        encapsulated = from_member(request.members.ek)
        decapsulate = None if encapsulated is None else self._kem.check(encapsulated)
        if decapsulate is None:
            raise MalformedTokenError(f"ek: {_NOT_OF_KEM}")
        return partial(self._unwrap, decapsulate, request)

    def _unwrap(self, decapsulate: Decapsulate, request: UnwrapRequest) -> bytes | None:
        secret = decapsulate()
        if secret is None:
            return None
        info = _recipient_structure(request.enc, request.info)
        derived = key_schedule.schedule(self._suite, secret, info)
        return open_key(self._suite, derived, request.encrypted_key)


def open_key(
    suite: HpkeSuite, derived: tuple[bytes, bytes], encrypted_key: bytes, aad: bytes = b""
) -> bytes | None:
    """Decrypt a CEK with the key and the nonce of a key schedule; None if the tag is wrong."""
    key, nonce = derived
    try:
        return _aead(suite, key).decrypt(nonce, encrypted_key, aad)
    except InvalidTag:
        return None


def _refuse_psk(members: Members) -> None:
    if members.psk_id is not UNSET:
        raise NotAllowedError("psk_id", "joseal has no pre-shared keys for HPKE")


def _recipient_structure(enc: EncSpec, extra: bytes) -> bytes:
    """Return the info of Key Encryption. draft-ietf-jose-hpke-encrypt section 6.1."""
    return b"\xff".join((b"JOSE-HPKE rcpt", enc.name.encode("ascii"), extra))


def _aead(suite: HpkeSuite, key: bytes) -> AESGCM | ChaCha20Poly1305:
    return ChaCha20Poly1305(key) if suite.aead == "C20P" else AESGCM(key)
