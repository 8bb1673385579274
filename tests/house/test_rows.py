"""Tests that go through a table: every row is tried, and every offender named."""

import inspect

import pytest
from tests.helpers.rows import each_row


def test_every_row_is_tried_and_every_offender_is_named():
    tried = []

    @each_row("left", [1, 2])
    @each_row(("right", "text"), [(3, "three"), (4, "four"), (5, "five")], ids=["c", "d", "e"])
    def rule(left, right, text, fixture):
        tried.append((left, right, text, fixture))
        if left == 2 and right == 4:
            pytest.fail("not this")
        if left == 2:
            pytest.skip("nor in silence")

    assert list(inspect.signature(rule).parameters) == ["fixture"]
    assert rule.cases == 6
    with pytest.raises(BaseExceptionGroup) as caught:
        rule(fixture="it")
    assert tried == [
        (left, right, text, "it")
        for left in (1, 2)
        for right, text in ((3, "three"), (4, "four"), (5, "five"))
    ]
    assert caught.value.message == "3 of 6 rows: 2-c; 2-d; 2-e"
    assert [str(error) for error in caught.value.exceptions] == [
        "nor in silence",
        "not this",
        "nor in silence",
    ]


def test_rows_are_called_as_pytest_calls_them():
    @each_row("value", ["a", pytest.param("b", id="named"), None, 7, {}, len])
    def rule(value):
        raise AssertionError

    with pytest.raises(BaseExceptionGroup) as caught:
        rule()
    assert caught.value.message == "6 of 6 rows: 'a'; named; None; 7; value4; len"


@pytest.mark.parametrize(
    ("names", "rows", "kind"),
    [
        ("value", [], ValueError),
        ("other", [1], TypeError),
        ("value", [pytest.param(1, marks=pytest.mark.skip)], TypeError),
        ("value, more", [(1,)], ValueError),
    ],
)
def test_table_that_can_not_be_gone_through_is_refused(names, rows, kind):
    def rule(value):
        raise AssertionError

    with pytest.raises(kind):
        each_row(names, rows)(rule)
