"""The project's own vectors: their form, what they cover, and joseal against each of them."""

import copy
import functools
import itertools
import json
import re
from collections import Counter
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import pytest
from tests.vectors.rules import ALGS, SIGS
from tests.vectors.vector_files import (
    AEAD,
    JWE,
    JWE_KEYS,
    JWK,
    JWKS,
    JWS,
    JWS_KEYS,
    NO_VECTORS,
    PATHS,
    VECTORS,
    Case,
    cases,
    group_of,
    keys_of,
    load,
    run,
)

from joseal import (
    InvalidKeyError,
    Key,
    MalformedTokenError,
    NotAllowedError,
    Signer,
    TokenTooLargeError,
    UnknownKeyError,
    VerificationError,
)
from joseal._core.algorithms import content_encryption, registry
from joseal._core.algorithms.registry import ENCS
from joseal._core.assembly import TokenStart, assemble
from joseal._core.wire import base64url, compact
from joseal._core.wire.header import MANAGED
from joseal.conformance import Outcome
from joseal.errors import DecryptionError

# Cases that each file has at least, so that a file that was emptied can't pass.
FLOORS = {
    "authenticity.json": 199,
    "base64url_by_alg.json": 312,
    "cbc_padding.json": 84,
    "compression.json": 90,
    "construction.json": 99,
    "content.json": 5,
    "crit_by_alg.json": 128,
    "drafts.json": 121,
    "ecdh.json": 245,
    "ecdh_epk.json": 168,
    "ecdh_epk_direct.json": 165,
    "ecdh_epk_wrapped.json": 222,
    "ecdh_more.json": 151,
    "ecdh_parties.json": 176,
    "gcmkw.json": 295,
    "grammar.json": 150,
    "header.json": 169,
    "header_by_alg.json": 192,
    "hostile.json": 6,
    "hpke.json": 184,
    "hpke_ke.json": 248,
    "jwe_keys.json": 58,
    "jwk.json": 366,
    "jwk_alg.json": 337,
    "jwk_curves.json": 342,
    "jwk_rsa.json": 125,
    "jwks.json": 41,
    "jws.json": 195,
    "jws_forged.json": 270,
    "jws_form_by_alg.json": 270,
    "jws_header_by_alg.json": 250,
    "jws_keys.json": 30,
    "jws_limits_by_alg.json": 80,
    "jws_names_by_alg.json": 206,
    "jws_padding.json": 249,
    "jws_refused.json": 317,
    "keys_by_alg.json": 50,
    "keys_by_enc.json": 280,
    "lengths.json": 268,
    "limits.json": 29,
    "limits_by_alg.json": 81,
    "names_by_alg.json": 280,
    "pbes2.json": 201,
    "private_key.json": 155,
    "rfc.json": 15,
    "rfc_jws.json": 8,
    "rsa1_5.json": 87,
    "sample.json": 3,
    "segments_by_alg.json": 126,
    "settings_by_alg.json": 152,
    "shapes_by_alg.json": 192,
    "sizes_by_alg.json": 160,
    "sizes_by_enc.json": 315,
    "tag_by_alg.json": 189,
    "tag_by_enc.json": 258,
    "valid.json": 127,
    "valid_ecdh.json": 79,
    "valid_rsa.json": 16,
    "valid_symmetric.json": 68,
    "zip_by_alg.json": 176,
}
# Here the first case is no valid one: it is a figure that somebody else printed.
NO_BASE = "sample.json"
MOST_BYTES = 200_000
# What a case hands to joseal.
GIVEN = ("token", "detached", "jwk", "jwks")


@functools.cache
def schema():
    """Return what checks the schema; importing it takes every worker four seconds."""
    from jsonschema import Draft202012Validator

    return Draft202012Validator(json.loads((VECTORS / "schema.json").read_bytes()))


JWE_CASES = [*cases(JWE), *cases(JWE_KEYS)]
AEAD_CASES = list(cases(AEAD))
JWS_CASES = [*cases(JWS), *cases(JWS_KEYS)]
KEY_CASES = [*cases(JWK), *cases(JWKS)]
TOKENS = [*JWE_CASES, *JWS_CASES]
BY_ID = {case.test["id"]: case for case in (*TOKENS, *KEY_CASES)}
OPENS = [case for case in JWE_CASES if case.test["expect"] == "ok"]
REFUSED = [case for case in JWE_CASES if case.test["expect"] != "ok"]
REJECTED = [case for case in JWS_CASES if case.test["expect"] != "ok"]
# Their signatures have one form for each key and payload.
DETERMINISTIC = {"RS256", "RS384", "RS512", "Ed25519", "EdDSA", "HS256", "HS384", "HS512"}


def files(paths: Iterable[Path]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("path", sorted(paths), ids=lambda path: path.name)


each_file = files(PATHS)
jwe_files = files({VECTORS / case.file for case in OPENS})


def of(chosen: list[Case], path: Path) -> list[Case]:
    """The cases of a file. Thousands of cases are cheap, and thousands of tests are not."""
    return [case for case in chosen if case.file == path.name]


@each_file
def test_every_case_comes_out_as_it_says(path):
    """Bytes, header and order of a token; what a key is; the error's code; content sealed again."""
    report = run(path)
    assert [result for result in report.results if result.outcome is not Outcome.PASSED] == []
    told = [str(test["id"]) for group in load(path)["groups"] for test in group["tests"]]
    assert [result.id for result in report.results] == told


@files({VECTORS / case.file for case in JWE_CASES})
def test_every_case_ends_the_same_on_the_way_of_large_tokens(path, monkeypatch):
    """The other way through the code has the same checks in the same order."""
    monkeypatch.setattr(compact, "LARGE_BYTES", 0)
    monkeypatch.setattr(content_encryption, "LARGE_BYTES", 0)
    report = run(path)
    assert [result for result in report.results if result.outcome is not Outcome.PASSED] == []


@cache
def signing_key(jwk: str) -> Key:
    # A private RSA key takes long to load, and many groups share one.
    return Key.from_jwk(jwk)


def test_signature_is_made_again():
    """All that `Signer` writes in the same order, under algs without randomness."""
    made = Counter()
    for case in cases(JWS):
        if case.test["expect"] != "ok":
            continue
        alg, *others = case.test["header"]
        told = case.test["header"]
        plain = base64url.encode(json.dumps(told, separators=(",", ":")).encode()).decode()
        if told["alg"] not in DETERMINISTIC or alg != "alg" or MANAGED & set(others):
            continue
        if case.test["token"].partition(".")[0] != plain:
            continue
        (key,) = keys_of(case)
        signer = Signer(
            signing_key(json.dumps(key)),
            header={name: told[name] for name in others},
            write_kid=False,
            detached="detached" in case.test,
        )
        assert signer.sign(bytes.fromhex(case.test["payload"])) == case.test["token"]
        made[told["alg"]] += 1
    assert made.keys() == DETERMINISTIC
    assert made.total() >= 90


@jwe_files
def test_tokens_are_made_again_from_their_inputs(path):
    found = {str(case): case.test["token"] in made_again(case) for case in of(OPENS, path)}
    assert [case for case, is_same in found.items() if not is_same] == []


def made_again(case: Case) -> list[str]:
    """Make the token of its inputs, under each key that may be its CEK."""
    test, inject = case.test, case.test["inject"]
    protected, encrypted_key = test["token"].split(".")[:2]
    # With Integrated Encryption the CEK is what HPKE derives for one token.
    header = test["header"]
    enc = ENCS[header["enc"]] if "enc" in header else registry.ALGS[header["alg"]].content
    # With `dir` the key is the CEK. How a CEK was encrypted is shown by opening: OAEP takes no seed.
    shared = [base64url.decode(key.get("k", "").encode()) for key in keys_of(case)]
    ceks = [bytes.fromhex(inject["cek"])] if "cek" in inject else shared
    return [
        assemble(
            enc,
            TokenStart(
                protected.encode(),
                cek,
                base64url.decode(encrypted_key.encode()),
                bytes.fromhex(inject.get("iv", "")),
            ),
            bytes.fromhex(inject.get("deflated", test["plaintext"])),
        )
        for cek in ceks
        if len(cek) == enc.cek_bytes
    ]


def faults_of_form(case: Case) -> bool:
    """Tell whether a negative case is no valid one with one fault."""
    named = re.match(r"From (\d+): .", case.test["comment"])
    base = BY_ID.get(int(named[1])) if named else None
    if base is None or base.test["expect"] != "ok":
        return True
    same = all(base.test.get(name) == case.test.get(name) for name in GIVEN)
    same_opener = (base.file, base.group) == (case.file, case.group)
    return same is same_opener


def test_negative_differs_from_a_valid_case_by_one_fault():
    """Its base opens under the same key and settings; or is the same token, held against others."""
    negative = [case for case in BY_ID.values() if case.test["expect"] != "ok"]
    assert len(negative) >= sum(FLOORS.values()) // 2
    assert [str(case) for case in negative if faults_of_form(case) and case.file != NO_BASE] == []


def test_no_two_cases_are_the_same():
    seen = Counter(
        (case.file, case.group, *(case.test.get(name) for name in GIVEN)) for case in BY_ID.values()
    )
    assert [place for place, count in seen.items() if count > 1] == []


def test_every_alg_opens_with_every_enc():
    pairs = {
        (case.test["header"]["alg"], case.test["header"]["enc"])
        for case in OPENS
        if case.file not in {"hpke.json", "hpke_ke.json"}
    }
    assert pairs == set(itertools.product(ALGS, ENCS))


def test_every_alg_agrees_on_every_curve():
    pairs = {
        (case.test["header"]["alg"], case.test["header"]["epk"]["crv"])
        for case in OPENS
        if "epk" in case.test["header"]
    }
    algs = [name for name, alg in ALGS.items() if alg.family == "ecdh-es"]
    assert pairs == set(itertools.product(algs, ALGS["ECDH-ES"].curves))


def test_every_signature_alg_verifies_on_every_curve():
    pairs = {
        (case.test["header"]["alg"], group_of(case.file, case.group)["key"].get("crv"))
        for case in cases(JWS)
        if case.test["expect"] == "ok"
    }
    wanted = {(name, curve) for name, sig in SIGS.items() for curve in sig.curves or (None,)}
    assert pairs == wanted


def test_every_code_of_an_opener_has_a_case():
    codes = {
        MalformedTokenError.code,
        TokenTooLargeError.code,
        NotAllowedError.code,
        UnknownKeyError.code,
    }
    assert {case.test["expect"] for case in REFUSED} == codes | {DecryptionError.code}
    assert {case.test["expect"] for case in REJECTED} == codes | {VerificationError.code}
    assert {case.test["expect"] for case in KEY_CASES} == {"ok", InvalidKeyError.code}


def test_every_json_file_is_counted():
    names = {path.name for path in VECTORS.glob("*.json")}
    assert names == set(FLOORS) | NO_VECTORS


@each_file
def test_file_has_as_many_cases_as_ever(path):
    count = sum(len(group["tests"]) for group in load(path)["groups"])
    assert count >= FLOORS[path.name]


def test_readme_counts_the_cases():
    text = (VECTORS / "README.md").read_text("utf-8")
    told = {name: int(count) for name, count in re.findall(r"\| `(\w+\.json)` \| (\d+) \|", text)}
    assert told == {
        path.name: sum(len(group["tests"]) for group in load(path)["groups"]) for path in PATHS
    }
    assert f"{sum(told.values()):,} cases" in text


@each_file
def test_file_follows_the_schema(path):
    assert [error.message for error in schema().iter_errors(load(path))] == []


@each_file
def test_unknown_member_fails(path):
    content = load(path)
    first = content["groups"][0]
    changed = copy.deepcopy({**content, "groups": [{**first, "tests": first["tests"][:1]}]})
    assert schema().is_valid(changed)
    group = changed["groups"][0]
    places = {
        "file": changed,
        "source": changed["source"],
        "note": next(iter(changed["notes"].values())),
        "group": group,
        "opener": group.get("opener", group.get("loader", group)),
        "key": group.get("key", group.get("keys", group)),
        "test": group["tests"][0],
    }
    for place in places.values():
        place["unknown"] = "1"
        assert not schema().is_valid(changed)
        del place["unknown"]
    assert schema().is_valid(changed)


@pytest.mark.parametrize("member", ["plaintext", "header", "inject"])
def test_refused_case_has_nothing_that_was_opened(member):
    changed = copy.deepcopy(load(VECTORS / "rfc.json"))
    test = changed["groups"][0]["tests"][0]
    assert schema().is_valid(changed)
    kept = test[member]
    test["expect"] = "malformed"
    for name in ("plaintext", "header", "inject"):
        del test[name]
    assert schema().is_valid(changed)
    test[member] = kept
    assert not schema().is_valid(changed)


@each_file
def test_flags_and_notes_agree_both_ways(path):
    content = load(path)
    used = [
        flag for group in content["groups"] for test in group["tests"] for flag in test["flags"]
    ]
    assert set(used) == set(content["notes"])


@each_file
def test_cases_are_sorted_by_id(path):
    ids = [test["id"] for group in load(path)["groups"] for test in group["tests"]]
    assert ids == sorted(ids)


def test_ids_are_unique_over_all_files():
    ids = Counter(case.test["id"] for case in (*TOKENS, *KEY_CASES, *AEAD_CASES))
    assert max(ids.values()) == 1


@each_file
def test_file_is_small_ascii_json_with_two_blanks_of_indent(path):
    text = path.read_bytes()
    assert len(text) <= MOST_BYTES
    assert text == (json.dumps(load(path), indent=2) + "\n").encode("ascii")


def test_printed_signatures_are_those_of_the_rfcs(shared_vectors):
    printed = set()
    for path in (shared_vectors / "ietf-jose-cookbook/jws").iterdir():
        printed.add(json.loads(path.read_bytes())["output"].get("compact"))
    figures = json.loads((shared_vectors / "rfc/rfc7797.json").read_bytes())
    printed |= {figures["b64_true"]["compact"], figures["b64_false"]["compact_detached"]}
    figures = json.loads((shared_vectors / "rfc/rfc8037.json").read_bytes())
    printed.add(figures["ed25519"]["jws_compact"])
    ours = {case.test["token"] for case in JWS_CASES if case.file == "rfc_jws.json"}
    assert len(ours) == 8
    assert ours <= printed
