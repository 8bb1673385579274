"""`joseal juspay create` and `cancel`: an order goes out once, encrypted or in the clear."""

import errno
import json
import os
from collections.abc import Callable, Iterator

import pytest
from click.testing import Result
from tests.faults.world import Switch, new_order

from joseal.cli import files
from joseal.cli.console import Page
from joseal.cli.exit_codes import Exit, FailureError, of_file
from joseal.juspay.sandbox import Fault, FaultPlan, Sandbox, TransactionPlan

At = Callable[..., Result]
CARD = "5513651111111111"


@pytest.fixture(scope="module")
def switch() -> Switch:
    return Switch()


@pytest.fixture(scope="module")
def wire() -> list[bytes]:
    return []


@pytest.fixture(scope="module")
def sandbox(switch: Switch, wire: list[bytes]) -> Iterator[Sandbox]:
    def keep(body: bytes) -> bytes:
        wire.append(body)
        return body

    plan = TransactionPlan(pending_reads=9)
    with Sandbox(plan=switch, on_the_way=keep, transaction_plan=lambda *_: plan) as made:
        yield made


def order(order_id: str) -> str:
    return new_order(order_id).to_json().decode()


@pytest.mark.parametrize("plain", [True, False])
def test_an_order_is_created_and_shown(
    plain: bool, at: At, sandbox: Sandbox, wire: list[bytes]
) -> None:
    order_id = f"order-{plain}"
    made = at(sandbox, "create", "--json", *(["--plain"] if plain else []), data=order(order_id))
    told = json.loads(made.stdout)
    assert (made.exit_code, told["outcome"], told["order_id"]) == (0, "accepted", order_id)
    assert (order_id.encode() in wire[-1]) is plain
    (payout,) = told["fulfillments"]
    cancelled = at(sandbox, "cancel", payout["id"])
    assert (cancelled.exit_code, cancelled.stdout) == (0, "accepted\n")
    shown = json.loads(at(sandbox, "status", "--json", order_id).stdout)
    assert shown["fulfillments"][0]["id"] == payout["id"]


def test_a_plain_order_needs_no_key(run: Callable[..., Result], sandbox: Sandbox) -> None:
    account = ("--base-url", sandbox.url, "--merchant-id", sandbox.merchant_id)
    args = ("juspay", "create", *account, "--api-key-env", "KEY")
    done = run(*args, data=order("order-7"), KEY=sandbox.api_key)
    assert (done.exit_code, done.stdout) == (Exit.USAGE, "")
    assert "--key and --kid are needed" in done.stderr
    done = run(*args, "--plain", data=order("order-7"), KEY=sandbox.api_key)
    assert (done.exit_code, done.stdout.split()[0]) == (0, "order-7")


def test_a_card_does_not_go_out_in_the_clear(at: At, sandbox: Sandbox, wire: list[bytes]) -> None:
    body = json.loads(order("order-8"))
    body["fulfillments"][0]["beneficiaryDetails"] = {
        "type": "PLAIN_CARD",
        "details": {"cardNumber": CARD},
    }
    done = at(sandbox, "create", "--plain", data=json.dumps(body))
    assert (done.exit_code, done.stdout) == (Exit.USAGE, "")
    assert CARD not in done.output
    assert at(sandbox, "create", data=json.dumps(body)).exit_code == 0
    assert not any(CARD.encode() in body for body in wire)


def test_a_created_order_that_can_not_be_printed_is_not_a_failure(
    at: At, sandbox: Sandbox, wire: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever reads a failure may create one more order, and pay twice."""

    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def fails(error: OSError) -> FailureError:
        return of_file("write", "standard output", error)

    monkeypatch.setattr(Page, "_print", full)
    monkeypatch.setattr(files, "standard_output_failed", fails)
    before = len(wire)
    done = at(sandbox, "create", data=order("order-10"))
    assert (done.exit_code, done.stdout) == (0, "")
    assert "No space left" in done.stderr
    assert len(wire) == before + 1


def test_an_outcome_that_is_not_known_has_its_own_exit_code(
    at: At, sandbox: Sandbox, switch: Switch
) -> None:
    switch.on(FaultPlan(fault=Fault.CUT_AFTER_REQUEST), "create")
    try:
        done = at(sandbox, "create", data=order("order-9"))
    finally:
        switch.off()
    assert (done.exit_code, done.stdout) == (Exit.UNKNOWN, "unknown\n")
    assert "juspay status" in done.stderr
    assert at(sandbox, "cancel", "no such id").exit_code == Exit.USAGE
    assert at(sandbox, "create", data="{}").exit_code == Exit.TOKEN
