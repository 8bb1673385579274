"""The list of public names in the reference: made from the code, and nothing is missing from it.

`python -m tests.house.test_public_names` writes the page.
"""

import importlib
import inspect
import pkgutil
import re
import typing
from collections.abc import Iterator
from pathlib import Path

import joseal

PAGE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "names.md"
HEAD = """# Every public name

One line for each name that may be imported, and for each method and attribute of a class.
"""
ALIASES = {
    "Alg": "The names of the key management algorithms, as a type.",
    "Enc": "The names of the content encryptions, as a type.",
    "SigAlg": "The names of the signature algorithms, as a type.",
    "MODERN": "The policy that refuses SHA-1, RSA1_5, drafts and fixed AES-GCM keys.",
    "FIPS_NAMES": "The policy that refuses names that FIPS 140-3 does not approve.",
    "__version__": "The version of joseal.",
}


def packages() -> Iterator[str]:
    """Name every public package that says what it offers."""
    yield "joseal"
    for info in pkgutil.iter_modules(joseal.__path__, "joseal."):
        if info.ispkg and not info.name.rpartition(".")[2].startswith("_"):
            yield info.name
            if info.name == "joseal.juspay":
                yield from (
                    "joseal.juspay.models",
                    "joseal.juspay.sandbox",
                    "joseal.juspay.webhooks",
                )


def first_line(value: object, name: str, *, is_member: bool = False) -> str:
    if name in ALIASES:
        return ALIASES[name]
    if inspect.isclass(value) or inspect.isroutine(value):
        return (inspect.getdoc(value) or "").partition("\n")[0]
    return "An attribute." if is_member else f"A `{type(value).__name__}`."


def members(value: object) -> Iterator[str]:
    """Name the public methods and properties of a class."""
    if inspect.isclass(value):
        own = [kind for kind in value.__mro__ if kind.__module__.startswith("joseal")]
        yield from (
            name
            for name, _ in inspect.getmembers_static(value)
            if any(name in vars(kind) for kind in own) and not name.startswith("_")
        )


def rows() -> Iterator[tuple[str, str]]:
    for package in packages():
        module = importlib.import_module(package)
        for name in getattr(module, "__all__", ()):
            value = getattr(module, name)
            yield f"{package}.{name}", first_line(value, name)
            for member in members(value):
                found = inspect.getattr_static(value, member)
                function = found.fget if isinstance(found, property) else getattr(value, member)
                yield f"{package}.{name}.{member}", first_line(function, member, is_member=True)


def page() -> str:
    lines = [f"| `{name}` | {text.replace('|', '/')} |" for name, text in rows()]
    return "\n".join([HEAD, "| Name | What it is |", "|---|---|", *lines, ""])


def test_page_has_every_public_name() -> None:
    assert PAGE.read_text("utf-8") == page(), "python -m tests.house.test_public_names writes it"


def test_no_public_path_has_an_underscore() -> None:
    parts = {part for name, _ in rows() for part in name.split(".")}
    assert {part for part in parts if part.startswith("_")} == {"__version__"}


def test_public_name_says_what_it_is() -> None:
    assert [name for name, text in rows() if not re.fullmatch(r"\S.+", text)] == []


def annotated() -> Iterator[tuple[str, object]]:
    """Every public name with annotations: classes, functions, methods and properties."""
    for package in packages():
        module = importlib.import_module(package)
        for name in getattr(module, "__all__", ()):
            value = getattr(module, name)
            if inspect.isclass(value) or inspect.isfunction(value):
                yield f"{package}.{name}", value
            for member, found in vars(value).items() if inspect.isclass(value) else ():
                function = getattr(found, "fget", getattr(found, "__func__", found))
                if inspect.isfunction(function) and not member.startswith("_"):
                    yield f"{package}.{name}.{member}", function


def test_annotations_of_a_public_name_can_be_read_at_run_time() -> None:
    """Frameworks read them, also where the module of a type is imported late."""
    unreadable = []
    for name, value in (found := list(annotated())):
        try:
            typing.get_type_hints(value)
        except (NameError, TypeError) as error:
            unreadable.append(f"{name}: {error}")
    assert len(found) > 300
    assert unreadable == []


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
