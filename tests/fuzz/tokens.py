"""What every target that opens tokens demands of a result and of a refusal."""

import json

from joseal import TokenError
from joseal._core.wire import base64url, strict_json


def opened(function, *arguments, **named):
    """Return what a function opened, or None where it refused as it should."""
    try:
        return function(*arguments, **named)
    except TokenError as error:
        refusal = error
    assert refusal.__cause__ is refusal.__context__ is None
    assert type(refusal) is not TokenError
    assert refusal.code
    assert len(str(refusal)) < 200  # constant text, and never the input
    return None


def check_exact(token, segments, header):
    """What was opened is the one writing of its bytes, and its header is what stands there."""
    shown = token.split(b".")
    assert len(shown) == segments
    raw = [base64url.decode(segment) for segment in shown]
    assert None not in raw
    assert b".".join(map(base64url.encode, raw)) == token
    assert strict_json.load_object(raw[0]) == header


def members_of(raw):
    """Return the members of any JSON object, strict or not; what is none has none."""
    try:
        members = json.loads(raw)
    except (ValueError, RecursionError):
        return {}
    return members if isinstance(members, dict) else {}
