"""The compact serialization: segments between dots.

Rules:
- Sizes are checked before anything is split or decoded.
- A token is ASCII and has an exact number of segments; nothing is trimmed.

Source: RFC 7516 sections 3.1, 5.2 and 7.1; RFC 7515 sections 3.1 and 7.1.
"""

from typing import Final, Generic, TypeVar

from msgspec import Struct

from joseal._core import checks
from joseal._core.limits import Limits
from joseal._core.wire import base64url, faults, large
from joseal._core.wire.large import LargeCiphertext, Span
from joseal.errors import MalformedTokenError, TokenTooLargeError

JWE_SEGMENTS = 5
JWS_SEGMENTS = 3

# Measured: in tokens above this size, copying the ciphertext costs more than avoiding the copy.
LARGE_BYTES: Final = 64 * 1024


# Measured: a union made for each token costs more than the rest of the check.
_TEXT: Final = (str, bytes)

_C = TypeVar("_C")


class CompactJwe(Struct, Generic[_C], frozen=True):
    """A JWE cut into its segments, each still encoded.

    Attributes:
        protected: the header.
        encrypted_key: empty if the `alg` has none.
        iv: the initialization vector.
        ciphertext: the segment, or its position in a token or a file.
        tag: the authentication tag.
    """

    protected: bytes
    encrypted_key: bytes
    iv: bytes
    ciphertext: _C
    tag: bytes


class DecodedJwe(Struct, frozen=True):
    """The segments of a JWE after its header, decoded."""

    encrypted_key: bytes
    iv: bytes
    ciphertext: bytes | LargeCiphertext
    tag: bytes


def split(token: str | bytes, segments: int, limits: Limits) -> list[bytes]:
    """Split a token into its encoded segments.

    Raises:
        TypeError: the token is neither str nor bytes.
        TokenTooLargeError: it is over `token_bytes`, or its header over `header_bytes`.
        MalformedTokenError: it is not ASCII, or does not have that number of segments.
    """
    _check(token, limits)
    return _cut(token, segments, limits)


def parse_jwe(token: str | bytes, limits: Limits) -> CompactJwe[bytes | Span]:
    """Split a JWE as `split` does, without a copy of a large ciphertext.

    Raises: as `split` does.
    """
    _check(token, limits)
    if len(token) >= LARGE_BYTES:
        rest, ciphertext = large.split(token)
        protected, encrypted_key, iv, _, tag = _cut(rest, JWE_SEGMENTS, limits)
        return CompactJwe(protected, encrypted_key, iv, ciphertext, tag)
    return CompactJwe(*_cut(token, JWE_SEGMENTS, limits))


def decode(segment: bytes, name: str) -> bytes:
    """Decode one segment.

    Raises:
        MalformedTokenError: it is not canonical base64url; the message gives `name`.
    """
    raw = base64url.decode(segment)
    if raw is None:
        raise faults.segment(segment, name)
    return raw


def decode_jwe(parts: CompactJwe[bytes | Span]) -> DecodedJwe:
    """Decode all segments except the header.

    Raises:
        MalformedTokenError: one is not canonical base64url; the message names the first.
    """
    wrapped, iv, ciphertext, tag = parts.encrypted_key, parts.iv, parts.ciphertext, parts.tag
    if isinstance(ciphertext, bytes):
        decoded = base64url.decode_all((wrapped, iv, ciphertext, tag))
        if decoded is not None:
            return DecodedJwe(*decoded)
    return DecodedJwe(
        decode(wrapped, "encrypted key"),
        decode(iv, "iv"),
        decode_ciphertext(ciphertext),
        decode(tag, "tag"),
    )


def decode_ciphertext(segment: bytes | Span) -> bytes | LargeCiphertext:
    """Decode the ciphertext; a large one into the memory of its plaintext.

    Raises:
        MalformedTokenError: it is not canonical base64url.
    """
    if isinstance(segment, bytes):
        return decode(segment, "ciphertext")
    raw = large.decode(segment)
    if raw is None:
        raise MalformedTokenError("the ciphertext is not canonical base64url")
    return raw


def _check(token: str | bytes, limits: Limits) -> None:
    if not isinstance(token, _TEXT):
        raise checks.wrong_type("token", "str or bytes", token)
    if len(token) > limits.token_bytes:
        raise TokenTooLargeError("token_bytes", limits.token_bytes, len(token))
    if not token.isascii():
        raise faults.not_ascii(token)


def _cut(token: str | bytes, segments: int, limits: Limits) -> list[bytes]:
    raw = token if isinstance(token, bytes) else token.encode("ascii")
    parts = raw.split(b".", segments)
    if len(parts) != segments:
        raise faults.segments(raw, segments)
    most_bytes = limits.header_bytes
    if len(parts[0]) > most_bytes and len(parts[0]) > base64url.encoded_bytes(most_bytes):
        found = len(parts[0]) * 3 // 4
        raise TokenTooLargeError("header_bytes", limits.header_bytes, found)
    return parts
