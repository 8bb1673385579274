"""One test for a table: for rows of which each takes less time than pytest needs for a test."""

import functools
import inspect
from collections.abc import Callable, Iterable, Sequence
from typing import Self

import pytest

_Test = Callable[..., None]


class Offenders(BaseExceptionGroup[BaseException]):
    """What the rows raised for which a test failed, under their names."""

    failed: dict[str, BaseException]

    def __new__(cls, failed: dict[str, BaseException], cases: int) -> Self:
        """Name them all."""
        text = f"{len(failed)} of {cases} rows: {'; '.join(failed)}"
        made = super().__new__(cls, text, list(failed.values()))
        made.failed = failed
        return made

    def __init__(self, *given: object) -> None: ...


def each_row(
    names: str | Sequence[str],
    rows: Iterable[object],
    *,
    ids: Iterable[str] | Callable[[object], object] | None = None,
) -> Callable[[_Test], _Test]:
    """Take what `pytest.mark.parametrize` takes, and call the test with every row before it fails.

    The failure has the exception of each offender, and its message names all of them. The rows
    share what fixtures give, so a test that changes that is for `parametrize`.
    """
    arguments = [name.strip() for name in names.split(",")] if isinstance(names, str) else names
    given = list(rows)
    if not given:
        raise ValueError("a test without a row can't fail")
    table = [_values(row, len(arguments)) for row in given]
    labels = _labels(arguments, given, table, ids)
    if len(set(labels)) < len(labels):
        labels = [f"{label}-{number}" for number, label in enumerate(labels)]

    def decorate(test: _Test) -> _Test:
        @functools.wraps(test)
        def call_each(**fixtures: object) -> None:
            failed: dict[str, BaseException] = {}
            for label, values in zip(labels, table, strict=True):
                try:
                    test(**fixtures, **dict(zip(arguments, values, strict=True)))
                except Offenders as error:
                    failed |= {f"{label}-{one}": each for one, each in error.failed.items()}
                except (Exception, pytest.fail.Exception, pytest.skip.Exception) as error:  # noqa: BLE001 - told below
                    failed[label] = error
            if failed:
                raise Offenders(failed, call_each.cases)

        signature = inspect.signature(test)
        kept = [it for name, it in signature.parameters.items() if name not in arguments]
        if len(kept) + len(arguments) != len(signature.parameters):
            raise TypeError(f"{test.__name__} does not take {', '.join(arguments)}")
        call_each.__signature__ = signature.replace(parameters=kept)
        call_each.cases = len(table) * getattr(test, "cases", 1)
        return call_each

    return decorate


def _values(row: object, count: int) -> tuple[object, ...]:
    """Return the values of a row, which may be one of `pytest.param`."""
    if isinstance(row, type(pytest.param())):
        if row.marks:
            raise TypeError("a row with a mark is a test of its own")
        values = row.values
    else:
        values = (row,) if count == 1 else tuple(row)
    if len(values) != count:
        raise ValueError(f"{len(values)} values for {count} arguments")
    return values


def _labels(
    arguments: Sequence[str],
    rows: list[object],
    table: list[tuple[object, ...]],
    ids: Iterable[str] | Callable[[object], object] | None,
) -> list[str]:
    """Return the names of the rows, much like those that pytest gives."""
    if ids is not None and not callable(ids):
        return [str(label) for label, _ in zip(ids, rows, strict=True)]
    return [
        getattr(row, "id", None) or _label(arguments, number, values, ids)
        for number, (row, values) in enumerate(zip(rows, table, strict=True))
    ]


def _label(
    arguments: Sequence[str],
    number: int,
    values: tuple[object, ...],
    ids: Callable[[object], object] | None,
) -> str:
    """Return the name of a row: of each value its name, or that of its argument and its place."""
    made = [ids(value) if ids else None for value in values]
    return "-".join(
        str(label)
        if label is not None
        else ascii(value)[:80]
        if isinstance(value, str | int | float | None)
        else getattr(value, "__name__", f"{name}{number}")
        for name, value, label in zip(arguments, values, made, strict=True)
    )
