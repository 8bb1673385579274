"""Keep secrets out of what Python remembers: tracebacks and pickles.

A raised exception keeps every frame it passed through, and each frame its locals: a crash reporter
that captures locals would then hold the plaintext, the password or the key. `no_locals` is put on
every public function that takes or makes a secret. The frames below it are gone when its caller
sees the exception, and its own frame holds nothing but the exception.

Rules:
- Exceptions are listed by name, so nothing is swallowed; they are raised again as they are.
- Causes and contexts that arose below are dropped; what the caller itself was handling stays.
- An exception that is not in the list (a bug of ours) keeps its traceback.
"""

import functools
from collections.abc import Callable
from typing import Final, Never, ParamSpec, Self, SupportsIndex, TypeVar

from joseal.errors import JoseError

_P = ParamSpec("_P")
_R = TypeVar("_R")

_CLEANED: Final = (
    *(JoseError, TypeError, ValueError, KeyboardInterrupt),
    # From the caller's own mappings, sequences and devices.
    *(ArithmeticError, AttributeError, LookupError, RuntimeError, MemoryError, OSError),
)


def no_locals(function: Callable[_P, _R]) -> Callable[_P, _R]:
    """Wrap `function` so that what it raises carries none of its frames."""

    @functools.wraps(function)
    def guarded(*args: _P.args, **kwargs: _P.kwargs) -> _R:
        try:
            return function(*args, **kwargs)
        except _CLEANED as error:
            failure = error
        finally:
            del args, kwargs
        failure.__cause__ = None
        failure.__context__ = None
        failure.__suppress_context__ = False
        try:
            raise failure.with_traceback(None)
        finally:
            # The frame is part of the traceback: without this it would keep a cycle alive.
            del failure

    return guarded


class Opaque:
    """An object that may hold a secret: immutable, safe to share between threads, never pickled.

    A pickle is a file or a network message, so it is refused. A copy is the object itself.
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

    def __reduce_ex__(self, protocol: SupportsIndex) -> Never:
        raise TypeError("this object may hold a secret and can't be pickled")

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: dict[int, object]) -> Self:
        return self
