"""The pages for a reviewer say what is there: tests that exist, functions as traced and counted."""

import ast
import re
from pathlib import Path

import pytest
from tests.house import reading_sets

ROOT = Path(__file__).resolve().parents[2]
PAGES = ["SECURITY.md", "docs/audit.md"]
TEST = re.compile(r"`(tests/[\w/]+\.py)::(test_\w+)`")


def text_of(name: str) -> str:
    return (ROOT / name).read_text("utf-8")


def missing_tests(text: str) -> list[str]:
    found = []
    for file, name in TEST.findall(text):
        path = ROOT / file
        tree = ast.parse(path.read_text("utf-8")) if path.exists() else ast.parse("")
        if name not in {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}:
            found.append(f"{file}::{name}")
    return found


def test_reading_sets_and_files_are_as_traced_and_counted() -> None:
    page = text_of("docs/audit.md")
    assert reading_sets.written(page) == page, "run: python -m tests.house.reading_sets"


def test_stale_reading_set_is_noticed() -> None:
    first, last = reading_sets.FILES
    page = f"{first}\n\n1 line\n{last}\n"
    assert reading_sets.between(page, reading_sets.FILES, iter(["2 lines"])) != page
    for marks in (reading_sets.SETS, reading_sets.FILES):
        assert [text_of("docs/audit.md").count(mark) for mark in marks] == [1, 1]


def test_trace_sees_what_is_entered_and_nothing_else() -> None:
    """A task that verifies enters no encryption, and one that encrypts no signature."""
    verifying = reading_sets.in_own_process("Verify ES256")
    assert "_core/jws.py" in verifying
    assert "_core/jwe.py" not in verifying
    encrypting = reading_sets.in_own_process("Encrypt RSA-OAEP with A256CBC-HS512")
    assert "Encrypter.encrypt" in encrypting["_core/jwe.py"]
    assert "_core/jws.py" not in encrypting


@pytest.mark.parametrize("page", PAGES)
def test_tests_that_a_page_names_exist(page: str) -> None:
    assert TEST.search(text_of(page))
    assert missing_tests(text_of(page)) == []


def test_every_promise_names_a_test() -> None:
    promises = text_of("SECURITY.md").partition("## What is promised\n")[2].partition("\n## ")[0]
    numbered = re.split(r"^\d+\. ", promises, flags=re.MULTILINE)[1:]
    assert len(numbered) == 13
    assert [promise[:40] for promise in numbered if not TEST.search(promise)] == []


@pytest.mark.parametrize(
    "bad",
    ["`tests/core/jwe/test_jwe.py::test_not_there`", "`tests/test_not_there.py::test_round_trip`"],
)
def test_test_that_does_not_exist_is_noticed(bad: str) -> None:
    assert missing_tests(bad)
    assert not missing_tests("`tests/core/jwe/test_jwe.py::test_round_trip`")
