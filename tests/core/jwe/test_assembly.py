"""A token made of all its inputs: at once, or from a size on chunk by chunk. RFC 7516 section 5.1."""

import pytest
from tests.helpers import forge

from joseal._core import assembly, decryption
from joseal._core.algorithms import content_chunked, content_encryption
from joseal._core.algorithms.registry import ENCS
from joseal._core.wire import base64url

LARGE = 64 * 1024
NAMES = list(ENCS)


def material(name):
    enc = ENCS[name]
    return enc, forge.draw("cek", enc.cek_bytes), forge.draw("iv", enc.iv_bytes)


def sealed(name, plaintext):
    enc, cek, iv = material(name)
    return assembly.assemble(enc, assembly.TokenStart(b"e30", cek, b"key", iv), plaintext)


def expected(name, plaintext):
    enc, cek, iv = material(name)
    parts = b"key", iv, *content_encryption.seal(enc, cek, iv, b"e30", plaintext)
    return b".".join((b"e30", *map(base64url.encode, parts))).decode("ascii")


@pytest.fixture
def calls(monkeypatch):
    """Note what is done chunk by chunk, and how many pieces a token is made to grow by."""
    made = {"chunked": 0, "overlap": [], "at a time": []}

    class Noting(content_chunked.ChunkedEncryption):
        __slots__ = ()

        def encrypt(self, chunks, *, overlap):
            made["chunked"] += 1
            made["overlap"].append(overlap)
            return super().encrypt(chunks, overlap=overlap)

    def noting(pieces, at_a_time):
        made["at a time"].append(at_a_time)
        return islice(pieces, at_a_time)

    islice = assembly.islice
    monkeypatch.setattr(content_chunked, "ChunkedEncryption", Noting)
    monkeypatch.setattr(assembly, "islice", noting)
    return made


@pytest.mark.parametrize("name", NAMES)
def test_chunks_begin_at_64_kibibytes_for_all_but_the_drafts(name, calls):
    for size, chunks in ((LARGE - 1, 0), (LARGE, 1), (LARGE + 1, 2)):
        plaintext = forge.draw("plaintext", size)
        assert sealed(name, plaintext) == expected(name, plaintext)
        assert calls["chunked"] == (0 if name in {"C20P", "XC20P"} else chunks)


@pytest.mark.parametrize("overlap", [True, False])
def test_a_second_thread_is_used_where_it_is_faster(monkeypatch, calls, overlap):
    asked = []
    monkeypatch.setattr(content_chunked, "can_overlap", lambda size: asked.append(size) or overlap)
    sealed("A256CBC-HS512", bytes(LARGE + 5))
    assert asked == [LARGE + 5]
    assert calls["overlap"] == [overlap]


@pytest.mark.parametrize("name", ["A128CBC-HS256", "A128GCM"])
def test_a_token_grows_by_more_at_a_time_the_longer_it_is(name, monkeypatch, calls):
    """Fewer than 128 chunks one by one, more of them so many at a time that additions stay few."""
    for chunks, at_a_time in ((127, 1), (128, 2), (255, 2), (256, 3), (640, 6)):
        monkeypatch.setattr(content_chunked, "CHUNK_BYTES", LARGE // chunks // 48 * 48 + 48)
        size = chunks * content_chunked.CHUNK_BYTES
        plaintext = forge.draw("plaintext", size)
        assert sealed(name, plaintext) == expected(name, plaintext)
        assert set(calls["at a time"]) == {at_a_time}
        # The last one finds nothing more.
        assert len(calls["at a time"]) - 1 <= 128 + 2
        calls["at a time"].clear()


def test_the_key_of_an_unwrapping_counts_only_if_it_has_the_size():
    enc = ENCS["A128GCM"]
    assert decryption.cek_or_random(enc, lambda: b"k" * 16) == b"k" * 16
    for outcome in (None, b"", b"k" * 15, b"k" * 17, b"k" * 32):
        drawn = [decryption.cek_or_random(enc, lambda outcome=outcome: outcome) for _ in range(2)]
        assert [len(key) for key in drawn] == [16, 16]
        assert drawn[0] != drawn[1]
        assert outcome not in drawn


def test_what_a_token_begins_with_shows_no_cek():
    start = assembly.TokenStart(b"e30", b"4111", b"4111", b"4111")
    assert (repr(start), str(start)) == ("TokenStart(...)",) * 2
