"""ECDH-ES for test vectors: keys on curves, the Concat KDF, and epk, apu and apv.

Rules:
- A private key is drawn as a number; `cryptography` gives its public half and the shared secret.
- Concat KDF is by hand, so that a case can derive in a different way.

Source: RFC 7518 section 4.6, RFC 8037 section 3.2, NIST SP 800-56A section 5.8.1, SEC 2.
"""

import hashlib
import json
from collections.abc import Mapping
from typing import NamedTuple

from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, x448, x25519
from cryptography.hazmat.primitives.keywrap import aes_key_wrap
from vectors.generator.encoder.jwe import CONTENT, Jwk, Recipe, b64, draw, header_bytes, unb64

ECDH_KEK_BYTES = {"ECDH-ES": 0, "ECDH-ES+A128KW": 16, "ECDH-ES+A192KW": 24, "ECDH-ES+A256KW": 32}
ECDH_ALGS = tuple(ECDH_KEK_BYTES)


class Weierstrass(NamedTuple):
    """y^2 = x^3 + ax + b over the prime; `order` is that of the base point."""

    curve: ec.EllipticCurve
    prime: int
    b: int
    order: int
    a: int = -3

    @property
    def size(self) -> int:
        """The bytes of a coordinate."""
        return (self.prime.bit_length() + 7) // 8

    def y(self, x: int) -> int | None:
        """Return a y for this x, if there is one. Each prime here is 3 modulo 4."""
        square = (x**3 + self.a * x + self.b) % self.prime
        root = pow(square, (self.prime + 1) // 4, self.prime)
        return root if root * root % self.prime == square else None


WEIERSTRASS = {
    "P-256": Weierstrass(
        ec.SECP256R1(),
        2**256 - 2**224 + 2**192 + 2**96 - 1,
        0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B,
        0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551,
    ),
    "P-384": Weierstrass(
        ec.SECP384R1(),
        2**384 - 2**128 - 2**96 + 2**32 - 1,
        0xB3312FA7E23EE7E4988E056BE3F82D19181D9C6EFE8141120314088F5013875AC656398D8A2ED19D2A85C8EDD3EC2AEF,
        0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFC7634D81F4372DDF581A0DB248B0A77AECEC196ACCC52973,
    ),
    "P-521": Weierstrass(
        ec.SECP521R1(),
        2**521 - 1,
        int(
            "0051953eb9618e1c9a1f929a21a0b68540eea2da725b99b315f3b8b489918ef109e156193951ec7e937b16"
            "52c0bd3bb1bf073573df883d2c34f1ef451fd46b503f00",
            16,
        ),
        int(
            "01fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffa51868783bf2f966b7f"
            "cc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409",
            16,
        ),
    ),
}
# For signatures alone. SEC 2 section 2.4.1.
KOBLITZ = {
    "secp256k1": Weierstrass(
        ec.SECP256K1(),
        2**256 - 2**32 - 977,
        7,
        0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141,
        a=0,
    ),
}
EQUATIONS = WEIERSTRASS | KOBLITZ
MONTGOMERY = {
    "X25519": (x25519.X25519PrivateKey, x25519.X25519PublicKey, 32),
    "X448": (x448.X448PrivateKey, x448.X448PublicKey, 56),
}
_EDWARDS = {"Ed25519": (ed25519.Ed25519PrivateKey, 32), "Ed448": (ed448.Ed448PrivateKey, 57)}
CURVES = (*WEIERSTRASS, *MONTGOMERY)


def scalar(crv: str, label: str) -> int:
    """Draw a number below the order, for a private key or a nonce."""
    curve = EQUATIONS[crv]
    return 1 + int.from_bytes(draw(label, curve.size + 8)) % (curve.order - 1)


def point(crv: str, number: int) -> tuple[int, int]:
    """Return the coordinates of the base point times a number."""
    numbers = ec.derive_private_key(number, EQUATIONS[crv].curve).public_key().public_numbers()
    return numbers.x, numbers.y


def pair(crv: str, label: str) -> dict[str, str]:
    """Draw a private JWK."""
    if crv in EQUATIONS:
        d = scalar(crv, label)
        size = EQUATIONS[crv].size
        x, y = (b64(number.to_bytes(size)) for number in point(crv, d))
        return {"kty": "EC", "crv": crv, "x": x, "y": y, "d": b64(d.to_bytes(size))}
    if crv in MONTGOMERY:
        private, _, size = MONTGOMERY[crv]
    else:
        private, size = _EDWARDS[crv]
    raw = draw(label, size)
    x = b64(private.from_private_bytes(raw).public_key().public_bytes_raw())
    return {"kty": "OKP", "crv": crv, "x": x, "d": b64(raw)}


def public(key: Jwk) -> dict[str, str]:
    """Return the members of an epk."""
    return {name: key[name] for name in ("kty", "crv", "x", "y") if name in key}


def shared(private: Jwk, epk: Mapping[str, str]) -> bytes:
    """Agree on a secret: the x coordinate, in full size."""
    crv = private["crv"]
    x, d = unb64(epk["x"]), unb64(private["d"])
    if crv in MONTGOMERY:
        secret, other, _ = MONTGOMERY[crv]
        return secret.from_private_bytes(d).exchange(other.from_public_bytes(x))
    curve = WEIERSTRASS[crv].curve
    numbers = ec.EllipticCurvePublicNumbers(
        int.from_bytes(x), int.from_bytes(unb64(epk["y"])), curve
    )
    own = ec.derive_private_key(int.from_bytes(d), curve)
    return own.exchange(ec.ECDH(), numbers.public_key())


def counted(raw: bytes) -> bytes:
    """Put the length in front. RFC 7518 section 4.6.2."""
    return len(raw).to_bytes(4) + raw


def other_info(name: str, apu: bytes, apv: bytes, size: int) -> bytes:
    """Join what the derivation is bound to. RFC 7518 section 4.6.2."""
    return counted(name.encode()) + counted(apu) + counted(apv) + (8 * size).to_bytes(4)


def concat_kdf(secret: bytes, info: bytes, size: int, hash_name: str = "sha256") -> bytes:
    """Stretch a secret to a key."""
    derived = b""
    counter = 1
    while len(derived) < size:
        derived += hashlib.new(hash_name, counter.to_bytes(4) + secret + info).digest()
        counter += 1
    return derived[:size]


def derived_bytes(alg: str, enc: str) -> tuple[str, int]:
    """Return the name and the size that a derivation is for."""
    kek_bytes = ECDH_KEK_BYTES[alg]
    return (alg, kek_bytes) if kek_bytes else (enc, CONTENT[enc].cek_bytes)


def keyed(made: Recipe, derived: bytes) -> Recipe:
    """Return the token with a different derived key: the CEK itself, or what wraps it."""
    values = {name: getattr(made, name) for name in ("key", "alg", "enc", "header", "plaintext")}
    direct = not ECDH_KEK_BYTES[made.alg]
    cek = derived if direct else made.cek
    wrapped = b"" if direct else aes_key_wrap(derived, cek)
    return Recipe(
        **values, cek=cek, iv=made.iv, seed=b"", wrapped=wrapped, random={"epk": made.random["epk"]}
    )


def agreed(
    key: Jwk,
    enc: str,
    label: str,
    plaintext: bytes,
    *,
    ephemeral: Jwk | None = None,
    parties: Mapping[str, bytes] | None = None,
    others: Mapping[str, object] | None = None,
) -> Recipe:
    """Make a token with ECDH-ES. `parties` holds apu and apv, `others` further header members."""
    alg, crv = key["alg"], key["crv"]
    own = pair(crv, f"{label} epk") if ephemeral is None else ephemeral
    names = {} if parties is None else dict(parties)
    members = {"alg": alg, "enc": enc, "epk": public(own), **(others or {})}
    members |= {name: b64(raw) for name, raw in names.items()}
    purpose, size = derived_bytes(alg, enc)
    info = other_info(purpose, names.get("apu", b""), names.get("apv", b""), size)
    made = Recipe(
        key=key,
        alg=alg,
        enc=enc,
        header=header_bytes(members),
        plaintext=plaintext,
        cek=draw(f"{label} cek", CONTENT[enc].cek_bytes),
        iv=draw(f"{label} iv", CONTENT[enc].iv_bytes),
        seed=b"",
        random={"epk": json.loads(json.dumps(own))},
    )
    return keyed(made, concat_kdf(shared(own, public(key)), info, size))
