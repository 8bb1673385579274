"""The docstring of a public callable is complete: it has its sections, and sends nobody elsewhere."""

import inspect

import pytest
from tests.helpers.rows import each_row
from tests.house.docstrings import Public, missing, public

PUBLIC = {one.name: one for one in public()}


def lacks(one: Public) -> list[str]:
    return missing(one.call, inspect.getdoc(one.call) or "")


@each_row("name", PUBLIC)
def test_docstring_is_complete(name: str) -> None:
    assert lacks(PUBLIC[name]) == []


def sample(size: int) -> int:
    """Return the half.

    Args:
        size: an even number.

    Returns:
        The half of it.

    Raises:
        ValueError: it is odd.

    Example:
        >>> sample(4)
        2
    """
    return size // 2


@pytest.mark.parametrize(
    ("part", "instead", "fault"),
    [
        ("Args:", "", "Args: size"),
        ("    size: an", "    count: an", "Args: size"),
        ("Returns:", "", "Returns"),
        ("Raises:", "", "Raises"),
        ("Example:", "", "Example"),
        ("ValueError: it is odd.", "ValueError: as for `half`.", "what it leaves to"),
        ("Return the half.", "Its arguments are those of `half`.", "what it leaves to"),
    ],
)
def test_what_is_missing_is_noticed(part: str, instead: str, fault: str) -> None:
    text = inspect.getdoc(sample) or ""
    assert missing(sample, text) == []
    (found,) = missing(sample, text.replace(part, instead))
    assert found.startswith(fault)
