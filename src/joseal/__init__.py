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

from joseal._core.jwe import Decrypter, Encrypter, Opened
from joseal._core.jws import Signer, Verified, Verifier
from joseal._core.keys import Key, KeySet
from joseal._core.limits import Limits
from joseal._core.nested import (
    DecryptThenVerify,
    EncryptThenSign,
    OpenedNested,
    SignThenEncrypt,
    VerifyThenDecrypt,
)
from joseal._core.policy import FIPS_NAMES, MODERN, Policy
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

__all__ = [
    "FIPS_NAMES",
    "MODERN",
    "ApiError",
    "DecryptThenVerify",
    "Decrypter",
    "DecryptionError",
    "EncryptThenSign",
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
    "OpenedNested",
    "Policy",
    "SignThenEncrypt",
    "Signer",
    "TokenError",
    "TokenTooLargeError",
    "TransportError",
    "UnknownKeyError",
    "VerificationError",
    "Verified",
    "Verifier",
    "VerifyThenDecrypt",
]
