"""The rules for fetching a source again: the calls that need keys do it, without a thread.

Rules:
- One fetch at a time. A caller that can continue with the current keys never waits for the fetch of
  a different caller.
- No more than one fetch in `cooldown_seconds`, whatever tokens say and however many callers ask;
  `refresh`, which an operator calls, is the exception.
- A failed fetch removes nothing. The last good set is used until it is `stale_seconds` older than
  it should be, and not after that.
- A kid that the source did not have is remembered for a while, by its hash, in a bounded number.
- The lock belongs to one process: a child that was forked during a fetch gets a new one.

Source: the JWK source builder of Nimbus JOSE + JWT, for refreshing ahead, the rate limit and the
outage tolerance; RFC 9111 section 4.2 for freshness.
"""

from collections.abc import Callable
from typing import Final, NamedTuple, TypeAlias

from joseal._core.processes import LockOfProcess
from joseal.errors import KeyUnavailableError
from joseal.remote.outcomes import Failure, Fetch, Found, Health, Loaded, Unchanged
from joseal.remote.snapshot import Snapshot

Clock: TypeAlias = Callable[[], float]
Hook: TypeAlias = Callable[[Fetch], object]
# Takes the state that the last good fetch left for the next one.
Load: TypeAlias = Callable[[str | bytes | None], Found]

_MOST_UNKNOWN: Final = 1000
# The last tenth of its lifetime, in which a set is fetched again while it is still used.
_AHEAD: Final = 0.1


class Times(NamedTuple):
    """How often a source is fetched, in seconds.

    Attributes:
        fresh: how long a set is used if the source does not say.
        least_fresh: the shortest time that the source may say.
        most_fresh: the longest.
        stale: how long after that a set is used if no fetch succeeds.
        cooldown: the shortest time between two fetches.
        unknown: how long a kid that the source did not have is not searched for.
        wait: how long a caller waits for another caller's fetch.
    """

    fresh: float
    least_fresh: float
    most_fresh: float
    stale: float
    cooldown: float
    unknown: float
    wait: float


class _State(NamedTuple):
    """The state after the last fetch, replaced as a whole."""

    snapshot: Snapshot | None = None
    marker: str | bytes | None = None
    loaded_at: float = 0.0
    due_at: float = 0.0
    fresh_until: float = 0.0
    attempted_at: float = float("-inf")
    attempts: int = 0
    failures: int = 0
    failure: Failure | None = None


class Refresher:
    """The state of one source.

    Args:
        load: fetches from the source.
        times: how often to fetch.
        clock: returns seconds that never go back.
        hook: called after each fetch.
    """

    def __init__(self, load: Load, times: Times, clock: Clock, hook: Hook | None) -> None:
        self._load = load
        self._times = times
        self._clock = clock
        self._hook = hook
        self._state = _State()
        self._unknown: dict[int, float] = {}
        self._lock = LockOfProcess()

    def current(self, kids: tuple[str, ...] = ()) -> Snapshot:
        """Return the keys to use now, after a fetch if one is due.

        Args:
            kids: the names of the keys of which one is needed; none if any will do.

        Raises:
            KeyUnavailableError: there are none, or it is unknown whether there is one with these
                names.
        """
        snapshot = self._usable(self._state)
        if snapshot is None:
            self._look(self._times.wait, lambda state: self._usable(state) is None)
            return self._checked()
        if snapshot.lacks(kids) and not self._is_remembered(kids):
            return self._for_unknown(kids)
        if self._is_due(self._state):
            # It does not wait for another caller's fetch.
            self._look(0.0, self._is_due)
            return self._checked()
        return snapshot

    def refresh(self) -> Snapshot:
        """Fetch now, or wait for the fetch in progress.

        Raises:
            KeyUnavailableError: it failed.
        """
        seen = self._state.attempts
        self._look(self._times.wait, lambda state: state.attempts == seen, forced=True)
        state = self._state
        if state.attempts == seen:
            raise KeyUnavailableError(
                "the keys could not be fetched: a different call is still trying"
            )
        if state.failure is not None:
            raise _unavailable(state.failure)
        return self._checked()

    def health(self) -> Health:
        """Return the status of the source, without a fetch."""
        state, now = self._state, self._clock()
        keys = () if state.snapshot is None else state.snapshot.keys
        failure = state.failure
        return Health(
            is_usable=self._usable(state) is not None,
            is_fresh=state.snapshot is not None and now < state.fresh_until,
            kids=tuple(key.kid for key in keys),
            skipped=() if state.snapshot is None else state.snapshot.keys.skipped,
            age_seconds=None if state.snapshot is None else now - state.loaded_at,
            fetches=state.attempts,
            failures=state.failures,
            reason=None if failure is None else failure.reason,
            text="" if failure is None else failure.text,
        )

    def _usable(self, state: _State) -> Snapshot | None:
        """Return the keys unless they are too old."""
        return state.snapshot if self._clock() < state.fresh_until + self._times.stale else None

    def _is_due(self, state: _State) -> bool:
        return self._clock() >= state.due_at

    def _is_cool(self, state: _State) -> bool:
        return self._clock() >= state.attempted_at + self._times.cooldown

    def _checked(self) -> Snapshot:
        state = self._state
        snapshot = self._usable(state)
        if snapshot is not None:
            return snapshot
        if state.failure is None:
            raise KeyUnavailableError(
                "the keys are not there yet: a different call is still fetching them"
            )
        raise _unavailable(state.failure)

    def _for_unknown(self, kids: tuple[str, ...]) -> Snapshot:
        """Search for an unknown key."""
        seen = self._state.attempts
        self._look(self._times.wait, lambda state: _lacks(state, kids))
        state = self._state
        snapshot = self._checked()
        if snapshot.lacks(kids):
            if state.failure is not None:
                # The source may have the key, and the token may be good.
                raise _unavailable(state.failure)
            if state.attempts != seen:
                self._remember(kids)
        return snapshot

    def _is_remembered(self, kids: tuple[str, ...]) -> bool:
        return self._unknown.get(hash(kids), float("-inf")) > self._clock()

    def _remember(self, kids: tuple[str, ...]) -> None:
        while len(self._unknown) >= _MOST_UNKNOWN:
            # Another thread may have been faster.
            self._unknown.pop(next(iter(self._unknown), 0), None)
        self._unknown[hash(kids)] = self._clock() + self._times.unknown

    def _look(self, wait: float, wanted: Callable[[_State], bool], *, forced: bool = False) -> None:
        """Fetch, unless another call did or is doing so; nothing happens in the cooldown."""
        if not (forced or self._is_cool(self._state)):
            return
        lock = self._lock.current()
        if not lock.acquire(timeout=wait):
            return
        try:
            # The state may have changed during the wait.
            is_wanted = wanted(self._state) and (forced or self._is_cool(self._state))
            fetch = self._attempt() if is_wanted else None
        finally:
            lock.release()
        if fetch is not None and self._hook is not None:
            self._hook(fetch)

    def _attempt(self) -> Fetch:
        before, begun = self._state, self._clock()
        found = self._looked(before)
        now = self._clock()
        if isinstance(found, Unchanged) and before.snapshot is None:
            found = Failure("status", "nothing was there that could be unchanged")
        if isinstance(found, Failure):
            self._state = before._replace(
                attempted_at=now,
                attempts=before.attempts + 1,
                failures=before.failures + 1,
                failure=found,
            )
            return Fetch(
                outcome="failed", seconds=now - begun, reason=found.reason, text=found.text
            )
        self._state = self._good(before, found, now)
        return _report(before.snapshot, self._state.snapshot, found, now - begun)

    def _looked(self, before: _State) -> Found:
        """Fetch from the source. An interrupted fetch counts too: the cooldown applies after it."""
        ended = False
        try:
            found = self._load(None if before.snapshot is None else before.marker)
            ended = True
        finally:
            if not ended:
                self._state = before._replace(attempted_at=self._clock())
        return found

    def _good(self, before: _State, found: Loaded | Unchanged, now: float) -> _State:
        """Return the state after a successful fetch."""
        times = self._times
        told = times.fresh if found.fresh_seconds is None else found.fresh_seconds
        fresh = min(max(told, times.least_fresh), times.most_fresh)
        snapshot, marker = before.snapshot, before.marker
        if isinstance(found, Loaded):
            marker = found.state
            if snapshot is None or list(snapshot.keys) != list(found.keys):
                snapshot = Snapshot(found.keys)
                self._unknown.clear()
        return _State(
            snapshot=snapshot,
            marker=marker,
            loaded_at=now,
            due_at=now + fresh * (1 - _AHEAD),
            fresh_until=now + fresh,
            attempted_at=now,
            attempts=before.attempts + 1,
        )


def _lacks(state: _State, kids: tuple[str, ...]) -> bool:
    return state.snapshot is None or state.snapshot.lacks(kids)


def _unavailable(failure: Failure) -> KeyUnavailableError:
    return KeyUnavailableError(f"the keys could not be fetched: {failure.text}")


def _report(
    old: Snapshot | None, new: Snapshot | None, found: Loaded | Unchanged, seconds: float
) -> Fetch:
    before = frozenset[str]() if old is None else old.kids
    after = frozenset[str]() if new is None else new.kids
    return Fetch(
        outcome="loaded" if isinstance(found, Loaded) else "unchanged",
        seconds=seconds,
        added=tuple(sorted(after - before)),
        removed=tuple(sorted(before - after)),
        skipped=0 if new is None else len(new.keys.skipped),
    )
