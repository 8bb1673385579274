"""Every example in a public docstring does what it says.

An example runs as `doctest` would run it, in an empty folder and in a namespace of its own.
"""

import contextlib
import doctest
from pathlib import Path

import pytest
from tests.house import docstrings

PARSER = doctest.DocTestParser()
EXAMPLES = {
    test.name: test
    for name, text in docstrings.texts()
    if (test := PARSER.get_doctest(text, {}, name, None, 0)).examples
}


def faults(test: doctest.DocTest) -> list[str]:
    said: list[str] = []
    doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(test, out=said.append)
    return said


@pytest.mark.parametrize("name", EXAMPLES)
def test_example_does_what_it_says(name: str, tmp_path: Path) -> None:
    with contextlib.chdir(tmp_path):
        assert not faults(EXAMPLES[name])


def test_wrong_example_is_noticed() -> None:
    assert faults(PARSER.get_doctest(">>> 1 + 1\n3\n", {}, "wrong", None, 0))
    assert faults(PARSER.get_doctest(">>> 1 / 0\n", {}, "raises", None, 0))
    assert not faults(PARSER.get_doctest(">>> 1 + 1\n2\n", {}, "right", None, 0))
