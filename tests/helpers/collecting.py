"""Collects the same tests in several processes, for the time of one.

Each worker collects every test. Most of that time goes into rewriting asserts and compiling, of which pytest
keeps the result in a file. So each worker begins with a share of the modules that no other begins with, and
finds what the others have done when it comes to theirs.
"""

import gc
import importlib
import itertools
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TypeVar

import pytest

# Where tests take seconds, in three parts that take about as long as each other.
LONG = (
    ("tests/property/",),
    ("tests/faults/", "tests/cli/bulk/", "tests/juspay/journal/"),
    (
        "tests/vectors/test_generator.py",
        "tests/bulk/",
        "tests/cli/doctor/test_is_the_decrypter.py",
        "tests/docs/test_pages.py",
        "tests/house/",
    ),
)
_ALL_LONG = tuple(itertools.chain(*LONG))
_Item = TypeVar("_Item")


@contextmanager
def bytecode_in(folder: str | None) -> Iterator[None]:
    """Keep bytecode in `folder`, where this process is told to keep none next to the sources."""
    if folder is None:
        yield
        return
    before = sys.dont_write_bytecode, sys.pycache_prefix
    sys.dont_write_bytecode, sys.pycache_prefix = False, folder
    try:
        yield
    finally:
        sys.dont_write_bytecode, sys.pycache_prefix = before


@contextmanager
def without_garbage_collection() -> Iterator[None]:
    """Make objects that live as long as the process, and leave them out of each later collection."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def import_share(config: pytest.Config, worker: int, workers: int) -> None:
    """Import each module that is the turn of this worker; pytest finds it imported."""
    for path in _modules(config)[worker::workers]:
        name = ".".join(path.relative_to(config.rootpath).with_suffix("").parts)
        # pytest imports it once more, and says why it could not, or that it is skipped.
        with suppress(Exception, pytest.skip.Exception):
            importlib.import_module(name)


def _modules(config: pytest.Config) -> list[Path]:
    """Return the modules in the folders that were asked for, the largest first: all have equal shares."""
    here = config.invocation_params.dir
    ignored = [(here / path).resolve() for path in config.getoption("ignore") or ()]
    folders = [(here / arg).resolve() for arg in config.args]
    found = {path for folder in folders if folder.is_dir() for path in folder.rglob("test_*.py")}
    asked = [path for path in found if not any(map(path.is_relative_to, ignored))]
    return sorted(asked, key=lambda path: (-path.stat().st_size, path))


def ordered(items: list[_Item], workers: int, key: Callable[[_Item], str]) -> list[_Item]:
    """Return the items in as many equal shares as there are workers, each with long ones first.

    A worker that has finished takes from the end of another share. So there are no long ones left
    when all come to their end, and no worker is alone with them.
    """
    long = [[item for item in items if key(item).startswith(part)] for part in LONG]
    short = iter([item for item in items if not key(item).startswith(_ALL_LONG)])
    found: list[_Item] = []
    for worker in range(workers):
        share = [item for part in long[worker::workers] for item in part]
        size = (len(items) - len(found)) // (workers - worker)
        found += share
        found += itertools.islice(short, max(0, size - len(share)))
    return [*found, *short]
