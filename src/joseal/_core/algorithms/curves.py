"""Keys on curves: coordinates to keys and back, for both `epk` and JWK.

Rules:
- Coordinates have the full size of their field, and a point that is not on its curve is refused
  here, whatever OpenSSL says about it.
- OpenSSL does all arithmetic on secrets. This module computes with public values only.

Source: RFC 7518 section 6.2, RFC 8037 section 2, RFC 7748 sections 5 and 6, RFC 8032 section 5.2,
RFC 8812 section 3.1, NIST SP 800-186 section 3.2.1, SEC 2 section 2.4.1 (secp256k1).
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from types import MappingProxyType
from typing import Final, TypeAlias, TypeGuard, TypeVar

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed448 import Ed448PrivateKey, Ed448PublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x448 import X448PrivateKey, X448PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from msgspec import Struct

from joseal._core.algorithms import foreign
from joseal.errors import InvalidKeyError

_OkpPrivate: TypeAlias = X25519PrivateKey | X448PrivateKey | Ed25519PrivateKey | Ed448PrivateKey
_OkpPublic: TypeAlias = X25519PublicKey | X448PublicKey | Ed25519PublicKey | Ed448PublicKey

PrivateCurveKey: TypeAlias = ec.EllipticCurvePrivateKey | _OkpPrivate
PublicCurveKey: TypeAlias = ec.EllipticCurvePublicKey | _OkpPublic
# From a peer's public key to the shared secret, or None; an HSM can be behind it.
Agree: TypeAlias = Callable[[PublicCurveKey], bytes | None]

_K = TypeVar("_K")

_WEIERSTRASS: Final[Mapping[str, ec.EllipticCurve]] = MappingProxyType(
    {
        "P-256": ec.SECP256R1(),
        "P-384": ec.SECP384R1(),
        "P-521": ec.SECP521R1(),
        "secp256k1": ec.SECP256K1(),
    }
)
_NAMES: Final = {curve.name: name for name, curve in _WEIERSTRASS.items()}

# Each with the size of its keys in bytes.
_OKP: Final[Mapping[str, tuple[type[_OkpPrivate], type[_OkpPublic], int]]] = MappingProxyType(
    {
        "X25519": (X25519PrivateKey, X25519PublicKey, 32),
        "X448": (X448PrivateKey, X448PublicKey, 56),
        "Ed25519": (Ed25519PrivateKey, Ed25519PublicKey, 32),
        "Ed448": (Ed448PrivateKey, Ed448PublicKey, 57),
    }
)

_SIZES: Final[Mapping[str, int]] = MappingProxyType(
    {name: (curve.key_size + 7) // 8 for name, curve in _WEIERSTRASS.items()}
    | {name: size for name, (_, _, size) in _OKP.items()}
)


class _Domain(Struct, frozen=True):
    """The field, the order and the constants of a curve y^2 = x^3 + ax + b."""

    prime: int
    b: int
    order: int
    a: int = -3


_DOMAINS: Final[Mapping[str, _Domain]] = MappingProxyType(
    {
        "P-256": _Domain(
            0xFFFFFFFF00000001000000000000000000000000FFFFFFFFFFFFFFFFFFFFFFFF,
            0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B,
            0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551,
        ),
        "P-384": _Domain(
            2**384 - 2**128 - 2**96 + 2**32 - 1,
            0xB3312FA7E23EE7E4988E056BE3F82D19181D9C6EFE8141120314088F5013875AC656398D8A2ED19D2A85C8EDD3EC2AEF,
            2**384 - 0x389CB27E0BC8D220A7E5F24DB74F58851313E695333AD68D,
        ),
        "P-521": _Domain(
            2**521 - 1,
            0x0051953EB9618E1C9A1F929A21A0B68540EEA2DA725B99B315F3B8B489918EF109E156193951EC7E937B1652C0BD3BB1BF073573DF883D2C34F1EF451FD46B503F00,
            2**521 - 0x5AE79787C40D069948033FEB708F65A2FC44A36477663B851449048E16EC79BF7,
        ),
        "secp256k1": _Domain(
            2**256 - 2**32 - 977,
            7,
            0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141,
            a=0,
        ),
    }
)

_P25519: Final = 2**255 - 19
_P448: Final = 2**448 - 2**224 - 1
# Of edwards448: x^2 + y^2 = 1 + d x^2 y^2.
_ED448_D: Final = -39081

# The u coordinates of all points on Curve25519, Curve448 and their twists whose order divides the
# cofactor: with them, and with no other point, every private key makes the all-zero secret.
# tests/core/algorithms/test_low_order.py proves that the sets are complete.
_X25519_LOW_ORDER: Final = frozenset(
    {
        *(0, 1, _P25519 - 1),
        325606250916557431795983626356110631294008115727848805560023387167927233504,
        39382357235489614581723060781553021112529911719440698176882885853963445705823,
    }
)
_X448_LOW_ORDER: Final = frozenset({0, 1, _P448 - 1})


def _encodings(points: Iterable[int], prime: int, size: int, ignored: int) -> Iterator[bytes]:
    """Yield every encoding of some u, including those that are not reduced. RFC 7748 section 5."""
    for u in points:
        for same in range(u, 2 ** (8 * size - ignored), prime):
            for highest in range(2**ignored):
                yield (same | highest << (8 * size - ignored)).to_bytes(size, "little")


# As they come in a token. Measured: reducing each u first costs as much as the rest of a check.
_MONTGOMERY_LOW_ORDER: Final[Mapping[str, frozenset[bytes]]] = MappingProxyType(
    {
        # The highest bit of X25519 does not count.
        "X25519": frozenset(_encodings(_X25519_LOW_ORDER, _P25519, 32, ignored=1)),
        "X448": frozenset(_encodings(_X448_LOW_ORDER, _P448, 56, ignored=0)),
    }
)


def name(key: PrivateCurveKey | PublicCurveKey) -> str:
    """Return the curve's registered name, or a name that no table has."""
    if isinstance(key, ec.EllipticCurvePrivateKey | ec.EllipticCurvePublicKey):
        return _NAMES.get(key.curve.name, key.curve.name)
    return next(curve for curve, kinds in _OKP.items() if isinstance(key, kinds[:2]))


def kty(curve: str) -> str:
    """Return the JWK key type of a curve."""
    return "EC" if curve in _WEIERSTRASS else "OKP"


def field_bytes(curve: str) -> int:
    """Return the size of one coordinate in bytes."""
    return _SIZES[curve]


def coordinates(key: PublicCurveKey) -> tuple[bytes, bytes | None]:
    """Return x and, on a Weierstrass curve, y, each in the full size of the field."""
    if not isinstance(key, ec.EllipticCurvePublicKey):
        return key.public_bytes_raw(), None
    numbers, size = key.public_numbers(), (key.key_size + 7) // 8
    return numbers.x.to_bytes(size, "big"), numbers.y.to_bytes(size, "big")


def encoded(key: PublicCurveKey) -> bytes:
    """Return a public key as bytes: uncompressed on a Weierstrass curve. RFC 9180 section 7.1.1."""
    x, y = coordinates(key)
    return x if y is None else b"".join((b"\x04", x, y))


def load_encoded(curve: str, raw: bytes) -> PublicCurveKey | None:
    """Read what `encoded` writes; None if it is not a point of this curve.

    Raises:
        InvalidKeyError: this build of OpenSSL does not support the curve.
    """
    if curve not in _WEIERSTRASS:
        return load_public(curve, raw, None)
    size = field_bytes(curve)
    if len(raw) != 1 + 2 * size or raw[0] != 4:  # noqa: PLR2004 - SEC 1 section 2.3.3
        return None
    return load_public(curve, raw[1 : 1 + size], raw[1 + size :])


def scalar(key: PrivateCurveKey) -> bytes:
    """Return the private key's bytes, in the full size that its JWK needs."""
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        return key.private_bytes_raw()
    # RFC 7518 section 6.2.2.1: as long as the order of the base point.
    return key.private_numbers().private_value.to_bytes(field_bytes(name(key)), "big")


def load_public(curve: str, x: bytes, y: bytes | None) -> PublicCurveKey | None:
    """Make a public key from its coordinates; None if they are not a point on this curve.

    Raises:
        InvalidKeyError: this build of OpenSSL does not support the curve.
    """
    if len(x) != _SIZES.get(curve):
        return None
    kind = _WEIERSTRASS.get(curve)
    if kind is None:
        return None if y is not None else _load_okp(curve, x)
    if y is None or len(y) != len(x):
        return None
    if not _is_point(curve, int.from_bytes(x, "big"), int.from_bytes(y, "big")):
        return None
    with foreign.UNREADABLE:
        # 4: both coordinates follow. SEC 1 section 2.3.3.
        return ec.EllipticCurvePublicKey.from_encoded_point(kind, b"".join((b"\x04", x, y)))
    return None


def _load_okp(curve: str, x: bytes) -> PublicCurveKey | None:
    with foreign.UNREADABLE:
        try:
            return _OKP[curve][1].from_public_bytes(x)
        except UnsupportedAlgorithm:
            raise unsupported(curve) from None
    return None


def unsupported(algorithm: str) -> InvalidKeyError:
    """Return the refusal of an algorithm that this build of OpenSSL does not have."""
    return InvalidKeyError(f"the installed OpenSSL does not support {algorithm}")


def _is_point(curve: str, x: int, y: int) -> bool:
    """Tell whether both coordinates are in the field and satisfy the equation of the curve."""
    domain = _DOMAINS[curve]
    prime, a = domain.prime, domain.a
    in_field = 0 <= x < prime and 0 <= y < prime
    return in_field and (y * y - (x * x + a) * x - domain.b) % prime == 0


def load_private(curve: str, d: bytes, public: PublicCurveKey) -> PrivateCurveKey | None:
    """Make a private key; None if it is not the other half of `public`.

    Raises:
        InvalidKeyError: this build of OpenSSL does not support the curve.
    """
    if len(d) != field_bytes(curve):
        return None
    with foreign.Suppress():
        key = _make_private(curve, d)
        fits = key is not None and coordinates(key.public_key()) == coordinates(public)
        return key if fits else None
    return None


def _make_private(curve: str, d: bytes) -> PrivateCurveKey | None:
    """Make a private key; None if the scalar is not from 1 to the order of the curve minus 1.

    Raises:
        InvalidKeyError: this build of OpenSSL does not support the curve.
    """
    if curve in _OKP:
        try:
            return _OKP[curve][0].from_private_bytes(d)
        except UnsupportedAlgorithm:
            raise unsupported(curve) from None
    value = int.from_bytes(d, "big")
    if not 0 < value < _DOMAINS[curve].order:
        return None
    return ec.derive_private_key(value, _WEIERSTRASS[curve])


def private_of_seed(curve: str, seed: bytes) -> PrivateCurveKey | None:
    """Take the first scalar in range from a seed, as ML-KEM hybrids do; None if there is none.

    Raises:
        InvalidKeyError: this build of OpenSSL does not support the curve.

    Source: draft-irtf-cfrg-concrete-hybrid-kems section 3, RandomScalar.
    """
    size = field_bytes(curve)
    for at in range(0, len(seed) - size + 1, size):
        key = _make_private(curve, seed[at : at + size])
        if key is not None:
            return key
    return None


def is_valid(key: PublicCurveKey) -> bool:
    """Tell whether a public key on a curve of the tables is a point of it, and not of low order.

    On Montgomery curves every value is a point of the curve or of its twist. RFC 7748 section 5.
    """
    if isinstance(key, ec.EllipticCurvePublicKey):
        numbers = key.public_numbers()
        return _is_point(name(key), numbers.x, numbers.y)
    if isinstance(key, Ed448PublicKey) and not _is_ed448_point(key.public_bytes_raw()):
        return False
    return not has_low_order(key)


def is_pair(private: PrivateCurveKey) -> bool:
    """Tell whether a private key's scalar is in range and makes its own public half."""
    if not isinstance(private, ec.EllipticCurvePrivateKey):
        # Its public half is not stored: OpenSSL computes it.
        return True
    with foreign.Suppress(OverflowError):
        return load_private(name(private), scalar(private), private.public_key()) is not None
    return False


def _is_ed448_point(encoded: bytes) -> bool:
    """Tell whether bytes decode to a point of edwards448. RFC 8032 section 5.2.3."""
    sign, y = encoded[-1] >> 7, int.from_bytes(encoded, "little") & (2**455 - 1)
    if y >= _P448:
        return False
    numerator, denominator = (1 - y * y) % _P448, (1 - _ED448_D * y * y) % _P448
    # d is not a square, so the denominator is not 0. Euler's criterion recognizes squares.
    if numerator == 0:
        return sign == 0
    return pow(numerator * denominator, (_P448 - 1) // 2, _P448) == 1


def generate(curve: str) -> PrivateCurveKey:
    """Make a fresh pair on a curve of the tables.

    Raises:
        UnsupportedAlgorithm: this build of OpenSSL does not support the curve.
    """
    if curve in _WEIERSTRASS:
        return ec.generate_private_key(_WEIERSTRASS[curve])
    return _OKP[curve][0].generate()


def agree(private: PrivateCurveKey, public: PublicCurveKey) -> bytes | None:
    """Compute a Diffie-Hellman shared secret; None if the halves do not fit, or it is zero."""
    return agreement(private)(public)


def agreement(private: PrivateCurveKey) -> Agree:
    """Return `agree` for one private key.

    The kind of the key is determined here, once: these classes are abstract, and an `isinstance`
    check with one takes a microsecond.
    """
    match private:
        case ec.EllipticCurvePrivateKey():
            return _agreement(partial(private.exchange, ec.ECDH()), type(private.public_key()))
        case X25519PrivateKey():
            return _agreement(private.exchange, type(private.public_key()))
        case X448PrivateKey():
            return _agreement(private.exchange, type(private.public_key()))
        case _:
            return _no_agreement


def _agreement(exchange: Callable[[_K], bytes], kind: type[_K]) -> Agree:
    def agree_with(public: PublicCurveKey) -> bytes | None:
        try:
            return exchange(public) if _is_exactly(public, kind) else None
        except (ValueError, UnsupportedAlgorithm):
            # The wrong curve. On Montgomery curves: the all-zero secret of a point of low order.
            # RFC 7748 section 6.
            return None

    return agree_with


def _no_agreement(_: PublicCurveKey) -> None:
    """Never agree: Edwards curves are for signatures."""


def _is_exactly(value: object, kind: type[_K]) -> TypeGuard[_K]:
    return type(value) is kind


def is_low_order(curve: str, x: bytes) -> bool:
    """Tell whether bytes are a point of low order on a Montgomery curve. RFC 7748 section 6."""
    return x in _MONTGOMERY_LOW_ORDER.get(curve, ())


def has_low_order(key: PublicCurveKey) -> bool:
    """Tell whether a public key is a point of low order or, on Ed25519, not a point at all.

    On Montgomery curves such a key gives an all-zero secret with every private one. On Edwards
    curves there are signatures under it that are valid for many messages. RFC 7748 section 6, RFC
    8032 section 8.9.
    """
    if isinstance(key, X25519PublicKey | X448PublicKey):
        return is_low_order(name(key), key.public_bytes_raw())
    if isinstance(key, Ed448PublicKey):
        # y is 1, -1 or 0, the last with both signs of x, whose bit is the highest.
        y = int.from_bytes(key.public_bytes_raw(), "little") & (2**455 - 1)
        return y % _P448 in {0, 1, _P448 - 1}
    if isinstance(key, Ed25519PublicKey):
        # Most programs never need libsodium; OpenSSL does not offer this check.
        from nacl import bindings  # noqa: PLC0415

        return not bindings.crypto_core_ed25519_is_valid_point(key.public_bytes_raw())
    return False
