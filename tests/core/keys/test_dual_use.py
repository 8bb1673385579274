"""One key, one use, unless dual use is asked by name: RFC 7517 sections 4.2 and 4.3, RFC 8725."""

import pytest
from tests.helpers import all_algorithms, forge
from tests.helpers.forge import b64

from joseal import Decrypter, Encrypter, InvalidKeyError, Key, Signer, Verifier


def rsa(**members):
    own = all_algorithms.key("RSA-OAEP").to_jwk(private=True)
    return {name: value for name, value in own.items() if name != "alg"} | members


def on_curve(**members):
    return all_algorithms.private_jwk("P-256") | members


@pytest.mark.parametrize(
    ("jwk", "alg"),
    [
        (rsa(use="sig"), "RSA-OAEP-256"),
        (rsa(use="enc"), "RS256"),
        (rsa(alg="RS256"), "RSA-OAEP-256"),
        (rsa(alg="RSA-OAEP"), "PS256"),
        (rsa(alg="PS256", use="sig", key_ops=["sign"]), "RSA-OAEP"),
        (on_curve(use="sig"), "ECDH-ES"),
        (on_curve(use="enc"), "ES256"),
        (on_curve(alg="ES256", use="sig"), "ECDH-ES+A256KW"),
    ],
)
def test_pair_that_is_marked_for_the_other_use_serves_when_asked_by_name(jwk, alg):
    with pytest.raises(InvalidKeyError, match="contradict"):
        Key.from_jwk(jwk, alg=alg)
    key = Key.from_jwk(jwk, alg=alg, dual_use=True)
    assert key.alg == alg
    if alg in all_algorithms.ALGS:
        token = Encrypter(key.public(), enc="A128GCM").encrypt(b"x")
        assert Decrypter(key, enc="A128GCM").decrypt(token) == b"x"
    else:
        assert Verifier(key.public()).verify(Signer(key).sign(b"x")) == b"x"


@pytest.mark.parametrize(
    ("jwk", "alg"),
    [
        (rsa(alg="RS256"), "PS256"),
        (rsa(alg="RSA-OAEP"), "RSA-OAEP-256"),
        (on_curve(alg="ECDH-ES"), "ECDH-ES+A128KW"),
        (rsa(alg="XY256"), "RS256"),
    ],
)
def test_dual_use_is_no_other_alg_of_the_same_use(jwk, alg):
    for dual_use in (False, True):
        with pytest.raises(InvalidKeyError):
            Key.from_jwk(jwk, alg=alg, dual_use=dual_use)


def test_dual_use_does_not_switch_on_what_is_off():
    with pytest.raises(InvalidKeyError, match="legacy=True"):
        Key.from_jwk(rsa(alg="RS256"), alg="RSA1_5", dual_use=True)


@pytest.mark.parametrize("use", ["", "SIG", "encrypt", "sig ", 5, ["sig"]])
def test_use_is_one_of_two_words(use):
    for alg in ("RS256", "RSA-OAEP"):
        with pytest.raises(InvalidKeyError, match="use contradicts"):
            Key.from_jwk(rsa(use=use), alg=alg)


def test_key_for_signatures_does_not_seal_and_the_reverse():
    signing, sealing = all_algorithms.signing_key("RS256"), all_algorithms.key("RSA-OAEP")
    for make in (
        lambda: Encrypter(signing.public(), enc="A128GCM"),
        lambda: Decrypter(signing, enc="A128GCM"),
    ):
        with pytest.raises(InvalidKeyError, match=r"^the key is for signatures"):
            make()
    for make in (
        lambda: Signer(sealing),
        lambda: Verifier(sealing),
        lambda: Verifier(sealing.public()),
    ):
        with pytest.raises(InvalidKeyError, match=r"^the key is for encryption"):
            make()


SYMMETRIC = {"A128KW": 16, "A256GCMKW": 32, "HS256": 32, "dir": 32, "PBES2-HS256+A128KW": 16}

# Which single operation permits what: making and opening, by kind of key.
OPERATIONS = [
    ("RSA-OAEP", "wrapKey", "make"),
    ("RSA-OAEP", "encrypt", "make"),
    ("RSA-OAEP", "unwrapKey", "open"),
    ("RSA-OAEP", "decrypt", "open"),
    ("A128KW", "wrapKey", "make"),
    ("A128KW", "unwrapKey", "open"),
    ("A256GCMKW", "wrapKey", "make"),
    ("A256GCMKW", "unwrapKey", "open"),
    ("dir", "encrypt", "make"),
    ("dir", "decrypt", "open"),
    ("ECDH-ES", "deriveKey", "both"),
    ("ECDH-ES", "deriveBits", "both"),
    ("PBES2-HS256+A128KW", "deriveKey", "both"),
    ("PBES2-HS256+A128KW", "deriveBits", "both"),
    ("PBES2-HS256+A128KW", "wrapKey", "make"),
    ("PBES2-HS256+A128KW", "unwrapKey", "open"),
    ("RS256", "sign", "make"),
    ("RS256", "verify", "open"),
    ("ES256", "sign", "make"),
    ("ES256", "verify", "open"),
    ("HS256", "sign", "make"),
    ("HS256", "verify", "open"),
]


def material(alg):
    if alg in SYMMETRIC:
        return {"kty": "oct", "k": forge.b64(forge.draw(alg, SYMMETRIC[alg]))}
    return rsa() if alg[:2] == "RS" else on_curve()


def public(jwk):
    return {
        name: value for name, value in jwk.items() if name in ("kty", "n", "e", "crv", "x", "y")
    }


def makers(alg, operations):
    """Return what makes with such a key, and what opens with it."""
    jwk = material(alg) | {"alg": alg, "key_ops": operations}
    half = jwk if alg in SYMMETRIC else public(jwk) | {"alg": alg, "key_ops": operations}
    enc = "A256GCM" if alg == "dir" else "A128GCM"
    if alg in all_algorithms.SIGS:
        return lambda: Signer(Key.from_jwk(jwk)), lambda: Verifier(Key.from_jwk(half))
    return (
        lambda: Encrypter(Key.from_jwk(half), enc=enc),
        lambda: Decrypter(Key.from_jwk(jwk), enc=enc),
    )


@pytest.mark.parametrize(("alg", "operation", "permits"), OPERATIONS)
def test_operation_permits_its_direction_alone(alg, operation, permits):
    for make, permitted in zip(makers(alg, [operation]), ("make", "open"), strict=True):
        if permits in (permitted, "both"):
            make()
        else:
            with pytest.raises(InvalidKeyError, match=r"^the key's key_ops don't permit it to"):
                make()


@pytest.mark.parametrize("alg", sorted({alg for alg, _, _ in OPERATIONS}))
def test_operations_for_something_else_are_refused_at_loading(alg):
    own = {operation for name, operation, _ in OPERATIONS if name == alg}
    everything = {operation for _, operation, _ in OPERATIONS} | {"other"}
    for operation in everything - own:
        with pytest.raises(InvalidKeyError, match="key_ops exclude"):
            Key.from_jwk(material(alg) | {"alg": alg, "key_ops": [operation]})


@pytest.mark.parametrize("alg", sorted({alg for alg, _, _ in OPERATIONS} - {"ECDH-ES"}))
def test_empty_list_of_operations_permits_nothing(alg):
    for make in makers(alg, []):
        with pytest.raises(InvalidKeyError, match="don't permit"):
            make()


def test_public_half_for_agreement_may_have_an_empty_list():
    """Web Crypto writes it so."""
    make, opens = makers("ECDH-ES", [])
    make()
    with pytest.raises(InvalidKeyError, match="don't permit"):
        opens()


@pytest.mark.parametrize("operations", ["sign", 5, None, {}, [5], ["sign", None], ["sign", "sign"]])
def test_operations_are_a_list_of_distinct_strings(operations):
    with pytest.raises(InvalidKeyError, match="key_ops"):
        Key.from_jwk(material("RS256") | {"alg": "RS256", "key_ops": operations})


def test_public_half_of_a_private_key_is_for_the_other_direction():
    key = Key.from_jwk(rsa(alg="RS256", key_ops=["sign"]))
    assert Verifier(key.public()).verify(Signer(key).sign(b"x")) == b"x"
    with pytest.raises(InvalidKeyError, match="don't permit"):
        Verifier(key)


def test_one_pair_under_two_algs_is_two_keys():
    """DESIGN: dual use of one pair is said at loading, by name."""
    signing, opening = Key.from_jwk(rsa(), alg="RS256"), Key.from_jwk(rsa(), alg="RSA-OAEP")
    assert signing.thumbprint() == opening.thumbprint()
    assert (signing.alg, opening.alg) == ("RS256", "RSA-OAEP")


def test_dual_use_is_for_pairs():
    jwk = {"kty": "oct", "k": b64(bytes(32)), "alg": "A256GCM"}
    with pytest.raises(InvalidKeyError):
        Key.from_jwk(jwk, alg="HS256", dual_use=True)
