"""Canonical base64url without padding.

Rules:
- One byte string has one encoding: foreign characters, white space, padding, the `+` and `/` of
  the other alphabet and non-zero trailing bits are refused, so that two different strings are
  never the same token.
- Nothing is raised here: the result is None if the text is not canonical, and the caller names the
  part.

Source: RFC 7515 section 2 and appendix C, RFC 4648 sections 3.5 and 5.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from pybase64 import b64decode, b64encode, b64encode_as_string

_ALPHABET: Final = b"-_"

# The decoder accepts these in any alphabet.
_PAD, _PLUS, _SLASH = b"=+/"

# The padding that completes a quantum, by its number of characters.
_PADS: Final = (b"", b"===", b"==", b"=")

# The last character of an incomplete quantum carries 4 or 2 bits that encode nothing: they are
# zero for these characters only. By the number of characters; a single one encodes nothing.
_LAST: Final = (b"", b"", b"AQgw", b"AEIMQUYcgkosw048")


def encode(data: bytes) -> bytes:
    """Encode bytes. RFC 7515 section 2."""
    return b64encode(data, _ALPHABET).rstrip(b"=")


def join(head: bytes, encrypted_key: bytes, iv: bytes, ciphertext: bytes, tag: bytes) -> str:
    """Append the other segments of a JWE, encoded, to its encoded header."""
    # Measured: a call for each segment costs as much as its encoding.
    return b".".join(
        (
            head,
            b64encode(encrypted_key, _ALPHABET).rstrip(b"="),
            b64encode(iv, _ALPHABET).rstrip(b"="),
            b64encode(ciphertext, _ALPHABET).rstrip(b"="),
            b64encode(tag, _ALPHABET).rstrip(b"="),
        )
    ).decode("ascii")


def encode_chunks(chunks: Iterable[bytes]) -> Iterator[str]:
    """Encode one byte string that arrives in chunks."""
    rest = b""
    for chunk in chunks:
        raw = rest + chunk if rest else chunk
        whole = len(raw) - len(raw) % 3
        rest = raw[whole:]
        yield b64encode_as_string(memoryview(raw)[:whole], _ALPHABET)
    yield b64encode_as_string(rest, _ALPHABET).rstrip("=")


def encoded_bytes(size_bytes: int) -> int:
    """Return how many characters `size_bytes` bytes take."""
    return (size_bytes * 4 + 2) // 3


def decode_text(text: str) -> bytes | None:
    """Decode the canonical form in a header or JWK member; anything else is None."""
    return decode(text.encode("ascii")) if text.isascii() else None


def decode(segment: bytes) -> bytes | None:
    """Decode the canonical form of some bytes; anything else is None."""
    if _PAD in segment or _PLUS in segment or _SLASH in segment:
        return None
    return _decode(segment)


def decode_all(segments: Sequence[bytes]) -> list[bytes] | None:
    """Decode several segments, each as `decode` does; None if one of them is not canonical."""
    # Measured: one check of all of them costs less than a check of each.
    text = b"".join(segments)
    if _PAD in text or _PLUS in text or _SLASH in text:
        return None
    decoded: list[bytes] = []
    for segment in segments:
        raw = _decode(segment) if segment else segment
        if raw is None:
            return None
        decoded.append(raw)
    return decoded


def decode_whole(chunk: str | bytes) -> bytes | None:
    """Decode some complete quanta of a large ASCII text as `decode` does, without copying them."""
    if isinstance(chunk, str):
        if "+" in chunk or "/" in chunk:
            return None
    elif _PLUS in chunk or _SLASH in chunk:
        return None
    try:
        raw = b64decode(chunk, _ALPHABET, True)  # noqa: FBT003
    except ValueError:
        return None
    # A padded chunk gives less. Measured: searching for = takes as long as any other character.
    return raw if 4 * len(raw) == 3 * len(chunk) else None


def _decode(segment: bytes) -> bytes | None:
    """Decode a segment that has none of the characters that the decoder accepts in any alphabet."""
    rest = len(segment) & 3
    if rest:
        if segment[-1] not in _LAST[rest]:
            return None
        segment += _PADS[rest]
    try:
        # By position: measured, keyword arguments cost as much as the decoding.
        return b64decode(segment, _ALPHABET, True)  # noqa: FBT003
    except ValueError:
        return None
