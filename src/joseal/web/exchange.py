"""`Exchange`: one request and its answer on a server, without a framework.

Rules:
- A body is bounded before it is read, and no part of a refused one is passed on.
- Every error of a token gives the same answer, so that a peer learns nothing from it.
- No header field says anything about a plain body, neither of an answer that has a body nor of one
  that has none (HEAD, 304): a hash of the content would let anyone check a guess.

Source: RFC 9110 section 15, RFC 7516 section 11.5.
"""

import re
import time
from collections.abc import Iterable, Mapping
from typing import Final, Literal, NamedTuple, TypeAlias, final

from joseal._core.keys import Key, KeySet
from joseal._core.limits import Limits
from joseal._core.nested import NestedToken
from joseal._core.secrecy import Opaque, hide_locals
from joseal.errors import InvalidKeyError, KeyUnavailableError, TokenError
from joseal.profiles.codec import NO_LABELS, BodyDecrypter, BodyEncrypter
from joseal.profiles.profile import Profile
from joseal.profiles.template import Clock

DEFAULTS: Final = Limits()
_OK: Final = 200
_FIRST_ERROR: Final = 400
# RFC 9110 section 5.5.
_FIELD_VALUE: Final = re.compile("[!-~](?:[ -~]*[!-~])?")
# Answers that have no body. RFC 9110 sections 15.3.5, 15.3.6 and 15.4.5.
_EMPTY: Final = frozenset({204, 205, 304})
_BODILESS_METHODS: Final = frozenset({"GET", "HEAD", "DELETE", "OPTIONS", "TRACE"})

# Header fields about a plain body. They are not true of the encrypted one, and some let anyone
# check a guess of its content, by a hash or by its length.
REPLACED: Final = frozenset(
    {
        *("content-type", "content-length", "transfer-encoding", "content-encoding"),
        *("content-md5", "digest", "content-digest", "repr-digest", "etag", "accept-ranges"),
    }
)
# Header fields by which a request asks about a plain answer: whether a hash is right, or for a
# part of it.
_ASKING: Final = frozenset({"if-match", "if-none-match", "if-range", "range"})

# How the body of an answer is sent.
BodyFate: TypeAlias = Literal["plain", "none", "encrypted"]


class Refusal(NamedTuple):
    """A plain answer in place of the application's.

    Attributes:
        status: the HTTP status.
        body: constant JSON text.

    Example:
        >>> from pathlib import Path
        >>> from joseal import Key, profiles
        >>> from joseal.web import Exchange
        >>> data = Path("mine.p12").read_bytes()
        >>> server = Key.from_pkcs12(
        ...     data, alg="RSA-OAEP-256", kid="mle", password="a long password"
        ... )
        >>> exchange = Exchange(profiles.VISA_MLE, server)
        >>> exchange.request("POST", b"plain").status
        400
    """

    status: int
    body: bytes


BAD_REQUEST: Final = Refusal(400, b'{"error":"bad_request"}')
TOO_LARGE: Final = Refusal(413, b'{"error":"too_large"}')
UNAVAILABLE: Final = Refusal(503, b'{"error":"unavailable"}')


@final
class Exchange(Opaque):
    """Decrypts request bodies and encrypts answer bodies, as the server side of a profile.

    Immutable and safe to share between threads.

    Args:
        profile: the profile of the party that calls the API, such as `profiles.HYPERSWITCH_VAULT`.
        keys: the server's private keys, which decrypt requests.
        verifying_keys: the callers' public keys, for a profile whose requests are signed.
        reply_key: the caller's public key, to which answers are encrypted; None if the profile
            receives no encrypted answers, or answers stay plain.
        signing_key: the server's private key, for a profile whose answers are signed.
        labels: members of the answers' envelope, as for `Profile.encrypter`.
        clock: returns the time for `iat`, in seconds.
        limits: bounds on tokens; `token_bytes` bounds bodies too.

    Raises:
        TypeError: an argument is of the wrong type.
        ValueError: the profile sends nothing encrypted; `reply_key` is given for a profile that
            receives nothing encrypted; `signing_key` is given without `reply_key`; or keys don't
            fit the nesting.
        InvalidKeyError: a key can't be used.

    Example:
        >>> from joseal import Key, profiles
        >>> from joseal.web import Exchange
        >>> server = Key.generate("RSA-OAEP-256", kid="mle-key")
        >>> body = profiles.VISA_MLE.encrypter(server.public()).encrypt(b"{}")
        >>> Exchange(profiles.VISA_MLE, server).request("POST", body.encode())
        NestedToken(payload=<2 bytes>, signed_by=None)
    """

    __slots__ = ("_decrypter", "_encrypter", "_errors_plain", "_most_bytes")

    _decrypter: BodyDecrypter
    _encrypter: BodyEncrypter | None
    _errors_plain: bool
    _most_bytes: int

    @hide_locals
    def __init__(
        self,
        profile: Profile,
        keys: Key | KeySet | Iterable[Key],
        *,
        verifying_keys: Key | KeySet | Iterable[Key] | None = None,
        reply_key: Key | None = None,
        signing_key: Key | None = None,
        labels: Mapping[str, str] = NO_LABELS,
        clock: Clock = time.time,
        limits: Limits = DEFAULTS,
    ) -> None:
        if not isinstance(profile, Profile):
            raise TypeError("profile must be a Profile, such as profiles.MASTERCARD")
        if signing_key is not None and reply_key is None:
            raise ValueError("signing_key goes with reply_key")
        server = profile.counterpart()
        encrypter = None
        if reply_key is not None:
            encrypter = server.encrypter(
                reply_key, signing_key=signing_key, labels=labels, clock=clock, limits=limits
            )
        self._set(
            _decrypter=server.decrypter(keys, verifying_keys=verifying_keys, limits=limits),
            _encrypter=encrypter,
            _errors_plain=profile.receive is not None and profile.receive.errors == "plain",
            _most_bytes=limits.token_bytes,
        )

    @property
    def most_bytes(self) -> int:
        """The largest body that is read, in bytes. A larger one is `TOO_LARGE`, unread."""
        return self._most_bytes

    @hide_locals
    def request(self, method: str, body: bytes) -> NestedToken | Refusal | None:
        """Decrypt the body of a request.

        Args:
            method: the HTTP method, such as `POST`.
            body: the received bytes.

        Returns:
            The payload with its headers and keys; None for a request without a body whose method
            needs none; or a `Refusal` to answer with, without calling the application.

        Raises:
            TypeError: `body` is not bytes.

        Example:
            >>> from pathlib import Path
            >>> from joseal import Key, profiles
            >>> from joseal.web import Exchange
            >>> data = Path("mine.p12").read_bytes()
            >>> server = Key.from_pkcs12(
            ...     data, alg="RSA-OAEP-256", kid="mle", password="a long password"
            ... )
            >>> exchange = Exchange(profiles.VISA_MLE, server)
            >>> body = profiles.VISA_MLE.encrypter(server.public()).encrypt(b"{}")
            >>> exchange.request("POST", body.encode()).payload
            b'{}'
        """
        if not isinstance(body, bytes):
            raise TypeError("body must be bytes")
        if not body and method in _BODILESS_METHODS:
            return None
        if len(body) > self._most_bytes:
            return TOO_LARGE
        try:
            return self._decrypter.open(body)
        except TokenError:
            return BAD_REQUEST
        except KeyUnavailableError:
            return UNAVAILABLE

    def encrypts(self, status: int) -> bool:
        """Tell whether an answer with this HTTP status is encrypted.

        Args:
            status: the HTTP status of the answer.

        Returns:
            True if `answer` has to be called.

        Raises:
            TypeError: `status` is not a number.

        Example:
            >>> from pathlib import Path
            >>> from joseal import Key, profiles
            >>> from joseal.web import Exchange
            >>> data = Path("mine.p12").read_bytes()
            >>> server = Key.from_pkcs12(
            ...     data, alg="RSA-OAEP-256", kid="mle", password="a long password"
            ... )
            >>> exchange = Exchange(profiles.VISA_MLE, server)
            >>> exchange.encrypts(200)
            False
        """
        if self._encrypter is None or status in _EMPTY:
            return False
        return status < _FIRST_ERROR or not self._errors_plain

    @hide_locals
    def answer(self, body: bytes) -> bytes | Refusal:
        """Encrypt the body of an answer for which `encrypts` is true.

        Args:
            body: the application's answer.

        Returns:
            The body to send, or a `Refusal` if a key on a device is unavailable.

        Raises:
            TypeError: `body` is not bytes.
            TokenTooLargeError: the body is over `limits`.
            InvalidKeyError: a fixed AES-GCM key has made its 2^32 tokens, or answers stay plain.

        Example:
            >>> from pathlib import Path
            >>> from joseal import Key, profiles
            >>> from joseal.web import Exchange
            >>> data = Path("mine.p12").read_bytes()
            >>> server = Key.from_pkcs12(
            ...     data, alg="RSA-OAEP-256", kid="mle", password="a long password"
            ... )
            >>> exchange = Exchange(profiles.VISA_MLE, server, reply_key=server.public())
            >>> exchange.answer(b"{}")[:12]
            b'{"encData":"'
        """
        if self._encrypter is None:
            raise InvalidKeyError("answers stay plain: reply_key= encrypts them")
        try:
            return self._encrypter.encrypt(body).encode()
        except KeyUnavailableError:
            return UNAVAILABLE

    def __repr__(self) -> str:
        return f"Exchange({self._decrypter!r}, answers={self._encrypter!r})"


def fate_of_body(exchange: Exchange, method: str, status: object) -> BodyFate:
    """Return how the body of an answer is sent. A status without a body gets none.

    Raises:
        TypeError: the application's status is not a number, so that this is unknown.
    """
    if exchange._encrypter is None:  # noqa: SLF001 - its own
        return "plain"
    if not isinstance(status, int):
        raise TypeError("the status of an answer must be int")
    if method == "HEAD" or status in _EMPTY:
        return "none"
    return "encrypted" if exchange.encrypts(status) else "plain"


def left_out(exchange: Exchange, method: str, *, decrypted: bool) -> frozenset[str]:
    """Return the header fields of a request that the application must not get.

    Args:
        exchange: decides whether an answer is encrypted.
        method: the HTTP method. For methods other than GET and HEAD, a condition protects a change.
        decrypted: whether the application gets a different body.
    """
    replaced = REPLACED if decrypted else frozenset[str]()
    asks = method in ("GET", "HEAD") and exchange.encrypts(_OK)
    return replaced | _ASKING if asks else replaced


def check_middleware(app: object, exchange: object, applies: object, content_type: object) -> None:
    """Check the arguments of both kinds of middleware.

    Raises:
        TypeError: an argument is of the wrong type.
        ValueError: `content_type` can't go into a header.
    """
    if not isinstance(exchange, Exchange):
        raise TypeError("exchange must be an Exchange: see joseal.web.Exchange")
    if not callable(app) or not (applies is None or callable(applies)):
        raise TypeError("app and applies must be callable")
    if not isinstance(content_type, str):
        raise TypeError("content_type must be str")
    if _FIELD_VALUE.fullmatch(content_type) is None:
        raise ValueError("content_type must be printable ASCII without blanks around it")
