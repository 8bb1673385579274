"""What can be read of a token without any key: its header, and the sizes of its segments."""

from typing import Final

from msgspec import Struct

from joseal import Limits
from joseal._core.wire import compact, header

_SEGMENTS: Final = (
    ("protected header", "which algorithms; readable by everyone"),
    ("encrypted key", "the content key, sealed to the receiver"),
    ("iv", "makes equal plaintexts look different"),
    ("ciphertext", "the plaintext, under the content key"),
    ("tag", "proves that nothing was changed"),
)


class Segment(Struct, frozen=True, kw_only=True):
    """One of the five segments.

    Attributes:
        name: what RFC 7516 calls it.
        characters: its size in the token.
        bytes: its size decoded.
        holds: what it is for, in plain words.
    """

    name: str
    characters: int
    bytes: int
    holds: str


class Anatomy(Struct, frozen=True, kw_only=True):
    """A token from outside: nothing in it is proved.

    Attributes:
        header: the members in their order.
        segments: the five, in theirs.
    """

    header: dict[str, object]
    segments: tuple[Segment, ...]


def read(token: str | bytes) -> Anatomy:
    """Take a token apart.

    Raises:
        TokenTooLargeError: it is over a default limit.
        MalformedTokenError: it is not five segments of canonical base64url with a JSON header.
    """
    encoded = compact.split(token, compact.JWE_SEGMENTS, Limits())
    named = list(zip(encoded, _SEGMENTS, strict=True))
    decoded = [compact.decode(part, name) for part, (name, _) in named]
    segments = tuple(
        Segment(name=name, characters=len(part), bytes=len(raw), holds=holds)
        for raw, (part, (name, holds)) in zip(decoded, named, strict=True)
    )
    return Anatomy(header=header.parse(decoded[0]).all, segments=segments)
