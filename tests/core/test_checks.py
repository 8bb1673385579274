"""What every entry point checks of its arguments before any work."""

import pytest
from tests.helpers import all_algorithms

from joseal import Decrypter, Encrypter, Key, Signer, Verifier
from joseal._core import checks

HS = all_algorithms.signing_key("HS256")

KW = all_algorithms.key("A128KW")


@pytest.mark.parametrize(
    "make",
    [
        lambda: Encrypter(KW, enc="A128GCM", policy="modern"),
        lambda: Decrypter(KW, enc="A128GCM", policy="modern"),
        lambda: Signer(HS, policy="modern"),
        lambda: Verifier(HS, policy="modern"),
        lambda: Key.from_external(object(), public="x"),
        lambda: Key.from_password("x", alg="PBES2-HS256+A128KW", salt_bytes=16.0),
        lambda: Key.from_password("x", alg="PBES2-HS256+A128KW", salt_bytes="16"),
    ],
)
def test_another_type_is_a_type_error(make):
    with pytest.raises(TypeError, match="must be"):
        make()


@pytest.mark.parametrize("value", [5, b"a", ["a"], True])
def test_text_is_str_or_none_and_the_message_names_it(value):
    checks.check_texts(kid="a", typ=None)
    found = type(value).__name__
    with pytest.raises(TypeError, match=f"^typ must be str, not {found}$"):
        checks.check_texts(kid="a", typ=value)


@pytest.mark.parametrize(
    "moment",
    [10**400, -(10**400), float("inf"), float("nan")],
    ids=["huge", "negative", "inf", "nan"],
)
def test_clock_that_gives_no_finite_number_is_named(moment):
    with pytest.raises(ValueError, match=r"^the clock must return a finite number$"):
        checks.seconds_of("the clock", lambda: moment)
    assert checks.seconds_of("the clock", lambda: 7) == 7.0


@pytest.mark.parametrize("wrong", [10**400, -(10**400), 2**1024, float("inf"), float("nan")])
def test_number_that_no_float_can_hold_is_not_finite(wrong):
    assert not checks.is_finite(wrong)
    assert checks.is_finite(2**1023)
    assert checks.is_finite(-1.7e308)
