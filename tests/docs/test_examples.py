"""The programs in examples/ are blocks of pages, which `test_pages.py` runs."""

from pathlib import Path

from tests.docs import pages
from tests.helpers.rows import each_row

EXAMPLES = pages.ROOT / "examples"
PROGRAMS = sorted(EXAMPLES.glob("*.py"))
README = (EXAMPLES / "README.md").read_text("utf-8")


def titled() -> dict[str, set[str]]:
    """Return the blocks of all pages that have a title, by it."""
    found: dict[str, set[str]] = {}
    for path in (*(pages.DOCS / "guides").glob("*.md"), *(pages.DOCS / "cookbook").glob("*.md")):
        for block in pages.blocks(path.read_text("utf-8")):
            if block.title:
                found.setdefault(block.title, set()).add(block.text)
    return found


@each_row("path", PROGRAMS, ids=lambda path: path.name)
def test_example_is_the_block_of_a_page(path: Path) -> None:
    assert titled()[path.name] == {path.read_text("utf-8")}


def test_every_example_is_in_the_list_with_its_page() -> None:
    assert [path.name for path in PROGRAMS if f"`{path.name}`" not in README] == []
    assert len(PROGRAMS) >= 10
