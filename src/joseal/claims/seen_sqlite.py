"""`SqliteSeenOnce`: which tokens were accepted, in one file, for all processes of a machine.

`joseal._once.sqlite` does the storing.

Source: RFC 7519 section 4.1.7.
"""

import os
import time
from typing import final

from joseal._core.secrecy import hide_locals
from joseal._once.leases import LEASE_SECONDS, Clock
from joseal._once.sqlite import SqliteClaims
from joseal.claims.seen import (
    KEEP_SECONDS,
    KeepingStore,
    SeenClaim,
    SeenOnceError,
    check_seen,
    checked,
)
from joseal.claims.values import ClaimSet


@final
class SqliteSeenOnce(KeepingStore):
    """Remembers identifiers in an SQLite file. Safe to share between threads and processes.

    The file is on a local disk: network file systems don't keep the locks that SQLite needs. It
    contains hashes and times, but no text of a token. In a process that was forked while a
    different thread was using the file, each call raises an error: start a new process instead.

    Args:
        path: the path of the file, which is created if it does not exist; its folder must exist. It
            is private: other users lose their access rights. A link is refused.
        keep_seconds: how long an identifier is remembered; it must be longer than the lifetime of
            any token, plus five minutes of leeway.
        lease_seconds: how long a claim is valid; it must be longer than the work on any token
            takes.
        busy_timeout_seconds: how long a call waits for other calls.
        clock: returns the time in seconds since 1970, the same for all processes.

    Raises:
        TypeError: an argument is of the wrong type.
        ValueError: a number is not positive, or too large; the path has a null character.
        SeenOnceError: the file can't be used.

    Example:
        >>> import joseal
        >>> from joseal.claims import Claims, JwtVerifier, SqliteSeenOnce
        >>> key = joseal.Key.generate("ES256")
        >>> rules = Claims(issuer="https://login.example")
        >>> token = joseal.Signer(key).sign(rules.issue(lifetime_seconds=60))
        >>> claims = JwtVerifier(key.public(), rules).read(token)
        >>> store = SqliteSeenOnce("seen.db")
        >>> store.confirm(store.claim(claims))
        True

    Source: RFC 7519 section 4.1.7.
    """

    __slots__ = ("_claims",)

    _claims: SqliteClaims

    @hide_locals
    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        keep_seconds: float = KEEP_SECONDS,
        lease_seconds: float = LEASE_SECONDS,
        busy_timeout_seconds: float = 5.0,
        clock: Clock = time.time,
    ) -> None:
        super().__init__(keep_seconds, lease_seconds, clock)
        claims = SqliteClaims(
            path,
            busy_timeout_seconds,
            table="joseal_seen",
            column="name",
            store="the store of identifiers",
            error=SeenOnceError,
        )
        self._set(_claims=claims)

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
            SeenOnceError: the store can't be used.

        Example:
            >>> import joseal
            >>> from joseal.claims import Claims, JwtVerifier, SqliteSeenOnce
            >>> key = joseal.Key.generate("ES256")
            >>> rules = Claims(issuer="https://login.example")
            >>> token = joseal.Signer(key).sign(rules.issue(lifetime_seconds=60))
            >>> claims = JwtVerifier(key.public(), rules).read(token)
            >>> store = SqliteSeenOnce("seen.db")
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
            SeenOnceError: the store can't be used.

        Example:
            >>> import joseal
            >>> from joseal.claims import Claims, JwtVerifier, SqliteSeenOnce
            >>> key = joseal.Key.generate("ES256")
            >>> rules = Claims(issuer="https://login.example")
            >>> token = joseal.Signer(key).sign(rules.issue(lifetime_seconds=60))
            >>> claims = JwtVerifier(key.public(), rules).read(token)
            >>> store = SqliteSeenOnce("seen.db")
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
            SeenOnceError: the store can't be used.

        Example:
            >>> import joseal
            >>> from joseal.claims import Claims, JwtVerifier, SqliteSeenOnce
            >>> key = joseal.Key.generate("ES256")
            >>> rules = Claims(issuer="https://login.example")
            >>> token = joseal.Signer(key).sign(rules.issue(lifetime_seconds=60))
            >>> claims = JwtVerifier(key.public(), rules).read(token)
            >>> store = SqliteSeenOnce("seen.db")
            >>> store.release(store.claim(claims))
            >>> store.claim(claims).attempt
            2
        """
        check_seen(seen)
        self._claims.release(seen.name, seen.attempt)

    @hide_locals
    def forget(self) -> int:
        """Forget identifiers that are older than `keep_seconds`. Call it from time to time.

        Returns:
            The number of identifiers that were forgotten.

        Raises:
            SeenOnceError: the store can't be used.

        Example:
            >>> import joseal
            >>> from joseal.claims import Claims, JwtVerifier, SqliteSeenOnce
            >>> key = joseal.Key.generate("ES256")
            >>> rules = Claims(issuer="https://login.example")
            >>> token = joseal.Signer(key).sign(rules.issue(lifetime_seconds=60))
            >>> claims = JwtVerifier(key.public(), rules).read(token)
            >>> store = SqliteSeenOnce("seen.db")
            >>> store.forget()
            0
        """
        return self._claims.forget(self._now() - self._keep_seconds, unhandled=True)

    def __repr__(self) -> str:
        return f"SqliteSeenOnce({self._claims.path!r}, keep_seconds={self._keep_seconds})"
