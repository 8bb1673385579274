"""Every format is told by its content, and a wrong case of it is found out."""

import json

import pytest
from tests.conformance import samples
from tests.conformance.samples import (
    AEAD,
    COOKBOOK,
    JWE,
    JWE_KEYS,
    JWS,
    JWS_KEYS,
    KEY,
    KEYS,
    LIST,
    LOADER,
    OURS,
    RFC,
    TESTS,
    WYCHEPROOF,
    outcomes,
    run,
)

from joseal import conformance
from joseal.conformance import Outcome, running
from joseal.conformance.formats import registry as formats

OTHER = b"another".hex()


@pytest.mark.parametrize(
    ("form", "file", "cases"), samples.FORMS, ids=lambda value: str(value)[:40]
)
def test_format_is_told_by_its_content(tmp_path, form, file, cases):
    report = run(tmp_path, file)
    assert (report.form, len(report.results), report.problem) == (form, cases, "")
    assert Outcome.UNEXPECTED not in outcomes(report)


ONLY_OPENS = samples.changed(
    KEY, *TESTS, "jwk", to=json.dumps({**samples.KEK, "key_ops": ["unwrapKey"]})
)

THEIRS = ("testGroups", 0, "tests", 0)

FLIPPED = ("B" if samples.TOKEN[-2] == "A" else "A").join((samples.TOKEN[:-2], samples.TOKEN[-1]))


WRONG = [
    (JWE, (*TESTS, "plaintext"), OTHER, "other bytes"),
    (JWE, (*TESTS, "header"), {"enc": "A128GCM", "alg": "A128KW"}, "other members"),
    (JWE, (*TESTS, "expect"), "undecryptable", "ok"),
    (
        JWE,
        (*TESTS, "token"),
        FLIPPED,
        "undecryptable: the token can't be opened with this key: `joseal doctor --key` can tell why",
    ),
    (
        JWE,
        ("groups", 0, "opener", "enc"),
        ["A256GCM"],
        "not_allowed: enc: the token says A128GCM, enc= accepts A256GCM",
    ),
    (JWE, ("groups", 0, "tests", 1, "expect"), "unknown_key", None),
    (JWE, ("groups", 0, "tests", 1, "token"), samples.TOKEN, "ok"),
    (JWS, (*TESTS, "payload"), OTHER, "other bytes"),
    (JWS, (*TESTS, "header"), {"alg": "HS384"}, "other members"),
    (JWS, (*TESTS, "token"), samples.signed(b"x"), "other bytes"),
    (JWS, (*TESTS, "expect"), "unverified", "ok"),
    (AEAD, (*TESTS, "plaintext"), OTHER, "other bytes"),
    (
        AEAD,
        (*TESTS, "tag"),
        "00" * 16,
        "undecryptable: the token can't be opened with this key: `joseal doctor --key` can tell why",
    ),
    (AEAD, (*TESTS, "iv"), "00" * 11, "malformed: a length that enc does not make"),
    (AEAD, (*TESTS, "expect"), "undecryptable", "ok"),
    (JWE_KEYS, (*TESTS, "plaintext"), OTHER, "other bytes"),
    (JWE_KEYS, (*TESTS, "expect"), "unknown_key", "ok"),
    (JWS_KEYS, (*TESTS, "payload"), OTHER, "other bytes"),
    (KEY, (*TESTS, "thumbprint"), "AAAA", "other bytes"),
    (KEY, (*TESTS, "private"), True, "other members"),
    (KEY, (*TESTS, "jwk"), "{}", None),
    (KEY, (*TESTS, "jwk"), json.dumps({**samples.KEK, "key_ops": ["wrapKey"]}), None),
    (KEY, LOADER, {"use": "sign"}, None),
    (KEY, LOADER, {"use": "verify"}, None),
    (KEY, LOADER, {"alg": "A256KW"}, None),
    (KEY, ("groups", 0, "tests", 1, "jwk"), json.dumps(samples.KEK), "ok"),
    (ONLY_OPENS, (*LOADER, "use"), "encrypt", None),
    (KEYS, (*TESTS, "thumbprints"), [samples.THUMBPRINT] * 2, "other bytes"),
    (KEYS, (*TESTS, "skipped"), [1], "other members"),
    (KEYS, (*TESTS, "skipped"), [], "other members"),
    (KEYS, (*TESTS, "expect"), "key", "ok"),
    (WYCHEPROOF, (*THEIRS, "pt"), OTHER, "other bytes"),
    (WYCHEPROOF, (*THEIRS, "result"), "invalid", "ok"),
    (WYCHEPROOF, ("testGroups", 0, "tests", 1, "result"), "valid", None),
    (COOKBOOK, ("input", "plaintext"), "another", "other bytes"),
    (LIST, ("verified", 0, "plaintext_hex"), OTHER, "other bytes"),
    (RFC, ("vectors", 0, "plaintext_hex"), OTHER, "other bytes"),
    (
        samples.KEK,
        ("k",),
        "AA=",
        "key: the JWK's k is not canonical base64url: it ends with =; leave the padding out",
    ),
]


@pytest.mark.parametrize(("file", "path", "value", "got"), WRONG)
def test_wrong_case_is_found_out(tmp_path, file, path, value, got):
    assert Outcome.UNEXPECTED not in outcomes(run(tmp_path, file))
    report = run(tmp_path, samples.changed(file, *path, to=value))
    (result,) = [found for found in report.results if found.outcome is Outcome.UNEXPECTED]
    assert got is None or result.got == got


VALUES = (None, 1, 10**31, "", "\u00e9\u202e", "AA", [], [1], {}, {"a": 1})

PRINTED = ("rfc7517", "rfc7518_appendix_b", "rfc7518_appendix_c", "rfc7638", "rfc7797", "rfc8037")


def places(value, path=()):
    """Every place of a JSON value, as the steps to it."""
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for step, inner in items:
        yield (*path, step)
        if isinstance(inner, dict | list):
            yield from places(inner, (*path, step))


def everywhere(file):
    """The file with each of its values replaced by each of the others."""
    return (samples.changed(file, *place, to=value) for place in places(file) for value in VALUES)


def ends(file):
    """Run what a file holds; it must end, in an outcome with its words."""
    vectors = formats.read(formats.load(json.dumps(file).encode()))
    for result in () if vectors is None else running.run(vectors.cases, OURS):
        assert result.got or result.reason


@pytest.mark.parametrize("file", [file for _, file, _ in samples.FORMS], ids=samples.names())
def test_any_value_at_any_place_ends_in_an_outcome(file):
    for other in everywhere(file):
        ends(other)


@pytest.mark.parametrize("name", PRINTED)
def test_any_value_at_any_place_of_a_figure_ends_in_an_outcome(shared_vectors, name):
    file = json.loads((shared_vectors / f"rfc/{name}.json").read_bytes())
    # Opening a password's token takes its time, and RSA keys too.
    for slow in ("appendix_c", "x5c_example"):
        file.pop(slow, None)
    for sets in file.get("jwk_sets", {}).values():
        sets["keys"] = [key for key in sets["keys"] if key["kty"] != "RSA"]
    for other in everywhere(file):
        ends(other)


def test_any_value_at_any_place_of_a_primitive_ends_in_an_outcome(shared_vectors):
    for name in ("aes_gcm", "aes_wrap", "aes_cbc_pkcs5", "hmac_sha256", "x25519_jwk"):
        file = shortened(shared_vectors, name)
        group = file["testGroups"][0]
        small = {"algorithm": file["algorithm"], "notes": {}, "testGroups": [group]}
        group["tests"] = group["tests"][:1]
        for other in everywhere(small):
            ends(other)


LENGTH = 3


PRIMITIVES = {
    "a128cbc_hs256": {Outcome.PASSED},
    "aes_cbc_pkcs5": {Outcome.PASSED},
    "aes_gcm": {Outcome.PASSED, Outcome.DIFFERENT},
    "aes_wrap": {Outcome.PASSED},
    "chacha20_poly1305": {Outcome.PASSED},
    "ecdh_secp256r1_webcrypto": {Outcome.PASSED},
    "hmac_sha256": {Outcome.PASSED, Outcome.DIFFERENT},
    "pbkdf2_hmacsha256": {Outcome.NOT_RUN},
    "rsa_oaep_2048_sha1_mgf1sha1": {Outcome.PASSED},
    "rsa_oaep_2048_sha256_mgf1sha1": {Outcome.NOT_RUN},
    "rsa_pkcs1_2048": {Outcome.PASSED},
    "x25519_jwk": {Outcome.PASSED},
    "x448_jwk": {Outcome.PASSED},
    "xchacha20_poly1305": {Outcome.PASSED},
}

CHANGED = {"AeadTest": "tag", "MacTest": "tag", "IndCpaTest": "msg", "KeywrapTest": "msg"}


def shortened(shared_vectors, name):
    file = json.loads((shared_vectors / f"wycheproof/{name}_test.json").read_bytes())
    groups = [{**group, "tests": group["tests"][:LENGTH]} for group in file["testGroups"]]
    # Groups of another size are the second in one file and the fourth in another.
    return {**file, "testGroups": groups[:4]}


@pytest.mark.parametrize(("name", "expected"), PRIMITIVES.items())
def test_primitives_are_run_or_say_why_not(tmp_path, shared_vectors, name, expected):
    report = run(tmp_path, shortened(shared_vectors, name))
    assert set(outcomes(report)) == expected


@pytest.mark.parametrize(
    "name", [name for name, found in PRIMITIVES.items() if Outcome.PASSED in found]
)
def test_wrong_primitive_is_found_out(tmp_path, shared_vectors, name):
    file = shortened(shared_vectors, name)
    test = next(test for test in file["testGroups"][0]["tests"] if test["result"] == "valid")
    member = "shared" if "shared" in test else CHANGED.get(file["testGroups"][0]["type"], "msg")
    test[member] = test[member][2:] + "00" if test[member] else "00"
    assert outcomes(run(tmp_path, file)).count(Outcome.UNEXPECTED) == 1


def test_cbc_under_a_good_tag(shared_vectors):
    report = conformance.verify([shared_vectors / "wycheproof/aes_cbc_pkcs5_test.json"], OURS)
    assert report.count(Outcome.PASSED) == 216
