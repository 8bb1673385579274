"""Key material: the content of a key, whether it fits an algorithm, and its prepared mechanism.

Rules:
- Anything wrong with a key is reported here, when it is loaded, and never while a token is handled.
- A symmetric key never comes from PEM, DER or certificate bytes, so that a public key's text can't
  become a secret.

Source: RFC 7518 sections 3.2, 3.3, 4.2, 4.3 and 6; RFC 8037; NIST SP 800-56B revision 2.
"""

import os
import re
from collections.abc import Collection
from typing import TYPE_CHECKING, Final, TypeAlias

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey

from joseal._core.algorithms import curves
from joseal._core.algorithms.akp_keys import AkpPrivateKey, AkpPublicKey
from joseal._core.algorithms.curves import PrivateCurveKey, PublicCurveKey
from joseal._core.algorithms.pbes2 import Password
from joseal._core.algorithms.registry import ENCS, AlgorithmSpec, AlgSpec, SigSpec
from joseal._core.keys import validate
from joseal._core.keys.external import External, PublicMaterial, SharedExternal
from joseal._core.late import late
from joseal._core.wire import base64url
from joseal.errors import InvalidKeyError

if TYPE_CHECKING:
    from joseal._core.algorithms import akp
else:
    akp = late("joseal._core.algorithms.akp")

HeldSecret: TypeAlias = bytes | Password
Secret: TypeAlias = HeldSecret | SharedExternal
HeldPrivate: TypeAlias = RSAPrivateKey | PrivateCurveKey | AkpPrivateKey
Held: TypeAlias = HeldPrivate | PublicMaterial | HeldSecret
PrivateMaterial: TypeAlias = HeldPrivate | External
Material: TypeAlias = Held | External | SharedExternal

# The size of generated keys; a longer key is hashed to a shorter one anyway. RFC 2104 section 3.
_MOST_HMAC_BYTES: Final = 1024

# Even for verifying old tokens: 112 bits, the minimum that NIST SP 800-131A revision 2 section 10
# accepts for HMAC. Anyone who has one token can try shorter secrets until one fits, and then sign.
LEAST_LEGACY_HMAC_BYTES: Final = 14

_DIRECT_BYTES: Final = frozenset(enc.cek_bytes for enc in ENCS.values())


def check(alg: AlgorithmSpec, material: Material, *, legacy: bool = False) -> None:
    """Check that the material has the kind and the strength that `alg` needs.

    Raises:
        InvalidKeyError: it is not.
    """
    if isinstance(material, SharedExternal):
        # Only the device knows its size.
        if alg.family != "aes-kw":
            raise InvalidKeyError("a secret on a device is only for A128KW, A192KW and A256KW")
    elif alg.kind == "RSA":
        _check_rsa(material)
    elif alg.kind == "curve":
        _check_curve(alg, material)
    elif alg.kind == "AKP":
        _check_akp(alg, material)
    elif alg.kind == "password":
        if not isinstance(material, Password):
            raise InvalidKeyError("PBES2 needs a key made for it: see Key.from_password")
    else:
        _check_bytes(alg, material, legacy=legacy)


def _check_rsa(material: Material) -> None:
    shown = None if isinstance(material, Secret) else public(material)
    if not isinstance(shown, RSAPublicKey):
        raise InvalidKeyError("this alg needs an RSA key")
    # For a key on a device there is no private half to look at.
    validate.check_pair(material if isinstance(material, RSAPrivateKey) else shown)


def _check_curve(alg: AlgorithmSpec, material: Material) -> None:
    shown = None if isinstance(material, Secret) else public(material)
    if not isinstance(shown, PublicCurveKey):
        raise InvalidKeyError("this alg needs a key on a curve")
    if curves.name(shown) not in alg.curves:
        raise InvalidKeyError("the key is not on a curve that this alg takes")
    validate.check_pair(material if isinstance(material, PrivateCurveKey) else shown)


def _check_akp(alg: AlgorithmSpec, material: Material) -> None:
    shown = None if isinstance(material, Secret) else public(material)
    if not isinstance(shown, AkpPublicKey):
        raise InvalidKeyError(f"this alg needs an AKP key: {alg.parameters}")
    if shown.name != alg.parameters:
        raise InvalidKeyError(f"the key is of {shown.name}, {alg.name} needs {alg.parameters}")
    if not akp.is_valid(shown):
        raise InvalidKeyError(f"the key is not a public key of {shown.name}")


def _check_bytes(alg: AlgorithmSpec, material: Material, *, legacy: bool) -> None:
    if not isinstance(material, bytes):
        raise InvalidKeyError("this alg needs a symmetric key, such as an oct JWK")
    if not fits(alg, len(material), legacy=legacy):
        if isinstance(alg, SigSpec):
            least = f", and {LEAST_LEGACY_HMAC_BYTES} to verify old tokens" if legacy else ""
            raise InvalidKeyError(
                f"an HMAC key must be at least as long as its hash: {len(material)} bytes are here,"
                f" {alg.name} needs {alg.key_bytes}{least}"
            )
        sizes = [alg.key_bytes] if alg.key_bytes else _DIRECT_BYTES
        needed = " or ".join(str(size) for size in sorted(sizes))
        raise InvalidKeyError(
            "the symmetric key does not have the size that its alg needs: "
            f"{len(material)} bytes are here, {alg.name} needs {needed}{_encoded(material, sizes)}"
        )


def _encoded(secret: bytes, sizes: Collection[int]) -> str:
    """Say that a secret of the wrong size is the text of one of the right size."""
    text = secret.strip()
    plain = text.rstrip(b"=").replace(b"+", b"-").replace(b"/", b"_")
    is_hex = re.fullmatch(rb"(?:[0-9A-Fa-f]{2})++", text) is not None
    for kind, raw in (
        ("hex", bytes.fromhex(text.decode("ascii")) if is_hex else None),
        ("base64", base64url.decode(plain)),
    ):
        if raw is not None and len(raw) in sizes:
            return f"; it is the {kind} of {len(raw)} bytes, decode it"
    return ""


def fits(alg: AlgorithmSpec, size: int, *, legacy: bool = False) -> bool:
    """Tell whether a shared secret has enough bytes for an alg; `legacy` for old HMAC tokens."""
    if isinstance(alg, SigSpec):
        return size >= (LEAST_LEGACY_HMAC_BYTES if legacy else alg.key_bytes)
    return size == alg.key_bytes if alg.key_bytes else size in _DIRECT_BYTES


def public(material: Material) -> PublicMaterial:
    """Return the public half.

    Raises:
        InvalidKeyError: a shared secret has none.
    """
    if isinstance(material, Secret):
        raise InvalidKeyError("a symmetric key has no public half")
    if isinstance(material, External):
        return material.public
    if isinstance(material, HeldPrivate):
        return material.public_key()
    return material


def generate(alg: AlgorithmSpec, *, size: int | None, curve: str | None) -> Material:
    """Make fresh material for `alg`.

    Args:
        alg: the algorithm of the key.
        size: in bits for RSA, in bytes for `dir` and HMAC.
        curve: for algs that take several; the default is P-256 or Ed25519.

    Raises:
        ValueError: `alg` does not take this size or curve, or `dir` has no size.
        InvalidKeyError: the installed OpenSSL does not support the curve.
    """
    takes_size = alg.kind in {"RSA", "oct"}
    if (curve is not None and alg.kind != "curve") or (size is not None and not takes_size):
        raise ValueError("this alg does not take this size or curve")
    if alg.kind == "RSA":
        bits = validate.RSA_LEAST_BITS if size is None else size
        if not validate.RSA_LEAST_BITS <= bits <= validate.RSA_MOST_BITS or bits % 8:
            raise ValueError("size must be a multiple of 8 from 2048 to 16384 bits")
        return rsa.generate_private_key(public_exponent=65537, key_size=bits)
    if alg.kind == "curve":
        chosen = alg.curves[0] if curve is None else curve
        if chosen not in alg.curves:
            raise ValueError("this alg does not take this curve")
        try:
            return curves.generate(chosen)
        except UnsupportedAlgorithm:
            raise curves.unsupported(chosen) from None
    if alg.kind == "AKP":
        return akp.generate(alg.parameters)
    if isinstance(alg, AlgSpec) and alg.kind == "password":
        return Password(os.urandom(32), alg.iterations)
    return _generate_bytes(alg, size)


def _generate_bytes(alg: AlgorithmSpec, size: int | None) -> bytes:
    raw = alg.key_bytes if size is None else size
    if not fits(alg, raw) or raw > _MOST_HMAC_BYTES:
        raise ValueError("size must be the size in bytes that the alg or the enc needs")
    return os.urandom(raw)


def name(shown: PublicMaterial) -> str:
    """Return the name of a kind of key pair: with the RSA size, the curve, or the parameters."""
    if isinstance(shown, RSAPublicKey):
        return f"RSA-{shown.key_size}"
    return shown.name if isinstance(shown, AkpPublicKey) else curves.name(shown)


def describe(material: Material) -> str:
    """Describe the material without showing any of it."""
    if isinstance(material, Password):
        return "password"
    if isinstance(material, bytes):
        return f"{len(material)} bytes"
    if isinstance(material, SharedExternal):
        return "external secret"
    shown = public(material)
    kind = name(shown)
    half = "private" if isinstance(material, PrivateMaterial) else "public"
    return f"{kind} {'external' if isinstance(material, External) else half}"
