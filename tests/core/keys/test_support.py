"""An algorithm that the installed OpenSSL lacks is refused when a key is loaded for it, or an
object prepared with it, and never while a token is handled.

Each primitive of the tables is taken away in turn, where joseal's modules call `cryptography`.
"""

import base64

import pytest
from cryptography.exceptions import InternalError, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import dsa, ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from tests.helpers import all_algorithms, probed

from joseal import Decrypter, Encrypter, InvalidKeyError, Key, Signer
from joseal._core.algorithms import aes, akp, content_encryption, curves, pbes2, rsa, signatures
from joseal._core.algorithms.registry import ALGS, ENCS, SIGS


@pytest.fixture(autouse=True)
def _asked_anew():
    """What was found out is kept for a process: here OpenSSL changes within one."""
    probed.forget_all()
    yield
    # What this test was told must not reach another one.
    probed.forget_all()
    probed.probe_all()


def missing(*_, **__):
    raise UnsupportedAlgorithm("this OpenSSL does not have it")


class Missing:
    """A class of `cryptography` of which nothing can be made."""

    def __init__(self, *_, **__):
        missing()

    generate = from_private_bytes = from_public_bytes = staticmethod(missing)


ENC_SEAMS = {
    **dict.fromkeys(("A128CBC-HS256", "A192CBC-HS384", "A256CBC-HS512"), ("Cipher", "CBC", "HMAC")),
    **dict.fromkeys(("A128GCM", "A192GCM", "A256GCM"), ("AESGCM",)),
    "C20P": ("ChaCha20Poly1305",),
}


def test_every_enc_is_here():
    # XC20P is libsodium's, whose builds all have it.
    assert {*ENC_SEAMS, "XC20P"} == set(ENCS)


@pytest.mark.parametrize(
    ("enc", "seam"), [(enc, seam) for enc, seams in ENC_SEAMS.items() for seam in seams]
)
def test_missing_enc_is_refused_when_an_object_is_prepared(enc, seam, monkeypatch):
    key = all_algorithms.key("A128KW")
    monkeypatch.setattr(content_encryption, seam, Missing)
    for kind in (Encrypter, Decrypter):
        with pytest.raises(InvalidKeyError, match=f"does not support {enc}$"):
            kind(key, enc=enc)
    with pytest.raises(InvalidKeyError, match=f"does not support {enc}$"):
        Decrypter(key, enc=[enc, "XC20P"])


@pytest.mark.parametrize("enc", ENC_SEAMS)
def test_other_encs_go_on(enc, monkeypatch):
    monkeypatch.setattr(content_encryption, "ChaCha20Poly1305", Missing)
    if enc != "C20P":
        Decrypter(all_algorithms.key("A128KW"), enc=enc)


KEYS = {
    "aes-kw": (aes, "aes_key_wrap"),
    "aes-gcmkw": (aes, "AESGCM"),
    "hmac": (signatures, "HMAC"),
    "rsa-oaep": (rsa, "OAEP"),
    "rsa1_5": (rsa, "PKCS1v15"),
    "pkcs1": (signatures, "PKCS1v15"),
    "pss": (signatures, "PSS"),
}


@pytest.mark.parametrize(
    ("name", "family"),
    [(name, spec.family) for name, spec in {**ALGS, **SIGS}.items() if spec.family in KEYS],
)
def test_missing_alg_is_refused_when_a_key_is_loaded(name, family, monkeypatch):
    if name == "RSA1_5":
        made = {**Key.generate("RSA-OAEP").to_jwk(), "alg": name}
    else:
        key = Key.generate(name)
        made = key.to_jwk(private=key.is_symmetric)
    module, seam = KEYS[family]
    # PSS has constants, so it is the call alone that is taken away.
    lacking = type(seam, (Missing,), {"DIGEST_LENGTH": 0})
    probed.forget_all()
    monkeypatch.setattr(
        module, seam, lacking if isinstance(getattr(module, seam), type) else missing
    )
    with pytest.raises(InvalidKeyError, match="does not support " + name.replace("+", r"\+") + "$"):
        Key.from_jwk(made, legacy=True)


def test_missing_key_derivation_is_refused(monkeypatch):
    import hashlib

    monkeypatch.setattr(hashlib, "pbkdf2_hmac", missing)
    with pytest.raises(InvalidKeyError, match="does not support PBES2"):
        Key.from_password("x", alg="PBES2-HS256+A128KW")
    assert pbes2.LEAST_ITERATIONS == 1000


def test_missing_derivation_of_ecdh_is_refused(monkeypatch):
    from joseal._core.algorithms import ecdh

    monkeypatch.setattr(ecdh, "ConcatKDFHash", Missing)
    with pytest.raises(InvalidKeyError, match="does not support ECDH-ES on P-256"):
        Key.generate("ECDH-ES")


OKP = ["X25519", "X448", "Ed25519", "Ed448"]


@pytest.mark.parametrize("curve", OKP)
def test_missing_curve_is_refused_however_a_key_comes(curve, monkeypatch):
    alg = "ECDH-ES" if curve.startswith("X") else "EdDSA"
    pair = Key.generate(alg, curve=curve)
    public, private = pair.to_jwk(), pair.to_jwk(private=True)
    pem = pair.public().to_pem()
    probed.forget_all()
    kinds = curves._OKP[curve]
    monkeypatch.setattr(curves, "_OKP", curves._OKP | {curve: (Missing, Missing, kinds[2])})
    says = f"does not support {curve}"
    for load in (
        lambda: Key.from_jwk(public),
        lambda: Key.from_jwk(private),
        lambda: Key.generate(alg, curve=curve),
    ):
        with pytest.raises(InvalidKeyError, match=says):
            load()
    # A loader of OpenSSL that still reads the kind does not get past the check of the alg.
    monkeypatch.setattr(curves, "_OKP", curves._OKP | {curve: (Missing, *kinds[1:])})
    with pytest.raises(InvalidKeyError, match=f"does not support {alg} on {curve}"):
        Key.from_pem(pem, alg=alg)


@pytest.mark.parametrize("curve", ["X25519", "X448"])
def test_agreement_that_is_missing_is_refused(curve, monkeypatch):
    monkeypatch.setattr(curves, "agree", lambda *_: None)
    with pytest.raises(InvalidKeyError, match=f"does not support ECDH-ES on {curve}"):
        Key.generate("ECDH-ES", curve=curve)


@pytest.mark.parametrize("curve", ["P-256", "P-384", "P-521"])
def test_missing_weierstrass_curve_is_refused(curve, monkeypatch):
    public = Key.generate("ECDH-ES", curve=curve).to_jwk()
    probed.forget_all()
    monkeypatch.setattr(curves.ec, "generate_private_key", missing)
    for load in (lambda: Key.from_jwk(public), lambda: Key.generate("ECDH-ES", curve=curve)):
        with pytest.raises(InvalidKeyError, match="does not support .*" + curve):
            load()


def test_signature_that_a_fips_provider_refuses_within_is_refused(monkeypatch):
    """The FIPS provider of OpenSSL loads a key on secp256k1, and fails when it has to sign."""

    def refused(*_):
        def sign(data):
            raise InternalError("operation not supported for this keytype", [])

        return sign

    monkeypatch.setattr(signatures, "ecdsa_signer", refused)
    with pytest.raises(InvalidKeyError, match="does not support ES256K on secp256k1"):
        Key.generate("ES256K")


@pytest.mark.parametrize("kind", [UnsupportedAlgorithm, ValueError])
def test_parameters_that_a_provider_lacks_are_refused(kind, monkeypatch):
    """A FIPS provider without ML-KEM says of each seed that its size is wrong."""

    class Lacking:
        @staticmethod
        def from_seed_bytes(seed):
            raise kind("a seed is 32 bytes long")

    lacking = {name: each._replace(private=Lacking) for name, each in akp._PARAMETERS.items()}
    monkeypatch.setattr(akp, "_PARAMETERS", lacking)
    for alg in ("ML-DSA-44", "HPKE-9", "HPKE-13-KE"):
        with pytest.raises(InvalidKeyError, match="does not support ML-"):
            Key.generate(alg)


def test_answer_is_asked_once(monkeypatch):
    asked = []
    seal = content_encryption.seal
    monkeypatch.setattr(content_encryption, "seal", lambda *a: asked.append(a) or seal(*a))
    for _ in range(3):
        Decrypter(all_algorithms.key("A128KW"), enc="A128GCM")
    assert len(asked) == 1


def test_signer_of_a_supported_curve_is_made():
    assert Signer(Key.generate("EdDSA", curve="Ed448")).sign(b"x")


def no_kind(*_, **__):
    raise UnsupportedAlgorithm("this OpenSSL does not read it")


PAIRS = [
    *(("ECDH-ES", curve) for curve in ("P-256", "P-384", "P-521", "X25519", "X448")),
    *(("EdDSA", "Ed25519"), ("EdDSA", "Ed448"), ("ES256K", None), ("RSA-OAEP", None)),
]


@pytest.mark.parametrize(("alg", "curve"), PAIRS)
@pytest.mark.parametrize("private", [True, False])
def test_a_file_that_the_loader_does_not_support_is_refused_by_the_name_of_its_kind(
    alg, curve, private, monkeypatch
):
    pem = Key.generate(alg, curve=curve).to_pem(private=private)
    for name in ("pem_private", "der_private", "pem_public", "der_public"):
        monkeypatch.setattr(serialization, f"load_{name}_key", no_kind)
    kind = {"RSA-OAEP": "RSA", "ES256K": "secp256k1"}.get(alg, curve)
    for load, data in ((Key.from_pem, pem), (Key.from_der, der_of(pem))):
        with pytest.raises(InvalidKeyError) as caught:
            load(data, alg=alg)
        assert str(caught.value) == (
            "the key can't be read: damaged, or of a kind that the installed OpenSSL does not "
            f"support ({kind})"
        )


@pytest.mark.parametrize("alg", ["ML-DSA-44", "ML-DSA-65", "ML-DSA-87"])
def test_a_public_key_of_ml_dsa_that_is_not_supported_is_named(alg, monkeypatch):
    pem = Key.generate(alg).to_pem()
    monkeypatch.setattr(serialization, "load_pem_public_key", no_kind)
    with pytest.raises(InvalidKeyError, match=rf"does not support \({alg}\)$"):
        Key.from_pem(pem, alg=alg)


def der_of(pem):
    return base64.b64decode("".join(pem.splitlines()[1:-1]))


@pytest.mark.parametrize(
    ("kind", "make"),
    [
        ("DSA", lambda: dsa.generate_private_key(2048)),
        ("P-192", lambda: ec.generate_private_key(ec.SECP192R1())),
        ("brainpoolP256r1", lambda: ec.generate_private_key(ec.BrainpoolP256R1())),
    ],
)
def test_a_kind_that_no_alg_uses_is_named_where_the_loader_does_not_read_it(
    kind, make, monkeypatch
):
    pair = make()
    spki = pair.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    pkcs8 = pair.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    for name in ("der_private", "der_public"):
        monkeypatch.setattr(serialization, f"load_{name}_key", no_kind)
    for data in (spki, pkcs8):
        with pytest.raises(InvalidKeyError, match=rf"does not use keys of this kind \({kind}\)"):
            Key.from_der(data, alg="ES256")
