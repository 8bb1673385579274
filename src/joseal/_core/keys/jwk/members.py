"""The checks of a JWK's members before a key is made from them, which name the exact mistake.

Rules:
- An unambiguous form is accepted: a sign byte before `n`, `d`, `p` and `q` without the CRT members,
  the empty lists that .NET writes. Everything else that RFC 7518 forbids is refused; the message
  has the member, its length and the length that it needs.
- A value that is corrected here passes every later check, as if it had arrived so.
- A message contains members, counts and registered names, and never a value.

Source: RFC 7517 section 4, RFC 7518 sections 2 and 6, RFC 8037 section 2.
"""

import re
from collections.abc import Mapping
from typing import Final

from joseal._core.algorithms import curves
from joseal._core.algorithms.curve_spellings import CURVE_SPELLINGS
from joseal._core.wire import base64url, strict_json
from joseal._core.wire.header import to_member
from joseal.errors import InvalidKeyError

_NUMBERS: Final = ("n", "e", "d", "p", "q", "dp", "dq", "qi")
_COORDINATES: Final = ("x", "y", "d")
_VALUES: Final = {
    "RSA": _NUMBERS,
    "EC": _COORDINATES,
    "OKP": ("x", "d"),
    "oct": ("k",),
    "AKP": ("pub", "priv"),
}
_CRT: Final = ("dp", "dq", "qi")
_OPTIONAL: Final = ("use", "kid", "alg", "key_ops")

_KTYS: Final = {
    **{name: name for name in _VALUES},
    **dict.fromkeys(("rsa", "RSA-HSM", "rsa-hsm"), "RSA"),
    **dict.fromkeys(("ec", "EC-HSM", "ec-hsm", "ECDSA"), "EC"),
    **dict.fromkeys(("okp", "Okp", "EdDSA"), "OKP"),
    **dict.fromkeys(("akp", "Akp", "ML-DSA", "ML-KEM"), "AKP"),
    **dict.fromkeys(("OCT", "Oct", "oct-HSM", "symmetric"), "oct"),
}
_EC: Final = ("P-256", "P-384", "P-521", "secp256k1")
_OKP: Final = ("Ed25519", "Ed448", "X25519", "X448")
_USES: Final = {
    **dict.fromkeys(("sig", "sign", "signature", "signing", "verify", "verification"), "sig"),
    **dict.fromkeys(("enc", "encrypt", "encryption", "decrypt", "wrap", "key encryption"), "enc"),
}
_ALL_VALUES: Final = frozenset(name for names in _VALUES.values() for name in names)
_JSON_KINDS: Final = (
    (bool, "true or false"),
    (int | float, "a number"),
    (list, "a list"),
    (dict, "an object"),
)
# This many digits of base64url are never hex by chance.
_LEAST_HEX: Final = 64
_HEX: Final = re.compile(r"[0-9a-f]+|[0-9A-F]+")
# SEC 1 section 2.3.3: the first byte of a point.
_UNCOMPRESSED, _COMPRESSED = 4, (2, 3)
# A number with more zeros in front than this comes about once in 2**64.
_MOST_ZEROS: Final = 8
_SIGN_BIT: Final = 0x80
# The longest modulus that is used, in bytes.
_MOST_BYTES: Final = 2048

_OF_USE: Final = {
    "sig": frozenset({"sign", "verify"}),
    "enc": frozenset({"encrypt", "decrypt", "wrapKey", "unwrapKey", "deriveKey", "deriveBits"}),
}


def prepare(members: Mapping[str, object]) -> dict[str, object]:
    """Return the members, with unambiguous deviations corrected.

    Raises:
        InvalidKeyError: a member is null, of the wrong alphabet or length, or contradicts another
            member.
    """
    _check_nulls(members)
    _check_kty(members)
    prepared = _without_empty_lists(members)
    kty = prepared.get("kty")
    names = _VALUES.get(kty, ()) if isinstance(kty, str) else ()
    for name in names:
        if name in prepared:
            _check_text(name, prepared[name], kty)
    if kty == "RSA":
        return _prepare_rsa(prepared)
    if kty in ("EC", "OKP"):
        _check_curve(prepared)
    return prepared


def check_use(members: Mapping[str, object]) -> None:
    """Refuse a `use` and a `key_ops` that contradict each other. RFC 7517 section 4.3.

    Raises:
        InvalidKeyError: `use` is not a registered one; an operation is for the other use.
    """
    if "use" not in members:
        return
    use = members["use"]
    if not isinstance(use, str) or use not in _OF_USE:
        meant = _USES.get(use.strip().casefold()) if isinstance(use, str) else None
        hint = "" if meant is None else f"; {meant} is the registered name"
        raise InvalidKeyError(f"the JWK's use contradicts the alg: it is neither sig nor enc{hint}")
    names = strict_json.as_list(members.get("key_ops")) or []
    other = _OF_USE["enc" if use == "sig" else "sig"]
    if any(isinstance(name, str) and name in other for name in names):
        raise InvalidKeyError(
            f"the JWK's use and key_ops contradict each other: use is {use}, and key_ops has an "
            "operation that it excludes"
        )


def _check_nulls(members: Mapping[str, object]) -> None:
    for name in (*_OPTIONAL, "d", "p", "q", *_CRT, "oth", "priv"):
        if name in members and members[name] is None:
            raise InvalidKeyError(f"the JWK's {name} is null: leave it out")


def _check_kty(members: Mapping[str, object]) -> None:
    kty = members.get("kty")
    meant = _KTYS.get(kty.strip()) if isinstance(kty, str) else None
    if meant is not None and meant != kty:
        raise InvalidKeyError(f"joseal does not use keys of this kty: {kty} is written {meant}")
    if kty is None and "keys" in members:
        raise InvalidKeyError("this is a JWK Set: use KeySet.from_jwks")
    needed = {"RSA": "n", "EC": "x", "OKP": "x"}.get(kty) if isinstance(kty, str) else None
    if needed is not None and needed not in members and "x5c" in members:
        raise InvalidKeyError(
            f"the JWK's {needed} is missing, and x5c does not replace it: give the base64 in x5c, "
            "decoded, to Key.from_certificate"
        )


def _without_empty_lists(members: Mapping[str, object]) -> dict[str, object]:
    """Leave out the empty lists that .NET writes for members that a key does not have."""
    left = {"oth", "x5c"} if members.get("kty") == "RSA" else {"x5c"}
    if members.get("key_ops") == [] and isinstance(members.get("use"), str):
        left.add("key_ops")
    return {name: value for name, value in members.items() if name not in left or value != []}


def no_text(members: Mapping[str, object], name: str) -> str:
    """Say that a member is missing, or what it is that should be a string."""
    if name not in members:
        other = next((each for each in members if each.lower() == name), None)
        hint = "" if other is None else f": {other} is written {name}"
        return f"the JWK's {name} is missing{hint}"
    value = members[name]
    found = next((word for kind, word in _JSON_KINDS if isinstance(value, kind)), "null")
    fix = "; write it in base64url" if name in _ALL_VALUES else ""
    return f"the JWK's {name} is {found}, and has to be a string{fix}"


def no_point(curve: str, x: bytes, y: bytes | None) -> str:
    """Say that coordinates are not a point, and where they are one."""
    text = "the JWK is not a point on a curve that joseal uses: its coordinates are not on"
    return f"{text} {curve}{'' if y is None else _elsewhere(curve, x, y)}"


def _elsewhere(curve: str, x: bytes, y: bytes) -> str:
    if curves.load_public(curve, y, x) is not None:
        return ", but they are with x and y exchanged"
    size = curves.field_bytes(curve)
    others = (each for each in _EC if each != curve and curves.field_bytes(each) == size)
    found = next((each for each in others if curves.load_public(each, x, y) is not None), None)
    return "" if found is None else f", but on {found}"


def _check_text(name: str, value: object, kty: object) -> None:
    if not isinstance(value, str):
        return
    if kty == "RSA" and len(value) >= _LEAST_HEX and _HEX.fullmatch(value) is not None:
        # As base64url it would be a different number, which nobody has the factors of.
        form = "a number in digits" if value.isdecimal() else "hex"
        raise InvalidKeyError(f"the JWK's {name} is {form}: write the base64url of its bytes")
    if value and base64url.decode_text(value) is not None:
        return
    text = f"the JWK's {name} is not canonical base64url"
    if value.isdecimal():
        raise InvalidKeyError(f"{text}: it is a number in digits; write the base64url of its bytes")
    if value != value.strip() or any(each.isspace() for each in value):
        raise InvalidKeyError(f"{text}: it has white space; leave it out")
    if "+" in value or "/" in value:
        raise InvalidKeyError(f"{text}: it is in the alphabet of base64; write - for + and _ for /")
    if value.endswith("="):
        raise InvalidKeyError(f"{text}: it ends with =; leave the padding out")


def _prepare_rsa(members: dict[str, object]) -> dict[str, object]:
    n = _decoded(members, "n")
    if n is not None and len(n) > 1 and n[0] == 0 and n[1] & _SIGN_BIT:
        # The sign byte of a two's complement: a big-integer class wrote it, and the number is the
        # same. RFC 7518 section 6.3.1.1 names the fault.
        members = {**members, "n": to_member(n[1:])}
    present = [name for name in ("d", "p", "q", *_CRT) if name in members]
    if present == ["d", "p", "q"]:
        return _complete(members)
    if len(present) > 1 and len(present) < 6:  # noqa: PLR2004 - RFC 7518 section 6.3.2
        missing = [name for name in ("d", "p", "q", *_CRT) if name not in members]
        raise InvalidKeyError(
            "the JWK has some private RSA members, but not all: "
            f"{', '.join(missing)} {'is' if len(missing) == 1 else 'are'} missing"
        )
    return members


def _complete(members: dict[str, object]) -> dict[str, object]:
    """Compute the CRT members, which the later checks treat as any others."""
    d, p, q = (_number(members, name) for name in ("d", "p", "q"))
    if min(d, p, q) > 1:
        try:
            values = (d % (p - 1), d % (q - 1), pow(q, -1, p))
        except ValueError:
            values = (0, 0, 0)
        if all(values):
            texts = (
                to_member(value.to_bytes((value.bit_length() + 7) // 8, "big")) for value in values
            )
            return {**members, **dict(zip(_CRT, texts, strict=True))}
    raise InvalidKeyError("the members of the RSA key do not fit together")


def _number(members: Mapping[str, object], name: str) -> int:
    raw = _decoded(members, name) or b""
    return int.from_bytes(raw, "big") if len(raw) <= _MOST_BYTES else 0


def _decoded(members: Mapping[str, object], name: str) -> bytes | None:
    value = members.get(name)
    return base64url.decode_text(value) if isinstance(value, str) else None


def _check_curve(members: Mapping[str, object]) -> None:
    curve, kty = members.get("crv"), members.get("kty")
    if not isinstance(curve, str):
        return
    if curve in CURVE_SPELLINGS:
        raise InvalidKeyError(
            f"the JWK is not a point on a curve that joseal uses: crv {curve} is written "
            f"{CURVE_SPELLINGS[curve]}"
        )
    known = _EC if kty == "EC" else _OKP
    if curve not in known:
        raise InvalidKeyError(
            "the JWK is not a point on a curve that joseal uses: crv has to be one of "
            f"{', '.join(known)} for kty {kty}"
        )
    size = curves.field_bytes(curve)
    for name in _COORDINATES if kty == "EC" else ("x", "d"):
        raw = _decoded(members, name)
        if raw is not None and len(raw) != size:
            fix = _of_other_size(members[name], raw, size) if kty == "EC" else None
            raise InvalidKeyError(
                f"the JWK's {name} has {len(raw)} bytes, {curve} has {size}: "
                f"{fix or 'copy the whole key'}"
            )


def _of_other_size(value: object, raw: bytes, size: int) -> str | None:
    """Say what a value of a curve is that is not as long as the field; None if it is not clear."""
    if size - _MOST_ZEROS <= len(raw) < size:
        return "pad it with leading zeros"
    if len(raw) > size and len(raw.lstrip(b"\0")) <= size:
        return "leave out the leading zeros"
    if len(raw) == 2 * size + 1 and raw[0] == _UNCOMPRESSED:
        return "it is the whole point; x and y are its halves, after the first byte"
    if len(raw) == size + 1 and raw[0] in _COMPRESSED:
        return "it is a compressed point; write x and y"
    if isinstance(value, str) and len(value) == 2 * size and _HEX.fullmatch(value) is not None:
        return "it is hex; write the base64url of its bytes"
    others = [each for each in _EC if curves.field_bytes(each) == len(raw)]
    return f"that is the size of {others[0]}" if others else None
