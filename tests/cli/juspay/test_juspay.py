"""`joseal juspay attempt` and `status`: the exit code is the outcome, and no card is shown."""

import json
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import Result
from tests.faults.connect_proxy import ConnectProxy

from joseal.cli.exit_codes import Exit
from joseal.cli.juspay import orders
from joseal.juspay import (
    Client,
    Fulfillment,
    FulfillmentState,
    Order,
    OrderState,
    Refused,
    Transaction,
    TransactionState,
)
from joseal.juspay.sandbox import Fault, FaultPlan, Sandbox, TransactionPlan

Run = Callable[..., Result]
Shell = Callable[..., subprocess.CompletedProcess[bytes]]
Command = Callable[..., Result]

PAN = "5513651111111111"
CODE = "909"
ATTEMPT = json.dumps(
    {
        "fulfillmentId": "fulfillment-1",
        "cardInfo": {
            "cardNumber": PAN,
            "cardSecurityCode": CODE,
            "cardExpiry": {"month": "02", "year": "2028"},
        },
    }
)


class Faults:
    """What happens to the next attempts."""

    play: FaultPlan | None = None


@pytest.fixture(scope="module")
def faults() -> Faults:
    return Faults()


@pytest.fixture(scope="module")
def sandbox(faults: Faults) -> Iterator[Sandbox]:
    with Sandbox(plan=lambda call: faults.play if call.name == "attempt" else None) as running:
        yield running


def without_overridden(usual: tuple[object, ...], args: tuple[object, ...]) -> list[object]:
    """Leave out the usual options that a test gives itself: none may be given twice."""
    kept: list[object] = []
    skip = False
    for place, word in enumerate(usual):
        if skip:
            skip = False
        elif word in args and str(word).startswith("--"):
            skip = place + 1 < len(usual) and not str(usual[place + 1]).startswith("--")
        else:
            kept.append(word)
    return kept


@pytest.fixture
def command(sandbox: Sandbox, faults: Faults, run: Run, tmp_path: Path) -> Iterator[Command]:
    """Run a command of the group with the sandbox's account, and look whether it shows a secret."""
    bank = tmp_path / "bank.pem"
    bank.write_text(sandbox.public_pem)
    account = (
        "--base-url",
        sandbox.url,
        "--merchant-id",
        sandbox.merchant_id,
        "--api-key-env",
        "KEY",
    )
    sealing = ("--key", bank, "--alg", "RSA-OAEP", "--kid", sandbox.kid, "--sid", sandbox.sid)

    def command(
        name: str, *args: object, data: str | None = None, reads: bool = False, **env: str
    ) -> Result:
        own = ()
        if name == "attempt":
            # Most of these orders are made by their first attempt.
            own = (*sealing, "--apart", "0", *(() if reads else ("--decided",)))
        given = without_overridden((*account, *own), args)
        done = run("juspay", name, *given, *args, data=data, KEY=sandbox.api_key, **env)
        for secret in (PAN, PAN[:6], CODE, sandbox.api_key):
            assert secret not in done.output
        return done

    yield command
    faults.play = None


def test_an_attempt_is_accepted_and_its_order_shows_it(
    command: Command, sandbox: Sandbox, tmp_path: Path
) -> None:
    (tmp_path / "attempt.json").write_text(ATTEMPT)
    done = command("attempt", "order-1", tmp_path / "attempt.json")
    assert (done.exit_code, done.stdout, done.stderr) == (0, "accepted\n", "")
    assert sandbox.received[-1].last_four == "1111"
    done = command("attempt", "--json", "order-1", data=ATTEMPT)
    assert json.loads(done.stdout) == {
        "outcome": "accepted",
        "order_id": "order-1",
        "fulfillment_id": "fulfillment-1",
        "known": {
            "order_id": "order-1",
            "fulfillment_id": "fulfillment-1",
            "references": [],
            "status": None,
            "is_open": False,
            "reads": 0,
            "is_decided": True,
        },
    }
    shown = json.loads(command("status", "--json", "order-1").stdout)
    assert (shown["outcome"], shown["order_id"]) == ("accepted", "order-1")
    (payout,) = shown["fulfillments"]
    assert payout["id"] == "fulfillment-1"
    references = [part["transaction_ref"] for part in payout["transactions"]]
    assert len(references) == len(set(references)) == 2
    page = command("status", "order-1").stdout
    assert page.startswith("order-1  ")
    assert all(reference in page for reference in references)


def test_nothing_of_an_answer_reaches_the_terminal_raw(
    capsys: pytest.CaptureFixture[str],
) -> None:
    nasty = "\x1b[2J\u202e\n"
    part = Transaction(status=TransactionState.PENDING, transaction_ref=nasty, updated_at=nasty)
    payout = Fulfillment(id=nasty, status=FulfillmentState.PENDING, transactions=(part,))
    order = Order(order_id="order-1", status=OrderState.CREATED, fulfillments=(payout,))
    for as_json in (False, True):
        orders.show(order, as_json=as_json)
        shown = capsys.readouterr().out
        assert shown.isascii()
        assert shown.replace("\n", "").isprintable()
        assert "[2J" in shown


def test_over_tls_other_trust_roots_are_named_by_a_variable(run: Run, tmp_path: Path) -> None:
    with Sandbox(tls=True) as sandbox:
        (tmp_path / "ca.pem").write_text(sandbox.ca_pem)
        account = ("--base-url", sandbox.url, "--merchant-id", sandbox.merchant_id)
        args = ("juspay", "status", *account, "--api-key-env", "KEY", "order-1")
        trusted = run(*args, KEY=sandbox.api_key, SSL_CERT_FILE=str(tmp_path / "ca.pem"))
        assert (trusted.exit_code, trusted.stdout) == (Exit.API, "refused\n")
        stranger = run(*args, KEY=sandbox.api_key)
        assert (stranger.exit_code, stranger.stdout) == (Exit.TRANSPORT, "not_sent\n")


@pytest.mark.parametrize("manner", ["carries", "refuses"])
def test_a_proxy_is_gone_through(manner: str, run: Run, tmp_path: Path) -> None:
    with (
        Sandbox(tls=True) as sandbox,
        ConnectProxy(manner, int(sandbox.url.rpartition(":")[2])) as proxy,
    ):
        (tmp_path / "ca.pem").write_text(sandbox.ca_pem)
        account = ("--base-url", sandbox.url, "--merchant-id", sandbox.merchant_id)
        args = ("juspay", "status", *account, "--api-key-env", "KEY", "--proxy", proxy.url)
        trust = {"SSL_CERT_FILE": str(tmp_path / "ca.pem")}
        done = run(*args, "order-1", KEY=sandbox.api_key, **trust)
    through = manner == "carries"
    assert done.exit_code == (Exit.API if through else Exit.TRANSPORT)
    assert len(proxy.connects) == 1


def test_the_older_path_of_an_attempt_is_taken(command: Command, sandbox: Sandbox) -> None:
    done = command("attempt", "--attempt-path", "short", "order-11", data=ATTEMPT)
    assert (done.exit_code, sandbox.attempts("order-11")) == (0, 1)


OUTCOMES: dict[str, tuple[Fault | None, str, str, Exit]] = {
    "a refusal of no documented form": (Fault.HTTP_400, "unknown", "transport", Exit.UNKNOWN),
    "no answer": (Fault.CUT_AFTER_REQUEST, "unknown", "transport", Exit.UNKNOWN),
    "an answer of none": (Fault.HTTP_503, "unknown", "transport", Exit.UNKNOWN),
    "what was sent comes back": (Fault.ECHO, "unknown", "transport", Exit.UNKNOWN),
}


@pytest.mark.parametrize("case", OUTCOMES)
def test_the_exit_code_is_the_outcome(case: str, command: Command, faults: Faults) -> None:
    fault, word, code, exit_code = OUTCOMES[case]
    faults.play = FaultPlan(fault=fault)
    done = command("attempt", "order-2", data=ATTEMPT)
    assert (done.exit_code, done.stdout) == (exit_code, f"{word}\n")
    assert done.stderr.startswith(f"joseal: {code}: ")
    assert done.stderr.count("\n") == 1
    shown = command("attempt", "--json", "order-2", data=ATTEMPT)
    assert (shown.exit_code, json.loads(shown.stdout)["outcome"]) == (exit_code, word)
    assert json.loads(shown.stderr)["error"]["code"] == code


def test_a_refusal_names_its_code_and_what_to_do(command: Command) -> None:
    done = command("attempt", "order-3", "--kid", "another", data=ATTEMPT)
    assert (done.exit_code, done.stdout) == (Exit.API, "refused\n")
    assert done.stderr.startswith("joseal: api: the API refused the request: E03 (HTTP 400): ")
    shown = json.loads(
        command("attempt", "order-3", "--json", "--kid", "another", data=ATTEMPT).stdout
    )
    assert (shown["error_code"], shown["status"]) == ("E03", 400)
    assert "check kid and sid" in shown["advice"]


def test_the_status_is_read_first_and_a_payout_that_has_not_failed_is_left_alone(
    command: Command, sandbox: Sandbox
) -> None:
    assert command("attempt", "order-9", data=ATTEMPT).exit_code == 0
    done = command("attempt", "order-9", data=ATTEMPT, reads=True)
    assert (done.exit_code, done.stdout) == (Exit.USAGE, "")
    assert "a transaction of this payout has not failed" in done.stderr
    done = command("attempt", "order-9", "--fresh", "--decided", data=ATTEMPT, reads=True)
    assert done.exit_code == Exit.USAGE
    assert sandbox.attempts("order-9") == 1


def test_while_the_status_can_not_be_read_nothing_is_sent(
    command: Command, sandbox: Sandbox
) -> None:
    done = command("attempt", "--json", "order-10", data=ATTEMPT, reads=True)
    told = json.loads(done.stdout)
    assert (done.exit_code, told["outcome"]) == (Exit.TRANSPORT, "not_sent")
    assert told["reason"] == "the order's status could not be read first: E09"
    assert sandbox.attempts("order-10") == 0


def test_what_was_there_before_is_printed(run: Run, tmp_path: Path) -> None:
    fails = TransactionPlan(settles="FAILURE")
    with Sandbox(transaction_plan=lambda *_: fails) as sandbox:
        (tmp_path / "bank.pem").write_text(sandbox.public_pem)
        args = (
            *("juspay", "attempt", "--base-url", sandbox.url, "--json"),
            *("--merchant-id", sandbox.merchant_id, "--api-key-env", "KEY"),
            *("--key", tmp_path / "bank.pem", "--alg", "RSA-OAEP"),
            *("--kid", sandbox.kid, "--sid", sandbox.sid, "--apart", "0", "order-1"),
        )
        run(*args, "--fresh", data=ATTEMPT, KEY=sandbox.api_key)
        done = run(*args, data=ATTEMPT, KEY=sandbox.api_key)
        assert done.exit_code == 0
        first = sandbox.transactions("order-1")[0]
        known = json.loads(done.stdout)["known"]
        assert (known["references"], known["status"], known["reads"]) == ([first.ref], "FAILURE", 2)


def test_where_nobody_listens_nothing_was_sent(command: Command) -> None:
    for name in ("attempt", "status"):
        done = command(name, "--base-url", "http://127.0.0.1:1", "order-4", data=ATTEMPT)
        assert (done.exit_code, done.stdout) == (Exit.TRANSPORT, "not_sent\n")
        assert "nothing was sent" in done.stderr


def test_an_interrupted_attempt_is_unknown(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*args: object, **more: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Client, "attempt", interrupt)
    done = command("attempt", "order-5", data=ATTEMPT)
    assert (done.exit_code, done.stdout) == (Exit.UNKNOWN, "unknown\n")
    assert "juspay reconcile" in done.stderr


def test_the_texts_of_a_refusal_are_shown_where_it_is_asked_for_and_masked(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    refusal = Refused(
        status=400, error_code="E01", error_message=f"bad \x1b[2J {PAN}", user_message="Sorry"
    )
    monkeypatch.setattr(Client, "attempt", lambda *_, **__: refusal)
    assert command("attempt", "order-13", data=ATTEMPT).stdout == "refused\n"
    shown = command("attempt", "--show-message", "order-13", data=ATTEMPT)
    assert shown.exit_code == Exit.API
    word, error, user = shown.stdout.splitlines()
    assert (word, user) == ("refused", "user_message: Sorry")
    assert error.startswith("error_message: bad \\x1b[2J ")
    told = json.loads(command("attempt", "--json", "--show-message", "x-13", data=ATTEMPT).stdout)
    assert told["user_message"] == "Sorry"
    assert "error_message" not in json.loads(
        command("attempt", "--json", "order-13", data=ATTEMPT).stdout
    )


def test_an_order_that_is_not_known_is_a_refusal(command: Command) -> None:
    done = command("status", "no-such-order")
    assert (done.exit_code, done.stdout) == (Exit.API, "refused\n")
    assert "E09" in done.stderr


def test_an_outcome_that_can_not_be_printed_still_decides_the_exit_code(
    sandbox: Sandbox, shell: Shell, tmp_path: Path
) -> None:
    (tmp_path / "bank.pem").write_text(sandbox.public_pem)
    with Path("/dev/full").open("wb") as full:
        done = shell(
            *("juspay", "attempt", "--base-url", sandbox.url, "--merchant-id", sandbox.merchant_id),
            *("--api-key-env", "KEY", "--key", tmp_path / "bank.pem", "--alg", "RSA-OAEP"),
            *("--kid", sandbox.kid, "--sid", sandbox.sid, "--fresh", "order-6"),
            data=ATTEMPT.encode(),
            stdout=full.fileno(),
            KEY=sandbox.api_key,
        )
    assert sandbox.received[-1].order_id == "order-6"
    assert done.returncode == 0
    assert done.stderr == b"joseal: file: can't write standard output: No space left on device\n"


def test_a_failure_that_can_not_be_told_still_decides_the_exit_code(
    sandbox: Sandbox, faults: Faults, shell: Shell, tmp_path: Path
) -> None:
    """The disk of a log is full: 1 would say that nothing was sent."""
    (tmp_path / "bank.pem").write_text(sandbox.public_pem)
    faults.play = FaultPlan(fault=Fault.CUT_AFTER_REQUEST)
    done = shell(
        *("juspay", "attempt", "--base-url", sandbox.url, "--merchant-id", sandbox.merchant_id),
        *("--api-key-env", "KEY", "--key", tmp_path / "bank.pem", "--alg", "RSA-OAEP"),
        *("--kid", sandbox.kid, "--sid", sandbox.sid, "--fresh", "order-9"),
        data=ATTEMPT.encode(),
        prelude="exec >/dev/full 2>&1",
        KEY=sandbox.api_key,
    )
    faults.play = None
    assert sandbox.received[-1].order_id == "order-9"
    assert done.returncode == Exit.UNKNOWN


REFUSED: dict[str, tuple[tuple[str, ...], str, Exit]] = {
    "no JSON": (("attempt", "order-7"), "{", Exit.TOKEN),
    "a card without a number": (
        ("attempt", "order-7"),
        '{"fulfillmentId": "x", "cardInfo": {"cardNumber": "551365111111111x"}}',
        Exit.TOKEN,
    ),
    "a member too many": (
        ("attempt", "order-7"),
        ATTEMPT.replace('{"f', '{"x": 1, "f'),
        Exit.TOKEN,
    ),
    "a short order id": (("attempt", "x"), ATTEMPT, Exit.USAGE),
    "another short one": (("status", "x"), "", Exit.USAGE),
    "no order id": (("attempt",), ATTEMPT, Exit.USAGE),
    "plain http": (("status", "--base-url", "http://example.com", "order-7"), "", Exit.USAGE),
    "a path": (("status", "--base-url", "https://example.com/x", "order-7"), "", Exit.USAGE),
    "two places for the API key": (("status", "--api-key-file", "x", "order-7"), "", Exit.USAGE),
    "an unset variable": (("status", "--api-key-env", "UNSET_KEY", "order-7"), "", Exit.USAGE),
    "an API key that is none": (("status", "--api-key-env", "BAD_KEY", "order-7"), "", Exit.USAGE),
    "a proxy to this machine": (("status", "--proxy", "http://p:1", "order-7"), "", Exit.USAGE),
    "a proxy that is none": (
        ("status", "--base-url", "https://localhost:1", "--proxy", "p:1", "order-7"),
        "",
        Exit.USAGE,
    ),
    "a path of none": (("attempt", "--attempt-path", "x", "order-7"), ATTEMPT, Exit.USAGE),
    "no wait": (("status", "--timeout", "0", "order-7"), "", Exit.USAGE),
    "no file": (("attempt", "order-7", "/nowhere/at/all"), "", Exit.FILE),
    "no key file": (("attempt", "--key", "/nowhere/at/all", "order-7"), ATTEMPT, Exit.FILE),
    "a label that is none": (("attempt", "--kid", "\u00e9", "order-7"), ATTEMPT, Exit.USAGE),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_can_not_be_sent_is_one_line_and_is_not_sent(
    case: str, command: Command, sandbox: Sandbox
) -> None:
    args, data, code = REFUSED[case]
    done = command(*args, data=data, BAD_KEY="canary:\u00e9")
    assert (done.exit_code, done.stdout, done.stderr.count("\n")) == (code, "", 1)
    assert "canary" not in done.stderr
    assert sandbox.attempts("order-7") == 0


def test_without_a_place_for_the_api_key_nothing_is_asked(run: Run) -> None:
    account = ("--base-url", "http://127.0.0.1:1", "--merchant-id", "m")
    done = run("juspay", "status", *account, "order-8")
    assert (done.exit_code, done.stdout) == (Exit.USAGE, "")
    assert "--api-key-env" in done.stderr
