"""The body of an order: who is paid, how much, and by what means.

Rules:
- Every member that a page documents is here, and no other one; a page's "required" is ours.
- The amounts of the fulfillments add up to the order's. Nothing is rounded, here or on the way.
- A card or its token goes into an encrypted order only; `NewOrder.has_plain_card` tells.

Source: the order pages of the payouts API, plain and encrypted, and the one for Brazil.
"""

import re
from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import ClassVar, Final, Literal

import msgspec

from joseal.juspay.models.base import Body, Check, Checked, Rule, Shape
from joseal.juspay.models.beneficiary import Beneficiary
from joseal.juspay.models.fields import (
    CURRENCY,
    ORDER_ID,
    TEXT,
    TIME,
    WORD,
    Amount,
    Count,
    Flag,
    Many,
    cents,
)

_CUSTOMER_ID: Final = Rule(
    re.compile("[!-~](?:[ -~]{0,62}[!-~])?"),
    "1 to 64 printable ASCII characters, no blank first or last",
)
_HTTPS_URL: Final = Rule(re.compile("https://[!-~]+"), "an https:// URL")
_KIND: Final = Rule(re.compile("FULFILL_ONLY|PAY_AND_FULFILL"), "FULFILL_ONLY or PAY_AND_FULFILL")

_UDFS: Final = MappingProxyType({f"udf{number}": TEXT for number in range(1, 6)})


class WebhookDetails(Body, frozen=True, kw_only=True):
    """Where, and with which credentials, the API posts what becomes of one payout.

    Attributes:
        url: an https:// URL.
        username: for Basic auth.
        password: for Basic auth.
        custom_header: the value of a header that is agreed on.
    """

    RULES = MappingProxyType(
        {"url": _HTTPS_URL, "username": WORD, "password": WORD, "custom_header": WORD}
    )

    url: str
    username: str | None = None
    password: str | None = None
    custom_header: str | None = None


class AdditionalInfo(Body, frozen=True, kw_only=True):
    """What else is told of a payout; all of it is optional.

    Attributes:
        remark: a text for people.
        use_this_as_tr: the reference to give to the transaction.
        schedule_time: when to pay, such as `2026-01-31T09:00:00Z`.
        attempt_threshold: 25 and 1440 in samples; its unit is not documented.
        is_retriable: whether the API may try again by itself.
        original_txn_ref: the reference of an earlier transaction.
        sender_name: who pays.
        webhook_details: a webhook for this payout alone.
        transaction_type: in Brazil, such as `B2C`.
    """

    RULES: ClassVar[Mapping[str, Check | type[Checked]]] = MappingProxyType(
        {
            "remark": TEXT,
            "use_this_as_tr": WORD,
            "schedule_time": TIME,
            "attempt_threshold": Count(),
            "is_retriable": Flag(),
            "original_txn_ref": WORD,
            "sender_name": TEXT,
            "webhook_details": WebhookDetails,
            "transaction_type": WORD,
        }
    )

    remark: str | None = None
    use_this_as_tr: str | None = msgspec.field(default=None, name="useThisAsTR")
    schedule_time: str | None = None
    attempt_threshold: int | None = None
    is_retriable: bool | None = None
    original_txn_ref: str | None = None
    sender_name: str | None = None
    webhook_details: WebhookDetails | None = None
    transaction_type: str | None = None


class NewFulfillment(Body, frozen=True, kw_only=True):
    """One payout of an order.

    Attributes:
        amount: above zero, at most two places.
        beneficiary_details: who is paid.
        preferred_method_list: such as `("DUMMY_IMPS",)`, in the order of preference.
        additional_info: what else is told.
        fulfillment_currency: in Brazil, such as `BRL`.
        udf1: free for the merchant, as are the next four.

    Raises:
        TypeError: a member is of the wrong type.
        ValueError: a member is not as above.
    """

    RULES: ClassVar[Mapping[str, Check | type[Checked]]] = MappingProxyType(
        {
            "amount": Amount(least=1),
            "beneficiary_details": Beneficiary,
            "preferred_method_list": Many(WORD),
            "additional_info": AdditionalInfo,
            "fulfillment_currency": CURRENCY,
            **_UDFS,
        }
    )
    _SHOWN: ClassVar[frozenset[str]] = frozenset({"amount", "preferred_method_list"})

    amount: Decimal
    beneficiary_details: Beneficiary
    preferred_method_list: tuple[str, ...] | None = None
    additional_info: AdditionalInfo | None = None
    fulfillment_currency: str | None = None
    udf1: str | None = None
    udf2: str | None = None
    udf3: str | None = None
    udf4: str | None = None
    udf5: str | None = None


class NewOrder(Body, frozen=True, kw_only=True):
    """An order that is to be created.

    Attributes:
        order_id: the merchant's own, 4 to 64 letters, digits and `_`, `-`, `@`. It is what tells
            the API one order from another: never use one twice for two payments.
        amount: at least 1, at most two places; the sum of the fulfillments' amounts.
        customer_id: at most 64 characters.
        customer_phone: a dummy is allowed.
        customer_email: a dummy is allowed.
        type: `FULFILL_ONLY`, to pay out, or `PAY_AND_FULFILL`.
        fulfillments: at least one.
        udf1: free for the merchant, as are the next four.

    Raises:
        TypeError: a member is of the wrong type.
        ValueError: a member is not as above. The message names it, and not what it held.
    """

    RULES: ClassVar[Mapping[str, Check | type[Checked]]] = MappingProxyType(
        {
            "order_id": ORDER_ID,
            "amount": Amount(least=100),
            "customer_id": _CUSTOMER_ID,
            "customer_phone": WORD,
            "customer_email": WORD,
            "type": _KIND,
            "fulfillments": Many(Shape(NewFulfillment), least=1),
            **_UDFS,
        }
    )
    _SHOWN: ClassVar[frozenset[str]] = frozenset({"order_id", "amount", "type", "fulfillments"})

    order_id: str
    amount: Decimal
    customer_id: str
    customer_phone: str
    customer_email: str
    type: Literal["FULFILL_ONLY", "PAY_AND_FULFILL"]
    fulfillments: tuple[NewFulfillment, ...]
    udf1: str | None = None
    udf2: str | None = None
    udf3: str | None = None
    udf4: str | None = None
    udf5: str | None = None

    @property
    def has_plain_card(self) -> bool:
        """Whether a payout goes to a card that must not travel unencrypted."""
        return any(part.beneficiary_details.type == "PLAIN_CARD" for part in self.fulfillments)

    def _check_together(self) -> None:
        if sum(cents(part.amount) or 0 for part in self.fulfillments) != cents(self.amount):
            raise ValueError("amount must be the sum of the amounts of the fulfillments")
