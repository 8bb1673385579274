"""JSON Web Keys: reading, writing, thumbprints.

Rules:
- Values are canonical base64url and integers have no leading zero octets, as RFC 7518 demands.
- A private RSA key has all its members or, with `d` alone, is completed; some of them is refused.
- `use` and `key_ops` bind: what they exclude is refused when the key is loaded.

Source: RFC 7517 section 4, RFC 7518 section 6, RFC 7638.
"""

import hashlib
from collections.abc import Mapping
from typing import Final, NamedTuple

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from joseal.algorithms.table import ALGS, ENCS, Alg
from joseal.errors import KeyUseError
from joseal.keys.material import RSA_MOST_BITS, Material
from joseal.wire import base64url, strict_json

_RSA_CRT: Final = ("p", "q", "dp", "dq", "qi")
_OPERATIONS: Final = frozenset(
    {"encrypt", "wrapKey", "decrypt", "unwrapKey", "deriveKey", "deriveBits"}
)


class Jwk(NamedTuple):
    """What a JWK says: the material, and what it may be used for."""

    material: Material
    alg: str
    enc: str | None
    kid: str | None
    key_ops: frozenset[str] | None


def members_of(jwk: Mapping[str, object] | str | bytes) -> dict[str, object]:
    """Return the members of a JWK given as JSON or as a mapping.

    Raises:
        TypeError: it is neither.
        KeyUseError: it is not one strict JSON object.
    """
    if isinstance(jwk, str | bytes):
        octets = jwk.encode(errors="replace") if isinstance(jwk, str) else jwk
    elif isinstance(jwk, Mapping):
        octets = strict_json.dump(dict(jwk)) or b""
    else:
        raise TypeError("the JWK must be a mapping, str or bytes")
    members = strict_json.load_object(octets)
    if members is None:
        raise KeyUseError("the JWK is not one strict JSON object")
    return members


def load(members: Mapping[str, object], alg: str | None) -> Jwk:
    """Read a JWK for the `alg` that the caller or the JWK itself names.

    Raises:
        KeyUseError: a member is missing, of the wrong type or form; the key is not one; `alg`,
            `use` or `key_ops` contradict the caller or each other; no `alg` is named at all.
    """
    name, enc = _bound_alg(members, alg)
    kty = _text(members, "kty")
    if kty == "oct":
        material: Material = _octets(members, "k")
    elif kty == "RSA":
        material = _load_rsa(members)
    else:
        raise KeyUseError("joseal does not use keys of this kty")
    kid = None if "kid" not in members else _text(members, "kid")
    return Jwk(material, name, enc, kid, _operations(members))


def dump(material: Material) -> dict[str, str]:
    """Return the members of a key, all of them: the caller has decided what may leave."""
    if isinstance(material, bytes):
        return {"kty": "oct", "k": base64url.encode(material).decode()}
    if not isinstance(material, RSAPrivateKey):
        numbers = material.public_numbers()
        return {"kty": "RSA", "n": _integer_text(numbers.n), "e": _integer_text(numbers.e)}
    private = material.private_numbers()
    return {
        **dump(material.public_key()),
        "d": _integer_text(private.d),
        "p": _integer_text(private.p),
        "q": _integer_text(private.q),
        "dp": _integer_text(private.dmp1),
        "dq": _integer_text(private.dmq1),
        "qi": _integer_text(private.iqmp),
    }


def thumbprint(public: Mapping[str, str]) -> bytes:
    """Hash the required members, in lexicographic order. RFC 7638 section 3."""
    required = {"RSA": ("e", "kty", "n"), "oct": ("k", "kty")}[public["kty"]]
    octets = strict_json.dump({name: public[name] for name in required})
    return hashlib.sha256(octets or b"").digest()


def _bound_alg(members: Mapping[str, object], alg: str | None) -> tuple[str, str | None]:
    """Return the alg that the key is bound to, and the enc if the JWK names one instead."""
    own = None if "alg" not in members else _text(members, "alg")
    enc = None
    if own in ENCS and members.get("kty") == "oct":
        # RFC 7517 section 4.4 lets `alg` name an enc: the key is then that enc's key.
        own, enc = "dir", own
    if alg is not None and own is not None and alg != own:
        raise KeyUseError("the JWK's own alg contradicts alg=")
    name = own if alg is None else alg
    if name is None:
        raise KeyUseError("the JWK names no alg: give alg=")
    if name not in ALGS:
        raise KeyUseError("this alg is not known")
    if members.get("use", "enc") != "enc":
        raise KeyUseError("the JWK's use is not enc")
    return name, enc


def _operations(members: Mapping[str, object]) -> frozenset[str] | None:
    """Return what `key_ops` permits; None where it is absent. RFC 7517 section 4.3."""
    if "key_ops" not in members:
        return None
    names = strict_json.as_list(members["key_ops"])
    if names is None or not all(isinstance(name, str) for name in names):
        raise KeyUseError("key_ops must be a list of strings")
    operations = frozenset(str(name) for name in names)
    if len(operations) != len(names):
        raise KeyUseError("key_ops repeats an operation")
    if operations.isdisjoint(_OPERATIONS):
        raise KeyUseError("the JWK's key_ops exclude encryption")
    return operations


def permits(alg: Alg, operations: frozenset[str] | None, direction: str) -> bool:
    """Tell whether `key_ops` permit to `encrypt` or `decrypt` tokens with this alg."""
    if operations is None:
        return True
    wrapping = {"encrypt": "wrapKey", "decrypt": "unwrapKey"}[direction]
    accepted = {"dir": {direction}, "aes-kw": {wrapping}, "rsa-oaep": {wrapping, direction}}
    # RSA encryption of a key is filed under either name in practice.
    return not operations.isdisjoint(accepted[alg.family])


def _load_rsa(members: Mapping[str, object]) -> Material:
    """RFC 7518 section 6.3."""
    if "oth" in members:
        raise KeyUseError("RSA keys with more than two primes are not used")
    numbers = rsa.RSAPublicNumbers(_integer(members, "e"), _integer(members, "n"))
    given = [name for name in _RSA_CRT if name in members]
    if given and (len(given) != len(_RSA_CRT) or "d" not in members):
        raise KeyUseError("the JWK has some private RSA members, but not all")
    try:
        if "d" not in members:
            return numbers.public_key()
        d = _integer(members, "d")
        if given:
            p, q, dp, dq, qi = (_integer(members, name) for name in _RSA_CRT)
        else:
            p, q = rsa.rsa_recover_prime_factors(numbers.n, numbers.e, d)
            dp, dq, qi = rsa.rsa_crt_dmp1(d, p), rsa.rsa_crt_dmq1(d, q), rsa.rsa_crt_iqmp(p, q)
        return rsa.RSAPrivateNumbers(p, q, d, dp, dq, qi, numbers).private_key()
    except ValueError:
        pass
    raise KeyUseError("the members of the RSA key do not fit together")


def _text(members: Mapping[str, object], name: str) -> str:
    value = members.get(name)
    if not isinstance(value, str):
        raise KeyUseError(f"the JWK's {name} is missing or no string")
    return value


def _octets(members: Mapping[str, object], name: str) -> bytes:
    octets = base64url.decode(_text(members, name).encode(errors="replace"))
    if octets is None:
        raise KeyUseError(f"the JWK's {name} is not canonical base64url")
    return octets


def _integer(members: Mapping[str, object], name: str) -> int:
    """RFC 7518 section 2, Base64urlUInt."""
    octets = _octets(members, name)
    if not octets or octets[0] == 0:
        raise KeyUseError(f"the JWK's {name} is empty or has a leading zero octet")
    if len(octets) > RSA_MOST_BITS // 8:
        raise KeyUseError("an RSA key must have 2048 to 16384 bits")
    return int.from_bytes(octets, "big")


def _integer_text(value: int) -> str:
    return base64url.encode(value.to_bytes((value.bit_length() + 7) // 8, "big")).decode()
