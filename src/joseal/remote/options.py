"""The settings that are passed on to the classes of the core, and the kid that a token names.

Source: RFC 7515 section 4.1.4, RFC 7516 section 4.1.6 (`kid`).
"""

from collections.abc import Collection, Mapping
from typing import TypedDict

from msgspec import UNSET

from joseal._core.limits import Limits
from joseal._core.policy import Policy
from joseal._core.wire import compact
from joseal._core.wire import header as headers
from joseal.errors import TokenError


class VerifierOptions(TypedDict, total=False):
    """The settings of a `Verifier`, its keys apart."""

    typ: str | None
    cty: str | None
    crit: Collection[str]
    any_kid: bool
    b64: bool
    policy: Policy | None
    limits: Limits


class EncrypterOptions(TypedDict, total=False):
    """The settings of an `Encrypter`, its key and `enc` apart."""

    header: Mapping[str, object] | None
    write_kid: bool
    apu: bytes
    apv: bytes
    compress: bool
    policy: Policy | None
    limits: Limits


class DecrypterOptions(TypedDict, total=False):
    """The settings of a `Decrypter`, its keys and `enc` apart."""

    typ: str | None
    cty: str | None
    crit: Collection[str]
    any_kid: bool
    accept_zip: bool
    policy: Policy | None
    limits: Limits


def kid_of(token: str | bytes, segments: int, limits: Limits) -> str | None:
    """Return the kid that a token names; None for a token that names none or is broken."""
    try:
        protected = compact.split(token, segments, limits)[0]
        parsed = headers.parse(compact.decode(protected, "header"))
    except TokenError:
        return None
    return None if parsed.known.kid is UNSET else parsed.known.kid
