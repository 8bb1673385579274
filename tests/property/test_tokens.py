"""Tokens: round trip, malleability, and the boundary that nothing but our errors crosses."""

import json

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from tests.helpers import forge

from joseal import Decrypter, Encrypter, Limits, TokenError, TokenTooLargeError

EVERY_ENC = list(forge.ENCS)
suites = st.sampled_from(forge.SUITES)
families = st.sampled_from(forge.FAMILIES)

names = st.text(st.characters(codec="utf-8"), min_size=1, max_size=8).map(lambda name: f"x{name}")
members = st.dictionaries(
    names,
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-(2**53), 2**53),
        st.text(st.characters(codec="utf-8")),
    ),
    max_size=4,
)


def opener(alg, enc, **arguments):
    return Decrypter(forge.key(alg, enc), enc=EVERY_ENC if alg != "dir" else enc, **arguments)


def outcome(found, token):
    """Return the plaintext, or None where it was refused as it should be."""
    try:
        return found.decrypt(token)
    except TokenError as error:
        refusal = error
    assert refusal.__cause__ is refusal.__context__ is None
    assert type(refusal) is not TokenError
    return None


@given(suites, st.binary(max_size=300), members, members)
def test_what_was_sealed_opens_and_nothing_is_lost(suite, plaintext, constant, further):
    assume(not constant.keys() & further.keys())
    alg, enc = suite
    ours = Encrypter(forge.sealing(forge.key(alg, enc)), enc=enc, header=constant)
    token = ours.encrypt(plaintext, header=further)
    opened = opener(alg, enc).open(token)
    assert opened.plaintext == plaintext
    assert list(opened.header.items()) == list(
        {"alg": alg, **constant, **further, "enc": enc}.items()
    )
    assert str(forge.parts(token)) == token


@given(families, st.text())
def test_any_text_gives_a_token_error(suite, text):
    assert outcome(opener(*suite), text) is None


@given(families, st.binary())
def test_any_bytes_give_a_token_error(suite, raw):
    assert outcome(opener(*suite), raw) is None


@given(families, st.lists(st.binary(max_size=60), min_size=4, max_size=6))
def test_any_segments_give_a_token_error(suite, segments):
    assert outcome(opener(*suite), ".".join(map(forge.b64, segments))) is None


json_like = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.floats(),
        st.text(),
        st.sampled_from([*forge.ALGS, *forge.ENCS, "DEF"]),
    ),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=6,
)
header_names = st.sampled_from(
    [
        "alg",
        "enc",
        "zip",
        "kid",
        "typ",
        "cty",
        "crit",
        "epk",
        "apu",
        "apv",
        "iv",
        "tag",
        "p2s",
        "p2c",
        "b64",
        "jwk",
        "jku",
        "x5u",
        "x5c",
        "x5t",
        "exp",
    ]
)


@given(families, st.dictionaries(header_names, json_like, max_size=5), st.booleans())
def test_any_header_opens_or_gives_a_token_error(suite, header, good):
    """The tag is good over whatever header it is."""
    alg, enc = suite
    raw = json.dumps({**header, **({"alg": alg, "enc": enc} if good else {})}).encode()
    found = outcome(opener(alg, enc), str(forge.token(alg, enc, header=raw)))
    assert found in (None, b"forged")
    if found is not None:
        assert "zip" not in header


changes = st.lists(
    st.one_of(
        st.tuples(st.just("replace"), st.integers(0, 10**6), st.characters(codec="ascii")),
        st.tuples(st.just("insert"), st.integers(0, 10**6), st.text(max_size=5)),
        st.tuples(st.just("delete"), st.integers(0, 10**6), st.integers(1, 9)),
        st.tuples(st.just("swap"), st.integers(0, 4), st.integers(0, 4)),
        st.tuples(st.just("empty"), st.integers(0, 4), st.none()),
        st.tuples(st.just("cut"), st.integers(0, 10**6), st.none()),
        st.tuples(st.just("twice"), st.integers(0, 4), st.none()),
        st.tuples(st.just("case"), st.integers(0, 10**6), st.none()),
    ),
    max_size=3,
)


def changed(token, change):
    kind, place, what = change
    segments = token.split(".")
    if kind == "swap":
        one, two = (min(at, len(segments) - 1) for at in (place, what))
        segments[one], segments[two] = segments[two], segments[one]
    elif kind in ("empty", "twice"):
        at = min(place, len(segments) - 1)
        segments[at] = "" if kind == "empty" else segments[at] * 2
    if kind in ("swap", "empty", "twice"):
        return ".".join(segments)
    place %= len(token) + 1
    head, tail = token[:place], token[place:]
    return {
        "replace": lambda: head + what + tail[1:],
        "insert": lambda: head + what + tail,
        "delete": lambda: head + tail[what:],
        "cut": lambda: head,
        "case": lambda: head + tail[:1].swapcase() + tail[1:],
    }[kind]()


@given(suites, changes, st.booleans())
def test_token_that_opens_is_the_one_that_was_made(suite, steps, as_bytes):
    """Malleability: no two strings are the same token."""
    alg, enc = suite
    made = str(forge.token(alg, enc))
    token = made
    for step in steps:
        token = changed(token, step)
    given_token = token.encode(errors="replace") if as_bytes else token
    if outcome(opener(alg, enc), given_token) is None:
        assert token != made
    else:
        assert token == made
        assert str(forge.parts(token)) == token


def bent(raw):
    """Return all byte strings that differ in one bit."""
    for place in range(len(raw)):
        for bit in range(8):
            yield raw[:place] + bytes((raw[place] ^ 1 << bit,)) + raw[place + 1 :]


BIT_SUITES = [(alg, enc) for alg in ("A128KW", "A192KW", "A256KW", "dir") for enc in forge.ENCS]
BIT_SUITES += [("RSA-OAEP", "A256CBC-HS512"), ("RSA-OAEP-256", "A256GCM")]


@pytest.mark.parametrize(
    ("alg", "enc", "part"),
    [
        (alg, enc, part)
        for alg, enc in BIT_SUITES
        for part in forge.Token._fields
        if (alg, part) != ("dir", "encrypted_key")
    ],
)
def test_one_bit_flipped_in_any_part_never_opens(alg, enc, part):
    """Every single bit, and not a sample of them; the flipped part is canonical again."""
    good = forge.token(alg, enc)
    found = opener(alg, enc)
    assert found.decrypt(str(good)) == b"forged"
    count = 0
    for raw in bent(getattr(good, part)):
        assert outcome(found, str(good._replace(**{part: raw}))) is None
        count += 1
    assert count == 8 * len(getattr(good, part))


@pytest.mark.parametrize(("alg", "enc"), forge.FAMILIES)
def test_one_bit_flipped_in_the_text_never_opens(alg, enc):
    made = str(forge.token(alg, enc)).encode()
    found = opener(alg, enc)
    assert found.decrypt(made) == b"forged"
    for raw in bent(made):
        assert outcome(found, raw) is None


@given(suites, st.binary(max_size=200), st.integers(1, 400))
def test_whatever_one_makes_under_limits_the_other_opens(suite, plaintext, size):
    alg, enc = suite
    key = forge.key(alg, enc)
    limits = Limits(token_bytes=size, plaintext_bytes=100)
    try:
        token = Encrypter(forge.sealing(key), enc=enc, limits=limits).encrypt(plaintext)
    except TokenTooLargeError:
        return
    assert Decrypter(key, enc=enc, limits=limits).decrypt(token) == plaintext
