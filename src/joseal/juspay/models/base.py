"""What every struct of this layer shares: how it shows itself, and how it meets JSON.

Rules:
- A struct shows the members that `_SHOWN` lists, and of every other one only that it is set: a
  member that is added later stays hidden until someone decides otherwise.
- A body is checked when it is built, types too. One that exists is valid and can be written.
- Reading is as strict as building: no unknown members, no duplicates, no `null`.
- Messages name members as the API names them, and never hold a value.
"""

import builtins
import functools
import types
import typing
from collections.abc import Mapping
from types import NoneType
from typing import TYPE_CHECKING, ClassVar, Final, NoReturn, Self, TypeVar, get_args, get_origin

import msgspec

from joseal._core.secrecy import hide_locals
from joseal._core.wire import strict_json
from joseal.errors import MalformedTokenError
from joseal.juspay.models.checks import Check, Choice, Count, Flag, Many, Rule

HIDDEN: Final = "<hidden>"

# What the checks let through is never written with an exponent, and is never NaN.
_UNSTATED: Final = msgspec.Meta()
_ENCODER: Final = msgspec.json.Encoder(decimal_format="number")


class Guarded(msgspec.Struct, frozen=True, kw_only=True):
    """A struct that can be printed, logged and inspected without telling what it holds.

    It can't be pickled, for a pickle is a copy in the clear.
    """

    _SHOWN: ClassVar[frozenset[str]] = frozenset()

    def _show(self, member: str, value: object) -> object:
        """Return what may be seen of one member that is set."""
        return value if member in self._SHOWN or isinstance(value, Guarded) else HIDDEN

    def __rich_repr__(self) -> list[tuple[str, object]]:
        members = ((name, getattr(self, name)) for name in self.__struct_fields__)
        return [(name, self._show(name, value)) for name, value in members if value is not None]

    def __repr__(self) -> str:
        members = ", ".join(f"{name}={value!r}" for name, value in self.__rich_repr__())
        return f"{type(self).__name__}({members})"

    def __reduce__(self) -> NoReturn:
        raise TypeError("this object may hold a secret and can't be pickled")

    def __deepcopy__(self, memo: dict[int, object]) -> Self:
        return self


class Checked(Guarded, frozen=True, kw_only=True):
    """A struct whose annotations state a rule for each member, checked when it is built.

    Raises:
        TypeError: a member is of the wrong type.
        ValueError: a member breaks its rule.
    """

    if TYPE_CHECKING:
        # Each subclass has its own members, and reading builds any of them.
        def __init__(self, **members: object) -> None: ...

    @hide_locals
    def __post_init__(self) -> None:
        for member in _members(type(self)):
            value: object = getattr(self, member.name)
            if value is None and not member.required:
                continue
            kept = member.check.apply(member.wire_name, value)
            if kept is not value:
                msgspec.structs.force_setattr(self, member.name, kept)
        self._check_together()

    def _check_together(self) -> None:
        """Check what no member can tell alone. There is nothing of that kind by default."""


class Body(Checked, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """A JSON object of the API."""

    def to_json(self) -> bytes:
        """Write the body as the UTF-8 JSON text that the API wants, without absent members."""
        return _ENCODER.encode(self)

    @classmethod
    @hide_locals
    def from_json(cls, data: bytes) -> Self:
        """Read a body that a peer wrote.

        Raises:
            MalformedTokenError: `data` is not strict JSON (duplicate members count as an error), or
                not this body. The message names the member and the rule, never a value.
            TypeError: `data` is not bytes.
        """
        if not isinstance(data, bytes):
            raise TypeError("data must be bytes")
        return _read(cls, strict_json.load_object(data), "")


class Shape(msgspec.Struct, frozen=True):
    """The check of a member that is a struct of its own, and has checked itself."""

    shape: type[Checked]

    def apply(self, name: str, value: object) -> object:
        """Return the value.

        Raises:
            TypeError: it is of another type.
        """
        if type(value) is not self.shape:
            raise TypeError(f"{name} must be of the type {self.shape.__name__}")
        return value

    def read(self, value: object, where: str, siblings: Mapping[str, object]) -> object:
        """Build the struct.

        Raises:
            MalformedTokenError: the value is not this struct.
        """
        del siblings
        return _read(self.shape, value, where)


class _Member(msgspec.Struct, frozen=True):
    """One member of a body: its two names, whether it has to be there, and its check."""

    name: str
    wire_name: str
    required: bool
    check: Check


@functools.cache
def _members(shape: type["Checked"]) -> tuple[_Member, ...]:
    return tuple(
        _Member(field.name, field.encode_name, field.required, _check(field.type))
        for field in msgspec.structs.fields(shape)
    )


def _check(kind: object, meta: msgspec.Meta = _UNSTATED) -> Check:
    """Return the check that an annotation states.

    Raises:
        TypeError: it states none, so a struct with such a member can't be built.
    """
    arguments: tuple[object, ...] = get_args(kind)
    match get_origin(kind):
        case typing.Annotated:
            return _annotated(*arguments)
        case typing.Union | types.UnionType:
            (inner,) = (each for each in arguments if each is not NoneType)
            return _check(inner, meta)
        case typing.Literal:
            return Choice(arguments, meta.description or _one_of(arguments))
        case builtins.tuple:
            return Many(_check(arguments[0]), meta.min_length or 0)
        case _:
            return _plain(kind, meta)


def _annotated(kind: object, note: object) -> Check:
    if isinstance(note, msgspec.Meta):
        return _check(kind, note)
    if isinstance(note, Check):
        return note
    raise TypeError("the annotation of a member states no rule")


def _plain(kind: object, meta: msgspec.Meta) -> Check:
    if isinstance(kind, type) and issubclass(kind, Checked):
        return Shape(kind)
    if kind is bool:
        return Flag()
    if kind is int and isinstance(meta.ge, int) and isinstance(meta.le, int):
        return Count(meta.ge, meta.le)
    if kind is str and meta.pattern is not None:
        return Rule.stated(meta)
    raise TypeError("the annotation of a member states no rule")


def _one_of(values: tuple[object, ...]) -> str:
    *others, last = map(str, values)
    return f"{', '.join(others)} or {last}" if others else last


_C = TypeVar("_C", bound=Checked)


def _read(shape: type[_C], value: object, path: str) -> _C:
    """Build `shape` from a JSON value that stood at `path`."""
    place = path or "the body"
    given = strict_json.as_object(value)
    if given is None:
        raise MalformedTokenError(f"{place} is not an object, or not strict JSON")
    members = {member.wire_name: member for member in _members(shape)}
    if not given.keys() <= members.keys():
        raise MalformedTokenError(f"{place} has a member that the API does not document")
    arguments: dict[str, object] = {}
    for member in members.values():
        where = f"{path}.{member.wire_name}" if path else member.wire_name
        inner = given.get(member.wire_name)
        if inner is None:
            if member.required or member.wire_name in given:
                raise MalformedTokenError(f"{where} is missing or null")
            continue
        arguments[member.name] = member.check.read(inner, where, given)
    return _build(shape, arguments, place)


def _build(shape: type[_C], arguments: dict[str, object], place: str) -> _C:
    try:
        return shape(**arguments)
    except (TypeError, ValueError) as error:
        # Our own constructors' texts: they name a rule, never a value.
        rule = str(error)
    raise MalformedTokenError(f"{place}: {rule}")
