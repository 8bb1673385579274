"""Calls into `cryptography` that read bytes from outside, and how their exceptions are caught.

Rules:
- Every call that makes a key from foreign bytes or numbers runs inside `Suppress`, so that bytes
  that can't be read are refused, whatever the loader raises for them.
- Nothing else is caught: interrupts, exhausted memory and joseal's own mistakes pass.

`cryptography` is written in Rust. Where its code meets a case that it considers impossible, it
panics, and Python sees `pyo3_runtime.PanicException`, which is not an `Exception` and can't be
imported: each extension module built with PyO3 makes its own class. It is recognized by the
exact module and name that PyO3 gives it; no module of that name exists, so no other class has them
by accident. A panic unwinds before it becomes an exception, and the loaders keep no state.

Source: https://pyo3.rs, PanicException.
"""

from contextlib import AbstractContextManager
from types import TracebackType
from typing import Final

from cryptography.exceptions import InternalError, UnsupportedAlgorithm

# The exceptions of the loaders for bytes that are not a key they can read. A private key that does
# not have the size of its curve is an InternalError. They warn of BER and of certificates that
# break RFC 5280; where warnings are errors, that is a refusal like any other. A KeyError means that
# a string in a certificate's name has a tag that is not a string's.
_UNREADABLE: Final = (ValueError, UnsupportedAlgorithm, InternalError, UserWarning, KeyError)

_PANIC: Final = ("pyo3_runtime", "PanicException")


class Suppress(AbstractContextManager[None, bool]):
    """Leave the block if foreign code can't read its input, even if it panics.

    Args:
        further: more exceptions that mean this.
    """

    __slots__ = ("_refusals",)

    def __init__(self, *further: type[Exception]) -> None:
        self._refusals = (*_UNREADABLE, *further)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        place: TracebackType | None,
    ) -> bool:
        return kind is not None and (issubclass(kind, self._refusals) or is_panic(kind))


# For every call that needs no further exception; it has no state.
UNREADABLE: Final = Suppress()


def is_panic(kind: type[BaseException]) -> bool:
    """Tell whether a class of exception is a panic of Rust code."""
    return (kind.__module__, kind.__qualname__) == _PANIC
