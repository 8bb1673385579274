"""The sources of claims: joseal's own results, and the proof that each gives of the token's origin.

Rules:
- A JWE to a public key proves nothing about its sender: its claims are read only if the caller
  accepts that anyone may have made them.
- The explicit type is that of the token that contains the claims: if there are two layers, that of
  the signed one.

Source: RFC 7519 section 11.2; RFC 7797 section 7; RFC 8725 sections 2.8, 3.11 and 3.12.
"""

from collections.abc import Mapping
from typing import NamedTuple, TypeAlias

from joseal._core import checks
from joseal._core.jwe import DecryptedToken
from joseal._core.jws import VerifiedToken
from joseal._core.keys import Key
from joseal._core.nested import NestedToken
from joseal.errors import ClaimsError, NotAllowedError

Opened: TypeAlias = VerifiedToken | NestedToken | DecryptedToken

# Registered as Header Parameters for claims that are replicated. RFC 7519 section 10.4.1.
_REPLICATED = ("iss", "sub", "aud")
# Claims whose names some senders also use as Header Parameters, with a different meaning there.
_ALSO = ("exp", "nbf", "iat", "jti")


class Source(NamedTuple):
    """The payload that should contain claims, and the headers around it.

    Attributes:
        payload: the bytes.
        header: the header of the layer that determines the kind of token.
        encrypted: the header of the JWE; None without one.
        key: the key of that JWE, if no signature proves who made the token; otherwise None.
    """

    payload: bytes
    header: Mapping[str, object]
    encrypted: Mapping[str, object] | None
    key: Key | None


def source_of(opened: Opened, *, anonymous: bool) -> Source:
    """Take apart the result of an opener.

    Raises:
        TypeError: it is not a result of joseal, or `anonymous` is not a bool.
        ValueError: it is not signed, anyone can encrypt to its key, and `anonymous` is False.
    """
    if type(anonymous) is not bool:
        raise checks.wrong_type("anonymous", "bool", anonymous)
    if isinstance(opened, VerifiedToken):
        return Source(opened.payload, opened.header, None, None)
    if isinstance(opened, NestedToken):
        signed = opened.signed_header
        source = Source(
            opened.payload,
            opened.encrypted_header if signed is None else signed,
            opened.encrypted_header,
            opened.decrypted_with if signed is None else None,
        )
    elif isinstance(opened, DecryptedToken):
        source = Source(opened.plaintext, opened.header, opened.header, opened.key)
    else:
        raise checks.wrong_type(
            "opened",
            "a VerifiedToken, a NestedToken or a DecryptedToken",
            opened,
            "open the token first, with open() of a Verifier, a Decrypter or a nested one",
        )
    if source.key is not None and not source.key.is_symmetric and not anonymous:
        raise ValueError(
            "nobody signed this token, and anyone who has the public key can make one: "
            "sign it too and use DecryptThenVerify, or give anonymous=True"
        )
    return source


def check_header(source: Source) -> None:
    """Refuse a JWT with an unencoded payload. RFC 7797 section 7.

    Raises:
        NotAllowedError: `b64` is false.
    """
    if source.header.get("b64") is False:
        raise NotAllowedError("b64", "a JWT must not have an unencoded payload")


def check_replicated(source: Source, members: Mapping[str, object]) -> None:
    """Compare the claims that are replicated as Header Parameters. RFC 7519 section 5.3.

    Raises:
        ClaimsError: one is not identical to the claim, or the claims set lacks it.
    """
    header = source.encrypted
    if header is None:
        return
    for name in (*_REPLICATED, *_ALSO):
        if name not in header or (name in _ALSO and name not in members):
            continue
        shown, own = header[name], members.get(name)
        if type(shown) is not type(own) or shown != own:
            raise ClaimsError(name, "header")
