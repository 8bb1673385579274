"""The ways in which HPKE may have been used differently, tried with the private key.

Only for `joseal doctor` on the machine of the key's owner: code that answers others must never
reveal which variant decrypts. RFC 7516 section 11.5.

A KEM always gives a shared secret, so a wrong key and a wrong info look the same: only a variant
that opens proves anything.

Source: draft-ietf-jose-hpke-encrypt sections 5 and 6, and its document history.
"""

from collections.abc import Iterator
from typing import Final, NamedTuple

from joseal._core.algorithms.hpke import key_schedule
from joseal._core.algorithms.hpke.encryption import (
    HpkeIntegrated,
    HpkeKeyEncryption,
    open_key,
)
from joseal._core.algorithms.key_management import KeyManagement
from joseal._core.algorithms.registry import EncSpec
from joseal._core.wire import base64url

Codes = tuple[tuple[str, str], ...]

_RECIPIENT: Final = b"JOSE-HPKE rcpt"
_NO_INFO: Final = ("hpke_info", "decrypts without an info")


class Sent(NamedTuple):
    """The parts of a token that HPKE uses.

    Attributes:
        encapsulated: the encapsulated secret.
        encrypted_key: the encrypted key, for Key Encryption.
        header: the bytes of the protected header.
        info: the receiver's info.
    """

    encapsulated: bytes
    encrypted_key: bytes
    header: bytes
    info: bytes


def content_keys(
    mechanism: KeyManagement, enc: EncSpec, sent: Sent
) -> Iterator[tuple[Codes, bytes]]:
    """Yield the codes of the differences, and the content key that results.

    The right variant is among them, without a code: the mechanism itself returns nothing if a
    Header Parameter interferes, or if the content key has the wrong size.
    """
    if not isinstance(mechanism, HpkeIntegrated | HpkeKeyEncryption):
        return
    decapsulate = mechanism._kem.check(sent.encapsulated)
    secret = None if decapsulate is None else decapsulate()
    if secret is None:
        return
    suite = mechanism._suite
    if isinstance(mechanism, HpkeIntegrated):
        yield (), b"".join(key_schedule.schedule(suite, secret, sent.info))
        if sent.info:
            yield (_NO_INFO,), b"".join(key_schedule.schedule(suite, secret, b""))
        return
    for codes, info, aad in _ways(enc, sent):
        derived = key_schedule.schedule(suite, secret, info)
        cek = open_key(suite, derived, sent.encrypted_key, aad)
        if cek is not None:
            yield codes, cek


def _ways(enc: EncSpec, sent: Sent) -> Iterator[tuple[Codes, bytes, bytes]]:
    """Yield what info and AAD may have been for a content key, with the codes."""
    infos: list[tuple[Codes, bytes]] = [((), _structure(enc.name, sent.info))]
    if sent.info:
        infos.append(((_NO_INFO,), _structure(enc.name, b"")))
    infos.append((((("hpke_info", "decrypts without the Recipient_structure")),), sent.info))
    for aad_codes, aad in (((), b""), ((("hpke_aad", ""),), base64url.encode(sent.header))):
        for codes, info in infos:
            yield (*codes, *aad_codes), info, aad


def _structure(enc: str, info: bytes) -> bytes:
    return b"\xff".join((_RECIPIENT, enc.encode("ascii"), info))
