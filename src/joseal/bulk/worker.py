"""The worker's part: prepare once, then encrypt or open the items of a task, one result for each.

Rules:
- An item's failure is its result. Only an exception of the factory itself leaves a worker.
- A task does not show its items: executors log the tasks that they are given.
- Objects that a factory made are kept only for a few runs: the workers of a cluster outlive a run.

Source: https://docs.dask.org/en/stable/custom-collections.html (deterministic hashing).
"""

import sys
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Final, Generic, NamedTuple, TypeAlias, TypeVar, final

from joseal._core.jwe import Decrypter, Encrypter
from joseal._core.multi_jwe import MultiEncrypter
from joseal._core.processes import LockOfProcess
from joseal._core.rewrap import Rewrapper
from joseal._core.secrecy import hide_locals
from joseal._core.wire import strict_json
from joseal.bulk.outcome import Item, ItemError, LostError
from joseal.errors import JoseError

_T = TypeVar("_T")
_Item = TypeVar("_Item")
_Prepared = TypeVar("_Prepared")


class PlaintextWithHeader(NamedTuple):
    """A plaintext, and the Header Parameters for its token as JSON."""

    plaintext: bytes
    header: bytes

    def __repr__(self) -> str:
        return "PlaintextWithHeader(...)"


# An item as it travels, or the error that it already has.
PlaintextItem: TypeAlias = bytes | PlaintextWithHeader | JoseError
TokenItem: TypeAlias = str | bytes | JoseError

AnyEncrypter: TypeAlias = Encrypter | MultiEncrypter
_ENCRYPTERS: Final[tuple[type[AnyEncrypter], ...]] = (Encrypter, MultiEncrypter)

# On every exception that a factory raises, and so on none from the executor itself.
FACTORY_FAILED: Final = "raised by the factory of a joseal.bulk run"

_RUNS_KEPT: Final = 4
_kept: Final[OrderedDict[str, object]] = OrderedDict()
# A worker may have several threads, and the factory is called once for all of them.
_lock: Final = LockOfProcess()

# Exceptions of the caller's own mappings and devices, in addition to those that blame the item.
_UNEXPECTED: Final = (
    ArithmeticError,
    AttributeError,
    LookupError,
    RuntimeError,
    MemoryError,
    OSError,
)


@final
class BulkTask(Generic[_Prepared, _Item]):
    """Items that go to a worker together.

    Attributes:
        run: a unique name for the run.
        number: its number within the run.
        prepared: a prepared object, or a factory that makes one.
        items: the items.
    """

    __slots__ = ("items", "number", "prepared", "run")

    def __init__(
        self,
        run: str,
        number: int,
        prepared: _Prepared | Callable[[], _Prepared],
        items: Sequence[_Item],
    ) -> None:
        self.run = run
        self.number = number
        self.prepared = prepared
        self.items = items

    def __reduce__(self) -> tuple[object, ...]:
        return BulkTask, (self.run, self.number, self.prepared, self.items)

    def __dask_tokenize__(self) -> tuple[str, int]:
        # Dask names a task by a hash of its arguments, and considers tasks with equal names the
        # same.
        return self.run, self.number

    def __repr__(self) -> str:
        return f"BulkTask(number={self.number})"


@hide_locals
def encrypt_task(task: BulkTask[AnyEncrypter, PlaintextItem]) -> list[str | JoseError]:
    """Encrypt the items of a task.

    Raises:
        TypeError: the factory made neither an Encrypter nor a MultiEncrypter.
    """
    encrypter = prepare(task.run, task.prepared, _ENCRYPTERS)
    return [
        item if isinstance(item, JoseError) else _result(_encrypt, encrypter, item)
        for item in task.items
    ]


@hide_locals
def decrypt_task(task: BulkTask[Decrypter, TokenItem]) -> list[bytes | JoseError]:
    """Open the tokens of a task.

    Raises:
        TypeError: the factory did not make a Decrypter.
    """
    decrypter = prepare(task.run, task.prepared, (Decrypter,))
    return [
        item if isinstance(item, JoseError) else _result(Decrypter.decrypt, decrypter, item)
        for item in task.items
    ]


@hide_locals
def rewrap_task(task: BulkTask[Rewrapper, TokenItem]) -> list[str | JoseError]:
    """Move the messages of a task to the new keys.

    Raises:
        TypeError: the factory did not make a Rewrapper.
    """
    rewrapper = prepare(task.run, task.prepared, (Rewrapper,))
    return [
        item if isinstance(item, JoseError) else _result(Rewrapper.rewrap, rewrapper, item)
        for item in task.items
    ]


Tool: TypeAlias = Encrypter | Decrypter | Rewrapper


@hide_locals
def results_of(tool: Tool, values: Sequence[bytes]) -> list[str | bytes | JoseError]:
    """Encrypt, open or rewrap values; one result for each."""
    if isinstance(tool, Encrypter):
        return [_result(Encrypter.encrypt, tool, value) for value in values]
    if isinstance(tool, Decrypter):
        return [_result(Decrypter.decrypt, tool, value) for value in values]
    return [_result(Rewrapper.rewrap, tool, value) for value in values]


def checked(item: object) -> PlaintextItem:
    """Return an item to encrypt, in a form that every executor can carry."""
    if isinstance(item, bytes):
        return item
    if not isinstance(item, Item) or not isinstance(item.plaintext, bytes):
        return ItemError()
    if item.header is None:
        return item.plaintext
    header = strict_json.dump(item.header)
    return ItemError() if header is None else PlaintextWithHeader(item.plaintext, header)


def checked_token(item: object) -> TokenItem:
    """Return a token to open; an item of the wrong type becomes an error."""
    return item if isinstance(item, str | bytes) else ItemError()


def prepare(run: str, prepared: object, kinds: tuple[type[_T], ...]) -> _T:
    """Return the object that a task works with: made once in each process for a run.

    Raises:
        TypeError: the factory made a different object.
    """
    if isinstance(prepared, kinds):
        return prepared
    with _lock.current():
        kept = _kept.get(run)
        if not isinstance(kept, kinds):
            kept = _made_by(prepared) if callable(prepared) else None
            if not isinstance(kept, kinds):
                raise TypeError("the factory must make what the run works with")
            _kept[run] = kept
            if len(_kept) > _RUNS_KEPT:
                _kept.popitem(last=False)
        return kept


def _made_by(factory: Callable[[], object]) -> object:
    """Call the factory; its exceptions are marked, because they travel with those of a cluster."""
    made = False
    try:
        prepared = factory()
        made = True
    finally:
        error = sys.exception()
        if not made and error is not None:
            error.add_note(FACTORY_FAILED)
    return prepared


def _encrypt(encrypter: AnyEncrypter, item: bytes | PlaintextWithHeader) -> str:
    if isinstance(item, bytes):
        return encrypter.encrypt(item)
    return encrypter.encrypt(item.plaintext, header=strict_json.load_object(item.header))


def _result(
    act: Callable[[_Prepared, _Item], _T], prepared: _Prepared, item: _Item
) -> _T | JoseError:
    try:
        return act(prepared, item)
    except JoseError as error:
        failure = error
    except (TypeError, ValueError):
        failure = ItemError()
    except _UNEXPECTED:
        failure = LostError("an error outside joseal ended the work on the item")
    # It would keep the frames above alive, and they the item.
    return failure.with_traceback(None)
