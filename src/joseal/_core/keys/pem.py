"""Keys in PEM and DER: PKCS#1, PKCS#8 (encrypted too), PKCS#12, SubjectPublicKeyInfo, X.509.

Rules:
- One block is one key. A text with several is refused, because which of them counts is a guess.
- A certificate is a container for its public key: its dates, its issuer and its uses are not
  checked here. Whoever trusts it has to have done that.

Source: RFC 7468, RFC 5208, RFC 5280, RFC 5915, RFC 7292, RFC 8017 appendix A.1.
"""

import re
from contextlib import suppress
from typing import Final

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.serialization import Encoding

from joseal._core import checks
from joseal._core.algorithms import foreign
from joseal._core.algorithms.curves import PrivateCurveKey, PublicCurveKey
from joseal._core.keys.external import PublicMaterial
from joseal._core.keys.material import Held, Material, Secret
from joseal._core.wire import strict_json
from joseal.errors import InvalidKeyError

_LABEL: Final = re.compile(rb"-----BEGIN ([A-Z0-9 ]+)-----")
_PRIVATE: Final = (b"PRIVATE KEY", b"ENCRYPTED PRIVATE KEY", b"RSA PRIVATE KEY", b"EC PRIVATE KEY")
_PUBLIC: Final = (b"PUBLIC KEY", b"RSA PUBLIC KEY", b"CERTIFICATE")

# How a private key in PEM says that its body is encrypted, and the forms that are read: the
# algorithm and an IV of the size of its block. OpenSSL's PEM_read_bio_PrivateKey; RFC 1421 section
# 4.6.1.3. The loaders of cryptography 46 to 50 panic where the IV is too short.
_DEK_INFO: Final = re.compile(rb"^[ \t]*DEK-Info[ \t]*:(.*)$", re.IGNORECASE | re.MULTILINE)
_DEK_FORM: Final = re.compile(
    rb"(AES-(128|192|256)-CBC,[0-9A-F]{32}|DES-EDE3-CBC,[0-9A-F]{16})", re.IGNORECASE
)

_DAMAGED: Final = "the key can't be read: damaged, or not of a kind that is known"
_MISSING: Final = "the private key is encrypted: give password="
_NEEDLESS: Final = "a password was given, but the private key is not encrypted"
_WRONG: Final = "the private key can't be read: wrong password, or damaged"

# OpenSSL takes no longer ones.
_MOST_PASSWORD_BYTES: Final = 1023


def load_pem(text: str | bytes, password: str | bytes | None) -> Material:
    """Read the one PEM block in `text`.

    Raises:
        TypeError: `text` or `password` is of another type.
        InvalidKeyError: no PEM, several blocks, an unknown label, damage, a kind of key that joseal
            does not use, a wrong or missing password, or one where none is needed.
    """
    if not isinstance(text, str | bytes):
        raise checks.wrong_type(
            "pem", "str or bytes", text, "give the text, not the path of its file"
        )
    # What is no ASCII is no PEM; a mark in its place keeps the rest as it was.
    raw = text.encode("ascii", errors="replace") if isinstance(text, str) else text
    # OpenSSL puts the name of the curve in a block of its own before an EC key.
    labels = [label for label in _LABEL.findall(raw) if label != b"EC PARAMETERS"]
    if len(labels) != 1:
        raise InvalidKeyError(_not_one(raw, len(labels)))
    if labels[0] in _PRIVATE:
        _check_encryption_header(raw)
        return _private(raw, password, pem=True)
    if password is not None:
        raise InvalidKeyError("a password was given, but the PEM block is not encrypted")
    if labels[0] not in _PUBLIC:
        raise InvalidKeyError("the PEM block is neither a key nor a certificate")
    return _required(_public(raw, pem=True))


def _not_one(raw: bytes, blocks: int) -> str:
    if blocks:
        return f"there must be exactly one PEM block, found {blocks}"
    text = raw.strip()
    if text.startswith(b"{"):
        return "there is no PEM block: this is JSON, load it with Key.from_jwk"
    if text.startswith(b"0"):
        return "there is no PEM block: this looks like DER, load it with Key.from_der"
    return "there is no PEM block: give the text of the file, not its path"


def load_der(data: bytes, password: str | bytes | None) -> Material:
    """Read DER bytes: a private key, a public key or a certificate, whichever they are.

    Raises:
        TypeError: `data` or `password` is of another type.
        InvalidKeyError: as for `load_pem`.
    """
    if not isinstance(data, bytes):
        raise checks.wrong_type("data", "bytes", data)
    found = _public(data, pem=False) if password is None else None
    return _private(data, password, pem=False) if found is None else found


def load_pkcs12(data: bytes, password: str | bytes | None) -> Material:
    """Read the private key of a PKCS#12 file, or the public key of its certificate.

    Raises:
        TypeError: `data` or `password` is of another type.
        ValueError: `password` is not UTF-8 text without NUL, which the format can't carry.
        InvalidKeyError: damage, a wrong password, a kind of key that joseal does not use, or
            neither a key nor a certificate.
    """
    # Most programs never need PKCS#12.
    from cryptography import x509  # noqa: PLC0415
    from cryptography.hazmat.primitives.serialization import pkcs12  # noqa: PLC0415

    if not isinstance(data, bytes):
        raise checks.wrong_type("data", "bytes", data)
    protection = None if password is None else secret(password, least_bytes=0)
    if protection is not None and not _is_bmp_text(protection):
        raise ValueError("the password of a PKCS#12 file must be UTF-8 text without NUL")
    with foreign.Suppress(x509.InvalidVersion):
        key, certificate, _ = pkcs12.load_key_and_certificates(data, protection)
        return _required(key or (certificate and certificate.public_key()))
    raise InvalidKeyError("the PKCS#12 file can't be read: wrong password, or damaged")


def _is_bmp_text(raw: bytes) -> bool:
    """Tell whether PKCS#12 can carry a password. RFC 7292 appendix B.1."""
    with suppress(UnicodeDecodeError):
        return "\0" not in raw.decode()
    return False


def unwrap_env(value: str) -> bytes:
    r"""Undo what environment variables do to PEM: a literal `\n`, or base64 around it all.

    Raises:
        InvalidKeyError: there is no PEM in it either way.
    """
    text = value.strip().strip("'\"").replace("\\r", "").replace("\\n", "\n")
    raw = text.encode() if strict_json.is_text(text) else b""
    if b"-----BEGIN" in raw:
        return raw
    # Most programs never need it.
    import base64  # noqa: PLC0415

    with suppress(ValueError):
        raw = base64.b64decode("".join(text.split()), validate=True)
    if b"-----BEGIN" not in raw:
        raise InvalidKeyError("the environment variable holds no PEM, nor base64 of PEM")
    return raw


def secret(password: str | bytes, *, least_bytes: int = 1) -> bytes:
    """Return a password's bytes.

    Raises:
        TypeError: it is neither str nor bytes.
        ValueError: it is empty, longer than 1,023 bytes, or text that UTF-8 can't carry.
    """
    if not isinstance(password, str | bytes):
        raise checks.wrong_type("password", "str or bytes", password)
    if isinstance(password, str) and not strict_json.is_text(password):
        raise ValueError("password must be text that UTF-8 can carry")
    raw = password.encode() if isinstance(password, str) else password
    if not least_bytes <= len(raw) <= _MOST_PASSWORD_BYTES:
        raise ValueError("password must have 1 to 1023 bytes")
    return raw


def _private(raw: bytes, password: str | bytes | None, *, pem: bool) -> Material:
    protection = None if password is None else secret(password, least_bytes=0)
    if protection == b"":
        raise InvalidKeyError("the password is empty")
    load = serialization.load_pem_private_key if pem else serialization.load_der_private_key
    reason = _DAMAGED if protection is None else _WRONG
    with foreign.Suppress():
        try:
            return _required(load(raw, protection))
        except TypeError:
            # The loader's way to say that a password is missing, or given in vain.
            reason = _MISSING if protection is None else _NEEDLESS
    raise InvalidKeyError(reason)


def _check_encryption_header(raw: bytes) -> None:
    """Refuse a DEK-Info that no reader understands, before a loader meets it."""
    for value in _DEK_INFO.findall(raw):
        if _DEK_FORM.fullmatch(value.strip()) is None:
            raise InvalidKeyError("DEK-Info of the PEM block is not AES-CBC or 3DES with a full IV")


def _public(raw: bytes, *, pem: bool) -> Material | None:
    """Read a public key or that of a certificate; None where it is neither."""
    load = serialization.load_pem_public_key if pem else serialization.load_der_public_key
    with foreign.Suppress():
        return _required(load(raw))
    # Most programs never need X.509.
    from cryptography import x509  # noqa: PLC0415

    certificate = x509.load_pem_x509_certificate if pem else x509.load_der_x509_certificate
    with foreign.Suppress(x509.InvalidVersion):
        return _required(certificate(raw).public_key())
    return None


def certificate_serial(data: str | bytes) -> str:
    """Return the number by which some APIs name a certificate's key, for use as `kid`.

    That is the subject's serialNumber if it has one, and the certificate's own serial number, in
    decimal, if not.

    Args:
        data: the certificate as PEM text, or as DER bytes.

    Raises:
        TypeError: `data` is neither str nor bytes.
        InvalidKeyError: it is no certificate.

    Source: RFC 5280 section 4.1.2.2, X.520 section 6.2.9.
    """
    # Most programs never need X.509.
    from cryptography import x509  # noqa: PLC0415

    if not isinstance(data, str | bytes):
        raise TypeError("the certificate must be str or bytes")
    raw = data.encode("ascii", errors="replace") if isinstance(data, str) else data
    pem = b"-----BEGIN" in raw
    load = x509.load_pem_x509_certificate if pem else x509.load_der_x509_certificate
    with foreign.Suppress(x509.InvalidVersion):
        certificate = load(raw)
        named = certificate.subject.get_attributes_for_oid(x509.NameOID.SERIAL_NUMBER)
        return str(named[0].value) if named else str(certificate.serial_number)
    raise InvalidKeyError("this is no certificate that can be read")


def spki(material: PublicMaterial, encoding: Encoding = Encoding.DER) -> bytes:
    """Write a public key's SubjectPublicKeyInfo. RFC 5280 section 4.1.2.7."""
    return material.public_bytes(encoding, serialization.PublicFormat.SubjectPublicKeyInfo)


def _required(key: object) -> Material:
    """Return a key of a kind that is known.

    Raises:
        InvalidKeyError: it is another one, or there is none.
    """
    if isinstance(key, RSAPrivateKey | RSAPublicKey | PrivateCurveKey | PublicCurveKey):
        return key
    if key is None:
        raise InvalidKeyError(_DAMAGED)
    raise InvalidKeyError("joseal does not use keys of this kind")


def dump_pem(material: Held, password: str | bytes | None) -> str:
    """Write PKCS#8 or SubjectPublicKeyInfo. The caller has decided what may leave.

    Raises:
        TypeError: `password` is neither str nor bytes.
        InvalidKeyError: a symmetric key has no PEM form.
    """
    if isinstance(material, Secret):
        raise InvalidKeyError("a symmetric key has no PEM form")
    if not isinstance(material, RSAPrivateKey | PrivateCurveKey):
        return spki(material, Encoding.PEM).decode()
    protection: serialization.KeySerializationEncryption = serialization.NoEncryption()
    if password is not None:
        protection = serialization.BestAvailableEncryption(secret(password))
    form = serialization.PrivateFormat.PKCS8
    return material.private_bytes(Encoding.PEM, form, protection).decode()
