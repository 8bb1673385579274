"""The table of commands, exit codes, and what is said when an extra is missing."""

import json
import subprocess
import sys
from collections.abc import Callable
from importlib import metadata
from pathlib import Path

import pytest
from click.testing import Result

import joseal
from joseal.cli import failures
from joseal.cli.failures import Exit
from joseal.errors import JoseError, TokenError

Run = Callable[..., Result]
Shell = Callable[..., subprocess.CompletedProcess[bytes]]

COMMANDS = ["demo", "encrypt", "decrypt", "bulk", "inspect", "doctor", "verify-vectors", "sandbox"]


def python(program: str, *args: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", program, *args],
        check=False,
        capture_output=True,
        timeout=60,
    )


def test_help_names_every_command_in_order(run: Run) -> None:
    done = run("--help")
    assert done.exit_code == 0
    after = done.stdout.partition("Commands:")[2].splitlines()
    assert [
        line.split()[0] for line in after if line.startswith("  ") and line[2] != " "
    ] == COMMANDS


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(command: str, run: Run) -> None:
    done = run(command, "-h")
    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout.startswith(f"Usage: program {command} ")
    assert max(len(line) for line in done.stdout.splitlines()) <= 80


def test_every_command_has_a_file_of_its_own() -> None:
    files = {path.stem for path in Path(failures.__file__).parent.glob("*.py")}
    assert {name.replace("-", "_") for name in COMMANDS} <= files


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


def test_no_command_at_all_shows_the_help(run: Run) -> None:
    done = run()
    assert done.exit_code == Exit.USAGE
    assert "Commands:" in done.stderr


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


@pytest.mark.parametrize("kind", every_error())
def test_every_error_has_an_exit_code_and_keeps_its_code(kind: type[JoseError]) -> None:
    failure = failures.of_error(sample(kind))
    assert failure.code == kind.code
    assert str(failure).startswith(f"{kind.code}: ")
    assert (failure.exit == Exit.TOKEN) == issubclass(kind, TokenError)
    assert failure.exit not in {Exit.USAGE, Exit.FILE, Exit.INTERRUPTED}


def test_exit_codes_are_what_the_help_says(run: Run) -> None:
    text = " ".join(run("--help").stdout.split())
    expected = "0 done, 1 token refused or something wrong with it, or a vector's result unexpected, 2 usage, 3 key, 4 file, 5 API refused, 6 no answer of the API, 7 demo failed, 130 stopped"
    assert expected in text
    assert [int(code) for code in Exit] == [1, 2, 3, 4, 5, 6, 7, 130]


def test_an_interrupt_has_its_own_exit_code(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*args: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("joseal.cli.anatomy.read", interrupt)
    done = run("inspect", data="x")
    assert (done.exit_code, done.stderr) == (Exit.INTERRUPTED, "joseal: interrupted: stopped\n")


@pytest.mark.parametrize("module", ["click", "rich"])
def test_without_the_cli_extra_the_script_names_it(module: str) -> None:
    done = python(
        f"import sys; sys.modules[{module!r}] = None; from joseal.cli import main; main()"
    )
    assert (done.returncode, done.stdout) == (Exit.USAGE, b"")
    assert done.stderr.count(b"\n") == 1
    assert b"pip install 'joseal[cli]'" in done.stderr


@pytest.mark.parametrize("command", ["demo", "sandbox"])
@pytest.mark.parametrize("module", ["starlette", "trustme", "uvicorn"])
def test_without_the_sandbox_extra_its_commands_name_it(module: str, command: str) -> None:
    program = f"import sys; sys.modules[{module!r}] = None; from joseal.cli import main; main()"
    done = python(program, command)
    assert (done.returncode, done.stdout) == (Exit.USAGE, b"")
    assert done.stderr.startswith(b"joseal: missing: ")
    assert done.stderr.count(b"\n") == 1
    assert b"pip install 'joseal[cli,sandbox]'" in done.stderr


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
