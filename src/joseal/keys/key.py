"""`Key`: opaque, immutable, bound to one algorithm when it is loaded.

Rules:
- All that can be wrong with a key is a `KeyUseError` here, before a token is seen.
- What releases a secret says so by name: `to_jwk(private=True)`, `to_pem(private=True)`. Nothing
  else does: no repr, no pickle, no attribute.

Source: RFC 7517, RFC 7518 section 6, RFC 7638, RFC 8725 section 3.1.
"""

import os
from collections.abc import Mapping
from typing import Literal, Self, final

from joseal.algorithms.management import KeyManagement
from joseal.algorithms.table import ALGS, Alg, Enc
from joseal.errors import KeyUseError
from joseal.frames import Opaque, no_locals
from joseal.keys import jwk as jwks
from joseal.keys import material as materials
from joseal.keys import pem as pems
from joseal.keys.material import Material
from joseal.wire import base64url


@final
class Key(Opaque):
    """One key for one algorithm. Made by the `from_` methods and by `generate`.

    Immutable and safe to share between threads. Loading a private key costs some ten milliseconds,
    because it is validated: load once, use many times.

    Raises:
        TypeError: an argument is of another type.
        KeyUseError: the key can't serve its alg.

    Attributes:
        management: the prepared mechanism, for the rooms above this one and not for callers.
    """

    __slots__ = ("_alg", "_enc", "_kid", "_material", "_operations", "management")

    _alg: Alg
    _enc: str | None
    _kid: str | None
    _material: Material
    _operations: frozenset[str] | None
    management: KeyManagement

    def __init__(
        self,
        material: Material,
        alg: str,
        *,
        kid: str | None = None,
        enc: str | None = None,
        operations: frozenset[str] | None = None,
    ) -> None:
        # Not for callers, who have the methods below.
        known = _known(alg)
        if kid is not None and not isinstance(kid, str):
            raise TypeError("kid must be str")
        materials.check(known, material)
        self._set(
            _alg=known,
            _kid=kid,
            _enc=enc,
            _material=material,
            _operations=operations,
            management=materials.mechanism(known, material),
        )

    @classmethod
    @no_locals
    def from_pem(
        cls,
        pem: str | bytes,
        *,
        alg: str,
        kid: str | None = None,
        password: str | bytes | None = None,
    ) -> Self:
        """Load the one key or certificate in a PEM text.

        PKCS#1, PKCS#8 (encrypted with a password or not), SubjectPublicKeyInfo and X.509 are read.
        A certificate gives its public key; its dates and its issuer are not checked.

        Raises:
            TypeError: an argument is of another type.
            KeyUseError: no PEM or several blocks; damage; a wrong, missing or needless password; a
                kind or size of key that `alg` does not take; an `alg` that is not known.

        Source: RFC 7468; RFC 7518 section 4.3 for the least size.
        """
        return cls(pems.load_pem(pem, password), alg, kid=kid)

    @classmethod
    @no_locals
    def from_der(
        cls,
        data: bytes,
        *,
        alg: str,
        kid: str | None = None,
        password: str | bytes | None = None,
    ) -> Self:
        """Load a key or a certificate from DER octets. As `from_pem`, and raises as it does."""
        return cls(pems.load_der(data, password), alg, kid=kid)

    @classmethod
    @no_locals
    def from_env(
        cls,
        name: str,
        *,
        alg: str,
        kid: str | None = None,
        password: str | bytes | None = None,
    ) -> Self:
        r"""Load PEM from an environment variable.

        What such a journey does to PEM is undone: a literal `\n` for each line end, or base64
        around the whole.

        Raises:
            TypeError: an argument is of another type.
            KeyUseError: the variable is not set or holds no PEM; otherwise as for `from_pem`.
        """
        if not isinstance(name, str):
            raise TypeError("the name of the variable must be str")
        value = os.environ.get(name)
        if value is None:
            raise KeyUseError("the environment variable is not set")
        return cls(pems.load_pem(pems.unwrap_env(value), password), alg, kid=kid)

    @classmethod
    @no_locals
    def from_jwk(
        cls,
        jwk: Mapping[str, object] | str | bytes,
        *,
        alg: str | None = None,
        kid: str | None = None,
    ) -> Self:
        """Load a JSON Web Key, given as JSON text or as a mapping.

        The JWK's own `alg`, `use` and `key_ops` bind. `alg` and `kid` are for a JWK without them.
        An `oct` key whose `alg` is the name of an enc is a `dir` key for that enc only.

        Raises:
            TypeError: an argument is of another type.
            KeyUseError: no strict JSON object; a member that is missing or of the wrong form; a
                key that is none; a contradiction with `alg` or `kid`; no `alg` at all.

        Source: RFC 7517 section 4, RFC 7518 section 6.
        """
        if alg is not None and not isinstance(alg, str):
            raise TypeError("alg must be str")
        found = jwks.load(jwks.members_of(jwk), alg)
        if kid is not None and found.kid is not None and kid != found.kid:
            raise KeyUseError("the JWK's own kid contradicts kid=")
        return cls(
            found.material,
            found.alg,
            kid=found.kid if kid is None else kid,
            enc=found.enc,
            operations=found.key_ops,
        )

    @classmethod
    def generate(cls, alg: str, *, size: int | None = None, kid: str | None = None) -> Self:
        """Make a fresh key.

        Args:
            alg: what the key is for.
            size: the modulus in bits for RSA (2048 without it), the key in octets for `dir`.
            kid: its name.

        Raises:
            TypeError: an argument is of another type.
            ValueError: a size that `alg` does not take, or none for `dir`.
            KeyUseError: an `alg` that is not known.
        """
        if size is not None and type(size) is not int:
            raise TypeError("size must be int")
        return cls(materials.generate(_known(alg), size), alg, kid=kid)

    @property
    def alg(self) -> str:
        """The one algorithm that this key serves."""
        return self._alg.name

    @property
    def kid(self) -> str | None:
        """The key's name, if it has one."""
        return self._kid

    @property
    def is_private(self) -> bool:
        """Whether this is the private half of a pair. False for a symmetric key."""
        return materials.is_private(self._material)

    @property
    def is_symmetric(self) -> bool:
        """Whether this is a shared secret."""
        return isinstance(self._material, bytes)

    def public(self) -> Self:
        """Return the public half, with the same alg and kid.

        Raises:
            KeyUseError: a symmetric key has none.
        """
        # `key_ops` spoke of the private half.
        return type(self)(materials.public(self._material), self.alg, kid=self._kid)

    def thumbprint(self) -> str:
        """Return the SHA-256 thumbprint of the public key, base64url.

        For a symmetric key it is a hash of the secret: publish it for keys of full entropy only.

        Source: RFC 7638 sections 3 and 7.
        """
        return base64url.encode(jwks.thumbprint(jwks.dump(self._outward()))).decode()

    @no_locals
    def to_jwk(self, *, private: bool = False) -> dict[str, str]:
        """Return the key as a JWK with its alg and kid.

        Raises:
            KeyUseError: `private` is asked of a public key, or is not given for a symmetric one.
        """
        shown = {**jwks.dump(self._released(private=private)), "alg": self._enc or self.alg}
        return shown if self._kid is None else {**shown, "kid": self._kid}

    @no_locals
    def to_pem(self, *, private: bool = False, password: str | bytes | None = None) -> str:
        """Return the key as PEM: SubjectPublicKeyInfo or PKCS#8.

        Args:
            private: release the private half.
            password: encrypt it. Without one the file itself is the secret.

        Raises:
            TypeError: `password` is neither str nor bytes.
            ValueError: a password without `private`, or an empty one.
            KeyUseError: `private` is asked of a public key, or the key is symmetric.
        """
        if password is not None and (not private or len(password) == 0):
            raise ValueError("password goes with private=True and is not empty")
        return pems.dump_pem(self._released(private=private), password)

    def _outward(self) -> Material:
        material = self._material
        return material if isinstance(material, bytes) else materials.public(material)

    def _released(self, *, private: bool) -> Material:
        if private:
            if not self.is_private and not isinstance(self._material, bytes):
                raise KeyUseError("this key has no private half")
            return self._material
        if isinstance(self._material, bytes):
            raise KeyUseError("a symmetric key is all secret: ask with private=True")
        return materials.public(self._material)

    def permits(self, direction: Literal["encrypt", "decrypt"]) -> bool:
        """Tell whether the JWK's `key_ops`, if it has any, permit this direction."""
        return jwks.permits(self._alg, self._operations, direction)

    def serves(self, enc: Enc) -> bool:
        """Tell whether the key fits the enc: a `dir` key fits one size, the others fit any."""
        if self._alg.family != "dir" or not isinstance(self._material, bytes):
            return True
        return self._enc in (None, enc.name) and len(self._material) == enc.cek_bytes

    def __repr__(self) -> str:
        return f"Key(alg={self.alg!r}, kid={self._kid!r}, {materials.describe(self._material)})"


def _known(alg: str) -> Alg:
    if not isinstance(alg, str):
        raise TypeError("alg must be str")
    found = ALGS.get(alg)
    if found is None:
        raise KeyUseError("this alg is not known")
    return found
