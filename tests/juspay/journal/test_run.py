"""`run_attempts`: the state that an attempt is made against is one that two reads have shown."""

import contextvars
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
from tests.faults.world import attempt_at, new_order

from joseal import Key
from joseal._http.connection import HANDED_OVER
from joseal.juspay import (
    SANDBOX,
    Account,
    Ack,
    Attempt,
    CardInfo,
    Client,
    Entry,
    Known,
    Outcome,
    PayoutJournalError,
    PlannedAttempt,
    SqlitePayoutJournal,
    decide_attempt,
    payout_encrypter,
    run_attempts,
)
from joseal.juspay.journal import run
from joseal.juspay.sandbox import Call, Fault, FaultPlan, Sandbox, TransactionPlan

# Which reads of the status are answered, and what becomes of the attempt.
READS = {
    "all": ("1111", "accepted", None),
    "all but the first": ("0111", "accepted", None),
    "all but the second": ("1011", "accepted", None),
    "the last two": ("0011", "accepted", None),
    "one": ("0100", "rejected", "no two reads of the status agree: run it again"),
    "none": ("0000", "rejected", "the status could not be read: HTTP 503"),
}


@pytest.fixture(scope="module")
def key() -> Key:
    return Key.generate("RSA-OAEP")


@pytest.mark.parametrize("case", READS)
def test_an_attempt_is_made_against_what_two_reads_have_shown(
    case: str, key: Key, tmp_path: Path
) -> None:
    answered, standing, reason = READS[case]
    reads = iter(answered)

    def plan(call: Call) -> FaultPlan | None:
        if call.name != "status" or next(reads) == "1":
            return None
        return FaultPlan(fault=Fault.HTTP_503)

    first = TransactionPlan(settles="FAILURE")
    with (
        Sandbox(
            key=key, plan=plan, transaction_plan=lambda _, nth: None if nth else first
        ) as sandbox,
        Client(sandbox.account, payout_encrypter(sandbox.public_key), apart_seconds=0) as client,
    ):
        part = client.create_plain_order(new_order("order-1")).result().fulfillments[0].id
        journal = SqlitePayoutJournal(tmp_path / "payouts.db")
        planned = PlannedAttempt("a-1", "order-1", attempt_at(part))
        (result,) = run_attempts(client, journal, [planned])
        assert result.standing == standing
        if reason is None:
            entry = journal.find("a-1")
            assert entry is not None
            assert entry.known.is_confirmed
        else:
            assert (result.reason or "").startswith(reason)
        assert sandbox.attempts("order-1") == (standing == "accepted")


def test_two_attempts_at_one_payout_in_a_batch_do_not_confirm_a_state_without_the_pause(
    key: Key, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    events: list[str] = []
    reads = iter("0111")

    def plan(call: Call) -> FaultPlan | None:
        if call.name != "status":
            return None
        events.append("read")
        return None if next(reads, "1") == "1" else FaultPlan(fault=Fault.HTTP_503)

    clock = SimpleNamespace(time=time.time, sleep=lambda _: events.append("pause"))
    monkeypatch.setattr("joseal.juspay.journal.run.time", clock)
    first = TransactionPlan(settles="FAILURE")
    with (
        Sandbox(
            key=key, plan=plan, transaction_plan=lambda _, nth: None if nth else first
        ) as sandbox,
        Client(sandbox.account, payout_encrypter(sandbox.public_key), apart_seconds=0) as client,
    ):
        part = client.create_plain_order(new_order("order-1")).result().fulfillments[0].id
        journal = SqlitePayoutJournal(tmp_path / "payouts.db")
        planned = [PlannedAttempt(f"a-{n}", "order-1", attempt_at(part)) for n in (1, 2)]
        results = [each.standing for each in run_attempts(client, journal, planned)]
    assert results == ["accepted", "rejected"]
    assert events == ["read", "pause", "read", "pause", "read"]


@pytest.mark.parametrize("later", [400.0, -400.0], ids=["a slow call", "a clock that was set back"])
def test_a_state_that_was_read_minutes_ago_is_read_again_before_an_attempt(
    later: float, key: Key, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Calls may be slow, and a machine may sleep; meanwhile someone else may have paid."""
    now = [1e9]
    clock = SimpleNamespace(time=lambda: now[0], sleep=lambda _: None)
    monkeypatch.setattr("joseal.juspay.journal.run.time", clock)
    first = TransactionPlan(settles="FAILURE")
    with (
        Sandbox(key=key, transaction_plan=lambda _, nth: None if nth else first) as sandbox,
        Client(sandbox.account, payout_encrypter(sandbox.public_key), apart_seconds=0) as client,
        Client(sandbox.account, payout_encrypter(sandbox.public_key), apart_seconds=0) as other,
    ):
        planned = []
        for name in ("order-1", "order-2", "order-3"):
            part = client.create_plain_order(new_order(name)).result().fulfillments[0].id
            planned.append(PlannedAttempt(name, name, attempt_at(part)))
        results = run_attempts(client, SqlitePayoutJournal(tmp_path / "payouts.db"), planned)
        assert next(results).standing == "accepted"
        now[0] += later
        at = planned[1].attempt
        known = other.known("order-2", at.fulfillment_id).result()
        assert other.attempt("order-2", at, known=known).kind == "accepted"
        second, third = results
        assert (second.standing, second.sent_now) == ("rejected", False)
        assert "has not failed" in (second.reason or "")
        assert third.standing == "accepted"
        assert [sandbox.attempts(each.order_id) for each in planned] == [1, 1, 1]


def test_a_state_is_minutes_old_at_most_although_reading_a_batch_takes_longer(
    key: Key, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [1e9]
    clock = SimpleNamespace(time=lambda: now[0], sleep=lambda _: None)
    monkeypatch.setattr("joseal.juspay.journal.run.time", clock)
    first = TransactionPlan(settles="FAILURE")
    with (
        Sandbox(key=key, transaction_plan=lambda _, nth: None if nth else first) as sandbox,
        Client(sandbox.account, payout_encrypter(sandbox.public_key), apart_seconds=0) as client,
    ):
        planned = []
        for name in ("order-1", "order-2", "order-3"):
            part = client.create_plain_order(new_order(name)).result().fulfillments[0].id
            planned.append(PlannedAttempt(name, name, attempt_at(part)))
        began: dict[str, float] = {}
        ages = []
        read, attempt = run._state, Client.attempt

        def slow(reader: Client, each: PlannedAttempt) -> Known | str:
            began[each.order_id] = now[0]
            now[0] += 200
            return read(reader, each)

        def sent(sender: Client, order_id: str, at: Attempt, *, known: Known) -> Outcome[Ack]:
            ages.append(now[0] - began[order_id])
            return attempt(sender, order_id, at, known=known)

        monkeypatch.setattr(run, "_state", slow)
        monkeypatch.setattr(Client, "attempt", sent)
        results = run_attempts(client, SqlitePayoutJournal(tmp_path / "payouts.db"), planned)
        assert [(each.standing, each.reason) for each in results] == [("accepted", None)] * 3
    assert ages == [200.0] * 3


def test_a_journal_that_keeps_nothing_ends_a_decision(tmp_path: Path) -> None:
    class Never(SqlitePayoutJournal):
        def keep_if_unchanged(self, before: Entry, after: Entry) -> bool:
            del before, after
            return False

    journal = Never(tmp_path / "payouts.db")
    assert journal.begin(Entry(attempt_id="a-1", known=Known.fresh("order-1", "f-1"))) is None
    with pytest.raises(PayoutJournalError, match="keeps no entry"):
        decide_attempt(journal, "a-1", "failed")


def test_a_run_within_a_call_takes_nothing_away_from_what_was_sent(tmp_path: Path) -> None:
    """A handler of a signal may begin one while a payout is on its way, in the same thread."""
    client = Client(Account(merchant_id="merchant", api_key="an-api-key", base_url=SANDBOX))
    attempt = Attempt(fulfillment_id="f-1", card_info=CardInfo(card_number="4111111111111111"))
    planned = PlannedAttempt("a-1", "order-1", attempt, Known.fresh("order-1", "f-1"))

    def left() -> bool:
        HANDED_OVER.set(True)
        journal = SqlitePayoutJournal(tmp_path / "journal.db")
        (result,) = run_attempts(client, journal, [planned])
        assert result.standing == "not_sent"
        return HANDED_OVER.get()

    assert contextvars.copy_context().run(left)
