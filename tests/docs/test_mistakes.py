"""The table of joseal's answers to common mistakes has the real ones."""

import re

from tests.docs import pages
from tests.helpers import said
from tests.helpers.rows import each_row

PAGE = (pages.DOCS / "reference" / "mistakes.md").read_text("utf-8")
ROWS = [
    (title, *cells)
    for title, body in re.findall(r"^## (.+)\n((?:.*\n)*?)(?=^## |\Z)", PAGE, re.MULTILINE)
    for cells in re.findall(r"^\| (.+) \| (.+) \|$", body, re.MULTILINE)
    if cells[0] != "mistake"
]


def test_every_mistake_has_a_row():
    rows = [(title, name) for title, section in said.SECTIONS.items() for name in section]
    assert [(title, name) for title, name, _ in ROWS] == rows
    assert len(rows) > 25


@each_row(("title", "name", "answer"), ROWS)
def test_a_row_has_the_answer_of_this_version(title, name, answer):
    assert pages.is_like(said.SECTIONS[title][name](), answer.strip("`"))
