"""Every format is told by its content, a wrong case is found out, and nothing is dropped."""

import datetime as dt
import hashlib
import json
import os
import platform
from importlib import metadata
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
    LOADER,
    OURS,
    TESTS,
    WYCHEPROOF,
    outcomes,
    run,
)

from joseal import conformance
from joseal._core.limits import Limits
from joseal.conformance import Outcome, differences
from joseal.conformance.formats import registry as formats

THEIRS = ("testGroups", 0, "tests", 0)


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
    (KEY, (*LOADER, "enc"), [], "a setting for keys that joseal does not have"),
    (KEY, (*LOADER, "enc"), ["A1GCM"], "a setting for keys that joseal does not have"),
    (KEY, (*LOADER, "use"), "sign", "a setting for keys that joseal does not have"),
    (KEY, (*LOADER, "alg"), "A1KW", "an alg that joseal does not have"),
    (KEYS, (*TESTS, "skipped"), None, "the case is not of the form of its file"),
    (KEYS, (*LOADER, "kid"), "1", "a setting for keys that joseal does not have"),
    (AEAD, (*TESTS, "key"), "00", "a key of a different size than the enc takes"),
    (AEAD, ("groups", 0, "enc"), "A1GCM", "an enc that joseal does not have"),
    (WYCHEPROOF, (*THEIRS, "result"), "maybe", "the case is not of the form of its file"),
    (WYCHEPROOF, (*THEIRS, "jwe"), None, "the case is not of the form of its file"),
    (WYCHEPROOF, ("testGroups", 0, "type"), "EcdsaVerify", None),
    (WYCHEPROOF, ("testGroups", 0, "private"), 7, "the case is not of the form of its file"),
    (LIST, ("verified", 0), 7, "the case is not of the form of its file"),
    (LIST, ("verified", 0, "jwe"), 7, "the case is not of the form of its file"),
    (LIST, ("verified", 0, "jwk", "alg"), "HPKE-11", "an alg that joseal does not have"),
    (samples.KEK, ("kty",), "unknown", None),
]


def test_tokens_in_json_are_run_with_each_of_their_keys(tmp_path):
    recipient = {"encrypted_key": samples.IN_JSON["encrypted_key"]}
    several = {name: samples.IN_JSON[name] for name in samples.PARTS if name != "encrypted_key"}
    for message in (samples.IN_JSON, several | {"recipients": [recipient]}):
        listed = samples.changed(LIST, "verified", 0, "jwe", to=message)
        assert outcomes(run(tmp_path, listed)) == [Outcome.PASSED]
        keyed = samples.changed(listed, "verified", 0, "jwk", to=[samples.KEK, samples.KEK])
        assert outcomes(run(tmp_path, keyed)) == [Outcome.PASSED] * 2
        printed = samples.changed(COOKBOOK, "output", "json", to=message)
        assert outcomes(run(tmp_path, printed)) == [Outcome.PASSED] * 2
        short = samples.changed(printed, "input", "alg", to=[])
        assert outcomes(run(tmp_path, short)) == [Outcome.NOT_RUN] * 2


@pytest.mark.parametrize("name", ["form", "accept_unprotected"])
def test_settings_of_json_that_joseal_does_not_have_are_not_run(tmp_path, name):
    value = "json" if name == "form" else ["zip"]
    file = samples.changed(
        JWE, "groups", 0, "opener", to=JWE["groups"][0]["opener"] | {name: value}
    )
    assert set(outcomes(run(tmp_path, file))) == {Outcome.NOT_RUN}


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
    assert result.got == f"too_large: over the limit header_bytes={most}: found 16428"
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
        "other.json": (0, "not a known format of vectors", False),
    }
    assert [Path(path).name for path in report.others] == ["readme.md"]
    assert {Path(path).name for path in report.unread} == {
        "broken.json",
        "twice.json",
        "other.json",
        "readme.md",
    }


def test_every_file_that_was_read_has_its_hash(tmp_path):
    for name, data in (("good.json", JWE), ("broken.json", b"{"), ("other.json", {"other": 1})):
        samples.write(tmp_path, data, name)
    report = conformance.verify([tmp_path, tmp_path / "missing.json"], OURS)
    for file in report.files[:3]:
        assert file.sha256 == hashlib.sha256(Path(file.path).read_bytes()).hexdigest()
    assert report.files[3].sha256 == ""


def test_a_report_says_when_and_by_which_versions_it_was_made(tmp_path):
    origin = conformance.verify([tmp_path], OURS).origin
    made = dt.datetime.fromisoformat(origin.date)
    assert dt.timedelta(0) <= dt.datetime.now(dt.UTC) - made < dt.timedelta(minutes=1)
    assert origin.cryptography == metadata.version("cryptography")
    assert origin.openssl.startswith("OpenSSL ")
    assert origin.python.endswith(platform.python_version())


def test_the_vectors_that_come_with_the_package_are_the_projects_own(our_vectors):
    shipped = sorted(conformance.SHIPPED.iterdir())
    assert len(shipped) >= 5
    for path in shipped:
        assert path.read_bytes() == (our_vectors / path.name).read_bytes()
    report = conformance.verify([conformance.SHIPPED], OURS)
    assert report.count(Outcome.PASSED) == sum(len(file.results) for file in report.files) > 100


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
        ("not a regular file", True),
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


# Primitives: the first cases of every file, for the suites of the primitives themselves run all.


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


@pytest.mark.parametrize("paths", ["keys.json", b"keys.json", Path("keys.json")])
def test_a_path_that_is_alone_is_a_type_error_that_says_how_it_is_given(paths):
    with pytest.raises(TypeError, match=r"^paths must be a collection of Path, .*\[Path\("):
        conformance.verify(paths, OURS)


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ({"paths": ["keys.json"]}, "each of paths"),
        ({"backend": "joseal"}, "backend"),
        ({"backend": None}, "backend"),
        ({"on_file": "print"}, "on_file"),
    ],
)
def test_an_argument_of_a_wrong_type_is_a_type_error_before_a_file_is_read(given, name):
    with pytest.raises(TypeError, match=f"^{name} must be "):
        conformance.verify(**{"paths": [Path("missing.json")], "backend": OURS, **given})


# Other libraries.


def test_nothing_that_holds_a_secret_shows_it():
    file = formats.read(JWE)
    assert CANARY not in repr(file) + repr(file.cases) + repr(file.cases[0].task)
    assert samples.KEK["k"] not in repr(file.cases[0].task) + repr(file.cases[0].expected)
