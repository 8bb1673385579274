"""Canonical base64url without padding.

Rules:
- One octet string has one encoding: foreign characters, white space, padding, the `+` and `/` of
  the other alphabet and non-zero trailing bits are refused, so that two different strings are
  never the same token.
- Nothing is raised here: what is not canonical is None, and the caller names what it was.

Source: RFC 7515 section 2 and appendix C, RFC 4648 sections 3.5 and 5.
"""

from typing import Final

from pybase64 import b64decode, b64encode

_ALPHABET: Final = b"-_"

# The last character of an incomplete quantum carries 4 or 2 bits that encode nothing: they are
# zero for these characters only.
_LAST_OF_TWO: Final = b"AQgw"
_LAST_OF_THREE: Final = b"AEIMQUYcgkosw048"


def encode(data: bytes) -> bytes:
    """Encode octets. RFC 7515 section 2."""
    return b64encode(data, _ALPHABET).rstrip(b"=")


def encoded_bytes(size_bytes: int) -> int:
    """Return how many characters `size_bytes` octets take."""
    return (size_bytes * 4 + 2) // 3


def decode(segment: bytes) -> bytes | None:
    """Decode the canonical form of some octets; anything else is None."""
    # The decoder takes these three for granted, whatever the alphabet.
    if b"=" in segment or b"+" in segment or b"/" in segment:
        return None
    rest = len(segment) & 3
    if rest == 0:
        return _decode_quanta(segment)
    if rest == 1 or segment[-1] not in (_LAST_OF_TWO if rest == 2 else _LAST_OF_THREE):  # noqa: PLR2004
        return None
    # The tail is decoded apart, so that a large segment is not copied for its padding.
    head = _decode_quanta(memoryview(segment)[:-rest])
    tail = _decode_quanta(segment[-rest:] + b"=" * (4 - rest))
    if head is None or tail is None:
        return None
    return head + tail


def _decode_quanta(quanta: bytes | memoryview) -> bytes | None:
    """Decode whole quanta of four characters."""
    try:
        return b64decode(quanta, _ALPHABET, validate=True)
    except ValueError:
        return None
