"""A large ciphertext is decoded where its plaintext will be, as a small one is."""

import pytest

from joseal._core.wire import base64url, large
from joseal._core.wire.large import LargeCiphertext, Span


@pytest.mark.parametrize("characters", [4, 8, 64])
def test_a_text_is_decoded_piece_by_piece_as_at_once(monkeypatch, characters):
    monkeypatch.setattr(large, "_CHUNK_CHARS", characters)
    for size in range(100):
        raw = bytes(index * 7 & 255 for index in range(size))
        segment = base64url.encode(raw)
        for text, before in ((segment, b"=+/"), (segment.decode(), "=+/")):
            whole = before + text + before
            decoded = large.decode(Span(whole, 3, 3 + len(text)))
            assert decoded is not None
            assert (bytes(decoded.view), len(decoded)) == (raw, size)


@pytest.mark.parametrize("kind", [bytes, bytes.decode])
def test_every_piece_must_be_canonical(monkeypatch, kind):
    monkeypatch.setattr(large, "_CHUNK_CHARS", 4)
    alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    for place in range(14):
        for foreign in sorted(set(range(128)) - set(alphabet)):
            text = b"A" * place + bytes((foreign,)) + b"A" * (13 - place)
            assert large.decode(Span(kind(text), 0, 14)) is None
    for impossible in (b"A", b"AAAAA", b"AAAAAAAAB", b"AAAAAAAAAB", b"AAAAAAAAAAB"):
        assert large.decode(Span(kind(impossible), 0, len(impossible))) is None


def inverted(piece: memoryview, room: memoryview) -> None:
    """Store as a cipher does that may ask for room for another block."""
    assert len(room) == len(piece) + 15
    room[: len(piece)] = bytes(byte ^ 255 for byte in piece)


@pytest.mark.parametrize("size", [0, 1, 15, 16, 17, 31, 32, 33, 100])
def test_plaintext_takes_the_place_of_the_ciphertext(monkeypatch, size):
    monkeypatch.setattr(large, "PIECE_BYTES", 16)
    raw = bytes(range(size))
    made = LargeCiphertext(len(raw) + 1, [raw])
    assert made.replace(inverted, size) == bytes(byte ^ 255 for byte in raw)


def test_a_piece_and_the_room_for_its_plaintext_are_never_the_same_memory():
    raw = bytes(2 * large.PIECE_BYTES + 5)
    made = LargeCiphertext(len(raw), [raw])
    seen = []

    def marked(piece: memoryview, room: memoryview) -> None:
        before = bytes(piece)
        room[:] = b"p" * len(room)
        assert bytes(piece) == before
        seen.append(len(piece))

    assert made.replace(marked, len(raw)) == b"p" * len(raw)
    assert seen == [large.PIECE_BYTES, large.PIECE_BYTES, 5]


def test_plaintext_may_be_shorter():
    made = LargeCiphertext(32, [b"c" * 32])
    assert made.replace(inverted, 19) == bytes((ord("c") ^ 255,)) * 19


def test_result_is_independent_of_what_was_decoded():
    made = LargeCiphertext(4, [b"cccc"])
    first = made.replace(inverted, 4)
    with pytest.raises(ValueError, match="released"):
        len(made)
    assert first == bytes((ord("c") ^ 255,)) * 4
