"""When a source is looked at again, and by whom: pulled by the calls that need keys, no thread.

Rules:
- One look at a time. A caller that can go on with what is there never waits for another's look.
- No more than one look in `cooldown_seconds`, whatever tokens say and however many callers ask;
  `refresh`, which an operator calls, is the exception.
- A look that fails takes nothing away. The last good set is used until it is `stale_seconds`
  older than it should be, and not after that.
- A kid that the source lacked is remembered for a while, by its hash and in a bounded number.
- The lock is of one process: a child that was forked while a thread looked gets a new one.

Source: the JWK source builder of Nimbus JOSE + JWT, for refreshing ahead, the rate limit and the
tolerance of outages; RFC 9111 section 4.2 for freshness.
"""

from collections.abc import Callable
from typing import Final, NamedTuple, TypeAlias

from joseal._core.processes import LockOfProcess
from joseal.errors import KeyUnavailableError
from joseal.remote.outcomes import Failure, Fetch, Found, Health, Loaded, Unchanged
from joseal.remote.snapshot import Snapshot

Clock: TypeAlias = Callable[[], float]
Hook: TypeAlias = Callable[[Fetch], object]
# Takes what the last good look left for the next one.
Load: TypeAlias = Callable[[str | bytes | None], Found]

_MOST_UNKNOWN: Final = 1000
# The last tenth of its lifetime, in which a set is fetched again while it still serves.
_AHEAD: Final = 0.1


class Times(NamedTuple):
    """How often a source is looked at, in seconds.

    Attributes:
        fresh: for how long a set serves if the source does not say.
        least_fresh: the shortest time that the source may say.
        most_fresh: the longest.
        stale: for how long after that a set serves if no look succeeds.
        cooldown: the shortest time between two looks.
        unknown: for how long a kid that the source lacked is not looked for.
        wait: how long a caller waits for the look of another.
    """

    fresh: float
    least_fresh: float
    most_fresh: float
    stale: float
    cooldown: float
    unknown: float
    wait: float


class _State(NamedTuple):
    """All that the last look left, replaced as a whole."""

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
        load: looks at the source.
        times: how often.
        clock: seconds that never go back.
        hook: is told of each look, after it.
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
        """Return the keys to use now, after a look if one is due.

        Args:
            kids: the names of the keys of which one is wanted; none if any will do.

        Raises:
            KeyUnavailableError: there are none, or it can't be told whether there is one of these
                names.
        """
        snapshot = self._usable(self._state)
        if snapshot is None:
            self._look(self._times.wait, lambda state: self._usable(state) is None)
            return self._checked()
        if snapshot.lacks(kids) and not self._is_remembered(kids):
            return self._for_unknown(kids)
        if self._is_due(self._state):
            # Another's look is not waited for.
            self._look(0.0, self._is_due)
            return self._checked()
        return snapshot

    def refresh(self) -> Snapshot:
        """Look now, or wait for the look that is being made.

        Raises:
            KeyUnavailableError: it failed.
        """
        seen = self._state.attempts
        self._look(self._times.wait, lambda state: state.attempts == seen, forced=True)
        state = self._state
        if state.attempts == seen:
            raise KeyUnavailableError("the keys could not be fetched: another call still tries")
        if state.failure is not None:
            raise _unavailable(state.failure)
        return self._checked()

    def health(self) -> Health:
        """Return how the source stands. Looks at nothing."""
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
            raise KeyUnavailableError("the keys are not there yet: another call still fetches them")
        raise _unavailable(state.failure)

    def _for_unknown(self, kids: tuple[str, ...]) -> Snapshot:
        """Look for a key that is not there."""
        seen = self._state.attempts
        self._look(self._times.wait, lambda state: _lacks(state, kids))
        state = self._state
        snapshot = self._checked()
        if snapshot.lacks(kids):
            if state.failure is not None:
                # The key may well be there, and the token good.
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
        """Look at the source, unless another call did or does; nothing happens in the cooldown."""
        if not (forced or self._is_cool(self._state)):
            return
        lock = self._lock.current()
        if not lock.acquire(timeout=wait):
            return
        try:
            # What was true before the wait may not be true now.
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
        """Look at the source. An interrupted look is one too: the cooldown holds after it."""
        ended = False
        try:
            found = self._load(None if before.snapshot is None else before.marker)
            ended = True
        finally:
            if not ended:
                self._state = before._replace(attempted_at=self._clock())
        return found

    def _good(self, before: _State, found: Loaded | Unchanged, now: float) -> _State:
        """Return the state after a look that succeeded."""
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
