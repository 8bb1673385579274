"""The faults of a token that can't be split or decoded, in words that help its producer.

Nothing here runs for a good token. A text names counts, segments and classes of characters; it
never repeats a byte of the token. Looking for the fault takes no step in Python for each byte.

Source: RFC 7515 sections 2, 7.1 and 7.2, RFC 7516 sections 7.1 and 7.2.
"""

from typing import Final

from joseal.errors import MalformedTokenError

_KINDS: Final = {3: " (a signed token, JWS?)", 5: " (an encrypted token, JWE?)"}
_SPACE: Final = b" \t\r\n\x0b\x0c"
_SCHEME: Final = b"bearer"

# The first and last segments of tokens: white space at these edges is around the token.
_FIRST: Final = ("header",)
_LAST: Final = ("tag", "signature")


def not_ascii(token: str | bytes) -> MalformedTokenError:
    """Say that a token has a character that no token can have, and where."""
    text = token.decode("latin-1") if isinstance(token, bytes) else token
    if text.startswith(("\ufeff", "\xef\xbb\xbf")):
        return MalformedTokenError("the token begins with a byte order mark")
    try:
        place = len(text.encode("ascii"))
    except UnicodeEncodeError as error:
        place = error.start
    return MalformedTokenError(f"the token is not ASCII: see position {place}")


def not_json(raw: bytes) -> MalformedTokenError:
    """Say that a message is not valid in a JSON serialization."""
    if raw.lstrip(_SPACE)[:1] != b"{" and raw.count(b".") + 1 in _KINDS:
        return MalformedTokenError("expected JSON, found a compact token: leave out form=")
    return MalformedTokenError("the message is not one strict JSON object")


def segments(raw: bytes, expected: int) -> MalformedTokenError:
    """Say that a token does not have the right number of segments."""
    around = _around(raw)
    if around is not None:
        return MalformedTokenError(around)
    found = raw.count(b".") + 1
    kind = _KINDS.get(found, "")
    if not raw.strip(_SPACE):
        return MalformedTokenError(f"expected {expected} segments, found 0 (an empty token)")
    return MalformedTokenError(f"expected {expected} segments, found {found}{kind}")


def segment(raw: bytes, name: str) -> MalformedTokenError:
    """Say why a segment is not base64url, as far as its characters show."""
    around = _around(raw) if name in _FIRST else None
    if around is not None:
        return MalformedTokenError(around)
    if name in _FIRST and raw.lstrip(_SPACE) != raw:
        return MalformedTokenError("there is white space or a line end before the token")
    if name in _LAST and raw.rstrip(_SPACE) != raw:
        return MalformedTokenError("there is white space or a line end after the token")
    return MalformedTokenError(f"the {name} {_characters(raw)}")


def _characters(raw: bytes) -> str:
    if len(raw.translate(None, _SPACE)) < len(raw):
        return "has white space or a line end in it"
    if raw.endswith(b"="):
        return "is padded with =, which base64url in a token never is"
    if b"+" in raw or b"/" in raw:
        return "is base64 (+ and /), not base64url (- and _)"
    return "is not canonical base64url"


def _around(raw: bytes) -> str | None:
    """Name the characters that a token is wrapped in."""
    text = raw.lstrip(_SPACE)
    if text.startswith(b"{"):
        return "expected a compact token, found JSON (the JSON serialization?)"
    if text.startswith((b'"', b"'")):
        return "the token is in quotes"
    after = len(_SCHEME)
    if text[:after].lower() == _SCHEME and text[after : after + 1].isspace():
        return "the token begins with the word Bearer, which is not part of it"
    return None
