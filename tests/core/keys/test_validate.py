"""What a key must satisfy is refused whatever loads it: one table of loaders and faults.

`.ci/run` runs it with the lowest versions of pyproject.toml too: what a version of OpenSSL does not
look at is seen here.
"""

import base64
from math import gcd
from unittest.mock import Mock

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import load_der_private_key
from tests.helpers import der
from tests.helpers.forge import b64
from tests.helpers.rows import each_row

from joseal import InvalidKeyError, Key
from joseal._core.algorithms import curves
from joseal._core.algorithms.registry import KOBLITZ, MONTGOMERY
from joseal._core.algorithms.registry import WEIERSTRASS as NIST
from joseal._core.keys import validate

WEIERSTRASS = (*NIST, *KOBLITZ)
PAIR = rsa.generate_private_key(65537, 2048).private_numbers()
GOOD = {
    "n": PAIR.public_numbers.n,
    "e": PAIR.public_numbers.e,
    "d": PAIR.d,
    "p": PAIR.p,
    "q": PAIR.q,
    "dp": PAIR.dmp1,
    "dq": PAIR.dmq1,
    "qi": PAIR.iqmp,
}
N, E, D, P, Q = (GOOD[name] for name in "nedpq")
LAMBDA = (P - 1) * (Q - 1) // gcd(P - 1, Q - 1)


def derived(p=P, q=Q, e=E, **replaced):
    """Return the numbers that follow from two factors, with some replaced."""
    made = GOOD | {"n": p * q, "e": e, "p": p, "q": q}
    if gcd(e, (p - 1) * (q - 1)) == 1:
        made["d"] = pow(e, -1, (p - 1) * (q - 1))
    made["dp"], made["dq"] = made["d"] % (p - 1), made["d"] % (q - 1)
    made["qi"] = pow(q, -1, p) if gcd(p, q) == 1 else 1
    return made | replaced


def roca_modulus():
    """A modulus that is 1, a power of 65537, modulo each prime of the fingerprint's table."""
    primes = (11, 13, 17, 19, 37, 53, 61, 71, 73, 79, 97, 103, 107, 127, 151, 157)
    product = 2
    for prime in primes:
        product *= prime
    return product * (2**2047 // product + 1) + 1


def prime_near(start):
    """Return the next number that the Fermat test takes for a prime."""
    candidate = start | 1
    while pow(2, candidate - 1, candidate) != 1:
        candidate += 2
    return candidate


CLOSE = prime_near(P + 2**64)
# A d of 60 bits with its e, which is as long as the modulus: Wiener's attack.
WIENER_D = next(d for d in range(2**59 + 1, 2**60, 2) if gcd(d, LAMBDA) == 1)

PUBLIC_FAULTS = {
    "e is 0": {"e": 0},
    "e is 1": {"e": 1},
    "e is 2": {"e": 2},
    "e is 4": {"e": 4},
    "e is even": {"e": 65536},
    "e has 65 bits": {"e": 2**64 + 1},
    "e is as long as n": {"e": N - 2},
    "n is even": {"n": N - 1},
    "n has 2047 bits": {"n": N >> 1 | 1},
    "n has 1024 bits": {"n": P},
    "n has the fingerprint of ROCA": {"n": roca_modulus()},
}
PRIVATE_FAULTS = {
    **PUBLIC_FAULTS,
    "p is another prime": {"p": CLOSE},
    "q is another prime": {"q": CLOSE},
    "p is 1": {"p": 1, "q": N},
    "p is even": {"p": P + 1},
    "n is another product": {"n": N + 2},
    "d is 1": {"d": 1},
    "d is 0": {"d": 0},
    "d is n": {"d": N},
    "d is d + 2": {"d": D + 2},
    "d is d + lambda, over n": {"d": D + LAMBDA * ((N - D) // LAMBDA + 1)},
    "dp is not of d": {"dp": GOOD["dp"] ^ 2},
    "dp is not reduced": {"dp": GOOD["dp"] + P - 1},
    "dq is not of d": {"dq": GOOD["dq"] ^ 2},
    "dq is not reduced": {"dq": GOOD["dq"] + Q - 1},
    "qi is not the inverse": {"qi": GOOD["qi"] ^ 2},
    "qi is not reduced": {"qi": GOOD["qi"] + P},
    "qi is 0": {"qi": 0},
    "dp and dq are exchanged": {"dp": GOOD["dq"], "dq": GOOD["dp"]},
    "p and q are exchanged": {"p": Q, "q": P},
    "p and q are close": derived(P, CLOSE),
}


def pem(label, raw):
    text = base64.encodebytes(raw).decode()
    return f"-----BEGIN {label}-----\n{text}-----END {label}-----\n"


def rsa_jwk(numbers, names):
    def text(value):
        return b64(value.to_bytes(max(1, (value.bit_length() + 7) // 8), "big"))

    return {"kty": "RSA", **{name: text(numbers[name]) for name in names}}


def private_numbers(k):
    public = rsa.RSAPublicNumbers(k["e"], k["n"])
    return rsa.RSAPrivateNumbers(k["p"], k["q"], k["d"], k["dp"], k["dq"], k["qi"], public)


def unchecked(k):
    """Load what `cryptography` was told to let pass, as other code in the process may."""
    raw = der.pkcs8(der.rsa_private(**k))
    try:
        loaded = load_der_private_key(raw, None, unsafe_skip_rsa_key_validation=True)
    except ValueError:
        # Not even then.
        raise InvalidKeyError("refused by the loader") from None
    return Key._make(loaded, "RSA-OAEP")


PUBLIC_LOADERS = {
    "JWK": lambda k: Key.from_jwk(rsa_jwk(k, "ne"), alg="RSA-OAEP"),
    "PEM, PKCS#1": lambda k: Key.from_pem(
        pem("RSA PUBLIC KEY", der.rsa_public(k["n"], k["e"])), alg="RSA-OAEP"
    ),
    "PEM": lambda k: Key.from_pem(
        pem("PUBLIC KEY", der.spki(der.rsa_public(k["n"], k["e"]))), alg="RSA-OAEP"
    ),
    "DER": lambda k: Key.from_der(der.spki(der.rsa_public(k["n"], k["e"])), alg="RSA-OAEP"),
    "X.509, PEM": lambda k: Key.from_pem(
        pem("CERTIFICATE", der.certificate(der.spki(der.rsa_public(k["n"], k["e"])))),
        alg="RSA-OAEP",
    ),
    "X.509, DER": lambda k: Key.from_der(
        der.certificate(der.spki(der.rsa_public(k["n"], k["e"]))), alg="RSA-OAEP"
    ),
    "the check alone": lambda k: validate.check_rsa_public(rsa.RSAPublicNumbers(k["e"], k["n"])),
}
PRIVATE_LOADERS = {
    "JWK": lambda k: Key.from_jwk(rsa_jwk(k, GOOD), alg="RSA-OAEP"),
    "PEM, PKCS#1": lambda k: Key.from_pem(
        pem("RSA PRIVATE KEY", der.rsa_private(**k)), alg="RSA-OAEP"
    ),
    "PEM": lambda k: Key.from_pem(
        pem("PRIVATE KEY", der.pkcs8(der.rsa_private(**k))), alg="RSA-OAEP"
    ),
    "DER": lambda k: Key.from_der(der.pkcs8(der.rsa_private(**k)), alg="RSA-OAEP"),
    "PKCS#12": lambda k: Key.from_pkcs12(
        der.pkcs12(der.pkcs8(der.rsa_private(**k))), alg="RSA-OAEP"
    ),
    "an object of cryptography": unchecked,
    "the check alone": lambda k: validate.check_rsa_private(private_numbers(k)),
}


@pytest.mark.parametrize("loader", PUBLIC_LOADERS)
def test_good_public_key_loads(loader):
    PUBLIC_LOADERS[loader](GOOD)
    PUBLIC_LOADERS[loader](GOOD | {"e": 3})
    PUBLIC_LOADERS[loader](GOOD | {"e": 2**64 - 1})


@pytest.mark.parametrize("loader", PRIVATE_LOADERS)
def test_good_private_key_loads(loader):
    PRIVATE_LOADERS[loader](GOOD)
    PRIVATE_LOADERS[loader](derived())
    PRIVATE_LOADERS[loader](derived(Q, P))


@each_row("loader", PUBLIC_LOADERS)
@each_row("fault", PUBLIC_FAULTS)
def test_fault_of_a_public_rsa_key_is_refused_by_every_loader(loader, fault):
    with pytest.raises(InvalidKeyError):
        PUBLIC_LOADERS[loader](GOOD | PUBLIC_FAULTS[fault])


@pytest.mark.parametrize("loader", PRIVATE_LOADERS)
@pytest.mark.parametrize("fault", PRIVATE_FAULTS)
def test_fault_of_a_private_rsa_key_is_refused_by_every_loader(loader, fault):
    with pytest.raises(InvalidKeyError):
        PRIVATE_LOADERS[loader](GOOD | PRIVATE_FAULTS[fault])


def test_short_private_exponent_is_refused(monkeypatch):
    """Its e is as long as the modulus, so only the check alone can see it, with that bound away."""
    monkeypatch.setattr(validate, "_RSA_MOST_EXPONENT_BITS", 4096)
    k = GOOD | {
        "e": pow(WIENER_D, -1, LAMBDA),
        "d": WIENER_D,
        "dp": WIENER_D % (P - 1),
        "dq": WIENER_D % (Q - 1),
    }
    with pytest.raises(InvalidKeyError, match="too short"):
        validate.check_rsa_private(private_numbers(k))


def test_d_alone_is_checked_before_factors_are_searched(monkeypatch):
    def searched(*_):
        raise AssertionError

    monkeypatch.setattr(rsa, "rsa_recover_prime_factors", searched)
    for d in (3, D ^ 2, N - 1):
        with pytest.raises(InvalidKeyError, match="do not fit together"):
            Key.from_jwk(rsa_jwk(GOOD | {"d": d}, "ned"), alg="RSA-OAEP")


def test_d_alone_of_a_long_modulus_is_refused_before_any_power(monkeypatch):
    """At 16,384 bits the power in Python would take seconds for a few kilobytes of JWK."""
    monkeypatch.setattr("builtins.pow", None)
    k = GOOD | {"n": 1 << 4096 | 1, "d": 1 << 4095 | 1}
    monkeypatch.setattr(validate.roca, "has_fingerprint", lambda _: False)
    with pytest.raises(InvalidKeyError, match="over 4096 bits needs"):
        Key.from_jwk(rsa_jwk(k, "ned"), alg="RSA-OAEP")


def curve_pair(curve):
    pair = curves.generate(curve)
    x, y = curves.coordinates(pair.public_key())
    return x, y, curves.scalar(pair)


def flipped(raw):
    return raw[:-1] + bytes((raw[-1] ^ 1,))


def point_faults(curve):
    """Yield points that are none, or of low order."""
    size = curves.field_bytes(curve)
    if curve in WEIERSTRASS:
        x, y, _ = curve_pair(curve)
        prime = curves._DOMAINS[curve].prime
        yield from ((x, flipped(y)), (flipped(x), y), (bytes(size), bytes(size)), (y, x))
        yield (prime.to_bytes(size, "big"), y)
        yield x[:-1], y[:-1]
        yield b"\0" + x, b"\0" + y
        # Points with an x or y that is small enough to have a second encoding in the field's size.
        root = next(small_points(curve))
        if root[0] + prime < 256**size:
            yield tuple(value.to_bytes(size, "big") for value in (root[0] + prime, root[1]))
        return
    yield from ((raw, None) for raw in (bytes(size), b"\1" + bytes(size - 1)))
    yield from ((raw, None) for raw in (bytes(size - 1), bytes(size + 1), b""))
    if curve == "Ed448":
        yield from ((raw, None) for raw in ed448_faults())
    if curve == "Ed25519":
        yield bytes.fromhex("02" + "00" * 31), None


def small_points(curve):
    """Yield points with small x; the primes here are 3 modulo 4."""
    domain = curves._DOMAINS[curve]
    prime, b, a = domain.prime, domain.b, domain.a
    for x in range(1, 100):
        square = (x**3 + a * x + b) % prime
        y = pow(square, (prime + 1) // 4, prime)
        if y * y % prime == square:
            yield x, y


def ed448_faults():
    prime = curves._P448
    y = next(y for y in range(2, 50) if not curves._is_ed448_point(y.to_bytes(57, "little")))
    yield y.to_bytes(57, "little")  # not on the curve
    yield (prime - 1).to_bytes(57, "little")  # of order 2
    yield bytes(57)  # of order 4
    yield bytes(56) + b"\x80"
    yield b"\1" + bytes(55) + b"\x80"  # x is 0 with a sign
    yield (prime + 1).to_bytes(57, "little")  # the identity, not reduced
    yield (2**448 - 1).to_bytes(57, "little")
    yield b"\5" + bytes(55) + b"\x01"  # a bit that no encoding has


def alg_of(curve):
    if curve in WEIERSTRASS:
        return {**dict(zip(NIST, ("ES256", "ES384", "ES512"), strict=True)), "secp256k1": "ES256K"}[
            curve
        ]
    return "ECDH-ES" if curve in MONTGOMERY else "EdDSA"


def curve_jwk(curve, x, y, d=None):
    members = {"kty": curves.kty(curve), "crv": curve, "x": b64(x)}
    members |= {} if y is None else {"y": b64(y)}
    return members if d is None else {**members, "d": b64(d)}


def encoded(x, y):
    return x if y is None else b"\4" + x + y


CURVE_LOADERS = {
    "JWK": lambda c, x, y: Key.from_jwk(curve_jwk(c, x, y), alg=alg_of(c)),
    "PEM": lambda c, x, y: Key.from_pem(
        pem("PUBLIC KEY", der.spki(encoded(x, y), c)), alg=alg_of(c)
    ),
    "DER": lambda c, x, y: Key.from_der(der.spki(encoded(x, y), c), alg=alg_of(c)),
    "X.509": lambda c, x, y: Key.from_der(
        der.certificate(der.spki(encoded(x, y), c)), alg=alg_of(c)
    ),
}
CURVES = [*WEIERSTRASS, "X25519", "X448", "Ed25519", "Ed448"]


@each_row("loader", CURVE_LOADERS)
@each_row("curve", CURVES)
def test_good_point_loads(loader, curve):
    for _ in range(5):
        x, y, _ = curve_pair(curve)
        assert not CURVE_LOADERS[loader](curve, x, y).is_private


@each_row("loader", CURVE_LOADERS)
@each_row("curve", CURVES)
def test_point_that_is_none_is_refused_by_every_loader(loader, curve):
    for x, y in point_faults(curve):
        with pytest.raises(InvalidKeyError):
            CURVE_LOADERS[loader](curve, x, y)


@pytest.mark.parametrize("curve", WEIERSTRASS)
def test_point_at_infinity_is_refused(curve):
    for raw in (b"\0", b""):
        with pytest.raises(InvalidKeyError):
            Key.from_der(der.spki(raw, curve), alg=alg_of(curve))


def test_negative_modulus_which_no_loader_gives_is_refused_all_the_same():
    with pytest.raises(InvalidKeyError, match="2048 to 16384 bits"):
        validate.check_rsa_public(rsa.RSAPublicNumbers(E, -N))


@pytest.mark.parametrize("curve", WEIERSTRASS)
def test_coordinates_outside_of_the_field_which_no_loader_gives_are_refused_all_the_same(curve):
    x, y = (int.from_bytes(raw, "big") for raw in curve_pair(curve)[:2])
    prime = curves._DOMAINS[curve].prime
    key = Mock(spec=ec.EllipticCurvePublicKey, curve=curves._WEIERSTRASS[curve])
    for numbers in ((-x, y), (x, -y), (x - prime, y), (x + prime, y), (x, y + 2**1024)):
        key.public_numbers.return_value = ec.EllipticCurvePublicNumbers(*numbers, key.curve)
        with pytest.raises(InvalidKeyError, match="not a point on the curve"):
            validate.check_pair(key)
    key.public_numbers.return_value = ec.EllipticCurvePublicNumbers(x, y, key.curve)
    validate.check_pair(key)


def scalar_faults(curve):
    """Yield scalars out of range, of the wrong size, and of the wrong pair."""
    size = curves.field_bytes(curve)
    order = curves._DOMAINS[curve].order
    x, y, d = curve_pair(curve)
    for value in (0, order, order + int.from_bytes(d, "big"), order + 1):
        if value < 256**size:
            yield x, y, value.to_bytes(size, "big")
    yield x, y, flipped(d)
    yield x, y, (order - int.from_bytes(d, "big")).to_bytes(size, "big")  # (x, -y)
    yield *curve_pair(curve)[:2], d


SCALAR_LOADERS = {
    "JWK": lambda c, x, y, d: Key.from_jwk(curve_jwk(c, x, y, d), alg=alg_of(c)),
    "PEM, SEC 1": lambda c, x, y, d: Key.from_pem(
        pem("EC PRIVATE KEY", der.ec_private(c, d, encoded(x, y))), alg=alg_of(c)
    ),
    "PEM": lambda c, x, y, d: Key.from_pem(
        pem("PRIVATE KEY", der.pkcs8(der.ec_private(c, d, encoded(x, y)), c)), alg=alg_of(c)
    ),
    "DER": lambda c, x, y, d: Key.from_der(
        der.pkcs8(der.ec_private(c, d, encoded(x, y)), c), alg=alg_of(c)
    ),
    "PKCS#12": lambda c, x, y, d: Key.from_pkcs12(
        der.pkcs12(der.pkcs8(der.ec_private(c, d, encoded(x, y)), c)), alg=alg_of(c)
    ),
}


@each_row("loader", SCALAR_LOADERS)
@each_row("curve", WEIERSTRASS)
def test_scalar_that_is_not_of_the_point_is_refused_by_every_loader(loader, curve):
    x, y, d = curve_pair(curve)
    assert SCALAR_LOADERS[loader](curve, x, y, d).is_private
    for fault in scalar_faults(curve):
        with pytest.raises(InvalidKeyError):
            SCALAR_LOADERS[loader](curve, *fault)


@pytest.mark.parametrize("curve", ["X25519", "X448", "Ed25519", "Ed448"])
def test_private_key_of_another_size_is_refused(curve):
    x, _, d = curve_pair(curve)
    der_raw = der.pkcs8(der.byte_string(d), curve)
    assert Key.from_der(der_raw, alg=alg_of(curve)).is_private
    for wrong in (d[:-1], d + b"\0", b""):
        with pytest.raises(InvalidKeyError):
            Key.from_der(der.pkcs8(der.byte_string(wrong), curve), alg=alg_of(curve))
        with pytest.raises(InvalidKeyError):
            Key.from_jwk(curve_jwk(curve, x, None, wrong), alg=alg_of(curve))


@pytest.mark.parametrize("curve", WEIERSTRASS)
def test_equation_of_the_curve_agrees_with_openssl(curve):
    """Our own check is not only as strict: it takes every point that OpenSSL makes."""
    size = curves.field_bytes(curve)
    for _ in range(50):
        x, y, _ = curve_pair(curve)
        numbers = [int.from_bytes(raw, "big") for raw in (x, y, flipped(y))]
        assert curves._is_point(curve, *numbers[:2])
        assert not curves._is_point(curve, numbers[0], numbers[2])
    for x, y in small_points(curve):
        raw = x.to_bytes(size, "big"), y.to_bytes(size, "big")
        assert curves.load_public(curve, *raw) is not None


def test_equation_of_ed448_agrees_with_openssl():
    for _ in range(50):
        raw = curve_pair("Ed448")[0]
        assert curves._is_ed448_point(raw)
    # About half of all y belong to no point.
    found = [
        curves._is_ed448_point(pow(3, 300 + i, curves._P448).to_bytes(57, "little"))
        for i in range(400)
    ]
    assert 150 < sum(found) < 250
