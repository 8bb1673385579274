"""Every exception that joseal raises on purpose, split by whose fault it is.

Rules:
- A message names what the caller passed. About the peer's message it gives counts, registered names
  and positions. It never contains a byte of a token, a key or a value, or the text of a foreign
  exception.
- `code` is part of the contract: it stays when a message is reworded. It is the word to log, and
  the word that the project's test vectors expect.
- Every error can be pickled and comes back equal, because payment workers cross processes.
- Wrong Python types from the caller are `TypeError`, wrong values `ValueError`; they are not here.

Source: RFC 7516 section 11.5 (one failure), RFC 8725 section 3.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import ClassVar, Final, Literal

# The text about the claim for each rule of `ClaimsError`.
_CLAIM_RULES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "missing": "the token does not have it, and it is required",
        "null": "the token has it as null, and it is required",
        "type": "it is not of the type that RFC 7519 section 4.1 gives it",
        "value": "it is not what the caller demands",
        "expired": "it has passed",
        "early": "it is in the future",
        "age": "it is longer ago than max_age_seconds",
        "unexpected": "the token names its audience, and the caller named none: give audience=",
        "header": "the Header Parameter of this name is not identical to the claim",
        "shape": "it does not have the type that the caller's Struct gives it",
        "json": "the payload is not one strict JSON object",
        "seen": "a token with this identifier was accepted before",
        "in_progress": "a token with this identifier is being handled",
        "too_many": "the claims set has more values than are read",
        "too_long": "the token lives longer than the store remembers it",
    }
)


class JoseError(Exception):
    """The base class of all of joseal's errors: catch it to catch them all. Never raised itself.

    Attributes:
        code: the stable word for this kind of failure.

    Raises:
        TypeError: this class itself is raised.
    """

    code: ClassVar[str] = "error"

    def __init__(self, message: str) -> None:
        if type(self) in (JoseError, TokenError):
            raise TypeError("this class only groups errors: raise one of its subclasses")
        super().__init__(message)

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return self.args == other.args

    def __hash__(self) -> int:
        return hash((type(self), self.args))


class TokenError(JoseError):
    """The peer's bytes are at fault: log the code and refuse the message. Never raised itself.

    Attributes:
        layer: the layer of a nested token that is at fault; None for a token with one layer, and
            for `DecryptionError` and `VerificationError`, whose class shows which layer it is.
    """

    layer: Literal["outer", "inner"] | None = None

    def __eq__(self, other: object) -> bool:
        return super().__eq__(other) is True and self.layer == getattr(other, "layer", None)

    def __hash__(self) -> int:
        return super().__hash__()

    def __str__(self) -> str:
        return self._text() if self.layer is None else f"{self.layer} layer: {self._text()}"

    def _text(self) -> str:
        return str(self.args[0])


class MalformedTokenError(TokenError):
    """The token is not what the RFCs, or our stricter reading of them, call a token.

    Raised for segments, base64url, JSON, the shape of the header, `crit`, and lengths: everything
    that can be decided from the token and the public key, before a private key is used.
    """

    code = "malformed"


class TokenTooLargeError(TokenError):
    """The token, or the data that should become one, is over a limit.

    Attributes:
        limit: the name of the field of `Limits`.
        maximum: its value, in the unit that the field's name gives.
        found: the token's own size, in the same unit; None if it was not counted to the end.
    """

    code = "too_large"

    def __init__(self, limit: str, maximum: int, found: int | None = None) -> None:
        super().__init__(f"over the limit {limit}={maximum}")
        self.args: tuple[object, ...] = (limit, maximum, found)
        self.limit = limit
        self.maximum = maximum
        self.found = found

    def _text(self) -> str:
        found = "" if self.found is None else f": found {self.found}"
        return f"over the limit {self.limit}={self.maximum}{found}"


class NotAllowedError(TokenError):
    """A Header Parameter is well formed, but is not what the caller accepts.

    The message names the Header Parameter and what the caller accepts. It repeats registered
    algorithm names from the token and no other value.

    Attributes:
        parameter: the Header Parameter, one of `alg`, `enc`, `zip`, `kid`, `typ`, `cty`, `p2c`,
            `b64`, `psk_id`; or `aad` or `info`, for what the caller demands next to the header.
    """

    code = "not_allowed"

    def __init__(self, parameter: str, message: str) -> None:
        super().__init__(message)
        self.args: tuple[object, ...] = (parameter, message)
        self.parameter = parameter

    def _text(self) -> str:
        return f"{self.parameter}: {self.args[1]}"


class _ConstantError(TokenError):
    """An error that takes no arguments, so that no two of its kind can differ."""

    _constant: ClassVar[str]

    def __init__(self) -> None:
        super().__init__(self._constant)
        self.args: tuple[object, ...] = ()

    def _text(self) -> str:
        return self._constant


class UnknownKeyError(_ConstantError):
    """The token names a key by `kid`, and none of the caller's keys has that name."""

    code = "unknown_key"
    _constant = "no key here has the kid that the token names"


class DecryptionError(_ConstantError):
    """The token can't be decrypted with this key. The error intentionally says nothing more.

    Bad key-encryption padding, a content key of the wrong length, a tag that is not valid and bad
    padding under a good tag look exactly the same to an observer, because each difference between
    them has been used in attacks to read messages.
    """

    code = "undecryptable"
    _constant = "the token can't be opened with this key: `joseal doctor --key` can tell why"


class VerificationError(_ConstantError):
    """The signature is not valid under this key. The error says nothing more."""

    code = "unverified"
    _constant = "the signature is not valid under this key: `joseal doctor --key` can tell why"


class ClaimsError(TokenError):
    """A claim of a JWT breaks its rule. The token itself is authentic.

    The message names the claim and the rule, and never the value.

    Attributes:
        claim: the name of the claim; `claims` for the whole set.
        rule: the stable word for what is wrong, such as `missing`, `null`, `type`, `value`,
            `expired`, `early`, `age`, `unexpected`, `header`, `shape`, `json`, `too_many`, `seen`,
            `in_progress`.
    """

    code = "claims"

    def __init__(self, claim: str, rule: str) -> None:
        super().__init__(rule)
        self.args = (claim, rule)
        self.claim = claim
        self.rule = rule

    def _text(self) -> str:
        return f"{self.claim}: {_CLAIM_RULES.get(self.rule, self.rule)}"


class InvalidKeyError(JoseError):
    """The caller's key can't be used: its file, password, kind, size, curve, use or missing half.

    Raised when a key is loaded or an object is prepared. While tokens are processed, it is raised
    for one reason only: a fixed key has made as many tokens as it may.
    """

    code = "key"


class KeyUnavailableError(JoseError):
    """A key is unavailable (device, session, network, key set): the token may be good.

    It is safe to try the same token again.
    """

    code = "unavailable"


class ApiError(JoseError):
    """The other side answered with one of its documented errors.

    Attributes:
        status: the HTTP status.
        error_code: the API's own code, such as `E01`.
        error_message: for the API's support, not for a customer.
        user_message: the API's text for people, or an empty string.

    The two messages are the other side's text and may repeat the request. `str`, `repr`, `args`
    and pickles leave them out, and comparison ignores them.
    """

    code = "api"

    def __init__(
        self, status: int, error_code: str, error_message: str = "", user_message: str = ""
    ) -> None:
        super().__init__("the API refused the request")
        self.args: tuple[object, ...] = (status, error_code)
        self.status = status
        self.error_code = error_code
        self.error_message = error_message
        self.user_message = user_message

    def __reduce__(self) -> tuple[type["ApiError"], tuple[int, str]]:
        return type(self), (self.status, self.error_code)

    def __str__(self) -> str:
        return f"the API refused the request: {self.error_code} (HTTP {self.status})"


class TransportError(JoseError):
    """The other side has not given a documented answer.

    Attributes:
        maybe_sent: whether any byte of the request may have reached the other side. If true, a
            payout must not be repeated before its status has been read.
    """

    code = "transport"

    # Positional, because that is how exceptions are pickled.
    def __init__(self, message: str, maybe_sent: bool) -> None:  # noqa: FBT001
        super().__init__(message)
        self.args: tuple[object, ...] = (message, maybe_sent)
        self.maybe_sent = maybe_sent

    def __str__(self) -> str:
        sent = "may have been sent" if self.maybe_sent else "was not sent"
        return f"{self.args[0]} (the request {sent})"
