"""`joseal juspay run`: a file of attempts, each sent at most once over any number of runs."""

import errno
import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import Result
from tests.faults.world import PAN, new_order

from joseal.cli.exit_codes import Exit, FailureError
from joseal.juspay import Client, payout_encrypter
from joseal.juspay.sandbox import Call, Fault, FaultPlan, Sandbox, TransactionPlan

Run = Callable[..., Result]
FAULTS: dict[str, Fault] = {}


def plan(call: Call) -> FaultPlan | None:
    fault = FAULTS.get(call.target) if call.name == "attempt" else None
    return None if fault is None else FaultPlan(fault=fault)


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    FAULTS.clear()
    first = TransactionPlan(settles="FAILURE")
    with Sandbox(plan=plan, transaction_plan=lambda _, number: None if number else first) as made:
        yield made


@pytest.fixture
def command(sandbox: Sandbox, run: Run, tmp_path: Path) -> Run:
    return command_at(sandbox, run, tmp_path)


def command_at(sandbox: Sandbox, run: Run, tmp_path: Path) -> Run:
    (tmp_path / "bank.pem").write_text(sandbox.public_pem)

    def command(*args: object, rejects: object = tmp_path / "rejects", **more: object) -> Result:
        done = run(
            *("juspay", "run", "--base-url", sandbox.url, "--merchant-id", sandbox.merchant_id),
            *("--api-key-env", "KEY", "--key", tmp_path / "bank.pem", "--alg", "RSA-OAEP"),
            *("--kid", sandbox.kid, "--sid", sandbox.sid, "--apart", "0"),
            *(() if "--journal" in args else ("--journal", tmp_path / "journal.db")),
            *("--rejects", rejects),
            *args,
            KEY=sandbox.api_key,
            **more,
        )
        assert PAN not in done.output
        return done

    return command


def batch(sandbox: Sandbox, path: Path, *orders: str) -> Path:
    lines = []
    with Client(sandbox.account, payout_encrypter(sandbox.public_key)) as client:
        for name in orders:
            part = client.create_plain_order(new_order(name)).result().fulfillments[0].id
            attempt = {"fulfillmentId": part, "cardInfo": {"cardNumber": PAN}}
            lines.append({"attemptId": f"a-{name}", "orderId": name, "attempt": attempt})
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path


def test_a_file_is_sent_once_over_two_runs(command: Run, sandbox: Sandbox, tmp_path: Path) -> None:
    path = batch(sandbox, tmp_path / "in", "order-1", "order-2")
    done = command("--json", path)
    told = json.loads(done.stdout)
    assert (done.exit_code, told["accepted"], told["sent_now"]) == (0, 2, 2)
    told = json.loads(command("--json", path).stdout)
    assert (told["accepted"], told["sent_now"]) == (2, 0)
    assert [sandbox.attempts(name) for name in ("order-1", "order-2")] == [1, 1]
    assert (tmp_path / "rejects").read_text() == ""


def test_what_has_to_be_reconciled_is_settled_by_the_next_run(
    command: Run, sandbox: Sandbox, tmp_path: Path
) -> None:
    FAULTS["order-1"] = Fault.CUT_AFTER_REQUEST
    path = batch(sandbox, tmp_path / "in", "order-1", "order-2")
    done = command(path)
    assert (done.exit_code, "to_reconcile: 1\n" in done.stdout) == (Exit.UNKNOWN, True)
    (reject,) = (tmp_path / "rejects").read_text().splitlines()
    assert json.loads(reject)["attemptId"] == "a-order-1"
    assert PAN not in reject
    done = command(path)
    assert (done.exit_code, "accepted: 2\n" in done.stdout) == (0, True)
    assert sandbox.attempts("order-1") == 1


def test_what_is_rejected_ends_with_5(command: Run, sandbox: Sandbox, tmp_path: Path) -> None:
    path = batch(sandbox, tmp_path / "in", "order-1")
    path.write_text(path.read_text() + path.read_text().replace("order-1", "order-9"))
    done = command(path)
    assert (done.exit_code, "rejected: 1\n" in done.stdout) == (Exit.API, True)


WRONG = {
    "no JSON": "{",
    "a member too many": '{"attemptId": "a", "orderId": "order-1", "attempt": {}, "x": 1}',
    "no id": '{"attemptId": "", "orderId": "order-1", "attempt": {"fulfillmentId": "f"}}',
    "no id of an order": '{"attemptId": "a", "orderId": "o", "attempt": {"fulfillmentId": "f"}}',
    "no attempt": '{"attemptId": "a", "orderId": "order-1"}',
    "a bad card": '{"attemptId": "a", "orderId": "order-1", "attempt": {"fulfillmentId": "f", '
    '"cardInfo": {"cardNumber": "5513651111111111x"}}}',
}


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_line_is_named_and_nothing_is_sent(
    case: str, command: Run, sandbox: Sandbox, tmp_path: Path
) -> None:
    path = batch(sandbox, tmp_path / "in", "order-1")
    path.write_text(path.read_text() + WRONG[case] + "\n")
    done = command(path)
    assert (done.exit_code, done.stdout) == (Exit.TOKEN, "")
    assert "line 2: " in done.stderr
    assert "5513" not in done.stderr
    assert sandbox.attempts("order-1") == 0


def test_an_id_that_is_there_twice_is_named(command: Run, sandbox: Sandbox, tmp_path: Path) -> None:
    path = batch(sandbox, tmp_path / "in", "order-1")
    path.write_text(path.read_text() * 2)
    done = command(path)
    assert (done.exit_code, "line 2: an attemptId is there twice" in done.stderr) == (1, True)


def test_files_that_can_not_be_used_end_with_4(command: Run, tmp_path: Path) -> None:
    assert command(tmp_path / "nowhere").exit_code == Exit.FILE
    (tmp_path / "in").write_text("")
    done = command("--journal", tmp_path / "no" / "journal.db", tmp_path / "in")
    assert (done.exit_code, "the journal can't be opened" in done.stderr) == (Exit.FILE, True)


def test_a_standard_input_that_is_closed_is_one_line(
    command: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def closed(stream: object) -> None:
        raise OSError(errno.EBADF, os.strerror(errno.EBADF))

    monkeypatch.setattr("joseal.cli.files.standard", closed)
    done = command("-")
    assert (done.exit_code, done.stdout) == (Exit.FILE, "")
    assert "Bad file descriptor" in done.stderr


def test_rejects_that_can_not_be_a_file_are_refused_before_anything_is_sent(
    command: Run, sandbox: Sandbox, tmp_path: Path
) -> None:
    (tmp_path / "rejects").mkdir()
    done = command(batch(sandbox, tmp_path / "in", "order-1"))
    assert (done.exit_code, done.stdout) == (Exit.FILE, "")
    assert sandbox.attempts("order-1") == 0


@pytest.mark.parametrize("is_known", [True, False])
def test_rejects_that_can_not_be_written_do_not_hide_what_has_to_be_reconciled(
    is_known: bool, command: Run, sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: Path, data: bytes, *, private: bool) -> None:
        raise FailureError("file", "can't write rejects: No space left on device", Exit.FILE)

    source = batch(sandbox, tmp_path / "in", "order-1")
    if not is_known:
        FAULTS["order-1"] = Fault.CUT_AFTER_REQUEST
    monkeypatch.setattr("joseal.cli.juspay.run.files.write", full)
    done = command(source)
    assert done.exit_code == (Exit.FILE if is_known else Exit.UNKNOWN)
    assert "No space left on device" in done.stderr


@pytest.mark.parametrize("folder", [".", "folder"])
def test_the_rejects_never_replace_the_journal(
    folder: str, command: Run, sandbox: Sandbox, tmp_path: Path
) -> None:
    """An empty list of rejects would be a new journal, and each attempt would be sent again."""
    (tmp_path / "folder").symlink_to(tmp_path)
    path = batch(sandbox, tmp_path / "in", "order-1")
    done = command("--journal", tmp_path / folder / "rejects", path)
    assert (done.exit_code, "--rejects" in done.stderr) == (Exit.USAGE, True)
    assert (sandbox.attempts("order-1"), (tmp_path / "rejects").exists()) == (0, False)


def test_the_rejects_never_replace_the_attempts(
    command: Run, sandbox: Sandbox, tmp_path: Path
) -> None:
    path = batch(sandbox, tmp_path / "rejects", "order-1")
    before = path.read_bytes()
    done = command(path)
    assert (done.exit_code, "--rejects" in done.stderr) == (Exit.USAGE, True)
    assert (sandbox.attempts("order-1"), path.read_bytes()) == (0, before)


def test_attempts_and_rejects_may_both_be_standard_streams(
    command: Run, sandbox: Sandbox, tmp_path: Path
) -> None:
    path = batch(sandbox, tmp_path / "in", "order-1")
    done = command("-", data=path.read_bytes(), rejects="-")
    assert (done.exit_code, sandbox.attempts("order-1")) == (0, 1)


def test_an_accepted_attempt_whose_failure_is_shown_is_listed_until_it_is_settled(
    run: Run, tmp_path: Path
) -> None:
    """Against a payout that was never tried: whose failure it is stays for a person to say."""
    plans: list[TransactionPlan | None] = [None]
    with Sandbox(transaction_plan=lambda *_: plans[0]) as sandbox:
        command = command_at(sandbox, run, tmp_path)
        path = batch(sandbox, tmp_path / "in", "order-1")
        plans[0] = TransactionPlan(settles="FAILURE")
        assert command(path).exit_code == 0
        for _ in range(2):
            done = command(path)
            assert (done.exit_code, "to_reconcile: 1\n" in done.stdout) == (Exit.UNKNOWN, True)
            (told,) = map(json.loads, (tmp_path / "rejects").read_text().splitlines())
            assert (told["attemptId"], told["standing"]) == ("a-order-1", "to_reconcile")
            assert told["reason"].startswith("what failed may be an earlier attempt's")
        assert sandbox.attempts("order-1") == 1
