"""Any implementation, asked by a command: the protocol, and what a command may do wrong."""

import json
import math
import os
import shlex
import signal
import sys
import time
from pathlib import Path

import pytest
from tests.conformance import samples
from tests.conformance.samples import AEAD, JWE, JWS, LIST, WYCHEPROOF, outcomes, run
from tests.docs import pages

from joseal import conformance
from joseal.conformance import ByCommand, Outcome
from joseal.conformance.backends.command import _MOST_FAILURES

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "conformance.md"
READS = "import json, sys\nfor line in sys.stdin:\n    asked = json.loads(line)\n"


@pytest.fixture
def command(tmp_path):
    """Make a backend of a program in Python, and stop it at the end."""
    made = []

    def command(text, timeout=60.0, by=sys.executable):
        path = tmp_path / "adapter program.py"
        path.write_text(text)
        words = shlex.join([by, str(path)])
        made.append(ByCommand(words, timeout=timeout))
        return made[-1]

    yield command
    for backend in made:
        backend.close()


def still_runs(pid):
    """Whether a process runs, some moments after it was told to end; a zombie does not."""
    for _ in range(100):
        try:
            if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
                return False
        except FileNotFoundError:
            return False
        time.sleep(0.02)
    return True


ONE = samples.changed(JWE, "groups", 0, "tests", to=JWE["groups"][0]["tests"][:1])


def hanging(kept):
    """Start what never ends for the first request, keep its process id, and answer no other one."""
    pid = shlex.quote(str(kept))
    answer = shlex.quote(json.dumps({"id": 1, "refused": "no"}))
    start = f"sleep 60 & echo $! >{pid}; echo {answer}"
    return f"while read line; do if [ ! -e {pid} ]; then {start}; fi; done"


def hurried(backend, tmp_path):
    """Have a command answer a first case, for which it has all the time it needs, and then hang."""
    assert {result.got for result in run(tmp_path, ONE, backend).results} == {"no"}
    backend._timeout = 1.0
    return backend


def adapter():
    return next(block.text for block in pages.blocks(PAGE.read_text()) if block.title)


def test_the_adapter_of_the_page_passes_what_its_library_passes(command, tmp_path):
    backend, library = command(adapter()), conformance.backend("jwcrypto")
    for file in (JWE, JWS, LIST, WYCHEPROOF):
        assert outcomes(run(tmp_path, file, backend)) == outcomes(run(tmp_path, file, library))
    wrong = samples.changed(LIST, "verified", 0, "plaintext_hex", to="00")
    assert Outcome.UNEXPECTED in outcomes(run(tmp_path, wrong, backend))
    assert {result.reason for result in run(tmp_path, AEAD, backend).results} == {
        "a single step, which this library is not asked for"
    }


def test_a_request_says_what_the_case_asks(command, tmp_path):
    kept = tmp_path / "requests"
    backend = command(
        f"{READS}    print(line, end='', file=open({str(kept)!r}, 'a'))\n"
        "    print(json.dumps({'id': asked['id'], 'lacking': 'all'}), flush=True)"
    )
    opener = {"enc": ["A128GCM"], "typ": "JWT"}
    report = run(tmp_path, samples.changed(JWE, "groups", 0, "opener", to=opener), backend)
    assert outcomes(report) == [Outcome.NOT_RUN] * 2
    assert {result.reason for result in report.results} == {"all"}
    first, second = map(json.loads, kept.read_text().splitlines())
    assert first == {
        "id": 1,
        "task": "decrypt",
        "token": samples.TOKEN,
        "jwk": samples.KEK,
        "alg": "A128KW",
        "enc": ["A128GCM"],
        "settings": {"typ": "JWT", "accept_zip": False, "legacy": False},
    }
    assert (second["id"], second["token"]) == (2, "a.b")


@pytest.mark.parametrize(
    ("does", "reason"),
    [
        ("", "the command ended"),
        ("    sys.exit(3)", "the command ended"),
        ("    print('{', flush=True)", "not an answer of the protocol"),
        ("    print(json.dumps({'id': 0, 'ok': ''}), flush=True)", "not an answer of the protocol"),
        (
            "    print(json.dumps({'id': float(asked['id']), 'ok': ''}), flush=True)",
            "not an answer of the protocol",
        ),
        ('    print(\'{"id": true, "ok": ""}\', flush=True)', "not an answer of the protocol"),
        (
            "    print(json.dumps({'id': asked['id'], 'ok': 'a='}), flush=True)",
            "not an answer of the protocol",
        ),
        (
            "    print(json.dumps({'id': asked['id'], 'ok': '', 'refused': ''}), flush=True)",
            "not an answer of the protocol",
        ),
        ("    print(json.dumps({'id': asked['id'], 'ok': 1}), flush=True)", "not an answer of the"),
    ],
)
def test_a_case_without_an_answer_is_never_what_a_file_expects(command, tmp_path, does, reason):
    report = run(tmp_path, JWE, command(f"{READS}{does}" if does else "pass"))
    assert outcomes(report) == [Outcome.UNEXPECTED] * 2
    assert all(result.reason.startswith(reason) for result in report.results)
    assert {result.got for result in report.results} == {"no answer"}


def test_a_command_that_hangs_is_stopped_with_what_it_started(command, tmp_path):
    kept = tmp_path / "pids"
    backend = hurried(command(hanging(kept), by="bash"), tmp_path)
    begun = time.monotonic()
    report = run(tmp_path, JWE, backend)
    assert outcomes(report) == [Outcome.UNEXPECTED] * 2
    assert {result.reason for result in report.results} == {"no answer within 1 s"}
    assert time.monotonic() - begun < 20
    assert not still_runs(int(kept.read_text()))


def test_a_command_that_hangs_is_left_where_its_pipes_are_held_by_what_left_its_group(
    command, tmp_path
):
    kept = tmp_path / "pids"
    # With job control each job has a group of its own.
    backend = hurried(command(f"set -m; {hanging(kept)}", by="bash"), tmp_path)
    begun = time.monotonic()
    report = run(tmp_path, JWE, backend)
    taken = time.monotonic() - begun
    os.kill(int(kept.read_text()), signal.SIGKILL)
    assert {result.reason for result in report.results} == {"no answer within 1 s"}
    assert taken < 20


def test_a_command_may_have_all_the_time_that_it_needs(command, tmp_path):
    refuses = "    print(json.dumps({'id': asked['id'], 'refused': 'no'}), flush=True)"
    report = run(tmp_path, JWE, command(f"{READS}{refuses}", timeout=math.inf))
    assert {result.got for result in report.results} == {"no"}


def test_a_command_that_never_answers_is_not_started_for_every_case(command, tmp_path):
    kept = tmp_path / "starts"
    backend = command(f"print('x', file=open({str(kept)!r}, 'a'))")
    many = {**JWE, "groups": JWE["groups"] * 10}
    report = run(tmp_path, many, backend)
    assert outcomes(report) == [Outcome.UNEXPECTED] * 20
    assert kept.read_text().count("x") == _MOST_FAILURES
    assert report.results[-1].reason == "not asked, after 5 cases in a row without an answer"


def test_a_command_goes_on_after_one_case_without_an_answer(command, tmp_path):
    backend = command(
        f"{READS}    if asked['token'].count('.') == 1: sys.exit()\n"
        "    print(json.dumps({'id': asked['id'], 'refused': 'no\\x1b'}), flush=True)"
    )
    report = run(tmp_path, {**JWE, "groups": JWE["groups"] * 8}, backend)
    assert {result.reason for result in report.results[1::2]} == {"the command ended"}
    assert {result.got for result in report.results[::2]} == {"no?"}


def test_a_command_that_is_not_there_is_said(tmp_path):
    backend = ByCommand("/nowhere/at/all --option")
    assert backend.name == "command all"
    report = run(tmp_path, JWE, backend)
    assert report.results[0].reason == (f"the command can't be started: {os.strerror(2)}")
    backend.close()


@pytest.mark.parametrize("words", ["", "  ", "'open"])
def test_what_is_not_a_command_is_refused(words):
    with pytest.raises(ValueError, match=r"the command is empty|a quote"):
        ByCommand(words)
    with pytest.raises(ValueError, match="timeout"):
        ByCommand("true", timeout=0)


@pytest.mark.parametrize("command", [None, b"tool", 5, ["tool"]])
def test_a_command_that_is_no_text_is_a_type_error_and_nothing_is_read(command):
    with pytest.raises(TypeError, match="command must be str"):
        ByCommand(command)


@pytest.mark.parametrize("timeout", ["1", None, True])
def test_a_timeout_that_is_no_number_is_a_type_error(timeout):
    with pytest.raises(TypeError, match="timeout must be float"):
        ByCommand("tool", timeout=timeout)


@pytest.mark.parametrize("command", ["to\0ol", "to\ud800ol"])
def test_a_command_that_no_system_or_no_report_can_have_is_refused_at_once(command):
    with pytest.raises(ValueError, match="a NUL or a lone surrogate") as caught:
        ByCommand(command)
    assert type(caught.value) is ValueError
