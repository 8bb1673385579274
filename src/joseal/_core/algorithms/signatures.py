"""Signatures: RSASSA-PKCS1-v1_5 and PSS, ECDSA, EdDSA, ML-DSA, and HMAC.

Rules:
- Verification returns yes or no, and never the reason.
- An ECDSA signature is r and s, each in the full size of the curve's order, not ASN.1.
- The salt of PSS is as long as its hash.
- HMACs are compared in constant time.

Source: RFC 7518 section 3, RFC 8037 section 3.1, RFC 8812 section 3.2, RFC 9864 section 2.2, RFC
9964 section 4.
"""

from collections.abc import Callable
from typing import Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, PSS, PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.hmac import HMAC

from joseal._core.algorithms import curves, hashes
from joseal._core.algorithms.akp import MlDsaPrivate, MlDsaPublic
from joseal._core.algorithms.akp_keys import AkpPrivateKey, AkpPublicKey
from joseal._core.algorithms.hashes import HASHES, same
from joseal._core.algorithms.registry import SigSpec
from joseal._core.secrecy import Opaque

# From the signing input to the signature; an HSM can be behind it.
Sign = Callable[[bytes], bytes]

# From a signature and its signing input to nothing, or to InvalidSignature.
Check = Callable[[bytes, bytes], None]


class SignatureScheme(Protocol):
    """One signature algorithm with its key."""

    def sign(self, data: bytes) -> bytes:
        """Sign; only for a key that has its private half."""
        ...

    def verify(self, data: bytes, signature: bytes) -> bool:
        """Tell whether the signature is valid."""
        ...


class Hmac(Opaque):
    """HS256, HS384, HS512. RFC 7518 section 3.2."""

    __slots__ = ("_key", "_sig")

    _sig: SigSpec
    _key: bytes

    def __init__(self, sig: SigSpec, key: bytes) -> None:
        hashes.prepare()
        self._set(_sig=sig, _key=key)

    def sign(self, data: bytes) -> bytes:
        """Compute the MAC."""
        mac = HMAC(self._key, HASHES[self._sig.hash])
        mac.update(data)
        return mac.finalize()

    def verify(self, data: bytes, signature: bytes) -> bool:
        """Compare in constant time."""
        return same(self.sign(data), signature)


class KeyPairScheme(Opaque):
    """A signature with a key pair: signing may happen anywhere, verification happens here."""

    __slots__ = ("_check", "_sign")

    _check: Check
    _sign: Sign | None

    def __init__(self, check: Check, sign: Sign | None) -> None:
        self._set(_check=check, _sign=sign)

    def sign(self, data: bytes) -> bytes:
        """Sign with the private half, wherever it is."""
        return b"" if self._sign is None else self._sign(data)

    def verify(self, data: bytes, signature: bytes) -> bool:
        """Verify with the public half."""
        try:
            self._check(signature, data)
        except InvalidSignature:
            return False
        return True


def rsa_check(sig: SigSpec, public: RSAPublicKey) -> Check:
    """Return the check of RS and PS, 256 to 512. RFC 7518 sections 3.3 and 3.5.

    The check raises:
        InvalidSignature: the signature is not valid, or is not as long as the modulus.
    """

    def check(signature: bytes, data: bytes) -> None:
        # RFC 8017 section 8.1.2 demands the exact size.
        if len(signature) != (public.key_size + 7) // 8:
            raise InvalidSignature
        public.verify(signature, data, _rsa_padding(sig), HASHES[sig.hash])

    return check


def ecdsa_check(sig: SigSpec, public: ec.EllipticCurvePublicKey) -> Check:
    """Return the check of ES256, ES384, ES512 and ES256K. RFC 7518 section 3.4, RFC 8812.

    The check raises:
        InvalidSignature: the signature is not valid, or is not twice as long as the field size.
    """
    size = curves.field_bytes(sig.curves[0])

    def check(signature: bytes, data: bytes) -> None:
        if len(signature) != 2 * size:
            raise InvalidSignature
        r, s = (int.from_bytes(part, "big") for part in (signature[:size], signature[size:]))
        public.verify(utils.encode_dss_signature(r, s), data, ec.ECDSA(HASHES[sig.hash]))

    return check


def rsa_signer(sig: SigSpec, private: RSAPrivateKey) -> Sign:
    """Return the private step for a key in memory."""
    return lambda data: private.sign(data, _rsa_padding(sig), HASHES[sig.hash])


def ecdsa_signer(sig: SigSpec, private: ec.EllipticCurvePrivateKey) -> Sign:
    """Return the private step for a key in memory."""
    size = curves.field_bytes(sig.curves[0])

    def sign(data: bytes) -> bytes:
        r, s = utils.decode_dss_signature(private.sign(data, ec.ECDSA(HASHES[sig.hash])))
        return r.to_bytes(size, "big") + s.to_bytes(size, "big")

    return sign


def ml_dsa_check(public: AkpPublicKey) -> Check:
    """Return the check of ML-DSA, pure and with an empty context. RFC 9964 section 4.

    Raises:
        TypeError: the key is not an ML-DSA key.
    """
    key = public.foreign
    if not isinstance(key, MlDsaPublic):
        raise TypeError("the key is not an ML-DSA key")
    return key.verify


def ml_dsa_signer(private: AkpPrivateKey) -> Sign:
    """Return the private step for a key in memory.

    Raises:
        TypeError: the key is not an ML-DSA key.
    """
    key = private.foreign
    if not isinstance(key, MlDsaPrivate):
        raise TypeError("the key is not an ML-DSA key")
    return key.sign


def _rsa_padding(sig: SigSpec) -> PKCS1v15 | PSS:
    if sig.family == "pkcs1":
        return PKCS1v15()
    return PSS(mgf=MGF1(HASHES[sig.hash]), salt_length=PSS.DIGEST_LENGTH)
