"""`joseal demo`: it tells what happened, and nothing else, and fails if it happened otherwise."""

import json
import re
import subprocess
from collections.abc import Callable

import pytest
from click.testing import CliRunner, Result

from joseal.cli import demo
from joseal.cli.exit_codes import Exit
from joseal.cli.program import program
from joseal.juspay.sandbox import Record

Run = Callable[..., Result]
Shell = Callable[..., subprocess.CompletedProcess[bytes]]


@pytest.fixture(scope="module")
def page() -> str:
    done = CliRunner().invoke(program, ["demo"])
    assert (done.exit_code, done.stderr) == (0, "")
    return done.stdout


def test_it_shows_every_step_in_order(page: str) -> None:
    steps = [
        "1  A stand-in for the payouts server",
        "address  http://127.0.0.1:",
        "2  A payout to a card number",
        "<ends in 1111>",
        'alg  "RSA-OAEP"',
        'enc  "A256CBC-HS512"',
        "encrypted key            342    256",
        "iv                        22     16",
        "tag                       43     32",
        "The envelope, posted to /payout/merchant/v1/orders/demo-order-1/attempt",
        "kid      JuspayKID",
        "format   compact",
        "The answer: ACK",
        "opened it: a card ending in 1111",
        "3  A payout to a card token",
        "The answer: ACK",
        "opened it: a token ending in 1111",
        "4  One character of the token is changed",
        "The answer: E03, HTTP 400",
        "undecryptable",
        "5  A payout is encrypted with a wrong key",
        "The answer: E03, HTTP 400",
        "undecryptable",
        "Two were acknowledged and two refused, as they should be.",
    ]
    rest = page
    for step in steps:
        before, found, rest = rest.partition(step)
        assert found, f"{step!r} is missing after {before[-200:]!r}"


def test_json_tells_what_arrived_and_nothing_else() -> None:
    done = CliRunner().invoke(program, ["demo", "--json"])
    assert (done.exit_code, done.stderr, done.stdout.count("\n")) == (0, "", 1)
    received = json.loads(done.stdout)["received"]
    assert [one["status"] for one in received] == ["ACK", "ACK", "E03", "E03"]
    assert received[0]["last_four"] == "1111"


def test_it_reads_well_in_a_file_of_eighty_columns(page: str) -> None:
    lines = page.splitlines()
    assert page.isascii()
    assert max(len(line) for line in lines) <= 80
    assert [line for line in lines if line != line.rstrip()] == []
    assert "\x1b" not in page


def test_it_shows_no_more_of_a_card_than_four_digits(page: str) -> None:
    assert re.findall(r"\d{5,}", re.sub(r"127\.0\.0\.1:\d+|c14b\w+", "", page)) == []
    for secret in ("5513", "123", "02", "2028"):
        assert not re.search(rf"(?<![\w.:]){secret}(?![\w.])", page), secret


def test_a_terminal_without_unicode_gets_the_whole_page(shell: Shell) -> None:
    done = shell("demo", PYTHONIOENCODING="ascii:strict", LC_ALL="C")
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.endswith(b"as they should be.\n")


def test_it_fails_if_a_bad_token_is_accepted(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo, "_damage", lambda envelope: envelope)
    done = run("demo")
    assert (done.exit_code, done.stderr) == (Exit.DEMO, "joseal: demo: a bad token was accepted\n")
    assert "as they should be" not in done.stdout


def test_it_fails_if_the_server_received_something_else(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(demo, "_EXPECTED", (*demo._EXPECTED[:3], Record("demo-order-4", "E01")))
    done = run("demo")
    assert done.exit_code == Exit.DEMO
    assert done.stderr == "joseal: demo: the server did not receive what was sent\n"
    assert "as they should be" not in done.stdout


def test_it_fails_if_a_good_payout_is_refused(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo._Wire, "carry", lambda wire, body: b"{}")
    done = run("demo")
    assert done.exit_code == Exit.API
    assert done.stderr == "joseal: api: the API refused the request: E01 (HTTP 400)\n"
