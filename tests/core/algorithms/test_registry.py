"""The tables against those of RFC 7518 and its successors, written down a second time."""

import dataclasses
from typing import get_args

import pytest
from tests.helpers import forge, hpke_forge
from tests.helpers.rows import each_row

from joseal._core.algorithms import registry
from joseal._core.algorithms.registry import ALGS, ENCS, SIGS, lookup_enc
from joseal.errors import InvalidKeyError

AGREEMENT = ("P-256", "P-384", "P-521", "X25519", "X448")

# Kind of key, bytes of the key that wraps the CEK, curves. RFC 7518 section 4.1, RFC 8037.
EXPECTED_ALGS = {
    **dict.fromkeys([*forge.RSA_ALGS, "RSA1_5"], ("RSA", 0, ())),
    **{alg: ("oct", size, ()) for alg, size in forge.KW_ALGS.items()},
    **{f"A{8 * size}GCMKW": ("oct", size, ()) for size in (16, 24, 32)},
    "dir": ("oct", 0, ()),
    "ECDH-ES": ("curve", 0, AGREEMENT),
    **{f"ECDH-ES+A{8 * size}KW": ("curve", size, AGREEMENT) for size in (16, 24, 32)},
    "PBES2-HS256+A128KW": ("password", 16, ()),
    "PBES2-HS384+A192KW": ("password", 24, ()),
    "PBES2-HS512+A256KW": ("password", 32, ()),
    **{
        alg: ("curve", 0, (kem,)) if kem in AGREEMENT else ("AKP", 0, ())
        for alg in hpke_forge.ALGS
        for kem in (hpke_forge.suite_of(alg).kem,)
    },
}
HASHES = {
    **{alg: kind.name for alg, kind in forge.RSA_ALGS.items()},
    "PBES2-HS256+A128KW": "sha256",
    "PBES2-HS384+A192KW": "sha384",
    "PBES2-HS512+A256KW": "sha512",
}

# Kind of key, least bytes of a secret, curves, hash. RFC 7518 section 3.1, RFC 8037,
# RFC 8812, RFC 9864.
EXPECTED_SIGS = {
    **{f"RS{bits}": ("RSA", 0, (), f"sha{bits}") for bits in (256, 384, 512)},
    **{f"PS{bits}": ("RSA", 0, (), f"sha{bits}") for bits in (256, 384, 512)},
    "ES256": ("curve", 0, ("P-256",), "sha256"),
    "ES384": ("curve", 0, ("P-384",), "sha384"),
    "ES512": ("curve", 0, ("P-521",), "sha512"),
    "ES256K": ("curve", 0, ("secp256k1",), "sha256"),
    "Ed25519": ("curve", 0, ("Ed25519",), None),
    "Ed448": ("curve", 0, ("Ed448",), None),
    "EdDSA": ("curve", 0, ("Ed25519", "Ed448"), None),
    **{f"HS{bits}": ("oct", bits // 8, (), f"sha{bits}") for bits in (256, 384, 512)},
    **{f"ML-DSA-{level}": ("AKP", 0, (), None) for level in (44, 65, 87)},
}

# Sizes of CEK, initialization vector and tag. draft-amringer-jose-chacha section 4.
DRAFTS = {"C20P": ("chacha", 32, 12, 16), "XC20P": ("xchacha", 32, 24, 16)}


def test_tables_list_every_algorithm_and_no_other():
    assert list(ALGS) == list(EXPECTED_ALGS)
    assert list(SIGS) == list(EXPECTED_SIGS)
    assert list(ENCS) == [*forge.ENCS, *DRAFTS]


def test_no_name_is_in_two_tables():
    assert len({*ALGS, *SIGS, *ENCS}) == len(ALGS) + len(SIGS) + len(ENCS)


@pytest.mark.parametrize("name", forge.ENCS)
def test_sizes_of_enc_are_those_of_rfc_7518_section_5(name):
    enc, expected = ENCS[name], forge.ENCS[name]
    assert enc.name == name
    assert (enc.cek_bytes, enc.iv_bytes, enc.tag_bytes) == expected[:3]
    assert enc.block_bytes == (16 if expected.mac else 1)
    assert enc.family == ("cbc-hmac" if expected.mac else "gcm")
    assert not enc.draft
    if expected.mac:
        assert enc.hash == expected.mac


@pytest.mark.parametrize("name", DRAFTS)
def test_sizes_of_enc_are_those_of_its_draft(name):
    enc = ENCS[name]
    assert enc.name == name
    assert (enc.family, enc.cek_bytes, enc.iv_bytes, enc.tag_bytes) == DRAFTS[name]
    assert enc.block_bytes == 1
    assert enc.draft


@each_row("name", EXPECTED_ALGS)
def test_alg_is_of_the_kind_that_rfc_7518_section_4_gives(name):
    alg = ALGS[name]
    assert alg.name == name
    assert (alg.kind, alg.key_bytes, alg.curves) == EXPECTED_ALGS[name]
    assert alg.legacy is (name == "RSA1_5")
    if name in HASHES:
        assert alg.hash == HASHES[name]


@each_row("name", hpke_forge.ALGS)
def test_suite_of_hpke_is_that_of_its_draft(name):
    alg, suite = ALGS[name], hpke_forge.suite_of(name)
    assert (alg.suite.kem, alg.suite.kem_id) == (suite.kem, suite.kem_id)
    assert alg.suite.kdf == (suite.hash or "shake256")
    assert alg.suite.hpke_suite == hpke_forge.ids(suite)
    assert alg.suite.key_bytes == hpke_forge.AEADS[suite.aead_id][0]
    assert alg.parameters == ("" if suite.kem in AGREEMENT else suite.kem)
    assert alg.is_quantum_resistant is (name in hpke_forge.QUANTUM_RESISTANT)
    assert alg.draft
    if name.endswith("-KE"):
        assert alg.content is None
    else:
        content = alg.content
        assert (content.iv_bytes, content.tag_bytes, content.inner_bytes) == (0, 0, 16)
        assert content.cek_bytes == alg.suite.key_bytes + 12


def test_no_other_alg_has_a_content_encryption_of_its_own():
    assert [name for name, alg in ALGS.items() if alg.content] == hpke_forge.INTEGRATED
    assert [name for name, alg in ALGS.items() if alg.draft] == hpke_forge.ALGS


@each_row("name", EXPECTED_SIGS)
def test_signature_is_of_the_kind_that_rfc_7518_section_3_gives(name):
    sig, (*expected, hash_name) = SIGS[name], EXPECTED_SIGS[name]
    assert sig.name == name
    assert [sig.kind, sig.key_bytes, sig.curves] == expected
    if hash_name is not None:
        assert sig.hash == hash_name


@each_row("name", ENCS)
def test_enc_is_found_by_its_name(name):
    assert lookup_enc(name) is ENCS[name]


def test_tables_can_not_be_changed():
    with pytest.raises(TypeError):
        ALGS["none"] = ALGS["dir"]
    with pytest.raises(TypeError):
        SIGS["none"] = SIGS["HS256"]
    with pytest.raises(TypeError):
        del ENCS["A128GCM"]
    for row in (*ALGS.values(), *SIGS.values(), *ENCS.values()):
        assert not dataclasses.is_dataclass(row)
        with pytest.raises(AttributeError):
            row.name = "none"


# Which class does the work, and in `keys` what a JWK's key_ops may say.
FAMILIES = {
    "rsa-oaep": [*forge.RSA_ALGS],
    "rsa1_5": ["RSA1_5"],
    "aes-kw": [*forge.KW_ALGS],
    "aes-gcmkw": ["A128GCMKW", "A192GCMKW", "A256GCMKW"],
    "dir": ["dir"],
    "ecdh-es": ["ECDH-ES", "ECDH-ES+A128KW", "ECDH-ES+A192KW", "ECDH-ES+A256KW"],
    "pbes2": ["PBES2-HS256+A128KW", "PBES2-HS384+A192KW", "PBES2-HS512+A256KW"],
    "hpke": hpke_forge.INTEGRATED,
    "hpke-ke": hpke_forge.KEY_ENCRYPTION,
}


def test_every_alg_is_of_its_family():
    families = {alg: family for family, algs in FAMILIES.items() for alg in algs}
    assert {name: alg.family for name, alg in ALGS.items()} == families


def test_types_of_the_names_have_the_names_of_the_tables():
    assert get_args(registry.Alg) == tuple(ALGS)
    assert get_args(registry.SigAlg) == tuple(SIGS)
    assert get_args(registry.Enc) == tuple(ENCS)
    passwords = tuple(name for name, alg in ALGS.items() if alg.kind == "password")
    assert get_args(registry.PasswordAlg) == registry.PASSWORD_ALGS == passwords
    assert get_args(registry.Curve) == registry.CURVES
    taken = {curve for spec in (*ALGS.values(), *SIGS.values()) for curve in spec.curves}
    assert taken == set(registry.CURVES)


def test_curve_is_found_by_its_name_or_the_nearest_is_named():
    assert registry.lookup_curve("P-256") == "P-256"
    with pytest.raises(ValueError, match=r"^curve: P256 is not known, did you mean P-256 "):
        registry.lookup_curve("P256")
    with pytest.raises(TypeError, match=r"^curve must be str, not int$"):
        registry.lookup_curve(256)


@pytest.mark.parametrize("given", ["x" * 25, "RSA-OAEP\n", "RSA-OÄEP", "correct horse", ""])
def test_what_resembles_no_name_is_not_repeated(given):
    for lookup in (registry.lookup_alg, registry.lookup_enc, registry.lookup_curve):
        with pytest.raises((ValueError, InvalidKeyError)) as caught:
            lookup(given)
        assert " is not a known name: the known names are " in str(caught.value)
        assert not given or given not in str(caught.value)
