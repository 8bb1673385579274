"""A key, a certificate or a JWK is never a shared secret, whichever way it comes; random bytes are.

Where a public key is taken for a secret, everyone who has it can make tokens.
"""

import hashlib
import json

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from tests.helpers import forge
from tests.helpers.rows import each_row

from joseal import InvalidKeyError, Key, KeySet
from joseal._core.keys.shared_secrets import check_secret

PAIR = forge.key("RSA-OAEP")
PUBLIC = PAIR.public()._public_material()
DER = PUBLIC.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
PEM = PUBLIC.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
PKCS1 = PUBLIC.public_bytes(Encoding.DER, PublicFormat.PKCS1)

NO_SECRETS = {
    "PEM": PEM,
    "PEM without its last line end": PEM.strip(),
    "PEM after a byte order mark": b"\xef\xbb\xbf" + PEM,
    "PEM in UTF-16": PEM.decode().encode("utf-16"),
    "DER": DER,
    "PKCS#1": PKCS1,
    "DER that is cut": DER[:-1],
    "PKCS#1 that is cut": PKCS1[:-1],
    "JWK": json.dumps(PAIR.public().to_jwk()).encode(),
    "base64 of DER": forge.b64(DER).encode(),
}

LOADERS = {
    "from_bytes": lambda raw: Key.from_bytes(raw, alg="HS256"),
    "from_bytes, legacy": lambda raw: Key.from_bytes(raw, alg="HS256", legacy=True),
    "from_jwk": lambda raw: Key.from_jwk({"kty": "oct", "k": forge.b64(raw)}, alg="HS256"),
    "from_jwk, its own alg": lambda raw: Key.from_jwk(
        json.dumps({"kty": "oct", "k": forge.b64(raw), "alg": "HS512"})
    ),
    "from_jwk, a password": lambda raw: Key.from_jwk(
        {"kty": "oct", "k": forge.b64(raw), "alg": "PBES2-HS256+A128KW"}
    ),
    "from_jwks": lambda raw: KeySet.from_jwks(
        {"keys": [{"kty": "oct", "k": forge.b64(raw), "alg": "HS256"}]}
    ),
    "from_password": lambda raw: Key.from_password(raw, alg="PBES2-HS256+A128KW"),
    "derived": lambda raw: Key.derived(raw, alg="A256KW"),
}


@each_row("loader", LOADERS)
@each_row("form", NO_SECRETS)
def test_what_is_a_key_is_no_secret_whichever_way_it_comes(form, loader):
    with pytest.raises(InvalidKeyError, match="expected a shared secret: this is "):
        LOADERS[loader](NO_SECRETS[form])


def test_an_environment_variable_with_a_public_key_is_no_secret(monkeypatch):
    jwk = {"kty": "oct", "k": forge.b64(PEM), "alg": "HS256"}
    for value in (PEM.decode(), json.dumps(jwk)):
        monkeypatch.setenv("A_KEY", value)
        with pytest.raises(InvalidKeyError, match="expected a shared secret: this is "):
            Key.from_env("A_KEY", alg="HS256")


def test_random_bytes_that_begin_like_a_longer_sequence_are_a_secret():
    """One random key in 300 does."""
    raw = b"\x30\x82\x99\x99" + bytes(range(100, 128))
    assert Key.from_bytes(raw, alg="A256KW").alg == "A256KW"
    assert Key.from_jwk({"kty": "oct", "k": forge.b64(raw)}, alg="A256KW").alg == "A256KW"
    for number in range(300):
        check_secret(b"\x30" + hashlib.sha256(bytes([number % 256, number // 256])).digest()[1:])


LEAST = 14


@pytest.mark.parametrize("alg", ["HS256", "HS384", "HS512"])
def test_hmac_secret_has_a_least_size_even_to_verify_old_tokens(alg):
    assert Key.from_bytes(b"s" * LEAST, alg=alg, legacy=True).alg == alg
    for size in (0, 1, LEAST - 1):
        jwk = {"kty": "oct", "k": forge.b64(b"s" * size), "alg": alg}
        for load in (
            lambda size=size: Key.from_bytes(b"s" * size, alg=alg, legacy=True),
            lambda jwk=jwk: Key.from_jwk(jwk, legacy=True),
            lambda jwk=jwk: KeySet.from_jwks({"keys": [jwk]}, legacy=True),
        ):
            with pytest.raises(InvalidKeyError, match=f"{LEAST} to verify old tokens"):
                load()
