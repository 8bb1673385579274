"""`KeyRing`: your own keys during a rotation, with dates that decide which of them are used.

Rules:
- A ring never changes: `announce`, `promote` and `retire` return a new one. Only the clock moves a
  key from one state to the next.
- Every key decrypts until it is retired, even one that is only planned: the clocks of several
  machines differ, and a partner's may be ahead of all of them.
- A retired key does not decrypt anything, although the ring still knows its name.
- The passing of a date makes no call fail: one `enc` works throughout a rotation to or from
  integrated HPKE, which has none.

Source: NIST SP 800-57 part 1 revision 5 sections 5.3 and 7, RFC 7517 section 5.
"""

import datetime as dt
import time
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import NamedTuple, TypeAlias, Unpack, final

from joseal._core import checks
from joseal._core.algorithms.registry import SIGS, Enc
from joseal._core.jwe import DecryptedToken, Decrypter, Encrypter
from joseal._core.jws import Signer, Verifier
from joseal._core.keys import Key, KeySet
from joseal._core.keys.arguments import enc_in_use
from joseal._core.secrecy import Opaque, hide_locals
from joseal.errors import InvalidKeyError, JoseError, KeyUnavailableError, TokenError
from joseal.remote.documents import Use
from joseal.remote.options import (
    DecrypterOptions,
    EncrypterOptions,
    VerifierOptions,
    kids_of_encrypted,
)
from joseal.remote.ring import destruction, timeline
from joseal.remote.ring.destruction import Destruction
from joseal.remote.ring.ring_key import RingKey, State, check_date
from joseal.remote.ring.uses import KeyUse
from joseal.remote.snapshot import Snapshot

UseHook: TypeAlias = Callable[[KeyUse], object]
WallClock: TypeAlias = Callable[[], float]


class _Moment(NamedTuple):
    """The keys between two dates."""

    states: Mapping[str, State]
    primary: Key | None
    opening: Snapshot | None


@final
class KeyRing(Opaque):
    """Your own keys, each with its dates.

    Args:
        keys: the keys with their dates; all for encryption, or all for signatures.
        clock: returns seconds since 1970.
        on_use: called with a `KeyUse` after each token that `open` opened or refused. Its
            exceptions leave the call.

    Raises:
        TypeError: an argument is of the wrong type.
        ValueError: dates of two keys contradict each other, or two have the same kid.
        InvalidKeyError: there are no keys; keys for both uses; or both symmetric and asymmetric
            ones.

    Example:
        >>> import datetime
        >>> import joseal
        >>> from joseal.remote import KeyRing, RingKey
        >>> may = datetime.datetime(2027, 5, 1, tzinfo=datetime.UTC)
        >>> june = datetime.datetime(2027, 6, 1, tzinfo=datetime.UTC)
        >>> old = joseal.Key.generate("ECDH-ES+A256KW", kid="old")
        >>> new = joseal.Key.generate("ECDH-ES+A256KW", kid="new")
        >>> ring = KeyRing([RingKey(old, announced=may, primary=may)])
        >>> ring = ring.announce(new, may).promote("new", june)
        >>> ring.states(may), ring.states(june)
        ({'old': 'primary', 'new': 'announced'}, {'old': 'retiring', 'new': 'primary'})

    Source: NIST SP 800-57 part 1 revision 5 section 7.
    """

    __slots__ = ("_clock", "_keys", "_moments", "_on_use", "_use")

    _clock: WallClock
    _keys: tuple[RingKey, ...]
    _moments: dict[tuple[State, ...], _Moment]
    _on_use: UseHook | None
    _use: Use

    @hide_locals
    def __init__(
        self,
        keys: Iterable[RingKey],
        *,
        clock: WallClock = time.time,
        on_use: UseHook | None = None,
    ) -> None:
        members = tuple(keys)
        for place, each in enumerate(members):
            if not isinstance(each, RingKey):
                raise checks.wrong_type(f"keys[{place}]", "a RingKey", each)
        if not callable(clock):
            raise checks.wrong_type("clock", "a function", clock)
        if on_use is not None and not callable(on_use):
            raise checks.wrong_type("on_use", "a function", on_use)
        # It refuses an empty set and a mixed one.
        KeySet(each.key for each in members)
        uses = {each.key.alg in SIGS for each in members}
        if len(uses) > 1:
            raise InvalidKeyError("a ring is for encryption or for signatures: make two of them")
        timeline.check(members)
        self._set(_keys=members, _clock=clock, _on_use=on_use, _moments={})
        self._set(_use="sig" if uses == {True} else "enc")

    @hide_locals
    def states(self, at: dt.datetime | None = None) -> dict[str, State]:
        """Return the state of each key.

        Args:
            at: the time; None for now.

        Returns:
            For each kid: `planned` before it is announced, then `announced`, `primary`, `retiring`
            from the time when the next key is primary, and `retired`.

        Raises:
            TypeError: `at` is not a `datetime`.
            ValueError: it has no time zone.

        Example:
            >>> import datetime
            >>> import joseal
            >>> from joseal.remote import KeyRing, RingKey
            >>> may = datetime.datetime(2027, 5, 1, tzinfo=datetime.UTC)
            >>> june = datetime.datetime(2027, 6, 1, tzinfo=datetime.UTC)
            >>> key = joseal.Key.generate("ECDH-ES+A256KW", kid="2027-05")
            >>> ring = KeyRing([RingKey(key, announced=may, primary=may)], clock=may.timestamp)
            >>> ring.states()
            {'2027-05': 'primary'}
        """
        if at is not None:
            check_date("at", at)
        moment = self._now() if at is None else at
        return {each.kid: timeline.state(each, self._keys, moment) for each in self._keys}

    @hide_locals
    def encrypter(self, enc: Enc | None, **options: Unpack[EncrypterOptions]) -> Encrypter:
        """Return an `Encrypter` for the primary key.

        Args:
            enc: the content encryption, for a primary key that needs one; None if all keys of the
                ring are for integrated HPKE.
            options: the other settings of an `Encrypter`, such as `header` and `policy`.

        Returns:
            An object that never changes: get a new one for each message.

        Raises:
            TypeError: an argument is of the wrong type, or `enc` is missing.
            ValueError: `enc` or an option has an unknown value, or the ring is for signatures.
            InvalidKeyError: no key is primary yet, or a policy refuses it.

        Example:
            >>> import datetime
            >>> import joseal
            >>> from joseal.remote import KeyRing, RingKey
            >>> may = datetime.datetime(2027, 5, 1, tzinfo=datetime.UTC)
            >>> june = datetime.datetime(2027, 6, 1, tzinfo=datetime.UTC)
            >>> key = joseal.Key.generate("ECDH-ES+A256KW", kid="2027-05")
            >>> ring = KeyRing([RingKey(key, announced=may, primary=may)], clock=may.timestamp)
            >>> token = ring.encrypter("A256GCM").encrypt(b"hello")
            >>> ring.decrypter("A256GCM").decrypt(token)
            b'hello'

        Source: RFC 7516 section 5.1.
        """
        self._check_use("enc")
        key, snapshot = self._primary()
        public = key if key.is_symmetric else key.public()
        own = enc_in_use(enc, (key.alg,), self._algs())
        settings: dict[str, object] = {**options, "enc": own, "kid": key.kid}
        return snapshot.prepared(Encrypter, settings, lambda: Encrypter(public, enc=own, **options))

    @hide_locals
    def decrypter(
        self, enc: Enc | Collection[Enc] | None, **options: Unpack[DecrypterOptions]
    ) -> Decrypter:
        """Return a `Decrypter` for all keys except the retired ones. `open` also reports uses.

        Args:
            enc: the accepted content encryption, one or several, for the keys that need one; None
                if all keys of the ring are for integrated HPKE.
            options: the other settings of a `Decrypter`, such as `typ`, `cty` and `policy`.

        Returns:
            An object that never changes: get a new one for each token, because a key that retires
            later stays in it.

        Raises:
            TypeError: an argument is of the wrong type, or `enc` is missing.
            ValueError: `enc` or an option has an unknown value, or the ring is for signatures.
            InvalidKeyError: every key is retired, or a policy refuses one.

        Example:
            >>> import datetime
            >>> import joseal
            >>> from joseal.remote import KeyRing, RingKey
            >>> may = datetime.datetime(2027, 5, 1, tzinfo=datetime.UTC)
            >>> june = datetime.datetime(2027, 6, 1, tzinfo=datetime.UTC)
            >>> key = joseal.Key.generate("ECDH-ES+A256KW", kid="2027-05")
            >>> ring = KeyRing([RingKey(key, announced=may, primary=may)], clock=may.timestamp)
            >>> token = ring.encrypter("A256GCM").encrypt(b"hello")
            >>> ring.decrypter("A256GCM").decrypt(token)
            b'hello'

        Source: RFC 7516 section 5.2.
        """
        self._check_use("enc")
        snapshot = self._opening()
        named = enc if enc is None or isinstance(enc, str) else tuple(enc)
        encs = enc_in_use(named, (key.alg for key in snapshot.keys), self._algs())
        settings: dict[str, object] = {**options, "enc": encs}
        return snapshot.prepared(
            Decrypter, settings, lambda: Decrypter(snapshot.keys, enc=encs, **options)
        )

    @hide_locals
    def open(
        self,
        token: str | bytes,
        enc: Enc | Collection[Enc] | None,
        *,
        aad: bytes | None = None,
        info: bytes = b"",
        **options: Unpack[DecrypterOptions],
    ) -> DecryptedToken:
        """Decrypt a token with the current keys, and report the outcome to `on_use`.

        Args:
            token: the token.
            enc: the accepted content encryption, one or several, for the keys that need one; None
                if all keys of the ring are for integrated HPKE.
            aad: the additional data that a message in a JSON form must have. None accepts any.
            info: for HPKE, data that both sides know and the token does not have, such as a
                session. A token for any other alg does not bind it, and is then refused.
            options: the other settings of a `Decrypter`, such as `typ`, `cty` and `policy`.

        Returns:
            The plaintext, with the header and the key.

        Raises:
            TypeError: an argument is of the wrong type, or `enc` is missing.
            ValueError: `enc` or an option has an unknown value, or the ring is for signatures;
                `aad` is empty, or the form is compact; `info` without a key for HPKE.
            InvalidKeyError: every key is retired, or a policy refuses one.
            MalformedTokenError: it is not a strict JWE in the accepted form.
            TokenTooLargeError: it is over a limit.
            NotAllowedError: the alg, enc, zip, typ, cty, p2c or aad is not accepted, or the alg
                does not bind the `info`.
            UnknownKeyError: it names a kid that the ring does not have, or that of a retired key.
            DecryptionError: it can't be decrypted; the reason is not given.
            KeyUnavailableError: a key on a device is unavailable.

        Example:
            >>> import datetime
            >>> import joseal
            >>> from joseal.remote import KeyRing, RingKey
            >>> may = datetime.datetime(2027, 5, 1, tzinfo=datetime.UTC)
            >>> june = datetime.datetime(2027, 6, 1, tzinfo=datetime.UTC)
            >>> key = joseal.Key.generate("ECDH-ES+A256KW", kid="2027-05")
            >>> ring = KeyRing([RingKey(key, announced=may, primary=may)], clock=may.timestamp)
            >>> token = ring.encrypter("A256GCM").encrypt(b"hello")
            >>> ring.open(token, "A256GCM").key.kid
            '2027-05'

        Source: RFC 7516 section 5.2.
        """
        decrypter = self.decrypter(enc, **options)
        try:
            opened = decrypter.open(token, aad=aad, info=info)
        except (TokenError, KeyUnavailableError) as error:
            self._tell_refused(kids_of_encrypted(token, options), error)
            raise
        self._tell(opened.key, "ok")
        return opened

    @hide_locals
    def signer(self) -> Signer:
        """Return a `Signer` for the primary key.

        Returns:
            An object that never changes: get a new one for each message.

        Raises:
            ValueError: the ring is for encryption.
            InvalidKeyError: no key is primary yet.

        Example:
            >>> import datetime
            >>> import joseal
            >>> from joseal.remote import KeyRing, RingKey
            >>> may = datetime.datetime(2027, 5, 1, tzinfo=datetime.UTC)
            >>> june = datetime.datetime(2027, 6, 1, tzinfo=datetime.UTC)
            >>> key = joseal.Key.generate("ES256", kid="2027-05")
            >>> ring = KeyRing([RingKey(key, announced=may, primary=may)], clock=may.timestamp)
            >>> joseal.Verifier(key.public()).verify(ring.signer().sign(b"hello"))
            b'hello'

        Source: RFC 7515 section 5.1.
        """
        self._check_use("sig")
        key, snapshot = self._primary()
        return snapshot.prepared(Signer, {"kid": key.kid}, lambda: Signer(key))

    @hide_locals
    def verifier(self, **options: Unpack[VerifierOptions]) -> Verifier:
        """Return a `Verifier` for all keys except the retired ones.

        Args:
            options: the other settings of a `Verifier`, such as `typ` and `policy`.

        Returns:
            An object that never changes: get a new one for each token.

        Raises:
            TypeError: an argument is of the wrong type.
            ValueError: an option has an unknown value, or the ring is for encryption.
            InvalidKeyError: every key is retired, or a policy refuses one.

        Example:
            >>> import datetime
            >>> import joseal
            >>> from joseal.remote import KeyRing, RingKey
            >>> may = datetime.datetime(2027, 5, 1, tzinfo=datetime.UTC)
            >>> june = datetime.datetime(2027, 6, 1, tzinfo=datetime.UTC)
            >>> key = joseal.Key.generate("ES256", kid="2027-05")
            >>> ring = KeyRing([RingKey(key, announced=may, primary=may)], clock=may.timestamp)
            >>> ring.verifier().verify(joseal.Signer(key).sign(b"hello"))
            b'hello'

        Source: RFC 7515 section 5.2.
        """
        self._check_use("sig")
        snapshot = self._opening()
        return snapshot.prepared(Verifier, options, lambda: Verifier(snapshot.keys, **options))

    @hide_locals
    def to_jwks(self) -> dict[str, list[dict[str, object]]]:
        """Return the JWK Set to serve now: the primary key first, then the announced ones.

        A retiring key for encryption is left out, so that partners stop encrypting to it; one for
        signatures stays, because its signatures are still verified.

        Returns:
            The public halves; an empty set before the first key is announced.

        Raises:
            InvalidKeyError: the keys are shared secrets, which are never served.

        Example:
            >>> import datetime
            >>> import joseal
            >>> from joseal.remote import KeyRing, RingKey
            >>> may = datetime.datetime(2027, 5, 1, tzinfo=datetime.UTC)
            >>> june = datetime.datetime(2027, 6, 1, tzinfo=datetime.UTC)
            >>> key = joseal.Key.generate("ECDH-ES+A256KW", kid="2027-05")
            >>> ring = KeyRing([RingKey(key, announced=may, primary=may)], clock=may.timestamp)
            >>> [jwk["kid"] for jwk in ring.to_jwks()["keys"]]
            ['2027-05']

        Source: RFC 7517 section 5, OpenID Connect Core 1.0 section 10.
        """
        order = ("primary", "announced", "retiring")[: 3 if self._use == "sig" else 2]
        states = self.states()
        served = [each.key for state in order for each in self._keys if states[each.kid] == state]
        return KeySet(served).to_jwks() if served else {"keys": []}

    @hide_locals
    def announce(self, key: Key, at: dt.datetime) -> "KeyRing":
        """Return a ring with one more key, which is served from a date on.

        Args:
            key: private, with a kid.
            at: the date. With a future date, every machine has the key before it is served.

        Returns:
            A new ring, with the clock and the hook of this one.

        Raises:
            TypeError: an argument is of the wrong type.
            ValueError: the date has no time zone, or the ring already has a key with this kid.
            InvalidKeyError: the key has no kid, is public, or has a different use than the others.

        Example:
            >>> import datetime
            >>> import joseal
            >>> from joseal.remote import KeyRing, RingKey
            >>> may = datetime.datetime(2027, 5, 1, tzinfo=datetime.UTC)
            >>> june = datetime.datetime(2027, 6, 1, tzinfo=datetime.UTC)
            >>> key = joseal.Key.generate("ECDH-ES+A256KW", kid="2027-05")
            >>> ring = KeyRing([RingKey(key, announced=may, primary=may)], clock=may.timestamp)
            >>> new = joseal.Key.generate("ECDH-ES+A256KW", kid="2027-06")
            >>> ring.announce(new, june).states(may)
            {'2027-05': 'primary', '2027-06': 'planned'}
        """
        return self._with((*self._keys, RingKey(key, announced=at)))

    @hide_locals
    def promote(self, kid: str, at: dt.datetime) -> "KeyRing":
        """Return a ring in which a key becomes primary at a date; the previous one then retires.

        Args:
            kid: the name of the key.
            at: the date.

        Returns:
            A new ring, with the clock and the hook of this one.

        Raises:
            TypeError: an argument is of the wrong type.
            ValueError: the ring has no such key, it has already become primary, or the date
                contradicts others.

        Example:
            >>> import datetime
            >>> import joseal
            >>> from joseal.remote import KeyRing, RingKey
            >>> may = datetime.datetime(2027, 5, 1, tzinfo=datetime.UTC)
            >>> june = datetime.datetime(2027, 6, 1, tzinfo=datetime.UTC)
            >>> key = joseal.Key.generate("ECDH-ES+A256KW", kid="2027-05")
            >>> ring = KeyRing([RingKey(key, announced=may, primary=may)], clock=may.timestamp)
            >>> new = joseal.Key.generate("ECDH-ES+A256KW", kid="2027-06")
            >>> ring.announce(new, may).promote("2027-06", june).states(june)
            {'2027-05': 'retiring', '2027-06': 'primary'}
        """
        found = self._find(kid)
        if found.primary is not None and found.primary <= self._now():
            raise ValueError("this key has become primary already: announce a new one")
        changed = RingKey(found.key, announced=found.announced, primary=at, retired=found.retired)
        return self._with(changed if each is found else each for each in self._keys)

    @hide_locals
    def retire(self, kid: str, at: dt.datetime) -> "KeyRing":
        """Return a ring in which a key decrypts nothing from a date on. Call `may_destroy` first.

        Args:
            kid: the name of the key.
            at: the date.

        Returns:
            A new ring, with the clock and the hook of this one.

        Raises:
            TypeError: an argument is of the wrong type.
            ValueError: the ring has no such key, or no other key takes its place before the date.

        Example:
            >>> import datetime
            >>> import joseal
            >>> from joseal.remote import KeyRing, RingKey
            >>> may = datetime.datetime(2027, 5, 1, tzinfo=datetime.UTC)
            >>> june = datetime.datetime(2027, 6, 1, tzinfo=datetime.UTC)
            >>> key = joseal.Key.generate("ECDH-ES+A256KW", kid="2027-05")
            >>> ring = KeyRing([RingKey(key, announced=may, primary=may)], clock=may.timestamp)
            >>> new = joseal.Key.generate("ECDH-ES+A256KW", kid="2027-06")
            >>> ring = ring.announce(new, may).promote("2027-06", june)
            >>> july = june + datetime.timedelta(days=30)
            >>> ring.retire("2027-05", july).states(july)
            {'2027-05': 'retired', '2027-06': 'primary'}

        Source: NIST SP 800-57 part 1 revision 5 section 7.
        """
        found = self._find(kid)
        changed = RingKey(found.key, announced=found.announced, primary=found.primary, retired=at)
        return self._with(changed if each is found else each for each in self._keys)

    @hide_locals
    def remove(self, kid: str) -> "KeyRing":
        """Return a ring without a retired key.

        Args:
            kid: the name of the key.

        Returns:
            A new ring, with the clock and the hook of this one.

        Raises:
            TypeError: `kid` is not a str.
            ValueError: the ring has no such key, or it is not retired.
            InvalidKeyError: it is the only one.

        Example:
            >>> import datetime
            >>> import joseal
            >>> from joseal.remote import KeyRing, RingKey
            >>> may = datetime.datetime(2027, 5, 1, tzinfo=datetime.UTC)
            >>> june = datetime.datetime(2027, 6, 1, tzinfo=datetime.UTC)
            >>> key = joseal.Key.generate("ECDH-ES+A256KW", kid="2027-05")
            >>> ring = KeyRing([RingKey(key, announced=may, primary=may)], clock=may.timestamp)
            >>> new = joseal.Key.generate("ECDH-ES+A256KW", kid="2027-06")
            >>> late = KeyRing(
            ...     [
            ...         RingKey(key, announced=may, primary=may, retired=june),
            ...         RingKey(new, announced=may, primary=june),
            ...     ],
            ...     clock=june.timestamp,
            ... )
            >>> late.remove("2027-05").states()
            {'2027-06': 'primary'}
        """
        found = self._find(kid)
        if self.states()[kid] != "retired":
            raise ValueError("this key is not retired: tokens under it would be lost")
        return self._with(each for each in self._keys if each is not found)

    @hide_locals
    def may_destroy(
        self,
        kid: str,
        *,
        quiet: dt.timedelta,
        last_used: dt.datetime | None,
        fetched: Mapping[str, dt.datetime | None],
    ) -> Destruction:
        """Tell whether a key for encryption may be retired and destroyed now.

        Args:
            kid: the name of the key.
            quiet: how long none of these events may have happened: longer than any token is in
                transit or in a queue.
            last_used: when a token under it was last opened; None if that never happened.
            fetched: for each partner, its first fetch of the served set since the key left it; None
                for a partner that has not fetched since. Empty if nobody fetches.

        Returns:
            The answer, with the reasons against it.

        Raises:
            TypeError: an argument is of the wrong type.
            ValueError: the ring has no such key or is for signatures, a date has no time zone, or
                `quiet` is negative.

        Example:
            >>> import datetime
            >>> import joseal
            >>> from joseal.remote import KeyRing, RingKey
            >>> may = datetime.datetime(2027, 5, 1, tzinfo=datetime.UTC)
            >>> june = datetime.datetime(2027, 6, 1, tzinfo=datetime.UTC)
            >>> key = joseal.Key.generate("ECDH-ES+A256KW", kid="2027-05")
            >>> ring = KeyRing([RingKey(key, announced=may, primary=may)], clock=may.timestamp)
            >>> quiet = datetime.timedelta(days=7)
            >>> ring.may_destroy("2027-05", quiet=quiet, last_used=None, fetched={}).reasons
            ('in_use',...)

        Source: NIST SP 800-57 part 1 revision 5 section 7.
        """
        self._check_use("enc")
        fetches = destruction.check_facts(quiet, last_used, fetched)
        left = timeline.left_at(self._find(kid), self._keys)
        return destruction.decide(left, self._now(), quiet, last_used, fetches)

    def _now(self) -> dt.datetime:
        seconds = checks.seconds_of("clock", self._clock)
        try:
            return dt.datetime.fromtimestamp(seconds, dt.UTC)
        except (OverflowError, OSError, ValueError):
            raise ValueError("clock must return a time from the year 1 to 9999") from None

    def _with(self, keys: Iterable[RingKey]) -> "KeyRing":
        return KeyRing(keys, clock=self._clock, on_use=self._on_use)

    def _find(self, kid: str) -> RingKey:
        if not isinstance(kid, str):
            raise checks.wrong_type("kid", "str", kid)
        for each in self._keys:
            if each.kid == kid:
                return each
        raise ValueError("the ring has no key of this kid")

    def _moment(self) -> _Moment:
        """Return the current keys, prepared once for the time between two dates."""
        now = self._now()
        states: tuple[State, ...] = tuple(
            timeline.state(each, self._keys, now) for each in self._keys
        )
        found = self._moments.get(states)
        if found is not None:
            return found
        pairs = list(zip(self._keys, states, strict=True))
        opening = [each.key for each, state in pairs if state != "retired"]
        made = _Moment(
            {each.kid: state for each, state in pairs},
            next((each.key for each, state in pairs if state == "primary"), None),
            Snapshot(KeySet(opening)) if opening else None,
        )
        self._moments[states] = made
        return made

    def _opening(self) -> Snapshot:
        opening = self._moment().opening
        if opening is None:
            raise InvalidKeyError("every key of the ring is retired")
        return opening

    def _primary(self) -> tuple[Key, Snapshot]:
        moment = self._moment()
        if moment.primary is None or moment.opening is None:
            raise InvalidKeyError("no key of the ring is primary: promote one")
        return moment.primary, moment.opening

    def _algs(self) -> list[str]:
        return [each.key.alg for each in self._keys]

    def _check_use(self, use: Use) -> None:
        if self._use != use:
            raise ValueError(f"this ring is for use {self._use!r}, not {use!r}")

    def _tell(self, key: Key | None, outcome: str) -> None:
        if self._on_use is None:
            return
        kid, alg = (None, None) if key is None else (key.kid, key.alg)
        self._on_use(KeyUse(kid=kid, alg=alg, outcome=outcome, at=self._clock()))

    def _tell_refused(self, kids: tuple[str, ...], error: JoseError) -> None:
        """Report a refused token, with the key of the ring that it names, if any."""
        named = [each for each in self._keys if each.kid in kids]
        if not named:
            self._tell(None, error.code)
            return
        is_retired = self._moment().states[named[0].kid] == "retired"
        self._tell(named[0].key, "retired" if is_retired else error.code)

    def __repr__(self) -> str:
        return f"KeyRing({list(self._keys)!r})"
