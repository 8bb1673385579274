"""`RingKey`: a key with the dates of its lifecycle, and its state at a given time.

Rules:
- A date is set once the decision is made, and may be in the future: it takes effect by itself.
- A key begins to retire when the next one becomes primary, so there is one primary key and no
  separate date.

Source: NIST SP 800-57 part 1 revision 5 section 7 (the states of a key).
"""

import datetime as dt
from typing import Literal, TypeAlias, final

from joseal._core import checks
from joseal._core.keys import Key
from joseal._core.secrecy import Result, hide_locals
from joseal.errors import InvalidKeyError

State: TypeAlias = Literal["planned", "announced", "primary", "retiring", "retired"]


@final
class RingKey(Result):
    """A key of a `KeyRing`, with its dates.

    Attributes:
        key: a private key or a shared secret, with a kid.
        announced: when its public half begins to be served.
        primary: when it becomes the key to encrypt with; None while that is not decided.
        retired: when it stops decrypting; None while that is not decided.

    Raises:
        TypeError: an argument is of the wrong type.
        ValueError: a date has no time zone, or is before the one that it has to follow.
        InvalidKeyError: the key has no kid, or is public.

    Example:
        >>> import datetime
        >>> import joseal
        >>> from joseal.remote import RingKey
        >>> may = datetime.datetime(2027, 5, 1, tzinfo=datetime.UTC)
        >>> key = joseal.Key.generate("ECDH-ES+A256KW", kid="2027-05")
        >>> RingKey(key, announced=may, primary=may).kid
        '2027-05'
    """

    __slots__ = ("announced", "key", "primary", "retired")

    key: Key
    announced: dt.datetime
    primary: dt.datetime | None
    retired: dt.datetime | None

    @hide_locals
    def __init__(
        self,
        key: Key,
        *,
        announced: dt.datetime,
        primary: dt.datetime | None = None,
        retired: dt.datetime | None = None,
    ) -> None:
        if not isinstance(key, Key):
            raise checks.not_key("key", key)
        if key.kid is None:
            raise InvalidKeyError("a key of a ring needs a kid: tokens and dates are told by it")
        if not key.is_private and not key.is_symmetric:
            raise InvalidKeyError("the key is public: a ring has the keys of this side")
        check_date("announced", announced)
        for name, date in (("primary", primary), ("retired", retired)):
            if date is not None:
                check_date(name, date)
        if primary is not None and primary < announced:
            raise ValueError("primary must not be before announced")
        if retired is not None and retired < (announced if primary is None else primary):
            raise ValueError("retired must not be before the other dates")
        self._set(key=key, announced=announced, primary=primary, retired=retired)

    @property
    def kid(self) -> str:
        """The name of the key."""
        return str(self.key.kid)

    def __repr__(self) -> str:
        dates = f"announced={_day(self.announced)}, primary={_day(self.primary)}"
        return f"RingKey({self.key!r}, {dates}, retired={_day(self.retired)})"


def check_date(name: str, date: dt.datetime) -> None:
    """Check a date from a caller.

    Raises:
        TypeError: it is not a `datetime`.
        ValueError: it has no time zone.
    """
    if not isinstance(date, dt.datetime):
        raise checks.wrong_type(name, "a datetime", date)
    if date.tzinfo is None:
        raise ValueError(f"{name} must have a time zone, such as datetime.UTC")


def _day(date: dt.datetime | None) -> str:
    return "None" if date is None else date.isoformat()
