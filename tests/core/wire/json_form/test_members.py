"""The rules that both kinds of messages in JSON share: what is refused, in which words, and where
the limits are.

Source: RFC 7515 section 7.2, RFC 7516 section 7.2.
"""

import json
import tracemalloc

import pytest
from msgspec import UNSET, Struct, UnsetType
from tests.helpers import forge

from joseal import Limits, MalformedTokenError, TokenTooLargeError
from joseal._core.wire.json_form import members as rules


class Shape(Struct):
    inner: dict[str, int]
    listed: list[int] | UnsetType = UNSET


def encoded(value):
    return forge.b64(json.dumps(value, separators=(",", ":")).encode()).encode()


def said(error, call, *arguments, **named):
    with pytest.raises(error) as refused:
        call(*arguments, **named)
    assert refused.value.__context__ is None
    return str(refused.value)


@pytest.mark.parametrize("kind", [str, str.encode])
def test_text_may_be_as_long_as_the_limit(kind):
    text = '{"x":"é"}'
    size = len(text.encode())
    assert rules.load(kind(text), Limits(token_bytes=size)) == {"x": "é"}
    low = Limits(token_bytes=size - 1)
    refused = f"over the limit token_bytes={size - 1}: found {size}"
    assert said(TokenTooLargeError, rules.load, kind(text), low) == refused
    assert said(TypeError, rules.load, 5, low) == "token must be str or bytes, not int"


def test_text_over_the_limit_is_refused_before_it_is_encoded():
    low = Limits(token_bytes=1000)
    for character, found in (("a", ": found 1000000"), ("é", "")):
        text = character * 1_000_000
        tracemalloc.start()
        try:
            refused = said(TokenTooLargeError, rules.load, text, low)
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        assert refused == f"over the limit token_bytes=1000{found}"
        assert peak < 100_000


def test_values_may_be_as_many_as_a_header_has_bytes():
    # The braces, and a comma between each two.
    text = json.dumps({"x": [1] * 19})
    assert rules.load(text, Limits(header_bytes=20))["x"] == [1] * 19
    refused = said(TokenTooLargeError, rules.load, text, Limits(header_bytes=19))
    assert refused == "over the limit header_bytes=19"


def nested(depth):
    return '{"x":' + "[" * (depth - 1) + "]" * (depth - 1) + "}"


def test_message_is_nested_three_levels_deeper_than_a_header():
    assert rules.load(nested(19), Limits())
    text = "the message is not one strict JSON object"
    assert said(MalformedTokenError, rules.load, nested(20), Limits()) == text
    # A lone surrogate is refused as all else that is no JSON, and not by an error of Python.
    assert said(MalformedTokenError, rules.load, '{"\ud800":1}', Limits()) == text


@pytest.mark.parametrize(
    ("members", "path"),
    [
        ({"inner": 1}, "inner"),
        ({"inner": {"x": "4111"}}, "inner[...]"),
        ({"inner": {}, "listed": [1, "4111"]}, "listed[1]"),
    ],
)
def test_member_of_the_wrong_type_is_named_by_its_place(members, path):
    text = f"the member {path} is missing or has the wrong type"
    assert said(MalformedTokenError, rules.convert, members, Shape) == text


def test_member_that_changes_what_is_authenticated_is_absent_or_has_a_value():
    assert (rules.text(UNSET), rules.text(""), rules.text("AA")) == (b"", b"", b"AA")
    assert rules.full_text(UNSET, "aad") == b""
    assert rules.full_text("AA", "aad") == b"AA"
    text = "the member aad is empty, and must then be absent"
    assert said(MalformedTokenError, rules.full_text, "", "aad") == text


def test_unprotected_header_may_be_as_long_as_the_limit():
    header = {"x": "é"}
    size = len('{"x":"é"}'.encode())
    assert rules.header(header, Limits(header_bytes=size)) == header
    assert rules.header(UNSET, Limits()) == {}
    refused = said(TokenTooLargeError, rules.header, header, Limits(header_bytes=size - 1))
    assert refused == f"over the limit header_bytes={size - 1}: found {size}"


def test_member_that_is_not_canonical_is_named():
    assert rules.decode(b"AQ", "tag") == b"\1"
    said_of = said(MalformedTokenError, rules.decode, b"AR", "tag")
    assert said_of.startswith("the member tag is not canonical")


def test_members_of_two_forms_are_both_named():
    rules.check_apart({"x": 1}, one="x", others=("y",))
    text = said(MalformedTokenError, rules.check_apart, {"z": 1}, one="x", others=("y", "z"))
    assert text == "the message has both x and z"


def test_count_is_from_one_to_the_limit():
    for count in (1, 3):
        rules.check_count(count, "recipients", Limits(recipients=3))
    text = said(TokenTooLargeError, rules.check_count, 4, "signatures", Limits(recipients=3))
    assert text == "over the limit recipients=3: found 4"
    text = said(MalformedTokenError, rules.check_count, 0, "signatures", Limits())
    assert text == "the list of signatures is empty"


@pytest.mark.parametrize("size", [20, 21, 22])
def test_protected_header_may_be_as_long_as_the_limit(size):
    header = {"alg": "x" * (size - 10)}
    raw = encoded(header)
    assert rules.protected_header(raw, Limits(header_bytes=size)) == header
    low = Limits(header_bytes=size - 1)
    refused = said(TokenTooLargeError, rules.protected_header, raw, low)
    assert refused == f"over the limit header_bytes={size - 1}: found {size}"


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (encoded([]), "the protected header is not one strict JSON object"),
        (encoded({}), "the protected header is empty, and must then be absent"),
        (b"e", "the member protected is not canonical base64url"),
    ],
)
def test_protected_header_is_an_object_with_members(raw, text):
    assert rules.protected_header(b"", Limits()) == {}
    assert said(MalformedTokenError, rules.protected_header, raw, Limits()).startswith(text)


def test_header_parameter_is_in_one_header_and_some_in_the_protected_one_alone():
    rules.check_headers({"zip": 1, "crit": 1, "b64": 1}, {"x": 1}, {"y": 1})
    twice = "a Header Parameter is in two of the headers"
    for headers in (({"x": 1}, {"x": 1}), ({}, {"x": 1}, {"x": 1}), ({"x": 1}, {}, {"x": 1})):
        assert said(MalformedTokenError, rules.check_headers, *headers) == twice
    for name in ("zip", "crit", "b64"):
        text = f"{name} must be in the protected header"
        for headers in (({}, {name: 1}), ({}, {}, {name: 1})):
            assert said(MalformedTokenError, rules.check_headers, *headers) == text


def test_what_is_read_of_an_unprotected_header_is_of_one_recipient():
    own = dict.fromkeys(("alg", "kid", "epk", "apu", "apv", "iv", "tag", "p2s", "p2c", "ek"), 1)
    assert rules.own_parameters({**own, "enc": 1, "typ": 1, "x": 1}) == own
    found = rules.typed({"alg": "x", "kid": "y"}, {"alg": "x"})
    assert (found.all, found.known.kid) == ({"alg": "x"}, "y")


def test_members_that_are_not_known_are_kept_in_their_order():
    assert list(rules.further({"b": 1, "x": 2, "a": 3}, ("x", "y")).items()) == [("b", 1), ("a", 3)]
