"""The client: what its calls send, once, and the mistakes of a caller."""

import http.client
import json
import logging
import pickle
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import pytest
from tests.helpers import ports
from tests.helpers.rows import each_row
from tests.juspay.calls import (
    ACCEPTED,
    API_KEY,
    ATTEMPT,
    BASIC,
    ERROR,
    KNOWN,
    PAN,
    client_for,
    failed,
    send,
    server_tls,
)
from tests.juspay.peer import Peer, answer

from joseal import Decrypter, DecryptThenVerify, Key, Verifier
from joseal.juspay import (
    PAYOUTS_SIGN_THEN_ENCRYPT,
    Accepted,
    Account,
    Arrived,
    Attempt,
    AttemptPath,
    BankAccount,
    Beneficiary,
    Cancellation,
    Client,
    Envelope,
    Failed,
    Known,
    NewFulfillment,
    NewOrder,
    NotSent,
    OrderState,
    PayoutKeys,
    PlainCard,
    Refused,
    StillUnknown,
    TransactionState,
    Unknown,
)

# What is sent.


def test_the_attempt_arrives_sealed_and_is_acknowledged(key, sealer):
    with Peer(answer(b"ACK")) as peer:
        assert send(peer, sealer) == ACCEPTED
    ((first, headers, body),) = peer.requests
    assert first == "POST /payout/merchant/v1/orders/order-1/attempt HTTP/1.1"
    sent = {name.lower(): value for name, value in headers}
    assert len(sent) == len(headers)
    assert sent.pop("user-agent").startswith("python-urllib3/")
    assert sent == {
        "host": f"localhost:{peer.port}",
        "accept-encoding": "identity",
        "content-length": str(len(body)),
        "authorization": BASIC,
        "content-type": "application/json",
        "x-merchantid": "merchant-1",
        "x-routing-id": "customer_1122",
    }
    envelope = Envelope.from_json(body)
    assert (envelope.kid, envelope.sid) == ("JuspayKID", "JuspaySID")
    plaintext = Decrypter(key, enc="A256CBC-HS512").decrypt(envelope.payload)
    assert Attempt.from_json(plaintext) == ATTEMPT


def test_path_and_routing_id_can_be_chosen(sealer):
    with (
        Peer(answer(b"ACK")) as peer,
        client_for(peer.url, sealer, attempt_path=AttemptPath.SHORT) as client,
    ):
        client.attempt(
            "order-1@x",
            ATTEMPT,
            known=Known.decided("order-1@x", ATTEMPT.fulfillment_id),
            routing_id="customer 7",
        )
    ((first, headers, _),) = peer.requests
    assert first == "POST /payout/merchant/v1/order-1@x/attempt HTTP/1.1"
    assert ("x-routing-id", "customer 7") in headers


def test_proxies_of_the_environment_are_not_used(sealer, monkeypatch):
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
        monkeypatch.setenv(name.upper(), "http://127.0.0.1:9")
    with Peer(answer(b"ACK")) as peer:
        assert send(peer, sealer) == ACCEPTED


def test_a_connection_is_used_again(sealer):
    chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nACK\r\n0\r\n\r\n"
    for play in (answer(b'"ACK"'), chunked):
        with Peer(play) as peer, client_for(peer.url, sealer) as client:
            for _ in range(3):
                assert (
                    client.attempt(
                        "order-1", ATTEMPT, known=Known.decided("order-1", ATTEMPT.fulfillment_id)
                    )
                    == ACCEPTED
                )
            assert (len(peer.requests), peer.connections) == (3, 1)


def test_one_client_serves_many_threads(key, sealer):
    with Peer(answer(b"ACK")) as peer, client_for(peer.url, sealer, connections=2) as client:
        orders = [f"order-{number}" for number in range(40)]
        pool = ThreadPoolExecutor(8)
        answers = list(
            pool.map(
                lambda order: client.attempt(
                    order, ATTEMPT, known=Known.decided(order, ATTEMPT.fulfillment_id)
                ),
                orders,
            )
        )
        pool.shutdown()
    assert answers == [ACCEPTED] * 40
    assert sorted(first.split("/")[5] for first, _, _ in peer.requests) == sorted(orders)


def test_a_closed_client_sends_nothing(sealer):
    with Peer(answer(b"ACK")) as peer:
        with client_for(peer.url, sealer) as client:
            pass
        assert client.attempt(
            "order-1", ATTEMPT, known=Known.decided("order-1", ATTEMPT.fulfillment_id)
        ) == NotSent("the client is closed")
    assert peer.requests == []


# The caller's mistakes.


@each_row("value", [0, -1, 10**400, float("inf"), float("nan")])
@each_row("name", ["connect_timeout_seconds", "answer_timeout_seconds"])
def test_every_time_out_is_positive_and_finite(sealer, name, value):
    with pytest.raises(ValueError, match=r"^time-outs and connections must be positive"):
        client_for("https://localhost", sealer, **{name: value})


@pytest.mark.parametrize("value", [0, -1])
def test_connections_are_positive(sealer, value):
    with pytest.raises(ValueError, match=r"^time-outs and connections must be positive"):
        client_for("https://localhost", sealer, connections=value)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"connections": 2.5}, "connections must be an int"),
        ({"connections": None}, "connections must be an int"),
        ({"attempt_path": "/attempt"}, "attempt_path must be an AttemptPath"),
        ({"ssl_context": False}, "ssl_context must be an ssl.SSLContext"),
    ],
)
def test_a_setting_of_a_wrong_type_is_a_type_error(sealer, settings, message):
    with pytest.raises(TypeError, match=f"^{message}$"):
        client_for("https://localhost", sealer, **settings)


def test_account_and_encrypter_are_what_they_are_called(key, sealer):
    account = Account(merchant_id="m", api_key="k", kid="K")
    with pytest.raises(TypeError, match=r"^account must be an Account$"):
        Client(sealer, sealer)
    with pytest.raises(
        TypeError, match=r"^encrypter must be an Encrypter, a BodyEncrypter or PayoutKeys, or None$"
    ):
        Client(account, key)


def test_a_wrong_attempt_or_order_id_is_sent_nowhere(sealer):
    with Peer(answer(b"ACK")) as peer, client_for(peer.url, sealer) as client:
        with pytest.raises(
            TypeError, match=r"^attempt must be an Attempt, or the Envelope of one$"
        ):
            client.attempt("order-1", {"cardInfo": {}}, known=KNOWN)
        with pytest.raises(ValueError, match=r"^order_id must be 4 to 64"):
            client.attempt("order/1", ATTEMPT, known=KNOWN)
        with pytest.raises(ValueError, match=r"^routing_id must be printable ASCII"):
            client.attempt(
                "order-1",
                ATTEMPT,
                known=Known.decided("order-1", ATTEMPT.fulfillment_id),
                routing_id="a\r\nb: c",
            )
    assert peer.connections <= 1
    assert peer.requests == []


# The other calls.


def order_json(order_id="order-1", *refs, status="FULFILLMENTS_SCHEDULED", part="PENDING"):
    transactions = [{"transactionRef": ref, "status": state} for ref, state in refs]
    parts = [{"id": "f-1", "status": part, "amount": 2.5, "transactions": transactions}]
    return json.dumps({"orderId": order_id, "status": status, "fulfillments": parts}).encode()


def new_order(kind, details):
    beneficiary = Beneficiary(type=kind, details=details)
    part = NewFulfillment(amount=Decimal("2.50"), beneficiary_details=beneficiary)
    return NewOrder(
        order_id="order-1",
        amount=Decimal("2.50"),
        customer_id="c",
        customer_phone="9999999999",
        customer_email="a@b.example",
        type="FULFILL_ONLY",
        fulfillments=(part,),
    )


TO_A_CARD = new_order("PLAIN_CARD", PlainCard(card_number=PAN))
TO_A_BANK = new_order("ACCOUNT_IFSC", BankAccount(name="n", account="123", ifsc="ABCD0123456"))


def test_an_order_arrives_sealed_and_its_answer_is_typed(key, sealer):
    with Peer(answer(order_json())) as peer, client_for(peer.url, sealer) as client:
        order = client.create_order(TO_A_CARD, routing_id="customer 7").result()
    ((first, headers, body),) = peer.requests
    assert first == "POST /payout/merchant/v1.1/orders HTTP/1.1"
    assert ("x-routing-id", "customer 7") in headers
    plaintext = Decrypter(key, enc="A256CBC-HS512").decrypt(Envelope.from_json(body).payload)
    assert NewOrder.from_json(plaintext) == TO_A_CARD
    assert order.status is OrderState.FULFILLMENTS_SCHEDULED
    assert order.fulfillment("f-1").amount == Decimal("2.5")


def test_a_plain_order_arrives_as_it_is(sealer):
    with Peer(answer(order_json())) as peer, client_for(peer.url, sealer) as client:
        assert client.create_plain_order(TO_A_BANK).kind == "accepted"
    ((first, _, body),) = peer.requests
    assert first == "POST /payout/merchant/v1/orders HTTP/1.1"
    assert body == TO_A_BANK.to_json()
    assert b'"amount":2.50,' in body


def test_a_card_never_travels_in_a_plain_order(sealer):
    with (
        Peer(answer(order_json())) as peer,
        client_for(peer.url, sealer) as client,
        pytest.raises(ValueError, match=r"^an order with a PLAIN_CARD must be encrypted"),
    ):
        client.create_plain_order(TO_A_CARD)
    assert peer.requests == []


def test_the_status_of_an_order_is_read_with_what_was_asked_for(sealer):
    told = answer(order_json("order-1", ("t-1", "FAILURE")))
    with Peer(told) as peer, client_for(peer.url, sealer) as client:
        order = client.order_status("order-1").result()
        client.order_status("order-1", expand=["fulfillment"])
        client.order_status("order-1", expand=[])
    paths = [first.split(" ")[:2] for first, _, _ in peer.requests]
    place = "/payout/merchant/v1/orders/order-1"
    assert paths == [
        ["GET", f"{place}?expand=fulfillment,payment,refund"],
        ["GET", f"{place}?expand=fulfillment"],
        ["GET", place],
    ]
    assert [body for _, _, body in peer.requests] == [b"", b"", b""]
    (transaction,) = order.fulfillment("f-1").transactions
    assert transaction.status is TransactionState.FAILURE
    assert order.known("f-1").references == {"t-1"}


def test_a_cancellation_is_asked_for_once(sealer):
    with Peer(answer(b"{}")) as peer, client_for(peer.url, sealer) as client:
        assert client.cancel("f-1") == Accepted(Cancellation())
    ((first, headers, body),) = peer.requests
    assert first == "POST /payout/merchant/v1/fulfillment/f-1/cancel HTTP/1.1"
    assert ("Content-Length", "0") in headers
    assert body == b""


NO_ORDER = b'{"error":true,"errorCode":"E09","errorMessage":"m","userMessage":"u"}'


@pytest.mark.parametrize(
    ("told", "kind"),
    [
        (answer(order_json("order-1", ("t-1", "FAILURE"), ("t-2", "PENDING"))), "accepted"),
        (answer(order_json("order-1", ("t-1", "FAILURE"))), "unknown"),
        (answer(order_json("order-1", ("t-1", "FAILURE"), ("t-2", "FAILURE"))), "accepted"),
        (
            answer(order_json("order-1", ("t-1", "FAILURE"), ("t-2", "FAILURE"), part="FAILURE")),
            "failed",
        ),
        (answer(NO_ORDER, 404), "unknown"),
        (answer(b"busy", 503), "unknown"),
        (answer(order_json("order-2", ("t-2", "SUCCESS"))), "unknown"),
    ],
)
def test_an_unknown_attempt_is_resolved_by_reading_alone(sealer, told, kind):
    with Peer(told) as peer, client_for(peer.url, sealer) as client:
        resolution = client.reconcile(KNOWN)
        if isinstance(resolution, StillUnknown) and resolution.again.seen:
            resolution = client.reconcile(resolution.again)
    assert resolution.kind == kind
    assert {"accepted": Arrived, "failed": Failed, "unknown": StillUnknown}[kind] is type(
        resolution
    )
    assert {first.split(" ")[0] for first, _, _ in peer.requests} == {"GET"}
    assert len(peer.requests) == (2 if kind == "failed" else 1)


def test_nothing_that_can_not_be_resolved_is_called_not_received(sealer):
    with ports.refusing() as port, client_for(f"http://localhost:{port}", sealer) as client:
        found = client.reconcile(KNOWN)
        assert isinstance(found, StillUnknown)
        assert found.reason == "the status could not be read: no connection could be made"
        assert found.ask_again_seconds == 5


CALLS = {
    "attempt": lambda client: client.attempt(
        "order-1", ATTEMPT, known=Known.decided("order-1", ATTEMPT.fulfillment_id)
    ),
    "create_order": lambda client: client.create_order(TO_A_CARD),
    "create_plain_order": lambda client: client.create_plain_order(TO_A_BANK),
    "order_status": lambda client: client.order_status("order-1"),
    "cancel": lambda client: client.cancel("f-1"),
}
ENDS = {
    "refused": (answer(ERROR, 400), Refused),
    "busy": (answer(ERROR, 429, "Retry-After: 0"), Unknown),
    "failed": (answer(ERROR.replace(b"E01", b"E06"), 500), Unknown),
    "moved": (answer(b"", 307, "Location: /elsewhere"), Unknown),
    "created": (answer(order_json(), 201), Unknown),
    "cut": (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{", Unknown),
}


@each_row("end", ENDS)
@each_row("call", CALLS)
def test_every_call_ends_in_one_of_four_and_is_made_once(sealer, call, end):
    play, kind = ENDS[end]
    script = play if end != "cut" else lambda _, connection: connection.sendall(play)
    with Peer(script) as peer, client_for(peer.url, sealer) as client:
        assert type(CALLS[call](client)) is kind
    assert len(peer.requests) == 1


@pytest.mark.parametrize("call", CALLS)
def test_every_call_that_reached_nobody_is_not_sent(sealer, call):
    with ports.refusing() as port, client_for(f"http://localhost:{port}", sealer) as client:
        assert CALLS[call](client) == NotSent("no connection could be made")


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda client: client.create_order({}), TypeError, "order must be a NewOrder"),
        (lambda client: client.create_plain_order({}), TypeError, "an NewOrder is wanted"),
        (lambda client: client.order_status("a/b/c"), ValueError, "order_id must be 4 to 64"),
        (lambda client: client.cancel("../x"), ValueError, "fulfillment_id must be at most 128"),
        (
            lambda client: client.reconcile("order-1"),
            TypeError,
            "question must be a Known or an AttemptQuery",
        ),
    ],
)
def test_a_callers_mistake_is_sent_nowhere(sealer, call, error, message):
    with (
        Peer(answer(b"ACK")) as peer,
        client_for(peer.url, sealer) as client,
        pytest.raises(error, match=f"^{message}"),
    ):
        call(client)
    assert peer.requests == []


# What can be seen.


def echo(status):
    """Return a script that answers with what it was sent, in well-formed and broken headers."""

    def play(peer, connection):
        _, headers, body = peer.requests[-1]
        lines = "".join(
            f"{name}: {value}\r\n" for name, value in headers if name != "Content-Length"
        )
        broken = f"no colon {BASIC}\r\n{PAN}\r\n"
        connection.sendall(f"HTTP/1.1 {status} {API_KEY}\r\n{lines}{broken}\r\n".encode() + body)

    return play


@pytest.mark.parametrize("status", [200, 400])
@pytest.mark.parametrize("tls", [False, True])
def test_neither_headers_nor_bodies_are_logged_or_printed(  # noqa: PLR0917 - fixtures
    sealer, ca, trust, caplog, capfd, monkeypatch, status, tls
):
    monkeypatch.setattr(http.client.HTTPConnection, "debuglevel", 5)
    caplog.set_level(logging.DEBUG)
    context = server_tls(ca.issue_cert("localhost")) if tls else None
    with Peer(echo(status), context) as peer:
        failed(peer, sealer, ssl_context=trust)
    with Peer(answer(b"ACK"), context) as good:
        send(good, sealer, ssl_context=trust)
    payload = json.loads(peer.requests[0][2])["payload"]
    seen = caplog.text + "".join(capfd.readouterr())
    assert "/payout/merchant/v1/orders/order-1/attempt" in seen
    for secret in (API_KEY, BASIC, PAN, payload[-40:], "JuspaySID"):
        assert secret not in seen


def test_neither_repr_nor_pickle_shows_the_api_key(sealer):
    with client_for("https://localhost", sealer) as client:
        assert repr(client).startswith("Client(Account(merchant_id='merchant-1', ")
        assert API_KEY not in repr(client)
        with pytest.raises(TypeError, match="can't be pickled"):
            pickle.dumps(client)


@pytest.mark.parametrize("kid", ["old", "new"])
def test_keys_of_a_rotation_and_of_a_signature_serve_a_client(kid):
    pairs = {name: Key.generate("RSA-OAEP", kid=name) for name in ("old", "new")}
    ours = Key.generate("RS256", kid="ours")
    recipients = [pair.public() for pair in pairs.values()]
    sealers = PayoutKeys(recipients, signers=ours, nesting="sign-then-encrypt")
    with Peer(answer(b"ACK")) as peer:
        account = Account(
            merchant_id="merchant-1", api_key=API_KEY, kid=kid, sid="ours", base_url=peer.url
        )
        with Client(account, sealers) as client:
            assert (
                client.attempt(
                    "order-1", ATTEMPT, known=Known.decided("order-1", ATTEMPT.fulfillment_id)
                )
                == ACCEPTED
            )
    envelope = Envelope.from_json(peer.requests[0][2])
    assert (envelope.kid, envelope.sid) == (kid, "ours")
    opener = DecryptThenVerify(
        Decrypter(pairs[kid], enc="A256CBC-HS512"), Verifier(ours.public()), cty=None
    )
    assert opener.open(envelope.payload).payload == ATTEMPT.to_json()


def test_encrypter_of_a_profile_that_signs_serves_a_client():
    bank, ours = Key.generate("RSA-OAEP", kid="bank"), Key.generate("RS256", kid="ours")
    profile = PAYOUTS_SIGN_THEN_ENCRYPT
    labels = {"kid": "bank", "sid": "ours"}
    encrypter = profile.encrypter(bank.public(), signing_key=ours, labels=labels)
    with Peer(answer(b"ACK")) as peer:
        account = Account(merchant_id="merchant-1", api_key=API_KEY, base_url=peer.url, **labels)
        with Client(account, encrypter) as client:
            known = Known.fresh("order-1", ATTEMPT.fulfillment_id)
            assert client.attempt("order-1", ATTEMPT, known=known) == ACCEPTED
    opener = profile.decrypter(bank, verifying_keys=ours.public())
    assert opener.decrypt(peer.requests[0][2]) == ATTEMPT.to_json()
