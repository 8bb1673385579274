"""The parts of a token that are readable without a key: its header, and its segments' sizes."""

from typing import Final

from msgspec import Struct

from joseal import Limits
from joseal._core.wire import compact, header

_JWS: Final = (
    ("protected header", "which algorithm; readable by everyone"),
    ("payload", "what was signed; readable by everyone"),
    ("signature", "proves who signed, and that nothing was changed"),
)
_SEGMENTS: Final = (
    ("protected header", "which algorithms; readable by everyone"),
    ("encrypted key", "the content key, encrypted to the receiver"),
    ("iv", "makes equal plaintexts look different"),
    ("ciphertext", "the plaintext, under the content key"),
    ("tag", "proves that nothing was changed"),
)


class Segment(Struct, frozen=True, kw_only=True):
    """One of the segments, five of a JWE and three of a JWS.

    Attributes:
        name: its name in RFC 7516 or RFC 7515.
        characters: its size in the token.
        bytes: its size decoded.
        holds: its purpose, in plain words.
    """

    name: str
    characters: int
    bytes: int
    holds: str


class Anatomy(Struct, frozen=True, kw_only=True):
    """A token from outside: nothing in it is verified.

    Attributes:
        header: the members in their order.
        segments: all segments in their order.
    """

    header: dict[str, object]
    segments: tuple[Segment, ...]


def read(token: str | bytes) -> Anatomy:
    """Take a token apart.

    Raises:
        TokenTooLargeError: it is over a default limit.
        MalformedTokenError: it is not five or three segments of canonical base64url with a JSON
            header.
    """
    dots = token.count(".") if isinstance(token, str) else token.count(b".")
    names = _JWS if dots == len(_JWS) - 1 else _SEGMENTS
    encoded = compact.split(token, len(names), Limits())
    named = list(zip(encoded, names, strict=True))
    decoded = [compact.decode(part, name) for part, (name, _) in named]
    segments = tuple(
        Segment(name=name, characters=len(part), bytes=len(raw), holds=holds)
        for raw, (part, (name, holds)) in zip(decoded, named, strict=True)
    )
    return Anatomy(header=header.parse(decoded[0]).all, segments=segments)
