"""Keys on curves: coordinates to keys and back, for `epk` and for JWK alike.

Rules:
- Coordinates have the full size of their field, and a point that is not on its curve is refused.
- The arithmetic is all OpenSSL's.

Source: RFC 7518 section 6.2, RFC 8037 section 2, RFC 7748 section 6.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, TypeAlias

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed448 import Ed448PrivateKey, Ed448PublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x448 import X448PrivateKey, X448PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

_OkpPrivate: TypeAlias = X25519PrivateKey | X448PrivateKey | Ed25519PrivateKey | Ed448PrivateKey
_OkpPublic: TypeAlias = X25519PublicKey | X448PublicKey | Ed25519PublicKey | Ed448PublicKey

PrivateCurveKey: TypeAlias = ec.EllipticCurvePrivateKey | _OkpPrivate
PublicCurveKey: TypeAlias = ec.EllipticCurvePublicKey | _OkpPublic

_WEIERSTRASS: Final[Mapping[str, ec.EllipticCurve]] = MappingProxyType(
    {"P-256": ec.SECP256R1(), "P-384": ec.SECP384R1(), "P-521": ec.SECP521R1()}
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

# As numbers, little-endian: y is 1, -1 or 0, the last with both signs of x, whose bit is the
# highest. OpenSSL refuses the other encodings of them.
_ED448_PRIME: Final = 2**448 - 2**224 - 1
_ED448_LOW_ORDER: Final = frozenset({1, _ED448_PRIME - 1, 0, 2**455})


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
    if curve in _WEIERSTRASS:
        return (_WEIERSTRASS[curve].key_size + 7) // 8
    return _OKP[curve][2]


def coordinates(key: PublicCurveKey) -> tuple[bytes, bytes | None]:
    """Return x and, on a Weierstrass curve, y, each in the full size of the field."""
    if not isinstance(key, ec.EllipticCurvePublicKey):
        return key.public_bytes_raw(), None
    numbers, size = key.public_numbers(), field_bytes(name(key))
    return numbers.x.to_bytes(size, "big"), numbers.y.to_bytes(size, "big")


def scalar(key: PrivateCurveKey) -> bytes:
    """Return the private key's bytes, in the full size that its JWK needs."""
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        return key.private_bytes_raw()
    # RFC 7518 section 6.2.2.1: as long as the order of the base point.
    return key.private_numbers().private_value.to_bytes(field_bytes(name(key)), "big")


def load_public(curve: str, x: bytes, y: bytes | None) -> PublicCurveKey | None:
    """Make a public key of its coordinates; None where they are no point of this curve."""
    if (curve not in _WEIERSTRASS and curve not in _OKP) or len(x) != field_bytes(curve):
        return None
    if curve in _OKP:
        return None if y is not None else _OKP[curve][1].from_public_bytes(x)
    if y is None or len(y) != len(x):
        return None
    numbers = ec.EllipticCurvePublicNumbers(
        int.from_bytes(x, "big"), int.from_bytes(y, "big"), _WEIERSTRASS[curve]
    )
    try:
        key = numbers.public_key()
    except ValueError:
        return None
    # OpenSSL reduces coordinates that are not below the prime.
    return key if coordinates(key) == (x, y) else None


def load_private(curve: str, d: bytes, public: PublicCurveKey) -> PrivateCurveKey | None:
    """Make a private key; None where it is not the other half of `public`."""
    if len(d) != field_bytes(curve):
        return None
    try:
        if curve in _OKP:
            key: PrivateCurveKey = _OKP[curve][0].from_private_bytes(d)
        else:
            key = ec.derive_private_key(int.from_bytes(d, "big"), _WEIERSTRASS[curve])
    except ValueError:
        return None
    return key if coordinates(key.public_key()) == coordinates(public) else None


def generate(curve: str) -> PrivateCurveKey:
    """Make a fresh pair on a curve of the tables."""
    if curve in _WEIERSTRASS:
        return ec.generate_private_key(_WEIERSTRASS[curve])
    return _OKP[curve][0].generate()


def agree(private: PrivateCurveKey, public: PublicCurveKey) -> bytes | None:
    """Compute a Diffie-Hellman shared secret; None where the halves do not fit, or it is zero."""
    try:
        match private, public:
            case ec.EllipticCurvePrivateKey(), ec.EllipticCurvePublicKey():
                return private.exchange(ec.ECDH(), public)
            case X25519PrivateKey(), X25519PublicKey():
                return private.exchange(public)
            case X448PrivateKey(), X448PublicKey():
                return private.exchange(public)
            case _:
                return None
    except (ValueError, UnsupportedAlgorithm):
        # Montgomery curves: the all-zero secret of a point of low order. RFC 7748 section 6.
        return None


def has_low_order(key: PublicCurveKey) -> bool:
    """Tell whether a public key is a point of low order, or on Ed25519 no point at all.

    On Montgomery curves such a key gives an all-zero secret with every private one: those are
    multiples of the cofactor, so any of them tells, and the recipient's own is not needed. On
    Edwards curves it makes signatures that hold for many messages. RFC 7748 section 5, RFC 8032
    section 8.9.
    """
    if isinstance(key, X25519PublicKey | X448PublicKey):
        probe = b"\x01" * field_bytes(name(key))
        return agree(_OKP[name(key)][0].from_private_bytes(probe), key) is None
    if isinstance(key, Ed448PublicKey):
        return int.from_bytes(key.public_bytes_raw(), "little") in _ED448_LOW_ORDER
    if isinstance(key, Ed25519PublicKey):
        # Most programs never need libsodium; OpenSSL does not offer this check.
        from nacl import bindings  # noqa: PLC0415

        return not bindings.crypto_core_ed25519_is_valid_point(key.public_bytes_raw())
    return False
