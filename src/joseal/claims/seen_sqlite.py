"""`SqliteSeenOnce`: which tokens were accepted, in one file, for all processes of a machine.

How claims are kept is that of `joseal._once.sqlite`.

Source: RFC 7519 section 4.1.7.
"""

import os
import time
from typing import final

from joseal._core.secrecy import hide_locals
from joseal._once.leases import LEASE_SECONDS, Clock
from joseal._once.sqlite import SqliteClaims
from joseal.claims.seen import KEEP_SECONDS, KeepingStore, SeenClaim, SeenOnceError, checked
from joseal.claims.values import ClaimSet


@final
class SqliteSeenOnce(KeepingStore):
    """Remembers identifiers in an SQLite file. Safe among threads and processes.

    The file is on a local disk: network file systems don't keep the locks that SQLite needs. It
    has hashes and times, no text of a token.

    Args:
        path: of the file, which is made if it is not there; its folder must be. It is private: the
            rights of others are taken away. A link is refused.
        keep_seconds: for how long an identifier is remembered; longer than any token lives, with
            five minutes of leeway.
        lease_seconds: for how long a claim holds; longer than any work takes.
        busy_timeout_seconds: how long a call waits for the others.
        clock: gives the time in seconds since 1970, the same for all processes.

    Raises:
        TypeError: an argument is of another type.
        ValueError: a number is not positive, or too large; the path has a null character.
        SeenOnceError: the file can't be used.
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
        """Claim a token, as `SeenOnce.claim` says.

        Args:
            claims: what `Claims.read` returned.

        Returns:
            The claim, for `confirm` or `release`.

        Raises:
            TypeError: `claims` is not a `ClaimSet`.
            ClaimsError: as for `SeenOnce.claim`.
            SeenOnceError: the store can't be used.
        """
        now = self._now()
        name = self._name(claims, now)
        return checked(name, self._claims.claim(name, now, self._lease_seconds))

    @hide_locals
    def confirm(self, seen: SeenClaim) -> bool:
        """Keep that a token was accepted, as `SeenOnce.confirm` says.

        Args:
            seen: the claim.

        Returns:
            False if the claim had been taken over, or another one had been confirmed.

        Raises:
            SeenOnceError: the store can't be used.
        """
        return self._claims.confirm(seen.name, seen.attempt, self._now())

    @hide_locals
    def release(self, seen: SeenClaim) -> None:
        """Let go of a claim, as `SeenOnce.release` says.

        Args:
            seen: the claim.

        Raises:
            SeenOnceError: the store can't be used.
        """
        self._claims.release(seen.name, seen.attempt)

    @hide_locals
    def forget(self) -> int:
        """Forget what is older than `keep_seconds`. Call it now and then.

        Returns:
            How many identifiers were forgotten.

        Raises:
            SeenOnceError: the store can't be used.
        """
        return self._claims.forget(self._now() - self._keep_seconds, unhandled=True)

    def __repr__(self) -> str:
        return f"SqliteSeenOnce({self._claims.path!r}, keep_seconds={self._keep_seconds})"
