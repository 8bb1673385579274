"""`joseal bulk`: formats, rejects, and runs that are killed, changed, or out of space."""

import contextlib
import csv
import errno
import fcntl
import json
import os
import pty
import re
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from joseal import Decrypter, Encrypter, Key
from joseal.cli import bulk_rows, bulk_run
from joseal.cli.failures import Exit

Run = Callable[..., Result]
Shell = Callable[..., subprocess.CompletedProcess[bytes]]

ENC = "A128GCM"
LARGE = 32 * 1024**2 + 10


@pytest.fixture(scope="module")
def key(folder: Path) -> Key:
    return Key.from_jwk((folder / "wrap.jwk").read_text())


@pytest.fixture
def bulk(run: Run, folder: Path, tmp_path: Path) -> Callable[..., Result]:
    """Run one direction on IN with one worker, from `in.X` to `out.X`."""

    def bulk(verb: str, source: Path, *args: object, workers: int = 1) -> Result:
        target = source.with_name(f"{verb}ed{source.suffix}")
        key = ("--key", folder / "wrap.jwk", "--enc", ENC, "--workers", workers)
        return run("bulk", verb, *key, "-o", target, *args, source)

    return bulk


def rejects(path: Path) -> list[tuple[int, str, str | None]]:
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    return [(line["line"], line["code"], line.get("field")) for line in lines]


def lines_of(path: Path) -> list[bytes]:
    return path.read_bytes().splitlines(keepends=True)


JSON_LINES = (
    b'{"a":"x", "n": 10.10,"b" :  "\\u00e9\\"}" , "c":{"a":[1,"}"]}}\r\n'
    b"\n"
    b'{"b":"","a":"\xc3\xa9","big":12345678901234567890.123}\n'
    b'  {"a":"last","b":"no line end"}'
)


def test_json_members_come_back_and_all_else_stays_as_it_was(
    bulk: Callable[..., Result], tmp_path: Path, key: Key
) -> None:
    source = tmp_path / "in.jsonl"
    source.write_bytes(JSON_LINES)
    done = bulk("encrypt", source, "--field", "b", "--field", "a", "--header", "typ=JWT")
    assert (done.exit_code, done.output) == (0, "")
    sealed = lines_of(tmp_path / "encrypted.jsonl")
    first = json.loads(sealed[0])
    opener = Decrypter(key, enc=ENC, typ="JWT")
    assert [opener.decrypt(first[name]).decode() for name in "ab"] == ["x", '\u00e9"}']
    assert sealed[0].startswith(b'{"a":"ey')
    assert b'", "n": 10.10,"b" :  "ey' in sealed[0]
    assert sealed[0].endswith(b'" , "c":{"a":[1,"}"]}}\r\n')
    assert (
        bulk("decrypt", tmp_path / "encrypted.jsonl", "--field", "a", "--field", "b").exit_code == 0
    )
    assert (tmp_path / "decrypted.jsonl").read_bytes() == JSON_LINES.replace(
        b"\\u00e9", b"\xc3\xa9"
    )
    for path in tmp_path.iterdir():
        assert path == source or stat.S_IMODE(path.stat().st_mode) == 0o600
    assert {path.name for path in tmp_path.iterdir()} == {
        "in.jsonl",
        *(
            f"{verb}ed.jsonl{end}"
            for verb in ("encrypt", "decrypt")
            for end in ("", ".rejects.jsonl")
        ),
    }


def test_json_values_come_back_to_the_octet(bulk: Callable[..., Result], tmp_path: Path) -> None:
    source = tmp_path / "in.jsonl"
    source.write_bytes(b'{"a": {"n": 1.10 }, "b":[null,"x"]}\n{"a":7,"b":"text"}\n')
    fields = ("--field", "a", "--field", "b", "--json-values")
    assert bulk("encrypt", source, *fields).exit_code == 0
    assert bulk("decrypt", tmp_path / "encrypted.jsonl", *fields).exit_code == 0
    assert (tmp_path / "decrypted.jsonl").read_bytes() == source.read_bytes()


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_csv_cells_come_back_and_all_others_stay(
    end: str, bulk: Callable[..., Result], tmp_path: Path
) -> None:
    source = tmp_path / "in.csv"
    head = b"name,card,pin" + end.encode()
    rows = b'"A, ""B""","4111\r\n1111",1\r\n\n\xff,,=1+1\n'.replace(
        b"\r\n\n", b"\r\n" + end.encode()
    )
    source.write_bytes(head + rows)
    assert bulk("encrypt", source, "--field", "card", "--field", "pin").exit_code == 0
    assert b"4111" not in (tmp_path / "encrypted.csv").read_bytes()
    opening = bulk("decrypt", tmp_path / "encrypted.csv", "--field", "pin", "--field", "card")
    assert opening.exit_code == 0
    with (tmp_path / "decrypted.csv").open(newline="", errors="surrogateescape") as file:
        found = list(csv.reader(file))
    assert found == [
        ["name", "card", "pin"],
        ['A, "B"', "4111\r\n1111", "1"],
        [],
        ["\udcff", "", "=1+1"],
    ]
    assert (tmp_path / "encrypted.csv").read_bytes().startswith(head)


def test_whole_lines_come_back_whatever_they_hold(
    bulk: Callable[..., Result], tmp_path: Path, key: Key
) -> None:
    source = tmp_path / "in.txt"
    source.write_bytes(b'{"a":1}\r\n\n\x00\xff\rx\nlast')
    assert bulk("encrypt", source, "--format", "lines").exit_code == 0
    tokens = (tmp_path / "encrypted.txt").read_text().split()
    opener = Decrypter(key, enc=ENC)
    assert [opener.decrypt(token) for token in tokens] == [b'{"a":1}', b"", b"\x00\xff\rx", b"last"]
    done = bulk("decrypt", tmp_path / "encrypted.txt", "--format", "lines")
    assert done.exit_code == Exit.TOKEN
    assert (tmp_path / "decrypted.txt").read_bytes() == b'{"a":1}\r\n\nlast'
    assert rejects(tmp_path / "decrypted.txt.rejects.jsonl") == [(3, "text", None)]


def test_refused_rows_are_listed_by_line_and_code_and_the_others_are_done(
    bulk: Callable[..., Result], tmp_path: Path
) -> None:
    source = tmp_path / "in.jsonl"
    lines = {
        b'{"a":"4111","b":"x"}': None,
        b'{"a":"4111"}': ("field", "b"),
        b'{"a":"4111","b":4111}': ("field", "b"),
        b'{"a":"4111","a":"x","b":"x"}': ("json", None),
        b'["4111"]': ("json", None),
        b'{"a":"\xff4111","b":""}': ("json", None),
        b'{"a":"4111","b":"y"': ("json", None),
        b'{"a":"' + b"4" * LARGE + b'","b":""}': ("line_bytes", None),
        b'{"a":"' + b"4" * (17 * 1024**2) + b'","b":""}': ("too_large", "a"),
        b'{"a":"","b":"z"}': None,
    }
    source.write_bytes(b"\n".join(lines))
    done = bulk("encrypt", source, "--field", "a", "--field", "b", "--rejects", tmp_path / "bad")
    assert done.exit_code == Exit.TOKEN
    assert done.stderr == f"joseal: rejects: 8 of 10 rows, listed in {tmp_path / 'bad'}\n"
    found = [(line, *what) for line, what in enumerate(lines.values(), 1) if what is not None]
    assert rejects(tmp_path / "bad") == found
    assert "4111" not in (tmp_path / "bad").read_text()
    assert len(lines_of(tmp_path / "encrypted.jsonl")) == 2


def test_refused_csv_rows_are_listed(
    bulk: Callable[..., Result], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = tmp_path / "in.csv"
    source.write_bytes(
        b'a,b\n1,2\n1,2,3\n1\n"x"y,"2\n3"\n"two\nlines",2\n1,\xff\n'
        b'"' + b"1,2\n" * 300 + b'",2\n5,6\n7,"never closed\n8,9\n'
    )
    monkeypatch.setattr(bulk_rows, "LINE_BYTES", 1_000)
    assert bulk("encrypt", source, "--field", "b").exit_code == Exit.TOKEN
    path = tmp_path / "encrypted.csv.rejects.jsonl"
    assert [tuple(json.loads(line).values()) for line in path.read_text().splitlines()] == [
        (3, "columns"),
        (4, "columns"),
        (5, "csv", 6),
        (9, "utf8", "b"),
        (10, "line_bytes", 310),
        (312, "csv", 313),
    ]
    with (tmp_path / "encrypted.csv").open(newline="") as file:
        assert [row[0] for row in csv.reader(file)] == ["a", "1", "two\nlines", "5"]


def test_refused_tokens_are_listed(bulk: Callable[..., Result], tmp_path: Path, key: Key) -> None:
    sealer = Encrypter(key, enc=ENC)
    stranger = Encrypter(Key.generate("A256KW"), enc=ENC).encrypt(b"x")
    source = tmp_path / "in.jsonl"
    tokens = [sealer.encrypt(b"\xff"), "a.b", stranger, "\u00e9", sealer.encrypt(b"x"), 7]
    source.write_text("".join(json.dumps({"a": token}) + "\n" for token in tokens))
    assert bulk("decrypt", source, "--field", "a").exit_code == Exit.TOKEN
    assert rejects(tmp_path / "decrypted.jsonl.rejects.jsonl") == [
        (1, "text", "a"),
        (2, "malformed", "a"),
        (3, "undecryptable", "a"),
        (4, "malformed", "a"),
        (6, "field", "a"),
    ]
    assert (tmp_path / "decrypted.jsonl").read_bytes() == b'{"a": "x"}\n'
    values = [sealer.encrypt(text) for text in (b'1,"value":2', b"1}", b"{\n}", b"", b" 1\r\n")]
    source.write_text("".join(json.dumps({"a": token}) + "\n" for token in values))
    done = bulk("decrypt", source, "--field", "a", "--json-values")
    assert done.exit_code == Exit.TOKEN
    assert (tmp_path / "decrypted.jsonl").read_bytes() == b'{"a": { }}\n{"a": 1}\n'


USAGE = {
    "no field": ("in.jsonl", (), "usage: --field is for"),
    "fields of lines": ("in.jsonl", ("--format", "lines", "--field", "a"), "usage: --field is for"),
    "a field twice": ("in.jsonl", ("--field", "a", "--field", "a"), "usage: name each"),
    "no format": ("in.txt", ("--field", "a"), "usage: --format is needed"),
    "JSON values in CSV": ("in.csv", ("--field", "a", "--json-values"), "usage: --json-values"),
    "no worker": ("in.csv", ("--field", "a", "--workers", 0), "usage: Invalid value"),
    "rejects into the output": ("in.csv", ("--field", "a", "--rejects", "OUT"), "usage: IN, OUT"),
    "no such column": ("in.csv", ("--field", "c"), "field: the first line must name"),
    "a column twice": ("in.csv", ("--field", "b"), "field: the first line must name"),
    "no file": ("none.csv", ("--field", "a"), "file: can't read "),
    "a folder": (".", ("--format", "lines"), "file: can't read "),
    "a bad header": ("in.csv", ("--field", "a", "--header", "alg=x"), "usage: "),
}


@pytest.mark.parametrize("case", USAGE)
def test_wrong_usage_is_one_line_and_leaves_no_output(
    case: str, run: Run, folder: Path, tmp_path: Path
) -> None:
    (tmp_path / "in.csv").write_text("a,b,b\n")
    (tmp_path / "in.jsonl").write_text("")
    name, args, beginning = USAGE[case]
    target = tmp_path / "out"
    args = [target if arg == "OUT" else arg for arg in args]
    key = ("--key", folder / "wrap.jwk", "--enc", ENC)
    done = run("bulk", "encrypt", *key, "--workers", 1, "-o", target, *args, tmp_path / name)
    assert done.exit_code in {Exit.USAGE, Exit.FILE}
    assert done.stderr.startswith(f"joseal: {beginning}")
    assert (done.stderr.count("\n"), done.stdout) == (1, "")
    assert not target.exists()


@pytest.mark.parametrize("verb", ["encrypt", "decrypt"])
def test_each_direction_has_help(verb: str, run: Run) -> None:
    done = run("bulk", verb, "-h")
    assert (done.exit_code, done.stderr) == (0, "")
    assert max(len(line) for line in done.stdout.splitlines()) <= 80


def test_an_output_that_is_no_file_is_refused(bulk: Callable[..., Result], tmp_path: Path) -> None:
    source = tmp_path / "in.jsonl"
    source.write_text("")
    (tmp_path / "encrypted.jsonl").symlink_to(source)
    done = bulk("encrypt", source, "--field", "a")
    assert done.exit_code == Exit.FILE
    assert done.stderr.endswith("encrypted.jsonl is no regular file\n")


ROWS = 12_000


@pytest.fixture
def large(tmp_path: Path) -> Path:
    """Many rows, every hundredth of them bad."""
    path = tmp_path / "in.jsonl"
    path.write_text(
        "".join(
            "{\n" if number % 100 == 99 else f'{{"id":{number},"a":"row {number}"}}\n'
            for number in range(ROWS)
        )
    )
    return path


def command(folder: Path, source: Path, *args: object) -> list[str]:
    key = ("--key", folder / "wrap.jwk", "--enc", ENC, "--field", "a")
    words = ("bulk", "encrypt", *key, *args, "-o", source.with_name("out.jsonl"), source)
    return [sys.executable, "-W", "error", "-m", "joseal", *(str(word) for word in words)]


def end_behind(
    octets: int, words: list[str], source: Path, end: signal.Signals
) -> tuple[int, bytes]:
    """Start a run, send its processes a signal as soon as it has written so much, and wait."""
    partial = source.with_name("out.jsonl.partial")
    with subprocess.Popen(words, stderr=subprocess.PIPE, start_new_session=True) as process:
        limit = time.monotonic() + 60
        while process.poll() is None and not (
            partial.exists() and partial.stat().st_size >= octets
        ):
            assert time.monotonic() < limit
            time.sleep(0.001)
        if end == signal.SIGINT:  # as a terminal does
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, end)
        else:
            process.send_signal(end)
        return process.wait(), process.communicate()[1]


def remove_finished(source: Path) -> None:
    """Begin again: on a busy machine a run may finish before the signal comes."""
    for path in source.parent.glob("out.jsonl*"):
        path.unlink()


def check_whole(source: Path, key: Key) -> None:
    opener = Decrypter(key, enc=ENC)
    rows = [json.loads(line) for line in lines_of(source.with_name("out.jsonl"))]
    good = [number for number in range(ROWS) if number % 100 != 99]
    assert [row["id"] for row in rows] == good
    assert [opener.decrypt(row["a"]) for row in rows] == [b"row %d" % number for number in good]
    assert len({row["a"] for row in rows}) == len(rows)
    assert rejects(source.with_name("out.jsonl.rejects.jsonl")) == [
        (number + 1, "json", None) for number in range(ROWS) if number % 100 == 99
    ]
    assert sorted(path.name for path in source.parent.iterdir()) == [
        *("in.jsonl", "out.jsonl", "out.jsonl.rejects.jsonl")
    ]


def test_a_run_that_is_killed_goes_on_and_loses_and_doubles_nothing(
    folder: Path, large: Path, key: Key
) -> None:
    def killed(octets: int, workers: int) -> bool:
        words = command(folder, large, "--workers", workers, "--resume")
        code, said = end_behind(octets, words, large, signal.SIGKILL)
        assert (code, said) == (-signal.SIGKILL, b"") or code == Exit.TOKEN
        return code == -signal.SIGKILL

    moments = ((0, 1), (100_000, 1), (500_000, 2), (900_000, 1))
    for _ in range(5):
        if all(killed(*moment) for moment in moments):
            break
        remove_finished(large)
    assert large.with_name("out.jsonl.journal").exists()
    assert not large.with_name("out.jsonl").exists()
    done = subprocess.run(command(folder, large, "--resume"), check=False, capture_output=True)
    assert done.stderr.startswith(b"joseal: rejects: 120 of 12000 rows")
    check_whole(large, key)


def stopped(folder: Path, large: Path) -> Path:
    """Leave a run that stopped somewhere in the middle, and return its journal."""
    done = subprocess.run(
        ["sh", "-c", 'ulimit -f 1500; exec "$@"', "sh", *command(folder, large, "--workers", 1)],
        check=False,
        capture_output=True,
    )
    assert done.returncode == Exit.FILE
    path = large.with_name("out.jsonl.partial")
    assert done.stderr.decode() == f"joseal: file: can't write {path}: File too large\n"
    return large.with_name("out.jsonl.journal")


def test_a_run_that_is_out_of_space_goes_on(folder: Path, large: Path, key: Key) -> None:
    journal = stopped(folder, large)
    assert stat.S_IMODE(journal.stat().st_mode) == 0o600
    again = subprocess.run(command(folder, large), check=False, capture_output=True)
    assert again.stderr.startswith(b"joseal: resume: a run was not finished: go on with --resume")
    done = subprocess.run(
        command(folder, large, "--resume", "--workers", 1), check=False, capture_output=True
    )
    assert done.stderr.startswith(b"joseal: rejects: ")
    check_whole(large, key)


def test_a_run_about_something_else_is_refused(
    folder: Path, large: Path, run: Run, tmp_path: Path
) -> None:
    journal = stopped(folder, large)
    before = journal.read_bytes()

    def refusal(*args: object) -> str:
        target = ("-o", large.with_name("out.jsonl"), "--workers", 1, "--resume", large)
        done = run("bulk", "encrypt", "--enc", ENC, *args, *target)
        assert (done.exit_code, done.stdout, done.stderr.count("\n")) == (Exit.FILE, "", 1)
        assert journal.read_bytes() == before
        return done.stderr

    same = ("--key", folder / "wrap.jwk", "--field", "a")
    other = tmp_path / "other.jwk"
    other.write_text(json.dumps(Key.generate("A256KW").to_jwk(private=True)))
    assert refusal("--key", other, "--field", "a").startswith(
        "joseal: resume: the unfinished run has another key; to begin anew, remove "
    )
    assert "another options" in refusal(*same, "--header", "typ=JWT")
    assert "another options" in refusal("--key", folder / "wrap.jwk", "--field", "id")
    with large.open("r+b") as file:
        file.seek(-3, os.SEEK_END)
        file.write(b"!")
    assert "another input" in refusal(*same)
    journal.write_bytes(before[:-1])
    before = journal.read_bytes()
    assert "can't be read" in refusal(*same)
    journal.unlink()


@pytest.mark.parametrize("unnamed", ["out.jsonl.rejects.jsonl", "out.jsonl"])
def test_a_run_that_stopped_while_renaming_is_finished(
    *, unnamed: str, folder: Path, large: Path, key: Key, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = command(folder, large, "--workers", 1, "--resume")[5:]
    replace = Path.replace

    def fail(self: Path, target: Path) -> Path:
        if target.name == unnamed:
            raise OSError(errno.EIO, "x")
        return replace(self, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", fail)
        assert run(*words).stderr.endswith(f"{unnamed}: Input/output error\n")
    before = large.with_name("out.jsonl.partial").read_bytes()
    assert run(*words).stderr.startswith("joseal: rejects: 120 of 12000 rows")
    assert large.with_name("out.jsonl").read_bytes() == before
    check_whole(large, key)


def test_two_runs_do_not_work_on_one_output(folder: Path, large: Path, run: Run) -> None:
    stopped(folder, large)
    with large.with_name("out.jsonl.partial").open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        done = run(*command(folder, large, "--workers", 1, "--resume")[5:])
    assert done.exit_code == Exit.FILE
    assert done.stderr.startswith("joseal: resume: another run is at work; ")


def test_an_input_that_changes_is_noticed(
    folder: Path, large: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    finish = bulk_run.finish

    def touch(*args: object) -> object:
        os.utime(large, (1, 1))
        return finish(*args)

    monkeypatch.setattr(bulk_run, "finish", touch)
    done = run(*command(folder, large, "--workers", 1)[5:])
    assert done.stderr == "joseal: input: the input was changed while it was read\n"
    assert not large.with_name("out.jsonl").exists()


def test_an_interrupt_is_one_line_and_the_run_can_go_on(
    folder: Path, large: Path, run: Run, key: Key
) -> None:
    words = command(folder, large, "--workers", 2)
    for _ in range(5):
        code, said = end_behind(10_000, words, large, signal.SIGINT)
        if code != Exit.TOKEN:
            break
        remove_finished(large)
    assert (code, said) == (Exit.INTERRUPTED, b"joseal: interrupted: stopped\n")
    run(*words[5:], "--resume", "--workers", 1)
    check_whole(large, key)


def test_a_terminal_gets_a_bar_with_rate_and_time_left(folder: Path, large: Path) -> None:
    master, terminal = pty.openpty()
    words = command(folder, large, "--workers", 1)
    with subprocess.Popen(words, stderr=terminal, env={**os.environ, "TERM": "xterm"}) as process:
        os.close(terminal)
        shown = b""
        while True:
            try:
                shown += os.read(master, 65_536)
            except OSError:  # the other side is closed
                break
    os.close(master)
    assert process.returncode == Exit.TOKEN
    shown = re.sub(rb"\x1b\[[\d;?]*[A-Za-z]", b"", shown)
    assert b"100%" in shown
    assert re.search(rb"[\d,]{4,} rows/s 120 rejects \d:\d\d:\d\d", shown)


@pytest.mark.parametrize("way", ["standard input", "password file", "two processes"])
def test_the_key_is_found_by_every_worker(
    way: str, shell: Shell, folder: Path, tmp_path: Path, pair: Key
) -> None:
    token = Encrypter(pair.public(), enc=ENC).encrypt(b"x")
    (tmp_path / "in").write_text(f"{token}\n" * 3)
    private = (folder / "private.pem").read_bytes()
    key = {
        "standard input": ("--key", "-"),
        "password file": (
            *("--key", folder / "encrypted.pem", "--password-file", folder / "password"),
        ),
        "two processes": ("--key", folder / "private.pem"),
    }[way]
    done = shell(
        *("bulk", "decrypt", *key, "--alg", "RSA-OAEP-256", "--enc", ENC, "--format", "lines"),
        *("--workers", 2, "-o", tmp_path / "out", tmp_path / "in"),
        data=private,
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert (tmp_path / "out").read_bytes() == b"x\n" * 3
