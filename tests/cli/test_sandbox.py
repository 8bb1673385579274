"""`joseal sandbox`: what it prints is enough to send it a payout, and it leaves nothing behind."""

import json
import os
import signal
import socket
import ssl
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from click.testing import Result
from tests.helpers import ports

from joseal import ApiError, Key
from joseal.cli.exit_codes import Exit
from joseal.juspay import Account, Attempt, CardInfo, Client, Known, payout_encrypter

Run = Callable[..., Result]

ATTEMPT = Attempt(
    fulfillment_id="fulfillment-1", card_info=CardInfo(card_number="5513651111111111")
)
FIRST = "A stand-in for the payouts server is running. Ctrl-C stops it.\n"
NAMES = ["url", "merchant id", "API key", "kid", "sid", "alg", "public key"]


# Whoever runs the tests in the background may have had SIGINT ignored, which children inherit.
PROGRAM = """
import runpy, signal
signal.signal(signal.SIGINT, signal.default_int_handler)
runpy.run_module("joseal", run_name="__main__", alter_sys=True)
"""


class Running:
    """The command in a process of its own, and what its first lines said."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.out = process.stdout
        assert self.out.readline() == FIRST
        lines = [self.out.readline().strip() for _ in NAMES]
        self.told = {
            name: line.removeprefix(name).strip() for name, line in zip(NAMES, lines, strict=True)
        }

    def client(self, ssl_context: ssl.SSLContext | None = None, **changed: str) -> Client:
        told = {**self.told, **changed}
        account = Account(
            merchant_id=told["merchant id"],
            api_key=told["API key"],
            kid=told["kid"],
            sid=told["sid"],
            base_url=told["url"],
        )
        bank = Key.from_pem(Path(told["public key"]).read_text(), alg=told["alg"])
        return Client(account, payout_encrypter(bank), ssl_context=ssl_context)


@contextmanager
def started(*args: object, **env: str) -> Iterator[Running]:
    command = [sys.executable, "-W", "error", "-c", PROGRAM, "sandbox", *map(str, args)]
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "COLUMNS": "200", **env},
    ) as process:
        try:
            yield Running(process)
        finally:
            process.kill()


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_what_it_prints_is_enough_for_a_client(stop: signal.Signals, tmp_path: Path) -> None:
    with started(TMPDIR=str(tmp_path)) as running:
        assert list(running.told) == NAMES
        with running.client() as client:
            client.attempt(
                "order-1", ATTEMPT, known=Known.decided("order-1", ATTEMPT.fulfillment_id)
            )
            assert running.out.readline() == "ACK  order-1  fulfillment-1  card ending 1111\n"
        with running.client(kid="other") as client, pytest.raises(ApiError):
            client.attempt(
                "order-2", ATTEMPT, known=Known.decided("order-2", ATTEMPT.fulfillment_id)
            ).result()
        assert running.out.readline() == "E03  order-2\n"
        running.process.send_signal(stop)
        rest, errors = running.process.communicate(timeout=120)
    assert (running.process.returncode, rest, errors) == (0, "", "")
    assert list(tmp_path.iterdir()) == []


def test_what_is_named_is_used(folder: Path, tmp_path: Path) -> None:
    target = tmp_path / "public.pem"
    port = ports.unused()
    named = (
        "--port",
        port,
        "--public-key",
        target,
        "--kid",
        "k",
        "--sid",
        "s",
        "--merchant-id",
        "m",
    )
    password = (folder / "password").read_text("utf-8").strip()
    key = ("--key", folder / "encrypted.pem", "--alg", "RSA-OAEP-256", "--password-env", "PW")
    with started(*named, *key, PW=password) as running:
        assert list(running.told.values()) == [
            *(f"http://127.0.0.1:{port}", "m", running.told["API key"], "k", "s", "RSA-OAEP-256"),
            str(target),
        ]
        with running.client() as client:
            client.attempt(
                "order-1", ATTEMPT, known=Known.decided("order-1", ATTEMPT.fulfillment_id)
            )
        running.process.send_signal(signal.SIGINT)
        rest, errors = running.process.communicate(timeout=120)
    assert errors == ""
    assert target.read_text() == (folder / "public.pem").read_text()
    assert password not in rest


def test_over_tls_it_says_whom_to_trust(tmp_path: Path) -> None:
    ca = tmp_path / "ca.pem"
    with started("--tls", "--ca", ca) as running:
        assert running.out.readline() == f"authority    {ca}\n"
        assert running.told["url"].startswith("https://localhost:")
        context = ssl.create_default_context(cafile=ca)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        with running.client(ssl_context=context) as client:
            assert (
                client.attempt(
                    "order-1", ATTEMPT, known=Known.decided("order-1", ATTEMPT.fulfillment_id)
                ).kind
                == "accepted"
            )
        assert running.out.readline() == "ACK  order-1  fulfillment-1  card ending 1111\n"
        running.process.send_signal(signal.SIGINT)
        rest, errors = running.process.communicate(timeout=120)
    assert (running.process.returncode, rest, errors) == (0, "", "")


def test_what_is_to_go_wrong_does_so_at_each_nth_attempt() -> None:
    faults = ("--fault", "http-503", "--fault", "cut-after-request", "--every", "2")
    with started(*faults, "--hidden-reads", "1") as running, running.client() as client:
        kinds = [
            client.attempt(
                "order-1", ATTEMPT, known=Known.decided("order-1", ATTEMPT.fulfillment_id)
            ).kind
            for _ in range(5)
        ]
        assert kinds == ["accepted", "unknown", "accepted", "unknown", "accepted"]
        shown = [client.order_status("order-1").result().known("fulfillment-1") for _ in range(2)]
        assert [len(known.references) for known in shown] == [0, 5]
        lines = [running.out.readline() for _ in range(5)]
        assert lines == ["ACK  order-1  fulfillment-1  card ending 1111\n"] * 5


def test_webhooks_are_posted_where_it_was_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as receiver:
        receiver.settimeout(120)
        url = f"http://127.0.0.1:{receiver.getsockname()[1]}/hook"
        with started("--webhook", url) as running, running.client() as client:
            client.attempt(
                "order-1", ATTEMPT, known=Known.decided("order-1", ATTEMPT.fulfillment_id)
            )
            connection, _ = receiver.accept()
            with connection:
                assert connection.recv(65536).startswith(b"POST /hook HTTP/1.1\r\n")


@pytest.mark.parametrize(
    ("flags", "sid", "stringified"),
    [((), "JuspaySID", False), (("--no-sid", "--stringified"), None, True)],
)
def test_json_lines_are_enough_for_a_client(
    flags: tuple[str, ...], sid: str | None, stringified: bool
) -> None:
    """Under its other name, so that both lead here."""
    command = [sys.executable, "-W", "error", "-c", PROGRAM, "juspay", "sandbox", "--json", *flags]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            told = json.loads(process.stdout.readline())
            assert list(told) == [*(name.replace(" ", "_").lower() for name in NAMES), "authority"]
            account = {name: told[name] for name in ("merchant_id", "api_key", "kid", "sid")}
            assert account["sid"] == sid
            bank = Key.from_pem(Path(told["public_key"]).read_text(), alg=told["alg"])
            account = Account(base_url=told["url"], **account)
            encrypter = payout_encrypter(bank)
            with Client(account, encrypter, stringified=stringified) as client:
                client.attempt(
                    "order-1", ATTEMPT, known=Known.decided("order-1", ATTEMPT.fulfillment_id)
                )
            assert json.loads(process.stdout.readline()) == {
                "order_id": "order-1",
                "status": "ACK",
                "fulfillment_id": "fulfillment-1",
                "kind": "card",
                "last_four": "1111",
            }
        finally:
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=120)


def test_hybrid_key_is_written_as_a_jwk_and_payouts_go_to_it(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with started("--alg", "HPKE-9", TMPDIR=str(tmp_path)) as running:
        place = Path(running.told["public key"])
        assert place.name == "public.jwk"
        assert running.told["alg"] == json.loads(place.read_text())["alg"] == "HPKE-9"
        body = tmp_path / "attempt.json"
        body.write_bytes(ATTEMPT.to_json())
        words = (
            *("--base-url", running.told["url"], "--merchant-id", running.told["merchant id"]),
            *("--kid", running.told["kid"], "--sid", running.told["sid"], "--key", place),
            *("--api-key-env", "API_KEY", "--apart", "0", "--decided"),
        )
        wrong = ("--enc", "A256CBC-HS512")
        for more, code in (((), 0), (wrong, Exit.USAGE)):
            done = run(
                *("juspay", "attempt", *words, *more, "order-1", body),
                API_KEY=running.told["API key"],
            )
            assert done.exit_code == code, done.output
        assert running.out.readline() == "ACK  order-1  fulfillment-1  card ending 1111\n"


def test_a_label_that_is_named_and_left_out_is_wrong_usage(run: Run) -> None:
    done = run("sandbox", "--sid", "s", "--no-sid")
    assert (done.exit_code, "--sid and --no-sid exclude each other" in done.stderr) == (2, True)


def test_each_run_has_its_own_keys(tmp_path: Path) -> None:
    with started() as one, started() as other:
        for name in ("url", "API key", "public key"):
            assert one.told[name] != other.told[name]
        pems = {Path(running.told["public key"]).read_text() for running in (one, other)}
        for running in (one, other):
            running.process.send_signal(signal.SIGINT)
            running.process.communicate(timeout=120)
    assert len(pems) == 2


def test_a_taken_port_is_one_line(run: Run, tmp_path: Path) -> None:
    before = signal.getsignal(signal.SIGTERM)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        done = run("sandbox", "--port", taken.getsockname()[1], TMPDIR=str(tmp_path))
    assert (done.exit_code, done.stdout) == (Exit.FILE, "")
    assert done.stderr == "joseal: file: can't listen on the port: Address already in use\n"
    assert signal.getsignal(signal.SIGTERM) is before


@pytest.mark.parametrize(
    ("args", "code"),
    [
        (("--port", "70000"), Exit.USAGE),
        (("--key", "public.pem", "--alg", "RSA-OAEP"), Exit.KEY),
        (("--key", "encrypted.pem", "--alg", "RSA-OAEP"), Exit.KEY),
        (("--key", "private.pem"), Exit.USAGE),
        (("--key", "wrap.jwk"), Exit.KEY),
        (("--alg", "A256KW"), Exit.USAGE),
        (("--kid", "\u00e9"), Exit.USAGE),
        (("--merchant-id", ""), Exit.USAGE),
        (("--ask-password",), Exit.USAGE),
        (("--ca", "ca.pem"), Exit.USAGE),
        (("--fault", "unheard-of"), Exit.USAGE),
        (("--every", "0"), Exit.USAGE),
        (("--webhook", "https://example.com/"), Exit.USAGE),
        (("--public-key", "/nowhere/at/all"), Exit.FILE),
    ],
)
def test_what_cannot_run_is_one_line(
    args: tuple[str, ...], code: Exit, folder: Path, run: Run
) -> None:
    done = run("sandbox", *(str(folder / arg) if "." in arg else arg for arg in args))
    assert (done.exit_code, done.stdout, done.stderr.count("\n")) == (code, "", 1)


@pytest.mark.parametrize("alg", ["dir", "A256KW", "PBES2-HS256+A128KW", "RSA1_5"])
def test_an_alg_without_a_public_half_is_wrong_usage(run: Run, alg: str) -> None:
    done = run("sandbox", "--alg", alg)
    assert (done.exit_code, done.stdout) == (Exit.USAGE, "")
    said = f"{alg} is an alg that this command does not take. '{alg}' is not one of 'RSA-OAEP'"
    assert done.stderr.startswith(f"joseal: usage: Invalid value for '--alg': {said}")
