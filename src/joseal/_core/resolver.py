"""`KeyResolver`: one receiver for many tenants, each with its own keys, found by `kid`.

Rules:
- The token provides a name and nothing else. The caller looks it up among its own keys; an address
  in a token is never followed.
- The result is a prepared, immutable opener, which checks the token as always: alg, enc and kid are
  binding. The resolver only selects the opener.
- Memory is bounded, separately for names that are found and for names that are not: a flood of
  invented names does not evict any tenant.

Source: RFC 7515 section 4.1.4, RFC 7516 section 4.1.6, RFC 8725 sections 3.8 and 3.10.
"""

import time
from collections.abc import Callable
from typing import Final, Generic, NamedTuple, Protocol, TypeVar, final

from joseal._core import checks
from joseal._core.limits import Limits
from joseal._core.naming import exported
from joseal._core.peek import peek
from joseal._core.processes import process_lock
from joseal._core.secrecy import Opaque, hide_locals
from joseal.errors import UnknownKeyError

_R = TypeVar("_R")
_R_co = TypeVar("_R_co", covariant=True)

_DEFAULTS: Final = Limits()
# Far longer than any kid; longer names are not looked up.
_MOST_KID_CHARACTERS: Final = 512
_MOST_CAPACITY: Final = 1_000_000


class Opens(Protocol[_R_co]):
    """An object that opens tokens: a `Decrypter`, a `Verifier`, or one for both layers."""

    def open(self, token: str | bytes, /) -> _R_co:
        """Open one token."""
        ...


class _Kept(NamedTuple, Generic[_R]):
    opener: Opens[_R] | None
    since: float


@exported
@final
class KeyResolver(Opaque, Generic[_R]):
    """Opens tokens from many senders, each with the opener that the caller has for its `kid`.

    Safe to share between threads and after a fork. Two threads that meet a new name at the same
    time may both look it up.

    Args:
        find: returns the prepared opener for a kid, or None if there is none. It is called with
            untrusted text: look it up among your own keys, and never use it as an address. Its
            exceptions pass through, and then nothing is remembered.
        capacity: how many names that were found are remembered, and how many that were not.
        seconds: how long an answer is remembered, and so how long a withdrawn key may still be
            used.
        limits: bounds on a token and its header.
        clock: returns the time in seconds; it must not go back.

    Raises:
        TypeError: an argument is of the wrong type.
        ValueError: `capacity` is not from 1 to 1,000,000, or `seconds` not positive and finite.

    Example:
        >>> import joseal
        >>> keys = {"tenant-7": joseal.Key.generate("A256KW", kid="tenant-7")}
        >>> def find(kid):
        ...     key = keys.get(kid)
        ...     return None if key is None else joseal.Decrypter(key, enc="A256GCM")
        >>> resolver = joseal.KeyResolver(find)
        >>> token = joseal.Encrypter(keys["tenant-7"], enc="A256GCM").encrypt(b"hello")
        >>> resolver.open(token).plaintext
        b'hello'
    """

    __slots__ = ("_capacity", "_clock", "_find", "_found", "_limits", "_missing", "_seconds")

    _find: Callable[[str], Opens[_R] | None]
    _found: dict[str, _Kept[_R]]
    _missing: dict[str, _Kept[_R]]
    _capacity: int
    _seconds: float
    _limits: Limits
    _clock: Callable[[], float]

    @hide_locals
    def __init__(
        self,
        find: Callable[[str], Opens[_R] | None],
        *,
        capacity: int = 1024,
        seconds: float = 300.0,
        limits: Limits = _DEFAULTS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        for name, given in (("find", find), ("clock", clock)):
            if not callable(given):
                raise checks.wrong_type(name, "callable", given)
        checks.check(limits)
        checks.check_ints(capacity=capacity)
        if type(seconds) not in (int, float):
            raise checks.wrong_type("seconds", "a number", seconds)
        if not 1 <= capacity <= _MOST_CAPACITY:
            raise ValueError("capacity must be from 1 to 1000000")
        if not (checks.is_finite(seconds) and seconds > 0):
            raise ValueError("seconds must be positive and finite")
        self._set(_find=find, _found={}, _missing={}, _capacity=capacity)
        self._set(_seconds=float(seconds), _limits=limits, _clock=clock)

    @hide_locals
    def open(self, token: str | bytes) -> _R:
        """Open a token with the opener for the kid that it names.

        Args:
            token: the compact token.

        Returns:
            The result of the opener's `open`.

        Raises:
            TypeError: the token is neither str nor bytes, or the result of `find` has no `open`.
            UnknownKeyError: the token names no kid, or one for which `find` has no opener.
            MalformedTokenError: it is not a strict compact token.
            TokenTooLargeError: the token or its header is over a limit.
            TokenError: the opener refuses the token: a `Decrypter` with `NotAllowedError` or
                `DecryptionError`, a `Verifier` with `NotAllowedError` or `VerificationError`.

        Example:
            >>> import joseal
            >>> key = joseal.Key.generate("ES256", kid="tenant-7")
            >>> openers = {"tenant-7": joseal.Verifier(key.public())}
            >>> joseal.KeyResolver(openers.get).open(joseal.Signer(key).sign(b"hello")).payload
            b'hello'

        Source: RFC 7516 section 5.2 step 6.
        """
        kid = peek(token, limits=self._limits).kid
        opener = None if kid is None else self._opener(kid)
        if opener is None:
            raise UnknownKeyError
        return opener.open(token)

    @hide_locals
    def forget(self, kid: str | None = None) -> None:
        """Forget the answer for one name, or for all, so that it is looked up again.

        Args:
            kid: the name; None for all.

        Raises:
            TypeError: `kid` is neither str nor None.

        Example:
            >>> import joseal
            >>> resolver = joseal.KeyResolver({}.get)
            >>> resolver.forget("tenant-7")
        """
        checks.check_texts(kid=kid)
        with process_lock():
            for kept in (self._found, self._missing):
                if kid is None:
                    kept.clear()
                else:
                    kept.pop(kid, None)

    def _opener(self, kid: str) -> Opens[_R] | None:
        if len(kid) > _MOST_KID_CHARACTERS:
            return None
        now = self._clock()
        kept = self._found.get(kid) or self._missing.get(kid)
        if kept is not None and now - kept.since < self._seconds:
            return kept.opener
        opener = self._find(kid)
        if opener is not None and not callable(getattr(opener, "open", None)):
            raise checks.wrong_type("the result of find", "an opener or None", opener)
        self._keep(kid, _Kept(opener, now))
        return opener

    def _keep(self, kid: str, kept: _Kept[_R]) -> None:
        """Store an answer as the newest; the oldest one is dropped if the capacity is used up."""
        mine, other = self._found, self._missing
        if kept.opener is None:
            mine, other = other, mine
        with process_lock():
            other.pop(kid, None)
            mine.pop(kid, None)
            while len(mine) >= self._capacity:
                del mine[next(iter(mine))]
            mine[kid] = kept

    def __repr__(self) -> str:
        return f"KeyResolver(<{len(self._found)} names>)"
