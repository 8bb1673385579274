"""The compact serialization: segments between dots.

Rules:
- Sizes are checked before anything is split or decoded.
- A token is ASCII and has an exact number of segments; nothing is trimmed.

Source: RFC 7516 sections 3.1, 5.2 and 7.1; RFC 7515 sections 3.1 and 7.1.
"""

from joseal.errors import MalformedTokenError, TokenTooLargeError
from joseal.wire import base64url
from joseal.wire.limits import Limits

JWE_SEGMENTS = 5
JWS_SEGMENTS = 3


def split(token: str | bytes, segments: int, limits: Limits) -> list[bytes]:
    """Split a token into its encoded segments.

    Raises:
        TypeError: the token is neither str nor bytes.
        TokenTooLargeError: it is over `token_bytes`, or its header over `header_bytes`.
        MalformedTokenError: it is not ASCII, or has another number of segments.
    """
    if not isinstance(token, str | bytes):
        raise TypeError("the token must be str or bytes")
    if len(token) > limits.token_bytes:
        raise TokenTooLargeError("token_bytes", limits.token_bytes)
    if not token.isascii():
        raise MalformedTokenError("the token is not ASCII")
    octets = token if isinstance(token, bytes) else token.encode("ascii")
    parts = octets.split(b".", segments)
    if len(parts) != segments:
        raise MalformedTokenError("the token has another number of segments")
    if len(parts[0]) > base64url.encoded_bytes(limits.header_bytes):
        raise TokenTooLargeError("header_bytes", limits.header_bytes)
    return parts


def decode(segment: bytes, name: str) -> bytes:
    """Decode one segment.

    Raises:
        MalformedTokenError: it is not canonical base64url; the message gives `name`.
    """
    octets = base64url.decode(segment)
    if octets is None:
        raise MalformedTokenError(f"the {name} is not canonical base64url")
    return octets
