"""The protected header: its members, their types, and the rules of `crit`.

Rules:
- Known members have the type that their RFC specifies; all others are data.
- `jwk`, `jku`, `x5u` and `x5c` are data too: no code here follows them.
- The order of members is kept, because the received bytes are the protected ones.

Source: RFC 7516 section 4, RFC 7515 section 4, RFC 7518 sections 4.6 to 4.8, RFC 7797 section 3.
"""

from collections.abc import Collection, Mapping
from typing import Final

from msgspec import UNSET, Struct, UnsetType

from joseal._core import checks
from joseal._core.limits import Limits
from joseal._core.wire import base64url, strict_json
from joseal.errors import MalformedTokenError, NotAllowedError, TokenTooLargeError

# Members that joseal sets, never the caller by hand.
MANAGED: Final = frozenset(
    {"alg", "enc", "zip", "epk", "apu", "apv", "iv", "tag", "p2s", "p2c", "b64", "ek", "psk_id"}
)

# The argument to pass instead of the Header Parameter.
_MANAGED_BY: Final = {
    "alg": ": it comes from the key",
    "enc": ": give enc=",
    "zip": ": give compress=",
    "apu": ": give apu=",
    "apv": ": give apv=",
    "b64": ": give b64=",
}

# Names that look like names of Header Parameters, not like values.
_MOST_NAME: Final = 32
_IN_A_NAME: Final = frozenset(
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_#:./-"
)

# `crit` must not list the members that the RFCs themselves define (RFC 7515 section 4.1.11).
_REGISTERED: Final = frozenset(
    {
        *("alg", "enc", "zip", "jku", "jwk", "kid", "x5u", "x5c", "x5t", "x5t#S256"),
        *("typ", "cty", "crit", "epk", "apu", "apv", "iv", "tag", "p2s", "p2c"),
    }
)


class Members(Struct, frozen=True, kw_only=True):
    """The members that joseal reads, with their types. Absent ones are UNSET, null is refused."""

    alg: str
    enc: str | UnsetType = UNSET
    zip: str | UnsetType = UNSET
    kid: str | UnsetType = UNSET
    typ: str | UnsetType = UNSET
    cty: str | UnsetType = UNSET
    crit: list[str] | UnsetType = UNSET
    epk: dict[str, object] | UnsetType = UNSET
    apu: str | UnsetType = UNSET
    apv: str | UnsetType = UNSET
    iv: str | UnsetType = UNSET
    tag: str | UnsetType = UNSET
    p2s: str | UnsetType = UNSET
    p2c: int | UnsetType = UNSET
    ek: str | UnsetType = UNSET
    psk_id: str | UnsetType = UNSET
    b64: bool | UnsetType = UNSET


class Header(Struct, frozen=True):
    """A parsed header: all members in their order, and the known ones typed."""

    all: dict[str, object]
    known: Members


def parse(raw: bytes) -> Header:
    """Read a header's bytes.

    Raises:
        MalformedTokenError: it is not a strict JSON object, has no `alg`, or has a member of the
            wrong type.
    """
    members = strict_json.load_header(raw)
    if members is None:
        raise MalformedTokenError("the header is not one strict JSON object")
    return parse_parameters(members)


def parse_parameters(members: dict[str, object]) -> Header:
    """Check the types of the known members.

    Raises:
        MalformedTokenError: `alg` is missing, or a member is of the wrong type.
    """
    try:
        return Header(members, strict_json.convert(members, Members))
    except strict_json.ShapeError as error:
        # The path names members of `Members`, which are registered.
        path = error.path.removeprefix("$").removeprefix(".")
    if not path:
        raise MalformedTokenError("the header has no alg")
    raise MalformedTokenError(f"the Header Parameter {path} has the wrong type")


def check_crit(header: Header, understood: Collection[str]) -> None:
    """Enforce the rules of `crit`. RFC 7515 section 4.1.11, RFC 7516 section 4.1.13.

    Raises:
        MalformedTokenError: the list is empty, repeats a name, names a registered or an absent
            member, or names one that is not `understood`.
    """
    names = header.known.crit
    if names is UNSET:
        return
    if not names or len(set(names)) != len(names):
        raise MalformedTokenError("crit is empty or repeats a name")
    for place, name in enumerate(names):
        if name in _REGISTERED:
            raise MalformedTokenError(f"crit names {name}, which it must not list")
        if name not in header.all:
            raise MalformedTokenError(f"crit[{place}] names a Header Parameter that is absent")
    for place, name in enumerate(names):
        if name not in understood:
            raise MalformedTokenError(
                f"crit[{place}] names an extension that is not understood: crit= does not name it"
            )


class Expected(Struct, frozen=True):
    """The requirements on every received header, apart from `alg` and `enc`."""

    typ: str | None
    cty: str | None
    crit: frozenset[str]

    def check(self, header: Header) -> None:
        """Check `crit`, `typ` and `cty`.

        Raises:
            MalformedTokenError: `crit` breaks a rule, or names a parameter that is not understood.
            NotAllowedError: `typ` or `cty` is not the required one.
        """
        if header.known.crit is not UNSET:
            check_crit(header, self.crit)
        if self.typ is not None and not has_media_type(header.known.typ, self.typ):
            raise NotAllowedError("typ", demanded("typ", self.typ, header.known.typ))
        if self.cty is not None and not has_media_type(header.known.cty, self.cty):
            raise NotAllowedError("cty", demanded("cty", self.cty, header.known.cty))


def demanded(argument: str, wanted: str, found: object) -> str:
    """Say what the caller requires, and whether the token has a value at all."""
    shown = "none" if found is UNSET else "a different one"
    return f"{argument}= demands {wanted}, the token has {shown}"


def expected(typ: str | None, cty: str | None, crit: Collection[str]) -> Expected:
    """Check and store what a caller requires.

    Raises:
        TypeError: `typ` or `cty` is not str, or `crit` is not a collection of str.
    """
    for argument, value in (("typ", typ), ("cty", cty)):
        if value is not None and not isinstance(value, str):
            raise checks.wrong_type(argument, "str", value)
    if isinstance(crit, str) or not isinstance(crit, Collection):
        raise checks.wrong_type("crit", "a collection of str", crit)
    for name in crit:
        if not isinstance(name, str):
            raise checks.wrong_type("crit", "a collection of str, and a name in it", name)
    return Expected(typ, cty, frozenset(crit))


def has_media_type(found: object, wanted: str) -> bool:
    """Tell whether a `typ` or `cty` is the wanted media type. RFC 7515 section 4.1.9."""
    return isinstance(found, str) and _media_type(found) == _media_type(wanted)


def _media_type(value: str) -> str:
    # The RFC lets a sender omit "application/" if the value has no other slash.
    lowered = value.lower() if value.isascii() else value
    return lowered if "/" in lowered else f"application/{lowered}"


def to_member(raw: bytes) -> str:
    """Return bytes as a member of a header or of a JWK."""
    return base64url.encode(raw).decode("ascii")


def from_member(text: str | UnsetType) -> bytes | None:
    """Return a member's bytes; an absent one is empty, one that is not canonical None."""
    return b"" if text is UNSET else base64url.decode_text(text)


def checked_parameters(members: Mapping[str, object] | None) -> dict[str, object]:
    """Check and copy the members that a caller puts into a header by hand.

    Raises:
        TypeError: it is not a mapping with string names.
        ValueError: it has a member that joseal manages (`alg`, `enc`, `zip`, `epk` and the like),
            or a value that strict JSON can't carry.
    """
    if members is None:
        return {}
    if not isinstance(members, Mapping):
        raise checks.wrong_type("header", "a mapping", members)
    for name in members:
        if not isinstance(name, str):
            raise checks.wrong_type("a name in header", "str", name)
        if name in MANAGED:
            raise ValueError(f"header: {name} is managed by joseal{_MANAGED_BY.get(name, '')}")
    raw = strict_json.dump(dict(members))
    copy = None if raw is None else strict_json.load_object(raw)
    if copy is None:
        raise ValueError(uncarried("header", members))
    return copy


def uncarried(argument: str, members: Mapping[str, object]) -> str:
    """Name the member that strict JSON can't carry, and the type of its value."""
    for name, value in members.items():
        if strict_json.dump({name: value}) is None:
            return f"{argument}: strict JSON can't carry {_named(name)} ({type(value).__name__})"
    return f"{argument}: strict JSON can't carry it"


def _named(name: object) -> str:
    # A name is the caller's own, but a value in its place must not be repeated.
    if not isinstance(name, str):
        return "a name that is not str"
    is_name = name[:1].isalpha() and _IN_A_NAME.issuperset(name)
    return name if is_name and len(name) <= _MOST_NAME else "one of its values"


def check_kid(kid: str | None) -> None:
    """Check the name of a key.

    Raises:
        TypeError: it is neither str nor None.
        ValueError: UTF-8 can't carry it.
    """
    if kid is None:
        return
    if not isinstance(kid, str):
        raise checks.wrong_type("kid", "str", kid)
    if not strict_json.is_text(kid):
        raise ValueError("kid must be text that UTF-8 can carry")


def base_parameters(
    alg: str, kid: str | None, own: Mapping[str, object] | None
) -> dict[str, object]:
    """Return the members that every token of one object starts with: alg, kid, the caller's."""
    named = {} if kid is None else {"kid": kid}
    return {"alg": alg, **named, **checked_parameters(own)}


def add_parameters(
    members: dict[str, object], own: Mapping[str, object] | None
) -> dict[str, object]:
    """Return the members, followed by those for one token.

    Raises:
        TypeError: `own` is not a mapping with string names.
        ValueError: `own` has a member that joseal manages, or that is set already.
    """
    added = checked_parameters(own)
    for name in added:
        if name in members:
            raise ValueError(f"header: {_named(name)} is set for every token already")
    return {**members, **added}


def encode(members: dict[str, object], limits: Limits) -> bytes:
    """Encode a header whose parameters have passed `checked_parameters`.

    Raises:
        ValueError: a member is of the wrong type, `crit` is wrong, or a JWT has an unencoded
            payload, which RFC 7797 section 7 rules out.
        TokenTooLargeError: it is over `header_bytes`.
    """
    if members.get("b64") is False and has_media_type(members.get("typ"), "JWT"):
        raise ValueError("a JWT must not have an unencoded payload")
    raw = strict_json.write(members)
    if len(raw) > limits.header_bytes:
        raise TokenTooLargeError("header_bytes", limits.header_bytes, len(raw))
    try:
        header = parse_parameters(members)
        check_crit(header, header.all)
        return base64url.encode(raw)
    except MalformedTokenError as error:
        fault = str(error)
    raise ValueError(fault)
