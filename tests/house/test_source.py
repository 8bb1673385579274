"""The rules of the source that no linter of the shelf can say, read off the syntax tree."""

import ast
import functools
import io
import re
import tokenize
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.helpers.rows import each_row

import joseal

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = Path(joseal.__file__).parent
MODULES = sorted(PACKAGE.rglob("*.py"))
MODULE_LINES = 300
FUNCTION_LINES = 40
REVIEWED = ("errors", "_core", "devices")

# How often a rule may be broken where.
EXCEPTED = {
    ("broad_excepts", "juspay/call_log.py"): 1,  # a metric must not lose an outcome
    ("broad_excepts", "juspay/preconditions.py"): 1,  # nor must the caller's reader
    # Whatever leaves a public function has to be cleaned.
    ("broad_excepts", "_core/secrecy.py"): 4,
    # One class: each way to load a key is one of its methods, with the whole docstring.
    ("long_modules", "_core/keys/key.py"): 1,
}

Rule = Callable[[str], list[str]]


def name_of(path: Path) -> str:
    return path.relative_to(PACKAGE).as_posix()


# Of one module at a time, for all rules.
@functools.lru_cache(maxsize=1)
def nodes(source: str) -> list[ast.AST]:
    return list(ast.walk(ast.parse(source)))


@functools.lru_cache(maxsize=1)
def tokens(source: str) -> list[tokenize.TokenInfo]:
    return list(tokenize.generate_tokens(io.StringIO(source).readline))


def found(source: str, kind: type[ast.AST]) -> Iterator[ast.AST]:
    return (node for node in nodes(source) if isinstance(node, kind))


def asserts(source: str) -> list[str]:
    return [f"line {node.lineno}" for node in found(source, ast.Assert)]


def broad_excepts(source: str) -> list[str]:
    handlers = [node.type for node in found(source, ast.ExceptHandler)]
    caught = [node for handler in handlers if handler for node in ast.walk(handler)]
    caught += [
        argument
        for call in found(source, ast.Call)
        if last_name(call.func).endswith("suppress")
        for argument in call.args
    ]
    return ["bare except" for handler in handlers if handler is None] + [
        f"line {node.lineno}: {ast.unparse(node)}"
        for node in caught
        if ast.unparse(node) in ("Exception", "BaseException")
    ]


def raises_in_handlers(source: str) -> list[str]:
    """A bare `raise` passes on what was caught; `from None` shows nothing of it."""
    return [
        f"line {node.lineno}"
        for handler in found(source, ast.ExceptHandler)
        for node in ast.walk(handler)
        if isinstance(node, ast.Raise) and node.exc is not None and not is_none(node.cause)
    ]


def last_name(node: ast.expr) -> str:
    return getattr(node, "attr", getattr(node, "id", ""))


def is_none(node: ast.expr | None) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def anys(source: str) -> list[str]:
    return [
        f"line {node.lineno}"
        for node in nodes(source)
        if (isinstance(node, ast.Name) and node.id == "Any")
        or (isinstance(node, ast.Attribute) and node.attr == "Any")
        or (isinstance(node, ast.alias) and node.name == "Any")
    ]


def silencers(source: str) -> list[str]:
    """Comments that switch a checker off: for types never, for ruff only one rule by its name."""
    pattern = re.compile(
        r"(type|pyright|mypy):\s*ignore|noqa(?!: [A-Z]+\d+\b)|pragma|fmt: *(off|skip)"
    )
    return [
        f"line {token.start[0]}: {token.string}"
        for token in tokens(source)
        if token.type == tokenize.COMMENT and pattern.search(token.string)
    ]


def notes_to_self(source: str) -> list[str]:
    return [
        f"line {token.start[0]}"
        for token in tokens(source)
        if token.type == tokenize.COMMENT and re.search(r"\b(TODO|FIXME|XXX)\b", token.string)
    ]


def docstring_lines(node: ast.AST) -> set[int]:
    if not isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
        return set()
    if ast.get_docstring(node, clean=False) is None:
        return set()
    return set(range(node.body[0].lineno, node.body[0].end_lineno + 1))


def long_functions(source: str) -> list[str]:
    return [
        f"{node.name} in line {node.lineno}"
        for node in nodes(source)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.end_lineno - node.lineno + 1 - len(docstring_lines(node)) > FUNCTION_LINES
    ]


def long_modules(source: str) -> list[str]:
    lines = code_lines(source)
    return [f"{lines} lines of code"] if lines > MODULE_LINES else []


def code_lines(source: str) -> int:
    """Count the lines with code: no blank ones, comments or docstrings."""
    silent = (
        *(tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT),
        *(tokenize.DEDENT, tokenize.ENDMARKER),
    )
    lines: set[int] = set()
    for token in tokens(source):
        if token.type not in silent:
            lines.update(range(token.start[0], token.end[0] + 1))
    for node in nodes(source):
        lines -= docstring_lines(node)
    return len(lines)


BODY = "    x = 1\n"
RULES: list[tuple[Rule, str, str]] = [
    (asserts, "assert x\n", "x = 'assert'\n"),
    (broad_excepts, "try:\n    x\nexcept:\n    y\n", "try:\n    x\nexcept KeyError:\n    y\n"),
    (broad_excepts, "try:\n    x\nexcept Exception:\n    y\n", "exception = 1\n"),
    (broad_excepts, "try:\n    x\nexcept (KeyError, BaseException):\n    y\n", "x = Exception\n"),
    (broad_excepts, "with suppress(Exception):\n    x\n", "with suppress(KeyError):\n    x\n"),
    (
        raises_in_handlers,
        "try:\n    x\nexcept KeyError:\n    raise z\n",
        "try:\n    x\nexcept KeyError:\n    raise\nexcept ValueError:\n    raise y from None\nraise z\n",
    ),
    (anys, "from typing import Any\n", "from typing import Final\n"),
    (anys, "x: typing.Any = 1\n", "x = any(y)\n"),
    (silencers, "x = 1  # type: ignore[misc]\n", "x = '# type: ignore'\n"),
    (silencers, "x = 1  # noqa\n", "x = 1  # noqa: S105  why\n"),
    (notes_to_self, "x = 1  # TODO: later\n", "x = 'TODO'\n"),
    (
        long_functions,
        "def f():\n" + BODY * FUNCTION_LINES,
        'def f():\n    """a\n    b"""\n' + BODY * (FUNCTION_LINES - 1),
    ),
    (long_modules, "x = 1\n" * (MODULE_LINES + 1), "x = 1\n" * MODULE_LINES + "# why\n\n"),
]


@functools.cache
def faults() -> dict[str, dict[str, list[str]]]:
    """Return the findings of each rule in each module, which is parsed once for all of them."""
    found: dict[str, dict[str, list[str]]] = {rule.__name__: {} for rule, _, _ in RULES}
    for path in MODULES:
        source = path.read_text("utf-8")
        for rule in {rule for rule, _, _ in RULES}:
            found[rule.__name__][name_of(path)] = rule(source)
    return found


@each_row(("rule", "bad", "good"), RULES)
def test_rule_tells_bad_from_good(rule: Rule, bad: str, good: str) -> None:
    assert rule(bad)
    assert not rule(good)


@pytest.mark.parametrize(
    "rule", sorted({rule for rule, _, _ in RULES}, key=lambda rule: rule.__name__)
)
def test_source_keeps_rule(rule: Rule) -> None:
    assert {
        name: found
        for name, found in faults()[rule.__name__].items()
        if len(found) != EXCEPTED.get((rule.__name__, name), 0)
    } == {}


def test_code_lines_are_counted_without_docstrings_and_comments() -> None:
    assert (
        code_lines('"""a\nb"""\n\n# c\nx = (\n    1\n)\n\n\ndef f():\n    """d"""\n    return x\n')
        == 5
    )


def test_reviewed_part_is_what_coverage_measures() -> None:
    report = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["coverage"][
        "report"
    ]
    names = {name: (PACKAGE / name).is_dir() for name in REVIEWED}
    patterns = [f"*/joseal/{name}{'/*' if folder else '.py'}" for name, folder in names.items()]
    assert report["include"] == patterns
    assert report["fail_under"] == 100
