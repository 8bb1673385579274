"""Read a token as far as it can be read: what is not canonical is repaired, and named.

Nothing that is read here is ever used to open a token, but by the trials of the command line.

Source: RFC 7515 sections 2 and 4, RFC 7516 section 3.1.
"""

import re
from typing import Final, NamedTuple

from msgspec import Struct

from joseal._core.algorithms.registry import SIGS
from joseal._core.wire import base64url, strict_json
from joseal._core.wire.compact import JWE_SEGMENTS, JWS_SEGMENTS
from joseal.diagnosis.model import Form

JWE_NAMES: Final = ("protected header", "encrypted key", "iv", "ciphertext", "tag")
_JWS_NAMES: Final = ("protected header", "payload", "signature")

_ALPHABET: Final = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
_NOT_CANONICAL: Final = re.compile(r"[^\w-]", re.ASCII)
_OTHER_ALPHABET: Final = str.maketrans("+/", "-_")

# A header over this is not read, since its values would take a multiple of its size in memory.
READ_BYTES: Final = 64 * 1024

# Random bytes of this number are never all of one alphabet.
_LEAST_TEXT: Final = 16
_TEXT: Final = re.compile(rb"[\w+/-]+={0,2}", re.ASCII)
_HEX: Final = re.compile(rb"(?:[0-9a-fA-F]{2})+")


class Part(Struct, frozen=True, kw_only=True):
    """A segment.

    Attributes:
        name: what it is.
        text: as it stands.
        bytes: decoded, after a repair if need be; None where that can't be done.
        faults: codes of what is wrong with its encoding.
    """

    name: str
    text: str
    raw: bytes | None
    faults: tuple[str, ...] = ()

    @property
    def size(self) -> int:
        """How many bytes it has; zero for what can't be decoded."""
        return 0 if self.raw is None else len(self.raw)


class Reading(NamedTuple):
    """A token that was read.

    Attributes:
        text: without what stood around it.
        form: what it is, or was meant to be.
        parts: its segments.
        members: of the header; None where it is no JSON object.
    """

    text: str
    form: Form
    parts: tuple[Part, ...]
    members: dict[str, object] | None

    def text_of(self, name: str) -> str | None:
        """Return a member of the header if it is a text."""
        value = (self.members or {}).get(name)
        return value if isinstance(value, str) else None

    def part(self, name: str) -> Part:
        """Return a segment; an empty one where it is missing."""
        empty = Part(name=name, text="", raw=b"")
        return next((part for part in self.parts if part.name == name), empty)


def read(text: str) -> Reading:
    """Read a token without what stood around it."""
    texts = text.split(".", JWE_SEGMENTS + 1) if text else []
    header = repaired("protected header", texts[0]) if texts else None
    members = None if header is None else _members(header)
    form = _form(len(texts), members)
    names = _names(form, len(texts))
    parts = tuple(repaired(name, part) for name, part in zip(names, texts, strict=True))
    return Reading(text, form, parts, members)


def _members(header: Part) -> dict[str, object] | None:
    if header.raw is None or header.size > READ_BYTES:
        return None
    return strict_json.load_object(header.raw)


def _form(segments: int, members: dict[str, object] | None) -> Form:
    """Go by the number of segments, and where it is that of neither by the header."""
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
    decoded = base64url.decode_text(text)
    if decoded is None:
        faults, decoded = _repair(ascii_only)
    encoding = None if decoded is None else _inner_encoding(decoded)
    if encoding is not None:
        faults = [*faults, encoding]
    return Part(name=name, text=text, raw=decoded, faults=tuple(faults))


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


def _inner_encoding(raw: bytes) -> str | None:
    """Tell whether decoded bytes are hex or base64 text again."""
    if len(raw) < _LEAST_TEXT or not raw.isascii():
        return None
    if _HEX.fullmatch(raw) is not None:
        return "hex_segment"
    return "double_base64" if _TEXT.fullmatch(raw) is not None else None


def undone(part: Part) -> bytes | None:
    """Undo the inner encoding of a segment that has one."""
    if part.raw is None:
        return None
    if "hex_segment" in part.faults:
        return bytes.fromhex(part.raw.decode("ascii"))
    if "double_base64" not in part.faults:
        return None
    return repaired(part.name, part.raw.decode("ascii")).raw
