"""Seal and open compact JWE tokens.

    >>> import joseal
    >>> mine = joseal.Key.generate("RSA-OAEP-256")
    >>> token = joseal.Encrypter(mine.public(), enc="A256GCM").encrypt(b"hello")
    >>> joseal.Decrypter(mine, enc="A256GCM").decrypt(token)
    b'hello'

A key is bound to one algorithm when it is loaded, and the caller names the content encryptions
that it accepts: nothing in a token chooses. All that goes wrong with a token is a `TokenError`.

Source: RFC 7515 to RFC 7518.
"""

from joseal.errors import (
    ApiError,
    DecryptionError,
    JoseError,
    KeyUnavailableError,
    KeyUseError,
    MalformedTokenError,
    NotAllowedError,
    TokenError,
    TokenTooLargeError,
    TransportError,
    UnknownKeyError,
    VerificationError,
)
from joseal.jwe import Decrypter, Encrypter, Opened
from joseal.keys import Key, KeySet
from joseal.wire.limits import Limits

__all__ = [
    "ApiError",
    "Decrypter",
    "DecryptionError",
    "Encrypter",
    "JoseError",
    "Key",
    "KeySet",
    "KeyUnavailableError",
    "KeyUseError",
    "Limits",
    "MalformedTokenError",
    "NotAllowedError",
    "Opened",
    "TokenError",
    "TokenTooLargeError",
    "TransportError",
    "UnknownKeyError",
    "VerificationError",
]
