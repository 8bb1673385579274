"""The operations that `key_ops` of a JWK permits.

Source: RFC 7517 section 4.3.
"""

from collections.abc import Mapping
from typing import Final, Literal, TypeAlias

from joseal._core.algorithms.registry import AlgorithmSpec
from joseal._core.wire import strict_json
from joseal.errors import InvalidKeyError

Direction: TypeAlias = Literal["encrypt", "decrypt", "sign", "verify"]

_DERIVE: Final = ("deriveKey", "deriveBits")
_WRAP: Final = {"encrypt": ("wrapKey",), "decrypt": ("unwrapKey",)}

# The `key_ops` that permit an operation, by family of alg. RFC 7517 section 4.3. In practice, RSA
# encryption of a key is listed under either name.
_PERMITTING: Final[Mapping[str, Mapping[str, tuple[str, ...]]]] = {
    "rsa-oaep": {"encrypt": ("wrapKey", "encrypt"), "decrypt": ("unwrapKey", "decrypt")},
    "rsa1_5": {"decrypt": ("unwrapKey", "decrypt")},
    "dir": {"encrypt": ("encrypt",), "decrypt": ("decrypt",)},
    "aes-kw": _WRAP,
    "aes-gcmkw": _WRAP,
    "pbes2": {"encrypt": (*_DERIVE, "wrapKey"), "decrypt": (*_DERIVE, "unwrapKey")},
    "ecdh-es": {"encrypt": _DERIVE, "decrypt": _DERIVE},
    # Its draft does not say: the operations of keys on a curve, and those for the message.
    "hpke": {"encrypt": (*_DERIVE, "encrypt"), "decrypt": (*_DERIVE, "decrypt")},
    "hpke-ke": {"encrypt": (*_DERIVE, "wrapKey"), "decrypt": (*_DERIVE, "unwrapKey")},
    # If the agreed key wraps a second key, RFC 7517 does not say which of the two steps is meant.
    "ecdh-es+": {"encrypt": (*_DERIVE, "wrapKey"), "decrypt": (*_DERIVE, "unwrapKey")},
}
_COUNTERPARTS: Final = {"sign": "verify", "decrypt": "encrypt", "unwrapKey": "wrapKey"}
_SIGNING: Final = {"sign": ("sign",), "verify": ("verify",)}


def read(members: Mapping[str, object], alg: AlgorithmSpec) -> frozenset[str] | None:
    """Return the operations that `key_ops` permits; None if it is absent.

    Raises:
        InvalidKeyError: it is not a list of names, repeats one, or excludes what the alg is for.
    """
    if "key_ops" not in members:
        return None
    names = strict_json.as_list(members["key_ops"])
    if names is None or not all(isinstance(name, str) for name in names):
        raise InvalidKeyError("key_ops must be a list of strings")
    operations = frozenset(str(name) for name in names)
    if len(operations) != len(names):
        raise InvalidKeyError("key_ops repeats an operation")
    everything: frozenset[str] = frozenset[str]().union(*_permitting(alg).values())
    if operations and operations.isdisjoint(everything):
        raise InvalidKeyError("the JWK's key_ops exclude what its alg is for")
    return operations


def permits(alg: AlgorithmSpec, operations: frozenset[str] | None, direction: Direction) -> bool:
    """Tell whether `key_ops` permit this direction with this alg."""
    if operations is None:
        return True
    if alg.family in {"ecdh-es", "hpke", "hpke-ke"} and direction == "encrypt" and not operations:
        # Web Crypto gives an empty list to the public half of a key pair for agreement.
        return True
    return not operations.isdisjoint(_permitting(alg).get(direction, ()))


def counterparts(operations: frozenset[str] | None) -> frozenset[str] | None:
    """Return the operations that `key_ops` of a private key permit for its public half."""
    if operations is None:
        return None
    return frozenset(_COUNTERPARTS.get(name, name) for name in operations)


def _permitting(alg: AlgorithmSpec) -> Mapping[str, tuple[str, ...]]:
    wraps = alg.family == "ecdh-es" and alg.name != "ECDH-ES"
    return _PERMITTING.get("ecdh-es+" if wraps else alg.family, _SIGNING)
