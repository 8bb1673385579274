"""Tokens of 300 bytes with other key management than RSA: shared keys, key wrap and ECDH.

The baseline makes every call to a primitive that opening or sealing needs, and nothing else: for
ECDH that is reading the peer's point or making a pair, the agreement, the derivation, AES Key Wrap.
"""

import json
import secrets
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Final

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.concatkdf import ConcatKDFHash
from cryptography.hazmat.primitives.keywrap import aes_key_unwrap, aes_key_wrap
from joserfc import jwe
from joserfc.jwk import ECKey, OctKey, OKPKey
from jwcrypto.jwe import JWE
from jwcrypto.jwk import JWK

import joseal
from bench.subject import Subject

BARE: Final = "the primitives alone"
_ENC: Final = "A256GCM"
_IV: Final = bytes(12)
_AAD: Final = b"eyJhbGciOiJkaXIiLCJlbmMiOiJBMjU2R0NNIn0"
_INFO: Final = bytes(32)

ALGS: Final[Mapping[str, tuple[str, str | None]]] = {
    "dir": ("dir", None),
    "A256KW": ("A256KW", None),
    "ECDH-ES+A256KW, P-256": ("ECDH-ES+A256KW", "P-256"),
    "ECDH-ES+A256KW, X25519": ("ECDH-ES+A256KW", "X25519"),
}
_PEERS: Final = {None: OctKey, "P-256": ECKey, "X25519": OKPKey}


def subjects() -> Iterator[Subject]:
    """Yield sealing and opening with each alg."""
    plaintext = secrets.token_bytes(300)
    for name, (alg, curve) in ALGS.items():
        yield from _of(name, alg, curve, plaintext)


def _of(name: str, alg: str, curve: str | None, plaintext: bytes) -> Iterator[Subject]:
    key = _key(alg, curve)
    bare = _Bare(alg, curve, plaintext)
    public = key if curve is None else key.public()
    encrypter, decrypter = joseal.Encrypter(public, enc=_ENC), joseal.Decrypter(key, enc=_ENC)
    members = key.to_jwk(private=True)
    header = {"alg": alg, "enc": _ENC}
    own, theirs = _PEERS[curve].import_key(members), JWK(**members)
    protected, token = json.dumps(header), encrypter.encrypt(plaintext)

    def jwcrypto_encrypt() -> str:
        made = JWE(plaintext, protected, algs=[alg, _ENC], recipient=theirs)
        return made.serialize(compact=True)

    def jwcrypto_decrypt() -> bytes:
        opened = JWE(algs=[alg, _ENC])
        opened.deserialize(token, key=theirs)
        return opened.payload

    sealing: dict[str, Callable[[], str]] = {
        "joseal": partial(encrypter.encrypt, plaintext),
        "joserfc": partial(jwe.encrypt_compact, header, plaintext, own, algorithms=[alg, _ENC]),
        "jwcrypto": jwcrypto_encrypt,
    }
    opening: dict[str, Callable[[], bytes]] = {
        "joseal": partial(decrypter.decrypt, token),
        "joserfc": lambda: jwe.decrypt_compact(token, own, algorithms=[alg, _ENC]).plaintext,
        "jwcrypto": jwcrypto_decrypt,
    }
    yield Subject(f"encrypt 300 B, {name}", BARE, bare.seal, lambda made: len(made) == 316)
    for peer, call in sealing.items():
        yield Subject(
            *(f"encrypt 300 B, {name}", peer, call),
            lambda made: decrypter.decrypt(made) == plaintext,
        )
    yield Subject(f"decrypt 300 B, {name}", BARE, bare.open, lambda made: made == plaintext)
    for peer, call in opening.items():
        yield Subject(f"decrypt 300 B, {name}", peer, call, lambda made: made == plaintext)


def _key(alg: str, curve: str | None) -> joseal.Key:
    if curve is not None:
        return joseal.Key.generate(alg, curve=curve)
    return joseal.Key.generate(alg, size=32) if alg == "dir" else joseal.Key.generate(alg)


class _Bare:
    """The bare calls, with a pair, a key and a CEK of their own."""

    def __init__(self, alg: str, curve: str | None, plaintext: bytes) -> None:
        self._wraps, self._curve, self._plaintext = alg != "dir", curve, plaintext
        self._kek = self._cek = secrets.token_bytes(32)
        if curve is not None:
            self._mine, pair = self._pair(), self._pair()
            self._public = self._mine.public_key()
            self._peer = self._encoded(pair)
            self._kek = self._agreed(self._mine, self._read(self._peer))
        self._encrypted_key = aes_key_wrap(self._kek, self._cek)
        self._sealed = AESGCM(self._cek).encrypt(_IV, plaintext, _AAD)

    def seal(self) -> bytes:
        """Make every call that sealing needs."""
        kek = self._kek
        if self._curve is not None:
            pair = self._pair()
            self._encoded(pair)
            kek = self._agreed(pair, self._public)
        if self._wraps:
            aes_key_wrap(kek, self._cek)
        return AESGCM(self._cek).encrypt(_IV, self._plaintext, _AAD)

    def open(self) -> bytes:
        """Make every call that opening needs."""
        kek = self._kek
        if self._curve is not None:
            kek = self._agreed(self._mine, self._read(self._peer))
        cek = aes_key_unwrap(kek, self._encrypted_key) if self._wraps else self._cek
        return AESGCM(cek).decrypt(_IV, self._sealed, _AAD)

    def _pair(self) -> ec.EllipticCurvePrivateKey | X25519PrivateKey:
        if self._curve == "P-256":
            return ec.generate_private_key(ec.SECP256R1())
        return X25519PrivateKey.generate()

    @staticmethod
    def _encoded(pair: ec.EllipticCurvePrivateKey | X25519PrivateKey) -> bytes:
        public = pair.public_key()
        if isinstance(public, X25519PublicKey):
            return public.public_bytes_raw()
        numbers = public.public_numbers()
        return b"\x04" + numbers.x.to_bytes(32, "big") + numbers.y.to_bytes(32, "big")

    def _read(self, encoded: bytes) -> ec.EllipticCurvePublicKey | X25519PublicKey:
        if self._curve == "P-256":
            return ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), encoded)
        return X25519PublicKey.from_public_bytes(encoded)

    @staticmethod
    def _agreed(
        private: ec.EllipticCurvePrivateKey | X25519PrivateKey,
        public: ec.EllipticCurvePublicKey | X25519PublicKey,
    ) -> bytes:
        if isinstance(private, X25519PrivateKey):
            secret = private.exchange(public)
        else:
            secret = private.exchange(ec.ECDH(), public)
        return ConcatKDFHash(SHA256(), 32, _INFO).derive(secret)
