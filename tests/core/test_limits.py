"""The sizes that bound all work."""

import msgspec
import pytest
from tests.helpers.rows import each_row

from joseal import Limits

FIELDS = Limits.__struct_fields__


def test_defaults_are_those_of_the_documents():
    assert msgspec.structs.asdict(Limits()) == {
        "token_bytes": 25_165_824,
        "header_bytes": 16_384,
        "plaintext_bytes": 16_777_216,
        "inflated_bytes": 262_144,
        "pbes2_iterations": 600_000,
        "recipients": 16,
    }


@each_row("name", FIELDS)
@each_row("value", [1, 2**31 - 1])
def test_limit_takes_its_whole_range(name, value):
    assert getattr(Limits(**{name: value}), name) == value


@each_row("name", FIELDS)
@each_row("value", [0, -1, 2**31, 10**100])
def test_limit_out_of_range_is_a_value_error_without_the_value(name, value):
    with pytest.raises(ValueError, match=r"^a limit must be from 1 to 2147483647$"):
        Limits(**{name: value})


@each_row("name", FIELDS)
@each_row("value", [True, 1.0, "1", None, b"1", float("inf")])
def test_limit_of_another_type_is_a_type_error(name, value):
    with pytest.raises(TypeError, match=r"^a limit must be an int$"):
        Limits(**{name: value})


def test_limits_are_named_and_known():
    with pytest.raises(TypeError):
        Limits(100)
    with pytest.raises(TypeError):
        Limits(tokens=100)


def test_limits_are_immutable_and_compare_by_value():
    limits = Limits(token_bytes=100)
    with pytest.raises(AttributeError):
        limits.token_bytes = 200
    assert limits == Limits(token_bytes=100) != Limits()
    assert hash(limits) == hash(Limits(token_bytes=100))
