"""`joseal juspay reconcile`, and what `attempt --known` keeps for it."""

import errno
import json
import os
import stat
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from pathlib import Path

import click
import pytest
from click.testing import Result
from msgspec.structs import replace
from tests.faults.world import PAN, Switch, new_order

from joseal import Key
from joseal.cli.exit_codes import Exit, FailureError
from joseal.cli.juspay import questions
from joseal.juspay import Accepted, Client, FulfillmentState, Known, payout_encrypter
from joseal.juspay.sandbox import Fault, FaultPlan, Sandbox, TransactionPlan

At = Callable[..., Result]
FAILS = TransactionPlan(settles="FAILURE")


@pytest.fixture
def switch() -> Switch:
    return Switch()


@pytest.fixture
def settles() -> list[str]:
    """How the second transaction of each order ends."""
    return ["SUCCESS"]


@pytest.fixture(scope="module")
def key() -> Key:
    return Key.generate("RSA-OAEP")


@pytest.fixture
def sandbox(key: Key, switch: Switch, settles: list[str]) -> Iterator[Sandbox]:
    def course(_: str, number: int) -> TransactionPlan:
        return TransactionPlan(settles=settles[0]) if number else FAILS

    with Sandbox(key=key, plan=switch, transaction_plan=course) as made:
        yield made


def attempt_at(sandbox: Sandbox, order_id: str) -> str:
    """Create an order whose first transaction fails; return an attempt's body."""
    with Client(sandbox.account, payout_encrypter(sandbox.public_key)) as client:
        part = client.create_plain_order(new_order(order_id)).result().fulfillments[0].id
    return json.dumps({"fulfillmentId": part, "cardInfo": {"cardNumber": PAN}})


def test_what_became_of_an_unknown_attempt_is_found_out(
    at: At, sandbox: Sandbox, switch: Switch, tmp_path: Path
) -> None:
    body, kept = attempt_at(sandbox, "order-1"), tmp_path / "order-1.known"
    switch.on(FaultPlan(fault=Fault.CUT_AFTER_REQUEST))
    done = at(sandbox, "attempt", "--known", kept, "order-1", data=body)
    assert (done.exit_code, done.stdout) == (Exit.UNKNOWN, "unknown\n")
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert PAN not in kept.read_text()
    switch.off()
    found = at(sandbox, "reconcile", kept)
    assert (found.exit_code, found.stdout) == (0, "accepted\n")
    shown = json.loads(at(sandbox, "reconcile", "--json", kept).stdout)
    assert (shown["outcome"], shown["status"]) == ("accepted", "SUCCESS")
    assert [part["status"] for part in shown["transactions"]] == ["SUCCESS"]
    assert sandbox.attempts("order-1") == 1


def test_a_failure_is_told_after_a_second_look(
    at: At, sandbox: Sandbox, settles: list[str], tmp_path: Path
) -> None:
    settles[0] = "FAILURE"
    body, kept = attempt_at(sandbox, "order-2"), tmp_path / "order-2.known"
    assert at(sandbox, "attempt", "--known", kept, "order-2", data=body).exit_code == 0
    first = at(sandbox, "reconcile", kept)
    assert (first.exit_code, first.stdout) == (Exit.UNKNOWN, "unknown\n")
    assert "ask again in" in first.stderr
    second = at(sandbox, "reconcile", kept)
    assert (second.exit_code, second.stdout) == (Exit.API, "failed\n")
    assert "one more may be made" in second.stderr


def test_of_a_payout_that_was_called_off_no_further_attempt_is_recommended(
    at: At, sandbox: Sandbox, settles: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settles[0] = "FAILURE"
    body, kept = attempt_at(sandbox, "order-9"), tmp_path / "order-9.known"
    assert at(sandbox, "attempt", "--known", kept, "order-9", data=body).exit_code == 0
    read = Client.order_status

    def status(client: Client, order_id: str, **options: str | None) -> object:
        outcome = read(client, order_id, **options)
        (part,) = outcome.result().fulfillments
        ended = replace(part, status=FulfillmentState.CANCELLED)
        return Accepted(replace(outcome.result(), fulfillments=(ended,)))

    monkeypatch.setattr(Client, "order_status", status)
    at(sandbox, "reconcile", kept)
    done = at(sandbox, "reconcile", kept)
    assert (done.exit_code, done.stdout) == (Exit.API, "failed\n")
    assert "this payout is CANCELLED" in done.stderr
    assert "one more may be made" not in done.stderr


def test_a_failure_that_was_seen_before_something_else_is_seen_twice_again(
    at: At, sandbox: Sandbox, settles: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A failure, then a success, then a status that lags behind and shows the failure."""
    settles[0] = "FAILURE"
    body, kept = attempt_at(sandbox, "order-8"), tmp_path / "order-8.known"
    assert at(sandbox, "attempt", "--known", kept, "order-8", data=body).exit_code == 0
    read, is_paid = Client.order_status, [False]

    def status(client: Client, order_id: str, **options: str | None) -> object:
        outcome = read(client, order_id, **options)
        if not is_paid[0]:
            return outcome
        (part,) = outcome.result().fulfillments
        paid = replace(part, status=FulfillmentState.SUCCESS)
        return Accepted(replace(outcome.result(), fulfillments=(paid,)))

    monkeypatch.setattr(Client, "order_status", status)
    told = []
    for is_paid[0] in (False, True, False, False):
        told.append(at(sandbox, "reconcile", kept).stdout)
    assert told == ["unknown\n", "accepted\n", "unknown\n", "failed\n"]


def test_what_json_printed_is_read_from_standard_input(
    at: At, sandbox: Sandbox, settles: list[str]
) -> None:
    settles[0] = "FAILURE"
    told = at(sandbox, "attempt", "--json", "order-3", data=attempt_at(sandbox, "order-3")).stdout
    first = at(sandbox, "reconcile", "--json", data=told)
    assert json.loads(first.stdout)["outcome"] == "unknown"
    second = at(sandbox, "reconcile", "--json", data=first.stdout)
    assert json.loads(second.stdout)["outcome"] == "failed"


def test_while_an_attempt_is_kept_no_other_is_made_with_its_file(
    at: At, sandbox: Sandbox, tmp_path: Path
) -> None:
    body, kept = attempt_at(sandbox, "order-4"), tmp_path / "order-4.known"
    assert at(sandbox, "attempt", "--known", kept, "order-4", data=body).exit_code == 0
    again = at(sandbox, "attempt", "--decided", "--known", kept, "order-4", data=body)
    assert (again.exit_code, again.stdout) == (Exit.USAGE, "")
    assert "an attempt may be under way" in again.stderr
    assert sandbox.attempts("order-4") == 1


def test_standard_output_keeps_nothing() -> None:
    with pytest.raises(click.UsageError, match="needs a file"):
        questions.begin(Path("-"), Known.fresh("order-1", "f-1"))


def test_what_was_not_started_leaves_no_file(at: At, sandbox: Sandbox, tmp_path: Path) -> None:
    body, kept = attempt_at(sandbox, "order-5"), tmp_path / "order-5.known"
    refused = at(sandbox, "attempt", "--known", kept, "--sid", "x", "order-5", data=body)
    assert refused.exit_code == Exit.API
    assert not kept.exists()


def test_of_two_attempts_with_one_file_the_later_one_is_told_that_one_may_be_under_way(
    at: At, sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both have seen that the file is not there yet."""
    body, kept = attempt_at(sandbox, "order-6"), tmp_path / "order-6.known"
    link = Path.hardlink_to

    def late(path: Path, target: Path) -> None:
        monkeypatch.setattr(Path, "hardlink_to", link)
        kept.write_text("the other one's")
        link(path, target)

    monkeypatch.setattr(Path, "hardlink_to", late)
    done = at(sandbox, "attempt", "--known", kept, "order-6", data=body)
    assert (done.exit_code, "may be under way" in done.stderr) == (Exit.USAGE, True)
    assert "--force" not in done.stderr
    assert (sandbox.attempts("order-6"), kept.read_text()) == (0, "the other one's")


@pytest.mark.skipif(os.name == "nt", reason="Windows opens no folders")
def test_the_folder_of_what_is_kept_is_on_the_disk_before_anything_is_sent(
    at: At, sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    body, kept = attempt_at(sandbox, "order-7"), tmp_path / "order-7.known"
    synced = []
    fsync = os.fsync

    def seen(descriptor: int) -> None:
        fsync(descriptor)
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            synced.append((os.fstat(descriptor), kept.exists(), sandbox.attempts("order-7")))

    monkeypatch.setattr(os, "fsync", seen)
    assert at(sandbox, "attempt", "--known", kept, "order-7", data=body).exit_code == 0
    ((folder, was_there, attempts),) = synced
    assert os.path.samestat(folder, tmp_path.stat())
    assert (was_there, attempts, sandbox.attempts("order-7")) == (True, 0, 1)


@pytest.mark.skipif(os.name == "nt", reason="Windows opens no folders")
@pytest.mark.parametrize("number", [errno.EIO, errno.ENOSPC, errno.EINVAL])
def test_where_the_folder_can_not_be_synced_nothing_begins_unless_the_file_system_never_can(
    number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept, fsync = tmp_path / "kept.known", os.fsync

    def failing(descriptor: int) -> None:
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise OSError(number, os.strerror(number))
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", failing)
    never_can = number == errno.EINVAL
    with nullcontext() if never_can else pytest.raises(FailureError, match="can't write"):
        questions.begin(kept, Known.fresh("order-1", "f-1"))
    assert kept.exists() == never_can


def test_a_file_that_can_not_be_removed_hides_no_outcome(
    at: At, sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    body, kept = attempt_at(sandbox, "order-20"), tmp_path / "order-20.known"
    unlink = Path.unlink

    def failing(path: Path, *, missing_ok: bool = False) -> None:
        if path == kept:
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        unlink(path, missing_ok=missing_ok)

    monkeypatch.setattr(Path, "unlink", failing)
    done = at(sandbox, "attempt", "--known", kept, "--sid", "x", "order-20", data=body)
    assert (done.exit_code, done.stdout) == (Exit.API, "refused\n")
    assert "can't remove" in done.stderr
    assert "the API refused" in done.stderr
    assert kept.exists()


def test_a_next_question_that_can_not_be_kept_hides_no_outcome(
    at: At, sandbox: Sandbox, settles: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settles[0] = "FAILURE"
    body, kept = attempt_at(sandbox, "order-21"), tmp_path / "order-21.known"
    assert at(sandbox, "attempt", "--known", kept, "order-21", data=body).exit_code == 0
    before = kept.read_bytes()

    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    done = at(sandbox, "reconcile", kept)
    assert (done.exit_code, done.stdout) == (Exit.UNKNOWN, "unknown\n")
    assert "No space left" in done.stderr
    assert "ask again in" in done.stderr
    assert kept.read_bytes() == before


def test_a_failure_that_was_told_has_to_be_seen_twice_again(
    at: At, sandbox: Sandbox, settles: list[str], tmp_path: Path
) -> None:
    """Between the two questions one more attempt may have been made, which is not shown yet."""
    settles[0] = "FAILURE"
    body, kept = attempt_at(sandbox, "order-22"), tmp_path / "order-22.known"
    assert at(sandbox, "attempt", "--known", kept, "order-22", data=body).exit_code == 0
    told = [at(sandbox, "reconcile", kept) for _ in range(4)]
    assert [each.stdout for each in told] == ["unknown\n", "failed\n"] * 2
    assert "unless one was made since" in told[1].stderr


@pytest.mark.parametrize("text", ["", "{}", '{"known": {"order_id": "order-1"}}', '{"known": 1}'])
def test_a_file_of_another_kind_is_one_line(
    text: str, at: At, sandbox: Sandbox, tmp_path: Path
) -> None:
    (tmp_path / "x").write_text(text)
    done = at(sandbox, "reconcile", tmp_path / "x")
    assert (done.exit_code, done.stdout, done.stderr.count("\n")) == (Exit.TOKEN, "", 1)
