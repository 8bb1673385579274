"""Any bytes as base64url, as JSON, as segments and as a header: one reading, or none."""

import json

import msgspec
from tests.fuzz.material import LIMITS, WORDS, bytes_of, cases, jwks

from joseal import MalformedTokenError, NotAllowedError, TokenTooLargeError
from joseal._core.wire import base64url, compact, header, strict_json

__all__ = ["WORDS", "check", "seeds"]

EXPECTED = header.expected("JWT", "json", {"exp", "urn:x"})


def check(data):
    check_base64url(data)
    check_json(data)
    for segments in (compact.JWS_SEGMENTS, compact.JWE_SEGMENTS):
        check_segments(data, segments)
    check_header(data)


def check_base64url(data):
    assert base64url.decode(base64url.encode(data)) == data
    assert len(base64url.encode(data)) == base64url.encoded_bytes(len(data))
    decoded = base64url.decode(data)
    if decoded is not None:
        assert base64url.encode(decoded) == data


def check_json(data):
    members = strict_json.load_object(data)
    if members is None:
        return
    # Another reader, which takes the last of duplicates: what we accept is the same to both.
    assert msgspec.json.decode(data) == members  # noqa: TID251 - that reader
    for written in (strict_json.dump(members), strict_json.write(members)):
        assert written is not None
        again = strict_json.load_object(written)
        assert again == members
        assert json.dumps(again) == json.dumps(members)  # the order of members, and 0.0 and -0.0


def check_segments(data, segments):
    try:
        parts = compact.split(data, segments, LIMITS)
    except (MalformedTokenError, TokenTooLargeError):
        return
    assert b".".join(parts) == data
    assert compact.split(data.decode("ascii"), segments, LIMITS) == parts
    assert len(parts) == segments
    for part in parts:
        try:
            assert base64url.encode(compact.decode(part, "part")) == part
        except MalformedTokenError:
            assert base64url.decode(part) is None


def check_header(data):
    try:
        parsed = header.parse(data)
    except MalformedTokenError:
        return
    assert list(parsed.all.items()) == list(strict_json.load_object(data).items())
    try:
        EXPECTED.check(parsed)
    except (MalformedTokenError, NotAllowedError):
        pass
    else:
        assert parsed.all["typ"].lower() in {"jwt", "application/jwt"}
    try:
        written = header.encode(parsed.all, LIMITS)
    except (ValueError, TokenTooLargeError):
        return  # a wrong crit, or too long
    assert header.parse(base64url.decode(written)) == parsed


def seeds():
    for schema in ("jwe_compact_v1", "jws_compact_v1"):
        for _, case in cases(schema):
            token = bytes_of(case["token"])
            yield token
            segments = token.split(b".")
            for raw in map(base64url.decode, segments[:1]):
                if raw is not None:
                    yield raw
        for text in jwks(schema):
            yield text.encode()
