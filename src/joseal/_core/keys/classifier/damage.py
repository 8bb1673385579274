"""Recognize what happened to bytes on their way, from what is left of them.

Source: RFC 7468 section 3, X.690 section 8.1.
"""

import re
from collections.abc import Mapping
from typing import Final

from joseal._core.keys.classifier import der

_REPLACEMENT: Final = "\ufffd".encode()
_SPACE: Final = b" \t\n\r\x0b\x0c"
_IN_FRONT: Final = b" \t\r\n\xef\xbb\xbf"
# SEC 1 section 2.3.3: the first bytes of a point, by its size.
_POINTS: Final[Mapping[int, bytes]] = {
    65: b"\x04",
    97: b"\x04",
    133: b"\x04",
    33: b"\x02\x03",
    49: b"\x02\x03",
    67: b"\x02\x03",
}
_BLANK_LINE: Final = re.compile(rb"[^\s]\r?\n[ \t]*\r?\n[ \t]*[^\s]")
_BLANK_WITHIN: Final = re.compile(rb"[A-Za-z0-9+/] [A-Za-z0-9+/]")
_HEX: Final = re.compile(rb"(?:[0-9A-Fa-f]{2})++")
_URL_ALPHABET: Final = re.compile(rb"[-_]")


def of_der(data: bytes) -> str | None:
    """Say what happened to bytes that are not, or not only, DER; None if nothing is seen."""
    bare = data.lstrip(_IN_FRONT)
    if bare != data and der.kind(bare) is not None:
        return "der-preceded"
    if data[:1] and data[:1] in _POINTS.get(len(data), b""):
        return "raw-point"
    if data[:1] != b"\x30":
        return None
    if _REPLACEMENT in data:
        return "der-lost"
    if _is_whole(_from_latin1(data)):
        return "der-text"
    unix = data.replace(b"\r\n", b"\n")
    return "der-line-ends" if unix != data and _is_whole(unix) else None


def _is_whole(data: bytes) -> bool:
    return der.kind(data) is not None and not der.is_followed(data)


def _from_latin1(data: bytes) -> bytes:
    try:
        return data.decode("utf-8").encode("latin-1")
    except UnicodeError:
        return b""


def of_body(body: bytes) -> str | None:
    """Say what happened to the body of a PEM block; None if nothing is seen."""
    joined = body.translate(None, _SPACE)
    if _HEX.fullmatch(joined) is not None and der.kind(bytes.fromhex(joined.decode())) is not None:
        return "pem-hex"
    if _BLANK_LINE.search(body) is not None:
        return "pem-blank-lines"
    if _URL_ALPHABET.search(body) is not None:
        return "pem-base64url"
    if b"\n" in body and _BLANK_WITHIN.search(body) is not None:
        return "pem-blanks"
    return None
