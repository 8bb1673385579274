"""The table of commands, exit codes, and what is said when an extra is missing."""

import json
import os
import pty
import re
import shlex
import subprocess
import sys
from collections.abc import Callable
from importlib import metadata
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from tests.helpers import terminals
from tests.helpers.rows import each_row

import joseal
from joseal import cli
from joseal._core.algorithms.registry import ALGS, ENCS, SIGS
from joseal.cli import exit_codes
from joseal.cli.exit_codes import Exit
from joseal.cli.program import _COMMANDS, program
from joseal.errors import JoseError, TokenError

Run = Callable[..., Result]
Shell = Callable[..., subprocess.CompletedProcess[bytes]]

COMMANDS = {
    name: [inner.removeprefix(f"{name} ") for inner in _COMMANDS if inner.startswith(f"{name} ")]
    for name in _COMMANDS
    if " " not in name
}
EVERY = [name for name, entry in _COMMANDS.items() if not entry.is_group]
OUTER = [*["demo", "encrypt", "decrypt", "inspect", "doctor", "sign", "verify"], "keygen", "key"]


def python(program: str, *args: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", program, *args],
        check=False,
        capture_output=True,
        timeout=60,
    )


def listed(page: str) -> list[str]:
    """The names under COMMANDS."""
    part = page.partition("COMMANDS\n")[2].partition("\n\n")[0]
    return [line.split()[0] for line in part.splitlines() if line[2] != " "]


def test_help_names_every_command_in_order(run: Run) -> None:
    done = run("--help")
    assert (done.exit_code, done.stderr) == (0, "")
    assert listed(done.stdout) == list(COMMANDS)
    assert list(COMMANDS)[: len(OUTER)] == OUTER
    assert COMMANDS["key"] == ["convert", "thumbprint", "show", "public", "jwks"]
    assert COMMANDS["bulk"] == ["encrypt", "decrypt", "rekey"]
    assert COMMANDS["juspay"] == [
        *("create", "attempt", "reconcile", "run", "status", "cancel", "sandbox"),
    ]
    for group in ("key", "bulk", "juspay"):
        assert listed(run(group, "--help").stdout) == COMMANDS[group]


PARTS = ["NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS", "EXAMPLES", "EXIT STATUS"]


@pytest.mark.parametrize("command", EVERY)
def test_every_command_has_a_page_of_the_manual(command: str, run: Run) -> None:
    done = run(*command.split(), "-h")
    assert (done.exit_code, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert [line for line in lines if line[:1].strip()] == PARTS
    assert max(len(line) for line in lines) <= 80
    assert lines[1].startswith(f"  program {command} - ")
    assert lines[lines.index("SYNOPSIS") + 1].startswith(f"  program {command}")
    assert "With --json" in done.stdout
    example = done.stdout.partition("EXAMPLES\n")[2].splitlines()[0]
    assert example.startswith("  joseal ")
    assert command in example


@pytest.mark.parametrize("command", EVERY)
def test_every_example_is_one_that_the_command_takes(command: str, run: Run) -> None:
    """All options of the examples exist; the files that they name do not."""
    page = run(*command.split(), "-h").stdout
    part = page.partition("EXAMPLES\n")[2].partition("\n\n")[0].replace("\\\n", " ")
    options = page.partition("OPTIONS\n")[2].partition("\n\n")[0]
    for line in part.splitlines():
        words = shlex.split(line.partition("<")[0])
        named = {word for word in words if re.match("-[-a-z]", word)}
        assert named <= set(re.findall(r"(?<![\w-])-[-\w]+", options))


@pytest.mark.parametrize("columns", [60, 140])
def test_help_is_as_wide_as_the_terminal(columns: int, shell: Shell) -> None:
    """A real process, because click's runner has 80 columns whatever the terminal has."""
    page = shell("encrypt", "--help", COLUMNS=str(columns)).stdout.decode()
    description = page.partition("DESCRIPTION")[2].partition("EXAMPLES")[0]
    assert columns - 20 < max(map(len, description.splitlines())) <= columns


@pytest.mark.parametrize("command", EVERY)
def test_no_page_lists_the_algorithms_but_their_own(command: str, run: Run) -> None:
    page = run("help", *command.split()).stdout
    assert page == run(*command.split(), "--help").stdout
    assert sum(f"{name}," in page for name in (*ALGS, *SIGS)) <= 2
    if "--alg ALG" in page:
        assert "`joseal help algs`" in page


def test_the_list_of_algorithms_has_them_all(run: Run) -> None:
    told = json.loads(run("help", "algs", "--json").stdout)
    tables = {"encryption": ALGS, "signatures": SIGS, "content": ENCS}
    assert {part: [row["name"] for row in rows] for part, rows in told.items()} == {
        part: list(table) for part, table in tables.items()
    }
    page = run("help", "algs").stdout
    assert all(row["key"] for rows in told.values() for row in rows)
    for name, key in (
        ("RSA-OAEP", "RSA, 2048 bits or more"),
        ("HS384", "a shared secret of at least 48 bytes"),
        ("A192KW", "a shared secret of 24 bytes"),
        ("ES512", "on P-521"),
        ("A256CBC-HS512", "AES-CBC with HMAC; a key of 64 bytes"),
    ):
        assert re.search(rf"^ +{re.escape(name)} +{key}$", page, re.MULTILINE)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("encript",), "no such command: encript, did you mean encrypt or decrypt?"),
        (("key", "sho"), "no such command: sho, did you mean show?"),
        (("inspect", "more"), "inspect has no commands of its own"),
    ],
)
def test_help_for_an_unknown_command_names_the_nearest(
    words: tuple[str, ...], said: str, run: Run
) -> None:
    done = run("help", *words)
    assert (done.exit_code, done.stdout) == (Exit.USAGE, "")
    assert said in done.stderr


def test_no_color_leaves_no_escape(tmp_path: Path) -> None:
    """On a terminal of its own, because a pipe has no escapes anyway."""
    (tmp_path / "token").write_text("eyJhbGciOiJIUzI1NiJ9.e30.AAAA")
    shown = {}
    for value in ("", "1"):
        leader, follower = pty.openpty()
        subprocess.run(
            [sys.executable, "-m", "joseal", "inspect", tmp_path / "token"],
            stdout=follower,
            check=True,
            timeout=60,
            env={**os.environ, "NO_COLOR": value, "TERM": "xterm"},
        )
        os.close(follower)
        shown[value] = terminals.read_all(leader)
    assert b"\x1b[" in shown[""]
    assert b"\x1b" not in shown["1"]


def test_every_command_has_a_file_of_its_own() -> None:
    folder = Path(exit_codes.__file__).parent
    files = {path.relative_to(folder).as_posix() for path in folder.rglob("*.py")}
    names = {entry.module or name for name, entry in _COMMANDS.items() if not entry.is_group}
    assert {re.sub("[. ]", "/", name).replace("-", "_") + ".py" for name in names} <= files


@pytest.mark.parametrize(
    "args",
    [
        ("nonsense",),
        ("--nonsense",),
        ("inspect", "--nonsense"),
        ("decrypt",),
        ("inspect", "a", "b"),
    ],
)
def test_wrong_usage_is_one_line(args: tuple[str, ...], run: Run) -> None:
    done = run(*args)
    assert (done.exit_code, done.stdout, done.stderr.count("\n")) == (Exit.USAGE, "", 1)
    assert done.stderr.startswith("joseal: usage: ")
    assert done.stderr.endswith("--help)\n")


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("encript",), "no such command: encript, did you mean encrypt or decrypt? (see"),
        (("key", "sho"), "no such command: sho, did you mean show? (see"),
        (("zzzzzz",), "no such command: zzzzzz (see"),
    ],
)
def test_an_unknown_command_names_the_nearest(args: tuple[str, ...], said: str, run: Run) -> None:
    done = run(*args)
    assert (done.exit_code, done.stdout) == (Exit.USAGE, "")
    assert done.stderr.startswith(f"joseal: usage: {said}")


@pytest.mark.parametrize(
    ("option", "args"),
    [
        ("--key", ("encrypt", "--key", "a", "--enc", "A256GCM", "--key", "b")),
        ("--enc", ("bulk", "encrypt", "--key", "a", "--enc", "A256GCM", "--enc=A128GCM", "in")),
        ("--output", ("sign", "-o", "a", "--output", "b")),
        ("--alg", ("verify", "--key", "a", "--alg", "ES256", "--alg", "ES256")),
    ],
)
def test_an_option_that_takes_one_value_refuses_a_second(
    option: str, args: tuple[str, ...], run: Run
) -> None:
    done = run(*args)
    assert (done.exit_code, done.stdout) == (Exit.USAGE, "")
    assert done.stderr.startswith(f"joseal: usage: {option} may be given only once")


def test_a_flag_may_be_repeated(run: Run) -> None:
    assert "may be given only once" not in run("encrypt", "--json", "--json").stderr


BULK = ("bulk", "decrypt", "--key", "k.jwk", "in.jsonl", "-o", "out.jsonl")


@pytest.mark.parametrize(
    ("option", "args"),
    [
        ("--info", ("doctor", "--key", "k.jwk", "--info", "\udcff", "t")),
        ("--cty", (*BULK, "--field", "a", "--cty", "\udcff")),
        ("--field", (*BULK, "--field", "a", "--field", "\udcff")),
    ],
)
def test_a_text_that_is_not_utf8_is_a_mistake_of_usage(
    run: Run, option: str, args: tuple[str, ...]
) -> None:
    done = run(*args)
    assert (done.exit_code, done.stdout) == (Exit.USAGE, "")
    assert done.stderr.startswith(f"joseal: usage: {option} must be UTF-8")


def test_no_command_at_all_shows_the_help(run: Run) -> None:
    done = run()
    assert done.exit_code == Exit.USAGE
    assert "COMMANDS" in done.stderr
    done = run("key")
    assert done.exit_code == Exit.USAGE
    assert "thumbprint" in done.stderr


def every_error() -> list[type[JoseError]]:
    return [
        value
        for name, value in sorted(vars(joseal).items())
        if isinstance(value, type) and issubclass(value, JoseError)
        if value not in (JoseError, TokenError)
    ]


def sample(kind: type[JoseError]) -> JoseError:
    for args in ((), ("text",), ("enc", "text"), ("limit", 1), (400, "E01"), ("text", True)):
        try:
            return kind(*args)
        except TypeError:
            continue
    raise AssertionError(kind)


@each_row("kind", every_error())
def test_every_error_has_an_exit_code_and_keeps_its_code(kind: type[JoseError]) -> None:
    failure = exit_codes.of_error(sample(kind))
    assert failure.code == kind.code
    assert str(failure).startswith(f"{kind.code}: ")
    assert (failure.exit == Exit.TOKEN) == issubclass(kind, TokenError)
    assert failure.exit not in {Exit.USAGE, Exit.FILE, Exit.INTERRUPTED}


def test_exit_codes_are_what_the_help_says(run: Run) -> None:
    text = " ".join(run("--help").stdout.partition("EXIT STATUS")[2].split())
    meanings = [f"{int(code)} {text}" for code, text in exit_codes.MEANINGS.items()]
    assert text == " ".join(["0 done", *meanings])
    assert [int(code) for code in exit_codes.MEANINGS] == [1, 2, 3, 4, 5, 6, 7, 8, 130, 141]


def test_an_interrupt_has_its_own_exit_code(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*args: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("joseal.cli.anatomy.read", interrupt)
    done = run("inspect", data="x")
    assert (done.exit_code, done.stderr) == (Exit.INTERRUPTED, "joseal: interrupted: stopped\n")


def test_an_interrupt_while_modules_are_loaded_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupt(name: str) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("importlib.import_module", interrupt)
    with pytest.raises(SystemExit) as caught:
        cli.main()
    assert caught.value.code == Exit.INTERRUPTED
    assert capsys.readouterr() == ("", "joseal: interrupted: stopped\n")


@pytest.mark.parametrize("module", ["click", "rich"])
def test_without_the_cli_extra_the_script_names_it(module: str) -> None:
    done = python(
        f"import sys; sys.modules[{module!r}] = None; from joseal.cli import main; main()"
    )
    assert (done.returncode, done.stdout) == (Exit.USAGE, b"")
    assert done.stderr.count(b"\n") == 1
    assert b"pip install 'joseal[cli]'" in done.stderr


@pytest.mark.parametrize("command", ["demo", "sandbox", "juspay sandbox"])
@pytest.mark.parametrize("module", ["starlette", "trustme", "uvicorn"])
def test_without_the_sandbox_extra_its_commands_name_it(
    module: str, command: str, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    done = run(*command.split())
    assert (done.exit_code, done.stdout) == (Exit.USAGE, "")
    assert done.stderr.startswith("joseal: missing: ")
    assert done.stderr.count("\n") == 1
    assert "pip install 'joseal[cli,sandbox]'" in done.stderr


def test_without_the_sandbox_extra_the_rest_works() -> None:
    block = "import sys; sys.modules.update(starlette=None, trustme=None, uvicorn=None)"
    for args in (("--help",), ("encrypt", "--help")):
        done = python(f"{block}; from joseal.cli import main; main()", *args)
        assert (done.returncode, done.stderr) == (0, b"")


def test_importing_the_package_needs_no_extra_and_calling_loads_only_what_is_called() -> None:
    listing = "import json, sys; print(json.dumps(sorted(sys.modules)))"
    loaded = json.loads(python(f"import joseal.cli; {listing}").stdout)
    assert not {"click", "rich"} & set(loaded)
    call = "import joseal.cli.program as p; p.program(['inspect', '--help'], standalone_mode=False)"
    loaded = json.loads(python(f"{call}; {listing}").stdout.splitlines()[-1])
    assert "click" in loaded
    assert not {"starlette", "uvicorn", "urllib3"} & set(loaded)


def test_python_m_is_the_same_program(shell: Shell) -> None:
    done = shell("inspect", data=b"x")
    assert (done.returncode, done.stdout) == (Exit.TOKEN, b"")
    assert done.stderr.startswith(b"joseal: malformed: ")


def test_the_version_is_told(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> str:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "version", lambda name: f"{name}'s version")
    assert run("--version").stdout == "joseal joseal's version\n"
    monkeypatch.setattr(metadata, "version", missing)
    done = run("--version")
    assert (done.exit_code, done.stdout) == (0, "joseal from its source tree, not installed\n")


def complete(words: str, index: int) -> list[str]:
    """What bash would be offered."""
    done = CliRunner(
        env={"_JOSEAL_COMPLETE": "bash_complete", "COMP_WORDS": words, "COMP_CWORD": str(index)}
    ).invoke(program, [], prog_name="joseal")
    assert (done.exit_code, done.stderr) == (0, "")
    return [line.partition(",")[2] for line in done.stdout.splitlines()]


def test_shells_complete_commands_options_and_choices(monkeypatch: pytest.MonkeyPatch) -> None:
    assert complete("joseal ", 1) == list(COMMANDS)
    assert complete("joseal ver", 1) == ["verify", "verify-vectors"]
    assert complete("joseal key ", 2) == COMMANDS["key"]
    assert complete("joseal keygen --n", 2) == ["--new-password-env", "--new-password-file"]
    assert complete("joseal decrypt --alg RSA1", 3) == ["RSA1_5"]
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    assert "sandbox" in complete("joseal ", 1)
    assert complete("joseal sandbox --po", 2) == [""]


def test_completing_a_command_imports_none() -> None:
    """A real process, because this one has them all."""
    listing = "import json, sys; print(json.dumps(sorted(sys.modules)))"
    call = (
        "import contextlib, os; os.environ.update(_JOSEAL_COMPLETE='bash_complete', COMP_CWORD='1',"
        " COMP_WORDS='joseal ')\n"
        "import joseal.cli.program as p\n"
        "with contextlib.suppress(SystemExit): p.program(prog_name='joseal')"
    )
    lines = python(f"{call}\n{listing}").stdout.splitlines()
    assert len(lines) == len(COMMANDS) + 1
    loaded = set(json.loads(lines[-1]))
    assert "joseal.cli.program" in loaded
    assert not {f"joseal.cli.{name}" for name in COMMANDS} & loaded


FAULTS: dict[str, tuple[tuple[str, ...], str, Exit]] = {
    "token": (("inspect",), "malformed", Exit.TOKEN),
    "option": (("inspect", "--nonsense"), "usage", Exit.USAGE),
    "command": (("nonsense",), "usage", Exit.USAGE),
    "key": (("key", "public"), "key", Exit.KEY),
    "file": (("key", "thumbprint", "/nowhere/at/all"), "file", Exit.FILE),
}


@pytest.mark.parametrize("case", FAULTS)
def test_with_json_a_failure_is_one_object_on_standard_error(case: str, run: Run) -> None:
    args, code, exit_code = FAULTS[case]
    plain = run(*args, data="x")
    done = run(*args, "--json", data="x")
    assert (done.exit_code, done.stdout, done.stderr.count("\n")) == (exit_code, "", 1)
    error = json.loads(done.stderr)["error"]
    assert list(error) == ["code", "message", "exit"]
    assert (error["code"], error["exit"]) == (code, exit_code)
    assert plain.stderr == f"joseal: {code}: {error['message']}\n"


def test_a_failure_is_one_line_whatever_the_user_named(run: Run) -> None:
    for args in (("inspect", "a\nb\x1b[31m"), ("a\nb\x1b[31m",), ("inspect", "--a\nb\x1b[31m")):
        done = run(*args)
        assert (done.stdout, done.stderr.count("\n")) == ("", 1)
        assert done.stderr.strip().isprintable()


def test_after_two_hyphens_json_is_a_name(run: Run) -> None:
    done = run("inspect", "--", "--json")
    assert done.stderr.startswith("joseal: file: can't read --json: ")


@pytest.mark.parametrize("closed", ["<&-", ">&-"])
def test_a_closed_stream_is_one_line(closed: str, shell: Shell) -> None:
    done = shell(
        *(("keygen", "--alg", "A128KW") if closed == ">&-" else ("inspect",)),
        prelude=f"exec {closed}",
    )
    assert done.returncode == Exit.FILE
    assert done.stderr.startswith(b"joseal: file: can't ")
    assert done.stderr.endswith(b": Bad file descriptor\n")


@pytest.mark.parametrize("args", [("--help",), ("inspect", "--help")])
def test_help_onto_a_full_device_is_one_line(args: tuple[str, ...], shell: Shell) -> None:
    with Path("/dev/full").open("wb") as full:
        done = shell(*args, stdout=full.fileno())
    assert done.returncode == Exit.FILE
    assert done.stderr == b"joseal: file: can't write standard output: No space left on device\n"
