"""AKP keys: sizes, seeds, ML-KEM's modulus, the point of a hybrid; and ML-KEM as a KEM."""

import pytest
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import mldsa, mlkem
from tests.helpers import all_algorithms, hpke_forge
from tests.helpers.forge import draw
from tests.helpers.rows import each_row

from joseal import InvalidKeyError
from joseal._core.algorithms import akp, curves
from joseal._core.algorithms.hpke.ml_kem import MlKem
from joseal._core.algorithms.signatures import ml_dsa_check, ml_dsa_signer

# FIPS 203 section 8, FIPS 204 section 4; the point of a hybrid behind its key of ML-KEM.
SIZES = {
    "ML-DSA-44": (32, 1312),
    "ML-DSA-65": (32, 1952),
    "ML-DSA-87": (32, 2592),
    "ML-KEM-768": (64, 1184),
    "ML-KEM-1024": (64, 1568),
    "MLKEM768-P256": (32, 1249),
    "MLKEM768-X25519": (32, 1216),
    "MLKEM1024-P384": (32, 1665),
}
KEMS = [name for name in SIZES if not name.startswith("ML-DSA")]


@each_row("name", SIZES)
def test_sizes(name):
    assert (akp.seed_bytes(name), akp.public_bytes(name)) == SIZES[name]
    key = akp.generate(name)
    assert (len(key.seed), len(key.public_key().raw)) == SIZES[name]
    assert key.name == key.public_key().name == name


@each_row("name", SIZES)
def test_seed_makes_the_same_pair_and_its_public_half_loads(name):
    seed = draw(name, SIZES[name][0])
    first, second = akp.load_private(name, seed), akp.load_private(name, seed)
    assert first.public_key().raw == second.public_key().raw
    assert akp.load_public(name, first.public_key().raw).raw == first.public_key().raw


@each_row("name", SIZES)
@each_row("change", [lambda raw: raw[:-1], lambda raw: raw + b"\0", lambda _: b""])
def test_key_of_another_size_is_refused(name, change):
    key = akp.generate(name)
    assert akp.load_private(name, change(key.seed)) is None
    assert akp.load_public(name, change(key.public_key().raw)) is None


@pytest.mark.parametrize("name", KEMS)
def test_coefficient_that_is_not_reduced_is_refused(name):
    raw = akp.generate(name).public_key().raw
    kem = akp.HYBRIDS[name].kem if name in akp.HYBRIDS else name
    last = SIZES[kem][1] - 32 - 3
    for place in (0, 300, last):
        for bad in (b"\x01\x0d", b"\xff\x0f"):
            # 3329 and 4095 as the first of two coefficients, and as the second.
            low = bad + raw[place + 2 : place + 3]
            high = raw[place : place + 1] + bytes((bad[0] << 4 & 0xF0, bad[1] << 4 | bad[0] >> 4))
            for packed in (low, high):
                assert akp.load_public(name, raw[:place] + packed + raw[place + 3 :]) is None
    # 3328 is the largest that is.
    packed = b"\x00\x0d\xd0"
    assert akp.load_public(name, packed + raw[3:]) is not None


@pytest.mark.parametrize("name", akp.HYBRIDS)
def test_point_of_a_hybrid_is_on_its_curve_and_not_of_low_order(name):
    raw = akp.generate(name).public_key().raw
    curve = akp.HYBRIDS[name].curve
    size = all_algorithms.CURVES[curve]
    if curve in all_algorithms.WEIERSTRASS:
        bad = [raw[:-1] + bytes((raw[-1] ^ 1,)), raw[: -2 * size] + bytes(2 * size)]
        bad.append(raw[: -2 * size - 1] + b"\5" + raw[-2 * size :])
    else:
        bad = [raw[:-size] + u.to_bytes(size, "little") for u in (0, 1)]
    assert [akp.load_public(name, each) for each in bad] == [None] * len(bad)


@pytest.mark.parametrize("kem", [kem for kem in hpke_forge.SECRET_BYTES if "ML" in kem])
def test_pair_is_that_of_the_second_writing(kem):
    own = hpke_forge.pair(kem)
    key = akp.load_private(kem, own.seed)
    pub = own.kem.public_key().public_bytes_raw()
    pub += b"" if own.scalar is None else hpke_forge.encoded(own.scalar.public_key())
    assert key.public_key().raw == pub


@pytest.mark.parametrize("name", KEMS)
def test_secret_that_is_encapsulated_is_decapsulated(name):
    key, other = akp.generate(name), akp.generate(name)
    secret, sent = MlKem(key.public_key(), None).encapsulate()
    assert len(secret) == 32
    assert len(sent) == hpke_forge.SECRET_BYTES[name]
    assert MlKem(key.public_key(), key).check(sent)() == secret
    assert MlKem(key.public_key(), None).check(sent)() is None
    assert MlKem(other.public_key(), other).check(sent)() != secret


@pytest.mark.parametrize("name", akp.HYBRIDS)
def test_both_parts_of_a_hybrid_count(name):
    key = akp.generate(name)
    kem = MlKem(key.public_key(), key)
    secret, sent = kem.encapsulate()
    _, other = kem.encapsulate()
    cut = 1088 if "768" in name else 1568
    for mixed in (sent[:cut] + other[cut:], other[:cut] + sent[cut:]):
        assert kem.check(mixed)() not in (None, secret)


@pytest.mark.parametrize("name", KEMS)
def test_changed_ciphertext_gives_another_secret_and_no_error(name):
    key = akp.generate(name)
    kem = MlKem(key.public_key(), key)
    secret, sent = kem.encapsulate()
    found = kem.check(bytes((sent[0] ^ 1,)) + sent[1:])()
    assert found not in (None, secret)
    assert len(found) == 32


def test_scalar_is_the_first_in_range_of_its_seed():
    order = curves._DOMAINS["P-256"].order
    zero, too_large, good = bytes(32), order.to_bytes(32, "big"), (1).to_bytes(32, "big")
    for seed in (good, zero + good, too_large + good, zero + too_large + b"\xff" * 32 + good):
        key = curves.private_of_seed("P-256", seed)
        assert key.private_numbers().private_value == 1
    assert curves.private_of_seed("P-256", zero * 4) is None


def test_keys_of_cryptography_are_taken_as_they_are():
    for name, made in (
        ("ML-DSA-87", mldsa.MLDSA87PrivateKey.generate()),
        ("ML-KEM-768", mlkem.MLKEM768PrivateKey.generate()),
    ):
        key = akp.wrap_foreign(made)
        assert (key.name, key.seed) == (name, made.private_bytes_raw())
        shown = akp.wrap_foreign(made.public_key())
        assert (shown.name, shown.raw) == (name, key.public_key().raw)
    assert akp.wrap_foreign(all_algorithms.private("P-256")) is None


def test_key_of_another_algorithm_is_a_type_error():
    kem, dsa = akp.generate("ML-KEM-768"), akp.generate("ML-DSA-44")
    with pytest.raises(TypeError, match="not an ML-KEM key"):
        MlKem(dsa.public_key(), dsa)
    for make, key in ((ml_dsa_check, kem.public_key()), (ml_dsa_signer, kem)):
        with pytest.raises(TypeError, match="not an ML-DSA key"):
            make(key)


def test_pair_is_drawn_again_where_a_seed_has_no_scalar(monkeypatch):
    found = [None, curves.generate("P-384")]
    monkeypatch.setattr(curves, "private_of_seed", lambda curve, seed: found.pop(0))
    seeds = [bytes(32), bytes(range(32))]
    drawn = iter(seeds)
    monkeypatch.setattr(akp, "urandom", lambda size: next(drawn))
    assert akp.generate("MLKEM1024-P384").seed == seeds[1]
    assert found == []


class Refusing:
    """A class of public keys that can't be made."""

    def __init__(self, error):
        self.error = error

    def from_public_bytes(self, raw):
        raise self.error


def loads_with(error, name, monkeypatch):
    raw = akp.generate(name).public_key().raw
    parameters = akp._PARAMETERS[name]._replace(public=Refusing(error))
    monkeypatch.setattr(akp, "_PARAMETERS", {name: parameters})
    return akp.load_public(name, raw)


@pytest.mark.parametrize("name", ["ML-DSA-65", "ML-KEM-768"])
def test_openssl_without_the_algorithm_is_told_from_bytes_that_are_no_key(name, monkeypatch):
    with monkeypatch.context() as patch:
        assert loads_with(ValueError("x"), name, patch) is None
    with pytest.raises(InvalidKeyError, match=f"^the installed OpenSSL does not support {name}$"):
        loads_with(UnsupportedAlgorithm("x"), name, monkeypatch)


def test_point_of_low_order_in_a_hybrid_gets_no_secret():
    """No loader lets such a key through; the KEM itself makes no secret with it either."""
    key = akp.generate("MLKEM768-X25519").public_key()
    bad = akp.AkpPublicKey(key.name, key.foreign, curves.load_public("X25519", bytes(32), None))
    with pytest.raises(ValueError, match="public key can't be used"):
        MlKem(bad, None).encapsulate()


def test_hybrid_opens_nothing_with_half_of_its_key():
    key = akp.generate("MLKEM768-X25519")
    _, sent = MlKem(key.public_key(), None).encapsulate()
    half = akp.AkpPrivateKey(key.name, key.seed, key.foreign, curves.generate("X448"))
    assert MlKem(key.public_key(), half).check(sent)() is None


@pytest.mark.parametrize(
    ("first", "second", "is_reduced"),
    [(3328, 3328, True), (3329, 0, False), (0, 3329, False), (4095, 4095, False), (256, 16, True)],
)
def test_every_coefficient_is_compared_with_the_modulus(first, second, is_reduced):
    """By joseal itself: OpenSSL compares them too, and must not be the only one."""
    packed = (first | second << 12).to_bytes(3, "little")
    for at in range(3):
        raw = bytes(3 * at) + packed + bytes(3 * (2 - at))
        assert akp._is_reduced(raw + b"\xff" * 32) is is_reduced


def test_coefficients_of_ml_kem_are_compared_and_ml_dsa_has_none(monkeypatch):
    for name, found in (("ML-KEM-768", None), ("ML-DSA-44", True)):
        raw = akp.generate(name).public_key().raw
        assert akp.load_public(name, raw) is not None
        with monkeypatch.context() as patch:
            patch.setattr(akp, "_is_reduced", lambda _: False)
            assert (akp.load_public(name, raw) is None) is (found is None)


def test_hybrid_with_a_point_of_low_order_gets_no_secret():
    """RFC 9180 section 7.1.4. No loader lets such a key through; the KEM itself checks it too."""
    name = "MLKEM768-X25519"
    point = curves.load_public("X25519", bytes(32), None)
    public = akp.AkpPublicKey(name, akp.generate(name).public_key().foreign, point)
    with pytest.raises(ValueError, match=r"^the recipient's public key can't be used$"):
        MlKem(public, None).encapsulate()
