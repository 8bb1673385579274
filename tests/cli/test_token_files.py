"""Files of tokens: nothing follows the token, and larger ones go through `--stream`."""

import os
import pty
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result
from tests.helpers import terminals

from joseal import Decrypter, Encrypter, Key, Limits, Verifier
from joseal.cli.exit_codes import Exit

Run = Callable[..., Result]
Shell = Callable[..., subprocess.CompletedProcess[bytes]]

MOST = Limits().plaintext_bytes
OAEP = ("--alg", "RSA-OAEP-256", "--enc", "A256GCM")


@pytest.mark.parametrize("plaintext", [b"", b"body\n"])
@pytest.mark.parametrize("through", ["option", "redirection"])
def test_a_file_that_encrypt_wrote_is_what_a_decrypter_takes(
    *, plaintext: bytes, through: str, folder: Path, pair: Key, shell: Shell, tmp_path: Path
) -> None:
    token, args = tmp_path / "token", ("encrypt", "--key", folder / "public.pem", *OAEP)
    if through == "option":
        done = shell(*args, "-o", token, data=plaintext)
    else:
        with token.open("wb") as file:
            done = shell(*args, data=plaintext, stdout=file.fileno())
    assert done.returncode == 0
    assert Decrypter(pair, enc="A256GCM").decrypt(token.read_bytes()) == plaintext


@pytest.mark.parametrize("more", [(), ("--detached",)])
def test_a_file_that_sign_wrote_is_what_a_verifier_takes(
    more: tuple[str, ...], run: Run, tmp_path: Path
) -> None:
    token, key = tmp_path / "token", tmp_path / "key"
    mine = Key.generate("ES256")
    key.write_text(mine.to_pem(private=True))
    assert run("sign", "--key", key, "--alg", "ES256", *more, "-o", token, data=b"x").exit_code == 0
    payload = b"x" if more else None
    assert Verifier(mine.public()).verify(token.read_bytes(), payload=payload) == b"x"


@pytest.mark.parametrize("command", ["encrypt", "sign"])
def test_on_a_terminal_a_line_end_follows_the_token(
    command: str, folder: Path, tmp_path: Path
) -> None:
    key = tmp_path / "key"
    key.write_text(Key.generate("ES256").to_pem(private=True))
    args = {
        "encrypt": ("--key", str(folder / "public.pem"), *OAEP),
        "sign": ("--key", str(key), "--alg", "ES256"),
    }[command]
    ours, theirs = pty.openpty()
    done = subprocess.run(
        [sys.executable, "-m", "joseal", command, *args],
        input=b"x",
        stdout=theirs,
        stderr=subprocess.PIPE,
        check=False,
        timeout=60,
    )
    os.close(theirs)
    shown = terminals.read_all(ours)
    assert (done.returncode, done.stderr) == (0, b"")
    assert (shown.count(b"\n"), shown[-2:]) == (1, b"\r\n")


def test_a_plaintext_of_the_most_bytes_fits_a_default_token() -> None:
    """With the largest header and encrypted key that there are, both ways."""
    key = Key.generate("RSA-OAEP-256", size=4096)
    header = {"x5c": ["A" * (Limits().header_bytes - 100)]}
    for enc in ("A256CBC-HS512", "A256GCM"):
        token = Encrypter(key.public(), enc=enc, header=header).encrypt(bytes(MOST))
        assert len(token) <= Limits().token_bytes
        assert Decrypter(key, enc=enc).decrypt(token) == bytes(MOST)


@pytest.mark.parametrize("enc", ["A256GCM", "A128CBC-HS256"])
def test_a_larger_one_goes_through_stream_and_comes_back(
    enc: str, folder: Path, run: Run, tmp_path: Path
) -> None:
    source, token, result = (tmp_path / name for name in ("in", "token", "out"))
    source.write_bytes(bytes(range(256)) + bytes(2 * MOST))
    args = ("--stream", "--key", folder / "wrap.jwk", "--enc", enc)
    sealed = run("encrypt", *args, source, "-o", token)
    assert (sealed.exit_code, sealed.output) == (0, "")
    without = run("decrypt", *args[1:], token)
    assert without.exit_code == Exit.TOKEN
    assert without.stderr.endswith("; --stream takes larger ones\n")
    opened = run("decrypt", *args, token, "-o", result)
    assert (opened.exit_code, opened.output) == (0, "")
    assert result.read_bytes() == source.read_bytes()
    assert result.stat().st_mode & 0o777 == 0o600


def test_streams_go_through_pipes_where_they_can(folder: Path, shell: Shell, pair: Key) -> None:
    args = ("--stream", "--key", folder / "public.pem", *OAEP)
    sealed = shell("encrypt", *args, data=b"body")
    assert Decrypter(pair, enc="A256GCM").decrypt(sealed.stdout) == b"body"
    done = shell("decrypt", "--stream", "--key", folder / "private.pem", *OAEP, data=sealed.stdout)
    assert (done.returncode, done.stdout) == (Exit.USAGE, b"")
    assert b"--stream reads a token twice: give a file, not a pipe" in done.stderr


REFUSED: dict[str, tuple[tuple[str, ...], Exit, str]] = {
    "compression": (("encrypt", "--compress"), Exit.USAGE, "compresses"),
    "json of a token": (("encrypt", "--json"), Exit.USAGE, "--stream writes a token"),
    "json of a plaintext": (("decrypt", "--json"), Exit.USAGE, "--stream writes the plaintext"),
    "bytes that are no token": (("decrypt",), Exit.TOKEN, "malformed"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_refused_stream_leaves_the_target_as_it_was(
    case: str, folder: Path, run: Run, tmp_path: Path
) -> None:
    (command, *more), code, text = REFUSED[case]
    source, target = tmp_path / "in", tmp_path / "out"
    source.write_bytes(b"no token")
    target.write_bytes(b"as it was")
    args = ("--stream", "--key", folder / "wrap.jwk", "--enc", "A256GCM", *more)
    done = run(command, *args, source, "-o", target)
    assert (done.exit_code, done.stdout) == (code, "")
    assert text in done.stderr
    assert target.read_bytes() == b"as it was"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in", "out"]


@pytest.mark.parametrize("command", ["encrypt", "decrypt"])
def test_a_file_that_stream_cannot_use_is_named(
    command: str, folder: Path, run: Run, tmp_path: Path
) -> None:
    args = (command, "--stream", "--key", folder / "wrap.jwk", "--enc", "A256GCM")
    done = run(*args, tmp_path / "missing")
    assert (done.exit_code, "can't read" in done.stderr) == (Exit.FILE, True)
    (tmp_path / "in").write_bytes(b"x")
    done = run(*args, tmp_path / "in", "-o", tmp_path)
    assert (done.exit_code, "is not a regular file" in done.stderr) == (Exit.FILE, True)
