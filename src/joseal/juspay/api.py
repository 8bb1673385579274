"""The calls of the payouts API without a socket: build a request, read its answer.

Any HTTP client can stand between the two. It must verify TLS, follow no redirect and repeat
nothing by itself: a payout that is sent twice is money lost.

Rules:
- Only a documented success is an `Ack`, and only a documented refusal an `ApiError`: after that
  one nothing was started. Everything else is a `TransportError` that may have been sent.
- What goes into a header or a URL is checked here, so that no text can end a line or a path.
- The content type of an answer decides nothing: the pages name none, and show `ACK` as JSON.

Source: the encrypted attempt page of the payouts API, its list of error codes, RFC 7617 section 2.
"""

import base64
import enum
import ipaddress
import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import ClassVar, Final

import msgspec

from joseal.errors import ApiError, TransportError
from joseal.frames import no_locals
from joseal.juspay.body import LABEL, Checked, Guarded, Rule
from joseal.juspay.envelope import Envelope
from joseal.wire import strict_json

SANDBOX: Final = "https://sandbox.juspay.in"
PRODUCTION: Final = "https://api.juspay.in"

ANSWER_BYTES: Final = 64 * 1024  # bytes; the documented answers are some hundred

_BASE_URL: Final = Rule(
    re.compile(
        r"(https?)://([A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\])(?::([0-9]{1,5}))?"
    ),
    "a scheme, a host and perhaps a port, without a path",
)
_API_KEY: Final = Rule(re.compile("[!-9;-~]+"), "printable ASCII without blanks and colons")
_ORDER_ID: Final = Rule(
    re.compile("[A-Za-z0-9_@-]{4,64}"), "4 to 64 ASCII letters, digits and _, - or @"
)
_ERROR_CODE: Final = re.compile("[A-Za-z0-9_-]{1,32}")

_BLANKS: Final = b" \t\r\n"
_ACKS: Final = (b"ACK", b'"ACK"')
_OK: Final = 200
_LAST_PORT: Final = 65535
_REFUSALS: Final = frozenset({400, 401, 403, 404})
# Codes with which the API says that it failed itself, and that the order's status has to be read.
_FAILURES: Final = ("E06", "E90")


class AttemptPath(enum.Enum):
    """The two published forms of the attempt's path."""

    ORDERS = "/payout/merchant/v1/orders/{}/attempt"
    """The newer one, in the samples."""
    SHORT = "/payout/merchant/v1/{}/attempt"
    """The older one, in the lists of endpoints."""


class Account(Checked, frozen=True, kw_only=True):
    """A merchant's account: where its calls go and what they carry.

    Attributes:
        merchant_id: sent as `x-merchantid`.
        api_key: the user name of Basic auth; the password is empty.
        kid: the label of the API's key, for envelopes.
        sid: the label of the merchant's own public key, for envelopes.
        routing_id: sent as `x-routing-id` where a call names no other one. It has to be the same
            for all calls of one customer.
        base_url: scheme, host and port, such as `SANDBOX` or `PRODUCTION`. Plain http is for
            loopback hosts only.

    Raises:
        TypeError: a member is not a string.
        ValueError: a member can't be sent: not printable ASCII, blanks around it, a colon in the
            API key, or a base URL that is not as above. The message names it, not what it held.
    """

    RULES = MappingProxyType(
        {
            "merchant_id": LABEL,
            "api_key": _API_KEY,
            "kid": LABEL,
            "sid": LABEL,
            "routing_id": LABEL,
            "base_url": _BASE_URL,
        }
    )
    _SHOWN: ClassVar[frozenset[str]] = frozenset({"merchant_id", "kid", "sid", "base_url"})

    merchant_id: str
    api_key: str
    kid: str
    sid: str | None = None
    routing_id: str | None = None
    base_url: str = SANDBOX

    def _check_together(self) -> None:
        scheme, host, port = _parts(self.base_url)
        if port is not None and not 0 < int(port) <= _LAST_PORT:
            raise ValueError("base_url has a port that can't be")
        if scheme == "http" and not _is_loopback(host):
            raise ValueError("base_url must be https:// unless its host is a loopback one")


class Request(Guarded, frozen=True, kw_only=True):
    """One HTTP request, to be sent once and as it is.

    Attributes:
        method: the HTTP method.
        url: the whole URL.
        headers: by name; every value is printable ASCII. They hold the API key.
        body: the octets of the body.
    """

    _SHOWN: ClassVar[frozenset[str]] = frozenset({"method", "url"})

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes


class Ack(msgspec.Struct, frozen=True):
    """The API took the attempt. Whether it succeeds, the order's status tells."""


@no_locals
def attempt_request(
    account: Account,
    order_id: str,
    envelope: Envelope,
    *,
    routing_id: str | None = None,
    path: AttemptPath = AttemptPath.ORDERS,
) -> Request:
    """Build the request that makes one more attempt at an order's payout.

    Args:
        account: whose order it is.
        order_id: 4 to 64 letters, digits and `_`, `-`, `@`.
        envelope: the sealed `Attempt`.
        routing_id: the customer's, in place of the account's.
        path: which of the published forms of the path the account uses.

    Raises:
        TypeError: an argument is of another type.
        ValueError: `order_id` or `routing_id` is not as above, or not printable ASCII.
    """
    for argument, kind in ((account, Account), (envelope, Envelope), (path, AttemptPath)):
        if not isinstance(argument, kind):
            raise TypeError(f"an {kind.__name__} is wanted")
    return Request(
        method="POST",
        url=account.base_url + path.value.format(_ORDER_ID.apply("order_id", order_id)),
        headers=_headers(account, routing_id),
        body=envelope.to_json(),
    )


@no_locals
def read_attempt_response(status: int, body: bytes) -> Ack:
    """Read the answer to an attempt.

    Args:
        status: the HTTP status.
        body: the octets of the body, content coding undone; the caller bounds how much it reads.

    Raises:
        ApiError: a documented refusal: 400, 401, 403 or 404 with a documented error body, bare or
            wrapped, and a code other than E06 and E90. Nothing was started.
        TransportError: anything else, with `maybe_sent` true: what became of the attempt has to be
            read from the order's status. The message names the HTTP status, and of E06 and E90
            the code; it holds nothing of the body.
        TypeError: an argument is of another type.
    """
    if type(status) is not int or not isinstance(body, bytes):
        raise TypeError("status must be an int, and body bytes")
    if len(body) > ANSWER_BYTES:
        raise TransportError(f"an answer with HTTP {status} is too large", maybe_sent=True)
    if status == _OK and body.strip(_BLANKS) in _ACKS:
        return Ack()
    raise _failure(status, _read_error(body))


class _ErrorBody(msgspec.Struct, frozen=True, rename="camel"):
    """The documented error. `error` stands as a string too in the page's table."""

    error: bool | str
    error_code: str
    error_message: str | None = None
    user_message: str | None = None


class _Wrapped(msgspec.Struct, frozen=True):
    """The same error as the list of error codes shows it."""

    response: _ErrorBody
    code: int


def _failure(status: int, error: _ErrorBody | _Wrapped | None) -> ApiError | TransportError:
    """Return what an answer means that is no success."""
    if isinstance(error, _Wrapped):
        error = error.response if error.code == status else None
    if error is None or error.error not in (True, "true"):
        return TransportError(f"HTTP {status} without a documented answer", maybe_sent=True)
    for code in _FAILURES:
        if error.error_code == code:
            text = f"the API failed itself, {code} (HTTP {status}): read the order's status"
            return TransportError(text, maybe_sent=True)
    if status not in _REFUSALS or _ERROR_CODE.fullmatch(error.error_code) is None:
        return TransportError(f"HTTP {status} is no documented refusal", maybe_sent=True)
    return ApiError(status, error.error_code, error.error_message or "", error.user_message or "")


def _read_error(body: bytes) -> _ErrorBody | _Wrapped | None:
    """Read an error body, bare or wrapped; whatever is neither is None."""
    members = strict_json.load_object(body)
    if members is None:
        return None
    shape: type[_ErrorBody | _Wrapped] = _Wrapped if "response" in members else _ErrorBody
    try:
        return strict_json.convert(members, shape)
    except strict_json.ShapeError:
        return None


def _headers(account: Account, routing_id: str | None) -> Mapping[str, str]:
    if routing_id is not None:
        LABEL.apply("routing_id", routing_id)
    routed = account.routing_id if routing_id is None else routing_id
    credentials = base64.b64encode(f"{account.api_key}:".encode("ascii")).decode("ascii")
    headers = {
        "Authorization": f"Basic {credentials}",
        "Content-Type": "application/json",
        "x-merchantid": account.merchant_id,
    }
    if routed is not None:
        headers["x-routing-id"] = routed
    return MappingProxyType(headers)


def _parts(base_url: str) -> tuple[str, str, str | None]:
    """Return scheme, host and port of a base URL that its rule has let through."""
    found = _BASE_URL.pattern.fullmatch(base_url)
    return ("", "", None) if found is None else (found[1], found[2], found[3])


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
