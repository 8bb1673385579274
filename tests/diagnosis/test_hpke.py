"""What a structure shows of HPKE: the mode, `ek`, the encapsulated secret; and of AKP keys."""

import json

import pytest
from tests.helpers import all_algorithms, hpke_forge
from tests.helpers.forge import b64
from tests.helpers.hpke_mistakes import SHOWN
from tests.helpers.rows import each_row

from joseal import Decrypter, InvalidKeyError, Key, MalformedTokenError, NotAllowedError
from joseal.diagnosis import explain, explain_key


def codes(token):
    return [cause.code for cause in explain(token).causes]


def opener(alg):
    return Decrypter(hpke_forge.key(alg), enc="A128GCM" if alg.endswith("-KE") else None)


@each_row("alg", hpke_forge.ALGS)
def test_good_token_gives_no_cause(alg):
    for plaintext in (b"", b"x", bytes(5000)):
        assert codes(str(hpke_forge.token(alg, plaintext))) == []


@each_row("name", SHOWN)
def test_structure_names_the_cause_and_a_decrypter_refuses_the_token(name):
    code, make = SHOWN[name]
    token = make()
    assert codes(token) == [code]
    alg = explain(token).header[0][1].strip('"')
    with pytest.raises((MalformedTokenError, NotAllowedError)):
        opener(alg).decrypt(token)


@pytest.mark.parametrize("alg", hpke_forge.ALGS)
def test_secret_of_the_size_of_a_different_kem_is_named_with_that_kem(alg):
    own = hpke_forge.suite_of(alg).kem
    for kem, size in hpke_forge.SECRET_BYTES.items():
        if kem == own:
            continue
        token = hpke_forge.token(alg, sent=bytes(size))
        (cause,) = explain(str(token)).causes
        assert cause.code == "kem_other"
        assert (
            f"{size} bytes, and {own} of {alg} makes {hpke_forge.SECRET_BYTES[own]}" in cause.seen
        )
        assert kem in cause.seen


def told(members):
    return explain_key(json.dumps(members))


@each_row("alg", [*hpke_forge.QUANTUM_RESISTANT, *all_algorithms.ML_DSA])
def test_good_akp_keys_are_jwks_and_nothing_more(alg):
    made = Key.generate(alg)
    for private in (False, True):
        assert told(made.to_jwk(private=private)).kind == "jwk"


EXPANDED = {
    "ML-DSA-44": 2560,
    "ML-DSA-87": 4896,
    "HPKE-12": 2400,
    "HPKE-13-KE": 3168,
    "HPKE-9": 2432,
}


@pytest.mark.parametrize("alg", EXPANDED)
def test_expanded_private_key_is_told_from_a_seed(alg):
    made = Key.generate(alg).to_jwk(private=True)
    expanded = {**made, "priv": b64(bytes(EXPANDED[alg]))}
    found = told(expanded)
    assert (found.kind, found.is_key, found.loader) == ("jwk-akp-seed", True, "")
    assert "the size of an expanded private key" in found.sentence
    short = {**made, "priv": b64(bytes(31))}
    cut = told(short)
    assert cut.kind == "jwk-akp-seed"
    assert "expanded" not in cut.sentence
    for wrong in (expanded, short):
        with pytest.raises(InvalidKeyError):
            Key.from_jwk(wrong)


@pytest.mark.parametrize(
    ("alg", "other", "name"),
    [
        ("HPKE-9", "HPKE-12", "MLKEM768-X25519"),
        ("HPKE-12-KE", "HPKE-13-KE", "ML-KEM-768"),
        ("ML-DSA-44", "ML-DSA-65", "ML-DSA-44"),
    ],
)
def test_alg_that_is_not_that_of_the_public_key_is_told_by_its_size(alg, other, name):
    members = {**Key.generate(alg).to_jwk(), "alg": other}
    found = told(members)
    assert found.kind == "jwk-akp-pub"
    assert f"as a key of {name} has" in found.sentence
    assert "as a key of" not in told({**members, "pub": "AAAA"}).sentence
    with pytest.raises(InvalidKeyError):
        Key.from_jwk(members)


@pytest.mark.parametrize("change", [{"alg": None}, {"alg": "ES256"}, {"alg": "ROT13"}, {"alg": 7}])
def test_akp_key_without_an_alg_that_takes_it_is_told(change):
    members = {**Key.generate("ML-DSA-44").to_jwk(), **change}
    found = told({name: value for name, value in members.items() if value is not None})
    assert found.kind == "jwk-akp-alg"
    assert ("no alg" in found.sentence) is (change["alg"] is None)


@pytest.mark.parametrize("pub", [7, "not base64url!", None])
def test_what_can_not_be_read_of_an_akp_key_is_not_guessed(pub):
    assert told({"kty": "AKP", "alg": "HPKE-9", "pub": pub}).kind == "jwk"


def test_no_byte_of_a_key_is_in_a_text():
    made = Key.generate("HPKE-9").to_jwk(private=True)
    found = told({**made, "priv": f"{made['priv']}AAAA"})
    assert made["priv"][:8] not in repr(found)
    assert made["pub"][:8] not in repr(found)


@pytest.mark.parametrize("alg", EXPANDED)
def test_private_key_of_any_size_but_that_of_an_expanded_one_is_told_by_its_size(alg):
    made = Key.generate(alg).to_jwk(private=True)
    found = told({**made, "priv": b64(bytes(EXPANDED[alg] + 1))})
    assert found.kind == "jwk-akp-seed"
    assert f"whose priv has {EXPANDED[alg] + 1} bytes" in found.sentence
    assert "expanded private key" not in found.sentence
