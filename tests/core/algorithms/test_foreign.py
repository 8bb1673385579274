"""What foreign code raises for what it can't read, panics included."""

import pytest
from cryptography.exceptions import InternalError, InvalidTag, UnsupportedAlgorithm
from tests.helpers.rows import each_row

from joseal._core.algorithms import foreign

# As PyO3 makes it: a class that is in no module.
PANIC = type("PanicException", (BaseException,), {"__module__": "pyo3_runtime"})


@pytest.mark.parametrize(
    "error",
    [
        ValueError("x"),
        UnsupportedAlgorithm("x"),
        InternalError("x", []),
        UserWarning("x"),
        KeyError(87),
        PANIC("x"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_what_says_unreadable_leaves_the_block(error):
    reached = False
    with foreign.Suppress():
        reached = True
        raise error
    assert reached


NEAR_PANICS = [
    type("PanicException", (BaseException,), {"__module__": "elsewhere"}),
    type("PanicException", (Exception,), {"__module__": "pyo3_runtime.x"}),
    type("Panic", (BaseException,), {"__module__": "pyo3_runtime"}),
    type("Outer.PanicException", (BaseException,), {"__module__": "pyo3_runtime"}),
]


@each_row("kind", [KeyboardInterrupt, SystemExit, MemoryError, TypeError, InvalidTag, *NEAR_PANICS])
def test_everything_else_passes(kind):
    with pytest.raises(kind), foreign.Suppress():
        raise kind


def test_further_exceptions_are_named_by_the_caller():
    with foreign.Suppress(LookupError):
        raise LookupError
    with pytest.raises(LookupError), foreign.Suppress():
        raise LookupError


def test_block_without_exception_goes_on():
    with foreign.Suppress():
        value = 1
    assert value == 1
