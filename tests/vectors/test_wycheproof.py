"""Wycheproof's tokens, with the defaults and with everything switched on."""

import functools
import json
from collections import Counter

import pytest
from tests.vectors.vector_files import run

from joseal import Decrypter, JoseError, Key, NotAllowedError
from joseal._core.algorithms.registry import ENCS
from joseal.conformance import Outcome


def read(folder, name):
    return json.loads((folder / name).read_text())


def wycheproof(folder, name):
    """Give the cases of a file, each with its group."""
    for group in read(folder, f"wycheproof/{name}_test.json")["testGroups"]:
        for case in group["tests"]:
            yield group, case


def text(token):
    """Cases in JSON serialization are given to us as what they are: text that is no compact token."""
    return token if isinstance(token, str) else json.dumps(token)


def outcome(run):
    """Return what came out, or the error; nothing outside our family is caught."""
    try:
        return run()
    except JoseError as error:
        refusal = error
    assert refusal.__cause__ is refusal.__context__ is None
    return refusal


@functools.cache
def loaded(jwk, alg, *, legacy):
    """Load a key once: a private RSA key takes its time."""
    return Key.from_jwk(jwk, alg=alg, legacy=legacy)


def opened(jwk, token, *, everything):
    key = loaded(json.dumps(jwk), None, legacy=everything)
    encs = [name for name, enc in ENCS.items() if key._serves(enc)]
    return Decrypter(key, enc=encs, accept_zip=everything).decrypt(text(token))


# Cases that pass, and cases of which joseal does otherwise on purpose, with the number of each.
WYCHEPROOF = {
    "json_web_encryption": (139, {}),
    "json_web_key": (26, {}),
    "json_web_crypto": (83, {}),
    "json_web_signature": (
        393,
        {
            "a key is bound to its own alg, PS256, and the token's is PS384": {"346", "350"},
            "the key's own alg, ES521, does not exist": {"347", "351"},
            "a segment has a character that is not base64url": {"372", "373"},
            "marked invalid, but byte for byte the valid case 357, with the same key": {
                *("367", "370"),
            },
        },
    ),
}


@pytest.mark.parametrize(
    ("name", "passed", "differences"), [(n, *c) for n, c in WYCHEPROOF.items()]
)
def test_wycheproof_with_everything_switched_on(shared_vectors, name, passed, differences):
    report = run(shared_vectors / f"wycheproof/{name}_test.json")
    found = {}
    for result in report.results:
        if result.outcome is Outcome.DIFFERENT:
            found.setdefault(result.reason, set()).add(result.id)
    assert found == differences
    assert report.count(Outcome.PASSED) == passed
    assert report.count(Outcome.UNEXPECTED) == report.count(Outcome.NOT_RUN) == 0


def test_cases_that_contradict_themselves_are_listed(shared_vectors):
    """They are to the byte the token of the valid case, with the same key."""
    tokens = {
        case["tcId"]: (text(case["jws"]), json.dumps(group["private"]))
        for group, case in wycheproof(shared_vectors, "json_web_signature")
    }
    assert tokens[357] == tokens[367] == tokens[370]


# Valid cases that defaults refuse: RSA1_5 and compression are off unless they are named.
OFF_BY_DEFAULT = {"RSA1_5 is off: legacy=True loads a key that decrypts old tokens": 8}

COMPRESSED = {135: "zip"}


def test_wycheproof_encryption_with_defaults(shared_vectors):
    off, compressed, right = Counter(), {}, 0
    for group, case in wycheproof(shared_vectors, "json_web_encryption"):
        found = outcome(lambda: opened(group["private"], case["jwe"], everything=False))  # noqa: B023
        if isinstance(found, bytes) is (case["result"] == "valid"):
            right += 1
        elif isinstance(found, NotAllowedError):
            compressed[case["tcId"]] = found.parameter
        else:
            assert group["private"]["alg"] == "RSA1_5", case["tcId"]
            off[str(found)] += 1
    assert compressed == COMPRESSED
    assert off == OFF_BY_DEFAULT
    assert right == 139 - 1 - off.total()
