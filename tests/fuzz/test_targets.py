"""What the fuzzer calls holds for every seed, and the seeds reach what they are meant to reach."""

import importlib

import pytest
from tests.fuzz import decrypt, verify
from tests.fuzz.material import jwks

from joseal import Decrypter, Verifier

# How many seeds are passed over: those of some targets differ little from each other.
STEPS = {
    "wire": 5,
    "decrypt": 10,
    "verify": 10,
    "json": 5,
    "keys": 5,
    "juspay": 1,
    "remote": 5,
    "claims": 1,
}


@pytest.mark.parametrize("name", STEPS)
def test_every_seed_keeps_the_rules_of_its_target(name):
    target = importlib.import_module(f"tests.fuzz.{name}")
    seeds = list(dict.fromkeys(target.seeds()))
    assert len(seeds) > 100
    for seed in seeds[:: STEPS[name]]:
        target.check(seed)


@pytest.mark.parametrize("name", STEPS)
def test_short_inputs_are_no_error_of_the_target(name):
    target = importlib.import_module(f"tests.fuzz.{name}")
    for size in range(5):
        for one_byte in (0, 1, 0x7F, 0xFF):
            target.check(bytes((one_byte,)) * size)


@pytest.fixture
def opened(monkeypatch):
    """Count what is opened."""
    found = []
    for kind in (Decrypter, Verifier):
        whole = kind.open

        def counted(self, *arguments, _whole=whole, **named):
            result = _whole(self, *arguments, **named)
            found.append(result.key.alg)
            return result

        monkeypatch.setattr(kind, "open", counted)
    return found


@pytest.mark.parametrize("form", [decrypt.PARTS, decrypt.SEALED, decrypt.BLOCKS])
def test_seeds_of_every_form_reach_a_plaintext(form, opened):
    for seed in decrypt.seeds():
        if seed[1] >> 1 & 3 == form:
            decrypt.check(seed)
    algs = {decrypt.key(text).alg for text in decrypt.openers()}
    assert set(opened) == algs


@pytest.mark.parametrize("form", [verify.PARTS, verify.SIGNED])
def test_seeds_of_every_form_reach_a_payload(form, opened):
    for seed in verify.seeds():
        if seed[1] & 3 == form:
            verify.check(seed)
    algs = {verify.key(text).alg for text in jwks(verify.SCHEMA)}
    assert set(opened) - {"A128KW"} == algs


def test_nested_seeds_reach_a_payload(opened):
    for seed in verify.seeds():
        if seed[0] == verify.WHOLE_NESTED or seed[1] & 3 == verify.INNER:
            verify.check(seed)
    assert opened.count("A128KW") == opened.count("HS256") == 12
