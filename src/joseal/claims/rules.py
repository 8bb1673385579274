"""`Claims`: the rules for a JWT, as one immutable value, for reading and for issuing.

Rules:
- A mistake in the rules themselves is reported when they are made, and never while a token is read.
- Every check of a token is made here or in the modules below, and is the same for every kind of
  token.
- Unknown claims are ignored, as RFC 7519 section 4 demands.

Source: RFC 7519 sections 4, 5.3 and 7.2; RFC 8725 sections 3.8 to 3.11.
"""

import time
from collections.abc import Callable, Collection, Mapping
from typing import Final, TypeVar, final, overload

from msgspec import UNSET, Struct, structs

from joseal._core import checks
from joseal._core.secrecy import hide_locals
from joseal._core.wire import header as headers
from joseal._core.wire import strict_json
from joseal.claims import issuing
from joseal.claims.sources import Opened, check_header, check_replicated, source_of
from joseal.claims.values import ClaimSet, audience_of, check_types
from joseal.errors import ClaimsError, NotAllowedError

# RFC 7519 section 4.1.4: usually no more than a few minutes.
MOST_LEEWAY_SECONDS: Final = 300

# Each value costs far more than its bytes: 16 MiB of empty objects took 2 s and 0.4 GiB.
_MOST_VALUES: Final = 16 * 1024

_T = TypeVar("_T", bound=Struct)


@final
class Claims(Struct, frozen=True, kw_only=True):
    """The rules for the claims of one kind of JWT. Immutable, safe to share between threads.

    Attributes:
        issuer: the required `iss`, or several of which it must be one. If given, the claim is
            required.
        audience: the caller's own names, of which `aud` must have at least one. If given, the claim
            is required. If not given, a token with an audience is refused.
        subject: the required `sub`. If given, the claim is required.
        typ: the explicit type of the token, such as `at+jwt`. If given, it is required.
        max_age_seconds: how long ago `iat` may be. If given, `iat` is required.
        leeway_seconds: how far apart the clocks may be, for `exp`, `nbf` and `iat`; at most 300.
        require: more claims that must be present and not null.
        expires: whether `exp` is required. False accepts tokens that never expire, but still
            refuses one that has expired.
        any_audience: accept a token with an audience although `audience` is not given.
        now: returns the time in seconds since 1970.

    Raises:
        TypeError: an argument is of the wrong type.
        ValueError: `leeway_seconds` is not from 0 to 300, `max_age_seconds` is not positive and
            finite, a collection is empty, or both `audience` and `any_audience` are given.

    Example:
        >>> from joseal.claims import Claims
        >>> rules = Claims(issuer="https://login.example", audience="orders", typ="at+jwt")

    Source: RFC 7519 section 4.1, RFC 8725 sections 3.8, 3.9 and 3.11.
    """

    issuer: str | Collection[str] | None = None
    audience: str | Collection[str] | None = None
    subject: str | None = None
    typ: str | None = None
    max_age_seconds: float | None = None
    leeway_seconds: float = 0
    require: Collection[str] = ("exp",)
    expires: bool = True
    any_audience: bool = False
    now: Callable[[], float] = time.time

    def __post_init__(self) -> None:
        checks.check_texts(subject=self.subject, typ=self.typ)
        # The caller could change the collection later, and with it these rules.
        structs.force_setattr(self, "issuer", _kept("issuer", self.issuer))
        structs.force_setattr(self, "audience", _kept("audience", self.audience))
        if isinstance(self.require, str):
            raise checks.wrong_type("require", "a collection of str", self.require)
        for name, flag in (("expires", self.expires), ("any_audience", self.any_audience)):
            if type(flag) is not bool:
                raise checks.wrong_type(name, "bool", flag)
        if not callable(self.now):
            raise checks.wrong_type("now", "callable", self.now, "such as time.time")
        structs.force_setattr(self, "require", _names(self.require))
        _check_number("leeway_seconds", self.leeway_seconds)
        if not 0 <= self.leeway_seconds <= MOST_LEEWAY_SECONDS:
            raise ValueError("leeway_seconds must be from 0 to 300")
        if self.max_age_seconds is not None:
            _check_number("max_age_seconds", self.max_age_seconds)
            if not (checks.is_finite(self.max_age_seconds) and self.max_age_seconds > 0):
                raise ValueError("max_age_seconds must be positive and finite")
        if self.any_audience and self.audience is not None:
            raise ValueError("any_audience and audience contradict each other: give one of them")

    @overload
    def read(self, opened: Opened, *, anonymous: bool = False) -> ClaimSet: ...

    @overload
    def read(self, opened: Opened, shape: type[_T], *, anonymous: bool = False) -> _T: ...

    @hide_locals
    def read(
        self, opened: Opened, shape: type[_T] | None = None, *, anonymous: bool = False
    ) -> ClaimSet | _T:
        """Read the claims of a token that was opened, and check them.

        Args:
            opened: the result of `open` of a `Verifier`, a `Decrypter` or a nested one.
            shape: a msgspec `Struct` to return the claims as.
            anonymous: read claims that were encrypted to a public key and not signed.

        Returns:
            The claims, or an instance of `shape`.

        Raises:
            TypeError: `opened` is not a result of joseal, or `shape` is not a Struct.
            ValueError: the token is not signed, and `anonymous` is False.
            NotAllowedError: `typ` is not the required one, or the payload is unencoded (`b64`).
            ClaimsError: the payload is not one strict JSON object, or has over 16,384 values; a
                claim is missing, of the wrong type, not the required one, or says that the token is
                not valid now; or a claim that is replicated in the header of a JWE is not identical
                there.

        Example:
            >>> import joseal
            >>> from joseal.claims import Claims
            >>> key = joseal.Key.generate("ES256")
            >>> rules = Claims(issuer="https://login.example")
            >>> token = joseal.Signer(key).sign(rules.issue(lifetime_seconds=60))
            >>> rules.read(joseal.Verifier(key.public()).open(token)).issuer
            'https://login.example'

        Source: RFC 7519 sections 4.1, 5.3 and 7.2; RFC 8725 sections 3.8 to 3.11.
        """
        _check_shape(shape)
        source = source_of(opened, anonymous=anonymous)
        check_header(source)
        if self.typ is not None and not headers.has_media_type(source.header.get("typ"), self.typ):
            found = source.header.get("typ", UNSET)
            raise NotAllowedError("typ", headers.demanded("typ", self.typ, found))
        members = _members(source.payload)
        check_types(members)
        check_replicated(source, members)
        self._check(members)
        return ClaimSet(members) if shape is None else _typed(members, shape)

    @hide_locals
    def issue(
        self,
        claims: Mapping[str, object] | None = None,
        *,
        lifetime_seconds: float | None = None,
        token_id: bool = True,
    ) -> bytes:
        """Make the claims of a new token, which these rules would accept.

        `iss`, `aud` and `sub` are written if the rules name one; `iat` is the current time, `exp`
        is that plus `lifetime_seconds`, and `jti` is 16 random bytes. Claims that the caller sets
        are kept. The signer writes the header's `typ`: `Signer(key, header={"typ": ...})`.

        Args:
            claims: more claims, and those whose values should not be generated here.
            lifetime_seconds: until the token expires.
            token_id: write a `jti`.

        Returns:
            The JSON text, for `sign` or `encrypt`.

        Raises:
            TypeError: an argument is of the wrong type.
            ValueError: strict JSON can't carry `claims`; a claim is missing, of the wrong type or
                against these rules; there is no `exp`; or a string with a colon is not a URI (RFC
                7519 section 2).

        Example:
            >>> from joseal.claims import Claims
            >>> rules = Claims(issuer="https://login.example", now=lambda: 1_800_000_000)
            >>> rules.issue({"sub": "u-1"}, lifetime_seconds=60, token_id=False)
            b'{"iss":"https://login.example","sub":"u-1","iat":1800000000,"exp":1800000060}'

        Source: RFC 7519 sections 2, 4.1 and 7.1.
        """
        written: dict[str, object] = {}
        for name, texts in (("iss", self._issuers()), ("aud", self._audiences())):
            if len(texts) == 1:
                written[name] = texts[0]
        if self.subject is not None:
            written["sub"] = self.subject
        made = issuing.make(written, claims, self.now, lifetime_seconds, token_id=token_id)
        fault = self._fault(made)
        if fault is not None:
            raise ValueError(f"these rules would refuse the token: {fault}")
        text = strict_json.write(made)
        if _has_many_values(text):
            raise ValueError("these rules would refuse the token: it has too many values")
        return text

    def _fault(self, members: Mapping[str, object]) -> str | None:
        try:
            check_types(members)
            self._check(members)
        except ClaimsError as error:
            return str(error)
        return None

    def _check(self, members: Mapping[str, object]) -> None:
        """Check claims that have the right types.

        Raises:
            ClaimsError: one is missing or null, not the required one, or outside its time.
        """
        for name in self._required():
            if name not in members:
                raise ClaimsError(name, "missing")
            if members[name] is None:
                raise ClaimsError(name, "null")
        if self.issuer is not None and members["iss"] not in self._issuers():
            raise ClaimsError("iss", "value")
        if self.subject is not None and members["sub"] != self.subject:
            raise ClaimsError("sub", "value")
        self._check_audience(members)
        self._check_times(members, checks.seconds_of("now", self.now))

    def _required(self) -> list[str]:
        named = {
            "iss": self.issuer is not None,
            "aud": self.audience is not None,
            "sub": self.subject is not None,
            "iat": self.max_age_seconds is not None,
            "exp": self.expires,
        }
        further = [name for name in self.require if self.expires or name != "exp"]
        return [*(name for name, is_named in named.items() if is_named), *further]

    def _check_audience(self, members: Mapping[str, object]) -> None:
        if "aud" not in members or self.any_audience:
            return
        if self.audience is None:
            raise ClaimsError("aud", "unexpected")
        mine, theirs = self._audiences(), audience_of(members["aud"]) or ()
        if not any(name in mine for name in theirs):
            raise ClaimsError("aud", "value")

    def _check_times(self, members: Mapping[str, object], now: float) -> None:
        times = ClaimSet(dict(members))
        leeway = self.leeway_seconds
        if times.expires_at is not None and now >= times.expires_at + leeway:
            raise ClaimsError("exp", "expired")
        for name, moment in (("nbf", times.not_before), ("iat", times.issued_at)):
            if moment is not None and now < moment - leeway:
                raise ClaimsError(name, "early")
        oldest = None if self.max_age_seconds is None else now - self.max_age_seconds - leeway
        if oldest is not None and times.issued_at is not None and times.issued_at < oldest:
            raise ClaimsError("iat", "age")

    def _issuers(self) -> tuple[str, ...]:
        return texts_of("issuer", self.issuer)

    def _audiences(self) -> tuple[str, ...]:
        return texts_of("audience", self.audience)


def _has_many_values(text: bytes) -> bool:
    return strict_json.count_values(text, _MOST_VALUES) > _MOST_VALUES


def _members(payload: bytes) -> dict[str, object]:
    """Read the claims of a payload.

    Raises:
        ClaimsError: they are too many, or not one strict JSON object.
    """
    if _has_many_values(payload):
        raise ClaimsError("claims", "too_many")
    members = strict_json.load_object(payload)
    if members is None:
        raise ClaimsError("claims", "json")
    return members


def texts_of(argument: str, given: str | Collection[str] | None) -> tuple[str, ...]:
    """Return the texts that a caller named; an empty tuple for None.

    Raises:
        TypeError: it is neither str nor a collection of str.
        ValueError: the collection is empty.
    """
    if given is None:
        return ()
    if isinstance(given, str):
        return (given,)
    if issubclass(type(given), bytes | Mapping) or not isinstance(given, Collection):
        raise checks.wrong_type(argument, "str or a collection of str", given)
    texts = tuple(given)
    if not texts:
        raise ValueError(f"{argument} must name at least one: leave it out to demand none")
    for text in texts:
        if not isinstance(text, str):
            raise checks.wrong_type(argument, "a collection of str, and a name in it", text)
    return texts


def _kept(argument: str, given: str | Collection[str] | None) -> str | tuple[str, ...] | None:
    return given if given is None or isinstance(given, str) else texts_of(argument, given)


def _names(require: Collection[str]) -> tuple[str, ...]:
    if issubclass(type(require), bytes) or not isinstance(require, Collection):
        raise checks.wrong_type("require", "a collection of str", require)
    names = tuple(require)
    for name in names:
        if not isinstance(name, str):
            raise checks.wrong_type("require", "a collection of str, and a name in it", name)
    return names


def _check_number(argument: str, given: object) -> None:
    if type(given) not in (int, float):
        raise checks.wrong_type(argument, "a number", given)


def _check_shape(shape: type[Struct] | None) -> None:
    if shape is None or (issubclass(type(shape), type) and issubclass(shape, Struct)):
        return
    raise TypeError("shape must be a msgspec Struct type")


def _typed(members: dict[str, object], shape: type[_T]) -> _T:
    try:
        return strict_json.convert(members, shape)
    except strict_json.ShapeError as error:
        # A path of the caller's own Struct, such as `$.email`.
        path = error.path.removeprefix("$").removeprefix(".")
    raise ClaimsError(path or "claims", "shape")
