"""Parse a token as far as possible: anything that is not canonical is repaired, and named.

The result is never used to decrypt a token, except by the trials of the command line.

Source: RFC 7515 sections 2 and 4, RFC 7516 section 3.1.
"""

import re
from collections.abc import Container, Iterator
from typing import Final, NamedTuple

from msgspec import Struct, structs

from joseal._core.algorithms.registry import SIGS
from joseal._core.wire import base64url, strict_json
from joseal._core.wire.compact import JWE_SEGMENTS, JWS_SEGMENTS
from joseal.diagnosis.model import Form

JWE_NAMES: Final = ("protected header", "encrypted key", "iv", "ciphertext", "tag")
_JWS_NAMES: Final = ("protected header", "payload", "signature")

_ALPHABET: Final = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
_NOT_CANONICAL: Final = re.compile(r"[^\w-]", re.ASCII)
_OTHER_ALPHABET: Final = str.maketrans("+/", "-_")

# A header over this is not parsed, since its values would take a multiple of its size in memory.
READ_BYTES: Final = 64 * 1024

# This many random bytes are never all from one alphabet.
_LEAST_TEXT: Final = 16
_TEXT: Final = re.compile(rb"[\w+/-]+={0,2}", re.ASCII)
_HEX: Final = re.compile(rb"(?:[0-9a-fA-F]{2})++")
# With a digit and a letter, because zeros are written with the letter A only.
_IS_HEX: Final = re.compile(
    r"(?=[a-f]*[0-9])(?=[0-9]*[a-f])(?:[0-9a-f]{2})++"
    r"|(?=[A-F]*[0-9])(?=[0-9]*[A-F])(?:[0-9A-F]{2})++"
)

# Segments whose bytes look random. The payload of a JWS may be anything.
_BINARY: Final = ("encrypted key", "iv", "ciphertext", "tag", "signature")
_FREE: Final = ("payload",)
_THROUGH_TEXT: Final = ("text_latin1", "text_lost")
# This many random bytes are never UTF-8.
_LEAST_LATIN1: Final = 28
_REPLACEMENT: Final = "\ufffd".encode()
_BOM: Final = b"\xef\xbb\xbf"


class Part(Struct, frozen=True, kw_only=True):
    """A segment.

    Attributes:
        name: its name.
        text: as received.
        bytes: decoded, after a repair if necessary; None if that is not possible.
        faults: codes of what is wrong with its encoding.
    """

    name: str
    text: str
    raw: bytes | None
    faults: tuple[str, ...] = ()

    @property
    def size(self) -> int:
        """How many bytes it has; zero if it can't be decoded."""
        return 0 if self.raw is None else len(self.raw)


class Recipient(NamedTuple):
    """The members of one recipient, or of one signature, in the JSON serialization.

    Attributes:
        members: those of the shared and the recipient's own unprotected header together.
        own: the texts of the segments that are its own, each with its place in a compact token.
    """

    members: dict[str, object]
    own: tuple[tuple[int, str], ...] = ()


class Outside(NamedTuple):
    """The members of a JSON serialization that have no place in the compact form.

    Attributes:
        recipients: in their order.
        aad: the text of the member; None if there is none.
    """

    recipients: tuple[Recipient, ...] = ()
    aad: str | None = None


class Reading(NamedTuple):
    """A parsed token.

    Attributes:
        text: without the text around it.
        form: what it is, or was intended to be.
        parts: its segments.
        members: those of the header, and those outside the protected one; None if it is not a JSON
            object.
        outside: the parts of a JSON serialization that have no place in a compact token.
    """

    text: str
    form: Form
    parts: tuple[Part, ...]
    members: dict[str, object] | None
    outside: Outside = Outside()

    def text_of(self, name: str) -> str | None:
        """Return a member of the header if it is a text."""
        value = (self.members or {}).get(name)
        return value if isinstance(value, str) else None

    def part(self, name: str) -> Part:
        """Return a segment; an empty one if it is missing."""
        empty = Part(name=name, text="", raw=b"")
        return next((part for part in self.parts if part.name == name), empty)


def readings(reading: Reading) -> Iterator[Reading]:
    """Yield the token as each recipient, or with each signature, of a JSON serialization."""
    yield reading
    for recipient in reading.outside.recipients[1:]:
        own = dict(recipient.own)
        texts = [own.get(place, part.text) for place, part in enumerate(reading.parts)]
        yield read(".".join(texts), Outside((recipient,), reading.outside.aad))


def read(text: str, outside: Outside = Outside()) -> Reading:  # noqa: B008 - it is immutable
    """Parse a token without the text around it."""
    texts = text.split(".", JWE_SEGMENTS + 1) if text else []
    header = repaired("protected header", texts[0]) if texts else None
    members = None if header is None else _members(header)
    shared = outside.recipients[0].members if outside.recipients else {}
    if shared and header is not None and (members is not None or not header.text):
        # RFC 7516 section 7.2.1: the names are disjoint, and the protected value counts.
        members = {**shared, **(members or {})}
    form = _form(len(texts), members)
    names = _names(form, len(texts))
    parts = tuple(repaired(name, part) for name, part in zip(names, texts, strict=True))
    return Reading(text, form, _through_text(parts), members, outside)


def _through_text(parts: tuple[Part, ...]) -> tuple[Part, ...]:
    """Mark short segments as well, once a long one has shown that bytes were treated as text."""
    long = {code for part in parts for code in part.faults if code in _THROUGH_TEXT}
    if not long:
        return parts
    return tuple(
        structs.replace(part, faults=(*part.faults, "text_latin1"))
        if "text_latin1" in long
        and "text_latin1" not in part.faults
        and part.name in _BINARY
        and not (part.raw or b"").isascii()
        and _from_latin1(part.raw or b"") is not None
        else part
        for part in parts
    )


def _members(header: Part) -> dict[str, object] | None:
    if header.raw is None or header.size > READ_BYTES:
        return None
    raw = header.raw
    if raw.startswith(_BOM):
        return strict_json.load_object(raw.removeprefix(_BOM))
    if is_utf16(raw):
        return strict_json.load_object(raw.decode("utf-16", "replace").encode("utf-8", "replace"))
    inner = undone(header)
    return strict_json.load_object(raw if inner is None else inner)


def is_utf16(raw: bytes) -> bool:
    """Tell whether the JSON of a header is UTF-16, with or without a byte order mark."""
    return raw.startswith((b"\xff\xfe", b"\xfe\xff")) or raw[1:4:2] == b"\0\0"


def _form(segments: int, members: dict[str, object] | None) -> Form:
    """Decide by the number of segments and, if it fits neither, by the header."""
    known = members or {}
    if segments == JWE_SEGMENTS or ("enc" in known and known.get("alg") not in [*SIGS]):
        return "jwe"
    return "jws" if segments == JWS_SEGMENTS else "unknown"


def _names(form: Form, count: int) -> list[str]:
    known = {"jwe": JWE_NAMES, "jws": _JWS_NAMES, "unknown": JWE_NAMES[:1]}[form]
    return [
        known[place] if place < len(known) else f"segment {place + 1}" for place in range(count)
    ]


def repaired(name: str, text: str) -> Part:
    """Decode a segment, and name what had to be repaired for it."""
    faults: list[str] = []
    ascii_only = text.encode("ascii", "replace").decode("ascii")
    if len(text) >= _LEAST_TEXT and name not in _FREE and _IS_HEX.fullmatch(text) is not None:
        # Every hex digit is also in base64url.
        return Part(name=name, text=text, raw=ascii_only.encode(), faults=("hex_segment",))
    decoded = base64url.decode_text(text)
    if decoded is None:
        faults, decoded = _repair(ascii_only)
    encoding = None if decoded is None else _inner_encoding(decoded, name)
    if encoding is not None:
        faults = [*faults, encoding]
    return Part(name=name, text=text, raw=decoded, faults=tuple(faults))


def member_bytes(value: object, sizes: Container[int] | None = None) -> bytes | None:
    """Decode a member that should be base64url: repaired, or from hex if only that has the size."""
    if not isinstance(value, str) or not value.isascii():
        return None
    raw = repaired("payload", value).raw
    if sizes is None or (raw is not None and len(raw) in sizes):
        return raw
    is_hex = _HEX.fullmatch(value.encode("ascii")) is not None
    return bytes.fromhex(value) if is_hex and len(value) // 2 in sizes else raw


def _repair(text: str) -> tuple[list[str], bytes | None]:
    faults: list[str] = []
    bare = text.rstrip("=")
    if bare != text:
        faults.append("padded")
    if "+" in bare or "/" in bare:
        faults.append("standard_base64")
        bare = bare.translate(_OTHER_ALPHABET)
    if _NOT_CANONICAL.search(bare) is not None:
        return [*faults, "foreign_characters"], None
    decoded = base64url.decode_text(bare)
    if decoded is None:
        faults.append("trailing_bits")
        decoded = base64url.decode(_cleared(bare.encode("ascii")))
    return faults, decoded


def _cleared(text: bytes) -> bytes:
    """Clear the bits that encode nothing; a single last character encodes nothing at all."""
    rest = len(text) & 3
    if rest == 1:
        return text[:-1]
    unused = 0x0F if rest == 2 else 0x03  # noqa: PLR2004 - four bits, or two
    return text[:-1] + _ALPHABET[_ALPHABET.index(text[-1]) & ~unused :][:1]


def _inner_encoding(raw: bytes, name: str) -> str | None:
    """Tell whether decoded bytes are hex or base64 text again, or were treated as text."""
    if len(raw) < _LEAST_TEXT:
        return None
    if not raw.isascii():
        return _text_encoding(raw) if name in _BINARY else None
    if _HEX.fullmatch(raw) is not None:
        return "hex_segment"
    return "double_base64" if _TEXT.fullmatch(raw) is not None else None


def _text_encoding(raw: bytes) -> str | None:
    if raw.count(_REPLACEMENT) > 1:
        return "text_lost"
    enough = len(raw) >= _LEAST_LATIN1
    return "text_latin1" if enough and _from_latin1(raw) is not None else None


def _from_latin1(raw: bytes) -> bytes | None:
    """Undo UTF-8 of Latin-1, or of Windows-1252, which .NET and Java on Windows use instead."""
    for encoding in ("latin-1", "cp1252"):
        try:
            return raw.decode("utf-8").encode(encoding)
        except UnicodeError:
            continue
    return None


def undone(part: Part) -> bytes | None:
    """Undo the inner encoding of a segment that has one."""
    if part.raw is None or "text_lost" in part.faults:
        return None
    if "text_latin1" in part.faults:
        return _from_latin1(part.raw)
    if "hex_segment" in part.faults:
        return bytes.fromhex(part.raw.decode("ascii"))
    if "double_base64" not in part.faults:
        return None
    return repaired(part.name, part.raw.decode("ascii")).raw
