"""One text has one reading, and the work is bounded before it is done. RFC 8259, RFC 7493."""

import datetime as dt
import decimal
import enum
import json
import time
import tracemalloc
import uuid

import msgspec
import pytest
from tests.helpers.rows import each_row

from joseal._core.wire import strict_json

NAN = float("nan")
INFINITY = float("inf")


def nested(depth, inner="1"):
    """Return an object of that depth: itself, and lists in it."""
    return '{"a":' + "[" * (depth - 1) + inner + "]" * (depth - 1) + "}"


@each_row(
    ("text", "value"),
    [
        ("{}", {}),
        (' \t\r\n{ "a" : 1 } \n', {"a": 1}),
        ('{"a":null,"b":true,"c":false,"d":"","e":[],"f":{}}', None),
        ('{"b":1,"a":2}', {"b": 1, "a": 2}),
        ('{"a":{"a":{"a":1}}}', {"a": {"a": {"a": 1}}}),
        ('{"a":[{"a":1},{"a":1}]}', {"a": [{"a": 1}, {"a": 1}]}),
        ('{"a":1.5e3}', {"a": 1500.0}),
        ('{"a":1e308}', {"a": 1e308}),
        ('{"a":"\\ud83d\\ude00"}', {"a": "\U0001f600"}),
        ('{"a":"\\\\ud83d"}', {"a": "\\ud83d"}),
        ('{"a":"\U0001f600é"}', {"a": "\U0001f600é"}),
        ('{"\\u0061":1}', {"a": 1}),
        ('{"a":"\\u0000"}', {"a": "\0"}),
        ('{"":1}', {"": 1}),
    ],
)
def test_strict_json_is_read(text, value):
    loaded = strict_json.load_object(text.encode())
    if value is None:
        value = {"a": None, "b": True, "c": False, "d": "", "e": [], "f": {}}
    assert loaded == value
    assert list(loaded) == list(value)


@pytest.mark.parametrize(
    "text",
    [
        '{"a":1,"a":1}',
        '{"a":1,"b":2,"a":3}',
        '{"a":1,"\\u0061":1}',
        '{"b":{"a":1,"a":2}}',
        '{"b":[{"a":1,"a":2}]}',
        '{"b":{"c":[1,{"d":{"a":1,"a":1}}]}}',
        '{"":1,"":1}',
    ],
)
def test_duplicate_members_are_refused_at_every_depth(text):
    assert strict_json.load_object(text.encode()) is None


@each_row(
    "number",
    [
        *("NaN", "Infinity", "-Infinity", "nan", "1e999", "-1e999", "1e309", "1.8e308"),
        *("01", "-01", "+1", "1.", ".5", "1e", "0x10", "1_000", "--1", "\u0661"),
    ],
)
def test_what_is_no_finite_number_is_refused(number):
    assert strict_json.load_object(b'{"a":1}') is not None
    assert strict_json.load_object(f'{{"a":{number}}}'.encode()) is None
    assert strict_json.load_object(f'{{"a":[{{"b":{number}}}]}}'.encode()) is None


@each_row(
    "escaped",
    [
        "\\ud800",
        "\\udfff",
        "\\uD83D",
        "\\ud83d\\ud83d",
        "\\ude00\\ud83d",
        "\\ud83d \\ude00",
        "\\ud83d\\u0061",
        "\\ud83dx\\ude00",
        "x\\ud83d",
    ],
)
def test_lone_surrogates_are_refused(escaped):
    for text in (
        f'{{"a":"{escaped}"}}',
        f'{{"{escaped}":1}}',
        f'{{"a":[1,{{"b":["{escaped}"]}}]}}',
        f'{{"a":{{"{escaped}":1}}}}',
    ):
        assert strict_json.load_object(text.encode()) is None


@each_row(
    "raw",
    [
        b"",
        b" ",
        b"\xef\xbb\xbf{}",
        b"{}\xef\xbb\xbf",
        b"\xff\xfe{\x00}\x00",
        b"{\x00}\x00",
        b'{"a":"\xff"}',
        b'{"a":"\xc0\xaf"}',
        b'{"a":"\xed\xa0\x80"}',
        b'{"a":"\xf4\x90\x80\x80"}',
        b'{"a":"\xe2\x82"}',
        b'{"\xff":1}',
        b"{}{}",
        b"{}x",
        b"{} 1",
        b"{}\x00",
        b"{}\x0b",
        b"\xc2\xa0{}",
        b"[]",
        b"1",
        b"null",
        b'"{}"',
        b"{",
        b"}",
        b'{"a"',
        b'{"a":}',
        b'{"a":1,}',
        b"{a:1}",
        b"{'a':1}",
        b'{"a":1}//',
        b'{"a":"\n"}',
        b'{"a":"\x00"}',
        b'{"a":"\\x"}',
        b'{"a":"\\u12"}',
        b'{"a":"\\u 123"}',
        b'{"a":"\\u+123"}',
        b'{"a":tru}',
        b'{"a":True}',
        b'{1:"a"}',
    ],
)
def test_what_is_not_one_object_in_utf_8_is_refused(raw):
    assert strict_json.load_object(raw) is None


def test_depth_is_bounded_at_sixteen():
    assert strict_json.load_object(nested(16).encode()) is not None
    assert strict_json.load_object(nested(17).encode()) is None
    objects = '{"a":' * 17 + "1" + "}" * 17
    assert strict_json.load_object(objects.encode()) is None
    assert strict_json.load_object(objects[5:-1].encode()) is not None


@pytest.mark.parametrize(
    "inner",
    ['"' + "[" * 40 + '"', '"\\"' + "{" * 40 + '"', '"\\\\",' + '"' + "[" * 40 + '"', '"]]]]"'],
)
def test_brackets_inside_strings_are_no_depth(inner):
    assert strict_json.load_object(nested(16, inner).encode()) is not None
    assert strict_json.load_object(nested(17, inner).encode()) is None


def test_many_brackets_side_by_side_are_no_depth():
    text = '{"a":[' + ",".join(["[]", "{}"] * 50) + "]}"
    assert strict_json.load_object(text.encode()) is not None


@pytest.mark.parametrize("aside", ["[],", "{},", "[],{},"])
def test_depth_is_what_is_open_at_once_whatever_was_closed_before(aside):
    """Brackets that were closed neither add to the depth nor hide any of it."""

    def deep(depth):
        return ('{"a":' + f"[{aside * 3}" * (depth - 2) + "[]" + "]" * (depth - 2) + "}").encode()

    assert strict_json.load_object(deep(16)) is not None
    assert strict_json.load_object(deep(17)) is None
    assert strict_json.load_object(deep(40)) is None


@each_row("opening", [b"[", b'{"a":', b"{", b'[{"a":'])
@each_row("prefix", [b"", b'{"a":', b'"', b'{"a":"\\"'])
def test_nesting_of_a_hundred_thousand_is_refused_and_not_a_recursion_error(opening, prefix):
    assert strict_json.load_object(prefix + opening * 100_000) is None


@pytest.mark.parametrize("form", ["{}", "[1,{}]", "-{}", "{}.5", "{}e2"])
def test_digits_are_bounded_at_thirty_two_characters(form):
    spent = len(form.replace("[1,", "").replace("]", "")) - 2
    longest = "1" * (32 - spent)
    assert strict_json.load_object(f'{{"a":{form.format(longest)}}}'.encode()) is not None
    assert strict_json.load_object(f'{{"a":{form.format(longest + "1")}}}'.encode()) is None


def test_a_number_of_a_million_digits_is_refused():
    assert strict_json.load_object(b'{"a":' + b"9" * 1_000_000 + b"}") is None
    assert strict_json.load_object(b'{"a":0.' + b"9" * 1_000_000 + b"}") is None


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({}, b"{}"),
        ({"b": 1, "a": "é"}, '{"b":1,"a":"é"}'.encode()),
        ({"a": [1, 2.5, None, True, {"b": ""}]}, b'{"a":[1,2.5,null,true,{"b":""}]}'),
        ({"a": "\U0001f600"}, '{"a":"\U0001f600"}'.encode()),
    ],
)
def test_dump_is_compact_and_keeps_the_order(value, text):
    assert strict_json.dump(value) == text


class Colour(enum.Enum):
    RED = "red"


def endless():
    members = {}
    members["a"] = members
    return members


@each_row(
    "value",
    [
        *(NAN, INFINITY, -INFINITY, b"x", bytearray(b"x"), (1,), {1}, frozenset((1,)), object()),
        *(
            "\ud800",
            "\udc80x",
            decimal.Decimal("1.5"),
            dt.datetime(2024, 1, 1, tzinfo=dt.UTC),
            uuid.UUID(int=1),
        ),
        *(
            dt.date(2024, 1, 1),
            Colour.RED,
            10**32,
            -(10**32),
            1j,
            {1: 2},
            {None: 1},
            {True: 1},
        ),
        *({"\ud800": 1}, {(): 1}, msgspec.Raw(b"1"), msgspec.UNSET, {"a": [(1,)]}, [[b"x"]]),
    ],
    ids=lambda value: type(value).__name__,
)
def test_dump_refuses_what_would_not_come_back_equal(value):
    assert strict_json.dump({"a": 1}) is not None
    assert strict_json.dump({"a": value}) is None
    assert strict_json.dump({"a": {"b": [value]}}) is None


@pytest.mark.parametrize("value", [[], "a", 1, [{}], endless()], ids=str)
def test_dump_writes_one_object_with_an_end_or_nothing(value):
    assert strict_json.dump(value) is None


def test_dump_refuses_what_a_reader_would_find_too_deep():
    value = 1
    for _ in range(15):
        value = [value]
    assert strict_json.dump({"a": value}) is not None
    assert strict_json.dump({"a": [value]}) is None


@pytest.mark.parametrize("wrap", [lambda inner: [inner], lambda inner: {"a": inner}])
def test_dump_refuses_what_is_too_deep_to_be_looked_through(wrap):
    """More than the stack has room for: refused, and no RecursionError."""
    value = 1
    for _ in range(20_000):
        value = wrap(value)
    assert strict_json.dump({"a": value}) is None


class Inner(msgspec.Struct):
    name: str


class Outer(msgspec.Struct, forbid_unknown_fields=True):
    inner: Inner
    items: list[Inner] = []
    kind: Colour = Colour.RED


@each_row(
    ("value", "path"),
    [
        ({"inner": {"name": 4111}}, "$.inner.name"),
        ({"inner": {"name": "n"}, "items": [{"name": "n"}, {"name": None}]}, "$.items[1].name"),
        ({"inner": {"name": "n"}, "kind": "4111"}, "$.kind"),
        ({"inner": {"name": "n"}, "4111": 1}, "$"),
        ({"inner": {}}, "$.inner"),
        ({}, "$"),
        ([], "$"),
        ("4111", "$"),
        ({"inner": {"name": "n"}, "at `4111`": 1}, "$"),
        ({"inner": {"name": "n"}, "- at `$.4111`": 1}, "$"),
        ({"inner": {"name": "n"}, "at `4111": 1}, "$"),
        ({"inner": {"name": "n"}, "x` - at `$.4111": 1}, "$"),
        ({"inner": {"name": "n"}, "kind": "4111 - at `$.4111`"}, "$.kind"),
    ],
)
def test_convert_tells_the_path_and_never_the_value(value, path):
    with pytest.raises(strict_json.ShapeError) as caught:
        strict_json.convert(value, Outer)
    assert caught.value.path == path
    assert caught.value.args == (path,)
    assert caught.value.__cause__ is caught.value.__context__ is None
    assert "4111" not in repr(caught.value)


def test_convert_reads_what_fits():
    value = {"inner": {"name": "n"}, "kind": "red"}
    assert strict_json.convert(value, Outer) == Outer(Inner("n"))


@pytest.mark.parametrize("value", [{}, [], "x", 1, None, True])
def test_lists_and_objects_are_told_apart(value):
    assert strict_json.as_object(value) == (value if isinstance(value, dict) else None)
    assert strict_json.as_list(value) == (value if isinstance(value, list) else None)


@pytest.mark.parametrize("depth", [1, 16, 17, 64])
def test_depth_is_the_callers_where_named(depth):
    nested = b'{"a":' * depth + b"1" + b"}" * depth
    assert strict_json.load_object(nested, depth) is not None
    assert strict_json.load_object(nested, depth - 1) is None


def test_scan_for_depth_is_linear():
    # A scan that is quadratic would take hours for this.
    data = b"{" * 17 + b'"' + b'\\"' * 1_000_000
    assert strict_json.load_object(data) is None


@pytest.mark.parametrize("item", [b'"",', b'"a":"",', b'",",', b'"["'], ids=repr)
def test_counting_the_values_of_many_strings_takes_no_memory_for_each(item):
    """A piece for each of the strings in 24 MiB would be 1.4 GiB."""
    data = b'["' + b"," * 200 + b'"' + item * 200_000 + b'""]'
    tracemalloc.start()
    try:
        found = strict_json.count_values(data, 100)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert found > 100
    assert peak < 3 * len(data)


@pytest.mark.parametrize(
    "item",
    [*(b'""', b'"" ', b'"",', b'"a":"",', b'"[" '), *(b"[],", b"[]0", b'[""]', b'{"a":[]}')],
    ids=repr,
)
def test_scan_for_depth_takes_no_memory_for_each_string_or_bracket(item):
    """A piece for each of the strings or brackets in 24 MiB would be 1.3 GiB or more."""
    data = b'{"a":' + b"[]" * 20 + item * 200_000
    tracemalloc.start()
    try:
        assert strict_json.load_object(data) is None
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 3 * len(data)


@pytest.mark.parametrize("text", ["\U0001f600\\u0041%s", "\U0001f600\\ud83d\\ude00%s", "\\u0041%s"])
def test_search_for_lone_surrogates_keeps_no_copy_of_the_text(text):
    """A character outside the BMP makes each character of a text take four bytes."""
    data = ('{"a":"' + text % ("A" * 1_000_000) + '"}').encode()
    tracemalloc.start()
    try:
        assert strict_json.load_object(data) is not None
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 10 * len(data)


def test_scan_for_depth_sees_brackets_outside_of_strings_only():
    inside = b'{"a":"' + rb"[{\\\"[{" * 20 + b'","b":[""]}'
    assert strict_json.load_object(inside, 2) is not None
    assert strict_json.load_object(inside, 1) is None


@pytest.mark.parametrize("most", [1, 2, 10, 500])
def test_values_are_not_over_where_there_are_so_many(most):
    text = json.dumps([",[{" * 30] * (most - 1)).encode()
    names = json.dumps({f"{name},": "{}," for name in range(most)}).encode()
    for data in (text, names):
        assert strict_json.count_values(data, most) <= most
        assert strict_json.count_values(data, most - 1) >= most - 1


def test_what_is_between_brackets_costs_next_to_nothing():
    """A step in Python for each byte would be a second for a token of the largest size."""
    shallow, deep = (b'{"a":' + b"[" * n + b"]" * n + b" " * 2**21 + b"}" for n in (15, 17))
    assert strict_json.load_object(shallow) is not None
    assert strict_json.load_object(deep) is None
    assert least_time(deep) < 10 * least_time(shallow)


def least_time(data):
    times = []
    for _ in range(5):
        begun = time.thread_time()
        strict_json.load_object(data)
        times.append(time.thread_time() - begun)
    return min(times)


def test_dump_of_null_is_nothing():
    assert strict_json.dump(None) is None


def test_values_are_counted_by_commas_and_brackets_outside_of_strings():
    text = b'{"x":[1,1,{}],"y":",[{,[{"}'
    # Nothing is cut out while there are few, and then the count is only a bound.
    assert strict_json.count_values(text, 12) == 12
    assert strict_json.count_values(text, 11) == 6


CANONICAL = {
    "alg": "ECDH-ES",
    "iat": 1700000000,
    "b": True,
    "n": None,
    "crit": ["a"],
    "epk": {"kty": "EC", "x": 'é\u0001\\"'},
}


def test_text_as_it_is_written_here_is_read_without_the_scan(monkeypatch):
    monkeypatch.setattr(strict_json, "_decoder", lambda: pytest.fail("the scan was made"))
    raw = strict_json.write(CANONICAL)
    loaded = strict_json.load_header(raw)
    assert loaded == CANONICAL
    assert list(loaded) == list(CANONICAL)


@each_row(
    "text",
    [
        '{"a":1,"a":1}',
        '{"a":{"b":"c","b":"c"}}',
        '{"a" :"b"}',
        '{"a":"b"} ',
        '{"a":"\\u0062"}',
        '{"a":"\\ud800"}',
        '{"a":1.0}',
        '{"a":-0}',
        '{"a":9007199254740993}',
        '{"a":123456789012345678901234567890123}',
        '{"a":[1]}',
        '{"a":{"b":{}}}',
        "[]",
        "",
    ],
)
def test_every_other_text_is_read_by_the_scan(text):
    assert strict_json._load_canonical(text.encode()) is None
    assert strict_json.load_header(text.encode()) == strict_json.load_object(text.encode())


def test_text_of_2048_bytes_is_read_without_the_scan(monkeypatch):
    monkeypatch.setattr(strict_json, "_decoder", lambda: pytest.fail("the scan was made"))
    members = {"a": "x" * (2048 - len('{"a":""}'))}
    raw = strict_json.write(members)
    assert len(raw) == 2048
    assert strict_json.load_header(raw) == members


def test_long_text_is_read_by_the_scan(monkeypatch):
    monkeypatch.setattr(strict_json, "_load_canonical", lambda _: pytest.fail("it was not made"))
    text = "x" * 2048
    assert strict_json.load_header(strict_json.write({"a": text})) == {"a": text}


@pytest.mark.parametrize(
    ("text", "strings"),
    [
        ("{}", []),
        (' {"a" : "x", "b": 1.5, "c": null}\n', ["a", "x", "b", "c"]),
        ('{"":"{[:,é"}', ["", "{[:,é"]),
        ('{"a":%s}' % ("9" * 30), ["a"]),
    ],
)
def test_flat_object_is_split_at_its_quotes(text, strings):
    parts = strict_json.split_flat(text.encode())
    assert b'"'.join(parts) == text.encode()
    assert [part.decode() for part in parts[1::2]] == strings


@each_row(
    "data",
    [
        b'{"a":"\\u0062"}',
        b'{"a":{"b":1}}',
        b'{"a":[]}',
        b'{"a":1,"a":2}',
        b'{"a":1e999}',
        b'{"a":%s}' % (b"9" * 33),
        b'{"a":0.%s}' % (b"1" * 40),
        b'{"a":"\xff"}',
        b'{"\xff":1}',
        b'{"a":NaN}',
        b'\xef\xbb\xbf{"a":1}',
        b'{"a":1} {}',
        b"[1]",
        b"",
    ],
)
def test_what_is_not_a_flat_object_of_one_reading_is_not_split(data):
    assert strict_json.split_flat(data) is None
