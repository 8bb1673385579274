"""Collects the same tests in several processes, for the time of one.

Each worker collects every test. Most of that time goes into rewriting asserts and compiling, of which pytest
keeps the result in a file. So each worker begins with a share of the modules that no other begins with, and
finds what the others have done when it comes to theirs.
"""

import gc
import importlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest


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
