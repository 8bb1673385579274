"""The sans-I/O layer: requests as documented, answers read without benefit of the doubt."""

import base64
import json
import pickle
import re
import traceback
from decimal import Decimal
from functools import partial

import msgspec
import pytest
from tests.helpers.rows import each_row

from joseal import ApiError, TransportError
from joseal.juspay import (
    BRAZIL_PRODUCTION,
    BRAZIL_SANDBOX,
    HDFC_PRODUCTION,
    HDFC_SANDBOX,
    PRODUCTION,
    SANDBOX,
    Accepted,
    Account,
    Ack,
    AttemptPath,
    BankAccount,
    Beneficiary,
    Cancellation,
    Envelope,
    NewFulfillment,
    NewOrder,
    OrderState,
    PlainCard,
    Refused,
    Unknown,
    attempt_request,
    cancel_request,
    create_order_request,
    create_plain_order_request,
    order_status_request,
    read_attempt_response,
    read_cancel_response,
    read_create_order_response,
    read_order_status_response,
)
from joseal.juspay.requests import ANSWER_BYTES

API_KEY = "1D6A8F2C4B9E4CF5A921C3E5406AC0FB"
BASIC = base64.b64encode(f"{API_KEY}:".encode()).decode()
ACCOUNT = Account(
    merchant_id="merchant-1", api_key=API_KEY, kid="K", sid="S", routing_id="customer_1122"
)
ENVELOPE = Envelope(payload="a.b.c.d.e", kid="K", sid="S", format="compact")


def account(**changes):
    return msgspec.structs.replace(ACCOUNT, **changes)


def test_request_is_the_documented_one():
    request = attempt_request(ACCOUNT, "order-1@x_Y", ENVELOPE)
    assert request.method == "POST"
    assert request.url == (
        "https://sandbox.juspay.in/payout/merchant/v1/orders/order-1@x_Y/attempt"
    )
    assert dict(request.headers) == {
        "Authorization": f"Basic {BASIC}",
        "Content-Type": "application/json",
        "x-merchantid": "merchant-1",
        "x-routing-id": "customer_1122",
    }
    assert request.body == ENVELOPE.to_json()


def test_both_published_paths_can_be_selected():
    urls = {
        path: attempt_request(ACCOUNT, "order-1", ENVELOPE, path=path).url for path in AttemptPath
    }
    assert urls == {
        AttemptPath.ORDERS: f"{SANDBOX}/payout/merchant/v1/orders/order-1/attempt",
        AttemptPath.SHORT: f"{SANDBOX}/payout/merchant/v1/order-1/attempt",
    }


BASE_URLS = [SANDBOX, PRODUCTION, BRAZIL_SANDBOX, BRAZIL_PRODUCTION, HDFC_SANDBOX, HDFC_PRODUCTION]
BASE_URLS += ["https://api.example:8443", "https://[2001:db8::1]:443"]
BASE_URLS += [
    "http://localhost:8080",
    "http://127.0.0.1",
    "http://127.8.9.1:1",
    "http://[::1]:8080",
]


@each_row("base_url", BASE_URLS)
def test_host_can_be_configured(base_url):
    request = attempt_request(account(base_url=base_url), "order-1", ENVELOPE)
    assert request.url.startswith(base_url + "/payout/")


@pytest.mark.parametrize(
    "base_url",
    [
        "http://sandbox.juspay.in",
        "http://128.0.0.1",
        "http://0.0.0.0",
        "http://localhost.example",
        "http://[::2]",
        "http://2130706433",
    ],
)
def test_plain_http_is_for_loopback_only(base_url):
    with pytest.raises(ValueError, match=r"^base_url must be https:// unless"):
        account(base_url=base_url)


WRONG_URLS = [
    "",
    "sandbox.juspay.in",
    "ftp://a",
    "https://",
    "https://a/",
    "https://a/b",
    "https://a?b",
]
WRONG_URLS += [
    "https://u:p@a",
    "https://a#b",
    "https://a\n",
    "https://a b",
    "https://a:",
    "HTTPS://a",
]
WRONG_URLS += ["https://[::::]", "https://a..b", "https://" + "a" * 64]
WRONG_URLS += ["https://a\r\nx", "https://[::1", "https://-a", "https://a:123456", "https://ä"]
WRONG_URLS += ["http://localhost@evil.example", "http://127.0.0.1\\@evil.example"]


@each_row("base_url", WRONG_URLS)
def test_base_url_is_scheme_host_and_port_only(base_url):
    with pytest.raises(ValueError, match=r"^base_url must be a scheme, a host"):
        account(base_url=base_url)


@pytest.mark.parametrize("port", ["0", "65536", "99999"])
def test_base_url_has_a_port_that_can_be(port):
    with pytest.raises(ValueError, match=r"^base_url has a port that can't be$"):
        account(base_url=f"https://a:{port}")


BAD_LINES = [
    "",
    " a",
    "a ",
    "a\r\nx-evil: 1",
    "a\n",
    "a\rb",
    "a\x00b",
    "a\tb",
    "ä",
    "a\x7f",
    "\u2028",
]


@each_row("value", BAD_LINES)
@each_row("member", ["merchant_id", "routing_id", "kid", "sid"])
def test_what_goes_into_a_header_is_printable_ascii(member, value):
    message = f"{member} must be printable ASCII without blanks around it"
    with pytest.raises(ValueError, match=re.escape(message)) as caught:
        account(**{member: value})
    assert caught.value.args == (message,)


@each_row("value", [*BAD_LINES, "a b", "key:", ":"])
def test_api_key_is_printable_ascii_without_a_colon(value):
    message = "api_key must be printable ASCII without blanks and colons"
    with pytest.raises(ValueError, match=message) as caught:
        account(api_key=value)
    assert caught.value.args == (message,)


@each_row("member", ["merchant_id", "api_key", "kid", "sid", "routing_id", "base_url"])
@each_row("value", [1, b"a", ["a"]])
def test_account_takes_strings_only(member, value):
    with pytest.raises(TypeError, match=f"^{member} must be a string$"):
        account(**{member: value})


@each_row("value", BAD_LINES)
def test_routing_id_of_a_call_is_printable_ascii(value):
    with pytest.raises(ValueError, match=r"^routing_id must be printable ASCII"):
        attempt_request(ACCOUNT, "order-1", ENVELOPE, routing_id=value)


def test_routing_id_of_a_call_goes_before_the_accounts():
    request = attempt_request(ACCOUNT, "order-1", ENVELOPE, routing_id="customer 7")
    assert request.headers["x-routing-id"] == "customer 7"


def test_routing_id_is_left_out_where_there_is_none():
    request = attempt_request(account(routing_id=None), "order-1", ENVELOPE)
    assert "x-routing-id" not in request.headers


@pytest.mark.parametrize("order_id", ["a@_-", "A" * 64, "0000", "____"])
def test_documented_order_ids_are_taken(order_id):
    assert f"/orders/{order_id}/attempt" in attempt_request(ACCOUNT, order_id, ENVELOPE).url


@each_row(
    "order_id",
    [
        "",
        "abc",
        "a" * 65,
        "abcd\n",
        "ab/cd",
        "../..",
        "a%2Fb",
        "ab cd",
        "abcd?",
        "äbcd",
        "٠١٢٣",
        "ab.c",
    ],
)
def test_other_order_ids_are_a_value_error(order_id):
    with pytest.raises(ValueError, match=r"^order_id must be 4 to 64") as caught:
        attempt_request(ACCOUNT, order_id, ENVELOPE)
    assert order_id not in str(caught.value) or not order_id


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((None, "order-1", ENVELOPE), "an Account is wanted"),
        ((ACCOUNT, 1234, ENVELOPE), "order_id must be a string"),
        ((ACCOUNT, b"order-1", ENVELOPE), "order_id must be a string"),
        ((ACCOUNT, "order-1", ENVELOPE.to_json()), "an Envelope is wanted"),
    ],
)
def test_wrong_argument_is_a_type_error(arguments, message):
    with pytest.raises(TypeError, match=f"^{message}$"):
        attempt_request(*arguments)


@pytest.mark.parametrize("path", ["/orders/{}", None])
def test_path_is_one_of_the_published_ones(path):
    with pytest.raises(TypeError, match=r"^an AttemptPath is wanted$"):
        attempt_request(ACCOUNT, "order-1", ENVELOPE, path=path)


@pytest.mark.parametrize("value", [ACCOUNT, attempt_request(ACCOUNT, "order-1", ENVELOPE)])
def test_neither_repr_nor_rich_nor_pickle_shows_the_api_key_or_the_body(value):
    for shown in (repr(value), str(value), repr(value.__rich_repr__())):
        assert type(value).__name__ in shown or "hidden" in shown
        for secret in (API_KEY, BASIC, "Basic", "a.b.c"):
            assert secret not in shown
    with pytest.raises(TypeError, match="can't be pickled"):
        pickle.dumps(value)


def test_repr_of_a_request_says_where_it_goes():
    assert repr(attempt_request(ACCOUNT, "order-1", ENVELOPE)) == (
        "Request(method='POST',"
        " url='https://sandbox.juspay.in/payout/merchant/v1/orders/order-1/attempt',"
        " headers='<hidden>', body='<hidden>')"
    )


def test_a_requests_headers_can_not_be_changed():
    with pytest.raises(TypeError):
        attempt_request(ACCOUNT, "order-1", ENVELOPE).headers["x-evil"] = "1"


# Reading.


@pytest.mark.parametrize("body", [b"ACK", b'"ACK"', b"ACK\n", b' \t"ACK"\r\n'])
def test_ack_is_taken_bare_and_as_json_string(body):
    assert read_attempt_response(200, body) == Accepted(Ack())


ERROR = {
    "error": True,
    "errorCode": "E01",
    "errorMessage": "cardNumber 4929471234567898 is bad",
    "userMessage": "Please check the card",
}


def encoded(**changes):
    members = {**ERROR, **changes}
    return json.dumps({name: value for name, value in members.items() if value is not ...}).encode()


def wrapped(code, **changes):
    return b'{"response": %b, "code": %d}' % (encoded(**changes), code)


@each_row("status", [400, 401, 403, 404])
@each_row("shape", ["bare", "wrapped"])
@each_row("error", [True, "true"])
def test_documented_refusal_is_refused(status, shape, error):
    body = encoded(error=error) if shape == "bare" else wrapped(status, error=error)
    outcome = read_attempt_response(status, body)
    assert outcome == Refused(
        status=status,
        error_code="E01",
        error_message="cardNumber 4929471234567898 is bad",
        user_message="Please check the card",
    )


@pytest.mark.parametrize("absent", [..., None])
def test_refusal_without_texts_is_still_one(absent):
    body = encoded(errorCode="E02", errorMessage=absent, userMessage=absent)
    assert read_attempt_response(401, body) == Refused(status=401, error_code="E02")


@each_row("code", ["E06", "E90"])
@each_row("status", [200, 400, 404, 500])
@each_row("shape", ["bare", "wrapped"])
def test_a_failure_of_the_api_itself_is_no_refusal(code, status, shape):
    body = encoded(errorCode=code) if shape == "bare" else wrapped(status, errorCode=code)
    for read in READERS.values():
        assert read(status, body) == Unknown(
            f"the API failed itself, {code} (HTTP {status}): read the order's status", status
        )


UNDOCUMENTED = [
    # A success that is none.
    *((status, b"ACK") for status in [199, 201, 202, 204, 206, 301, 302, 307, 400, 500, 503]),
    *((200, body) for body in [b"", b"ack", b"NACK", b"ACK.", b"'ACK'", b'"ACK', b"ACK\x00"]),
    *((200, body) for body in [b"\xef\xbb\xbfACK", b"A\x00C\x00K\x00", b'["ACK"]', b"null", b"{}"]),
    (200, b"<html>ACK</html>"),
    # A refusal that is none.
    *((status, encoded()) for status in [200, 302, 408, 409, 418, 422, 429, 500, 502, 503, 504]),
    *((400, body) for body in [b"", b"{}", b"E01", b"\xff", b"[" * 9999, b'{"error":true}']),
    (400, b"<html>Bad Request</html>"),
    (400, encoded(error=False)),
    (400, encoded(error="false")),
    (400, encoded(error=1)),
    (400, encoded(error=None)),
    (400, encoded(error=...)),
    *((400, encoded(errorCode=code)) for code in ["e06", "E1", "E010", "4929471234567898"]),
    (400, encoded(errorCode=...)),
    (400, encoded(errorCode=None)),
    (400, encoded(errorCode=1)),
    (400, encoded(errorCode="")),
    (400, encoded(errorCode="E01\r\n2026-01-01 INFO all is well")),
    (400, encoded(errorCode="E" * 33)),
    (400, encoded(errorMessage=["x"])),
    (400, encoded(userMessage=7)),
    (400, encoded()[:-1]),
    (400, encoded() + b"x"),
    (400, encoded()[:-1] + b', "errorCode": "E02"}'),
    (400, wrapped(404)),
    (400, b'{"response": 1, "code": 400}'),
    (400, b'{"response": %b}' % encoded()),
    (400, b'{"response": %b, "code": "400"}' % encoded()),
    (400, b'{"response": %b, "code": 400}' % wrapped(400)),
]


READERS = {
    "attempt": read_attempt_response,
    "create": partial(read_create_order_response, order_id="order-1"),
    "status": partial(read_order_status_response, order_id="order-1"),
    "cancel": read_cancel_response,
}
# A success of a cancellation has no documented body.
NO_CANCELLATION = [pair for pair in UNDOCUMENTED if pair != (200, b"{}")]


def is_unknown(outcome, status):
    return (type(outcome), outcome.status) == (Unknown, status) and re.fullmatch(
        f"HTTP {status}(?: without a documented answer|(?: with E01)? is not a documented refusal)",
        outcome.reason,
    )


@each_row("name", READERS)
@each_row("code", ["E10", "E91"])
def test_a_code_that_is_in_no_list_may_have_been_a_payout_and_is_named(name, code):
    found = READERS[name](400, encoded(errorCode=code))
    assert found == Unknown(f"HTTP 400 with {code} is not a documented refusal", 400)


@each_row(("status", "body"), UNDOCUMENTED)
def test_every_other_answer_may_have_been_a_payout(status, body):
    assert is_unknown(read_attempt_response(status, body), status)
    assert is_unknown(READERS["create"](status, body), status)
    assert is_unknown(READERS["status"](status, body), status)


@each_row(("status", "body"), NO_CANCELLATION)
def test_every_other_answer_may_have_been_a_cancellation(status, body):
    assert is_unknown(read_cancel_response(status, body), status)


@pytest.mark.parametrize("read", READERS.values(), ids=READERS)
def test_answer_over_the_limit_is_not_read(read):
    assert read(400, encoded().ljust(ANSWER_BYTES)).kind == "refused"
    assert read(400, encoded().ljust(ANSWER_BYTES + 1)) == Unknown(
        "an answer with HTTP 400 is too large", 400
    )


@each_row(("status", "body"), [("200", b"ACK"), (True, b"ACK"), (200, "ACK"), (200, None)])
@each_row("read", READERS.values(), ids=READERS)
def test_answer_of_a_wrong_type_is_a_type_error(read, status, body):
    with pytest.raises(TypeError, match=r"^status must be an int, and body bytes$"):
        read(status, body)


# Orders.


def order_to(kind, details):
    part = NewFulfillment(
        amount=Decimal(1), beneficiary_details=Beneficiary(type=kind, details=details)
    )
    return NewOrder(
        order_id="order-1",
        amount=Decimal(1),
        customer_id="c",
        customer_phone="9999999999",
        customer_email="a@b.example",
        type="FULFILL_ONLY",
        fulfillments=[part],
    )


TO_A_BANK = order_to("ACCOUNT_IFSC", BankAccount(name="n", account="123", ifsc="ABCD0123456"))
TO_A_CARD = order_to("PLAIN_CARD", PlainCard(card_token="5513651111111111"))

REQUESTS = {
    "create": (
        create_order_request(ACCOUNT, ENVELOPE),
        ("POST", "/payout/merchant/v1.1/orders", ENVELOPE.to_json()),
    ),
    "create plain": (
        create_plain_order_request(ACCOUNT, TO_A_BANK),
        ("POST", "/payout/merchant/v1/orders", TO_A_BANK.to_json()),
    ),
    "status": (
        order_status_request(ACCOUNT, "order-1"),
        ("GET", "/payout/merchant/v1/orders/order-1?expand=fulfillment,payment,refund", None),
    ),
    "status, some": (
        order_status_request(ACCOUNT, "order-1", expand=("refund",)),
        ("GET", "/payout/merchant/v1/orders/order-1?expand=refund", None),
    ),
    "cancel": (
        cancel_request(ACCOUNT, "c14b43-f1"),
        ("POST", "/payout/merchant/v1/fulfillment/c14b43-f1/cancel", None),
    ),
}


@pytest.mark.parametrize("name", REQUESTS)
def test_every_request_is_the_documented_one(name):
    request, (method, path, body) = REQUESTS[name]
    assert (request.method, request.url, request.body) == (method, SANDBOX + path, body)
    assert dict(request.headers) == {
        "Authorization": f"Basic {BASIC}",
        "Content-Type": "application/json",
        "x-merchantid": "merchant-1",
        "x-routing-id": "customer_1122",
    }


def test_a_card_is_not_sent_unsealed():
    with pytest.raises(ValueError, match=r"^an order with a PLAIN_CARD must be encrypted"):
        create_plain_order_request(ACCOUNT, TO_A_CARD)


@each_row("value", BAD_LINES)
def test_routing_id_of_every_call_is_printable_ascii(value):
    for build, arguments in (
        (create_order_request, [ENVELOPE]),
        (create_plain_order_request, [TO_A_BANK]),
        (order_status_request, ["order-1"]),
        (cancel_request, ["f-1"]),
    ):
        with pytest.raises(ValueError, match=r"^routing_id must be printable ASCII"):
            build(ACCOUNT, *arguments, routing_id=value)


@each_row("value", ["", "a/b", "../a", "a?b", "a%2Fb", "a b", "a\r\n", "ä", "a" * 129])
def test_a_fulfillment_id_stays_in_its_place_of_the_path(value):
    with pytest.raises(ValueError, match=r"^fulfillment_id must be at most 128"):
        cancel_request(ACCOUNT, value)


@pytest.mark.parametrize(
    ("expand", "error", "message"),
    [
        ("fulfillment", TypeError, "expand must be a collection of strings"),
        (1, TypeError, "expand must be a collection of strings"),
        (["everything"], ValueError, "expand must have parts that the API documents"),
        (["fulfillment&x=1"], ValueError, "expand must have parts that the API documents"),
    ],
)
def test_expand_has_documented_parts_only(expand, error, message):
    with pytest.raises(error, match=f"^{message}$"):
        order_status_request(ACCOUNT, "order-1", expand=expand)


SAMPLE = {
    "orderId": "order-1",
    "status": "FULFILLMENTS_SUCCESSFUL",
    "type": "FULFILL_ONLY",
    "amount": 2.5,
    "customerId": "customer-7",
    "refunds": [],
    "fulfillments": [
        {
            "id": "f9c2f6-f1",
            "status": "SUCCESS",
            "amount": 2.5,
            "updatedBy": "DEFAULT",
            "beneficiaryDetails": {
                "type": "PLAIN_CARD",
                "details": {"name": "N", "last4ofCard": "1111", "brand": "VISA"},
            },
            "transactions": [
                {
                    "transactionRef": "3c42",
                    "status": "SUCCESS",
                    "amount": 2.5,
                    "responseMessage": "to 4929471234567898",
                    "txnResponse": {"status": "SUCCESS", "requestId": "3c42"},
                }
            ],
        }
    ],
}


def sample(**changes):
    members = {**SAMPLE, **changes}
    return json.dumps({name: value for name, value in members.items() if value is not ...}).encode()


@pytest.mark.parametrize("name", ["create", "status"])
def test_an_order_is_read_and_what_is_not_documented_is_ignored(name):
    order = READERS[name](200, sample(newMember={"a": [1]})).result()
    assert (order.order_id, order.status, order.amount) == (
        "order-1",
        OrderState.FULFILLMENTS_SUCCESSFUL,
        Decimal("2.5"),
    )
    part = order.fulfillment("f9c2f6-f1")
    assert part.beneficiary_details.details.last_4_of_card == "1111"
    assert part.transactions[0].response_message == "to 4929471234567898"
    assert order.known("f9c2f6-f1").references == {"3c42"}
    for hidden in ("4929471234567898", "1111", "VISA", "customer-7"):
        assert hidden not in repr(order)
    assert "SUCCESS" in repr(order)


def test_a_state_that_is_new_is_no_error():
    order = READERS["status"](200, sample(status="FULFILLMENTS_ON_HOLD")).result()
    assert order.status == "FULFILLMENTS_ON_HOLD"
    assert not order.status.documented


@pytest.mark.parametrize("absent", [..., None, []])
def test_an_order_may_come_without_its_payouts(absent):
    order = READERS["status"](200, sample(fulfillments=absent)).result()
    with pytest.raises(LookupError, match="exactly one fulfillment"):
        order.known("f9c2f6-f1")


@each_row(
    "changes",
    [
        {"orderId": ...},
        {"orderId": 1},
        {"status": ...},
        {"status": None},
        {"status": "success"},
        {"status": "S" * 65},
        {"amount": "much"},
        {"fulfillments": {}},
        {"fulfillments": [{"id": "f"}]},
        {"error": True},
        {"errorCode": "E01"},
    ],
)
@each_row("name", ["create", "status"])
def test_what_is_no_order_is_unknown(name, changes):
    assert READERS[name](200, sample(**changes)) == Unknown(
        "HTTP 200 without a documented answer", 200
    )


def test_an_answer_about_another_order_is_none():
    assert READERS["create"](200, sample(orderId="order-2")) == Unknown(
        "HTTP 200 with an answer about a different order", 200
    )


@pytest.mark.parametrize("body", [b'{"response":{}}', wrapped(200), encoded()])
def test_an_error_with_the_status_of_a_success_is_no_cancellation(body):
    assert is_unknown(read_cancel_response(200, body), 200)


@pytest.mark.parametrize("body", [b"{}", b'{"status":"CANCELLED"}', b'{"error":false}'])
def test_any_object_that_is_no_error_is_a_cancellation(body):
    assert read_cancel_response(200, body) == Accepted(Cancellation())


@each_row("status", [200, 400, 500])
@each_row("read", READERS.values(), ids=READERS)
def test_what_is_raised_for_an_answer_shows_none_of_it(read, status):
    outcome = read(status, encoded(errorMessage="4929471234567898"))
    assert "4929471234567898" not in repr(outcome)
    with pytest.raises((ApiError, TransportError)) as caught:
        outcome.result()
    assert caught.value.__context__ is None
    frames = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
    shown = "".join(frames.format())
    # The caller's own frame is the caller's; below it, there is nothing.
    assert "4929471234567898" not in shown[shown.index("in guarded") :]
