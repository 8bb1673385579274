"""Encrypt, decrypt, sign and verify JOSE tokens.

    >>> import joseal
    >>> mine = joseal.Key.generate("RSA-OAEP-256")
    >>> token = joseal.Encrypter(mine.public(), enc="A256GCM").encrypt(b"hello")
    >>> joseal.Decrypter(mine, enc="A256GCM").decrypt(token)
    b'hello'

A key is bound to one algorithm when it is loaded, and the caller names the content encryptions that
it accepts. Nothing in a token selects an algorithm or a key. Every error of a token is a
`TokenError`.

Source: RFC 7515 to RFC 7518.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Final

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

# For type checkers. At run time each name is loaded when it is first used: see _HOMES.
if TYPE_CHECKING:
    from joseal._core.algorithms.registry import Alg, Enc, SigAlg
    from joseal._core.jwe import DecryptedToken, Decrypter, Encrypter
    from joseal._core.jws import Signer, VerifiedToken, Verifier
    from joseal._core.keys import Key, KeySet
    from joseal._core.keys.external import ExternalKey, ExternalSecret
    from joseal._core.keys.formats.certificates import Certificate
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
    from joseal._core.wire.forms import Form

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
    "ExternalSecret",
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

# Which module below `joseal._core` has each name. It is loaded when the name is first used.
_HOMES: Final = {
    "Alg": "algorithms.registry",
    "Certificate": "keys.formats.certificates",
    "DecryptThenVerify": "nested",
    "DecryptedToken": "jwe",
    "Decrypter": "jwe",
    "Enc": "algorithms.registry",
    "EncryptThenSign": "nested",
    "Encrypter": "jwe",
    "ExternalKey": "keys.external",
    "ExternalSecret": "keys.external",
    "FIPS_NAMES": "policy",
    "Form": "wire.forms",
    "Key": "keys",
    "KeyResolver": "resolver",
    "KeySet": "keys",
    "Limits": "limits",
    "MODERN": "policy",
    "MultiEncrypter": "multi_jwe",
    "MultiSigner": "multi_jws",
    "NestedToken": "nested",
    "Policy": "policy",
    "Rewrapper": "rewrap",
    "SigAlg": "algorithms.registry",
    "SignThenEncrypt": "nested",
    "Signer": "jws",
    "UntrustedHeader": "peek",
    "VerifiedToken": "jws",
    "Verifier": "jws",
    "VerifyThenDecrypt": "nested",
    "peek": "peek",
    "remove_recipients": "rewrap",
    "rewrap": "rewrap",
}

# Tracebacks, reprs and the documentation show users the name that they import.
# `exported` does this for the classes of `joseal._core`.
for _exported in (
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
):
    _exported.__module__ = __name__


def __dir__() -> list[str]:
    """Return the public names and nothing else."""
    return list(__all__)


# To a type checker, a module with this function would have every name.
if not TYPE_CHECKING:

    def __getattr__(name: str) -> object:
        """Load a name when it is first used; the version is part of the distribution's metadata.

        Raises:
            AttributeError: there is no such name.
        """
        if name == "__version__":
            metadata = import_module("importlib.metadata")
            # A bare copy of the package has no version. Listing the names must still work.
            with import_module("contextlib").suppress(metadata.PackageNotFoundError):
                return metadata.version(__name__)
        if name not in _HOMES:
            raise AttributeError(f"module 'joseal' has no attribute {name!r}")
        # Stored, so that the next use does not call this function.
        found = globals()[name] = getattr(import_module(f"joseal._core.{_HOMES[name]}"), name)
        return found
