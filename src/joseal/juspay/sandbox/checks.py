"""The checks of the sandbox for the payouts server, without a socket.

Where the public pages leave a point open, the sandbox is strict; the real server may differ:

- an unpublished path is E09 with 404; a wrong method, a wrong content type of a body, an invalid
  order id, or a missing `x-merchantid` is E05 with 400;
- an `x-merchantid` to which the API key does not belong is E08 with 403;
- a payload that can't be decrypted is E03, as is a wrong kid or sid, and the message has the stable
  code of joseal's own error;
- a card in a plain order is E01.

Rules:
- The secrets of a body do not leave `Checks`: a record and an order have the last four digits, and
  a refusal has the name of a member.

Source: the attempt and order create pages and the list of error codes of the payouts API.
"""

import base64
import hmac
import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, Literal, NamedTuple

from joseal._core.algorithms.registry import Enc, has_own_enc
from joseal._core.jwe import Decrypter
from joseal._core.keys import Key
from joseal._core.secrecy import Opaque, hide_locals
from joseal._core.wire import strict_json
from joseal.errors import MalformedTokenError, TokenError
from joseal.juspay.account import Account
from joseal.juspay.models.attempt import Attempt
from joseal.juspay.models.base import Body
from joseal.juspay.models.beneficiary import Beneficiary, PlainCard
from joseal.juspay.models.envelope import GUIDE_ENC, SAMPLE_ENC, Envelope
from joseal.juspay.models.order import AdditionalInfo, NewFulfillment, NewOrder

_ORDER_ID: Final = re.compile("[A-Za-z0-9_@-]{4,64}")

# A card number has at least twelve digits; of a shorter token, four digits would reveal too much.
_LEAST_TO_SHORTEN: Final = 12


class _Meaning(NamedTuple):
    """The meaning of an error code: its HTTP status, and a text for people."""

    status: int
    user_message: str


_CODES: Final[Mapping[str, _Meaning]] = MappingProxyType(
    {
        "E01": _Meaning(400, "Invalid request"),
        "E02": _Meaning(401, "Invalid API Key"),
        "E03": _Meaning(400, "Invalid signature"),
        "E04": _Meaning(401, "API Key missing"),
        "E05": _Meaning(400, "Bad request"),
        "E06": _Meaning(500, "Internal error"),
        "E08": _Meaning(403, "Forbidden"),
        "E09": _Meaning(404, "Not found"),
    }
)


class Record(NamedTuple):
    """The recorded parts of a request for an attempt, without its secrets.

    Attributes:
        order_id: the id in the path.
        status: `ACK`, or the error code of the response.
        fulfillment_id: the payout that the attempt is for; None unless acknowledged.
        kind: whether a card number or a network token was sent; None if neither was sent, or the
            attempt was not acknowledged.
        last_four: the last four digits of that number or token; None if `kind` is.

    Example:
        >>> from joseal.juspay.sandbox import Record
        >>> Record("order-1", "E03").fulfillment_id is None
        True
    """

    order_id: str
    status: str
    fulfillment_id: str | None = None
    kind: Literal["card", "token"] | None = None
    last_four: str | None = None


class Refusal(NamedTuple):
    """Why a request is refused: a code of the table, and a text without input."""

    code: str
    message: str

    @property
    def status(self) -> int:
        """The HTTP status of the response."""
        return _CODES[self.code].status

    def body(self) -> dict[str, object]:
        """Return the documented error body."""
        return {
            "error": True,
            "errorCode": self.code,
            "errorMessage": self.message,
            "userMessage": _CODES[self.code].user_message,
        }


class NewSheet(NamedTuple):
    """The recorded parts of a new order, without its secrets.

    Attributes:
        order_id: the merchant's id.
        members: the members of the order that a response repeats, by their JSON names.
        parts: for each payout its amount, and the members that a response repeats.
    """

    order_id: str
    members: Mapping[str, object]
    parts: tuple[tuple[float, Mapping[str, object]], ...]


def is_order_id(text: str) -> bool:
    """Tell whether `text` has the form of an order id."""
    return _ORDER_ID.fullmatch(text) is not None


class Checks(Opaque):
    """One merchant's credentials, and the key that decrypts their requests.

    Args:
        key: the private key.
        account: the data that the merchant was given: the labels of both keys, the user name for
            Basic auth, and the merchant that it belongs to.
        stringified: whether a payload has to be a JSON string with the body's JSON text.

    Raises:
        InvalidKeyError: `key` can't decrypt tokens with the content encryptions of the payouts API,
            and its alg does not include one.
    """

    __slots__ = ("_credentials", "_labels", "_merchant_id", "_opener", "_stringified")

    _opener: Decrypter
    _labels: tuple[str | None, str | None]
    _credentials: bytes
    _merchant_id: str
    _stringified: bool

    def __init__(self, key: Key, account: Account, *, stringified: bool = False) -> None:
        encs: tuple[Enc, ...] | None = None if has_own_enc(key.alg) else (SAMPLE_ENC, GUIDE_ENC)
        self._set(
            # The envelope's kid counts; samples have a different kid in the token.
            _opener=Decrypter(key, enc=encs, any_kid=True),
            _labels=(account.kid, account.sid),
            _credentials=base64.b64encode(f"{account.api_key}:".encode()),
            _merchant_id=account.merchant_id,
            _stringified=stringified,
        )

    def head(self, headers: Mapping[str, list[str]], *, has_body: bool = True) -> Refusal | None:
        """Check the headers, whose names are in lower case. Return None if they are valid."""
        refusal = self._authorization(headers.get("authorization", []))
        if refusal is not None:
            return refusal
        merchants = headers.get("x-merchantid", [])
        if len(merchants) != 1:
            return Refusal("E05", "x-merchantid is missing or repeated")
        if merchants[0] != self._merchant_id:
            return Refusal("E08", "x-merchantid does not belong to the API key")
        if not has_body:
            return None
        types = [value.partition(";")[0].strip() for value in headers.get("content-type", [])]
        if [value.lower() for value in types] != ["application/json"]:
            return Refusal("E05", "the content type is not application/json")
        return None

    def _authorization(self, values: list[str]) -> Refusal | None:
        """Basic auth, RFC 7617: the API key is the user, and the password is empty."""
        if not values:
            return Refusal("E04", "API key is missing in the request.")
        scheme, _, credentials = values[0].partition(" ")
        same = hmac.compare_digest(credentials.strip().encode(), self._credentials)
        if not same or scheme.lower() != "basic" or len(values) > 1:
            return Refusal("E02", "Invalid API key passed in request.")
        return None

    @hide_locals
    def read(self, order_id: str, body: bytes) -> Record | Refusal:
        """Decrypt the body of an attempt, check it, and keep the parts that are not secret."""
        plaintext = self._open(body)
        if isinstance(plaintext, Refusal):
            return plaintext
        try:
            attempt = Attempt.from_json(plaintext)
        except MalformedTokenError as error:
            return Refusal("E01", str(error))
        return _record(order_id, attempt)

    @hide_locals
    def read_sealed_order(self, body: bytes) -> NewSheet | Refusal:
        """Decrypt and check the body of an order, and keep the parts that are not secret."""
        plaintext = self._open(body)
        return plaintext if isinstance(plaintext, Refusal) else _order(plaintext)

    @hide_locals
    def read_plain_order(self, body: bytes) -> NewSheet | Refusal:
        """Check the body of a plain order, and keep the parts that are not secret."""
        return _order(body, sealed=False)

    def _open(self, body: bytes) -> bytes | Refusal:
        try:
            envelope = Envelope.from_json(body)
        except MalformedTokenError as error:
            return Refusal("E01", f"envelope: {error}")
        if (envelope.kid, envelope.sid) != self._labels:
            return Refusal("E03", "kid or sid is not the one that was given out")
        try:
            plaintext = self._opener.decrypt(envelope.payload)
        except TokenError as error:
            return Refusal("E03", f"the payload was refused: {error.code}")
        return _text(plaintext) if self._stringified else plaintext

    def __repr__(self) -> str:
        return f"Checks(merchant_id={self._merchant_id!r})"


def _text(plaintext: bytes) -> bytes | Refusal:
    """Return the text of a JSON string."""
    held = strict_json.load_object(b'{"text":%s}' % plaintext) or {}
    text = held.get("text")
    if isinstance(text, str) and len(held) == 1:
        return text.encode()
    return Refusal("E01", "the payload must be a JSON string")


def _record(order_id: str, attempt: Attempt) -> Record:
    card = attempt.card_info
    if card is None:
        return Record(order_id, "ACK", attempt.fulfillment_id)
    kind: Literal["card", "token"] = "token" if card.card_number is None else "card"
    text = card.card_number or card.card_token or ""
    return Record(order_id, "ACK", attempt.fulfillment_id, kind, _last_four(text))


def _last_four(text: str) -> str:
    return text[-4:] if len(text) >= _LEAST_TO_SHORTEN else ""


def _order(body: bytes, *, sealed: bool = True) -> NewSheet | Refusal:
    try:
        order = NewOrder.from_json(body)
    except MalformedTokenError as error:
        return Refusal("E01", str(error))
    if order.has_plain_card and not sealed:
        return Refusal("E01", "a PLAIN_CARD has to be in an encrypted order")
    members = {"type": order.type, "customerId": order.customer_id, "amount": float(order.amount)}
    return NewSheet(
        order.order_id,
        {**members, **_free(order)},
        tuple((float(part.amount), _part(part)) for part in order.fulfillments),
    )


def _part(part: NewFulfillment) -> dict[str, object]:
    members: dict[str, object] = {
        "preferredMethodList": list(part.preferred_method_list or ()),
        "beneficiaryDetails": _beneficiary(part.beneficiary_details),
        **_free(part),
    }
    if part.additional_info is not None:
        members["additionalInfo"] = _info(part.additional_info)
    return members


def _beneficiary(beneficiary: Beneficiary) -> dict[str, object]:
    details = beneficiary.details
    shown: object = {}
    if isinstance(details, PlainCard):
        text = details.card_number or details.card_token or ""
        card = {
            "name": details.name,
            "last4ofCard": _last_four(text),
            "cardType": details.card_type,
            "brand": details.brand,
            "bankCode": details.bank_code,
        }
        shown = {name: value for name, value in card.items() if value is not None}
    elif isinstance(details, Body):
        shown = strict_json.load_object(details.to_json())
    return {"type": beneficiary.type, "details": shown}


def _info(info: AdditionalInfo) -> object:
    """Return the additional information without the webhook's password, as in the samples."""
    members = strict_json.load_object(info.to_json()) or {}
    hook = strict_json.as_object(members.get("webhookDetails"))
    if hook is not None:
        hook.pop("password", None)
    return members


def _free(body: NewOrder | NewFulfillment) -> dict[str, object]:
    """Return those of the merchant's free members that are set."""
    names = [f"udf{number}" for number in range(1, 6)]
    return {name: getattr(body, name) for name in names if getattr(body, name) is not None}
