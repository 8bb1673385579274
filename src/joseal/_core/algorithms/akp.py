"""AKP keys: pairs that only their algorithm can interpret. ML-DSA, ML-KEM and its hybrids.

Rules:
- A private key is its seed, and its public half is computed from it. Expanded forms are not read.
- A public key has the size of its set of parameters; the coefficients of an ML-KEM key are reduced,
  and the point of a hybrid is on its curve and not of low order.

Source: RFC 9964 section 3, FIPS 203 sections 7.1 and 7.2, FIPS 204 section 5.1,
draft-ietf-hpke-pq section 3, draft-irtf-cfrg-concrete-hybrid-kems section 4.
"""

from collections.abc import Mapping
from os import urandom
from types import MappingProxyType
from typing import Final, NamedTuple, TypeAlias

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.mldsa import (
    MLDSA44PrivateKey,
    MLDSA44PublicKey,
    MLDSA65PrivateKey,
    MLDSA65PublicKey,
    MLDSA87PrivateKey,
    MLDSA87PublicKey,
)
from cryptography.hazmat.primitives.asymmetric.mlkem import (
    MLKEM768PrivateKey,
    MLKEM768PublicKey,
    MLKEM1024PrivateKey,
    MLKEM1024PublicKey,
)

from joseal._core.algorithms import curves, foreign
from joseal._core.algorithms.akp_keys import AkpPrivateKey, AkpPublicKey
from joseal._core.algorithms.hashes import shake256

MlDsaPrivate: TypeAlias = MLDSA44PrivateKey | MLDSA65PrivateKey | MLDSA87PrivateKey
MlDsaPublic: TypeAlias = MLDSA44PublicKey | MLDSA65PublicKey | MLDSA87PublicKey
MlKemPrivate: TypeAlias = MLKEM768PrivateKey | MLKEM1024PrivateKey
MlKemPublic: TypeAlias = MLKEM768PublicKey | MLKEM1024PublicKey
# The kinds that `cryptography` has keys for: all except hybrids.
ForeignPrivate: TypeAlias = MlDsaPrivate | MlKemPrivate
ForeignPublic: TypeAlias = MlDsaPublic | MlKemPublic

# ML-KEM's modulus, whose coefficients are packed into 12 bits each. FIPS 203 section 2.4.8.
_MODULUS: Final = 3329
_ML_KEM_SEED_BYTES: Final = 64


class _Parameters(NamedTuple):
    """A set of parameters.

    Attributes:
        private: the class of the private key, which a seed makes.
        public: the class of the public key.
        public_bytes: its size.
        seed_bytes: the size of the seed.
    """

    private: type[ForeignPrivate]
    public: type[ForeignPublic]
    public_bytes: int
    seed_bytes: int


class _Hybrid(NamedTuple):
    """ML-KEM with a curve.

    Attributes:
        kem: the set of parameters of ML-KEM.
        curve: the curve.
        scalar_seed_bytes: the size of the seed from which a scalar is derived.
        label: the last input of the combiner.
    """

    kem: str
    curve: str
    scalar_seed_bytes: int
    label: bytes


_PARAMETERS: Final[Mapping[str, _Parameters]] = MappingProxyType(
    {
        "ML-DSA-44": _Parameters(MLDSA44PrivateKey, MLDSA44PublicKey, 1312, 32),
        "ML-DSA-65": _Parameters(MLDSA65PrivateKey, MLDSA65PublicKey, 1952, 32),
        "ML-DSA-87": _Parameters(MLDSA87PrivateKey, MLDSA87PublicKey, 2592, 32),
        "ML-KEM-768": _Parameters(MLKEM768PrivateKey, MLKEM768PublicKey, 1184, _ML_KEM_SEED_BYTES),
        "ML-KEM-1024": _Parameters(
            MLKEM1024PrivateKey, MLKEM1024PublicKey, 1568, _ML_KEM_SEED_BYTES
        ),
    }
)

HYBRIDS: Final[Mapping[str, _Hybrid]] = MappingProxyType(
    {
        "MLKEM768-P256": _Hybrid("ML-KEM-768", "P-256", 128, b"MLKEM768-P256"),
        "MLKEM768-X25519": _Hybrid("ML-KEM-768", "X25519", 32, b"\\.//^\\"),
        "MLKEM1024-P384": _Hybrid("ML-KEM-1024", "P-384", 48, b"MLKEM1024-P384"),
    }
)
_HYBRID_SEED_BYTES: Final = 32


def seed_bytes(name: str) -> int:
    """Return the size of a private key."""
    return _HYBRID_SEED_BYTES if name in HYBRIDS else _PARAMETERS[name].seed_bytes


def public_bytes(name: str) -> int:
    """Return the size of a public key."""
    if name not in HYBRIDS:
        return _PARAMETERS[name].public_bytes
    hybrid = HYBRIDS[name]
    size = curves.field_bytes(hybrid.curve)
    point_bytes = size if curves.kty(hybrid.curve) == "OKP" else 1 + 2 * size
    return _PARAMETERS[hybrid.kem].public_bytes + point_bytes


def load_public(name: str, raw: bytes) -> AkpPublicKey | None:
    """Make a public key from its bytes; None if they are not one.

    Raises:
        InvalidKeyError: this build of OpenSSL does not support the algorithm.
    """
    if len(raw) != public_bytes(name):
        return None
    if name not in HYBRIDS:
        foreign_key = _load_foreign(name, raw)
        return None if foreign_key is None else AkpPublicKey(name, foreign_key, None)
    hybrid = HYBRIDS[name]
    cut = _PARAMETERS[hybrid.kem].public_bytes
    kem_key = _load_foreign(hybrid.kem, raw[:cut])
    point = curves.load_encoded(hybrid.curve, raw[cut:])
    if kem_key is None or point is None or not curves.is_valid(point):
        return None
    return AkpPublicKey(name, kem_key, point)


def is_valid(key: AkpPublicKey) -> bool:
    """Tell whether a public key has the right size and numbers, whatever code has read it."""
    # The point of a hybrid was already checked: only `load_public` reads one.
    raw = key.foreign.public_bytes_raw()
    is_kem = isinstance(key.foreign, MlKemPublic)
    return len(key.raw) == public_bytes(key.name) and (not is_kem or _is_reduced(raw))


def load_private(name: str, seed: bytes) -> AkpPrivateKey | None:
    """Make a pair from its seed; None if that is not one.

    Raises:
        InvalidKeyError: this build of OpenSSL does not support the algorithm.
    """
    if len(seed) != seed_bytes(name):
        return None
    if name not in HYBRIDS:
        return AkpPrivateKey(name, seed, _from_seed(name, seed), None)
    hybrid = HYBRIDS[name]
    expanded = shake256(seed, _ML_KEM_SEED_BYTES + hybrid.scalar_seed_bytes)
    kem_key = _from_seed(hybrid.kem, expanded[:_ML_KEM_SEED_BYTES])
    scalar = curves.private_of_seed(hybrid.curve, expanded[_ML_KEM_SEED_BYTES:])
    return None if scalar is None else AkpPrivateKey(name, seed, kem_key, scalar)


def generate(name: str) -> AkpPrivateKey:
    """Make a fresh pair.

    Raises:
        InvalidKeyError: this build of OpenSSL does not support the algorithm.
    """
    while True:
        # A seed without a scalar has a probability of less than 2^-128.
        key = load_private(name, urandom(seed_bytes(name)))
        if key is not None:
            return key


def wrap_foreign(key: object) -> AkpPrivateKey | AkpPublicKey | None:
    """Return a `cryptography` key as an AKP key; None for any other kind."""
    for name, parameters in _PARAMETERS.items():
        if isinstance(key, parameters.private) and isinstance(key, ForeignPrivate):
            return AkpPrivateKey(name, key.private_bytes_raw(), key, None)
        if isinstance(key, parameters.public) and isinstance(key, ForeignPublic):
            return AkpPublicKey(name, key, None)
    return None


def _from_seed(name: str, seed: bytes) -> ForeignPrivate:
    try:
        return _PARAMETERS[name].private.from_seed_bytes(seed)
    except (UnsupportedAlgorithm, ValueError):
        # A provider without the algorithm says that the seed has the wrong size, which is not true.
        raise curves.unsupported(name) from None


def _load_foreign(name: str, raw: bytes) -> ForeignPublic | None:
    parameters = _PARAMETERS[name]
    if name.startswith("ML-KEM") and not _is_reduced(raw):
        return None
    with foreign.Suppress():
        try:
            return parameters.public.from_public_bytes(raw)
        except UnsupportedAlgorithm:
            raise curves.unsupported(name) from None
    return None


def _is_reduced(raw: bytes) -> bool:
    """Tell whether every coefficient is below the modulus. FIPS 203 section 7.2."""
    # The last 32 bytes are the seed of the matrix.
    packed = raw[:-32]
    return all(
        (packed[at] | (packed[at + 1] & 0x0F) << 8) < _MODULUS
        and (packed[at + 1] >> 4 | packed[at + 2] << 4) < _MODULUS
        for at in range(0, len(packed), 3)
    )
