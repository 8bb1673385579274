"""Chunk by chunk is the same as at once. RFC 7518 sections 5.2 and 5.3."""

import os
import sys
import threading

import pytest
from tests.helpers import forge

from joseal._core.algorithms import content_chunked, content_encryption
from joseal._core.algorithms.content_chunked import CHUNK_BYTES, ChunkedEncryption
from joseal._core.algorithms.registry import ENCS

AAD = b"eyJhbGciOiJkaXIifQ"
NAMES = [name for name in ENCS if content_chunked.can_chunk(ENCS[name])]
SIZES = [0, 1, 15, 16, 17, 47, 48, 49]
SPLITS = [[], [0], [1], [16], [15, 1], [17, 31], [48, 48], [5, 0, 5, 0], [1] * 33]


def material(name):
    enc = ENCS[name]
    return enc, forge.draw("cek", enc.cek_bytes), forge.draw("iv", enc.iv_bytes)


def pieces(raw, sizes):
    places = [sum(sizes[:number]) for number in range(len(sizes) + 1)]
    cut = [raw[at : at + size] for at, size in zip(places, sizes, strict=False)]
    return [*cut, raw[places[-1] :]]


def flip(raw, place):
    changed = bytearray(raw)
    changed[place] ^= 1
    return bytes(changed)


def seal(name, chunks, *, overlap=False):
    enc, cek, iv = material(name)
    sealing = ChunkedEncryption(enc, cek, iv, AAD)
    return b"".join(sealing.encrypt(chunks, overlap=overlap)), sealing.tag


def check(name, chunks, tag, **changed):
    enc, cek, iv = material(name)
    return content_chunked.authenticate(
        enc, cek, chunks, **{"iv": iv, "aad": AAD, "tag": tag, **changed}
    )


def test_all_but_the_drafts_can_be_chunked():
    assert {name for name in ENCS if not content_chunked.can_chunk(ENCS[name])} == {"C20P", "XC20P"}


@pytest.mark.parametrize("name", NAMES)
def test_any_cut_gives_the_ciphertext_of_the_whole(name):
    enc, cek, iv = material(name)
    for size in SIZES:
        plaintext = forge.draw("plaintext", size)
        whole = content_encryption.seal(enc, cek, iv, AAD, plaintext)
        for sizes in SPLITS:
            for overlap in (False, True):
                assert seal(name, pieces(plaintext, sizes), overlap=overlap) == whole


@pytest.mark.parametrize("name", NAMES)
def test_any_cut_of_the_ciphertext_opens(name):
    enc, cek, iv = material(name)
    for size in SIZES:
        plaintext = forge.draw("plaintext", size)
        ciphertext, tag = content_encryption.seal(enc, cek, iv, AAD, plaintext)
        for sizes in SPLITS:
            assert check(name, pieces(ciphertext, sizes), tag) == size
            opened = content_chunked.decrypt_authenticated(
                enc, cek, pieces(ciphertext, sizes), iv=iv, size=size
            )
            assert b"".join(opened) == plaintext


@pytest.mark.parametrize("name", NAMES)
def test_what_was_changed_is_refused(name):
    ciphertext, tag = seal(name, [forge.draw("plaintext", 100)])
    _, _, iv = material(name)
    assert check(name, [ciphertext], tag) == 100
    assert check(name, [ciphertext], flip(tag, 0)) is None
    assert check(name, [ciphertext], tag, aad=AAD + b"x") is None
    assert check(name, [ciphertext], tag, iv=flip(iv, 0)) is None
    for changed in (flip(ciphertext, 0), flip(ciphertext, -1), ciphertext[:-16]):
        assert check(name, [changed], tag) is None
    assert check(name, [ciphertext, bytes(16)], tag) is None


def test_bad_padding_under_a_good_tag_is_refused_wherever_the_last_block_was_cut():
    name = "A128CBC-HS256"
    _, cek, iv = material(name)
    for end in (b"\0", b"\x11", b"\x01\x02", b"\xfe" * 16):
        for blocks in (1, 2, 3):
            padded = (bytes(48) + end)[-16 * blocks :]
            ciphertext, tag = forge.seal_padded(name, cek, iv, AAD, padded)
            for sizes in ([], [16], [1, 15], [len(ciphertext) - 1]):
                assert check(name, pieces(ciphertext, sizes), tag) is None


def test_slices_are_all_of_the_bytes_without_a_copy():
    for size in (0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 3 * CHUNK_BYTES):
        raw = bytes(size)
        cut = list(content_chunked.slices(raw))
        assert all(len(piece) == CHUNK_BYTES for piece in cut[:-1])
        assert sum(map(len, cut)) == size
        assert all(piece.obj is raw for piece in cut)


@pytest.mark.parametrize(
    ("cores", "size", "expected"),
    [
        (2, 4 * 1024 * 1024, True),
        (3, 4 * 1024 * 1024 + 1, True),
        (2, 4 * 1024 * 1024 - 1, False),
        (1, 4 * 1024 * 1024, False),
        (1, 2**40, False),
        (64, 0, False),
    ],
)
def test_a_second_thread_is_for_four_mebibytes_and_two_cores(monkeypatch, cores, size, expected):
    monkeypatch.setattr(content_chunked, "_cores", lambda: cores)
    assert content_chunked.can_overlap(size) is expected


def test_cores_are_those_this_process_may_use(monkeypatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {1, 3, 5}, raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: 64)
    monkeypatch.setattr(sys, "platform", "linux")
    assert content_chunked._cores() == 3
    monkeypatch.setattr(sys, "platform", "darwin")
    assert content_chunked._cores() == 64
    monkeypatch.setattr(os, "cpu_count", lambda: None)
    assert content_chunked._cores() == 1


class Mac:
    """It notes who feeds it, and waits with the first chunk until the cipher is too far ahead."""

    def __init__(self):
        self.fed, self.threads, self.too_far = [], set(), threading.Event()

    def update(self, chunk):
        if not self.fed:
            self.too_far.wait(0.2)
        self.fed.append(chunk)
        self.threads.add(threading.current_thread().name)


def test_the_cipher_is_at_most_four_chunks_ahead_of_the_mac():
    mac = Mac()
    with content_chunked._fed(mac, overlap=True) as feed:
        for number in range(1, 20):
            feed(bytes(number))
            if number - len(mac.fed) > 4:
                mac.too_far.set()
    assert not mac.too_far.is_set()
    assert mac.fed == [bytes(number) for number in range(1, 20)]


def test_the_mac_is_fed_in_the_second_thread_or_in_this_one_never_in_both():
    for overlap, name in ((True, "joseal HMAC"), (False, threading.current_thread().name)):
        mac = Mac()
        mac.too_far.set()
        with content_chunked._fed(mac, overlap=overlap) as feed:
            feed(b"")
            feed(b"chunk")
            feed(b"")
            feed(b"another")
            assert len(threads()) == overlap
        assert [chunk for chunk in mac.fed if chunk] == [b"chunk", b"another"]
        assert mac.threads == {name}


def threads():
    return [thread for thread in threading.enumerate() if thread.name == "joseal HMAC"]


def test_the_second_thread_ends_with_its_token():
    seal("A256CBC-HS512", [bytes(CHUNK_BYTES)] * 10, overlap=True)
    assert threads() == []


def test_the_second_thread_ends_when_sealing_is_given_up():
    enc, cek, iv = material("A256CBC-HS512")
    chunks = ChunkedEncryption(enc, cek, iv, AAD).encrypt([bytes(CHUNK_BYTES)] * 10, overlap=True)
    next(chunks)
    (second,) = threads()
    assert second.daemon, "a program that is at its end does not wait for it"
    chunks.close()
    assert threads() == []


def test_the_second_thread_ends_when_the_source_fails():
    def source():
        yield bytes(CHUNK_BYTES)
        raise OSError("the source")

    with pytest.raises(OSError, match="the source"):
        seal("A256CBC-HS512", source(), overlap=True)
    assert threads() == []


def test_without_a_thread_to_be_had_the_work_is_done_here(monkeypatch):
    def refused(thread):
        raise RuntimeError("can't start new thread")

    chunks = [bytes(CHUNK_BYTES)] * 10
    whole = seal("A256CBC-HS512", chunks, overlap=True)
    monkeypatch.setattr(threading.Thread, "start", refused)
    assert seal("A256CBC-HS512", chunks, overlap=True) == whole


def test_the_second_thread_ends_when_an_interrupt_comes_as_it_starts(monkeypatch):
    start, started = threading.Thread.start, []

    def interrupted(thread):
        start(thread)
        started.append(thread)
        raise KeyboardInterrupt

    monkeypatch.setattr(threading.Thread, "start", interrupted)
    with pytest.raises(KeyboardInterrupt):
        seal("A256CBC-HS512", [bytes(CHUNK_BYTES)] * 10, overlap=True)
    started[0].join(10)
    assert threads() == []
