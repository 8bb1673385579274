"""The docstrings of all public callables, and what is missing from one."""

import importlib
import inspect
import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from tests.house.test_public_names import packages

SECTION = re.compile(r"^(Args|Attributes|Returns|Yields|Raises|Example|Source):", re.MULTILINE)
# A reader of `help` does not have the docstring that such a sentence sends to.
ELSEWHERE = re.compile(
    r"\bRaises:? as |^\s+\w+: as (?:for )?`|\b(?:arguments|exceptions|Args)\b[^.]* are those of ",
    re.MULTILINE,
)


class Public(NamedTuple):
    """A public class, function or method."""

    name: str
    call: Callable[..., object]


def found_in(package: str) -> Iterator[Public]:
    """Find the callables of a package, each under the first of its names."""
    module = importlib.import_module(package)
    for name in getattr(module, "__all__", ()):
        value = getattr(module, name)
        if inspect.isclass(value) or inspect.isroutine(value):
            yield Public(f"{package}.{name}", value)
        if inspect.isclass(value):
            yield from methods(f"{package}.{name}", value)


def methods(name: str, kind: type) -> Iterator[Public]:
    own = [base for base in kind.__mro__ if base.__module__.startswith("joseal")]
    for method, value in inspect.getmembers_static(kind):
        is_method = inspect.isfunction(value) or isinstance(value, classmethod | staticmethod)
        if is_method and method[0] != "_" and any(method in vars(base) for base in own):
            yield Public(f"{name}.{method}", getattr(kind, method))


def public() -> Iterator[Public]:
    """Return every public callable once."""
    seen: set[tuple[str, str]] = set()
    for package in packages():
        for one in found_in(package):
            place = (one.call.__module__, one.call.__qualname__)
            if place not in seen:
                seen.add(place)
                yield one


def texts() -> Iterator[tuple[str, str]]:
    for package in packages():
        yield package, inspect.getdoc(importlib.import_module(package)) or ""
    for one in public():
        yield one.name, inspect.getdoc(one.call) or ""


def sections(text: str) -> dict[str, str]:
    parts = SECTION.split(text)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def missing(call: Callable[..., object], text: str) -> list[str]:
    """Name the sections that a docstring lacks, and the parameters that it leaves out."""
    has = sections(text)
    is_error = inspect.isclass(call) and issubclass(call, Exception)
    lacks = [] if "Example" in has or is_error else ["Example"]
    if ELSEWHERE.search(text):
        lacks.append("what it leaves to another docstring")
    if is_error or inspect.isclass(call):
        return lacks
    signature = inspect.signature(call)
    names = [name for name in signature.parameters if name not in {"self", "cls"}]
    lacks += [
        f"Args: {name}"
        for name in names
        if not re.search(rf"^ +\**{name}: ", has.get("Args", ""), re.MULTILINE)
    ]
    if signature.return_annotation not in {None, "None"} and not {"Returns", "Yields"} & {*has}:
        lacks.append("Returns")
    if names and "Raises" not in has:
        lacks.append("Raises")
    return lacks
