"""The docstring of a public callable is complete: it has its sections, and sends nobody elsewhere.

A callable that is not complete yet is named in `docstrings_not_yet.txt`. That list gets shorter:
`python -m tests.house.test_docstrings` takes out each name that is complete by now.
"""

import inspect
from pathlib import Path

import pytest
from tests.house.docstrings import Public, missing, public

NOT_YET_FILE = Path(__file__).with_name("docstrings_not_yet.txt")
NOT_YET = NOT_YET_FILE.read_text("utf-8").split()
MOST_NOT_YET = 58
PUBLIC = {one.name: one for one in public()}


def lacks(one: Public) -> list[str]:
    return missing(one.call, inspect.getdoc(one.call) or "")


@pytest.mark.parametrize("name", PUBLIC)
def test_docstring_is_complete_or_named_as_not_yet(name: str) -> None:
    if name in NOT_YET:
        assert lacks(PUBLIC[name]), "complete by now: python -m tests.house.test_docstrings"
    else:
        assert lacks(PUBLIC[name]) == []


def test_list_names_public_callables_and_only_gets_shorter() -> None:
    assert set(NOT_YET) <= PUBLIC.keys()
    assert len(NOT_YET) <= MOST_NOT_YET


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


if __name__ == "__main__":
    # Names leave the list here, and none comes to it.
    left = [name for name in NOT_YET if name in PUBLIC and lacks(PUBLIC[name])]
    NOT_YET_FILE.write_text("".join(f"{name}\n" for name in left), "utf-8")
