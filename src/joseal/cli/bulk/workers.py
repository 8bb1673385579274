"""The objects that the workers of `joseal bulk` make: an Encrypter, a Decrypter or both.

Rules:
- A key and its password are never pickled: each process reads them again, from the same places.
- Each process imports this module, so it must not import anything that prints.
- A key that was replaced in the meantime is recognized by its thumbprint and refused.
- A secret that can be read only once, from a prompt or a pipe, is read here and used in threads.
"""

import re
from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from pathlib import Path
from typing import Final, NamedTuple, Protocol, TypeAlias, TypeVar

import click

from joseal import Decrypter, Encrypter, Form, InvalidKeyError, Key, KeySet, Rewrapper
from joseal._core.algorithms.registry import lookup_encs
from joseal._core.secrecy import hide_locals
from joseal.bulk import pools
from joseal.bulk.pools import CallerPool
from joseal.bulk.run import BulkRun
from joseal.bulk.worker import Tool
from joseal.cli import encrypt, exit_codes, key_files, options
from joseal.cli.bulk.pieces import PieceMaker, Run, Shape, piece_task
from joseal.cli.exit_codes import FailureError

_T = TypeVar("_T")

Keys: TypeAlias = tuple[Key, ...]

# Dask does not always report an item that kills each worker. Parts take seconds.
_ANSWER_SECONDS: Final = 600


class KeySource(NamedTuple):
    """Where keys come from."""

    paths: tuple[Path, ...]
    alg: str | None
    password: options.Password = options.Password(None, None, ask=False)
    legacy: bool = False
    alias: str | None = None

    def places(self) -> tuple[Path, ...]:
        """Return the sources that are read."""
        return (*self.paths, *(() if self.password.path is None else (self.password.path,)))

    def can_be_read_again(self) -> bool:
        """Tell whether another process can read the same key."""
        return not self.password.ask and all(path.is_file() for path in self.places())

    @hide_locals
    def load(self) -> Keys:
        """Read the keys that decrypt: all keys of every file, including those of JWK Sets.

        Raises:
            FailureError: a file can't be read.
            InvalidKeyError: a file has no key, or none for `alg`, or none for encryption.
            UsageError: `alg` is missing, or the password.
        """
        password = options.read_password(self.password)
        keys = options.load_keys(
            self.paths, alg=self.alg, password=password, alias=self.alias, legacy=self.legacy
        )
        return tuple(key_files.for_encryption(keys))


class TargetSource(NamedTuple):
    """The source of the one key that encrypts; in a JWK Set, `kid` names it."""

    path: Path
    alg: str | None
    kid: str | None = None
    alias: str | None = None
    option: str = "--"

    def places(self) -> tuple[Path, ...]:
        """Return the sources that are read."""
        return (self.path,)

    def can_be_read_again(self) -> bool:
        """Tell whether another process can read the same key."""
        return self.path.is_file()

    def load(self) -> Keys:
        """Read the key.

        Raises:
            FailureError: the file can't be read.
            InvalidKeyError: it is not a key, or not one for `alg`.
            UsageError: `alg` is missing.
        """
        return (
            self.named(
                lambda: options.load_key(self.path, alg=self.alg, kid=self.kid, alias=self.alias)
            ),
        )

    def named(self, act: Callable[[], _T]) -> _T:
        """Do something with the key; errors refer to the options that name this key.

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
        return re.sub(r"(?<!\S)--(?=(alg|alias|kid|enc)\b)", self.option, text)


class Source(Protocol):
    """Where keys come from."""

    def load(self) -> Keys:
        """Read them."""
        ...

    def places(self) -> tuple[Path, ...]:
        """Return the sources that are read."""
        ...

    def can_be_read_again(self) -> bool:
        """Tell whether another process can read the same key."""
        ...


class Settings(Protocol):
    """How an Encrypter, a Decrypter or both are made."""

    def prepare(self, keys: Keys) -> Tool:
        """Make it."""
        ...


def thumbprints(keys: Keys) -> str:
    """Return names for the keys by their content, in their order."""
    return " ".join(key.thumbprint() for key in keys)


@hide_locals
def _again(source: Source, known: str) -> Keys:
    """Read keys in a worker, whose exceptions have to be pickled.

    Raises:
        InvalidKeyError: as for `load`, or a file can't be read any more, or now has a different
            key.
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

    enc: str | None
    members: Mapping[str, object]
    write_kid: bool

    def prepare(self, keys: Keys) -> Encrypter:
        """Make it, for the one key.

        Raises:
            InvalidKeyError: the key is private, or can't serve this enc.
            UsageError: there is no enc although the key needs one, or the reverse.
        """
        (key,) = keys
        options.check_enc(keys, self.enc)
        return encrypt.prepare(key, self.enc, self.members, write_kid=self.write_kid)


class DecrypterSettings(NamedTuple):
    """How a Decrypter is made."""

    enc: tuple[str, ...]
    typ: str | None
    cty: str | None
    any_kid: bool
    accept_zip: bool
    form: Form = "compact"

    def prepare(self, keys: Keys) -> Decrypter:
        """Make it.

        Raises:
            UsageError: there is no enc although a key needs one, or the reverse.
        """
        return Decrypter(
            options.with_enc(KeySet(keys), self.enc),
            enc=[known.name for known in lookup_encs(self.enc)] if self.enc else None,
            typ=self.typ,
            cty=self.cty,
            any_kid=self.any_kid,
            accept_zip=self.accept_zip,
            form=self.form,
        )


class RewrapperSettings(NamedTuple):
    """The source of the keys of a Rewrapper, and how it is made."""

    source: KeySource
    opening: DecrypterSettings
    target: TargetSource
    encrypting: EncrypterSettings
    keep_old: bool = False
    verify: bool = False

    def load(self) -> Keys:
        """Read all keys; the last one is the new one.

        Raises:
            FailureError: a file can't be read.
            InvalidKeyError: a file has no key, or none for its alg.
            UsageError: an alg is missing, or the password.
        """
        return (*self.source.load(), *self.target.load())

    def places(self) -> tuple[Path, ...]:
        """Return the sources that are read."""
        return (*self.source.places(), *self.target.places())

    def can_be_read_again(self) -> bool:
        """Tell whether another process can read the same key."""
        return self.source.can_be_read_again() and self.target.can_be_read_again()

    def prepare(self, keys: Keys) -> Rewrapper:
        """Make it.

        Raises:
            InvalidKeyError: a key can't be used.
            UsageError: the options don't go together.
        """
        old, new = keys[:-1], keys[-1:]
        options.check_enc(new, self.encrypting.enc, option="--to-enc")
        encrypter = self.target.named(lambda: self.encrypting.prepare(new))
        opener = self.opening.prepare(old)
        try:
            return Rewrapper(opener, encrypter, keep_old=self.keep_old, verify=self.verify)
        except ValueError as error:
            reason = str(error)
        raise click.UsageError(reason)


class _Factory(NamedTuple):
    """Its method is the factory that each process calls."""

    source: Source
    settings: Settings
    known: str
    shape: Shape

    def make(self) -> PieceMaker:
        return PieceMaker(self.settings.prepare(_again(self.source, self.known)), self.shape)


class Crew(NamedTuple):
    """Where the work is done: threads or processes of this machine, or an executor.

    Attributes:
        workers: how many.
        executor: the executor they belong to, unless they are joseal's own.
    """

    workers: int
    executor: Executor | None = None

    def start(self, source: Source, settings: Settings, keys: Keys, shape: Shape) -> Run:
        """Begin a run of parts.

        Raises:
            InvalidKeyError: a worker can't load a key.
        """
        again = source.can_be_read_again()
        factory = _Factory(source, settings, thumbprints(keys), shape).make
        # Each worker works on one part, and one more each is waiting; results come in order.
        in_flight = 2 * self.workers + 2
        if self.executor is not None:
            pool = CallerPool(self.executor)
            return BulkRun(piece_task, factory, pool, in_flight, _ANSWER_SECONDS)
        if self.workers > 1 and again:
            return BulkRun(piece_task, factory, pools.processes(self.workers), in_flight)
        maker = PieceMaker(settings.prepare(keys), shape)
        return BulkRun(piece_task, maker, pools.threads(self.workers), in_flight)
