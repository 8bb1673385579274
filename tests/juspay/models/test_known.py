"""The state that an attempt is made against: when it hinders one, and what confirms it."""

import pickle

import pytest

from joseal.juspay import Fulfillment, FulfillmentState, Known, Order, OrderState, Transaction
from joseal.juspay.models.states import TransactionState


def known_of(status: str, *transactions: str) -> Known:
    parts = tuple(
        Transaction(transaction_ref=f"t-{number}", status=TransactionState(state))
        for number, state in enumerate(transactions)
    )
    payout = Fulfillment(id="f-1", status=FulfillmentState(status), transactions=parts)
    order = Order(order_id="order-1", status=OrderState.CREATED, fulfillments=(payout,))
    return order.known("f-1")


@pytest.mark.parametrize("status", ["CREATED", "FAILURE"])
@pytest.mark.parametrize("transactions", [(), ("FAILURE",), ("FAILURE", "REVERSED")])
def test_a_payout_that_has_failed_may_be_attempted(status: str, transactions: tuple[str]) -> None:
    assert known_of(status, *transactions).hindrance is None


@pytest.mark.parametrize(
    "status", ["PENDING", "SUCCESS", "MANUAL_REVIEW", "CANCELLED", "DISCARDED", "ON_HOLD"]
)
def test_a_payout_that_has_not_failed_may_not(status: str) -> None:
    assert known_of(status).hindrance == (
        f"this payout is {status}, and only one that has failed is attempted again"
    )


@pytest.mark.parametrize(
    "state",
    ["CREATED", "INITIATED", "PENDING", "SUCCESS", "MANUAL_REVIEW", "CONFLICTED", "ON_HOLD"],
)
def test_a_transaction_that_has_not_failed_hinders_whatever_the_payout_says(state: str) -> None:
    text = "a transaction of this payout has not failed"
    assert known_of("FAILURE", "FAILURE", state).hindrance == text


def test_a_persons_decision_and_a_fresh_order_are_not_hindered() -> None:
    assert Known.fresh("order-1", "f-1").hindrance is None
    assert Known.decided("order-1", "f-1", ["t-1"]).hindrance is None


def test_two_equal_reads_confirm_each_other() -> None:
    first = known_of("FAILURE", "FAILURE")
    assert not first.is_confirmed
    twice = first.confirmed_by(known_of("FAILURE", "FAILURE"))
    assert (twice.reads, twice.is_confirmed) == (2, True)


def test_two_reads_that_differ_do_not() -> None:
    later = known_of("FAILURE", "FAILURE", "FAILURE")
    assert known_of("FAILURE", "FAILURE").confirmed_by(later) == later
    assert not later.is_confirmed
    with pytest.raises(TypeError, match="later must be a Known"):
        later.confirmed_by("later")


@pytest.mark.parametrize("status", ["CREATED", "CANCELLED"])
def test_only_a_payout_that_has_failed_is_confirmed(status: str) -> None:
    """Of one that was created the API may start the first transaction by itself."""
    known = known_of(status)
    assert not known.confirmed_by(known).is_confirmed


def test_a_failure_without_a_transaction_is_not_confirmed() -> None:
    """What has failed is not shown yet, and would be new after the next attempt."""
    known = known_of("FAILURE")
    assert known.hindrance is None
    assert not known.confirmed_by(known).is_confirmed


@pytest.mark.parametrize("make", [Known.fresh, Known.decided])
@pytest.mark.parametrize("ids", [("a/b", "f-1"), ("order-1", "f 1")])
def test_an_id_that_is_none_is_refused(make, ids: tuple[str, str]) -> None:
    with pytest.raises(ValueError, match="must be"):
        make(*ids)


@pytest.mark.parametrize("references", ["t-1", [1]])
def test_references_are_strings(references) -> None:
    with pytest.raises(TypeError, match="references must be a collection of strings"):
        Known.decided("order-1", "f-1", references)


def test_it_can_be_kept_and_read_again() -> None:
    known = known_of("FAILURE", "FAILURE")
    assert pickle.loads(pickle.dumps(known)) == known  # noqa: S301 - made here
