"""Public prose keeps to plain technical English, as far as patterns can tell.

To extend the patterns, add a row with an example of each kind. A document, or a module's docstrings,
that is not clean yet is named in `words_not_yet.txt`. `python -m tests.house.test_words` takes out
what is clean by now; nothing is put in.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.house.test_source import MODULES, ROOT, name_of

# A pattern, a sentence that it finds, and one that it lets pass.
PATTERNS = [
    (r"\b(?<!there )is no\b(?! longer)", "It is no token.", "It is not a token."),
    (r"\b(?<!there )are no\b(?! longer)", "They are no keys.", "They are not keys."),
    (r"\bstands? in\b", "The reason stands in the page.", "The reason is on the page."),
    (r"\b(?:of|than) ours\b", "A local of ours.", "A local of joseal's frames."),
    (r"\bin earnest\b", "It begins in earnest.", "It begins."),
    (r"\blest\b", "Lest it leaks.", "So that it does not leak."),
    (r"\bheed(?:s|ed)?\b", "The names that it heeds.", "The names that it understands."),
    (r"\bbeside\b", "It lies beside the file.", "It lies next to the file."),
    (r"\boctets?\b", "The same octets.", "The same bytes."),
    (r"\bdoes not hold\b", "The signature does not hold.", "The signature is not valid."),
    (r"\b(?:signature|tag) holds\b", "The tag holds.", "The tag is valid."),
    (r"\b(?:rooms?|doors?|theat(?:re|er))\b", "The one door for JSON.", "The one place for JSON."),
    (
        r"(?:^|[.:] )\*{0,2}(?:Who|What) [^.?:|]*(?<!\bsaid)\.(?:\s|$)",
        "Who opens has the key.",
        "Who has the key? The reader has it.",
    ),
    (
        (
            r"\b(?:licence|behaviour|colour|favour|honour|catalogue|defence|artefact|judgement"
            r"|(?:organ|recogn|author|serial|normal|initial|optim|summar)is(?:e[ds]?|ing|ation)"
            r"|labelled|cancelled|centre|analyse[ds]?)\b"
        ),
        "An organisation.",
        "An organization.",
    ),
]

# Made by a program from the words of the RFCs.
GENERATED = "docs/clauses.md"
DOCUMENTS = sorted(
    name
    for path in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    if (name := path.relative_to(ROOT).as_posix()) != GENERATED
)
SOURCES = {f"src/joseal/{name_of(path)}": path for path in MODULES}
NOT_YET_FILE = Path(__file__).with_name("words_not_yet.txt")
NOT_YET = set(NOT_YET_FILE.read_text("utf-8").split())


def prose(text: str) -> str:
    """Return a document without its code."""
    text = re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)
    return re.sub(r"`[^`\n]*`", "x", re.sub(r"<!--.*?-->", "", text, flags=re.DOTALL))


def docstrings(source: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef):
            yield ast.get_docstring(node) or ""


def found(text: str) -> list[str]:
    """Return what is to be said otherwise, with a few words around it."""
    paragraphs = re.split(r"\n\s*\n|\n(?=[-|#>*\d])", prose(text))
    lines = [" ".join(paragraph.split()).removeprefix("- ") for paragraph in paragraphs]
    return [
        line[max(0, hit.start() - 20) : hit.end() + 20][:90]
        for line in lines
        for pattern, _, _ in PATTERNS
        for hit in re.finditer(pattern, line, re.IGNORECASE if pattern.startswith(r"\b") else 0)
    ]


@pytest.mark.parametrize(("pattern", "bad", "good"), PATTERNS)
def test_pattern_tells_bad_from_good(pattern: str, bad: str, good: str) -> None:
    assert found(bad)
    assert not found(good)
    assert not found(f"`{bad}`\n\n```text\n{bad}\n```\n")


def hits_in(name: str) -> list[str]:
    """Return what is found in a document, or in the docstrings of a module."""
    if name in DOCUMENTS:
        return found((ROOT / name).read_text("utf-8"))
    return [hit for text in docstrings(SOURCES[name].read_text("utf-8")) for hit in found(text)]


@pytest.mark.parametrize("name", [*DOCUMENTS, *SOURCES])
def test_text_is_clean_or_on_the_list_of_those_that_are_not_yet(name: str) -> None:
    if name in NOT_YET:
        assert hits_in(name), "it is clean now, run: python -m tests.house.test_words"
    else:
        assert hits_in(name) == []


def test_list_names_what_exists() -> None:
    assert NOT_YET - {*DOCUMENTS, *SOURCES} == set()


if __name__ == "__main__":
    # Names leave the list here, and none comes to it.
    left = sorted(name for name in NOT_YET & {*DOCUMENTS, *SOURCES} if hits_in(name))
    NOT_YET_FILE.write_text("".join(f"{name}\n" for name in left), "utf-8")
