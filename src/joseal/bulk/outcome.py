"""Input and output: an item, its outcome, and the iterator over all outcomes."""

import itertools
from collections.abc import Generator, Iterator
from typing import Generic, Self, TypeAlias, TypeVar, final

from joseal._core.secrecy import Opaque, hide_locals
from joseal.errors import JoseError

_T = TypeVar("_T")
_Results: TypeAlias = Generator[list[_T | JoseError], None, None]


class ItemError(JoseError):
    """An item is of the wrong type, or its header has members that can't be set."""

    code = "item"

    def __init__(self) -> None:
        super().__init__("the item has the wrong type, or its header can't be written")
        self.args: tuple[object, ...] = ()

    def __str__(self) -> str:
        return "the item has the wrong type, or its header can't be written"


class LostError(JoseError):
    """The work on an item ended without a result: the item itself may be good."""

    code = "lost"


@final
class Item(Opaque):
    """A plaintext with Header Parameters for its token alone.

    Args:
        plaintext: the bytes to encrypt.
        header: Header Parameters after those of the Encrypter.

    Example:
        >>> import joseal
        >>> from joseal.bulk import Item, encrypt_many
        >>> mine = joseal.Key.generate("ECDH-ES+A256KW", kid="mine")
        >>> encrypter = joseal.Encrypter(mine.public(), enc="A256GCM")
        >>> item = Item(b"a", header={"cty": "text/plain"})
        >>> (outcome,) = encrypt_many([item], encrypter)
        >>> joseal.Decrypter(mine, enc="A256GCM").open(outcome.value).header["cty"]
        'text/plain'
    """

    __slots__ = ("header", "plaintext")

    plaintext: bytes
    header: dict[str, object] | None

    def __init__(self, plaintext: bytes, header: dict[str, object] | None = None) -> None:
        self._set(plaintext=plaintext, header=header)

    def __repr__(self) -> str:
        return "Item(...)"


@final
class Outcome(Opaque, Generic[_T]):
    """The result of one item: a value, or an error.

    Attributes:
        value: the token or the plaintext; None if there is an error.
        error: None, or why there is no value.

    Example:
        >>> import joseal
        >>> from joseal.bulk import decrypt_many
        >>> mine = joseal.Key.generate("ECDH-ES+A256KW", kid="mine")
        >>> encrypter = joseal.Encrypter(mine.public(), enc="A256GCM")
        >>> (outcome,) = decrypt_many(["damaged"], joseal.Decrypter(mine, enc="A256GCM"))
        >>> outcome.value, outcome.error.code
        (None, 'malformed')
    """

    __slots__ = ("error", "value")

    value: _T | None
    error: JoseError | None

    def __init__(self, result: _T | JoseError) -> None:
        failed = isinstance(result, JoseError)
        # Not with `_set`: this is done once for each of millions of items.
        object.__setattr__(self, "value", None if failed else result)
        object.__setattr__(self, "error", result if failed else None)

    @property
    def code(self) -> str | None:
        """The stable word for the failure; None if there is none."""
        return None if self.error is None else self.error.code

    def __repr__(self) -> str:
        return "Outcome(value=...)" if self.error is None else f"Outcome(error={self.error!r})"


@final
class Outcomes(Opaque, Generic[_T]):
    """An iterator of outcomes, in the order of the items.

    Closing it, or leaving its `with` block, cancels the work that has not begun, and ends the
    threads or processes that were started for it. The caller's own executor is left as it is.

    Example:
        >>> import joseal
        >>> from joseal.bulk import encrypt_many
        >>> mine = joseal.Key.generate("ECDH-ES+A256KW", kid="mine")
        >>> encrypter = joseal.Encrypter(mine.public(), enc="A256GCM")
        >>> with encrypt_many([b"a", b"b"], encrypter) as outcomes:
        ...     [outcome.error for outcome in outcomes]
        [None, None]
    """

    __slots__ = ("_outcomes", "_results")

    _results: _Results[_T]
    _outcomes: Iterator[Outcome[_T]]

    def __init__(self, results: _Results[_T]) -> None:
        outcomes: Iterator[Outcome[_T]] = map(Outcome, itertools.chain.from_iterable(results))
        self._set(_results=results, _outcomes=outcomes)

    def __iter__(self) -> Self:
        return self

    @hide_locals
    def __next__(self) -> Outcome[_T]:
        return next(self._outcomes)

    @hide_locals
    def close(self) -> None:
        """End the run: no more items are read, and no more outcomes come.

        Example:
            >>> import joseal
            >>> from joseal.bulk import encrypt_many
            >>> mine = joseal.Key.generate("ECDH-ES+A256KW", kid="mine")
            >>> encrypter = joseal.Encrypter(mine.public(), enc="A256GCM")
            >>> outcomes = encrypt_many([b"a", b"b"], encrypter)
            >>> outcomes.close()
            >>> list(outcomes)
            []
        """
        self._set(_outcomes=iter(()))
        self._results.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()
