"""Which attempts of a client may have been carried out, and which answer settles which of them."""

import contextlib
import threading

import pytest
from tests.faults.forking import in_child, needs_fork

from joseal.juspay import Known
from joseal.juspay.unsettled import Unsettled

FRESH = Known.fresh("order-1", "f-1")
DECIDED = Known.decided("order-1", "f-1")
FAILED = Known(order_id="order-1", fulfillment_id="f-1", references=frozenset({"t-1"}))


def is_under_way(unsettled):
    try:
        unsettled.end(unsettled.begin(FRESH))
    except ValueError:
        return True
    return False


def test_second_attempt_waits_until_the_first_is_settled():
    unsettled = Unsettled()
    unsettled.begin(FRESH)
    with pytest.raises(ValueError, match="attempt again with"):
        unsettled.begin(FRESH)
    unsettled.begin(Known.fresh("order-1", "f-2"))
    assert unsettled.settle(FRESH, FRESH)
    assert not is_under_way(unsettled)


def test_attempt_that_was_not_carried_out_settles_no_other_one_against_an_equal_state():
    unsettled = Unsettled()
    first = unsettled.begin(DECIDED)
    second = unsettled.begin(DECIDED)
    unsettled.end(first)
    assert is_under_way(unsettled)
    unsettled.end(second)
    assert not is_under_way(unsettled)


def test_attempt_that_was_not_carried_out_leaves_the_one_before_it_under_way():
    unsettled = Unsettled()
    unsettled.begin(FRESH)
    unsettled.end(unsettled.begin(DECIDED))
    assert is_under_way(unsettled)
    assert unsettled.settle(FRESH, FRESH)
    assert not is_under_way(unsettled)


def test_failure_against_another_state_settles_nothing():
    unsettled = Unsettled()
    unsettled.begin(FRESH)
    unsettled.begin(DECIDED)
    assert not unsettled.settle(FRESH, FRESH)
    assert is_under_way(unsettled)
    assert unsettled.settle(DECIDED, FRESH)
    assert unsettled.settle(DECIDED, FRESH)


def test_state_from_before_a_failure_is_refused_after_it():
    """The failure would be new against it, and be taken for the next attempt's."""
    unsettled = Unsettled()
    unsettled.begin(FRESH)
    assert unsettled.settle(FRESH, FAILED)
    with pytest.raises(ValueError, match="from before"):
        unsettled.begin(FRESH)
    unsettled.end(unsettled.begin(DECIDED))
    unsettled.begin(FAILED)


def test_of_threads_that_begin_at_once_one_succeeds():
    unsettled, begun, together = Unsettled(), [], threading.Barrier(8)

    def begin():
        together.wait()
        with contextlib.suppress(ValueError):
            begun.append(unsettled.begin(FRESH))

    threads = [threading.Thread(target=begin) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(begun) == 1


@needs_fork
def test_forked_child_knows_what_is_under_way_and_waits_for_no_thread_of_its_parent():
    unsettled = Unsettled()
    unsettled.begin(FRESH)
    with unsettled._lock.current():
        assert in_child(lambda: is_under_way(unsettled)) == "True"
