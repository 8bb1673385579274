"""Envelopes: the shapes in which a token travels in a body.

Rules:
- An envelope only rearranges. The token in it is compact, and goes through the one parser for
  compact tokens.
- A body with any other shape is refused, including a plain one: nothing is passed through.
- Members next to the token are labels. They are outside its protection and choose nothing here.
- A body with far more values than an envelope is refused before they are created.

Source: RFC 7515 section 7.1, RFC 7516 section 7.1; the pages that the profiles name.
"""

from collections.abc import Mapping
from typing import Final, TypeAlias

from msgspec import Struct

from joseal._core.secrecy import hide_locals
from joseal._core.wire import strict_json
from joseal._core.wire.compact import JWE_SEGMENTS, JWS_SEGMENTS
from joseal.errors import MalformedTokenError

# Each value costs far more than its bytes: 24 MiB of empty objects took 2.2 s and 0.6 GiB.
_MOST_VALUES: Final = 16 * 1024


class Raw(Struct, frozen=True):
    """The compact token is the body.

    Example:
        >>> from joseal.profiles import Raw
        >>> Raw().wrap("a.b.c", {})
        b'a.b.c'

    Source: RFC 7515 section 7.1, RFC 7516 section 7.1.
    """

    @hide_locals
    def wrap(self, token: str, _others: Mapping[str, str]) -> bytes:
        """Return the body for a token.

        Args:
            token: the compact token.
            _others: nothing; this envelope has no other members.

        Returns:
            The token as bytes.

        Raises:
            UnicodeEncodeError: the token is not ASCII.

        Example:
            >>> from joseal.profiles import Raw
            >>> Raw().wrap("a.b.c", {})
            b'a.b.c'
        """
        return token.encode("ascii")

    @hide_locals
    def unwrap(self, body: bytes) -> str | bytes:
        """Return the token in a body, unread.

        Args:
            body: the body as it was received.

        Returns:
            The body itself.

        Raises:
            Nothing: the parser of the token checks it.

        Example:
            >>> from joseal.profiles import Raw
            >>> Raw().unwrap(b"a.b.c")
            b'a.b.c'
        """
        return body


class InMember(Struct, frozen=True):
    """The compact token is a member of a JSON object, as in `{"encData": "..."}`.

    Attributes:
        name: the member that contains the token.
        labels: members that the sender names for each encrypter, such as `kid` and `sid`.
        constants: more members, each with its fixed value.

    Raises:
        TypeError: an attribute is of the wrong type.
        ValueError: a name is empty or occurs twice.

    Example:
        >>> from joseal.profiles import InMember
        >>> envelope = InMember("encData")
        >>> envelope.wrap("a.b.c", {})
        b'{"encData":"a.b.c"}'

    Source: RFC 8259, and the pages that the profiles name.
    """

    name: str
    labels: tuple[str, ...] = ()
    constants: tuple[tuple[str, str], ...] = ()

    def __post_init__(self) -> None:
        if not all(isinstance(part, tuple) for part in (self.labels, self.constants)):
            raise TypeError("labels and constants must be tuples")
        _check_names((self.name, *self.labels, *(name for name, _ in self.constants)))

    @hide_locals
    def wrap(self, token: str, others: Mapping[str, str]) -> bytes:
        """Return the body for a token and the members next to it.

        Args:
            token: the compact token.
            others: the labels, and their values.

        Returns:
            The JSON text.

        Raises:
            ValueError: strict JSON can't carry a label.

        Example:
            >>> from joseal.profiles import InMember
            >>> envelope = InMember("encData")
            >>> envelope.wrap("a.b.c", {})
            b'{"encData":"a.b.c"}'
        """
        return _dump({self.name: token, **others})

    @hide_locals
    def unwrap(self, body: bytes) -> str | bytes:
        """Return the token in a body, unread.

        Args:
            body: the body as it was received.

        Returns:
            The token.

        Raises:
            MalformedTokenError: the body is not one strict JSON object with exactly these members,
                all strings, the constants with their values.

        Example:
            >>> from joseal.profiles import InMember
            >>> envelope = InMember("encData")
            >>> envelope.unwrap(b'{"encData": "a.b.c"}')
            'a.b.c'
        """
        names = (self.name, *self.labels, *dict(self.constants))
        members = _strings(body, names)
        if any(members[name] != value for name, value in self.constants):
            raise MalformedTokenError("a constant member of the envelope has the wrong value")
        return members[self.name]


class Fields(Struct, frozen=True):
    """The segments of the token are the members of a JSON object.

    Attributes:
        names: the names of the members, in the order of the segments: five for a JWE, three for a
            JWS.

    Raises:
        TypeError: `names` is not a tuple of str.
        ValueError: there are neither five nor three names, or one is empty or occurs twice.

    Example:
        >>> from joseal.profiles import Fields
        >>> envelope = Fields(("header", "payload", "signature"))
        >>> envelope.wrap("a.b.c", {})
        b'{"header":"a","payload":"b","signature":"c"}'

    Source: RFC 8259, and the pages that the profiles name.
    """

    names: tuple[str, ...]

    def __post_init__(self) -> None:
        _check_names(self.names)
        if len(self.names) not in (JWE_SEGMENTS, JWS_SEGMENTS):
            raise ValueError("a token has five segments or three")

    @hide_locals
    def wrap(self, token: str, _others: Mapping[str, str]) -> bytes:
        """Return the body for a token.

        Args:
            token: the compact token.
            _others: nothing; this envelope has no other members.

        Returns:
            The JSON text.

        Raises:
            ValueError: the token has the wrong number of segments.

        Example:
            >>> from joseal.profiles import Fields
            >>> envelope = Fields(("header", "payload", "signature"))
            >>> envelope.wrap("a.b.c", {})
            b'{"header":"a","payload":"b","signature":"c"}'
        """
        return _dump(dict(zip(self.names, token.split("."), strict=True)))

    @hide_locals
    def unwrap(self, body: bytes) -> str | bytes:
        """Return the token in a body, unread.

        Args:
            body: the body as it was received.

        Returns:
            The token.

        Raises:
            MalformedTokenError: the body is not one strict JSON object with exactly these members,
                all strings.

        Example:
            >>> from joseal.profiles import Fields
            >>> envelope = Fields(("header", "payload", "signature"))
            >>> envelope.unwrap(b'{"header": "a", "payload": "b", "signature": "c"}')
            'a.b.c'
        """
        members = _strings(body, self.names)
        # A dot inside a member makes one segment too many, which the parser refuses.
        return ".".join(members[name] for name in self.names)


Envelope: TypeAlias = Raw | InMember | Fields

RAW: Final = Raw()


def others(envelope: Envelope, labels: Mapping[str, str]) -> dict[str, str]:
    """Return the members next to the token, in their order.

    Raises:
        TypeError: `labels` is not a mapping from str to str.
        ValueError: they are not exactly those of the envelope, or strict JSON can't carry one.
    """
    if not isinstance(labels, Mapping):
        raise TypeError("labels must be a mapping")
    if not all(isinstance(text, str) for text in (*labels, *labels.values())):
        raise TypeError("labels must have str names and values")
    wanted = envelope.labels if isinstance(envelope, InMember) else ()
    if set(labels) != set(wanted):
        raise ValueError("labels must be exactly those of the profile's envelope")
    if not isinstance(envelope, InMember):
        return {}
    members = {**{name: labels[name] for name in wanted}, **dict(envelope.constants)}
    _dump(members)
    return members


def _check_names(names: tuple[str, ...]) -> None:
    if not isinstance(names, tuple):
        raise TypeError("the names of members must be a tuple")
    if not all(isinstance(name, str) for name in names):
        raise TypeError("the names of members must be str")
    if len(set(names)) != len(names) or "" in names:
        raise ValueError("the names of members must be there once, and not empty")


def _dump(members: Mapping[str, str]) -> bytes:
    body = strict_json.dump(members)
    if body is None:
        raise ValueError("a label that strict JSON can't carry")
    return body


def _strings(body: bytes, names: tuple[str, ...]) -> dict[str, str]:
    """Read an object with exactly these members, all strings."""
    if strict_json.count_values(body, _MOST_VALUES) > _MOST_VALUES:
        raise MalformedTokenError("the body does not have exactly the members of the envelope")
    members = strict_json.load_object(body)
    if members is None:
        raise MalformedTokenError("the body is not one strict JSON object")
    if set(members) != set(names):
        raise MalformedTokenError("the body does not have exactly the members of the envelope")
    texts = {name: value for name, value in members.items() if isinstance(value, str)}
    if len(texts) != len(names):
        raise MalformedTokenError("a member of the envelope is not a string")
    return texts
