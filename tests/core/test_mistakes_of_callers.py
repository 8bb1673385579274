"""A refusal names the mistake of the one who made it, and has no byte of what must stay secret."""

import pickle

import pytest
from tests.helpers.caller_mistakes import MISTAKES, secrets
from tests.helpers.rows import each_row

import joseal


def raised(call):
    with pytest.raises(Exception) as caught:  # noqa: PT011 - the test compares class and text
        call()
    return caught.value


@each_row(("kind", "text", "call"), MISTAKES, ids=[text for _, text, _ in MISTAKES])
def test_mistake_is_named(kind, text, call):
    error = raised(call)
    assert type(error) is kind
    assert str(error) == text


@each_row("call", [call for *_, call in MISTAKES])
def test_text_has_no_byte_of_token_key_or_value(call):
    shown = repr(raised(call))
    assert [secret for secret in secrets() if secret in shown] == []


@each_row("call", [call for *_, call in MISTAKES])
def test_error_pickles_with_its_layer_and_comes_back_equal(call):
    error = raised(call)
    again = pickle.loads(pickle.dumps(error))  # noqa: S301 - made in this line
    assert str(again) == str(error)
    if isinstance(error, joseal.TokenError):
        assert again == error
        assert again.layer == error.layer


def test_errors_of_two_layers_are_not_equal():
    one, other = (joseal.MalformedTokenError("x") for _ in range(2))
    assert one == other
    one.layer = "outer"
    assert one != other


def test_table_is_long():
    assert len(MISTAKES) >= 80
