"""The claims of a new token: those that joseal writes, and those that the caller may write.

Source: RFC 7519 sections 2, 4.1 and 7.1.
"""

import datetime as dt
import os
from collections.abc import Callable, Mapping
from typing import Final

from joseal._core import checks
from joseal._core.wire import strict_json
from joseal._core.wire.header import to_member, uncarried
from joseal.claims.values import audience_of, is_string_or_uri

# RFC 7519 section 4.1.7 requires that the probability of a collision is negligible.
_TOKEN_ID_BYTES: Final = 16
_MOST_LIFETIME_SECONDS: Final = 10 * 366 * 24 * 60 * 60


def make(
    written: dict[str, object],
    claims: Mapping[str, object] | None,
    now: Callable[[], float],
    lifetime_seconds: float | None,
    *,
    token_id: bool,
) -> dict[str, object]:
    """Return the claims of a new token.

    Raises:
        TypeError: an argument is of the wrong type.
        ValueError: strict JSON can't carry a claim, or it is not a StringOrURI; or
            `lifetime_seconds` is not positive, is over ten years, or is given together with `exp`.
    """
    if claims is not None and not isinstance(claims, Mapping):
        raise checks.wrong_type("claims", "a mapping", claims)
    if type(token_id) is not bool:
        raise checks.wrong_type("token_id", "bool", token_id)
    own = _copied(claims)
    moment = int(checks.seconds_of("now", now))
    made = {**written, **own}
    made.setdefault("iat", moment)
    if lifetime_seconds is not None:
        made["exp"] = moment + _lifetime(lifetime_seconds, own)
    if token_id:
        made.setdefault("jti", to_member(os.urandom(_TOKEN_ID_BYTES)))
    _check_texts(made)
    return made


def _copied(own: Mapping[str, object] | None) -> dict[str, object]:
    given = {} if own is None else dict(own)
    raw = strict_json.dump(given)
    copy = None if raw is None else strict_json.load_object(raw)
    if copy is None:
        is_time = any(isinstance(value, dt.date | dt.timedelta) for value in given.values())
        advice = ": a time is a number of seconds since 1970" if is_time else ""
        raise ValueError(uncarried("claims", given) + advice)
    return copy


def _lifetime(given: float, own: Mapping[str, object]) -> int:
    if type(given) not in (int, float):
        raise checks.wrong_type("lifetime_seconds", "a number", given)
    if "exp" in own:
        raise ValueError("lifetime_seconds and the claim exp contradict each other: give one")
    if not 1 <= given <= _MOST_LIFETIME_SECONDS:
        raise ValueError("lifetime_seconds must be from 1 to ten years")
    return int(given)


def _check_texts(made: Mapping[str, object]) -> None:
    """Refuse a string with a colon that is not a URI. RFC 7519 section 2."""
    for name in ("iss", "sub", "aud"):
        for text in audience_of(made.get(name)) or ():
            if not is_string_or_uri(text):
                raise ValueError(f"{name}: a text with a colon has to be a URI")
