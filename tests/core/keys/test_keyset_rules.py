"""`KeySet`: which keys are tried, for signatures and for every kind of key. RFC 7517 section 5."""

import json

import pytest
from tests.helpers import all_algorithms, forge

from joseal import (
    Decrypter,
    Encrypter,
    InvalidKeyError,
    Key,
    KeySet,
    NotAllowedError,
    Signer,
    UnknownKeyError,
    VerificationError,
    Verifier,
)
from joseal._core.keys.keyset import MOST_TRIES


def signing(name, kid=None, alg="ES256"):
    return all_algorithms.signing_key(alg, name, kid)


def jwks(*members):
    return {"keys": list(members)}


def test_pair_stands_under_two_algs():
    signs, opens = (
        signing("mine", "a"),
        Key.from_jwk(all_algorithms.private_jwk("P-256"), alg="ECDH-ES", kid="a"),
    )
    keys = KeySet([signs, opens])
    assert len(keys) == 2
    token = Encrypter(opens.public(), enc="A128GCM").encrypt(b"x")
    with pytest.raises(InvalidKeyError, match="for signatures"):
        Decrypter(keys, enc="A128GCM")
    assert Decrypter(opens, enc="A128GCM").decrypt(token) == b"x"


@pytest.mark.parametrize("alg", ["ES256", "HS256"])
def test_kid_and_alg_are_unique(alg):
    with pytest.raises(InvalidKeyError, match="same kid and alg"):
        KeySet([signing("mine", "a", alg), signing("other", "a", alg)])
    assert len(KeySet([signing("mine", None, alg), signing("other", None, alg)])) == 2


@pytest.mark.parametrize(
    ("one", "two"),
    [
        (all_algorithms.signing_key("HS256"), all_algorithms.signing_key("RS256")),
        (all_algorithms.signing_key("HS256"), all_algorithms.signing_key("ES256").public()),
        (all_algorithms.key("A128KW"), all_algorithms.key("ECDH-ES")),
        (all_algorithms.key("PBES2-HS256+A128KW"), all_algorithms.key("RSA-OAEP")),
        (all_algorithms.key("dir"), all_algorithms.signing_key("Ed25519")),
    ],
)
def test_shared_secrets_and_pairs_do_not_mix(one, two):
    for keys in ([one, two], [two, one]):
        with pytest.raises(InvalidKeyError, match="mix"):
            KeySet(keys)
        with pytest.raises(InvalidKeyError, match="mix"):
            Verifier(keys)
    members = [key.to_jwk(private=key.is_private or key.is_symmetric) for key in (one, two)]
    with pytest.raises(InvalidKeyError, match="mix"):
        KeySet.from_jwks(jwks(*members))


def test_named_key_alone_is_tried():
    keys = KeySet([signing("mine", "a"), signing("other", "b")])
    verifier = Verifier(keys)
    assert verifier.open(Signer(signing("other", "b")).sign(b"x")).key.kid == "b"
    wrong = Signer(signing("mine"), header={"kid": "b"}).sign(b"x")
    with pytest.raises(VerificationError):
        verifier.verify(wrong)
    with pytest.raises(UnknownKeyError):
        verifier.verify(Signer(signing("mine"), header={"kid": "c"}).sign(b"x"))
    with pytest.raises(UnknownKeyError):
        Verifier(signing("mine", "a")).verify(Signer(signing("mine", "b")).sign(b"x"))


def test_any_kid_tries_the_others_only_where_none_has_the_name():
    keys = [signing("mine", "a"), signing("other", "b")]
    verifier = Verifier(keys, any_kid=True)
    assert verifier.open(Signer(signing("mine"), header={"kid": "c"}).sign(b"x")).key.kid == "a"
    with pytest.raises(VerificationError):
        verifier.verify(Signer(signing("mine"), header={"kid": "b"}).sign(b"x"))


def test_rotation_overlaps():
    """Old and new stand side by side, with kids or without."""
    for kids in (("old", "new"), (None, None)):
        old, new = (signing(name, kid) for name, kid in zip(("mine", "other"), kids, strict=True))
        verifier = Verifier([old.public(), new.public()])
        for key in (old, new):
            assert verifier.verify(Signer(key).sign(b"x")) == b"x"
            assert verifier.verify(Signer(key, write_kid=False).sign(b"x")) == b"x"


def test_no_more_than_four_keys_are_tried_without_a_kid(monkeypatch):
    names = [f"key {count}" for count in range(MOST_TRIES + 2)]
    verifier = Verifier([signing(name, name) for name in names])
    for place, name in enumerate(names):
        token = Signer(signing(name, name), write_kid=False).sign(b"x")
        if place < MOST_TRIES:
            assert verifier.open(token).key.kid == name
        else:
            with pytest.raises(VerificationError):
                verifier.verify(token)
        assert verifier.verify(Signer(signing(name, name)).sign(b"x")) == b"x"


def test_keys_of_another_alg_do_not_count_among_the_four():
    others = [all_algorithms.signing_key("ES384", f"key {count}") for count in range(MOST_TRIES)]
    verifier = Verifier([*others, signing("mine")])
    assert verifier.verify(Signer(signing("mine")).sign(b"x")) == b"x"


def test_alg_of_the_token_has_to_be_that_of_the_key():
    rsa = [
        all_algorithms.signing_key("RS256", kid="a"),
        all_algorithms.signing_key("PS256", kid="b"),
    ]
    verifier = Verifier(rsa)
    assert verifier.open(Signer(rsa[1], write_kid=False).sign(b"x")).key.kid == "b"
    with pytest.raises(NotAllowedError) as caught:
        verifier.verify(Signer(rsa[1], header={"kid": "a"}).sign(b"x"))
    assert caught.value.parameter == "alg"


def test_members_that_are_not_understood_are_skipped_and_listed():
    """RFC 7517 section 5."""
    good = signing("mine", "a").public().to_jwk()
    strange = [
        5,
        None,
        [],
        {},
        {"kty": "AKP", "alg": "ML-DSA-44"},
        {**good, "alg": "ES256K", "kid": "b"},
        {**good, "crv": "secp256k1", "kid": "c"},
        {"kty": "OKP", "crv": "X25519", "x": forge.b64(bytes(32)), "alg": "ECDH-ES", "kid": "d"},
        {name: value for name, value in good.items() if name != "alg"} | {"kid": "e"},
        {**good, "use": "enc", "kid": "f"},
        {**all_algorithms.key("RSA-OAEP").public().to_jwk(), "alg": "RSA1_5", "kid": "g"},
        {**good, "kid": 5},
    ]
    keys = KeySet.from_jwks(json.dumps(jwks(*strange, good)))
    assert [key.kid for key in keys] == ["a"]
    assert [position for position, _ in keys.skipped] == list(range(len(strange)))
    assert all(reason and good["x"] not in reason for _, reason in keys.skipped)
    assert repr(keys) == f"KeySet([{signing('mine', 'a').public()!r}], skipped={len(strange)})"
    assert len(KeySet.from_jwks(jwks(*strange, good), alg="ES256")) == 2
    assert len(KeySet.from_jwks(jwks(*strange, good), legacy=True)) == 2


@pytest.mark.parametrize("alg", ["ES256", "HS256"])
def test_set_of_two_members_with_one_name_is_refused_even_if_one_is_unusable(alg):
    one = signing("mine", "a", alg).to_jwk(private=True)
    for other in (
        signing("other", "a", alg).to_jwk(private=True),
        {**one, "kty": "unknown"},
        {"kid": "a", "alg": alg},
    ):
        for members in ((one, other), (other, one)):
            with pytest.raises(InvalidKeyError, match="same kid and alg"):
                KeySet.from_jwks(jwks(*members))


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"keys":{}}', '{"keys":[]}', '{"keys":[{}]}', '{"keys":[],"keys":[]}']
)
def test_set_without_a_usable_key_is_refused(text):
    with pytest.raises(InvalidKeyError):
        KeySet.from_jwks(text)


def test_rfc_7517_sets(shared_vectors):
    sets = json.loads((shared_vectors / "rfc/rfc7517.json").read_text())["jwk_sets"]
    for name, private in (("A.1", False), ("A.2", True)):
        keys = KeySet.from_jwks(sets[name], alg="ECDH-ES")
        assert [(key.alg, key.kid, key.is_private) for key in keys] == [
            ("ECDH-ES", "1", private),
            ("RS256", "2011-04-29", private),
        ]
    shared = KeySet.from_jwks(sets["A.3"], alg="HS256")
    assert [(key.alg, key.is_symmetric) for key in shared] == [("A128KW", True), ("HS256", True)]


def test_set_is_a_set_for_opening_with_curves():
    """An epk on a curve tells which of the keys can be meant; the others are not asked."""
    keys = [all_algorithms.key("ECDH-ES", curve=curve) for curve in all_algorithms.CURVES]
    keys = [
        Key.from_jwk(key.to_jwk(private=True), kid=f"k{place}")
        for place, key in enumerate(keys[:4])
    ]
    opener = Decrypter(keys, enc="A128GCM")
    for curve, key in zip(list(all_algorithms.CURVES)[:4], keys, strict=True):
        opened = opener.open(str(all_algorithms.token("ECDH-ES", "A128GCM", curve=curve)))
        assert opened.key is key


@pytest.mark.parametrize("kid", ["k41", None])
def test_keys_that_a_token_does_not_name_are_not_looked_at(kid, monkeypatch):
    looked = []
    keys = KeySet(signing(f"key {number}", f"k{number}", "HS256") for number in range(50))
    verifier = Verifier(keys)
    token = Signer(signing("key 41", kid, "HS256")).sign(b"x")
    for name in ("kid", "alg", "is_password"):
        before = getattr(Key, name)
        counting = property(lambda key, before=before: (looked.append(key), before.__get__(key))[1])
        monkeypatch.setattr(Key, name, counting)
    if kid is None:
        with pytest.raises(VerificationError):
            verifier.verify(token)
    else:
        assert verifier.verify(token) == b"x"
    assert len({*map(id, looked)}) <= (1 if kid else MOST_TRIES)


def test_a_set_of_unknown_algs_is_refused_in_a_short_text():
    """The list of all names that are known is said of one member, not of eight."""
    unknown = {"kty": "RSA", "alg": "RSA-OAEP-257"}
    with pytest.raises(InvalidKeyError, match="the known names are") as alone:
        KeySet.from_jwks({"keys": [unknown]})
    with pytest.raises(InvalidKeyError, match="did you mean RSA-OAEP-256; 1: ") as several:
        KeySet.from_jwks({"keys": [unknown] * 8})
    assert len(str(several.value)) < 2 * len(str(alone.value)) < 2000


def test_alg_of_another_key_is_not_blamed_on_a_password():
    keys = [signing("mine", "a"), signing("other", "b", "ES256")]
    keys.append(all_algorithms.signing_key("RS256", kid="c"))
    token = Signer(keys[0], write_kid=False, header={"kid": "c"}).sign(b"x")
    with pytest.raises(NotAllowedError) as caught:
        Verifier([key.public() for key in keys]).verify(token)
    assert str(caught.value) == ("alg: the token says ES256, the key of that kid is bound to RS256")
