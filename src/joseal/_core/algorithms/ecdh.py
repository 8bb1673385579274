"""Key agreement: ECDH-ES, alone or with AES Key Wrap.

Rules:
- The ephemeral pair is fresh for every token.
- A received `epk` is read only on the recipient's own curve, from its public members alone; off
  the curve or of low order it is refused before the private key is used.

Source: RFC 7518 section 4.6, RFC 8037 section 3.2, NIST SP 800-56A section 5.8.1.
"""

from functools import partial

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.concatkdf import ConcatKDFHash
from msgspec import UNSET, UnsetType

from joseal._core.algorithms import curves
from joseal._core.algorithms.aes import check_wrapped_size, unwrap, wrap
from joseal._core.algorithms.curves import Agree, PublicCurveKey
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

# The size of an absent apu or apv, the only part of it that is hashed.
_NOTHING = bytes(4)

# Measured: a union made for each token costs more than the rest of the check.
_TEXT_OR_UNSET = (str, UnsetType)


class EcdhEs(Opaque):
    """ECDH-ES with one key; without `agree` it only wraps."""

    __slots__ = ("_agree", "_alg", "_curve", "_kty", "_label", "_public")

    _alg: AlgSpec
    # The name that goes into the derivation: the alg, or None for the enc of each token.
    _label: bytes | None
    _public: PublicCurveKey
    _agree: Agree | None
    _curve: str
    _kty: str

    def __init__(self, alg: AlgSpec, public: PublicCurveKey, agree: Agree | None) -> None:
        curve = curves.name(public)
        self._set(_alg=alg, _public=public, _agree=agree, _curve=curve, _kty=curves.kty(curve))
        self._set(_label=_counted(alg.name.encode()) if alg.key_bytes else None)

    def wrap(self, settings: WrapSettings, cek: bytes | None = None) -> Wrapped:
        """Agree on a key with a fresh ephemeral pair: the CEK itself, or the key that wraps it.

        Raises:
            ValueError: the key is the CEK, and other recipients already have one.
            ValueError: the public key is of low order, which no loaded key is.
        """
        ephemeral = curves.generate(self._curve)
        secret = curves.agree(ephemeral, self._public)
        if secret is None:
            # Public keys of low order were refused when they were loaded.
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
            MalformedTokenError: one of them is missing or malformed; the epk is not on the
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
        """Read the epk, once for all keys on this curve that may open the token."""
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
        if not isinstance(x, str) or not isinstance(y, _TEXT_OR_UNSET):
            return None
        x_bytes, y_bytes = from_member(x), None if y is UNSET else from_member(y)
        if x_bytes is None or (y is not UNSET and y_bytes is None):
            return None
        # A curve whose points have a y has prime order, so none of its points has low order.
        if y_bytes is None and curves.is_low_order(self._curve, x_bytes):
            return None
        return curves.load_public(self._curve, x_bytes, y_bytes)

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
        label = self._label
        if label is None:
            label, size = _counted(enc.name.encode()), enc.cek_bytes
        else:
            size = self._alg.key_bytes
        info = b"".join((label, _counted(apu), _counted(apv), (8 * size).to_bytes(4, "big")))
        return ConcatKDFHash(hashes.SHA256(), size, info).derive(secret)


def _counted(raw: bytes) -> bytes:
    return len(raw).to_bytes(4, "big") + raw if raw else _NOTHING
