"""joseal and its peers behind one pair of calls, each used as its own documentation advises.

Rules:
- What a library lets its user prepare once is prepared once, outside of what is timed.
- All do the same work: a fresh CEK and iv, the same header members; bytes in and a str out, a str
  in and bytes out.
- Each is one method call away from the clock, so that none pays for a layer that others lack.
"""

import json
from typing import Final, Protocol

from joserfc import jwe
from joserfc.jwk import RSAKey
from jwcrypto.jwe import JWE
from jwcrypto.jwk import JWK

import joseal

ALG: Final = "RSA-OAEP"
ENC: Final = "A256CBC-HS512"

_HEADER: Final = {"alg": ALG, "typ": "JWT", "enc": ENC}


class Peer(Protocol):
    """A library that seals and opens tokens with one pair of keys."""

    name: str

    def seal(self, plaintext: bytes) -> str: ...

    def open(self, token: str) -> bytes: ...


class Joseal:
    name = "joseal"

    def __init__(self, private: joseal.Key) -> None:
        self._encrypter = joseal.Encrypter(private.public(), enc=ENC, header={"typ": "JWT"})
        self._decrypter = joseal.Decrypter(private, enc=ENC)

    def seal(self, plaintext: bytes) -> str:
        return self._encrypter.encrypt(plaintext)

    def open(self, token: str) -> bytes:
        return self._decrypter.decrypt(token)


class _RoomyRegistry(jwe.JWERegistry):
    # The default takes 64 KiB of encoded ciphertext, which 64 KiB of plaintext exceed.
    max_ciphertext_length = joseal.Limits().token_bytes


class Joserfc:
    name = "joserfc"

    def __init__(self, private: joseal.Key) -> None:
        self._public = RSAKey.import_key(private.public().to_pem())
        self._private = RSAKey.import_key(private.to_pem(private=True))
        self._registry = _RoomyRegistry(algorithms=[ALG, ENC])

    def seal(self, plaintext: bytes) -> str:
        return jwe.encrypt_compact(_HEADER, plaintext, self._public, registry=self._registry)

    def open(self, token: str) -> bytes:
        return jwe.decrypt_compact(token, self._private, registry=self._registry).plaintext


class Jwcrypto:
    name = "jwcrypto"

    def __init__(self, private: joseal.Key) -> None:
        self._public = JWK.from_pem(private.public().to_pem().encode())
        self._private = JWK.from_pem(private.to_pem(private=True).encode())
        self._header = json.dumps(_HEADER, separators=(",", ":"))
        self._algs = [ALG, ENC]

    def seal(self, plaintext: bytes) -> str:
        sealed = JWE(plaintext, self._header, algs=self._algs, recipient=self._public)
        return sealed.serialize(compact=True)

    def open(self, token: str) -> bytes:
        opened = JWE(algs=self._algs)
        opened.deserialize(token, key=self._private)
        return opened.payload


def peers(private: joseal.Key) -> tuple[Peer, ...]:
    """Prepare every library for one pair of keys; joseal comes first."""
    return Joseal(private), Joserfc(private), Jwcrypto(private)
