"""Segments between dots, and sizes checked before anything is split or decoded. RFC 7516 7.1."""

import itertools
import tracemalloc

import pytest
from tests.helpers.rows import each_row

from joseal._core.limits import Limits
from joseal._core.wire import compact
from joseal._core.wire.compact import CompactJwe
from joseal._core.wire.large import Span
from joseal.errors import MalformedTokenError, TokenTooLargeError

LIMITS = Limits()


@each_row("segments", [3, 5])
@each_row("dots", range(8))
def test_number_of_segments_is_exact(segments, dots):
    text = ".".join(str(place) for place in range(dots + 1))
    for token in (text, text.encode()):
        if dots + 1 == segments:
            assert compact.split(token, segments, LIMITS) == text.encode().split(b".")
        else:
            with pytest.raises(MalformedTokenError, match=r"expected \d segments, found \d+"):
                compact.split(token, segments, LIMITS)


def test_segments_may_be_empty_and_are_not_trimmed():
    assert compact.split(" .\n...", 5, LIMITS) == [b" ", b"\n", b"", b"", b""]


@pytest.mark.parametrize(
    "token", ["é....", "\ud800....", "....\u0660", b"\x80....", b"....\xff", "\uff41...."]
)
def test_token_must_be_ascii(token):
    with pytest.raises(MalformedTokenError, match="not ASCII"):
        compact.split(token, 5, LIMITS)


@pytest.mark.parametrize(
    "token", [None, 5, bytearray(b"...."), memoryview(b"...."), ["a"] * 5, object()]
)
def test_token_of_another_type_is_a_type_error(token):
    with pytest.raises(TypeError, match=r"^token must be str or bytes, not "):
        compact.split(token, 5, LIMITS)


def test_token_bytes_hold_at_n_and_not_at_n_plus_one():
    token = "a.b.c.d." + "e" * 92
    assert compact.split(token, 5, Limits(token_bytes=100))[4] == b"e" * 92
    with pytest.raises(TokenTooLargeError) as caught:
        compact.split(token + "e", 5, Limits(token_bytes=100))
    assert (caught.value.limit, caught.value.maximum) == ("token_bytes", 100)


@pytest.mark.parametrize("header_bytes", [1, 2, 3, 4, 99, 100, 101])
def test_header_bytes_are_those_of_the_decoded_header(header_bytes):
    limits = Limits(header_bytes=header_bytes)
    for size in (header_bytes, header_bytes + 1):
        encoded = "A" * ((size * 4 + 2) // 3)
        if size == header_bytes:
            assert compact.split(encoded + "....", 5, limits)[0] == encoded.encode()
        else:
            with pytest.raises(TokenTooLargeError) as caught:
                compact.split(encoded + "....", 5, limits)
            assert (caught.value.limit, caught.value.maximum) == ("header_bytes", header_bytes)


def test_size_is_looked_at_before_alphabet_and_number_of_segments():
    with pytest.raises(TokenTooLargeError):
        compact.split("é" * 101, 5, Limits(token_bytes=100))
    with pytest.raises(TokenTooLargeError):
        compact.split("." * 10_000_000, 5, Limits(token_bytes=100))


def test_ten_million_dots_are_not_split():
    with pytest.raises(MalformedTokenError, match=r"expected \d segments, found \d+"):
        compact.split("." * 10_000_000, 5, LIMITS)


def test_decode_names_the_segment_and_nothing_of_it():
    assert compact.decode(b"Zm9v", "iv") == b"foo"
    with pytest.raises(MalformedTokenError) as caught:
        compact.decode(b"4111+", "iv")
    assert str(caught.value) == "the iv is base64 (+ and /), not base64url (- and _)"


@pytest.mark.parametrize("kind", [str, str.encode])
def test_a_ciphertext_stays_in_its_token_from_64_kibibytes_of_token_on(kind):
    head, tail = "ab.c.de.", ".f"
    for size in (65535, 65536, 65537):
        ciphertext = "A" * (size - len(head) - len(tail))
        token = kind(head + ciphertext + tail)
        *others, last = (b"ab", b"c", b"de", b"f")
        place = Span(token, len(head), size - len(tail))
        found = place if size >= 65536 else ciphertext.encode()
        assert compact.parse_jwe(token, LIMITS) == CompactJwe(*others, found, last)
        assert token[place.start : place.stop] == kind(ciphertext)


@pytest.mark.parametrize("kind", [str, str.encode])
def test_a_large_token_is_split_as_a_small_one(monkeypatch, kind):
    monkeypatch.setattr(compact, "LARGE_BYTES", 0)
    for sizes in itertools.product(range(3), repeat=5):
        parts = [letter * size for letter, size in zip("abcde", sizes, strict=True)]
        token = kind(".".join(parts))
        cut = compact.parse_jwe(token, LIMITS)
        place, start, stop = cut.ciphertext.token, cut.ciphertext.start, cut.ciphertext.stop
        assert place is token
        found = cut.protected, cut.encrypted_key, cut.iv, token[start:stop], cut.tag
        assert found == tuple(
            kind(part) if number == 3 else part.encode() for number, part in enumerate(parts)
        )


@pytest.mark.parametrize("kind", [str, str.encode])
def test_another_number_of_segments_is_refused_in_a_large_token_too(monkeypatch, kind):
    monkeypatch.setattr(compact, "LARGE_BYTES", 0)
    for segments in (1, 2, 3, 4, 6, 7):
        for sizes in itertools.product(range(2), repeat=segments):
            token = kind(".".join("a" * size for size in sizes))
            with pytest.raises(MalformedTokenError, match=r"expected \d segments, found \d+"):
                compact.parse_jwe(token, LIMITS)


def test_a_large_ciphertext_is_decoded_where_it_stands_or_named():
    assert compact.decode_ciphertext(b"Zm9v") == b"foo"
    for token in ("..Zm9v..", b"..Zm9v.."):
        assert compact.decode_ciphertext(Span(token, 2, 6)).view == b"foo"
    for segment in (b"Zm9~", Span("..Zm9~..", 2, 6), Span(b"..Zm9~..", 2, 6)):
        with pytest.raises(MalformedTokenError) as caught:
            compact.decode_ciphertext(segment)
        assert str(caught.value) == "the ciphertext is not canonical base64url"


@pytest.mark.parametrize("segments", [compact.JWE_SEGMENTS, compact.JWS_SEGMENTS])
def test_token_of_dots_alone_is_not_taken_apart(segments):
    """A million empty segments would be eight million bytes of references."""
    token = b"." * 1_000_000
    tracemalloc.start()
    try:
        with pytest.raises(MalformedTokenError):
            compact.split(token, segments, Limits())
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 3 * len(token)
