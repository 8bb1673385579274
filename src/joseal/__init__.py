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

from joseal._core.jwe import DecryptedToken, Decrypter, Encrypter
from joseal._core.jws import Signer, VerifiedToken, Verifier
from joseal._core.keys import Key, KeySet
from joseal._core.limits import Limits
from joseal._core.nested import (
    DecryptThenVerify,
    EncryptThenSign,
    NestedToken,
    SignThenEncrypt,
    VerifyThenDecrypt,
)
from joseal._core.policy import FIPS_NAMES, MODERN, Policy
from joseal.errors import (
    ApiError,
    DecryptionError,
    InvalidKeyError,
    JoseError,
    KeyUnavailableError,
    MalformedTokenError,
    NotAllowedError,
    TokenError,
    TokenTooLargeError,
    TransportError,
    UnknownKeyError,
    VerificationError,
)

__all__ = [
    "FIPS_NAMES",
    "MODERN",
    "ApiError",
    "DecryptThenVerify",
    "DecryptedToken",
    "Decrypter",
    "DecryptionError",
    "EncryptThenSign",
    "Encrypter",
    "InvalidKeyError",
    "JoseError",
    "Key",
    "KeySet",
    "KeyUnavailableError",
    "Limits",
    "MalformedTokenError",
    "NestedToken",
    "NotAllowedError",
    "Policy",
    "SignThenEncrypt",
    "Signer",
    "TokenError",
    "TokenTooLargeError",
    "TransportError",
    "UnknownKeyError",
    "VerificationError",
    "VerifiedToken",
    "Verifier",
    "VerifyThenDecrypt",
]
