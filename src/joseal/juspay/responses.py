"""The meaning of an answer of the payouts API: the outcome for a status and a body.

Rules:
- Only HTTP 200 with the documented body is a success, and only 400, 401, 403 and 404 with the
  documented error body and a documented code are refusals. E06 and E90 say that the API failed
  itself: never a refusal. A code that is in no list may say the same.
- The reason of an outcome names the HTTP status and a fixed code, never a part of the body.

Source: the attempt, order and cancel pages of the payouts API, and its list of error codes.
"""

import re
from typing import Final

import msgspec

from joseal._core.secrecy import hide_locals
from joseal._core.wire import strict_json
from joseal.juspay.models.fields import ORDER_ID
from joseal.juspay.models.order_status import Cancellation, Order, is_error
from joseal.juspay.outcomes import Accepted, Outcome, Refused, Unknown

ANSWER_BYTES: Final = 1024 * 1024  # bytes; an order with a thousand transactions is about that

_BLANKS: Final = b" \t\r\n"
_ACKS: Final = (b"ACK", b'"ACK"')
_OK: Final = 200
_REFUSALS: Final = frozenset({400, 401, 403, 404})
_REFUSAL_CODES: Final = frozenset({"E01", "E02", "E03", "E04", "E05", "E07", "E08", "E09"})
# Data that the body may repeat, such as a card number, never looks like this.
_NEW_CODE: Final = re.compile("E[0-9]{2}")
# Codes with which the API says that it failed itself, so that the order's status has to be read.
_FAILURES: Final = ("E06", "E90")


class Ack(msgspec.Struct, frozen=True):
    """The API accepted the attempt. `Client.reconcile` finds out how it ended.

    A status alone does not: a FAILURE may be older than the attempt.

    Example:
        >>> from joseal.juspay import Accepted, Ack, read_attempt_response
        >>> read_attempt_response(200, b"ACK") == Accepted(Ack())
        True

    Source: the encrypted attempt page of the payouts API.
    """


@hide_locals
def read_attempt_response(status: int, body: bytes) -> Outcome[Ack]:
    """Read the answer to an attempt.

    Args:
        status: the HTTP status.
        body: the bytes of the body, content coding undone; the caller bounds how much it reads.

    Returns:
        `Accepted` for 200 with `ACK`, bare or as a JSON string. `Refused` for 400, 401, 403 or 404
        with a documented error body, bare or wrapped, and a documented code other than E06 and E90.
        `Unknown` for anything else.

    Raises:
        TypeError: an argument is of the wrong type.

    Example:
        >>> from joseal.juspay import read_attempt_response
        >>> type(read_attempt_response(500, b"")).__name__
        'Unknown'
    """
    unreadable = _unreadable(status, body)
    if unreadable is not None:
        return unreadable
    if status == _OK and body.strip(_BLANKS) in _ACKS:
        return Accepted(Ack())
    return _failure(status, body)


@hide_locals
def read_create_order_response(status: int, body: bytes, *, order_id: str) -> Outcome[Order]:
    """Read the answer to the creation of an order, encrypted or plain.

    Args:
        status: the HTTP status.
        body: the bytes of the body, content coding undone; the caller bounds how much it reads.
        order_id: the order to create.

    Returns:
        `Accepted` for 200 with this order. `Refused` and `Unknown` as for an attempt.

    Raises:
        TypeError: an argument is of the wrong type.
        ValueError: `order_id` is not an order id.

    Example:
        >>> from joseal.juspay import read_create_order_response
        >>> type(read_create_order_response(500, b"", order_id="order-1")).__name__
        'Unknown'
    """
    return _read_order(status, body, order_id)


@hide_locals
def read_order_status_response(status: int, body: bytes, *, order_id: str) -> Outcome[Order]:
    """Read the answer to a request for the status of an order.

    Args:
        status: the HTTP status.
        body: the bytes of the body, content coding undone; the caller bounds how much it reads.
        order_id: the order that was asked about.

    Returns:
        `Accepted` for 200 with this order. `Refused` and `Unknown` as for an attempt. A refusal
        with 404 says that the API does not know the order now, not that it never will.

    Raises:
        TypeError: an argument is of the wrong type.
        ValueError: `order_id` is not an order id.

    Example:
        >>> from joseal.juspay import read_order_status_response
        >>> type(read_order_status_response(500, b"", order_id="order-1")).__name__
        'Unknown'
    """
    return _read_order(status, body, order_id)


@hide_locals
def read_cancel_response(status: int, body: bytes) -> Outcome[Cancellation]:
    """Read the answer to a request to cancel a payout.

    The pages show no body for it, so any JSON object that is not an error counts as success. It
    promises nothing: the order's status has to be read after a while.

    Args:
        status: the HTTP status.
        body: the bytes of the body, content coding undone; the caller bounds how much it reads.

    Returns:
        `Accepted` for 200 as above. `Refused` and `Unknown` as for an attempt.

    Raises:
        TypeError: an argument is of the wrong type.

    Example:
        >>> from joseal.juspay import read_cancel_response
        >>> type(read_cancel_response(500, b"")).__name__
        'Unknown'
    """
    unreadable = _unreadable(status, body)
    if unreadable is not None:
        return unreadable
    members = strict_json.load_object(body) if status == _OK else None
    if members is not None and not is_error(members):
        return Accepted(Cancellation())
    return _failure(status, body)


def _read_order(status: int, body: bytes, order_id: str) -> Outcome[Order]:
    ORDER_ID.apply("order_id", order_id)
    unreadable = _unreadable(status, body)
    if unreadable is not None:
        return unreadable
    members = strict_json.load_object(body) if status == _OK else None
    if members is None or is_error(members):
        return _failure(status, body)
    try:
        order = strict_json.convert(members, Order)
    except strict_json.ShapeError:
        return _undocumented(status)
    if order.order_id != order_id:
        return Unknown(f"HTTP {status} with an answer about a different order", status)
    return Accepted(order)


def _unreadable(status: int, body: bytes) -> Unknown | None:
    """Return the outcome for an answer that is too large; None if it can be read.

    Raises:
        TypeError: an argument is of the wrong type.
    """
    if type(status) is not int or not isinstance(body, bytes):
        raise TypeError("status must be an int, and body bytes")
    if len(body) > ANSWER_BYTES:
        return Unknown(f"an answer with HTTP {status} is too large", status)
    return None


def _undocumented(status: int) -> Unknown:
    return Unknown(f"HTTP {status} without a documented answer", status)


class _ErrorBody(msgspec.Struct, frozen=True, rename="camel"):
    """The documented error. In the page's table `error` is also a string."""

    error: bool | str
    error_code: str
    error_message: str | None = None
    user_message: str | None = None


class _Wrapped(msgspec.Struct, frozen=True):
    """The same error as the list of error codes shows it."""

    response: _ErrorBody
    code: int


def _failure(status: int, body: bytes) -> Refused | Unknown:
    """Return the meaning of an answer that is not a success."""
    error = _read_error(body)
    if isinstance(error, _Wrapped):
        error = error.response if error.code == status else None
    if error is None or error.error not in (True, "true"):
        return _undocumented(status)
    for code in _FAILURES:
        if error.error_code == code:
            text = f"the API failed itself, {code} (HTTP {status}): read the order's status"
            return Unknown(text, status)
    if status not in _REFUSALS or error.error_code not in _REFUSAL_CODES:
        new = _NEW_CODE.fullmatch(error.error_code)
        code = f" with {new[0]}" if new else ""
        return Unknown(f"HTTP {status}{code} is not a documented refusal", status)
    return Refused(
        status=status,
        error_code=error.error_code,
        error_message=error.error_message or "",
        user_message=error.user_message or "",
    )


def _read_error(body: bytes) -> _ErrorBody | _Wrapped | None:
    """Read an error body, bare or wrapped; None for anything else."""
    members = strict_json.load_object(body)
    if members is None:
        return None
    shape: type[_ErrorBody | _Wrapped] = _Wrapped if "response" in members else _ErrorBody
    try:
        return strict_json.convert(members, shape)
    except strict_json.ShapeError:
        return None
