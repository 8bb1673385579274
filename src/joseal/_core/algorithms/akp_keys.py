"""AKP keys in memory, apart from the code that makes them, which a check of a key's kind can skip.

Source: RFC 9964 section 3.
"""

from typing import TYPE_CHECKING

from joseal._core.algorithms import curves
from joseal._core.algorithms.curves import PrivateCurveKey, PublicCurveKey
from joseal._core.secrecy import Opaque

if TYPE_CHECKING:
    from joseal._core.algorithms.akp import ForeignPrivate, ForeignPublic


class AkpPublicKey(Opaque):
    """The public half of an AKP key.

    Attributes:
        name: the set of parameters.
        raw: its bytes, `pub` of a JWK.
        foreign: what `cryptography` makes of them; the part of ML-KEM in a hybrid.
        point: the part on a curve in a hybrid.
    """

    __slots__ = ("foreign", "name", "point", "raw")

    name: str
    raw: bytes
    foreign: "ForeignPublic"
    point: PublicCurveKey | None

    def __init__(self, name: str, foreign: "ForeignPublic", point: PublicCurveKey | None) -> None:
        tail = b"" if point is None else curves.encoded(point)
        raw = foreign.public_bytes_raw() + tail
        self._set(name=name, foreign=foreign, point=point, raw=raw)


class AkpPrivateKey(Opaque):
    """An AKP pair.

    Attributes:
        name: the set of parameters.
        seed: `priv` of a JWK. The secret itself.
        foreign: what `cryptography` makes of it; the part of ML-KEM in a hybrid.
        scalar: the part on a curve in a hybrid.
    """

    __slots__ = ("_public", "foreign", "name", "scalar", "seed")

    name: str
    seed: bytes
    foreign: "ForeignPrivate"
    scalar: PrivateCurveKey | None
    _public: AkpPublicKey

    def __init__(
        self, name: str, seed: bytes, foreign: "ForeignPrivate", scalar: PrivateCurveKey | None
    ) -> None:
        point = None if scalar is None else scalar.public_key()
        public = AkpPublicKey(name, foreign.public_key(), point)
        self._set(name=name, seed=seed, foreign=foreign, scalar=scalar, _public=public)

    def public_key(self) -> AkpPublicKey:
        """Return the public half."""
        return self._public
