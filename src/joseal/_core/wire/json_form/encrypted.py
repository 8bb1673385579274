"""JWE in JSON: the flattened and the general serialization.

Rules:
- Encoded members are kept encoded, so that they can be authenticated and written again byte for
  byte.
- `enc`, `zip` and `crit` are read from the protected header. The parameters of one recipient may
  also be in the header of that recipient. The shared unprotected header is data, except for the
  names that the caller accepts from it.
- `crit` or `zip` elsewhere is refused, and so are recipients with different content encryptions.

Source: RFC 7516 sections 4.1, 5.2 and 7.2.
"""

from collections.abc import Collection
from typing import Final

from msgspec import UNSET, Struct, UnsetType

from joseal._core import checks
from joseal._core.limits import Limits
from joseal._core.secrecy import Hidden
from joseal._core.wire import base64url, strict_json
from joseal._core.wire import header as headers
from joseal._core.wire.forms import Form
from joseal._core.wire.header import Header
from joseal._core.wire.json_form import members as rules
from joseal._core.wire.json_form.members import PER_RECIPIENT
from joseal.errors import MalformedTokenError, NotAllowedError

# The key is the CEK or determines it, or HPKE encrypts the content itself: there can't be a second
# recipient. RFC 7516 section 5.1 steps 3 and 6, RFC 7518 sections 4.5 and 4.6,
# draft-ietf-jose-hpke-encrypt section 5.
ALONE: Final = frozenset({"dir", "ECDH-ES", *(f"HPKE-{number}" for number in (*range(11), 12, 13))})

# The names that a caller may accept from an unauthenticated header.
_ACCEPTABLE: Final = PER_RECIPIENT | {"enc"}

# HPKE refuses it, so it must not be overlooked, wherever it is.
_REFUSED: Final = ("psk_id",)

_OF_RECIPIENT: Final = ("header", "encrypted_key")
_OF_SIGNED: Final = ("payload", "signature", "signatures")


class _Recipient(Struct, frozen=True):
    header: dict[str, object] | UnsetType = UNSET
    encrypted_key: str | UnsetType = UNSET


class _Message(Struct, frozen=True, kw_only=True):
    ciphertext: str
    protected: str | UnsetType = UNSET
    unprotected: dict[str, object] | UnsetType = UNSET
    header: dict[str, object] | UnsetType = UNSET
    encrypted_key: str | UnsetType = UNSET
    recipients: list[_Recipient] | UnsetType = UNSET
    aad: str | UnsetType = UNSET
    iv: str | UnsetType = UNSET
    tag: str | UnsetType = UNSET


class Recipient(Hidden, frozen=True):
    """One recipient of a message, as it was received.

    Attributes:
        header: its own header, which nothing authenticates; empty if absent.
        encrypted_key: base64url; empty if absent.
        further: its other members, which no RFC defines.
    """

    header: dict[str, object]
    encrypted_key: bytes
    further: dict[str, object] = {}  # noqa: RUF012 - msgspec makes a new one each time


class JsonJwe(Hidden, frozen=True, kw_only=True):
    """A JWE in JSON as it was received, or as it is to be written.

    Attributes:
        form: flattened or general.
        protected: the protected header, base64url; empty if absent.
        unprotected: the shared unprotected header; empty if absent.
        recipients: one, or several in the general form.
        aad: base64url; empty if absent.
        iv: base64url; empty if absent.
        ciphertext: base64url.
        tag: base64url; empty if absent.
        further: the members that no RFC defines.
    """

    form: Form
    protected: bytes
    recipients: tuple[Recipient, ...]
    iv: bytes
    ciphertext: bytes
    tag: bytes
    unprotected: dict[str, object] = {}  # noqa: RUF012 - msgspec makes a new one each time
    aad: bytes = b""
    further: dict[str, object] = {}  # noqa: RUF012 - msgspec makes a new one each time

    def authenticated(self) -> bytes:
        """Return the additional authenticated data. RFC 7516 section 5.1 step 14."""
        return authenticated(self.protected, self.aad)

    def __repr__(self) -> str:
        return f"JsonJwe(form={self.form!r}, recipients={len(self.recipients)})"


def authenticated(protected: bytes, aad: bytes) -> bytes:
    """Return the authenticated bytes of a protected header and AAD, both encoded."""
    return protected if aad == b"" else protected + b"." + aad


def parse(token: str | bytes, form: Form, limits: Limits) -> JsonJwe:
    """Parse a message.

    Raises:
        TypeError: the token is neither str nor bytes.
        TokenTooLargeError: it is over a limit.
        MalformedTokenError: it is not a strict JWE in this form.
    """
    members = rules.load(token, limits)
    if "ciphertext" not in members:
        raise MalformedTokenError("the message has no ciphertext (a signed message, JWS?)")
    rules.check_apart(members, one="ciphertext", others=_OF_SIGNED)
    message = rules.convert(members, _Message)
    recipients = _recipients(message, members, form, limits)
    return JsonJwe(
        form=form,
        protected=rules.full_text(message.protected, "protected"),
        unprotected=rules.header(message.unprotected, limits),
        recipients=recipients,
        aad=rules.full_text(message.aad, "aad"),
        iv=rules.text(message.iv),
        ciphertext=message.ciphertext.encode(),
        tag=rules.text(message.tag),
        further=rules.further(members, _Message.__struct_fields__),
    )


def _recipients(
    message: _Message, members: dict[str, object], form: Form, limits: Limits
) -> tuple[Recipient, ...]:
    if message.recipients is UNSET:
        if form == "general":
            raise MalformedTokenError("the message has no recipients: it is not in general form")
        return (_recipient(_Recipient(message.header, message.encrypted_key), {}, limits),)
    rules.check_apart(members, one="recipients", others=_OF_RECIPIENT)
    if form == "flattened":
        raise MalformedTokenError("the message has recipients: it is in general form")
    rules.check_count(len(message.recipients), "recipients", limits)
    listed = strict_json.as_list(members["recipients"]) or []
    return tuple(
        _recipient(received, rules.further(strict_json.as_object(raw) or {}, _OF_RECIPIENT), limits)
        for received, raw in zip(message.recipients, listed, strict=True)
    )


def _recipient(received: _Recipient, further: dict[str, object], limits: Limits) -> Recipient:
    header, encrypted_key = rules.header(received.header, limits), received.encrypted_key
    return Recipient(header, rules.text(encrypted_key), further)


def acceptable(names: Collection[str]) -> frozenset[str]:
    """Check the names that a caller accepts from an unauthenticated header.

    Raises:
        TypeError: they are not a collection of str.
        ValueError: one must be in the protected header, or is not read at all.
    """
    if isinstance(names, str) or not isinstance(names, Collection):
        raise checks.wrong_type("accept_unprotected", "a collection of str", names)
    for name in names:
        if not isinstance(name, str):
            raise checks.wrong_type("accept_unprotected", "a collection of str", name)
        if name not in _ACCEPTABLE:
            choices = ", ".join(sorted(_ACCEPTABLE))
            raise ValueError(f"accept_unprotected can name {choices}")
    return frozenset(names)


def read_headers(message: JsonJwe, accepted: frozenset[str], limits: Limits) -> list[Header]:
    """Read the Header Parameters of each recipient, in their order.

    Raises:
        MalformedTokenError: a header breaks a rule, or the recipients don't fit together.
        NotAllowedError: alg or enc is in an unauthenticated header, and the caller does not accept
            it from there; or PBES2 asks for more work than `pbes2_iterations`, over all recipients.
        TokenTooLargeError: a header is over `header_bytes`.
    """
    protected = rules.protected_header(message.protected, limits)
    found = [
        _read(protected, message.unprotected, recipient.header, accepted)
        for recipient in message.recipients
    ]
    if len(found) > 1:
        _check_together([each.known for each in found], limits)
    return found


def _read(
    protected: dict[str, object],
    shared: dict[str, object],
    own: dict[str, object],
    accepted: frozenset[str],
) -> Header:
    rules.check_headers(protected, shared, own)
    beside = {**shared, **own}
    read = {**protected, **rules.own_parameters(own)}
    read.update((name, beside[name]) for name in (*accepted, *_REFUSED) if name in beside)
    for name in ("alg", "enc"):
        if name in beside and name not in read:
            raise NotAllowedError(
                name, "it is not authenticated, and accept_unprotected= does not name it"
            )
    return rules.typed(read, protected)


def _check_together(found: list[headers.Members], limits: Limits) -> None:
    """Check the values that recipients must share, and the total work that they ask for."""
    if any(known.alg in ALONE for known in found):
        raise MalformedTokenError("dir, ECDH-ES or HPKE is next to other recipients")
    if len({known.enc for known in found}) > 1:
        raise MalformedTokenError("the recipients differ in enc")
    work = sum(known.p2c for known in found if known.p2c is not UNSET and known.p2c > 0)
    if work > limits.pbes2_iterations:
        raise NotAllowedError(
            "p2c",
            f"the recipients together ask for more than pbes2_iterations={limits.pbes2_iterations}",
        )


def check_encoded(message: JsonJwe) -> None:
    """Check the members that stay encoded, in a message that nobody opens.

    Raises:
        MalformedTokenError: one is not canonical base64url; the message names the first.
    """
    rules.decode(message.aad, "aad")
    for each in message.recipients:
        rules.decode(each.encrypted_key, "encrypted_key")
    rules.decode(message.iv, "iv")
    rules.decode(message.ciphertext, "ciphertext")
    rules.decode(message.tag, "tag")


def encode_shared(members: dict[str, object], limits: Limits) -> bytes:
    """Encode a protected header that has no alg, because each recipient has its own.

    Raises: as `header.encode`.
    """
    # The rules are those for a header that has one.
    headers.encode({**members, "alg": ""}, limits)
    return base64url.encode(strict_json.write(members))


def write(message: JsonJwe) -> str:
    """Write a message; encoded members are written as they are."""
    listed: list[dict[str, object]] = [
        {
            **({"header": each.header} if each.header else {}),
            **_texts(encrypted_key=each.encrypted_key),
            **each.further,
        }
        for each in message.recipients
    ]
    members: dict[str, object] = {**_texts(protected=message.protected)}
    if message.unprotected:
        members["unprotected"] = message.unprotected
    members.update({"recipients": listed} if message.form == "general" else listed[0])
    members.update(_texts(aad=message.aad, iv=message.iv))
    members["ciphertext"] = message.ciphertext.decode("ascii")
    members.update(_texts(tag=message.tag))
    members.update(message.further)
    return strict_json.write(members).decode()


def _texts(**encoded: bytes) -> dict[str, str]:
    return {name: raw.decode("ascii") for name, raw in encoded.items() if raw != b""}
