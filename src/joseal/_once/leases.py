"""The entry that a store keeps for one id, the rule for claiming the id, and the clock.

Rules:
- A claim expires, so that the id of a process that died can be claimed again.
- A confirmation never expires: no id is handled twice, whatever the clock says.
"""

from collections.abc import Callable
from typing import Final, Literal, NamedTuple, TypeAlias

from joseal._core import checks
from joseal._core.secrecy import Opaque

Clock: TypeAlias = Callable[[], float]
State: TypeAlias = Literal["handled", "in_progress"]

LEASE_SECONDS: Final = 120.0


class StoredClaim(NamedTuple):
    """The entry that a store keeps for one id.

    Attributes:
        attempt: how often it was claimed.
        claimed_at: when it was claimed last, by the clock, in seconds.
        lease_seconds: how long the claim is valid; zero once it was released.
        handled_at: when it was confirmed; None before.
    """

    attempt: int
    claimed_at: float
    lease_seconds: float
    handled_at: float | None = None

    def stands(self, now: float) -> State | None:
        """Return why the id can't be claimed; None if it can.

        A claim is valid for its lease before and after the time when it was made: if the clock is
        set back a little, no claim ends too early, and if it is set back by days, the claim of a
        dead handler does not last for days.
        """
        if self.handled_at is not None:
            return "handled"
        if abs(now - self.claimed_at) < self.lease_seconds:
            return "in_progress"
        return None


def claimed(entry: StoredClaim | None, now: float, lease_seconds: float) -> StoredClaim | State:
    """Return the entry with a new claim, or the reason why it can't be claimed."""
    if entry is None:
        return StoredClaim(1, now, lease_seconds)
    return entry.stands(now) or StoredClaim(entry.attempt + 1, now, lease_seconds)


class LeasedStore(Opaque):
    """The common part of all stores: how long a claim is valid, and by which clock.

    Raises:
        TypeError: an argument is of the wrong type.
        ValueError: the lease is not positive and finite.
    """

    __slots__ = ("_clock", "_lease_seconds")

    _clock: Clock
    _lease_seconds: float

    def __init__(self, lease_seconds: float, clock: Clock) -> None:
        if type(lease_seconds) not in (int, float):
            raise TypeError("lease_seconds must be a number")
        if not (checks.is_finite(lease_seconds) and lease_seconds > 0):
            raise ValueError("lease_seconds must be positive and finite")
        if not callable(clock):
            raise TypeError("clock must be callable")
        self._set(_lease_seconds=float(lease_seconds), _clock=clock)

    def _now(self) -> float:
        """Return the time.

        Raises:
            ValueError: the clock gives no finite number.
        """
        return checks.seconds_of("the clock", self._clock)
