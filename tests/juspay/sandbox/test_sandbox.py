"""The sandbox over real HTTP: what it accepts, every code that it answers, and what it leaves behind."""

import base64
import functools
import gc
import json
import logging
import re
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from typing import NamedTuple

import pytest
import urllib3
from tests.helpers import ports
from tests.helpers.rows import each_row

from joseal import Encrypter, InvalidKeyError, Key
from joseal.juspay import (
    Accepted,
    Account,
    Ack,
    Attempt,
    AttemptPath,
    CardInfo,
    Client,
    Envelope,
    Expiry,
    Known,
    encrypt_body,
    payout_encrypter,
)
from joseal.juspay.sandbox import Record, Sandbox
from joseal.juspay.sandbox.server import BODY_BYTES
from joseal.profiles import PAYOUTS_POST_QUANTUM

pytest_plugins = ["joseal.juspay.pytest_plugin"]

PAN = "5513651111111111"
NETWORK_TOKEN = "4895370012341234"
CVV = "909"
FULFILLMENT = "c14b43505a545b3a65c416634009a2-f1"
BY_NUMBER = Attempt(
    fulfillment_id=FULFILLMENT,
    card_info=CardInfo(
        card_number=PAN, card_security_code=CVV, card_expiry=Expiry(month="02", year="2028")
    ),
)
BY_TOKEN = Attempt(fulfillment_id=FULFILLMENT, card_info=CardInfo(card_token=NETWORK_TOKEN))
ORDER = "order-1"


@pytest.fixture(scope="module")
def keys() -> Callable[[str], Key]:
    """Key pairs, made once for each alg."""
    return functools.cache(Key.generate)


@pytest.fixture(scope="module")
def shared(keys: Callable[[str], Key]) -> Iterator[Sandbox]:
    """One sandbox for the tests that only look at answers."""
    with Sandbox(key=keys("RSA-OAEP")) as sandbox:
        yield sandbox


class Sent(NamedTuple):
    """One request as raw as it goes out."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


class Came(NamedTuple):
    status: int
    body: bytes

    @property
    def error(self) -> dict[str, object]:
        return json.loads(self.body)


def sealed(sandbox: Sandbox, plaintext: bytes, *, enc: str = "A256CBC-HS512") -> str:
    return Encrypter(sandbox.public_key, enc=enc).encrypt(plaintext)


def enveloped(sandbox: Sandbox, payload: str, **members: str) -> bytes:
    return Envelope(
        **{"payload": payload, "kid": sandbox.kid, "sid": sandbox.sid, "format": "compact"}
        | members
    ).to_json()


def basic(user: str, password: str = "") -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def good(sandbox: Sandbox) -> Sent:
    return Sent(
        "POST",
        AttemptPath.ORDERS.value.format(ORDER),
        {
            "Authorization": basic(sandbox.api_key),
            "Content-Type": "application/json",
            "x-merchantid": sandbox.merchant_id,
        },
        enveloped(sandbox, sealed(sandbox, BY_NUMBER.to_json())),
    )


def send(sandbox: Sandbox, request: Sent) -> Came:
    with urllib3.connection_from_url(sandbox.url, timeout=10) as pool:
        answer = pool.urlopen(
            request.method, request.path, request.body, request.headers, retries=False
        )
        return Came(answer.status, answer.data)


Change = Callable[[Sandbox, Sent], Sent]


def with_header(name: str, value: Callable[[Sandbox], str] | str) -> Change:
    def change(sandbox: Sandbox, sent: Sent) -> Sent:
        text = value if isinstance(value, str) else value(sandbox)
        return sent._replace(headers={**sent.headers, name: text})

    return change


def without_header(name: str) -> Change:
    def change(sandbox: Sandbox, sent: Sent) -> Sent:
        return sent._replace(
            headers={key: text for key, text in sent.headers.items() if key != name}
        )

    return change


def with_body(body: bytes) -> Change:
    return lambda sandbox, sent: sent._replace(body=body)


def with_envelope(**members: str) -> Change:
    def change(sandbox: Sandbox, sent: Sent) -> Sent:
        return sent._replace(body=json.dumps({**json.loads(sent.body), **members}).encode())

    return change


def without_member(name: str) -> Change:
    def change(sandbox: Sandbox, sent: Sent) -> Sent:
        members = json.loads(sent.body)
        del members[name]
        return sent._replace(body=json.dumps(members).encode())

    return change


def with_path(path: str, method: str = "POST") -> Change:
    return lambda sandbox, sent: sent._replace(path=path, method=method)


def with_plaintext(plaintext: bytes, *, enc: str = "A256CBC-HS512") -> Change:
    return lambda sandbox, sent: sent._replace(
        body=enveloped(sandbox, sealed(sandbox, plaintext, enc=enc))
    )


def with_card(**members: object) -> Change:
    card = {"cardToken": NETWORK_TOKEN, **members}
    return with_plaintext(json.dumps({"fulfillmentId": FULFILLMENT, "cardInfo": card}).encode())


def tampered(sandbox: Sandbox, sent: Sent) -> Sent:
    envelope = Envelope.from_json(sent.body)
    head, tail = envelope.payload[:-60], envelope.payload[-60:]
    swapped = tail.replace(tail[0], "B" if tail[0] == "A" else "A", 1)
    return sent._replace(body=enveloped(sandbox, head + swapped))


def sealed_to(alg: str) -> Change:
    def change(sandbox: Sandbox, sent: Sent) -> Sent:
        bank = payout_encrypter(Key.from_pem(sandbox.public_pem, alg=alg))
        return sent._replace(
            body=encrypt_body(bank, BY_NUMBER, kid=sandbox.kid, sid=sandbox.sid).to_json()
        )

    return change


def sealed_to_a_stranger(sandbox: Sandbox, sent: Sent) -> Sent:
    bank = payout_encrypter(Key.generate("RSA-OAEP").public())
    return sent._replace(
        body=encrypt_body(bank, BY_NUMBER, kid=sandbox.kid, sid=sandbox.sid).to_json()
    )


# What is changed in a good request, and what is answered: status, code, and a part of the message.
REFUSALS: dict[str, tuple[Change, int, str, str]] = {
    "no API key": (without_header("Authorization"), 401, "E04", "missing"),
    "another API key": (with_header("Authorization", basic("other")), 401, "E02", "API key"),
    "API key with a password": (
        with_header("Authorization", lambda sandbox: basic(sandbox.api_key, "x")),
        401,
        "E02",
        "API key",
    ),
    "API key without a colon": (
        with_header(
            "Authorization",
            lambda sandbox: "Basic " + base64.b64encode(sandbox.api_key.encode()).decode(),
        ),
        401,
        "E02",
        "API key",
    ),
    "another scheme": (
        with_header(
            "Authorization", lambda sandbox: basic(sandbox.api_key).replace("Basic", "Bearer")
        ),
        401,
        "E02",
        "API key",
    ),
    "empty authorization": (with_header("Authorization", ""), 401, "E02", "API key"),
    "authorization in Latin-1": (with_header("Authorization", "Basic \xe9"), 401, "E02", "API key"),
    "no merchant": (without_header("x-merchantid"), 400, "E05", "x-merchantid"),
    "another merchant": (with_header("x-merchantid", "other"), 403, "E08", "x-merchantid"),
    "no content type": (without_header("Content-Type"), 400, "E05", "content type"),
    "another content type": (with_header("Content-Type", "text/plain"), 400, "E05", "content type"),
    "order id too short": (
        with_path("/payout/merchant/v1/orders/abc/attempt"),
        400,
        "E05",
        "order id",
    ),
    "order id with a line end": (
        with_path("/payout/merchant/v1/order-1%0A/attempt"),
        400,
        "E05",
        "order id",
    ),
    "unknown path": (with_path("/payout/merchant/v2/orders"), 404, "E09", "path"),
    "root": (with_path("/"), 404, "E09", "path"),
    "a slash too many": (with_path("/payout/merchant/v1/order-1/attempt/"), 404, "E09", "path"),
    "another method": (
        with_path("/payout/merchant/v1/orders/order-1/attempt", "GET"),
        400,
        "E05",
        "method",
    ),
    "body over the cap": (with_body(b" " * (BODY_BYTES + 1)), 400, "E05", "too large"),
    "body far over the cap": (with_body(b" " * 4_000_000), 400, "E05", "too large"),
    "empty body": (with_body(b""), 400, "E01", "envelope"),
    "body is no JSON": (with_body(b"payload=x"), 400, "E01", "envelope"),
    "body is no object": (with_body(b'["payload"]'), 400, "E01", "envelope"),
    "body is not UTF-8": (with_body(b'{"payload":"\xff"}'), 400, "E01", "envelope"),
    "a member twice": (with_body(b'{"kid":"a","kid":"b"}'), 400, "E01", "envelope"),
    "envelope without payload": (without_member("payload"), 400, "E01", "payload"),
    "envelope without kid": (without_member("kid"), 400, "E01", "kid"),
    "envelope with another format": (with_envelope(format="json"), 400, "E01", "format"),
    "envelope with a foreign member": (with_envelope(extra="1"), 400, "E01", "envelope"),
    "another kid": (with_envelope(kid="other"), 400, "E03", "kid or sid"),
    "another sid": (with_envelope(sid="other"), 400, "E03", "kid or sid"),
    "no sid": (without_member("sid"), 400, "E03", "kid or sid"),
    "payload is no token": (with_envelope(payload="a.b"), 400, "E03", "malformed"),
    "payload is tampered": (tampered, 400, "E03", "undecryptable"),
    "payload for another key": (sealed_to_a_stranger, 400, "E03", "undecryptable"),
    "payload with another alg": (sealed_to("RSA-OAEP-256"), 400, "E03", "not_allowed"),
    "payload with another enc": (
        with_plaintext(BY_NUMBER.to_json(), enc="A256GCM"),
        400,
        "E03",
        "not_allowed",
    ),
    "plaintext is empty": (with_plaintext(b""), 400, "E01", "body"),
    "plaintext is a JSON string": (
        with_plaintext(json.dumps(BY_NUMBER.to_json().decode()).encode()),
        400,
        "E01",
        "body",
    ),
    "no fulfillment": (
        with_plaintext(b'{"cardInfo":{"cardToken":"4895370012341234"}}'),
        400,
        "E01",
        "fulfillmentId",
    ),
    "number and token": (with_card(cardNumber=PAN), 400, "E01", "cardInfo"),
    "month of one digit": (
        with_card(cardExpiry={"month": "2", "year": "2028"}),
        400,
        "E01",
        "cardInfo.cardExpiry",
    ),
    "code of two digits": (with_card(cardSecurityCode="12"), 400, "E01", "cardSecurityCode"),
}


@each_row("case", REFUSALS)
def test_every_fault_gets_its_documented_answer(case: str, shared: Sandbox) -> None:
    change, status, code, part = REFUSALS[case]
    came = send(shared, change(shared, good(shared)))
    assert (came.status, came.error["errorCode"]) == (status, code)
    assert came.error.keys() == {"error", "errorCode", "errorMessage", "userMessage"}
    assert came.error["error"] is True
    assert part in str(came.error["errorMessage"])


def test_the_unchanged_request_is_acknowledged(juspay_sandbox: Sandbox) -> None:
    assert send(juspay_sandbox, good(juspay_sandbox)) == Came(200, b"ACK")


@pytest.mark.parametrize(
    "change",
    [
        with_header("Content-Type", "Application/JSON; charset=utf-8"),
        with_header("x-routing-id", "customer_1122"),
        with_header("Authorization", lambda sandbox: basic(sandbox.api_key).replace("B", "b", 1)),
        with_path("/payout/merchant/v1/order-1/attempt"),
    ],
    ids=["content type in capitals", "routing id", "scheme in small letters", "older path"],
)
def test_what_does_not_matter_is_accepted(change: Change, shared: Sandbox) -> None:
    assert send(shared, change(shared, good(shared))) == Came(200, b"ACK")


def test_a_repeated_authorization_is_refused(juspay_sandbox: Sandbox) -> None:
    sent = good(juspay_sandbox)
    headers = urllib3.HTTPHeaderDict(sent.headers)
    headers.add("Authorization", sent.headers["Authorization"])
    came = send(juspay_sandbox, sent._replace(headers=headers))
    assert came.error["errorCode"] == "E02"


@pytest.mark.parametrize("alg", ["RSA-OAEP", "RSA-OAEP-256"])
@pytest.mark.parametrize("enc", ["A256CBC-HS512", "A128CBC-HS256"])
@pytest.mark.parametrize("path", AttemptPath)
def test_the_client_gets_an_ack(
    alg: str, enc: str, path: AttemptPath, keys: Callable[[str], Key]
) -> None:
    with Sandbox(key=keys(alg)) as sandbox:
        bank = payout_encrypter(sandbox.public_key, enc=enc)
        with Client(sandbox.account, bank, attempt_path=path) as client:
            assert client.attempt(
                ORDER, BY_NUMBER, known=Known.decided(ORDER, BY_NUMBER.fulfillment_id)
            ) == Accepted(Ack())
            outcome = client.attempt(
                ORDER,
                BY_TOKEN,
                known=Known.decided(ORDER, BY_TOKEN.fulfillment_id),
                routing_id="customer_1122",
            )
            assert outcome == Accepted(Ack())
    assert [record.kind for record in sandbox.received] == ["card", "token"]


@pytest.mark.parametrize("alg", ["HPKE-9", "HPKE-9-KE"])
def test_payouts_go_to_a_hybrid_key_and_those_for_another_key_are_refused(alg: str) -> None:
    wire: list[bytes] = []

    def keep(body: bytes) -> bytes:
        wire.append(body)
        return body

    with Sandbox(key=Key.generate(alg), on_the_way=keep) as sandbox:
        bank = Key.from_jwk(sandbox.public_jwk)
        known = Known.decided(ORDER, BY_NUMBER.fulfillment_id)
        with Client(sandbox.account, payout_encrypter(bank)) as client:
            assert client.attempt(ORDER, BY_NUMBER, known=known) == Accepted(Ack())
        labeled = PAYOUTS_POST_QUANTUM.with_send(
            algs=(alg,), enc="A256CBC-HS512" if alg.endswith("-KE") else None
        ).encrypter(bank, labels={"kid": sandbox.kid, "sid": sandbox.sid})
        with Client(sandbox.account, labeled) as client:
            assert client.attempt(ORDER, BY_NUMBER, known=known) == Accepted(Ack())
        stranger = Key.generate(alg).public()
        with Client(sandbox.account, payout_encrypter(stranger)) as client:
            refused = client.attempt(ORDER, BY_NUMBER, known=known)
            assert refused.error_code == "E03"
    assert [record.status for record in sandbox.received] == ["ACK", "ACK", "E03"]
    token = Envelope.from_json(wire[0]).payload
    assert token.split(".")[2] == ("" if alg == "HPKE-9" else token.split(".")[2])
    assert PAN.encode() not in b"".join(wire)


def test_received_lists_attempts_in_order_and_redacted(juspay_sandbox: Sandbox) -> None:
    first = good(juspay_sandbox)
    by_token = with_plaintext(BY_TOKEN.to_json())
    assert juspay_sandbox.received == ()
    for change in (with_envelope(), by_token, with_envelope(kid="other"), with_path("/elsewhere")):
        send(juspay_sandbox, change(juspay_sandbox, first))
    assert juspay_sandbox.received == (
        Record(ORDER, "ACK", FULFILLMENT, "card", PAN[-4:]),
        Record(ORDER, "ACK", FULFILLMENT, "token", NETWORK_TOKEN[-4:]),
        Record(ORDER, "E03"),
    )


def test_a_short_token_is_not_recorded_at_all(juspay_sandbox: Sandbox) -> None:
    send(juspay_sandbox, with_card(cardToken="12345678901")(juspay_sandbox, good(juspay_sandbox)))
    assert juspay_sandbox.received[0].last_four == ""


def test_nothing_secret_is_answered_recorded_or_logged(
    juspay_sandbox: Sandbox, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.NOTSET)
    sent = good(juspay_sandbox)
    changes = (
        with_envelope(),
        *(change for change, _, _, _ in REFUSALS.values()),
        with_plaintext(PAN.encode()),
        with_card(cardNumber=PAN, extra=CVV),
        with_card(cardSecurityCode=[PAN]),
        with_plaintext(json.dumps({PAN: NETWORK_TOKEN, "cardInfo": CVV}).encode()),
    )
    answers = [send(juspay_sandbox, change(juspay_sandbox, sent)).body for change in changes]
    written = capfd.readouterr()
    shown = [repr(juspay_sandbox), repr(juspay_sandbox.received), written.out, written.err]
    shown += [record.getMessage() for record in caplog.records if "urllib3" not in record.name]
    text = "\n".join(shown) + "\n".join(answer.decode() for answer in answers)
    payload = Envelope.from_json(sent.body).payload
    secrets = (
        PAN,
        NETWORK_TOKEN,
        CVV,
        juspay_sandbox.api_key,
        basic(juspay_sandbox.api_key),
        payload,
    )
    assert [secret for secret in secrets if re.search(rf"(?<!\w){re.escape(secret)}", text)] == []
    assert "Record" in text


def test_two_sandboxes_at_once_are_strangers(keys: Callable[[str], Key]) -> None:
    with Sandbox(key=keys("RSA-OAEP")) as one, Sandbox() as other:
        assert one.url != other.url
        assert one.api_key != other.api_key
        assert send(other, good(one)).error["errorCode"] == "E02"
        headers = good(other).headers
        assert send(other, good(one)._replace(headers=headers)).error["errorCode"] == "E03"
        assert send(one, good(one)).status == send(other, good(other)).status == 200
    assert len(one.received) == 1
    assert len(other.received) == 3


def test_what_is_configured_is_what_is_checked(keys: Callable[[str], Key]) -> None:
    chosen = Sandbox(
        key=keys("RSA-OAEP"), kid="k", sid="s", api_key="the-key", merchant_id="the-merchant"
    )
    with chosen as sandbox:
        assert sandbox.account == Account(
            merchant_id="the-merchant", api_key="the-key", kid="k", sid="s", base_url=sandbox.url
        )
        assert Key.from_pem(sandbox.public_pem, alg="RSA-OAEP").thumbprint() == (
            keys("RSA-OAEP").public().thumbprint()
        )
        assert send(sandbox, good(sandbox)).status == 200


def test_an_older_sandbox_forgets_its_port_and_remembers_what_it_received(
    keys: Callable[[str], Key],
) -> None:
    sandbox = Sandbox(key=keys("RSA-OAEP"))
    for _ in range(2):
        with sandbox:
            assert send(sandbox, good(sandbox)).status == 200
        with pytest.raises(RuntimeError, match="not running"):
            _ = sandbox.url
    assert len(sandbox.received) == 2


def test_a_running_sandbox_is_not_entered_again(juspay_sandbox: Sandbox) -> None:
    with pytest.raises(RuntimeError, match="already"):
        juspay_sandbox.__enter__()
    assert send(juspay_sandbox, good(juspay_sandbox)).status == 200


@pytest.mark.parametrize(
    "member", [{"kid": ""}, {"sid": "\u00e9"}, {"api_key": "a:b"}, {"merchant_id": "a\nb"}]
)
def test_what_no_client_could_send_is_refused_at_once(
    member: dict[str, str], keys: Callable[[str], Key]
) -> None:
    with pytest.raises(ValueError, match=next(iter(member))):
        Sandbox(key=keys("RSA-OAEP"), **member)


def test_a_key_that_opens_nothing_is_refused_at_once(keys: Callable[[str], Key]) -> None:
    for key in (keys("RSA-OAEP").public(), Key.generate("A256KW")):
        with pytest.raises(InvalidKeyError):
            Sandbox(key=key)


def test_a_taken_port_is_an_os_error(juspay_sandbox: Sandbox, keys: Callable[[str], Key]) -> None:
    port = int(juspay_sandbox.url.rpartition(":")[2])
    second = Sandbox(key=keys("RSA-OAEP"), port=port)
    with pytest.raises(OSError, match=r"(?i)in use"):
        second.__enter__()
    assert second.received == ()


def test_what_is_on_the_way_is_seen_and_can_be_changed(keys: Callable[[str], Key]) -> None:
    seen: list[bytes] = []

    def damage(body: bytes) -> bytes:
        seen.append(body)
        return body[:-1]

    with Sandbox(key=keys("RSA-OAEP"), on_the_way=damage) as sandbox:
        sent = good(sandbox)
        assert send(sandbox, sent).error["errorCode"] == "E01"
    assert seen == [sent.body]


def test_a_fault_of_the_sandbox_is_e06(keys: Callable[[str], Key]) -> None:
    def fail(body: bytes) -> bytes:
        raise LookupError("a bug")

    with Sandbox(key=keys("RSA-OAEP"), on_the_way=fail) as sandbox:
        came = send(sandbox, good(sandbox))
    assert (came.status, came.error["errorCode"]) == (500, "E06")


@pytest.fixture
def threads() -> Iterator[set[threading.Thread]]:
    """The threads before the test; after it, what it left unclosed warns, and so fails."""
    yield set(threading.enumerate())
    gc.collect()


HALVES = {
    "nothing": b"",
    "half a header": b"POST /payout",
    "half a body": (
        b"POST /payout/merchant/v1/order-1/attempt HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n"
        b"Content-Type: application/json\r\nx-merchantid: sandbox-merchant\r\n"
        b"Authorization: Basic dGhlLWtleTo=\r\n\r\n{"
    ),
}


@pytest.mark.parametrize("half", HALVES)
def test_the_end_waits_for_no_idle_client(
    half: str, keys: Callable[[str], Key], threads: set[threading.Thread]
) -> None:
    with socket.socket() as idle:
        # A port that no other server gets when this one has ended.
        port = ports.unused()
        with Sandbox(key=keys("RSA-OAEP"), api_key="the-key", port=port) as sandbox:
            address = ("127.0.0.1", port)
            idle.connect(address)
            idle.sendall(HALVES[half])
            assert send(sandbox, good(sandbox)).status == 200
        assert set(threading.enumerate()) <= threads
        with socket.socket() as late, pytest.raises(ConnectionRefusedError):
            late.connect(address)
    assert sandbox.received[0].status == "ACK"


def test_an_exception_in_the_block_still_ends_it(
    keys: Callable[[str], Key], threads: set[threading.Thread]
) -> None:
    with pytest.raises(LookupError), Sandbox(key=keys("RSA-OAEP")):
        raise LookupError
    assert set(threading.enumerate()) <= threads


def test_without_the_extra_the_message_names_it(
    monkeypatch: pytest.MonkeyPatch, keys: Callable[[str], Key]
) -> None:
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    with pytest.raises(ModuleNotFoundError, match=r"joseal\[sandbox\]") as caught:
        Sandbox(key=keys("RSA-OAEP")).__enter__()
    assert caught.value.name == "uvicorn"


def test_importing_it_needs_no_extra() -> None:
    program = (
        "import sys; sys.modules.update(starlette=None, uvicorn=None); import joseal.juspay.sandbox"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], check=False, capture_output=True, timeout=60
    )
    assert (done.returncode, done.stderr) == (0, b"")


def test_it_cannot_be_reached_from_outside(juspay_sandbox: Sandbox) -> None:
    assert juspay_sandbox.url.startswith("http://127.0.0.1:")
    other = ("127.0.0.2", int(juspay_sandbox.url.rpartition(":")[2]))
    with socket.socket() as client, pytest.raises(OSError, match=r"(?i)refused|assign|unreachable"):
        client.connect(other)
