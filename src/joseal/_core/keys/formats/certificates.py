"""X.509 certificates as containers of keys: their names, dates and hashes.

Rules:
- A certificate is a container for its public key. Its dates, its issuer, its uses and its
  signature are shown but not checked: that is the caller's duty before trusting it.
- The first of several certificates is the leaf only if issuers and subjects say so.
- Most programs never need X.509 or the classifier: they are imported when they are first used.

Source: RFC 5280 section 4.1, RFC 7515 sections 4.1.6 to 4.1.8, RFC 7468 section 5.
"""

import datetime as dt
import itertools
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, SupportsIndex, final

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from joseal._core.algorithms import foreign
from joseal._core.algorithms.hashes import digest
from joseal._core.late import late
from joseal._core.naming import exported
from joseal._core.secrecy import Result, hide_locals
from joseal._core.wire import base64url
from joseal.errors import InvalidKeyError

if TYPE_CHECKING:
    from cryptography import x509

    from joseal._core.keys.classifier import classify
else:
    x509 = late("cryptography.x509")
    classify = late("joseal._core.keys.classifier.classify")

LABELS: Final = (b"CERTIFICATE", b"X509 CERTIFICATE")

# Base64 has no hyphen: a block without an end is left at the next hyphen, so the work is linear.
_BLOCK: Final = re.compile(
    rb"-----BEGIN (?:X509 )?CERTIFICATE-----[^-]*-----END (?:X509 )?CERTIFICATE-----"
)

_DAMAGED: Final = "the certificate can't be read: damaged, or not a certificate"


def _unreadable() -> foreign.Suppress:
    # Names and dates are read on demand. A bit string in a name raises a TypeError.
    return foreign.Suppress(TypeError)


@exported
@final
class Certificate(Result):
    """One X.509 certificate that contained a key. It is data, and its signature was not checked.

    Attributes:
        der: its bytes.
        subject: the subject's name, as in RFC 4514.
        issuer: the issuer's name, as in RFC 4514.
        not_before: the first moment of its validity, in UTC.
        not_after: the last moment of its validity, in UTC.
        serial: the name that some APIs give its key, see `Key.certificate_serial`.
        spki_sha256: SHA-256 of its SubjectPublicKeyInfo in hex.

    Raises:
        InvalidKeyError: the bytes are not a certificate that can be read, or its key is of a kind
            that joseal does not use.

    Example:
        >>> from pathlib import Path
        >>> import joseal
        >>> pem = Path("bank.pem").read_bytes()
        >>> bank = joseal.Key.from_certificate(pem, alg="RSA-OAEP-256")
        >>> bank.certificates[0].subject
        'CN=bank.example'

    Source: RFC 5280 section 4.1.
    """

    __slots__ = ("der", "issuer", "not_after", "not_before", "serial", "spki_sha256", "subject")

    der: bytes
    subject: str
    issuer: str
    not_before: dt.datetime
    not_after: dt.datetime
    serial: str
    spki_sha256: str

    @hide_locals
    def __init__(self, der: bytes) -> None:
        found = _read(der)
        spki = _spki(found)
        with _unreadable():
            self._set(
                der=der,
                subject=found.subject.rfc4514_string(),
                issuer=found.issuer.rfc4514_string(),
                not_before=found.not_valid_before_utc,
                not_after=found.not_valid_after_utc,
                serial=_serial(found),
                spki_sha256=digest(spki).hex(),
            )
            return
        raise InvalidKeyError(_DAMAGED)

    @property
    def sha256(self) -> str:
        """SHA-256 of the certificate in hex, which `openssl x509 -fingerprint -sha256` shows."""
        return digest(self.der).hex()

    @property
    def x5t_s256(self) -> str:
        """SHA-256 of the certificate, base64url. RFC 7515 section 4.1.8."""
        return base64url.encode(digest(self.der)).decode("ascii")

    @property
    def x5t(self) -> str:
        """SHA-1 of the certificate, base64url: a name, which proves nothing. RFC 7515 4.1.7."""
        # Most programs never need it.
        from cryptography.hazmat.primitives import hashes  # noqa: PLC0415

        found = _read(self.der).fingerprint(hashes.SHA1())  # noqa: S303 - a name by the RFC
        return base64url.encode(found).decode("ascii")

    @property
    def x5c(self) -> str:
        """The certificate in base64, not base64url, as RFC 7515 section 4.1.6 requires."""
        lines = _read(self.der).public_bytes(Encoding.PEM).decode("ascii").splitlines()
        return "".join(lines[1:-1])

    @hide_locals
    def is_expired(self, now: dt.datetime) -> bool:
        """Tell whether its validity has ended. The clock is the caller's.

        Args:
            now: the time, with a time zone.

        Returns:
            True after `not_after`.

        Raises:
            TypeError: `now` is not a `datetime` with a time zone.

        Example:
            >>> from datetime import UTC, datetime
            >>> from pathlib import Path
            >>> import joseal
            >>> pem = Path("bank.pem").read_bytes()
            >>> bank = joseal.Key.from_certificate(pem, alg="RSA-OAEP-256")
            >>> bank.certificates[0].is_expired(datetime(2020, 1, 1, tzinfo=UTC))
            False

        Source: RFC 5280 section 4.1.2.5.
        """
        return self.not_after < now

    def __hash__(self) -> int:
        # A file may have thousands, and each is compared with the others.
        return hash(self.der)

    def __reduce_ex__(self, protocol: SupportsIndex) -> str | tuple[object, ...]:
        # A certificate is public.
        return Certificate, (self.der,)

    def __repr__(self) -> str:
        return f"Certificate(serial={self.serial!r})"


def _read(der: bytes) -> "x509.Certificate":
    """Read a certificate.

    Raises:
        InvalidKeyError: it is not one.
    """
    with foreign.Suppress(x509.InvalidVersion):
        return x509.load_der_x509_certificate(der)
    raise InvalidKeyError(_DAMAGED)


def of_text(data: str | bytes) -> tuple[Certificate, ...]:
    """Read the certificates of PEM text or of DER bytes, the leaf first.

    Raises:
        TypeError: `data` is neither str nor bytes.
        InvalidKeyError: it is not a certificate, or several that are not a chain.
    """
    if not isinstance(data, str | bytes):
        raise TypeError("the certificate must be str or bytes")
    raw = data.encode("ascii", errors="replace") if isinstance(data, str) else data
    form = classify.classify(raw)
    if form.kind == "der-certificate":
        return (Certificate(raw),)
    if not form.labels or any(label.encode() not in LABELS for label in form.labels):
        raise InvalidKeyError(f"expected a certificate: {form.text}")
    return tuple(Certificate(_of_block(block)) for block in _ordered(raw))


def beside(raw: bytes) -> tuple[Certificate, ...]:
    """Return the certificates that a key was loaded from; none if it was not a certificate."""
    if raw.startswith(b"-----BEGIN ") and b"CERTIFICATE-----" not in raw:
        return ()
    form = classify.classify(raw)
    is_one = form.kind in {"der-certificate", "pem-certificate"}
    is_chain = form.kind == "pem-several" and {*form.labels} <= {"CERTIFICATE", "X509 CERTIFICATE"}
    return of_text(raw) if is_one or is_chain else ()


def leaf(raw: bytes) -> bytes:
    """Return the PEM block of the leaf of a chain.

    Raises:
        InvalidKeyError: the certificates are not a chain that begins with its leaf.
    """
    return _ordered(raw)[0]


def _ordered(raw: bytes) -> Sequence[bytes]:
    blocks = _BLOCK.findall(raw)
    if len(blocks) != raw.count(b"-----BEGIN "):
        raise InvalidKeyError("the certificate can't be read: a PEM block is cut off or damaged")
    if len(blocks) == 1:
        return blocks
    chain = [_issuer_and_subject(_read(_of_block(block))) for block in blocks]
    follows = all(one[0] == two[1] for one, two in itertools.pairwise(chain))
    # A leaf issues no other certificate, and a root issues itself.
    issues = any(issuer == chain[0][1] for issuer, _ in chain[1:]) if chain else True
    if not follows or issues:
        raise InvalidKeyError(
            f"{len(blocks)} certificates (CERTIFICATE) that are not a chain from its leaf to its "
            "root: give the one that is meant"
        )
    return blocks


def _of_block(block: bytes) -> bytes:
    with foreign.Suppress(x509.InvalidVersion):
        return x509.load_pem_x509_certificate(block).public_bytes(Encoding.DER)
    raise InvalidKeyError(classify.refusal(block, frozenset({"pem-certificate"}), _DAMAGED))


def _issuer_and_subject(found: "x509.Certificate") -> "tuple[x509.Name, x509.Name]":
    with _unreadable():
        return found.issuer, found.subject
    raise InvalidKeyError(_DAMAGED)


def _serial(found: "x509.Certificate") -> str:
    """Return the subject's serialNumber, X.520 section 6.2.9, or the certificate's own."""
    named = found.subject.get_attributes_for_oid(x509.NameOID.SERIAL_NUMBER)
    return str(named[0].value) if named else str(found.serial_number)


def _spki(found: "x509.Certificate") -> bytes:
    with foreign.Suppress():
        return found.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    raise InvalidKeyError("joseal does not use keys of this kind")
