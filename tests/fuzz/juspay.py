"""Any bytes as what the payouts API sends: an answer off the socket, its body, a webhook.

The first byte chooses the reader, the second the HTTP status that a body comes with.
"""

import contextlib
import json
import socket
import ssl

from tests.fuzz.material import BETWEEN, jwks, key
from tests.fuzz.tokens import opened

from joseal._http.connection import Connection
from joseal._http.origin import Timeouts
from joseal._http.response import Answer
from joseal.juspay import (
    Accepted,
    Attempt,
    CardInfo,
    Envelope,
    Known,
    NewOrder,
    Refused,
    UnauthenticatedError,
    Unknown,
    WebhookReceiver,
    read_attempt_response,
    read_cancel_response,
    read_create_order_response,
    read_order_status_response,
    read_webhook,
)
from joseal.juspay.http.transport import Transport
from joseal.juspay.models.base import Body
from joseal.juspay.models.states import FulfillmentState, OrderState, TransactionState
from joseal.juspay.reconcile import Arrived, AttemptQuery, Failed, StillUnknown, read_reconciliation
from joseal.juspay.requests import Request
from joseal.juspay.responses import ANSWER_BYTES

__all__ = ["WORDS", "check", "seeds"]

ORDER_ID, FULFILLMENT_ID = "order-1", "f-1"
STATUSES = [200, 400, 401, 403, 404, 429, 500, 503]
WORDS = [
    *("orderId", "status", "fulfillments", "transactions", "transactionRef", "amount", "details"),
    *("beneficiaryDetails", "error", "errorCode", "errorMessage", "userMessage", "response"),
    *("code", "E01", "E06", "E90", "ACK", "id", "label", "value", "category", "info", "type"),
    *("payload", "kid", "sid", "format", "compact", "true", "null", ORDER_ID, FULFILLMENT_ID),
    *("HTTP/1.1 200 OK\r\n", "Content-Length: ", "Transfer-Encoding: chunked\r\n", "\r\n"),
    *(*OrderState, *FulfillmentState, *TransactionState),
]
QUESTION = AttemptQuery(known=Known.decided(ORDER_ID, FULFILLMENT_ID, ["known"]))


def check(data):
    if len(data) < 2:
        return
    reader = READERS[data[0] % len(READERS)]
    reader(STATUSES[data[1] % len(STATUSES)], data[2:])


def check_outcome(outcome, status):
    assert type(outcome) in (Accepted, Refused, Unknown)
    if isinstance(outcome, Accepted):
        assert status == 200
    elif isinstance(outcome, Refused):
        assert status in (400, 401, 403, 404)
        assert outcome.error_code not in ("E06", "E90")
        assert outcome.error_code in repr(outcome)
        assert outcome.advice
    else:
        assert outcome.status == status
        assert len(outcome.reason) < 100
    assert repr(outcome)


def check_attempt(status, body):
    check_outcome(read_attempt_response(status, body), status)


def check_cancel(status, body):
    check_outcome(read_cancel_response(status, body), status)


def check_order(status, body):
    outcome = read_order_status_response(status, body, order_id=ORDER_ID)
    check_outcome(outcome, status)
    assert outcome == read_create_order_response(status, body, order_id=ORDER_ID)
    if isinstance(outcome, Accepted):
        assert outcome.value.order_id == ORDER_ID
        with contextlib.suppress(LookupError, ValueError):
            outcome.value.known(FULFILLMENT_ID)
    resolution = read_reconciliation(outcome, QUESTION, apart_seconds=0)
    assert type(resolution) in (Arrived, Failed, StillUnknown)
    if isinstance(resolution, Failed):
        assert {part.status for part in resolution.transactions} <= {"FAILURE", "REVERSED"}
        assert outcome.value.fulfillment(FULFILLMENT_ID).status in {
            *("FAILURE", "CANCELLED", "DISCARDED")
        }


class _Canned(Connection):
    """A connection whose other side has said already all that it will say."""

    response_class = Answer
    said = b""

    def connect(self):
        self.sock, other = socket.socketpair()
        self.sock.settimeout(5)
        with other:
            other.sendall(self.said)
            other.shutdown(socket.SHUT_WR)
            self.kept = other.dup()

    def close(self):
        super().close()
        if hasattr(self, "kept"):
            self.kept.close()


TLS = ssl.create_default_context()  # costly, and not used over plain HTTP
TLS.minimum_version = ssl.TLSVersion.TLSv1_2
REQUEST = Request(method="POST", url="http://127.0.0.1:9/x", headers={"X": "y"}, body=b"{}")


def check_exchange(_, said):
    """The whole way: off a socket, through urllib3, to an outcome."""
    transport = Transport(
        "http://127.0.0.1:9",
        Timeouts(5, 5, 10),
        connections=1,
        idle_seconds=0,
        ssl_context=TLS,
    )
    transport._origin._pool.current().ConnectionCls = type("Canned", (_Canned,), {"said": said})
    try:
        found = transport.exchange(REQUEST)
    finally:
        transport.close()
    if isinstance(found, Unknown):
        assert len(found.reason) < 100
        return
    status, body, _ = found
    assert len(body) <= ANSWER_BYTES + 1
    assert said.startswith(b"HTTP/")
    check_outcome(read_attempt_response(status, body), status)


def check_webhook(_, text):
    webhook = opened(read_webhook, text)
    if webhook is not None:
        said = json.loads(text)
        assert (webhook.id, webhook.label, webhook.value) == (
            said["id"],
            said["label"],
            said["value"],
        )
        assert webhook.text == text
        assert webhook.info.keys() == said["info"].keys()
        assert repr(webhook)


# The key of the seals is in the vectors too, and is never used otherwise.
RSA = next(key(text) for text in jwks("jwe_compact_v1") if '"RSA-OAEP-256"' in text)
VERIFYING = next(key(text) for text in jwks("jws_compact_v1") if '"RS256"' in text)
SEALED = WebhookReceiver(keys=RSA, verifying_keys=VERIFYING.public())


def check_sealed(_, body):
    opened(SEALED.receive, {}, body)


PLAIN = WebhookReceiver(basic=("juspay", "a:b"), custom_header=("x-hook", "value"))
BASIC = "anVzcGF5OmE6Yg=="


def check_headers(_, data):
    """What comes as headers is the credentials, or refused before the body is read."""
    pairs = [part.decode("utf-8", "surrogateescape").partition(":") for part in data.split(BETWEEN)]
    headers = [(name, value) for name, _, value in pairs]
    try:
        assert PLAIN.open(headers, b"never read") == b"never read"
    except UnauthenticatedError:
        return
    values = {name.lower(): value for name, value in headers}
    assert values["x-hook"].strip(" \t") == "value"
    scheme, _, given = values["authorization"].partition(" ")
    assert (scheme.lower(), given.strip(" \t")) == ("basic", BASIC)


def check_body(_, text):
    """What goes out is read as strictly as it was built: it is written again as an equal one."""
    for kind in (Attempt, NewOrder, Envelope):
        assert issubclass(kind, Body)
        body = opened(kind.from_json, text)
        if body is not None:
            assert kind.from_json(body.to_json()) == body
            assert repr(body)


READERS = [
    *(check_attempt, check_cancel, check_order, check_exchange, check_webhook, check_sealed),
    *(check_headers, check_body),
]
ATTEMPT, CANCEL, ORDER, EXCHANGE, WEBHOOK, SEALED_WEBHOOK, HEADERS, BODY = range(len(READERS))

ERROR = {"error": True, "errorCode": "E01", "errorMessage": "cardInfo", "userMessage": "Sorry"}


def order(fulfillment, *transactions):
    transaction = {"amount": 10.10, "responseCode": "00", "createdAt": "2026-01-31T09:00:00Z"}
    return {
        "orderId": ORDER_ID,
        "status": "FULFILLMENTS_SCHEDULED",
        "amount": 10.10,
        "fulfillments": [
            {
                "id": FULFILLMENT_ID,
                "status": fulfillment,
                "amount": "10.10",
                "beneficiaryDetails": {"type": "CARD", "details": {"last4ofCard": "1111"}},
                "transactions": [
                    {"transactionRef": reference, "status": status, **transaction}
                    for reference, status in transactions
                ],
            }
        ],
    }


def bodies():
    yield b"ACK"
    yield b'"ACK"'
    for code in ("E01", "E06", "E90"):
        yield json.dumps({**ERROR, "errorCode": code}).encode()
        yield json.dumps({"response": {**ERROR, "errorCode": code}, "code": 400}).encode()
    for state in FulfillmentState:
        for last in TransactionState:
            yield json.dumps(order(state, ("known", "FAILURE"), ("t-2", last))).encode()


def seeds():
    for text in bodies():
        for reader in (ATTEMPT, CANCEL, ORDER):
            for status in (0, 1, 4, 6):
                yield bytes((reader, status)) + text
        head = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(text)
        yield bytes((EXCHANGE, 0)) + head + text
        yield bytes((EXCHANGE, 0)) + b"HTTP/1.1 400 Bad Request\r\n\r\n" + text
        chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
        yield bytes((EXCHANGE, 0)) + chunked + b"%x\r\n%s\r\n0\r\n\r\n" % (len(text), text)
    for label in ("ORDER", "FULFILLMENT_TXN", "VALIDATION"):
        told = {"id": "w-1", "label": label, "value": "SUCCESS", "category": "INFO"}
        info = {"amount": 10.10, "list": ["a", {}], "none": None}
        yield bytes((WEBHOOK, 0)) + json.dumps({**told, "info": info}).encode()
    given = b"Authorization:Basic " + BASIC.encode()
    yield bytes((HEADERS, 0)) + given + BETWEEN + b"X-Hook:value" + BETWEEN + b"Host:a.example"
    envelope = {"payload": "a.b.c.d.e", "kid": "k", "sid": "s", "format": "compact"}
    yield bytes((BODY, 0)) + json.dumps(envelope).encode()
    card = CardInfo(card_number="4929471234567898")
    yield bytes((BODY, 0)) + Attempt(fulfillment_id=FULFILLMENT_ID, card_info=card).to_json()
    payee = {"name": "A", "vpa": "a@b"}
    made = {
        "orderId": ORDER_ID,
        "amount": 10.10,
        "customerId": "c-1",
        "customerPhone": "9999999999",
        "customerEmail": "a@b.example",
        "type": "FULFILL_ONLY",
        "fulfillments": [
            {
                "amount": 10.10,
                "preferredMethodList": ["DUMMY_UPI"],
                "beneficiaryDetails": {"type": "UPI_ID", "details": payee},
                "additionalInfo": {"remark": "r", "attemptThreshold": 25, "isRetriable": True},
            }
        ],
    }
    yield bytes((BODY, 0)) + json.dumps(made).encode()
