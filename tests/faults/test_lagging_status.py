"""A status that lags behind: the loop "it says FAILURE, so attempt again" pays once."""

import pytest
from tests.faults.world import attempt_at, new_order

from joseal.juspay import Arrived, Client, Failed, NotSent, Refused, StillUnknown, payout_encrypter
from joseal.juspay.sandbox import Call, Fault, FaultPlan, Sandbox, TransactionPlan

FAILS = TransactionPlan(settles="FAILURE")


def opened(sandbox: Sandbox) -> Client:
    return Client(sandbox.account, payout_encrypter(sandbox.public_key), apart_seconds=0)


def created(client: Client) -> str:
    return client.create_plain_order(new_order("order-1")).result().fulfillments[0].id


def states(sandbox: Sandbox) -> list[str]:
    return [each.state for each in sandbox.transactions("order-1")]


def late_success(_: str, number: int) -> TransactionPlan:
    return FAILS if number == 0 else TransactionPlan(hidden_reads=6)


def test_the_loop_that_reads_a_failure_and_attempts_again_is_stopped() -> None:
    with Sandbox(transaction_plan=late_success) as sandbox, opened(sandbox) as client:
        part = created(client)
        kinds, refusals = [], 0
        for _ in range(5):
            order = client.order_status("order-1").result()
            if order.fulfillment(part).status != "FAILURE":
                break
            if not kinds:
                known = order.known(part)
                kinds.append(client.attempt("order-1", attempt_at(part), known=known).kind)
                continue
            with pytest.raises(ValueError, match="not known to have failed: reconcile it"):
                client.attempt("order-1", attempt_at(part), known=order.known(part))
            refusals += 1
        assert (kinds, refusals) == (["accepted"], 4)
        assert states(sandbox) == ["FAILURE", "SUCCESS"]
        assert sandbox.attempts("order-1") == 1


def test_the_loop_that_reconciles_ends_in_one_success() -> None:
    plans = [FAILS, TransactionPlan(settles="FAILURE", hidden_reads=4), TransactionPlan()]
    with (
        Sandbox(transaction_plan=lambda _, number: plans[number]) as sandbox,
        opened(sandbox) as client,
    ):
        part = created(client)
        known = client.known("order-1", part).result()
        for _ in range(3):
            client.attempt("order-1", attempt_at(part), known=known)
            found = client.reconcile(known)
            for _ in range(20):
                if not isinstance(found, StillUnknown):
                    break
                found = client.reconcile(found.again)
            if isinstance(found, Arrived):
                break
            assert isinstance(found, Failed)
            known = found.known
        assert states(sandbox) == ["FAILURE", "FAILURE", "SUCCESS"]
        assert sandbox.attempts("order-1") == 2


def third_is_hidden(call: Call) -> FaultPlan | None:
    cut = call.name == "attempt" and call.number == 2
    return FaultPlan(fault=Fault.CUT_AFTER_REQUEST) if cut else None


def test_an_earlier_attempt_that_is_shown_late_is_not_taken_for_this_one() -> None:
    """Each attempt is another process's, so that no client knows of the one before."""
    plans = [
        FAILS,
        TransactionPlan(settles="FAILURE", hidden_reads=1),
        TransactionPlan(settles="SUCCESS", hidden_reads=40),
    ]
    with Sandbox(transaction_plan=lambda _, number: plans[number], plan=third_is_hidden) as sandbox:
        with opened(sandbox) as client:
            part = created(client)
            known = client.order_status("order-1").result().known(part)
            assert client.attempt("order-1", attempt_at(part), known=known).kind == "accepted"
        with opened(sandbox) as client:
            known = client.order_status("order-1").result().known(part)
            assert len(known.references) == 1
            assert client.attempt("order-1", attempt_at(part), known=known).kind == "unknown"
            found = client.reconcile(known)
            for _ in range(10):
                assert isinstance(found, StillUnknown)
                found = client.reconcile(found.again)
            assert "an earlier attempt's" in found.reason
        assert states(sandbox) == ["FAILURE", "FAILURE", "SUCCESS"]


def test_a_question_about_an_earlier_attempt_does_not_settle_the_one_that_was_made_last() -> None:
    """A caller that goes on asking with the first known state pays once, however late it shows."""
    plans = [FAILS, FAILS, TransactionPlan(hidden_reads=40)]
    with (
        Sandbox(transaction_plan=lambda _, number: plans[number]) as sandbox,
        opened(sandbox) as client,
    ):
        part = created(client)
        first = client.known("order-1", part).result()
        client.attempt("order-1", attempt_at(part), known=first)
        found = client.reconcile(client.reconcile(first).again)
        assert isinstance(found, Failed)
        second = found.known
        client.attempt("order-1", attempt_at(part), known=second)
        again = client.reconcile(first)
        for _ in range(3):
            assert isinstance(again, StillUnknown)
            again = client.reconcile(again.again)
        assert again.reason.startswith("the question is of an earlier attempt")
        with pytest.raises(ValueError, match="not known to have failed"):
            client.attempt("order-1", attempt_at(part), known=second)
        assert states(sandbox) == ["FAILURE", "FAILURE", "SUCCESS"]


def test_two_reads_before_the_attempt_show_the_late_one() -> None:
    plans = [
        FAILS,
        TransactionPlan(settles="FAILURE", hidden_reads=1),
        TransactionPlan(settles="SUCCESS", hidden_reads=40),
    ]
    with Sandbox(transaction_plan=lambda _, number: plans[number], plan=third_is_hidden) as sandbox:
        with opened(sandbox) as client:
            part = created(client)
            known = client.order_status("order-1").result().known(part)
            client.attempt("order-1", attempt_at(part), known=known)
        with opened(sandbox) as client:
            assert not client.known("order-1", part).result().is_confirmed
            known = client.known("order-1", part).result()
            assert (known.is_confirmed, len(known.references)) == (True, 2)
            client.attempt("order-1", attempt_at(part), known=known)
            found = client.reconcile(known)
            for _ in range(10):
                assert found.reason == "no new transaction is there yet"
                found = client.reconcile(found.again)


@pytest.mark.parametrize("fault", [Fault.HTTP_429, Fault.HTTP_503, Fault.CUT_IN_REQUEST])
def test_what_never_arrived_stays_unknown_and_says_when_to_ask_again(fault: Fault) -> None:
    def plan(call: Call) -> FaultPlan | None:
        return FaultPlan(fault=fault, carried_out=False) if call.name == "attempt" else None

    with (
        Sandbox(transaction_plan=lambda *_: FAILS, plan=plan) as sandbox,
        opened(sandbox) as client,
    ):
        part = created(client)
        known = client.known("order-1", part).result()
        assert client.attempt("order-1", attempt_at(part), known=known).kind == "unknown"
        found, waits = client.reconcile(known), []
        for _ in range(10):
            waits.append(found.ask_again_seconds)
            assert isinstance(found, StillUnknown)
            found = client.reconcile(found.again)
        assert waits == [5, 10, 20, 40, 80, 160, 300, 300, 300, 300]
        with pytest.raises(ValueError, match="not known to have failed"):
            client.attempt("order-1", attempt_at(part), known=known)
        assert sandbox.attempts("order-1") == 1


@pytest.mark.parametrize("settles", ["SUCCESS", "PENDING", "MANUAL_REVIEW"])
def test_a_payout_that_has_not_failed_is_not_attempted(settles: str) -> None:
    with (
        Sandbox(transaction_plan=lambda *_: TransactionPlan(settles=settles)) as sandbox,
        opened(sandbox) as client,
    ):
        part = created(client)
        known = client.order_status("order-1").result().known(part)
        with pytest.raises(ValueError, match="has not failed"):
            client.attempt("order-1", attempt_at(part), known=known)
        assert sandbox.attempts("order-1") == 0


def test_what_was_not_sent_or_refused_may_be_attempted_again() -> None:
    cut = FaultPlan(fault=Fault.CUT_BEFORE_HANDSHAKE)
    faults: list[FaultPlan] = []
    with (
        Sandbox(
            tls=True,
            transaction_plan=lambda *_: FAILS,
            plan=lambda call: faults.pop() if call.name == "connect" and faults else None,
        ) as sandbox,
        Client(
            sandbox.account,
            payout_encrypter(sandbox.public_key),
            apart_seconds=0,
            idle_seconds=0,
            ssl_context=sandbox.client_context,
        ) as client,
    ):
        part = created(client)
        known = client.known("order-1", part).result()
        faults.append(cut)
        assert isinstance(client.attempt("order-1", attempt_at(part), known=known), NotSent)
        assert client.attempt("order-1", attempt_at(part), known=known).kind == "accepted"
        assert sandbox.attempts("order-1") == 1


def test_a_known_state_of_another_payout_is_refused() -> None:
    with Sandbox(transaction_plan=lambda *_: FAILS) as sandbox, opened(sandbox) as client:
        part = created(client)
        known = client.order_status("order-1").result().known(part)
        with pytest.raises(ValueError, match="a different order or fulfillment"):
            client.attempt("order-2", attempt_at(part), known=known)
        with pytest.raises(ValueError, match="a different order or fulfillment"):
            client.attempt("order-1", attempt_at("f-9"), known=known)
        with pytest.raises(TypeError, match="known must be a Known"):
            client.attempt("order-1", attempt_at(part), known=known.references)
        assert client.known("order-1", "f-9").kind == "unknown"
        assert isinstance(client.known("order-9", part), Refused)
        assert sandbox.attempts("order-1") == 0
