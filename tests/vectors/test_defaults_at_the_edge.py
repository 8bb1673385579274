"""Cases that are too large for a file: made by the generator's encoder, and opened by joseal."""

import hmac
from types import ModuleType

import pytest
from tests.vectors.vector_files import VECTORS

from joseal import Decrypter, Key, Limits, TokenTooLargeError, Verifier
from joseal._core.algorithms.registry import ENCS

MIB = 1024 * 1024


@pytest.fixture
def generator(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(VECTORS)
    import wrapping

    return wrapping


def dir_key(generator: ModuleType, enc: str) -> dict[str, str]:
    raw = generator.draw(f"large {enc}", ENCS[enc].cek_bytes)
    return {"kty": "oct", "alg": "dir", "k": generator.b64(raw)}


@pytest.mark.parametrize("enc", ENCS)
def test_plaintext_of_a_mebibyte_opens(generator, enc):
    key, plaintext = dir_key(generator, enc), b"\x00" * MIB
    token = str(generator.recipe(key, enc, f"large {enc}", plaintext).make())
    assert Decrypter(Key.from_jwk(key), enc=enc).decrypt(token) == plaintext


def test_token_at_the_default_limit_opens_and_one_longer_does_not(generator):
    key, most = dir_key(generator, "A128GCM"), Limits().token_bytes
    empty = generator.recipe(key, "A128GCM", "largest", b"")
    room = most - len(str(empty.make()))
    # Four characters hold three bytes, two hold one: every number but 4n + 1 can be reached.
    plaintext = b"\x00" * (room * 3 // 4)
    token = str(generator.recipe(key, "A128GCM", "largest", plaintext).make())
    assert len(token) == most
    opener = Decrypter(Key.from_jwk(key), enc="A128GCM")
    assert opener.decrypt(token) == plaintext
    with pytest.raises(TokenTooLargeError):
        opener.decrypt(token + "A")


def test_detached_payload_at_the_default_limit_verifies_and_one_longer_does_not(generator):
    secret, most = b"\x01" * 32, Limits().plaintext_bytes
    key = {"kty": "oct", "alg": "HS256", "k": generator.b64(secret)}
    verifier = Verifier(Key.from_jwk(key), b64=False)
    header = generator.b64(b'{"alg":"HS256","b64":false,"crit":["b64"]}')

    def token(payload: bytes) -> str:
        signature = hmac.digest(secret, header.encode() + b"." + payload, "sha256")
        return f"{header}..{generator.b64(signature)}"

    full, over = b"\x00" * most, b"\x00" * (most + 1)
    assert verifier.open(token(full), payload=full).payload == full
    with pytest.raises(TokenTooLargeError):
        verifier.open(token(over), payload=over)
