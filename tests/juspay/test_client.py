"""The transport, against real sockets: what is sent, once, and what each kind of answer means."""

import base64
import contextlib
import datetime as dt
import http.client
import io
import json
import logging
import pickle
import socket
import ssl
import struct
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import pytest
import trustme
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.juspay.peer import Peer, answer

from joseal import Decrypter, DecryptThenVerify, Key, Verifier
from joseal.juspay import (
    PAYOUTS_SIGN_THEN_ENCRYPT,
    Accepted,
    Account,
    Ack,
    Arrived,
    Attempt,
    AttemptPath,
    BankAccount,
    Beneficiary,
    Cancellation,
    CardInfo,
    Client,
    Envelope,
    Failed,
    FulfillmentState,
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
    payout_encrypter,
)

PAN = "4929471234567898"
API_KEY = "1D6A8F2C4B9E4CF5A921C3E5406AC0FB"
BASIC = "Basic " + base64.b64encode(f"{API_KEY}:".encode()).decode()
ATTEMPT = Attempt(fulfillment_id="f-1", card_info=CardInfo(card_number=PAN))
KNOWN = Known(
    order_id="order-1",
    fulfillment_id="f-1",
    references=frozenset({"t-1"}),
    status=FulfillmentState.FAILURE,
    reads=2,
)
ERROR = b'{"error":true,"errorCode":"E01","errorMessage":"m","userMessage":"u"}'


@pytest.fixture(scope="module")
def key():
    return Key.generate("RSA-OAEP")


@pytest.fixture(scope="module")
def sealer(key):
    return payout_encrypter(key.public())


@pytest.fixture(scope="module")
def ca():
    return trustme.CA()


@pytest.fixture
def trust(ca):
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    ca.configure_trust(context)
    return context


def server_tls(certificate):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    return context


def client_for(base_url, sealer, **settings):
    account = Account(
        merchant_id="merchant-1",
        api_key=API_KEY,
        kid="JuspayKID",
        sid="JuspaySID",
        routing_id="customer_1122",
        base_url=base_url,
    )
    settings = {
        "connect_timeout_seconds": 5,
        "answer_timeout_seconds": 5,
        "apart_seconds": 0,
        **settings,
    }
    return Client(account, sealer, **settings)


def send(peer, sealer, **settings):
    with client_for(peer.url, sealer, **settings) as client:
        return client.attempt(
            "order-1", ATTEMPT, known=Known.decided("order-1", ATTEMPT.fulfillment_id)
        )


def failed(peer, sealer, **settings):
    """Send an attempt that must fail in transport; return what is said and whether it was sent."""
    outcome = send(peer, sealer, **settings)
    assert isinstance(outcome, NotSent | Unknown)
    return outcome.reason, isinstance(outcome, Unknown)


ACCEPTED = Accepted(Ack())
BROKEN = ("the connection broke, or what came is no HTTP answer", True)
TIMED_OUT = ("no whole answer within the time-out", True)


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


# What comes back.


@pytest.mark.parametrize("body", [ERROR, b'{"response":%b,"code":400}' % ERROR])
def test_a_documented_refusal_is_refused(sealer, body):
    with Peer(answer(body, 400)) as peer:
        assert send(peer, sealer) == Refused(
            status=400, error_code="E01", error_message="m", user_message="u"
        )
    assert len(peer.requests) == 1


@pytest.mark.parametrize("status", [200, 201, 408, 429, 500, 502, 503])
def test_an_undocumented_answer_may_have_been_a_payout_and_is_not_asked_for_again(sealer, status):
    with Peer(answer(b"<html>?</html>", status, "Retry-After: 0")) as peer:
        assert failed(peer, sealer) == (f"HTTP {status} without a documented answer", True)
    assert len(peer.requests) == 1


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(sealer, status):
    with (
        Peer(answer(b"ACK")) as other,
        Peer(answer(b"", status, f"Location: {other.url}/elsewhere")) as peer,
    ):
        assert failed(peer, sealer) == (f"HTTP {status} without a documented answer", True)
    assert len(peer.requests) == 1
    assert other.requests == []


def test_a_compressed_answer_is_not_unpacked(sealer):
    packed = base64.b64decode("H4sIAAAAAAACA3N09gYAzSi4rwMAAAA=")  # gzip of ACK
    with Peer(answer(packed, 200, "Content-Encoding: gzip")) as peer:
        assert failed(peer, sealer) == ("HTTP 200 without a documented answer", True)


def endless(head, unit):
    """Return a script that sends until the client has had enough, and counts what it sent."""

    def play(peer, connection):
        peer.sent = 0
        connection.sendall(head)
        with contextlib.suppress(OSError):
            while peer.sent < 64 * 1024 * 1024:
                connection.sendall(unit)
                peer.sent += len(unit)

    return play


OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"
ENDLESS = [
    (OK + b"Content-Length: 9999999999\r\n\r\n", b"A" * 65536),
    (OK + b"\r\n", b"A" * 65536),
    (CHUNKED, b"10000\r\n" + b"A" * 65536 + b"\r\n"),
    (CHUNKED + b"FFFFFFFFFFFFFFFFFFFF\r\n", b"A" * 65536),
    # http.client takes these two for sizes, and would read the first one to the end.
    (CHUNKED + b"-1\r\n", b"A" * 65536),
    (CHUNKED + b"-5\r\n", b"A" * 65536),
    (OK, b"x: " + b"A" * 60000 + b"\r\n"),
    (OK, b"A" * 65536),
    (b"", b"A" * 65536),
    (b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 1000),
]


@pytest.mark.parametrize(("head", "unit"), ENDLESS)
def test_a_huge_answer_is_cut_off(sealer, head, unit):
    with Peer(endless(head, unit)) as peer:
        text, maybe_sent = failed(peer, sealer)
    assert text in (BROKEN[0], "an answer with HTTP 200 is too large")
    assert maybe_sent
    # What the two sockets buffer is beyond anybody's control; it is some MiB.
    assert peer.sent < 32 * 1024 * 1024


def silent(peer, connection):
    peer.wait(10)


def slow_body(peer, connection):
    connection.sendall(OK + b"Content-Length: 60000\r\n\r\n")
    while not peer.wait(0.02):
        connection.sendall(b"A")


def slow_header(peer, connection):
    connection.sendall(OK + b"x: ")
    while not peer.wait(0.02):
        connection.sendall(b"A")


@pytest.mark.parametrize("play", [silent, slow_body, slow_header])
def test_a_slow_answer_ends_with_the_time_out_for_all_of_it(sealer, play):
    with Peer(play) as peer:
        assert failed(peer, sealer, answer_timeout_seconds=0.3) == TIMED_OUT
    assert len(peer.requests) == 1


CUT = [
    b"",
    b"HTTP/1.1 20",
    OK + b"Content-Le",
    OK + b"Content-Length: 4\r\n\r\nACK",
    OK + b"Content-Length: 9\r\n\r\n",
    CHUNKED + b"3\r\nACK\r\n",
    CHUNKED + b"9\r\nACK",
    CHUNKED + b"zz\r\nACK\r\n0\r\n\r\n",
    b"SSH-2.0-OpenSSH_9.6\r\n",
    b"HTTP/1.1 abc OK\r\n\r\nACK",
    OK + b"Content-Length: 3\r\nContent-Length: 4\r\n\r\nACK",
    b"\x15\x03\x03\x00\x02\x02\x28",
]


@pytest.mark.parametrize("data", CUT)
def test_an_answer_that_breaks_off_may_have_been_a_payout(sealer, data):
    with Peer(lambda _, connection: connection.sendall(data)) as peer:
        text, maybe_sent = failed(peer, sealer)
    assert maybe_sent
    assert text in (BROKEN[0], "HTTP 200 without a documented answer")
    assert len(peer.requests) == 1


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    start=st.sampled_from(
        [b"", b"HTTP/1.1 ", OK, OK + b"\r\n", CHUNKED, b"HTTP/1.1 400 Bad\r\n\r\n"]
    ),
    rest=st.binary(max_size=200),
)
def test_whatever_comes_back_is_an_outcome_and_no_proof_that_nothing_was_sent(sealer, start, rest):
    with Peer(lambda _, connection: connection.sendall(start + rest)) as peer:
        outcome = send(peer, sealer)
    assert isinstance(outcome, Unknown) or (b"ACK" in rest and outcome == ACCEPTED)
    assert len(peer.requests) == 1


def padded(size):
    """Return an ACK of so many bytes, blanks included."""
    return next(
        whole for blanks in range(size) if len(whole := answer(b"ACK" + b" " * blanks)) == size
    )


@pytest.mark.parametrize("tls", [False, True])
@pytest.mark.parametrize("first", [answer(b"ACK"), padded(io.DEFAULT_BUFFER_SIZE)])
def test_what_follows_an_answer_is_nobodys_answer(sealer, ca, trust, tls, first):
    context = server_tls(ca.issue_cert("localhost")) if tls else None
    # What follows the long one is left in the TLS layer, what follows the short one in a buffer.
    play = first + answer(ERROR, 400)
    with Peer(play, context) as peer, client_for(peer.url, sealer, ssl_context=trust) as client:
        assert (
            client.attempt(
                "order-1", ATTEMPT, known=Known.decided("order-1", ATTEMPT.fulfillment_id)
            )
            == ACCEPTED
        )
        assert (
            client.attempt(
                "order-2", ATTEMPT, known=Known.decided("order-2", ATTEMPT.fulfillment_id)
            )
            == ACCEPTED
        )
        assert peer.connections == 2


# What was sent, where it is not known what came of it.


def unused_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def test_a_refused_connection_has_sent_nothing(sealer):
    client = client_for(f"http://localhost:{unused_port()}", sealer)
    with client:
        assert client.attempt(
            "order-1", ATTEMPT, known=Known.decided("order-1", ATTEMPT.fulfillment_id)
        ) == NotSent("no connection could be made")


def test_a_host_that_is_not_there_has_been_sent_nothing(sealer):
    client = client_for("https://nobody.invalid", sealer)
    with client:
        assert client.attempt(
            "order-1", ATTEMPT, known=Known.decided("order-1", ATTEMPT.fulfillment_id)
        ) == NotSent("no connection could be made")


def test_an_earlier_attempt_does_not_count_for_a_later_one(sealer):
    with Peer(answer(b"ACK")) as peer, client_for(peer.url, sealer) as client:
        client.attempt("order-1", ATTEMPT, known=Known.decided("order-1", ATTEMPT.fulfillment_id))
        peer.__exit__()
        assert client.attempt(
            "order-2", ATTEMPT, known=Known.decided("order-2", ATTEMPT.fulfillment_id)
        ) == NotSent("no connection could be made")


def reset(peer, connection):
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def test_a_reset_after_the_request_may_have_been_a_payout(sealer):
    with Peer(reset) as peer:
        assert failed(peer, sealer) == BROKEN
    assert len(peer.requests) == 1


# TLS.


def test_an_attempt_travels_over_tls(sealer, ca, trust):
    with Peer(answer(b"ACK"), server_tls(ca.issue_cert("localhost"))) as peer:
        assert send(peer, sealer, ssl_context=trust) == ACCEPTED
    assert len(peer.requests) == 1


PAST = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
WRONG_CERTIFICATES = {
    "another host": lambda ca: ca.issue_cert("other.example"),
    "expired": lambda ca: ca.issue_cert("localhost", not_after=PAST),
    "another CA": lambda _: trustme.CA().issue_cert("localhost"),
}


@pytest.mark.parametrize("wrong", WRONG_CERTIFICATES)
def test_a_wrong_certificate_is_sent_nothing(sealer, ca, trust, wrong):
    with Peer(answer(b"ACK"), server_tls(WRONG_CERTIFICATES[wrong](ca))) as peer:
        assert failed(peer, sealer, ssl_context=trust) == ("TLS failed", False)
    assert peer.requests == []


def test_a_certificate_outside_the_systems_trust_is_sent_nothing(sealer, ca):
    with Peer(answer(b"ACK"), server_tls(ca.issue_cert("localhost"))) as peer:
        assert failed(peer, sealer) == ("TLS failed", False)
    assert peer.requests == []


def test_a_server_without_tls_is_sent_nothing(sealer, trust):
    def talk(_, connection):
        connection.sendall(answer(b"ACK"))

    with Peer(talk) as peer:
        peer.url = peer.url.replace("http:", "https:")
        # The script wants a request and gets a handshake: it waits, and the client gives up.
        text, maybe_sent = failed(peer, sealer, ssl_context=trust, connect_timeout_seconds=0.3)
    assert (text, maybe_sent) == (TIMED_OUT[0], False)
    assert peer.requests == []


def test_a_tls_fault_after_the_request_may_have_been_a_payout(sealer, ca, trust):
    def garbage(peer, connection):
        with socket.socket(fileno=connection.detach()) as bare:
            bare.sendall(b"\x17\x03\x03\x00\x20" + b"\x00" * 32)
            peer.wait(0.2)

    with Peer(garbage, server_tls(ca.issue_cert("localhost"))) as peer:
        assert failed(peer, sealer, ssl_context=trust) == ("TLS failed", True)
    assert len(peer.requests) == 1


def unverified():
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def optional():
    context = unverified()
    context.verify_mode = ssl.CERT_OPTIONAL
    return context


def any_host():
    context = ssl.create_default_context()
    context.check_hostname = False
    return context


def old():
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    return context


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (unverified, "ssl_context must verify certificates and host names"),
        (optional, "ssl_context must verify certificates and host names"),
        (any_host, "ssl_context must verify certificates and host names"),
        (old, "ssl_context must refuse what is older than TLS 1.2"),
    ],
)
def test_a_context_that_verifies_too_little_is_a_value_error(sealer, make, message):
    with pytest.raises(ValueError, match=f"^{message}$"):
        client_for("https://localhost", sealer, ssl_context=make())


# The caller's mistakes.


@pytest.mark.parametrize("value", [0, -1, float("inf"), float("nan")])
@pytest.mark.parametrize("name", ["connect_timeout_seconds", "answer_timeout_seconds"])
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
        pytest.raises(ValueError, match=r"^an order with a PLAIN_CARD must be sealed"),
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
    client = client_for(f"http://localhost:{unused_port()}", sealer)
    with client:
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


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("call", CALLS)
def test_every_call_ends_in_one_of_four_and_is_made_once(sealer, call, end):
    play, kind = ENDS[end]
    script = play if end != "cut" else lambda _, connection: connection.sendall(play)
    with Peer(script) as peer, client_for(peer.url, sealer) as client:
        assert type(CALLS[call](client)) is kind
    assert len(peer.requests) == 1


@pytest.mark.parametrize("call", CALLS)
def test_every_call_that_reached_nobody_is_not_sent(sealer, call):
    with client_for(f"http://localhost:{unused_port()}", sealer) as client:
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
