"""From paths to a report: which files are read, and how the others are reported.

Rules:
- A directory is walked in the order of names, without following links, and its `*.json` files are
  read. A file that is named explicitly is read whatever its name.
- Only regular files are opened, and read up to a bound: a pipe or a device would never end.
- A name is printed with anything that could control a terminal or a page made visible.
"""

import hashlib
import os
import stat
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Final, NamedTuple

from joseal._core import checks
from joseal._core.secrecy import hide_locals
from joseal.conformance import origin
from joseal.conformance.backends.registry import Backend
from joseal.conformance.formats import registry as formats
from joseal.conformance.running import FileReport, Report, run

_UNKNOWN: Final = "not a known format of vectors"
_NOT_JSON: Final = "not one strict JSON value"
_TOO_LARGE: Final = f"over {formats.MOST_FILE_BYTES // 1024 // 1024} MiB"
_NO_FILE: Final = "not a regular file"

# A few of this project's own vectors, which come with the package.
SHIPPED: Final = Path(__file__).parent / "vectors"


class _Found(NamedTuple):
    path: Path
    is_named: bool
    is_vectors: bool


@hide_locals
def verify(
    paths: Iterable[Path],
    backend: Backend,
    *,
    on_file: Callable[[str], None] | None = None,
) -> Report:
    """Run all vectors in files and directories.

    Args:
        paths: files and directories.
        backend: the library to test.
        on_file: called with the name of each file before it is read.

    Returns:
        The results of all files.

    Raises:
        TypeError: an argument is of the wrong type.
        Exception: anything that `on_file` raises. A file that can't be read is an entry in the
            report.

    Example:
        >>> from pathlib import Path
        >>> from joseal import conformance
        >>> text = '[{"kty": "oct", "k": "AAAAAAAAAAAAAAAAAAAAAA", "alg": "A128KW"}]'
        >>> size = Path("keys.json").write_text(text)
        >>> report = conformance.verify([Path("keys.json")], conformance.backend("joseal"))
        >>> report.count(conformance.Outcome.UNEXPECTED)
        0
    """
    paths = _checked(paths)
    if not callable(getattr(backend, "run", None)):
        remedy = "make one, for example with conformance.backend"
        raise checks.wrong_type("backend", "a Backend", backend, remedy)
    if on_file is not None and not callable(on_file):
        raise checks.wrong_type("on_file", "a function", on_file)
    reports: list[FileReport] = []
    others: list[str] = []
    for found in _found(paths):
        if not found.is_vectors:
            others.append(visible(str(found.path)))
            continue
        if on_file is not None:
            on_file(visible(str(found.path)))
        reports.append(_report(found, backend))
    return Report(backend.name, tuple(reports), tuple(others), origin.now())


def _checked(paths: Iterable[Path]) -> tuple[Path, ...]:
    """Return the paths.

    Raises:
        TypeError: there is something else, such as a single path or its text.
    """
    if isinstance(paths, Path | str | bytes):
        raise checks.wrong_type("paths", "a collection of Path", paths, "write [Path(...)]")
    found = tuple(paths)
    for path in found:
        if not isinstance(path, Path):
            raise checks.wrong_type("each of paths", "a Path", path)
    return found


def visible(text: str) -> str:
    """Escape anything that is not printable, so that it can't control a terminal or a page."""
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode("ascii")
        for char in text
    )


def _found(paths: Iterable[Path]) -> Iterator[_Found]:
    for path in paths:
        if not path.is_dir():
            yield _Found(path, is_named=True, is_vectors=True)
            continue
        for folder, folders, names in os.walk(path, onerror=None):
            folders.sort()
            for name in sorted(names):
                is_json = name.lower().endswith(".json")
                yield _Found(Path(folder, name), is_named=False, is_vectors=is_json)


def _report(found: _Found, backend: Backend) -> FileReport:
    path = visible(str(found.path))
    data, problem = _read(found.path)
    if data is None:
        return FileReport(path, problem=problem, broken=True)
    digest = hashlib.sha256(data).hexdigest()
    file = formats.load(data)
    if file is None:
        return FileReport(path, problem=_NOT_JSON, broken=True, sha256=digest)
    vectors = formats.read(file)
    if vectors is None:
        return FileReport(path, problem=_UNKNOWN, broken=found.is_named, sha256=digest)
    results = run(vectors.cases, backend)
    return FileReport(path, vectors.form, results, vectors.notes, sha256=digest)


def _read(path: Path) -> tuple[bytes | None, str]:
    """Read a file up to the bound; or say why not."""
    # Without O_NONBLOCK, opening a named pipe would wait for a writer before its type is known.
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    try:
        descriptor = os.open(path, flags)
        with os.fdopen(descriptor, "rb") as file:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                return None, _NO_FILE
            data = file.read(formats.MOST_FILE_BYTES + 1)
    except (OSError, ValueError) as error:
        number = error.errno if isinstance(error, OSError) else None
        return None, "can't be read" if number is None else os.strerror(number)
    if len(data) > formats.MOST_FILE_BYTES:
        return None, _TOO_LARGE
    return data, ""
