"""Claims in memory, for all threads of one process. A forked child has a copy of them."""

import heapq
from collections.abc import Callable

from joseal._core.processes import LockOfProcess
from joseal._core.secrecy import Opaque
from joseal._once.leases import State, StoredClaim, claimed
from joseal.errors import JoseError


class MemoryClaims(Opaque):
    """Ids with their claims. Every method is atomic."""

    __slots__ = ("_entries", "_lock")

    _entries: dict[str, StoredClaim]
    _lock: LockOfProcess

    def __init__(self) -> None:
        self._set(_entries={}, _lock=LockOfProcess())

    def __len__(self) -> int:
        return len(self._entries)

    def claim(self, name: str, now: float, lease_seconds: float) -> int | State:
        """Claim an id; return the number of the attempt, or why it can't be claimed."""
        with self._lock.current():
            return self._claim(name, now, lease_seconds)

    def confirm(self, name: str, attempt: int, now: float) -> bool:
        """Record that an id was handled; return whether this claim was the latest."""
        with self._lock.current():
            entry = self._entries.get(name)
            if entry is None or entry.handled_at is not None:
                return False
            self._entries[name] = entry._replace(handled_at=now)
            return entry.attempt == attempt

    def release(self, name: str, attempt: int) -> None:
        """Release a claim, unless it has been taken over."""
        with self._lock.current():
            entry = self._entries.get(name)
            if entry is not None and entry.attempt == attempt:
                self._entries[name] = entry._replace(lease_seconds=0.0)

    def forget(self, before: float) -> int:
        """Forget the ids that were handled before a time; return how many."""
        with self._lock.current():
            return self._forget(before)

    def _claim(self, name: str, now: float, lease_seconds: float) -> int | State:
        """Claim an id, under the lock."""
        entry = claimed(self._entries.get(name), now, lease_seconds)
        if isinstance(entry, str):
            return entry
        self._entries[name] = entry
        return entry.attempt

    def _forget(self, before: float) -> int:
        """Forget the ids that were handled before a time, under the lock."""
        old = [
            name
            for name, entry in self._entries.items()
            if entry.handled_at is not None and entry.handled_at < before
        ]
        for name in old:
            del self._entries[name]
        return len(old)


class BoundedMemoryClaims(MemoryClaims):
    """The same with limited capacity: ids are forgotten once they were handled or have expired.

    Old ids are found by their age, so that a claim on a full store looks at few of them. A signal
    handler may raise an exception between two steps: every id has an age, and an age whose id is
    missing is skipped.

    Args:
        capacity: the largest number of ids.
        keep_seconds: how long an id is remembered after its claim expired or was confirmed.
        full: makes the exception for a new id when the store is full.
    """

    __slots__ = ("_ages", "_capacity", "_full", "_keep_seconds")

    _ages: list[tuple[float, str]]
    _capacity: int
    _full: Callable[[], JoseError]
    _keep_seconds: float

    def __init__(self, capacity: int, keep_seconds: float, full: Callable[[], JoseError]) -> None:
        super().__init__()
        self._set(_ages=[], _capacity=capacity, _full=full, _keep_seconds=keep_seconds)

    def _forget(self, before: float) -> int:
        """Forget the ids that were handled before a time, under the lock."""
        count = super()._forget(before)
        self._ages[:] = [item for item in self._ages if item[1] in self._entries]
        heapq.heapify(self._ages)
        return count

    def _claim(self, name: str, now: float, lease_seconds: float) -> int | State:
        """Claim an id, under the lock.

        Raises:
            JoseError: made by `full`: the id is new, and the store is full.
        """
        if name not in self._entries:
            self._make_room(now - self._keep_seconds)
            heapq.heappush(self._ages, (now, name))
        return super()._claim(name, now, lease_seconds)

    def _make_room(self, before: float) -> None:
        """Forget the ids whose time ended before a time, if the store is full."""
        if len(self._entries) < self._capacity:
            return
        while self._ages and self._ages[0][0] < before:
            name = self._ages[0][1]
            entry = self._entries.get(name)
            # The age is that of the first claim until it is looked at, so later events are
            # considered here.
            if entry is None or (end := _end(entry)) < before:
                self._entries.pop(name, None)
                heapq.heappop(self._ages)
            else:
                heapq.heapreplace(self._ages, (end, name))
        if len(self._entries) >= self._capacity:
            raise self._full()


def _end(entry: StoredClaim) -> float:
    """Return when an id was handled, or when its last claim expires."""
    if entry.handled_at is not None:
        return entry.handled_at
    return entry.claimed_at + entry.lease_seconds
