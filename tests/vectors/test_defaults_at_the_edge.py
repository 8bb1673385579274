"""Cases that are too large for a file: made by the generator's encoder, and opened by joseal."""

import hmac

import pytest
from tests.helpers.rows import each_row
from vectors.generator.encoder.jwe import b64, draw, recipe

from joseal import Decrypter, Key, Limits, TokenTooLargeError, Verifier
from joseal._core.algorithms.registry import ENCS

MIB = 1024 * 1024


def dir_key(enc: str) -> dict[str, str]:
    raw = draw(f"large {enc}", ENCS[enc].cek_bytes)
    return {"kty": "oct", "alg": "dir", "k": b64(raw)}


@each_row("enc", ENCS)
def test_plaintext_of_a_mebibyte_opens(enc):
    key, plaintext = dir_key(enc), b"\x00" * MIB
    token = str(recipe(key, enc, f"large {enc}", plaintext).make())
    assert Decrypter(Key.from_jwk(key), enc=enc).decrypt(token) == plaintext


def test_token_at_its_limit_opens_and_one_longer_does_not():
    # A plaintext as large as this would be over its own limit before.
    limits = Limits(token_bytes=16 * MIB)
    key, most = dir_key("A128GCM"), limits.token_bytes
    empty = recipe(key, "A128GCM", "largest", b"")
    room = most - len(str(empty.make()))
    # Four characters hold three bytes, two hold one: every number but 4n + 1 can be reached.
    plaintext = b"\x00" * (room * 3 // 4)
    token = str(recipe(key, "A128GCM", "largest", plaintext).make())
    assert len(token) == most
    opener = Decrypter(Key.from_jwk(key), enc="A128GCM", limits=limits)
    assert opener.decrypt(token) == plaintext
    with pytest.raises(TokenTooLargeError):
        opener.decrypt(token + "A")


def test_detached_payload_at_the_default_limit_verifies_and_one_longer_does_not():
    secret, most = b"\x01" * 32, Limits().plaintext_bytes
    key = {"kty": "oct", "alg": "HS256", "k": b64(secret)}
    verifier = Verifier(Key.from_jwk(key), b64=False)
    header = b64(b'{"alg":"HS256","b64":false,"crit":["b64"]}')

    def token(payload: bytes) -> str:
        signature = hmac.digest(secret, header.encode() + b"." + payload, "sha256")
        return f"{header}..{b64(signature)}"

    full, over = b"\x00" * most, b"\x00" * (most + 1)
    assert verifier.open(token(full), payload=full).payload == full
    with pytest.raises(TokenTooLargeError):
        verifier.open(token(over), payload=over)
