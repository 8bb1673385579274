"""Large tokens go another way through the code, and are the same tokens. RFC 7516 section 7.1."""

import subprocess
import sys
import threading
import tracemalloc
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest
from tests.helpers import forge

from joseal import (
    Decrypter,
    DecryptionError,
    Encrypter,
    Key,
    Limits,
    MalformedTokenError,
    TokenTooLargeError,
)
from joseal._core.algorithms import content_chunked, content_encryption, rsa
from joseal._core.algorithms.registry import ALGS
from joseal._core.algorithms.registry import ENCS as TABLE
from joseal._core.assembly import TokenStart, assemble
from joseal._core.wire import compact

CHUNK = content_chunked.CHUNK_BYTES
ENCS = ["A128CBC-HS256", "A256CBC-HS512", "A128GCM"]
SIZES = [
    *(content_encryption.LARGE_BYTES + more for more in (-17, -16, -1, 0, 1, 2, 3)),
    *(CHUNK + more for more in (-17, -16, -1, 0, 1, 2, 5, 16)),
    *(3 * CHUNK + more for more in (0, 1, 7)),
]
# A token whose ciphertext is decoded in more than one piece, and ends in an incomplete quantum.
LONG = 3 * CHUNK + 7


def opener(enc, **settings):
    return Decrypter(forge.key("A128KW"), enc=enc, **settings)


def sealer(enc, **settings):
    return Encrypter(forge.key("A128KW"), enc=enc, **settings)


def token_of(enc, plaintext):
    return forge.token("A128KW", enc, plaintext)


@pytest.mark.parametrize("enc", ENCS)
def test_what_bare_primitives_sealed_opens_at_every_size(enc):
    for size in SIZES:
        plaintext = forge.draw("plaintext", size)
        token = str(token_of(enc, plaintext))
        assert opener(enc).decrypt(token) == plaintext
        assert opener(enc).decrypt(token.encode()) == plaintext


@pytest.mark.parametrize("enc", ENCS)
def test_what_is_sealed_is_what_bare_primitives_seal(enc, monkeypatch):
    cek = forge.draw("cek", forge.ENCS[enc].cek_bytes)
    iv = forge.draw("iv", forge.ENCS[enc].iv_bytes)
    for overlap in (1, 2**40):
        monkeypatch.setattr(content_chunked, "_OVERLAP_BYTES", overlap)
        for size in SIZES:
            plaintext = forge.draw("plaintext", size)
            ciphertext, tag = forge.seal(enc, cek, iv, b"e30", plaintext)
            made = assemble(TABLE[enc], TokenStart(b"e30", cek, b"key", iv), plaintext)
            assert made == str(forge.Token(b"{}", b"key", iv, ciphertext, tag))


def faults(good):
    """Yield each part of a token with one fault that only a key finds."""
    for place in (0, CHUNK, -1):
        yield good._replace(ciphertext=flipped(good.ciphertext, place))
    yield good._replace(tag=flipped(good.tag))
    yield good._replace(iv=flipped(good.iv))
    yield good._replace(header=good.header.replace(b" ", b"  "))
    yield good._replace(ciphertext=good.ciphertext[:-16])
    yield good._replace(ciphertext=good.ciphertext + bytes(16))


def flipped(raw, place=0):
    changed = bytearray(raw)
    changed[place] ^= 1
    return bytes(changed)


@pytest.mark.parametrize("enc", ENCS)
def test_every_fault_of_a_large_token_is_the_one_failure(enc):
    good = token_of(enc, forge.draw("plaintext", LONG))
    assert opener(enc).decrypt(str(good)) == forge.draw("plaintext", LONG)
    for bad in faults(good):
        with pytest.raises(DecryptionError, match=str(DecryptionError())):
            opener(enc).decrypt(str(bad))


def test_bad_padding_under_a_good_tag_of_a_large_token_is_that_failure_too():
    enc = "A256CBC-HS512"
    for end in (b"\0", b"\x11", b"\x01\x02"):
        padded = (forge.draw("plaintext", LONG - LONG % 16) + end)[-CHUNK * 2 :]
        token = forge.token("A128KW", enc, padded=padded)
        with pytest.raises(DecryptionError, match=str(DecryptionError())):
            opener(enc).decrypt(str(token))


@pytest.mark.parametrize("kind", [str, str.encode])
def test_a_large_ciphertext_must_be_canonical_base64url(kind):
    enc = "A128GCM"
    token = str(token_of(enc, forge.draw("plaintext", LONG)))
    start = token.rindex(".", 0, token.rindex(".")) + 1
    stop = token.rindex(".")
    for place in (start, start + 512 * 1024, stop - 1):
        for foreign in ("=", "+", "/", " ", "\n", "\0"):
            bad = token[:place] + foreign + token[place + 1 :]
            with pytest.raises(MalformedTokenError, match="the ciphertext is not canonical"):
                opener(enc).decrypt(kind(bad))
    with pytest.raises(MalformedTokenError, match="not ASCII"):
        opener(enc).decrypt(token[:start] + "é" + token[start + 1 :])
    bits = token[: stop - 1] + chr(ord(token[stop - 1]) + 1) + token[stop:]
    with pytest.raises(MalformedTokenError, match="the ciphertext is not canonical"):
        opener(enc).decrypt(kind(bits))


@pytest.mark.parametrize("kind", [str, str.encode])
def test_the_number_of_segments_of_a_large_token_is_exact(kind):
    token = str(token_of("A128GCM", forge.draw("plaintext", LONG)))
    head, iv, ciphertext, tag = token.rsplit(".", 3)
    header = head.partition(".")[0]
    for bad in (
        *(ciphertext, "." * len(token), f"{header}.{ciphertext}", f"{header}.{iv}.{ciphertext}"),
        *(f"{header}.{iv}.{ciphertext}.{tag}", f"{token}.", f"{token}.{tag}", f".{token}"),
    ):
        with pytest.raises(MalformedTokenError, match=r"expected \d segments, found \d+"):
            opener("A128GCM").decrypt(kind(bad))


def test_a_segment_that_is_large_where_none_should_be_is_malformed():
    large = "A" * compact.LARGE_BYTES
    for place, limit in enumerate([TokenTooLargeError, *[MalformedTokenError] * 4]):
        parts = str(token_of("A128CBC-HS256", b"")).split(".")
        parts[place] = large if place != 3 else large[:-2]
        with pytest.raises(limit):
            opener("A128CBC-HS256").decrypt(".".join(parts))


def test_limits_of_large_tokens_hold_at_n_and_not_at_n_plus_one():
    enc, plaintext = "A256CBC-HS512", forge.draw("plaintext", LONG)
    token = str(token_of(enc, plaintext))
    opener(enc, limits=Limits(token_bytes=len(token))).decrypt(token)
    own = len(sealer(enc).encrypt(plaintext))
    sealer(enc, limits=Limits(token_bytes=own)).encrypt(plaintext)
    for act in (
        lambda: opener(enc, limits=Limits(token_bytes=len(token) - 1)).decrypt(token),
        lambda: sealer(enc, limits=Limits(token_bytes=own - 1)).encrypt(plaintext),
    ):
        with pytest.raises(TokenTooLargeError):
            act()


def test_threads_that_share_an_opener_get_their_own_plaintexts():
    enc = "A256CBC-HS512"
    plaintexts = [forge.draw(f"plaintext {number}", LONG + number) for number in range(8)]
    tokens = [str(token_of(enc, plaintext)) for plaintext in plaintexts]
    shared = opener(enc)
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(shared.decrypt, tokens * 4)) == plaintexts * 4


@pytest.mark.parametrize("enc", ENCS)
def test_a_key_that_fails_leaves_the_ciphertext_to_the_next_one(enc):
    keys = [forge.key("A128KW", name=name, kid=name) for name in ("other", "third", "mine")]
    plaintext = forge.draw("plaintext", LONG)
    decrypter = Decrypter(keys, enc=enc)
    assert decrypter.decrypt(str(token_of(enc, plaintext))) == plaintext


@pytest.mark.parametrize("kind", [str, str.encode])
@pytest.mark.parametrize("enc", ["A256CBC-HS512", "A256GCM"])
def test_opening_takes_the_memory_of_the_plaintext_once(enc, kind):
    plaintext = forge.draw("plaintext", 24 * CHUNK + 5)
    token, decrypter = kind(str(token_of(enc, plaintext))), opener(enc)
    tracemalloc.start()
    try:
        opened = decrypter.decrypt(token)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert opened == plaintext
    assert peak < len(plaintext) + 6 * CHUNK


# A fresh process, because CPython learns that a string may grow in place.
FIRST = f"""
import tracemalloc
from joseal._core.algorithms.registry import ENCS
from joseal._core.assembly import TokenStart, assemble
start, plaintext = TokenStart(b"e30", bytes(16), b"key", bytes(12)), bytes({32 * CHUNK})
tracemalloc.start()
token = assemble(ENCS["A128GCM"], start, plaintext)
assert len(token) > len(plaintext)
print(tracemalloc.get_traced_memory()[1] / len(token))
"""


def test_encrypting_takes_the_memory_of_the_token_once_even_in_a_new_process():
    done = subprocess.run([sys.executable, "-c", FIRST], check=True, capture_output=True, text=True)
    assert float(done.stdout) < 1.5


class Device:
    """An external key that does something of its own before it answers."""

    def __init__(self, private, act):
        self._unwrap, self._act = rsa.decryptor(ALGS["RSA-OAEP"], private), act

    def unwrap(self, alg, encrypted_key):
        self._act()
        return self._unwrap(encrypted_key)


def opened_by_device(act, plaintext):
    public = forge.key("RSA-OAEP").public()
    key = Key.from_external(Device(forge.rsa_private(), act), public=public)
    token = Encrypter(public, enc="A256CBC-HS512").encrypt(plaintext)
    return Decrypter(key, enc="A256CBC-HS512").decrypt(token)


def test_a_device_may_open_large_tokens_itself():
    enc, found = "A256CBC-HS512", []
    inner = str(token_of(enc, forge.draw("inner", LONG)))
    plaintext = forge.draw("plaintext", LONG)
    own = partial(opener(enc).decrypt, inner)
    assert opened_by_device(lambda: found.append(own()), plaintext) == plaintext
    assert found == [forge.draw("inner", LONG)]


def test_no_thread_is_left_behind(monkeypatch):
    monkeypatch.setattr(content_chunked, "_OVERLAP_BYTES", 1)
    monkeypatch.setattr(content_chunked, "_cores", lambda: 2)
    before = threading.active_count()
    sealer("A256CBC-HS512").encrypt(forge.draw("plaintext", LONG))
    assert threading.active_count() == before
