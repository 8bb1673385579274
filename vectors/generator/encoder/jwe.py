"""A small JWE encoder for test vectors, written from the RFCs and sharing no code with joseal.

Here are the content encryption, RSA-OAEP, AES Key Wrap and `dir`; `wrapping.py` and `agreement.py`
have the other algs, `jws.py` has JWS.

Rules:
- `cryptography` gives the primitives; joseal is never imported, or the vectors would only prove
  that it agrees with itself.
- Nothing is random: CEK, IV and OAEP seed are drawn from SHAKE-256 under a label, so that each run
  gives the same bytes. OAEP is therefore padded by hand here, over `pow()`.
- Every step can be called alone, so that a case can break one of them and keep the others.

Source: RFC 7516 section 5.1, RFC 7518 sections 4.3 to 4.5 and 5.1 to 5.3, RFC 8017 section 7.1.1.
"""

import base64
import functools
import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, ChaCha20Poly1305
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC
from cryptography.hazmat.primitives.keywrap import aes_key_wrap
from vectors.generator.encoder.chacha import xchacha_seal

Jwk = Mapping[str, str]

BLOCK_BYTES = 16

OAEP_HASH = {
    "RSA-OAEP": "sha1",
    "RSA-OAEP-256": "sha256",
    "RSA-OAEP-384": "sha384",
    "RSA-OAEP-512": "sha512",
}
KEY_WRAP_BYTES = {"A128KW": 16, "A192KW": 24, "A256KW": 32}


class Content(NamedTuple):
    """Sizes of one enc; `mac` is None where the cipher authenticates by itself."""

    cek_bytes: int
    iv_bytes: int
    tag_bytes: int
    mac: str | None


CONTENT = {
    "A128CBC-HS256": Content(32, 16, 16, "sha256"),
    "A192CBC-HS384": Content(48, 16, 24, "sha384"),
    "A256CBC-HS512": Content(64, 16, 32, "sha512"),
    "A128GCM": Content(16, 12, 16, None),
    "A192GCM": Content(24, 12, 16, None),
    "A256GCM": Content(32, 12, 16, None),
    "C20P": Content(32, 12, 16, None),
    "XC20P": Content(32, 24, 16, None),
}
ALL_ENCS = tuple(CONTENT)
# Those of RFC 7518.
ENCS = ALL_ENCS[:6]
CBC_ENCS = ENCS[:3]
GCM_ENCS = ENCS[3:]
# Those of draft-amringer-jose-chacha.
DRAFT_ENCS = ALL_ENCS[6:]


def draw(label: str, size: int) -> bytes:
    """Return `size` bytes that depend on the label alone."""
    return hashlib.shake_256(f"joseal test vectors 1: {label}".encode()).digest(size)


def b64(raw: bytes) -> str:
    """Encode as base64url without padding. RFC 7515 section 2."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def unb64(text: str) -> bytes:
    """Decode base64url without padding. For our own text only: it is not strict."""
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def header_bytes(members: Mapping[str, object]) -> bytes:
    """Write a header without white space, members in their order."""
    return json.dumps(members, separators=(",", ":"), ensure_ascii=False).encode()


def rsa_bytes(key: Jwk) -> int:
    """Return the size of the modulus."""
    return len(unb64(key["n"]))


def rsa_raw(key: Jwk, block: bytes) -> bytes:
    """Apply the public RSA operation to a padded block. RFC 8017 section 5.1.1."""
    modulus = int.from_bytes(unb64(key["n"]))
    exponent = int.from_bytes(unb64(key["e"]))
    return _power(int.from_bytes(block), exponent, modulus).to_bytes(rsa_bytes(key))


# Most blocks are made for many vectors, and nothing else takes as much time here.
_power = functools.cache(pow)


def mgf1(seed: bytes, size: int, hash_name: str) -> bytes:
    """Stretch a seed into a mask. RFC 8017 appendix B.2.1."""
    mask = b""
    counter = 0
    while len(mask) < size:
        mask += hashlib.new(hash_name, seed + counter.to_bytes(4), usedforsecurity=False).digest()
        counter += 1
    return mask[:size]


def xor(left: bytes, right: bytes) -> bytes:
    """Add two strings of equal length."""
    return bytes(a ^ b for a, b in zip(left, right, strict=True))


def oaep_data(message: bytes, size: int, hash_name: str, label: bytes = b"") -> bytes:
    """Lay out the data block: hash of the label, zeros, 0x01, message. RFC 8017 7.1.1 step 2."""
    label_hash = hashlib.new(hash_name, label, usedforsecurity=False).digest()
    zeros = bytes(size - 2 * len(label_hash) - 2 - len(message))
    return label_hash + zeros + b"\x01" + message


def oaep_mask(data: bytes, seed: bytes, mgf_hash: str) -> bytes:
    """Mask a data block with its seed and the seed with the result. RFC 8017 7.1.1 step 2."""
    masked = xor(data, mgf1(seed, len(data), mgf_hash))
    return b"\x00" + xor(seed, mgf1(masked, len(seed), mgf_hash)) + masked


def oaep_wrap(key: Jwk, cek: bytes, seed: bytes, hash_name: str) -> bytes:
    """Encrypt a CEK with RSAES-OAEP and a given seed. RFC 7518 section 4.3."""
    data = oaep_data(cek, rsa_bytes(key), hash_name)
    return rsa_raw(key, oaep_mask(data, seed, hash_name))


def pkcs7(plaintext: bytes) -> bytes:
    """Pad to whole blocks. RFC 7518 section 5.2.2.1 step 3."""
    count = BLOCK_BYTES - len(plaintext) % BLOCK_BYTES
    return plaintext + bytes([count]) * count


def cbc(cek: bytes, iv: bytes, padded: bytes) -> bytes:
    """Encrypt whole blocks with the second half of the CEK. RFC 7518 section 5.2.2.1 step 3."""
    encryptor = Cipher(AES(cek[len(cek) // 2 :]), CBC(iv)).encryptor()
    return encryptor.update(padded) + encryptor.finalize()


def cbc_mac(enc: str, cek: bytes, mac_input: bytes) -> bytes:
    """Return the whole HMAC under the first half of the CEK. RFC 7518 section 5.2.2.1 step 5."""
    return hmac.digest(cek[: len(cek) // 2], mac_input, CONTENT[enc].mac or "")


def cbc_mac_input(aad: bytes, iv: bytes, ciphertext: bytes) -> bytes:
    """Join what is authenticated, with the AAD's length in bits. RFC 7518 section 5.2.2.1."""
    return aad + iv + ciphertext + (len(aad) * 8).to_bytes(8)


def seal(enc: str, cek: bytes, iv: bytes, aad: bytes, plaintext: bytes) -> tuple[bytes, bytes]:
    """Encrypt content: ciphertext and tag. RFC 7518 sections 5.2 and 5.3."""
    if CONTENT[enc].mac is not None:
        return seal_padded(enc, cek, iv, aad, pkcs7(plaintext))
    if enc == "XC20P":
        sealed = xchacha_seal(cek, iv, plaintext, aad)
    elif enc == "C20P":
        sealed = ChaCha20Poly1305(cek).encrypt(iv, plaintext, aad)
    else:
        sealed = AESGCM(cek).encrypt(iv, plaintext, aad)
    return sealed[:-16], sealed[-16:]


def seal_padded(enc: str, cek: bytes, iv: bytes, aad: bytes, padded: bytes) -> tuple[bytes, bytes]:
    """Encrypt and authenticate blocks that are padded already, well or badly."""
    ciphertext = cbc(cek, iv, padded)
    tag = cbc_mac(enc, cek, cbc_mac_input(aad, iv, ciphertext))
    return ciphertext, tag[: CONTENT[enc].tag_bytes]


@dataclass(frozen=True, kw_only=True)
class Token:
    """The bytes of the five segments. RFC 7516 section 7.1."""

    header: bytes
    encrypted_key: bytes
    iv: bytes
    ciphertext: bytes
    tag: bytes

    def segments(self) -> list[str]:
        """Encode the five segments."""
        raw = (self.header, self.encrypted_key, self.iv, self.ciphertext, self.tag)
        return [b64(part) for part in raw]

    def __str__(self) -> str:
        return ".".join(self.segments())


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """All that determines a token. `alg` and `enc` are what is done, whatever the header says.

    `wrapped` is the encrypted key where `wrapping.py` or `agreement.py` has made it, and `random`
    what it was made with.
    """

    key: Jwk
    alg: str
    enc: str
    header: bytes
    plaintext: bytes
    cek: bytes
    iv: bytes
    seed: bytes
    wrapped: bytes | None = None
    random: Mapping[str, object] = field(default_factory=dict)

    def said(self, header: bytes) -> "Recipe":
        """Return it with a different header."""
        return replace(self, header=header)

    @property
    def members(self) -> dict[str, object]:
        """The header's members."""
        return dict(json.loads(self.header))

    @property
    def aad(self) -> bytes:
        """The encoded header, which is what the content is bound to."""
        return b64(self.header).encode()

    def wrap(self) -> bytes:
        """Return the encrypted key."""
        if self.wrapped is not None:
            return self.wrapped
        if self.alg == "dir":
            return b""
        if self.alg in KEY_WRAP_BYTES:
            return aes_key_wrap(unb64(self.key["k"]), self.cek)
        return oaep_wrap(self.key, self.cek, self.seed, OAEP_HASH[self.alg])

    def make(self) -> Token:
        """Make the token. RFC 7516 section 5.1."""
        ciphertext, tag = seal(self.enc, self.cek, self.iv, self.aad, self.plaintext)
        return Token(
            header=self.header,
            encrypted_key=self.wrap(),
            iv=self.iv,
            ciphertext=ciphertext,
            tag=tag,
        )

    def inject(self) -> dict[str, object]:
        """Name the inputs that are random elsewhere, so that others can reproduce the token."""
        inputs: dict[str, object] = {"iv": self.iv.hex(), **self.random}
        if self.alg != "dir":
            inputs["cek"] = self.cek.hex()
        if self.alg in OAEP_HASH:
            inputs["oaep_seed"] = self.seed.hex()
        return inputs


def recipe(key: Jwk, enc: str, label: str, plaintext: bytes, header: bytes | None = None) -> Recipe:
    """Draw what a token needs; the header is `alg` and `enc` unless given."""
    alg = "dir" if key["alg"] in CONTENT else key["alg"]
    seed_bytes = (
        hashlib.new(OAEP_HASH[alg], usedforsecurity=False).digest_size if alg in OAEP_HASH else 0
    )
    return Recipe(
        key=key,
        alg=alg,
        enc=enc,
        header=header_bytes({"alg": alg, "enc": enc}) if header is None else header,
        plaintext=plaintext,
        cek=unb64(key["k"]) if alg == "dir" else draw(f"{label} cek", CONTENT[enc].cek_bytes),
        iv=draw(f"{label} iv", CONTENT[enc].iv_bytes),
        seed=draw(f"{label} seed", seed_bytes),
    )
