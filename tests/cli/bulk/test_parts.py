"""Parts of an input: whatever their borders, the rows are those of the plain loop."""

import itertools
import os
import re
import traceback
from collections.abc import Iterator
from concurrent.futures import Executor, Future
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from joseal.bulk import worker
from joseal.bulk.outcome import LostError
from joseal.bulk.pace import Pace
from joseal.bulk.pools import CallerPool
from joseal.bulk.run import BulkRun
from joseal.bulk.worker import BulkTask
from joseal.cli.bulk import parts as parts_module
from joseal.cli.bulk import run as bulk_run
from joseal.cli.bulk.formats import rows as bulk_rows
from joseal.cli.bulk.formats.csv_cells import Csv
from joseal.cli.bulk.formats.json_lines import JsonLines, spans_of
from joseal.cli.bulk.formats.plain_lines import PlainLines
from joseal.cli.bulk.formats.rows import BEGIN, Format, Place, RowBatch
from joseal.cli.bulk.parts import Parts
from joseal.cli.bulk.pieces import (
    InputChangedError,
    Part,
    Piece,
    PieceMaker,
    Shape,
    finished,
    piece_task,
)
from joseal.cli.bulk.sources import StreamSource

EVIDENCE = int(os.environ.get("JOSEAL_BULK_EXAMPLES", "150"))


class AtOnce(Executor):
    """Does a task where it is given."""

    def submit(self, work, task):
        future: Future[object] = Future()
        future.set_result(work(task))
        return future


class Memory:
    """An input in memory."""

    place = size = digest = encoding = None

    def __init__(self, data: bytes):
        self.data = data

    def read(self, offset: int, size: int) -> bytes:
        return self.data[offset : offset + size]

    def lines(self, offset: int) -> BytesIO:
        file = BytesIO(self.data)
        file.seek(offset)
        return file


class Guessing:
    """A format whose borders are wrong: a part ends wherever its bytes do."""

    def __init__(self, form: Format):
        self.rows, self.batch = form.rows, form.batch

    def border(self, data: bytes) -> int:
        return len(data)


def marked(tool: object, values: list[bytes]) -> list[bytes]:
    return [b"<" + value.upper() + b">" for value in values]


def plainly(form: Format, data: bytes, begin: Place) -> Piece:
    """What the plain loop makes of it, one row after the other."""
    file = BytesIO(data)
    file.seek(begin.offset)
    batch = RowBatch(list(form.rows(file, begin)), begin)
    return finished(batch.finish(marked(None, batch.values)), batch.end)


def in_parts(form: Format, data: bytes, begin: Place, size: int, do=piece_task) -> Piece:
    """The same by parts of one size."""
    pace = Pace(size, size)
    parts = Parts(form, Memory(data), begin, pace)
    maker = PieceMaker(None, Shape(form, None, keep=False))
    run = BulkRun(do, maker, CallerPool(AtOnce()), 3)
    pieces = []
    for (result,) in run.results(parts):
        piece = bulk_run._settled(result, parts.taken(), parts, run)
        if piece is not None:
            pieces.append(piece)
    end = pieces[-1].end if pieces else begin
    columns = zip(*((p.output, p.rejects) for p in pieces), strict=True)
    joined = [b"".join(column) for column in columns]
    output, rejects = joined or (b"", b"")
    rows, refused = sum(p.rows for p in pieces), sum(p.refused for p in pieces)
    return Piece(output, rows, rejects, refused, b"", end, 0.0)


def csv_form(data: bytes, field: str = "a", delimiter: str = ",") -> tuple[Csv, Place]:
    form = Csv([field], delimiter)
    return form, form.head(BytesIO(data))[1]


@pytest.fixture(autouse=True)
def _marks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "results_of", marked)


def check_every_border(form: Format, data: bytes, begin: Place) -> None:
    expected = plainly(form, data, begin)
    for size in range(1, len(data) - begin.offset + 2):
        for each in (form, Guessing(form)):
            found = in_parts(each, data, begin, size)._replace(seconds=0.0)
            assert found == expected, (size, type(each).__name__)


NASTY = (
    b"a,b\n"
    b'1,"two\nlines"\n'
    b'"three\r\nlines\n\n",2\r\n'
    b'5" disk,"x"\n'
    b'"q""uote\n""",3\n'
    b"\n"
    b'"x"y,"2\n3"\n'
    b"1,2,3\n"
    b"\xff,4\n"
    b"lone\rreturn,5\n"
    b'7,"never closed\n8,9\n'
)


def test_csv_rows_are_the_same_with_every_border_position() -> None:
    form, begin = csv_form(NASTY)
    check_every_border(form, NASTY, begin)


@pytest.mark.parametrize("most", [4, 9, 30])
def test_rows_over_the_bound_are_the_same_with_every_border_position(
    most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    form, begin = csv_form(NASTY)
    monkeypatch.setattr(bulk_rows, "LINE_BYTES", most)
    check_every_border(form, NASTY, begin)
    check_every_border(
        PlainLines(encrypting=True), b"12345\n" * 3 + b"1\n1234567890123456\n12", BEGIN
    )


@given(
    st.lists(st.sampled_from(["a", "1", ",", ";", '"', '""', "\n", "\r\n", "\r", "é", "\n\n", '",']),
             max_size=40).map("".join),
    st.integers(1, 24),
    st.sampled_from([",", ";"]),
)  # fmt: skip
def test_any_csv_is_the_same_in_parts(text: str, size: int, delimiter: str) -> None:
    data = f"a{delimiter}b\n{text}".encode()
    form, begin = csv_form(data, delimiter=delimiter)
    expected = plainly(form, data, begin)
    for each in (form, Guessing(form)):
        assert in_parts(each, data, begin, size) == expected


@given(st.lists(st.sampled_from([b'{"a":"x"}', b'{"a":1}', b"\n", b"\r\n", b" ", b"{", b"\xff"]),
                max_size=20).map(b"".join), st.integers(1, 40))  # fmt: skip
def test_any_json_lines_are_the_same_in_parts(data: bytes, size: int) -> None:
    form = JsonLines(["a"], encrypting=True, as_json=False)
    assert in_parts(form, data, BEGIN, size) == plainly(form, data, BEGIN)
    assert in_parts(Guessing(form), data, BEGIN, size) == plainly(form, data, BEGIN)


@given(
    st.lists(
        st.sampled_from([b'"a"', b'"b"', b'"a":', b'"b": ', b'"', b":", b",", b" ", b"1", b"0.5",
                         b"null", b"\\", b"{", b"}", b"[]", b'"a":"b"', b"\xc3\xa9", b"\xff"]),
        max_size=10,
    ).map(lambda words: b"{%s}\n" % b"".join(words)),
    st.sampled_from([["a"], ["b", "a"], [""], ["\ud800"]]),
    st.booleans(),
)  # fmt: skip
def test_a_flat_row_is_what_it_is_by_the_spans_of_any_row(
    line: bytes, fields: list[str], encrypting: bool
) -> None:
    form = JsonLines(fields, encrypting=encrypting, as_json=False)
    quick = form._flat(line)
    if quick is None:
        return
    (values, rebuild), (expected, plainly_rebuilt) = quick, form._any(line)
    assert values == expected
    results = [f"result {number}".encode() for number in range(len(values))]
    assert rebuild(results) == plainly_rebuilt(results)


@pytest.mark.parametrize(
    ("line", "fields", "values"),
    [
        (b'{"b":"x","a": "y"}\n', ["a", "b"], [b"y", b"x"]),
        (b'{"a":"a","n":0.5}', ["a"], [b"a"]),
        (b'{"":""}\n', [""], [b""]),
        (b'{"b":"a","a":"y"}\n', ["a"], None),
        (b'{"a":1}\n', ["a"], None),
        (b'{"b":"x"}\n', ["a"], None),
        (b'{"a":"x\\n"}\n', ["a"], None),
    ],
)
def test_rows_of_strings_and_numbers_are_read_at_once(
    line: bytes, fields: list[str], values: list[bytes] | None
) -> None:
    read = JsonLines(fields, encrypting=True, as_json=False)._flat(line)
    assert (read and read[0]) == values


def test_values_of_any_type_are_not_read_at_once() -> None:
    assert JsonLines(["a"], encrypting=True, as_json=True)._flat(b'{"a":"x"}') is None


CELLS = st.lists(st.text(st.sampled_from('a,;"\n\r é'), max_size=6), min_size=2, max_size=2)


@given(st.lists(CELLS, min_size=1, max_size=8), st.booleans(), st.data())
def test_the_border_of_well_formed_csv_is_right(
    table: list[list[str]], quoted: bool, data: st.DataObject
) -> None:
    lines = []
    for cells in table:
        quote = quoted or any(set(cell) & set(',"\r\n') for cell in cells) or not cells[0]
        lines.append(
            ",".join('"' + cell.replace('"', '""') + '"' if quote else cell for cell in cells)
            + "\n"
        )
    text = "".join(lines).encode()
    ends = [0, *itertools.accumulate(len(line.encode()) for line in lines)]
    cut = data.draw(st.integers(0, len(text)))
    assert csv_form(b"a,b\n")[0].border(text[:cut]) == max(end for end in ends if end <= cut)


def test_of_rows_that_kill_their_workers_only_these_are_lost() -> None:
    data = b"a,b\n" + b"".join(b'"%d\n",x\n' % number for number in range(40))
    form, begin = csv_form(data)

    def deadly(task: BulkTask[PieceMaker, Part]) -> list[object]:
        parts = [part for part in task.items if part.data is not None]
        dead = any(b'"7\n"' in part.data or b'"23\n"' in part.data for part in parts)
        return [LostError("x")] if dead else piece_task(task)

    found = in_parts(form, data, begin, 60, deadly)
    assert (found.rows, found.refused) == (38, 2)
    assert re.findall(rb'"line":(\d+),"code":"lost"', found.rejects) == [b"16", b"48"]
    assert b"<7" not in found.output
    assert found.end == Place(len(data), 81)


def test_no_frame_of_ours_keeps_a_part_that_can_not_be_done() -> None:
    parts = [Part(BEGIN, 5, last=True, data=b"4111\n"), Part(BEGIN, 5, last=True)]
    maker = PieceMaker(None, Shape(csv_form(b"a\n")[0], None, keep=False))
    with pytest.raises(InputChangedError) as caught:
        piece_task(BulkTask("run", 1, maker, parts))
    frames = [frame for frame, _ in traceback.walk_tb(caught.value.__traceback__)]
    ours = [each for each in frames if each.f_globals["__name__"].startswith("joseal.")]
    assert len(ours) > 2
    assert not any(name in each.f_locals for each in ours for name in ("task", "part", "data"))


def test_a_stream_that_comes_once_gives_the_same_bytes_again(tmp_path) -> None:
    path = tmp_path / "in"
    data = bytes(range(11, 256)) * 4 + b"\n" + b"x" * 1_000_000
    path.write_bytes(data)
    with path.open("rb") as file:
        source = StreamSource(file, "utf-8")
        assert source.read(0, 500) == data[:500]
        assert source.read(200, 200_000) == data[200:200_200]
        source.forget(200)
        assert source.read(200, 10) == data[200:210]
        lines = source.lines(900)
        assert lines.readline(50) == data[900:].split(b"\n")[0][:50]
        source.forget(500_000)
        assert source.read(500_000, len(data)) == data[500_000:]


def values(line: bytes) -> Iterator[bytes]:
    return (line[span.begin : span.end] for span in spans_of(line))


def test_values_stand_where_json_has_them() -> None:
    line = b' {"a\\"}{" : "x\\\\" ,"b":[1,{"c":"]}"},[]] , "c":-1.5e3,"d":null,"e":{},"f":""\t}\r\n'
    assert list(values(line)) == [
        b'"x\\\\"',
        b'[1,{"c":"]}"},[]]',
        b"-1.5e3",
        b"null",
        b"{}",
        b'""',
    ]
    assert list(values(b"{ }")) == []


def test_parts_become_smaller_towards_the_end_of_a_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts_module, "FIRST_BYTES", 10)
    source = Memory(b"123456789\n" * 100)
    source.size = 1_000
    parts = Parts(PlainLines(encrypting=True), source, BEGIN, Pace(200, 200), 4)
    sizes = [part.end - part.begin.offset for (part,) in parts]
    assert sizes[0] == 200
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[-1] == 10
    assert sum(sizes) == 1_000


def test_rows_whose_borders_nothing_shows_are_not_looked_at_again_for_each_row(monkeypatch):
    """Else a row of sixteen bytes costs a look at a hundred megabytes."""

    class Counting(Memory):
        read_bytes = 0

        def read(self, offset: int, size: int) -> bytes:
            found = super().read(offset, size)
            Counting.read_bytes += len(found)
            return found

    monkeypatch.setattr(bulk_rows, "LINE_BYTES", 2000)
    monkeypatch.setattr(parts_module, "FIRST_BYTES", 500)
    head = b"a,b\n"
    source = Counting(head + b',"\r","a\n' * 3000)
    form = Csv(["a"])
    _, begin = form.head(source.lines(0))
    assert form.border(source.data[len(head) : 8000]) == 0
    parts = Parts(form, source, begin, Pace(500, 500))
    ends = [part.end for (part,) in parts]
    assert ends[-1] == len(source.data)
    assert ends == sorted(ends)
    assert Counting.read_bytes < 10 * len(source.data)
