"""Key files, and two ways to run a command: inside this process, and as a real one."""

import base64
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from joseal import Key
from joseal.cli import options
from joseal.cli.program import program

PASSWORD = "pass word-\u00e9"


@pytest.fixture(scope="session")
def pair() -> Key:
    return Key.generate("RSA-OAEP-256")


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory, pair: Key) -> Path:
    """A folder with the same key pair in every form, and two symmetric keys."""
    folder = tmp_path_factory.mktemp("keys")
    private = pair.to_pem(private=True)
    for name, text in {
        "private.pem": private,
        "public.pem": pair.to_pem(),
        "encrypted.pem": pair.to_pem(private=True, password=PASSWORD),
        "password": PASSWORD + "\n",
        "stranger.pem": Key.generate("RSA-OAEP-256").to_pem(private=True),
        "private.jwk": json.dumps(pair.to_jwk(private=True)),
        "public.jwk": json.dumps(pair.to_jwk()),
        "named.jwk": json.dumps({**pair.to_jwk(private=True), "kid": "mine"}),
        "wrap.jwk": json.dumps(Key.generate("A256KW").to_jwk(private=True)),
        "direct.jwk": json.dumps(Key.generate("dir", size=32).to_jwk(private=True)),
    }.items():
        (folder / name).write_text(text, "utf-8")
    for name in ("private", "public"):
        (folder / f"{name}.der").write_bytes(_der(folder / f"{name}.pem"))
    return folder


def _der(path: Path) -> bytes:
    return base64.b64decode("".join(path.read_text().splitlines()[1:-1]))


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where `run` stands for someone at a terminal: click's runner answers its prompts."""
    monkeypatch.setattr(options, "has_terminal", lambda: True)


@pytest.fixture
def run() -> Callable[..., Result]:
    """Run a command in this process."""

    def run(*args: object, data: bytes | str | None = None, **env: str) -> Result:
        return CliRunner(env=env).invoke(program, [str(arg) for arg in args], input=data)

    return run


@pytest.fixture
def shell() -> Callable[..., subprocess.CompletedProcess[bytes]]:
    """Run a command in a process of its own, as a user's shell would."""

    def shell(
        *args: object,
        data: bytes = b"",
        prelude: str = ":",
        stdout: int = subprocess.PIPE,
        **env: str,
    ) -> subprocess.CompletedProcess[bytes]:
        command = [sys.executable, "-W", "error", "-m", "joseal", *(str(arg) for arg in args)]
        return subprocess.run(
            ["sh", "-c", f'{prelude}; exec "$@"', "sh", *command],
            input=data,
            check=False,
            stdout=stdout,
            stderr=subprocess.PIPE,
            timeout=60,
            env={**os.environ, **env},
        )

    return shell
