"""EC and OKP keys in PEM, DER and JWK: RFC 7518 section 6.2, RFC 8037, RFC 5915, RFC 8410."""

import json

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import dsa, ec
from cryptography.hazmat.primitives.asymmetric.ed448 import Ed448PrivateKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from tests.helpers import all_algorithms, forge
from tests.helpers.forge import b64
from tests.helpers.rows import each_row

from joseal import Decrypter, Encrypter, InvalidKeyError, Key, Signer, Verifier

PAIRS = {
    **{curve: all_algorithms.private(curve) for curve in all_algorithms.CURVES},
    "Ed25519": Ed25519PrivateKey.from_private_bytes(forge.draw("Ed25519 mine", 32)),
    "Ed448": Ed448PrivateKey.from_private_bytes(forge.draw("Ed448 mine", 57)),
}
ALG = {
    **dict.fromkeys(all_algorithms.CURVES, "ECDH-ES+A128KW"),
    "Ed25519": "Ed25519",
    "Ed448": "EdDSA",
}
SIZES = all_algorithms.CURVES | {"Ed25519": 32, "Ed448": 57}
Encoding, Private, Public = (
    serialization.Encoding,
    serialization.PrivateFormat,
    serialization.PublicFormat,
)
PLAIN = serialization.NoEncryption()


def jwk(curve):
    if curve in all_algorithms.CURVES:
        return all_algorithms.private_jwk(curve)
    pair = PAIRS[curve]
    x, d = pair.public_key().public_bytes_raw(), pair.private_bytes_raw()
    return {"kty": "OKP", "crv": curve, "x": b64(x), "d": b64(d)}


def works(private, public):
    """Use the two halves together."""
    if private.alg.startswith("ECDH"):
        token = Encrypter(public, enc="A128GCM").encrypt(b"x")
        return Decrypter(private, enc="A128GCM").decrypt(token) == b"x"
    return Verifier(public).verify(Signer(private).sign(b"x")) == b"x"


def private_forms(curve):
    pair = PAIRS[curve]
    yield "PKCS#8", pair.private_bytes(Encoding.PEM, Private.PKCS8, PLAIN)
    if curve in all_algorithms.WEIERSTRASS:
        sec1 = pair.private_bytes(Encoding.PEM, Private.TraditionalOpenSSL, PLAIN)
        yield "SEC 1", sec1
        yield (
            "SEC 1 behind its parameters",
            (
                b"-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n"
                + sec1
            ),
        )


@pytest.mark.parametrize("curve", PAIRS)
def test_every_form_of_a_private_key_is_the_same_key(curve):
    whole = Key.from_jwk(jwk(curve), alg=ALG[curve])
    assert whole.is_private
    loaded = [Key.from_pem(text, alg=ALG[curve]) for _, text in private_forms(curve)]
    der = PAIRS[curve].private_bytes(Encoding.DER, Private.PKCS8, PLAIN)
    loaded += [
        Key.from_der(der, alg=ALG[curve]),
        Key.from_jwk(json.dumps(jwk(curve)), alg=ALG[curve]),
    ]
    for key in loaded:
        assert repr(key) == f"Key(alg={ALG[curve]!r}, kid=None, {curve} private)"
        assert key.to_jwk(private=True) == whole.to_jwk(private=True)
        assert works(key, whole.public())


@pytest.mark.parametrize("curve", PAIRS)
def test_every_form_of_a_public_key_is_the_same_key(curve):
    public = PAIRS[curve].public_key()
    members = {name: value for name, value in jwk(curve).items() if name != "d"}
    whole = Key.from_jwk(members, alg=ALG[curve])
    loaded = [
        Key.from_pem(
            public.public_bytes(Encoding.PEM, Public.SubjectPublicKeyInfo), alg=ALG[curve]
        ),
        Key.from_der(
            public.public_bytes(Encoding.DER, Public.SubjectPublicKeyInfo), alg=ALG[curve]
        ),
        Key.from_jwk(jwk(curve), alg=ALG[curve]).public(),
    ]
    for key in loaded:
        assert repr(key) == f"Key(alg={ALG[curve]!r}, kid=None, {curve} public)"
        assert key.to_jwk() == whole.to_jwk() == {**members, "alg": ALG[curve]}
        assert works(Key.from_jwk(jwk(curve), alg=ALG[curve]), key)


@pytest.mark.parametrize("curve", PAIRS)
def test_encrypted_private_key_needs_its_password(curve):
    locked = serialization.BestAvailableEncryption(b"pass")
    text = PAIRS[curve].private_bytes(Encoding.PEM, Private.PKCS8, locked)
    key = Key.from_pem(text, alg=ALG[curve], password="pass")
    assert key.to_jwk(private=True) == {**jwk(curve), "alg": ALG[curve]}
    for password, message in ((None, "give password="), ("other", "wrong password")):
        with pytest.raises(InvalidKeyError, match=message):
            Key.from_pem(text, alg=ALG[curve], password=password)


def bad_members(curve):
    good, size = jwk(curve), SIZES[curve]
    raw = {name: forge.unb64(good[name]) for name in ("x", "y", "d") if name in good}
    for name, value in raw.items():
        yield (
            f"{name} is missing",
            {key: member for key, member in good.items() if key != name} if name != "d" else None,
        )
        for wrong in (value[:-1], value[1:], b"\0" + value, value + b"\0", b"", value * 2):
            yield f"{name} of {len(wrong)}", {**good, name: b64(wrong)}
        for wrong in (5, None, [good[name]], good[name] + "=", "*" + good[name][1:], True):
            yield f"{name} is {type(wrong).__name__}", {**good, name: wrong}
    yield (
        "d is zero",
        {**good, "d": b64(bytes(size))} if curve in all_algorithms.WEIERSTRASS else None,
    )
    yield "d of another", {**good, "d": b64(forge.draw("another", size))}
    for wrong in ("P-256K", "secp256k1", "", "p-256", 5, None):
        yield f"crv is {wrong!r}", {**good, "crv": wrong}
    for other in PAIRS:
        yield f"crv is {other}", {**good, "crv": other} if other != curve else None
    for wrong in ("RSA", "oct", "", "ec", "OKP" if good["kty"] == "EC" else "EC", 5):
        yield f"kty is {wrong!r}", {**good, "kty": wrong}


@pytest.mark.parametrize("curve", PAIRS)
def test_bad_member_is_refused(curve):
    seen = 0
    for name, members in bad_members(curve):
        if members is None:
            continue
        seen += 1
        with pytest.raises(InvalidKeyError):
            print(name, Key.from_jwk(members, alg=ALG[curve]))
    assert seen > 30


def test_second_coordinate_of_an_okp_key_is_not_read():
    """RFC 8037 section 2 gives it no meaning: like any unknown member, it is data."""
    assert Key.from_jwk({**jwk("X25519"), "y": "AA"}, alg="ECDH-ES").is_private


@each_row("alg", ["ES256", "ES384", "ES512", "Ed25519", "EdDSA", *all_algorithms.ECDH])
@each_row("curve", PAIRS)
def test_curve_has_to_be_one_that_the_alg_takes(alg, curve):
    taken = {
        "ES256": ["P-256"],
        "ES384": ["P-384"],
        "ES512": ["P-521"],
        "Ed25519": ["Ed25519"],
        "EdDSA": ["Ed25519", "Ed448"],
    }.get(alg, list(all_algorithms.CURVES))
    if curve in taken:
        assert Key.from_jwk(jwk(curve), alg=alg).alg == alg
    else:
        with pytest.raises(InvalidKeyError, match="not on a curve that this alg takes"):
            Key.from_jwk(jwk(curve), alg=alg)


@each_row("alg", ["RSA-OAEP", "RS256", "A128KW", "HS256", "dir", "PBES2-HS256+A128KW"])
@each_row("curve", ["P-256", "X25519"])
def test_pair_on_a_curve_serves_no_other_kind_of_alg(alg, curve):
    with pytest.raises(InvalidKeyError, match="needs"):
        Key.from_jwk(jwk(curve), alg=alg)


@pytest.mark.parametrize("alg", ["ECDH-ES", "ES256", "EdDSA"])
def test_other_kinds_of_key_serve_no_alg_on_a_curve(alg):
    for members in (
        {"kty": "oct", "k": b64(bytes(32))},
        all_algorithms.key("RSA-OAEP").to_jwk(private=True) | {"alg": alg},
    ):
        with pytest.raises(InvalidKeyError, match="needs a key on a curve"):
            Key.from_jwk(members, alg=alg)


@pytest.mark.parametrize("alg", ["ECDH-ES", "ES256"])
def test_curves_that_jose_does_not_use_are_refused(alg):
    pair = ec.generate_private_key(ec.SECP256K1())
    text = pair.private_bytes(Encoding.PEM, Private.PKCS8, PLAIN)
    with pytest.raises(InvalidKeyError, match="not on a curve"):
        Key.from_pem(text, alg=alg)


def test_dsa_is_refused():
    text = dsa.generate_private_key(2048).private_bytes(Encoding.PEM, Private.PKCS8, PLAIN)
    with pytest.raises(InvalidKeyError, match="keys of this kind"):
        Key.from_pem(text, alg="ES256")


@pytest.mark.parametrize("point", [bytes(32), b"\1" + bytes(31)])
def test_public_key_of_low_order_is_refused(point):
    members = {"kty": "OKP", "crv": "X25519", "x": b64(point)}
    with pytest.raises(InvalidKeyError, match="low order"):
        Key.from_jwk(members, alg="ECDH-ES")
    # SubjectPublicKeyInfo of X25519: RFC 8410 section 4.
    der = bytes.fromhex("302a300506032b656e032100") + point
    with pytest.raises(InvalidKeyError, match="low order"):
        Key.from_der(der, alg="ECDH-ES")


def test_thumbprints_of_rfc_8037(shared_vectors):
    figure = json.loads((shared_vectors / "rfc/rfc8037.json").read_text())["ed25519"]
    for name in ("jwk", "public_jwk"):
        key = Key.from_jwk(figure[name], alg="Ed25519")
        assert key.thumbprint() == figure["thumbprint_sha256"]
        uri = "urn:ietf:params:oauth:jwk-thumbprint:sha-256:" + figure["thumbprint_sha256"]
        assert key.thumbprint_uri() == uri


@pytest.mark.parametrize("curve", PAIRS)
def test_thumbprint_is_of_the_required_members(curve):
    """RFC 7638 section 3.2, RFC 8037 section 2."""
    import hashlib

    members = jwk(curve)
    names = ("crv", "kty", "x", "y") if members["kty"] == "EC" else ("crv", "kty", "x")
    text = json.dumps({name: members[name] for name in names}, separators=(",", ":"))
    expected = b64(hashlib.sha256(text.encode()).digest())
    key = Key.from_jwk(
        {**members, "use": "sig" if curve[:2] == "Ed" else "enc", "kid": "a"}, alg=ALG[curve]
    )
    assert key.thumbprint() == key.public().thumbprint() == expected


@pytest.mark.parametrize("name", ["3_1.ec_public_key", "3_2.ec_private_key"])
def test_keys_of_rfc_7520(shared_vectors, name):
    members = json.loads((shared_vectors / f"ietf-jose-cookbook/jwk/{name}.json").read_text())
    members = members.get("key", members)
    key = Key.from_jwk(members, alg="ES512")
    assert key.is_private is ("private" in name)
    assert key.kid == members["kid"]


# The identity, and a point of order two, in RFC 8032's encoding.
@pytest.mark.parametrize("point", ["01" + "00" * 31, "ec" + "ff" * 30 + "7f"])
def test_edwards_key_of_low_order_is_refused(point):
    """Under the identity one signature holds for every message."""
    with pytest.raises(InvalidKeyError):
        Key.from_jwk(
            {"kty": "OKP", "crv": "Ed25519", "x": b64(bytes.fromhex(point))}, alg="Ed25519"
        )
