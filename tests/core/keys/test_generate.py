"""`Key.generate` for every alg: fresh, of the right size, and ready for use."""

import pytest
from tests.helpers import all_algorithms, forge, hpke_forge
from tests.helpers.forge import unb64
from tests.helpers.rows import each_row

from joseal import Decrypter, Encrypter, InvalidKeyError, Key, Signer, Verifier
from joseal._core.algorithms.registry import ALGS, SIGS

HMAC = {"HS256": 32, "HS384": 48, "HS512": 64}
CURVES = {
    **dict.fromkeys(all_algorithms.ECDH, ("P-256", list(all_algorithms.CURVES))),
    "ES256": ("P-256", ["P-256"]),
    "ES384": ("P-384", ["P-384"]),
    "ES512": ("P-521", ["P-521"]),
    "ES256K": ("secp256k1", ["secp256k1"]),
    "Ed25519": ("Ed25519", ["Ed25519"]),
    "Ed448": ("Ed448", ["Ed448"]),
    "EdDSA": ("Ed25519", ["Ed25519", "Ed448"]),
}
CURVES |= {
    alg: (kem, [kem]) for alg in hpke_forge.ON_CURVES for kem in (hpke_forge.suite_of(alg).kem,)
}
# Bytes of the public key. FIPS 203 section 8, FIPS 204 section 4, and the point of a hybrid.
PARAMETERS = {
    "ML-DSA-44": 1312,
    "ML-DSA-65": 1952,
    "ML-DSA-87": 2592,
    **{f"HPKE-8{mode}": 1184 + 65 for mode in ("", "-KE")},
    **{f"HPKE-9{mode}": 1184 + 32 for mode in ("", "-KE")},
    **{f"HPKE-10{mode}": 1568 + 97 for mode in ("", "-KE")},
    **{f"HPKE-12{mode}": 1184 for mode in ("", "-KE")},
    **{f"HPKE-13{mode}": 1568 for mode in ("", "-KE")},
}
EVERY_CURVE = [*all_algorithms.CURVES, "Ed25519", "Ed448"]
PAIRS = [(alg, curve) for alg, (_, curves) in CURVES.items() for curve in curves]
OCTETS = {
    **all_algorithms.KEY_WRAPS,
    **all_algorithms.GCM_WRAPS,
    **HMAC,
    **dict.fromkeys(all_algorithms.PBES2, 32),
}
# RSA costs a tenth of a second each time, so one alg of each kind stands for all.
SIGNED_BY_RSA = ["RS256"]


def test_every_alg_is_in_a_table_here():
    rsa = [alg for alg in (*ALGS, *SIGS) if {**ALGS, **SIGS}[alg].kind == "RSA"]
    assert {*CURVES, *OCTETS, *PARAMETERS, "dir", *rsa} == {*ALGS, *SIGS}


@each_row("alg", OCTETS)
def test_shared_secret_is_fresh_and_of_its_size(alg):
    made = [Key.generate(alg, kid="a") for _ in range(5)]
    secrets = {unb64(key.to_jwk(private=True)["k"]) for key in made}
    assert len(secrets) == 5
    assert {len(secret) for secret in secrets} == {OCTETS[alg]}
    assert {(key.alg, key.kid, key.is_symmetric, key.is_private) for key in made} == {
        (alg, "a", True, False)
    }
    assert made[0].is_password is (alg in all_algorithms.PBES2)


@each_row(("alg", "curve"), PAIRS)
def test_pair_is_fresh_and_on_its_curve(alg, curve):
    first, second = Key.generate(alg, curve=curve), Key.generate(alg, curve=curve)
    assert first.is_private
    assert first.to_jwk()["crv"] == curve
    assert first.thumbprint() != second.thumbprint()
    assert Key.from_jwk(first.to_jwk(private=True)).thumbprint() == first.thumbprint()


@each_row("alg", PARAMETERS)
def test_akp_pair_is_fresh_and_of_its_size(alg):
    first, second = Key.generate(alg, kid="a"), Key.generate(alg)
    assert (first.is_private, first.kid) == (True, "a")
    assert len(unb64(first.to_jwk()["pub"])) == PARAMETERS[alg]
    assert first.thumbprint() != second.thumbprint()
    assert Key.from_jwk(first.to_jwk(private=True)).thumbprint() == first.thumbprint()
    with pytest.raises(ValueError, match="does not take this size or curve"):
        Key.generate(alg, curve="P-256")
    with pytest.raises(ValueError, match="does not take this size or curve"):
        Key.generate(alg, size=32)


@each_row("alg", CURVES)
def test_curve_has_a_default(alg):
    assert Key.generate(alg).to_jwk()["crv"] == CURVES[alg][0]


@each_row("alg", CURVES)
def test_other_curves_are_refused(alg):
    for curve in {*EVERY_CURVE, "secp256k1", "p-256", ""} - set(CURVES[alg][1]):
        with pytest.raises(ValueError, match=r"^this alg does not take this curve$"):
            Key.generate(alg, curve=curve)


@each_row("alg", [*OCTETS, "dir", "RSA-OAEP", "RS256"])
def test_curve_without_a_curve_alg_is_refused(alg):
    with pytest.raises(ValueError, match="does not take this size or curve"):
        Key.generate(alg, curve="P-256")


@each_row("alg", [*CURVES, *all_algorithms.PBES2])
def test_size_for_what_has_none_is_refused(alg):
    with pytest.raises(ValueError, match="does not take this size or curve"):
        Key.generate(alg, size=32)


@pytest.mark.parametrize("alg", HMAC)
def test_hmac_key_is_as_long_as_its_hash_or_longer(alg):
    """RFC 7518 section 3.2."""
    for size in (HMAC[alg], HMAC[alg] + 1, 128, 1024):
        assert len(unb64(Key.generate(alg, size=size).to_jwk(private=True)["k"])) == size
    for size in (-1, 0, 1, 16, HMAC[alg] - 1):
        with pytest.raises(ValueError, match=r"^size must be "):
            Key.generate(alg, size=size)


@pytest.mark.parametrize("alg", [*all_algorithms.KEY_WRAPS, *all_algorithms.GCM_WRAPS])
def test_wrapping_key_has_one_size(alg):
    for size in {0, 16, 24, 32, 33, 64} - {OCTETS[alg]}:
        with pytest.raises(ValueError, match=r"^size must be "):
            Key.generate(alg, size=size)


@each_row("alg", [*CURVES, *PARAMETERS, *HMAC, *SIGNED_BY_RSA])
@each_row("form", ["jwk"])
def test_generated_key_serves(alg, form):
    key = Key.generate(alg)
    if alg in SIGS:
        assert Verifier(all_algorithms.verifying(key)).verify(Signer(key).sign(b"x")) == b"x"
    else:
        enc = None if alg in hpke_forge.INTEGRATED else "A128GCM"
        token = Encrypter(forge.sealing(key), enc=enc).encrypt(b"x")
        assert Decrypter(key, enc=enc).decrypt(token) == b"x"


@each_row("alg", ["none", "", "hs256", "ES224", "HPKE-11", "RSA-OAEP-224", "A256GCM", "XC20PKW"])
def test_unknown_alg_is_refused(alg):
    with pytest.raises(InvalidKeyError, match=r"(not known|not a known name|is the name of)"):
        Key.generate(alg)


def test_size_of_an_hmac_key_has_a_ceiling():
    with pytest.raises(ValueError, match="size"):
        Key.generate("HS256", size=2**62)
