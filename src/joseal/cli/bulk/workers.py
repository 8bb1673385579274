"""What the workers of `joseal bulk` make for themselves: an Encrypter, a Decrypter or both.

Rules:
- A key and its password are never pickled: each process reads them again, from the same places.
- A key that was replaced meanwhile is refused, by its thumbprint.
- What can be read only once, from a prompt or a pipe, is read here and works on threads.
"""

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple, Protocol, TypeAlias, TypeVar

import click

from joseal import Decrypter, Encrypter, InvalidKeyError, Key, KeySet
from joseal._core.algorithms.registry import lookup_encs
from joseal._core.secrecy import hide_locals
from joseal.bulk.many import Sizes, decrypting, encrypting, rekeying
from joseal.bulk.worker import Rekeyer
from joseal.cli import encrypt, exit_codes, key_files, options
from joseal.cli.bulk.run import Worker
from joseal.cli.exit_codes import FailureError

_T = TypeVar("_T")

Keys: TypeAlias = tuple[Key, ...]


class KeySource(NamedTuple):
    """Where keys come from."""

    paths: tuple[Path, ...]
    alg: str | None
    password: options.Password = options.Password(None, None, ask=False)
    legacy: bool = False

    def can_be_read_again(self) -> bool:
        """Tell whether another process finds the same."""
        places = (*self.paths, self.password.path)
        return not self.password.ask and all(path is None or path.is_file() for path in places)

    @hide_locals
    def load(self) -> Keys:
        """Read the keys that open: all of every file, also those of JWK Sets.

        Raises:
            FailureError: a file can't be read.
            InvalidKeyError: one holds no key, or none for `alg`, or none for encryption.
            UsageError: `alg` is missing, or the password.
        """
        password = options.read_password(self.password)
        keys = options.load_keys(self.paths, alg=self.alg, password=password, legacy=self.legacy)
        return tuple(key_files.for_encryption(keys))


class TargetSource(NamedTuple):
    """Where the one key that seals comes from; of a JWK Set, `kid` names it."""

    path: Path
    alg: str | None
    kid: str | None = None
    option: str = "--"

    def can_be_read_again(self) -> bool:
        """Tell whether another process finds the same."""
        return self.path.is_file()

    def load(self) -> Keys:
        """Read the key.

        Raises:
            FailureError: the file can't be read.
            InvalidKeyError: it is no key, or none for `alg`.
            UsageError: `alg` is missing.
        """
        return (self.named(lambda: options.load_key(self.path, alg=self.alg, kid=self.kid)),)

    def named(self, act: Callable[[], _T]) -> _T:
        """Do something with the key; what is wrong is said of the options that name this key.

        Raises:
            InvalidKeyError: as `act`.
            UsageError: as `act`.
        """
        try:
            return act()
        except InvalidKeyError as error:
            failure: Exception = InvalidKeyError(self._reworded(str(error)))
        except click.UsageError as error:
            failure = click.UsageError(self._reworded(error.message))
        raise failure

    def _reworded(self, text: str) -> str:
        text = exit_codes.in_command_words(text)
        return re.sub(r"(?<!\S)--(?=(alg|kid|enc)\b)", self.option, text)


class Source(Protocol):
    """Where keys come from."""

    def load(self) -> Keys:
        """Read them."""
        ...


def thumbprints(keys: Keys) -> str:
    """Name keys by their content, in their order."""
    return " ".join(key.thumbprint() for key in keys)


@hide_locals
def _again(source: Source, known: str) -> Keys:
    """Read keys in a worker, whose exceptions have to be pickled.

    Raises:
        InvalidKeyError: as `load`, or a file can't be read any more, or has another key by now.
    """
    try:
        keys = source.load()
    except FailureError:
        raise InvalidKeyError("a worker can't read the key's file") from None
    if thumbprints(keys) != known:
        raise InvalidKeyError("the key was replaced while the workers started")
    return keys


class EncrypterSettings(NamedTuple):
    """How an Encrypter is made."""

    enc: str
    members: Mapping[str, object]
    write_kid: bool

    def prepare(self, keys: Keys) -> Encrypter:
        """Make it, for the one key."""
        (key,) = keys
        return encrypt.prepare(key, self.enc, self.members, write_kid=self.write_kid)


class DecrypterSettings(NamedTuple):
    """How a Decrypter is made."""

    enc: tuple[str, ...]
    typ: str | None
    cty: str | None
    any_kid: bool
    accept_zip: bool

    def prepare(self, keys: Keys) -> Decrypter:
        """Make it."""
        return Decrypter(
            KeySet(keys),
            enc=[known.name for known in lookup_encs(self.enc)],
            typ=self.typ,
            cty=self.cty,
            any_kid=self.any_kid,
            accept_zip=self.accept_zip,
        )


class _EncrypterFactory(NamedTuple):
    """Its method is the factory that each process calls."""

    source: TargetSource
    settings: EncrypterSettings
    known: str

    def make(self) -> Encrypter:
        return self.settings.prepare(_again(self.source, self.known))


class _DecrypterFactory(NamedTuple):
    """Its method is the factory that each process calls."""

    source: KeySource
    settings: DecrypterSettings
    known: str

    def make(self) -> Decrypter:
        return self.settings.prepare(_again(self.source, self.known))


class RekeyerSettings(NamedTuple):
    """Where the keys of a Rekeyer come from, and how it is made."""

    source: KeySource
    opening: DecrypterSettings
    target: TargetSource
    sealing: EncrypterSettings

    def load(self) -> Keys:
        """Read all keys; the last one is the new one.

        Raises:
            FailureError: a file can't be read.
            InvalidKeyError: one holds no key, or none for its alg.
            UsageError: an alg is missing, or the password.
        """
        return (*self.source.load(), *self.target.load())

    def can_be_read_again(self) -> bool:
        """Tell whether another process finds the same."""
        return self.source.can_be_read_again() and self.target.can_be_read_again()

    def prepare(self, keys: Keys) -> Rekeyer:
        """Make it."""
        old, new = keys[:-1], keys[-1:]
        sealer = self.target.named(lambda: self.sealing.prepare(new))
        return Rekeyer(self.opening.prepare(old), sealer)


class _RekeyerFactory(NamedTuple):
    """Its method is the factory that each process calls."""

    settings: RekeyerSettings
    known: str

    def make(self) -> Rekeyer:
        return self.settings.prepare(_again(self.settings, self.known))


def encrypt_chunks(
    source: TargetSource, settings: EncrypterSettings, keys: Keys, workers: int
) -> Worker:
    """Return what encrypts chunks, on threads or in processes."""
    prepared: Encrypter | Callable[[], Encrypter] = settings.prepare(keys)
    if workers > 1 and source.can_be_read_again():
        prepared = _EncrypterFactory(source, settings, thumbprints(keys)).make
    return lambda chunks: encrypting(prepared, Sizes(workers)).results(chunks)


def decrypt_chunks(
    source: KeySource, settings: DecrypterSettings, keys: Keys, workers: int
) -> Worker:
    """Return what decrypts chunks, on threads or in processes."""
    prepared: Decrypter | Callable[[], Decrypter] = settings.prepare(keys)
    if workers > 1 and source.can_be_read_again():
        prepared = _DecrypterFactory(source, settings, thumbprints(keys)).make
    return lambda chunks: decrypting(prepared, Sizes(workers)).results(chunks)


def rekey_chunks(settings: RekeyerSettings, keys: Keys, workers: int) -> Worker:
    """Return what opens chunks and seals them again, on threads or in processes."""
    prepared: Rekeyer | Callable[[], Rekeyer] = settings.prepare(keys)
    if workers > 1 and settings.can_be_read_again():
        prepared = _RekeyerFactory(settings, thumbprints(keys)).make
    return lambda chunks: rekeying(prepared, Sizes(workers)).results(chunks)
