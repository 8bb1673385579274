"""`joseal bulk` on pipes, in UTF-16, for logs, and told to end."""

import hashlib
import itertools
import json
import os
import re
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from io import BufferedReader, FileIO
from pathlib import Path

import pytest
from bench.bulk import rotation
from click.testing import Result

from joseal import Decrypter, Key
from joseal.cli.bulk import progress, sources
from joseal.cli.bulk import run as bulk_run
from joseal.cli.bulk.formats import rows as bulk_rows
from joseal.cli.exit_codes import Exit, FailureError

Run = Callable[..., Result]
Shell = Callable[..., subprocess.CompletedProcess[bytes]]

ENC = "A128GCM"
EXCEL = '\ufeffid;card;name\r\n1;4111 1;"A; \r\nB"\r\n2;5513;\u00e9\U0001f600\r\n'


@pytest.fixture
def how(folder: Path) -> tuple[object, ...]:
    return ("--key", folder / "wrap.jwk", "--enc", ENC, "--workers", 1)


@pytest.fixture
def key(folder: Path) -> Key:
    return Key.from_jwk((folder / "wrap.jwk").read_text())


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-8"])
def test_csv_in_utf16_comes_back_to_the_byte(
    encoding: str, how: tuple[object, ...], run: Run, tmp_path: Path
) -> None:
    data = EXCEL.encode(
        encoding.replace("utf-16", "utf-16-le") if encoding == "utf-16" else encoding
    )
    (tmp_path / "in.csv").write_bytes(data)
    args = ("--field", "card", "--delimiter", ";", "--encoding", encoding)
    for verb, source, target in (
        ("encrypt", "in.csv", "enc.csv"),
        ("decrypt", "enc.csv", "back.csv"),
    ):
        done = run("bulk", verb, *how, *args, "-o", tmp_path / target, tmp_path / source)
        assert done.exit_code == 0, done.stderr
    sealed = (tmp_path / "enc.csv").read_bytes()
    assert sealed[:2] == data[:2]
    # No token has a space.
    assert b"4111 " not in sealed.replace(b"\0", b"")
    assert (tmp_path / "back.csv").read_bytes() == data


def test_rejected_rows_of_utf16_are_utf16_again(
    how: tuple[object, ...], run: Run, tmp_path: Path
) -> None:
    (tmp_path / "in.csv").write_bytes("\ufeffa,b\n1,é\n2\n3,4\n".encode("utf-16-le"))
    args = ("--field", "b", "--encoding", "utf-16", "--rejected", tmp_path / "bad.csv")
    done = run("bulk", "encrypt", *how, *args, "-o", tmp_path / "out.csv", tmp_path / "in.csv")
    assert done.exit_code == Exit.TOKEN
    assert (tmp_path / "bad.csv").read_bytes() == "\ufeffa,b\n2\n".encode("utf-16-le")
    listed = (tmp_path / "out.csv.rejects.jsonl").read_text()
    assert json.loads(listed) == {"line": 3, "code": "columns"}


ENCODINGS = {
    "UTF-8 as UTF-16": (b"a,b\n1,2\n", "utf-16", "IN has no byte order mark of UTF-16: give "),
    "no mark": ("a,b\n1,2\n".encode("utf-16-le"), "utf-8", "IN seems to be UTF-16 without a byte "),
    "half": ("\ufeffa,b\n1,2\n".encode("utf-16-le")[:-1], "utf-16", "IN is not UTF-16 throughout"),
    "a surrogate": (
        *("\ufeffa,b\n1,".encode("utf-16-le") + b"\x00\xd8,\0\n\0", "utf-16"),
        "IN is not UTF-16 throughout, or was cut off",
    ),
}


@pytest.mark.parametrize("case", ENCODINGS)
def test_each_mistake_in_the_encoding_has_its_own_text(
    case: str, how: tuple[object, ...], run: Run, tmp_path: Path
) -> None:
    data, encoding, text = ENCODINGS[case]
    (tmp_path / "in.csv").write_bytes(data)
    args = ("--field", "a", "--encoding", encoding)
    done = run("bulk", "encrypt", *how, *args, "-o", tmp_path / "out.csv", tmp_path / "in.csv")
    assert (done.exit_code, done.stdout) == (Exit.FILE, "")
    assert done.stderr.startswith(f"joseal: encoding: {text}")
    assert not (tmp_path / "out.csv").exists()


def test_a_run_over_utf16_that_was_stopped_goes_on(
    how: tuple[object, ...], run: Run, tmp_path: Path, key: Key, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = "a,b\n" + "".join(f"{number},\u00e9 {number}\n" for number in range(4_000))
    (tmp_path / "in.csv").write_bytes(text.encode("utf-16"))
    words = ("bulk", "encrypt", *how, "--field", "b", "--encoding", "utf-16", "--resume")
    words = (*words, "-o", tmp_path / "out.csv", tmp_path / "in.csv")
    forget, calls = sources.StreamSource.forget, []

    def failing(self: sources.StreamSource, offset: int) -> None:
        calls.append(offset)
        if len(calls) == 3:
            raise FailureError("x", "x", Exit.FILE)
        forget(self, offset)

    with monkeypatch.context() as patch:
        patch.setattr(sources.StreamSource, "forget", failing)
        patch.setattr("joseal.cli.bulk.run._SECONDS_BETWEEN", -1)
        assert run(*words).exit_code == Exit.FILE
    assert 0 < json.loads((tmp_path / "out.csv.journal").read_text())["rows"] < 4_000
    assert run(*words).exit_code == 0
    lines = (tmp_path / "out.csv").read_bytes().decode("utf-16").split("\n")
    opener = Decrypter(key, enc=ENC)
    opened = [opener.decrypt(line.split(",")[1]).decode() for line in lines[1:-1]]
    assert opened == [f"\u00e9 {number}" for number in range(4_000)]


def test_a_standard_input_begins_where_the_shell_has_left_it(tmp_path: Path) -> None:
    (tmp_path / "in").write_bytes(b"taken\nleft\n")
    with FileIO(tmp_path / "in") as raw:
        os.lseek(raw.fileno(), len(b"taken\n"), os.SEEK_SET)
        source = sources.StreamSource(BufferedReader(raw), "utf-8")
        assert source.digest == hashlib.sha256(b"left\n").hexdigest()
        assert source.read(0, 100) == b"left\n"
        source.check()


def test_rows_may_come_from_standard_input_and_go_to_standard_output(
    how: tuple[object, ...], shell: Shell, tmp_path: Path
) -> None:
    args = ("--format", "csv", "--field", "card", "--delimiter", ";")
    sealed = shell(
        *("bulk", "encrypt", *how, *args, "--rejects", tmp_path / "bad", "-o", "-", "-"),
        data=EXCEL.encode(),
    )
    assert sealed.returncode == 0, sealed.stderr
    assert re.fullmatch(rb"joseal: 2 rows, no rejects, \d+\.\d s\n", sealed.stderr)
    opened = shell(
        *("bulk", "decrypt", *how, *args, "--rejects", tmp_path / "bad", "--rejected"),
        *(tmp_path / "again", "-o", "-", "-"),
        data=sealed.stdout + b"3;none;x\r\n",
    )
    assert opened.returncode == Exit.TOKEN
    assert opened.stdout == EXCEL.encode()
    assert json.loads((tmp_path / "bad").read_text()) == {
        "line": 5,
        "code": "malformed",
        "field": "card",
    }
    assert (tmp_path / "again").read_bytes() == "\ufeffid;card;name\r\n3;none;x\r\n".encode()
    assert {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()} == {0o600}


STANDARD = {
    "no place for the rejects": (("-o", "-"), "with OUT on standard output, --rejects names the"),
    "resume from a pipe": (("-o", "OUT", "--resume", "-"), "--resume needs an IN that can be read"),
    "resume to a pipe": (("-o", "-", "--rejects", "BAD", "--resume"), "--resume needs an OUT that"),
    "a limit": (("-o", "-", "--rejects", "BAD", "--max-rejects", "1"), "--max-rejects needs an OUT"),
    "two outputs": (("-o", "-", "--rejects", "BAD", "--json"), "--json needs an OUT that is a file"),
    "key and rows": (("--key", "-", "-o", "OUT", "-"), "standard input can't be both a key and IN"),
    "in the clear": (("-o", "OUT", "--scheduler", "tcp://x:1"), "--scheduler needs an address tls:"),
    "no cluster": (("-o", "OUT", "--tls-cert", "c"), "--tls-ca-file, --tls-cert and --tls-key are"),
    "lines in UTF-16": (("-o", "OUT", "--encoding", "utf-16"), "--encoding is for CSV: JSON Lines"),
}  # fmt: skip


@pytest.mark.parametrize("case", STANDARD)
def test_what_does_not_go_together_is_said(
    case: str, folder: Path, run: Run, tmp_path: Path
) -> None:
    (tmp_path / "in").write_text("x\n")
    given, text = STANDARD[case]
    args: list[object] = [tmp_path / arg if arg in {"OUT", "BAD"} else arg for arg in given]
    key = () if "--key" in args else ("--key", folder / "wrap.jwk")
    source = () if args[-1] == "-" and args[-2] != "-o" else (tmp_path / "in",)
    done = run("bulk", "encrypt", *key, "--enc", ENC, "--format", "lines", *args, *source)
    assert (done.exit_code, done.stdout) == (Exit.USAGE, "")
    assert text in done.stderr
    assert done.stderr.startswith(("joseal: usage: ", '{"error": {"code": "usage"'))
    assert [path.name for path in tmp_path.iterdir()] == ["in"]


def test_a_row_without_end_in_a_pipe_is_not_held(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk_rows, "LINE_BYTES", 1_000)
    (tmp_path / "in").write_bytes(b"x" * 1_000_000)
    with (tmp_path / "in").open("rb") as file:
        lines = sources.StreamSource(file, "utf-8").lines(0)
        with pytest.raises(FailureError, match="make IN a file"):
            list(iter(lambda: lines.readline(600), b""))
        assert file.tell() < 300_000


def test_a_log_gets_lines_about_the_progress(
    how: tuple[object, ...], run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "SECONDS_BETWEEN", 0.0)
    (tmp_path / "in.txt").write_text("row\n" * 10_000)
    args = ("--format", "lines", "-o", tmp_path / "out", tmp_path / "in.txt")
    done = run("bulk", "encrypt", *how, "--progress", *args)
    *lines, last = done.stderr.splitlines()
    assert last.startswith("joseal: 10000 rows, no rejects, ")
    assert len(lines) > 1
    line = r"joseal: progress: of IN \d+%, \d+ rows, 0 rejects, \d+ rows/s"
    assert all(re.fullmatch(line, text) for text in lines)
    assert lines[-1].startswith("joseal: progress: of IN 100%, 10000 rows")


@pytest.mark.processes
@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGKILL])
def test_a_run_that_is_told_to_end_or_is_killed_says_nothing_of_semaphores(
    end: signal.Signals, how: tuple[object, ...], tmp_path: Path
) -> None:
    (tmp_path / "in.txt").write_text("row\n" * 2_000_000)
    words = ("bulk", "encrypt", *how[:-1], 2, "--format", "lines", "-o", tmp_path / "out")
    command = [sys.executable, "-m", "joseal", *map(str, words), str(tmp_path / "in.txt")]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, start_new_session=True)
    partial = tmp_path / "out.partial"
    while not (partial.exists() and partial.stat().st_size) and process.poll() is None:
        time.sleep(0.01)
    process.send_signal(end)
    # What the processes of the run print comes after it.
    _, errors = process.communicate(timeout=60)
    said = b"joseal: interrupted: stopped; continue with --resume\n"
    expected = said if end == signal.SIGTERM else b""
    assert errors == expected
    assert (tmp_path / "out.journal").exists()
    left = Path("/dev/shm").glob(f"*mp-{process.pid}-*")  # noqa: S108  where Linux has them
    assert not list(left)


def test_what_excel_writes_is_encrypted_rekeyed_and_decrypted_to_the_byte_by_runs_that_stop(
    folder: Path, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The small form of `python -m bench.bulk.rotation`, where each run is killed."""
    rotation.make(3_000, tmp_path / "excel.csv")
    old = ("--key", folder / "wrap.jwk", "--enc", ENC)
    new = ("--key", folder / "direct.jwk", "--enc", "A256GCM")
    how = ("--field", "card", "--delimiter", ";", "--workers", 1, "--resume")
    steps = {
        "encrypt": ("excel.csv", old),
        "rekey": ("encrypt.csv", (*old, "--to-key", new[1], "--to-enc", new[3])),
        "decrypt": ("rekey.csv", new),
    }
    for verb, (source, keys) in steps.items():
        target = tmp_path / f"{verb}.csv"
        words = ("bulk", verb, *keys, *how, "-o", target, tmp_path / source)
        with monkeypatch.context() as patch:
            patch.setattr(bulk_run, "_SECONDS_BETWEEN", -1)
            patch.setattr(sources.FileSource, "forget", failing_at(3))
            assert run(*words).stderr == "joseal: x: x\n"
        assert 0 < json.loads(target.with_name(f"{verb}.csv.journal").read_text())["rows"] < 3_000
        assert run(*words).exit_code == 0
    assert (tmp_path / "decrypt.csv").read_bytes() == (tmp_path / "excel.csv").read_bytes()


def failing_at(number: int) -> Callable[[object, int], None]:
    """Return what ends a run when it is called for so many times."""
    numbers = itertools.count(1)

    def forget(source: object, offset: int) -> None:
        if next(numbers) == number:
            raise FailureError("x", "x", Exit.FILE)

    return forget


@pytest.mark.parametrize("place", ["IN", "OUT"])
def test_an_interrupt_of_a_run_on_a_pipe_does_not_name_an_option_that_it_can_not_have(
    place: str, how: tuple[object, ...], run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*args: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(bulk_run, "finish", interrupt)
    rows = tmp_path / "in"
    rows.write_bytes(b"row\n")
    source, target = {"IN": ("-", tmp_path / "out"), "OUT": (rows, "-")}[place]
    words = ("--format", "lines", "--rejects", tmp_path / "rejects", "-o", target, source)
    with rows.open("rb") as file:
        if place == "IN":
            # The input of click's runner has no descriptor.
            monkeypatch.setattr(sources.files, "standard", lambda _: file)
        done = run("bulk", "encrypt", *how, *words)
    assert (done.exit_code, done.stderr) == (Exit.INTERRUPTED, "joseal: interrupted: stopped\n")
    assert (tmp_path / "out.journal").exists() == (place == "IN")


def test_an_unfinished_run_on_a_pipe_is_to_be_begun_anew_and_not_resumed(
    how: tuple[object, ...], shell: Shell, tmp_path: Path
) -> None:
    decrypt = ("bulk", "decrypt", *how, "--format", "lines", "-o", tmp_path / "out", "-")
    done = shell(*decrypt, "--max-rejects", 0, data=b"no token\n")
    assert done.returncode == Exit.TOKEN
    assert b"remove the partial files, and run it again with --max-rejects" in done.stderr
    assert b"--resume" not in done.stderr
    again = shell(*decrypt, data=b"no token\n")
    assert again.returncode == Exit.FILE
    assert again.stderr.startswith(
        b"joseal: resume: a run was not finished; to start again, remove"
    )
    assert b"--resume" not in again.stderr
