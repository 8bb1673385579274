"""Claims in memory, for all threads of one process."""

import threading

from joseal._core.secrecy import Opaque
from joseal._once.leases import State, StoredClaim, claimed


class MemoryClaims(Opaque):
    """Ids with their claims. Every method is atomic."""

    __slots__ = ("_entries", "_lock")

    _entries: dict[str, StoredClaim]
    _lock: threading.Lock

    def __init__(self) -> None:
        self._set(_entries={}, _lock=threading.Lock())

    def __len__(self) -> int:
        return len(self._entries)

    def claim(self, name: str, now: float, lease_seconds: float) -> int | State:
        """Claim an id; return the number of the attempt, or why there can be none."""
        with self._lock:
            entry = claimed(self._entries.get(name), now, lease_seconds)
            if isinstance(entry, str):
                return entry
            self._entries[name] = entry
            return entry.attempt

    def confirm(self, name: str, attempt: int, now: float) -> bool:
        """Keep that an id was handled; tell whether this claim was the last one."""
        with self._lock:
            entry = self._entries.get(name)
            if entry is None or entry.handled_at is not None:
                return False
            self._entries[name] = entry._replace(handled_at=now)
            return entry.attempt == attempt

    def release(self, name: str, attempt: int) -> None:
        """Let go of a claim; nothing if it had been taken over."""
        with self._lock:
            entry = self._entries.get(name)
            if entry is not None and entry.attempt == attempt:
                self._entries[name] = entry._replace(lease_seconds=0.0)

    def forget(self, before: float, *, unhandled: bool = False) -> int:
        """Forget what was handled before a time, or claimed and never handled; return how many."""
        with self._lock:
            old = [
                name
                for name, entry in self._entries.items()
                if _last(entry, unhandled=unhandled) < before
            ]
            for name in old:
                del self._entries[name]
            return len(old)


def _last(entry: StoredClaim, *, unhandled: bool) -> float:
    if entry.handled_at is not None:
        return entry.handled_at
    return entry.claimed_at + entry.lease_seconds if unhandled else float("inf")
