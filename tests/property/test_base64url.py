"""Canonical base64url: encoding and decoding are each other's inverse, on both sides."""

from hypothesis import given
from hypothesis import strategies as st

from joseal._core.wire import base64url

ALPHABET = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
segments = st.one_of(
    st.binary(max_size=200),
    st.lists(st.sampled_from(ALPHABET), max_size=200).map(bytes),
    st.lists(st.sampled_from(ALPHABET + b"+/=\n"), max_size=40).map(bytes),
)


@given(st.binary(max_size=3000))
def test_what_was_encoded_decodes_to_itself(raw):
    segment = base64url.encode(raw)
    assert base64url.decode(segment) == raw
    assert len(segment) == base64url.encoded_bytes(len(raw))
    assert set(segment) <= set(ALPHABET)


@given(segments)
def test_what_decodes_encodes_to_itself(segment):
    raw = base64url.decode(segment)
    assert raw is None or base64url.encode(raw) == segment


@given(st.binary(max_size=200), st.data())
def test_one_changed_byte_is_another_value_or_none(raw, data):
    segment = bytearray(base64url.encode(raw + b"x"))
    place = data.draw(st.integers(0, len(segment) - 1))
    segment[place] ^= data.draw(st.integers(1, 255))
    assert base64url.decode(bytes(segment)) != raw + b"x"
