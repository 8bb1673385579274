"""Recognize what a JSON text is that is not a JWK, and what is wrong with one that is not strict.

Source: RFC 8259, RFC 7517.
"""

import re
from typing import Final

from joseal._core.wire import strict_json

# How deep a JWK may be inside other objects to be found.
_MOST_DEPTH: Final = 3
_BY_MEMBER: Final = (
    *(("keys", "jwks"), ("jwks_uri", "discovery"), ("private_key", "service-account")),
    *(("jwks", "jwks-inside"), ("jwk", "jwk-inside")),
    *(("protected", "json-token"), ("signatures", "json-token"), ("sops", "sops")),
    *(("error", "json-error"), ("errors", "json-error"), ("message", "json-error")),
    *(("Message", "json-error"), ("errorMessage", "json-error"), ("fault", "json-error")),
)
# RFC 9457 section 3.1.
_PROBLEM: Final = frozenset({"title", "status"})
_PEM: Final = "-----BEGIN "
_HEADER: Final = "eyJ"


def kind_of(text: bytes) -> str:
    """Return the kind of a text that begins like an object or an array."""
    if text[:1] == b"[":
        return "jwk-list" if b'"kty"' in text else "json-list"
    members = strict_json.load_object(text)
    if members is None:
        return _broken(text)
    if "kty" in members:
        return "jwk"
    named = next((kind for name, kind in _BY_MEMBER if name in members), None)
    if named is not None:
        return named
    texts = [value for value in members.values() if isinstance(value, str)]
    if any(_PEM in text for text in texts) and not any(text.startswith(_HEADER) for text in texts):
        return "json-of-pem"
    return _within(members, 0) or ("json-error" if members.keys() >= _PROBLEM else "json-other")


def _broken(text: bytes) -> str:
    if re.match(rb"\{\s*'", text) is not None:
        return "json-repr"
    if text.startswith(b'{\\"'):
        return "json-escaped"
    if not text.endswith(b"}"):
        return "json-cut" if b"}" not in text else "json-followed"
    return "json-broken"


def _within(value: object, depth: int) -> str | None:
    """Find a JWK or a JWK Set in a member."""
    members = strict_json.as_object(value)
    if members is None or depth > _MOST_DEPTH:
        return None
    if depth and isinstance(members.get("kty"), str):
        return "jwk-within"
    if depth and strict_json.as_list(members.get("keys")) is not None:
        return "jwks-within"
    found = (_within(inner, depth + 1) for inner in members.values())
    return next((kind for kind in found if kind is not None), None)
