"""Objects on a PKCS#11 token: naming, finding and reading them. Needs the extra `pkcs11`.

Rules:
- Labels repeat, and the first object with a name may be the wrong one: the name must match exactly
  one.
- An object that can't be read as a key is None, and its bytes are discarded.

Source: PKCS #11 version 2.40, base specification section 4; current mechanisms sections 2.1, 2.3.
"""

from typing import Final, TypeAlias, TypeVar

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey, RSAPublicNumbers
from pkcs11 import Attribute, KeyType, Object, ObjectClass, Session
from pkcs11 import exceptions as codes
from pkcs11.attributes import AttributeMapper, handle_ulong

from joseal._core.algorithms import curves, foreign
from joseal._core.algorithms.curves import PublicCurveKey

_K = TypeVar("_K", bound=Object)

Name: TypeAlias = tuple[tuple[Attribute, ObjectClass | str | bytes], ...]

# CKA_EC_PARAMS: the DER of an object identifier or, from version 3.0 on, of a curve's name.
CURVES: Final = {
    bytes.fromhex("06082a8648ce3d030107"): "P-256",
    bytes.fromhex("06052b81040022"): "P-384",
    bytes.fromhex("06052b81040023"): "P-521",
    bytes.fromhex("06032b6570"): "Ed25519",
    b"\x13\x0cedwards25519": "Ed25519",
    bytes.fromhex("06032b656e"): "X25519",
    b"\x13\x0acurve25519": "X25519",
}

# python-pkcs11 has no name for CKK_EC_MONTGOMERY and fails for such a key, but the number works.
MAPPER: Final = AttributeMapper()
MAPPER.register_handler(Attribute.KEY_TYPE, *handle_ulong)


def name_of(kind: ObjectClass, label: str | None, key_id: bytes | None) -> Name:
    """Return the attributes that identify an object.

    Raises:
        TypeError: `label` is not str, or `key_id` is not bytes.
        ValueError: neither is given.
    """
    if label is not None and not isinstance(label, str):
        raise TypeError("label must be str")
    if key_id is not None and not isinstance(key_id, bytes):
        raise TypeError("key_id must be bytes")
    if label is None and key_id is None:
        raise ValueError("a key is found by label, key_id or both")
    given = ((Attribute.LABEL, label), (Attribute.ID, key_id))
    return (Attribute.CLASS, kind), *((name, value) for name, value in given if value is not None)


def search(session: Session, name: Name) -> list[Object]:
    """Return the objects with a name."""
    return list(session.get_objects(dict(name)))


def the_one(session: Session, name: Name) -> Object:
    """Return the one object with a name.

    Raises:
        NoSuchKey: there is not exactly one.
    """
    objects = search(session, name)
    if len(objects) != 1:
        raise codes.NoSuchKey
    return objects[0]


def able(key: Object, kind: type[_K]) -> _K:
    """Narrow a key to what its attributes on the token permit.

    Raises:
        FunctionNotSupported: they don't permit it.
    """
    if not isinstance(key, kind):
        raise codes.FunctionNotSupported
    return key


def aes_bytes(key: Object) -> int | None:
    """Return the size of an AES key; None for a symmetric key of a different kind."""
    return key[Attribute.VALUE_LEN] if key[Attribute.KEY_TYPE] == KeyType.AES else None


def public_half(key: Object) -> RSAPublicKey | PublicCurveKey | None:
    """Read a public key; None if it is of an unknown kind, or not one at all."""
    if key[Attribute.KEY_TYPE] == KeyType.RSA:
        names = (Attribute.PUBLIC_EXPONENT, Attribute.MODULUS)
        e, n = (int.from_bytes(key[name], "big") for name in names)
        with foreign.Suppress():
            return RSAPublicNumbers(e, n).public_key()
        return None
    curve = CURVES.get(bytes(key[Attribute.EC_PARAMS]))
    if curve is None:
        return None
    # CKA_EC_POINT is the DER of a byte string or, on some tokens, only its bytes.
    point, size = bytes(key[Attribute.EC_POINT]), curves.field_bytes(curve)
    if curves.kty(curve) == "OKP":
        return curves.load_public(curve, point[-size:], None)
    return curves.load_public(curve, point[-2 * size : -size], point[-size:])
