"""Behind a gateway that forgets idle connections no attempt is lost on one of them."""

import time

import pytest
from tests.faults.nat import Nat
from tests.faults.world import PATIENT_SECONDS, attempt_at

from joseal._http import connection
from joseal.juspay import Account, Client, Known, payout_encrypter
from joseal.juspay.sandbox import Sandbox


def through(
    nat: Nat, sandbox: Sandbox, idle_seconds: float, answer_timeout_seconds: float = PATIENT_SECONDS
) -> Client:
    account = sandbox.account
    return Client(
        Account(
            merchant_id=account.merchant_id,
            api_key=account.api_key,
            kid=account.kid,
            sid=account.sid,
            base_url=f"http://127.0.0.1:{nat.port}",
        ),
        payout_encrypter(sandbox.public_key),
        answer_timeout_seconds=answer_timeout_seconds,
        idle_seconds=idle_seconds,
    )


def port_of(sandbox: Sandbox) -> int:
    return int(sandbox.url.rpartition(":")[2])


@pytest.mark.parametrize("answers_reset", [True, False], ids=["reset", "silence"])
@pytest.mark.parametrize("idle_seconds", [0, 0.1])
def test_a_connection_that_was_idle_is_not_used_again(
    answers_reset: bool, idle_seconds: float
) -> None:
    with (
        Sandbox() as sandbox,
        Nat(port_of(sandbox), answers_reset=answers_reset) as nat,
        through(nat, sandbox, idle_seconds) as client,
    ):
        for number in range(4):
            assert (
                client.attempt(
                    f"order-{number}",
                    attempt_at("f-1"),
                    known=Known.decided(f"order-{number}", attempt_at("f-1").fulfillment_id),
                ).kind
                == "accepted"
            )
            time.sleep(2 * idle_seconds)
            nat.forget()
        assert [sandbox.attempts(f"order-{number}") for number in range(4)] == [1] * 4
        assert (nat.forgotten, nat.connections) == (0, 4)


@pytest.mark.parametrize("answers_reset", [True, False], ids=["reset", "silence"])
def test_a_client_that_keeps_it_for_longer_loses_every_second_attempt(answers_reset: bool) -> None:
    """The gateway of these tests does what it is for."""
    with (
        Sandbox() as sandbox,
        Nat(port_of(sandbox), answers_reset=answers_reset) as nat,
        # What is answered by silence has to end; the first attempt has to be answered in time.
        through(nat, sandbox, 60, PATIENT_SECONDS if answers_reset else 3) as client,
    ):
        kinds = []
        for number in range(2):
            kinds.append(
                client.attempt(
                    f"order-{number}",
                    attempt_at("f-1"),
                    known=Known.decided(f"order-{number}", attempt_at("f-1").fulfillment_id),
                ).kind
            )
            nat.forget()
        assert kinds == ["accepted", "unknown"]
        assert (sandbox.attempts("order-1"), nat.forgotten) == (0, 1)


def test_a_connection_in_use_is_kept() -> None:
    with (
        Sandbox() as sandbox,
        Nat(port_of(sandbox), answers_reset=True) as nat,
        through(nat, sandbox, 60) as client,
    ):
        for _ in range(5):
            client.order_status("order-1")
        assert nat.connections == 1


@pytest.mark.parametrize("passed", [3600, -3600])
def test_a_connection_is_not_used_again_after_the_machine_slept(passed: int, monkeypatch) -> None:
    """The clock that never goes back stood still; the time of day did not, or was set."""
    with (
        Sandbox() as sandbox,
        Nat(port_of(sandbox), answers_reset=False) as nat,
        through(nat, sandbox, 60) as client,
    ):
        client.order_status("order-1")
        now = time.time()
        monkeypatch.setattr(connection.time, "time", lambda: now + passed)
        client.order_status("order-1")
        client.order_status("order-1")
        assert nat.connections == 2


def test_idle_seconds_of_zero_never_uses_a_connection_again() -> None:
    with (
        Sandbox() as sandbox,
        Nat(port_of(sandbox), answers_reset=True) as nat,
        through(nat, sandbox, 0) as client,
    ):
        for _ in range(3):
            client.order_status("order-1")
        assert nat.connections == 3
