"""Memory that a thread keeps for large ciphertexts."""

import pytest

from joseal._core.wire import buffers


@pytest.fixture(autouse=True)
def fresh(monkeypatch):
    monkeypatch.setattr(buffers, "_LOCAL", buffers._Local())


def test_what_is_lent_has_the_size_that_was_asked_for():
    for size in (100, 0, 1, 99, 100, 101):
        assert len(buffers.lend(size)) == size


def test_memory_that_is_large_enough_is_lent_again_and_other_memory_is_fresh():
    place = buffers.lend(100).obj
    for size in (100, 99, 1, 0):
        assert buffers.lend(size).obj is place
    larger = buffers.lend(101).obj
    assert larger is not place
    assert buffers.lend(100).obj is larger


def test_memory_is_kept_up_to_the_cap_and_not_at_one_byte_more(monkeypatch):
    monkeypatch.setattr(buffers, "MOST_BYTES", 100)
    place = buffers.lend(100).obj
    beyond = buffers.lend(101).obj
    assert beyond is not place
    assert buffers.lend(101).obj is not beyond
    assert buffers.lend(100).obj is place


def test_the_cap_is_room_for_the_ciphertext_of_sixteen_mebibytes():
    assert 16 * 1024 * 1024 + 16 <= buffers.MOST_BYTES == 17 * 1024 * 1024


def test_memory_that_anyone_looks_at_is_not_lent_and_stays_kept():
    first = buffers.lend(100)
    second = buffers.lend(100)
    first[:], second[:] = b"1" * 100, b"2" * 100
    assert bytes(first) == b"1" * 100
    place = first.obj
    del first
    assert buffers.lend(100).obj is place
    assert bytes(second) == b"2" * 100
