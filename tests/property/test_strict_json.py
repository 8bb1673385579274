"""Strict JSON: whatever the bytes, one value or None, and what is written is read back."""

import json

from hypothesis import given
from hypothesis import strategies as st

from joseal._core.wire import strict_json

scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**30), 10**30),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(st.characters(codec="utf-8"), max_size=20),
)
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(st.characters(codec="utf-8"), max_size=8), inner, max_size=4)
    ),
    max_leaves=12,
)
objects = st.dictionaries(st.text(st.characters(codec="utf-8"), max_size=8), values, max_size=6)
anything = st.recursive(
    st.one_of(
        scalars,
        st.floats(),
        st.integers(),
        st.binary(max_size=5),
        st.text(max_size=5),
        st.complex_numbers(),
        st.decimals(),
        st.datetimes(),
    ),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.tuples(inner)
        | st.dictionaries(st.one_of(st.text(max_size=3), st.integers()), inner, max_size=3)
    ),
    max_leaves=8,
)

# Texts that are nearly JSON: its own words, put together at random.
words = st.lists(
    st.sampled_from(
        (
            *("{", "}", "[", "]", ",", ":", '"', '"a"', '"b"', "1", "-", ".", "e9", "1e999", "NaN"),
            *("null", "true", "\\", "\\ud800", "\\u0061", " ", "\n", "\ufeff", "é", '{"a":', "}}"),
            *('{"a":1}', "[1]", '"a":'),
        )
    ),
    max_size=40,
).map("".join)


names = st.text(st.characters(codec="utf-8"), max_size=8)
flat = st.dictionaries(
    names,
    st.none()
    | st.booleans()
    | st.integers(-(2**54), 2**54)
    | names
    | st.lists(names, max_size=3)
    | st.dictionaries(names, names, max_size=3),
    max_size=6,
)


@given(flat, st.data())
def test_text_that_is_read_without_the_scan_is_read_the_same_by_it(value, data):
    raw = bytearray(strict_json.write(value))
    for _ in range(data.draw(st.integers(0, 2))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(
            st.sampled_from(b'"\\{}[]:,019. eu')
        )
    read = strict_json._load_canonical(bytes(raw))
    # The repr tells True from 1 and 1 from 1.0, and has the order.
    assert read is None or repr(read) == repr(strict_json._decoder()(raw.decode())[0])


@given(objects)
def test_what_is_written_is_read_back(value):
    written = strict_json.dump(value)
    assert written is not None
    assert strict_json.load_object(written) == value
    assert list(strict_json.load_object(written)) == list(value)


@given(objects, st.sampled_from([None, 1, "\t"]), st.booleans())
def test_other_spellings_of_the_same_value_are_read(value, indent, ascii_only):
    text = json.dumps(value, indent=indent, ensure_ascii=ascii_only)
    assert strict_json.load_object(text.encode()) == value


@given(anything)
def test_dump_gives_an_equal_value_or_nothing(value):
    written = strict_json.dump({"a": value})
    assert written is None or strict_json.load_object(written) == {"a": value}


@given(st.one_of(st.binary(max_size=100), words.map(str.encode), st.text().map(str.encode)))
def test_any_bytes_are_one_strict_object_or_none(raw):
    value = strict_json.load_object(raw)
    if value is None:
        return
    assert isinstance(value, dict)
    # A lenient reader finds the same, and a strict writer can write it.
    assert json.loads(raw) == value
    assert strict_json.dump(value) is not None


@given(objects, st.data())
def test_duplicate_member_is_refused_wherever_it_stands(value, data):
    name = data.draw(st.text(st.characters(codec="utf-8"), max_size=5))
    twice = f"{{{json.dumps(name)}:1,{json.dumps(name, ensure_ascii=False)}:1}}"
    depth = data.draw(st.integers(0, 5))
    text = json.dumps({**value, "": "@"}).replace('"@"', "[" * depth + twice + "]" * depth)
    assert strict_json.load_object(text.encode()) is None


flat_words = st.lists(
    st.sampled_from(
        (
            *("{", "}", "[", ",", ",", ":", ":", '"', '"a"', '"a"', '"b":', '"a":"b"', "1", "-0"),
            *(".5", "1e999", "9" * 31, "NaN", "null", " ", "\n", "\t", "\x00", "\x7f", "\\", "é"),
            *("\ufeff", "\u2028", '":"', '"{"'),
        )
    ),
    max_size=12,
).map("".join)


@given(flat_words | objects.map(lambda value: strict_json.write(value).decode()))
def test_flat_object_that_is_split_is_one_that_is_read(text):
    for data in (text.encode(), b'{"a":%s}' % text.encode(), b"{%s}" % text.encode()):
        parts = strict_json.split_flat(data)
        value = strict_json.load_object(data)
        assert parts is None or value is not None
        if parts is not None:
            strings = [part.decode() for part in parts[1::2]]
            members = [text for item in value.items() for text in item if isinstance(text, str)]
            assert strings == members
