"""Key encapsulation mechanisms: what they have in common, and DHKEM on the curves.

Rules:
- Everything that depends only on the encapsulated secret and the public key is checked before the
  private step: length, point and order.
- The Diffie-Hellman secret comes through `agree`, which may be a device.

Source: RFC 9180 sections 4.1, 7.1.1 and 7.1.4.
"""

from collections.abc import Callable
from functools import partial
from typing import Protocol

from joseal._core.algorithms import curves
from joseal._core.algorithms.curves import Agree, PublicCurveKey
from joseal._core.algorithms.hpke import key_schedule
from joseal._core.algorithms.hpke.suites import HpkeSuite
from joseal._core.secrecy import Opaque

# The private step: the shared secret, or None.
Decapsulate = Callable[[], bytes | None]


class Kem(Protocol):
    """A key encapsulation mechanism with its key."""

    def encapsulate(self) -> tuple[bytes, bytes]:
        """Return a fresh shared secret and the encapsulated secret that carries it."""
        ...

    def check(self, encapsulated: bytes) -> Decapsulate | None:
        """Check an encapsulated secret and return the private step; None for a bad one."""
        ...


class DhKem(Opaque):
    """DHKEM with one key; without `agree` it only encapsulates."""

    __slots__ = ("_agree", "_curve", "_public", "_suite")

    _suite: HpkeSuite
    _public: PublicCurveKey
    _agree: Agree | None
    _curve: str

    def __init__(self, suite: HpkeSuite, public: PublicCurveKey, agree: Agree | None) -> None:
        self._set(_suite=suite, _public=public, _agree=agree, _curve=curves.name(public))

    def encapsulate(self) -> tuple[bytes, bytes]:
        """Agree with a fresh ephemeral pair.

        Raises:
            ValueError: the public key is of low order, which no loaded key is.
        """
        ephemeral = curves.generate(self._curve)
        secret = curves.agree(ephemeral, self._public)
        if secret is None:
            raise ValueError("the recipient's public key can't be used")
        encapsulated = curves.encoded(ephemeral.public_key())
        return self._derive(secret, encapsulated), encapsulated

    def check(self, encapsulated: bytes) -> Decapsulate | None:
        """Read the ephemeral public key: on the curve, and not of low order."""
        key = curves.load_encoded(self._curve, encapsulated)
        if key is None or curves.has_low_order(key):
            return None
        return partial(self._decapsulate, key, encapsulated)

    def _decapsulate(self, ephemeral: PublicCurveKey, encapsulated: bytes) -> bytes | None:
        secret = None if self._agree is None else self._agree(ephemeral)
        return None if secret is None else self._derive(secret, encapsulated)

    def _derive(self, secret: bytes, encapsulated: bytes) -> bytes:
        context = encapsulated + curves.encoded(self._public)
        return key_schedule.extract_and_expand(self._suite, secret, context)
