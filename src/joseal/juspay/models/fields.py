"""The checks that bodies share: texts, numbers, lists, and one struct out of several.

Rules:
- An amount is written with digits and a point alone, so that every reader of JSON numbers sees the
  same one: no exponent, no NaN, and no more digits than a double keeps.
- No arithmetic goes through a decimal context, whose precision is the caller's to change.

Source: the order pages of the payouts API; RFC 8259 section 6.
"""

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Final, TypeGuard

import msgspec

from joseal._core.wire import strict_json
from joseal.juspay.models.base import Check, Rule

WORD: Final = Rule(re.compile("[!-~]+"), "printable ASCII without blanks")
TOKEN: Final = Rule(WORD.pattern, WORD.wording, strip=True)
# Control characters have no place in a text for people, and a lone surrogate none in UTF-8.
TEXT: Final = Rule(
    re.compile(r"(?=.*\S)[^\x00-\x1f\x7f-\x9f\ud800-\udfff]+"),
    "more than blanks, without control characters and lone surrogates",
)
CARD_NUMBER: Final = Rule(re.compile("[0-9]{12,19}"), "12 to 19 digits", strip=True)
SECURITY_CODE: Final = Rule(re.compile("[0-9]{3,4}"), "three or four digits")
ORDER_ID: Final = Rule(
    re.compile("[A-Za-z0-9_@-]{4,64}"), "4 to 64 ASCII letters, digits and _, - or @"
)
# It goes into a path. The API makes these ids, and the published ones are hexadecimal with a -f1.
FULFILLMENT_ID: Final = Rule(
    re.compile("[A-Za-z0-9_@-]{1,128}"), "at most 128 ASCII letters, digits and _, - or @"
)
TIME: Final = Rule(
    re.compile(
        "[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])"
        "T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]Z"
    ),
    "a time in UTC of the form YYYY-MM-DDThh:mm:ssZ",
)

CURRENCY: Final = Rule(re.compile("[A-Z]{3}"), "three capital letters")
COUNTRY: Final = CURRENCY

_PLACES: Final = 2
_DIGITS: Final = 15  # a double keeps any fifteen decimal digits


def cents(amount: Decimal) -> int | None:
    """Return an amount in hundredths; None where it is not one of at most 15 digits."""
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
        least: the smallest one that is taken, in hundredths.
    """

    least: int

    def apply(self, name: str, value: object) -> Decimal:
        """Return the amount without an exponent above zero: 1E+2 becomes 100.

        Raises:
            TypeError: the value is no `Decimal`. A float would bring its noise.
            ValueError: it is not finite, not that exact, or too small.
        """
        if type(value) is not Decimal:
            raise TypeError(f"{name} must be a decimal.Decimal")
        hundredths = cents(value)
        if hundredths is None:
            raise ValueError(f"{name} must be finite, with at most two places and {_DIGITS} digits")
        if hundredths < self.least:
            raise ValueError(f"{name} must be at least {self.least // 100}.{self.least % 100:02}")
        return Decimal(format(value, "f"))

    def read(self, value: object, where: str, beside: Mapping[str, object]) -> object:
        """Take a JSON number for the decimal digits that it was written with."""
        del where, beside
        return Decimal(repr(value)) if type(value) in (int, float) else value


class Flag(msgspec.Struct, frozen=True):
    """True or false."""

    def apply(self, name: str, value: object) -> bool:
        """Return the value.

        Raises:
            TypeError: it is no bool.
        """
        if type(value) is not bool:
            raise TypeError(f"{name} must be a bool")
        return value

    def read(self, value: object, where: str, beside: Mapping[str, object]) -> object:
        """Leave the value as it is."""
        del where, beside
        return value


class Count(msgspec.Struct, frozen=True):
    """A whole number from one to a million."""

    most: int = 1_000_000

    def apply(self, name: str, value: object) -> int:
        """Return the value.

        Raises:
            TypeError: it is no int.
            ValueError: it is out of range.
        """
        if type(value) is not int:
            raise TypeError(f"{name} must be an int")
        if not 1 <= value <= self.most:
            raise ValueError(f"{name} must be from 1 to {self.most}")
        return value

    def read(self, value: object, where: str, beside: Mapping[str, object]) -> object:
        """Leave the value as it is."""
        del where, beside
        return value


class Many(msgspec.Struct, frozen=True):
    """A list, kept as a tuple, each item of which has the same check.

    Attributes:
        each: the check.
        least: how many items there are at least.
    """

    each: Check
    least: int = 0

    def apply(self, name: str, value: object) -> tuple[object, ...]:
        """Return the items as they are to be kept.

        Raises:
            TypeError: the value is neither a tuple nor a list, or an item is of another type.
            ValueError: there are too few items, or one of them breaks its rule.
        """
        items = value if _is_tuple(value) else strict_json.as_list(value)
        if items is None:
            raise TypeError(f"{name} must be a tuple or a list")
        if len(items) < self.least:
            raise ValueError(f"{name} must have at least {self.least}")
        return tuple(self.each.apply(name, item) for item in items)

    def read(self, value: object, where: str, beside: Mapping[str, object]) -> object:
        """Read each item.

        Raises:
            MalformedTokenError: an item is not as it has to be.
        """
        items = strict_json.as_list(value)
        if items is None:
            return value
        return tuple(
            self.each.read(item, f"{where}[{place}]", beside) for place, item in enumerate(items)
        )


class Free(msgspec.Struct, frozen=True):
    """A JSON object whose members no page documents. It is kept as the text that it will be."""

    def apply(self, name: str, value: object) -> msgspec.Raw:
        """Return the object as JSON text.

        Raises:
            TypeError: the value is no dict.
            ValueError: a strict reader of JSON would not read the same.
        """
        if isinstance(value, msgspec.Raw):
            return value
        members = strict_json.as_object(value)
        if members is None:
            raise TypeError(f"{name} must be a dict")
        text = strict_json.dump(members)
        if text is None:
            raise ValueError(f"{name} must be made of plain JSON values")
        return msgspec.Raw(text)

    def read(self, value: object, where: str, beside: Mapping[str, object]) -> object:
        """Leave the value as it is."""
        del where, beside
        return value


def _is_tuple(value: object) -> TypeGuard[tuple[object, ...]]:
    return isinstance(value, tuple)
