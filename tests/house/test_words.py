"""Public prose keeps to plain technical English, as far as patterns can tell.

It reads every document, and every docstring and message of the source. To extend the patterns, add a row with an
example of each kind.
"""

import ast
import re
from collections.abc import Iterator

import pytest
from tests.helpers.rows import each_row
from tests.house.test_source import MODULES, ROOT, name_of

# A pattern, a sentence that it finds, and one that it lets pass.
PATTERNS = [
    (r"\b(?<!there )is no\b(?! longer)", "It is no token.", "It is not a token."),
    (r"\b(?<!there )are no\b(?! longer)", "They are no keys.", "They are not keys."),
    (r"\bstands? in\b", "The reason stands in the page.", "The reason is on the page."),
    (r"\b(?:of|than) ours\b", "A local of ours.", "A local of joseal's frames."),
    (r"\b(?:is|are|be) another one\b", "The key is another one.", "The key is the wrong one."),
    (r"\bof another type\b", "It is of another type.", "It is of the wrong type."),
    (r"\bplays\b", "It plays the bank.", "It is a test server."),
    (r"\bin earnest\b", "It begins in earnest.", "It begins."),
    (r"\blest\b", "Lest it leaks.", "So that it does not leak."),
    (r"\bheed(?:s|ed)?\b", "The names that it heeds.", "The names that it understands."),
    (r"\bbeside\b", "It lies beside the file.", "It lies next to the file."),
    (r"\boctets?\b", "The same octets.", "The same bytes."),
    (r"\b(?:who|whom|what)soever\b|\bwhoever\b", "Whoever has it.", "Anyone who has it."),
    (r"\banew\b", "It is drawn anew.", "It is drawn again."),
    (r"\bin vain\b", "It is asked in vain.", "It is asked without success."),
    (r"\bgo(?:es)? on with\b", "It goes on with a key.", "It continues with a key."),
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

COMPILED = [
    re.compile(pattern, re.IGNORECASE if pattern.startswith(r"\b") else 0)
    for pattern, _, _ in PATTERNS
]

# Made by a program from the words of the RFCs.
GENERATED = "docs/clauses.md"
DOCUMENTS = sorted(
    name
    for path in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    if (name := path.relative_to(ROOT).as_posix()) != GENERATED
)
SOURCES = {f"src/joseal/{name_of(path)}": path for path in MODULES}


def prose(text: str) -> str:
    """Return a document without its code."""
    text = re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)
    return re.sub(r"`[^`\n]*`", "x", re.sub(r"<!--.*?-->", "", text, flags=re.DOTALL))


def docstrings(nodes: list[ast.AST]) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef):
            yield ast.get_docstring(node) or ""


def messages(nodes: list[ast.AST]) -> Iterator[str]:
    """Return the other texts of a module: messages, help, docstrings of attributes."""
    for node in nodes:
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and " " in node.value:
            yield node.value


def found(text: str) -> list[str]:
    """Return what is to be said otherwise, with a few words around it."""
    paragraphs = re.split(r"\n\s*\n|\n(?=[-|#>*\d])", prose(text))
    lines = [" ".join(paragraph.split()).removeprefix("- ") for paragraph in paragraphs]
    return [
        line[max(0, hit.start() - 20) : hit.end() + 20][:90]
        for line in lines
        for pattern in COMPILED
        for hit in pattern.finditer(line)
    ]


@each_row(("pattern", "bad", "good"), PATTERNS)
def test_pattern_tells_bad_from_good(pattern: str, bad: str, good: str) -> None:
    assert found(bad)
    assert not found(good)
    assert not found(f"`{bad}`\n\n```text\n{bad}\n```\n")


def hits_in(name: str) -> list[str]:
    """Return what is found in a document, or in the docstrings of a module."""
    if name in DOCUMENTS:
        return found((ROOT / name).read_text("utf-8"))
    nodes = list(ast.walk(ast.parse(SOURCES[name].read_text("utf-8"))))
    texts = [*docstrings(nodes), *messages(nodes)]
    return [hit for text in texts for hit in found(text)]


@pytest.mark.parametrize("names", [DOCUMENTS, [*SOURCES]], ids=["documents", "sources"])
def test_text_is_clean(names: list[str]) -> None:
    assert {name: hits for name in names if (hits := hits_in(name))} == {}
