"""Keep secrets out of tracebacks and pickles.

A raised exception keeps every frame that it passed through, and each frame its local variables: a
crash reporter that captures locals would show the plaintext, the password or the key. `hide_locals`
decorates every public function that takes or makes a secret. Values are removed and locations stay:
the traceback keeps each file name and line number, and joseal's frames below the function lose
their locals.

Rules:
- This applies to exceptions of every class, including interrupts and foreign panics.
- A frame belongs to joseal, to a library that joseal called, or to the caller: for example a
  mapping, an iterable, a file object or a device that was passed in. The caller's frames are never
  touched.
- An exception that was raised in a frame of joseal or of its libraries loses its cause and its
  context, because their texts may contain input. An exception raised by the caller's code keeps
  both.
- If a frame can't be cleared because another thread still runs it, the exception loses its
  traceback.
- Accepted: a signal that arrives exactly when a public function is called is raised in the frame
  that guards it, before its first instruction, and shows the arguments that the caller's frame has
  too.
"""

import functools
import sys
from collections.abc import Callable, Coroutine, Mapping, Sequence
from types import TracebackType
from typing import Final, Never, ParamSpec, Self, SupportsIndex, TypeGuard, TypeVar

from msgspec import Struct

_P = ParamSpec("_P")
_R = TypeVar("_R")

# When joseal calls such a module, it works on joseal's values. When the caller's code calls it, it
# works on the caller's.
_LIBRARIES: Final = sys.stdlib_module_names | {
    "azure",
    "boto3",
    "botocore",
    "click",
    "cryptography",
    "google",
    "grpc",
    "joserfc",
    "jwcrypto",
    "msgspec",
    "nacl",
    "pkcs11",
    "proto",
    "pybase64",
    "requests",
    "rich",
    "starlette",
    "trustme",
    "urllib3",
    "uvicorn",
}
# The module name that `collections` gives to the constructor of a named tuple.
_NAMED_TUPLE: Final = "namedtuple_"


def hide_locals(function: Callable[_P, _R]) -> Callable[_P, _R]:
    """Wrap `function` so that its exceptions show no value of joseal's frames."""

    @functools.wraps(function)
    def guarded(*args: _P.args, **kwargs: _P.kwargs) -> _R:
        handled = None
        try:
            handled = sys.exception()
            return function(*args, **kwargs)
        except BaseException as error:
            try:
                _clean(error, handled)
            except BaseException as cut_short:
                # The stack is exhausted, or an interrupt arrived. Then locations are removed too,
                # first those of the exception that leaves: its class may refuse an assignment, and
                # there is no stack for a call.
                cut_short.__traceback__ = cut_short.__context__ = None
                error.__traceback__ = error.__cause__ = error.__context__ = None
                raise
            raise
        finally:
            # This frame is part of the traceback too.
            del args, kwargs, handled

    return guarded


def hide_locals_async(
    function: Callable[_P, Coroutine[None, None, _R]],
) -> Callable[_P, Coroutine[None, None, _R]]:
    """Wrap a coroutine function as `hide_locals` does a function."""

    @functools.wraps(function)
    async def guarded(*args: _P.args, **kwargs: _P.kwargs) -> _R:
        handled = None
        try:
            handled = sys.exception()
            return await function(*args, **kwargs)
        except BaseException as error:
            try:
                _clean(error, handled)
            except BaseException as cut_short:
                # As in `hide_locals`.
                cut_short.__traceback__ = cut_short.__context__ = None
                error.__traceback__ = error.__cause__ = error.__context__ = None
                raise
            raise
        finally:
            del args, kwargs, handled

    return guarded


def _clean(error: BaseException, handled: BaseException | None) -> None:
    """Clear joseal's frames in the traceback of `error` and of the exceptions that led to it.

    Args:
        error: the exception that is about to leave a public function.
        handled: the exception that the caller was handling when it called: cleaning stops there.
    """
    pending = [error]
    seen = {id(handled)}
    # The guard's own frame, which still runs.
    guard = error.__traceback__
    while pending:
        link = pending.pop()
        seen.add(id(link))
        is_error = link is error
        place = guard.tb_next if is_error and guard is not None else link.__traceback__
        # An exception of the caller's code has its cause there too, unless joseal's code is reached
        # first.
        try:
            is_callers = _clear_frames(place, called_by_callers=not is_error)
        except RuntimeError:
            _forget(link)
            continue
        if not is_callers:
            _set(link, "__cause__", None)
            _set(link, "__context__", None if link is handled else handled)
            _set(link, "__suppress_context__", False)  # noqa: FBT003 - a plain assignment
        further = [link.__cause__, link.__context__]
        if _is_group(link):
            further += link.exceptions
        pending += [each for each in further if each is not None and id(each) not in seen]


def _is_group(error: BaseException) -> TypeGuard[BaseExceptionGroup[BaseException]]:
    return isinstance(error, BaseExceptionGroup)


def _clear_frames(place: TracebackType | None, *, called_by_callers: bool) -> bool:
    """Clear all frames except the caller's; return whether the innermost one is the caller's.

    Raises:
        RuntimeError: a frame that is not the caller's still runs.
    """
    callers = called_by_callers
    while place is not None:
        frame = place.tb_frame
        package = str(frame.f_globals.get("__name__")).partition(".")[0]
        is_library = package in _LIBRARIES or package.startswith(_NAMED_TUPLE)
        callers = package != "joseal" and (callers or not is_library)
        if not callers:
            frame.clear()
        place = place.tb_next
    return callers


def _forget(error: BaseException) -> None:
    """Remove traceback, cause and context."""
    for name in ("__traceback__", "__cause__", "__context__"):
        _set(error, name, None)


def _set(error: BaseException, name: str, value: object) -> None:
    # Not by assignment, which the class of a foreign exception may refuse.
    object.__setattr__(error, name, value)


class Hidden(Struct, frozen=True):
    """A struct that shows no member, either in its `repr` or to `rich`."""

    def __repr__(self) -> str:
        return f"{type(self).__name__}(...)"

    def __rich_repr__(self) -> list[tuple[str, object]]:
        # The method of `Struct` returns all members, and `rich` prefers it to `repr`.
        return []


class Opaque:
    """An object that may hold a secret: immutable, safe to share between threads, never pickled.

    A pickle is a file or a network message, so it is refused, and so is the state for making one. A
    copy is the object itself. Private attributes are not listed, because debuggers and inspectors
    show the value of each attribute that they find. Subclasses set their slots once, by `_set`, and
    have a `repr` that shows no secret.
    """

    __slots__ = ()

    def _set(self, **attributes: object) -> None:
        for name, value in attributes.items():
            object.__setattr__(self, name, value)

    def __setattr__(self, name: str, value: object) -> Never:
        raise AttributeError("this object is immutable")

    def __delattr__(self, name: str) -> Never:
        raise AttributeError("this object is immutable")

    def __reduce_ex__(self, protocol: SupportsIndex) -> str | tuple[object, ...]:
        raise TypeError(
            "this object may hold a secret and can't be pickled: pass a function that makes it, "
            "such as one that calls Key.from_env, and call it in the other process"
        )

    def __getstate__(self) -> Never:
        raise TypeError("this object may hold a secret and can't be pickled")

    def __dir__(self) -> list[str]:
        listed = super().__dir__()
        return [name for name in listed if not name.startswith("_") or name.startswith("__")]

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: dict[int, object]) -> Self:
        return self


class Result(Opaque):
    """The result of an operation: frozen, and equal to any result whose parts are equal.

    Subclasses name their parts in `__slots__`.
    """

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        names: tuple[str, ...] = tuple(type(self).__slots__)
        return all(_same(getattr(self, name), getattr(other, name)) for name in names)

    def __hash__(self) -> int:
        # A header is a mapping, which has no hash.
        return hash(type(self))


def _same(one: object, other: object) -> bool:
    """Tell whether two parts are equal. In Python True equals 1; in JSON they differ."""
    if _is_mapping(one) and _is_mapping(other):
        return one.keys() == other.keys() and all(_same(one[name], other[name]) for name in one)
    if _is_sequence(one) and _is_sequence(other):
        return len(one) == len(other) and all(map(_same, one, other))
    return isinstance(one, bool) is isinstance(other, bool) and one == other


def _is_mapping(value: object) -> TypeGuard[Mapping[object, object]]:
    return isinstance(value, Mapping)


def _is_sequence(value: object) -> TypeGuard[Sequence[object]]:
    return isinstance(value, list | tuple)
