"""What a release says of itself is said once, and is true."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import joseal

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = Path(joseal.__file__).parent
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
PROJECT, GROUPS = PYPROJECT["project"], PYPROJECT["dependency-groups"]
VERSION = PROJECT["version"]
TEXTS = {".css", ".md", ".py", ".svg", ".toml", ".yml", ""}


def texts() -> Iterator[Path]:
    """Whatever could state a version; the changelog has to."""
    folders = [PACKAGE, ROOT / "docs", ROOT / ".ci", ROOT / "bench"]
    files = [path for folder in folders for path in folder.rglob("*")] + list(ROOT.glob("*.*"))
    for path in files:
        if path.is_file() and path.suffix in TEXTS and path.name != "CHANGELOG.md":
            yield path


def versions(text: str) -> list[str]:
    return re.findall(rf"(?<![\w.]){re.escape(VERSION)}(?![\w.])|__version__ =", text)


def latest(changelog: str) -> str:
    """The version that was released last; an empty string before the first."""
    released = re.findall(r"^## \[?(\d[^\] ]*)\]? - \d{4}-\d\d-\d\d$", changelog, re.MULTILINE)
    return next(iter(released), "")


def test_version_is_stated_in_one_place() -> None:
    stated = {path.name: versions(path.read_text("utf-8")) for path in texts()}
    assert {name: found for name, found in stated.items() if found} == {"pyproject.toml": [VERSION]}


@pytest.mark.parametrize("text", [f'VERSION = "{VERSION}"', "__version__ = x", f"joseal {VERSION}"])
def test_second_statement_of_the_version_is_noticed(text: str) -> None:
    assert versions(text)
    assert not versions(f"1.{VERSION} {VERSION}.1")


def test_changelog_and_project_agree_on_the_last_release() -> None:
    assert latest((ROOT / "CHANGELOG.md").read_text("utf-8")) in ("", VERSION)
    assert (
        latest("## [Unreleased]\n\n## [2.1.0] - 2030-01-31\n\n## [2.0.0] - 2029-01-31\n") == "2.1.0"
    )


def test_versions_of_python_that_are_claimed_are_those_that_are_tested() -> None:
    prefix = "Programming Language :: Python :: 3."
    claimed = [name for name in PROJECT["classifiers"] if name.startswith(prefix)]
    (tested,) = re.findall(r"for version in ([\d. ]+); do", (ROOT / ".ci/run").read_text("utf-8"))
    assert [name.removeprefix(prefix) for name in claimed] == [
        version.removeprefix("3.") for version in tested.split()
    ]
    assert PROJECT["requires-python"] == f">={tested.split()[0]}"
    assert not [name for name in PROJECT["classifiers"] if "Free Threading" in name]


def test_package_says_that_it_is_typed() -> None:
    assert (PACKAGE / "py.typed").is_file()
    assert "Typing :: Typed" in PROJECT["classifiers"]


def demanded(extra: str) -> Iterator[Requirement]:
    """The requirements of joseal and of an extra, those of the extras that it names included."""
    for text in [*PROJECT["dependencies"], *PROJECT["optional-dependencies"][extra]]:
        requirement = Requirement(text)
        if requirement.name == "joseal":
            for inner in requirement.extras:
                yield from demanded(inner)
        else:
            yield requirement


def grouped(group: str) -> Iterator[Requirement]:
    """The requirements of a dependency group, those of the groups that it includes included."""
    for item in GROUPS[group]:
        if isinstance(item, str):
            yield Requirement(item)
        else:
            yield from grouped(item["include-group"])


def test_tools_of_ci_are_pinned_with_hashes_to_versions_that_are_allowed() -> None:
    """Made anew by: python .ci/pin.py > .ci/requirements.txt."""
    text = (ROOT / ".ci" / "requirements.txt").read_text("utf-8")
    entries = re.findall(
        r"^([\w.-]+)==(\S+) \\\n    --hash=sha256:[0-9a-f]{64}$", text, re.MULTILINE
    )
    first, *rest = text.splitlines()
    assert first.startswith("# For Python ")
    assert len(rest) == 2 * len(entries)
    pinned = dict(entries)
    for requirement in [*demanded("test"), *grouped("lint")]:
        version = pinned[canonicalize_name(requirement.name)]
        assert requirement.specifier.contains(version), requirement
