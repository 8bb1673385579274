"""Keys and certificates in PKCS#12 files, which contain any number of each.

Rules:
- If there are several private keys, one has to be named. They are found by the structure of the
  file, in its plain and its encrypted parts; `cryptography` reads each key.
- The whole file is opened first, so that its MAC is checked before any of its content is used.

Source: RFC 7292 sections 4 and 4.2, RFC 2985 sections 5.5.1 and 5.5.2.
"""

from collections.abc import Iterator
from contextlib import suppress
from typing import Final, NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, pkcs12
from cryptography.hazmat.primitives.serialization.pkcs12 import PKCS12KeyAndCertificates

from joseal._core import checks
from joseal._core.algorithms import foreign
from joseal._core.keys.classifier import classify, der
from joseal._core.keys.formats import encrypted_parts, pem
from joseal._core.keys.formats.certificates import Certificate
from joseal._core.keys.material import Material, public
from joseal.errors import InvalidKeyError

_DATA: Final = b"\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01"
_ENCRYPTED_DATA: Final = b"\x2a\x86\x48\x86\xf7\x0d\x01\x07\x06"
_KEY_BAGS: Final = {
    b"\x2a\x86\x48\x86\xf7\x0d\x01\x0c\x0a\x01\x01": False,
    b"\x2a\x86\x48\x86\xf7\x0d\x01\x0c\x0a\x01\x02": True,
}
_FRIENDLY_NAME: Final = b"\x2a\x86\x48\x86\xf7\x0d\x01\x09\x14"
_MOST_NAMES: Final = 8
_MOST_NAME_CHARACTERS: Final = 40

_DAMAGED: Final = "the PKCS#12 file can't be read: wrong password, or damaged"
_MISSING: Final = "the PKCS#12 file can't be read without its password: give password="
_KIND: Final = (
    "the key is of a kind that is not read from PKCS#12: give it in PEM or DER, which "
    "`openssl pkcs12 -nocerts` writes"
)


class Bag(NamedTuple):
    """A private key of a file.

    Attributes:
        name: its friendlyName, which keytool calls the alias; empty if it has none.
        der: PKCS#8.
        is_encrypted: whether this PKCS#8 is encrypted.
    """

    name: str
    der: bytes
    is_encrypted: bool

    def __repr__(self) -> str:
        return "Bag(<hidden>)"


class Loaded(NamedTuple):
    """The requested content of a file: a key, and the certificates, the key's own first."""

    material: Material
    certificates: tuple[Certificate, ...]

    def __repr__(self) -> str:
        return "Loaded(<hidden>)"


def load(data: bytes, password: str | bytes | None, alias: str | None) -> Loaded:
    """Read the private key that `alias` names, or the only one, or that of the only certificate.

    Raises:
        TypeError: `data`, `password` or `alias` is of the wrong type.
        ValueError: `password` is not UTF-8 text without NUL; the format can't carry any other.
        InvalidKeyError: the file is damaged; the password is wrong; there are several keys, or
            certificates without a key, and no `alias`; `alias` names nothing; the key is of a kind
            that joseal does not use.
    """
    if not isinstance(data, bytes):
        raise checks.wrong_type("data", "bytes", data)
    if alias is not None and not isinstance(alias, str):
        raise TypeError("alias must be str")
    protection = None if password is None else pem.secret(password, least_bytes=0)
    if protection is not None and not _is_bmp_text(protection):
        raise ValueError("the password of a PKCS#12 file must be UTF-8 text without NUL")
    store = _open(data, protection)
    bags = list(_bags(data, protection))
    names = _names(store)
    certificates = tuple(names)
    if alias is None and len(bags) > 1:
        shown = _shown([bag.name for bag in bags])
        raise InvalidKeyError(f"the PKCS#12 file has {len(bags)} keys: alias= names one of {shown}")
    chosen = [bag for bag in bags if bag.name == alias]
    if len(chosen) == 1:
        return _with_key(_of_bag(chosen[0], protection), certificates)
    if store.key is not None and (alias is None or (not bags and alias in names.values())):
        return _with_key(pem._required(store.key), certificates)
    return _of_certificate(names, alias)


def _open(data: bytes, protection: bytes | None) -> PKCS12KeyAndCertificates:
    with foreign.Suppress(x509.InvalidVersion):
        try:
            return pkcs12.load_pkcs12(data, protection)
        except TypeError:
            # This is how the loader says that it opened the file, and that its result can't have a
            # key on X25519 or X448.
            raise InvalidKeyError(_KIND) from None
    reason = _MISSING if protection is None else _DAMAGED + pem.white_space(protection)
    raise InvalidKeyError(classify.refusal(data, frozenset({"pkcs12"}), reason))


def _names(store: PKCS12KeyAndCertificates) -> dict[Certificate, str]:
    """Return the certificates with their names: the friendlyName or else the subject's."""
    held = [*([] if store.cert is None else [store.cert]), *store.additional_certs]
    found: dict[Certificate, str] = {}
    for each in held:
        certificate = Certificate(each.certificate.public_bytes(Encoding.DER))
        name = (each.friendly_name or b"").decode("utf-8", errors="replace")
        found[certificate] = name or _common_name(certificate)
    return found


def _common_name(certificate: Certificate) -> str:
    parts = certificate.subject.split(",")
    return next((part[3:] for part in parts if part.startswith("CN=")), "")


def _of_certificate(names: dict[Certificate, str], alias: str | None) -> Loaded:
    chosen = [one for one, name in names.items() if alias in (None, name)]
    if len(chosen) == 1:
        rest = tuple(one for one in names if one is not chosen[0])
        return Loaded(pem.load_der(chosen[0].der, None), (chosen[0], *rest))
    shown = _shown(list(names.values()))
    if alias is not None:
        raise InvalidKeyError(
            f"alias= does not name exactly one key of the PKCS#12 file: it has {shown}"
        )
    if not names:
        raise InvalidKeyError("the PKCS#12 file has neither a private key nor a certificate")
    raise InvalidKeyError(
        f"the PKCS#12 file has {len(names)} certificates and no key: alias= names one of {shown}"
    )


def _with_key(material: Material, certificates: tuple[Certificate, ...]) -> Loaded:
    """Put the certificate of the key first; the others stay in their order."""
    own = pem.spki_sha256(public(material))
    return Loaded(material, tuple(sorted(certificates, key=lambda one: one.spki_sha256 != own)))


def _of_bag(bag: Bag, protection: bytes | None) -> Material:
    return pem.load_der(bag.der, protection if bag.is_encrypted else None)


def _bags(data: bytes, protection: bytes | None) -> Iterator[Bag]:
    """Yield the private keys of a file. RFC 7292 section 4."""
    for content in _contents(data, protection):
        outer = der.element(content, 0, len(content))
        if outer is None:
            continue
        for bag in der.elements(content, outer):
            parts = list(der.elements(content, bag))
            oid = content[parts[0].start : parts[0].end] if parts else b""
            if oid in _KEY_BAGS and len(parts) > 1:
                value = content[parts[1].start : parts[1].end]
                yield Bag(_friendly_name(content, parts[2:]), value, _KEY_BAGS[oid])


def _contents(data: bytes, protection: bytes | None) -> Iterator[bytes]:
    """Yield the SafeContents of each part, except those under an older encryption."""
    safe = _path(data, (1, 1, 0))
    outer = None if safe is None else der.element(safe, 0, len(safe))
    if safe is None or outer is None:
        return
    for info in der.elements(safe, outer):
        parts = list(der.elements(safe, info))
        kind = safe[parts[0].start : parts[0].end] if len(parts) > 1 else b""
        inner = list(der.elements(safe, parts[1])) if kind in {_DATA, _ENCRYPTED_DATA} else []
        content = safe[inner[0].start : inner[0].end] if inner else b""
        if kind == _ENCRYPTED_DATA:
            content = encrypted_parts.decrypted(content, protection) or b""
        yield content


def _path(data: bytes, steps: tuple[int, ...]) -> bytes | None:
    """Return the content of an element by its position on each level."""
    found = der.element(data, 0, len(data))
    for step in steps:
        if found is None:
            return None
        inner = list(der.elements(data, found))
        found = inner[step] if step < len(inner) else None
    return None if found is None else data[found.start : found.end]


def _friendly_name(content: bytes, attributes: list[der.Element]) -> str:
    for group in attributes:
        for attribute in der.elements(content, group):
            parts = list(der.elements(content, attribute))
            if len(parts) > 1 and content[parts[0].start : parts[0].end] == _FRIENDLY_NAME:
                values = list(der.elements(content, parts[1]))
                raw = content[values[0].start : values[0].end] if values else b""
                return raw.decode("utf-16-be", errors="replace")
    return ""


def _shown(names: list[str]) -> str:
    """Write the names of a file so that they can't steer a terminal."""
    plain = [ascii(name[:_MOST_NAME_CHARACTERS]) for name in names[:_MOST_NAMES]]
    return ", ".join(plain) + (", ..." if len(names) > _MOST_NAMES else "")


def _is_bmp_text(raw: bytes) -> bool:
    """Tell whether PKCS#12 can carry a password. RFC 7292 appendix B.1."""
    with suppress(UnicodeDecodeError):
        return "\0" not in raw.decode()
    return False
