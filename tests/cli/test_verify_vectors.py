"""`joseal verify-vectors`: exit codes, outputs, and what is printed."""

import importlib.util
import json
import sys
import xml.etree.ElementTree as ET

import pytest
from tests.conformance import samples
from tests.conformance.samples import JWE, JWS

from joseal.cli import verify_vectors

WRONG = samples.changed(JWE, "groups", 0, "tests", 0, "plaintext", to="00")


@pytest.fixture
def vectors(tmp_path):
    folder = tmp_path / "vectors"
    folder.mkdir()
    samples.write(folder, JWE, "jwe.json")
    samples.write(folder, JWS, "jws.json")
    return folder


def test_good_vectors_end_with_0_and_tables(run, vectors):
    done = run("verify-vectors", vectors)
    assert (done.exit_code, done.stderr) == (0, "")
    lines = [line.split() for line in done.stdout.splitlines()]
    assert ["Flag", "3", "0", "0", "0"] in lines
    assert ["passed", "3"] in lines
    assert "No unexpected result: joseal" in done.stdout
    assert max(len(line) for line in done.stdout.splitlines()) <= 80


def test_unexpected_result_ends_with_1(run, vectors):
    samples.write(vectors, WRONG, "wrong.json")
    done = run("verify-vectors", vectors)
    assert done.exit_code == 1
    assert done.stderr == "joseal: unexpected: 1 result not as the files say\n"
    assert "expected ok, got other bytes" in done.stdout


def test_long_list_is_cut_and_says_so(run, vectors):
    many = {**WRONG, "groups": WRONG["groups"] * 30}
    samples.write(vectors, many, "many.json")
    done = run("verify-vectors", vectors)
    assert done.stdout.count("got other bytes") == 20
    assert "and 10 more" in done.stdout


@pytest.mark.parametrize("backend", ["jwcrypto", "joserfc"])
def test_another_backend_is_asked(run, vectors, backend):
    done = run("verify-vectors", "--backend", backend, vectors)
    assert (done.exit_code, done.stderr) == (0, "")
    assert f"No unexpected result: {backend} " in done.stdout


def test_backend_that_is_not_installed_is_one_line(run, vectors, monkeypatch):
    found = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == "jwcrypto" else found(name)
    )
    done = run("verify-vectors", "--backend", "jwcrypto", vectors)
    text = "joseal: missing: this backend needs: pip install jwcrypto\n"
    assert (done.exit_code, done.stdout, done.stderr) == (2, "", text)


@pytest.mark.parametrize(
    "args", [["--strict", "--exec-timeout", "0"], ["--backend", "other", "x"], ["--xml", "x", "y"]]
)
def test_wrong_usage_ends_with_2(run, args):
    assert run("verify-vectors", *args).exit_code == 2


@pytest.mark.parametrize(
    ("data", "verdict"),
    [
        (b"{", "1 file that can't be read"),
        ({"other": 1}, "1 file that can't be read"),
        (None, "1 file that can't be read"),
        ({"verified": []}, "No case was run"),
        ([{"alg": "HPKE-0"}], "No case was run"),
    ],
)
def test_file_that_is_of_no_use_ends_with_4(run, tmp_path, data, verdict):
    path = tmp_path / "x.json"
    if data is not None:
        samples.write(tmp_path, data, "x.json")
    done = run("verify-vectors", path)
    assert (done.exit_code, done.stderr) == (4, f"joseal: file: {verdict}\n")


def test_broken_file_among_good_ones_ends_with_4(run, vectors):
    samples.write(vectors, b"{", "broken.json")
    done = run("verify-vectors", vectors)
    assert done.exit_code == 4
    assert "not one strict JSON value" in done.stdout


def test_reports_are_written_whatever_came_out(run, vectors, tmp_path):
    samples.write(vectors, WRONG, "wrong.json")
    paths = {name: tmp_path / f"report.{name}" for name in ("junit", "html")}
    options = [item for name, path in paths.items() for item in (f"--{name}", path)]
    done = run("verify-vectors", *options, vectors)
    assert done.exit_code == 1
    assert len(ET.fromstring(paths["junit"].read_bytes()).findall(".//failure")) == 1  # noqa: S314
    assert paths["html"].read_text("utf-8").startswith("<!doctype html>")


def test_json_on_standard_output_stands_alone(run, vectors):
    done = run("verify-vectors", "--json", vectors)
    assert (done.exit_code, done.stdout.count("\n"), done.stderr) == (0, 1, "")
    assert json.loads(done.stdout)["verdict"] == "No unexpected result"
    samples.write(vectors, WRONG, "wr\u00f6ng.json")
    done = run("verify-vectors", "--json", vectors)
    assert done.exit_code == 1
    assert done.stdout.isascii()
    assert json.loads(done.stdout)["totals"]["unexpected"] == 1
    assert json.loads(done.stderr)["error"]["code"] == "unexpected"


@pytest.mark.parametrize("name", ["--junit", "--html"])
def test_two_reports_do_not_share_standard_output(name, run, vectors):
    assert run("verify-vectors", "--json", name, "-", vectors).exit_code == 2


def test_report_that_can_not_be_written_ends_with_4(run, vectors, tmp_path):
    done = run("verify-vectors", "--html", tmp_path / "missing" / "x.html", vectors)
    assert done.exit_code == 4
    assert done.stderr.startswith("joseal: file: can't write")


def test_terminal_is_not_steered(run, vectors):
    hostile = samples.changed(WRONG, "groups", 0, "tests", 0, "comment", to="\x1b[2J\u202e\x07é")
    hostile["groups"][0]["tests"][0]["flags"] = ["\x1b]0;x\x07"]
    samples.write(vectors, hostile, "\x1b[1m.json")
    done = run("verify-vectors", vectors)
    assert done.exit_code == 1
    assert done.stdout.isascii()
    assert done.stdout.replace("\n", "").isprintable()
    assert r"\x1b[2J\u202e\x07\xe9" in done.stdout


def test_files_are_named_on_a_terminal_while_they_are_run(run, vectors, monkeypatch):
    monkeypatch.setattr(verify_vectors, "_progress", lambda: verify_vectors._name_file)
    samples.write(vectors, JWE, "\x1b[1m.json")
    done = run("verify-vectors", vectors)
    assert done.exit_code == 0
    assert "\x1b" not in done.stderr
    shown = [line[-12:] for line in done.stderr.split("\r") if line.strip() or not line]
    assert shown == ["", "\\x1b[1m.json", "ors/jwe.json", "ors/jws.json", ""]


def test_without_a_path_the_vectors_of_the_package_are_run(run):
    done = run("verify-vectors", "--strict", "--json")
    told = json.loads(done.stdout)
    assert done.exit_code == 0
    assert (told["totals"]["unexpected"], told["totals"]["not run"]) == (0, 0)
    assert told["totals"]["passed"] > 100


def test_files_that_were_not_read_are_named(run, vectors):
    samples.write(vectors, b"", "readme.md")
    samples.write(vectors, {"other": 1}, "other.json")
    done = run("verify-vectors", vectors, COLUMNS="300")
    assert done.exit_code == 0
    shown = "".join(done.stdout.split())
    assert "readme.md:notlookedat:itsnamedoesnotendin.json" in shown
    assert "other.json:notaknownformatofvectors" in shown


@pytest.mark.parametrize(
    ("content", "name", "said"),
    [
        (b"", "readme.md", "1 file not read"),
        ({"other": 1}, "other.json", "1 file not read"),
        ({"keys": [{"kty": "other"}]}, "keys.json", "1 case not run"),
    ],
)
def test_strict_fails_for_whatever_was_left_out(run, vectors, content, name, said):
    assert run("verify-vectors", "--strict", vectors).exit_code == 0
    samples.write(vectors, content, name)
    assert run("verify-vectors", vectors).exit_code == 0
    done = run("verify-vectors", "--strict", vectors)
    assert (done.exit_code, done.stderr) == (4, f"joseal: left_out: {said}\n")


def test_a_command_of_the_users_is_asked(run, vectors, tmp_path):
    path = tmp_path / "adapter.py"
    path.write_text(
        "import json, sys\nfor line in sys.stdin:\n"
        "    print(json.dumps({'id': json.loads(line)['id'], 'refused': 'no'}), flush=True)"
    )
    asked = ("--exec", f"{sys.executable} {path}", "--exec-timeout", "120")
    done = run("verify-vectors", *asked, vectors)
    assert done.exit_code == 1
    assert "expected ok, got no" in done.stdout
    done = run("verify-vectors", "--exec", "'", vectors)
    assert (done.exit_code, done.stdout) == (2, "")
