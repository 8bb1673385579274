"""Keep secrets out of what Python remembers: tracebacks and pickles.

A raised exception keeps every frame that it passed through, and each frame its local variables: a
crash reporter that captures locals would show the plaintext, the password or the key. `hide_locals`
is put on every public function that takes or makes a secret. Values go, places stay: the traceback
keeps each file name and line number, and the frames of joseal below the function lose their locals.

Rules:
- This holds for every exception of every class, an interrupt and a foreign panic included.
- A frame belongs to joseal, to a library that joseal called, or to the caller: a mapping, an
  iterable, a file object or a device that was handed in. The caller's frames are never touched.
- An exception that was raised in a frame of joseal or of its libraries loses its cause and its
  context, because their texts may hold input. One that was raised by the caller's code keeps them.
"""

import functools
import sys
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import Final, Never, ParamSpec, Self, SupportsIndex, TypeVar

_P = ParamSpec("_P")
_R = TypeVar("_R")

# Called by joseal, such a module works on joseal's values. Called by the caller's code, on theirs.
_LIBRARIES: Final = sys.stdlib_module_names | {
    "cryptography",
    "msgspec",
    "nacl",
    "pkcs11",
    "pybase64",
    "starlette",
    "urllib3",
    "uvicorn",
}


def hide_locals(function: Callable[_P, _R]) -> Callable[_P, _R]:
    """Wrap `function` so that what it raises shows no value of joseal's frames."""

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
                # The stack is used up, or an interrupt came. Then places go too.
                error.__traceback__ = error.__cause__ = error.__context__ = None
                cut_short.__traceback__ = cut_short.__context__ = None
                raise
            raise
        finally:
            # This frame is part of the traceback too.
            del args, kwargs, handled

    return guarded


def _clean(error: BaseException, handled: BaseException | None) -> None:
    """Clear our frames in the traceback of `error` and of what led to it.

    Args:
        error: what is about to leave a public function.
        handled: what the caller itself was handling when it called: the end of what is cleaned.
    """
    pending = [error]
    seen = {id(handled)}
    while pending:
        link = pending.pop()
        seen.add(id(link))
        # What led to an exception of the caller's code began there, unless joseal comes first.
        if not _clear_frames(link.__traceback__, called_by_callers=link is not error):
            link.__cause__ = None
            link.__context__ = None if link is handled else handled
            link.__suppress_context__ = False
        further = (link.__cause__, link.__context__)
        pending += [each for each in further if each is not None and id(each) not in seen]


def _clear_frames(place: TracebackType | None, *, called_by_callers: bool) -> bool:
    """Clear all frames but the caller's; tell whether the innermost one is the caller's."""
    callers = called_by_callers
    while place is not None:
        frame = place.tb_frame
        package = str(frame.f_globals.get("__name__")).partition(".")[0]
        callers = package != "joseal" and (callers or package not in _LIBRARIES)
        if not callers:
            # One that still runs is refused: the guarding frame, or one that a generator is in.
            with suppress(RuntimeError):
                frame.clear()
        place = place.tb_next
    return callers


class Opaque:
    """An object that may hold a secret: immutable, safe to share between threads, never pickled.

    A pickle is a file or a network message, so it is refused, and so is the state that one is made
    of. A copy is the object itself. Private attributes are not listed, because debuggers and
    inspectors show the value of each attribute that is.
    Subclasses set their slots once, by `_set`, and have a `repr` that shows no secret.
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
    """What an operation gives back: frozen, and equal to another one whose parts are equal.

    Subclasses name their parts in `__slots__`.
    """

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        names: tuple[str, ...] = tuple(type(self).__slots__)
        return all(getattr(self, name) == getattr(other, name) for name in names)

    def __hash__(self) -> int:
        # A header is a mapping, which has no hash.
        return hash(type(self))
