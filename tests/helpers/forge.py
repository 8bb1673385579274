"""Tokens and keys made from bare primitives, without joseal: what a peer or an attacker can send.

Every step can be broken alone, so that a test breaks one and keeps the others.

Source: RFC 7516 section 5.1, RFC 7518 sections 4.3 to 4.5 and 5.1 to 5.3.
"""

import base64
import functools
import hashlib
import hmac
import json
from typing import NamedTuple

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, OAEP
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC
from cryptography.hazmat.primitives.keywrap import aes_key_wrap
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from joseal import Key


class Enc(NamedTuple):
    """Sizes of one content encryption; `mac` is None for GCM."""

    cek_bytes: int
    iv_bytes: int
    tag_bytes: int
    mac: str | None


ENCS = {
    "A128CBC-HS256": Enc(32, 16, 16, "sha256"),
    "A192CBC-HS384": Enc(48, 16, 24, "sha384"),
    "A256CBC-HS512": Enc(64, 16, 32, "sha512"),
    "A128GCM": Enc(16, 12, 16, None),
    "A192GCM": Enc(24, 12, 16, None),
    "A256GCM": Enc(32, 12, 16, None),
}
CBC_ENCS = [name for name, enc in ENCS.items() if enc.mac]
RSA_ALGS = {
    "RSA-OAEP": hashes.SHA1,
    "RSA-OAEP-256": hashes.SHA256,
    "RSA-OAEP-384": hashes.SHA384,
    "RSA-OAEP-512": hashes.SHA512,
}
KW_ALGS = {"A128KW": 16, "A192KW": 24, "A256KW": 32}
ALGS = [*RSA_ALGS, *KW_ALGS, "dir"]
SUITES = [(alg, enc) for alg in ALGS for enc in ENCS]

# One member of each family by each family.
FAMILIES = [
    (alg, enc) for alg in ("RSA-OAEP", "A128KW", "dir") for enc in ("A128CBC-HS256", "A128GCM")
]


class Token(NamedTuple):
    """The five parts, decoded; `_replace` breaks one of them."""

    header: bytes
    encrypted_key: bytes
    iv: bytes
    ciphertext: bytes
    tag: bytes

    def __str__(self) -> str:
        return ".".join(b64(part) for part in self)


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def unb64(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def parts(token: str) -> Token:
    return Token(*(unb64(segment) for segment in token.split(".")))


def draw(label: str, size: int) -> bytes:
    """Return bytes that look random and are the same in each run."""
    return hashlib.shake_256(label.encode()).digest(size)


@functools.cache
def _rsa_private(name: str, bits: int) -> RSAPrivateKey:
    return generate_private_key(public_exponent=65537, key_size=bits)


def rsa_private(name: str = "mine", bits: int = 2048) -> RSAPrivateKey:
    """Return the same key for the same name, made once in a run."""
    return _rsa_private(name, bits)


def pem_of(private: RSAPrivateKey) -> bytes:
    return private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def secret(alg: str, enc: str, name: str = "mine") -> bytes:
    """Return the shared secret for a symmetric alg."""
    size = KW_ALGS.get(alg, ENCS[enc].cek_bytes)
    return draw(f"{alg} {size} {name}", size)


@functools.cache
def _key(alg: str, enc: str, name: str, kid: str | None) -> Key:
    if alg in RSA_ALGS:
        return Key.from_pem(pem_of(rsa_private(name)), alg=alg, kid=kid)
    return Key.from_jwk({"kty": "oct", "k": b64(secret(alg, enc, name))}, alg=alg, kid=kid)


def key(alg: str, enc: str = "A128GCM", name: str = "mine", kid: str | None = None) -> Key:
    """Return a key that opens: private or shared."""
    return _key(alg, enc, name, kid)


def sealing(opening: Key) -> Key:
    """Return the key that seals what `opening` opens."""
    return opening.public() if opening.is_private else opening


def wrap(alg: str, enc: str, cek: bytes, name: str = "mine") -> bytes:
    """Encrypt a content encryption key, of whatever size."""
    if alg in RSA_ALGS:
        padding = OAEP(mgf=MGF1(RSA_ALGS[alg]()), algorithm=RSA_ALGS[alg](), label=None)
        return rsa_private(name).public_key().encrypt(cek, padding)
    return b"" if alg == "dir" else aes_key_wrap(secret(alg, enc, name), cek)


def pad(plaintext: bytes) -> bytes:
    size = 16 - len(plaintext) % 16
    return plaintext + bytes((size,)) * size


def mac(enc: str, cek: bytes, iv: bytes, aad: bytes, ciphertext: bytes) -> bytes:
    size = ENCS[enc].tag_bytes
    al = (8 * len(aad)).to_bytes(8, "big")
    return hmac.digest(cek[:size], aad + iv + ciphertext + al, ENCS[enc].mac)[:size]


def seal_padded(enc: str, cek: bytes, iv: bytes, aad: bytes, padded: bytes) -> tuple[bytes, bytes]:
    """AES-CBC and HMAC over bytes that are padded already, well or badly."""
    cipher = Cipher(AES(cek[ENCS[enc].tag_bytes :]), CBC(iv)).encryptor()
    ciphertext = cipher.update(padded) + cipher.finalize()
    return ciphertext, mac(enc, cek, iv, aad, ciphertext)


def seal(enc: str, cek: bytes, iv: bytes, aad: bytes, plaintext: bytes) -> tuple[bytes, bytes]:
    if ENCS[enc].mac:
        return seal_padded(enc, cek, iv, aad, pad(plaintext))
    sealed = AESGCM(cek).encrypt(iv, plaintext, aad)
    return sealed[:-16], sealed[-16:]


def token(
    alg: str,
    enc: str,
    plaintext: bytes = b"forged",
    *,
    header: bytes | None = None,
    members: dict[str, object] | None = None,
    name: str = "mine",
    padded: bytes | None = None,
) -> Token:
    """Make a token.

    Args:
        header: its bytes as they are, instead of those of `alg`, `members` and `enc`.
        members: further members.
        name: of the key to seal to.
        padded: CBC only: encrypt these whole blocks, under a good tag.
    """
    if header is None:
        header = json.dumps({"alg": alg, **(members or {}), "enc": enc}).encode()
    sizes = ENCS[enc]
    cek = secret(alg, enc, name) if alg == "dir" else draw("cek", sizes.cek_bytes)
    iv = draw("iv", sizes.iv_bytes)
    aad = b64(header).encode()
    if padded is None:
        ciphertext, tag = seal(enc, cek, iv, aad, plaintext)
    else:
        ciphertext, tag = seal_padded(enc, cek, iv, aad, padded)
    return Token(header, wrap(alg, enc, cek, name), iv, ciphertext, tag)
