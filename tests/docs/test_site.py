"""What the site is made of: its hook, its places, its reference."""

import importlib
import re
import runpy
import sys
import tomllib
from types import SimpleNamespace

import click
import pytest
from tests.docs import pages
from tests.helpers.rows import each_row

from joseal.cli.program import program
from joseal.profiles import PROFILES

HOOKS = runpy.run_path(str(pages.DOCS / "hooks.py"))
CONFIG = (pages.ROOT / "mkdocs.yml").read_text("utf-8")
REFERENCE = "\n".join(path.read_text("utf-8") for path in (pages.DOCS / "reference").glob("*.md"))
KNOWN = {"a.md", "b/c.md", "security.md"}


@each_row(
    ("uri", "text", "expected"),
    [
        ("a.md", "[x](b/c.md#d)", "[x](b/c.md#d)"),
        ("b/c.md", "[x](../a.md)", "[x](../a.md)"),
        ("a.md", "[x](../SECURITY.md)", "[x](security.md)"),
        ("b/c.md", "[x](../../SECURITY.md#y)", "[x](../security.md#y)"),
        ("security.md", "[x](docs/b/c.md)", "[x](b/c.md)"),
        ("a.md", "[`x`](../src/joseal/jwe.py) y", "`x` y"),
        ("security.md", "[x](LICENSE)", "x"),
        ("a.md", "[x](https://example.com) [y](#z)", "[x](https://example.com) [y](#z)"),
        ("a.md", "![x](pictures/y.svg)", "![x](pictures/y.svg)"),
        ("a.md", "```python\nx[y](z)\n```\n[x](z)", "```python\nx[y](z)\n```\nx"),
    ],
)
def test_links_lead_where_the_site_has_the_page(uri: str, text: str, expected: str) -> None:
    assert HOOKS["complete"](text, uri, KNOWN) == expected


def test_every_profile_is_in_the_table_with_its_names() -> None:
    page = HOOKS["complete"]("<!-- profiles -->", "reference/profiles.md", KNOWN)
    for name, profile in PROFILES.items():
        (about,) = re.findall(rf"^### {name}$\n\n(.*)$", page, re.MULTILINE)
        assert about == profile.about
        assert profile.open_question in page
        (row,) = re.findall(rf"^\| \[`{name}`\](.*)$", page, re.MULTILINE)
        _, *directions, state, _ = (
            row.split(" | ") if row.endswith("| ") else [*row.split(" | "), ""]
        )
        assert state.startswith("yes") == profile.confirmed
        for cell, message in zip(directions, (profile.send, profile.receive), strict=True):
            expected = () if message is None else message.algs
            assert [f"`{alg}`" in cell for alg in expected] == [True] * len(expected)
            assert bool(cell.strip()) == (message is not None)


def test_every_profile_has_its_table_in_the_cookbook() -> None:
    cookbook = [path.read_text("utf-8") for path in sorted((pages.DOCS / "cookbook").glob("*.md"))]
    marked = re.findall(r"^<!-- profile: (\S+) -->$", "\n".join(cookbook), re.MULTILINE)
    assert sorted(marked) == sorted(PROFILES)
    for name in marked:
        page = HOOKS["complete"](f"<!-- profile: {name} -->", "cookbook/a.md", KNOWN)
        assert page in HOOKS["complete"]("<!-- profiles -->", "reference/profiles.md", KNOWN)
        assert f"| `{name}` | send | receive |" in page


def test_speed_of_other_libraries_is_that_of_the_performance_page() -> None:
    page = HOOKS["complete"]("<!-- speed -->", "comparison.md", KNOWN)
    rows = page.splitlines()
    assert rows[0].endswith("| joseal | joserfc | jwcrypto | Authlib |")
    assert len(rows) == 12
    assert set(rows) <= set((pages.DOCS / "performance.md").read_text("utf-8").splitlines())


@pytest.mark.parametrize(
    ("name", "cell"),
    [
        ("visa-mle", '`{"encData": TOKEN}`'),
        ("visa-mle", "`typ: JWE`, `kid` (given), `iat` (ms)"),
        ("juspay-payouts", '`{"payload": TOKEN, "kid": ..., "sid": ..., "format": "compact"}`'),
        (
            "juspay-express-fields",
            "members `header`, `encryptedKey`, `iv`, `encryptedPayload`, `tag`",
        ),
        ("openid4vp", "the token"),
        ("axis-bank", "encrypt-then-sign: `RS256`"),
    ],
)
def test_row_of_a_profile_says_what_it_writes(name: str, cell: str) -> None:
    page = "\n".join(HOOKS["profiles"]())
    section = page.partition(f"\n### {name}\n")[2].partition("\n### ")[0]
    assert f"| {cell} |" in section


def walk(command: click.Command, context: click.Context) -> list[click.Context]:
    if not isinstance(command, click.Group):
        return [context]
    inner = ((name, command.get_command(context, name)) for name in command.list_commands(context))
    below = [
        walk(each, click.Context(each, info_name=name, parent=context)) for name, each in inner
    ]
    return [context, *(each for several in below for each in several)]


def test_every_command_and_option_stands_in_the_page() -> None:
    page = HOOKS["complete"]("<!-- commands -->", "a.md", KNOWN)
    parts = dict(re.findall(r"^#{2,5} (joseal.*)\n((?:(?!#).*\n?)*)", page, re.MULTILINE))
    contexts = walk(program, click.Context(program, info_name="joseal"))
    assert list(parts) == [context.command_path for context in contexts]
    for context in contexts:
        options = [option for option in context.command.params if isinstance(option, click.Option)]
        missing = [
            option.opts[-1]
            for option in options
            if option.opts[-1] not in parts[context.command_path]
        ]
        assert missing == []


@each_row("path", sorted((pages.DOCS / "reference").glob("*.md")), ids=lambda path: path.name)
def test_reference_names_what_there_is(path) -> None:
    for name in re.findall(r"^::: (\S+)$", path.read_text("utf-8"), re.MULTILINE):
        module, _, member = name.rpartition(".")
        try:
            importlib.import_module(name)
        except ModuleNotFoundError:
            assert hasattr(importlib.import_module(module), member), name


def test_docstring_has_its_lists_and_examples_as_the_site_reads_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """griffe, which comes with the group `docs` alone, is not needed to change a text."""
    names = dict.fromkeys(("Attribute", "Extension", "Function", "Object"), object)
    monkeypatch.setitem(sys.modules, "griffe", SimpleNamespace(**names))
    readable = runpy.run_path(str(pages.DOCS / "griffe_lists.py"))["readable"]
    text = "Do it.\n\nRules:\n- one\n- two\n\nExample:\n    >>> 1\n    1\n\nFor Example: this.\n"
    assert readable(text) == (
        "Do it.\n\nRules:\n\n- one\n- two\n\nExamples:\n    >>> 1\n    1\n\nFor Example: this.\n"
    )


def test_all_of_the_front_stands_in_the_reference() -> None:
    named = set(re.findall(r"^::: joseal\.(\w+)$", REFERENCE, re.MULTILINE))
    front = importlib.import_module("joseal").__all__
    assert {name for name in front if name not in named and not name.endswith("Error")} == {
        "__version__"
    }
    assert "errors" in named


def test_every_extra_for_users_is_in_the_table() -> None:
    for_work = {"test"}
    text = (pages.DOCS / "install.md").read_text("utf-8")
    cells = re.findall(r"^\| (`\w+`(?:, `\w+`)*) \|", text, re.MULTILINE)
    assert {name.strip("`") for cell in cells for name in cell.split(", ")} == (
        pages.EXTRAS - for_work
    )
    assert all(f"`{extra}`" in text for extra in for_work)


def test_every_dependency_is_named_where_it_is_installed() -> None:
    text = (pages.DOCS / "install.md").read_text("utf-8")
    project = tomllib.loads((pages.ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    names = [re.match(r"[\w-]+", item).group() for item in project["dependencies"]]
    assert [name for name in names if f"`{name}`" not in text] == []


def test_every_page_has_its_place() -> None:
    there = {path.relative_to(pages.DOCS).as_posix() for path in pages.DOCS.rglob("*.md")}
    listed = re.findall(r"(\S+\.md)$", CONFIG.partition("\nnav:\n")[2], re.MULTILINE)
    assert sorted(listed) == sorted([*there, *HOOKS["BORROWED"].values()])


def test_search_prefers_pages_that_exist() -> None:
    assert [uri for uri in HOOKS["SEARCH_BOOST"] if f"- {uri}\n" not in CONFIG] == []


def test_pictures_fetch_nothing() -> None:
    for path in (pages.DOCS / "pictures").glob("*.svg"):
        text = path.read_text("utf-8").replace('xmlns="http://www.w3.org/2000/svg"', "")
        assert re.findall(r"https?:|<script|<image|href|@import", text) == []
        assert "prefers-color-scheme: dark" in text
        assert "<title" in text


def test_the_picture_of_the_layers_has_the_modules_that_exist() -> None:
    text = (pages.DOCS / "pictures/layers.svg").read_text("utf-8")
    boxes = re.findall(r'class="(?:mid )?bold"[^>]*>([^<]+)<', text)
    named = {name for box in boxes for name in box.split(", ")}
    source = pages.ROOT / "src/joseal"
    layers = {path.parent.name for path in source.glob("*/__init__.py")} - {"_core"} | {"errors"}
    core = {path.stem for path in (source / "_core").iterdir()}
    assert layers <= named
    assert named - layers <= core
