"""The payee: one struct for each documented type of beneficiary.

Rules:
- The type next to the details decides their struct, when a body is built and when one is read.
- Every member that a page documents is here, and no other.

Source: the order pages of the payouts API, plain and encrypted, and the one for Brazil.
"""

from collections.abc import Collection, Mapping
from types import MappingProxyType
from typing import Annotated, ClassVar, Final, Literal, TypeAlias

import msgspec

from joseal.errors import MalformedTokenError
from joseal.juspay.models.attempt import Expiry
from joseal.juspay.models.base import Body, Shape
from joseal.juspay.models.checks import Free
from joseal.juspay.models.fields import (
    CardNumber,
    Country,
    SecurityCode,
    Text,
    Token,
    Word,
)


class PlainCard(Body, frozen=True, kw_only=True):
    """A card by its number or a token, for an encrypted order: PLAIN_CARD.

    Attributes:
        name: the name of the cardholder.
        card_type: such as `CREDIT`.
        brand: such as `VISA`.
        bank_code: the code of the bank.
        card_number: 12 to 19 digits; blanks around them are dropped. No Luhn check is made.
        card_security_code: three or four digits.
        card_expiry: month and year.
        card_token: in place of the number, if the API is not the token's requestor.

    Raises:
        TypeError: a member is of the wrong type.
        ValueError: a member is not as above, or number and token are both given or both missing.
            The message names the member, not its value.

    Example:
        >>> from joseal.juspay import PlainCard
        >>> "4111" in repr(PlainCard(card_number="4111111111111111"))
        False

    Source: the encrypted order page of the payouts API.
    """

    name: Text | None = None
    card_type: Word | None = None
    brand: Word | None = None
    bank_code: Word | None = None
    card_number: CardNumber | None = None
    card_security_code: SecurityCode | None = None
    card_expiry: Expiry | None = None
    card_token: Token | None = None

    def _show(self, member: str, value: object) -> object:
        if member == "card_number" and isinstance(value, str):
            return f"<ends in {value[-4:]}>"
        return super()._show(member, value)

    def _check_together(self, given: Collection[str]) -> None:
        if ("card_number" in given) == ("card_token" in given):
            raise ValueError("exactly one of cardNumber and cardToken must be given")


class SavedCard(Body, frozen=True, kw_only=True):
    """A card that the API keeps: CARD. `card_reference` is its token there.

    Attributes:
        card_reference: the card's token at the API.
        name: the name of the cardholder.
        card_type: such as `CREDIT`.
        brand: such as `VISA`.
        bank_code: the code of the bank.

    Raises:
        TypeError: a member is of the wrong type.
        ValueError: a member can't be sent. The message names the member, not its value.

    Example:
        >>> from joseal.juspay import SavedCard
        >>> SavedCard(card_reference="card-1").to_json()
        b'{"cardReference":"card-1"}'

    Source: the order pages of the payouts API, plain and encrypted.
    """

    card_reference: Word
    name: Text | None = None
    card_type: Word | None = None
    brand: Word | None = None
    bank_code: Word | None = None


class BankAccount(Body, frozen=True, kw_only=True):
    """An account in India by its number and its branch's code: ACCOUNT_IFSC.

    Attributes:
        name: the name of the account holder.
        account: its number.
        ifsc: the code of its branch.

    Raises:
        TypeError: a member is of the wrong type.
        ValueError: a member can't be sent. The message names the member, not its value.

    Example:
        >>> from joseal.juspay import BankAccount
        >>> "000123" in repr(BankAccount(name="A Payee", account="000123", ifsc="HDFC0000001"))
        False

    Source: the order pages of the payouts API, plain and encrypted.
    """

    name: Text
    account: Word
    ifsc: Word


class UpiId(Body, frozen=True, kw_only=True):
    """A virtual payment address: UPI_ID.

    Attributes:
        name: the name of the payee.
        vpa: the address.
        mobile_no: a phone number.

    Raises:
        TypeError: a member is of the wrong type.
        ValueError: a member can't be sent. The message names the member, not its value.

    Example:
        >>> from joseal.juspay import UpiId
        >>> "payee@bank" in repr(UpiId(name="A Payee", vpa="payee@bank"))
        False

    Source: the order pages of the payouts API, plain and encrypted.
    """

    name: Text
    vpa: Word
    mobile_no: Word | None = None


class Document(Body, frozen=True, kw_only=True):
    """A document that identifies a payee in Brazil.

    Attributes:
        doc_id: its number.
        doc_type: such as `CPF`.

    Raises:
        TypeError: a member is of the wrong type.
        ValueError: a member can't be sent. The message names the member, not its value.

    Example:
        >>> from joseal.juspay import Document
        >>> Document(doc_id="12345678909", doc_type="CPF").doc_type
        'CPF'

    Source: the order page of the payouts API for Brazil.
    """

    doc_id: Word
    doc_type: Word


class PayeeDetails(Body, frozen=True, kw_only=True):
    """The details of a payee in Brazil.

    Attributes:
        name: the name of the payee.
        country: three capital letters, such as `BRA`.
        documents: the documents that identify the payee.

    Raises:
        TypeError: a member is of the wrong type.
        ValueError: a member is not as above. The message names the member, not its value.

    Example:
        >>> from joseal.juspay import Document, PayeeDetails
        >>> cpf = Document(doc_id="12345678909", doc_type="CPF")
        >>> PayeeDetails(country="BRA", documents=(cpf,)).country
        'BRA'

    Source: the order page of the payouts API for Brazil.
    """

    name: Text | None = None
    country: Country | None = None
    documents: tuple[Document, ...] | None = None


class Wallet(Body, frozen=True, kw_only=True):
    """A wallet: WALLET. `brand` is its provider, such as `PAYTM`; `wallet_identifier` its owner.

    Attributes:
        name: the name of the payee.
        brand: the wallet's provider, such as `PAYTM`.
        wallet_identifier: the wallet's owner at that provider.
        payee_additional_details: for Brazil.

    Raises:
        TypeError: a member is of the wrong type.
        ValueError: a member can't be sent. The message names the member, not its value.

    Example:
        >>> from joseal.juspay import Wallet
        >>> Wallet(brand="PAYTM", wallet_identifier="9999999999").brand
        'PAYTM'

    Source: the order pages of the payouts API, plain and encrypted.
    """

    name: Text | None = None
    brand: Word
    wallet_identifier: Word
    payee_additional_details: PayeeDetails | None = None


class SavedBeneficiary(Body, frozen=True, kw_only=True):
    """A beneficiary that was created at the API earlier: BENE_ID.

    Attributes:
        name: the name of the beneficiary.
        id: as its creation named it.

    Raises:
        TypeError: a member is of the wrong type.
        ValueError: a member can't be sent. The message names the member, not its value.

    Example:
        >>> from joseal.juspay import SavedBeneficiary
        >>> SavedBeneficiary(id="bene-1").to_json()
        b'{"id":"bene-1"}'

    Source: the order pages of the payouts API, plain and encrypted.
    """

    name: Text | None = None
    id: Word


class PayoutLink(Body, frozen=True, kw_only=True):
    """A link that lets the payee choose: PAYOUT_LINK.

    Attributes:
        name: the name of the payee.
        mobile_no: the phone number that the link is sent to.

    Raises:
        TypeError: a member is of the wrong type.
        ValueError: a member can't be sent. The message names the member, not its value.

    Example:
        >>> from joseal.juspay import PayoutLink
        >>> PayoutLink(name="A Payee", mobile_no="9999999999").to_json()
        b'{"name":"A Payee","mobileNo":"9999999999"}'

    Source: the payout link page of the payouts API.
    """

    name: Text
    mobile_no: Word


BeneficiaryType: TypeAlias = Literal[
    "PLAIN_CARD",
    "CARD",
    "ACCOUNT_IFSC",
    "UPI_ID",
    "WALLET",
    "BENE_ID",
    "PAYOUT_LINK",
    "BANK_TRANSFER",
]

_SHAPES: Final[Mapping[str, type[Body]]] = MappingProxyType(
    {
        "PLAIN_CARD": PlainCard,
        "CARD": SavedCard,
        "ACCOUNT_IFSC": BankAccount,
        "UPI_ID": UpiId,
        "WALLET": Wallet,
        "BENE_ID": SavedBeneficiary,
        "PAYOUT_LINK": PayoutLink,
    }
)
# A type from the pages for Brazil, which do not show its members.
_FREE_TYPE: Final = "BANK_TRANSFER"


class _Details(msgspec.Struct, frozen=True):
    """The check of a beneficiary's details, which depends on the type next to them."""

    def apply(self, name: str, value: object) -> object:
        """Return the value; the beneficiary checks whether it fits the type.

        Raises:
            TypeError: it is neither one of the structs nor a dict.
            ValueError: it is a dict with values that are not plain JSON.
        """
        return value if type(value) in _SHAPES.values() else Free().apply(name, value)

    def read(self, value: object, where: str, siblings: Mapping[str, object]) -> object:
        """Read the struct for the type.

        Raises:
            MalformedTokenError: the type is not a documented one, or the value is not its struct.
        """
        kind = siblings.get("type")
        shape = _SHAPES.get(kind) if isinstance(kind, str) else None
        if shape is not None:
            return Shape(shape).read(value, where, siblings)
        if kind == _FREE_TYPE:
            return value
        raise MalformedTokenError(f"{where}: the type next to it is not a documented one")


class Beneficiary(Body, frozen=True, kw_only=True):
    """The payee of a payout.

    Attributes:
        type: one of the documented types.
        details: the struct for this type. For BANK_TRANSFER, whose members are not documented, a
            dict of plain JSON values, which is kept as JSON text.

    Raises:
        TypeError: a member is of the wrong type.
        ValueError: the type is unknown, or the details are for a different type.

    Example:
        >>> from joseal.juspay import Beneficiary, UpiId
        >>> upi = UpiId(name="A Payee", vpa="payee@bank")
        >>> payee = Beneficiary(type="UPI_ID", details=upi)
        >>> payee.type
        'UPI_ID'

    Source: the order pages of the payouts API, plain and encrypted.
    """

    _SHOWN: ClassVar[frozenset[str]] = frozenset({"type"})

    type: Annotated[BeneficiaryType, msgspec.Meta(description="a documented type")]
    details: Annotated[
        PlainCard
        | SavedCard
        | BankAccount
        | UpiId
        | Wallet
        | SavedBeneficiary
        | PayoutLink
        | Mapping[str, object]
        | msgspec.Raw,
        _Details(),
    ]

    def _check_together(self, given: Collection[str]) -> None:
        del given
        if type(self.details) is not _SHAPES.get(self.type, msgspec.Raw):
            raise ValueError(f"details must be those of the type {self.type}")
