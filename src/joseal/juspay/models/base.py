"""The common part of every struct of this layer: its repr, and its conversion from and to JSON.

Rules:
- A struct shows the members that `_SHOWN` lists, and for every other one only that it is set: a
  member that is added later stays hidden until someone decides otherwise.
- A body is checked when it is built, including types. One that exists is valid and can be written.
- Reading is as strict as building: no unknown members, no duplicates, no `null`.
- Messages name members as the API names them, and never contain a value.
"""

import builtins
import functools
import inspect
import operator
import types
import typing
from collections.abc import Callable, Collection, Mapping
from types import NoneType
from typing import (
    TYPE_CHECKING,
    Annotated,
    ClassVar,
    Final,
    NamedTuple,
    NoReturn,
    Self,
    TypeVar,
    get_args,
    get_origin,
)

import msgspec

from joseal._core.secrecy import Opaque, hide_locals
from joseal._core.wire import strict_json
from joseal.errors import MalformedTokenError
from joseal.juspay.models.checks import (
    AsRead,
    Check,
    Choice,
    Count,
    Flag,
    Free,
    Many,
    Rule,
    is_tuple,
)

HIDDEN: Final = "<hidden>"


class Hidden(Opaque):
    """The storage of a member in a struct: no encoder knows this type, and nothing shows its value.

    An encoder's hook that turns unknown types into text gets `<hidden>`.
    """

    __slots__ = ("_value",)

    _value: object

    def __init__(self, value: object) -> None:
        _keep(self, value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Hidden) and self._value == other._value

    def __hash__(self) -> int:
        return hash(self._value)

    def __dir__(self) -> list[str]:
        return []

    def __repr__(self) -> str:
        return HIDDEN


# These are C functions, because they are called for each hidden member of a body.
_reveal: Final[Callable[[object], object]] = operator.attrgetter("_value")
_keep: Final[Callable[[Hidden, object], None]] = vars(Hidden)["_value"].__set__
_new_hidden: Final[Callable[[], Hidden]] = functools.partial(object.__new__, Hidden)
# The checks refuse anything that is written with an exponent, or is NaN.
_ENCODER: Final = msgspec.json.Encoder(decimal_format="number", enc_hook=_reveal)
_NO_PICKLE: Final = "this object may hold a secret and can't be pickled"
# No text of the API begins like this. If the written body contains it, it has extra members.
_EXTRA: Final = "\uffffextra"
_EXTRA_BYTES: Final = _EXTRA.encode()
_UNSTATED: Final = msgspec.Meta()


class _Member:
    """The descriptor that reads a hidden member by name.

    msgspec's own functions read the memory of a struct, where `Hidden` is, and not the attribute.
    """

    __slots__ = ("place",)

    def __init__(self, place: types.MemberDescriptorType) -> None:
        self.place = place

    def __get__(self, struct: "Guarded | None", owner: type) -> object:
        if struct is None:
            return self.place
        kept: object = self.place.__get__(struct, owner)
        return _reveal(kept) if type(kept) is Hidden else kept

    def __set__(self, struct: "Guarded", value: object) -> None:
        if not (value is None or type(value) is Hidden or isinstance(value, Guarded)):
            hidden = _new_hidden()
            _keep(hidden, value)
            value = hidden
        self.place.__set__(struct, value)


class Guarded(msgspec.Struct, frozen=True, kw_only=True):
    """A struct that can be printed, logged and inspected without revealing its content.

    Its members are read by name. It can't be pickled, because a pickle is a copy in plaintext, and
    code that walks through structs by itself, such as msgspec's encoders and `asdict`, gets
    `Hidden`.
    """

    _SHOWN: ClassVar[frozenset[str]] = frozenset()

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        for name, place in list(vars(cls).items()):
            if isinstance(place, types.MemberDescriptorType) and name not in cls._SHOWN:
                setattr(cls, name, _Member(place))

    def __post_init__(self) -> None:
        # Until now each value is as received, or as in the struct that this one replaces.
        for get, put in _places(type(self)):
            value = get(self)
            if not (value is None or type(value) is Hidden or isinstance(value, Guarded)):
                hidden = _new_hidden()
                _keep(hidden, value)
                put(self, hidden)

    def _show(self, member: str, value: object) -> object:
        """Return what may be shown of one member that is set."""
        return value if member in self._SHOWN or isinstance(value, Guarded) else HIDDEN

    def __rich_repr__(self) -> list[tuple[str, object]]:
        members = ((name, getattr(self, name)) for name in self.__struct_fields__)
        return [(name, self._show(name, value)) for name, value in members if value is not None]

    def __repr__(self) -> str:
        members = ", ".join(f"{name}={value!r}" for name, value in self.__rich_repr__())
        return f"{type(self).__name__}({members})"

    def __dir__(self) -> list[str]:
        hidden = _hidden(type(self))
        return [name for name in super().__dir__() if name not in hidden]

    def __reduce__(self) -> NoReturn:
        raise TypeError(_NO_PICKLE)

    def __getstate__(self) -> NoReturn:
        raise TypeError(_NO_PICKLE)

    def __deepcopy__(self, memo: dict[int, object]) -> Self:
        return self


@functools.cache
def _hidden(shape: type[Guarded]) -> Mapping[str, _Member]:
    """Return the members that a struct does not show, by name."""
    found = {name: inspect.getattr_static(shape, name) for name in shape.__struct_fields__}
    return {name: member for name, member in found.items() if isinstance(member, _Member)}


@functools.cache
def _places(
    shape: type[Guarded],
) -> tuple[tuple[Callable[[Guarded], object], Callable[[Guarded, object], None]], ...]:
    """Return C functions that read and write the members that a struct does not show."""
    return tuple((member.place.__get__, member.place.__set__) for member in _hidden(shape).values())


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
        given: list[str] = []
        # One step for each member: unpacking a tuple is faster than reading its parts by name.
        for name, wire_name, is_required, _, apply, hides, get, put in _members(type(self)):
            found = get(self)
            value = _reveal(found) if type(found) is Hidden else found
            if value is None and not is_required:
                continue
            given.append(name)
            kept = apply(wire_name, value)
            # Nearly all are texts, which are recognized fastest.
            if hides and (type(kept) is str or not isinstance(kept, Guarded)):
                hidden = _new_hidden()
                _keep(hidden, kept)
                put(self, hidden)
            elif kept is not found:
                put(self, kept)
        self._check_together(given)

    def _check_together(self, given: Collection[str]) -> None:
        """Check rules that involve several members. There are none by default.

        Args:
            given: the names of the members that are set, which costs less than reading them.
        """
        del given


class Body(Checked, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """A JSON object of the API."""

    def to_json(self, *, stringified: bool = False) -> bytes:
        """Write the body as the UTF-8 JSON text that the API expects, without absent members.

        Args:
            stringified: write a JSON string that contains that text, in place of the text itself.
                The page has the parameters "stringified before encryption"; ask the API's support
                whether that applies to your account.

        Returns:
            The text, without blanks between members.

        Raises:
            Nothing.

        Example:
            >>> from joseal.juspay import Attempt
            >>> Attempt(fulfillment_id="f-1").to_json()
            b'{"fulfillmentId":"f-1"}'

        Source: RFC 8259, and the encryption guide of the payouts API.
        """
        text = _ENCODER.encode(self)
        # The mark is not ASCII, and most bodies are: checking that is faster than searching for it.
        if not text.isascii() and _EXTRA_BYTES in text:
            text = _ENCODER.encode(_flat(self))
        return _ENCODER.encode(text.decode()) if stringified else text

    @classmethod
    @hide_locals
    def from_json(cls, data: bytes) -> Self:
        """Read a body that a peer wrote.

        Args:
            data: UTF-8 JSON text.

        Returns:
            The body, checked like one that is built in Python.

        Raises:
            MalformedTokenError: `data` is not strict JSON (duplicate members count as an error), or
                not this body. The message names the member and the rule, never a value.
            TypeError: `data` is not bytes.

        Example:
            >>> from joseal.juspay import Attempt
            >>> Attempt.from_json(b'{"fulfillmentId":"f-1"}').fulfillment_id
            'f-1'

        Source: RFC 8259.
        """
        if not isinstance(data, bytes):
            raise TypeError("data must be bytes")
        return _read(cls, strict_json.load_object(data), "")


class Extra(AsRead, frozen=True):
    """The check of members that no page documents. They are kept as JSON text."""

    def apply(self, name: str, value: object) -> msgspec.Raw:
        """Return the members as JSON text.

        Raises:
            TypeError: the value is not a dict.
            ValueError: a strict JSON parser would not read the same.
        """
        del name  # the callers know a different class
        return Free().apply("extra", value)


class Extensible(Body, frozen=True, kw_only=True):
    """A body that can have members that no page documents, such as the API's support asks for.

    Attributes:
        extra: more members by their names in JSON, with plain JSON values. They are written after
            the documented ones, kept as JSON text, and hidden. `from_json` reads none.

    Raises:
        TypeError: `extra` is not a dict.
        ValueError: it has the name of a documented member, or a value that is not plain JSON.
    """

    extra: Annotated[Mapping[str, object] | msgspec.Raw | None, Extra()] = msgspec.field(
        default=None, name=_EXTRA
    )

    def _check_together(self, given: Collection[str]) -> None:
        super()._check_together(given)
        if "extra" not in given:
            return
        documented = {member.wire_name for member in _members(type(self))}
        if not documented.isdisjoint(_members_of(self.extra)):
            raise ValueError("extra must not have the name of a documented member")


def _members_of(extra: object) -> dict[str, object]:
    """Return the members that `Extra` has kept."""
    return (isinstance(extra, msgspec.Raw) and strict_json.load_object(bytes(extra))) or {}


def _flat(value: object) -> object:
    """Return a body as a dict that includes its extra members, and any other value unchanged."""
    if is_tuple(value):
        return [_flat(item) for item in value]
    if not isinstance(value, Body):
        return value
    known = {member.wire_name: getattr(value, member.name) for member in _members(type(value))}
    extra = _members_of(known.pop(_EXTRA, None))
    return {name: _flat(inner) for name, inner in known.items() if inner is not None} | extra


class Shape(msgspec.Struct, frozen=True):
    """The check of a member that is a struct, which has checked itself."""

    shape: type[Checked]

    def apply(self, name: str, value: object) -> object:
        """Return the value.

        Raises:
            TypeError: it is of the wrong type.
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


class _Stated(NamedTuple):
    """One member of a body.

    Attributes:
        name: in Python.
        wire_name: in the API.
        required: whether it has to be there.
        check: the check of its value.
        apply: the same as a function.
        hides: whether the struct has it as `Hidden`.
        get: reads its place in a struct.
        put: writes there, even into a frozen struct.
    """

    name: str
    wire_name: str
    required: bool
    check: Check
    apply: Callable[[str, object], object]
    hides: bool
    get: Callable[[Guarded], object]
    put: Callable[[Guarded, object], None]


@functools.cache
def _members(shape: type["Checked"]) -> tuple[_Stated, ...]:
    return tuple(_stated(shape, field) for field in msgspec.structs.fields(shape))


def _stated(shape: type["Checked"], field: msgspec.structs.FieldInfo) -> _Stated:
    hidden = _hidden(shape).get(field.name)
    place = inspect.getattr_static(shape, field.name) if hidden is None else hidden.place
    check = _check(field.type)
    return _Stated(
        name=field.name,
        wire_name=field.encode_name,
        required=field.required,
        check=check,
        apply=check.apply,
        hides=hidden is not None,
        get=place.__get__,
        put=place.__set__,
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
    """Build `shape` from a JSON value found at `path`."""
    place = path or "the body"
    given = strict_json.as_object(value)
    if given is None:
        raise MalformedTokenError(f"{place} is not an object, or not strict JSON")
    members = {each.wire_name: each for each in _members(shape) if each.wire_name != _EXTRA}
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
        # The texts of joseal's own constructors: they name a rule, never a value.
        rule = str(error)
    raise MalformedTokenError(f"{place}: {rule}")
