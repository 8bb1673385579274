"""Each fault, on real sockets with TLS, ends in the right one of the four outcomes.

What the sandbox counted proves that nothing was sent twice, and what it carried out is what the
order's status tells afterwards.
"""

import time

import pytest
from tests.faults.world import (
    HASTY_SECONDS,
    PATIENT_SECONDS,
    World,
    attempt_at,
    new_order,
    settled,
)

from joseal.juspay import Account, Arrived, Client, Known, StillUnknown
from joseal.juspay.sandbox import Fault, FaultPlan
from joseal.juspay.sandbox.faults import AT_CONNECTING, WITH_ANSWER

BROKEN = "the connection broke, or the answer is not HTTP"
TLS_FAILED = "TLS failed"
TOO_LATE = "no whole answer within the time-out"


def undocumented(status):
    return f"HTTP {status} without a documented answer"


# What is said of each fault: the kind of the outcome, and its reason.
OUTCOMES = {
    None: ("accepted", None),
    Fault.CUT_BEFORE_HANDSHAKE: ("not_sent", (BROKEN, TLS_FAILED)),
    Fault.CUT_BEFORE_REQUEST: ("unknown", (BROKEN, TLS_FAILED)),
    Fault.CUT_IN_REQUEST: ("unknown", (BROKEN, TLS_FAILED)),
    Fault.CUT_AFTER_REQUEST: ("unknown", (BROKEN, TLS_FAILED)),
    Fault.RESET_AFTER_REQUEST: ("unknown", (BROKEN,)),
    Fault.TLS_GARBAGE: ("unknown", (TLS_FAILED,)),
    Fault.SILENCE: ("unknown", (TOO_LATE,)),
    Fault.CUT_IN_STATUS: ("unknown", (BROKEN,)),
    Fault.CUT_IN_HEADER: ("unknown", (BROKEN,)),
    Fault.CUT_IN_BODY: ("unknown", (BROKEN,)),
    Fault.CUT_AFTER_ANSWER: ("accepted", None),
    Fault.SLOW_HEADER: ("unknown", (TOO_LATE,)),
    Fault.SLOW_BODY: ("unknown", (TOO_LATE,)),
    Fault.HUGE_HEADER: ("unknown", (BROKEN,)),
    Fault.HUGE_BODY: ("unknown", ("an answer with HTTP 200 is too large", BROKEN)),
    Fault.GZIP_BOMB: ("unknown", (undocumented(200),)),
    Fault.WRONG_TYPE: ("accepted", None),
    Fault.HTML_PAGE: ("unknown", (undocumented(200),)),
    Fault.ECHO: ("unknown", (undocumented(502),)),
    Fault.REDIRECT: ("unknown", (undocumented(307),)),
    Fault.HTTP_201: ("unknown", (undocumented(201),)),
    Fault.HTTP_202: ("unknown", (undocumented(202),)),
    Fault.HTTP_400: ("unknown", (undocumented(400),)),
    Fault.HTTP_408: ("unknown", (undocumented(408),)),
    Fault.HTTP_429: ("unknown", (undocumented(429),)),
    Fault.HTTP_500_E06: (
        "unknown",
        ("the API failed itself, E06 (HTTP 500): read the order's status",),
    ),
    Fault.HTTP_500_E90: (
        "unknown",
        ("the API failed itself, E90 (HTTP 500): read the order's status",),
    ),
    Fault.HTTP_502: ("unknown", (undocumented(502),)),
    Fault.HTTP_503: ("unknown", (undocumented(503),)),
    Fault.HTTP_504: ("unknown", (undocumented(504),)),
}
# Faults that need another server: `test_certificates`.
ELSEWHERE = {Fault.CLIENT_CERTIFICATE}
SLOW = {Fault.SILENCE, Fault.SLOW_HEADER, Fault.SLOW_BODY}
NEVER_WHOLE = {*AT_CONNECTING, Fault.CUT_IN_REQUEST}

PLAYS = [
    FaultPlan(fault=fault, carried_out=carried_out)
    for fault in OUTCOMES
    for carried_out in (True, False)
    if carried_out or (fault not in WITH_ANSWER and fault not in NEVER_WHOLE)
]


def named(play: FaultPlan) -> str:
    fault = "none" if play.fault is None else play.fault.value
    return fault if play.carried_out else f"{fault}-unheard"


def test_every_fault_is_tried() -> None:
    assert {*OUTCOMES, *ELSEWHERE} == {None, *Fault}


@pytest.mark.parametrize("play", PLAYS, ids=named)
def test_a_fault_ends_in_the_right_outcome_and_the_status_tells_the_truth(
    play: FaultPlan, world: World
) -> None:
    kind, reasons = OUTCOMES[play.fault]
    order = world.order(named(play))
    outcome = order.attempt(play, HASTY_SECONDS if play.fault in SLOW else PATIENT_SECONDS)
    assert outcome.kind == kind
    assert reasons is None or outcome.reason in reasons
    arrived = play.fault not in AT_CONNECTING
    paid = play.carried_out and play.fault not in NEVER_WHOLE
    counted = (int(arrived), int(paid))
    assert settled(lambda: (order.arrivals, order.payouts), counted) == counted
    resolution = order.resolution()
    if paid:
        assert isinstance(resolution, Arrived)
        assert len(resolution.transactions) == 1
        assert resolution.transactions[0].transaction_ref not in order.known.references
    else:
        # Not even here is it said that nothing arrived: a status may lag behind.
        assert isinstance(resolution, StillUnknown)
        assert resolution.reason == "no new transaction is there yet"
        assert resolution.ask_again_seconds == 5
        assert resolution.again.asked == 1
    assert order.arrivals == int(arrived)


def test_what_arrives_after_the_time_out_is_found_out_later(world: World) -> None:
    order = world.order("late")
    outcome = order.attempt(FaultPlan(delay_seconds=2), HASTY_SECONDS)
    assert (outcome.kind, outcome.reason) == ("unknown", TOO_LATE)
    for _ in range(600):
        resolution = order.resolution()
        if resolution.kind != "unknown":
            break
        time.sleep(0.05)
    assert resolution.kind == "accepted"
    assert (order.arrivals, order.payouts) == (1, 1)


def test_an_answer_that_takes_its_time_is_waited_for(world: World) -> None:
    order = world.order("slow")
    assert order.attempt(FaultPlan(delay_seconds=0.5)).kind == "accepted"
    assert (order.arrivals, order.payouts) == (1, 1)


def test_a_refusal_is_one_on_the_wire_too(world: World) -> None:
    order = world.order("refused")
    told = world.sandbox.account
    account = Account(
        merchant_id=told.merchant_id, api_key=told.api_key, kid="another", base_url=told.base_url
    )
    context = world.sandbox.client_context
    with Client(account, world.sealer, ssl_context=context) as client:
        outcome = client.attempt(
            order.id,
            attempt_at(order.fulfillment_id),
            known=Known.decided(order.id, attempt_at(order.fulfillment_id).fulfillment_id),
        )
    assert (outcome.kind, outcome.error_code) == ("refused", "E03")
    assert (order.arrivals, order.payouts) == (1, 0)


def test_the_connection_after_a_fault_is_a_good_one(world: World) -> None:
    order = world.order("again")
    faults = [fault for fault in OUTCOMES if fault not in SLOW | AT_CONNECTING]
    with world.client() as client:
        for fault in faults:
            world.switch.on(FaultPlan(fault=fault))
            client.attempt(
                order.id,
                attempt_at(order.fulfillment_id),
                known=Known.decided(order.id, attempt_at(order.fulfillment_id).fulfillment_id),
            )
            world.switch.off()
            # A connection whose end is still on its way to the client looks like a good one.
            kinds = [client.order_status(order.id).kind for _ in range(3)]
            assert kinds[-1] == "accepted", fault
            assert fault is Fault.CUT_AFTER_ANSWER or kinds[0] == "accepted", fault
    assert order.arrivals == len(faults)


ONCE = [
    (Fault.CUT_AFTER_REQUEST, "unknown"),
    (Fault.CUT_IN_BODY, "unknown"),
    (Fault.TLS_GARBAGE, "unknown"),
    (Fault.REDIRECT, "unknown"),
    (Fault.HTTP_503, "unknown"),
    (Fault.HTTP_429, "unknown"),
    (Fault.CUT_BEFORE_HANDSHAKE, "not_sent"),
]


@pytest.mark.parametrize(("fault", "kind"), ONCE)
def test_an_order_is_created_once_and_the_status_tells_it(
    fault: Fault, kind: str, world: World
) -> None:
    order_id = f"create-{fault.value}"
    with world.client() as client:
        world.switch.on(FaultPlan(fault=fault), "create")
        outcome = client.create_plain_order(new_order(order_id))
        world.switch.off()
        assert outcome.kind == kind
        found = client.order_status(order_id)
        if kind == "unknown":
            assert found.result().order_id == order_id
            assert client.create_plain_order(new_order(order_id)).error_code == "E01"
            assert len(world.sandbox.transactions(order_id)) == 1
        else:
            assert (found.kind, found.error_code) == ("refused", "E09")
            assert client.create_plain_order(new_order(order_id)).kind == "accepted"


@pytest.mark.parametrize(("fault", "kind"), ONCE)
def test_a_question_that_goes_wrong_is_no_answer_and_can_be_asked_again(
    fault: Fault, kind: str, world: World
) -> None:
    order = world.order("status")
    with world.client() as client:
        world.switch.on(FaultPlan(fault=fault), "status")
        assert client.order_status(order.id).kind == kind
        resolution = order.resolution()
        world.switch.off()
        assert resolution.kind == "unknown"
        assert resolution.reason.startswith("the status could not be read: ")
        assert client.order_status(order.id).kind == "accepted"


def test_a_cancellation_that_goes_wrong_is_no_answer(world: World) -> None:
    order = world.order("cancel")
    with world.client() as client:
        world.switch.on(FaultPlan(fault=Fault.CUT_AFTER_REQUEST), "cancel")
        assert client.cancel(order.fulfillment_id).kind == "unknown"
        world.switch.off()
        assert client.cancel(order.fulfillment_id).kind == "accepted"
        assert client.cancel("nobody-f1").error_code == "E09"
