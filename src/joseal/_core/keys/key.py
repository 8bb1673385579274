"""`Key`: opaque, immutable, bound to one algorithm when it is loaded.

Here is how keys come in; `bound.py` says what a key is, and what it lets out.

Rules:
- All that can be wrong with a key is a `KeyUseError` here, before a token is seen.

Source: RFC 7517, RFC 7518 section 6, RFC 8725 section 3.1.
"""

import os
from collections.abc import Mapping
from typing import Final, Self, final

from joseal._core.algorithms.pbes2 import LEAST_ITERATIONS, LEAST_SALT_BYTES, Password
from joseal._core.algorithms.registry import Alg, known_alg
from joseal._core.keys import jwk as jwks
from joseal._core.keys import material as materials
from joseal._core.keys import pem as pems
from joseal._core.keys.bound import BoundKey, check_switches
from joseal._core.keys.external import External, ExternalKey
from joseal._core.secrecy import hide_locals
from joseal.errors import KeyUseError

_MOST_SALT_BYTES: Final = 1024


@final
class Key(BoundKey):
    """One key for one algorithm. Made by the `from_` methods and by `generate`.

    Immutable and safe to share between threads. Loading a private key costs some ten milliseconds,
    because it is validated: load once, use many times.

    Raises:
        TypeError: an argument is of another type.
        KeyUseError: the key can't serve its alg.
    """

    __slots__ = ()

    @classmethod
    @hide_locals
    def from_pem(
        cls,
        pem: str | bytes,
        *,
        alg: str,
        kid: str | None = None,
        password: str | bytes | None = None,
        legacy: bool = False,
    ) -> Self:
        """Load the one key or certificate in a PEM text.

        PKCS#1, PKCS#8 (encrypted with a password or not), SubjectPublicKeyInfo and X.509 are read.
        A certificate gives its public key; its dates and its issuer are not checked. Loading one
        pair under two algs is dual use, which RFC 8725 section 3 advises against.

        Args:
            pem: the text.
            alg: the one algorithm that the key is for.
            kid: its name.
            password: for an encrypted private key.
            legacy: allow `RSA1_5`, for opening old tokens.

        Raises:
            TypeError: an argument is of another type.
            KeyUseError: no PEM or several blocks; damage; a wrong, missing or needless password; a
                kind or size of key that `alg` does not take; an `alg` that is not known.

        Source: RFC 7468; RFC 7518 section 4.3 for the least size.
        """
        return cls(pems.load_pem(pem, password), alg, kid=kid, legacy=legacy)

    @classmethod
    @hide_locals
    def from_der(
        cls,
        data: bytes,
        *,
        alg: str,
        kid: str | None = None,
        password: str | bytes | None = None,
        legacy: bool = False,
    ) -> Self:
        """Load a key or a certificate from DER octets. As `from_pem`, and raises as it does."""
        return cls(pems.load_der(data, password), alg, kid=kid, legacy=legacy)

    @classmethod
    @hide_locals
    def from_env(
        cls,
        name: str,
        *,
        alg: str,
        kid: str | None = None,
        password: str | bytes | None = None,
        legacy: bool = False,
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
        return cls(pems.load_pem(pems.unwrap_env(value), password), alg, kid=kid, legacy=legacy)

    @classmethod
    @hide_locals
    def from_jwk(
        cls,
        jwk: Mapping[str, object] | str | bytes,
        *,
        alg: str | None = None,
        kid: str | None = None,
        dual_use: bool = False,
        legacy: bool = False,
    ) -> Self:
        """Load a JSON Web Key, given as JSON text or as a mapping.

        The JWK's own `alg`, `use` and `key_ops` bind. `alg` and `kid` are for a JWK without them.
        An `oct` key whose `alg` is the name of an enc is a `dir` key for that enc only, and one
        whose `alg` is PBES2's is the password's octets.

        Args:
            jwk: the key.
            alg: the one algorithm that the key is for.
            kid: its name.
            dual_use: use a pair that is marked for signing to encrypt, or the reverse.
            legacy: allow `RSA1_5`, for opening old tokens.

        Raises:
            TypeError: an argument is of another type.
            KeyUseError: no strict JSON object; a member that is missing or of the wrong form; a
                key that is none; a contradiction with `alg` or `kid`; no `alg` at all.

        Source: RFC 7517 section 4, RFC 7518 section 6.
        """
        check_switches(dual_use=dual_use, legacy=legacy)
        if alg is not None and not isinstance(alg, str):
            raise TypeError("alg must be str")
        members = jwks.members_of(jwk)
        material, bound, enc, own, operations = jwks.load(members, alg, dual_use=dual_use)
        if kid is not None and own is not None and kid != own:
            raise KeyUseError("the JWK's own kid contradicts kid=")
        kid = own if kid is None else kid
        return cls(material, bound, kid=kid, enc=enc, operations=operations, legacy=legacy)

    @classmethod
    @hide_locals
    def from_pkcs12(
        cls,
        data: bytes,
        *,
        alg: str,
        kid: str | None = None,
        password: str | bytes | None = None,
        legacy: bool = False,
    ) -> Self:
        """Load the private key of a PKCS#12 file, or the public key of its certificate.

        Raises:
            TypeError: an argument is of another type.
            KeyUseError: damage, or a wrong password; otherwise as for `from_pem`.

        Source: RFC 7292.
        """
        return cls(pems.load_pkcs12(data, password), alg, kid=kid, legacy=legacy)

    @classmethod
    @hide_locals
    def from_password(
        cls,
        password: str | bytes,
        *,
        alg: str,
        iterations: int | None = None,
        salt_bytes: int = 16,
        kid: str | None = None,
    ) -> Self:
        """Make a PBES2 key of a password.

        Args:
            password: text, taken as UTF-8, or octets. Its strength is all the strength there is.
            alg: one of the three PBES2 algs.
            iterations: of PBKDF2 for new tokens; without it what OWASP advises for the hash.
            salt_bytes: of the fresh salt of each new token.
            kid: its name.

        Raises:
            TypeError: an argument is of another type.
            ValueError: an empty password, fewer than 1,000 iterations, or a salt that is not of 8
                to 1,024 octets.
            KeyUseError: an `alg` that takes no password.

        Source: RFC 7518 section 4.8.
        """
        known = known_alg(alg)
        if not isinstance(known, Alg) or known.kind != "password":
            raise KeyUseError("this alg takes no password")
        work = known.iterations if iterations is None else iterations
        if type(work) is not int:
            raise TypeError("iterations must be int")
        if type(salt_bytes) is not int:
            raise TypeError("salt_bytes must be int")
        octets = pems.secret(password)
        if work < LEAST_ITERATIONS:
            raise ValueError("iterations must not be under 1000")
        if not LEAST_SALT_BYTES <= salt_bytes <= _MOST_SALT_BYTES:
            raise ValueError("salt_bytes must be from 8 to 1024")
        return cls(Password(octets, work, salt_bytes), alg, kid=kid)

    @classmethod
    @hide_locals
    def from_external(cls, device: ExternalKey, *, public: "Key") -> Self:
        """Make a private key of a public one and the device that has its other half.

        Args:
            device: an HSM, a KMS or the like; see `ExternalKey`.
            public: the public key, bound to its alg.

        Raises:
            TypeError: `public` is no Key.
            KeyUseError: `public` is no public key.
        """
        if not isinstance(public, Key):
            raise TypeError("public must be a Key")
        if public.is_private or public.is_symmetric:
            raise KeyUseError("the public half must be a public key")
        material = External(public.public_material(), device)
        return cls(material, public.alg, kid=public.kid, legacy=True)

    @classmethod
    @hide_locals
    def generate(
        cls, alg: str, *, curve: str | None = None, size: int | None = None, kid: str | None = None
    ) -> Self:
        """Make a fresh key for any alg.

        Args:
            alg: what the key is for.
            curve: for ECDH-ES and EdDSA; P-256 and Ed25519 without it.
            size: the modulus in bits for RSA (2048 without it); the key in octets for `dir`, which
                needs it, and for HMAC (the size of the hash without it).
            kid: its name.

        Raises:
            TypeError: an argument is of another type.
            ValueError: a size or curve that `alg` does not take, or no size for `dir`.
            KeyUseError: an `alg` that is not known, or that is never made (`RSA1_5`).
        """
        if size is not None and type(size) is not int:
            raise TypeError("size must be int")
        return cls(materials.generate(known_alg(alg), size=size, curve=curve), alg, kid=kid)
