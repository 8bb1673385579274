"""The types of the registered claims, and a set of claims that has them.

Rules:
- A NumericDate is a finite number of seconds, and not a bool. A time after the year 9999 is
  refused: it is in milliseconds, or is not a time.
- `aud` is a string or a non-empty list of strings; a string is never searched for a substring.
- Strings are compared exactly: without case folding, normalization or tolerance for a final slash.

Source: RFC 7519 sections 2, 4.1 and 7.3.
"""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, final

from joseal._core.secrecy import Result
from joseal._core.wire import strict_json
from joseal.errors import ClaimsError

TEXTS: Final = ("iss", "sub", "jti")
DATES: Final = ("exp", "nbf", "iat")

# 9999-12-31T23:59:59Z, and as far before 1970.
_MOST_SECONDS: Final = 253_402_300_799

# RFC 3986 section 3: a scheme, and characters that a URI may have.
_URI: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[!#$%&'()*+,\-./0-9:;=?@A-Z\[\]_a-z~]*")


def is_date(value: object) -> bool:
    """Tell whether a value is a NumericDate within the calendar."""
    # Strict JSON has no infinite number and no NaN; a value that is issued is checked here too.
    return type(value) in (int, float) and _within(value)


def _within(value: object) -> bool:
    return isinstance(value, int | float) and -_MOST_SECONDS <= value <= _MOST_SECONDS


def is_string_or_uri(text: str) -> bool:
    """Tell whether a text is a StringOrURI: with a colon in it, it has to be a URI."""
    return ":" not in text or _URI.fullmatch(text) is not None


def audience_of(value: object) -> tuple[str, ...] | None:
    """Return the values of `aud`; None if it is of the wrong type."""
    if isinstance(value, str):
        return (value,)
    items = strict_json.as_list(value)
    texts = tuple(item for item in items or () if isinstance(item, str))
    return texts if items and len(texts) == len(items) else None


def check_types(members: Mapping[str, object]) -> None:
    """Check the registered claims that are there.

    Raises:
        ClaimsError: one is of the wrong type.
    """
    for name in TEXTS:
        if name in members and not isinstance(members[name], str):
            raise ClaimsError(name, "type")
    for name in DATES:
        if name in members and not is_date(members[name]):
            raise ClaimsError(name, "type")
    if "aud" in members and audience_of(members["aud"]) is None:
        raise ClaimsError("aud", "type")


@final
class ClaimSet(Result):
    """The claims of a token that was opened and that meets the rules.

    Attributes:
        all: every claim in its order, including those that no rule names; read-only.

    Example:
        >>> import joseal
        >>> from joseal.claims import Claims, JwtVerifier
        >>> key = joseal.Key.generate("ES256")
        >>> rules = Claims(issuer="https://login.example")
        >>> token = joseal.Signer(key).sign(rules.issue(lifetime_seconds=60))
        >>> claims = JwtVerifier(key.public(), rules).read(token)
        >>> claims.issuer, claims.all["iss"]
        ('https://login.example', 'https://login.example')

    Source: RFC 7519 section 4.
    """

    __slots__ = ("all",)

    all: Mapping[str, object]

    def __init__(self, members: dict[str, object]) -> None:
        self._set(all=MappingProxyType(members))

    @property
    def issuer(self) -> str | None:
        """`iss`, or None."""
        return self._text("iss")

    @property
    def subject(self) -> str | None:
        """`sub`, or None."""
        return self._text("sub")

    @property
    def token_id(self) -> str | None:
        """`jti`, or None."""
        return self._text("jti")

    @property
    def audience(self) -> tuple[str, ...]:
        """The values of `aud`; empty if there are none."""
        return audience_of(self.all.get("aud")) or ()

    @property
    def expires_at(self) -> float | None:
        """`exp` in seconds since 1970, or None."""
        return self._date("exp")

    @property
    def not_before(self) -> float | None:
        """`nbf` in seconds since 1970, or None."""
        return self._date("nbf")

    @property
    def issued_at(self) -> float | None:
        """`iat` in seconds since 1970, or None."""
        return self._date("iat")

    def _text(self, name: str) -> str | None:
        value = self.all.get(name)
        return value if isinstance(value, str) else None

    def _date(self, name: str) -> float | None:
        value = self.all.get(name)
        return value if isinstance(value, int | float) else None

    def __repr__(self) -> str:
        return f"ClaimSet(<{len(self.all)} claims>)"
