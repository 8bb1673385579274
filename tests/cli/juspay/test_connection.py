"""How `joseal juspay` reaches the API: other trust roots, an own certificate, a proxy with a password."""

import json
import ssl
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import trustme
from click.testing import Result
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.serialization import pkcs12
from tests.faults.connect_proxy import CREDENTIALS, ConnectProxy

from joseal import Key
from joseal._http.origin import Timeouts
from joseal.cli.exit_codes import Exit
from joseal.juspay.preconditions import check_numbers
from joseal.juspay.sandbox import Sandbox

At = Callable[..., Result]
NAME, SECRET = CREDENTIALS


@pytest.fixture(scope="module")
def key() -> Key:
    return Key.generate("RSA-OAEP")


@pytest.fixture(scope="module")
def secure(key: Key) -> Iterator[Sandbox]:
    with Sandbox(key=key, tls=True) as sandbox:
        yield sandbox


def test_authorities_are_named_by_a_file(at: At, secure: Sandbox, tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text(secure.ca_pem)
    done = at(secure, "status", "--ca-file", tmp_path / "ca.pem", "order-1")
    assert (done.exit_code, done.stdout) == (Exit.API, "refused\n")
    (tmp_path / "none.pem").write_text("no certificate")
    done = at(secure, "status", "--ca-file", tmp_path / "none.pem", "order-1")
    assert (done.exit_code, done.stdout) == (Exit.KEY, "")
    assert at(secure, "status", "--ca-file", "/nowhere", "order-1").exit_code == Exit.FILE


def pkcs12_of(ca: trustme.CA, password: str) -> bytes:
    made = ca.issue_cert("merchant.example")
    key = serialization.load_pem_private_key(made.private_key_pem.bytes(), None)
    certificate = x509.load_pem_x509_certificate(made.cert_chain_pems[0].bytes())
    encryption = serialization.BestAvailableEncryption(password.encode())
    return pkcs12.serialize_key_and_certificates(b"mine", key, certificate, None, encryption)


def test_a_server_that_asks_for_a_certificate_is_shown_one(
    at: At, key: Key, tmp_path: Path
) -> None:
    ca = trustme.CA()
    wanting = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ca.issue_cert("localhost").configure_cert(wanting)
    wanting.verify_mode = ssl.CERT_REQUIRED
    ca.configure_trust(wanting)
    ca.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    (tmp_path / "mine.p12").write_bytes(pkcs12_of(ca, "p12-secret"))
    (tmp_path / "password").write_text("p12-secret\n")
    (tmp_path / "wrong").write_text("another\n")
    mine = ("--client-certificate", tmp_path / "mine.p12", "--certificate-password-file")
    with Sandbox(key=key, tls=wanting) as sandbox:
        trust = ("--ca-file", tmp_path / "ca.pem")
        done = at(sandbox, "status", *trust, *mine, tmp_path / "password", "order-1")
        assert (done.exit_code, done.stdout) == (Exit.API, "refused\n")
        without = at(sandbox, "status", *trust, "order-1")
        assert without.exit_code in (Exit.TRANSPORT, Exit.UNKNOWN)
        wrong = at(sandbox, "status", *trust, *mine, tmp_path / "wrong", "order-1")
        assert (wrong.exit_code, wrong.stdout) == (Exit.KEY, "")
        assert "another" not in wrong.stderr


@pytest.mark.parametrize("password", [SECRET, "another"])
def test_a_proxy_is_told_a_name_and_a_password(
    password: str, at: At, secure: Sandbox, tmp_path: Path
) -> None:
    (tmp_path / "password").write_text(f"{password}\n")
    (tmp_path / "ca.pem").write_text(secure.ca_pem)
    port = int(secure.url.rpartition(":")[2])
    with ConnectProxy("carries", port, wants_credentials=True) as proxy:
        way = ("--ca-file", tmp_path / "ca.pem", "--proxy", proxy.url)
        who = ("--proxy-user", NAME, "--proxy-password-file", tmp_path / "password")
        done = at(secure, "status", *way, *who, "--json", "order-1")
    right = password == SECRET
    assert json.loads(done.stdout)["outcome"] == ("refused" if right else "not_sent")
    assert (proxy.carried > 0) is right
    assert password not in done.output


@pytest.mark.parametrize(
    "args",
    [
        ("--proxy", "http://localhost:1", "--proxy-user", "me"),
        ("--proxy", "http://localhost:1", "--proxy-password-env", "X"),
        ("--proxy-user", "me", "--proxy-password-env", "API_KEY"),
        ("--certificate-password-env", "API_KEY"),
        ("--proxy", "http://localhost"),
    ],
)
def test_what_goes_together_is_given_together(
    args: tuple[str, ...], at: At, secure: Sandbox
) -> None:
    done = at(secure, "status", *args, "order-1")
    assert (done.exit_code, done.stdout, done.stderr.count("\n")) == (Exit.USAGE, "", 1)


@pytest.mark.parametrize("option", ["--timeout", "--apart"])
def test_seconds_that_are_not_a_number_are_refused(option: str, run: Callable[..., Result]) -> None:
    done = run("juspay", "reconcile", option, "nan", "known.json")
    assert (done.exit_code, done.stdout) == (Exit.USAGE, "")
    assert f"Invalid value for '{option}': 'nan' is not a number of seconds." in done.stderr


@pytest.mark.parametrize("seconds", [1, 60, 61, 3600])
def test_the_whole_call_leaves_room_for_the_answer_that_is_waited_for(
    seconds: int, at: At, key: Key, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[Timeouts] = []

    def check(connections: int, timeouts: Timeouts, *pauses: float) -> None:
        made.append(timeouts)
        check_numbers(connections, timeouts, *pauses)

    monkeypatch.setattr("joseal.juspay.client.check_numbers", check)
    with Sandbox(key=key) as sandbox:
        at(sandbox, "status", "--timeout", seconds, "order-1")
    (timeouts,) = made
    assert timeouts.answer == seconds
    assert timeouts.deadline == max(120, seconds + 60)
