"""From the items of a file to cases: the part that all readers share.

Rules:
- A malformed item is a case that is not run. No item is dropped.
- Texts that reports repeat are truncated.
"""

from collections.abc import Callable, Iterable
from typing import TypeVar

from msgspec.structs import replace

from joseal._core.wire import base64url, strict_json
from joseal._core.wire.strict_json import ShapeError
from joseal.conformance.model import (
    EVERYTHING,
    MOST_FLAGS,
    MOST_ID,
    MOST_TEXT,
    Case,
    Jwk,
    NotRun,
    Settings,
)

_T = TypeVar("_T")
_UNENCODED = Settings(b64=False)

FORM = "the case is not of the form of its file"
NO_KEY = "a token in JSON serialization, without its key"

# Two examples of RFC 7520 have these in an unauthenticated header.
_UNPROTECTED = ("alg", "kid", "enc")


def each(
    items: Iterable[object], shape: type[_T], make: Callable[[_T], Case], prefix: str = ""
) -> list[Case]:
    """Make a case from each item; a malformed one says so."""
    return [_case(item, shape, make, f"{prefix}{place}") for place, item in enumerate(items, 1)]


def _case(item: object, shape: type[_T], make: Callable[[_T], Case], place: str) -> Case:
    try:
        return make(strict_json.convert(item, shape))
    except ShapeError:
        return Case(f"item {place}", "", (), NotRun(FORM))


def case_id(value: object) -> str:
    """Return a case's name, truncated."""
    return str(value)[:MOST_ID]


def text(value: str) -> str:
    """Return a text that a report may repeat, truncated."""
    return value if len(value) <= MOST_TEXT else value[:MOST_TEXT] + "..."


def about(name: object, comment: str, flags: Iterable[str]) -> tuple[str, str, tuple[str, ...]]:
    """Return the texts of a case that reports repeat, truncated."""
    return case_id(name), text(comment), tuple(case_id(flag) for flag in flags)[:MOST_FLAGS]


def unhex(value: str) -> bytes:
    """Return the bytes of a hex string.

    Raises:
        ShapeError: it is not one.
    """
    try:
        return bytes.fromhex(value)
    except ValueError:
        pass
    raise ShapeError("$")


def password(given: str) -> Jwk:
    """Make the JWK for a password, as PBES2 uses it."""
    return {"kty": "oct", "k": base64url.encode(given.encode()).decode("ascii")}


def settings_for(token: str) -> Settings:
    """Return the settings for a figure's token, which may have an unencoded payload by `b64`."""
    header = base64url.decode_text(token.partition(".")[0]) or b""
    encoded = (strict_json.load_object(header) or {}).get("b64") is not False
    return EVERYTHING if encoded else _UNENCODED


def json_text(token: dict[str, object]) -> str:
    """Return a message in JSON, which is an object in its file, as text."""
    return strict_json.write(token).decode()


def json_settings(token: dict[str, object]) -> Settings:
    """Return the settings for a figure in JSON."""
    signatures = listed(token.get("signatures")) or [token]
    protected = str(members(signatures[0]).get("protected", ""))
    several = not token.keys().isdisjoint(("recipients", "signatures"))
    return replace(
        settings_for(protected),
        form="general" if several else "flattened",
        accept_unprotected=_UNPROTECTED,
    )


def listed(value: object) -> list[object]:
    """Return an array; anything else has no items."""
    return strict_json.as_list(value) or []


def members(value: object) -> dict[str, object]:
    """Return an object; anything else has no members."""
    return strict_json.as_object(value) or {}
