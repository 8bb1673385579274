"""The outcome of one fetch from a source of keys, in constant words and numbers.

Rules:
- A text names counts, positions, registered names and an HTTP status; never bytes of an answer.
- The names of keys (`kid`) that were added or removed are listed separately, because an operator
  has to see a rotation: a JWK Set is public.
"""

from typing import Final, Literal, NamedTuple, TypeAlias

from msgspec import Struct

from joseal._core.keys import KeySet

Reason: TypeAlias = Literal[
    "network",
    "redirect",
    "status",
    "file",
    "too_large",
    "malformed",
    "too_many_keys",
    "secret_member",
    "refused",
    "no_key",
    "issuer",
]

MOST_BYTES: Final = 256 * 1024
MOST_KEYS: Final = 100


class Failure(NamedTuple):
    """Why a fetch failed; a good set that is already there stays in use."""

    reason: Reason
    text: str


class Loaded(NamedTuple):
    """A set that passed every rule.

    Attributes:
        keys: the usable ones.
        fresh_seconds: how long the source says that it stays the same; None if it does not say.
        state: what the loader needs to ask only for changes.
    """

    keys: KeySet
    fresh_seconds: float | None
    state: str | bytes | None


class Unchanged(NamedTuple):
    """The source still has what was loaded before."""

    fresh_seconds: float | None


Found: TypeAlias = Loaded | Unchanged | Failure


class Fetch(Struct, frozen=True, kw_only=True):
    """One fetch from a source of keys, for metrics and logs.

    Attributes:
        outcome: `loaded`, even if the keys are the same as before; `unchanged` if the source itself
            says so; `failed`.
        seconds: how long it took, by the clock of the source.
        reason: a stable word for the failure.
        text: a sentence about the failure.
        added: the names of keys that were not there before.
        removed: the names of keys that are no longer there.
        skipped: how many members could not be used.

    Example:
        >>> from joseal.remote import FileKeys
        >>> seen = []
        >>> keys = FileKeys("missing.jwks", alg="ES256", use="sig", on_fetch=seen.append)
        >>> try:
        ...     keys.refresh()
        ... except Exception as error:
        ...     print(error.code, seen[0].outcome)
        unavailable failed
    """

    outcome: Literal["loaded", "unchanged", "failed"]
    seconds: float
    reason: Reason | None = None
    text: str = ""
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    skipped: int = 0


class Health(Struct, frozen=True, kw_only=True):
    """The status of a source of keys, for a health check.

    Attributes:
        is_usable: whether keys are available: there are some, and they are not too old.
        is_fresh: whether the last good fetch is recent enough that none is due.
        kids: the names of the keys, in the order of the set.
        skipped: the position and the reason of each member that can't be used.
        age_seconds: the time since the last good fetch; None before the first.
        fetches: how many fetches there were.
        failures: how many have failed since the last good one.
        reason: the reason of the last failure since then.
        text: the same, as a sentence.

    Example:
        >>> import json
        >>> from pathlib import Path
        >>> import joseal
        >>> from joseal.remote import FileKeys
        >>> mine = joseal.Key.generate("ECDH-ES+A256KW", kid="2027-05")
        >>> text = json.dumps(joseal.KeySet([mine]).to_jwks(private=True))
        >>> size = Path("mine.jwks").write_text(text)
        >>> keys = FileKeys("mine.jwks", alg="ECDH-ES+A256KW", use="enc", private=True)
        >>> keys.health().is_fresh, keys.health().fetches
        (False, 0)
    """

    is_usable: bool
    is_fresh: bool
    kids: tuple[str | None, ...] = ()
    skipped: tuple[tuple[int, str], ...] = ()
    age_seconds: float | None = None
    fetches: int = 0
    failures: int = 0
    reason: Reason | None = None
    text: str = ""
