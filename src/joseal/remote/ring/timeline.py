"""The states of all keys of a ring at a given time, and their consequences.

Rules:
- At most one key is primary: the last that became it. Earlier ones are retiring until they are
  retired.
- A key that was primary can be retired only after a new one has taken its place, so the primary key
  never is.

Source: NIST SP 800-57 part 1 revision 5 section 7.
"""

import datetime as dt
from collections.abc import Sequence

from joseal.remote.ring.ring_key import RingKey, State


def check(keys: Sequence[RingKey]) -> None:
    """Check that the dates of several keys agree.

    Raises:
        ValueError: two keys have the same kid, or become primary on the same date; or a key is
            retired before a new one takes its place.
    """
    kids = [each.kid for each in keys]
    if len(set(kids)) != len(kids):
        raise ValueError("two keys of a ring have the same kid")
    dates = [each.primary for each in keys if each.primary is not None]
    if len(set(dates)) != len(dates):
        raise ValueError("two keys of a ring become primary at the same time")
    for place, each in enumerate(keys):
        if each.primary is None or each.retired is None:
            continue
        replaced = replaced_at(each, keys)
        if replaced is None or replaced > each.retired:
            raise ValueError(
                f"keys[{place}] is retired before the next key becomes primary: promote that one "
                "first"
            )


def replaced_at(key: RingKey, keys: Sequence[RingKey]) -> dt.datetime | None:
    """Return when a new key takes the place of one that was primary; None if none does."""
    if key.primary is None:
        return None
    later = [one.primary for one in keys if one.primary is not None and one.primary > key.primary]
    return min(later, default=None)


def left_at(key: RingKey, keys: Sequence[RingKey]) -> dt.datetime | None:
    """Return when a key leaves the served set of encryption keys; None if it stays."""
    return key.retired if key.primary is None else replaced_at(key, keys)


def state(key: RingKey, keys: Sequence[RingKey], at: dt.datetime) -> State:
    """Return the state of a key at a given time."""
    if key.retired is not None and key.retired <= at:
        return "retired"
    if key.primary is not None and key.primary <= at:
        replaced = replaced_at(key, keys)
        return "primary" if replaced is None or replaced > at else "retiring"
    return "announced" if key.announced <= at else "planned"
