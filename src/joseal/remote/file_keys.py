"""`FileKeys`: the keys in a file with a JWK Set, which is read again when it changes.

Rules:
- The rules for a set are those for a fetched one; private keys are read only with `private=True`.
- Each check reads the file and compares its bytes, because a file's time can stay the same when it
  changes. A set that is being written is not strict JSON, and the previous one stays in use.

Source: RFC 7517 section 5.
"""

import os
import stat
import time
from collections.abc import Collection
from pathlib import Path
from typing import Final, Unpack, final

from joseal._core import checks
from joseal._core.algorithms.hashes import digest
from joseal._core.algorithms.registry import Enc
from joseal._core.jwe import Decrypter
from joseal._core.jws import Signer
from joseal._core.keys.arguments import enc_in_use
from joseal._core.secrecy import hide_locals
from joseal.remote import documents
from joseal.remote.documents import Algs, Rules, Use, names_of
from joseal.remote.options import DecrypterOptions, kids_of_encrypted
from joseal.remote.outcomes import MOST_BYTES, Failure, Found, Loaded, Unchanged
from joseal.remote.refresher import Clock, Hook, Refresher, Times
from joseal.remote.source import KeySource, check_functions, check_seconds

_WAIT_SECONDS: Final = 10.0
_FLAGS: Final = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


@final
class FileKeys(KeySource):
    """The keys in a file with a JWK Set, such as one that an orchestrator mounts and replaces.

    Args:
        path: the path of the file, which is a regular file or a link to one.
        alg: the one algorithm of the keys; or a mapping of `crv` or `kty` to it, such as
            `{"RSA": "RS256", "P-256": "ES256"}`. Keys for any other algorithm are skipped.
        use: "sig" for signatures, "enc" for encryption.
        private: the file has this side's keys, private or shared, and only these are used. Without
            it, a file that has a private or a symmetric key is refused.
        check_seconds: how often the file is read, at most; a change takes effect then.
        stale_seconds: how long the last good set is used while the file is missing or refused.
        clock: returns seconds that never go back.
        on_fetch: called with a `Fetch` after each check, for metrics. Its exceptions leave the
            call, after the keys have been stored.

    Raises:
        TypeError: an argument is of the wrong type.
        ValueError: `alg` is for a different use than `use`, or for a shared secret without
            `private`; a number is negative or not finite; or the path has a null character.
        InvalidKeyError: `alg` is not known.

    Example:
        >>> from joseal.remote import FileKeys
        >>> mine = FileKeys("/run/keys/mine.jwks", alg="RSA-OAEP-256", use="enc", private=True)
        >>> mine
        FileKeys(use='enc', private=True)

    Source: RFC 7517 section 5.
    """

    __slots__ = ()

    @hide_locals
    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        alg: Algs,
        use: Use,
        private: bool = False,
        check_seconds: float = 1.0,
        stale_seconds: float = 3600.0,
        clock: Clock = time.monotonic,
        on_fetch: Hook | None = None,
    ) -> None:
        if not isinstance(path, str | os.PathLike):
            raise checks.wrong_type("path", "str or a path", path)
        # Called once, and here: an exception of the caller's path class leaves unchanged.
        name = os.fspath(path)
        if "\0" in name:
            raise ValueError("path must not have a null character")
        if type(private) is not bool:
            raise checks.wrong_type("private", "bool", private)
        wanted = documents.rules(alg, use, private=private)
        _check_numbers(check_seconds, stale_seconds)
        check_functions(clock, on_fetch)
        each = check_seconds
        times = Times(each, each, each, stale_seconds, each, each, _WAIT_SECONDS)
        load = _Loader(Path(name), wanted).load
        self._set(_refresher=Refresher(load, times, clock, on_fetch), _rules=wanted)

    @hide_locals
    def decrypter(
        self,
        enc: Enc | Collection[Enc] | None,
        token: str | bytes | None = None,
        **options: Unpack[DecrypterOptions],
    ) -> Decrypter:
        """Return a `Decrypter` for the current keys.

        Args:
            enc: the accepted content encryption, one or several, for the keys that need one; None
                if all of the source's algs are for integrated HPKE.
            token: the token to decrypt. If it names an unknown kid, the file is read again, once in
                `check_seconds`. Nothing else in it is read.
            options: the other settings of a `Decrypter`, such as `typ`, `cty` and `policy`.

        Returns:
            An object that never changes: get a new one for each token.

        Raises:
            TypeError: an argument is of the wrong type, or `enc` is missing.
            ValueError: `enc` or an option has an unknown value; or the keys are not private ones
                for use "enc".
            InvalidKeyError: a policy refuses the keys, or they fit no `enc`.
            KeyUnavailableError: there are no keys, or the token names an unknown one and the file
                could not be read: the token may be good.

        Example:
            >>> import json
            >>> from pathlib import Path
            >>> import joseal
            >>> from joseal.remote import FileKeys
            >>> mine = joseal.Key.generate("ECDH-ES+A256KW", kid="2027-05")
            >>> text = json.dumps(joseal.KeySet([mine]).to_jwks(private=True))
            >>> size = Path("mine.jwks").write_text(text)
            >>> keys = FileKeys("mine.jwks", alg="ECDH-ES+A256KW", use="enc", private=True)
            >>> token = joseal.Encrypter(mine.public(), enc="A256GCM").encrypt(b"hello")
            >>> keys.decrypter("A256GCM", token).decrypt(token)
            b'hello'

        Source: RFC 7516 section 5.2.
        """
        self._check_private("enc")
        named = enc if enc is None or isinstance(enc, str) else tuple(enc)
        kids: tuple[str, ...] = ()
        if token is not None and options.get("any_kid") is not True:
            kids = kids_of_encrypted(token, options)
        snapshot = self._refresher.current(kids)
        algs = (key.alg for key in snapshot.keys)
        encs = enc_in_use(named, algs, names_of(self._rules.alg))
        settings: dict[str, object] = {**options, "enc": encs}
        return snapshot.prepared(
            Decrypter, settings, lambda: Decrypter(snapshot.keys, enc=encs, **options)
        )

    @hide_locals
    def signer(self) -> Signer:
        """Return a `Signer` for the first of the current keys.

        Returns:
            An object that never changes: get a new one for each message.

        Raises:
            ValueError: the keys are not private ones for use "sig".
            KeyUnavailableError: there are no keys.

        Example:
            >>> import json
            >>> from pathlib import Path
            >>> import joseal
            >>> from joseal.remote import FileKeys
            >>> mine = joseal.Key.generate("ES256", kid="2027-05")
            >>> text = json.dumps(joseal.KeySet([mine]).to_jwks(private=True))
            >>> size = Path("mine.jwks").write_text(text)
            >>> keys = FileKeys("mine.jwks", alg="ES256", use="sig", private=True)
            >>> token = keys.signer().sign(b"hello")
            >>> joseal.Verifier(mine.public()).verify(token)
            b'hello'

        Source: RFC 7515 section 5.1.
        """
        self._check_private("sig")
        snapshot = self._refresher.current()
        return snapshot.prepared(Signer, {}, lambda: Signer(next(iter(snapshot.keys))))

    def _check_private(self, use: Use) -> None:
        self._check_use(use)
        if not self._rules.private:
            raise ValueError("these keys are public: private=True reads a file with private ones")

    def __repr__(self) -> str:
        return f"FileKeys(use={self._rules.use!r}, private={self._rules.private})"


def _check_numbers(check: float, stale: float) -> None:
    check_seconds(check_seconds=check, stale_seconds=stale)


class _Loader:
    """Reads the file. One call at a time."""

    def __init__(self, path: Path, wanted: Rules) -> None:
        self._path = path
        self._rules = wanted

    def load(self, before: str | bytes | None) -> Found:
        """Read the set, if the bytes of the file have changed."""
        try:
            # Opening a named pipe would wait for a writer before its type is known.
            descriptor = os.open(self._path, _FLAGS)
            with os.fdopen(descriptor, "rb") as file:
                if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                    return Failure("file", "it is not a regular file")
                raw = file.read(MOST_BYTES + 1)
        except OSError:
            return Failure("file", "the file can't be read")
        # By their hash, because the file may be a secret.
        found = digest(raw)
        if found == before:
            return Unchanged(None)
        keys = documents.read(raw, self._rules)
        return keys if isinstance(keys, Failure) else Loaded(keys, None, found)
