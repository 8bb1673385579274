"""The ways to load a key: each function implements the method of `Key` with its name.

Rules:
- A function returns material that is not yet checked against its alg. `Key` does that before the
  key exists, whatever its origin.
- A caller's mistakes are refused here: the wrong type, the wrong kind of key, a password that is
  not needed.

Source: as for each method of `Key`.
"""

import os
from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Final

from joseal._core import checks
from joseal._core.algorithms.pbes2 import LEAST_ITERATIONS, LEAST_SALT_BYTES, Password
from joseal._core.algorithms.registry import PASSWORD_ALGS, AlgSpec, lookup_alg
from joseal._core.keys import material as materials
from joseal._core.keys.material import Material, PrivateMaterial
from joseal._core.keys.shared_secrets import check_secret
from joseal._core.late import late
from joseal._core.limits import Limits
from joseal._core.secrecy import Hidden
from joseal.errors import InvalidKeyError

# A program usually has its keys in one or two formats.
if TYPE_CHECKING:
    from joseal._core.keys.formats import certificates, pkcs12
    from joseal._core.keys.formats import pem as pems
    from joseal._core.keys.jwk import algs as jwk_algs
    from joseal._core.keys.jwk import codec as jwks
else:
    certificates = late("joseal._core.keys.formats.certificates")
    pkcs12 = late("joseal._core.keys.formats.pkcs12")
    pems = late("joseal._core.keys.formats.pem")
    jwk_algs = late("joseal._core.keys.jwk.algs")
    jwks = late("joseal._core.keys.jwk.codec")

# A text that counts as true must neither load nor release a key. The limits are there for
# the check alone: a key has none.
check_switches: Final = partial(checks.check, Limits())

_MOST_SALT_BYTES: Final = 1024


class Loaded(Hidden, frozen=True):
    """Material with its certificates, and with the kid, enc and operations that a JWK names."""

    material: Material
    alg: str
    chain: "tuple[certificates.Certificate, ...]" = ()
    kid: str | None = None
    enc: str | None = None
    operations: frozenset[str] | None = None


def of_pem(pem: str | bytes, alg: str, password: str | bytes | None) -> Loaded:
    """Read the one key or certificate in a PEM text, or an OpenSSH public key.

    Raises:
        TypeError: an argument is of the wrong type.
        InvalidKeyError: it is neither, or is damaged; the password is wrong, missing or not needed.
    """
    material = pems.load_pem(pem, password)
    raw = pem.encode("utf-8", errors="replace") if isinstance(pem, str) else pem
    return Loaded(material, alg, _beside(material, raw))


def of_der(data: bytes, alg: str, password: str | bytes | None) -> Loaded:
    """Read the key or the certificate in DER bytes.

    Raises:
        TypeError: an argument is of the wrong type.
        InvalidKeyError: it is neither, or is damaged; the password is wrong, missing or not needed.
    """
    material = pems.load_der(data, password)
    return Loaded(material, alg, _beside(material, data))


def of_certificate(data: str | bytes, alg: str) -> Loaded:
    """Read a certificate or a chain of them.

    Raises:
        TypeError: the data is neither str nor bytes.
        InvalidKeyError: it is not a certificate, or there are several that are not a chain.
    """
    chain = certificates.of_text(data)
    return Loaded(pems.load_der(chain[0].der, None), alg, chain)


def of_bytes(secret: bytes, alg: str) -> Loaded:
    """Take a shared secret.

    Raises:
        TypeError: the secret is not bytes.
        InvalidKeyError: the bytes are a public or private key.
    """
    if not isinstance(secret, bytes):
        raise TypeError("the secret must be bytes")
    # Bytes that are a public key in one reading must not be a secret in another. RFC 8725 section
    # 2.1.
    check_secret(secret)
    return Loaded(secret, alg)


def of_env(name: str, alg: str, password: str | bytes | None, *, legacy: bool) -> Loaded:
    """Read an environment variable: PEM, OpenSSH, a JWK, or a shared secret.

    Raises:
        TypeError: an argument is of the wrong type.
        InvalidKeyError: the variable is not set or is not such a key; or a password was given for a
            JWK.
    """
    if not isinstance(name, str):
        raise checks.wrong_type("name", "str", name)
    value = os.environ.get(name)
    if value is None:
        raise InvalidKeyError("the environment variable is not set")
    known = lookup_alg(alg)
    if known.kind == "oct" and not value.strip().startswith("{"):
        fits = partial(materials.fits, known, legacy=legacy)
        return of_bytes(pems.secret_of_env(value, fits), alg)
    raw = pems.unwrap_env(value)
    if raw.lstrip().startswith(b"{"):
        if password is not None:
            raise InvalidKeyError("a password was given, but a JWK is not encrypted")
        return of_jwk(raw, alg, dual_use=False, legacy=legacy)
    return of_pem(raw, alg, password)


def of_jwk(
    jwk: Mapping[str, object] | str | bytes,
    alg: str | Mapping[str, str] | None,
    *,
    dual_use: bool,
    legacy: bool,
) -> Loaded:
    """Read a JWK, whose own `alg`, `use` and `key_ops` are binding.

    Raises:
        TypeError: an argument is of the wrong type.
        InvalidKeyError: it is not a strict JSON object with the members of a key; it contradicts
            `alg`; or there is no `alg` at all.
    """
    check_switches(dual_use=dual_use, legacy=legacy)
    jwk_algs.check(alg)
    members = jwks.members_of(jwk, "jwk")
    chosen = jwk_algs.choose(alg, members)
    material, bound, enc, kid, operations = jwks.load(members, chosen, dual_use=dual_use)
    return Loaded(material, bound, kid=kid, enc=enc, operations=operations)


def of_pkcs12(data: bytes, alg: str, password: str | bytes | None, alias: str | None) -> Loaded:
    """Read the private key of a PKCS#12 file, or the key of its only certificate.

    Raises:
        TypeError: an argument is of the wrong type.
        InvalidKeyError: the file is damaged or the password is wrong; or `alias` is missing or
            names nothing.
    """
    material, chain = pkcs12.load(data, password, alias)
    return Loaded(material, alg, chain)


def of_password(password: str | bytes, alg: str, iterations: int | None, salt_bytes: int) -> Loaded:
    """Take a password for PBES2.

    Raises:
        TypeError: an argument is of the wrong type.
        ValueError: the password is empty, or a number is out of bounds.
        InvalidKeyError: `alg` takes no password; the password is a public or private key.
    """
    known = lookup_alg(alg)
    if not isinstance(known, AlgSpec) or known.kind != "password":
        raise InvalidKeyError(f"alg={alg} takes no password: {', '.join(PASSWORD_ALGS)} do")
    work = known.iterations if iterations is None else iterations
    checks.check_ints(iterations=work, salt_bytes=salt_bytes)
    raw = pems.secret(password)
    if work < LEAST_ITERATIONS:
        raise ValueError("iterations must not be under 1000")
    if not LEAST_SALT_BYTES <= salt_bytes <= _MOST_SALT_BYTES:
        raise ValueError("salt_bytes must be from 8 to 1024")
    check_secret(raw)
    return Loaded(Password(raw, work, salt_bytes), alg)


def _beside(material: Material, raw: bytes) -> "tuple[certificates.Certificate, ...]":
    """Return the certificates that public material was loaded from."""
    private = isinstance(material, PrivateMaterial)
    return () if private else certificates.beside(raw)
