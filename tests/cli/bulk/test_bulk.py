"""`joseal bulk`: formats, rejects, and runs that are killed, changed, or out of space."""

import contextlib
import csv
import errno
import fcntl
import json
import os
import pty
import re
import resource
import signal
import stat
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from click.testing import Result
from tests.helpers import terminals

from joseal import Decrypter, Encrypter, Key, MultiEncrypter
from joseal._core.algorithms import content_encryption
from joseal.cli.bulk import journal as bulk_journal
from joseal.cli.bulk import run as bulk_run
from joseal.cli.bulk.formats import rows as bulk_rows
from joseal.cli.exit_codes import Exit
from joseal.cli.program import program
from joseal.errors import JoseError

Run = Callable[..., Result]
Shell = Callable[..., subprocess.CompletedProcess[bytes]]

ROOT = Path(__file__).parents[3]
ENC = "A128GCM"


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
    assert (done.exit_code, done.stdout) == (0, "")
    assert re.fullmatch(r"joseal: 4 rows, no rejects, \d+\.\d s\n", done.stderr)
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
        *("in.jsonl", "encrypted.jsonl", "decrypted.jsonl"),
    }


def test_json_values_come_back_to_the_byte(bulk: Callable[..., Result], tmp_path: Path) -> None:
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
    rows = b'"A, ""B""","4111 \r\n1111",1\r\n\n\xff,,=1+1\n'.replace(
        b"\r\n\n", b"\r\n" + end.encode()
    )
    source.write_bytes(head + rows)
    assert bulk("encrypt", source, "--field", "card", "--field", "pin").exit_code == 0
    assert b"4111 " not in (tmp_path / "encrypted.csv").read_bytes()
    opening = bulk("decrypt", tmp_path / "encrypted.csv", "--field", "pin", "--field", "card")
    assert opening.exit_code == 0
    with (tmp_path / "decrypted.csv").open(newline="", errors="surrogateescape") as file:
        found = list(csv.reader(file))
    assert found == [
        ["name", "card", "pin"],
        ['A, "B"', "4111 \r\n1111", "1"],
        [],
        ["\udcff", "", "=1+1"],
    ]
    assert (tmp_path / "encrypted.csv").read_bytes().startswith(head)


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_plaintext_can_not_begin_a_csv_row(
    end: str, bulk: Callable[..., Result], tmp_path: Path, key: Key
) -> None:
    sealer = Encrypter(key, enc=ENC)
    texts = ["x\rmallory", "x\nmallory", 'x"\r\n"']
    source = tmp_path / "in.csv"
    rows = ["a,b", *(f"{sealer.encrypt(text.encode())},2" for text in texts), ""]
    source.write_bytes(end.join(rows).encode())
    assert bulk("decrypt", source, "--field", "a").exit_code == 0
    with (tmp_path / "decrypted.csv").open(newline="") as file:
        assert list(csv.reader(file)) == [["a", "b"], *([text, "2"] for text in texts)]


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
    bulk: Callable[..., Result], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk_rows, "LINE_BYTES", 1_000)
    source = tmp_path / "in.jsonl"
    lines = {
        b'{"a":"4111","b":"x"}': None,
        b'{"a":"4111"}': ("field", "b"),
        b'{"a":"4111","b":4111}': ("field", "b"),
        b'{"a":"4111","a":"x","b":"x"}': ("json", None),
        b'["4111"]': ("json", None),
        b'{"a":"\xff4111","b":""}': ("json", None),
        b'{"a":"4111","b":"y"': ("json", None),
        b'{"a":"' + b"4" * 1_000 + b'","b":""}': ("line_bytes", None),
        b'{"a":"","b":"z"}': None,
    }
    source.write_bytes(b"\n".join(lines))
    done = bulk("encrypt", source, "--field", "a", "--field", "b", "--rejects", tmp_path / "bad")
    assert done.exit_code == Exit.TOKEN
    assert done.stderr == f"joseal: rejects: 7 of 9 rows, listed in {tmp_path / 'bad'}\n"
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
    done = bulk(
        *("decrypt", source, "--field", "a", "--json-values", "--force", "--max-rejects", 3)
    )
    assert done.exit_code == Exit.TOKEN
    assert (tmp_path / "decrypted.jsonl").read_bytes() == b'{"a": { }}\n{"a": 1}\n'


@pytest.mark.processes
@pytest.mark.parametrize("workers", [1, 2])
def test_rows_under_old_and_new_keys_are_opened_with_all_keys_that_are_given(
    workers: int, run: Run, tmp_path: Path
) -> None:
    keys = [Key.generate("A256KW", kid=f"k{number}") for number in range(3)]
    (tmp_path / "set.jwks").write_text(
        json.dumps({"keys": [key.to_jwk(private=True) for key in keys[:2]]})
    )
    (tmp_path / "new.jwk").write_text(json.dumps(keys[2].to_jwk(private=True)))
    (tmp_path / "in").write_text(
        "".join(Encrypter(key, enc=ENC).encrypt(b"x") + "\n" for key in keys)
    )
    done = run(
        *("bulk", "decrypt", "--key", tmp_path / "set.jwks", "--key", tmp_path / "new.jwk"),
        *("--enc", ENC, "--format", "lines", "--workers", workers),
        *("-o", tmp_path / "out", tmp_path / "in"),
    )
    assert done.exit_code == 0, done.stderr
    assert (tmp_path / "out").read_bytes() == b"x\n" * 3


@pytest.fixture
def rekey(folder: Path, tmp_path: Path, run: Run) -> Callable[..., Result]:
    """Rekey whole lines or a field from `wrap.jwk` to `direct.jwk`."""

    def rekey(source: Path, *args: object, workers: int = 1) -> Result:
        old = ("--key", folder / "wrap.jwk", "--enc", ENC, "--workers", workers)
        new = ("--to-key", folder / "direct.jwk", "--to-enc", "A256GCM")
        target = source.with_name(f"rekeyed{source.suffix}")
        return run("bulk", "rekey", *old, *new, "-o", target, *args, source)

    return rekey


@pytest.mark.processes
@pytest.mark.parametrize("workers", [1, 2])
def test_rekeyed_rows_open_with_the_new_key_alone(
    *, workers: int, rekey: Callable[..., Result], bulk: Callable[..., Result], tmp_path: Path,
    folder: Path, key: Key,
) -> None:  # fmt: skip
    source = tmp_path / "in.jsonl"
    source.write_bytes(JSON_LINES)
    fields = ("--field", "a", "--field", "b")
    bulk("encrypt", source, *fields, "--header", "typ=card", "--header", "v:=3")
    done = rekey(tmp_path / "encrypted.jsonl", *fields, workers=workers)
    assert done.exit_code == 0, done.stderr
    rows = [json.loads(line) for line in lines_of(tmp_path / "rekeyed.jsonl") if line.strip()]
    new = Key.from_jwk((folder / "direct.jwk").read_text())
    opened = [Decrypter(new, enc="A256GCM").open(row[name]) for row in rows for name in "ab"]
    assert [token.plaintext.decode() for token in opened] == [
        *("x", '\u00e9"}', "\u00e9", "", "last", "no line end")
    ]
    assert all(dict(token.header) == {"alg": "dir", "enc": "A256GCM", "typ": "card", "v": 3}
               for token in opened)  # fmt: skip
    assert len({row["a"] for row in rows}) == len(rows)
    with pytest.raises(JoseError):
        Decrypter(key, enc=ENC).decrypt(rows[0]["a"])


def test_what_does_not_open_is_a_reject_of_rekey_and_a_header_that_is_named_wins(
    rekey: Callable[..., Result], tmp_path: Path, key: Key, folder: Path
) -> None:
    stranger = Encrypter(Key.generate("A256KW"), enc=ENC).encrypt(b"x")
    typed = Encrypter(key, enc=ENC, header={"typ": "old"}).encrypt(b"\xff")
    (tmp_path / "in").write_text(f"{stranger}\nnone\n{typed}\n")
    done = rekey(tmp_path / "in", "--format", "lines", "--header", "typ=new")
    assert done.exit_code == Exit.TOKEN
    assert rejects(tmp_path / "rekeyed.rejects.jsonl") == [
        (1, "undecryptable", None),
        (2, "malformed", None),
    ]
    new = Key.from_jwk((folder / "direct.jwk").read_text())
    opened = Decrypter(new, enc="A256GCM").open((tmp_path / "rekeyed").read_text().strip())
    assert (opened.plaintext, opened.header["typ"]) == (b"\xff", "new")


def test_what_is_wrong_with_the_new_key_is_said_of_its_options(
    run: Run, folder: Path, tmp_path: Path
) -> None:
    (tmp_path / "in").write_text("")
    old = ("bulk", "rekey", "--key", folder / "wrap.jwk", "--enc", ENC, "--format", "lines")
    places = ("--to-enc", ENC, "--workers", 1, "-o", tmp_path / "out", tmp_path / "in")
    done = run(*old, "--to-key", folder / "public.pem", *places)
    assert done.stderr.startswith("joseal: usage: --to-alg is needed")
    done = run(*old, "--to-key", folder / "private.pem", "--to-alg", "RSA-OAEP-256", *places)
    assert (done.exit_code, "joseal key public" in done.stderr) == (Exit.KEY, True)


@pytest.fixture
def hybrid(tmp_path: Path) -> Callable[[str], tuple[Path, Path]]:
    """Write a pair for an alg as two JWKs, and return their places, the public one first."""

    def hybrid(alg: str) -> tuple[Path, Path]:
        made = Key.generate(alg, kid="hybrid")
        places = tmp_path / "hybrid.public.jwk", tmp_path / "hybrid.jwk"
        for place, private in zip(places, (False, True), strict=True):
            place.write_text(json.dumps(made.to_jwk(private=private)))
        return places

    return hybrid


@pytest.mark.parametrize(("alg", "enc"), [("HPKE-9", ()), ("HPKE-9-KE", ("A256GCM",))])
def test_rows_are_rekeyed_from_rsa_to_a_hybrid_key_and_back(
    alg: str, enc: tuple[str, ...], run: Run, folder: Path, hybrid: Callable[..., tuple[Path, Path]]
) -> None:
    public, private = hybrid(alg)
    tmp_path = public.parent
    rsa = ("--key", folder / "private.pem", "--alg", "RSA-OAEP-256")
    rows = ("--field", "a", "--workers", 1)
    (tmp_path / "in.jsonl").write_text('{"a":"4111","b":1}\n{"a":"5500","b":2}\n')

    def bulk(verb: str, source: str, target: str, *args: object) -> list[dict[str, str]]:
        places = ("-o", tmp_path / target, tmp_path / source)
        done = run("bulk", verb, *args, *rows, *places)
        assert done.exit_code == 0, done.output
        return [json.loads(line) for line in lines_of(tmp_path / target)]

    bulk(
        *("encrypt", "in.jsonl", "rsa.jsonl", "--key", folder / "public.pem"),
        *("--alg", "RSA-OAEP-256", "--enc", "A128GCM", "--header", "typ=card"),
    )
    to = (*("--to-key", public), *(word for name in enc for word in ("--to-enc", name)))
    moved = bulk("rekey", "rsa.jsonl", "hybrid.jsonl", *rsa, "--enc", "A128GCM", *to)
    opener = Decrypter(Key.from_jwk(private.read_text()), enc=enc or None)
    header = {"alg": alg, "kid": "hybrid", "typ": "card", **({"enc": enc[0]} if enc else {})}
    for row, card in zip(moved, (b"4111", b"5500"), strict=True):
        opened = opener.open(row["a"])
        assert opened.plaintext == card
        assert {name: value for name, value in opened.header.items() if name != "ek"} == header
    own = (*("--key", private), *(word for name in enc for word in ("--enc", name)))
    bulk("decrypt", "hybrid.jsonl", "plain.jsonl", *own)
    assert lines_of(tmp_path / "plain.jsonl") == lines_of(tmp_path / "in.jsonl")
    target = ("--to-key", folder / "wrap.jwk", "--to-enc", ENC)
    back = bulk("rekey", "hybrid.jsonl", "back.jsonl", *own, *target)
    opener = Decrypter(Key.from_jwk((folder / "wrap.jwk").read_text()), enc=ENC)
    assert dict(opener.open(back[0]["a"]).header) == {"alg": "A256KW", "enc": ENC, "typ": "card"}


def test_keys_with_a_content_encryption_of_their_own_take_no_enc_and_all_others_need_one(
    run: Run, folder: Path, tmp_path: Path, hybrid: Callable[..., tuple[Path, Path]]
) -> None:
    public, private = hybrid("HPKE-9")
    (tmp_path / "in").write_text("")
    wrap = ("--key", folder / "wrap.jwk")
    for verb, words, text in (
        ("encrypt", wrap, "Missing option '--enc'"),
        ("decrypt", wrap, "Missing option '--enc'"),
        ("encrypt", ("--key", public, "--enc", ENC), "--enc must not be given"),
        ("decrypt", ("--key", private, "--enc", ENC), "--enc must not be given"),
        ("rekey", (*wrap, "--to-key", public), "Missing option '--enc'"),
        ("rekey", ("--key", private, "--to-key", folder / "wrap.jwk"), "Missing option '--to-enc'"),
        (
            "rekey",
            ("--key", private, "--to-key", public, "--to-enc", ENC),
            "--to-enc must not be given",
        ),
    ):
        places = ("--format", "lines", "--workers", 1, "-o", tmp_path / "out", tmp_path / "in")
        done = run("bulk", verb, *words, *places)
        assert done.exit_code == Exit.USAGE
        assert text in done.stderr


def test_message_in_json_is_not_moved_to_a_key_that_encrypts_the_content_itself(
    run: Run, folder: Path, tmp_path: Path, hybrid: Callable[..., tuple[Path, Path]]
) -> None:
    (tmp_path / "in").write_text("")
    done = run(
        *("bulk", "rekey", "--json-form", "general", "--key", folder / "wrap.jwk", "--enc", ENC),
        *("--to-key", hybrid("HPKE-9")[0], "--format", "lines", "--workers", 1),
        *("-o", tmp_path / "out", tmp_path / "in"),
    )
    assert done.exit_code == Exit.USAGE
    assert "HPKE-9 makes the CEK itself" in done.stderr


@pytest.fixture
def move(folder: Path, tmp_path: Path, run: Run) -> Callable[..., Result]:
    """Move messages in JSON, one on each line, from `wrap.jwk` to `next.jwk`."""
    new = Key.from_bytes(b"n" * 16, alg="A128KW", kid="next")
    (tmp_path / "next.jwk").write_text(json.dumps(new.to_jwk(private=True)))
    old = ("--key", folder / "wrap.jwk", "--enc", ENC, "--workers", 1, "--format", "lines")
    to = ("--to-key", tmp_path / "next.jwk", "--to-enc", ENC)
    return lambda *args: run(
        "bulk", "rekey", *old, *to, *args, "-o", tmp_path / "moved", tmp_path / "in"
    )


def test_messages_in_json_are_moved_without_being_opened(
    move: Callable[..., Result], tmp_path: Path, key: Key, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = MultiEncrypter([key], enc=ENC, rewrappable=True).encrypt(b"x")
    alone = Encrypter(key, enc=ENC, form="general").encrypt(b"x")
    (tmp_path / "in").write_text(f"{made}\n{alone}\n")
    opened: list[object] = []
    monkeypatch.setattr(content_encryption, "open_", lambda *parts: opened.append(parts))
    done = move("--json-form", "general", "--keep-old")
    monkeypatch.undo()
    assert (done.exit_code, opened) == (Exit.TOKEN, [])
    # Its alg is authenticated.
    assert rejects(tmp_path / "moved.rejects.jsonl") == [(2, "not_allowed", None)]
    text = (tmp_path / "moved").read_text()
    new = Key.from_jwk((tmp_path / "next.jwk").read_text())
    for each in (key, new):
        assert Decrypter(each, enc=ENC, form="general").decrypt(text) == b"x"
    changed = json.loads(made) | {"tag": "A" * 22}
    (tmp_path / "in").write_text(f"{json.dumps(changed)}\n")
    done = move("--json-form", "general", "--verify", "--force", "--max-rejects", 1)
    assert rejects(tmp_path / "moved.rejects.jsonl") == [(1, "undecryptable", None)]


def test_what_does_not_go_with_messages_in_json_is_said_of_the_options(
    move: Callable[..., Result], tmp_path: Path
) -> None:
    (tmp_path / "in").write_text("")
    done = move("--keep-old")
    assert done.stderr.startswith("joseal: usage: --keep-old needs --json-form general")
    done = move("--json-form", "flattened", "--header", "typ=x")
    assert "new has header" in done.stderr


@pytest.mark.processes
def test_a_rekeying_that_is_killed_goes_on_and_no_plaintext_is_ever_on_the_disk(
    bulk: Callable[..., Result], folder: Path, large: Path, run: Run
) -> None:
    assert bulk("encrypt", large, "--field", "a").exit_code == Exit.TOKEN
    source, target = large.with_name("encrypted.jsonl"), large.with_name("out.jsonl")
    words = (
        *("bulk", "rekey", "--key", folder / "wrap.jwk", "--enc", ENC, "--field", "a"),
        *("--to-key", folder / "direct.jwk", "--to-enc", "A256GCM", "--resume", "-o", target),
    )
    done = stop(
        "replace", 3, signal.SIGKILL, [str(word) for word in (*words, "--workers", 2, source)]
    )
    assert done.returncode == -signal.SIGKILL
    partial = target.with_name("out.jsonl.partial").read_bytes()
    assert partial
    assert not any(b"row %d" % number in partial for number in range(ROWS))
    assert run(*words, "--workers", 1, source).exit_code == 0
    new = Decrypter(Key.from_jwk((folder / "direct.jwk").read_text()), enc="A256GCM")
    rows = [json.loads(line) for line in lines_of(target)]
    good = [number for number in range(ROWS) if number % 100 != 99]
    assert [(row["id"], new.decrypt(row["a"]).decode()) for row in rows] == [
        (number, f"row {number}") for number in good
    ]


def mixed(folder: Path) -> Path:
    """Two good rows and two bad ones."""
    source = folder / "in.csv"
    source.write_bytes(b'a,b\r\n1,x\r\n2\r\n"3",y\r\n4,"z"z\r\n')
    return source


def test_an_output_is_replaced_with_force_alone(
    bulk: Callable[..., Result], tmp_path: Path, key: Key
) -> None:
    source = tmp_path / "in.jsonl"
    source.write_text('{"a": "x"}\n')
    for name in ("encrypted.jsonl", "encrypted.jsonl.rejects.jsonl"):
        (tmp_path / name).write_text("before")
        done = bulk("encrypt", source, "--field", "a")
        assert done.exit_code == Exit.FILE
        text = "already exists: --force replaces it"
        assert done.stderr == f"joseal: file: {tmp_path / name} {text}\n"
        assert (tmp_path / name).read_text() == "before"
        (tmp_path / name).rename(tmp_path / f"{name}.before")
    (tmp_path / "encrypted.jsonl").write_text("before")
    (tmp_path / "encrypted.jsonl.rejects.jsonl").write_text("before")
    assert bulk("encrypt", source, "--field", "a", "--force").exit_code == 0
    (row,) = lines_of(tmp_path / "encrypted.jsonl")
    assert Decrypter(key, enc=ENC).decrypt(json.loads(row)["a"]) == b"x"
    assert not (tmp_path / "encrypted.jsonl.rejects.jsonl").exists()


def test_an_output_that_appears_during_the_run_is_not_replaced(
    bulk: Callable[..., Result], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, target = tmp_path / "in.jsonl", tmp_path / "encrypted.jsonl"
    source.write_text('{"a": "x"}\n')
    act: Callable[..., object] = bulk_run.finish

    def appear(*args: object) -> object:
        target.write_text("someone else's")
        return act(*args)

    monkeypatch.setattr(bulk_run, "finish", appear)
    assert bulk("encrypt", source, "--field", "a").exit_code == Exit.FILE
    assert target.read_text() == "someone else's"


@pytest.mark.parametrize("limit", [(), ("--max-rejects", 1)])
def test_a_run_with_too_many_rejects_replaces_nothing_and_can_be_let_through(
    limit: tuple[object, ...], bulk: Callable[..., Result], tmp_path: Path
) -> None:
    source, target = mixed(tmp_path), tmp_path / "encrypted.csv"
    target.write_text("before")
    args = ("encrypt", source, "--field", "b", "--force")
    done = bulk(*args, *limit)
    assert done.exit_code == Exit.TOKEN
    assert done.stderr.startswith("joseal: rejects: 2 of 4 rows, listed in ")
    assert target.read_text() == "before"
    assert not target.with_name("encrypted.csv.rejects.jsonl").exists()
    assert len(rejects(target.with_name("encrypted.csv.rejects.jsonl.partial"))) == 2
    assert bulk(*args, "--resume", *limit).stderr == done.stderr
    assert bulk(*args, "--resume", "--max-rejects", 2).exit_code == Exit.TOKEN
    assert len(lines_of(target)) == 3
    assert len(rejects(target.with_name("encrypted.csv.rejects.jsonl"))) == 2


def test_rejected_rows_are_a_file_that_can_be_mended_and_run_again(
    bulk: Callable[..., Result], tmp_path: Path
) -> None:
    source, again = mixed(tmp_path), tmp_path / "again.csv"
    assert bulk("encrypt", source, "--field", "b", "--rejected", again).exit_code == Exit.TOKEN
    assert again.read_bytes() == b'a,b\r\n2\r\n4,"z"z\r\n'
    assert stat.S_IMODE(again.stat().st_mode) == 0o600


# No token has a space.
EXCEL = b'\xef\xbb\xbfid;card;name\r\n1;4111 1;"A; B"\r\n2;5513;\xc3\xa9\r\n'


def test_what_excel_writes_is_sealed_rekeyed_and_opened_to_the_byte(
    bulk: Callable[..., Result], rekey: Callable[..., Result], run: Run, folder: Path,
    tmp_path: Path,
) -> None:  # fmt: skip
    source = tmp_path / "in.csv"
    source.write_bytes(EXCEL)
    how = ("--field", "card", "--delimiter", ";")
    assert bulk("encrypt", source, *how).exit_code == 0
    assert b"4111 " not in (tmp_path / "encrypted.csv").read_bytes()
    assert rekey(tmp_path / "encrypted.csv", *how).exit_code == 0
    key = ("--key", folder / "direct.jwk", "--enc", "A256GCM", "--workers", 1)
    target = tmp_path / "back.csv"
    done = run("bulk", "decrypt", *key, *how, "-o", target, tmp_path / "rekeyed.csv")
    assert done.exit_code == 0
    assert target.read_bytes() == EXCEL


def test_a_byte_order_mark_is_no_part_of_the_first_json_line(
    bulk: Callable[..., Result], tmp_path: Path
) -> None:
    source = tmp_path / "in.jsonl"
    source.write_bytes(b'\xef\xbb\xbf{"a": "x"}\n{"a": "y"}\n')
    assert bulk("encrypt", source, "--field", "a").exit_code == 0
    assert bulk("decrypt", tmp_path / "encrypted.jsonl", "--field", "a").exit_code == 0
    assert (tmp_path / "decrypted.jsonl").read_bytes() == source.read_bytes()


HEADS = {
    "semicolons": (b"id;card\n1;4\n", "not separated so: give --delimiter ';'"),
    "tabs": (b"id\tcard\n1\t4\n", "not separated so: give --delimiter 'tab'"),
    "UTF-16": ("id,card\n".encode("utf-16"), "encoding: IN is UTF-16: give --encoding utf-16"),
    "twice": (b"card,id,card\n", "names the column card 2 times, at 1 and 3"),
    "a blank": (b"id, card\n", "that at 2 differs only in spaces or case"),
    "none": (b"4111,secret\n", "the first line has no column card, and 2 in all\n"),
    "nothing": (b"", "csv: the first line, with the names of the columns, is missing: IN is empty"),
    "a blank line": (b"\r\n4111,1\n", "with the names of the columns, is blank"),
    "Excel's sep=": (b"sep=;\r\ncard;id\r\n", "csv: the first line is Excel's sep=: remove it"),
    "CR alone": (b"card,id\r4111,1\r", "csv: the lines of IN end with CR alone"),
    "a workbook": (b"PK\x03\x04\x14\0\x06\0\x08\0", "format: IN is a ZIP archive, as an Excel"),
    "gzip": (b"\x1f\x8b\x08\0\0\0\0\0", "format: IN is a gzip file: unpack it first"),
}
LINES = {
    "UTF-16": (
        '{"card":"1"}\n'.encode("utf-16"),
        "encoding: IN is UTF-16, and JSON Lines are UTF-8",
    ),
    "UTF-16 without a mark": ('{"card":"1"}\n'.encode("utf-16-le"), "encoding: IN is UTF-16, and"),
    "an array": (b'[{"card":"1"},\n{"card":"2"}]\n', "format: IN is a JSON array, not JSON Lines"),
    "an array, indented": (b'[\n  {"card":"1"}\n]\n', "format: IN is a JSON array, not JSON Lines"),
    "indented": (b'{\n  "card": "1"\n}\n', "format: IN has JSON objects over several lines"),
    "a text sequence": (b'\x1e{"card":"1"}\n', "format: IN is a JSON text sequence (RFC 7464)"),
    "a Parquet file": (b"PAR1\x15\x04", "format: IN is a Parquet file: export it as CSV"),
}


@pytest.mark.parametrize("case", HEADS)
def test_each_mistake_in_the_first_line_has_its_own_text_that_repeats_nothing_of_it(
    case: str, bulk: Callable[..., Result], tmp_path: Path
) -> None:
    data, text = HEADS[case]
    (tmp_path / "in.csv").write_bytes(data)
    done = bulk("encrypt", tmp_path / "in.csv", "--field", "card")
    assert done.exit_code == Exit.FILE
    assert text in done.stderr
    assert "secret" not in done.stderr


@pytest.mark.parametrize("case", LINES)
def test_json_that_has_no_row_on_any_line_is_named_and_not_rejected_line_by_line(
    case: str, bulk: Callable[..., Result], tmp_path: Path
) -> None:
    data, text = LINES[case]
    (tmp_path / "in.jsonl").write_bytes(data)
    done = bulk("encrypt", tmp_path / "in.jsonl", "--field", "card")
    assert (done.exit_code, text in done.stderr) == (Exit.FILE, True)
    assert not (tmp_path / "encrypted.jsonl").exists()


USAGE = {
    "no field": ("in.jsonl", (), "usage: --field is for"),
    "fields of lines": ("in.jsonl", ("--format", "lines", "--field", "a"), "usage: --field is for"),
    "a field twice": ("in.jsonl", ("--field", "a", "--field", "a"), "usage: name each"),
    "no format": ("in.txt", ("--field", "a"), "usage: --format is needed"),
    "JSON values in CSV": ("in.csv", ("--field", "a", "--json-values"), "usage: --json-values"),
    "no worker": ("in.csv", ("--field", "a", "--workers", 0), "usage: Invalid value"),
    "rejects into the output": ("in.csv", ("--field", "a", "--rejects", "OUT"), "usage: IN, OUT"),
    "no such column": ("in.csv", ("--field", "c"), "field: the first line has no column c"),
    "a column twice": ("in.csv", ("--field", "b"), "field: the first line names the column b 2"),
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
    one = () if "--workers" in args else ("--workers", 1)
    done = run("bulk", "encrypt", *key, *one, "-o", target, *args, tmp_path / name)
    assert done.exit_code in {Exit.USAGE, Exit.FILE}
    assert done.stderr.startswith(f"joseal: {beginning}")
    assert (done.stderr.count("\n"), done.stdout) == (1, "")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.csv", "in.jsonl"]


def test_with_json_the_rows_are_counted(bulk: Callable[..., Result], tmp_path: Path) -> None:
    source = tmp_path / "in.jsonl"
    source.write_text('{"a": "x"}\n{"b": 1}\n')
    done = bulk("encrypt", source, "--field", "a", "--json")
    assert done.exit_code == Exit.TOKEN
    assert json.loads(done.stdout) == {"rows": 1, "rejects": 1}
    error = json.loads(done.stderr)["error"]
    assert (error["code"], error["exit"]) == ("rejects", Exit.TOKEN)
    done = bulk("decrypt", tmp_path / "encrypted.jsonl", "--field", "a", "--json")
    assert (done.exit_code, done.stdout, done.stderr) == (0, '{"rows": 1, "rejects": 0}\n', "")


def test_an_output_that_is_no_file_is_refused(bulk: Callable[..., Result], tmp_path: Path) -> None:
    source = tmp_path / "in.jsonl"
    source.write_text("")
    (tmp_path / "encrypted.jsonl").symlink_to(tmp_path / "other")
    done = bulk("encrypt", source, "--field", "a")
    assert done.exit_code == Exit.FILE
    assert done.stderr.endswith("encrypted.jsonl is not a regular file\n")


ROWS = 2_000


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
    return [str(word) for word in words]


def stop(
    call: str, count: int, end: signal.Signals, words: list[str]
) -> subprocess.CompletedProcess[bytes]:
    """Run a command that gets a signal when it is about to make its call number `count`."""
    words = [
        sys.executable,
        "-W",
        "error",
        "-m",
        "tests.helpers.bulk_stopped",
        call,
        str(count),
        end.name,
        *words,
    ]
    return subprocess.run(
        words, check=False, cwd=ROOT, capture_output=True, start_new_session=True, timeout=600
    )


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


# The journal is written first and then behind each chunk: a write, a sync, and a new name. Before
# that, a chunk has one write each for rows and rejects.
MOMENTS = {
    "before there is a journal": ("replace", 1, 1),
    "between the rows and the rejects of the second chunk": ("write", 6, 1),
    "between a journal and its name, with two processes": ("replace", 2, 2),
}


@pytest.mark.processes
def test_a_run_that_is_killed_goes_on_and_loses_and_doubles_nothing(
    folder: Path, large: Path, key: Key, run: Run
) -> None:
    for call, count, workers in MOMENTS.values():
        words = command(folder, large, "--workers", workers, "--resume")
        done = stop(call, count, signal.SIGKILL, words)
        assert (done.returncode, done.stderr) == (-signal.SIGKILL, b"")
        assert not large.with_name("out.jsonl").exists()
    assert 0 < json.loads(large.with_name("out.jsonl.journal").read_text())["rows"] < ROWS
    last = run(*command(folder, large, "--resume", "--workers", 1))
    assert last.stderr.startswith("joseal: rejects: 20 of 2000 rows")
    check_whole(large, key)


def stopped(folder: Path, large: Path, run: Run) -> Path:
    """Leave a run that stopped somewhere in the middle, and return its journal."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, hard))
    try:
        done = run(*command(folder, large, "--workers", 1))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    path = large.with_name("out.jsonl.partial")
    assert done.exit_code == Exit.FILE
    assert done.stderr == f"joseal: file: can't write {path}: File too large\n"
    return large.with_name("out.jsonl.journal")


def test_a_run_that_is_out_of_space_goes_on(folder: Path, large: Path, key: Key, run: Run) -> None:
    journal = stopped(folder, large, run)
    assert stat.S_IMODE(journal.stat().st_mode) == 0o600
    again = run(*command(folder, large, "--workers", 1))
    assert again.stderr.startswith("joseal: resume: a run was not finished: continue with --resume")
    done = run(*command(folder, large, "--resume", "--workers", 1))
    assert done.stderr.startswith("joseal: rejects: ")
    check_whole(large, key)


def test_a_run_about_something_else_is_refused(
    folder: Path, large: Path, run: Run, tmp_path: Path
) -> None:
    journal = stopped(folder, large, run)
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
        "joseal: resume: the unfinished run was started with a different key; to start again, remove "
    )
    assert "with other options" in refusal(*same, "--header", "typ=JWT")
    assert "with other options" in refusal("--key", folder / "wrap.jwk", "--field", "id")
    with large.open("r+b") as file:
        file.seek(-3, os.SEEK_END)
        file.write(b"!")
    assert "with a different input" in refusal(*same)
    journal.write_bytes(before[:-1])
    before = journal.read_bytes()
    assert "can't be read" in refusal(*same)
    journal.unlink()


@pytest.mark.parametrize("unnamed", ["out.jsonl.rejects.jsonl", "out.jsonl"])
def test_a_run_that_stopped_while_renaming_is_finished(
    *, unnamed: str, folder: Path, large: Path, key: Key, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = command(folder, large, "--workers", 1, "--resume")
    replace = Path.replace

    def fail(self: Path, target: Path) -> Path:
        if target.name == unnamed:
            raise OSError(errno.EIO, "x")
        return replace(self, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", fail)
        assert run(*words).stderr.endswith(f"{unnamed}: Input/output error\n")
    before = large.with_name("out.jsonl.partial").read_bytes()
    assert run(*words).stderr.startswith("joseal: rejects: 20 of 2000 rows")
    assert large.with_name("out.jsonl").read_bytes() == before
    check_whole(large, key)


def test_two_runs_do_not_work_on_one_output(folder: Path, large: Path, run: Run) -> None:
    stopped(folder, large, run)
    with large.with_name("out.jsonl.partial").open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        done = run(*command(folder, large, "--workers", 1, "--resume"))
    assert done.exit_code == Exit.FILE
    assert done.stderr == "joseal: resume: a different run is still working: let it end first\n"


def test_a_run_that_came_too_late_leaves_the_output_alone(
    folder: Path, large: Path, run: Run, key: Key, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = command(folder, large, "--workers", 1, "--resume")
    flock = fcntl.flock

    def late(descriptor: int, operation: int) -> None:
        monkeypatch.setattr(fcntl, "flock", flock)
        assert run(*words).exit_code == Exit.TOKEN
        flock(descriptor, operation)

    monkeypatch.setattr(fcntl, "flock", late)
    done = run(*words)
    assert done.stderr == "joseal: resume: a different run is still working: let it end first\n"
    check_whole(large, key)


@pytest.mark.parametrize(
    "name", ["out.jsonl.partial", "out.jsonl.rejects.jsonl.partial", "out.jsonl.journal"]
)
@pytest.mark.parametrize("kind", ["a link", "a second name", "a pipe", "someone else's"])
def test_a_file_that_may_be_someone_elses_is_not_gone_on_with(
    *, kind: str, name: str, folder: Path, large: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    other, path = large.with_name("other"), large.with_name(name)
    other.write_bytes(b"other")
    if kind == "a link":
        path.symlink_to(other)
    elif kind == "a second name":
        path.hardlink_to(other)
    elif kind == "a pipe":
        os.mkfifo(path)
    else:
        path.write_bytes(b"")
        monkeypatch.setattr(os, "geteuid", lambda: path.stat().st_uid + 1)
        large.with_name("out.jsonl.partial").touch()
    done = run(*command(folder, large, "--workers", 1, "--resume"))
    assert (done.exit_code, done.stderr[:13]) == (Exit.FILE, "joseal: file:")
    assert other.read_bytes() == b"other"
    assert not large.with_name("out.jsonl").exists()


@pytest.mark.parametrize(
    ("source", "output", "listed"),
    [
        ("out.jsonl.partial", "out.jsonl", "bad"),
        ("in.jsonl", "out.jsonl", "out.jsonl.journal"),
        ("in.jsonl", "out.jsonl", "out.jsonl.partial"),
        ("in.jsonl", "out.jsonl", "../here/out.jsonl"),
        ("in.jsonl", "../here/in.jsonl", "bad"),
    ],
)
def test_files_that_are_the_same_are_refused(
    *, source: str, output: str, listed: str, folder: Path, tmp_path: Path, run: Run
) -> None:
    here = tmp_path / "here"
    here.mkdir()
    (here / source).write_bytes(JSON_LINES)
    key = ("--key", folder / "wrap.jwk", "--enc", ENC, "--field", "a", "--workers", 1, "--resume")
    done = run(
        *("bulk", "encrypt", *key, "--format", "jsonl"),
        *("-o", here / output, "--rejects", here / listed, here / source),
    )
    assert (done.exit_code, done.stderr[:24]) == (Exit.USAGE, "joseal: usage: IN, OUT, ")
    assert [(path.name, path.read_bytes()) for path in here.iterdir()] == [(source, JSON_LINES)]


@pytest.mark.parametrize(("room", "name"), [(bulk_journal, "digest_of"), (bulk_run, "finish")])
def test_an_input_that_changes_is_noticed(
    *, room: object, name: str, folder: Path, large: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    act = getattr(room, name)

    def touch(*args: object) -> object:
        os.utime(large, (1, 1))
        return act(*args)

    monkeypatch.setattr(room, name, touch)
    done = run(*command(folder, large, "--workers", 1))
    assert done.stderr == "joseal: input: the input was changed while it was read\n"
    assert not large.with_name("out.jsonl").exists()


@pytest.mark.processes
def test_an_interrupt_is_one_line_and_the_run_can_go_on(
    folder: Path, large: Path, run: Run, key: Key
) -> None:
    # As a terminal does, to all processes, while they may still load their modules.
    done = stop("write", 2, signal.SIGINT, command(folder, large, "--workers", 2))
    assert (done.returncode, done.stderr) == (
        Exit.INTERRUPTED,
        b"joseal: interrupted: stopped; continue with --resume\n",
    )
    run(*command(folder, large, "--resume", "--workers", 1))
    check_whole(large, key)


def test_a_terminal_gets_a_bar_with_rate_and_time_left(
    folder: Path, large: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", "xterm")
    master, terminal = pty.openpty()
    with ThreadPoolExecutor(1) as executor:
        shown = executor.submit(terminals.read_all, master)
        with (
            os.fdopen(terminal, "w") as file,
            contextlib.redirect_stderr(file),
            pytest.raises(SystemExit, match=str(int(Exit.TOKEN))),
        ):
            program(command(folder, large, "--workers", 1))
        text = re.sub(rb"\x1b\[[\d;?]*[A-Za-z]", b"", shown.result())
    assert b"100%" in text
    assert re.search(rb"[\d,]+ rows/s 20 rejects \d:\d\d:\d\d", text)


def test_the_key_may_come_from_standard_input(
    run: Run, folder: Path, tmp_path: Path, pair: Key
) -> None:
    (tmp_path / "in").write_text(Encrypter(pair.public(), enc=ENC).encrypt(b"x"))
    private = (folder / "private.pem").read_bytes()
    done = run(*opening("--key", "-", folder=tmp_path), data=private)
    assert done.exit_code == 0, done.stderr
    assert (tmp_path / "out").read_bytes() == b"x"


@pytest.mark.processes
def test_key_and_password_are_found_by_every_process(
    shell: Shell, folder: Path, tmp_path: Path, pair: Key
) -> None:
    (tmp_path / "in").write_text(Encrypter(pair.public(), enc=ENC).encrypt(b"x"))
    password = ("--password-file", folder / "password")
    done = shell(*opening("--key", folder / "encrypted.pem", *password, folder=tmp_path))
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "out").read_bytes() == b"x"


def opening(*key: object, folder: Path) -> tuple[object, ...]:
    how = ("--alg", "RSA-OAEP-256", "--enc", ENC, "--format", "lines", "--workers", 2)
    return ("bulk", "decrypt", *key, *how, "-o", folder / "out", folder / "in")


def test_a_name_of_a_file_need_not_be_text(
    run: Run, folder: Path, tmp_path: Path, key: Key
) -> None:
    name = os.fsdecode(b"\xff.jsonl")
    source, out, rejects = (tmp_path / f"{what}{name}" for what in ("in", "out", "rejects"))
    source.write_bytes(b'{"a":"x"}\n{"b":"x"}\n')
    given = ("--key", folder / "wrap.jwk", "--enc", ENC, "--workers", 1, "--field", "a")
    done = run("bulk", "encrypt", *given, "--rejects", rejects, "-o", out, source)
    assert done.exit_code == Exit.TOKEN
    assert Decrypter(key, enc=ENC).decrypt(json.loads(out.read_bytes())["a"]) == b"x"
    assert json.loads(rejects.read_bytes())["code"] == "field"
