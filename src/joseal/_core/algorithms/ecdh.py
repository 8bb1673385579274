"""Key agreement: ECDH-ES, alone or with AES Key Wrap.

Rules:
- The ephemeral pair is fresh for every token.
- A received `epk` is read only on the recipient's own curve, from its public members alone; off
  the curve or of low order it is refused before the private key is used.

Source: RFC 7518 section 4.6, RFC 8037 section 3.2, NIST SP 800-56A section 5.8.1.
"""

from collections.abc import Callable
from functools import partial

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.concatkdf import ConcatKDFHash
from msgspec import UNSET, UnsetType

from joseal._core.algorithms import curves
from joseal._core.algorithms.aes import check_wrapped_size, unwrap, wrap
from joseal._core.algorithms.curves import PublicCurveKey
from joseal._core.algorithms.key_management import (
    Unwrap,
    UnwrapRequest,
    Wrapped,
    WrapSettings,
    check_own,
)
from joseal._core.algorithms.registry import AlgSpec, EncSpec
from joseal._core.secrecy import Opaque
from joseal._core.wire.header import from_member, to_member
from joseal.errors import MalformedTokenError

# From a peer's public key to the shared secret, or None; an HSM can be behind it.
Agree = Callable[[PublicCurveKey], bytes | None]


class EcdhEs(Opaque):
    """ECDH-ES with one key; without `agree` it only wraps."""

    __slots__ = ("_agree", "_alg", "_curve", "_kty", "_public")

    _alg: AlgSpec
    _public: PublicCurveKey
    _agree: Agree | None
    _curve: str
    _kty: str

    def __init__(self, alg: AlgSpec, public: PublicCurveKey, agree: Agree | None) -> None:
        curve = curves.name(public)
        self._set(_alg=alg, _public=public, _agree=agree, _curve=curve, _kty=curves.kty(curve))

    def wrap(self, settings: WrapSettings, cek: bytes | None = None) -> Wrapped:
        """Agree on a key with a fresh ephemeral pair; the CEK itself, or what wraps it.

        Raises:
            ValueError: the key is the CEK, and there is one of other recipients.
            ValueError: the public key is of low order, which no key that was loaded is.
        """
        ephemeral = curves.generate(self._curve)
        secret = curves.agree(ephemeral, self._public)
        if secret is None:
            # Loading has refused public keys of low order.
            raise ValueError("the recipient's public key can't be used")
        key = self._derive(settings.enc, secret, settings.apu, settings.apv)
        x, y = curves.coordinates(ephemeral.public_key())
        epk = {"kty": self._kty, "crv": self._curve, "x": to_member(x)}
        members: dict[str, object] = {"epk": epk if y is None else {**epk, "y": to_member(y)}}
        parties = {"apu": settings.apu, "apv": settings.apv}
        members.update((name, to_member(raw)) for name, raw in parties.items() if raw)
        if not self._alg.key_bytes:
            check_own(cek)
            return key, b"", members
        return *wrap(key, settings.enc, cek), members

    def check_public(self, request: UnwrapRequest) -> Unwrap:
        """Read the epk, apu and apv, and check the size of the encrypted key.

        Raises:
            MalformedTokenError: one of them is missing or not of its form; the epk is not on the
                recipient's curve, or is of low order.
        """
        if self._alg.key_bytes:
            check_wrapped_size(request)
        elif request.encrypted_key:
            raise MalformedTokenError("ECDH-ES takes an empty encrypted key")
        epk = self._read_epk(request)
        apu = from_member(request.members.apu)
        apv = from_member(request.members.apv)
        if epk is None or apu is None or apv is None:
            raise MalformedTokenError(
                "epk, apu or apv has the wrong form, or epk is not on the curve"
            )
        return partial(self._unwrap, request, epk, apu, apv)

    def _read_epk(self, request: UnwrapRequest) -> PublicCurveKey | None:
        """Read the epk, once for all keys on this curve that a token may be for."""
        points = request.points
        if points is None:
            return self._parse_epk(request)
        if self._curve not in points:
            points[self._curve] = self._parse_epk(request)
        return points[self._curve]

    def _parse_epk(self, request: UnwrapRequest) -> PublicCurveKey | None:
        epk = request.members.epk
        if epk is UNSET or "d" in epk:
            return None
        if epk.get("kty") != self._kty or epk.get("crv") != self._curve:
            return None
        x, y = epk.get("x"), epk.get("y", UNSET)
        if not isinstance(x, str) or not isinstance(y, str | UnsetType):
            return None
        x_bytes, y_bytes = from_member(x), None if y is UNSET else from_member(y)
        if x_bytes is None or (y is not UNSET and y_bytes is None):
            return None
        key = curves.load_public(self._curve, x_bytes, y_bytes)
        # A curve whose points have a y has prime order, so that none of them is of low order.
        return None if key is None or (y_bytes is None and curves.has_low_order(key)) else key

    def _unwrap(
        self, request: UnwrapRequest, epk: PublicCurveKey, apu: bytes, apv: bytes
    ) -> bytes | None:
        secret = None if self._agree is None else self._agree(epk)
        if secret is None:
            return None
        key = self._derive(request.enc, secret, apu, apv)
        return unwrap(key, request.encrypted_key) if self._alg.key_bytes else key

    def _derive(self, enc: EncSpec, secret: bytes, apu: bytes, apv: bytes) -> bytes:
        """Derive the CEK, or the key that wraps it. RFC 7518 section 4.6.2."""
        name = self._alg.name if self._alg.key_bytes else enc.name
        size = self._alg.key_bytes or enc.cek_bytes
        info = b"".join(_counted(part) for part in (name.encode(), apu, apv))
        info += (8 * size).to_bytes(4, "big")
        return ConcatKDFHash(hashes.SHA256(), size, info).derive(secret)


def _counted(raw: bytes) -> bytes:
    return len(raw).to_bytes(4, "big") + raw
