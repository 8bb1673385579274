"""Encrypt and open JWE tokens.

    >>> import joseal
    >>> mine = joseal.Key.generate("RSA-OAEP-256")
    >>> token = joseal.Encrypter(mine.public(), enc="A256GCM").encrypt(b"hello")
    >>> joseal.Decrypter(mine, enc="A256GCM").decrypt(token)
    b'hello'

A key is bound to one algorithm when it is loaded, and the caller names the content encryptions
that it accepts: nothing in a token chooses. All that goes wrong with a token is a `TokenError`.

Source: RFC 7515 to RFC 7518.
"""

from typing import TYPE_CHECKING

from joseal._core.algorithms.registry import Alg, Enc, SigAlg
from joseal._core.jwe import DecryptedToken, Decrypter, Encrypter
from joseal._core.jws import Signer, VerifiedToken, Verifier
from joseal._core.keys import Key, KeySet
from joseal._core.keys.certificates import Certificate
from joseal._core.keys.external import ExternalKey
from joseal._core.limits import Limits
from joseal._core.multi_jwe import MultiEncrypter
from joseal._core.multi_jws import MultiSigner
from joseal._core.nested import (
    DecryptThenVerify,
    EncryptThenSign,
    NestedToken,
    SignThenEncrypt,
    VerifyThenDecrypt,
)
from joseal._core.peek import UntrustedHeader, peek
from joseal._core.policy import FIPS_NAMES, MODERN, Policy
from joseal._core.resolver import KeyResolver
from joseal._core.rewrap import Rewrapper, remove_recipients, rewrap
from joseal._core.wire.json_form.members import Form
from joseal.errors import (
    ApiError,
    ClaimsError,
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
    "Alg",
    "ApiError",
    "Certificate",
    "ClaimsError",
    "DecryptThenVerify",
    "DecryptedToken",
    "Decrypter",
    "DecryptionError",
    "Enc",
    "EncryptThenSign",
    "Encrypter",
    "ExternalKey",
    "Form",
    "InvalidKeyError",
    "JoseError",
    "Key",
    "KeyResolver",
    "KeySet",
    "KeyUnavailableError",
    "Limits",
    "MalformedTokenError",
    "MultiEncrypter",
    "MultiSigner",
    "NestedToken",
    "NotAllowedError",
    "Policy",
    "Rewrapper",
    "SigAlg",
    "SignThenEncrypt",
    "Signer",
    "TokenError",
    "TokenTooLargeError",
    "TransportError",
    "UnknownKeyError",
    "UntrustedHeader",
    "VerificationError",
    "VerifiedToken",
    "Verifier",
    "VerifyThenDecrypt",
    "__version__",
    "peek",
    "remove_recipients",
    "rewrap",
]

__version__: str

# What a user meets, in a traceback, a repr or the documentation, has the name that is imported.
for _exported in (
    ApiError,
    Certificate,
    ClaimsError,
    DecryptThenVerify,
    DecryptedToken,
    Decrypter,
    DecryptionError,
    EncryptThenSign,
    Encrypter,
    ExternalKey,
    InvalidKeyError,
    JoseError,
    Key,
    KeyResolver,
    KeySet,
    KeyUnavailableError,
    Limits,
    MalformedTokenError,
    MultiEncrypter,
    MultiSigner,
    NestedToken,
    NotAllowedError,
    Policy,
    Rewrapper,
    SignThenEncrypt,
    Signer,
    TokenError,
    TokenTooLargeError,
    TransportError,
    UnknownKeyError,
    UntrustedHeader,
    VerificationError,
    VerifiedToken,
    Verifier,
    VerifyThenDecrypt,
    peek,
    remove_recipients,
    rewrap,
):
    _exported.__module__ = __name__


def __dir__() -> list[str]:
    """Name the public face and nothing else."""
    return list(__all__)


# For a checker, a module with this function would have every name.
if not TYPE_CHECKING:

    def __getattr__(name: str) -> str:
        """Read the version when it is asked for: it is part of the metadata of the distribution.

        Raises:
            AttributeError: there is no such name.
        """
        if name != "__version__":
            raise AttributeError(f"module 'joseal' has no attribute {name!r}")
        from importlib.metadata import version  # noqa: PLC0415 - importing joseal must stay cheap

        return version(__name__)
