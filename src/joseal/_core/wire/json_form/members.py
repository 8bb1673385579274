"""The rules that encrypted and signed messages in JSON share: members, and headers in parts.

Rules:
- The text is strict JSON without duplicate members.
- A member without a value has to be absent. Widely used libraries write some of them as empty,
  which is accepted where it means the same. For an empty `aad` or `protected` it would be a guess
  what is authenticated, so they are refused.
- A Header Parameter is in one of the headers only. Tables say which parameters are read where.
- Members that no RFC defines are ignored, and reported.
- Work is bounded before it is done: the text, the values in it, and each header.

Source: RFC 7515 section 7.2, RFC 7516 section 7.2.
"""

from collections.abc import Collection, Mapping
from typing import Final, TypeVar

from msgspec import UNSET, UnsetType

from joseal._core import checks
from joseal._core.limits import Limits
from joseal._core.wire import base64url, faults, strict_json
from joseal._core.wire import header as headers
from joseal._core.wire.header import Header
from joseal.errors import MalformedTokenError, TokenTooLargeError

# These are read from the header of one recipient or of one signature, which nothing authenticates:
# each recipient has its own. A key is bound to its alg, so none of them chooses anything.
PER_RECIPIENT: Final = frozenset(
    {"alg", "kid", "epk", "apu", "apv", "iv", "tag", "p2s", "p2c", "ek"}
)
# RFC 7516 sections 4.1.3 and 4.1.13, RFC 7515 section 4.1.11, RFC 7797 section 3.
PROTECTED_ONLY: Final = ("zip", "crit", "b64")

# recipients, one recipient, its header, and a value there.
_DEPTH: Final = strict_json.MAX_DEPTH + 3

_T = TypeVar("_T")


def load(token: str | bytes, limits: Limits) -> dict[str, object]:
    """Read the members of a message.

    Raises:
        TypeError: the token is neither str nor bytes.
        TokenTooLargeError: it is over `token_bytes`, or has more values than a header has bytes.
        MalformedTokenError: it is not one strict JSON object.
    """
    if not isinstance(token, str | bytes):
        raise checks.wrong_type("token", "str or bytes", token)
    if isinstance(token, str) and len(token) > limits.token_bytes:
        # Before it is encoded: a character has one byte at least.
        found = len(token) if token.isascii() else None
        raise TokenTooLargeError("token_bytes", limits.token_bytes, found)
    # A text with a lone surrogate becomes bytes that are not UTF-8.
    raw = token if isinstance(token, bytes) else token.encode("utf-8", errors="surrogatepass")
    if len(raw) > limits.token_bytes:
        raise TokenTooLargeError("token_bytes", limits.token_bytes, len(raw))
    if strict_json.count_values(raw, limits.header_bytes) > limits.header_bytes:
        raise TokenTooLargeError("header_bytes", limits.header_bytes)
    members = strict_json.load_object(raw, _DEPTH)
    if members is None:
        raise faults.not_json(raw)
    return members


def convert(members: dict[str, object], shape: type[_T]) -> _T:
    """Convert the known members to their types.

    Raises:
        MalformedTokenError: one is of the wrong type.
    """
    try:
        return strict_json.convert(members, shape)
    except strict_json.ShapeError as error:
        # A path contains only names from the struct.
        path = error.path.removeprefix("$.")
    raise MalformedTokenError(f"the member {path} is missing or has the wrong type")


def text(value: str | UnsetType) -> bytes:
    """Return an encoded member as it was received; an absent one is empty."""
    return b"" if value is UNSET else value.encode()


def full_text(value: str | UnsetType, name: str) -> bytes:
    """Return an encoded member as `text`; it is one that changes what is authenticated.

    Raises:
        MalformedTokenError: it is there, and empty.
    """
    if value == "":
        raise MalformedTokenError(f"the member {name} is empty, and must then be absent")
    return text(value)


def header(value: dict[str, object] | UnsetType, limits: Limits) -> dict[str, object]:
    """Return a header that is not encoded; an absent one is empty.

    Raises:
        TokenTooLargeError: it is over `header_bytes`.
    """
    if value is UNSET:
        return {}
    size = len(strict_json.write(value))
    if size > limits.header_bytes:
        raise TokenTooLargeError("header_bytes", limits.header_bytes, size)
    return value


def decode(encoded: bytes, name: str) -> bytes:
    """Decode an encoded member.

    Raises:
        MalformedTokenError: it is not canonical base64url.
    """
    raw = base64url.decode(encoded)
    if raw is None:
        raise faults.segment(encoded, f"member {name}")
    return raw


def check_apart(members: Mapping[str, object], *, one: str, others: Collection[str]) -> None:
    """Refuse a message with members of two forms, or of two kinds.

    Raises:
        MalformedTokenError: it does.
    """
    for name in others:
        if name in members:
            raise MalformedTokenError(f"the message has both {one} and {name}")


def check_count(count: int, name: str, limits: Limits) -> None:
    """Check how many recipients, or signatures, a message has.

    Raises:
        MalformedTokenError: none.
        TokenTooLargeError: more than `recipients`.
    """
    if count == 0:
        raise MalformedTokenError(f"the list of {name} is empty")
    if count > limits.recipients:
        raise TokenTooLargeError("recipients", limits.recipients, count)


def protected_header(encoded: bytes, limits: Limits) -> dict[str, object]:
    """Read a protected header; an absent one has no members.

    Raises:
        MalformedTokenError: it is not one strict JSON object, or one without members.
        TokenTooLargeError: it is over `header_bytes`.
    """
    if encoded == b"":
        return {}
    if len(encoded) > base64url.encoded_bytes(limits.header_bytes):
        raise TokenTooLargeError("header_bytes", limits.header_bytes, len(encoded) * 3 // 4)
    members = strict_json.load_object(decode(encoded, "protected"))
    if members is None:
        raise MalformedTokenError("the protected header is not one strict JSON object")
    if not members:
        raise MalformedTokenError("the protected header is empty, and must then be absent")
    return members


def check_headers(protected: dict[str, object], *others: dict[str, object]) -> None:
    """Check the headers of one recipient, or of one signature, together.

    Raises:
        MalformedTokenError: a name is in two of them, or is outside the protected header although
            it must be in it.
    """
    names = [*protected]
    for other in others:
        names += other
        for name in PROTECTED_ONLY:
            if name in other:
                raise MalformedTokenError(f"{name} must be in the protected header")
    if len(set(names)) != len(names):
        raise MalformedTokenError("a Header Parameter is in two of the headers")


def own_parameters(own: dict[str, object]) -> dict[str, object]:
    """Return the parameters that are read from the header of one recipient or signature."""
    return {name: value for name, value in own.items() if name in PER_RECIPIENT}


def typed(read: dict[str, object], protected: dict[str, object]) -> Header:
    """Convert Header Parameters to their types; everything in `Header.all` is authenticated.

    Raises:
        MalformedTokenError: there is no alg, or one is of the wrong type.
    """
    return Header(protected, headers.parse_parameters(read).known)


def further(members: Mapping[str, object], known: Collection[str]) -> dict[str, object]:
    """Return the members that no RFC defines: they are ignored, and reported."""
    return {name: value for name, value in members.items() if name not in known}
