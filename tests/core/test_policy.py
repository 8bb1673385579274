"""Policies: what they refuse, and that they say why."""

import re
from pathlib import Path

import pytest
from tests.helpers import all_algorithms, forge, hpke_forge
from tests.helpers.rows import each_row

from joseal import (
    FIPS_NAMES,
    MODERN,
    Decrypter,
    Encrypter,
    InvalidKeyError,
    Policy,
    Signer,
    Verifier,
)
from joseal._core.algorithms.registry import ALGS, ENCS, SIGS

GCM = ("A128GCM", "A192GCM", "A256GCM")
REFUSED = {
    "modern": {
        "algs": {"RSA-OAEP", "RSA1_5", *hpke_forge.ALGS},
        "encs": {"C20P", "XC20P"},
        "pairs": {("dir", enc) for enc in GCM},
        "sigs": {"EdDSA"},
    },
    "fips_names": {
        "algs": {"RSA-OAEP", "RSA1_5", *hpke_forge.ALGS},
        "encs": {"C20P", "XC20P"},
        "pairs": set(),
        "sigs": {"ES256K"},
    },
}
POLICIES = {policy.name: policy for policy in (MODERN, FIPS_NAMES)}


def is_refused(name, alg, enc):
    told = REFUSED[name]
    return alg in told["algs"] or enc in told["encs"] or (alg, enc) in told["pairs"]


@pytest.mark.parametrize("name", POLICIES)
def test_policy_refuses_these_pairs_and_no_others(name):
    for alg in ALGS:
        for enc in ENCS:
            if is_refused(name, alg, enc):
                with pytest.raises(InvalidKeyError, match=rf"^the policy {name} refuses .*: "):
                    POLICIES[name]._check_encryption(alg, [enc])
            else:
                POLICIES[name]._check_encryption(alg, [enc])


@pytest.mark.parametrize("name", POLICIES)
def test_policy_refuses_these_signatures_and_no_others(name):
    for sig in SIGS:
        if sig in REFUSED[name]["sigs"]:
            with pytest.raises(InvalidKeyError, match=rf"^the policy {name} refuses {sig}: "):
                POLICIES[name]._check_signature(sig)
        else:
            POLICIES[name]._check_signature(sig)


@pytest.mark.parametrize("name", POLICIES)
def test_every_refused_name_exists_and_has_a_reason(name):
    known = {*ALGS, *ENCS, *SIGS, *(f"{alg}+{enc}" for alg in ALGS for enc in ENCS)}
    assert set(POLICIES[name].refused) <= known
    assert all(len(reason) > 10 for reason in POLICIES[name].refused.values())


@pytest.mark.parametrize("name", POLICIES)
@pytest.mark.parametrize(
    ("alg", "enc"), [("RSA-OAEP", "A128GCM"), ("RSA-OAEP-256", "C20P"), ("dir", "A128GCM")]
)
def test_policy_binds_sealing_and_opening(name, alg, enc):
    policy, key = POLICIES[name], all_algorithms.key(alg, enc)
    for make, one in ((Encrypter, forge.sealing(key)), (Decrypter, key)):
        if is_refused(name, alg, enc):
            with pytest.raises(InvalidKeyError, match=f"the policy {name} refuses"):
                make(one, enc=enc, policy=policy)
        else:
            make(one, enc=enc, policy=policy)
        make(one, enc=enc)


def test_policy_binds_every_enc_and_every_key_of_an_opener():
    good, bad = all_algorithms.key("RSA-OAEP-256"), all_algorithms.key("RSA-OAEP")
    Decrypter(good, enc=["A128GCM", "A256GCM"], policy=MODERN)
    with pytest.raises(InvalidKeyError, match="refuses C20P"):
        Decrypter(good, enc=["A128GCM", "C20P"], policy=MODERN)
    with pytest.raises(InvalidKeyError, match="refuses RSA-OAEP: "):
        Decrypter([good, bad], enc="A128GCM", policy=MODERN)


@each_row("alg", hpke_forge.ALGS)
@each_row("name", POLICIES)
def test_policies_refuse_hpke_in_both_directions(name, alg):
    key, enc = hpke_forge.key(alg), "A256GCM" if alg.endswith("-KE") else None
    for make, one in ((Encrypter, key.public()), (Decrypter, key)):
        with pytest.raises(InvalidKeyError, match=f"the policy {name} refuses {alg}: "):
            make(one, enc=enc, policy=POLICIES[name])


def test_every_draft_is_refused_by_modern():
    drafts = [name for name, row in {**ALGS, **ENCS}.items() if row.draft]
    assert all("draft" in MODERN.refused[name] for name in drafts)


def test_ml_dsa_is_in_both_policies():
    for policy in (MODERN, FIPS_NAMES):
        Signer(all_algorithms.signing_key("ML-DSA-65"), policy=policy)


def test_policy_binds_legacy_keys():
    with pytest.raises(InvalidKeyError, match="refuses RSA1_5"):
        Decrypter(all_algorithms.key("RSA1_5"), enc="A128GCM", policy=MODERN)


def test_policy_binds_signing_and_verifying():
    key = all_algorithms.signing_key("EdDSA")
    for make in (Signer, Verifier):
        with pytest.raises(InvalidKeyError, match="refuses EdDSA: "):
            make(key, policy=MODERN)
        make(key, policy=FIPS_NAMES)
        make(all_algorithms.signing_key("Ed25519"), policy=MODERN)


def test_own_policy_is_a_name_and_reasons():
    own = Policy(name="house", refused={"A128KW": "too small for us", "A256KW+A128GCM": "no match"})
    with pytest.raises(
        InvalidKeyError, match=r"^the policy house refuses A128KW: too small for us$"
    ):
        Encrypter(all_algorithms.key("A128KW"), enc="A256GCM", policy=own)
    with pytest.raises(
        InvalidKeyError, match=r"^the policy house refuses A256KW\+A128GCM: no match$"
    ):
        Encrypter(all_algorithms.key("A256KW"), enc="A128GCM", policy=own)
    Encrypter(all_algorithms.key("A256KW"), enc="A256GCM", policy=own)


@pytest.mark.parametrize("policy", POLICIES.values(), ids=POLICIES)
def test_presets_do_not_change(policy):
    with pytest.raises(AttributeError):
        policy.name = "other"
    with pytest.raises(TypeError):
        policy.refused["A128KW"] = "x"


FIPS_PAGE = Path(__file__).resolve().parents[2] / "docs/security/fips.md"


def test_every_name_is_refused_or_has_its_publication_on_the_page():
    rows = [line for line in FIPS_PAGE.read_text("utf-8").splitlines() if line.startswith("| `")]
    accepted = {name for row in rows for name in re.findall(r"`([^`]+)`", row.split(" | ")[0])}
    assert accepted == {*ALGS, *SIGS, *ENCS} - set(FIPS_NAMES.refused)
    assert all(re.search(r"SP 800-|FIPS ", row.split(" | ")[1]) for row in rows)
