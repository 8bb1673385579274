"""Every format is told by its content, a wrong case is found out, and nothing is dropped."""

import json
import os
from pathlib import Path

import pytest
from tests.conformance import samples
from tests.conformance.samples import (
    AEAD,
    CANARY,
    COOKBOOK,
    JWE,
    JWE_KEYS,
    JWS,
    JWS_KEYS,
    KEY,
    KEYS,
    LIST,
    RFC,
    WYCHEPROOF,
)

from joseal import conformance
from joseal._core.limits import Limits
from joseal.conformance import Outcome, differences, running
from joseal.conformance.formats import registry as formats

OURS = conformance.backend("joseal")
OTHER = b"another".hex()


def run(tmp_path, file, backend=OURS):
    (report,) = conformance.verify([samples.write(tmp_path, file)], backend).files
    return report


def outcomes(report):
    return [result.outcome for result in report.results]


@pytest.mark.parametrize(
    ("form", "file", "cases"), samples.FORMS, ids=lambda value: str(value)[:40]
)
def test_format_is_told_by_its_content(tmp_path, form, file, cases):
    report = run(tmp_path, file)
    assert (report.form, len(report.results), report.problem) == (form, cases, "")
    assert Outcome.UNEXPECTED not in outcomes(report)


TESTS = ("groups", 0, "tests", 0)
LOADER = ("groups", 0, "loader")
ONLY_OPENS = samples.changed(
    KEY, *TESTS, "jwk", to=json.dumps({**samples.KEK, "key_ops": ["unwrapKey"]})
)
THEIRS = ("testGroups", 0, "tests", 0)
FLIPPED = ("B" if samples.TOKEN[-2] == "A" else "A").join((samples.TOKEN[:-2], samples.TOKEN[-1]))
WRONG = [
    (JWE, (*TESTS, "plaintext"), OTHER, "other bytes"),
    (JWE, (*TESTS, "header"), {"enc": "A128GCM", "alg": "A128KW"}, "other members"),
    (JWE, (*TESTS, "expect"), "undecryptable", "ok"),
    (JWE, (*TESTS, "token"), FLIPPED, "undecryptable: the token can't be opened with this key"),
    (JWE, ("groups", 0, "opener", "enc"), ["A256GCM"], "not_allowed: enc: not one that enc= names"),
    (JWE, ("groups", 0, "tests", 1, "expect"), "unknown_key", None),
    (JWE, ("groups", 0, "tests", 1, "token"), samples.TOKEN, "ok"),
    (JWS, (*TESTS, "payload"), OTHER, "other bytes"),
    (JWS, (*TESTS, "header"), {"alg": "HS384"}, "other members"),
    (JWS, (*TESTS, "token"), samples.signed(b"x"), "other bytes"),
    (JWS, (*TESTS, "expect"), "unverified", "ok"),
    (AEAD, (*TESTS, "plaintext"), OTHER, "other bytes"),
    (AEAD, (*TESTS, "tag"), "00" * 16, "undecryptable: the token can't be opened with this key"),
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
    (samples.KEK, ("k",), "AA=", "key: the JWK's k is not canonical base64url"),
]


@pytest.mark.parametrize(("file", "path", "value", "got"), WRONG)
def test_wrong_case_is_found_out(tmp_path, file, path, value, got):
    assert Outcome.UNEXPECTED not in outcomes(run(tmp_path, file))
    report = run(tmp_path, samples.changed(file, *path, to=value))
    (result,) = [found for found in report.results if found.outcome is Outcome.UNEXPECTED]
    assert got is None or result.got == got


NOT_RUN = [
    (JWE, (*TESTS, "unknown"), 1, "the case is not of the form of its file"),
    (JWE, (*TESTS, "expect"), "surprise", "the case is not of the form of its file"),
    (JWE, (*TESTS, "plaintext"), "no hex", "the case is not of the form of its file"),
    (JWE, (*TESTS, "header"), None, "the case is not of the form of its file"),
    (JWE, ("groups", 0, "opener", "enc"), ["A1GCM"], "an enc that joseal does not have"),
    (JWE, ("groups", 0, "opener", "enc"), [], "an enc that joseal does not have"),
    (JWE, ("groups", 0, "opener", "limits"), {"x": 1}, "settings that joseal does not have"),
    (JWE, ("groups", 0, "opener", "unknown"), 1, "the case is not of the form of its file"),
    (JWE, ("groups", 0, "key", "alg"), "A1KW", "an alg that joseal does not have"),
    (JWE, ("groups", 0), "no group", "the case is not of the form of its file"),
    (JWE_KEYS, (*TESTS, "unknown"), 1, "the case is not of the form of its file"),
    (JWE_KEYS, ("groups", 0, "key"), samples.KEK, "the case is not of the form of its file"),
    (JWS_KEYS, (*TESTS, "expect"), "key", "the case is not of the form of its file"),
    (KEY, (*TESTS, "unknown"), 1, "the case is not of the form of its file"),
    (KEY, (*TESTS, "private"), 0, "the case is not of the form of its file"),
    (KEY, (*TESTS, "thumbprint"), "=", "the case is not of the form of its file"),
    (KEY, (*TESTS, "expect"), "malformed", "the case is not of the form of its file"),
    (KEY, (*LOADER, "use"), "guess", "the case is not of the form of its file"),
    (KEY, (*LOADER, "unknown"), 1, "the case is not of the form of its file"),
    (KEY, (*LOADER, "enc"), [], "what joseal can not be told of a key"),
    (KEY, (*LOADER, "enc"), ["A1GCM"], "what joseal can not be told of a key"),
    (KEY, (*LOADER, "use"), "sign", "what joseal can not be told of a key"),
    (KEY, (*LOADER, "alg"), "A1KW", "an alg that joseal does not have"),
    (KEYS, (*TESTS, "skipped"), None, "the case is not of the form of its file"),
    (KEYS, (*LOADER, "kid"), "1", "what joseal can not be told of a key"),
    (AEAD, (*TESTS, "key"), "00", "a key of another size than the enc takes"),
    (AEAD, ("groups", 0, "enc"), "A1GCM", "an enc that joseal does not have"),
    (WYCHEPROOF, (*THEIRS, "result"), "maybe", "the case is not of the form of its file"),
    (WYCHEPROOF, (*THEIRS, "jwe"), None, "the case is not of the form of its file"),
    (WYCHEPROOF, ("testGroups", 0, "type"), "EcdsaVerify", None),
    (WYCHEPROOF, ("testGroups", 0, "private"), 7, "the case is not of the form of its file"),
    (LIST, ("verified", 0), 7, "the case is not of the form of its file"),
    (LIST, ("verified", 0, "jwe"), {}, None),
    (LIST, ("verified", 0, "jwk", "alg"), "HPKE-0", "an alg that joseal does not have"),
    (samples.KEK, ("kty",), "unknown", None),
]


@pytest.mark.parametrize(("file", "path", "value", "reason"), NOT_RUN)
def test_case_that_can_not_be_run_says_why(tmp_path, file, path, value, reason):
    if path == ("kty",):
        file = {"kty": "oct", "k": "AAAA"}
    report = run(tmp_path, samples.changed(file, *path, to=value))
    assert not any(result.outcome is Outcome.PASSED for result in report.results[:1])
    found = [result for result in report.results if result.outcome is Outcome.NOT_RUN]
    assert found
    assert all(result.reason for result in found)
    assert reason in {None, *(result.reason for result in found)}


def test_limits_of_a_file_lift_none_that_bounds_work(tmp_path):
    most = Limits().pbes2_iterations
    file = samples.changed(
        JWE,
        "groups",
        0,
        "opener",
        to={"enc": ["A128GCM"], "limits": {"pbes2_iterations": 2**31 - 1}},
    )
    token = str(
        samples.all_algorithms.token("PBES2-HS256+A128KW", "A128GCM", members={"p2c": most + 1})
    )
    file["groups"][0]["key"] = {"kty": "oct", "alg": "PBES2-HS256+A128KW", "k": "AAAA"}
    file["groups"][0]["tests"] = [
        {"id": 1, "comment": "", "token": token, "expect": "not_allowed", "flags": []}
    ]
    assert outcomes(run(tmp_path, file)) == [Outcome.PASSED]


def test_header_is_bounded_by_its_file_alone(tmp_path):
    most = Limits().header_bytes
    token = str(samples.all_algorithms.token("A128KW", "A128GCM", members={"x": "A" * most}))
    file = samples.changed(JWE, "groups", 0, "tests", 1, "token", to=token)
    (*_, result) = run(tmp_path, file).results
    assert result.got == f"too_large: over the limit header_bytes={most}"
    limits = {"header_bytes": 2 * most}
    file = samples.changed(file, "groups", 0, "opener", to={"enc": ["A128GCM"], "limits": limits})
    (*_, result) = run(tmp_path, file).results
    assert result.got == "ok"


# Known differences.


def signatures(shared_vectors):
    path = shared_vectors / "wycheproof/json_web_signature_test.json"
    return json.loads(path.read_bytes())


def listed(file, number):
    """The file with the one group that has a case, and in it that case alone."""
    for group in file["testGroups"]:
        for test in group["tests"]:
            if test["tcId"] == number:
                return {**file, "testGroups": [{**group, "tests": [test]}]}
    raise AssertionError


@pytest.mark.parametrize("number", [346, 347, 350, 351, 367, 370, 372, 373])
def test_known_difference_is_known_by_more_than_its_number(tmp_path, shared_vectors, number):
    file = listed(signatures(shared_vectors), number)
    assert outcomes(run(tmp_path, file)) == [Outcome.DIFFERENT]
    test = ("testGroups", 0, "tests", 0)
    # Two have a key for an alg that nobody has.
    unlisted = [Outcome.NOT_RUN if number in {347, 351} else Outcome.UNEXPECTED]
    other = samples.changed(file, *test, "tcId", to=number + 1000)
    assert outcomes(run(tmp_path, other)) == unlisted
    other = samples.changed(file, "schema", to="json_web_key_schema_v1.json")
    assert outcomes(run(tmp_path, other)) == unlisted


def test_known_difference_that_is_none_is_unexpected(tmp_path, shared_vectors):
    file = listed(signatures(shared_vectors), 372)
    file["testGroups"][0]["tests"][0]["result"] = "invalid"
    (result,) = run(tmp_path, file).results
    assert (result.outcome, result.got) == (
        Outcome.UNEXPECTED,
        "malformed: the header is not canonical base64url",
    )
    assert result.reason == "listed as a known difference, but it is none"


def test_every_known_difference_is_in_the_published_file(tmp_path, shared_vectors):
    numbers = {int(case) for _, case, _ in differences._TABLE}
    file = signatures(shared_vectors)
    tails = {
        test["tcId"]: test["jws"][-16:]
        for group in file["testGroups"]
        for test in group["tests"]
        if test["tcId"] in numbers
    }
    assert {(int(case), tail) for _, case, tail in differences._TABLE} == set(tails.items())


# Files.


def test_files_are_counted_and_none_is_dropped(tmp_path):
    folder = tmp_path / "deep" / "er"
    folder.mkdir(parents=True)
    samples.write(folder, JWE, "b.json")
    samples.write(folder, JWS, "a.JSON")
    samples.write(folder, b"{", "broken.json")
    samples.write(folder, b'{"keys": [], "keys": []}', "twice.json")
    samples.write(folder, {"other": 1}, "other.json")
    samples.write(folder, b"text", "readme.md")
    report = conformance.verify([tmp_path], OURS)
    found = {
        Path(file.path).name: (len(file.results), file.problem, file.broken)
        for file in report.files
    }
    assert found == {
        "a.JSON": (1, "", False),
        "b.json": (2, "", False),
        "broken.json": (0, "not one strict JSON value", True),
        "twice.json": (0, "not one strict JSON value", True),
        "other.json": (0, "no form of vectors that is known", False),
    }
    assert report.others == 1


def test_file_that_is_named_is_read_whatever_its_name(tmp_path):
    path = samples.write(tmp_path, JWE, "vectors.txt")
    other = samples.write(tmp_path, {"other": 1}, "other.txt")
    first, second = conformance.verify([path, other], OURS).files
    assert (len(first.results), second.broken) == (2, True)


def test_what_is_no_file_is_said(tmp_path):
    os.mkfifo(tmp_path / "pipe.json")
    (tmp_path / "loop.json").symlink_to("loop.json")
    report = conformance.verify([tmp_path, tmp_path / "missing.json"], OURS)
    assert [(file.problem, file.broken) for file in report.files] == [
        ("Too many levels of symbolic links", True),
        ("no regular file", True),
        ("No such file or directory", True),
    ]


def test_file_over_the_bound_is_not_read(tmp_path, monkeypatch):
    monkeypatch.setattr(formats, "MOST_FILE_BYTES", len(json.dumps(JWE)))
    assert run(tmp_path, JWE).problem == ""
    report = run(tmp_path, json.dumps(JWE).encode() + b" ")
    assert (report.problem, report.broken) == ("over 16 MiB", True)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff",
        b"null",
        b"[",
        b'[],"x":[1]',
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b'{"keys": "\\ud800"}',
        b'{"keys": [1e999]}',
    ],
)
def test_hostile_json_is_broken_and_raises_nothing(tmp_path, data):
    assert run(tmp_path, data).broken


HOSTILE = [
    {"schema": ["x"], "groups": []},
    {"schema": "jwe_compact_v1", "groups": [None, [], {"tests": 1}]},
    {"testGroups": [None, 1, {"type": 7, "tests": [1]}, {"type": "AeadTest"}]},
    {"testGroups": [{"type": name, "tests": [{}, None]} for name in ("MacTest", "XdhJwkComp")]},
    {"keys": [None, 1, {"kty": 1}, {"kty": "RSA", "n": "AA", "e": "AQAB"}, {"kty": "RSA", "x": 10**31}]},
    {"verified": [{"jwe": "..", "jwk": {"kty": "oct", "alg": [], "k": 1}, "plaintext_hex": ""}]},
    {"verified": [{"jws": "é.", "jwk": {"keys": []}, "plaintext_hex": ""}]},
    {"input": {}, "output": {"compact": 1}},
    {"sign": {"input": {}, "output": {}}, "encrypt": {"input": {}, "output": {}}},
    {"source": "x", "ed25519": 1, "x448": {}, "tests": {}, "jwk_sets": [], "examples": 3},
    {"source": "x", "derived_key": "zz", "header": {"alg": 1}, "recipient_jwk": {}},
    {"source": "x", "thumbprint": 1, "b64_true": 1},
    [{"alg": "HPKE-0"}, {"alg": "HPKE-\u202e"}],
]  # fmt: skip


@pytest.mark.parametrize("backend", conformance.BACKENDS)
@pytest.mark.parametrize("file", HOSTILE, ids=str)
def test_hostile_shapes_raise_nothing(tmp_path, file, backend):
    report = run(tmp_path, file, conformance.backend(backend))
    assert backend != "joseal" or Outcome.PASSED not in outcomes(report)
    assert all(result.got or result.reason for result in report.results)


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


# Primitives: the first cases of every file, for the suites of the primitives themselves run all.

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


def test_small_rsa_keys_and_labels_are_known_differences(tmp_path, shared_vectors):
    file = json.loads((shared_vectors / "wycheproof/rsa_oaep_misc_test.json").read_bytes())
    small = [group for group in file["testGroups"] if group["keySize"] < 2048]
    report = run(tmp_path, {**file, "testGroups": small})
    assert set(outcomes(report)) == {Outcome.DIFFERENT, Outcome.NOT_RUN}
    file = json.loads(
        (shared_vectors / "wycheproof/rsa_oaep_2048_sha1_mgf1sha1_test.json").read_bytes()
    )
    report = run(tmp_path, file)
    assert {result.reason for result in report.results if result.outcome is Outcome.DIFFERENT} == {
        differences.LABEL
    }


# Other libraries.


@pytest.mark.parametrize("name", ["jwcrypto", "joserfc"])
def test_other_backends_open_and_verify(tmp_path, name):
    backend = conformance.backend(name)
    assert backend.name.startswith(f"{name} ")
    for file in (JWE, JWS, WYCHEPROOF, COOKBOOK, LIST):
        assert set(outcomes(run(tmp_path, file, backend))) <= {Outcome.PASSED, Outcome.NOT_RUN}
        assert Outcome.PASSED in outcomes(run(tmp_path, file, backend))
    wrong = samples.changed(JWE, *TESTS, "plaintext", to=OTHER)
    assert outcomes(run(tmp_path, wrong, backend)) == [Outcome.UNEXPECTED, Outcome.PASSED]
    assert outcomes(run(tmp_path, {"keys": [samples.KEK]}, backend)) == [Outcome.PASSED]
    # Neither has rules about what stands in a group's loader.
    plain = samples.changed(KEY, *LOADER, to={"legacy": True})
    assert outcomes(run(tmp_path, plain, backend)) == [Outcome.PASSED] * 2
    wrong = samples.changed(plain, *TESTS, "thumbprint", to="AAAA")
    assert outcomes(run(tmp_path, wrong, backend)) == [Outcome.UNEXPECTED, Outcome.PASSED]


@pytest.mark.parametrize("name", ["jwcrypto", "joserfc"])
def test_what_another_backend_lacks_is_not_run(tmp_path, name):
    backend = conformance.backend(name)
    report = run(tmp_path, AEAD, backend)
    assert report.results[0].reason == "a single step, which this library is not asked for"
    file = samples.changed(JWE, "groups", 0, "opener", "typ", to="JWT")
    assert (
        run(tmp_path, file, backend).results[0].reason
        == "a setting that the adapter does not pass on"
    )
    token = str(samples.all_algorithms.token("A128KW", "XC20P"))
    file = samples.changed(LIST, "verified", 0, "jwe", to=token)
    assert (
        run(tmp_path, file, backend).results[0].reason
        == "an alg or enc that this library does not have"
    )
    file = samples.changed(LIST, "verified", 0, "jwk", to={"keys": [samples.KEK]})
    assert (
        run(tmp_path, file, backend).results[0].reason
        == "a set of keys, which this library is not asked for"
    )
    for file in (JWE_KEYS, JWS_KEYS, KEYS):
        assert {result.reason for result in run(tmp_path, file, backend).results} == {
            "a set of keys, which this library is not asked for"
        }
    assert {result.reason for result in run(tmp_path, KEY, backend).results} == {
        "a setting that the adapter does not pass on"
    }
    file = samples.changed(KEY, *LOADER, to={})
    file = samples.changed(file, *TESTS, "jwk", to="[]")
    assert (
        run(tmp_path, file, backend).results[0].reason
        == "a text that is no strict JSON object, and the adapter hands over objects"
    )


@pytest.mark.parametrize("name", ["jwcrypto", "joserfc"])
def test_thumbprints_by_other_backends(shared_vectors, name):
    report = conformance.verify([shared_vectors / "rfc/rfc7638.json"], conformance.backend(name))
    assert report.count(Outcome.PASSED) == 1


def test_nothing_that_holds_a_secret_shows_it():
    file = formats.read(JWE)
    assert CANARY not in repr(file) + repr(file.cases) + repr(file.cases[0].task)
    assert samples.KEK["k"] not in repr(file.cases[0].task) + repr(file.cases[0].expected)
