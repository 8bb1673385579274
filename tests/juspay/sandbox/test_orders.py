"""What the sandbox keeps of orders, over HTTP through the client: the truth, and the view of it."""

import base64
import http.server
import json
import queue
import socket
import threading
import traceback
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import NamedTuple, Self

import pytest
import urllib3
from tests.helpers import ports
from tests.helpers.rows import each_row

from joseal import Key
from joseal.juspay import (
    Account,
    AdditionalInfo,
    Attempt,
    BankAccount,
    Beneficiary,
    CardInfo,
    Client,
    Expiry,
    Known,
    NewFulfillment,
    NewOrder,
    PlainCard,
    Wallet,
    WebhookDetails,
    payout_encrypter,
)
from joseal.juspay.sandbox import Call, Fault, FaultPlan, Sandbox, TransactionPlan, WebhookTarget
from joseal.juspay.webhooks.receiver import WebhookReceiver

PAN = "5513651111111111"
CVV = "909"
PASSWORD = "a-webhook-password"
BANK = Beneficiary(
    type="ACCOUNT_IFSC",
    details=BankAccount(name="A Payee", account="026291800001191", ifsc="YESB0000262"),
)
CARD = Beneficiary(
    type="PLAIN_CARD",
    details=PlainCard(
        name="A Payee",
        brand="VISA",
        card_number=PAN,
        card_security_code=CVV,
        card_expiry=Expiry(month="02", year="2031"),
    ),
)
INFO = AdditionalInfo(
    remark="Payout",
    webhook_details=WebhookDetails(url="https://example.com/", username="u", password=PASSWORD),
)


def order(order_id: str, *payees: Beneficiary, **members: object) -> NewOrder:
    parts = tuple(
        NewFulfillment(amount=Decimal("10.50"), beneficiary_details=payee, additional_info=INFO)
        for payee in payees
    )
    return NewOrder(
        **{
            "order_id": order_id,
            "amount": sum((part.amount for part in parts), Decimal(0)),
            "customer_id": "customer-1",
            "customer_phone": "9999999999",
            "customer_email": "a@example.com",
            "type": "FULFILL_ONLY",
            "fulfillments": parts,
            "udf1": "one",
        }
        | members
    )


def attempt(fulfillment_id: str) -> Attempt:
    return Attempt(fulfillment_id=fulfillment_id, card_info=CardInfo(card_number=PAN))


@pytest.fixture(scope="module")
def key() -> Key:
    return Key.generate("RSA-OAEP")


TransactionPlans = dict[int, TransactionPlan | None]


@pytest.fixture
def opened(key: Key) -> Iterator[Callable[..., tuple[Sandbox, Client]]]:
    """Start a sandbox and a client of it; the transaction_plan are by the number of the transaction."""
    open_now = []

    def start(
        transaction_plan: TransactionPlans | None = None, **settings: object
    ) -> tuple[Sandbox, Client]:
        if transaction_plan is not None:
            settings["transaction_plan"] = lambda _, number: transaction_plan[number]
        sandbox = Sandbox(key=key, **settings).__enter__()
        open_now.append(sandbox)
        context = sandbox.client_context if settings.get("tls") is True else None
        client = Client(sandbox.account, payout_encrypter(sandbox.public_key), ssl_context=context)
        open_now.append(client)
        return sandbox, client

    yield start
    for each in reversed(open_now):
        each.__exit__(None, None, None)


DecryptedToken = Callable[..., tuple[Sandbox, Client]]


def states(client: Client, order_id: str) -> tuple[str, list[tuple[str, list[str]]]]:
    found = client.order_status(order_id).result()
    return str(found.status), [
        (str(part.status), [str(each.status) for each in part.transactions])
        for part in found.fulfillments
    ]


@pytest.mark.parametrize("sealed", [True, False])
def test_a_created_order_is_answered_and_paid(sealed: bool, opened: DecryptedToken) -> None:
    sandbox, client = opened()
    create = client.create_order if sealed else client.create_plain_order
    made = create(order("order-1", BANK, BANK)).result()
    assert (made.order_id, str(made.status)) == ("order-1", "READY_FOR_FULFILLMENT")
    assert (made.amount, made.customer_id, made.udf1) == (Decimal(21), "customer-1", "one")
    first, second = made.fulfillments
    assert (first.amount, str(first.status)) == (Decimal("10.5"), "CREATED")
    assert first.id.endswith("-f1")
    assert second.id == first.id.removesuffix("-f1") + "-f2"
    assert first.beneficiary_details.details.account == "026291800001191"
    assert states(client, "order-1") == (
        "FULFILLMENTS_SUCCESSFUL",
        [("SUCCESS", ["SUCCESS"]), ("SUCCESS", ["SUCCESS"])],
    )
    assert [each.fulfillment_id for each in sandbox.transactions("order-1")] == [
        first.id,
        second.id,
    ]


def test_of_a_card_an_order_keeps_the_last_four(opened: DecryptedToken) -> None:
    sandbox, client = opened()
    made = client.create_order(order("order-1", CARD)).result()
    assert made.fulfillments[0].beneficiary_details.details.last_4_of_card == PAN[-4:]
    with urllib3.connection_from_url(sandbox.url) as pool:
        headers = urllib3.make_headers(basic_auth=f"{sandbox.api_key}:")
        headers["x-merchantid"] = sandbox.merchant_id
        path = "/payout/merchant/v1/orders/order-1?expand=fulfillment"
        text = pool.request("GET", path, headers=headers).data.decode()
    assert json.loads(text)["fulfillments"][0]["additionalInfo"]["webhookDetails"] == {
        "url": "https://example.com/",
        "username": "u",
    }
    assert [secret for secret in (PAN, CVV, PASSWORD) if secret in text] == []


def test_a_card_in_a_plain_order_is_refused(opened: DecryptedToken) -> None:
    sandbox, _ = opened()
    headers = urllib3.make_headers(basic_auth=f"{sandbox.api_key}:")
    headers |= {"x-merchantid": sandbox.merchant_id, "content-type": "application/json"}
    with urllib3.connection_from_url(sandbox.url) as pool:
        body = order("order-1", CARD).to_json()
        came = pool.request("POST", "/payout/merchant/v1/orders", body=body, headers=headers)
    assert (came.status, came.json()["errorCode"]) == (400, "E01")
    assert sandbox.transactions("order-1") == ()


def test_every_beneficiary_can_be_kept(opened: DecryptedToken) -> None:
    _, client = opened()
    free = Beneficiary(type="BANK_TRANSFER", details={"bank": "001"})
    wallet = Beneficiary(type="WALLET", details=Wallet(brand="PAYTM", wallet_identifier="w"))
    made = client.create_order(order("order-1", free, wallet, CARD, BANK)).result()
    assert [part.beneficiary_details.type for part in made.fulfillments] == [
        "BANK_TRANSFER",
        "WALLET",
        "PLAIN_CARD",
        "ACCOUNT_IFSC",
    ]


def test_an_order_id_is_used_once(opened: DecryptedToken) -> None:
    sandbox, client = opened()
    assert client.create_order(order("order-1", BANK)).kind == "accepted"
    assert client.create_order(order("order-1", BANK)).error_code == "E01"
    assert client.create_plain_order(order("order-1", BANK)).error_code == "E01"
    assert len(sandbox.transactions("order-1")) == 1


def test_what_is_not_there_is_not_found(opened: DecryptedToken) -> None:
    sandbox, client = opened()
    assert client.order_status("order-1").error_code == "E09"
    assert client.cancel("f-1").error_code == "E09"
    client.create_order(order("order-1", BANK))
    assert (
        client.attempt(
            "order-1", attempt("f-1"), known=Known.decided("order-1", attempt("f-1").fulfillment_id)
        ).error_code
        == "E09"
    )
    assert sandbox.attempts("order-1") == 1
    assert len(sandbox.transactions("order-1")) == 1


def test_without_expand_there_are_no_fulfillments(opened: DecryptedToken) -> None:
    _, client = opened()
    client.create_order(order("order-1", BANK))
    for parts in ((), ("payment", "refund")):
        assert client.order_status("order-1", expand=parts).result().fulfillments is None
    assert client.order_status("order-1", expand=["fulfillment"]).result().fulfillments


def test_every_attempt_moves_money_once_more(opened: DecryptedToken) -> None:
    sandbox, client = opened(
        {0: TransactionPlan(settles="FAILURE"), 1: TransactionPlan(), 2: TransactionPlan()}
    )
    part = client.create_order(order("order-1", BANK)).result().fulfillments[0]
    assert states(client, "order-1") == ("FULFILLMENTS_FAILURE", [("FAILURE", ["FAILURE"])])
    for _ in range(2):
        client.attempt(
            "order-1",
            attempt(part.id),
            known=Known.decided("order-1", attempt(part.id).fulfillment_id),
        )
    assert states(client, "order-1")[1] == [("SUCCESS", ["SUCCESS", "SUCCESS", "FAILURE"])]
    assert [each.state for each in sandbox.transactions("order-1")] == [
        "FAILURE",
        "SUCCESS",
        "SUCCESS",
    ]
    assert sandbox.attempts("order-1") == 2


def test_a_status_can_lag_behind_the_truth(opened: DecryptedToken) -> None:
    sandbox, client = opened(
        {0: TransactionPlan(settles="FAILURE"), 1: TransactionPlan(hidden_reads=2, pending_reads=1)}
    )
    part = client.create_order(order("order-1", BANK)).result().fulfillments[0]
    known = client.order_status("order-1").result().known(part.id)
    client.attempt(
        "order-1", attempt(part.id), known=Known.decided("order-1", attempt(part.id).fulfillment_id)
    )
    assert len(sandbox.transactions("order-1")) == 2
    kinds = [client.reconcile(known).kind for _ in range(2)]
    assert kinds == ["unknown", "unknown"]
    assert states(client, "order-1") == (
        "FULFILLMENTS_SCHEDULED",
        [("PENDING", ["PENDING", "FAILURE"])],
    )
    assert states(client, "order-1") == (
        "FULFILLMENTS_SUCCESSFUL",
        [("SUCCESS", ["SUCCESS", "FAILURE"])],
    )
    assert client.reconcile(known).kind == "accepted"


STATES = [
    (("SUCCESS", "FAILURE"), "FULFILLED_PARTIALLY"),
    (("SUCCESS", "PENDING"), "FULFILLMENTS_SCHEDULED"),
    (("PENDING", "MANUAL_REVIEW"), "FULFILLMENTS_MANUAL_REVIEW"),
    (("FAILURE", "FAILURE"), "FULFILLMENTS_FAILURE"),
    (("FAILURE", None), "READY_FOR_FULFILLMENT"),
]


@pytest.mark.parametrize(("ends", "state"), STATES)
def test_an_order_stands_as_its_payouts_do(
    ends: tuple[str | None, ...], state: str, key: Key
) -> None:
    transaction_plan = [None if end is None else TransactionPlan(settles=end) for end in ends]
    with Sandbox(key=key, transaction_plan=lambda _, number: transaction_plan[number]) as sandbox:
        sealer = payout_encrypter(sandbox.public_key)
        with Client(sandbox.account, sealer) as client:
            client.create_order(order("order-1", BANK, BANK))
            assert states(client, "order-1")[0] == state


def test_only_a_payout_that_was_not_started_is_cancelled(opened: DecryptedToken) -> None:
    _, client = opened({0: None, 1: TransactionPlan()})
    part = client.create_order(order("order-1", BANK)).result().fulfillments[0]
    assert client.cancel(part.id).kind == "accepted"
    assert states(client, "order-1") == ("FULFILLMENTS_CANCELLED", [("CANCELLED", [])])
    assert (
        client.attempt(
            "order-1",
            attempt(part.id),
            known=Known.decided("order-1", attempt(part.id).fulfillment_id),
        ).error_code
        == "E01"
    )
    assert client.cancel(part.id).kind == "accepted"
    _, other = opened()
    part = other.create_order(order("order-2", BANK)).result().fulfillments[0]
    assert other.cancel(part.id).kind == "accepted"
    assert states(other, "order-2")[0] == "FULFILLMENTS_SUCCESSFUL"


@pytest.mark.parametrize("call", ["status", "cancel"])
def test_every_call_wants_the_credentials(call: str, opened: DecryptedToken) -> None:
    sandbox, _ = opened()
    account = sandbox.account
    for changed, code in (({"api_key": "other"}, "E02"), ({"merchant_id": "other"}, "E08")):
        members = {name: getattr(account, name) for name in ("merchant_id", "api_key", "kid")}
        other = Account(base_url=sandbox.url, **{**members, **changed})
        with Client(other, payout_encrypter(sandbox.public_key)) as client:
            ask = client.order_status if call == "status" else client.cancel
            assert ask("order-1").error_code == code


# The front.


def test_over_tls_it_is_the_same_server(opened: DecryptedToken) -> None:
    sandbox, client = opened(tls=True)
    assert sandbox.url.startswith("https://localhost:")
    part = client.create_order(order("order-1", BANK)).result().fulfillments[0]
    for _ in range(3):
        assert (
            client.attempt(
                "order-1",
                attempt(part.id),
                known=Known.decided("order-1", attempt(part.id).fulfillment_id),
            ).kind
            == "accepted"
        )
    assert sandbox.attempts("order-1") == 3
    assert len(sandbox.received) == 3
    client.close()
    sandbox.__exit__(None, None, None)
    assert sandbox.attempts("order-1") == 3


def test_no_other_sandboxs_authority_is_trusted(key: Key, opened: DecryptedToken) -> None:
    sandbox, _ = opened(tls=True)
    other, _ = opened(tls=True)
    assert sandbox.ca_pem != other.ca_pem
    sealer = payout_encrypter(sandbox.public_key)
    with Client(sandbox.account, sealer, ssl_context=other.client_context) as client:
        assert (
            client.attempt(
                "order-1",
                attempt("f-1"),
                known=Known.decided("order-1", attempt("f-1").fulfillment_id),
            ).kind
            == "not_sent"
        )


def test_without_tls_there_is_no_authority(opened: DecryptedToken) -> None:
    sandbox, _ = opened()
    with pytest.raises(RuntimeError, match="tls=True"):
        _ = sandbox.ca_pem


def test_the_front_leaves_nothing_behind(key: Key) -> None:
    before = set(threading.enumerate())
    pool = urllib3.HTTPSConnectionPool("localhost", cert_reqs="CERT_REQUIRED")
    port = ports.unused()
    with Sandbox(key=key, tls=True, port=port) as sandbox:
        context = sandbox.client_context
        pool = urllib3.HTTPSConnectionPool("localhost", port, ssl_context=context)
        # It stays open: a connection that is idle does not hold up the end.
        assert pool.request("GET", "/", retries=False).status == 404
    assert set(threading.enumerate()) <= before
    with pool, pytest.raises(urllib3.exceptions.HTTPError):
        pool.request("GET", "/", retries=False)


def test_a_script_is_told_each_moment_and_its_number(key: Key) -> None:
    seen: list[Call] = []

    def plan(call: Call) -> FaultPlan | None:
        seen.append(call)
        return FaultPlan(fault=Fault.HTTP_503) if call.name == "attempt" else None

    with Sandbox(key=key, plan=plan) as sandbox:
        sealer = payout_encrypter(sandbox.public_key)
        with Client(sandbox.account, sealer) as client:
            part = client.create_order(order("order-1", BANK)).result().fulfillments[0]
            for _ in range(2):
                assert (
                    client.attempt(
                        "order-1",
                        attempt(part.id),
                        known=Known.decided("order-1", attempt(part.id).fulfillment_id),
                    ).kind
                    == "unknown"
                )
            client.order_status("order-1")
            client.cancel(part.id)
    assert seen == [
        Call("connect", "", 1),
        Call("create", "", 1),
        Call("attempt", "order-1", 1),
        Call("attempt", "order-1", 2),
        Call("status", "order-1", 1),
        Call("cancel", part.id, 1),
    ]
    assert len(sandbox.transactions("order-1")) == 3


def test_a_call_without_a_true_answer_cannot_be_answered_truly() -> None:
    for fault in (None, Fault.CUT_IN_BODY, Fault.WRONG_TYPE):
        with pytest.raises(ValueError, match="no true answer"):
            FaultPlan(fault=fault, carried_out=False)


BROKEN = {
    "no request": b"\r\n\r\n",
    "a header without end": b"GET / HTTP/1.1\r\nx: " + b"A" * 100_000,
    "a body that is too long": b"POST / HTTP/1.1\r\nContent-Length: 9999999\r\n\r\n",
    "chunks": b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "half a body": b"POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\nx",
}


@pytest.mark.parametrize("case", BROKEN)
def test_the_front_ends_what_it_cannot_read(
    case: str, key: Key, capfd: pytest.CaptureFixture[str]
) -> None:
    with Sandbox(key=key, plan=lambda _: None) as sandbox:
        address = ("127.0.0.1", int(sandbox.url.rpartition(":")[2]))
        with urllib3.util.connection.create_connection(address, timeout=10) as connection:
            try:
                connection.sendall(BROKEN[case])
                connection.shutdown(socket.SHUT_WR)
                while connection.recv(65536):
                    pass
            except OSError:
                # The server may have reset the connection: then there is nothing left to shut.
                pass
        sealer = payout_encrypter(sandbox.public_key)
        with Client(sandbox.account, sealer) as client:
            assert client.create_order(order("order-1", BANK)).kind == "accepted"
    assert capfd.readouterr().err == ""


# Webhooks.


class Came(NamedTuple):
    headers: dict[str, str]
    text: bytes

    @property
    def body(self) -> dict[str, object]:
        return json.loads(self.text)


class Receiver:
    """A server that takes webhooks, and answers them as it is told."""

    def __init__(self, statuses: list[int]) -> None:
        came: queue.SimpleQueue[Came] = queue.SimpleQueue()

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                came.put(Came(dict(self.headers.items()), body))
                self.send_response(statuses.pop(0) if statuses else 200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *args: object) -> None:
                pass

        self.came = came
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/hook"
        self._thread = threading.Thread(target=self._server.serve_forever, args=[0.02])

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def all(self) -> list[Came]:
        found = []
        while not self.came.empty():
            found.append(self.came.get())
        return found


def told(came: list[Came]) -> list[tuple[object, object]]:
    return [(each.body["label"], each.body["value"]) for each in came]


def test_webhooks_tell_what_happens_with_the_credentials_that_were_agreed(key: Key) -> None:
    with Receiver([]) as receiver:
        hook = WebhookTarget(
            url=receiver.url, username="u", password="p:w", custom_header=("x-agreed", "1")
        )
        transaction_plan = [TransactionPlan(settles="FAILURE"), TransactionPlan(pending_reads=1)]
        with Sandbox(
            key=key, webhook=hook, transaction_plan=lambda _, number: transaction_plan[number]
        ) as sandbox:
            sealer = payout_encrypter(sandbox.public_key)
            with Client(sandbox.account, sealer) as client:
                part = client.create_order(order("order-1", CARD)).result().fulfillments[0]
                client.attempt(
                    "order-1",
                    attempt(part.id),
                    known=Known.decided("order-1", attempt(part.id).fulfillment_id),
                )
                client.order_status("order-1")
        came = receiver.all()
    assert told(came) == [
        ("FULFILLMENT_TXN", "INITIATED"),
        ("FULFILLMENT_TXN", "FAILURE"),
        ("FULFILLMENT_ORDER", "FAILURE"),
        ("ORDER", "FULFILLMENTS_FAILURE"),
        ("FULFILLMENT_TXN", "INITIATED"),
        ("FULFILLMENT_TXN", "SUCCESS"),
        ("FULFILLMENT_ORDER", "SUCCESS"),
        ("ORDER", "FULFILLMENTS_SUCCESSFUL"),
    ]
    assert len({each.body["id"] for each in came}) == len(came)
    assert {each.body["category"] for each in came} == {"INFO"}
    basic = "Basic " + base64.b64encode(b"u:p:w").decode()
    assert {(each.headers["Authorization"], each.headers["x-agreed"]) for each in came} == {
        (basic, "1")
    }
    first, last = came[0].body["info"], came[-1].body["info"]
    assert first["FulfillmentId"] == part.id
    assert first["transactionRef"] == sandbox.transactions("order-1")[0].ref
    assert last["merchantOrderId"] == "order-1"
    text = json.dumps([each.body for each in came])
    assert [secret for secret in (PAN, CVV, PASSWORD) if secret in text] == []
    assert [each.status for each in sandbox.posted] == [200] * len(came)


def test_a_webhook_that_is_not_taken_comes_again_with_the_same_id(key: Key) -> None:
    with Receiver([500, 301, 204]) as receiver:
        with Sandbox(key=key, webhook=receiver.url) as sandbox:
            sealer = payout_encrypter(sandbox.public_key)
            with Client(sandbox.account, sealer) as client:
                client.create_order(order("order-1", BANK))
            first = [receiver.came.get(timeout=30) for _ in range(4)]
        rest = receiver.all()
    assert [each.body for each in first] == [first[0].body] * 4
    assert (sandbox.posted[0].posts, sandbox.posted[0].status) == (4, 200)
    assert len(rest) == 3
    basic = f"{sandbox.merchant_id}:{sandbox.api_key}"
    expected = "Basic " + base64.b64encode(basic.encode()).decode()
    assert {each.headers["Authorization"] for each in first} == {expected}


def test_a_webhook_can_come_twice(key: Key) -> None:
    with Receiver([]) as receiver:
        hook = WebhookTarget(url=receiver.url, copies=2)
        with Sandbox(key=key, webhook=hook) as sandbox:
            sealer = payout_encrypter(sandbox.public_key)
            with Client(sandbox.account, sealer) as client:
                client.create_order(order("order-1", BANK))
        came = receiver.all()
    ids = [each.body["id"] for each in came]
    assert ids[::2] == ids[1::2]
    assert len(set(ids)) == 4
    assert "Authorization" not in came[0].headers


def test_a_webhook_that_nobody_takes_is_given_up(key: Key) -> None:
    hook = WebhookTarget(url="http://127.0.0.1:9/")
    with Sandbox(key=key, webhook=hook) as sandbox:
        sealer = payout_encrypter(sandbox.public_key)
        with Client(sandbox.account, sealer) as client:
            client.create_order(order("order-1", BANK))
    assert [each.status for each in sandbox.posted] == [None] * 4


def test_our_receiver_takes_them(key: Key) -> None:
    with Receiver([]) as receiver:
        with Sandbox(key=key, webhook=receiver.url) as sandbox:
            sealer = payout_encrypter(sandbox.public_key)
            with Client(sandbox.account, sealer) as client:
                client.create_order(order("order-1", BANK))
        came = receiver.all()
    reader = WebhookReceiver(basic=(sandbox.merchant_id, sandbox.api_key))
    read = [reader.receive(each.headers, each.text) for each in came]
    assert [(str(each.label), str(each.value)) for each in read] == told(came)


@pytest.mark.parametrize(
    "url",
    ["http://example.com/", "http://localhost.example.com/", "http://127.0.0.1@example.com/", "x"],
)
def test_webhooks_do_not_leave_the_machine(url: str) -> None:
    with pytest.raises(ValueError, match="loopback"):
        WebhookTarget(url=url)


def test_a_webhook_does_not_show_its_credentials() -> None:
    shown = repr(WebhookTarget(url="http://localhost/", username="u", password=PASSWORD))
    assert shown == "WebhookTarget(url='http://localhost/', copies=1)"


HOOK = "http://127.0.0.1:9/"


@each_row(
    "wrong",
    [
        {"url": "http://127.0.0.1:99999/"},
        {"url": "http://127.0.0.1:0/"},
        {"username": "a:b"},
        {"username": "\ud800"},
        {"username": "a\n"},
        {"password": "secret\ud800"},
        {"custom_header": ("x", "secret\r\ny: z")},
        {"custom_header": ("x", "secret\u20ac")},
        {"custom_header": ("x:", "secret")},
        {"custom_header": ("x", "")},
        {"copies": 0},
    ],
)
def test_a_webhook_that_could_not_be_sent_is_refused_when_it_is_named(
    wrong: dict[str, object],
) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - the texts differ
        WebhookTarget(**{"url": HOOK, **wrong})
    assert type(caught.value) is ValueError
    assert "secret" not in str(caught.value)


@each_row(
    "wrong",
    [
        {"url": 5},
        {"url": HOOK.encode()},
        {"username": 5},
        {"password": None},
        {"custom_header": "xy"},
        {"custom_header": ("x",)},
        {"custom_header": ("x", 5)},
        {"copies": "2"},
    ],
)
def test_a_webhook_of_a_wrong_type_is_a_type_error(wrong: dict[str, object]) -> None:
    (name,) = wrong
    with pytest.raises(TypeError, match=f"{name} must be "):
        WebhookTarget(**{"url": HOOK, **wrong})


@pytest.mark.parametrize(
    "wrong",
    [
        {"key": "x"},
        {"webhook": 5},
        {"webhook": b"x"},
        {"stringified": "no"},
        {"port": "x"},
        {"port": True},
        {"tls": "yes"},
        {"tls": None},
        {"on_the_way": None},
        {"plan": "no-answer"},
        {"transaction_plan": None},
    ],
)
def test_a_sandbox_of_a_wrong_type_is_a_type_error(key: Key, wrong: dict[str, object]) -> None:
    (name,) = wrong
    with pytest.raises(TypeError, match=f"{name} must be "):
        Sandbox(**{"key": key, **wrong})


def test_no_local_of_a_refused_sandbox_has_its_api_key(key: Key) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - its text is not what counts
        Sandbox(key=key, api_key="secret-api-key", webhook="http://example.com/")
    frames = list(traceback.walk_tb(caught.value.__traceback__))
    # The first is this test's own.
    assert len(frames) > 1
    assert not any("secret-api-key" in repr(frame.f_locals) for frame, _ in frames[1:])


def test_a_sandbox_has_a_port_and_a_user_name_that_basic_auth_can_carry(key: Key) -> None:
    with pytest.raises(ValueError, match="port must be from 0 to 65535"):
        Sandbox(key=key, port=65536)
    with pytest.raises(ValueError, match="user name"):
        Sandbox(key=key, merchant_id="a:b", webhook=HOOK)
