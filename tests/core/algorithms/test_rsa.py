"""RSAES-OAEP: RFC 8017 section 7.1, RFC 7518 section 4.3, and Wycheproof."""

import json

import pytest
from tests.helpers import forge
from tests.helpers.rows import each_row

from joseal import Key, Limits
from joseal._core.algorithms.key_management import UnwrapRequest, WrapSettings
from joseal._core.algorithms.registry import ALGS, ENCS
from joseal._core.algorithms.rsa import RsaEncryption, decryptor
from joseal._core.wire.header import Members
from joseal.errors import MalformedTokenError

WYCHEPROOF = {
    "RSA-OAEP": "rsa_oaep_2048_sha1_mgf1sha1_test.json",
    "RSA-OAEP-256": "rsa_oaep_2048_sha256_mgf1sha256_test.json",
    "RSA-OAEP-384": "rsa_oaep_2048_sha384_mgf1sha384_test.json",
    "RSA-OAEP-512": "rsa_oaep_2048_sha512_mgf1sha512_test.json",
}
# Cases: valid; valid under a label, which JWE does not have; bad padding; another size.
COUNTS = {
    "RSA-OAEP": (10, 7, 14, 5),
    "RSA-OAEP-256": (10, 8, 14, 5),
    "RSA-OAEP-384": (10, 6, 13, 5),
    "RSA-OAEP-512": (10, 4, 14, 5),
}


def request(encrypted_key, enc="A128GCM"):
    return UnwrapRequest(ENCS[enc], Members(alg="any"), encrypted_key, Limits())


def settings(enc="A128GCM"):
    return WrapSettings(ENCS[enc], Limits())


def pair(alg, key):
    return RsaEncryption(ALGS[alg], key.public_key(), decryptor(ALGS[alg], key))


def mechanism(alg="RSA-OAEP", *, private=True):
    key = forge.rsa_private()
    return pair(alg, key) if private else RsaEncryption(ALGS[alg], key.public_key(), None)


@pytest.mark.parametrize("alg", WYCHEPROOF)
def test_wycheproof_oaep(shared_vectors, alg):
    path = shared_vectors / "wycheproof" / WYCHEPROOF[alg]
    (group,) = json.loads(path.read_text())["testGroups"]
    key = Key.from_pem(group["privateKeyPem"], alg=alg)
    ours = key._for_encryption("decrypt", [ENCS["A128GCM"]], None)
    counts = {"valid": 0, "label": 0, "padding": 0, "size": 0}
    for case in group["tests"]:
        encrypted_key, message = bytes.fromhex(case["ct"]), bytes.fromhex(case["msg"])
        if len(encrypted_key) != 256:
            assert case["result"] == "invalid"
            counts["size"] += 1
            with pytest.raises(MalformedTokenError):
                ours.check_public(request(encrypted_key))
            continue
        unwrapped = ours.check_public(request(encrypted_key))()
        if case["result"] == "valid" and not case["label"]:
            counts["valid"] += 1
            assert unwrapped == message, case["tcId"]
        else:
            counts["label" if case["label"] else "padding"] += 1
            assert unwrapped is None, case["tcId"]
    assert tuple(counts.values()) == COUNTS[alg]


@each_row("enc", ENCS)
@each_row("alg", forge.RSA_ALGS)
def test_wrapped_key_is_fresh_and_unwraps(alg, enc):
    ours = mechanism(alg)
    first, second = ours.wrap(settings(enc)), ours.wrap(settings(enc))
    assert first[0] != second[0]
    for cek, encrypted_key, members in (first, second):
        assert len(cek) == ENCS[enc].cek_bytes
        assert len(encrypted_key) == 256
        assert members == {}
        assert ours.check_public(request(encrypted_key))() == cek
    theirs = forge.wrap(alg, enc, b"cek")
    assert ours.check_public(request(theirs))() == b"cek"


@each_row("alg", forge.RSA_ALGS)
@each_row("other", forge.RSA_ALGS)
def test_hash_is_the_one_of_the_alg(alg, other):
    unwrapped = mechanism(alg).check_public(request(forge.wrap(other, "A128GCM", b"cek")))()
    assert unwrapped == (b"cek" if alg == other else None)


class Unused:
    """A private key that must not be touched."""

    def __getattr__(self, name):
        pytest.fail(f"the private key was touched: {name}")


@pytest.mark.parametrize("size", [0, 1, 16, 128, 255, 257, 512])
def test_size_of_the_encrypted_key_is_checked_before_the_private_key_is_used(size):
    decrypt = decryptor(ALGS["RSA-OAEP"], Unused())
    ours = RsaEncryption(ALGS["RSA-OAEP"], forge.rsa_private().public_key(), decrypt)
    with pytest.raises(MalformedTokenError, match="size of the modulus"):
        ours.check_public(request(bytes(size)))
    ours.check_public(request(bytes(256)))


@pytest.mark.parametrize("bits", [2050, 2056, 3072])
def test_size_of_the_modulus_is_in_whole_bytes(bits):
    key = forge.rsa_private("odd", bits)
    ours = pair("RSA-OAEP-256", key)
    cek, encrypted_key, _ = ours.wrap(settings())
    assert len(encrypted_key) == -(-bits // 8)
    assert ours.check_public(request(encrypted_key))() == cek


@pytest.mark.parametrize("one_byte", [b"\x00", b"\x01", b"\x7f", b"\xff"])
def test_what_is_no_oaep_is_none(one_byte):
    for encrypted_key in (one_byte * 256, bytes(255) + one_byte, one_byte + bytes(255)):
        assert mechanism().check_public(request(encrypted_key))() is None


def test_number_not_below_the_modulus_is_none():
    """RFC 8017 section 5.1.2 step 1."""
    modulus = forge.rsa_private().public_key().public_numbers().n
    for number in (modulus - 1, modulus, modulus + 1):
        assert mechanism().check_public(request(number.to_bytes(256, "big")))() is None


def test_public_half_unwraps_nothing():
    _, encrypted_key, _ = mechanism().wrap(settings())
    assert mechanism(private=False).check_public(request(encrypted_key))() is None
