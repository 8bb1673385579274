"""`encrypt_many`, `decrypt_many` and `rewrap_many`: an iterable in, an iterator of outcomes out."""

import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor
from typing import Final, Generic, TypeVar, final

from joseal._core.jwe import Decrypter, Encrypter, decryption_settings, encryption_settings
from joseal._core.multi_jwe import MultiEncrypter, multi_settings
from joseal._core.rewrap import Rewrapper, algs
from joseal._core.secrecy import hide_locals
from joseal.bulk import pools, worker
from joseal.bulk.outcome import Item, Outcomes
from joseal.bulk.pace import Pace
from joseal.bulk.pools import CallerPool, Pool
from joseal.bulk.run import BulkRun
from joseal.bulk.worker import AnyEncrypter, PlaintextItem, PlaintextWithHeader, TokenItem

_Item = TypeVar("_Item")

# Measured with 300 bytes: the parent's work for an item takes 9 microseconds in chunks of 16, 3.6
# in chunks of 64 and 2.9 in chunks of 256.
CHUNK_ITEMS: Final = 256
# A chunk of large items stays in the processor's cache on its way.
CHUNK_BYTES: Final = 256 * 1024
# Measured with Dask: a plain loop does 29,000 a second, chunks of 256 13,700, of 8,192 20,500.
MOST_CHUNK_ITEMS: Final = 8192

_CHUNKS_PER_WORKER: Final = 4


@hide_locals
def encrypt_many(
    items: Iterable[bytes | Item],
    prepared: AnyEncrypter | Callable[[], AnyEncrypter],
    *,
    workers: int | None = None,
    executor: Executor | None = None,
    in_flight: int | None = None,
    chunk_items: int | None = None,
    chunk_bytes: int = CHUNK_BYTES,
    timeout_seconds: float | None = None,
) -> Outcomes[str]:
    """Encrypt every item, and return the outcomes in the order of the items.

    Nothing is read from `items` before the first outcome is taken, and then at most `in_flight`
    chunks ahead of the outcomes. An exception of the iterable itself ends the run and is raised. An
    item that was not finished because a process died is done again, so a token may be made that is
    never returned.

    Args:
        items: plaintexts, or `Item`s, which have Header Parameters too.
        prepared: a prepared Encrypter or MultiEncrypter, for threads, and if all of its keys are
            public for an executor of processes too; or a picklable factory, for processes and
            clusters, that each process calls once. It should load the key and not contain it.
        workers: how many threads or processes. The default is the number of usable cores; for a
            prepared object it is one thread, unless a private RSA operation or the derivation of a
            key from a password lets other threads run.
        executor: an executor to work on instead; `workers` is then the number of its workers. It is
            never shut down.
        in_flight: how many chunks are in progress; 4 for each worker by default. For an executor on
            many machines, give at least twice the number of its workers.
        chunk_items: the most items that go to a worker together. The default is 256, and up to
            8,192 for an executor whose tasks have an overhead of milliseconds, so that a task takes
            20 times its overhead, which is measured with the first chunk.
        chunk_bytes: the bytes after which a chunk is full, and proportionally more if chunks grow.
            One large item is a chunk.
        timeout_seconds: how long the executor may take for the chunk whose outcomes are next;
            unlimited by default. A chunk without an answer is done again item by item, so that only
            the items without an answer are lost. Set it with Dask, which may never report an item
            that kills each worker, and make it many times what a chunk takes.

    Returns:
        An iterator, which is a context manager too.

    Raises:
        TypeError: an argument is of the wrong type; `prepared` is neither of these, or can't be
            pickled.
        ValueError: a number is below one, or `timeout_seconds` is not positive and finite, or is
            given without an executor.
        TimeoutError: no worker of the executor answers in time.
        Exception: anything that the factory raises, now or in a later process.
        BrokenExecutor: processes die before they do any work, or repeatedly.

    Iterating raises BrokenExecutor if the caller's executor is broken, RuntimeError if it cancels
    tasks, and TimeoutError if many consecutive tasks have no answer. The error of an outcome is
    that of `Encrypter.encrypt`, or `ItemError`, or `LostError` if the processes that work on the
    item die, or give no answer in time, at each try.

    Example:
        >>> import joseal
        >>> from joseal.bulk import encrypt_many
        >>> mine = joseal.Key.generate("ECDH-ES+A256KW", kid="mine")
        >>> encrypter = joseal.Encrypter(mine.public(), enc="A256GCM")
        >>> with encrypt_many([b"a", b"b"], encrypter) as outcomes:
        ...     [outcome.error for outcome in outcomes]
        [None, None]
    """
    workers = _threads(prepared) if workers is None and executor is None else workers
    sizes = Sizes(workers, in_flight, chunk_items, chunk_bytes)
    run = encrypting(prepared, sizes, executor, _checked_timeout(timeout_seconds, executor))
    return Outcomes(run.results(_chunks(items, worker.checked, sizes), _measured(sizes, executor)))


@hide_locals
def decrypt_many(
    tokens: Iterable[str | bytes],
    prepared: Decrypter | Callable[[], Decrypter],
    *,
    workers: int | None = None,
    executor: Executor | None = None,
    in_flight: int | None = None,
    chunk_items: int | None = None,
    chunk_bytes: int = CHUNK_BYTES,
    timeout_seconds: float | None = None,
) -> Outcomes[bytes]:
    """Decrypt every token, and return the outcomes in the order of the tokens.

    Nothing is read from `tokens` before the first outcome is taken, and then at most `in_flight`
    chunks ahead of the outcomes. An exception of the iterable itself ends the run and is raised.

    Iterating raises BrokenExecutor if the caller's executor is broken, RuntimeError if it cancels
    tasks, and TimeoutError if many consecutive tasks have no answer. The error of an outcome is
    that of `Decrypter.decrypt`, or `ItemError`, or `LostError` if the processes that work on the
    token die, or give no answer in time, at each try.

    Args:
        tokens: the tokens.
        prepared: a prepared Decrypter, for threads; or a picklable factory, for processes and
            clusters, that each process calls once. It should load the key and not contain it.
        workers: how many threads or processes. The default is the number of usable cores; for a
            prepared object it is one thread, unless a private RSA operation or the derivation of a
            key from a password lets other threads run.
        executor: an executor to work on instead; `workers` is then the number of its workers. It is
            never shut down.
        in_flight: how many chunks are in progress; 4 for each worker by default. For an executor on
            many machines, give at least twice the number of its workers.
        chunk_items: the most tokens that go to a worker together. The default is 256, and up to
            8,192 for an executor whose tasks have an overhead of milliseconds.
        chunk_bytes: the bytes after which a chunk is full, and proportionally more if chunks grow.
            One large token is a chunk.
        timeout_seconds: how long the executor may take for the chunk whose outcomes are next;
            unlimited by default.

    Returns:
        An iterator, which is a context manager too.

    Raises:
        TypeError: an argument is of the wrong type; `prepared` is neither of these, or can't be
            pickled.
        ValueError: a number is below one, or `timeout_seconds` is not positive and finite, or is
            given without an executor.
        TimeoutError: no worker of the executor answers in time.
        Exception: anything that the factory raises, now or in a later process.
        BrokenExecutor: processes die before they do any work, or repeatedly.

    Example:
        >>> import joseal
        >>> from joseal.bulk import decrypt_many
        >>> mine = joseal.Key.generate("ECDH-ES+A256KW", kid="mine")
        >>> token = joseal.Encrypter(mine.public(), enc="A256GCM").encrypt(b"hello")
        >>> decrypter = joseal.Decrypter(mine, enc="A256GCM")
        >>> [outcome.value for outcome in decrypt_many([token, token], decrypter)]
        [b'hello', b'hello']

    Source: RFC 7516 section 5.2.
    """
    workers = _threads(prepared) if workers is None and executor is None else workers
    sizes = Sizes(workers, in_flight, chunk_items, chunk_bytes)
    run = decrypting(prepared, sizes, executor, _checked_timeout(timeout_seconds, executor))
    chunks = _chunks(tokens, worker.checked_token, sizes)
    return Outcomes(run.results(chunks, _measured(sizes, executor)))


@hide_locals
def rewrap_many(
    tokens: Iterable[str | bytes],
    prepared: Rewrapper | Callable[[], Rewrapper],
    *,
    workers: int | None = None,
    executor: Executor | None = None,
    in_flight: int | None = None,
    chunk_items: int | None = None,
    chunk_bytes: int = CHUNK_BYTES,
    timeout_seconds: float | None = None,
) -> Outcomes[str]:
    """Move every message to new keys, and return the outcomes in the order of the messages.

    Nothing is read from `tokens` before the first outcome is taken, and then at most `in_flight`
    chunks ahead of the outcomes. An exception of the iterable itself ends the run and is raised.

    Iterating raises BrokenExecutor if the caller's executor is broken, RuntimeError if it cancels
    tasks, and TimeoutError if many consecutive tasks have no answer. The error of an outcome is
    that of `Rewrapper.rewrap`, or `ItemError`, or `LostError` if the processes that work on the
    token die, or give no answer in time, at each try.

    Args:
        tokens: the messages, in the form of the Rewrapper.
        prepared: a prepared Rewrapper, for threads; or a picklable factory, for processes and
            clusters, that each process calls once. It should load the key and not contain it.
        workers: how many threads or processes. The default is the number of usable cores; for a
            prepared object it is one thread, unless a private RSA operation or the derivation of a
            key from a password lets other threads run.
        executor: an executor to work on instead; `workers` is then the number of its workers. It is
            never shut down.
        in_flight: how many chunks are in progress; 4 for each worker by default. For an executor on
            many machines, give at least twice the number of its workers.
        chunk_items: the most tokens that go to a worker together. The default is 256, and up to
            8,192 for an executor whose tasks have an overhead of milliseconds.
        chunk_bytes: the bytes after which a chunk is full, and proportionally more if chunks grow.
            One large token is a chunk.
        timeout_seconds: how long the executor may take for the chunk whose outcomes are next;
            unlimited by default.

    Returns:
        An iterator, which is a context manager too.

    Raises:
        TypeError: an argument is of the wrong type; `prepared` is neither of these, or can't be
            pickled.
        ValueError: a number is below one, or `timeout_seconds` is not positive and finite, or is
            given without an executor.
        TimeoutError: no worker of the executor answers in time.
        Exception: anything that the factory raises, now or in a later process.
        BrokenExecutor: processes die before they do any work, or repeatedly.

    Example:
        >>> import joseal
        >>> from joseal.bulk import rewrap_many
        >>> old, new = (joseal.Key.generate("A256KW", kid=kid) for kid in ("2026", "2027"))
        >>> made = joseal.MultiEncrypter([old], enc="A256GCM", rewrappable=True)
        >>> opener = joseal.Decrypter(old, enc="A256GCM", form="general")
        >>> rewrapper = joseal.Rewrapper(opener, joseal.Encrypter(new, enc="A256GCM"))
        >>> messages = [made.encrypt(b"one"), made.encrypt(b"two")]
        >>> sum(outcome.error is None for outcome in rewrap_many(messages, rewrapper))
        2

    Source: RFC 7516 sections 5.1 and 5.2.
    """
    workers = _threads(prepared) if workers is None and executor is None else workers
    sizes = Sizes(workers, in_flight, chunk_items, chunk_bytes)
    run = rewrapping(prepared, sizes, executor, _checked_timeout(timeout_seconds, executor))
    chunks = _chunks(tokens, worker.checked_token, sizes)
    return Outcomes(run.results(chunks, _measured(sizes, executor)))


@final
class Sizes:
    """The numbers of a run, checked; the arguments are those of `encrypt_many`.

    Raises:
        TypeError: a number is not an int.
        ValueError: a number is below one.
    """

    def __init__(
        self,
        workers: int | None = None,
        in_flight: int | None = None,
        chunk_items: int | None = None,
        chunk_bytes: int = CHUNK_BYTES,
    ) -> None:
        self.workers = pools.usable_cores() if workers is None else workers
        for number in (self.workers, in_flight, chunk_items, chunk_bytes):
            if number is not None and type(number) is not int:
                raise TypeError("workers, in_flight, chunk_items and chunk_bytes must be int")
            if number is not None and number < 1:
                raise ValueError(
                    "workers, in_flight, chunk_items and chunk_bytes must be at least 1"
                )
        self.in_flight = _CHUNKS_PER_WORKER * self.workers if in_flight is None else in_flight
        # Numbers that the caller gives stay fixed.
        self.measured = chunk_items is None
        first = CHUNK_ITEMS if chunk_items is None else chunk_items
        most = MOST_CHUNK_ITEMS if self.measured else first
        self.pace = Pace(first, most, growth=most)
        self._item_bytes = chunk_bytes / first

    def full(self, items: int, raw: int) -> bool:
        """Tell whether a chunk with so many items and bytes goes to a worker."""
        return items >= self.pace.size or raw >= self._item_bytes * self.pace.size


def encrypting(
    prepared: AnyEncrypter | Callable[[], AnyEncrypter],
    sizes: Sizes,
    executor: Executor | None = None,
    timeout_seconds: float | None = None,
) -> BulkRun[AnyEncrypter, PlaintextItem, str]:
    """Return a run that encrypts chunks.

    Raises:
        TypeError: `prepared` is neither of these; and as `encrypt_many` does.
    """
    is_made = isinstance(prepared, Encrypter | MultiEncrypter)
    if not is_made and not callable(prepared):
        raise TypeError("give an Encrypter or a MultiEncrypter, or a factory that makes one")
    pool = _pool(sizes.workers, executor, prepared=is_made)
    return BulkRun(worker.encrypt_task, prepared, pool, sizes.in_flight, timeout_seconds)


def decrypting(
    prepared: Decrypter | Callable[[], Decrypter],
    sizes: Sizes,
    executor: Executor | None = None,
    timeout_seconds: float | None = None,
) -> BulkRun[Decrypter, TokenItem, bytes]:
    """Return a run that decrypts chunks.

    Raises:
        TypeError: `prepared` is neither of these; and as `encrypt_many` does.
    """
    if not isinstance(prepared, Decrypter) and not callable(prepared):
        raise TypeError("give a Decrypter, or a factory that makes one")
    pool = _pool(sizes.workers, executor, prepared=isinstance(prepared, Decrypter))
    return BulkRun(worker.decrypt_task, prepared, pool, sizes.in_flight, timeout_seconds)


def rewrapping(
    prepared: Rewrapper | Callable[[], Rewrapper],
    sizes: Sizes,
    executor: Executor | None = None,
    timeout_seconds: float | None = None,
) -> BulkRun[Rewrapper, TokenItem, str]:
    """Return a run that moves chunks to new keys.

    Raises:
        TypeError: `prepared` is neither of these; and as `encrypt_many` does.
    """
    if not isinstance(prepared, Rewrapper) and not callable(prepared):
        raise TypeError("give a Rewrapper, or a factory that makes one")
    pool = _pool(sizes.workers, executor, prepared=isinstance(prepared, Rewrapper))
    return BulkRun(worker.rewrap_task, prepared, pool, sizes.in_flight, timeout_seconds)


def _threads(prepared: object) -> int | None:
    """Return 1 for a prepared object whose threads would only wait for each other."""
    old: Iterable[str] = ()
    new: Iterable[str] = ()
    if isinstance(prepared, Encrypter):
        new = (encryption_settings(prepared).key.alg,)
    elif isinstance(prepared, MultiEncrypter):
        new = (key.alg for key in multi_settings(prepared).keys)
    elif isinstance(prepared, Decrypter):
        old = (key.alg for key in decryption_settings(prepared).keys)
    elif isinstance(prepared, Rewrapper):
        old, new = algs(prepared)
    else:
        return None
    slow = any(alg.startswith(("PBES2", "RSA")) for alg in old)
    return None if slow or any(alg.startswith("PBES2") for alg in new) else 1


def _measured(sizes: Sizes, executor: Executor | None) -> Pace | None:
    """Return what is learned from the first chunk: the overhead in joseal's own pools is known."""
    return sizes.pace if sizes.measured and executor is not None else None


def _checked_timeout(seconds: float | None, executor: Executor | None) -> float | None:
    if seconds is None:
        return None
    if type(seconds) not in {int, float}:
        raise TypeError("timeout_seconds must be a number")
    if not 0 < seconds <= threading.TIMEOUT_MAX:
        raise ValueError("timeout_seconds must be positive and finite")
    if executor is None:
        raise ValueError("timeout_seconds is for an executor that you give")
    return seconds


def _pool(workers: int, executor: Executor | None, *, prepared: bool) -> Pool:
    if executor is None:
        return pools.threads(workers) if prepared else pools.processes(workers)
    if not isinstance(executor, Executor):
        raise TypeError("executor must be a concurrent.futures.Executor")
    return CallerPool(executor)


def _chunks(
    items: Iterable[object], check: Callable[[object], _Item], sizes: Sizes
) -> Iterator[list[_Item]]:
    chunk: _Chunk[_Item] = _Chunk()
    for item in items:
        chunk.add(check(item))
        # The next exception of the iterable would keep this frame alive.
        del item
        if sizes.full(len(chunk.items), chunk.raw):
            yield chunk.items
            chunk = _Chunk()
    if chunk.items:
        yield chunk.items


class _Chunk(Generic[_Item]):
    """Items that go to a worker together, and their approximate size. Its repr hides them."""

    __slots__ = ("items", "raw")

    def __init__(self) -> None:
        self.items: list[_Item] = []
        self.raw = 0

    def add(self, item: _Item) -> None:
        self.items.append(item)
        if isinstance(item, bytes | str):
            self.raw += len(item)
        elif isinstance(item, PlaintextWithHeader):
            self.raw += len(item.plaintext) + len(item.header)
