"""ES256K (RFC 8812) and Ed448 (RFC 9864): names that say their curve, and keys that serve no other.

The figures of Ed448 are those of RFC 8032 section 7.4: private key, public key, message, signature.
"""

import json

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from tests.helpers import all_algorithms, forge
from tests.helpers.forge import b64

from joseal import FIPS_NAMES, MODERN, Decrypter, Encrypter, InvalidKeyError, Key, Signer, Verifier
from joseal._core.algorithms.registry import ALGS
from joseal.errors import MalformedTokenError, NotAllowedError, VerificationError

ED448 = {
    "blank": (
        "6c82a562cb808d10d632be89c8513ebf6c929f34ddfa8c9f63c9960ef6e348a3528c8a3fcc2f044e39a3fc5b94492f8f032e7549a20098f95b",
        "5fd7449b59b461fd2ce787ec616ad46a1da1342485a70e1f8a0ea75d80e96778edf124769b46c7061bd6783df1e50f6cd1fa1abeafe8256180",
        "",
        (
            "533a37f6bbe457251f023c0d88f976ae2dfb504a843e34d2074fd823d41a591f2b233f034f628281f2fd7a22ddd47d7828c59bd0a21bfd3980"
            "ff0d2028d4b18a9df63e006c5d1c2d345b925d8dc00b4104852db99ac5c7cdda8530a113a0f4dbb61149f05a7363268c71d95808ff2e652600"
        ),
    ),
    "1 byte": (
        "c4eab05d357007c632f3dbb48489924d552b08fe0c353a0d4a1f00acda2c463afbea67c5e8d2877c5e3bc397a659949ef8021e954e0a12274e",
        "43ba28f430cdff456ae531545f7ecd0ac834a55d9358c0372bfa0c6c6798c0866aea01eb00742802b8438ea4cb82169c235160627b4c3a9480",
        "03",
        (
            "26b8f91727bd62897af15e41eb43c377efb9c610d48f2335cb0bd0087810f4352541b143c4b981b7e18f62de8ccdf633fc1bf037ab7cd77980"
            "5e0dbcc0aae1cbcee1afb2e027df36bc04dcecbf154336c19f0af7e0a6472905e799f1953d2a0ff3348ab21aa4adafd1d234441cf807c03a00"
        ),
    ),
    "11 bytes": (
        "cd23d24f714274e744343237b93290f511f6425f98e64459ff203e8985083ffdf60500553abc0e05cd02184bdb89c4ccd67e187951267eb328",
        "dcea9e78f35a1bf3499a831b10b86c90aac01cd84b67a0109b55a36e9328b1e365fce161d71ce7131a543ea4cb5f7e9f1d8b00696447001400",
        "0c3e544074ec63b0265e0c",
        (
            "1f0a8888ce25e8d458a21130879b840a9089d999aaba039eaf3e3afa090a09d389dba82c4ff2ae8ac5cdfb7c55e94d5d961a29fe0109941e00"
            "b8dbdeea6d3b051068df7254c0cdc129cbe62db2dc957dbb47b51fd3f213fb8698f064774250a5028961c9bf8ffd973fe5d5c206492b140e00"
        ),
    ),
    "12 bytes": (
        "258cdd4ada32ed9c9ff54e63756ae582fb8fab2ac721f2c8e676a72768513d939f63dddb55609133f29adf86ec9929dccb52c1c5fd2ff7e21b",
        "3ba16da0c6f2cc1f30187740756f5e798d6bc5fc015d7c63cc9510ee3fd44adc24d8e968b6e46e6f94d19b945361726bd75e149ef09817f580",
        "64a65f3cdedcdd66811e2915",
        (
            "7eeeab7c4e50fb799b418ee5e3197ff6bf15d43a14c34389b59dd1a7b1b85b4ae90438aca634bea45e3a2695f1270f07fdcdf7c62b8efeaf00"
            "b45c2c96ba457eb1a8bf075a3db28e5c24f6b923ed4ad747c3c9e03c7079efb87cb110d3a99861e72003cbae6d6b8b827e4e6c143064ff3c00"
        ),
    ),
}


@pytest.mark.parametrize("figure", ED448.values(), ids=ED448)
def test_ed448_gives_the_figures_of_rfc_8032(figure):
    d, x, data, signature = (bytes.fromhex(text) for text in figure)
    jwk = {"kty": "OKP", "crv": "Ed448", "x": b64(x), "d": b64(d)}
    key = Key.from_jwk(jwk, alg="Ed448")
    assert key._for_signatures("sign", None).sign(data) == signature
    assert key.public()._for_signatures("verify", None).verify(data, signature)
    assert not key.public()._for_signatures("verify", None).verify(data + b"\0", signature)


@pytest.mark.parametrize("alg", ["ES256K", "Ed448"])
def test_token_names_its_alg_and_verifies_under_it_alone(alg):
    key = all_algorithms.signing_key(alg)
    token = Signer(key).sign(b"payload")
    assert Verifier(key.public()).open(token).header["alg"] == alg
    with pytest.raises(VerificationError):
        Verifier(all_algorithms.signing_key(alg, "other").public()).verify(token)
    for other in ("ES256", "EdDSA", "Ed25519"):
        with pytest.raises(NotAllowedError):
            Verifier(all_algorithms.signing_key(other).public()).verify(token)


def test_eddsa_and_ed448_name_one_signature_and_two_algs():
    jwk = all_algorithms.ed448_jwk()
    old, new = Key.from_jwk(jwk, alg="EdDSA"), Key.from_jwk(jwk, alg="Ed448")
    for key, other in ((old, new), (new, old)):
        with pytest.raises(NotAllowedError):
            Verifier(other.public()).verify(Signer(key).sign(b"x"))


@pytest.mark.parametrize(
    ("alg", "jwk"),
    [
        ("Ed448", all_algorithms.ed_jwk()),
        ("Ed25519", all_algorithms.ed448_jwk()),
        ("ES256", all_algorithms.ec_jwk("ES256K")),
        ("ES256K", all_algorithms.ec_jwk("ES256")),
    ],
)
def test_key_on_another_curve_is_refused(alg, jwk):
    with pytest.raises(InvalidKeyError, match=r"^the key is not on a curve that this alg takes$"):
        Key.from_jwk(jwk, alg=alg)


@pytest.mark.parametrize("alg", [name for name, alg in ALGS.items() if alg.family == "ecdh-es"])
def test_secp256k1_agrees_on_nothing(alg):
    """RFC 8812 section 3: it is registered for ES256K alone."""
    jwk = all_algorithms.ec_jwk("ES256K")
    with pytest.raises(InvalidKeyError, match="not on a curve that this alg takes"):
        Key.from_jwk(jwk, alg=alg)
    with pytest.raises(ValueError, match="does not take this curve"):
        Key.generate(alg, curve="secp256k1")
    pem = forge.pem_of(ec.derive_private_key(7, ec.SECP256K1()))
    with pytest.raises(InvalidKeyError, match="not on a curve that this alg takes"):
        Key.from_pem(pem, alg=alg)


def test_epk_on_secp256k1_is_refused_before_the_private_key_is_used():
    key = Key.generate("ECDH-ES", curve="P-256")
    epk = {name: all_algorithms.ec_jwk("ES256K")[name] for name in ("kty", "crv", "x", "y")}
    token = Encrypter(key.public(), enc="A128GCM").encrypt(b"x")
    head = {"alg": "ECDH-ES", "epk": epk, "enc": "A128GCM"}
    swapped = ".".join([b64(json.dumps(head).encode()), *token.split(".")[1:]])
    with pytest.raises(MalformedTokenError):
        Decrypter(key, enc="A128GCM").decrypt(swapped)


def test_pem_and_jwk_of_secp256k1_come_back_the_same():
    key = Key.generate("ES256K", kid="chain")
    for again in (
        Key.from_pem(key.to_pem(private=True), alg="ES256K", kid="chain"),
        Key.from_jwk(key.to_jwk(private=True)),
    ):
        assert again.to_jwk(private=True) == key.to_jwk(private=True)
    assert key.to_jwk()["crv"] == "secp256k1"
    assert key.to_jwk()["kty"] == "EC"


@pytest.mark.parametrize("written", ["P-256K", "K-256", "SECP256K1"])
def test_other_names_of_secp256k1_are_answered_with_its_own(written):
    with pytest.raises(InvalidKeyError, match="is written secp256k1"):
        Key.from_jwk({**all_algorithms.ec_jwk("ES256K"), "crv": written}, alg="ES256K")


def test_policies_say_what_to_use_instead():
    with pytest.raises(InvalidKeyError, match="use Ed25519, or Ed448 for an Ed448 key"):
        Signer(Key.from_jwk(all_algorithms.ed448_jwk(), alg="EdDSA"), policy=MODERN)
    Signer(all_algorithms.signing_key("Ed448"), policy=MODERN)
    with pytest.raises(InvalidKeyError, match="SP 800-186"):
        Signer(all_algorithms.signing_key("ES256K"), policy=FIPS_NAMES)
