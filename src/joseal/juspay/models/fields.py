"""The rules that members of several bodies share, and money, for which msgspec has no rule.

Rules:
- An amount is written only with digits and a point, so that every JSON parser reads the same
  number: no exponent, no NaN, and no more digits than a double keeps.
- No arithmetic uses a decimal context, because the caller can change its precision.

Source: the order pages of the payouts API; RFC 8259 section 6.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Final, TypeAlias

import msgspec

from joseal.juspay.models.checks import Rule, text

Word: TypeAlias = Annotated[str, text("[!-~]+", "printable ASCII without blanks")]
Token: TypeAlias = Annotated[str, text("[!-~]+", "printable ASCII without blanks", strip=True)]
# Control characters don't belong in a text for people, and UTF-8 can't carry a lone surrogate.
Text: TypeAlias = Annotated[
    str,
    text(
        r"(?=.*\S)[^\x00-\x1f\x7f-\x9f\ud800-\udfff]+",
        "more than blanks, without control characters and lone surrogates",
    ),
]
CardNumber: TypeAlias = Annotated[str, text("[0-9]{12,19}", "12 to 19 digits", strip=True)]
SecurityCode: TypeAlias = Annotated[str, text("[0-9]{3,4}", "three or four digits")]
OrderId: TypeAlias = Annotated[
    str, text("[A-Za-z0-9_@-]{4,64}", "4 to 64 ASCII letters, digits and _, - or @")
]
# It goes into a path. The API makes these ids, and the published ones are hexadecimal with a -f1.
FulfillmentId: TypeAlias = Annotated[
    str, text("[A-Za-z0-9_@-]{1,128}", "at most 128 ASCII letters, digits and _, - or @")
]
Time: TypeAlias = Annotated[
    str,
    text(
        "[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])"
        "T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]Z",
        "a time in UTC of the form YYYY-MM-DDThh:mm:ssZ",
    ),
]
Currency: TypeAlias = Annotated[str, text("[A-Z]{3}", "three capital letters")]
Country: TypeAlias = Currency

# The same rules for values that are not members of a body.
WORD: Final = Rule.of(Word)
ORDER_ID: Final = Rule.of(OrderId)
FULFILLMENT_ID: Final = Rule.of(FulfillmentId)

_PLACES: Final = 2
_DIGITS: Final = 15  # a double keeps any fifteen decimal digits


def cents(amount: Decimal) -> int | None:
    """Return an amount in hundredths; None if it is not one with at most 15 digits."""
    sign, digits, exponent = amount.as_tuple()
    if not isinstance(exponent, int) or not -_PLACES <= exponent <= _DIGITS:
        return None
    if len(digits) + max(exponent, 0) > _DIGITS:
        return None
    whole = int("".join(map(str, digits)) + "0" * (exponent + _PLACES))
    return -whole if sign else whole


class Amount(msgspec.Struct, frozen=True):
    """Money: a finite `Decimal` with at most two places and fifteen digits.

    Attributes:
        least: the smallest one that is accepted, in hundredths.
    """

    least: int

    def apply(self, name: str, value: object) -> Decimal:
        """Return the amount without an exponent above zero: 1E+2 becomes 100.

        Raises:
            TypeError: the value is not a `Decimal`. A float would bring rounding errors.
            ValueError: it is not finite, has too many digits or places, or is too small.
        """
        if type(value) is not Decimal:
            raise TypeError(f"{name} must be a decimal.Decimal")
        hundredths = cents(value)
        if hundredths is None:
            raise ValueError(f"{name} must be finite, with at most two places and {_DIGITS} digits")
        if hundredths < self.least:
            raise ValueError(f"{name} must be at least {self.least // 100}.{self.least % 100:02}")
        return Decimal(format(value, "f"))

    def read(self, value: object, where: str, siblings: Mapping[str, object]) -> object:
        """Convert a JSON number to the decimal digits that it was written with."""
        del where, siblings
        return Decimal(repr(value)) if type(value) in (int, float) else value
