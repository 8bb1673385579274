"""joseal and its peers in Python behind one pair of calls, each used as its documentation advises.

Rules:
- What a library lets its user prepare once is prepared once, outside of what is timed.
- All do the same work: a fresh CEK and iv, the same header members; bytes in and a token out, as
  the library gives it; that same token in and bytes out.
- Each is one method call away from the clock, so that none pays for a layer that others lack.
- Limits of size are lifted by the settings that a library has for it. Authlib has none: it opens
  no ciphertext of more than 256,000 characters, and stands only where it can.
"""

import json
import warnings
from typing import Final, Protocol

from joserfc import jwe
from joserfc.jwk import RSAKey
from jwcrypto.jwe import JWE
from jwcrypto.jwk import JWK

import joseal

# Its own word on the module that is measured: it goes on in joserfc.
with warnings.catch_warnings(record=True):
    from authlib.jose import JsonWebEncryption, JsonWebKey

ALG: Final = "RSA-OAEP"
ENC: Final = "A256CBC-HS512"

_HEADER: Final = {"alg": ALG, "typ": "JWT", "enc": ENC}

# Room for tokens of 64 MiB and more.
_MOST_BYTES: Final = 128 * 1024 * 1024
ROOMY: Final = joseal.Limits(token_bytes=_MOST_BYTES, plaintext_bytes=_MOST_BYTES)

Token = str | bytes


class Peer(Protocol):
    """A library that seals and opens tokens with one pair of keys.

    Attributes:
        name: what it is called.
        opens_bytes: the largest plaintext that it opens.
    """

    name: str
    opens_bytes: int

    def encrypt(self, plaintext: bytes) -> Token: ...

    def decrypt(self, token: Token) -> bytes: ...


class Joseal:
    name = "joseal"
    opens_bytes = _MOST_BYTES

    def __init__(self, private: joseal.Key, enc: str = ENC) -> None:
        header = {"typ": "JWT"}
        self._encrypter = joseal.Encrypter(private.public(), enc=enc, header=header, limits=ROOMY)
        self._decrypter = joseal.Decrypter(private, enc=enc, limits=ROOMY)

    def encrypt(self, plaintext: bytes) -> str:
        return self._encrypter.encrypt(plaintext)

    def decrypt(self, token: Token) -> bytes:
        return self._decrypter.decrypt(token)


class _RoomyRegistry(jwe.JWERegistry):
    # The default takes 64 KiB of encoded ciphertext, which 64 KiB of plaintext exceed.
    max_ciphertext_length = _MOST_BYTES


class Joserfc:
    name = "joserfc"
    opens_bytes = _MOST_BYTES

    def __init__(self, private: joseal.Key) -> None:
        self._public = RSAKey.import_key(private.public().to_pem())
        self._private = RSAKey.import_key(private.to_pem(private=True))
        self._registry = _RoomyRegistry(algorithms=[ALG, ENC])

    def encrypt(self, plaintext: bytes) -> str:
        return jwe.encrypt_compact(_HEADER, plaintext, self._public, registry=self._registry)

    def decrypt(self, token: Token) -> bytes:
        return jwe.decrypt_compact(token, self._private, registry=self._registry).plaintext


class Jwcrypto:
    name = "jwcrypto"
    opens_bytes = _MOST_BYTES

    def __init__(self, private: joseal.Key) -> None:
        self._public = JWK.from_pem(private.public().to_pem().encode())
        self._private = JWK.from_pem(private.to_pem(private=True).encode())
        self._header = json.dumps(_HEADER, separators=(",", ":"))
        self._algs = [ALG, ENC]

    def encrypt(self, plaintext: bytes) -> str:
        sealed = JWE(plaintext, self._header, algs=self._algs, recipient=self._public)
        return sealed.serialize(compact=True)

    def decrypt(self, token: Token) -> bytes:
        opened = JWE(algs=self._algs)
        opened.deserialize(token, key=self._private)
        return opened.payload


class Authlib:
    name = "Authlib"
    opens_bytes = 256_000 * 3 // 4

    def __init__(self, private: joseal.Key) -> None:
        self._public = JsonWebKey.import_key(private.public().to_pem(), {"kty": "RSA"})
        self._private = JsonWebKey.import_key(private.to_pem(private=True), {"kty": "RSA"})
        self._jwe = JsonWebEncryption(algorithms=[ALG, ENC])

    def encrypt(self, plaintext: bytes) -> bytes:
        return self._jwe.serialize_compact(_HEADER, plaintext, self._public)

    def decrypt(self, token: Token) -> bytes:
        return self._jwe.deserialize_compact(token, self._private)["payload"]


PEERS: Final = (Joseal, Joserfc, Jwcrypto, Authlib)


def peers(private: joseal.Key) -> tuple[Peer, ...]:
    """Prepare every library for one pair of keys; joseal comes first."""
    return tuple(peer(private) for peer in PEERS)
