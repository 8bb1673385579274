"""The calls of the payouts API without a socket: build a request, read its answer.

Any HTTP client can be used between the two. It must verify TLS, follow no redirect and repeat
nothing by itself: a payout that is sent twice is lost money.

Rules:
- Only a documented success is `Accepted`, and only a documented refusal `Refused`: after that one
  nothing was started. Every other answer is `Unknown`: it may have been carried out.
- The content type of an answer decides nothing: the pages name none, and show `ACK` as JSON.
- An answer about the wrong order does not count as an answer.

Source: the attempt, order and cancel pages of the payouts API, and its list of error codes.
"""

import enum
from collections.abc import Collection, Mapping
from typing import ClassVar, Final, Literal, TypeAlias

from joseal._core.secrecy import hide_locals
from joseal.juspay.account import (
    BRAZIL_PRODUCTION,
    BRAZIL_SANDBOX,
    HDFC_PRODUCTION,
    HDFC_SANDBOX,
    PRODUCTION,
    SANDBOX,
    Account,
    headers,
)
from joseal.juspay.models.base import Guarded
from joseal.juspay.models.envelope import Envelope
from joseal.juspay.models.fields import FULFILLMENT_ID, ORDER_ID
from joseal.juspay.models.order import NewOrder
from joseal.juspay.responses import (
    ANSWER_BYTES,
    Ack,
    read_attempt_response,
    read_cancel_response,
    read_create_order_response,
    read_order_status_response,
)

__all__ = [
    "ANSWER_BYTES",
    "BRAZIL_PRODUCTION",
    "BRAZIL_SANDBOX",
    "HDFC_PRODUCTION",
    "HDFC_SANDBOX",
    "PRODUCTION",
    "SANDBOX",
    "Account",
    "Ack",
    "AttemptPath",
    "Expansion",
    "Expansions",
    "Request",
    "attempt_request",
    "cancel_request",
    "create_order_request",
    "create_plain_order_request",
    "order_status_request",
    "read_attempt_response",
    "read_cancel_response",
    "read_create_order_response",
    "read_order_status_response",
]

Expansion: TypeAlias = Literal["fulfillment", "payment", "refund"]
# mypy infers a tuple of literals only if a tuple type is expected.
Expansions: TypeAlias = Collection[Expansion] | tuple[Expansion, ...]

EVERYTHING: Final[tuple[Expansion, ...]] = ("fulfillment", "payment", "refund")

_ORDERS: Final = "/payout/merchant/v1/orders"
_ENCRYPTED_ORDERS: Final = "/payout/merchant/v1.1/orders"
_CANCEL: Final = "/payout/merchant/v1/fulfillment/{}/cancel"


class AttemptPath(enum.Enum):
    """The two published forms of the attempt's path.

    Example:
        >>> from joseal.juspay import AttemptPath
        >>> AttemptPath.SHORT.value
        '/payout/merchant/v1/{}/attempt'

    Source: the encrypted attempt page of the payouts API.
    """

    ORDERS = "/payout/merchant/v1/orders/{}/attempt"
    """The newer one, in the samples."""
    SHORT = "/payout/merchant/v1/{}/attempt"
    """The older one, in the lists of endpoints."""


class Request(Guarded, frozen=True, kw_only=True):
    """One HTTP request, to be sent once and as it is.

    Attributes:
        method: the HTTP method.
        url: the whole URL.
        headers: by name; every value is printable ASCII. They contain the API key.
        body: the bytes of the body; None if there is none.

    Example:
        >>> from joseal.juspay import SANDBOX, Account, order_status_request
        >>> account = Account(merchant_id="merchant", api_key="an-api-key", base_url=SANDBOX)
        >>> request = order_status_request(account, "order-1")
        >>> request.body is None
        True
    """

    _SHOWN: ClassVar[frozenset[str]] = frozenset({"method", "url"})

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes | None


@hide_locals
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
        account: the account of the order.
        order_id: 4 to 64 letters, digits and `_`, `-`, `@`.
        envelope: the encrypted `Attempt`.
        routing_id: the customer's, in place of the account's.
        path: which of the published forms of the path the account uses.

    Returns:
        The request, to be sent once, by any HTTP client.

    Raises:
        TypeError: an argument is of the wrong type.
        ValueError: `order_id` or `routing_id` is not as above, or not printable ASCII.

    Example:
        >>> from joseal.juspay import SANDBOX, Account, Envelope, attempt_request
        >>> account = Account(merchant_id="merchant", api_key="an-api-key", base_url=SANDBOX)
        >>> envelope = Envelope(payload="a.b.c.d.e", kid="k-1", format="compact")
        >>> attempt_request(account, "order-1", envelope).method
        'POST'
    """
    _check((account, Account), (envelope, Envelope), (path, AttemptPath))
    place = path.value.format(ORDER_ID.apply("order_id", order_id))
    return _request("POST", account, place, routing_id, envelope.to_json())


@hide_locals
def create_order_request(
    account: Account, envelope: Envelope, *, routing_id: str | None = None
) -> Request:
    """Build the request that creates an order whose body is encrypted.

    Args:
        account: the account of the order.
        envelope: the encrypted `NewOrder`.
        routing_id: the customer's, in place of the account's.

    Returns:
        The request, to be sent once, by any HTTP client.

    Raises:
        TypeError: an argument is of the wrong type.
        ValueError: `routing_id` is not printable ASCII.

    Example:
        >>> from joseal.juspay import SANDBOX, Account, Envelope, create_order_request
        >>> account = Account(merchant_id="merchant", api_key="an-api-key", base_url=SANDBOX)
        >>> envelope = Envelope(payload="a.b.c.d.e", kid="k-1", format="compact")
        >>> create_order_request(account, envelope).method
        'POST'
    """
    _check((account, Account), (envelope, Envelope))
    return _request("POST", account, _ENCRYPTED_ORDERS, routing_id, envelope.to_json())


@hide_locals
def create_plain_order_request(
    account: Account, order: NewOrder, *, routing_id: str | None = None
) -> Request:
    """Build the request that creates an order whose body is not encrypted.

    Args:
        account: the account of the order.
        order: any order without a PLAIN_CARD.
        routing_id: the customer's, in place of the account's.

    Returns:
        The request, to be sent once, by any HTTP client.

    Raises:
        TypeError: an argument is of the wrong type.
        ValueError: a payout of the order goes to a PLAIN_CARD, or `routing_id` is not printable
            ASCII.

    Example:
        >>> from decimal import Decimal
        >>> from joseal.juspay import SANDBOX, Account, Beneficiary, NewFulfillment, NewOrder, UpiId
        >>> from joseal.juspay import create_plain_order_request
        >>> account = Account(merchant_id="merchant", api_key="an-api-key", base_url=SANDBOX)
        >>> upi = UpiId(name="A Payee", vpa="payee@bank")
        >>> payee = Beneficiary(type="UPI_ID", details=upi)
        >>> part = NewFulfillment(amount=Decimal("10.00"), beneficiary_details=payee)
        >>> order = NewOrder(
        ...     order_id="order-1",
        ...     amount=Decimal("10.00"),
        ...     customer_id="customer-1",
        ...     customer_phone="9999999999",
        ...     customer_email="payee@example.com",
        ...     type="FULFILL_ONLY",
        ...     fulfillments=(part,),
        ... )
        >>> create_plain_order_request(account, order).method
        'POST'

    Source: the order page of the payouts API.
    """
    _check((account, Account), (order, NewOrder))
    if order.has_plain_card:
        raise ValueError("an order with a PLAIN_CARD must be encrypted: create_order_request")
    return _request("POST", account, _ORDERS, routing_id, order.to_json())


@hide_locals
def order_status_request(
    account: Account,
    order_id: str,
    *,
    expand: Expansions = EVERYTHING,
    routing_id: str | None = None,
) -> Request:
    """Build the request for the status of an order. It changes nothing, and can be repeated.

    Args:
        account: the account of the order.
        order_id: 4 to 64 letters, digits and `_`, `-`, `@`.
        expand: which parts to include. Without `fulfillment` there are no transactions.
        routing_id: the customer's, in place of the account's.

    Returns:
        The request, to be sent by any HTTP client.

    Raises:
        TypeError: an argument is of the wrong type.
        ValueError: `order_id` or `routing_id` is not as above, or `expand` has an unknown part.

    Example:
        >>> from joseal.juspay import SANDBOX, Account, order_status_request
        >>> account = Account(merchant_id="merchant", api_key="an-api-key", base_url=SANDBOX)
        >>> order_status_request(account, "order-1").method
        'GET'
    """
    _check((account, Account))
    if isinstance(expand, str) or not isinstance(expand, Collection):
        raise TypeError("expand must be a collection of strings")
    if not all(part in EVERYTHING for part in expand):
        raise ValueError("expand must have parts that the API documents")
    query = "?expand=" + ",".join(expand) if len(expand) > 0 else ""
    place = f"{_ORDERS}/{ORDER_ID.apply('order_id', order_id)}{query}"
    return _request("GET", account, place, routing_id, None)


@hide_locals
def cancel_request(
    account: Account, fulfillment_id: str, *, routing_id: str | None = None
) -> Request:
    """Build the request that asks to cancel one payout.

    Args:
        account: the account of the payout.
        fulfillment_id: as the answer to the order's creation named it.
        routing_id: the customer's, in place of the account's.

    Returns:
        The request, to be sent once, by any HTTP client.

    Raises:
        TypeError: an argument is of the wrong type.
        ValueError: `fulfillment_id` or `routing_id` can't go into a path or a header.

    Example:
        >>> from joseal.juspay import SANDBOX, Account, cancel_request
        >>> account = Account(merchant_id="merchant", api_key="an-api-key", base_url=SANDBOX)
        >>> cancel_request(account, "f-1").method
        'POST'
    """
    _check((account, Account))
    place = _CANCEL.format(FULFILLMENT_ID.apply("fulfillment_id", fulfillment_id))
    return _request("POST", account, place, routing_id, None)


def _check(*pairs: tuple[object, type]) -> None:
    for argument, kind in pairs:
        if not isinstance(argument, kind):
            raise TypeError(f"an {kind.__name__} is wanted")


def _request(
    method: str, account: Account, place: str, routing_id: str | None, body: bytes | None
) -> Request:
    return Request(
        method=method,
        url=account.base_url + place,
        headers=headers(account, routing_id),
        body=body,
    )
