"""`peek`: the header of a token before anything in it is verified.

Rules:
- No key is used and nothing is verified. The name of the result says so.
- The header is checked as strictly as when a token is opened: there is one grammar.

Source: RFC 7515 section 4, RFC 7516 sections 4 and 9; RFC 8725 section 3.10 (do not trust what a
header names).
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, Literal, final

from msgspec import UNSET, UnsetType

from joseal._core import checks
from joseal._core.limits import Limits
from joseal._core.naming import exported
from joseal._core.secrecy import Result, hide_locals
from joseal._core.wire import compact
from joseal._core.wire import header as headers

_DEFAULTS: Final = Limits()


@exported
@final
class UntrustedHeader(Result):
    """The protected header of a token that was not verified. Anyone can write anything in it.

    Use it to choose among your own keys and settings, by comparing it with names that you know.
    Never fetch what it names, and do not base any other decision on it: open the token, and use the
    header that comes with the result.

    Attributes:
        form: `JWE` for five segments, `JWS` for three.
        parameters: all Header Parameters in their order; read-only.
        alg: the token's alg, which no key has confirmed.
        enc: the token's enc, not confirmed either; None without one.
        kid: the token's kid, not confirmed either.
        typ: the token's typ, not confirmed either.
        cty: the token's cty, not confirmed either.

    Example:
        >>> import joseal
        >>> key = joseal.Key.generate("ES256", kid="tenant-7")
        >>> header = joseal.peek(joseal.Signer(key).sign(b"hello"))
        >>> header.form, header.alg, header.kid
        ('JWS', 'ES256', 'tenant-7')

    Source: RFC 7515 section 4, RFC 7516 section 4.
    """

    __slots__ = ("alg", "cty", "enc", "form", "kid", "parameters", "typ")

    form: Literal["JWE", "JWS"]
    parameters: Mapping[str, object]
    alg: str
    enc: str | None
    kid: str | None
    typ: str | None
    cty: str | None

    def __init__(self, form: Literal["JWE", "JWS"], header: headers.Header) -> None:
        known = header.known
        self._set(
            form=form,
            parameters=MappingProxyType(header.all),
            alg=known.alg,
            enc=_text(known.enc),
            kid=_text(known.kid),
            typ=_text(known.typ),
            cty=_text(known.cty),
        )

    def __repr__(self) -> str:
        return f"UntrustedHeader({self.form}, <{len(self.parameters)} parameters>)"


@exported
@hide_locals
def peek(token: str | bytes, *, limits: Limits = _DEFAULTS) -> UntrustedHeader:
    """Read the header of a compact token and nothing else: no key, no verification.

    Args:
        token: the compact token.
        limits: bounds on the token and its header.

    Returns:
        The header, which you must not trust until the token has been opened.

    Raises:
        TypeError: an argument is of the wrong type.
        TokenTooLargeError: the token or its header is over a limit.
        MalformedTokenError: it does not have three or five segments; its header is not canonical
            base64url, not one strict JSON object, or has a known member of the wrong type.

    Example:
        >>> import joseal
        >>> key = joseal.Key.generate("ES256", kid="tenant-7")
        >>> joseal.peek(joseal.Signer(key).sign(b"hello")).kid
        'tenant-7'

    Source: RFC 7515 section 4, RFC 7516 section 9.
    """
    checks.check(limits)
    dots = 0
    if isinstance(token, str):
        dots = token.count(".")
    elif isinstance(token, bytes):
        dots = token.count(b".")
    is_jwe = dots == compact.JWE_SEGMENTS - 1
    wanted = compact.JWE_SEGMENTS if is_jwe else compact.JWS_SEGMENTS
    protected = compact.split(token, wanted, limits)[0]
    return UntrustedHeader(
        "JWE" if is_jwe else "JWS", headers.parse(compact.decode(protected, "header"))
    )


def _text(member: str | UnsetType) -> str | None:
    return None if member is UNSET else member
