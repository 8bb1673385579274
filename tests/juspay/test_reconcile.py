"""What the status of an order proves about an attempt, and what it does not."""

import pickle

import msgspec
import pytest
from tests.helpers.rows import each_row

from joseal.juspay import (
    Accepted,
    Arrived,
    AttemptQuery,
    Failed,
    Fulfillment,
    FulfillmentState,
    Known,
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


def known_of(*references, reads=2, status="FAILURE"):
    return Known(
        order_id="order-1",
        fulfillment_id=PART,
        references=frozenset(references),
        status=FulfillmentState(status),
        reads=reads,
    )


def read(status, question, **settings):
    outcome = Accepted(status) if isinstance(status, Order) else status
    return read_reconciliation(outcome, question, **settings)


def resolve(status, known=("t-1",), asked=0):
    """Read twice, where the first read shows a failure."""
    question = AttemptQuery(known=known_of(*known), asked=asked)
    found = read(status, question, apart_seconds=10, now=100.0)
    if isinstance(found, StillUnknown) and found.again.seen:
        found = read(status, found.again, apart_seconds=10, now=110.0)
    return found


OLD = ("t-1", "FAILURE")
ENDED = ["FAILURE", "CANCELLED", "DISCARDED"]
OPEN = ["CREATED", "PENDING", "SUCCESS", "MANUAL_REVIEW", "ON_HOLD"]


@each_row("part", [*ENDED, *OPEN])
@each_row(
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


@pytest.mark.parametrize("old", ["CONFLICTED", "SUCCESS", "PENDING", "A_NEW_WORD"])
def test_nothing_has_failed_while_a_transaction_that_was_known_has_not(old):
    """It had failed when the attempt was made: one more attempt could pay a second time."""
    status = order(("t-1", old), ("t-2", "FAILURE"))
    assert status.known(PART).hindrance is not None
    found = resolve(status)
    assert isinstance(found, StillUnknown)
    assert found.reason == "a transaction that was known has not failed, or not any more"
    # The next read of a failure is the first one again.
    assert found.again == AttemptQuery(known=known_of("t-1"), asked=1)


def test_an_old_success_is_not_the_attempts():
    found = resolve(order(("t-1", "SUCCESS"), part="SUCCESS"))
    assert isinstance(found, StillUnknown)
    assert (found.reason, found.ask_again_seconds) == ("no new transaction is there yet", 5)


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


@each_row("name", UNPROVED)
def test_what_proves_nothing_leaves_it_unknown(name):
    status, reason = UNPROVED[name]
    found = resolve(status)
    assert isinstance(found, StillUnknown)
    assert (found.reason, found.ask_again_seconds) == (reason, 5)
    assert found.again == AttemptQuery(known=known_of("t-1"), asked=1)


@each_row("name", UNPROVED)
def test_it_is_never_said_that_an_attempt_was_not_received(name):
    assert resolve(UNPROVED[name][0], asked=1000).kind == "unknown"


def test_the_next_question_comes_later_each_time_up_to_five_minutes():
    waits = [resolve(order(OLD), asked=asked).ask_again_seconds for asked in range(9)]
    assert waits == [5, 10, 20, 40, 80, 160, 300, 300, 300]


def test_what_was_known_is_taken_from_a_status():
    assert order(OLD, ("t-2", "PENDING")).known(PART).references == {"t-1", "t-2"}
    assert order().known(PART).references == frozenset()


@pytest.mark.parametrize("transactions", [[(None, "FAILURE")], [OLD, OLD], [("", "FAILURE")]])
def test_transactions_that_can_not_be_told_apart_are_no_start(transactions):
    with pytest.raises(ValueError, match="can't be told apart"):
        order(*transactions).known(PART)


def test_a_fulfillment_that_the_status_did_not_tell_has_no_known_transactions():
    with pytest.raises(LookupError, match="exactly one fulfillment"):
        order(OLD).known("another-f1")


FAILED_NEW = order(OLD, ("t-2", "FAILURE"))
ONCE_MORE = "a failure is shown, and has to be read once more"


def test_a_failure_that_was_read_once_is_still_unknown():
    found = read(FAILED_NEW, known_of("t-1"), apart_seconds=10, now=100.0)
    assert isinstance(found, StillUnknown)
    assert (found.reason, found.ask_again_seconds) == (ONCE_MORE, 10)


def test_the_second_read_has_to_come_some_time_after_the_first():
    question = read(FAILED_NEW, known_of("t-1"), apart_seconds=10, now=100.0).again
    for now, left in ((101.0, 9), (109.5, 1), (90.0, 20)):
        found = read(FAILED_NEW, question, apart_seconds=10, now=now)
        assert isinstance(found, StillUnknown)
        assert (found.reason, found.ask_again_seconds) == (ONCE_MORE, left)
        assert found.again.seen_at == 100.0
    assert isinstance(read(FAILED_NEW, question, apart_seconds=10, now=110.0), Failed)


def test_a_clock_that_was_set_back_does_not_leave_it_unknown_for_as_long():
    question = read(FAILED_NEW, known_of("t-1"), apart_seconds=10, now=1_000_000.0).again
    found = read(FAILED_NEW, question, apart_seconds=10, now=100.0)
    assert (found.reason, found.ask_again_seconds) == (ONCE_MORE, 10)
    assert isinstance(read(FAILED_NEW, found.again, apart_seconds=10, now=105.0), StillUnknown)
    assert isinstance(read(FAILED_NEW, found.again, apart_seconds=10, now=110.0), Failed)


def test_a_second_read_that_differs_starts_again():
    question = read(FAILED_NEW, known_of("t-1"), apart_seconds=10, now=100.0).again
    more = order(OLD, ("t-2", "FAILURE"), ("t-3", "FAILURE"))
    found = read(more, question, apart_seconds=10, now=110.0)
    assert isinstance(found, StillUnknown)
    assert found.again.seen_at == 110.0
    # So does one that shows no failure in between.
    found = read(order(OLD), question, apart_seconds=10, now=110.0)
    assert found.again.seen == frozenset()


@pytest.mark.parametrize(
    "known",
    [
        known_of("t-1", reads=1),
        known_of("t-1", status="CREATED"),
        known_of(),
        Known.fresh("order-1", PART),
        Known.decided("order-1", PART, ["t-1"]),
        msgspec.structs.replace(known_of("t-1"), is_decided=True),
    ],
)
def test_against_a_state_that_was_not_confirmed_no_failure_is_said(known):
    """The transaction may be an earlier attempt's, which the status has shown late.

    A payout that has failed, without the transaction that failed, is such a status.
    """
    found = read(FAILED_NEW, known, apart_seconds=0)
    for _ in range(5):
        assert isinstance(found, StillUnknown)
        assert "no two equal reads" in found.reason
        found = read(FAILED_NEW, found.again, apart_seconds=0)


def test_after_a_failure_the_next_attempt_is_made_against_all_that_is_there():
    found = resolve(FAILED_NEW)
    assert found.known == known_of("t-1", "t-2")
    assert found.known.hindrance is None
    assert found.known.is_confirmed


def test_a_status_of_another_order_proves_nothing():
    known = msgspec.structs.replace(known_of("t-1"), order_id="order-2")
    found = read(FAILED_NEW, known, apart_seconds=0)
    assert (found.kind, found.reason) == ("unknown", "the status is for a different order")


def test_a_question_of_another_type_is_refused():
    with pytest.raises(TypeError, match="question must be a Known or an AttemptQuery"):
        read(FAILED_NEW, {"t-1"})


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
    unknown = StillUnknown("why", 5, AttemptQuery(known=known_of("t-1")))
    assert pickle.loads(pickle.dumps(unknown)) == unknown  # noqa: S301 - made here
