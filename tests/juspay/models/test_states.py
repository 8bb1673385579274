"""The states: those that are documented, and those that no page has yet."""

import copy
import pickle

import pytest
from tests.helpers.rows import each_row

from joseal.juspay import FulfillmentState, OrderState, TransactionState, ValidationState

DOCUMENTED = {
    OrderState: "CREATED READY_FOR_FULFILLMENT FULFILLMENTS_SCHEDULED FULFILLED_PARTIALLY"
    " FULFILLMENTS_SUCCESSFUL FULFILLMENTS_FAILURE FULFILLMENTS_CANCELLED"
    " FULFILLMENTS_MANUAL_REVIEW",
    FulfillmentState: "CREATED PENDING SUCCESS FAILURE MANUAL_REVIEW CANCELLED DISCARDED",
    TransactionState: "CREATED INITIATED PENDING SUCCESS FAILURE MANUAL_REVIEW REVERSED CONFLICTED",
    ValidationState: "VALID INVALID ERROR TIMEOUT PENDING",
}


@pytest.mark.parametrize("kind", DOCUMENTED)
def test_every_documented_state_is_a_member_by_its_own_name(kind):
    assert [member.name for member in kind] == DOCUMENTED[kind].split()
    for member in kind:
        assert kind(member.value) is member
        assert member == member.name
        assert member.documented


@pytest.mark.parametrize("kind", DOCUMENTED)
def test_a_state_that_is_new_survives(kind):
    new = kind("ON_HOLD_2")
    assert type(new) is kind
    assert (new, new.value, new.name, f"{new}") == ("ON_HOLD_2",) * 4
    assert not new.documented
    assert {new: 1}["ON_HOLD_2"] == 1
    assert kind("ON_HOLD_2") == new
    assert new not in list(kind)
    assert "ON_HOLD_2" not in kind.__members__


@pytest.mark.parametrize("kind", DOCUMENTED)
def test_a_new_state_can_be_copied_and_pickled(kind):
    new = kind("ON_HOLD")
    crossed = pickle.loads(pickle.dumps(new))  # noqa: S301 - made here
    for twin in (copy.copy(new), copy.deepcopy(new), crossed):
        assert (type(twin), twin, twin.documented) == (kind, "ON_HOLD", False)


@each_row("value", ["", "success", "A B", "A\n", "1A", "_A", "Ä", "A" * 65, 1, None])
@each_row("kind", DOCUMENTED)
def test_what_has_not_the_form_of_a_state_is_none(kind, value):
    with pytest.raises(ValueError, match="is not a valid"):
        kind(value)
