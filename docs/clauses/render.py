"""Write `docs/clauses.md` from the trails beside this file: `python docs/clauses/render.py`.

A trail accounts for every MUST, MUST NOT, SHOULD and SHOULD NOT of one document: what it asks for,
whether joseal does it, which code does it and which tests prove it.
"""

import tomllib
from importlib.util import find_spec
from pathlib import Path

FOLDER = Path(__file__).parent
ROOT = FOLDER.parents[1]
PAGE = FOLDER.with_suffix(".md")
STATUSES = ("kept", "different", "not applicable")

INTRODUCTION = """\
# Clauses

This page lists every requirement of the documents that joseal implements: whether joseal keeps it,
and the code and the tests that show it.

- **kept**: the named code does it, and the named tests prove it.
- **different**: joseal does something else on purpose; the reason is given.
- **not applicable**: the requirement does not apply to joseal; the reason is given.
"""
CLOSING = """\
## How this page is made

REQUIRED and SHALL count as MUST, and RECOMMENDED as SHOULD. MAY and OPTIONAL are not listed, nor
are the definitions of these words. The number of these words in each section was counted in the
published texts, and the rows add up to it. A level in brackets is joseal's reading of a requirement
without such a word. The text of each row is a summary, not a quotation.
If a proof is a file of vectors and a flag, it means the cases with that flag, which
`tests/vectors/test_our_vectors.py` runs.

`docs/clauses/render.py` writes this page. `tests/house/test_clauses.py` fails if the page is out of
date, if a symbol, a test or a flag does not exist, if a requirement that is kept has no test, or if
the numbers do not add up.
"""


def trails() -> list[dict]:
    """Return the trails, by the names of their files."""
    return [tomllib.loads(path.read_text("utf-8")) for path in sorted(FOLDER.glob("*.toml"))]


def table(head: tuple[str, ...], rows: list[list[str]]) -> str:
    """Return a Markdown table."""
    lines = [list(head), ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def sources() -> Path:
    """Return the folder of the package: in the tree, or where a wheel was installed."""
    folder = ROOT / "src"
    return folder if folder.is_dir() else Path(find_spec("joseal").origin).parents[1]


def module_of(symbol: str) -> Path:
    """Return the file in the tree that a dotted name leads to."""
    parts = symbol.split(".")
    for end in range(len(parts), 0, -1):
        path = sources().joinpath(*parts[:end])
        for file in (path.with_suffix(".py"), path / "__init__.py"):
            if file.is_file():
                return ROOT / "src" / file.relative_to(sources())
    return ROOT / "src"


def link_to(text: str, path: Path) -> str:
    """Return a link from the page to a file of the project."""
    return f"[{text}](../{path.relative_to(ROOT).as_posix()})"


def code(symbol: str) -> str:
    """Return the link to a symbol's file."""
    return link_to(f"`{symbol.removeprefix('joseal.')}`", module_of(symbol))


def proof(reference: str) -> str:
    """Return the link to a test, or to the vectors with a flag."""
    file, flag, name = reference.partition("#flag:")
    if flag:
        return link_to(f"{Path(file).name}: {name}", ROOT / file)
    file, _, name = reference.partition("::")
    return link_to(f"`{name}`", ROOT / file)


def row(clause: dict) -> list[str]:
    """Return one clause as the cells of its row."""
    level = clause["level"] if clause.get("words", 1) else f"({clause['level']})"
    status = f"**{clause['status']}**"
    if "reason" in clause:
        status += f": {clause['reason']}"
    return [
        clause["section"],
        level,
        clause["text"].replace("|", "\\|"),
        status.replace("|", "\\|"),
        "<br>".join(map(code, clause.get("code", []))),
        "<br>".join(map(proof, clause.get("tests", []))),
    ]


def summary(trail: dict) -> list[str]:
    """Return what the summary says of one trail."""
    found = [clause["status"] for clause in trail["clause"]]
    words = sum(sum(levels.values()) for levels in trail["keywords"].values())
    anchor = trail["rfc"].lower().replace(" ", "-")
    return [
        f"[{trail['rfc']}](#{anchor})",
        trail["title"],
        f"{words}",
        f"{len(found)}",
        *(f"{found.count(status)}" for status in STATUSES),
    ]


def page() -> str:
    """Return the whole page."""
    known = trails()
    parts = [
        INTRODUCTION,
        '<div class="clauses" markdown>\n',
        table(("document", "title", "keywords", "clauses", *STATUSES), [summary(t) for t in known]),
    ]
    for trail in known:
        head = ("section", "level", "requirement", "status", "code", "tests")
        rows = table(head, [row(clause) for clause in trail["clause"]])
        parts.append(f"## {trail['rfc']}\n\n{trail['title']}, {trail['date']}.\n\n{rows}")
    parts.append("</div>\n")
    parts.append(CLOSING)
    return "\n".join(parts)


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
