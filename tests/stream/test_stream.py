"""Tokens larger than memory are standard tokens, and nothing of them leaves before its tag."""

import errno
import io
import os
import re
import resource
import signal
import stat
import threading
import tracemalloc
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import pytest
from jwcrypto import jwe, jwk
from tests.helpers import forge
from tests.helpers.rows import each_row
from tests.vectors.vector_files import JWE, cases, group_of

from joseal import (
    Decrypter,
    DecryptionError,
    Encrypter,
    InvalidKeyError,
    Key,
    KeySet,
    Limits,
    MalformedTokenError,
    NotAllowedError,
    TokenError,
    TokenTooLargeError,
    UnknownKeyError,
)
from joseal._core.algorithms import content_chunked
from joseal.stream import decrypt_file, decrypt_stream, encrypt_file, encrypt_stream, tokens
from joseal.stream.fingerprints import Fingerprints

ENCS = list(forge.ENCS)
CHUNK = content_chunked.CHUNK_BYTES
SIZES = [0, 1, 16, *(CHUNK + more for more in (-17, -16, -1, 0, 1, 2, 16)), 3 * CHUNK + 7]
LONG = SIZES[-1]
DRAFTS = ["C20P", "XC20P"]
FULL = Path("/dev/full")


def sealer(enc="A128GCM", **settings):
    return Encrypter(forge.key("A128KW"), enc=enc, **settings)


def ring(enc="A128GCM", **settings):
    return Decrypter(forge.key("A128KW"), enc=enc, **settings)


def sealed(encrypter, plaintext, **more):
    target = io.BytesIO()
    encrypt_stream(encrypter, io.BytesIO(plaintext), target, **more)
    return target.getvalue()


def opened(decrypter, token, **more):
    target = io.BytesIO()
    decrypt_stream(decrypter, io.BytesIO(token), target, **more)
    return target.getvalue()


def refused(decrypter, token, **more):
    """Return the error, after which nothing was written."""
    source = token if isinstance(token, io.BytesIO) else io.BytesIO(token)
    target = io.BytesIO()
    with pytest.raises(TokenError) as caught:
        decrypt_stream(decrypter, source, target, **more)
    assert target.getvalue() == b""
    return caught.value


def token_of(enc, size=LONG, **more):
    return str(forge.token("A128KW", enc, forge.draw("plaintext", size), **more)).encode()


@pytest.fixture
def small_chunks(monkeypatch):
    """Chunks of 48 bytes, 64 characters, so that a short token has many."""
    monkeypatch.setattr(content_chunked, "CHUNK_BYTES", 48)
    monkeypatch.setattr(tokens, "_CHUNK_CHARS", 64)


# What is sealed


@pytest.mark.parametrize("enc", ENCS)
def test_a_stream_is_a_token_like_any_other(enc):
    memory = ring(enc)
    for size in SIZES:
        plaintext = forge.draw("plaintext", size)
        token = sealed(sealer(enc), plaintext)
        assert memory.decrypt(token) == plaintext
        assert opened(memory, token) == plaintext
        assert opened(memory, sealer(enc).encrypt(plaintext).encode()) == plaintext
        assert opened(memory, token_of(enc, size)) == plaintext


@pytest.mark.parametrize("enc", ["A256CBC-HS512", "A256GCM"])
def test_jwcrypto_opens_a_stream_and_its_token_opens_as_one(enc):
    alg, plaintext = "RSA-OAEP-256", forge.draw("plaintext", LONG)
    peer = jwk.JWK.from_pem(forge.pem_of(forge.rsa_private()))
    mine = forge.key(alg)
    token = sealed(Encrypter(mine.public(), enc=enc), plaintext)
    theirs = jwe.JWE(algs=[alg, enc])
    theirs.deserialize(token.decode(), key=peer)
    assert theirs.payload == plaintext
    theirs = jwe.JWE(plaintext, {"alg": alg, "enc": enc}, recipient=peer)
    made = theirs.serialize(compact=True).encode()
    assert opened(Decrypter(mine, enc=enc), made) == plaintext


def test_header_members_are_written_and_what_is_demanded_is_checked():
    token = sealed(sealer(header={"typ": "JWT"}), b"x", header={"iat": 1})
    assert ring().open(token).header == {"alg": "A128KW", "typ": "JWT", "iat": 1, "enc": "A128GCM"}
    assert opened(ring(typ="JWT"), token) == b"x"
    assert refused(ring(typ="other"), token).parameter == "typ"
    with pytest.raises(ValueError, match="managed"):
        sealed(sealer(), b"x", header={"enc": "A128GCM"})


def test_every_stream_is_fresh():
    assert len({sealed(sealer(), b"x") for _ in range(3)}) == 3


def test_a_stream_counts_as_a_token_of_its_key():
    encrypter = Encrypter(forge.key("dir", "A128GCM"), enc="A128GCM")
    object.__setattr__(encrypter, "_tokens", iter([2**32 - 1, 2**32]))
    sealed(encrypter, b"x")
    with pytest.raises(InvalidKeyError):
        sealed(encrypter, b"x")


def test_a_stream_begins_where_its_file_stands():
    source, target = io.BytesIO(b"before" + b"x" * 9), io.BytesIO(b"before")
    source.seek(6)
    target.seek(6)
    encrypt_stream(sealer(), source, target)
    target.seek(6)
    plaintext = io.BytesIO()
    decrypt_stream(ring(), target, plaintext)
    assert plaintext.getvalue() == b"x" * 9


# What is opened


@cache
def vector_opener(file, group):
    members = group_of(file, group)
    settings = members["opener"] | {"limits": Limits(**members["opener"].get("limits", {}))}
    return Decrypter(Key.from_jwk(members["key"], legacy=settings.pop("legacy", False)), **settings)


def is_slow(case):
    key = group_of(case.file, case.group)["key"]
    return key["kty"] == "RSA" or key["alg"].startswith("PBES2")


def test_every_vector_ends_as_in_memory():
    seen = 0
    for case in cases(JWE):
        # Private RSA keys and passwords take most of the time, and are for another module's tests.
        if case.file.startswith("limits") or is_slow(case):
            continue
        text, expect = case.test["token"], case.test["expect"]
        plaintext = io.BytesIO()
        try:
            source = io.BytesIO(text.encode("utf-8", "surrogatepass"))
            decrypt_stream(vector_opener(case.file, case.group), source, plaintext)
            code = "ok"
        except TokenError as error:
            code = error.code
        if code == "ok":
            assert plaintext.getvalue().hex() == case.test["plaintext"], str(case)
        else:
            assert plaintext.getvalue() == b"", str(case)
        if code != expect:
            header = forge.parts(text).header
            assert code == "not_allowed", str(case)
            refused = (b'"zip"', b'"C20P"', b'"XC20P"', b'"HPKE-')
            assert any(name in header for name in refused), str(case)
        seen += 1
    assert seen > 1800


def flipped(raw, place=0):
    changed = bytearray(raw)
    changed[place] ^= 1
    return bytes(changed)


@pytest.mark.parametrize("enc", ["A128CBC-HS256", "A256GCM"])
def test_every_fault_is_the_one_failure_and_releases_nothing(enc):
    good = forge.token("A128KW", enc, forge.draw("plaintext", LONG))
    assert opened(ring(enc), str(good).encode()) == forge.draw("plaintext", LONG)
    for bad in (
        *(good._replace(ciphertext=flipped(good.ciphertext, at)) for at in (0, CHUNK, -1)),
        *(good._replace(tag=flipped(good.tag)), good._replace(iv=flipped(good.iv))),
        good._replace(header=good.header.replace(b" ", b"  ")),
        good._replace(encrypted_key=flipped(good.encrypted_key)),
        good._replace(ciphertext=good.ciphertext[:-16]),
        good._replace(ciphertext=good.ciphertext + bytes(16)),
    ):
        assert refused(ring(enc), str(bad).encode()) == DecryptionError()


def test_bad_padding_under_a_good_tag_is_that_failure_too():
    enc = "A256CBC-HS512"
    for end in (b"\0", b"\x11", b"\x01\x02"):
        padded = (forge.draw("plaintext", LONG - LONG % 16) + end)[-CHUNK * 2 :]
        token = str(forge.token("A128KW", enc, padded=padded)).encode()
        assert refused(ring(enc), token) == DecryptionError()


@pytest.mark.parametrize("enc", ["A128CBC-HS256", "A256GCM"])
def test_no_end_of_a_token_opens(enc, small_chunks):
    token = token_of(enc, 200)
    for stop in range(len(token)):
        refused(ring(enc), token[:stop])
    for more in (b"\n", b"=", b".", b"A", b"AA", b"\0", b" ", b".A", token):
        error = refused(ring(enc), token + more)
        assert isinstance(error, MalformedTokenError)


@pytest.mark.parametrize("foreign", [b"=", b"+", b"/", b" ", b"\n", b".", b"\xff", b"\0"])
def test_a_foreign_byte_is_malformed_wherever_it_stands(foreign):
    token = token_of("A128GCM")
    start = token.rindex(b".", 0, token.rindex(b".")) + 1
    for at in (start, start + CHUNK // 3 * 4 - 1, token.rindex(b".") - 1, len(token) - 1, 0):
        error = refused(ring(), token[:at] + foreign + token[at + 1 :])
        assert isinstance(error, MalformedTokenError)


def test_a_foreign_byte_is_malformed_under_a_wrong_key_too():
    token = token_of("A128GCM", name="another")
    start = token.rindex(b".", 0, token.rindex(b".")) + 1
    error = refused(ring(), token[:start] + b"+" + token[start + 1 :])
    assert error == MalformedTokenError(
        "the ciphertext is base64 (+ and /), not base64url (- and _)"
    )


def test_what_is_no_token_is_malformed():
    for text in (b"", b".", b"....", b"." * 90_000, b"x" * 20_000, b"e30.A.A.A", b"\0" * 90):
        assert isinstance(refused(ring(), text), MalformedTokenError)
    assert refused(ring(), b"x" * 30_000) == TokenTooLargeError("header_bytes", 16_384)


def test_the_key_that_fits_is_found_and_a_kid_that_is_unknown_is_refused():
    names = ["first", "second", "mine"]
    several = KeySet([forge.key("A128KW", name=name, kid=name) for name in names])
    token = token_of("A128CBC-HS256")
    plaintext = forge.draw("plaintext", LONG)
    assert opened(Decrypter(several, enc="A128CBC-HS256"), token) == plaintext
    others = KeySet([forge.key("A128KW", name=name, kid=name) for name in names[:2]])
    assert refused(Decrypter(others, enc="A128CBC-HS256"), token) == DecryptionError()
    for kid, error in (("other", UnknownKeyError()), ("first", DecryptionError())):
        token = token_of("A128CBC-HS256", 9, members={"kid": kid})
        assert refused(Decrypter(several, enc="A128CBC-HS256"), token) == error


@pytest.mark.parametrize("enc", DRAFTS)
def test_the_drafts_are_refused_by_name(enc):
    key = forge.key("A128KW")
    with pytest.raises(ValueError, match="C20P, XC20P or integrated HPKE"):
        sealed(Encrypter(key, enc=enc), b"x")
    token = Encrypter(key, enc=enc).encrypt(b"x").encode()
    error = refused(Decrypter(key, enc=[enc, "A128GCM"]), token)
    assert error == NotAllowedError(
        "enc", "C20P, XC20P and integrated HPKE can't be opened as a stream"
    )


def test_compression_is_refused():
    with pytest.raises(ValueError, match="compresses"):
        sealed(sealer(compress=True), b"x")
    token = sealer(compress=True).encrypt(b"x").encode()
    assert refused(ring(accept_zip=True), token).parameter == "zip"


# Limits


@each_row("enc", ["A128CBC-HS256", "A256GCM"])
@each_row("size", [0, 15, 16, 17, CHUNK, CHUNK + 1])
def test_plaintext_bytes_holds_at_n_and_not_at_n_plus_one(enc, size):
    token = sealed(sealer(enc), bytes(size), plaintext_bytes=size)
    assert opened(ring(enc), token, plaintext_bytes=size) == bytes(size)
    error = TokenTooLargeError("plaintext_bytes", size)
    assert refused(ring(enc), token_of(enc, size + 1), plaintext_bytes=size) == error
    with pytest.raises(TokenTooLargeError) as caught:
        sealed(sealer(enc), bytes(size + 1), plaintext_bytes=size)
    assert caught.value == error


def test_the_limit_of_gcm_is_that_of_its_standard_and_no_argument_lifts_it(monkeypatch):
    assert tokens._MOST_BYTES["gcm"] == (2**39 - 256) // 8
    monkeypatch.setitem(tokens._MOST_BYTES, "gcm", 100)
    for most in (None, 101, 2**40):
        token = sealed(sealer(), bytes(100), plaintext_bytes=most)
        assert opened(ring(), token, plaintext_bytes=most) == bytes(100)
        error = TokenTooLargeError("plaintext_bytes", 100)
        assert refused(ring(), token_of("A128GCM", 101), plaintext_bytes=most) == error
        with pytest.raises(TokenTooLargeError):
            sealed(sealer(), bytes(101), plaintext_bytes=most)


def test_too_much_is_refused_before_the_key_is_asked():
    token = token_of("A128GCM", 101, name="another")
    assert refused(ring(), token, plaintext_bytes=100).code == "too_large"


def test_limits_in_memory_do_not_hold_but_that_of_the_header_does():
    little = Limits(token_bytes=100, plaintext_bytes=10, header_bytes=40)
    token = sealed(sealer(limits=little), bytes(1000))
    assert opened(ring(limits=little), token) == bytes(1000)
    long = {"typ": "x" * 40}
    with pytest.raises(TokenTooLargeError) as caught:
        sealed(sealer(limits=little), b"", header=long)
    assert caught.value == TokenTooLargeError("header_bytes", 40, 81)
    token = sealed(sealer(), b"", header=long)
    error = refused(ring(limits=little), token)
    assert isinstance(error, TokenTooLargeError)
    assert (error.limit, error.maximum) == ("header_bytes", 40)


def test_the_longest_header_key_and_iv_are_read_and_nothing_longer():
    header = b'{"alg":"A128KW","enc":"A128GCM","x":"%s"}'
    header %= b"x" * (Limits().header_bytes - len(header) + 2)
    assert len(header) == Limits().header_bytes
    token = forge.Token(header, bytes(2048), bytes(16), b"", bytes(32))
    error = MalformedTokenError("iv, ciphertext or tag has a length that enc does not make")
    assert refused(ring(), str(token).encode()) == error
    for longer in (token._replace(encrypted_key=bytes(2049)), token._replace(iv=bytes(17))):
        assert "does not begin" in str(refused(ring(), str(longer).encode()))
    assert "does not end" in str(refused(ring(), str(token._replace(tag=bytes(33))).encode()))
    longer = token._replace(header=header + b" ")
    assert refused(ring(), str(longer).encode()) == TokenTooLargeError("header_bytes", 16_384)


@pytest.mark.parametrize("size", [-1, True, 1.0, "1"])
def test_plaintext_bytes_must_be_a_size(size):
    wrong = ValueError if size == -1 else TypeError
    for act in (
        lambda: sealed(sealer(), b"", plaintext_bytes=size),
        lambda: opened(ring(), token_of("A128GCM", 1), plaintext_bytes=size),
    ):
        with pytest.raises(wrong, match="plaintext_bytes"):
            act()


# Fingerprints


CHUNKS = [forge.draw(f"chunk {number}", 40) for number in range(3)]


def seen(chunks):
    fingerprints = Fingerprints()
    assert list(fingerprints.taken(chunks)) == chunks
    return fingerprints


@pytest.mark.parametrize("chunks", [[], CHUNKS[:1], CHUNKS, [b"", b""]])
def test_what_has_not_changed_passes_as_often_as_it_is_read(chunks):
    fingerprints = seen(chunks)
    for _ in range(2):
        assert list(fingerprints.unchanged(chunks)) == chunks


CHANGED = {
    "a bit": [CHUNKS[0], bytes([CHUNKS[1][0] ^ 1]) + CHUNKS[1][1:], CHUNKS[2]],
    "shorter": [CHUNKS[0], CHUNKS[1][:-1], CHUNKS[2]],
    "longer": [CHUNKS[0], CHUNKS[1] + b"\0", CHUNKS[2]],
    "the place": [CHUNKS[0], CHUNKS[2], CHUNKS[1]],
    "twice": [CHUNKS[0], CHUNKS[0], CHUNKS[1], CHUNKS[2]],
}


@pytest.mark.parametrize("chunks", CHANGED.values(), ids=CHANGED)
def test_nothing_passes_from_the_first_change_on(chunks):
    passing = seen(CHUNKS).unchanged(chunks)
    assert next(passing) == CHUNKS[0]
    with pytest.raises(DecryptionError):
        next(passing)


def test_one_chunk_more_does_not_pass():
    with pytest.raises(DecryptionError):
        list(seen(CHUNKS).unchanged([*CHUNKS, b""]))


def test_each_source_has_a_key_of_its_own():
    one, other = seen(CHUNKS), seen(CHUNKS)
    one._key = other._key
    with pytest.raises(DecryptionError):
        list(one.unchanged(CHUNKS))


# Sources that change


class Changing(io.BytesIO):
    """A token that becomes another before one of its reads."""

    def __init__(self, token, other=b"", before=0):
        super().__init__(token)
        self.other, self.before, self.reads, self.heads = other, before, 0, []

    def read(self, size=-1, /):
        self.reads += 1
        if self.reads == self.before:
            place = self.tell()
            self.seek(0)
            self.truncate()
            self.write(self.other)
            self.seek(place)
        if self.tell() == 0:
            self.heads.append(self.reads)
        return super().read(size)


OTHER = forge.draw("other", 201)


def changed(token, enc):
    """Yield changes of a token, with whether more than its ciphertext is another."""
    start, end = token.rindex(b".", 0, token.rindex(b".")) + 1, token.rindex(b".")
    for at in (start, start + 64, start + 130, end - 5, end + 1):
        letter = b"B" if token[at : at + 1] == b"A" else b"A"
        yield token[:at] + letter + token[at + 1 :], at > end
    for other in (token[: start + 64], token[:-1], token + b"\n", token + b"A", b""):
        yield other, True
    other = str(forge.token("A128KW", enc, OTHER)).encode()
    yield other, True
    yield other[: other.index(b".")] + b"A" + token[token.index(b".") :], True
    yield forge.b64(b'{"alg":"A128KW"}').encode() + token[token.index(b".") :], True


@pytest.mark.parametrize("enc", ["A128CBC-HS256", "A256GCM"])
def test_a_source_that_changes_at_any_read_releases_nothing_that_was_not_authenticated(
    enc, small_chunks
):
    token, plaintext = token_of(enc, 200), forge.draw("plaintext", 200)
    unchanged = Changing(token)
    decrypt_stream(ring(enc), unchanged, io.BytesIO())
    _, second_pass = unchanged.heads
    ends = set()
    for other, has_another_frame in changed(token, enc):
        for before in range(1, unchanged.reads + 1):
            source, target = Changing(token, other, before), io.BytesIO()
            try:
                decrypt_stream(ring(enc), source, target)
                end = "ok"
            except TokenError as error:
                end = error.code
            found = target.getvalue()
            assert plaintext.startswith(found) or OTHER.startswith(found)
            assert (end == "ok") == (found in {plaintext, OTHER})
            if before >= second_pass:
                assert end in {"ok", "undecryptable"}
                assert plaintext.startswith(found)
            if before == second_pass:
                assert end == "undecryptable"
                assert found == b"" or not has_another_frame
            ends.add((end, 0 < len(found) < 200))
    assert ends >= {("ok", False), ("undecryptable", False), ("undecryptable", True)}


def test_a_source_that_shrinks_under_the_first_pass_is_the_one_failure():
    token = token_of("A128GCM")
    # Head, tail in two reads, and the first chunk.
    source = Changing(token, token[: len(token) // 2], 5)
    assert refused(ring(), source) == DecryptionError()


def test_a_ciphertext_that_is_gone_in_the_first_pass_is_that_failure_under_its_own_tag_too():
    enc = "A128CBC-HS256"
    empty = forge.token("A128KW", enc, padded=b"")
    token = str(empty._replace(ciphertext=bytes(32))).encode()
    start = token.rindex(b".", 0, token.rindex(b".")) + 1
    # Head, tail in two reads, and the first chunk.
    assert refused(ring(enc), Changing(token, token[:start], 4)) == DecryptionError()


def test_a_source_that_is_no_token_in_the_second_pass_is_that_failure():
    token = token_of("A128GCM", 9)
    unchanged = Changing(token)
    decrypt_stream(ring(), unchanged, io.BytesIO())
    for other in (b"", b"....", b"x" * 30_000):
        source = Changing(token, other, unchanged.heads[-1])
        assert refused(ring(), source) == DecryptionError()


# Files of every kind


class Stingy(io.RawIOBase):
    """A raw file that gives and takes at most 1000 bytes at once."""

    def __init__(self, raw=b""):
        self.file = io.BytesIO(raw)

    def readable(self):
        return True

    def seekable(self):
        return True

    def seek(self, offset, whence=0, /):
        return self.file.seek(offset, whence)

    def read(self, size=-1, /):
        return self.file.read(min(size, 1000))

    def write(self, raw, /):
        return self.file.write(raw[:1000])


@pytest.mark.parametrize("enc", ["A128CBC-HS256", "A256GCM"])
def test_short_reads_and_short_writes_lose_nothing(enc):
    plaintext, token, back = forge.draw("plaintext", LONG), Stingy(), Stingy()
    encrypt_stream(sealer(enc), Stingy(plaintext), token)
    assert ring(enc).decrypt(token.file.getvalue()) == plaintext
    decrypt_stream(ring(enc), token_at_start(token), back)
    assert back.file.getvalue() == plaintext


def token_at_start(file):
    file.seek(0)
    return file


def test_a_pipe_is_sealed_and_not_opened():
    reading, writing = os.pipe()
    with os.fdopen(reading, "rb", buffering=0) as source:
        with os.fdopen(writing, "wb") as feeding:
            feeding.write(b"x" * 1000)
        token = io.BytesIO()
        encrypt_stream(sealer(), source, token)
        assert opened(ring(), token.getvalue()) == b"x" * 1000
        with pytest.raises(ValueError, match="seekable"):
            decrypt_stream(ring(), source, io.BytesIO())


def test_a_file_that_does_not_block_is_no_end_of_a_token():
    reading, writing = os.pipe()
    os.set_blocking(reading, False)
    os.set_blocking(writing, False)
    raw = {"buffering": 0}
    with os.fdopen(reading, "rb", **raw) as source, os.fdopen(writing, "wb", **raw) as target:
        with pytest.raises(BlockingIOError):
            encrypt_stream(sealer(), source, io.BytesIO())
        with pytest.raises(BlockingIOError):
            encrypt_stream(sealer(), io.BytesIO(bytes(LONG)), target)


class Odd:
    """No file at all."""


@pytest.mark.parametrize("wrong", [io.StringIO("x"), Odd(), None, b"x", "x", Path("x")])
def test_what_is_no_binary_file_is_a_type_error(wrong):
    with pytest.raises(TypeError, match="source must be a binary file"):
        encrypt_stream(sealer(), wrong, io.BytesIO())
    with pytest.raises(TypeError, match="target must be a binary file"):
        encrypt_stream(sealer(), io.BytesIO(), wrong)
    with pytest.raises(TypeError, match="source must be a binary file"):
        decrypt_stream(ring(), wrong, io.BytesIO())
    with pytest.raises(TypeError, match="target must be a binary file"):
        decrypt_stream(ring(), io.BytesIO(), wrong)


def test_a_source_that_gives_text_is_a_type_error():
    class Text(Stingy):
        def read(self, size=-1, /):
            return "text"

    with pytest.raises(TypeError, match="source must be a binary file"):
        encrypt_stream(sealer(), Text(), io.BytesIO())


def test_an_object_of_the_wrong_direction_is_a_type_error(tmp_path):
    for act, wrong in ((encrypt_stream, ring()), (decrypt_stream, sealer())):
        with pytest.raises(TypeError, match=r"must be an? (En|De)crypter"):
            act(wrong, io.BytesIO(), io.BytesIO())


def test_what_a_file_raises_reaches_the_caller_and_no_local_of_ours_with_it():
    failure = OSError(errno.EIO, "the disk")

    class Broken(Stingy):
        def read(self, size=-1, /):
            raise failure

        def write(self, raw, /):
            raise failure

    token = token_of("A128GCM")
    for act in (
        lambda: encrypt_stream(sealer(), Broken(), io.BytesIO()),
        lambda: encrypt_stream(sealer(), io.BytesIO(b"x"), Broken()),
        lambda: decrypt_stream(ring(), Broken(), io.BytesIO()),
        lambda: decrypt_stream(ring(), io.BytesIO(token), Broken()),
    ):
        with pytest.raises(OSError, match="the disk") as caught:
            act()
        assert caught.value is failure
        failure.__traceback__ = None
        guarded, *inner, last = [entry.frame for entry in caught.traceback[2:]]
        assert (guarded.code.name, last.code.name in {"read", "write"}) == ("guarded", True)
        assert [frame.f_locals for frame in inner] == [{}] * len(inner)


@pytest.mark.skipif(not FULL.exists(), reason="a device of Linux")
def test_a_full_device_is_an_error_and_leaves_no_thread(monkeypatch):
    monkeypatch.setattr(content_chunked, "can_overlap", lambda size: True)
    before = threading.enumerate()
    with FULL.open("wb", buffering=0) as full:
        for act in (
            lambda: encrypt_stream(sealer("A128CBC-HS256"), io.BytesIO(bytes(LONG)), full),
            lambda: decrypt_stream(ring(), io.BytesIO(token_of("A128GCM")), full),
        ):
            with pytest.raises(OSError, match=re.escape(os.strerror(errno.ENOSPC))):
                act()
    assert set(threading.enumerate()) <= set(before)


@pytest.mark.parametrize("enc", ["A256CBC-HS512", "A256GCM"])
def test_objects_are_shared_between_threads(enc, monkeypatch):
    monkeypatch.setattr(content_chunked, "can_overlap", lambda size: True)
    encrypter, decrypter = sealer(enc), ring(enc)
    plaintexts = [forge.draw(f"plaintext {number}", LONG + number) for number in range(6)]

    def there_and_back(plaintext):
        return opened(decrypter, sealed(encrypter, plaintext))

    before = threading.enumerate()
    with ThreadPoolExecutor(3) as pool:
        assert list(pool.map(there_and_back, plaintexts)) == plaintexts
    assert set(threading.enumerate()) <= set(before)


class Zeros(io.RawIOBase):
    """A plaintext that is nowhere in memory."""

    def __init__(self, size):
        self.left = size

    def read(self, size=-1, /):
        size = min(size, self.left)
        self.left -= size
        return bytes(size)


def peak_of(act):
    tracemalloc.start()
    try:
        act()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_memory_does_not_grow_with_the_token(tmp_path):
    size, enc = 16 * 1024 * 1024, "A256CBC-HS512"
    token = tmp_path / "token"
    with token.open("wb", buffering=0) as target:
        assert peak_of(lambda: encrypt_stream(sealer(enc), Zeros(size), target)) < size / 4
    assert token.stat().st_size > size
    with token.open("rb", buffering=0) as source, Path(os.devnull).open("wb") as nowhere:
        assert peak_of(lambda: decrypt_stream(ring(enc), source, nowhere)) < size / 4


# Paths


@pytest.mark.parametrize("kind", [str, Path])
def test_files_go_there_and_back(tmp_path, kind):
    plaintext = forge.draw("plaintext", LONG)
    places = [kind(tmp_path / name) for name in ("plaintext", "token", "back")]
    Path(places[0]).write_bytes(plaintext)
    encrypt_file(sealer(), places[0], places[1], header={"iat": 1})
    decrypt_file(ring(), places[1], places[2])
    assert Path(places[2]).read_bytes() == plaintext
    assert ring().open(Path(places[1]).read_bytes()).header["iat"] == 1
    assert len(list(tmp_path.iterdir())) == 3


def test_a_file_may_take_its_own_place(tmp_path):
    place = tmp_path / "file"
    place.write_bytes(b"x")
    encrypt_file(sealer(), place, place)
    assert ring().decrypt(place.read_bytes()) == b"x"
    decrypt_file(ring(), place, place)
    assert place.read_bytes() == b"x"


@pytest.fixture
def folder(tmp_path):
    """A folder with a plaintext, a good and a bad token, and a target that is there already."""
    (tmp_path / "plaintext").write_bytes(bytes(LONG))
    (tmp_path / "token").write_bytes(token_of("A128GCM"))
    (tmp_path / "bad").write_bytes(token_of("A128GCM", name="another"))
    (tmp_path / "target").write_bytes(b"as it was")
    return tmp_path


ACTS = [(encrypt_file, sealer(), "plaintext"), (decrypt_file, ring(), "token")]


@contextmanager
def untouched(folder):
    def state():
        return {path.name: (path.lstat().st_ino, path.lstat().st_size) for path in folder.iterdir()}

    before = state()
    yield
    assert state() == before
    assert (folder / "target").read_bytes() == b"as it was"


@pytest.mark.parametrize(("act", "prepared", "source"), ACTS)
def test_the_new_file_is_private_from_its_creation(folder, monkeypatch, act, prepared, source):
    seen = []

    def fsync(descriptor):
        status = os.fstat(descriptor)
        beside = [path for path in folder.iterdir() if path.name.startswith(".joseal-")]
        seen.append((stat.S_ISDIR(status.st_mode), len(beside)))
        if beside:
            assert status.st_ino == beside[0].stat().st_ino
            assert (folder / "target").read_bytes() == b"as it was"

    monkeypatch.setattr(os, "fsync", fsync)
    (folder / "target").chmod(0o644)
    monkeypatch.setattr(os, "fchmod", None)
    monkeypatch.setattr(os, "chmod", None)
    mask = os.umask(0)
    try:
        act(prepared, folder / source, folder / "target")
    finally:
        os.umask(mask)
    # The file before it is renamed, the directory after that.
    assert seen == [(False, 1), (True, 0)]
    assert stat.S_IMODE((folder / "target").stat().st_mode) == 0o600
    assert len(list(folder.iterdir())) == 4


def test_a_bad_token_leaves_the_target_as_it_was(folder):
    with untouched(folder), pytest.raises(DecryptionError):
        decrypt_file(ring(), folder / "bad", folder / "target")
    with untouched(folder), pytest.raises(TokenTooLargeError):
        decrypt_file(ring(), folder / "token", folder / "target", plaintext_bytes=1)
    with untouched(folder), pytest.raises(TokenTooLargeError):
        encrypt_file(sealer(), folder / "token", folder / "target", plaintext_bytes=1)


@pytest.mark.parametrize(("act", "prepared", "source"), ACTS)
def test_whatever_interrupts_leaves_the_target_as_it_was(
    folder, monkeypatch, act, prepared, source
):
    for failure in (KeyboardInterrupt(), OSError("the disk"), SystemExit()):

        def fsync(descriptor, failure=failure):
            raise failure

        monkeypatch.setattr(os, "fsync", fsync)
        with untouched(folder), pytest.raises(type(failure)) as caught:
            act(prepared, folder / source, folder / "target")
        assert caught.value is failure


@pytest.mark.parametrize(("act", "prepared", "source"), ACTS)
def test_a_directory_that_can_not_be_flushed_is_found_before_anything_is_written(
    folder, monkeypatch, act, prepared, source
):
    system = os.open

    def opened(path, flags, *more, **named):
        if flags & os.O_DIRECTORY:
            raise PermissionError(errno.EACCES, "no list of this directory")
        return system(path, flags, *more, **named)

    monkeypatch.setattr(os, "open", opened)
    with untouched(folder), pytest.raises(PermissionError):
        act(prepared, folder / source, folder / "target")


def test_an_interrupt_in_the_middle_leaves_the_target_as_it_was(folder):
    class Interrupting(dict):
        def __iter__(self):
            signal.raise_signal(signal.SIGINT)

    with untouched(folder), pytest.raises(KeyboardInterrupt):
        encrypt_file(sealer(), folder / "plaintext", folder / "target", header=Interrupting(a=1))


@pytest.mark.parametrize(("act", "prepared", "source"), ACTS)
def test_a_full_disk_leaves_the_target_as_it_was(folder, act, prepared, source):
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    # A limit on the size of files fails as a full disk does: in the middle, with a short write.
    resource.setrlimit(resource.RLIMIT_FSIZE, (LONG // 2, before[1]))
    try:
        with untouched(folder), pytest.raises(OSError, match=os.strerror(errno.EFBIG)):
            act(prepared, folder / source, folder / "target")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize(("act", "prepared", "source"), ACTS)
def test_what_is_no_regular_file_is_not_replaced(folder, act, prepared, source):
    link, dangling, directory = (folder / name for name in ("link", "dangling", "directory"))
    link.symlink_to(folder / "target")
    dangling.symlink_to(folder / "nothing")
    directory.mkdir()
    os.mkfifo(folder / "fifo")
    for target in (link, dangling, directory, folder / "fifo", os.devnull):
        with untouched(folder), pytest.raises(ValueError, match="not a regular file"):
            act(prepared, folder / source, target)


def test_paths_that_lead_nowhere_are_errors_of_the_system(folder):
    with untouched(folder):
        with pytest.raises(FileNotFoundError):
            encrypt_file(sealer(), folder / "nothing", folder / "target")
        with pytest.raises(FileNotFoundError):
            encrypt_file(sealer(), folder / "plaintext", folder / "nowhere" / "target")
        with pytest.raises(IsADirectoryError):
            encrypt_file(sealer(), folder, folder / "target")


@pytest.mark.parametrize("wrong", [b"x", 3, None, io.BytesIO()])
def test_what_is_no_path_is_a_type_error(folder, wrong):
    with untouched(folder):
        for paths in ((wrong, folder / "target"), (folder / "plaintext", wrong)):
            with pytest.raises(TypeError):
                encrypt_file(sealer(), *paths)
            with pytest.raises(TypeError):
                decrypt_file(ring(), *paths)


@pytest.mark.parametrize("told", [-1, -(2**70), 10**6])
def test_a_target_that_tells_a_size_that_can_not_be_is_an_error(told):
    """Gone on with, a negative one would be written for ever, and a large one left out."""

    class Lying(io.BytesIO):
        def write(self, raw):
            super().write(raw)
            return told

    with pytest.raises(OSError, match="size"):
        encrypt_stream(sealer(), io.BytesIO(b"x" * 100), Lying())
