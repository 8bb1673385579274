"""The pages for a reviewer say what is there: tests that exist, files in order, lines as counted.

`python -m tests.house.test_audit` writes the lines as counted into the page.
"""

import ast
import re
from pathlib import Path

import pytest
from tests.house.test_source import MODULES, REVIEWED, code_lines, name_of

ROOT = Path(__file__).resolve().parents[2]
PAGES = ["SECURITY.md", "docs/audit.md"]
ROW = re.compile(r"^\| `([\w/]+\.py)` \| (\d+) \|", re.MULTILINE)
TEST = re.compile(r"`(tests/[\w/]+\.py)::(test_\w+)`")


def text_of(name: str) -> str:
    return (ROOT / name).read_text("utf-8")


def reviewed() -> dict[str, int]:
    """The part that a reviewer reads, with its lines; files without code are left out."""
    lines = {
        name_of(path): code_lines(path.read_text("utf-8"))
        for path in MODULES
        if name_of(path).partition("/")[0].removesuffix(".py") in REVIEWED
    }
    return {name: count for name, count in lines.items() if count}


def missing_tests(text: str) -> list[str]:
    found = []
    for file, name in TEST.findall(text):
        path = ROOT / file
        tree = ast.parse(path.read_text("utf-8")) if path.exists() else ast.parse("")
        if name not in {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}:
            found.append(f"{file}::{name}")
    return found


def test_reading_order_has_every_file_once_with_its_lines() -> None:
    rows = [(name, int(count)) for name, count in ROW.findall(text_of("docs/audit.md"))]
    assert dict(rows) == reviewed()
    assert len(rows) == len(dict(rows))


def test_sum_of_the_lines_is_told_rightly() -> None:
    (told,) = re.findall(r"together ([\d,]+) lines of code", text_of("docs/audit.md"))
    assert int(told.replace(",", "")) == sum(reviewed().values())


@pytest.mark.parametrize("page", PAGES)
def test_tests_that_a_page_names_exist(page: str) -> None:
    assert TEST.search(text_of(page))
    assert missing_tests(text_of(page)) == []


def test_every_promise_names_a_test() -> None:
    promises = text_of("SECURITY.md").partition("## What is promised\n")[2].partition("\n## ")[0]
    numbered = re.split(r"^\d+\. ", promises, flags=re.MULTILINE)[1:]
    assert len(numbered) == 9
    assert [promise[:40] for promise in numbered if not TEST.search(promise)] == []


@pytest.mark.parametrize(
    "bad",
    ["`tests/core/jwe/test_jwe.py::test_not_there`", "`tests/test_not_there.py::test_round_trip`"],
)
def test_test_that_does_not_exist_is_noticed(bad: str) -> None:
    assert missing_tests(bad)
    assert not missing_tests("`tests/core/jwe/test_jwe.py::test_round_trip`")


def write_lines() -> None:
    """Bring the counts of the page up to date."""
    lines = reviewed()
    text = ROW.sub(lambda row: f"| `{row[1]}` | {lines.get(row[1], 0)} |", text_of("docs/audit.md"))
    told = f"together {sum(lines.values()):,} lines of code"
    text = re.sub(r"together [\d,]+ lines of code", told, text)
    (ROOT / "docs/audit.md").write_text(text, "utf-8")


if __name__ == "__main__":
    write_lines()
