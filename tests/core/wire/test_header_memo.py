"""The memo keeps one header: short, flat, and only when it is told to."""

import pytest

from joseal._core.wire import header as headers
from joseal._core.wire.header_memo import MOST_BYTES, HeaderMemo

FLAT = headers.parse(b'{"alg":"dir","enc":"A128GCM","kid":"a","n":1,"f":1.5,"t":true,"z":null}')


def test_empty_memo_recalls_nothing():
    memo = HeaderMemo()
    assert memo.recall(b"") is None
    assert memo.recall(b"abc") is None


def test_same_bytes_give_the_same_meaning_and_others_none():
    memo, meaning = HeaderMemo(), object()
    memo.remember(b"abc", FLAT, meaning)
    assert memo.recall(bytes(bytearray(b"abc"))) is meaning
    for other in (b"", b"ab", b"abcd", b"abC", b"bbc"):
        assert memo.recall(other) is None
    assert memo.recall(b"abc") is meaning


def test_only_the_last_header_is_kept():
    memo = HeaderMemo()
    memo.remember(b"abc", FLAT, 1)
    memo.remember(b"def", FLAT, 2)
    assert (memo.recall(b"abc"), memo.recall(b"def")) == (None, 2)


def test_header_of_the_most_bytes_is_kept_and_one_byte_more_is_not():
    memo = HeaderMemo()
    memo.remember(b"a" * (MOST_BYTES + 1), FLAT, 1)
    assert memo.recall(b"a" * (MOST_BYTES + 1)) is None
    memo.remember(b"a" * MOST_BYTES, FLAT, 1)
    assert memo.recall(b"a" * MOST_BYTES) == 1


@pytest.mark.parametrize(
    "raw", [b'{"alg":"dir","x":[]}', b'{"alg":"dir","x":{}}', b'{"alg":"dir","crit":["x"],"x":1}']
)
def test_header_with_a_value_that_can_be_changed_is_not_kept(raw):
    memo = HeaderMemo()
    memo.remember(b"abc", FLAT, 1)
    memo.remember(b"def", headers.parse(raw), 2)
    assert (memo.recall(b"abc"), memo.recall(b"def")) == (1, None)
