"""The webhooks of the payouts API: first authenticated, then decrypted, then read.

    receiver = WebhookReceiver(basic=("juspay", password))
    webhook = receiver.receive(request.headers, request.body)

Rules:
- No part of a body is looked at before the request is authenticated.
- A receiver accepts one form of body. A plain webhook is refused where an encrypted one is
  expected, and the reverse: a sender who could choose the form could avoid the signature. To change
  from one form to the other, use two receivers on two addresses during the change.
- A label or a value that no page documents is not an error, and neither is an extra member: a
  webhook that is refused for being newer than this module would never be handled.
- A webhook describes a moment. Two may arrive in any order and more than once (see `store`), and
  SUCCESS may still turn into REVERSED: only the order's status counts.

No page says that payout webhooks are signed or encrypted. The encrypted form is that of Juspay's
express checkout; inside it, `receive` expects the body of a payout webhook, and `open` returns any.

Source: the webhook pages of the payouts API and of express checkout with JWT; RFC 7617 section 2.
"""

import base64
import enum
import hmac
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import ClassVar, Final, Protocol, TypeAlias, final, runtime_checkable

from joseal._core.keys import Key, KeySet
from joseal._core.limits import Limits
from joseal._core.secrecy import Opaque, hide_locals
from joseal._core.wire import strict_json
from joseal.errors import JoseError, MalformedTokenError, TokenTooLargeError
from joseal.juspay.models.base import Guarded
from joseal.juspay.models.checks import LABEL, Rule, text
from joseal.profiles import JUSPAY_WEBHOOKS, BodyDecrypter, Profile

WEBHOOK_ID: Final = Rule.stated(
    text("[!-~]{1,256}", "at most 256 characters of printable ASCII without blanks")
)
# The documented bodies have less than two thousand bytes.
WEBHOOK_LIMITS: Final = Limits(token_bytes=1024 * 1024)

_USER: Final = Rule.stated(text("[ -9;-~]+", "printable ASCII without colons"))
_PASSWORD: Final = Rule.stated(text("[ -~]+", "printable ASCII"))
_HEADER_NAME: Final = Rule.stated(text("[!#$%&'*+.^_`|~0-9A-Za-z-]+", "the name of a header"))

_AUTHORIZATION: Final = "authorization"


class Label(enum.StrEnum):
    """The documented subject of a webhook. Members are strings, equal to the API's text.

    Example:
        >>> from joseal.juspay import Label, read_webhook
        >>> text = (
        ...     b'{"id": "w-1", "label": "ORDER", "value": "FULFILLMENTS_SUCCESSFUL",'
        ...     b' "category": "INFO", "info": {}}'
        ... )
        >>> read_webhook(text).label == Label.ORDER
        True
    """

    ORDER = "ORDER"
    FULFILLMENT_ORDER = "FULFILLMENT_ORDER"
    FULFILLMENT_TXN = "FULFILLMENT_TXN"
    VALIDATION_V2 = "VALIDATION_V2"
    VALIDATION = "VALIDATION"


@final
class UnauthenticatedError(JoseError):
    """A webhook does not have the agreed credentials. It says nothing more.

    Answer it with 401. A header that is missing, there twice, of a different scheme or wrong is one
    and the same failure.
    """

    code = "unauthenticated"

    def __init__(self) -> None:
        super().__init__("the webhook is not authenticated")
        self.args: tuple[object, ...] = ()

    def __str__(self) -> str:
        return "the webhook is not authenticated"


class Webhook(Guarded, frozen=True, kw_only=True):
    """One webhook. It shows its subject, but not what `info` says about people.

    Attributes:
        id: the id of this webhook; a repeated delivery has the same.
        label: its subject, such as `Label.ORDER`; one that `Label` does not have stays a str.
        value: what happened, such as `OrderState.FULFILLMENTS_SUCCESSFUL`: the possible states
            depend on the label. An unknown one stays a str too.
        category: `INFO` is the only documented one.
        info: the order, fulfillment, transaction or validation. Objects are read-only mappings and
            lists tuples; numbers with a point or an exponent are `Decimal`.
        text: the JSON text that was read, to store for later.

    Example:
        >>> from joseal.juspay import read_webhook
        >>> text = (
        ...     b'{"id": "w-1", "label": "ORDER", "value": "FULFILLMENTS_SUCCESSFUL",'
        ...     b' "category": "INFO", "info": {}}'
        ... )
        >>> read_webhook(text).id
        'w-1'
    """

    _SHOWN: ClassVar[frozenset[str]] = frozenset({"id", "label", "value", "category"})

    id: str
    label: str
    value: str
    category: str
    info: Mapping[str, object]
    text: bytes


@hide_locals
def read_webhook(text: bytes) -> Webhook:
    """Read the JSON text of a plain webhook, without asking who sent it.

    For texts that are known to be authentic, such as stored ones. Texts from outside must go
    through `WebhookReceiver.receive`.

    Args:
        text: the JSON text.

    Returns:
        The webhook.

    Raises:
        TypeError: `text` is not bytes.
        MalformedTokenError: it is not one strict JSON object with the documented members. The
            message names a member and its rule, never a value.

    Example:
        >>> from joseal.juspay import read_webhook
        >>> text = (
        ...     b'{"id": "w-1", "label": "ORDER", "value": "FULFILLMENTS_SUCCESSFUL",'
        ...     b' "category": "INFO", "info": {}}'
        ... )
        >>> read_webhook(text).value
        'FULFILLMENTS_SUCCESSFUL'
    """
    if not isinstance(text, bytes):
        raise TypeError("text must be bytes")
    members = strict_json.load_object(text)
    if members is None:
        raise MalformedTokenError("the webhook is not one strict JSON object")
    info = strict_json.as_object(members.get("info"))
    if info is None:
        raise MalformedTokenError(
            "the webhook has no object info: it is encrypted, or is not a webhook"
        )
    return Webhook(
        id=_text(members, "id", WEBHOOK_ID),
        label=_text(members, "label", LABEL),
        value=_text(members, "value", LABEL),
        category=_text(members, "category", LABEL),
        info=MappingProxyType({name: _frozen(value) for name, value in info.items()}),
        text=text,
    )


@runtime_checkable
class Pairs(Protocol):
    """Headers with an `items` method, as in web frameworks."""

    def items(self) -> Iterable[tuple[str, str]]:
        """Return names and values, a repeated name as often as it occurs."""
        ...


Headers: TypeAlias = Pairs | Iterable[tuple[str, str]]


@final
class WebhookReceiver(Opaque):
    """Authenticates webhooks, decrypts the encrypted ones, and reads them.

    Immutable and safe to share between threads. Every check that is configured must pass.

    Args:
        basic: user name and password of Basic auth, as set up for the webhook.
        custom_header: name and value of the header that was set up for it.
        keys: the merchant's private keys, if webhooks are encrypted; two during a key change.
        verifying_keys: the API's public keys, required with `keys`.
        profile: the rules for encrypted webhooks. They must be signed.
        limits: bounds on the body and on the token in it.

    Raises:
        TypeError: an argument is of the wrong type.
        ValueError: neither `basic` nor `custom_header` nor `keys` is given, or only one of `keys`
            and `verifying_keys`; no header can carry the credentials; or the profile receives
            nothing or is not signed. The message does not repeat what was given.
        InvalidKeyError: there is no key, or one is bound to a different alg or is the wrong half of
            its pair.

    Example:
        >>> from joseal.juspay import WebhookReceiver
        >>> receiver = WebhookReceiver(basic=("juspay", "a long password"))
    """

    __slots__ = ("_expected", "_limits", "_opener")

    _expected: tuple[tuple[str, bytes], ...]
    _opener: BodyDecrypter | None
    _limits: Limits

    @hide_locals
    def __init__(
        self,
        *,
        basic: tuple[str, str] | None = None,
        custom_header: tuple[str, str] | None = None,
        keys: Key | KeySet | Iterable[Key] | None = None,
        verifying_keys: Key | KeySet | Iterable[Key] | None = None,
        profile: Profile = JUSPAY_WEBHOOKS,
        limits: Limits = WEBHOOK_LIMITS,
    ) -> None:
        if not isinstance(profile, Profile):
            raise TypeError("profile must be a Profile")
        if not isinstance(limits, Limits):
            raise TypeError("limits must be Limits")
        if (keys is None) != (verifying_keys is None):
            raise ValueError(
                "keys and verifying_keys go together: what is encrypted is also signed"
            )
        if basic is None and custom_header is None and keys is None:
            raise ValueError("basic, custom_header or keys: without, anyone could send a webhook")
        opener = None
        if keys is not None and verifying_keys is not None:
            if profile.receive is not None and profile.receive.nesting == "none":
                raise ValueError("a profile without a signature would let anyone send a webhook")
            opener = profile.decrypter(keys, verifying_keys=verifying_keys, limits=limits)
        self._set(_expected=_credentials(basic, custom_header), _opener=opener, _limits=limits)

    @hide_locals
    def receive(self, headers: Headers, body: bytes) -> Webhook:
        """Authenticate a webhook, decrypt it if it is encrypted, and read it.

        Args:
            headers: the request's headers: a mapping from any framework, or pairs. Names in any
                case.
            body: the bytes of the request's body.

        Returns:
            The webhook.

        Raises:
            TypeError: an argument is of the wrong type.
            UnauthenticatedError: a header is missing or wrong; answer 401.
            MalformedTokenError: the body is not a webhook of the expected form: encrypted where a
                plain one is expected, or the reverse, or neither. Answer 400.
            TokenTooLargeError: the body is over a limit.
            NotAllowedError: the profile does not accept the alg, enc, zip, typ, cty or b64.
            UnknownKeyError: a layer names a kid that no key here has.
            DecryptionError: it can't be decrypted; the reason is not given.
            VerificationError: its signature is not valid.
            KeyUnavailableError: a key on a device is unavailable; answer 503.

        Example:
            >>> from joseal.juspay import WebhookReceiver
            >>> text = (
            ...     b'{"id": "w-1", "label": "ORDER", "value": "FULFILLMENTS_SUCCESSFUL",'
            ...     b' "category": "INFO", "info": {}}'
            ... )
            >>> receiver = WebhookReceiver(custom_header=("x-webhook-secret", "a long secret"))
            >>> receiver.receive({"X-Webhook-Secret": "a long secret"}, text).id
            'w-1'
        """
        return read_webhook(self._open(headers, body))

    @hide_locals
    def open(self, headers: Headers, body: bytes) -> bytes:
        """Authenticate a webhook, decrypt it if it is encrypted, and return its JSON text unread.

        This is for bodies of other products than payouts.

        Args:
            headers: the request's headers: a mapping from any framework, or pairs. Names in any
                case.
            body: the bytes of the request's body.

        Returns:
            The JSON text.

        Raises:
            TypeError: an argument is of the wrong type.
            UnauthenticatedError: a header is missing or wrong; answer 401.
            MalformedTokenError: the body is encrypted where a plain one is expected, or the
                reverse, or neither. Answer 400.
            TokenTooLargeError: the body is over a limit.
            NotAllowedError: the profile does not accept the alg, enc, zip, typ, cty or b64.
            UnknownKeyError: a layer names a kid that no key here has.
            DecryptionError: it can't be decrypted; the reason is not given.
            VerificationError: its signature is not valid.
            KeyUnavailableError: a key on a device is unavailable; answer 503.

        Example:
            >>> from joseal.juspay import WebhookReceiver
            >>> receiver = WebhookReceiver(custom_header=("x-webhook-secret", "a long secret"))
            >>> receiver.open({"X-Webhook-Secret": "a long secret"}, b'{"id": "w-1"}')
            b'{"id": "w-1"}'
        """
        return self._open(headers, body)

    def _open(self, headers: Headers, body: bytes) -> bytes:
        if not isinstance(body, bytes):
            raise TypeError("body must be bytes")
        if not self._is_authentic(headers):
            raise UnauthenticatedError
        if self._opener is not None:
            return self._opener.open(body).payload
        if len(body) > self._limits.token_bytes:
            raise TokenTooLargeError("token_bytes", self._limits.token_bytes)
        return body

    def _is_authentic(self, headers: Headers) -> bool:
        """Compare all expected headers, whatever the first comparison says."""
        found = list(_pairs(headers))
        same = [_is_same(name, expected, found) for name, expected in self._expected]
        return all(same)

    def __repr__(self) -> str:
        form = "plain" if self._opener is None else "encrypted"
        return f"WebhookReceiver({form}, headers={[name for name, _ in self._expected]!r})"


def _credentials(
    basic: tuple[str, str] | None, custom_header: tuple[str, str] | None
) -> tuple[tuple[str, bytes], ...]:
    """Return the headers that are expected: names in lower case, and values."""
    for given in (basic, custom_header):
        if given is not None and _pair(given) is None:
            raise TypeError("basic and custom_header must be tuples of two str")
    expected: list[tuple[str, bytes]] = []
    if basic is not None:
        user = _USER.apply("the user of basic", basic[0])
        password = _PASSWORD.apply("the password of basic", basic[1])
        expected.append((_AUTHORIZATION, base64.b64encode(f"{user}:{password}".encode("ascii"))))
    if custom_header is not None:
        name = _HEADER_NAME.apply("the name of custom_header", custom_header[0]).lower()
        if name == _AUTHORIZATION:
            raise ValueError("Authorization is what basic is for")
        value = LABEL.apply("the value of custom_header", custom_header[1])
        expected.append((name, value.encode("ascii")))
    return tuple(expected)


def _pairs(headers: Headers) -> Iterator[tuple[str, str]]:
    for item in headers.items() if isinstance(headers, Pairs) else headers:
        pair = _pair(item)
        if pair is None:
            raise TypeError("headers must have names and values that are str")
        yield pair[0].lower(), pair[1]


def _pair(value: object) -> tuple[str, str] | None:
    """Return a tuple of two str as such, and None for anything else."""
    match value:
        case (str() as name, str() as text) if isinstance(value, tuple):
            return name, text
        case _:
            return None


def _is_same(name: str, expected: bytes, headers: list[tuple[str, str]]) -> bool:
    """Tell whether a header is there once and as expected, in time that does not depend on it."""
    values = [value for other, value in headers if other == name]
    given = values[0] if len(values) == 1 else ""
    scheme_fits = True
    if name == _AUTHORIZATION:
        scheme, _, given = given.partition(" ")
        scheme_fits = scheme.lower() == "basic"
    # So that no two texts become the same bytes.
    raw = given.strip(" \t").encode("utf-8", "surrogatepass")
    return hmac.compare_digest(raw, expected) and scheme_fits


def _text(members: Mapping[str, object], name: str, rule: Rule) -> str:
    try:
        return rule.apply(name, members.get(name))
    except (TypeError, ValueError) as error:
        # The text of joseal's own rule, which names the member and not its value.
        text = str(error)
    raise MalformedTokenError(f"the webhook's {text}")


def _frozen(value: object) -> object:
    """Return an immutable JSON value, with amounts as decimal digits."""
    if type(value) is float:
        return Decimal(repr(value))
    inner = strict_json.as_object(value)
    if inner is not None:
        return MappingProxyType({name: _frozen(item) for name, item in inner.items()})
    items = strict_json.as_list(value)
    return value if items is None else tuple(_frozen(item) for item in items)
