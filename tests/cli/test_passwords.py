"""Passwords and several keys: what `encrypt` and `decrypt` do with them."""

import json
import os
import pty
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from joseal import Encrypter, Key
from joseal.cli import options
from joseal.cli.exit_codes import Exit

Run = Callable[..., Result]

PBES2 = ("--alg", "PBES2-HS512+A256KW", "--enc", "A128GCM")
PLAINTEXT = b"canary-5513651111111111"


def test_a_password_seals_and_opens(run: Run, tmp_path: Path) -> None:
    (tmp_path / "password").write_text("a password\r\n")
    sealed = run(
        *("encrypt", *PBES2, "--iterations", 1000, "--kid", "x", "--password-env", "PW"),
        data=PLAINTEXT,
        PW="a password",
    )
    assert (sealed.exit_code, sealed.stderr) == (0, "")
    named = ("--password-file", tmp_path / "password", "--any-kid")
    done = run("decrypt", *PBES2, *named, "--json", data=sealed.stdout)
    shown = json.loads(done.stdout)
    assert shown["plaintext"]["text"] == PLAINTEXT.decode()
    assert (shown["header"]["p2c"], shown["header"]["kid"]) == (1000, "x")
    assert shown["key"]["thumbprint"] is None
    wrong = run("decrypt", *PBES2, "--password-env", "PW", data=sealed.stdout, PW="canary")
    assert (wrong.exit_code, wrong.stdout) == (Exit.TOKEN, "")
    assert wrong.stderr.startswith("joseal: undecryptable: ")


@pytest.mark.usefixtures("terminal")
def test_a_new_password_is_asked_for_twice_and_an_old_one_once(run: Run, tmp_path: Path) -> None:
    (tmp_path / "in").write_bytes(PLAINTEXT)
    args = (*PBES2, "--ask-password")
    sealing = ("encrypt", *args, "--iterations", 1000, tmp_path / "in", "-o", tmp_path / "token")
    assert run(*sealing, data="one\none\n").exit_code == 0
    done = run("decrypt", *args, tmp_path / "token", data="one\n")
    assert done.stdout_bytes == PLAINTEXT
    unequal = run(*sealing, data="one\ntwo\n")
    assert unequal.exit_code == Exit.INTERRUPTED


def test_what_is_asked_is_asked_on_the_terminal_and_not_of_the_pipe(
    folder: Path, pair: Key, tmp_path: Path
) -> None:
    """A real terminal: the token comes through the pipe, the password from the keyboard."""
    token = Encrypter(pair.public(), enc="A256GCM").encrypt(PLAINTEXT)
    password = (folder / "password").read_text("utf-8").strip()
    keyboard, terminal = pty.openpty()
    program = (
        "import fcntl, runpy, termios; fcntl.ioctl(2, termios.TIOCSCTTY, 0);"
        "runpy.run_module('joseal', run_name='__main__', alter_sys=True)"
    )
    args = ("--key", folder / "encrypted.pem", "--alg", "RSA-OAEP-256", "--enc", "A256GCM")
    command = [sys.executable, "-W", "error", "-c", program, "decrypt", *map(str, args)]
    with subprocess.Popen(
        [*command, "--ask-password"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=terminal,
        start_new_session=True,
    ) as process:
        os.close(terminal)
        shown = b""
        while not shown.endswith(b": "):
            shown += os.read(keyboard, 100)
        os.write(keyboard, password.encode() + b"\n")
        out, _ = process.communicate(token.encode(), timeout=120)
        os.close(keyboard)
    assert (process.returncode, out) == (0, PLAINTEXT)
    assert shown == b"Password of the key: "


def test_without_a_terminal_nothing_is_asked(
    folder: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(options, "has_terminal", lambda: False)
    args = ("--key", folder / "encrypted.pem", "--alg", "RSA-OAEP-256", "--enc", "A256GCM")
    done = run("decrypt", *args, "--ask-password", data="x\n")
    assert (done.exit_code, done.stdout) == (Exit.USAGE, "")
    assert done.stderr.startswith("joseal: usage: --ask-password needs a terminal")


def test_a_terminal_is_one_that_can_be_opened(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(options, "_TERMINAL", str(tmp_path / "none"))
    monkeypatch.setattr(sys, "stdin", None)
    assert not options.has_terminal()
    keyboard, terminal = pty.openpty()
    monkeypatch.setattr(options, "_TERMINAL", os.ttyname(terminal))
    assert options.has_terminal()
    os.close(keyboard)
    os.close(terminal)


def test_several_keys_open_what_each_can(folder: Path, pair: Key, run: Run, tmp_path: Path) -> None:
    """A rotation: the old key is locked, the new one a JWK, and a set has one for signatures too."""
    new = Key.generate("RSA-OAEP-256", kid="new")
    (tmp_path / "new.jwk").write_text(json.dumps(new.to_jwk(private=True)))
    jwks = [new.to_jwk(private=True), Key.generate("ES256").to_jwk(private=True)]
    (tmp_path / "set.jwks").write_text(json.dumps({"keys": jwks}))
    tokens = [Encrypter(key.public(), enc="A256GCM").encrypt(PLAINTEXT) for key in (pair, new)]
    both = (
        "--key",
        folder / "encrypted.pem",
        "--key",
        tmp_path / "new.jwk",
        "--password-env",
        "PW",
    )
    password = (folder / "password").read_text("utf-8").strip()
    for token in tokens:
        done = run(
            *("decrypt", *both, "--alg", "RSA-OAEP-256", "--enc", "A256GCM"),
            data=token,
            PW=password,
        )
        assert (done.exit_code, done.stdout_bytes) == (0, PLAINTEXT), done.stderr
    done = run("decrypt", "--key", tmp_path / "set.jwks", "--enc", "A256GCM", data=tokens[1])
    assert done.stdout_bytes == PLAINTEXT


def test_of_a_set_one_key_is_named(run: Run, tmp_path: Path) -> None:
    keys = [Key.generate("A128KW", kid=name) for name in ("one", "two")]
    path = tmp_path / "set.jwks"
    path.write_text(json.dumps({"keys": [key.to_jwk(private=True) for key in keys]}))
    args = ("encrypt", "--key", path, "--enc", "A128GCM")
    token = run(*args, "--kid", "two", data=PLAINTEXT).stdout
    done = run("decrypt", "--key", path, "--enc", "A128GCM", "--json", data=token)
    assert json.loads(done.stdout)["key"] == {"alg": "A128KW", "kid": "two", "thumbprint": None}
    for more in ((), ("--kid", "three")):
        refused = run(*args, *more, data=PLAINTEXT)
        assert (refused.exit_code, refused.stdout) == (Exit.KEY, "")


def test_json_of_a_token_and_of_bytes_that_are_no_text(folder: Path, run: Run) -> None:
    key = ("--key", folder / "wrap.jwk", "--enc", "A128GCM")
    token = json.loads(run("encrypt", *key, "--compress", "--json", data=b"\xff").stdout)["token"]
    done = run("decrypt", *key, "--accept-zip", "--json", data=token)
    assert json.loads(done.stdout)["plaintext"] == {"text": None, "base64url": "_w"}


REFUSED: dict[str, tuple[tuple[str, ...], Exit]] = {
    "neither": (("encrypt", "--alg", "A128KW"), Exit.USAGE),
    "no password": (("encrypt", "--alg", "PBES2-HS256+A128KW"), Exit.USAGE),
    "no alg": (("encrypt", "--password-env", "PW"), Exit.USAGE),
    "a password for another alg": (("decrypt", "--alg", "dir", "--password-env", "PW"), Exit.USAGE),
    "nothing to open with": (("decrypt",), Exit.USAGE),
    "an empty one": (("encrypt", "--alg", "PBES2-HS256+A128KW", "--password-env", "NO"), Exit.KEY),
    "a long one": (("encrypt", "--alg", "PBES2-HS256+A128KW", "--password-env", "LONG"), Exit.KEY),
    "few rounds": (("encrypt", "--alg", "PBES2-HS256+A128KW", "--iterations", "999"), Exit.USAGE),
    "a key and a password": (("encrypt", "--key", "x", "--password-env", "PW"), Exit.USAGE),
    "a key and rounds": (("encrypt", "--key", "x", "--iterations", "1000"), Exit.USAGE),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_refusal_is_one_line(case: str, run: Run) -> None:
    args, code = REFUSED[case]
    done = run(*args, "--enc", "A128GCM", data=b"x", PW="canary", NO="", LONG="canary" * 200)
    assert (done.exit_code, done.stdout, done.stderr.count("\n")) == (code, "", 1)
    assert "canary" not in done.stderr
