"""One key for each family of algs, so that a rule can be tried with all of them.

Source: RFC 7518 sections 3.1 and 4.1.
"""

from collections.abc import Mapping
from dataclasses import replace

from vectors.generator.cases.jws.valid import key_for
from vectors.generator.catalogue import TEXT
from vectors.generator.encoder.jwe import Jwk, Recipe, b64, draw, header_bytes
from vectors.generator.encoder.jws import Signed, signed
from vectors.generator.encoder.wrapping import sealed
from vectors.generator.keyring import curve, direct, gcmkw, kw, password, rsa

_POINT = {"kty": "OKP", "crv": "X25519", "x": b64(draw("epk", 32))}
_AGREED: Mapping[str, object] = {"epk": _POINT}

# A name of each family, with the members that its header needs.
NEEDED: Mapping[str, Mapping[str, object]] = {
    "RSA-OAEP": {},
    "RSA1_5": {},
    "A128KW": {},
    "A128GCMKW": {"iv": b64(draw("gcmkw iv", 12)), "tag": b64(draw("gcmkw tag", 16))},
    "dir": {},
    "ECDH-ES": _AGREED,
    "ECDH-ES+A128KW": _AGREED,
    "PBES2-HS256+A128KW": {"p2s": b64(draw("p2s", 16)), "p2c": 1000},
}
SIGNING = ("RS256", "PS256", "ES256", "EdDSA", "HS256")


def family_keys(enc: str, name: str = "a") -> dict[str, Jwk]:
    """Give a key of each family; the names "a" and "b" give two of a kind."""
    keys = (
        rsa("RSA-OAEP", f"rsa-2048-{name}"),
        rsa("RSA1_5", f"rsa-2048-{name}"),
        kw("A128KW", name),
        gcmkw("A128GCMKW", name),
        direct(enc, name),
        curve("ECDH-ES", "P-256", name),
        curve("ECDH-ES+A128KW", "P-256", name),
        password("PBES2-HS256+A128KW", f"the password {name}"),
    )
    return {key["alg"]: key for key in keys}


def families(enc: str, label: str, plaintext: bytes = TEXT, name: str = "a") -> dict[str, Recipe]:
    """Make a token of each family."""
    return {
        alg: sealed(key, enc, f"{label} {alg} {name}", plaintext)
        for alg, key in family_keys(enc, name).items()
    }


def signed_families(
    label: str, members: Mapping[str, object] | None = None, payload: bytes = TEXT
) -> dict[str, Signed]:
    """Make a JWS of each family."""
    return {alg: signed(key_for(alg), f"{label} {alg}", payload, members) for alg in SIGNING}


def opened_with(alg: str) -> dict[str, bool]:
    """Return what an opener has to be told before it takes an alg at all."""
    return {"legacy": True} if alg == "RSA1_5" else {}


def named(made: Recipe, kid: str) -> Recipe:
    """Return the token for a key with a name, which its header gives."""
    header = header_bytes({**made.members, "kid": kid})
    return replace(made, key={**made.key, "kid": kid}, header=header)
