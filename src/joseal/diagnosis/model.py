"""The parts of an explanation: frozen, and printable ASCII throughout.

Source: none; the format is this project's own.
"""

import re
import textwrap
from collections.abc import Iterator
from typing import Final, Literal, TypeAlias

from msgspec import Struct

Form: TypeAlias = Literal["jwe", "jws", "unknown"]

# How much of a name or a value from the token is shown.
SHOWN_CHARACTERS: Final = 200

_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")
_LINE: Final = 100


class Cause(Struct, frozen=True, kw_only=True):
    """One reason why a token can't be opened.

    Attributes:
        code: the stable word for it.
        sentence: what is wrong.
        remedy: what to do about it.
        seen: where, by names and sizes; empty if the sentence says it all.

    Example:
        >>> from joseal.diagnosis import explain
        >>> found = explain("eyJhbGciOiJkaXIi")
        >>> all(cause.remedy for cause in found.causes)
        True
    """

    code: str
    sentence: str
    remedy: str
    seen: str = ""


class Segment(Struct, frozen=True, kw_only=True):
    """One part between the dots.

    Attributes:
        name: its name in the RFC, or its number.
        characters: its size as received.
        bytes: its size decoded, if necessary after a repair; None if it can't be read as base64.
        canonical: whether it is base64url as RFC 7515 defines it.

    Example:
        >>> from joseal.diagnosis import explain
        >>> [segment.name for segment in explain("e30.e30.", expect="jws").segments]
        ['protected header', 'payload', 'signature']

    Source: RFC 7515 section 7.1, RFC 7516 section 7.1.
    """

    name: str
    characters: int
    bytes: int | None
    canonical: bool


class ProfileMatch(Struct, frozen=True, kw_only=True):
    """How a header matches one direction of a profile in `joseal.profiles`.

    Attributes:
        profile: its name.
        direction: `send` or `receive`, from the view of the profile's user.
        misses: the differences from the profile; empty if everything matches.

    Example:
        >>> import joseal
        >>> from joseal.diagnosis import explain
        >>> key = joseal.Key.generate("A256KW")
        >>> token = joseal.Encrypter(key, enc="A256GCM").encrypt(b"hello")
        >>> all(match.direction in {"send", "receive"} for match in explain(token).profiles)
        True
    """

    profile: str
    direction: Literal["send", "receive"]
    misses: tuple[str, ...]


class Explanation(Struct, frozen=True, kw_only=True):
    """An explanation of a token, made from its bytes alone.

    Attributes:
        form: what it is, or was intended to be.
        characters: the size of the input.
        segments: the parts of the token, without the text around it.
        header: names and values of the protected header as JSON texts, in their order.
        causes: the faults, the most likely first; empty if none was found.
        possible: only if `causes` is empty: causes that the bytes can't show.
        profiles: those that the header matches, then those that it misses in one point.

    Example:
        >>> from joseal.diagnosis import explain
        >>> found = explain("eyJhbGciOiJkaXIi")
        >>> found.characters
        16
    """

    form: Form
    characters: int
    segments: tuple[Segment, ...] = ()
    header: tuple[tuple[str, str], ...] = ()
    causes: tuple[Cause, ...] = ()
    possible: tuple[Cause, ...] = ()
    profiles: tuple[ProfileMatch, ...] = ()

    def __str__(self) -> str:
        """Return it as lines for people."""
        return "\n".join(self._lines())

    def _lines(self) -> Iterator[str]:
        if self.causes:
            yield "What is wrong, the most likely cause first:"
        else:
            yield "No fault was found. What the bytes can't show:"
        for number, cause in enumerate(self.causes or self.possible, 1):
            yield (
                f"{number}. {cause.code}: {cause.seen}" if cause.seen else f"{number}. {cause.code}"
            )
            yield from _wrapped(cause.sentence)
            yield from _wrapped(cause.remedy)
        for part in self.segments:
            size = "no base64" if part.bytes is None else f"{part.bytes} bytes"
            yield f"{part.name}: {part.characters} characters, {size}"
        for name, value in self.header:
            yield f"header: {name}: {value}"
        for match in self.profiles:
            how = "matches" if not match.misses else "differs in " + "; ".join(match.misses)
            yield f"profile {match.profile} ({match.direction}): {how}"


def plain(text: str) -> str:
    """Return a text from the token so that it can't control a terminal, and not too long."""
    shown = text[:SHOWN_CHARACTERS].encode("ascii", "backslashreplace").decode("ascii")
    shown = _CONTROL.sub(lambda found: f"\\x{ord(found[0]):02x}", shown)
    return shown if len(text) <= SHOWN_CHARACTERS else f"{shown}..."


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(text, _LINE, initial_indent="   ", subsequent_indent="   ")
