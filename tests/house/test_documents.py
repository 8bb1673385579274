"""The documents say what the code does: examples run, numbers and names agree, links lead on."""

import importlib
import inspect
import re
import tomllib
from pathlib import Path

import pytest
from tests.helpers.rows import each_row
from tests.house.test_public_names import packages

import joseal
from joseal._core.algorithms import registry
from joseal._core.keys import validate
from joseal._core.wire import strict_json

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
SUPPORTED = "docs/reference/supported.md"
ERRORS = "docs/reference/errors.md"
MERGE_MARK = re.compile(r"^(?:<{7}|>{7}|={7})(?: |$)", re.MULTILINE)
MACHINE_PATH = re.compile(r"(?<![\w.~$}-])/(?:work|root|home|Users|tmp|opt)(?:/|\b)")


def text_of(name: str) -> str:
    return (ROOT / name).read_text("utf-8")


def leads_on(path: Path) -> bool:
    """Whether a file is there; those of `src/` may be where a wheel was installed."""
    path = path.resolve()
    if path.exists() or not path.is_relative_to(ROOT / "src"):
        return path.exists()
    return (Path(joseal.__file__).parents[1] / path.relative_to(ROOT / "src")).exists()


def block_after(marker: str, language: str) -> str:
    """The fenced block that follows a marker in the README."""
    fences = re.findall(
        rf"^<!-- {marker} -->\n+```{language}\n(.*?)^```$",
        text_of("README.md"),
        re.MULTILINE | re.DOTALL,
    )
    assert len(fences) == 1
    return fences[0]


@pytest.mark.parametrize("name", ["demo", "tests"])
def test_readme_command_is_one_line(name: str) -> None:
    (line,) = block_after(f"command: {name}", "sh").splitlines()
    assert "-m venv .venv" in line
    assert "install -y python3-venv" in line


def test_changelog_has_an_unreleased_section_on_top() -> None:
    headings = re.findall(r"^## (.*)$", text_of("CHANGELOG.md"), re.MULTILINE)
    assert headings[0] == "[Unreleased]"
    assert headings.count("[Unreleased]") == 1


def test_limits_in_security_are_those_of_the_code() -> None:
    rows = re.findall(r"^\| `(\w+)` \| ([\d,]+) \|", text_of("SECURITY.md"), re.MULTILINE)
    limits = joseal.Limits()
    assert {name: int(value.replace(",", "")) for name, value in rows} == {
        name: getattr(limits, name) for name in limits.__struct_fields__
    }


def test_other_bounds_in_security_are_those_of_the_code() -> None:
    assert (
        f"A header nests at most {strict_json.MAX_DEPTH} deep and its numbers have at most "
        f"{strict_json.MAX_DIGITS} digits; RSA keys have {validate.RSA_LEAST_BITS:,} to "
        f"{validate.RSA_MOST_BITS:,} bits."
    ) in text_of("SECURITY.md")


def test_algorithms_in_the_page_are_those_of_the_code() -> None:
    for member, known in (("alg", registry.ALGS), ("enc", registry.ENCS)):
        (row,) = re.findall(rf"^\|[^|]*\(`{member}`\) \|(.*)\|$", text_of(SUPPORTED), re.MULTILINE)
        assert re.findall(r"`([^`]+)`", row) == list(known)
    (row,) = re.findall(r"^\| Signatures \|(.*)\|$", text_of(SUPPORTED), re.MULTILINE)
    assert re.findall(r"`([^`]+)`", row) == list(registry.SIGS)


def test_drafts_in_the_page_are_those_of_the_code() -> None:
    drafts = [name for name, enc in registry.ENCS.items() if enc.draft]
    assert re.findall(r"`([^`]+)` \(draft\)", text_of(SUPPORTED)) == drafts


def test_error_codes_in_the_page_are_those_of_the_code() -> None:
    rows = re.findall(r"^\| `(\w+Error)` \| `(\w+)` \|", text_of(ERRORS), re.MULTILINE)
    groups = (joseal.JoseError, joseal.TokenError)
    errors = [getattr(joseal, name) for name in joseal.__all__ if name.endswith("Error")]
    assert dict(rows) == {kind.__name__: kind.code for kind in errors if kind not in groups}


def test_every_error_of_a_package_is_in_the_table() -> None:
    rows = re.findall(r"^\| `joseal\.([\w.]+Error)` \| `(\w+)` \|", text_of(ERRORS), re.MULTILINE)
    errors = {}
    for package in packages():
        module = importlib.import_module(package)
        for name in getattr(module, "__all__", ()):
            kind = getattr(module, name)
            if inspect.isclass(kind) and issubclass(kind, joseal.JoseError):
                errors.setdefault(name, (f"{package}.{name}", kind.code))
    named = {full.removeprefix("joseal."): code for full, code in errors.values()}
    assert dict(rows) == {name: code for name, code in named.items() if "." in name}


def test_every_dependency_is_argued_for() -> None:
    pyproject = tomllib.loads(text_of("pyproject.toml"))
    project, groups = pyproject["project"], pyproject["dependency-groups"]
    lists = [project["dependencies"], *project["optional-dependencies"].values(), *groups.values()]
    items = [item for items in lists for item in items if isinstance(item, str)]
    names = {re.match(r"[\w-]+", item).group() for item in items} - {"joseal"}
    decisions = text_of("docs/decisions.md")
    assert {name for name in names if f"`{name}`" not in decisions} == set()


def test_every_decision_has_a_number_of_its_own() -> None:
    headings = re.findall(r"^## (.*)$", text_of("docs/decisions.md"), re.MULTILINE)
    numbers = [heading.partition(". ")[0] for heading in headings]
    assert numbers
    assert all(number.isdecimal() for number in numbers)
    assert len(set(numbers)) == len(numbers)


def test_ci_tests_every_version_that_is_promised() -> None:
    classifiers = tomllib.loads(text_of("pyproject.toml"))["project"]["classifiers"]
    promised = re.findall(r":: Python :: (3\.\d+)", "\n".join(classifiers))
    assert f"for version in {' '.join(promised)}; do" in text_of(".ci/run")


def test_every_lint_exception_is_explained() -> None:
    lines = text_of("pyproject.toml").splitlines()
    first, last = lines.index("ignore = ["), lines.index("]", lines.index("ignore = ["))
    assert [line for line in lines[first + 1 : last] if not re.search(r'",\s+# \w', line)] == []


@each_row("path", DOCUMENTS, ids=lambda path: path.name)
def test_links_lead_to_files_that_exist(path: Path) -> None:
    targets = re.findall(r"\]\((?!https?:|#)([^)#]+)", path.read_text("utf-8"))
    assert [target for target in targets if not leads_on(path.parent / target)] == []


@each_row("path", [*DOCUMENTS, ROOT / "pyproject.toml"], ids=lambda path: path.name)
def test_document_holds_no_machine_path(path: Path) -> None:
    assert MACHINE_PATH.findall(path.read_text("utf-8")) == []


@pytest.mark.parametrize("bad", ["see /" + "work/x", "(/" + "tmp/y)", "`/" + "root`"])
def test_machine_path_is_noticed(bad: str) -> None:
    assert MACHINE_PATH.search(bad)


@each_row("path", DOCUMENTS, ids=lambda path: path.name)
def test_document_has_no_mark_of_a_merge(path: Path) -> None:
    assert MERGE_MARK.findall(path.read_text("utf-8")) == []


def test_mark_of_a_merge_is_noticed() -> None:
    assert MERGE_MARK.search("a\n<<<<<<< " + "HEAD\nb\n")
