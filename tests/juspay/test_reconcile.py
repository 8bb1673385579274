"""What the status of an order proves about an attempt, and what it does not."""

import pickle

import msgspec
import pytest

from joseal.juspay import (
    Accepted,
    Arrived,
    AttemptQuery,
    Failed,
    Fulfillment,
    FulfillmentState,
    NotSent,
    Order,
    OrderState,
    Refused,
    StillUnknown,
    Transaction,
    TransactionState,
    Unknown,
    read_reconciliation,
)

PART = "c14b43-f1"


def order(*transactions, part="FAILURE", others=()):
    """Return the status of an order: its transactions as (reference, state)."""
    made = tuple(
        Transaction(transaction_ref=ref, status=TransactionState(state))
        for ref, state in transactions
    )
    one = Fulfillment(id=PART, status=FulfillmentState(part), transactions=made)
    return Order(
        order_id="order-1",
        status=OrderState.FULFILLMENTS_SCHEDULED,
        fulfillments=(one, *others),
    )


def resolve(status, known=("t-1",), asked=0):
    outcome = Accepted(status) if isinstance(status, Order) else status
    return read_reconciliation(outcome, AttemptQuery(PART, known, asked))


OLD = ("t-1", "FAILURE")
ENDED = ["FAILURE", "CANCELLED", "DISCARDED"]
OPEN = ["CREATED", "PENDING", "SUCCESS", "MANUAL_REVIEW", "ON_HOLD"]


@pytest.mark.parametrize("part", [*ENDED, *OPEN])
@pytest.mark.parametrize(
    "state",
    ["CREATED", "INITIATED", "PENDING", "SUCCESS", "MANUAL_REVIEW", "CONFLICTED", "ON_HOLD"],
)
def test_a_new_transaction_that_did_not_fail_has_arrived(part, state):
    found = resolve(order(OLD, ("t-2", state), part=part))
    assert isinstance(found, Arrived)
    assert found.status == part
    assert [one.transaction_ref for one in found.transactions] == ["t-2"]


@pytest.mark.parametrize("part", ENDED)
@pytest.mark.parametrize("state", ["FAILURE", "REVERSED"])
def test_a_new_transaction_that_failed_has_failed_once_the_fulfillment_has_ended(part, state):
    found = resolve(order(OLD, ("t-2", state), part=part))
    assert isinstance(found, Failed)
    assert found.transactions[0].status == state


@pytest.mark.parametrize("part", OPEN)
def test_while_the_api_may_try_again_by_itself_nothing_has_failed(part):
    assert isinstance(resolve(order(OLD, ("t-2", "FAILURE"), part=part)), Arrived)


def test_of_several_new_ones_a_single_one_that_did_not_fail_counts():
    assert isinstance(resolve(order(OLD, ("t-2", "FAILURE"), ("t-3", "PENDING"))), Arrived)
    assert isinstance(resolve(order(OLD, ("t-2", "FAILURE"), ("t-3", "FAILURE"))), Failed)


def test_an_old_success_is_not_the_attempts():
    found = resolve(order(("t-1", "SUCCESS"), part="SUCCESS"))
    assert found == StillUnknown("no new transaction is there yet", 5)


UNPROVED = {
    "no new one": (order(OLD), "no new transaction is there yet"),
    "none at all": (order(), "a transaction that was known is not there any more"),
    # A reference that changed must not make an old failure look like the new one's.
    "changed": (order(("t-9", "FAILURE")), "a transaction that was known is not there any more"),
    "without": (
        order(OLD, (None, "FAILURE")),
        "the transactions can't be told apart by their references",
    ),
    "twice": (
        order(OLD, ("t-1", "FAILURE")),
        "the transactions can't be told apart by their references",
    ),
    "no fulfillments": (
        msgspec.structs.replace(order(OLD), fulfillments=None),
        "the status does not have exactly one fulfillment of this id",
    ),
    "two of them": (
        order(OLD, others=order(OLD, ("t-2", "FAILURE")).fulfillments),
        "the status does not have exactly one fulfillment of this id",
    ),
    "refused": (
        Refused(status=404, error_code="E09", error_message="x"),
        "the status was refused: E09 (HTTP 404)",
    ),
    "not asked": (NotSent("TLS failed"), "the status could not be read: TLS failed"),
    "unknown": (Unknown("cut", 503), "the status could not be read: cut"),
}


@pytest.mark.parametrize("name", UNPROVED)
def test_what_proves_nothing_leaves_it_unknown(name):
    status, reason = UNPROVED[name]
    assert resolve(status) == StillUnknown(reason, 5)


@pytest.mark.parametrize("name", UNPROVED)
def test_it_is_never_said_that_an_attempt_was_not_received(name):
    assert resolve(UNPROVED[name][0], asked=1000).kind == "unknown"


def test_the_next_question_comes_later_each_time_up_to_five_minutes():
    waits = [resolve(order(OLD), asked=asked).ask_again_seconds for asked in range(9)]
    assert waits == [5, 10, 20, 40, 80, 160, 300, 300, 300]


def test_what_was_known_is_taken_from_a_status():
    assert order(OLD, ("t-2", "PENDING")).known(PART) == {"t-1", "t-2"}
    assert order().known(PART) == frozenset()


@pytest.mark.parametrize("transactions", [[(None, "FAILURE")], [OLD, OLD], [("", "FAILURE")]])
def test_transactions_that_can_not_be_told_apart_are_no_start(transactions):
    with pytest.raises(ValueError, match="can't be told apart"):
        order(*transactions).known(PART)


def test_a_fulfillment_that_the_status_did_not_tell_has_no_known_transactions():
    with pytest.raises(LookupError, match="exactly one fulfillment"):
        order(OLD).known("another-f1")


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ((PART, "t-1"), TypeError, "known must be a collection of strings"),
        ((PART, [1]), TypeError, "known must be a collection of strings"),
        ((PART, None), TypeError, "known must be a collection of strings"),
        ((1, []), TypeError, "fulfillment_id must be a string"),
        (("", []), ValueError, "fulfillment_id must be printable ASCII without blanks"),
        ((PART, [], 1.5), TypeError, "asked must be an int"),
        ((PART, [], -1), ValueError, "asked must not be below zero"),
    ],
)
def test_a_question_that_makes_no_sense_is_refused(arguments, error, message):
    with pytest.raises(error, match=f"^{message}$"):
        AttemptQuery(*arguments)


def test_only_what_is_harmless_is_shown_and_pickled():
    new = Transaction(
        transaction_ref="t-2",
        status=TransactionState.PENDING,
        response_message="to 4929471234567898",
    )
    part = Fulfillment(id=PART, status=FulfillmentState.PENDING, transactions=(new,))
    status = Order(
        order_id="order-1", status=OrderState.FULFILLMENTS_SCHEDULED, fulfillments=(part,)
    )
    found = resolve(status, known=())
    assert "t-2" in repr(found)
    assert "4929471234567898" not in repr(found)
    with pytest.raises(TypeError, match="can't be pickled"):
        pickle.dumps(found)
    unknown = StillUnknown("why", 5)
    assert pickle.loads(pickle.dumps(unknown)) == unknown  # noqa: S301 - made here
