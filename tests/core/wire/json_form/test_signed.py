"""JWS in JSON: each refusal in its words, each limit, and what is written.

Source: RFC 7515 section 7.2, RFC 7797 section 3.
"""

import json

import pytest
from tests.helpers import forge
from tests.helpers.rows import each_row

from joseal import Limits, MalformedTokenError, TokenTooLargeError
from joseal._core.wire.json_form import signed
from joseal._core.wire.json_form.signed import JsonJws, Signature

LIMITS = Limits()


def encoded(value):
    return forge.b64(json.dumps(value).encode())


def said(error, call, *arguments):
    with pytest.raises(error) as refused:
        call(*arguments)
    assert refused.value.__context__ is None
    return str(refused.value)


ONE = {"signature": "AA"}


@each_row(
    ("members", "form", "text"),
    [
        ({}, "flattened", "the message has no signature"),
        ({}, "general", "the message has no signatures: it is not in general form"),
        (
            {"signatures": [ONE]},
            "flattened",
            "the message has signatures: it is in general form",
        ),
        ({"signatures": []}, "general", "the list of signatures is empty"),
        *(
            (
                {"signatures": [ONE], name: {} if name == "header" else "AA"},
                "general",
                f"the message has both signatures and {name}",
            )
            for name in ("protected", "header", "signature")
        ),
        *(
            (ONE | {name: ""}, "flattened", f"the message has both signature and {name}")
            for name in ("ciphertext", "encrypted_key", "recipients")
        ),
        *(
            (
                {"signatures": [ONE], name: ""},
                "general",
                f"the message has both signatures and {name}",
            )
            for name in ("ciphertext", "encrypted_key", "recipients")
        ),
        (
            ONE | {"protected": ""},
            "flattened",
            "the member protected is empty, and must then be absent",
        ),
        ({"signature": ""}, "flattened", "the member signature is empty, and must then be absent"),
    ],
)
def test_message_of_another_form_or_kind_is_refused_by_what_it_has(members, form, text):
    assert said(MalformedTokenError, signed.parse, json.dumps(members), form, LIMITS) == text


def test_every_member_is_read_to_its_place():
    members = {"payload": "A", "protected": "B", "header": {"x": 1}, "signature": "C"}
    found = signed.parse(json.dumps(members | {"z": 1, "y": 2}), "flattened", LIMITS)
    assert found == JsonJws(
        form="flattened",
        payload=b"A",
        signatures=(Signature(b"B", {"x": 1}, b"C"),),
        ignored=("z", "y"),
    )
    assert signed.write(found) == json.dumps(members, separators=(",", ":"))
    detached = signed.parse(
        '{"signatures":[{"signature":"C"},{"signature":"D"}]}', "general", LIMITS
    )
    assert (detached.payload, detached.ignored) == (None, ())
    assert detached.signatures == (Signature(b"", {}, b"C"), Signature(b"", {}, b"D"))
    assert signed.write(detached) == '{"signatures":[{"signature":"C"},{"signature":"D"}]}'
    assert signed.parse('{"payload":"","signature":"C"}', "flattened", LIMITS).payload == b""


def test_limits_bind_every_header_and_the_number_of_signatures():
    text = json.dumps(ONE | {"header": {"x": "1"}})
    assert signed.parse(text, "flattened", Limits(header_bytes=9))
    refused = said(TokenTooLargeError, signed.parse, text, "flattened", Limits(header_bytes=8))
    assert refused == "over the limit header_bytes=8: found 9"
    text = json.dumps({"signatures": [ONE] * 3})
    assert len(signed.parse(text, "general", Limits(recipients=3)).signatures) == 3
    refused = said(TokenTooLargeError, signed.parse, text, "general", Limits(recipients=2))
    assert refused == "over the limit recipients=2: found 3"
    protected = {"alg": "x"}
    message = signed.parse(json.dumps(ONE | {"protected": encoded(protected)}), "flattened", LIMITS)
    size = len(json.dumps(protected))
    assert signed.read_headers(message, Limits(header_bytes=size))
    refused = said(TokenTooLargeError, signed.read_headers, message, Limits(header_bytes=size - 1))
    assert refused.startswith(f"over the limit header_bytes={size - 1}")


def general(*signatures):
    made = [{"protected": encoded(protected), **own, **ONE} for protected, own in signatures]
    return signed.parse(json.dumps({"signatures": made}), "general", LIMITS)


def test_headers_are_read_in_their_order_and_only_some_of_what_is_unprotected():
    own = {"header": {"kid": "a", "typ": "x"}}
    found = signed.read_headers(general(({"alg": "x"}, own), ({"alg": "y"}, {})), LIMITS)
    assert [(each.known.alg, each.all) for each in found] == [
        ("x", {"alg": "x"}),
        ("y", {"alg": "y"}),
    ]
    assert found[0].known.kid == "a"
    twice = general(({"alg": "x"}, {"header": {"alg": "x"}}))
    text = "a Header Parameter is in two of the headers"
    assert said(MalformedTokenError, signed.read_headers, twice, LIMITS) == text


def test_signatures_agree_on_b64():
    raw = {"alg": "x", "b64": False, "crit": ["b64"]}
    said_so = {"alg": "x", "b64": True, "crit": ["b64"]}
    for same in ((raw, raw), (said_so, {"alg": "x"})):
        found = signed.read_headers(general(*((each, {}) for each in same)), LIMITS)
        assert len(found) == 2
    differing = general((raw, {}), ({"alg": "x"}, {}))
    text = "the signatures disagree on b64"
    assert said(MalformedTokenError, signed.read_headers, differing, LIMITS) == text


def test_nothing_of_a_message_is_shown():
    made = general(({"alg": "x"}, {}), ({"alg": "x"}, {}))
    assert repr(made) == "JsonJws(form='general', signatures=2)"
    assert repr(made.signatures[0]) == "Signature(...)"
