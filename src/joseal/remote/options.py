"""The settings that are passed on to the classes of the core, and the kids that a token names.

Source: RFC 7515 section 4.1.4, RFC 7516 section 4.1.6 (`kid`).
"""

from collections.abc import Collection, Mapping
from typing import Final, TypedDict

from msgspec import UNSET

from joseal._core import checks
from joseal._core.limits import Limits
from joseal._core.policy import Policy
from joseal._core.wire import compact
from joseal._core.wire import header as headers
from joseal._core.wire.forms import Form
from joseal._core.wire.header import Header
from joseal._core.wire.json_form import encrypted, signed
from joseal.errors import TokenError

_DEFAULTS: Final = Limits()


class VerifierOptions(TypedDict, total=False):
    """The settings of a `Verifier`, except its keys."""

    typ: str | None
    cty: str | None
    crit: Collection[str]
    any_kid: bool
    b64: bool
    form: Form
    policy: Policy | None
    limits: Limits


class EncrypterOptions(TypedDict, total=False):
    """The settings of an `Encrypter`, except its key and `enc`."""

    header: Mapping[str, object] | None
    write_kid: bool
    apu: bytes
    apv: bytes
    compress: bool
    form: Form
    policy: Policy | None
    limits: Limits


class DecrypterOptions(TypedDict, total=False):
    """The settings of a `Decrypter`, except its keys and `enc`."""

    typ: str | None
    cty: str | None
    crit: Collection[str]
    any_kid: bool
    accept_zip: bool
    form: Form
    accept_unprotected: Collection[str]
    policy: Policy | None
    limits: Limits


def kids_of_signed(token: str | bytes, options: VerifierOptions) -> tuple[str, ...]:
    """Return the kids of all signatures; none if one names none or the token is malformed.

    Raises:
        TypeError: the token or the limits are of the wrong type.
    """
    form, limits = options.get("form", "compact"), options.get("limits", _DEFAULTS)
    checks.check(limits)
    try:
        if form == "compact":
            protected = compact.split(token, compact.JWS_SEGMENTS, limits)[0]
            return _kids([headers.parse(compact.decode(protected, "header"))])
        return _kids(signed.read_headers(signed.parse(token, form, limits), limits))
    except TokenError:
        return ()


def kids_of_encrypted(token: str | bytes, options: DecrypterOptions) -> tuple[str, ...]:
    """Return the kids of all recipients; none if one names none or the token is malformed.

    Raises:
        TypeError: the token or an option is of the wrong type.
        ValueError: `accept_unprotected` has a name that must be protected.
    """
    form, limits = options.get("form", "compact"), options.get("limits", _DEFAULTS)
    checks.check(limits)
    accepted = encrypted.acceptable(options.get("accept_unprotected", ()))
    try:
        if form == "compact":
            protected = compact.parse_jwe(token, limits).protected
            return _kids([headers.parse(compact.decode(protected, "header"))])
        return _kids(encrypted.read_headers(encrypted.parse(token, form, limits), accepted, limits))
    except TokenError:
        return ()


def _kids(found: list[Header]) -> tuple[str, ...]:
    kids = [each.known.kid for each in found]
    named = tuple(kid for kid in kids if kid is not UNSET)
    return named if len(named) == len(kids) else ()
