"""`documents.read`: whatever comes is a set or a reason, in bounded time."""

import json
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.helpers.jwks_server import jwks, pair

from joseal import Key, KeySet
from joseal.remote import documents, download
from joseal.remote.outcomes import MOST_BYTES, Failure

SIG = documents.rules("ES256", "sig", private=False)
GOOD = json.dumps(jwks(pair("a"), pair("x", "Ed25519"))).encode()
MEMBERS = ("kty", "crv", "x", "y", "n", "e", "d", "k", "alg", "use", "key_ops", "kid", "oth", "x5c")
VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-1, 1),
    st.text(max_size=4),
    st.sampled_from(["EC", "OKP", "RSA", "oct", "P-256", "Ed25519", "ES256", "AQAB", "sig", "enc"]),
    st.lists(st.sampled_from(["sign", "verify", 1, None]), max_size=3),
)
JWKS = st.lists(
    st.one_of(st.dictionaries(st.sampled_from(MEMBERS), VALUES), VALUES), max_size=4
).map(lambda members: json.dumps({"keys": members}).encode())


def is_an_answer(found):
    if isinstance(found, Failure):
        return bool(found.text)
    return isinstance(found, KeySet) and {key.alg for key in found} == {"ES256"}


@settings(max_examples=40, deadline=None)
@given(st.one_of(st.binary(max_size=64), JWKS))
def test_whatever_comes_is_a_set_or_a_reason(raw):
    assert is_an_answer(documents.read(raw, SIG))


@settings(max_examples=40, deadline=None)
@given(st.integers(0, len(GOOD) - 1), st.integers(0, 255))
def test_a_damaged_byte_is_a_set_or_a_reason(place, byte):
    assert is_an_answer(documents.read(GOOD[:place] + bytes([byte]) + GOOD[place + 1 :], SIG))


@settings(max_examples=40, deadline=None)
@given(st.dictionaries(st.sampled_from(["Cache-Control", "Age"]), st.text(max_size=30)))
def test_whatever_headers_say_is_a_time_or_nothing(headers):
    found = download.fresh_seconds(headers)
    assert found is None or 0 <= found < 10**9


HOSTILE = {
    "many large moduli": [
        {"kty": "RSA", "n": "_" * 2000 + f"{number:03}" + "-", "e": "AQAB", "kid": str(number)}
        for number in range(100)
    ],
    "as many moduli as fit, of the largest size": [
        {"kty": "RSA", "n": "_" * 2700 + f"{number:02}", "e": "AQAB", "kid": str(number)}
        for number in range(95)
    ],
    "many points": [{**pair("a").public().to_jwk(), "kid": str(number)} for number in range(100)],
    "deep": [json.loads("[" * 14 + "]" * 14)] * 100,
    "long names": [{"kty": "EC", "kid": "x" * 2400}] * 100,
    "long texts": [{"kty": "x" * 2000}] * 100,
}


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("alg", ["ES256", "RS256"])
def test_the_work_for_a_set_is_bounded(name, alg):
    raw = json.dumps({"keys": HOSTILE[name]}).encode()
    assert len(raw) <= MOST_BYTES
    begun = time.thread_time()
    documents.read(raw, documents.rules(alg, "sig", private=False))
    assert time.thread_time() - begun < 2


def test_reasons_repeat_no_value_of_a_set():
    secret = Key.generate("HS256", kid="its own name").to_jwk(private=True)
    for members in (
        [secret],
        [pair("its own name", "Ed25519").public().to_jwk()],
        [{"kty": "its own name"}],
    ):
        found = documents.read(json.dumps({"keys": members}).encode(), SIG)
        assert isinstance(found, Failure)
        assert "its own name" not in found.text
        assert secret["k"] not in found.text


@pytest.mark.parametrize("private", [False, True])
@pytest.mark.parametrize("alg", ["HPKE-0", "HPKE-9", "HPKE-9-KE"])
def test_keys_for_hpke_are_usable(alg, private):
    key = Key.generate(alg, kid="a")
    raw = json.dumps({"keys": [key.to_jwk(private=private)]}).encode()
    found = documents.read(raw, documents.rules(alg, "enc", private=private))
    assert isinstance(found, KeySet)
    assert [each.alg for each in found] == [alg]
