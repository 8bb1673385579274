"""Accept a token once: its `jti` is claimed, and confirmed when the work is done.

    with one store for all processes that accept the tokens:
        seen = store.claim(claims) # ClaimsError if it was accepted before
        transfer(...)
        store.confirm(seen)

Rules:
- The store keeps a hash of issuer and `jti`, and no text from a token.
- An identifier is remembered for `keep_seconds`, and a token that lives longer is refused:
  otherwise it could be replayed after the store has forgotten it.
- A full store accepts nothing new. If it evicted the oldest identifier, that token could be
  replayed.

A crash between the work and its confirmation has the same effect as in the webhook stores, which
share the code: the claim expires, and the token is accepted once more.

Source: RFC 7519 section 4.1.7; OpenID Connect and RFC 9449 (DPoP) use it this way.
"""

import time
from typing import Final, NamedTuple, Protocol, final

from joseal._core import checks
from joseal._core.algorithms.hashes import digest
from joseal._core.secrecy import hide_locals
from joseal._core.wire import strict_json
from joseal._core.wire.header import to_member
from joseal._once.leases import LEASE_SECONDS, Clock, LeasedStore, State
from joseal._once.memory import BoundedMemoryClaims
from joseal.claims.values import ClaimSet
from joseal.errors import ClaimsError, JoseError

KEEP_SECONDS: Final = 24 * 60 * 60.0
_MOST_KEEP_SECONDS: Final = 400 * 24 * 60 * 60.0
_MOST_CAPACITY: Final = 10_000_000
# The leeway of `Claims`, which is part of a token's lifetime.
_MOST_LEEWAY_SECONDS: Final = 300


class SeenClaim(NamedTuple):
    """The right to handle one token, until it expires.

    Attributes:
        name: the hash of issuer and `jti`.
        attempt: how often the token was claimed, this time included.

    Example:
        >>> import joseal
        >>> from joseal.claims import Claims, JwtVerifier, MemorySeenOnce
        >>> key = joseal.Key.generate("ES256")
        >>> rules = Claims(issuer="https://login.example")
        >>> token = joseal.Signer(key).sign(rules.issue(lifetime_seconds=60))
        >>> claims = JwtVerifier(key.public(), rules).read(token)
        >>> store = MemorySeenOnce()
        >>> store.claim(claims).attempt
        1
    """

    name: str
    attempt: int


class SeenOnceError(JoseError):
    """The store of identifiers can't be used, or is full. The token must not be accepted."""

    code = "seen_store"


class SeenOnce(Protocol):
    """Stores which tokens were accepted. All methods are atomic.

    Raises:
        SeenOnceError: from each method: the store can't be used.

    Example:
        >>> import joseal
        >>> from joseal.claims import Claims, JwtVerifier, MemorySeenOnce
        >>> key = joseal.Key.generate("ES256")
        >>> rules = Claims(issuer="https://login.example")
        >>> token = joseal.Signer(key).sign(rules.issue(lifetime_seconds=60))
        >>> claims = JwtVerifier(key.public(), rules).read(token)
        >>> store = MemorySeenOnce()
        >>> store.confirm(store.claim(claims))
        True

    Source: RFC 7519 section 4.1.7.
    """

    def claim(self, claims: ClaimSet) -> SeenClaim:
        """Claim a token. Of all callers who try at the same time, one succeeds.

        Args:
            claims: what `Claims.read` returned.

        Returns:
            The claim, for `confirm` or `release`.

        Raises:
            TypeError: `claims` is not a `ClaimSet`.
            ClaimsError: it was accepted before, is being handled, has no `jti` or `exp`, or lives
                longer than the store remembers.
            SeenOnceError: the store can't be used.

        Example:
            >>> import joseal
            >>> from joseal.claims import Claims, JwtVerifier, MemorySeenOnce
            >>> key = joseal.Key.generate("ES256")
            >>> rules = Claims(issuer="https://login.example")
            >>> token = joseal.Signer(key).sign(rules.issue(lifetime_seconds=60))
            >>> claims = JwtVerifier(key.public(), rules).read(token)
            >>> store = MemorySeenOnce()
            >>> store.claim(claims).attempt
            1

        Source: RFC 7519 section 4.1.7.
        """
        ...

    def confirm(self, seen: SeenClaim) -> bool:
        """Record that the token was accepted.

        Args:
            seen: the claim.

        Returns:
            False if the claim had been taken over, or a different one had been confirmed.

        Raises:
            TypeError: `seen` is not a `SeenClaim`.
            SeenOnceError: the store can't be used.

        Example:
            >>> import joseal
            >>> from joseal.claims import Claims, JwtVerifier, MemorySeenOnce
            >>> key = joseal.Key.generate("ES256")
            >>> rules = Claims(issuer="https://login.example")
            >>> token = joseal.Signer(key).sign(rules.issue(lifetime_seconds=60))
            >>> claims = JwtVerifier(key.public(), rules).read(token)
            >>> store = MemorySeenOnce()
            >>> store.confirm(store.claim(claims))
            True
        """
        ...

    def release(self, seen: SeenClaim) -> None:
        """Release a claim whose work failed: the token can be used again.

        Args:
            seen: the claim.

        Raises:
            TypeError: `seen` is not a `SeenClaim`.
            SeenOnceError: the store can't be used.

        Example:
            >>> import joseal
            >>> from joseal.claims import Claims, JwtVerifier, MemorySeenOnce
            >>> key = joseal.Key.generate("ES256")
            >>> rules = Claims(issuer="https://login.example")
            >>> token = joseal.Signer(key).sign(rules.issue(lifetime_seconds=60))
            >>> claims = JwtVerifier(key.public(), rules).read(token)
            >>> store = MemorySeenOnce()
            >>> store.release(store.claim(claims))
            >>> store.claim(claims).attempt
            2
        """
        ...


class KeepingStore(LeasedStore):
    """The common part of the stores of identifiers: how long they remember.

    Raises:
        TypeError: an argument is of the wrong type.
        ValueError: a number is not positive, or too large.
    """

    __slots__ = ("_keep_seconds",)

    _keep_seconds: float

    def __init__(self, keep_seconds: float, lease_seconds: float, clock: Clock) -> None:
        super().__init__(lease_seconds, clock)
        if type(keep_seconds) not in (int, float):
            raise checks.wrong_type("keep_seconds", "a number", keep_seconds)
        if not 0 < keep_seconds <= _MOST_KEEP_SECONDS:
            raise ValueError("keep_seconds must be positive, and 400 days at most")
        self._set(_keep_seconds=float(keep_seconds))

    def _name(self, claims: ClaimSet, now: float) -> str:
        """Return the name under which a token is stored.

        Raises:
            TypeError: `claims` is not a `ClaimSet`.
            ClaimsError: it has no `jti` or no `exp`, or lives too long.
        """
        if not isinstance(claims, ClaimSet):
            raise checks.wrong_type("claims", "a ClaimSet", claims, "read it with Claims.read")
        if claims.token_id is None:
            raise ClaimsError("jti", "missing")
        if claims.expires_at is None:
            raise ClaimsError("exp", "missing")
        if claims.expires_at - now + _MOST_LEEWAY_SECONDS > self._keep_seconds:
            raise ClaimsError("exp", "too_long")
        both: dict[str, object] = {"iss": claims.issuer, "jti": claims.token_id}
        return to_member(digest(strict_json.write(both)))


def checked(name: str, found: int | State) -> SeenClaim:
    """Return the claim.

    Raises:
        ClaimsError: the token can't be claimed.
    """
    if isinstance(found, int):
        return SeenClaim(name, found)
    raise ClaimsError("jti", "seen" if found == "handled" else "in_progress")


def check_seen(seen: object) -> None:
    """Check what a caller confirms or releases.

    Raises:
        TypeError: it is not a `SeenClaim`.
    """
    if not isinstance(seen, SeenClaim):
        raise checks.wrong_type("seen", "a SeenClaim", seen, "keep what claim() returned")


def _full() -> SeenOnceError:
    return SeenOnceError("the store of identifiers is full: raise capacity=")


@final
class MemorySeenOnce(KeepingStore):
    """Remembers identifiers in memory: for tests, and for one process that may forget them on exit.

    Safe to share between threads.

    Args:
        keep_seconds: how long an identifier is remembered; it must be longer than the lifetime of
            any token, plus five minutes of leeway.
        capacity: the largest number of identifiers.
        lease_seconds: how long a claim is valid; it must be longer than the work on any token
            takes.
        clock: returns the time in seconds since 1970.

    Raises:
        TypeError: an argument is of the wrong type.
        ValueError: a number is not positive, or too large.

    Example:
        >>> from joseal.claims import MemorySeenOnce
        >>> store = MemorySeenOnce(keep_seconds=3600)
    """

    __slots__ = ("_capacity", "_claims")

    _capacity: int
    _claims: BoundedMemoryClaims

    @hide_locals
    def __init__(
        self,
        *,
        keep_seconds: float = KEEP_SECONDS,
        capacity: int = 100_000,
        lease_seconds: float = LEASE_SECONDS,
        clock: Clock = time.time,
    ) -> None:
        super().__init__(keep_seconds, lease_seconds, clock)
        checks.check_ints(capacity=capacity)
        if not 1 <= capacity <= _MOST_CAPACITY:
            raise ValueError("capacity must be from 1 to 10000000")
        kept = BoundedMemoryClaims(capacity, self._keep_seconds, _full)
        self._set(_capacity=capacity, _claims=kept)

    @hide_locals
    def claim(self, claims: ClaimSet) -> SeenClaim:
        """Claim a token. Of all callers who try at the same time, one succeeds.

        Args:
            claims: what `Claims.read` returned.

        Returns:
            The claim, for `confirm` or `release`.

        Raises:
            TypeError: `claims` is not a `ClaimSet`.
            ClaimsError: it was accepted before, is being handled, has no `jti` or `exp`, or lives
                longer than the store remembers.
            SeenOnceError: the store is full.

        Example:
            >>> import joseal
            >>> from joseal.claims import Claims, JwtVerifier, MemorySeenOnce
            >>> key = joseal.Key.generate("ES256")
            >>> rules = Claims(issuer="https://login.example")
            >>> token = joseal.Signer(key).sign(rules.issue(lifetime_seconds=60))
            >>> claims = JwtVerifier(key.public(), rules).read(token)
            >>> store = MemorySeenOnce()
            >>> store.claim(claims).attempt
            1

        Source: RFC 7519 section 4.1.7.
        """
        now = self._now()
        name = self._name(claims, now)
        return checked(name, self._claims.claim(name, now, self._lease_seconds))

    @hide_locals
    def confirm(self, seen: SeenClaim) -> bool:
        """Record that the token was accepted.

        Args:
            seen: the claim.

        Returns:
            False if the claim had been taken over, or a different one had been confirmed.

        Raises:
            TypeError: `seen` is not a `SeenClaim`.

        Example:
            >>> import joseal
            >>> from joseal.claims import Claims, JwtVerifier, MemorySeenOnce
            >>> key = joseal.Key.generate("ES256")
            >>> rules = Claims(issuer="https://login.example")
            >>> token = joseal.Signer(key).sign(rules.issue(lifetime_seconds=60))
            >>> claims = JwtVerifier(key.public(), rules).read(token)
            >>> store = MemorySeenOnce()
            >>> store.confirm(store.claim(claims))
            True
        """
        check_seen(seen)
        return self._claims.confirm(seen.name, seen.attempt, self._now())

    @hide_locals
    def release(self, seen: SeenClaim) -> None:
        """Release a claim whose work failed: the token can be used again.

        Args:
            seen: the claim.

        Raises:
            TypeError: `seen` is not a `SeenClaim`.

        Example:
            >>> import joseal
            >>> from joseal.claims import Claims, JwtVerifier, MemorySeenOnce
            >>> key = joseal.Key.generate("ES256")
            >>> rules = Claims(issuer="https://login.example")
            >>> token = joseal.Signer(key).sign(rules.issue(lifetime_seconds=60))
            >>> claims = JwtVerifier(key.public(), rules).read(token)
            >>> store = MemorySeenOnce()
            >>> store.release(store.claim(claims))
            >>> store.claim(claims).attempt
            2
        """
        check_seen(seen)
        self._claims.release(seen.name, seen.attempt)

    def __repr__(self) -> str:
        return f"MemorySeenOnce(<{len(self._claims)} of {self._capacity}>)"
