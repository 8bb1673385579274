"""RSAES-PKCS1-v1_5, for opening old tokens: RFC 7518 section 4.2, RFC 7516 section 11.5."""

import json
from collections import Counter

import pytest
from tests.helpers import all_algorithms, forge
from tests.helpers.rows import each_row

from joseal import (
    Decrypter,
    DecryptionError,
    Encrypter,
    InvalidKeyError,
    Key,
    Limits,
    MalformedTokenError,
)
from joseal._core.algorithms import rsa
from joseal._core.algorithms.key_management import UnwrapRequest, WrapSettings
from joseal._core.algorithms.registry import ALGS, ENCS
from joseal._core.wire.header import Members

ALG = ALGS["RSA1_5"]


def request(enc, encrypted_key):
    return UnwrapRequest(ENCS[enc], Members(alg="RSA1_5"), encrypted_key, Limits())


def mechanism():
    private = forge.rsa_private()
    return rsa.RsaEncryption(ALG, private.public_key(), rsa.decryptor(ALG, private))


def test_it_is_the_one_legacy_alg():
    assert [name for name, alg in ALGS.items() if alg.legacy] == ["RSA1_5"]


LOADERS = {
    "pem": lambda **own: Key.from_pem(forge.pem_of(forge.rsa_private()), **own),
    "jwk": lambda **own: Key.from_jwk(
        all_algorithms.key("RSA-OAEP").to_jwk(private=True) | {"alg": "RSA1_5"}, **own
    ),
    "env": lambda **own: Key.from_env("JOSEAL_TEST_KEY", **own),
}


@pytest.mark.parametrize("loader", LOADERS)
def test_key_is_off_unless_legacy_is_named(loader, monkeypatch):
    monkeypatch.setenv("JOSEAL_TEST_KEY", forge.pem_of(forge.rsa_private()).decode())
    load = LOADERS[loader]
    with pytest.raises(InvalidKeyError, match="legacy=True"):
        load(alg="RSA1_5")
    assert load(alg="RSA1_5", legacy=True).alg == "RSA1_5"
    if loader != "jwk":
        assert load(alg="RSA-OAEP", legacy=True).alg == "RSA-OAEP"


def test_jwk_of_the_peer_does_not_switch_it_on():
    jwk = all_algorithms.key("RSA-OAEP").to_jwk(private=True) | {"alg": "RSA1_5"}
    with pytest.raises(InvalidKeyError, match="legacy=True"):
        Key.from_jwk(jwk)


def test_key_is_never_generated():
    with pytest.raises(InvalidKeyError):
        Key.generate("RSA1_5")


def test_token_is_never_made():
    key = all_algorithms.key("RSA1_5").public()
    with pytest.raises(InvalidKeyError, match="never made"):
        Encrypter(key, enc="A128GCM")
    with pytest.raises(InvalidKeyError, match="never made"):
        mechanism().wrap(WrapSettings(ENCS["A128GCM"], Limits()))


@each_row("enc", all_algorithms.ENCS)
def test_old_token_opens(enc):
    token = str(all_algorithms.token("RSA1_5", enc, b"old"))
    assert Decrypter(all_algorithms.key("RSA1_5"), enc=enc).decrypt(token) == b"old"


def test_key_for_oaep_does_not_open_it():
    """The alg in the header is not the key's, and naming the key's does not help."""
    wrapped = all_algorithms.wrap("RSA1_5", "A128GCM")
    opener = Decrypter(all_algorithms.key("RSA-OAEP"), enc="A128GCM")
    with pytest.raises(DecryptionError):
        opener.decrypt(str(all_algorithms.token("RSA-OAEP", "A128GCM", wrapped=wrapped)))


@pytest.mark.parametrize("size", [0, 1, 255, 257, 512])
def test_encrypted_key_of_another_size_is_malformed(size):
    with pytest.raises(MalformedTokenError):
        mechanism().check_public(request("A128GCM", bytes(size)))


def test_wycheproof_padding_never_raises_and_never_tells(shared_vectors):
    """A bad padding gives bytes that depend on key and ciphertext, or nothing: never the message."""
    seen = Counter()
    for group in json.loads((shared_vectors / "wycheproof/rsa_pkcs1_2048_test.json").read_text())[
        "testGroups"
    ]:
        key = Key.from_pem(group["privateKeyPem"], alg="RSA1_5", legacy=True)
        for case in group["tests"]:
            raw = bytes.fromhex(case["ct"])
            try:
                unwrap = key._management.check_public(request("A128GCM", raw))
            except MalformedTokenError:
                seen["malformed"] += 1
                assert case["result"] == "invalid", case["tcId"]
                continue
            found = unwrap()
            seen[case["result"]] += 1
            if case["result"] == "valid":
                assert found.hex() == case["msg"], case["tcId"]
            else:
                assert found is None or found != bytes.fromhex(case["msg"]) or case["msg"] == "", (
                    case["tcId"]
                )
    assert seen == {"valid": 42, "invalid": 20, "malformed": 5}
