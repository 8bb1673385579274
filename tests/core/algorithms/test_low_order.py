"""The tables of points of low order on Curve25519 and Curve448 are whole.

Three arguments, none of which rests on the tables: algebra says how many such points there are and
that each has its place in the table; RFC 7748's own ladder agrees on every encoding; so does the
agreement that OpenSSL makes.
"""

import math

import pytest
from cryptography.hazmat.primitives.asymmetric.x448 import X448PrivateKey, X448PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from tests.core.algorithms.test_curves import LOW_ORDER

from joseal._core.algorithms import curves

# RFC 7748 sections 4.1 and 4.2: the prime, A of v^2 = u^3 + A u^2 + u, the cofactor.
CURVES = {
    "X25519": (2**255 - 19, 486662, 8, curves._X25519_LOW_ORDER),
    "X448": (2**448 - 2**224 - 1, 156326, 4, curves._X448_LOW_ORDER),
}
KINDS = {
    "X25519": (X25519PrivateKey, X25519PublicKey, 32, 255),
    "X448": (X448PrivateKey, X448PublicKey, 56, 448),
}


def product(a, b, prime):
    found = [0] * (len(a) + len(b) - 1)
    for i, x in enumerate(a):
        for j, y in enumerate(b):
            found[i + j] = (found[i + j] + x * y) % prime
    return found


def remainder(a, b, prime):
    """Polynomials have their lowest coefficient first."""
    a = list(a)
    inverse = pow(b[-1], -1, prime)
    while len(a) >= len(b):
        factor = a[-1] * inverse % prime
        for i, x in enumerate(b):
            a[len(a) - len(b) + i] = (a[len(a) - len(b) + i] - factor * x) % prime
        while a and a[-1] == 0:
            a.pop()
    return a


def roots_in_field(polynomial, prime):
    """Count the different roots: the degree of gcd(x^p - x, polynomial)."""
    power, base = [1], [0, 1]
    for bit in f"{prime:b}":
        power = remainder(product(power, power, prime), polynomial, prime)
        power = remainder(product(power, base, prime), polynomial, prime) if bit == "1" else power
    power += [0] * (2 - len(power))
    power[1] = (power[1] - 1) % prime
    while power and power[-1] == 0:
        power.pop()
    a, b = polynomial, power
    while b:
        a, b = b, remainder(a, b, prime)
    return len(a) - 1


def orders(prime, a24, cofactor):
    """Return the polynomial whose roots are the u of all points whose order divides the cofactor.

    On the curve and on its twist alike, doubling takes u to (u^2 - 1)^2 / 4u(u^2 + Au + 1). Order 2
    makes the divisor 0; order 4 doubles to u = 0; order 8 to a u of order 4, which is 1 or -1.
    """
    two = [0, 1, a24, 1]  # u (u^2 + Au + 1)
    four = [-1 % prime, 0, 1]  # u^2 - 1
    found = product(two, four, prime)
    if cofactor == 8:
        square = product(four, four, prime)
        for sign in (1, -1):
            eight = [(s - sign * 4 * t) % prime for s, t in zip(square, [*two, 0], strict=True)]
            found = product(found, eight, prime)
    return found


def value_at(polynomial, u, prime):
    return sum(c * pow(u, i, prime) for i, c in enumerate(polynomial)) % prime


@pytest.mark.parametrize("curve", CURVES)
def test_table_has_every_root_of_the_polynomial_of_low_orders(curve):
    prime, a24, cofactor, table = CURVES[curve]
    polynomial = orders(prime, a24, cofactor)
    assert all(value_at(polynomial, u, prime) == 0 for u in table)
    assert roots_in_field(polynomial, prime) == len(table)
    # Only those of the first factor are of order 2: u = 0, for A^2 - 4 is not a square.
    assert pow(a24 * a24 - 4, (prime - 1) // 2, prime) == prime - 1


def encodings(curve):
    """Yield every byte string that RFC 7748 section 5 reads as a point of the table."""
    prime, _, _, table = CURVES[curve]
    _, _, size, bits = KINDS[curve]
    for u in table:
        for value in range(u, 2**bits, prime):
            # Of X25519 the highest bit does not count.
            for top in range(2) if bits % 8 else (0,):
                yield (value | top << bits).to_bytes(size, "little")


@pytest.mark.parametrize(("curve", "count"), [("X25519", 14), ("X448", 5)])
def test_every_encoding_of_low_order_is_refused_and_makes_no_secret(curve, count):
    private_kind, public_kind, size, _ = KINDS[curve]
    found = set(encodings(curve))
    assert len(found) == count
    assert {bytes.fromhex(text) for text in LOW_ORDER[curve]} <= found
    for raw in found:
        key = public_kind.from_public_bytes(raw)
        assert curves.has_low_order(key)
        for one_byte in (1, 0x55, 0xFF):
            private = private_kind.from_private_bytes(bytes((one_byte,)) * size)
            assert curves.agree(private, key) is None


@pytest.mark.parametrize("curve", CURVES)
def test_all_other_encodings_near_them_make_a_secret(curve):
    """Non-canonical ones, and neighbors: has_low_order says what the agreement says."""
    prime, _, _, table = CURVES[curve]
    private_kind, public_kind, size, bits = KINDS[curve]
    private = private_kind.from_private_bytes(b"\x0f" * size)
    values = {u + delta for u in table for delta in range(-3, 4)}
    values |= {value + prime for value in values} | set(range(2**bits - 4, 2**bits))
    low = set(encodings(curve))
    seen = [0, 0]
    for value in values:
        if not 0 <= value < 2**bits:
            continue
        for top in range(2) if bits % 8 else (0,):
            raw = (value | top << bits).to_bytes(size, "little")
            key = public_kind.from_public_bytes(raw)
            is_low = curves.agree(private, key) is None
            assert curves.has_low_order(key) is is_low is (raw in low)
            seen[is_low] += 1
    assert seen[0] > 12
    assert seen[1] == len(low)


@pytest.mark.parametrize("curve", curves._DOMAINS)
def test_curve_whose_points_have_a_y_has_no_point_of_low_order(curve: str) -> None:
    """The order of the group is the only multiple of the base point's prime order near p + 1."""
    prime, order = curves._DOMAINS[curve].prime, curves._DOMAINS[curve].order
    # Hasse: the number of points differs from p + 1 by 2 sqrt(p) at most.
    assert abs(order - prime - 1) <= 2 * math.isqrt(prime) + 1
    assert 2 * order > prime + 1 + 2 * math.isqrt(prime) + 1
    assert pow(2, order - 1, order) == 1, "the order is prime, by Fermat's test"
