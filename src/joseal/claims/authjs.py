"""Session cookies of Auth.js (v5) and next-auth (v4): read, issued, cut into chunks.

Both put the claims of a session into a JWE with `dir` and a key that HKDF derives from the secret.
They differ in the info, the salt, the enc, the names of cookies and the size of a chunk.

Rules:
- A key is derived for each secret when the object is made. The first secret issues sessions, and
  all of them read: that is how a secret is changed.
- Chunks are numbered from 0 without a gap. A cookie that is present both whole and in chunks is
  refused, because choosing one would be a guess.
- The expiry is checked as for every token; clocks may be 15 seconds apart, as in Auth.js.

Source: @auth/core 0.34 and next-auth 4.24, `jwt` and `lib/utils/cookie`; RFC 5869.
"""

import re
import time
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Final, Literal, NamedTuple, TypeVar, final, overload

from msgspec import Struct

from joseal._core import checks
from joseal._core.algorithms.hashes import digest
from joseal._core.algorithms.registry import Enc
from joseal._core.jwe import Decrypter, Encrypter
from joseal._core.keys import Key, KeySet
from joseal._core.limits import Limits
from joseal._core.secrecy import Opaque, hide_locals
from joseal._core.wire import strict_json
from joseal._core.wire.header import to_member
from joseal.claims.rules import Claims
from joseal.claims.values import ClaimSet
from joseal.errors import MalformedTokenError

_T = TypeVar("_T", bound=Struct)

_MAX_AGE_SECONDS: Final = 30 * 24 * 60 * 60
_LEEWAY_SECONDS: Final = 15
# A browser keeps about 180 cookies for a site, of 4 KiB each.
_MOST_CHUNKS: Final = 64
_LIMITS: Final = Limits(token_bytes=_MOST_CHUNKS * 4096)
# RFC 6265 section 4.1.1: a token.
_COOKIE: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,200}")
_NUMBER: Final = re.compile(r"0|[1-9][0-9]?")


class _Version(NamedTuple):
    cookie: str
    info: str
    enc: Enc
    chunk: int


# The size of a chunk is 4,096 minus what each version reserves for the rest of a cookie.
_VERSIONS: Final[Mapping[int, _Version]] = MappingProxyType(
    {
        4: _Version(
            "next-auth.session-token",
            "NextAuth.js Generated Encryption Key",
            "A256GCM",
            4096 - 163,
        ),
        5: _Version(
            "authjs.session-token",
            "Auth.js Generated Encryption Key ({})",
            "A256CBC-HS512",
            4096 - 160,
        ),
    }
)


@final
class AuthJsSession(Opaque):
    """Reads and issues the session cookies of an Auth.js or next-auth application.

    Args:
        secret: `AUTH_SECRET` or `NEXTAUTH_SECRET`, of at least 16 bytes; or several, the current
            one first.
        version: 5 for Auth.js, 4 for next-auth.
        secure: whether the application is served over https, so that the cookie's name begins with
            `__Secure-`.
        cookie: the name of the cookie, if the application does not use the default. In version 5
            the key depends on it.
        now: returns the time in seconds since 1970.

    Raises:
        TypeError: an argument is of the wrong type.
        ValueError: `version` is neither 4 nor 5; there is no secret; or no cookie can have this
            name.
        InvalidKeyError: a secret is too short, or is a public or private key.

    Example:
        >>> from joseal.claims import AuthJsSession
        >>> session = AuthJsSession("a text of 32 random bytes, base64", secure=False)
        >>> cookies = session.issue({"sub": "u-1", "email": "a@example.com"})
        >>> list(cookies)
        ['authjs.session-token']
        >>> session.read(cookies).subject
        'u-1'

    Source: @auth/core 0.34 and next-auth 4.24, `jwt`.
    """

    __slots__ = ("_chunk", "_claims", "_cookie", "_decrypter", "_encrypter")

    _chunk: int
    _claims: Claims
    _cookie: str
    _decrypter: Decrypter
    _encrypter: Encrypter

    @hide_locals
    def __init__(
        self,
        secret: str | Sequence[str],
        *,
        version: Literal[4, 5] = 5,
        secure: bool = True,
        cookie: str | None = None,
        now: Callable[[], float] = time.time,
    ) -> None:
        checks.check_ints(version=version)
        checks.check(_LIMITS, secure=secure)
        checks.check_texts(cookie=cookie)
        known = _VERSIONS.get(version)
        if known is None:
            raise ValueError("version must be 4 or 5")
        name = f"{'__Secure-' if secure else ''}{known.cookie}" if cookie is None else cookie
        if not _COOKIE.fullmatch(name):
            raise ValueError("cookie must be a name that a cookie can have")
        keys = [_key(each, known, name) for each in _secrets(secret)]
        self._set(
            _chunk=known.chunk,
            _claims=Claims(leeway_seconds=_LEEWAY_SECONDS, any_audience=True, now=now),
            _cookie=name,
            _decrypter=Decrypter(KeySet(keys), enc=known.enc, limits=_LIMITS),
            _encrypter=Encrypter(keys[0], enc=known.enc, limits=_LIMITS),
        )

    @property
    def cookie(self) -> str:
        """The name of the cookie."""
        return self._cookie

    @overload
    def read(self, cookies: Mapping[str, str]) -> ClaimSet: ...

    @overload
    def read(self, cookies: Mapping[str, str], shape: type[_T]) -> _T: ...

    @hide_locals
    def read(self, cookies: Mapping[str, str], shape: type[_T] | None = None) -> ClaimSet | _T:
        """Join the chunks of a session, decrypt it, and read its claims.

        Args:
            cookies: the request's cookies, names and values; only the session's are used.
            shape: a msgspec `Struct` to return the claims as.

        Returns:
            The claims, or an instance of `shape`.

        Raises:
            TypeError: an argument is of the wrong type.
            MalformedTokenError: there is no session among the cookies; its chunks have a gap or a
                whole cookie next to them; or it is not a strict compact JWE.
            TokenTooLargeError: it is over a limit.
            NotAllowedError: its alg or enc is not that of this version.
            UnknownKeyError: it names a kid that no secret has.
            DecryptionError: it can't be decrypted with any of the secrets.
            ClaimsError: the payload is not one strict JSON object; `exp` is missing or has passed;
                or a claim is of the wrong type.

        Example:
            >>> from joseal.claims import AuthJsSession
            >>> session = AuthJsSession("a text of 32 random bytes, base64", secure=False)
            >>> cookies = session.issue({"sub": "u-1"})
            >>> session.read(cookies).subject
            'u-1'

        Source: @auth/core 0.34 and next-auth 4.24, `jwt`.
        """
        opened = self._decrypter.open(self._joined(cookies))
        if shape is None:
            return self._claims.read(opened)
        return self._claims.read(opened, shape)

    @hide_locals
    def issue(
        self, claims: Mapping[str, object], *, lifetime_seconds: float = _MAX_AGE_SECONDS
    ) -> dict[str, str]:
        """Issue a session and cut it into cookies.

        If an earlier session had more chunks, the caller has to delete its remaining cookies.

        Args:
            claims: the claims of the session, such as `sub`, `name`, `email` and `picture`.
            lifetime_seconds: until it expires; 30 days, as in Auth.js.

        Returns:
            Names and values of the cookies: one, or its chunks.

        Raises:
            TypeError: an argument is of the wrong type.
            ValueError: strict JSON can't carry `claims`; a claim is missing, of the wrong type or
                against the rules; there is no `exp`; or a string with a colon is not a URI (RFC
                7519 section 2).
            TokenTooLargeError: the session is too large for cookies.

        Example:
            >>> from joseal.claims import AuthJsSession
            >>> session = AuthJsSession("a text of 32 random bytes, base64", secure=False)
            >>> cookies = session.issue({"sub": "u-1"})
            >>> session.read(cookies).subject
            'u-1'

        Source: @auth/core 0.34 and next-auth 4.24, `jwt`.
        """
        text = self._claims.issue(claims, lifetime_seconds=lifetime_seconds)
        token = self._encrypter.encrypt(text)
        if len(token) <= self._chunk:
            return {self._cookie: token}
        starts = range(0, len(token), self._chunk)
        return {
            f"{self._cookie}.{number}": token[start : start + self._chunk]
            for number, start in enumerate(starts)
        }

    def _joined(self, cookies: Mapping[str, str]) -> str:
        if not isinstance(cookies, Mapping):
            raise checks.wrong_type("cookies", "a mapping of str to str", cookies)
        for name in cookies:
            if not isinstance(name, str):
                raise checks.wrong_type("cookies", "a mapping of str to str, and a name", name)
        prefix = f"{self._cookie}."
        # Not with `get`, for which a KeyError of the caller's mapping would be an answer.
        whole = next((value for name, value in cookies.items() if name == self._cookie), None)
        chunks = {
            int(name.removeprefix(prefix)): value
            for name, value in cookies.items()
            if name.startswith(prefix) and _NUMBER.fullmatch(name.removeprefix(prefix))
        }
        for value in (*chunks.values(), *(() if whole is None else (whole,))):
            if not isinstance(value, str):
                raise checks.wrong_type("cookies", "a mapping of str to str, and a value", value)
        if whole is None and not chunks:
            raise MalformedTokenError("there is no session among the cookies")
        if whole is not None and chunks:
            raise MalformedTokenError("the session is there whole and in chunks")
        if whole is not None:
            return whole
        if sorted(chunks) != list(range(len(chunks))) or len(chunks) > _MOST_CHUNKS:
            raise MalformedTokenError("a chunk of the session is missing, or there are too many")
        return "".join(chunks[number] for number in range(len(chunks)))

    def __repr__(self) -> str:
        return f"AuthJsSession({self._cookie!r}, {self._encrypter!r})"


def _secrets(secret: str | Sequence[str]) -> list[str]:
    if isinstance(secret, str):
        return [secret]
    if issubclass(type(secret), bytes | bytearray) or not isinstance(secret, Sequence):
        raise checks.wrong_type("secret", "str or a sequence of str", secret)
    for each in secret:
        if not isinstance(each, str):
            raise checks.wrong_type("secret", "str or a sequence of str", each)
    if not secret:
        raise ValueError("secret must have at least one text")
    return list(secret)


def _key(secret: str, version: _Version, cookie: str) -> Key:
    """Derive the key from one secret, with the kid of this version."""
    salted = "{}" in version.info
    key = Key.derived(
        secret,
        alg="dir",
        enc=version.enc,
        salt=cookie.encode() if salted else b"",
        info=version.info.format(cookie).encode(),
    )
    if not salted:
        return key
    # The thumbprint of the key, RFC 7638, with SHA-512: the kid of Auth.js tokens.
    jwk = key.to_jwk(private=True)
    text = strict_json.write({"k": jwk["k"], "kty": "oct"})
    return Key.from_jwk(jwk, kid=to_member(digest(text, "sha512")))
