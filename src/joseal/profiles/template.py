"""Header templates: the members that a profile writes, their order, and the source of their values.

Rules:
- A template is data: constants, a `kid` from one source, an `iat` in one unit, a name for the key's
  certificate. `alg` comes before it and `enc` after it, and neither can be part of it.
- The part before an `iat` is prepared once; only the rest is made for each token.
- A `kid` is a name. It chooses nothing here, and a hash in it protects nothing.

Source: RFC 7515 section 4.1.4, RFC 7519 section 4.1.6, RFC 7638, RFC 5280 section 4.1.
"""

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final, Literal, NamedTuple, TypeAlias, get_args

from msgspec import Struct

from joseal._core import checks
from joseal._core.keys import Key
from joseal._core.wire.header import MANAGED
from joseal.errors import InvalidKeyError

Clock: TypeAlias = Callable[[], float]

KidSource: TypeAlias = Literal[
    "given",
    "optional",
    "uuid",
    "reply-uuid",
    "certificate-serial",
    "x5t",
    "x5t#S256",
    "spki-sha256-hex",
    "jwk-thumbprint",
]

_NAMED: Final = "load the key with kid="
# If the kid is the name of something else, what to load the key from.
_LOADED: Final = {
    "certificate-serial": "load the key from its certificate (Key.from_certificate; of a PKCS#12 "
    "file, alias= names it), or with the serial number as kid=",
}
_UUID: Final = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", re.IGNORECASE)

_OF_CERTIFICATE: Final[Mapping[str, Callable[[Key], object]]] = MappingProxyType(
    {
        "x5t": lambda key: key.x5t,
        "x5t#S256": lambda key: key.x5t_s256,
        "x5c": lambda key: key.x5c,
    }
)


class Constant(Struct, frozen=True):
    """A Header Parameter with one value for all tokens, such as `typ` or `cty`.

    Attributes:
        name: the name of the Header Parameter.
        value: its value.

    Example:
        >>> from joseal.profiles import Constant, Sending
        >>> sending = Sending(
        ...     algs=("RSA-OAEP-256",), enc="A256GCM", header=(Constant("cty", "application/json"),)
        ... )

    Source: RFC 7516 section 4.1.
    """

    name: str
    value: str | int | bool


class Kid(Struct, frozen=True):
    """The member `kid`.

    Attributes:
        source: the source of its value.

            - `given`: the key's own kid, which it must have.
            - `optional`: the key's own kid; no member if it has none.
            - `uuid`: the key's own kid, which must have the form of a UUID.
            - `reply-uuid`: the kid of the sender's own key, to which the answer has to be
              encrypted; it must have the form of a UUID. That key is passed as `reply_key`.
            - `certificate-serial`: the key's own kid; without one, the serial number of the
              certificate that it came in, see `Key.certificate_serial`.
            - `x5t`, `x5t#S256`: the hash of the certificate that the key came in.
            - `spki-sha256-hex`: SHA-256 over the DER SubjectPublicKeyInfo, in lower-case hex.
            - `jwk-thumbprint`: RFC 7638 with SHA-256, base64url.

    Example:
        >>> from joseal.profiles import Kid, Sending
        >>> sending = Sending(
        ...     algs=("RSA-OAEP-256",), enc="A256GCM", header=(Kid("jwk-thumbprint"),)
        ... )

    Source: RFC 7515 section 4.1.4, RFC 7638.
    """

    source: KidSource = "given"


class IssuedAt(Struct, frozen=True):
    """The member `iat`: when the token was made.

    Attributes:
        unit: `s` as in RFC 7519, or `ms`.
        text: write the number as a string.

    Example:
        >>> from joseal.profiles import IssuedAt, Sending
        >>> sending = Sending(
        ...     algs=("RSA-OAEP-256",), enc="A256GCM", header=(IssuedAt(unit="ms"),)
        ... )

    Source: RFC 7519 section 4.1.6.
    """

    unit: Literal["s", "ms"] = "s"
    text: bool = False


class CertificateParameter(Struct, frozen=True):
    """A member that names or contains the certificate that the key came in.

    Attributes:
        name: `x5t` for its SHA-1, `x5t#S256` for its SHA-256, `x5c` for the certificate itself. A
            recipient must not trust a certificate because it is in a token.

    Example:
        >>> from joseal.profiles import CertificateParameter, Sending
        >>> sending = Sending(
        ...     algs=("RSA-OAEP-256",), enc="A256GCM", header=(CertificateParameter("x5c"),)
        ... )

    Source: RFC 7515 sections 4.1.6 to 4.1.8.
    """

    name: Literal["x5t", "x5t#S256", "x5c"] = "x5t#S256"


Slot: TypeAlias = Constant | Kid | IssuedAt | CertificateParameter
Template: TypeAlias = tuple[Slot, ...]


def check(template: Template) -> None:
    """Check a template.

    Raises:
        TypeError: it is not a tuple of slots, or a name is not a str.
        ValueError: a name occurs twice, or is one that joseal manages (`alg`, `enc` and the like);
            or a source or unit is not known.
    """
    if not isinstance(template, tuple):
        raise TypeError("a header template must be a tuple")
    if not all(isinstance(slot, Slot) for slot in template):
        raise TypeError("a header template takes Constant, Kid, IssuedAt and CertificateParameter")
    names = [_name(slot) for slot in template]
    if not all(isinstance(name, str) for name in names):
        raise TypeError("the name of a Constant must be str")
    if len(set(names)) != len(names) or not MANAGED.isdisjoint(names):
        raise ValueError("a header template has a name twice, or one that is managed")
    for slot in template:
        if isinstance(slot, Kid) and slot.source not in get_args(KidSource):
            raise ValueError("a kid source must be one of those that Kid names")
        if isinstance(slot, IssuedAt) and slot.unit not in ("s", "ms"):
            raise ValueError("the unit of an iat must be s or ms")
        if isinstance(slot, CertificateParameter) and slot.name not in _OF_CERTIFICATE:
            raise ValueError("a CertificateParameter must be x5t, x5t#S256 or x5c")


def _name(slot: Slot) -> str:
    if isinstance(slot, Constant | CertificateParameter):
        return slot.name
    return "kid" if isinstance(slot, Kid) else "iat"


def kid_of(key: Key, source: KidSource) -> str | None:
    """Return the kid of a key, from the source that a profile names.

    Use it to give a private key the kid that the other side will use: `Key.from_pem(..., kid=...)`.

    Args:
        key: the key.
        source: the source of the kid; see `Kid`.

    Returns:
        The kid; None for `optional` if the key has none.

    Raises:
        InvalidKeyError: the source is the key's own kid, and it has none, or one of the wrong form;
            or the source is a hash and the key is symmetric, which has no public half.

    Example:
        >>> from joseal import Key
        >>> from joseal.profiles import kid_of
        >>> mine = Key.generate("ES256")
        >>> kid_of(mine, "jwk-thumbprint") == mine.thumbprint()
        True

    Source: RFC 7515 section 4.1.4, RFC 7638.
    """
    if source in ("spki-sha256-hex", "jwk-thumbprint") and key.is_symmetric:
        raise InvalidKeyError("a symmetric key has no public half to name")
    if source == "spki-sha256-hex":
        return key.spki_sha256()
    if source == "jwk-thumbprint":
        return key.thumbprint()
    if source in ("x5t", "x5t#S256"):
        return key.x5t if source == "x5t" else key.x5t_s256
    if source == "certificate-serial" and key.kid is None and key.certificates:
        return key.certificate_serial
    if key.kid is None and source != "optional":
        raise InvalidKeyError(f"the profile writes a kid ({source}): {_LOADED.get(source, _NAMED)}")
    if source in ("uuid", "reply-uuid") and _UUID.fullmatch(key.kid or "") is None:
        raise InvalidKeyError("the profile writes a UUID as kid: load the key with it as kid=")
    return key.kid


class Filled(NamedTuple):
    """A template with a key's kid in it.

    Attributes:
        constant: the members up to the first `iat`.
        late: that one and those after it.
    """

    constant: dict[str, object]
    late: tuple[tuple[str, object], ...]

    def members(self, clock: Clock) -> dict[str, object] | None:
        """Return the members for one token; None if all are constant."""
        if not self.late:
            return None
        return {
            name: _stamp(value, clock) if isinstance(value, IssuedAt) else value
            for name, value in self.late
        }


def names_reply_key(template: Template) -> bool:
    """Tell whether a template names the sender's own key, and not the recipient's."""
    return any(isinstance(slot, Kid) and slot.source == "reply-uuid" for slot in template)


def fill(template: Template, key: Key, reply_key: Key | None = None) -> Filled:
    """Put a key's kid, and the names of its certificate, into a template.

    Raises:
        InvalidKeyError: as for `kid_of`; or the key did not come with its certificate.
        ValueError: the template names the sender's own key, and there is none, or the reverse.
    """
    if names_reply_key(template) is (reply_key is None):
        raise ValueError(
            "reply_key goes with a profile whose header names the key that answers are encrypted to"
        )
    named = key if reply_key is None else reply_key
    members = [
        (_name(slot), _value(slot, key if isinstance(slot, CertificateParameter) else named))
        for slot in template
    ]
    present = [(name, value) for name, value in members if value is not None]
    moments = [place for place, (_, value) in enumerate(present) if isinstance(value, IssuedAt)]
    first = moments[0] if moments else len(present)
    return Filled(dict(present[:first]), tuple(present[first:]))


def _value(slot: Slot, key: Key) -> object:
    if isinstance(slot, Constant):
        return slot.value
    if isinstance(slot, CertificateParameter):
        return _OF_CERTIFICATE[slot.name](key)
    return kid_of(key, slot.source) if isinstance(slot, Kid) else slot


def _stamp(issued: IssuedAt, clock: Clock) -> int | str:
    seconds = checks.seconds_of("clock", clock)
    moment = int(seconds * (1000 if issued.unit == "ms" else 1))
    return str(moment) if issued.text else moment
