"""Password-based key encryption: PBES2 with AES Key Wrap.

Rules:
- Only a key that was made for PBES2 has this mechanism: a token can't cause a password to be tried.
- The iterations that a token may ask for have a floor and a ceiling, which are checked first.
- The salt is fresh for every token.

Source: RFC 7518 section 4.8, RFC 8018 section 6.2, RFC 8725 section 3.
"""

import os
from functools import partial
from typing import Final

from msgspec import UNSET

from joseal._core.algorithms.aes import check_wrapped_size, unwrap, wrap
from joseal._core.algorithms.key_management import Unwrap, UnwrapRequest, Wrapped, WrapSettings
from joseal._core.algorithms.registry import AlgSpec
from joseal._core.secrecy import Opaque
from joseal._core.wire.header import from_member, to_member
from joseal.errors import MalformedTokenError, NotAllowedError, TokenTooLargeError

LEAST_ITERATIONS: Final = 1000  # RFC 7518 section 4.8.1.2
LEAST_SALT_BYTES: Final = 8  # RFC 7518 section 4.8.1.1


class Password(Opaque):
    """A password, and the work and the salt that new tokens get."""

    __slots__ = ("iterations", "raw", "salt_bytes")

    raw: bytes
    iterations: int
    salt_bytes: int

    def __init__(self, raw: bytes, iterations: int, salt_bytes: int = 16) -> None:
        self._set(raw=raw, iterations=iterations, salt_bytes=salt_bytes)


class Pbes2(Opaque):
    """PBES2-HS256+A128KW, PBES2-HS384+A192KW, PBES2-HS512+A256KW with one password."""

    __slots__ = ("_alg", "_password")

    _alg: AlgSpec
    _password: Password

    def __init__(self, alg: AlgSpec, password: Password) -> None:
        self._set(_alg=alg, _password=password)

    def wrap(self, settings: WrapSettings, cek: bytes | None = None) -> Wrapped:
        """Wrap a content encryption key under the password and a fresh salt.

        Raises:
            TokenTooLargeError: the key's iterations are over `pbes2_iterations`, so that a
                recipient with the same limits would refuse the token.
        """
        iterations = self._password.iterations
        if iterations > settings.limits.pbes2_iterations:
            raise TokenTooLargeError(
                "pbes2_iterations", settings.limits.pbes2_iterations, iterations
            )
        salt = os.urandom(self._password.salt_bytes)
        members = {"p2s": to_member(salt), "p2c": iterations}
        return *wrap(self._derive(salt, iterations), settings.enc, cek), members

    def check_public(self, request: UnwrapRequest) -> Unwrap:
        """Check salt, iterations and the size of the encrypted key.

        Raises:
            MalformedTokenError: p2s or p2c is missing or malformed, or a size is wrong.
            NotAllowedError: p2c is under 1,000 or over `pbes2_iterations`.
        """
        check_wrapped_size(request)
        p2s, p2c = request.members.p2s, request.members.p2c
        salt = from_member(p2s)
        if salt is None or len(salt) < LEAST_SALT_BYTES or p2c is UNSET:
            raise MalformedTokenError("p2s or p2c is missing, too short or not of its form")
        if p2c < LEAST_ITERATIONS:
            raise NotAllowedError(
                "p2c", f"the token asks for fewer than {LEAST_ITERATIONS} iterations"
            )
        most = request.limits.pbes2_iterations
        if p2c > most:
            raise NotAllowedError("p2c", f"the token asks for more than pbes2_iterations={most}")
        return partial(self._unwrap, request.encrypted_key, salt, p2c)

    def _unwrap(self, encrypted_key: bytes, salt: bytes, iterations: int) -> bytes | None:
        return unwrap(self._derive(salt, iterations), encrypted_key)

    def _derive(self, salt: bytes, iterations: int) -> bytes:
        """Derive the key that wraps the CEK. RFC 7518 section 4.8.1."""
        # Most programs never use a password.
        import hashlib  # noqa: PLC0415

        return hashlib.pbkdf2_hmac(
            self._alg.hash,
            self._password.raw,
            self._alg.name.encode() + b"\0" + salt,
            iterations,
            self._alg.key_bytes,
        )
