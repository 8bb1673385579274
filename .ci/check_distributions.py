"""Check that the wheel and the sdist have every file that they should, and no other.

Usage: python .ci/check_distributions.py DIRECTORY [SECOND_BUILD]

A second build of the same commit has to be the same byte by byte.
"""

import sys
import tarfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
METADATA = {"METADATA", "RECORD", "WHEEL", "entry_points.txt", "licenses/LICENSE"}
SDIST_FOLDERS = ("src", "tests", "vectors", "bench", "docs", "examples", ".ci")
SDIST_FILES = {
    ".gitignore",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "LICENSE",
    "PKG-INFO",
    "README.md",
    "RELEASING.md",
    "SECURITY.md",
    "mkdocs.yml",
    "pyproject.toml",
}


def files_below(folder: Path, base: Path) -> set[str]:
    return {
        path.relative_to(base).as_posix()
        for path in folder.rglob("*")
        if path.is_file()
        and not any(
            part[0] == "." or part == "__pycache__" for part in path.relative_to(folder).parts
        )
    }


def differences(kind: str, found: set[str], expected: set[str]) -> list[str]:
    return [f"{kind} lacks {name}" for name in sorted(expected - found)] + [
        f"{kind} has, and should not have, {name}" for name in sorted(found - expected)
    ]


def check_wheel(path: Path) -> list[str]:
    info = "-".join(path.name.split("-")[:2]) + ".dist-info"
    expected = files_below(ROOT / "src", ROOT / "src") | {f"{info}/{name}" for name in METADATA}
    with zipfile.ZipFile(path) as wheel:
        return differences("the wheel", set(wheel.namelist()), expected)


def check_sdist(path: Path) -> list[str]:
    top = path.name.removesuffix(".tar.gz") + "/"
    expected = SDIST_FILES.union(*(files_below(ROOT / name, ROOT) for name in SDIST_FOLDERS))
    with tarfile.open(path) as sdist:
        found = {member.name.removeprefix(top) for member in sdist if member.isfile()}
    return differences("the sdist", found, expected)


def check_again(path: Path, again: Path) -> list[str]:
    same = path.read_bytes() == (again / path.name).read_bytes()
    return [] if same else [f"{path.name} differs when it is built again"]


def main(directory: Path, *again: Path) -> int:
    (wheel,) = directory.glob("*.whl")
    (sdist,) = directory.glob("*.tar.gz")
    problems = check_wheel(wheel) + check_sdist(sdist)
    for second in again:
        problems += check_again(wheel, second) + check_again(sdist, second)
    for problem in problems:
        print(problem)
    if not problems:
        same = ", and are the same when built again" if again else ""
        print(f"{wheel.name} and {sdist.name} hold what they should{same}")
    return len(problems)


if __name__ == "__main__":
    sys.exit(min(main(*map(Path, sys.argv[1:])), 1))
