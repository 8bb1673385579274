"""The body of an attempt, as the payouts API documents it, in Python's names.

Rules:
- Nothing here prints, pickles or puts into a message more of a card than its last four digits.
- Only what the page documents is checked: its own sample number fails a Luhn check, and expiry and
  security code are optional.
- The sender's `pan` is a card number or a token, so only the rule for tokens can be applied.

Source: the encrypted attempt page of the payouts API, body parameters.
"""

from collections.abc import Collection, Mapping
from types import MappingProxyType
from typing import Annotated, ClassVar, Final, Literal

from joseal.juspay.models.base import Body, Extensible
from joseal.juspay.models.checks import text
from joseal.juspay.models.fields import CardNumber, SecurityCode, Text, Token, Word

# The member of the details that each type of sender requires, with both of its names.
_NEEDED: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "PAY_CARD": ("pan", "pan"),
        "NETBANKING": ("account", "account"),
        "UPI": ("transaction_reference", "transactionReference"),
    }
)


class Expiry(Body, frozen=True, kw_only=True):
    """When a card expires.

    Attributes:
        month: `MM`, from 01 to 12.
        year: `YYYY`.

    Raises:
        TypeError: a member is not a string.
        ValueError: a member is not as above. The message names the member, not its value.

    Example:
        >>> from joseal.juspay import Expiry
        >>> Expiry(month="01", year="2031").month
        '01'
    """

    month: Annotated[str, text("0[1-9]|1[0-2]", "two digits from 01 to 12")]
    year: Annotated[str, text("[0-9]{4}", "four digits")]


class Details(Body, frozen=True, kw_only=True):
    """The sender's details; `SenderDetails` says which of them its type needs.

    Attributes:
        name: the sender's name.
        account: the account number, for NETBANKING.
        pan: the card number or token, for PAY_CARD.
        expiry: the expiry of the sender's card.
        card_security_code: three or four digits.
        transaction_reference: the unique reference, for UPI.

    Raises:
        TypeError: a member is of the wrong type.
        ValueError: a member is not as above. The message names the member, not its value.

    Example:
        >>> from joseal.juspay import Details
        >>> Details(transaction_reference="ref-1").to_json()
        b'{"transactionReference":"ref-1"}'

    Source: the encrypted attempt page of the payouts API.
    """

    name: Text | None = None
    account: Word | None = None
    pan: Token | None = None
    expiry: Expiry | None = None
    card_security_code: SecurityCode | None = None
    transaction_reference: Word | None = None


class SenderDetails(Body, frozen=True, kw_only=True):
    """The paying party and the method of payment.

    Attributes:
        type: how the sender paid.
        details: with `pan` for PAY_CARD, `account` for NETBANKING, `transaction_reference` for UPI.

    Raises:
        TypeError: a member is of the wrong type.
        ValueError: the type is unknown, or its details are missing. The message names the member.

    Example:
        >>> from joseal.juspay import Details, SenderDetails
        >>> SenderDetails(type="UPI", details=Details(transaction_reference="ref-1")).type
        'UPI'

    Source: the encrypted attempt page of the payouts API.
    """

    _SHOWN: ClassVar[frozenset[str]] = frozenset({"type"})

    type: Literal["PAY_CARD", "NETBANKING", "UPI"]
    details: Details

    def _check_together(self, given: Collection[str]) -> None:
        del given
        name, wire_name = _NEEDED[self.type]
        if getattr(self.details, name) is None:
            raise ValueError(f"details.{wire_name} must be given where type is {self.type}")


class CardInfo(Extensible, frozen=True, kw_only=True):
    """The card to pay out to: a number or a network token, never both.

    Attributes:
        card_number: 12 to 19 digits; blanks around them are dropped. No Luhn check is made.
        card_token: the network token.
        name: the name of the cardholder.
        card_expiry: month and year.
        card_security_code: three or four digits.
        sender_details: who pays, and how.
        extra: more members that the API's support has asked for.

    Raises:
        TypeError: a member is of the wrong type.
        ValueError: a member is not as above, or number and token are both given or both missing.
            The message names the member, not its value.

    Example:
        >>> from joseal.juspay import CardInfo
        >>> "4111" in repr(CardInfo(card_number="4111111111111111"))
        False
    """

    card_number: CardNumber | None = None
    card_token: Token | None = None
    name: Text | None = None
    card_expiry: Expiry | None = None
    card_security_code: SecurityCode | None = None
    sender_details: SenderDetails | None = None

    def _show(self, member: str, value: object) -> object:
        if member == "card_number" and isinstance(value, str):
            return f"<ends in {value[-4:]}>"
        return super()._show(member, value)

    def _check_together(self, given: Collection[str]) -> None:
        super()._check_together(given)
        if ("card_number" in given) == ("card_token" in given):
            raise ValueError("exactly one of cardNumber and cardToken must be given")


class Attempt(Extensible, frozen=True, kw_only=True):
    """One more attempt at a payout to a card.

    Attributes:
        fulfillment_id: as the answer to the order's creation named it.
        card_info: the card. The page marks only the fulfillment as required.
        extra: more members that the API's support has asked for.

    Raises:
        TypeError: a member is of the wrong type.
        ValueError: `fulfillment_id` is not printable ASCII without blanks.

    Example:
        >>> from joseal.juspay import Attempt, CardInfo
        >>> card = CardInfo(card_number="4111111111111111")
        >>> "4111" in repr(Attempt(fulfillment_id="f-1", card_info=card))
        False
    """

    _SHOWN: ClassVar[frozenset[str]] = frozenset({"fulfillment_id"})

    fulfillment_id: Word
    card_info: CardInfo | None = None
