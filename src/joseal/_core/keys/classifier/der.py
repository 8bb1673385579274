"""Recognize DER by its outline, as one of the formats of keys, certificates and containers.

Rules:
- Only tags and lengths are decoded, and no byte of the content is kept or shown.
- No exception is raised: for bytes of an unknown outline the result is None.

Source: X.690 section 8.1; RFC 5280, RFC 5208, RFC 5915, RFC 8017 appendix A.1, RFC 7292, RFC 2986.
"""

from collections.abc import Iterator
from typing import Final, NamedTuple

SEQUENCE: Final = 0x30
SET: Final = 0x31
INTEGER: Final = 0x02
OCTET_STRING: Final = 0x04
OID: Final = 0x06
BMP_STRING: Final = 0x1E
_BIT_STRING: Final = 0x03
_CONTEXT: Final = 0xA0
_UTC_TIME, _GENERALIZED_TIME = 0x17, 0x18
_LONG: Final = 0x80

# How many elements of one level are looked at: no outline needs more.
_MOST_ELEMENTS: Final = 64
# RFC 8017 appendix A.1.2: version, n, e, d, p, q, and three CRT members.
_RSA_INTEGERS, _DSA_INTEGERS = 9, 6
_VERSIONS: Final = (b"\0", b"\1", b"\2", b"\3")
_OID_SIZES: Final = tuple(bytes([size]) for size in range(3, 12))
_PKCS12_VERSION: Final = b"\x03"
# id-ecPublicKey, 1.2.840.10045.2.1.
_EC: Final = b"\x2a\x86\x48\xce\x3d\x02\x01"
# id-signedData and id-envelopedData, 1.2.840.113549.1.7.2 and .3.
_PKCS7: Final = b"\x2a\x86\x48\x86\xf7\x0d\x01\x07"


class Element(NamedTuple):
    """One element: its tag, and where its content and the next element begin."""

    tag: int
    start: int
    end: int


def element(data: bytes, at: int, stop: int) -> Element | None:
    """Return the element at a position; None if its header is not complete."""
    if stop - at < 2:  # noqa: PLR2004 - tag and length
        return None
    size, start = data[at + 1], at + 2
    if size == _LONG:
        return Element(data[at], start, stop)
    if size > _LONG:
        wide = size - _LONG
        size, start = int.from_bytes(data[start : start + wide], "big"), start + wide
    return Element(data[at], start, start + size)


def elements(data: bytes, outer: Element) -> Iterator[Element]:
    """Yield the elements inside an element, up to the first that is not complete."""
    at, stop = outer.start, min(outer.end, len(data))
    for _ in range(_MOST_ELEMENTS):
        found = element(data, at, stop)
        if found is None or found.end > stop:
            return
        yield found
        at = found.end


def kind(data: bytes) -> str | None:
    """Return the name of a format; None if the bytes are not a sequence of a known outline."""
    outer = element(data, 0, len(data))
    if outer is None or outer.tag != SEQUENCE or outer.end > len(data):
        return None
    inner = list(elements(data, outer))
    tags = tuple(each.tag for each in inner)
    if not inner:
        return None
    if tags[0] == INTEGER:
        return _of_integer(data, inner, tags)
    if tags[0] == OID:
        found = data[inner[0].start : inner[0].end].startswith(_PKCS7)
        return "der-pkcs7" if found else None
    if tags[0] == SEQUENCE:
        return _of_sequence(data, inner, tags)
    return None


def identifier(data: bytes) -> bytes | None:
    """Return the OID of a key's algorithm, or of its curve; None if the outline has none."""
    found = kind(data)
    outer = element(data, 0, len(data))
    inner = [] if outer is None else list(elements(data, outer))
    if found == "der-certificate":
        inner = list(elements(data, inner[0]))
        # If there is a version, the serial number, algorithm, issuer, dates and subject come before
        # it.
        place = 6 if inner[0].tag == _CONTEXT else 5
        inner = list(elements(data, inner[place])) if len(inner) > place else []
    elif found == "der-pkcs8":
        inner = inner[1:]
    elif found == "der-sec1":
        # The parameters, which are tagged.
        inner = [each for each in inner if each.tag == _CONTEXT]
    elif found != "der-spki":
        return None
    oids = [each for each in elements(data, inner[0]) if each.tag == OID] if inner else []
    texts = [data[each.start : each.end] for each in oids[:2]]
    # All Weierstrass curves share one algorithm, whose parameter is the curve.
    if texts[:1] == [_EC]:
        return texts[-1]
    return texts[0] if texts else None


def is_cut(data: bytes) -> bool:
    """Tell whether the outermost element says that it is longer than the bytes."""
    outer = element(data, 0, len(data))
    return outer is not None and outer.tag == SEQUENCE and outer.end > len(data)


def is_cut_key(data: bytes) -> bool:
    """Tell whether the bytes are the beginning of a key or of a certificate, by its first elements.

    About one in ten million random strings that `is_cut` takes for DER passes.
    """
    outer = element(data, 0, len(data))
    inner = None if outer is None or not is_cut(data) else element(data, outer.start, len(data))
    if inner is None:
        return False
    first = data[inner.start : inner.start + 2]
    if inner.tag == INTEGER:
        size = inner.end - inner.start
        # A version, or a modulus, whose first bit is not a sign.
        return first[:1] in _VERSIONS if size == 1 else size > _LONG and first[:1] == b"\0"
    # An algorithm's OID, or the version of a certificate.
    is_named = first[:1] == bytes([OID]) and first[1:] in _OID_SIZES
    return inner.tag == SEQUENCE and (is_named or first == bytes([_CONTEXT, 3]))


def is_followed(data: bytes) -> bool:
    """Tell whether bytes follow the outermost element."""
    outer = element(data, 0, len(data))
    return outer is not None and outer.end < len(data)


def _of_integer(data: bytes, inner: list[Element], tags: tuple[int, ...]) -> str | None:
    number = data[inner[0].start : inner[0].end]
    if all(tag == INTEGER for tag in tags):
        if len(tags) == 2:  # noqa: PLR2004 - n and e
            return "der-pkcs1-public"
        named = {_RSA_INTEGERS: "der-pkcs1-private", _DSA_INTEGERS: "der-dsa-private"}
        return named.get(len(tags))
    if tags[1] == SEQUENCE:
        return "pkcs12" if number == _PKCS12_VERSION else "der-pkcs8"
    return "der-sec1" if tags[1] == OCTET_STRING else None


def _of_sequence(data: bytes, inner: list[Element], tags: tuple[int, ...]) -> str | None:
    if tags == (SEQUENCE, _BIT_STRING):
        return "der-spki"
    if tags == (SEQUENCE, OCTET_STRING):
        return "der-pkcs8-encrypted"
    if tags[:3] != (SEQUENCE, SEQUENCE, _BIT_STRING):
        return None
    signed = tuple(each.tag for each in elements(data, inner[0]))
    if signed[:1] == (_CONTEXT,) or signed[:5] == (INTEGER, *(SEQUENCE,) * 4):
        return "der-certificate"
    if signed[:1] == (INTEGER,) and signed[-1] == _CONTEXT and len(signed) == 4:  # noqa: PLR2004
        return "der-csr"
    times = {_UTC_TIME, _GENERALIZED_TIME}
    return "der-crl" if times.intersection(signed[2:5]) else None
