"""The algorithms that the installed OpenSSL supports, each tested once, before a message needs it.

Builds differ: FIPS providers and distributions leave out X25519, X448, Ed448, ChaCha20 and others.
`UnsupportedAlgorithm` must not leave a call that encrypts or decrypts, so each algorithm does its
work once, on fixed values or a fresh pair, when the first key is made for it or the first object is
prepared with it. The answer is stored: OpenSSL is configured once for each process, when it is
loaded.
"""

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Final

from cryptography.exceptions import InternalError, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey, RSAPublicNumbers

from joseal._core.algorithms import content_encryption, curves
from joseal._core.algorithms.curves import PublicCurveKey, unsupported
from joseal._core.algorithms.key_management import WrapSettings
from joseal._core.algorithms.pbes2 import Password
from joseal._core.algorithms.registry import ENCS, AlgorithmSpec, AlgSpec, EncSpec, SigSpec
from joseal._core.algorithms.rsa import padding
from joseal._core.keys.material import Held, Material, Secret, public
from joseal._core.keys.prepare import prepare_key_management, prepare_signature
from joseal._core.late import late
from joseal._core.limits import Limits

if TYPE_CHECKING:
    from joseal._core.algorithms import akp
else:
    akp = late("joseal._core.algorithms.akp")

_SETTINGS: Final = WrapSettings(ENCS["A128CBC-HS256"], Limits())
_DATA: Final = b"a probe"


def check_algorithm(spec: AlgorithmSpec, material: Material) -> None:
    """Check that an alg works here with a key of the same kind as `material`.

    Raises:
        InvalidKeyError: the installed OpenSSL does not support it.
    """
    shown = None if isinstance(material, Secret) else public(material)
    curve = curves.name(shown) if isinstance(shown, PublicCurveKey) else ""
    if not _does_algorithm(spec, curve):
        raise unsupported(f"{spec.name} on {curve}" if curve else spec.name)


def check_content_encryption(enc: EncSpec) -> None:
    """Check that an enc works here.

    Raises:
        InvalidKeyError: the installed OpenSSL does not support it.
    """
    if not _does_content_encryption(enc):
        raise unsupported(enc.name)


@cache
def _does_content_encryption(enc: EncSpec) -> bool:
    key, iv = bytes(enc.cek_bytes), bytes(enc.iv_bytes)
    return _works(lambda: content_encryption.seal(enc, key, iv, b"", _DATA))


@cache
def _does_algorithm(spec: AlgorithmSpec, curve: str) -> bool:
    if isinstance(spec, SigSpec):
        return _works(lambda: _verify(spec, curve))
    return _works(lambda: _wrap(spec, curve))


def _works(probe: Callable[[], object]) -> bool:
    try:
        probe()
    except (UnsupportedAlgorithm, ValueError, InternalError):
        # Agreement and derivation raise ValueError for what they can't do. OpenSSL's FIPS provider
        # loads a secp256k1 key, and then fails when it is used.
        return False
    return True


def _wrap(alg: AlgSpec, curve: str) -> None:
    material = _material(alg, curve)
    if isinstance(material, RSAPublicKey):
        # RSA1_5 is never used to wrap, but its padding must be available.
        material.encrypt(_DATA, padding(alg))
    else:
        prepare_key_management(alg, material).wrap(_SETTINGS)


def _verify(sig: SigSpec, curve: str) -> None:
    material = _material(sig, curve)
    scheme = prepare_signature(sig, material)
    if isinstance(material, RSAPublicKey):
        scheme.verify(_DATA, bytes(material.key_size // 8))
    else:
        scheme.verify(_DATA, scheme.sign(_DATA))


def _material(spec: AlgorithmSpec, curve: str) -> Held:
    if spec.kind == "RSA":
        # Any odd modulus is enough for the public operation, and this one costs nothing to make.
        return RSAPublicNumbers(65537, 2**2048 - 1).public_key()
    if spec.kind == "AKP":
        return akp.generate(spec.parameters)
    if spec.kind == "curve":
        return curves.generate(curve)
    return Password(_DATA, 1) if spec.kind == "password" else bytes(spec.key_bytes)
