"""The keys of the test vectors. All of them are published here: never use one."""

import json
from collections.abc import Mapping
from pathlib import Path

from vectors.generator.encoder.agreement import pair
from vectors.generator.encoder.jwe import (
    CONTENT,
    KEY_WRAP_BYTES,
    OAEP_HASH,
    Jwk,
    b64,
    draw,
    header_bytes,
)
from vectors.generator.encoder.wrapping import GCMKW_BYTES

_SET = json.loads((Path(__file__).parents[1] / "keys.json").read_text(encoding="ascii"))
_RSA = {key["kid"]: {name: key[name] for name in key if name != "kid"} for key in _SET["keys"]}

RSA_ALGS = tuple(OAEP_HASH)
KW_ALGS = tuple(KEY_WRAP_BYTES)
GCMKW_ALGS = tuple(GCMKW_BYTES)
MAC_BYTES = {"HS256": 32, "HS384": 48, "HS512": 64}


def rsa(alg: str, name: str = "rsa-2048-a", **members: str) -> Jwk:
    """Return a fixed RSA key, bound to an alg."""
    return {"kty": "RSA", "alg": alg, **members, **_RSA[name]}


def kw(alg: str, name: str = "a", **members: str) -> Jwk:
    """Return a key for AES Key Wrap."""
    size = KEY_WRAP_BYTES[alg]
    return {"kty": "oct", "alg": alg, **members, "k": b64(draw(f"key {alg} {name}", size))}


def direct(enc: str, name: str = "a", alg: str = "dir", **members: str) -> Jwk:
    """Return a key to be used directly with one enc."""
    size = CONTENT[enc].cek_bytes
    return {"kty": "oct", "alg": alg, **members, "k": b64(draw(f"key {enc} {name}", size))}


def curve(alg: str, crv: str, name: str = "a", **members: str) -> Jwk:
    """Return a private key on a curve, bound to an alg."""
    drawn = pair(crv, f"key {crv} {name}")
    return {"kty": drawn.pop("kty"), "alg": alg, **members, **drawn}


def gcmkw(alg: str, name: str = "a") -> Jwk:
    """Return a key for AES-GCM key wrap."""
    return {"kty": "oct", "alg": alg, "k": b64(draw(f"key {alg} {name}", GCMKW_BYTES[alg]))}


def password(
    alg: str, text: str = "never use this one: \u043f\u0430\u0440\u043e\u043b\u044c"
) -> Jwk:
    """Return a password, which is a key for PBES2."""
    return {"kty": "oct", "alg": alg, "k": b64(text.encode())}


def mac(alg: str, name: str = "a", **members: str) -> Jwk:
    """Return a key for HMAC, as long as its hash."""
    return {
        "kty": "oct",
        "alg": alg,
        **members,
        "k": b64(draw(f"key {alg} {name}", MAC_BYTES[alg])),
    }


def key_text(key: Mapping[str, object]) -> str:
    """Write a JWK."""
    return header_bytes(key).decode()


def without(key: Jwk, *names: str) -> dict[str, str]:
    """Leave members of a JWK out."""
    return {name: value for name, value in key.items() if name not in names}


def shown_half(key: Jwk) -> dict[str, str]:
    """Return the public half."""
    return without(key, "d", "p", "q", "dp", "dq", "qi")
