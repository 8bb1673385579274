"""Keys in PEM and DER: PKCS#1, PKCS#8 (encrypted too), SubjectPublicKeyInfo, X.509 certificates.

Rules:
- One block is one key. A text with several is refused, because which of them counts is a guess.
- A certificate is a container for its public key: its dates, its issuer and its uses are not
  checked here. Whoever trusts it has to have done that.

Source: RFC 7468, RFC 5208, RFC 5280, RFC 8017 appendix A.1.
"""

import base64
import re
from contextlib import suppress
from typing import Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey

from joseal.errors import KeyUseError
from joseal.keys.material import Material

_LABEL: Final = re.compile(rb"-----BEGIN ([A-Z0-9 ]+)-----")
_PRIVATE: Final = frozenset({b"PRIVATE KEY", b"ENCRYPTED PRIVATE KEY", b"RSA PRIVATE KEY"})
_PUBLIC: Final = frozenset({b"PUBLIC KEY", b"RSA PUBLIC KEY"})

# What the loaders below raise for octets that they can't make a key of.
_UNREADABLE: Final = (ValueError, UnsupportedAlgorithm)


def load_pem(text: str | bytes, password: str | bytes | None) -> Material:
    """Read the one PEM block in `text`.

    Raises:
        TypeError: `text` or `password` is of another type.
        KeyUseError: no PEM, several blocks, an unknown label, damage, a kind of key that joseal
            does not use, a wrong or missing password, or one where none is needed.
    """
    octets = _octets(text, "the PEM text must be str or bytes")
    labels = _LABEL.findall(octets)
    if len(labels) != 1:
        raise KeyUseError("there must be exactly one PEM block")
    if labels[0] in _PRIVATE:
        return _private(octets, password, pem=True)
    if password is not None:
        raise KeyUseError("a password was given, but the PEM block is not encrypted")
    if labels[0] in _PUBLIC:
        return _required(_public(octets, pem=True))
    if labels[0] == b"CERTIFICATE":
        return _required(_certificate(octets, pem=True))
    raise KeyUseError("the PEM block is neither a key nor a certificate")


def load_der(data: bytes, password: str | bytes | None) -> Material:
    """Read DER octets: a private key, a public key or a certificate, whichever they are.

    Raises:
        TypeError: `data` or `password` is of another type.
        KeyUseError: as for `load_pem`.
    """
    if not isinstance(data, bytes):
        raise TypeError("the DER octets must be bytes")
    if password is None:
        for found in (_public(data, pem=False), _certificate(data, pem=False)):
            if found is not None:
                return found
    return _private(data, password, pem=False)


def unwrap_env(value: str) -> bytes:
    r"""Undo what environment variables do to PEM: a literal `\n`, or base64 around it all.

    Raises:
        KeyUseError: there is no PEM in it either way.
    """
    text = value.strip().strip("'\"").replace("\\r", "").replace("\\n", "\n")
    if "-----BEGIN" in text:
        return text.encode()
    octets = b""
    with suppress(ValueError):
        octets = base64.b64decode("".join(text.split()), validate=True)
    if b"-----BEGIN" not in octets:
        raise KeyUseError("the environment variable holds no PEM, nor base64 of PEM")
    return octets


def _octets(value: str | bytes, message: str) -> bytes:
    if not isinstance(value, str | bytes):
        raise TypeError(message)
    return value.encode(errors="replace") if isinstance(value, str) else value


def _private(octets: bytes, password: str | bytes | None, *, pem: bool) -> Material:
    secret = None if password is None else _octets(password, "password must be str or bytes")
    load = serialization.load_pem_private_key if pem else serialization.load_der_private_key
    reason = "the key can't be read: damaged, or not of a kind that is known"
    try:
        return _required(load(octets, secret))
    except TypeError:
        # The loader's way to say that a password is missing, or given in vain.
        reason = (
            "the private key is encrypted: give password="
            if secret is None
            else "a password was given, but the private key is not encrypted"
        )
    except _UNREADABLE:
        if secret is not None:
            reason = "the private key can't be read: wrong password, or damaged"
    raise KeyUseError(reason)


def _public(octets: bytes, *, pem: bool) -> Material | None:
    load = serialization.load_pem_public_key if pem else serialization.load_der_public_key
    try:
        return _required(load(octets))
    except _UNREADABLE:
        return None


def _certificate(octets: bytes, *, pem: bool) -> Material | None:
    from cryptography import x509  # noqa: PLC0415 - most programs never need X.509

    load = x509.load_pem_x509_certificate if pem else x509.load_der_x509_certificate
    try:
        return _required(load(octets).public_key())
    except _UNREADABLE:
        return None


def _required(key: object) -> Material:
    """Return a key of a kind that is known.

    Raises:
        KeyUseError: it is another one, or there is none.
    """
    if isinstance(key, RSAPrivateKey | RSAPublicKey):
        return key
    if key is None:
        raise KeyUseError("the key can't be read: damaged, or not of a kind that is known")
    raise KeyUseError("joseal does not use keys of this kind")


def dump_pem(material: Material, password: str | bytes | None) -> str:
    """Write PKCS#8 or SubjectPublicKeyInfo. The caller has decided what may leave.

    Raises:
        TypeError: `password` is neither str nor bytes.
        KeyUseError: a symmetric key has no PEM form.
    """
    if isinstance(material, bytes):
        raise KeyUseError("a symmetric key has no PEM form")
    if isinstance(material, RSAPublicKey):
        return material.public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        ).decode()
    protection: serialization.KeySerializationEncryption = serialization.NoEncryption()
    if password is not None:
        protection = serialization.BestAvailableEncryption(
            _octets(password, "password must be str or bytes")
        )
    return material.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, protection
    ).decode()
