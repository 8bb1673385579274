"""What the workers of `joseal bulk` make for themselves: an Encrypter or a Decrypter.

Rules:
- A key and its password are never pickled: each process reads them again, from the same places.
- A key that was replaced meanwhile is refused, by its thumbprint.
- What can be read only once, from a prompt or a pipe, is read here and works on threads.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple, TypeAlias

from joseal import Decrypter, Encrypter, InvalidKeyError, Key, KeySet
from joseal._core.algorithms.registry import lookup_encs
from joseal._core.secrecy import hide_locals
from joseal.bulk.many import Sizes, decrypting, encrypting
from joseal.cli import encrypt, key_files, options
from joseal.cli.bulk.run import Worker
from joseal.cli.exit_codes import FailureError

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
        return (options.load_key(self.path, alg=self.alg, kid=self.kid),)


Source: TypeAlias = KeySource | TargetSource


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
