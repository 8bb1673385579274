"""Coordinates to keys and back, and agreement: RFC 7518 section 6.2, RFC 8037, RFC 7748."""

import json

import pytest
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed448 import Ed448PrivateKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from tests.helpers import all_algorithms
from tests.helpers.forge import unb64
from tests.helpers.rows import each_row

from joseal import InvalidKeyError
from joseal._core.algorithms import curves
from joseal._core.algorithms.registry import EDWARDS, KOBLITZ, MONTGOMERY
from joseal._core.algorithms.registry import WEIERSTRASS as AGREEING

SIZES = all_algorithms.CURVES | all_algorithms.SIGNING_CURVES | {"Ed25519": 32, "Ed448": 57}
ALL = list(SIZES)
WEIERSTRASS = (*AGREEING, *KOBLITZ)
ORDER = {
    "P-256": 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551,
    "P-521": 2**521 - 0x5AE79787C40D069948033FEB708F65A2FC44A36477663B851449048E16EC79BF7,
    "secp256k1": 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141,
}

# Points of low order, as u coordinates: RFC 7748 section 6, https://cr.yp.to/ecdh.html#validate
LOW_ORDER = {
    "X25519": [
        "00" * 32,
        "01" + "00" * 31,
        "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
        "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
        "00" * 31 + "80",
    ],
    "X448": [
        "00" * 56,
        "01" + "00" * 55,
        "fe" + "ff" * 27 + "fe" + "ff" * 27,
        "ff" * 28 + "fe" + "ff" * 27,
        "00" * 28 + "ff" * 28,
    ],
}


def test_every_curve_of_the_tables_is_here():
    assert {*WEIERSTRASS, *MONTGOMERY, *EDWARDS} == set(ALL)


@each_row("curve", ALL)
def test_generated_pair_comes_back_from_its_coordinates(curve):
    pair = curves.generate(curve)
    public = pair.public_key()
    assert curves.name(pair) == curves.name(public) == curve
    assert curves.kty(curve) == ("EC" if curve in WEIERSTRASS else "OKP")
    x, y = curves.coordinates(public)
    assert len(x) == SIZES[curve] == curves.field_bytes(curve)
    assert (y is None) is (curve not in WEIERSTRASS)
    assert curves.load_public(curve, x, y) == public
    d = curves.scalar(pair)
    assert len(d) == SIZES[curve]
    again = curves.load_private(curve, d, public)
    assert curves.scalar(again) == d
    assert isinstance(again, curves.PrivateCurveKey)
    assert isinstance(public, curves.PublicCurveKey)


@each_row("curve", ALL)
def test_generated_pairs_differ(curve):
    assert curves.scalar(curves.generate(curve)) != curves.scalar(curves.generate(curve))


@pytest.mark.parametrize("curve", WEIERSTRASS)
def test_coordinates_have_the_full_size_of_the_field(curve):
    """RFC 7518 section 6.2.1.2: leading zero bytes are not left out."""
    pair = next(
        pair
        for pair in (
            ec.derive_private_key(d, all_algorithms.WEIERSTRASS[curve]) for d in range(1, 5000)
        )
        if pair.public_key().public_numbers().x
        >> (8 * SIZES[curve] - (16 if curve == "P-521" else 8))
        == 0
    )
    x, y = curves.coordinates(pair.public_key())
    assert x[0] == 0
    assert len(x) == len(y) == len(curves.scalar(pair)) == SIZES[curve]
    assert curves.load_public(curve, x, y) is not None
    assert curves.load_public(curve, x.lstrip(b"\0"), y) is None
    assert curves.load_private(curve, curves.scalar(pair).lstrip(b"\0"), pair.public_key()) is None


@each_row("curve", ALL)
def test_coordinates_of_another_size_are_refused(curve):
    x, y = curves.coordinates(curves.generate(curve).public_key())
    for wrong in (b"", x[:-1], x[1:], x + b"\0", b"\0" + x, x * 2):
        assert curves.load_public(curve, wrong, y) is None
        if y is not None:
            assert curves.load_public(curve, x, wrong) is None


@each_row("curve", ALL)
def test_second_coordinate_goes_with_weierstrass_curves_alone(curve):
    x, y = curves.coordinates(curves.generate(curve).public_key())
    assert curves.load_public(curve, x, b"" if y is None else None) is None
    assert curves.load_public(curve, x, x if y is None else b"") is None


@pytest.mark.parametrize(
    "curve", ["secp256r1", "P-256K", "p-256", "", "Ed25519ph", "x25519", "brainpoolP256r1"]
)
def test_other_curves_are_refused(curve):
    assert curves.load_public(curve, bytes(32), bytes(32)) is None
    assert curves.load_public(curve, bytes(32), None) is None


def test_name_of_a_curve_that_is_not_used_is_in_no_table():
    pair = ec.generate_private_key(ec.BrainpoolP256R1())
    assert curves.name(pair) == curves.name(pair.public_key()) == "brainpoolP256r1"
    assert "brainpoolP256r1" not in SIZES


@pytest.mark.parametrize("curve", WEIERSTRASS)
def test_point_off_the_curve_is_refused(curve):
    x, y = curves.coordinates(all_algorithms.private(curve).public_key())
    size = SIZES[curve]
    for place in range(0, size, 7):
        bad = bytearray(y)
        bad[place] ^= 1
        assert curves.load_public(curve, x, bytes(bad)) is None
    for pair in (
        (bytes(size), bytes(size)),
        (x, x),
        (y, x),
        (b"\xff" * size, y),
        (x, b"\xff" * size),
    ):
        assert curves.load_public(curve, *pair) is None


@pytest.mark.parametrize("curve", ORDER)
def test_private_key_over_the_order_is_refused(curve):
    pair = ec.derive_private_key(5, all_algorithms.WEIERSTRASS[curve])
    size = SIZES[curve]
    assert curves.load_private(curve, (5).to_bytes(size, "big"), pair.public_key()) is not None
    for wrong in (5 + ORDER[curve], 0, ORDER[curve], ORDER[curve] - 5):
        assert curves.load_private(curve, wrong.to_bytes(size, "big"), pair.public_key()) is None


@each_row("curve", ALL)
def test_private_key_of_another_pair_or_size_is_refused(curve):
    mine, other = curves.generate(curve), curves.generate(curve)
    d = curves.scalar(mine)
    assert curves.load_private(curve, d, other.public_key()) is None
    for wrong in (b"", d[:-1], d + b"\0", b"\0" + d):
        assert curves.load_private(curve, wrong, mine.public_key()) is None


@pytest.mark.parametrize("curve", all_algorithms.CURVES)
def test_both_sides_agree(curve):
    one, two = curves.generate(curve), curves.generate(curve)
    secret = curves.agree(one, two.public_key())
    assert (
        secret == curves.agree(two, one.public_key()) == all_algorithms.agree(one, two.public_key())
    )
    assert len(secret) == SIZES[curve]


@each_row("mine", ALL)
@each_row("theirs", ALL)
def test_keys_of_two_curves_never_agree(mine, theirs):
    if mine == theirs and mine not in EDWARDS:
        return
    assert curves.agree(curves.generate(mine), curves.generate(theirs).public_key()) is None


@each_row(
    ("curve", "point"), [(curve, point) for curve, points in LOW_ORDER.items() for point in points]
)
def test_point_of_low_order_is_found_with_any_private_key(curve, point):
    public = curves.load_public(curve, bytes.fromhex(point), None)
    assert public is not None
    assert curves.has_low_order(public)
    assert curves.agree(curves.generate(curve), public) is None


@each_row("curve", ALL)
def test_good_point_has_no_low_order(curve):
    assert not any(curves.has_low_order(curves.generate(curve).public_key()) for _ in range(20))


def test_rfc_8037_agreements(shared_vectors):
    figures = json.loads((shared_vectors / "rfc/rfc8037.json").read_text())
    for name, curve in (("x25519", "X25519"), ("x448", "X448")):
        figure = figures[name]
        epk = curves.load_public(curve, unb64(figure["epk"]["x"]), None)
        mine = curves.load_private(curve, bytes.fromhex(figure["ephemeral_private"]), epk)
        recipient = curves.load_public(curve, unb64(figure["recipient_public_jwk"]["x"]), None)
        assert curves.agree(mine, recipient).hex() == figure["Z"]
        assert not curves.has_low_order(recipient)


def test_ed_keys_are_those_of_cryptography():
    for curve, kind in (("Ed25519", Ed25519PrivateKey), ("Ed448", Ed448PrivateKey)):
        raw = bytes(range(SIZES[curve]))
        expected = kind.from_private_bytes(raw).public_key()
        public = curves.load_public(curve, expected.public_bytes_raw(), None)
        assert public == expected
        assert curves.scalar(curves.load_private(curve, raw, public)) == raw


ED448_PRIME = 2**448 - 2**224 - 1


@pytest.mark.parametrize(
    "raw",
    [
        (1).to_bytes(57, "little"),
        (ED448_PRIME - 1).to_bytes(57, "little"),
        bytes(57),
        bytes(56) + b"\x80",
    ],
)
def test_points_of_order_one_two_and_four_on_ed448_are_low(raw):
    """y is 1, -1 or 0, the last with both signs of x. RFC 8032 section 5.2."""
    key = curves.load_public("Ed448", raw, None)
    assert key is not None
    assert curves.has_low_order(key)
    others = (curves.generate("Ed448").public_key() for _ in range(20))
    assert not any(curves.has_low_order(other) for other in others)


PRIME = {
    "P-256": 2**256 - 2**224 + 2**192 + 2**96 - 1,
    "P-384": 2**384 - 2**128 - 2**96 + 2**32 - 1,
    "P-521": 2**521 - 1,
    "secp256k1": 2**256 - 2**32 - 977,
}


@pytest.mark.parametrize("curve", PRIME)
def test_coordinate_over_the_field_is_refused(curve):
    """NIST SP 800-56A section 5.6.2.3.3: the same point, written with a number that is not reduced."""
    size = SIZES[curve]
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


class Refusing:
    """A class of keys that this OpenSSL does not have."""

    def from_private_bytes(self, raw):
        raise UnsupportedAlgorithm("x")

    def from_public_bytes(self, raw):
        raise UnsupportedAlgorithm("x")


@pytest.mark.parametrize("curve", [*MONTGOMERY, *EDWARDS])
def test_curve_that_openssl_lacks_is_named(curve, monkeypatch):
    pair = curves.generate(curve)
    raw, public = curves.scalar(pair), pair.public_key()
    x, _ = curves.coordinates(public)
    kinds = (Refusing(), Refusing(), *curves._OKP[curve][2:])
    monkeypatch.setattr(curves, "_OKP", {**curves._OKP, curve: kinds})
    text = f"^the installed OpenSSL does not support {curve}$"
    with pytest.raises(InvalidKeyError, match=text):
        curves.load_private(curve, raw, public)
    with pytest.raises(InvalidKeyError, match=text):
        curves.load_public(curve, x, None)


class ForeignKey(ec.EllipticCurvePrivateKey):
    """A private key that another package made, with whatever scalar."""

    def __init__(self, scalar, public):
        self.value, self.public = scalar, public

    def private_numbers(self):
        return ec.EllipticCurvePrivateNumbers(self.value, self.public.public_numbers())

    def public_key(self):
        return self.public

    @property
    def curve(self):
        return self.public.curve

    key_size = 256
    exchange = sign = private_bytes = __copy__ = __deepcopy__ = None


def test_pair_has_a_scalar_in_range_that_makes_its_public_half():
    public = ec.derive_private_key(5, ec.SECP256R1()).public_key()
    assert curves.is_pair(ForeignKey(5, public))
    for scalar in (0, 6, ORDER["P-256"], ORDER["P-256"] + 5, 2**256, 2**300 + 5):
        assert not curves.is_pair(ForeignKey(scalar, public))
