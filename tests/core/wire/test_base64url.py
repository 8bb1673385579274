"""Canonical base64url: one byte string has one encoding. RFC 7515 section 2, RFC 4648."""

import itertools
import string

import pytest
from tests.helpers.rows import each_row

from joseal._core.wire import base64url

ALPHABET = (string.ascii_letters + string.digits + "-_").encode()
FOREIGN = [one_byte for one_byte in range(256) if one_byte not in ALPHABET]


@each_row(
    ("raw", "text"),
    [
        (b"", b""),
        (b"f", b"Zg"),
        (b"fo", b"Zm8"),
        (b"foo", b"Zm9v"),
        (b"foob", b"Zm9vYg"),
        (b"fooba", b"Zm9vYmE"),
        (b"foobar", b"Zm9vYmFy"),
        (bytes([3, 236, 255, 224, 193]), b"A-z_4ME"),
    ],
)
def test_figures_of_the_rfcs(raw, text):
    """RFC 4648 section 10 without padding, RFC 7515 appendix C."""
    assert base64url.encode(raw) == text
    assert base64url.decode(text) == raw


def test_every_tail_of_one_byte_has_one_encoding():
    found = {}
    for pair in itertools.product(range(256), repeat=2):
        raw = base64url.decode(bytes(pair))
        if raw is not None:
            assert base64url.encode(raw) == bytes(pair)
            found[raw] = pair
    assert set(found) == {bytes((one_byte,)) for one_byte in range(256)}


def test_every_tail_of_two_bytes_has_one_encoding():
    found = set()
    for triple in itertools.product(ALPHABET, repeat=3):
        raw = base64url.decode(bytes(triple))
        if raw is not None:
            assert base64url.encode(raw) == bytes(triple)
            found.add(raw)
    assert len(found) == 65536


@each_row("size", [0, 1, 2, 3, 4, 30, 31, 32, 33, 47, 48, 49, 1000, 1001, 1002])
def test_round_trip_at_the_sizes_where_decoders_switch_paths(size):
    raw = bytes(index * 7 & 255 for index in range(size))
    segment = base64url.encode(raw)
    assert base64url.decode(segment) == raw
    assert base64url.encoded_bytes(size) == len(segment)


@pytest.mark.parametrize("length", [2, 3, 4, 7, 64, 66, 131])
def test_foreign_character_is_refused_at_every_place(length):
    good = b"A" * length
    assert base64url.decode(good) is not None
    for place in range(length):
        for one_byte in FOREIGN:
            assert base64url.decode(good[:place] + bytes((one_byte,)) + good[place + 1 :]) is None


@pytest.mark.parametrize("good", [b"", b"Zg", b"Zm8", b"Zm9v", b"A" * 64])
def test_foreign_characters_are_not_skipped(good):
    """Four of them: a decoder that skips them still finds whole quanta."""
    assert base64url.decode(good) is not None
    for one_byte in FOREIGN:
        for place in (0, len(good) // 2, len(good)):
            segment = good[:place] + bytes((one_byte,)) * 4 + good[place:]
            assert base64url.decode(segment) is None


@pytest.mark.parametrize("length", [1, 5, 9, 65, 1001])
def test_impossible_length_is_refused(length):
    assert base64url.decode(b"A" * length) is None


@each_row(
    "segment",
    [
        b"Zg==",
        b"Zm8=",
        b"=",
        b"====",
        b"Zg=",
        b"Zm9v\n",
        b"\nZm9v",
        b" Zm9v",
        b"Zm9v ",
        b"Zm\n9v",
        b"Zm9v====",
        b"Zm9vYg==Zm9v",
        b"Zm9vYg\x00\x00",
    ],
)
def test_padding_and_white_space_are_refused(segment):
    assert base64url.decode(segment) is None


@pytest.mark.parametrize(
    ("canonical", "others"), [(b"Zg", b"Zh Zi Zo Zv"), (b"Zm8", b"Zm9 Zm- Zm_")]
)
def test_trailing_bits_must_be_zero(canonical, others):
    assert base64url.decode(canonical) is not None
    for other in others.split():
        assert base64url.decode(other) is None
        assert base64url.decode(b"AAAA" + other) is None


@each_row("cut", [[], [0], [1], [2], [3], [1, 1, 1], [2, 2, 2], [4, 0, 5], [7, 30]])
def test_chunks_of_any_size_are_encoded_as_the_whole(cut):
    for size in range(50):
        raw = bytes(index * 7 & 255 for index in range(size))
        places = [0, *itertools.accumulate(cut)]
        chunks = [raw[at : at + take] for at, take in zip(places, cut, strict=False)]
        chunks.append(raw[places[-1] :])
        assert "".join(base64url.encode_chunks(chunks)) == base64url.encode(raw).decode()


def test_no_chunk_is_encoded_as_nothing():
    assert "".join(base64url.encode_chunks([])) == ""


@each_row(
    "segments",
    [
        (b"AA", b"", b"AAAA", b"AAA"),
        (b"", b"", b"", b""),
        (b"AB",),
        (b"AAAA", b"A"),
        (b"AA", b"AA="),
        (b"AA", b"A+AA"),
        (b"A/AA", b"AA"),
        (b"AA", b"!!!!"),
        (b"-_-_", b"_w"),
    ],
)
def test_several_segments_are_decoded_as_each_alone(segments):
    each = [base64url.decode(segment) for segment in segments]
    assert base64url.decode_all(segments) == (None if None in each else each)


@pytest.mark.parametrize("sizes", [(0, 0, 0, 0), (1, 2, 3, 4), (256, 16, 304, 32), (40, 12, 1, 16)])
def test_segments_are_joined_as_each_is_encoded_alone(sizes):
    raw = [bytes(range(256))[-size:] * (size > 0) for size in sizes]
    expected = b".".join((b"head", *map(base64url.encode, raw))).decode()
    assert base64url.join(b"head", *raw) == expected
