"""A struct that hides its members hides them from every way to print it."""

import importlib
import pkgutil

import pytest
from msgspec import Struct

import joseal
from joseal._core.assembly import TokenStart
from joseal._core.secrecy import Hidden
from joseal.conformance.model import UnwrapAes

NOT_IMPORTED = ("joseal.__main__", "joseal.juspay.pytest_plugin")


class Box(Hidden, frozen=True):
    """A struct of this test."""

    content: bytes


def kinds(kind: type) -> set[type]:
    return {kind}.union(*map(kinds, kind.__subclasses__()))


@pytest.mark.parametrize(
    "shown",
    [Box(b"4111"), TokenStart(b"4111", b"4111", b"4111", b"4111"), UnwrapAes(b"4111", b"4111")],
)
def test_hidden_struct_shows_its_name_alone(shown):
    assert repr(shown) == str(shown) == f"{type(shown).__name__}(...)"
    assert shown.__rich_repr__() == []


def test_struct_with_a_repr_of_its_own_shows_no_more_to_rich():
    """`rich` prints what `__rich_repr__` gives, which for a plain struct is every member."""
    for found in pkgutil.walk_packages(joseal.__path__, "joseal."):
        if found.name not in NOT_IMPORTED:
            importlib.import_module(found.name)
    own = [
        kind
        for kind in kinds(Struct)
        if kind.__module__.startswith("joseal") and kind.__repr__ is not Struct.__repr__
    ]
    assert len(own) > 20
    assert [kind for kind in own if kind.__rich_repr__ is Struct.__rich_repr__] == []
