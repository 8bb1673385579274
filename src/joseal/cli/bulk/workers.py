"""What the workers of `joseal bulk` make for themselves: an Encrypter or a Decrypter.

Rules:
- A key and its password are never pickled: each process reads them again, from the same places.
- A key that was replaced meanwhile is refused, by its thumbprint.
- What can be read only once, from a prompt or a pipe, is read here and works on threads.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

from joseal import Decrypter, Encrypter, InvalidKeyError, Key
from joseal._core.algorithms.registry import lookup_encs
from joseal._core.secrecy import hide_locals
from joseal.bulk.many import Sizes, decrypting, encrypting
from joseal.cli import encrypt, options
from joseal.cli.bulk.run import Worker
from joseal.cli.exit_codes import FailureError


class KeySource(NamedTuple):
    """Where a key comes from."""

    path: Path
    alg: str | None
    kid: str | None = None
    password: options.Password = options.Password(None, None, ask=False)
    legacy: bool = False

    def can_be_read_again(self) -> bool:
        """Tell whether another process finds the same."""
        places = (self.path, self.password.path)
        return not self.password.ask and all(path is None or path.is_file() for path in places)

    @hide_locals
    def load(self, thumbprint: str | None = None) -> Key:
        """Read the key, which must have the thumbprint if one is given.

        Raises:
            FailureError: a file can't be read.
            InvalidKeyError: it is no key, or none for `alg`, or another one than before.
            UsageError: `alg` is missing, or the password.
        """
        password = options.read_password(self.password)
        key = options.load_key(
            self.path, alg=self.alg, kid=self.kid, password=password, legacy=self.legacy
        )
        if thumbprint is not None and key.thumbprint() != thumbprint:
            raise InvalidKeyError("the key was replaced while the workers started")
        return key

    @hide_locals
    def load_again(self, thumbprint: str) -> Key:
        """Read the key in a worker, whose exceptions have to be pickled.

        Raises:
            InvalidKeyError: as `load`, or a file can't be read any more.
        """
        try:
            return self.load(thumbprint)
        except FailureError:
            pass
        raise InvalidKeyError("a worker can't read the key's file")


class EncrypterSettings(NamedTuple):
    """How an Encrypter is made."""

    enc: str
    members: Mapping[str, object]
    write_kid: bool

    def prepare(self, key: Key) -> Encrypter:
        """Make it."""
        return encrypt.prepare(key, self.enc, self.members, write_kid=self.write_kid)


class DecrypterSettings(NamedTuple):
    """How a Decrypter is made."""

    enc: tuple[str, ...]
    typ: str | None
    cty: str | None
    any_kid: bool
    accept_zip: bool

    def prepare(self, key: Key) -> Decrypter:
        """Make it."""
        return Decrypter(
            key,
            enc=[known.name for known in lookup_encs(self.enc)],
            typ=self.typ,
            cty=self.cty,
            any_kid=self.any_kid,
            accept_zip=self.accept_zip,
        )


class _EncrypterFactory(NamedTuple):
    """Its method is the factory that each process calls."""

    source: KeySource
    settings: EncrypterSettings
    thumbprint: str

    def make(self) -> Encrypter:
        return self.settings.prepare(self.source.load_again(self.thumbprint))


class _DecrypterFactory(NamedTuple):
    """Its method is the factory that each process calls."""

    source: KeySource
    settings: DecrypterSettings
    thumbprint: str

    def make(self) -> Decrypter:
        return self.settings.prepare(self.source.load_again(self.thumbprint))


def encrypt_chunks(
    source: KeySource, settings: EncrypterSettings, key: Key, workers: int
) -> Worker:
    """Return what encrypts chunks, on threads or in processes."""
    prepared: Encrypter | Callable[[], Encrypter] = settings.prepare(key)
    if workers > 1 and source.can_be_read_again():
        prepared = _EncrypterFactory(source, settings, key.thumbprint()).make
    return lambda chunks: encrypting(prepared, Sizes(workers)).results(chunks)


def decrypt_chunks(
    source: KeySource, settings: DecrypterSettings, key: Key, workers: int
) -> Worker:
    """Return what decrypts chunks, on threads or in processes."""
    prepared: Decrypter | Callable[[], Decrypter] = settings.prepare(key)
    if workers > 1 and source.can_be_read_again():
        prepared = _DecrypterFactory(source, settings, key.thumbprint()).make
    return lambda chunks: decrypting(prepared, Sizes(workers)).results(chunks)
