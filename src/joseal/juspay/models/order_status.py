"""The API's answers about an order.

Rules:
- Unknown members are ignored, because the API adds some; of the documented ones, only those have to
  be there without which an answer means nothing.
- Ids, states, amounts, times and the API's own codes can be printed. The payee and the gateways'
  texts can't.

Source: the samples of the order create and order status pages of the payouts API.
"""

from decimal import Decimal
from typing import ClassVar, Final

import msgspec

from joseal.juspay.models.base import Guarded
from joseal.juspay.models.known import Known
from joseal.juspay.models.states import FAILED, FulfillmentState, OrderState, TransactionState


class Transaction(Guarded, frozen=True, kw_only=True, rename="camel"):
    """One attempt at a payout.

    Attributes:
        status: its current status.
        transaction_ref: the reference that the API gave it, or was told to give.
        amount: the amount paid.
        fulfillment_method: gateway and rail.
        gateway_ref_id: the gateway's reference.
        epg_txn_id: the gateway's id.
        response_code: the gateway's code.
        response_message: the gateway's text; hidden.
        response_description: the gateway's text; hidden.
        created_at: a time in UTC.
        updated_at: a time in UTC.

    Example:
        >>> from joseal.juspay import Transaction, TransactionState
        >>> Transaction(status=TransactionState.SUCCESS, transaction_ref="t-1").transaction_ref
        't-1'

    Source: the order status page of the payouts API.
    """

    _SHOWN: ClassVar[frozenset[str]] = frozenset(
        {"status", "transaction_ref", "amount", "fulfillment_method", "created_at", "updated_at"}
    )

    status: TransactionState
    transaction_ref: str | None = None
    amount: Decimal | None = None
    fulfillment_method: str | None = None
    gateway_ref_id: str | None = None
    epg_txn_id: str | None = None
    response_code: str | None = None
    response_message: str | None = None
    response_description: str | None = None
    created_at: str | None = None
    updated_at: str | None = None


class PaidTo(Guarded, frozen=True, kw_only=True, rename="camel"):
    """The payee in an answer, hidden from `repr`. A card is reduced to its last four digits.

    Example:
        >>> from joseal.juspay import PaidTo
        >>> payee = PaidTo(vpa="payee@bank")
        >>> payee.vpa, "payee@bank" in repr(payee)
        ('payee@bank', False)

    Source: the order status page of the payouts API.
    """

    name: str | None = None
    account: str | None = None
    ifsc: str | None = None
    vpa: str | None = None
    mobile_no: str | None = None
    last_4_of_card: str | None = msgspec.field(default=None, name="last4ofCard")
    card_type: str | None = None
    card_reference: str | None = None
    brand: str | None = None
    bank_code: str | None = None
    wallet_identifier: str | None = None
    id: str | None = None
    payout_link: str | None = None


class PaidBeneficiary(Guarded, frozen=True, kw_only=True):
    """The payee of a payout, as given in an answer.

    Attributes:
        type: a type of beneficiary.
        details: the members that the answer has.

    Example:
        >>> from joseal.juspay import PaidBeneficiary, PaidTo
        >>> PaidBeneficiary(type="UPI_ID", details=PaidTo(vpa="payee@bank")).details.vpa
        'payee@bank'

    Source: the order status page of the payouts API.
    """

    _SHOWN: ClassVar[frozenset[str]] = frozenset({"type"})

    type: str | None = None
    details: PaidTo | None = None


class Fulfillment(Guarded, frozen=True, kw_only=True, rename="camel"):
    """One payout of an order.

    Attributes:
        id: the id that an `Attempt` and a cancellation name.
        status: its current status.
        amount: the amount paid.
        transactions: the attempts at it; none until the first one was made.
        beneficiary_details: the payee.
        preferred_method_list: as the order named them.
        fulfillment_method_list: those that were or will be tried.
        created_at: a time in UTC.
        updated_at: a time in UTC.
        status_updated_at: a time in UTC.
        udf1: as the order had it, as are the next four.

    Example:
        >>> from joseal.juspay import read_order_status_response
        >>> body = b'{"orderId":"order-1","status":"READY_FOR_FULFILLMENT",'
        >>> body += b'"fulfillments":[{"id":"f-1","status":"CREATED"}]}'
        >>> order = read_order_status_response(200, body, order_id="order-1").result()
        >>> order.fulfillments[0].status == "CREATED"
        True

    Source: the order status page of the payouts API.
    """

    _SHOWN: ClassVar[frozenset[str]] = frozenset(
        {"id", "status", "amount", "transactions", "created_at", "updated_at"}
    )

    id: str
    status: FulfillmentState
    amount: Decimal | None = None
    transactions: tuple[Transaction, ...] | None = None
    beneficiary_details: PaidBeneficiary | None = None
    preferred_method_list: tuple[str, ...] | None = None
    fulfillment_method_list: tuple[str, ...] | None = None
    created_at: str | None = None
    updated_at: str | None = None
    status_updated_at: str | None = None
    udf1: str | None = None
    udf2: str | None = None
    udf3: str | None = None
    udf4: str | None = None
    udf5: str | None = None


class Order(Guarded, frozen=True, kw_only=True, rename="camel"):
    """An order as the API sees it now.

    Attributes:
        order_id: the merchant's own.
        status: its status.
        type: `FULFILL_ONLY` or `PAY_AND_FULFILL`.
        amount: the sum of the payouts.
        customer_id: the merchant's own.
        fulfillments: its payouts; None if they were not requested.
        created_at: a time in UTC.
        updated_at: a time in UTC.
        udf1: as the order had it, as are the next four.

    Example:
        >>> from joseal.juspay import read_order_status_response
        >>> body = b'{"orderId":"order-1","status":"READY_FOR_FULFILLMENT",'
        >>> body += b'"fulfillments":[{"id":"f-1","status":"CREATED"}]}'
        >>> order = read_order_status_response(200, body, order_id="order-1").result()
        >>> order.status == "READY_FOR_FULFILLMENT"
        True

    Source: the order status page of the payouts API.
    """

    _SHOWN: ClassVar[frozenset[str]] = frozenset(
        {"order_id", "status", "type", "amount", "fulfillments", "created_at", "updated_at"}
    )

    order_id: str
    status: OrderState
    type: str | None = None
    amount: Decimal | None = None
    customer_id: str | None = None
    fulfillments: tuple[Fulfillment, ...] | None = None
    created_at: str | None = None
    updated_at: str | None = None
    udf1: str | None = None
    udf2: str | None = None
    udf3: str | None = None
    udf4: str | None = None
    udf5: str | None = None

    def fulfillment(self, fulfillment_id: str) -> Fulfillment:
        """Return one payout.

        Args:
            fulfillment_id: the id of the payout.

        Returns:
            The payout.

        Raises:
            LookupError: it is not in this answer, or occurs twice.

        Example:
            >>> from joseal.juspay import read_order_status_response
            >>> body = b'{"orderId":"order-1","status":"READY_FOR_FULFILLMENT",'
            >>> body += b'"fulfillments":[{"id":"f-1","status":"CREATED"}]}'
            >>> order = read_order_status_response(200, body, order_id="order-1").result()
            >>> order.fulfillment("f-1").id
            'f-1'

        Source: the order status page of the payouts API.
        """
        found = [part for part in self.fulfillments or () if part.id == fulfillment_id]
        if len(found) != 1:
            raise LookupError("the answer does not have exactly one fulfillment of this id")
        return found[0]

    def known(self, fulfillment_id: str) -> Known:
        """Return the known state of a payout, which an attempt at it is made against.

        Args:
            fulfillment_id: the id of the payout.

        Returns:
            The state, read once; `Client.known` reads it twice.

        Raises:
            LookupError: the payout is not in this answer, or occurs twice.
            ValueError: a transaction has no reference, or two have the same one, so that a new one
                could not be distinguished from them.

        Example:
            >>> from joseal.juspay import read_order_status_response
            >>> body = b'{"orderId":"order-1","status":"READY_FOR_FULFILLMENT",'
            >>> body += b'"fulfillments":[{"id":"f-1","status":"CREATED"}]}'
            >>> order = read_order_status_response(200, body, order_id="order-1").result()
            >>> known = order.known("f-1")
            >>> known.reads, known.hindrance is None
            (1, True)

        Source: the order status page of the payouts API.
        """
        found = self.fulfillment(fulfillment_id)
        transactions = found.transactions or ()
        references = {part.transaction_ref for part in transactions if part.transaction_ref}
        if len(references) != len(transactions):
            raise ValueError("the transactions can't be told apart by their references")
        return Known(
            order_id=self.order_id,
            fulfillment_id=fulfillment_id,
            references=frozenset(references),
            status=found.status,
            is_open=any(part.status not in FAILED for part in transactions),
            reads=1,
        )


class Cancellation(msgspec.Struct, frozen=True):
    """The API accepted the request to cancel a payout. A later status shows the result.

    Example:
        >>> from joseal.juspay import read_cancel_response
        >>> read_cancel_response(200, b"{}").result()
        Cancellation()

    Source: the cancel page of the payouts API.
    """


# The last one wraps an error in the list of error codes.
_ERROR_MEMBERS: Final = ("error", "errorCode", "errorMessage", "response")


def is_error(members: dict[str, object]) -> bool:
    """Tell whether an answer contains any part of an error."""
    values = (members.get(name) for name in _ERROR_MEMBERS)
    return any(value is not None and value is not False for value in values)
