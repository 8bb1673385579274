"""Keys in PEM and DER: PKCS#1, PKCS#8 (encrypted too), SubjectPublicKeyInfo, X.509.

Rules:
- One block is one key. A text with several is refused, because choosing one would be a guess;
  only a certificate chain shows which one is the leaf.
- A certificate is a container for its public key: its dates, its issuer and its uses are not
  checked here. That is the caller's duty before trusting it.
- The classifier is imported where a key is refused, or is DER: most programs never need it.

Source: RFC 7468, RFC 5208, RFC 5280, RFC 5915, RFC 8017 appendix A.1.
"""

import re
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.serialization import Encoding

from joseal._core import checks
from joseal._core.algorithms import foreign
from joseal._core.algorithms.akp_keys import AkpPrivateKey, AkpPublicKey
from joseal._core.algorithms.curves import PrivateCurveKey, PublicCurveKey
from joseal._core.algorithms.hashes import digest
from joseal._core.keys.external import PublicMaterial
from joseal._core.keys.formats import certificates, openssh
from joseal._core.keys.material import Held, HeldPrivate, HeldSecret, Material
from joseal._core.late import late
from joseal._core.wire import base64url, strict_json
from joseal.errors import InvalidKeyError

if TYPE_CHECKING:
    import base64

    from cryptography import x509

    from joseal._core.algorithms import akp
    from joseal._core.keys.classifier import classify, der, key_names
else:
    base64 = late("base64")
    x509 = late("cryptography.x509")
    akp = late("joseal._core.algorithms.akp")
    classify = late("joseal._core.keys.classifier.classify")
    der = late("joseal._core.keys.classifier.der")
    key_names = late("joseal._core.keys.classifier.key_names")

_LABEL: Final = re.compile(rb"-----BEGIN ([A-Z0-9 ]+)-----")
_PRIVATE: Final = (b"PRIVATE KEY", b"ENCRYPTED PRIVATE KEY", b"RSA PRIVATE KEY", b"EC PRIVATE KEY")
_PUBLIC: Final = (b"PUBLIC KEY", b"RSA PUBLIC KEY", *certificates.LABELS)

# The header by which a private key in PEM says that its body is encrypted, and the forms that are
# read: the algorithm and an IV of the size of its block. OpenSSL's PEM_read_bio_PrivateKey; RFC
# 1421 section 4.6.1.3. The loaders of cryptography 46 to 50 panic if the IV is too short, and do
# not read AES-192-CBC, which OpenSSL writes.
_DEK_INFO: Final = re.compile(rb"^[ \t]*DEK-Info[ \t]*:(.*)$", re.IGNORECASE | re.MULTILINE)
_DEK_FORM: Final = re.compile(
    rb"(AES-(128|256)-CBC,[0-9A-F]{32}|DES-EDE3-CBC,[0-9A-F]{16})", re.IGNORECASE
)
_CIPHER: Final = (
    "DEK-Info of the PEM block is not AES-128-CBC, AES-256-CBC or DES-EDE3-CBC with a full IV: "
    "openssl pkcs8 -topk8 -in FILE writes the key in a form that is read"
)

# The kinds of DER that are a private key.
_DER: Final = ("der-pkcs8", "der-pkcs8-encrypted", "der-pkcs1-private", "der-sec1")
# The kinds that the loaders below read: for these the loader's own reason is better.
_OWN_PEM: Final = frozenset({"pem-private", "pem-public", "pem-certificate"})
_PUBLIC_DER: Final = frozenset({"der-spki", "der-pkcs1-public", "der-certificate"})
_OWN_DER: Final = _PUBLIC_DER.union(_DER)

# The OIDs of ML-DSA-44 to -87 and of ML-KEM-512 to -1024 (RFC 9881 section 2, RFC 9935 section 3),
# and their position in PKCS#8: after a header, a version and two headers.
_SEEDED: Final = re.compile(rb"\x60\x86\x48\x01\x65\x03\x04(\x03[\x11-\x13]|\x04[\x01-\x03])")
_OID_WITHIN: Final = 30
_EXPANDED: Final = (
    "the ML-DSA or ML-KEM key can't be read: only the seed is read, not the expanded private key"
)
_NO_PEM: Final = "a hybrid key has no registered PEM form: write it as a JWK"
_DAMAGED: Final = "the key can't be read: damaged, or not of a kind that is known"
_MISSING: Final = "the private key is encrypted: give password="
_NEEDLESS: Final = "a password was given, but the private key is not encrypted"
_WRONG: Final = "the private key can't be read: wrong password, or damaged"

# OpenSSL does not accept longer ones.
_MOST_PASSWORD_BYTES: Final = 1023


def load_pem(text: str | bytes, password: str | bytes | None) -> Material:
    """Read the one PEM block in `text`, or the line of an OpenSSH public key.

    Raises:
        TypeError: `text` or `password` is of the wrong type.
        InvalidKeyError: no PEM, several blocks, an unknown label, damage, a kind of key that joseal
            does not use, a wrong or missing password, or a password although none is needed.
    """
    if not isinstance(text, str | bytes):
        raise checks.wrong_type(
            "pem", "str or bytes", text, "give the text, not the path of its file"
        )
    # Characters that UTF-8 can't carry are not PEM; replacing them keeps the rest unchanged.
    raw = text.encode("utf-8", errors="replace") if isinstance(text, str) else text
    if openssh.is_openssh(raw):
        if password is not None:
            raise InvalidKeyError("a password was given, but an OpenSSH public key needs none")
        return _required(openssh.load(raw))
    # OpenSSL puts the name of the curve in a separate block before an EC key.
    labels = [label for label in _LABEL.findall(raw) if label != b"EC PARAMETERS"]
    if len(labels) > 1 and all(label in certificates.LABELS for label in labels):
        # A chain that shows which certificate is the leaf.
        raw, labels = certificates.leaf(raw), labels[:1]
    if len(labels) != 1:
        raise InvalidKeyError(_refusal(raw, "there must be exactly one PEM block"))
    if labels[0] in _PRIVATE:
        _check_encryption_header(raw)
        return _private(raw, password, pem=True)
    if labels[0] not in _PUBLIC:
        raise InvalidKeyError(
            _refusal(raw, "the PEM block is neither a key nor a certificate: check its label")
        )
    if password is not None:
        raise InvalidKeyError("a password was given, but the PEM block is not encrypted")
    found = _public(raw, pem=True)
    if found is None:
        raise InvalidKeyError(_refusal(raw, _DAMAGED))
    return found


def load_der(data: bytes, password: str | bytes | None) -> Material:
    """Read DER bytes: a private key, a public key or a certificate.

    Raises:
        TypeError: `data` or `password` is of the wrong type.
        InvalidKeyError: as for `load_pem`.
    """
    if not isinstance(data, bytes):
        raise checks.wrong_type("data", "bytes", data)
    found = _public(data, pem=False) if password is None else None
    kind = der.kind(data)
    if password is not None and kind in _PUBLIC_DER:
        raise InvalidKeyError("a password was given, but the DER is not encrypted")
    if found is None and kind not in _DER:
        raise InvalidKeyError(_refusal(data, _DAMAGED, pem=False))
    return _private(data, password, pem=False) if found is None else found


def unwrap_env(value: str) -> bytes:
    r"""Undo common changes in environment variables: a literal `\n`, quotes, base64 of the whole.

    Raises:
        InvalidKeyError: it contains neither PEM nor a JWK.
    """
    text = value.strip().strip("'\"")
    for escaped in ("\\\\n", "\\n"):
        text = text.replace(escaped.replace("n", "r"), "").replace(escaped, "\n")
    raw = text.encode() if strict_json.is_text(text) else b""
    if b"-----BEGIN" in raw or openssh.is_openssh(raw):
        return raw
    if value.strip().startswith("{") and strict_json.is_text(value):
        return value.encode()
    unwrapped = b""
    with suppress(ValueError):
        unwrapped = base64.b64decode("".join(text.split()), validate=True)
    if b"-----BEGIN" in unwrapped or unwrapped.lstrip().startswith(b"{"):
        return unwrapped
    reason = _refusal(raw, "it is neither PEM nor a JWK, nor base64 of one")
    raise InvalidKeyError(f"the environment variable has no key: {reason}")


def secret_of_env(value: str, fits: Callable[[int], bool]) -> bytes:
    """Return a shared secret from the text of an environment variable.

    Raises:
        InvalidKeyError: its base64 and its text could both be the secret, or neither.
    """
    if not strict_json.is_text(value):
        raise InvalidKeyError("the environment variable is not text that UTF-8 can carry")
    raw = value.encode()
    plain = raw.strip().rstrip(b"=").replace(b"+", b"-").replace(b"/", b"_")
    decoded = base64url.decode(plain)
    found = [each for each in (decoded, raw) if each is not None and fits(len(each))]
    if len(found) == 1:
        return found[0]
    if len(found) > 1:
        raise InvalidKeyError(
            "the environment variable can be read as base64 and as the secret itself: "
            "decode it and use Key.from_bytes, or write it as a JWK"
        )
    raise InvalidKeyError(
        "the environment variable is not a shared secret of the size that its alg needs, "
        "neither in base64 nor as it is"
    )


def from_object(key: object) -> Material:
    """Return a `cryptography` key object as key material.

    Raises:
        TypeError: it is not a `cryptography` key.
        InvalidKeyError: it is of a kind that joseal does not use.
    """
    if not type(key).__module__.startswith("cryptography.") and not isinstance(
        key, RSAPrivateKey | RSAPublicKey | PrivateCurveKey | PublicCurveKey
    ):
        raise TypeError("key must be a key of the cryptography package")
    return _required(key)


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


def white_space(password: bytes) -> str:
    """Say for a message that a password that was refused has white space around it, if it has."""
    around = password != password.strip()
    return " (the password that was given has white space around it)" if around else ""


def _private(raw: bytes, password: str | bytes | None, *, pem: bool) -> Material:
    protection = None if password is None else secret(password, least_bytes=0)
    if protection == b"":
        raise InvalidKeyError("the password is empty")
    load = serialization.load_pem_private_key if pem else serialization.load_der_private_key
    with foreign.Suppress():
        try:
            return _required(load(raw, protection))
        except TypeError:
            # The loader raises it if a password is missing, or not needed.
            raise InvalidKeyError(_MISSING if protection is None else _NEEDLESS) from None
    if _SEEDED.search(_der(raw) if pem else raw[:_OID_WITHIN]) is not None:
        raise InvalidKeyError(_EXPANDED)
    reason = _DAMAGED if protection is None else _WRONG + white_space(protection)
    raise InvalidKeyError(_refusal(raw, reason, pem=pem))


def _der(pem: bytes) -> bytes:
    """Return the first bytes of a PEM block; none if it is not base64."""
    body = b"".join(pem.partition(b"-----BEGIN PRIVATE KEY-----")[2].split())
    with suppress(ValueError):
        return base64.b64decode(body[: 4 * _OID_WITHIN // 3])
    return b""


def _refusal(raw: bytes, otherwise: str, *, pem: bool = True) -> str:
    """Name the kind of the bytes, if the classifier knows more than the loader."""
    own = classify.classify(raw).kind in (_OWN_PEM if pem else _OWN_DER)
    if own and otherwise == _DAMAGED:
        return key_names.refusal(classify.content(raw) if pem else raw, otherwise)
    return classify.refusal(raw, _OWN_PEM if pem else _OWN_DER, otherwise)


def _check_encryption_header(raw: bytes) -> None:
    """Refuse a DEK-Info that no loader reads, before it reaches one."""
    for value in _DEK_INFO.findall(raw):
        if _DEK_FORM.fullmatch(value.strip()) is None:
            raise InvalidKeyError(_CIPHER)


def _public(raw: bytes, *, pem: bool) -> Material | None:
    """Read a public key or that of a certificate; None if it is neither."""
    load = serialization.load_pem_public_key if pem else serialization.load_der_public_key
    with foreign.Suppress():
        return _required(load(raw))
    certificate = x509.load_pem_x509_certificate if pem else x509.load_der_x509_certificate
    with foreign.Suppress(x509.InvalidVersion):
        return _required(certificate(raw).public_key())
    return None


def spki(material: PublicMaterial, encoding: Encoding = Encoding.DER) -> bytes:
    """Write a public key's SubjectPublicKeyInfo. RFC 5280 section 4.1.2.7, RFC 9881, RFC 9935.

    Raises:
        InvalidKeyError: a hybrid key, which has no such form.
    """
    if isinstance(material, AkpPublicKey):
        if material.point is not None:
            raise InvalidKeyError(_NO_PEM)
        form = serialization.PublicFormat.SubjectPublicKeyInfo
        return material.foreign.public_bytes(encoding, form)
    return material.public_bytes(encoding, serialization.PublicFormat.SubjectPublicKeyInfo)


def spki_sha256(material: PublicMaterial) -> str:
    """Hash a public key's SubjectPublicKeyInfo, in hex."""
    return digest(spki(material)).hex()


def _required(key: object) -> Material:
    """Return a key of a kind that is known.

    Raises:
        InvalidKeyError: it is of a different kind.
    """
    if isinstance(key, RSAPrivateKey | RSAPublicKey | PrivateCurveKey | PublicCurveKey):
        return key
    pair = akp.wrap_foreign(key)
    if pair is not None:
        return pair
    raise InvalidKeyError("joseal does not use keys of this kind")


def dump_pem(material: Held, password: str | bytes | None) -> str:
    """Write PKCS#8 or SubjectPublicKeyInfo. The caller has decided what may be released.

    Raises:
        TypeError: `password` is neither str nor bytes.
        InvalidKeyError: a symmetric or a hybrid key has no PEM form.
    """
    if isinstance(material, HeldSecret):
        raise InvalidKeyError("a symmetric key has no PEM form")
    if not isinstance(material, HeldPrivate):
        return spki(material, Encoding.PEM).decode()
    protection: serialization.KeySerializationEncryption = serialization.NoEncryption()
    if password is not None:
        protection = serialization.BestAvailableEncryption(secret(password))
    form = serialization.PrivateFormat.PKCS8
    if isinstance(material, AkpPrivateKey):
        if material.scalar is not None:
            raise InvalidKeyError(_NO_PEM)
        return material.foreign.private_bytes(Encoding.PEM, form, protection).decode()
    return material.private_bytes(Encoding.PEM, form, protection).decode()
