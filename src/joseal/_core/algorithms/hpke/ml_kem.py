"""ML-KEM, alone and in a hybrid with a curve, as a key encapsulation mechanism of HPKE.

Rules:
- The secret of a hybrid is safe as long as one of its two parts is. Both parts are always computed.
- ML-KEM rejects implicitly: a ciphertext that was tampered with gives a secret that nobody knows,
  and decryption then fails like any other.
- A device does the whole private step, even for a hybrid. It is never asked for only one part.

Source: draft-ietf-hpke-pq section 3, draft-irtf-cfrg-hybrid-kems section 5 (the combiner),
draft-irtf-cfrg-concrete-hybrid-kems section 4, FIPS 203 section 7.
"""

from collections.abc import Callable
from functools import partial
from typing import Final, TypeAlias

from cryptography.hazmat.primitives.asymmetric.mlkem import (
    MLKEM768PrivateKey,
    MLKEM768PublicKey,
    MLKEM1024PrivateKey,
    MLKEM1024PublicKey,
)

from joseal._core.algorithms import curves, foreign
from joseal._core.algorithms.akp import HYBRIDS
from joseal._core.algorithms.akp_keys import AkpPrivateKey, AkpPublicKey
from joseal._core.algorithms.curves import PublicCurveKey
from joseal._core.algorithms.hashes import sha3_256
from joseal._core.algorithms.hpke.kems import Decapsulate
from joseal._core.secrecy import Opaque

# From the encapsulated secret to the shared secret, or None; an HSM or a KMS is behind it.
FromDevice: TypeAlias = Callable[[bytes], bytes | None]

# FIPS 203 section 8, table 3. The secret of a hybrid is a hash of the same size.
_SECRET_BYTES: Final = 32
CIPHERTEXT_BYTES: Final = {"ML-KEM-768": 1088, "ML-KEM-1024": 1568}


class MlKem(Opaque):
    """ML-KEM or a hybrid with one key; without `private` or `device` it only encapsulates.

    Raises:
        TypeError: the key is not an ML-KEM key.
    """

    __slots__ = ("_device", "_kem", "_private", "_public")

    _public: AkpPublicKey
    _private: AkpPrivateKey | None
    _device: FromDevice | None
    _kem: MLKEM768PublicKey | MLKEM1024PublicKey

    def __init__(
        self,
        public: AkpPublicKey,
        private: AkpPrivateKey | None,
        device: FromDevice | None = None,
    ) -> None:
        if not isinstance(public.foreign, MLKEM768PublicKey | MLKEM1024PublicKey):
            raise TypeError("the key is not an ML-KEM key")
        self._set(_public=public, _private=private, _device=device, _kem=public.foreign)

    def encapsulate(self) -> tuple[bytes, bytes]:
        """Encapsulate for ML-KEM and, in a hybrid, agree with a fresh ephemeral pair.

        Raises:
            ValueError: the point of a hybrid is of low order, which a loaded key's point never is.
        """
        secret, ciphertext = self._kem.encapsulate()
        point = self._public.point
        if point is None:
            return secret, ciphertext
        ephemeral = curves.generate(curves.name(point))
        agreed = curves.agree(ephemeral, point)
        if agreed is None:
            raise ValueError("the recipient's public key can't be used")
        encoded = curves.encoded(ephemeral.public_key())
        return self._combine(secret, agreed, encoded, point), ciphertext + encoded

    def check(self, encapsulated: bytes) -> Decapsulate | None:
        """Check the length and, in a hybrid, the ephemeral point."""
        point = self._public.point
        kem = self._public.name if point is None else HYBRIDS[self._public.name].kem
        size = CIPHERTEXT_BYTES[kem]
        ephemeral = None
        if point is not None:
            ephemeral = curves.load_encoded(curves.name(point), encapsulated[size:])
            if ephemeral is None or curves.has_low_order(ephemeral):
                return None
        elif len(encapsulated) != size:
            return None
        if self._device is not None:
            return partial(_ask, self._device, encapsulated)
        return partial(self._decapsulate, encapsulated[:size], ephemeral)

    def _decapsulate(self, ciphertext: bytes, ephemeral: PublicCurveKey | None) -> bytes | None:
        private, point = self._private, self._public.point
        if private is None or not isinstance(
            private.foreign, MLKEM768PrivateKey | MLKEM1024PrivateKey
        ):
            return None
        secret = None
        with foreign.Suppress():
            secret = private.foreign.decapsulate(ciphertext)
        if point is None or ephemeral is None or private.scalar is None:
            return secret
        agreed = curves.agree(private.scalar, ephemeral)
        if secret is None or agreed is None:
            return None
        return self._combine(secret, agreed, curves.encoded(ephemeral), point)

    def _combine(
        self, secret: bytes, agreed: bytes, ephemeral: bytes, point: PublicCurveKey
    ) -> bytes:
        label = HYBRIDS[self._public.name].label
        return sha3_256(b"".join((secret, agreed, ephemeral, curves.encoded(point), label)))


def _ask(device: FromDevice, encapsulated: bytes) -> bytes | None:
    """Let a device decapsulate; a secret of the wrong size is none."""
    secret = device(encapsulated)
    return None if secret is None or len(secret) != _SECRET_BYTES else secret
