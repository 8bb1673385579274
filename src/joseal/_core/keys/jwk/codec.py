"""JSON Web Keys: reading, writing, thumbprints.

Rules:
- Values are canonical base64url; integers have no leading zero bytes and coordinates the full
  size of their field, as RFC 7518 demands.
- A private RSA key has all its members, or `d` alone, which is completed; a key with only some
  of them is refused.
- `alg`, `use` and `key_ops` are binding: any use that they exclude is refused when the key is
  loaded.

Source: RFC 7517 section 4, RFC 7518 section 6, RFC 7638, RFC 8037 section 2.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey

from joseal._core import checks
from joseal._core.algorithms import curves, foreign
from joseal._core.algorithms.akp_keys import AkpPrivateKey, AkpPublicKey
from joseal._core.algorithms.curves import PrivateCurveKey
from joseal._core.algorithms.hashes import digest
from joseal._core.algorithms.pbes2 import Password
from joseal._core.algorithms.registry import (
    ALGS,
    ENCS,
    SIGS,
    AlgorithmSpec,
    lookup_alg,
    nearest,
)
from joseal._core.keys import validate
from joseal._core.keys.jwk import members as jwk_members
from joseal._core.keys.jwk import operations
from joseal._core.keys.material import Held, HeldSecret, Material
from joseal._core.keys.shared_secrets import check_secret
from joseal._core.late import late
from joseal._core.wire import base64url, strict_json
from joseal._core.wire.header import to_member
from joseal.errors import InvalidKeyError

if TYPE_CHECKING:
    from joseal._core.algorithms import akp
    from joseal._core.keys.classifier import classify
else:
    akp = late("joseal._core.algorithms.akp")
    classify = late("joseal._core.keys.classifier.classify")

# For these the classifier has nothing to add to the parser's reason.
_PLAIN: Final = ("unknown", "text")

_RSA_CRT: Final = ("p", "q", "dp", "dq", "qi")
# Finding the factors takes a modular power in Python: 0.13 s at this size, 7 s at 16,384 bits.
_RSA_MOST_BITS_OF_D_ALONE: Final = 4096


class Jwk(NamedTuple):
    """The content of a JWK: the key material, and what it may be used for."""

    material: Material
    alg: str
    enc: str | None
    kid: str | None
    key_ops: frozenset[str] | None

    def __repr__(self) -> str:
        return f"Jwk(alg={self.alg!r}, kid={self.kid!r})"


def members_of(
    jwk: Mapping[str, object] | str | bytes, wanted: Literal["jwk", "jwks"]
) -> dict[str, object]:
    """Return the members of a JWK or a JWK Set given as JSON or as a mapping.

    Raises:
        TypeError: it is neither.
        InvalidKeyError: it is not one strict JSON object.
    """
    if isinstance(jwk, bytes):
        raw = jwk
    elif isinstance(jwk, str):
        raw = jwk.encode() if strict_json.is_text(jwk) else b""
    elif isinstance(jwk, Mapping):
        raw = strict_json.dump(dict(jwk)) or b""
    else:
        raise checks.wrong_type(wanted, "a mapping, str or bytes", jwk)
    members = strict_json.load_object(raw)
    if members is not None and ("kty" in members or "keys" in members):
        return members
    form = classify.classify(raw)
    if members is None:
        text = f"the {'JWK' if wanted == 'jwk' else 'JWK Set'} is not one strict JSON object"
        if form.kind == "json-broken":
            raise InvalidKeyError(f"{text}: {form.remedy}")
        raise InvalidKeyError(text if form.kind in _PLAIN else f"{text}: {form.text}")
    if form.kind != "json-other":
        raise InvalidKeyError(form.text)
    return members


def load(members: Mapping[str, object], alg: str | None, *, dual_use: bool) -> Jwk:
    """Read a JWK for the `alg` that the caller or the JWK itself names.

    Raises:
        InvalidKeyError: a member is missing, of the wrong type or form; the key is not one; `alg`,
            `use` or `key_ops` contradict the caller or each other; no `alg` is named at all.
    """
    members = jwk_members.prepare(members)
    if not dual_use:
        jwk_members.check_use(members)
    known, enc = _bound_alg(members, alg, dual_use=dual_use)
    material = _material(members, known)
    kid = None if "kid" not in members else _text(members, "kid")
    permitted = None if dual_use else operations.read(members, known)
    return Jwk(material, known.name, enc, kid, permitted)


def dump(material: Held) -> dict[str, str]:
    """Return all members of a key: the caller has decided what may be released."""
    if isinstance(material, HeldSecret):
        raw = material.raw if isinstance(material, Password) else material
        return {"kty": "oct", "k": to_member(raw)}
    if isinstance(material, RSAPrivateKey):
        own = material.private_numbers()
        values = map(_integer_text, (own.d, own.p, own.q, own.dmp1, own.dmq1, own.iqmp))
        return {**dump(material.public_key()), **dict(zip(("d", *_RSA_CRT), values, strict=True))}
    if isinstance(material, RSAPublicKey):
        numbers = material.public_numbers()
        return {"kty": "RSA", "n": _integer_text(numbers.n), "e": _integer_text(numbers.e)}
    if isinstance(material, AkpPrivateKey | AkpPublicKey):
        return _dump_akp(material)
    if isinstance(material, PrivateCurveKey):
        return {**dump(material.public_key()), "d": to_member(curves.scalar(material))}
    curve = curves.name(material)
    x, y = curves.coordinates(material)
    members = {"kty": curves.kty(curve), "crv": curve, "x": to_member(x)}
    return members if y is None else {**members, "y": to_member(y)}


def _dump_akp(material: AkpPrivateKey | AkpPublicKey) -> dict[str, str]:
    if isinstance(material, AkpPrivateKey):
        return {**_dump_akp(material.public_key()), "priv": to_member(material.seed)}
    return {"kty": "AKP", "pub": to_member(material.raw)}


def thumbprint(public: Mapping[str, str]) -> bytes:
    """Hash the required members, in lexicographic order. RFC 7638 section 3.

    They are exactly what `dump` returns for a public key or a shared secret.
    """
    return digest(strict_json.write(dict(sorted(public.items()))))


def _bound_alg(
    members: Mapping[str, object], alg: str | None, *, dual_use: bool
) -> tuple[AlgorithmSpec, str | None]:
    """Return the alg that the key is bound to, and the enc if the JWK names one instead."""
    own = None if "alg" not in members else _text(members, "alg")
    enc = None
    if own in ENCS and members.get("kty") == "oct":
        # RFC 7517 section 4.4 lets `alg` name an enc: the key is then for that enc.
        own, enc = "dir", own
    name = own if alg is None else alg
    if name is None:
        raise InvalidKeyError("the JWK names no alg: give alg=")
    if dual_use and members.get("kty") == "oct":
        raise InvalidKeyError("dual use is for pairs, not for shared secrets")
    known = lookup_alg(name, of_jwk=alg is None)
    if own is not None and own != name and not (dual_use and (own in ALGS) != (name in ALGS)):
        raise InvalidKeyError(_contradiction(own, name))
    use = "enc" if name in ALGS else "sig"
    if not dual_use and members.get("use", use) != use:
        raise InvalidKeyError(
            f"the JWK's use contradicts the alg: {members['use']} is not for {name}; "
            "only dual_use=True uses a pair for both"
        )
    return known, enc


def _contradiction(own: str, name: str) -> str:
    """Name both algs, where the JWK's own is registered: anything else could be input."""
    if own in ALGS or own in SIGS:
        return (
            f"the JWK's own alg contradicts alg=: the JWK names {own}, the caller {name}; "
            "a JWK without alg takes the caller's"
        )
    text = "the JWK's own alg contradicts alg=, and"
    if own in ENCS:
        return f"{text} {own} is an enc: a JWK without alg takes the caller's"
    near = nearest(own, (*ALGS, *SIGS))
    hint = "" if near is None else f", did you mean {near}"
    return f"{text} is not a name that joseal knows{hint}: a JWK without alg takes the caller's"


def _material(members: Mapping[str, object], alg: AlgorithmSpec) -> Material:
    """RFC 7518 section 6."""
    kty = _text(members, "kty")
    if kty == "oct":
        raw = _bytes(members, "k")
        check_secret(raw)
        if alg.kind == "password" and raw:
            return Password(raw, getattr(alg, "iterations", 0))
        return raw
    if kty == "RSA":
        return _load_rsa(members)
    if kty in {"EC", "OKP"}:
        return _load_curve(members, kty)
    if kty == "AKP":
        return _load_akp(members, alg)
    raise InvalidKeyError("joseal does not use keys of this kty")


def _load_rsa(members: Mapping[str, object]) -> Material:
    """RFC 7518 section 6.3."""
    if "oth" in members:
        raise InvalidKeyError("RSA keys with more than two primes are not used")
    numbers = rsa.RSAPublicNumbers(_integer(members, "e"), _integer(members, "n"))
    given = [name for name in _RSA_CRT if name in members]
    if given and (len(given) != len(_RSA_CRT) or "d" not in members):
        raise InvalidKeyError("the JWK has some private RSA members, but not all")
    validate.check_rsa_public(numbers)
    if "d" not in members:
        with foreign.Suppress():
            return numbers.public_key()
    else:
        d, crt = _integer(members, "d"), [_integer(members, name) for name in given]
        with foreign.Suppress():
            private = _with_factors(d, crt, numbers) if crt else _complete(d, numbers)
            validate.check_rsa_private(private)
            return private.private_key()
    raise InvalidKeyError("the members of the RSA key do not fit together")


def _with_factors(d: int, crt: list[int], public: rsa.RSAPublicNumbers) -> rsa.RSAPrivateNumbers:
    p, q, dp, dq, qi = crt
    return rsa.RSAPrivateNumbers(p, q, d, dp, dq, qi, public)


def _complete(d: int, public: rsa.RSAPublicNumbers) -> rsa.RSAPrivateNumbers:
    """Find the factors of the modulus. RFC 8017 section 3.2, NIST SP 800-56B appendix C.

    Raises:
        ValueError: this d does not reveal them.
        InvalidKeyError: the modulus is too long for that.
    """
    if public.n.bit_length() > _RSA_MOST_BITS_OF_D_ALONE:
        raise InvalidKeyError("a private RSA key of over 4096 bits needs p, q, dp, dq and qi")
    # The time of the next step grows with d. RFC 8017 section 3.2: d is less than n.
    if d >= public.n:
        raise ValueError("d is not less than n")
    # Without this the search for the factors continues for hundreds of rounds.
    if pow(2, d * public.e, public.n) != 2:  # noqa: PLR2004
        raise ValueError("d does not belong to n and e")
    p, q = rsa.rsa_recover_prime_factors(public.n, public.e, d)
    crt = [rsa.rsa_crt_dmp1(d, p), rsa.rsa_crt_dmq1(d, q), rsa.rsa_crt_iqmp(p, q)]
    return _with_factors(d, [p, q, *crt], public)


def _load_curve(members: Mapping[str, object], kty: str) -> Material:
    """RFC 7518 section 6.2, RFC 8037 section 2."""
    curve = _text(members, "crv")
    y = _bytes(members, "y") if kty == "EC" else None
    key = curves.load_public(curve, _bytes(members, "x"), y)
    if key is None or curves.kty(curve) != kty:
        raise InvalidKeyError(jwk_members.no_point(curve, _bytes(members, "x"), y))
    if "d" not in members:
        return key
    private = curves.load_private(curve, _bytes(members, "d"), key)
    if private is None:
        raise InvalidKeyError("the JWK's d does not belong to its public half")
    return private


def _load_akp(members: Mapping[str, object], alg: AlgorithmSpec) -> Material:
    """RFC 9964 section 3."""
    if "alg" not in members:
        raise InvalidKeyError("the JWK's alg is missing, which a key of kty AKP must have")
    if not alg.parameters:
        raise InvalidKeyError(f"{alg.name} takes no key of kty AKP")
    public = _bytes(members, "pub")
    key = akp.load_public(alg.parameters, public)
    if key is None:
        raise InvalidKeyError(
            f"the JWK's pub is not a public key of {alg.parameters}: it has {len(public)} bytes, "
            f"such a key has {akp.public_bytes(alg.parameters)}"
        )
    if "priv" not in members:
        return key
    seed = _bytes(members, "priv")
    if len(seed) != akp.seed_bytes(alg.parameters):
        raise InvalidKeyError(
            f"the JWK's priv has {len(seed)} bytes, {alg.parameters} has a seed of "
            f"{akp.seed_bytes(alg.parameters)}: expanded private keys are not used"
        )
    private = akp.load_private(alg.parameters, seed)
    if private is None or private.public_key().raw != key.raw:
        raise InvalidKeyError("the JWK's priv does not belong to its pub")
    return private


def _text(members: Mapping[str, object], name: str) -> str:
    value = members.get(name)
    if not isinstance(value, str):
        raise InvalidKeyError(jwk_members.no_text(members, name))
    return value


def _bytes(members: Mapping[str, object], name: str) -> bytes:
    raw = base64url.decode_text(_text(members, name))
    if raw is None:
        raise InvalidKeyError(f"the JWK's {name} is not canonical base64url")
    return raw


def _integer(members: Mapping[str, object], name: str) -> int:
    """RFC 7518 section 2, Base64urlUInt."""
    raw = _bytes(members, name)
    if not raw or raw[0] == 0:
        fault = "has a leading zero byte: leave it out" if raw else "is empty"
        raise InvalidKeyError(f"the JWK's {name} {fault}")
    if len(raw) > validate.RSA_MOST_BITS // 8:
        raise InvalidKeyError("an RSA key must have 2048 to 16384 bits")
    return int.from_bytes(raw, "big")


def _integer_text(value: int) -> str:
    return to_member(value.to_bytes((value.bit_length() + 7) // 8, "big"))
