"""Signatures: RFC 7518 section 3, RFC 8037 section 3.1."""

import hashlib
import hmac
import json
from collections import Counter

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, PSS, PKCS1v15
from cryptography.hazmat.primitives.asymmetric.utils import (
    decode_dss_signature,
    encode_dss_signature,
)
from tests.helpers import all_algorithms, forge
from tests.helpers.rows import each_row

from joseal import Key
from joseal._core.algorithms.registry import SIGS
from joseal._core.algorithms.signatures import Hmac

DATA = b"header.payload"
HASH = {
    "256": hashes.SHA256,
    "384": hashes.SHA384,
    "512": hashes.SHA512,
    "256K": hashes.SHA256,
}
SIZES = {
    **dict.fromkeys(("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"), 256),
    "ES256": 64,
    "ES384": 96,
    "ES512": 132,
    "ES256K": 64,
    "Ed25519": 64,
    "Ed448": 114,
    "EdDSA": 64,
    "HS256": 32,
    "HS384": 48,
    "HS512": 64,
    "ML-DSA-44": 2420,
    "ML-DSA-65": 3309,
    "ML-DSA-87": 4627,
}


def prepared(alg, name="mine"):
    return all_algorithms.signing_key(alg, name)._for_signatures("sign", None)


def checking(alg, name="mine"):
    return all_algorithms.verifying(all_algorithms.signing_key(alg, name))._for_signatures(
        "verify", None
    )


def test_the_table_has_every_signature():
    assert list(SIGS) == all_algorithms.SIGS
    assert set(SIZES) == set(SIGS)
    assert "none" not in SIGS


@pytest.mark.parametrize("alg", SIGS)
def test_signature_has_its_size_and_holds(alg):
    for data in (b"", DATA, bytes(100_000)):
        signature = prepared(alg).sign(data)
        assert len(signature) == SIZES[alg]
        assert checking(alg).verify(data, signature)
        assert not checking(alg).verify(data + b"x", signature)
        assert not checking(alg, "other").verify(data, signature)


@pytest.mark.parametrize("alg", SIGS)
def test_every_changed_byte_fails(alg):
    signature = prepared(alg).sign(DATA)
    # Of the longest signatures every 40th byte, and the last.
    places = range(0, len(signature), 40 if len(signature) > 256 else 1)
    for place in (*places, len(signature) - 1):
        changed = signature[:place] + bytes((signature[place] ^ 1,)) + signature[place + 1 :]
        assert not checking(alg).verify(DATA, changed)


@each_row("alg", SIGS)
def test_signature_of_another_size_fails(alg):
    signature = prepared(alg).sign(DATA)
    for wrong in (
        *(b"", b"\0", signature[:-1], signature[1:], signature + b"\0", b"\0" + signature),
        *(signature * 2, bytes(len(signature)), b"\xff" * len(signature), bytes(1000)),
    ):
        assert not checking(alg).verify(DATA, wrong)


@each_row("other", SIGS)
def test_signature_of_another_alg_fails(other):
    signature = prepared(other).sign(DATA)
    same = {"Ed25519", "EdDSA"} if other in {"Ed25519", "EdDSA"} else {other}
    assert {alg for alg in SIGS if checking(alg).verify(DATA, signature)} == same


@pytest.mark.parametrize("alg", ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"])
def test_rsa_is_that_of_the_rfc(alg):
    chosen = HASH[alg[2:]]()
    padding = PKCS1v15() if alg[0] == "R" else PSS(mgf=MGF1(chosen), salt_length=chosen.digest_size)
    private = forge.rsa_private()
    private.public_key().verify(prepared(alg).sign(DATA), DATA, padding, chosen)
    assert checking(alg).verify(DATA, private.sign(DATA, padding, chosen))


@each_row("alg", ["PS256", "PS384", "PS512"])
@each_row("salt", [0, 20, PSS.MAX_LENGTH])
def test_salt_of_pss_is_as_long_as_the_hash(alg, salt):
    """RFC 7518 section 3.5."""
    chosen = HASH[alg[2:]]()
    signature = forge.rsa_private().sign(DATA, PSS(mgf=MGF1(chosen), salt_length=salt), chosen)
    assert not checking(alg).verify(DATA, signature)


@pytest.mark.parametrize("alg", ["PS256", "PS512"])
def test_mask_of_pss_uses_the_same_hash(alg):
    chosen = HASH[alg[2:]]()
    other = hashes.SHA384()
    padding = PSS(mgf=MGF1(other), salt_length=chosen.digest_size)
    assert not checking(alg).verify(DATA, forge.rsa_private().sign(DATA, padding, chosen))


@pytest.mark.parametrize(("alg", "curve"), list(all_algorithms.EC_CURVES.items()))
def test_ecdsa_is_two_numbers_and_no_asn1(alg, curve):
    """RFC 7518 section 3.4."""
    private, size = all_algorithms.private(curve), SIZES[alg] // 2
    algorithm = ec.ECDSA(HASH[alg[2:]]())
    signature = prepared(alg).sign(DATA)
    r, s = int.from_bytes(signature[:size], "big"), int.from_bytes(signature[size:], "big")
    private.public_key().verify(encode_dss_signature(r, s), DATA, algorithm)
    theirs = private.sign(DATA, algorithm)
    assert not checking(alg).verify(DATA, theirs)
    good = checking(alg)
    assert not good.verify(DATA, signature[:size] + b"\0" + signature[size:])
    r, s = decode_dss_signature(theirs)
    assert checking(alg).verify(DATA, r.to_bytes(size, "big") + s.to_bytes(size, "big"))
    for bad_r, bad_s in ((0, 0), (0, s), (r, 0), (1, 1), (2 ** (8 * size) - 1, s), (s, r)):
        raw = bad_r.to_bytes(size, "big") + bad_s.to_bytes(size, "big")
        assert not checking(alg).verify(DATA, raw)


@pytest.mark.parametrize("alg", list(all_algorithms.EC_CURVES))
def test_numbers_have_the_full_size(alg):
    """A number with a leading zero byte is written with it: about one of 128 signatures."""
    signing, size = prepared(alg), SIZES[alg]
    assert {len(signing.sign(bytes((count,)) * 2)) for count in range(200)} == {size}


@pytest.mark.parametrize("alg", ["ES256", "ES384", "ES512", "PS256"])
def test_signatures_are_randomised(alg):
    assert prepared(alg).sign(DATA) != prepared(alg).sign(DATA)


def test_ed448_signs_under_eddsa():
    key = Key.generate("EdDSA", curve="Ed448")
    signature = key._for_signatures("sign", None).sign(DATA)
    assert len(signature) == 114
    assert key.public()._for_signatures("verify", None).verify(DATA, signature)
    assert not checking("EdDSA").verify(DATA, signature)


def test_ed25519_with_s_over_the_order_fails():
    """RFC 8032 section 5.1.7: the same signature in a second form."""
    order = 2**252 + 27742317777372353535851937790883648493
    signature = prepared("Ed25519").sign(DATA)
    s = int.from_bytes(signature[32:], "little") + order
    assert not checking("Ed25519").verify(DATA, signature[:32] + s.to_bytes(32, "little"))


@pytest.mark.parametrize("alg", ["HS256", "HS384", "HS512"])
def test_hmac_is_that_of_the_standard_library(alg):
    key = bytes(range(64))
    mechanism = Hmac(SIGS[alg], key)
    expected = hmac.new(key, DATA, getattr(hashlib, f"sha{alg[2:]}")).digest()
    assert mechanism.sign(DATA) == expected
    assert mechanism.verify(DATA, expected)


@pytest.mark.parametrize("alg", ["HS256", "HS384", "HS512"])
def test_hmac_is_compared_in_constant_time(alg, monkeypatch):
    """RFC 7518 section 3.2: whole values go to the one function that promises it."""
    compared = []

    def compare(computed, received):
        compared.append((computed, received))
        return same(computed, received)

    same = hmac.compare_digest
    monkeypatch.setattr(hmac, "compare_digest", compare)
    mechanism = Hmac(SIGS[alg], bytes(range(64)))
    good = mechanism.sign(DATA)
    received = [good, bytes(len(good)), good[:-1] + bytes((good[-1] ^ 1,)), good[:-1], b""]
    assert [mechanism.verify(DATA, value) for value in received] == [True, *[False] * 4]
    assert compared == [(good, value) for value in received]


@pytest.mark.parametrize("size", ["256", "384", "512"])
def test_wycheproof_hmac(shared_vectors, size):
    """Tags that are cut short are no tags of JWS."""
    groups = json.loads((shared_vectors / f"wycheproof/hmac_sha{size}_test.json").read_text())[
        "testGroups"
    ]
    seen = Counter()
    for group in groups:
        whole = group["tagSize"] == int(size)
        for case in group["tests"]:
            key, msg, tag = (bytes.fromhex(case[part]) for part in ("key", "msg", "tag"))
            good = whole and case["result"] == "valid"
            assert Hmac(SIGS[f"HS{size}"], key).verify(msg, tag) is good, case["tcId"]
            seen[good] += 1
    assert seen == {True: 33, False: 141}


def test_verifying_agrees_with_cryptography_on_random_signatures():
    """No bytes of the right size are taken for a signature that the primitive refuses."""
    public = all_algorithms.private("P-256").public_key()
    for count in range(50):
        raw = forge.draw(f"signature {count}", 64)
        r, s = int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big")
        with pytest.raises(InvalidSignature):
            public.verify(encode_dss_signature(r, s), DATA, ec.ECDSA(hashes.SHA256()))
        assert not checking("ES256").verify(DATA, raw)


@pytest.mark.parametrize("alg", [alg for alg in all_algorithms.SIGS if not alg.startswith("HS")])
def test_public_half_alone_signs_nothing(alg):
    """`Signer` refuses such a key; what it is made of gives no bytes either."""
    public = all_algorithms.verifying(all_algorithms.signing_key(alg))._for_signatures(
        "verify", None
    )
    assert public.sign(b"x") == b""
    assert not public.verify(b"x", b"")
