"""The body of an order: who is paid, how much, and by what means.

Rules:
- Every member that a page documents is here, and no other; a page's "required" is enforced.
- The amounts of the fulfillments add up to the order's. Nothing is rounded, here or later.
- A card or its token goes only into an encrypted order; see `NewOrder.has_plain_card`.

Source: the order pages of the payouts API, plain and encrypted, and the one for Brazil.
"""

from collections.abc import Collection
from decimal import Decimal
from typing import Annotated, ClassVar, Final, Literal, TypeAlias

import msgspec

from joseal.juspay.models.base import Body, Extensible
from joseal.juspay.models.beneficiary import Beneficiary
from joseal.juspay.models.checks import Label, text
from joseal.juspay.models.fields import Amount, Currency, OrderId, Text, Time, Word, cents

_CustomerId: TypeAlias = Annotated[
    str,
    text(
        "[!-~](?:[ -~]{0,62}[!-~])?",
        "1 to 64 printable ASCII characters, no blank first or last",
    ),
]
_MOST_ATTEMPTS: Final = 1_000_000


class WebhookDetails(Body, frozen=True, kw_only=True):
    """Where, and with which credentials, the API posts the results of one payout.

    Attributes:
        url: an https:// URL.
        username: for Basic auth.
        password: for Basic auth.
        custom_header: the value of an agreed header; or JSON text with the names and values of
            several, such as `{"X-MerchantId": "mine"}`.

    Example:
        >>> from joseal.juspay import WebhookDetails
        >>> WebhookDetails(url="https://merchant.example/payouts").url
        'https://merchant.example/payouts'

    Source: the webhook pages of the payouts API.
    """

    url: Annotated[str, text("https://[!-~]+", "an https:// URL")]
    username: Word | None = None
    password: Word | None = None
    custom_header: Label | None = None


class AdditionalInfo(Body, frozen=True, kw_only=True):
    """More details of a payout, all of them optional.

    Attributes:
        remark: a text for people.
        use_this_as_tr: the reference to give to the transaction.
        schedule_time: when to pay, such as `2026-01-31T09:00:00Z`.
        attempt_threshold: 25 and 1440 in samples; its unit is not documented.
        is_retriable: whether the API may retry by itself.
        original_txn_ref: the reference of an earlier transaction.
        sender_name: who pays.
        webhook_details: a webhook for this payout only.
        transaction_type: in Brazil, such as `B2C`.

    Raises:
        TypeError: a member is of the wrong type.
        ValueError: a member can't be sent. The message names the member, not its value.

    Example:
        >>> from joseal.juspay import AdditionalInfo
        >>> AdditionalInfo(remark="March").to_json()
        b'{"remark":"March"}'

    Source: the order pages of the payouts API, plain and encrypted.
    """

    remark: Text | None = None
    use_this_as_tr: Word | None = msgspec.field(default=None, name="useThisAsTR")
    schedule_time: Time | None = None
    attempt_threshold: Annotated[int, msgspec.Meta(ge=1, le=_MOST_ATTEMPTS)] | None = None
    is_retriable: bool | None = None
    original_txn_ref: Word | None = None
    sender_name: Text | None = None
    webhook_details: WebhookDetails | None = None
    transaction_type: Word | None = None


class NewFulfillment(Extensible, frozen=True, kw_only=True):
    """One payout of an order.

    Attributes:
        amount: above zero, at most two places.
        beneficiary_details: the payee.
        preferred_method_list: such as `("DUMMY_IMPS",)`, in the order of preference.
        additional_info: more details.
        fulfillment_currency: in Brazil, such as `BRL`.
        udf1: free for the merchant, as are the next four.
        extra: more members that the API's support has asked for.

    Raises:
        TypeError: a member is of the wrong type.
        ValueError: a member is not as above.

    Example:
        >>> from decimal import Decimal
        >>> from joseal.juspay import Beneficiary, NewFulfillment, UpiId
        >>> upi = UpiId(name="A Payee", vpa="payee@bank")
        >>> payee = Beneficiary(type="UPI_ID", details=upi)
        >>> NewFulfillment(amount=Decimal("10.00"), beneficiary_details=payee).amount
        Decimal('10.00')

    Source: the order pages of the payouts API, plain and encrypted.
    """

    _SHOWN: ClassVar[frozenset[str]] = frozenset({"amount", "preferred_method_list"})

    amount: Annotated[Decimal, Amount(least=1)]
    beneficiary_details: Beneficiary
    preferred_method_list: tuple[Word, ...] | None = None
    additional_info: AdditionalInfo | None = None
    fulfillment_currency: Currency | None = None
    udf1: Text | None = None
    udf2: Text | None = None
    udf3: Text | None = None
    udf4: Text | None = None
    udf5: Text | None = None


class NewOrder(Extensible, frozen=True, kw_only=True):
    """An order to create.

    Attributes:
        order_id: the merchant's own, 4 to 64 letters, digits and `_`, `-`, `@`. The API
            distinguishes orders by it: never use one id for two payments.
        amount: at least 1, at most two places; the sum of the fulfillments' amounts.
        customer_id: at most 64 characters.
        customer_phone: a dummy is allowed.
        customer_email: a dummy is allowed.
        type: `FULFILL_ONLY`, to pay out, or `PAY_AND_FULFILL`.
        fulfillments: at least one.
        udf1: free for the merchant, as are the next four.
        extra: more members that the API's support has asked for.

    Raises:
        TypeError: a member is of the wrong type.
        ValueError: a member is not as above. The message names the member, not its value.

    Example:
        >>> from decimal import Decimal
        >>> from joseal.juspay import Beneficiary, NewFulfillment, NewOrder, UpiId
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
        >>> order.has_plain_card
        False

    Source: the order pages of the payouts API, plain and encrypted.
    """

    _SHOWN: ClassVar[frozenset[str]] = frozenset({"order_id", "amount", "type", "fulfillments"})

    order_id: OrderId
    amount: Annotated[Decimal, Amount(least=100)]
    customer_id: _CustomerId
    customer_phone: Word
    customer_email: Word
    type: Literal["FULFILL_ONLY", "PAY_AND_FULFILL"]
    fulfillments: Annotated[tuple[NewFulfillment, ...], msgspec.Meta(min_length=1)]
    udf1: Text | None = None
    udf2: Text | None = None
    udf3: Text | None = None
    udf4: Text | None = None
    udf5: Text | None = None

    @property
    def has_plain_card(self) -> bool:
        """Whether a payout goes to a card that must not travel unencrypted."""
        return any(part.beneficiary_details.type == "PLAIN_CARD" for part in self.fulfillments)

    def _check_together(self, given: Collection[str]) -> None:
        super()._check_together(given)
        if sum(cents(part.amount) or 0 for part in self.fulfillments) != cents(self.amount):
            raise ValueError("amount must be the sum of the amounts of the fulfillments")
