"""The common part of all sources of keys: they return objects for the current keys.

Rules:
- The other side's change of keys makes no call fail: one `enc` works throughout a rotation to or
  from integrated HPKE, which has none.
- An object is made for one snapshot and never changes; get a new one for each message. That takes
  microseconds, and one call every few minutes fetches from the source.
- Only the kid of a token is read, and only to decide whether a fetch is worthwhile. `jku`, `x5u`
  and `x5c` are never read.

Source: RFC 7515 sections 4.1.2 to 4.1.6, RFC 8725 section 3.10.
"""

from typing import Unpack

from joseal._core import checks
from joseal._core.algorithms.registry import Enc
from joseal._core.jwe import Encrypter
from joseal._core.jws import Verifier
from joseal._core.keys import Key, KeySet
from joseal._core.keys.arguments import enc_in_use
from joseal._core.secrecy import Opaque, hide_locals
from joseal.errors import KeyUnavailableError
from joseal.remote.documents import Rules, Use, names_of
from joseal.remote.options import EncrypterOptions, VerifierOptions, kids_of_signed
from joseal.remote.outcomes import Health
from joseal.remote.refresher import Refresher
from joseal.remote.snapshot import Snapshot


class KeySource(Opaque):
    """Keys that may change: the type of `RemoteKeys` and of `FileKeys`.

    Raises:
        TypeError: this class itself is instantiated.

    Example:
        >>> import json
        >>> from pathlib import Path
        >>> import joseal
        >>> from joseal.remote import FileKeys
        >>> mine = joseal.Key.generate("ECDH-ES+A256KW", kid="2027-05")
        >>> text = json.dumps(joseal.KeySet([mine]).to_jwks(private=True))
        >>> size = Path("mine.jwks").write_text(text)
        >>> keys = FileKeys("mine.jwks", alg="ECDH-ES+A256KW", use="enc", private=True)
        >>> keys.key_set().skipped
        ()

    Source: RFC 7517 section 5.
    """

    __slots__ = ("_refresher", "_rules")

    _refresher: Refresher
    _rules: Rules

    def __init__(self) -> None:
        raise TypeError("make RemoteKeys or FileKeys")

    @hide_locals
    def key_set(self) -> KeySet:
        """Return the current keys.

        Returns:
            A set that never changes. Members that could not be used are in its `skipped`.

        Raises:
            KeyUnavailableError: there are none: no fetch has succeeded, or the last successful one
                was too long ago.

        Example:
            >>> import json
            >>> from pathlib import Path
            >>> import joseal
            >>> from joseal.remote import FileKeys
            >>> mine = joseal.Key.generate("ECDH-ES+A256KW", kid="2027-05")
            >>> text = json.dumps(joseal.KeySet([mine]).to_jwks(private=True))
            >>> size = Path("mine.jwks").write_text(text)
            >>> keys = FileKeys("mine.jwks", alg="ECDH-ES+A256KW", use="enc", private=True)
            >>> len(keys.key_set())
            1
        """
        return self._refresher.current().keys

    @hide_locals
    def refresh(self) -> KeySet:
        """Fetch from the source now, unconditionally: for operators, and when a process starts.

        Returns:
            The keys of this fetch, or of a fetch that was already in progress.

        Raises:
            KeyUnavailableError: it failed. The previous keys stay.

        Example:
            >>> import json
            >>> from pathlib import Path
            >>> import joseal
            >>> from joseal.remote import FileKeys
            >>> mine = joseal.Key.generate("ECDH-ES+A256KW", kid="2027-05")
            >>> text = json.dumps(joseal.KeySet([mine]).to_jwks(private=True))
            >>> size = Path("mine.jwks").write_text(text)
            >>> keys = FileKeys("mine.jwks", alg="ECDH-ES+A256KW", use="enc", private=True)
            >>> len(keys.refresh())
            1
        """
        return self._refresher.refresh().keys

    @hide_locals
    def health(self) -> Health:
        """Return the status of the source, without a fetch.

        Returns:
            The names of the keys, the age of the last good fetch, and the failures since then.

        Example:
            >>> import json
            >>> from pathlib import Path
            >>> import joseal
            >>> from joseal.remote import FileKeys
            >>> mine = joseal.Key.generate("ECDH-ES+A256KW", kid="2027-05")
            >>> text = json.dumps(joseal.KeySet([mine]).to_jwks(private=True))
            >>> size = Path("mine.jwks").write_text(text)
            >>> keys = FileKeys("mine.jwks", alg="ECDH-ES+A256KW", use="enc", private=True)
            >>> keys.health().is_usable
            False
            >>> keys.refresh() is keys.key_set(), keys.health().is_usable
            (True, True)
        """
        return self._refresher.health()

    @hide_locals
    def verifier(
        self, token: str | bytes | None = None, **options: Unpack[VerifierOptions]
    ) -> Verifier:
        """Return a `Verifier` for the current keys.

        Args:
            token: the token to verify. If it names an unknown kid, the source is fetched again,
                once in the cooldown. Nothing else in it is read.
            options: the other settings of a `Verifier`, such as `typ` and `policy`.

        Returns:
            An object that never changes: get a new one for each token. For the same keys and
            settings it is the same object.

        Raises:
            TypeError: an argument is of the wrong type.
            ValueError: an option has an unknown value, or the source's `use` is not "sig".
            InvalidKeyError: a policy refuses the keys.
            KeyUnavailableError: there are no keys, or the token names an unknown one and the source
                is unavailable: the token may be good.

        Example:
            >>> import json
            >>> from pathlib import Path
            >>> import joseal
            >>> from joseal.remote import FileKeys
            >>> mine = joseal.Key.generate("ES256", kid="2027-05")
            >>> text = json.dumps(joseal.KeySet([mine]).to_jwks())
            >>> size = Path("bank.jwks").write_text(text)
            >>> keys = FileKeys("bank.jwks", alg="ES256", use="sig")
            >>> token = joseal.Signer(mine).sign(b"hello")
            >>> keys.verifier(token).verify(token)
            b'hello'

        Source: RFC 7515 section 5.2.
        """
        self._check_use("sig")
        kids: tuple[str, ...] = ()
        if token is not None and options.get("any_kid") is not True:
            kids = kids_of_signed(token, options)
        snapshot = self._refresher.current(kids)
        return snapshot.prepared(Verifier, options, lambda: Verifier(snapshot.keys, **options))

    @hide_locals
    def encrypter(
        self, enc: Enc | None, *, kid: str | None = None, **options: Unpack[EncrypterOptions]
    ) -> Encrypter:
        """Return an `Encrypter` for the current key: the first usable one of the set.

        Args:
            enc: the content encryption, for a key that needs one; None if all of the source's algs
                are for integrated HPKE.
            kid: the name of the key to use; None for the first one, in the order of the set.
            options: the other settings of an `Encrypter`, such as `header` and `policy`.

        Returns:
            An object that never changes: get a new one for each message. For the same keys and
            settings it is the same object.

        Raises:
            TypeError: an argument is of the wrong type, or `enc` is missing.
            ValueError: `enc` or an option has an unknown value, or the source's `use` is not "enc".
            InvalidKeyError: a policy refuses the key.
            KeyUnavailableError: there are no keys, or none with this name.

        Example:
            >>> import json
            >>> from pathlib import Path
            >>> import joseal
            >>> from joseal.remote import FileKeys
            >>> mine = joseal.Key.generate("ECDH-ES+A256KW", kid="2027-05")
            >>> text = json.dumps(joseal.KeySet([mine]).to_jwks())
            >>> size = Path("bank.jwks").write_text(text)
            >>> keys = FileKeys("bank.jwks", alg="ECDH-ES+A256KW", use="enc")
            >>> token = keys.encrypter("A256GCM").encrypt(b"hello")
            >>> joseal.Decrypter(mine, enc="A256GCM").decrypt(token)
            b'hello'

        Source: RFC 7516 section 5.1.
        """
        self._check_use("enc")
        checks.check_texts(kid=kid)
        snapshot = self._refresher.current(() if kid is None else (kid,))
        key = _chosen(snapshot, kid)
        own = enc_in_use(enc, (key.alg,), names_of(self._rules.alg))
        settings: dict[str, object] = {**options, "enc": own, "kid": kid}
        made = key if key.is_symmetric or not key.is_private else key.public()
        return snapshot.prepared(Encrypter, settings, lambda: Encrypter(made, enc=own, **options))

    def _check_use(self, use: Use) -> None:
        if self._rules.use != use:
            raise ValueError(f"these keys are for use {self._rules.use!r}, not {use!r}")


def _chosen(snapshot: Snapshot, kid: str | None) -> Key:
    for key in snapshot.keys:
        if kid is None or key.kid == kid:
            return key
    raise KeyUnavailableError("the set has no key of the kid that was asked for")


def check_seconds(**numbers: float) -> None:
    """Check numbers of seconds.

    Raises:
        TypeError: one is not a number.
        ValueError: one is negative or not finite.
    """
    for name, number in numbers.items():
        if isinstance(number, bool) or not isinstance(number, int | float):
            raise checks.wrong_type(name, "a number of seconds", number)
        if not (checks.is_finite(number) and number >= 0):
            raise ValueError(f"{name} must be finite and not negative")


def check_functions(clock: object, hook: object) -> None:
    """Check the functions from a caller.

    Raises:
        TypeError: one can't be called.
    """
    if not callable(clock):
        raise checks.wrong_type("clock", "a function", clock)
    if hook is not None and not callable(hook):
        raise checks.wrong_type("on_fetch", "a function", hook)
