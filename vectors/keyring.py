"""The keys of the test vectors. All of them are published here: never use one."""

import json
from pathlib import Path

from encoder import CONTENT, KEY_WRAP_BYTES, OAEP_HASH, Jwk, b64, draw

_SET = json.loads(Path(__file__).with_name("keys.json").read_text(encoding="ascii"))
_RSA = {key["kid"]: {name: key[name] for name in key if name != "kid"} for key in _SET["keys"]}

RSA_ALGS = tuple(OAEP_HASH)
KW_ALGS = tuple(KEY_WRAP_BYTES)


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
