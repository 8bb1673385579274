"""`zip: DEF`: RFC 7516 section 4.1.3, RFC 1951; the cap of RFC 8725 and its successor."""

import tracemalloc
import zlib

import pytest
from tests.helpers.rows import each_row

from joseal._core.algorithms.deflate import deflate, inflate

RAW = -15


def raw(data, level=9):
    compressor = zlib.compressobj(level, zlib.DEFLATED, RAW)
    return compressor.compress(data) + compressor.flush()


DATA = [b"", b"a", b"{}", bytes(1000), bytes(range(256)) * 40, b"x" * 65536]


@pytest.mark.parametrize("data", DATA, ids=len)
def test_what_is_deflated_is_one_raw_stream(data):
    assert zlib.decompress(deflate(data), RAW) == data
    assert inflate(deflate(data), len(data) or 1) == data


@each_row("level", range(10))
def test_every_level_of_a_sender_inflates(level):
    data = bytes(range(256)) * 40
    assert inflate(raw(data, level), len(data)) == data


@each_row("size", [1, 2, 1000, 32768, 65536])
@each_row("level", [0, 9])
def test_cap_is_exact(size, level):
    stream = raw(bytes(size), level)
    assert inflate(stream, size) == bytes(size)
    assert inflate(stream, size + 1) == bytes(size)
    assert len(inflate(stream, size - 1)) == size


def test_bomb_costs_no_more_than_the_cap():
    """A quarter of a megabyte that would become a quarter of a gigabyte."""
    most_bytes = 256 * 1024
    compressor = zlib.compressobj(9, zlib.DEFLATED, RAW)
    chunk = bytes(2**20)
    bomb = b"".join(compressor.compress(chunk) for _ in range(256)) + compressor.flush()
    assert len(bomb) < 300_000
    tracemalloc.start()
    try:
        assert len(inflate(bomb, most_bytes)) == most_bytes + 1
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 4 * most_bytes


@pytest.mark.parametrize("data", DATA, ids=len)
def test_truncated_stream_is_nothing(data):
    stream = raw(data)
    for end in {0, 1, len(stream) // 2, len(stream) - 1} - {len(stream)}:
        assert inflate(stream[:end], 2**20) is None


@each_row("data", DATA, ids=len)
@each_row("tail", [b"\0", b"x", raw(b""), raw(b"more"), bytes(100)])
def test_bytes_behind_the_stream_are_refused(data, tail):
    assert inflate(raw(data) + tail, 2**20) is None


@pytest.mark.parametrize("tail", [b"\0", raw(b"more")])
def test_bytes_behind_a_stream_that_fills_the_cap_are_refused(tail):
    """The end of the stream is reached even where nothing more comes out."""
    for size in (1, 1000, 32768):
        assert inflate(raw(bytes(size)) + tail, size) is None


def test_stream_that_ends_in_an_empty_block_fits_its_cap():
    compressor = zlib.compressobj(9, zlib.DEFLATED, RAW)
    stream = compressor.compress(b"abc") + compressor.flush(zlib.Z_FULL_FLUSH)
    stream += compressor.flush(zlib.Z_FULL_FLUSH) + compressor.flush()
    assert inflate(stream, 3) == b"abc"


@pytest.mark.parametrize(
    "data", [zlib.compress(b"abc"), b"\x1f\x8b\x08" + bytes(20), b"\xff" * 10, b"plain text"]
)
def test_other_formats_are_nothing(data):
    assert inflate(data, 2**20) is None


def test_stream_that_is_never_finished_is_nothing():
    compressor = zlib.compressobj(9, zlib.DEFLATED, RAW)
    stream = compressor.compress(b"abc") + compressor.flush(zlib.Z_SYNC_FLUSH)
    assert inflate(stream, 2**20) is None


def test_stream_over_the_cap_is_told_by_its_length_whatever_is_behind():
    """Nothing after the cap is looked at: neither an end, nor bytes behind it, nor damage."""
    stream = raw(bytes(1000), 0)
    for damaged in (stream, stream + b"tail", stream[:-1], stream[:600] + b"\xff" * 50):
        assert inflate(damaged, 100) == bytes(101)
