"""Rules of the whole suite that a second reading found broken, each now a test."""

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, pkcs12
from tests.helpers import all_algorithms
from tests.helpers.forge import b64

from joseal import (
    Decrypter,
    DecryptThenVerify,
    Encrypter,
    EncryptThenSign,
    InvalidKeyError,
    Key,
    Signer,
    SignThenEncrypt,
    Verifier,
)
from joseal._core.algorithms import curves

PRIME = {
    "P-256": 2**256 - 2**224 + 2**192 + 2**96 - 1,
    "P-384": 2**384 - 2**128 - 2**96 + 2**32 - 1,
    "P-521": 2**521 - 1,
}
HS, KW = all_algorithms.signing_key("HS256"), all_algorithms.key("A128KW")


@pytest.mark.parametrize("curve", PRIME)
def test_coordinate_over_the_field_is_refused(curve):
    """NIST SP 800-56A section 5.6.2.3.3: the same point, written with a number that is not reduced."""
    size = all_algorithms.CURVES[curve]
    for start in range(1, 200):
        # A point with a small x, so that x + p still has the size of the field.
        try:
            public = ec.EllipticCurvePublicKey.from_encoded_point(
                all_algorithms.WEIERSTRASS[curve], b"\2" + start.to_bytes(size, "big")
            )
        except ValueError:
            continue
        y = public.public_numbers().y.to_bytes(size, "big")
        assert curves.load_public(curve, start.to_bytes(size, "big"), y) is not None
        assert curves.load_public(curve, (start + PRIME[curve]).to_bytes(size, "big"), y) is None
        return
    pytest.fail("no point was found")


def test_signer_of_a_nested_token_is_attached():
    """A detached one would lose the payload without a word."""
    detached = Signer(HS, detached=True)
    sealing = Encrypter(KW, enc="A128GCM")
    with pytest.raises(ValueError, match="detached"):
        SignThenEncrypt(detached, sealing)
    with pytest.raises(ValueError, match="detached"):
        EncryptThenSign(sealing, detached)
    assert DecryptThenVerify(Decrypter(KW, enc="A128GCM"), Verifier(HS))


# The identity, and a point of order two, in RFC 8032's encoding.
@pytest.mark.parametrize("point", ["01" + "00" * 31, "ec" + "ff" * 30 + "7f"])
def test_edwards_key_of_low_order_is_refused(point):
    """Under the identity one signature holds for every message."""
    with pytest.raises(InvalidKeyError):
        Key.from_jwk(
            {"kty": "OKP", "crv": "Ed25519", "x": b64(bytes.fromhex(point))}, alg="Ed25519"
        )


@pytest.mark.parametrize("password", ["a\0b", b"\0", b"\xff"])
def test_password_that_pkcs12_cannot_have_is_an_error_of_ours(password):
    data = pkcs12.serialize_key_and_certificates(
        None, all_algorithms.private("P-256"), None, None, BestAvailableEncryption(b"pass")
    )
    with pytest.raises((InvalidKeyError, ValueError)):
        Key.from_pkcs12(data, alg="ES256", password=password)


@pytest.mark.parametrize("crit", ["exp", [], 5, {}])
def test_wrong_crit_beside_b64_is_refused(crit):
    with pytest.raises(ValueError, match=r"crit|wrong type"):
        Signer(HS, b64=False, header={"crit": crit, "exp": 1})


def test_dual_use_is_for_pairs():
    jwk = {"kty": "oct", "k": b64(bytes(32)), "alg": "A256GCM"}
    with pytest.raises(InvalidKeyError):
        Key.from_jwk(jwk, alg="HS256", dual_use=True)


def test_encoded_payload_may_say_so_critically():
    """RFC 7797 section 6 has b64 in crit for false, and does not forbid it for true."""
    sign = HS._for_signatures("sign", None).sign
    token = all_algorithms.jws({"alg": "HS256", "b64": True, "crit": ["b64"]}, b"x", sign)
    assert Verifier(HS).verify(token) == b"x"


@pytest.mark.parametrize(
    "make",
    [
        lambda: Encrypter(KW, enc="A128GCM", policy="modern"),
        lambda: Decrypter(KW, enc="A128GCM", policy="modern"),
        lambda: Signer(HS, policy="modern"),
        lambda: Verifier(HS, policy="modern"),
        lambda: Key.from_external(object(), public="x"),
        lambda: Key.from_password("x", alg="PBES2-HS256+A128KW", salt_bytes=16.0),
        lambda: Key.from_password("x", alg="PBES2-HS256+A128KW", salt_bytes="16"),
    ],
)
def test_another_type_is_a_type_error(make):
    with pytest.raises(TypeError, match="must be"):
        make()


def test_size_of_an_hmac_key_has_a_ceiling():
    with pytest.raises(ValueError, match="size"):
        Key.generate("HS256", size=2**62)
