"""The checks of one member of a body: texts, numbers, booleans and lists.

A member states its rule only in its annotation, with msgspec's own `Meta`:

    month: Annotated[str, text("0[1-9]|1[0-2]", "two digits from 01 to 12")]

Rules:
- Types are exact: a bool is not a number, and a subclass of str is not a text.
- A message names the member and the rule, never the value.

Source: the pages of the payouts API, for what the rules have in common.
"""

import re
from collections.abc import Mapping
from typing import Annotated, Final, Protocol, TypeAlias, TypeGuard, get_args, runtime_checkable

import msgspec

from joseal._core.wire import strict_json


@runtime_checkable
class Check(Protocol):
    """The rule of one member."""

    def apply(self, name: str, value: object) -> object:
        """Return the value as it will be stored.

        Raises:
            TypeError: the value is of the wrong type; the message gives `name`.
            ValueError: it breaks the rule; the message gives `name` and the rule.
        """

    def read(self, value: object, where: str, siblings: Mapping[str, object]) -> object:
        """Convert a JSON value to what `apply` takes, or leave it for `apply` to refuse.

        Args:
            value: a JSON value.
            where: its path, for messages.
            siblings: all members of the object that it is in.

        Raises:
            MalformedTokenError: something inside the value breaks its rule.
        """


class AsRead(msgspec.Struct, frozen=True):
    """A check that takes a JSON value as it was parsed."""

    def read(self, value: object, where: str, siblings: Mapping[str, object]) -> object:
        """Leave the value as it is."""
        del where, siblings
        return value


def text(pattern: str, wording: str, *, strip: bool = False) -> msgspec.Meta:
    """State the pattern that a whole text has to match.

    Args:
        pattern: a regular expression for the whole text.
        wording: the rule, as the end of a sentence that begins with the member's name.
        strip: whether blanks around the text are allowed, and dropped.
    """
    around = " *" if strip else ""
    return msgspec.Meta(
        pattern=rf"\A{around}(?:{pattern}){around}\Z",
        description=wording,
        extra={"strip": " " if strip else ""},
    )


class Rule(AsRead, frozen=True):
    """The check of a text.

    Attributes:
        pattern: searched for in the text.
        wording: the rule, as the end of a sentence that begins with the member's name.
        strip: the characters that are dropped around the text.
    """

    pattern: re.Pattern[str]
    wording: str
    strip: str = ""

    @classmethod
    def of(cls, kind: object) -> "Rule":
        """Return the check of a text's annotation, such as `OrderId`."""
        _, meta = get_args(kind)
        return cls.stated(meta)

    @classmethod
    def stated(cls, meta: msgspec.Meta) -> "Rule":
        """Return the check that `text` has stated."""
        strip = (meta.extra or {}).get("strip", "")
        return cls(re.compile(meta.pattern or ""), meta.description or "", strip)

    def apply(self, name: str, value: object) -> str:
        """Return the text as it will be stored.

        Raises:
            TypeError: the value is not a string; the message gives `name`.
            ValueError: it breaks the rule; the message gives `name` and the wording.
        """
        if type(value) is not str:
            raise TypeError(f"{name} must be a string")
        if self.pattern.search(value) is None:
            raise ValueError(f"{name} must be {self.wording}")
        return value.strip(self.strip) if self.strip else value


class Choice(AsRead, frozen=True):
    """The check of a `Literal`: one of several texts."""

    values: tuple[object, ...]
    wording: str

    def apply(self, name: str, value: object) -> object:
        """Return the text.

        Raises:
            TypeError: the value is not a string.
            ValueError: it is not one of the texts.
        """
        if type(value) is not str:
            raise TypeError(f"{name} must be a string")
        if value not in self.values:
            raise ValueError(f"{name} must be {self.wording}")
        return value


class Flag(AsRead, frozen=True):
    """True or false."""

    def apply(self, name: str, value: object) -> bool:
        """Return the value.

        Raises:
            TypeError: it is not a bool.
        """
        if type(value) is not bool:
            raise TypeError(f"{name} must be a bool")
        return value


class Count(AsRead, frozen=True):
    """A whole number in a range."""

    least: int
    most: int

    def apply(self, name: str, value: object) -> int:
        """Return the value.

        Raises:
            TypeError: it is not an int.
            ValueError: it is out of range.
        """
        if type(value) is not int:
            raise TypeError(f"{name} must be an int")
        if not self.least <= value <= self.most:
            raise ValueError(f"{name} must be from {self.least} to {self.most}")
        return value


class Many(msgspec.Struct, frozen=True):
    """A list, stored as a tuple; each item has the same check.

    Attributes:
        each: the check.
        least: the smallest number of items.
    """

    each: Check
    least: int = 0

    def apply(self, name: str, value: object) -> tuple[object, ...]:
        """Return the items as they will be stored.

        Raises:
            TypeError: the value is neither a tuple nor a list, or an item is of the wrong type.
            ValueError: there are too few items, or one of them breaks its rule.
        """
        items = value if is_tuple(value) else strict_json.as_list(value)
        if items is None:
            raise TypeError(f"{name} must be a tuple or a list")
        if len(items) < self.least:
            raise ValueError(f"{name} must have at least {self.least}")
        return tuple(self.each.apply(name, item) for item in items)

    def read(self, value: object, where: str, siblings: Mapping[str, object]) -> object:
        """Read each item.

        Raises:
            MalformedTokenError: an item breaks its rule.
        """
        items = strict_json.as_list(value)
        if items is None:
            return value
        return tuple(
            self.each.read(item, f"{where}[{place}]", siblings) for place, item in enumerate(items)
        )


class Free(AsRead, frozen=True):
    """A JSON object whose members no page documents. It is kept as JSON text."""

    def apply(self, name: str, value: object) -> msgspec.Raw:
        """Return the object as JSON text.

        Raises:
            TypeError: the value is not a dict.
            ValueError: a strict JSON parser would not read the same.
        """
        if isinstance(value, msgspec.Raw):
            value = strict_json.load_object(bytes(value))
        members = strict_json.as_object(value)
        if members is None:
            raise TypeError(f"{name} must be a dict")
        written = strict_json.dump(members)
        if written is None:
            raise ValueError(f"{name} must be made of plain JSON values")
        return msgspec.Raw(written)


def is_tuple(value: object) -> TypeGuard[tuple[object, ...]]:
    """Tell whether a value is a tuple, with a type that type checkers can use."""
    return isinstance(value, tuple)


Label: TypeAlias = Annotated[
    str, text("[!-~](?:[ -~]*[!-~])?", "printable ASCII without blanks around it")
]
LABEL: Final = Rule.of(Label)
