"""The sans-I/O layer: requests as documented, answers read without benefit of the doubt."""

import base64
import json
import pickle
import re
import traceback

import msgspec
import pytest

from joseal import ApiError, TransportError
from joseal.juspay import (
    PRODUCTION,
    SANDBOX,
    Account,
    Ack,
    AttemptPath,
    Envelope,
    attempt_request,
    read_attempt_response,
)
from joseal.juspay.api import ANSWER_BYTES

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


BASE_URLS = [SANDBOX, PRODUCTION, "https://api.example:8443", "https://[2001:db8::1]:443"]
BASE_URLS += [
    "http://localhost:8080",
    "http://127.0.0.1",
    "http://127.8.9.1:1",
    "http://[::1]:8080",
]


@pytest.mark.parametrize("base_url", BASE_URLS)
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
WRONG_URLS += ["https://a\r\nx", "https://[::1", "https://-a", "https://a:123456", "https://ä"]
WRONG_URLS += ["http://localhost@evil.example", "http://127.0.0.1\\@evil.example"]


@pytest.mark.parametrize("base_url", WRONG_URLS)
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


@pytest.mark.parametrize("value", BAD_LINES)
@pytest.mark.parametrize("member", ["merchant_id", "routing_id", "kid", "sid"])
def test_what_goes_into_a_header_is_printable_ascii(member, value):
    message = f"{member} must be printable ASCII without blanks around it"
    with pytest.raises(ValueError, match=re.escape(message)) as caught:
        account(**{member: value})
    assert caught.value.args == (message,)


@pytest.mark.parametrize("value", [*BAD_LINES, "a b", "key:", ":"])
def test_api_key_is_printable_ascii_without_a_colon(value):
    message = "api_key must be printable ASCII without blanks and colons"
    with pytest.raises(ValueError, match=message) as caught:
        account(api_key=value)
    assert caught.value.args == (message,)


@pytest.mark.parametrize(
    "member", ["merchant_id", "api_key", "kid", "sid", "routing_id", "base_url"]
)
@pytest.mark.parametrize("value", [1, b"a", ["a"]])
def test_account_takes_strings_only(member, value):
    with pytest.raises(TypeError, match=f"^{member} must be a string$"):
        account(**{member: value})


@pytest.mark.parametrize("value", BAD_LINES)
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


@pytest.mark.parametrize(
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
    assert read_attempt_response(200, body) == Ack()


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


@pytest.mark.parametrize("status", [400, 401, 403, 404])
@pytest.mark.parametrize("shape", ["bare", "wrapped"])
@pytest.mark.parametrize("error", [True, "true"])
def test_documented_refusal_is_an_api_error(status, shape, error):
    body = encoded(error=error) if shape == "bare" else wrapped(status, error=error)
    with pytest.raises(ApiError) as caught:
        read_attempt_response(status, body)
    assert caught.value == ApiError(
        status, "E01", "cardNumber 4929471234567898 is bad", "Please check the card"
    )
    assert "4929471234567898" not in f"{caught.value}{caught.value!r}"


@pytest.mark.parametrize("absent", [..., None])
def test_refusal_without_texts_is_still_one(absent):
    with pytest.raises(ApiError) as caught:
        read_attempt_response(
            401, encoded(errorCode="E02", errorMessage=absent, userMessage=absent)
        )
    assert caught.value == ApiError(401, "E02", "", "")


@pytest.mark.parametrize("code", ["E06", "E90"])
@pytest.mark.parametrize("status", [200, 400, 404, 500])
@pytest.mark.parametrize("shape", ["bare", "wrapped"])
def test_a_failure_of_the_api_itself_is_no_refusal(code, status, shape):
    body = encoded(errorCode=code) if shape == "bare" else wrapped(status, errorCode=code)
    with pytest.raises(TransportError) as caught:
        read_attempt_response(status, body)
    assert caught.value == TransportError(
        f"the API failed itself, {code} (HTTP {status}): read the order's status", maybe_sent=True
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


@pytest.mark.parametrize(("status", "body"), UNDOCUMENTED)
def test_every_other_answer_may_have_been_a_payout(status, body):
    with pytest.raises(TransportError) as caught:
        read_attempt_response(status, body)
    assert caught.value.maybe_sent
    assert caught.value.args[0] in (
        f"HTTP {status} without a documented answer",
        f"HTTP {status} is no documented refusal",
    )


def test_answer_over_the_limit_is_not_read():
    read_attempt_response(200, b"ACK".ljust(ANSWER_BYTES))
    with pytest.raises(TransportError) as caught:
        read_attempt_response(200, b"ACK".ljust(ANSWER_BYTES + 1))
    assert caught.value == TransportError("an answer with HTTP 200 is too large", maybe_sent=True)


@pytest.mark.parametrize(
    ("status", "body"), [("200", b"ACK"), (True, b"ACK"), (200, "ACK"), (200, None)]
)
def test_answer_of_a_wrong_type_is_a_type_error(status, body):
    with pytest.raises(TypeError, match=r"^status must be an int, and body bytes$"):
        read_attempt_response(status, body)


@pytest.mark.parametrize("status", [200, 400, 500])
def test_the_traceback_of_an_answer_holds_none_of_it(status):
    def read():
        return read_attempt_response(status, encoded(errorMessage="4929471234567898"))

    with pytest.raises((ApiError, TransportError)) as caught:
        read()
    assert caught.value.__context__ is None
    frames = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
    shown = "".join(frames.format())
    # The caller's own frame is the caller's; below it, there is nothing.
    assert "4929471234567898" not in shown[shown.index("in guarded") :]
