"""A small JWS signer for test vectors, written from the RFCs.

Rules:
- Nothing is random: the salt of PSS and the nonce of ECDSA are drawn under a label. Both are
  therefore by hand, over `pow()` and a point's coordinates.
- Every step can be called alone, so that a case can break one of them and keep the others.

Source: RFC 7515 section 5.1, RFC 7518 section 3, RFC 7797, RFC 8017 sections 8 and 9, RFC 8037
section 3.1, FIPS 186-5 section 6.4.1.
"""

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from cryptography.hazmat.primitives.asymmetric.ec import (
    EllipticCurvePublicKey,
    EllipticCurvePublicNumbers,
)
from cryptography.hazmat.primitives.asymmetric.ed448 import Ed448PrivateKey, Ed448PublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey, RSAPublicNumbers
from vectors.generator.encoder.agreement import EQUATIONS, point, scalar
from vectors.generator.encoder.jwe import Jwk, b64, draw, header_bytes, mgf1, rsa_bytes, unb64, xor


class Signature(NamedTuple):
    """What an alg does; `crv` is empty where it needs none."""

    family: str
    hash: str
    crv: str = ""


SIGNATURES = {
    "RS256": Signature("pkcs1", "sha256"),
    "RS384": Signature("pkcs1", "sha384"),
    "RS512": Signature("pkcs1", "sha512"),
    "PS256": Signature("pss", "sha256"),
    "PS384": Signature("pss", "sha384"),
    "PS512": Signature("pss", "sha512"),
    "ES256": Signature("ecdsa", "sha256", "P-256"),
    "ES384": Signature("ecdsa", "sha384", "P-384"),
    "ES512": Signature("ecdsa", "sha512", "P-521"),
    "Ed25519": Signature("eddsa", "", "Ed25519"),
    "EdDSA": Signature("eddsa", "", "Ed25519"),
    "HS256": Signature("hmac", "sha256"),
    "HS384": Signature("hmac", "sha384"),
    "HS512": Signature("hmac", "sha512"),
    "ES256K": Signature("ecdsa", "sha256", "secp256k1"),
    "Ed448": Signature("eddsa", "", "Ed448"),
}
# Their cases go to the end of each file, so that no id changes.
LATER = ("ES256K", "Ed448")
FIRST = tuple(alg for alg in SIGNATURES if alg not in LATER)

# The DER of AlgorithmIdentifier and the head of the digest. RFC 8017 section 9.2, note 1.
_DIGEST_INFO = {
    "sha1": bytes.fromhex("3021300906052b0e03021a05000414"),
    "sha256": bytes.fromhex("3031300d060960864801650304020105000420"),
    "sha384": bytes.fromhex("3041300d060960864801650304020205000430"),
    "sha512": bytes.fromhex("3051300d060960864801650304020305000440"),
}


def digest(hash_name: str, data: bytes) -> bytes:
    """Hash."""
    return hashlib.new(hash_name, data, usedforsecurity=False).digest()


def rsa_private(key: Jwk, block: bytes) -> bytes:
    """Apply the private RSA operation to a padded block. RFC 8017 section 5.2.1 step 2b."""
    p, q, dp, dq, qi = (int.from_bytes(unb64(key[name])) for name in ("p", "q", "dp", "dq", "qi"))
    message = int.from_bytes(block)
    by_q = pow(message, dq, q)
    rest = qi * (pow(message, dp, p) - by_q) % p
    return (by_q + rest * q).to_bytes(rsa_bytes(key))


def digest_info(hash_name: str, data: bytes) -> bytes:
    """Name a hash and give its value. RFC 8017 section 9.2 step 2."""
    return _DIGEST_INFO[hash_name] + digest(hash_name, data)


def signature_block(info: bytes, size: int) -> bytes:
    """Pad as RSASSA-PKCS1-v1_5 does. RFC 8017 section 9.2."""
    return b"\x00\x01" + b"\xff" * (size - len(info) - 3) + b"\x00" + info


def pss_block(
    data: bytes, salt: bytes, size: int, hash_name: str, mgf_hash: str | None = None
) -> bytes:
    """Pad as RSASSA-PSS does, for a modulus of whole bytes. RFC 8017 section 9.1.1."""
    hashed = digest(hash_name, bytes(8) + digest(hash_name, data) + salt)
    block = bytes(size - len(salt) - len(hashed) - 2) + b"\x01" + salt
    masked = xor(block, mgf1(hashed, len(block), hash_name if mgf_hash is None else mgf_hash))
    return bytes([masked[0] & 0x7F]) + masked[1:] + hashed + b"\xbc"


def ecdsa_numbers(key: Jwk, data: bytes, label: str, hash_name: str) -> tuple[int, int]:
    """Sign with a drawn nonce: r and s."""
    curve = EQUATIONS[key["crv"]]
    value = int.from_bytes(digest(hash_name, data))
    # The leftmost bits of the hash, where it is longer than the order.
    value >>= max(0, 8 * hashlib.new(hash_name).digest_size - curve.order.bit_length())
    nonce = scalar(key["crv"], f"nonce {label} {digest('sha256', data).hex()}")
    r = point(key["crv"], nonce)[0] % curve.order
    s = pow(nonce, -1, curve.order) * (value + r * int.from_bytes(unb64(key["d"]))) % curve.order
    return r, s


def joined(key: Jwk, r: int, s: int) -> bytes:
    """Write r and s in full size. RFC 7518 section 3.4."""
    size = EQUATIONS[key["crv"]].size
    return r.to_bytes(size) + s.to_bytes(size)


def edwards(key: Jwk, data: bytes) -> bytes:
    """Sign with Ed25519 or Ed448."""
    d = unb64(key["d"])
    if key["crv"] == "Ed448":
        return Ed448PrivateKey.from_private_bytes(d).sign(data)
    return Ed25519PrivateKey.from_private_bytes(d).sign(data)


def public_key(
    key: Jwk,
) -> RSAPublicKey | EllipticCurvePublicKey | Ed25519PublicKey | Ed448PublicKey:
    """Return the public half for those who want to write it in other forms."""
    if key["kty"] == "RSA":
        modulus, exponent = (int.from_bytes(unb64(key[name])) for name in ("n", "e"))
        return RSAPublicNumbers(exponent, modulus).public_key()
    if key["crv"] == "Ed448":
        return Ed448PublicKey.from_public_bytes(unb64(key["x"]))
    if key["kty"] == "OKP":
        return Ed25519PublicKey.from_public_bytes(unb64(key["x"]))
    x, y = (int.from_bytes(unb64(key[name])) for name in ("x", "y"))
    return EllipticCurvePublicNumbers(x, y, EQUATIONS[key["crv"]].curve).public_key()


@dataclass(frozen=True, kw_only=True)
class Signed:
    """All that determines a JWS. `alg` is what is done, whatever the header says."""

    key: Jwk
    alg: str
    header: bytes
    payload: bytes
    label: str = ""
    encoded: bool = True
    detached: bool = False
    over: bytes | None = None

    @property
    def members(self) -> dict[str, object]:
        """The header's members."""
        return dict(json.loads(self.header))

    @property
    def shown(self) -> str:
        """The payload as it is signed."""
        return b64(self.payload) if self.encoded else self.payload.decode("latin-1")

    @property
    def data(self) -> bytes:
        """The signing input, unless other bytes are signed. RFC 7515 section 5.1 step 5."""
        if self.over is not None:
            return self.over
        payload = b64(self.payload).encode() if self.encoded else self.payload
        return b64(self.header).encode() + b"." + payload

    @property
    def salt(self) -> bytes:
        """The salt of PSS."""
        hash_name = SIGNATURES[self.alg].hash
        return draw(f"{self.label} salt", hashlib.new(hash_name).digest_size)

    def sign(self) -> bytes:
        """Return the signature."""
        kind = SIGNATURES[self.alg]
        if kind.family == "hmac":
            return hmac.digest(unb64(self.key["k"]), self.data, kind.hash)
        if kind.family == "eddsa":
            return edwards(self.key, self.data)
        if kind.family == "ecdsa":
            numbers = ecdsa_numbers(self.key, self.data, self.label, kind.hash)
            return joined(self.key, *numbers)
        size = rsa_bytes(self.key)
        if kind.family == "pss":
            return rsa_private(self.key, pss_block(self.data, self.salt, size, kind.hash))
        return rsa_private(self.key, signature_block(digest_info(kind.hash, self.data), size))

    def token(self, signature: bytes | None = None) -> str:
        """Return the token, with its own signature or a different."""
        shown = "" if self.detached else self.shown
        return f"{b64(self.header)}.{shown}.{b64(self.sign() if signature is None else signature)}"


def signed(
    key: Jwk, label: str, payload: bytes, members: Mapping[str, object] | None = None
) -> Signed:
    """Sign a payload; the header is `alg` and the members given."""
    header = header_bytes({"alg": key["alg"], **(members or {})})
    return Signed(key=key, alg=key["alg"], header=header, payload=payload, label=label)
