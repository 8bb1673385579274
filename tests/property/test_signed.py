"""Signed and nested tokens: round trip, malleability, and the boundary that only our errors cross."""

import json
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.helpers import all_algorithms, forge

from joseal import (
    Decrypter,
    DecryptThenVerify,
    Encrypter,
    EncryptThenSign,
    Signer,
    SignThenEncrypt,
    TokenError,
    Verifier,
    VerifyThenDecrypt,
)

FAST = ["HS256", "HS512", "Ed25519", "ES256"]
sigs = st.sampled_from(all_algorithms.SIGS)
fast = st.sampled_from(FAST)
orders = st.sampled_from(["sign first", "seal first"])


def verifier(alg, **arguments):
    return Verifier(all_algorithms.verifying(all_algorithms.signing_key(alg)), **arguments)


def nested(order):
    key, signing = all_algorithms.key("A128KW"), all_algorithms.signing_key("ES256")
    sealing, opening = Encrypter(key, enc="A128GCM"), Decrypter(key, enc="A128GCM")
    if order == "sign first":
        return SignThenEncrypt(Signer(signing), sealing), DecryptThenVerify(
            opening, Verifier(signing.public())
        )
    return EncryptThenSign(sealing, Signer(signing)), VerifyThenDecrypt(
        Verifier(signing.public()), opening
    )


def outcome(run):
    """Return the payload, or None where it was refused as it should be."""
    try:
        return run()
    except TokenError as error:
        refusal = error
    assert refusal.__cause__ is refusal.__context__ is None
    assert type(refusal) is not TokenError
    return None


@given(sigs, st.binary(max_size=300), st.booleans())
def test_what_was_signed_verifies(alg, payload, detached):
    token = Signer(all_algorithms.signing_key(alg), detached=detached).sign(payload)
    assert verifier(alg).verify(token, payload=payload if detached else None) == payload


@given(fast, st.binary(max_size=300))
def test_unencoded_payload_verifies_or_is_refused_at_once(alg, payload):
    signer = Signer(all_algorithms.signing_key(alg), b64=False)
    carried = all(0x20 <= one_byte < 0x7F and one_byte != 0x2E for one_byte in payload)
    try:
        token = signer.sign(payload)
    except ValueError:
        assert not carried
        return
    assert carried
    assert verifier(alg, b64=False).verify(token) == payload
    assert outcome(lambda: verifier(alg).verify(token)) is None


@given(orders, st.binary(max_size=300))
def test_what_was_nested_opens(order, payload):
    seals, opens = nested(order)
    assert opens.open(seals.encrypt(payload)).payload == payload


@given(fast, st.one_of(st.text(), st.binary()), st.booleans())
def test_any_text_or_bytes_give_a_token_error(alg, token, b64):
    assert outcome(lambda: verifier(alg, b64=b64).verify(token)) is None
    for order in ("sign first", "seal first"):
        assert outcome(lambda: nested(order)[1].open(token)) is None  # noqa: B023


@given(fast, st.lists(st.binary(max_size=60), min_size=2, max_size=4), st.booleans())
def test_any_segments_give_a_token_error(alg, segments, b64):
    token = ".".join(map(forge.b64, segments))
    assert outcome(lambda: verifier(alg, b64=b64).verify(token)) is None


json_like = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.floats(),
        st.text(max_size=5),
        st.sampled_from(all_algorithms.SIGS),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(st.text(max_size=5), inner, max_size=4)
    ),
    max_leaves=8,
)
headers = st.dictionaries(
    st.sampled_from(
        ["alg", "kid", "typ", "cty", "crit", "b64", "jwk", "jku", "x5c", "zip", "enc", "x"]
    ),
    st.one_of(json_like, st.sampled_from([False, True, ["b64"], ["x"]])),
    max_size=6,
)


@given(headers, st.booleans(), st.booleans(), st.binary(max_size=20))
def test_any_header_verifies_or_gives_a_token_error(members, b64, good, payload):
    """Under a good signature as well: what is then verified is what was signed."""
    key = all_algorithms.signing_key("HS256")
    header = {**members, "alg": "HS256"} if good else members
    sign = key._for_signatures("sign", None).sign
    token = all_algorithms.jws(json.dumps(header).encode(), payload, sign)
    found = outcome(lambda: Verifier(key, b64=b64).verify(token))
    if found is not None:
        assert header["alg"] == "HS256"
        assert found == (payload if b64 else forge.b64(payload).encode())
        assert (header.get("b64") is False) is not b64


changes = st.lists(
    st.tuples(
        st.sampled_from(["replace", "insert", "delete", "cut", "case", "swap", "empty", "twice"]),
        st.integers(0, 10**6),
        st.text(st.characters(codec="ascii"), max_size=3),
    ),
    max_size=3,
)


def changed(token, kind, place, what):
    segments = token.split(".")
    at = place % len(segments)
    if kind == "swap":
        segments[at], segments[-1] = segments[-1], segments[at]
    elif kind in ("empty", "twice"):
        segments[at] = "" if kind == "empty" else segments[at] * 2
    if kind in ("swap", "empty", "twice"):
        return ".".join(segments)
    place %= len(token) + 1
    head, tail = token[:place], token[place:]
    return {
        "replace": head + what + tail[len(what) :],
        "insert": head + what + tail,
        "delete": head + tail[1 + len(what) :],
        "cut": head,
        "case": head + tail[:1].swapcase() + tail[1:],
    }[kind]


@given(sigs, changes, st.booleans())
def test_token_that_verifies_is_the_one_that_was_signed(alg, steps, as_bytes):
    """Malleability: no two strings are the same token."""
    made = token = Signer(all_algorithms.signing_key(alg), header={"typ": "JWT"}).sign(b"payload")
    for step in steps:
        token = changed(token, *step)
    given_token = token.encode() if as_bytes else token
    found = outcome(lambda: verifier(alg).verify(given_token))
    assert (found == b"payload") is (token == made)
    assert found in (None, b"payload")


@given(orders, changes)
def test_nested_token_that_opens_is_the_one_that_was_made(order, steps):
    seals, opens = nested(order)
    made = token = seals.encrypt(b"payload")
    for step in steps:
        token = changed(token, *step)
    found = outcome(lambda: opens.open(token).payload)
    assert (found == b"payload") is (token == made)


def bent(raw):
    """Return all byte strings that differ in one bit."""
    for place in range(len(raw)):
        for bit in range(8):
            yield raw[:place] + bytes((raw[place] ^ 1 << bit,)) + raw[place + 1 :]


@pytest.mark.parametrize("alg", all_algorithms.SIGS)
@pytest.mark.parametrize("part", range(3))
def test_one_bit_flipped_in_any_part_never_verifies(alg, part):
    """Every single bit, or of a long signature every seventh; the flipped part is canonical again."""
    parts = [
        forge.unb64(one)
        for one in Signer(all_algorithms.signing_key(alg)).sign(b"payload").split(".")
    ]
    ready, count = verifier(alg), 0
    # Those of ML-DSA have some thousand bytes, and each costs as much as the first.
    step = 1 if len(parts[part]) <= 512 else 7
    for raw in islice(bent(parts[part]), 0, None, step):
        token = ".".join(map(forge.b64, [*parts[:part], raw, *parts[part + 1 :]]))
        assert outcome(lambda: ready.verify(token)) is None  # noqa: B023
        count += 1
    assert count == -(-8 * len(parts[part]) // step)


@pytest.mark.parametrize("alg", FAST)
def test_one_bit_flipped_in_the_text_never_verifies(alg):
    made = Signer(all_algorithms.signing_key(alg)).sign(b"payload").encode()
    ready = verifier(alg)
    assert ready.verify(made) == b"payload"
    for raw in bent(made):
        assert outcome(lambda: ready.verify(raw)) is None  # noqa: B023


@pytest.mark.parametrize("order", ["sign first", "seal first"])
def test_one_bit_flipped_in_a_nested_token_never_opens(order):
    seals, opens = nested(order)
    made = seals.encrypt(b"x").encode()
    for raw in bent(made):
        assert outcome(lambda: opens.open(raw)) is None  # noqa: B023
