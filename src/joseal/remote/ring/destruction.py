"""Whether a key may be destroyed: the answer, and the remaining reasons against it.

Rules:
- Three conditions have to be met: a new key has taken its place; each partner has fetched the set
  without it; and the quiet time has passed since the last of these and since the last token under
  it. A partner that has fetched the new set encrypts with the new key; its earlier messages have
  arrived when the quiet time is over.
- An unknown fact is a reason not to destroy the key.
"""

import datetime as dt
from collections.abc import Mapping
from typing import Literal, TypeAlias

from msgspec import Struct

from joseal._core import checks
from joseal.remote.ring.ring_key import check_date

DestructionReason: TypeAlias = Literal["in_use", "not_fetched", "not_quiet"]


class Destruction(Struct, frozen=True, kw_only=True):
    """Whether a key may be destroyed.

    Attributes:
        allowed: whether there is no reason against it.
        reasons: `in_use`: it is still served, or will be; `not_fetched`: a partner has not fetched
            the set since the key left it; `not_quiet`: the quiet time is not over.
        waiting_for: the partners that have not fetched the set.
        not_before: when the quiet time will be over, if nothing happens until then; None while that
            is unknown.

    Example:
        >>> import datetime
        >>> import joseal
        >>> from joseal.remote import KeyRing, RingKey
        >>> may = datetime.datetime(2027, 5, 1, tzinfo=datetime.UTC)
        >>> june = datetime.datetime(2027, 6, 1, tzinfo=datetime.UTC)
        >>> key = joseal.Key.generate("ECDH-ES+A256KW", kid="2027-05")
        >>> ring = KeyRing([RingKey(key, announced=may, primary=may)], clock=may.timestamp)
        >>> quiet = datetime.timedelta(days=7)
        >>> ring.may_destroy("2027-05", quiet=quiet, last_used=None, fetched={}).allowed
        False

    Source: NIST SP 800-57 part 1 revision 5 section 7.
    """

    allowed: bool
    reasons: tuple[DestructionReason, ...] = ()
    waiting_for: tuple[str, ...] = ()
    not_before: dt.datetime | None = None


def check_facts(
    quiet: dt.timedelta, last_used: dt.datetime | None, fetched: Mapping[str, dt.datetime | None]
) -> dict[str, dt.datetime | None]:
    """Check the facts from a caller, and return the fetches.

    Raises:
        TypeError: one is of the wrong type.
        ValueError: the quiet time is negative, or a date has no time zone.
    """
    if not isinstance(quiet, dt.timedelta):
        raise checks.wrong_type("quiet", "a timedelta", quiet)
    if quiet < dt.timedelta():
        raise ValueError("quiet must not be negative")
    if last_used is not None:
        check_date("last_used", last_used)
    if not isinstance(fetched, Mapping):
        raise checks.wrong_type("fetched", "a mapping of names to dates", fetched)
    fetches = dict(fetched)
    for name, date in fetches.items():
        if not isinstance(name, str):
            raise checks.wrong_type("a name in fetched", "str", name)
        if date is not None:
            check_date("a date in fetched", date)
    return fetches


def decide(
    left: dt.datetime | None,
    now: dt.datetime,
    quiet: dt.timedelta,
    last_used: dt.datetime | None,
    fetched: Mapping[str, dt.datetime | None],
) -> Destruction:
    """Decide on a key.

    Args:
        left: when the key left the served set; None if it has not.
        now: the time of the question.
        quiet: the quiet time.
        last_used: the time of the last token under it.
        fetched: for each partner, its first fetch since then.
    """
    if left is None or left > now:
        return Destruction(allowed=False, reasons=("in_use",))
    # A fetch before the key left proves nothing.
    good = {name: date for name, date in fetched.items() if date is not None and date >= left}
    waiting = tuple(sorted(fetched.keys() - good.keys()))
    dates: list[dt.datetime] = [left, *good.values()]
    if last_used is not None:
        dates.append(last_used)
    not_before = max(dates) + quiet
    reasons: list[DestructionReason] = ["not_fetched"] if waiting else []
    if now < not_before:
        reasons.append("not_quiet")
    return Destruction(
        allowed=not reasons,
        reasons=tuple(reasons),
        waiting_for=waiting,
        not_before=None if waiting else not_before,
    )
