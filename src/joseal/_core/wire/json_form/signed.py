"""JWS in JSON: the flattened and the general serialization.

Rules:
- `crit` and `b64` are in the protected header, and all signatures agree on `b64`.
- `alg` and `kid` may be in the header of a signature: a key is bound to its alg.
- Without the member `payload` the payload is detached. An empty one may be too, as in the compact
  form.

Source: RFC 7515 sections 5.2 and 7.2 and appendix F, RFC 7797 section 3.
"""

from typing import Final

from msgspec import UNSET, Struct, UnsetType

from joseal._core.limits import Limits
from joseal._core.secrecy import Hidden
from joseal._core.wire import header as headers
from joseal._core.wire import strict_json
from joseal._core.wire.forms import Form
from joseal._core.wire.header import Header
from joseal._core.wire.json_form import members as rules
from joseal.errors import MalformedTokenError

_OF_SIGNATURE: Final = ("protected", "header", "signature")
_OF_ENCRYPTED: Final = ("ciphertext", "encrypted_key", "recipients")


class _Signature(Struct, frozen=True):
    signature: str
    protected: str | UnsetType = UNSET
    header: dict[str, object] | UnsetType = UNSET


class _Message(Struct, frozen=True, kw_only=True):
    payload: str | UnsetType = UNSET
    signatures: list[_Signature] | UnsetType = UNSET
    protected: str | UnsetType = UNSET
    header: dict[str, object] | UnsetType = UNSET
    signature: str | UnsetType = UNSET


class Signature(Hidden, frozen=True):
    """One signature of a message, as it was received.

    Attributes:
        protected: its protected header, base64url; empty if absent.
        header: its unprotected header, which nothing authenticates; empty if absent.
        signature: base64url.
    """

    protected: bytes
    header: dict[str, object]
    signature: bytes


class JsonJws(Hidden, frozen=True, kw_only=True):
    """A JWS in JSON as it was received, or as it is to be written.

    Attributes:
        form: flattened or general.
        payload: as in the message; None if it is absent, and so detached.
        signatures: one, or several in the general form.
        ignored: the names of members that no RFC defines.
    """

    form: Form
    payload: bytes | None
    signatures: tuple[Signature, ...]
    ignored: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f"JsonJws(form={self.form!r}, signatures={len(self.signatures)})"


def parse(token: str | bytes, form: Form, limits: Limits) -> JsonJws:
    """Parse a message.

    Raises:
        TypeError: the token is neither str nor bytes.
        TokenTooLargeError: it is over a limit.
        MalformedTokenError: it is not a strict JWS in this form.
    """
    members = rules.load(token, limits)
    message = rules.convert(members, _Message)
    signatures = _signatures(message, members, form, limits)
    one = "signatures" if form == "general" else "signature"
    rules.check_apart(members, one=one, others=_OF_ENCRYPTED)
    return JsonJws(
        form=form,
        payload=None if message.payload is UNSET else message.payload.encode(),
        signatures=signatures,
        ignored=tuple(rules.further(members, _Message.__struct_fields__)),
    )


def _signatures(
    message: _Message, members: dict[str, object], form: Form, limits: Limits
) -> tuple[Signature, ...]:
    if message.signatures is UNSET:
        if form == "general":
            raise MalformedTokenError("the message has no signatures: it is not in general form")
        if message.signature is UNSET:
            raise MalformedTokenError("the message has no signature")
        alone = _Signature(message.signature, message.protected, message.header)
        return (_signature(alone, limits),)
    rules.check_apart(members, one="signatures", others=_OF_SIGNATURE)
    if form == "flattened":
        raise MalformedTokenError("the message has signatures: it is in general form")
    rules.check_count(len(message.signatures), "signatures", limits)
    return tuple(_signature(each, limits) for each in message.signatures)


def _signature(received: _Signature, limits: Limits) -> Signature:
    return Signature(
        rules.full_text(received.protected, "protected"),
        rules.header(received.header, limits),
        rules.full_text(received.signature, "signature"),
    )


def read_headers(message: JsonJws, limits: Limits) -> list[Header]:
    """Read the Header Parameters of each signature, in their order.

    Raises:
        MalformedTokenError: a header breaks a rule, or signatures disagree on `b64`.
        TokenTooLargeError: a header is over `header_bytes`.
    """
    found = [_read(each, limits) for each in message.signatures]
    if len({each.known.b64 is False for each in found}) > 1:
        raise MalformedTokenError("the signatures disagree on b64")
    return found


def _read(signature: Signature, limits: Limits) -> Header:
    protected = rules.protected_header(signature.protected, limits)
    rules.check_headers(protected, signature.header)
    header = rules.typed({**protected, **rules.own_parameters(signature.header)}, protected)
    # The rules of `crit` apply to each signature; only a signature that is verified must be
    # understood.
    headers.check_crit(header, header.all)
    return header


def write(message: JsonJws) -> str:
    """Write a message; encoded members are written as they are."""
    listed: list[dict[str, object]] = [_written(each) for each in message.signatures]
    members: dict[str, object] = {}
    if message.payload is not None:
        members["payload"] = message.payload.decode()
    members.update({"signatures": listed} if message.form == "general" else listed[0])
    return strict_json.write(members).decode()


def _written(signature: Signature) -> dict[str, object]:
    members: dict[str, object] = {}
    if signature.protected != b"":
        members["protected"] = signature.protected.decode("ascii")
    if signature.header:
        members["header"] = signature.header
    members["signature"] = signature.signature.decode("ascii")
    return members
