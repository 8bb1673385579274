"""The one place where bytes become JSON values and structs.

Rules:
- Each text has one reading: duplicate members, NaN, infinity, numbers that overflow to infinity,
  lone surrogates, a byte order mark and invalid UTF-8 are refused.
- Work is bounded before it is done: the depth of nesting and the digits of a number.
- Every exception of the decoders below is caught here, by name, and in no other module. Their texts
  can contain input, so they end here too.

Source: RFC 8259, RFC 7515 section 4 (duplicate members), RFC 7493 section 2.
"""

import math
import re
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Annotated, Final, TypeAlias, TypeGuard, TypeVar

import msgspec

from joseal._core.late import late

# Programs that only write, or read their own messages, never need it.
if TYPE_CHECKING:
    import json
else:
    json = late("json")

MAX_DEPTH: Final = 16
MAX_DIGITS: Final = 32

# White space in JSON. RFC 8259 section 2.
_SPACE: Final = " \t\n\r"

# The members of most headers. Numbers that two JSON parsers may read differently are not included.
_Small = Annotated[int, msgspec.Meta(ge=-(2**53), le=2**53)]
_QUICK_BYTES: Final = 2048
_Quick: TypeAlias = dict[str, str | bool | _Small | list[str] | dict[str, str] | None]

# ValueError: msgspec 0.21.0 raises it for text that is not UTF-8.
_UNREADABLE: Final = (msgspec.DecodeError, ValueError)

_STRINGS: Final = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"?', re.DOTALL)
# The next run of brackets, with all that is before it, strings included.
_BRACKETS: Final = re.compile(
    rb'(?:[^"{}\[\]]++|"[^"\\]*+(?:\\.[^"\\]*+)*+"?)*+([{}\[\]]*+)', re.DOTALL
)
_PATH: Final = "at `"

_T = TypeVar("_T")


class ShapeError(Exception):
    """A JSON value is not of the expected shape.

    Attributes:
        path: where, in JSONPath form, such as `$.cardInfo.name`. Never the value there.
    """

    def __init__(self, path: str) -> None:
        super().__init__(path)
        self.path = path


def load_object(data: bytes, depth: int = MAX_DEPTH) -> dict[str, object] | None:
    """Read one JSON object of limited depth; anything else is None."""
    # Counting brackets bounds the depth from above and is nearly free; the scan is for the rest.
    if data.count(b"{") + data.count(b"[") > depth and _is_deeper(data, depth):
        return None
    members = _decode(data)
    # Only an escape can make a lone surrogate: UTF-8 itself has none.
    return None if rb"\u" in data and not _has_text_only(members) else members


def _decode(data: bytes) -> dict[str, object] | None:
    # The text takes up to four times the bytes, so it is not kept for what follows.
    try:
        text = data.decode().strip(_SPACE)
        value, end = _decoder()(text)
    except (ValueError, RecursionError):
        return None
    return value if end == len(text) and _is_dict(value) else None


def _has_text_only(value: object) -> bool:
    """Tell whether UTF-8 can carry every string in a JSON value. It makes no copy of the value."""
    pending = [value]
    while pending:
        each = pending.pop()
        if isinstance(each, str) and not is_text(each):
            return False
        if _is_list(each):
            pending += each
        elif _is_dict(each):
            pending += (*each, *each.values())
    return True


def prepare() -> None:
    """Make the decoders of headers now, so that no token waits for them."""
    _quick()
    _decoder()


def load_header(data: bytes) -> dict[str, object] | None:
    """Read an object as `load_object` does, faster if it is a header as `write` makes it."""
    members = _load_canonical(data) if len(data) <= _QUICK_BYTES else None
    return load_object(data) if members is None else members


def _load_canonical(data: bytes) -> dict[str, object] | None:
    """Read an object that is written as `write` does; None for every other text, however good.

    Written again, it must be the same bytes. So there was no duplicate member, because a dict keeps
    only one, and no member was dropped, rounded, or spelled in a different way.
    """
    try:
        members = _quick().decode(data)
    except (*_UNREADABLE, RecursionError):
        return None
    return members if msgspec.json.encode(members) == data and _is_dict(members) else None


def split_flat(data: bytes) -> list[bytes] | None:
    """Split an object of scalars without escapes at its quotes: every second part is a string.

    None for every other text, and wherever `load_object` might give None. Without escapes every
    quote delimits a string. There are as many colons outside strings as members, so none is
    duplicate, and no number is longer than the text between two strings.
    """
    if b"\\" in data:
        return None
    try:
        members = _flat().decode(data)
    except _UNREADABLE:
        return None
    parts = data.split(b'"')
    outside = parts[::2]
    if len(max(outside, key=len)) > MAX_DIGITS or b"".join(outside).count(b":") != len(members):
        return None
    return parts


def count_values(data: bytes, most: int) -> int:
    """Return an upper bound on the values inside a JSON text; at most `most` if there are no more.

    An empty object or array counts as two.
    """
    found = _commas_and_brackets(data)
    if found <= most:
        return found
    # Commas and brackets inside strings don't count. A value has at most two strings, so after that
    # many strings there are too many values, and the rest of the text is skipped.
    return _commas_and_brackets(_STRINGS.sub(b"", data, count=2 * (most + 1)))


def _commas_and_brackets(data: bytes) -> int:
    return data.count(b",") + data.count(b"[") + data.count(b"{")


def as_list(value: object) -> list[object] | None:
    """Return a JSON array with a type that type checkers can use; None for anything else."""
    return value if _is_list(value) else None


def as_object(value: object) -> dict[str, object] | None:
    """Return a JSON object with a type that type checkers can use; None for anything else."""
    return value if _is_dict(value) else None


def _is_list(value: object) -> TypeGuard[list[object]]:
    return isinstance(value, list)


def _is_dict(value: object) -> TypeGuard[dict[str, object]]:
    # The decoder makes only string keys.
    return isinstance(value, dict)


def convert(value: object, shape: type[_T]) -> _T:
    """Turn a JSON value into a struct.

    Raises:
        ShapeError: the value does not fit; the error has only the path.
    """
    try:
        return msgspec.convert(value, shape)
    except msgspec.ValidationError as error:
        message = str(error)
    # A value of the wrong shape at the top level has no path. Its message may end with the name of
    # one of its members, which can look like a path.
    _, found, path = message[:-1].rpartition(_PATH)
    is_sure = message.endswith("`") and not (_is_dict(value) and any("`" in name for name in value))
    raise ShapeError(path if found and is_sure else "$")


def dump(value: object) -> bytes | None:
    """Write a JSON object as compact JSON; None if a strict parser would not read the same.

    That refuses NaN, lone surrogates, keys that are not strings, and every Python type that JSON
    would only imitate (bytes, tuples, dates, decimals).
    """
    if not _is_plain(value, MAX_DEPTH):
        return None
    try:
        data = msgspec.json.encode(value)
    except (ValueError, OverflowError):
        return None
    return None if load_object(data) is None else data


def write(members: dict[str, object]) -> bytes:
    """Write members from `load_object`, or equally plain ones, as compact JSON."""
    return msgspec.json.encode(members)


def sorted_text(members: dict[str, object]) -> str:
    """Write members that came from `load_object` so that equal ones give equal texts."""
    return json.dumps(members, sort_keys=True)


def is_text(value: str) -> bool:
    """Tell whether UTF-8 can carry a string: it has no lone surrogates."""
    if value.isascii():
        return True
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def _is_plain(value: object, depth: int) -> bool:
    """Tell whether a value consists of JSON's own types only, and is not nested deeper."""
    if isinstance(value, float):
        return math.isfinite(value)
    if value is None or isinstance(value, str | int):
        return True
    if depth == 0:
        return False
    if _is_list(value):
        return all(_is_plain(item, depth - 1) for item in value)
    return _is_mapping(value) and all(
        isinstance(name, str) and _is_plain(item, depth - 1) for name, item in value.items()
    )


def _is_mapping(value: object) -> TypeGuard[dict[object, object]]:
    return isinstance(value, dict)


def _is_deeper(data: bytes, most: int) -> bool:
    """Tell whether brackets outside strings nest deeper."""
    depth = 0
    # A step in Python costs far more than a byte, and a piece that is kept costs far more than its
    # bytes.
    for found in _BRACKETS.finditer(data):
        for byte in found[1]:
            depth += 1 if byte in b"{[" else -1
            if depth > most:
                return True
    return False


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("duplicate member")
    return members


def _integer(digits: str) -> int:
    if len(digits) > MAX_DIGITS:
        raise ValueError("too many digits")
    return int(digits)


def _number(digits: str) -> float:
    """Read a number that is not an integer, or one of the words NaN, Infinity and -Infinity."""
    value = float(digits) if len(digits) <= MAX_DIGITS else math.inf
    if not math.isfinite(value):
        raise ValueError("no finite number")
    return value


@cache
def _quick() -> msgspec.json.Decoder[_Quick]:
    return msgspec.json.Decoder(_Quick)


@cache
def _flat() -> msgspec.json.Decoder[dict[str, str | bool | int | float | None]]:
    return msgspec.json.Decoder(dict[str, str | bool | int | float | None])


@cache
def _decoder() -> Callable[[str], tuple[object, int]]:
    """Return the decoder of `load_object`, which is made once."""
    return json.JSONDecoder(
        object_pairs_hook=_unique, parse_int=_integer, parse_float=_number, parse_constant=_number
    ).raw_decode
