"""`joseal decrypt`: what is refused, where passwords come from, and who can read the result."""

import stat
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result
from tests.helpers import forge

from joseal import Encrypter, Key
from joseal.cli.exit_codes import Exit

Run = Callable[..., Result]
Shell = Callable[..., subprocess.CompletedProcess[bytes]]

OAEP = ("--alg", "RSA-OAEP-256", "--enc", "A256GCM")
PLAINTEXT = b"canary-5513651111111111"


@pytest.fixture(scope="session")
def token(pair: Key) -> str:
    return Encrypter(pair.public(), enc="A256GCM", header={"typ": "JWT", "kid": "mine"}).encrypt(
        PLAINTEXT
    )


def _swap(token: str, segment: int) -> str:
    parts = token.split(".")
    first = "B" if parts[segment][0] == "A" else "A"
    parts[segment] = first + parts[segment][1:]
    return ".".join(parts)


REFUSED: dict[str, tuple[str, tuple[str, ...], Callable[[str], str], str]] = {
    "no token": ("private.pem", OAEP, lambda token: "", "malformed"),
    "four segments": ("private.pem", OAEP, lambda token: token.rpartition(".")[0], "malformed"),
    "padding": ("private.pem", OAEP, lambda token: token + "=", "malformed"),
    "a blank inside": ("private.pem", OAEP, lambda token: token.replace(".", ". ", 1), "malformed"),
    "not ASCII": ("private.pem", OAEP, lambda token: token + "\u00e9", "malformed"),
    "too long": ("private.pem", OAEP, lambda token: "x" * 26_000_000, "too_large"),
    "header over the limit": ("private.pem", OAEP, lambda token: "e" * 30_000 + token, "too_large"),
    "another alg": (
        "private.pem",
        ("--alg", "RSA-OAEP", "--enc", "A256GCM"),
        lambda token: token,
        "not_allowed",
    ),
    "another enc": (
        "private.pem",
        ("--alg", "RSA-OAEP-256", "--enc", "A128GCM"),
        lambda token: token,
        "not_allowed",
    ),
    "another typ": ("private.pem", (*OAEP, "--typ", "JOSE"), lambda token: token, "not_allowed"),
    "no cty": ("private.pem", (*OAEP, "--cty", "json"), lambda token: token, "not_allowed"),
    "another key": ("stranger.pem", OAEP, lambda token: token, "undecryptable"),
    "a changed encrypted key": (
        "private.pem",
        OAEP,
        lambda token: _swap(token, 1),
        "undecryptable",
    ),
    "a changed iv": ("private.pem", OAEP, lambda token: _swap(token, 2), "undecryptable"),
    "a changed ciphertext": ("private.pem", OAEP, lambda token: _swap(token, 3), "undecryptable"),
    "a changed tag": ("private.pem", OAEP, lambda token: _swap(token, 4), "undecryptable"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_refused_token_is_one_line_and_nothing_else(
    case: str, token: str, folder: Path, run: Run, tmp_path: Path
) -> None:
    key, args, change, code = REFUSED[case]
    target = tmp_path / "out"
    target.write_bytes(b"older")
    done = run("decrypt", "--key", folder / key, *args, "-o", target, data=change(token).encode())
    assert done.exit_code == Exit.TOKEN
    assert done.stderr.startswith(f"joseal: {code}: ")
    assert (done.stderr.count("\n"), done.stdout) == (1, "")
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
    assert target.read_bytes() == b"older"


def test_a_named_key_opens_what_names_it_or_any(
    token: str, pair: Key, folder: Path, run: Run
) -> None:
    other = Encrypter(pair.public(), enc="A256GCM", header={"kid": "other"}).encrypt(PLAINTEXT)
    args = ("decrypt", "--key", folder / "named.jwk", "--enc", "A256GCM")
    assert run(*args, data=token).stdout_bytes == PLAINTEXT
    refused = run(*args, data=other)
    assert (refused.exit_code, refused.stderr.split(": ")[1]) == (Exit.TOKEN, "unknown_key")
    assert run(*args, "--any-kid", data=other).stdout_bytes == PLAINTEXT


def test_several_encs_typ_and_space_around_the_token_are_accepted(
    token: str, folder: Path, run: Run
) -> None:
    args = ("decrypt", "--key", folder / "private.pem", *OAEP, "--enc", "A128GCM", "--typ", "JWT")
    assert run(*args, data=f" \r\n{token}\t\n").stdout_bytes == PLAINTEXT


def test_plaintext_files_are_private_whatever_the_umask(
    token: str, folder: Path, shell: Shell, tmp_path: Path
) -> None:
    target = tmp_path / "out"
    args = ("decrypt", "--key", folder / "private.pem", *OAEP, "-o", target)
    done = shell(*args, data=token.encode(), prelude="umask 0")
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    assert target.read_bytes() == PLAINTEXT
    assert stat.S_IMODE(target.stat().st_mode) == 0o600


@pytest.mark.parametrize("key", ["public.pem", "public.der", "public.jwk"])
def test_a_public_key_opens_nothing(key: str, token: str, folder: Path, run: Run) -> None:
    done = run("decrypt", "--key", folder / key, *OAEP, data=token)
    assert (done.exit_code, done.stderr[:13]) == (Exit.KEY, "joseal: key: ")


def _secret(folder: Path) -> str:
    return (folder / "password").read_text("utf-8").strip()


@pytest.mark.parametrize("where", ["env", "file", "prompt"])
@pytest.mark.usefixtures("terminal")
def test_passwords_come_from_a_variable_a_file_or_a_prompt(
    where: str, token: str, folder: Path, run: Run, tmp_path: Path
) -> None:
    (tmp_path / "token").write_text(token)
    secret = _secret(folder)
    ways = {
        "env": ("--password-env", "JOSEAL_TEST_PASSWORD"),
        "file": ("--password-file", folder / "password"),
        "prompt": ("--ask-password",),
    }
    args = ("decrypt", "--key", folder / "encrypted.pem", *OAEP, *ways[where], tmp_path / "token")
    done = run(*args, data=secret + "\n", JOSEAL_TEST_PASSWORD=secret)
    assert (done.exit_code, done.stdout) == (0, PLAINTEXT.decode())
    assert secret not in done.stderr


PASSWORD_FAULTS: dict[str, tuple[str, tuple[str, ...], Exit]] = {
    "none": ("encrypted.pem", (), Exit.KEY),
    "a wrong one": ("encrypted.pem", ("--password-env", "WRONG_PASSWORD"), Exit.KEY),
    "an empty one": ("encrypted.pem", ("--password-env", "NO_PASSWORD"), Exit.KEY),
    "one in vain": ("private.pem", ("--password-env", "WRONG_PASSWORD"), Exit.KEY),
    "one for a JWK": ("private.jwk", ("--password-env", "WRONG_PASSWORD"), Exit.KEY),
    "a variable that is not set": (
        "encrypted.pem",
        ("--password-env", "UNSET_PASSWORD"),
        Exit.USAGE,
    ),
    "a file that is missing": ("encrypted.pem", ("--password-file", "/nowhere/at/all"), Exit.FILE),
    "two places": (
        "encrypted.pem",
        ("--password-env", "WRONG_PASSWORD", "--ask-password"),
        Exit.USAGE,
    ),
}


@pytest.mark.parametrize("case", PASSWORD_FAULTS)
def test_a_password_that_does_not_serve_is_one_line(
    case: str, token: str, folder: Path, run: Run
) -> None:
    key, args, code = PASSWORD_FAULTS[case]
    done = run(
        *("decrypt", "--key", folder / key, *OAEP, *args),
        data=token,
        WRONG_PASSWORD="canary-password",
        NO_PASSWORD="",
    )
    assert (done.exit_code, done.stdout, done.stderr.count("\n")) == (code, "", 1)
    assert "canary" not in done.stderr


@pytest.mark.usefixtures("terminal")
def test_an_unanswered_prompt_is_an_interruption(
    token: str, folder: Path, run: Run, tmp_path: Path
) -> None:
    (tmp_path / "token").write_text(token)
    args = ("decrypt", "--key", folder / "encrypted.pem", *OAEP, "--ask-password")
    done = run(*args, tmp_path / "token", data="")
    assert done.exit_code == Exit.INTERRUPTED
    assert done.stderr.endswith("joseal: interrupted: stopped\n")


def test_no_secret_reaches_standard_error(
    token: str, pair: Key, folder: Path, shell: Shell
) -> None:
    """Everything that can go wrong, in real processes, with an eye on all that they say."""
    said = b""
    jwk = pair.to_jwk(private=True)
    for key, extra, data in (
        ("private.pem", (), _swap(token, 4)),
        ("private.jwk", ("--typ", "x"), token),
        ("encrypted.pem", ("--password-env", "PW"), token),
        ("stranger.pem", (), token),
        ("private.der", ("-o", "/nowhere/at/all"), token),
    ):
        args = ("decrypt", "--key", folder / key, *OAEP, *extra)
        done = shell(*args, data=data.encode(), PW="canary-password")
        assert done.returncode in {Exit.TOKEN, Exit.KEY, Exit.FILE}
        assert done.stderr.count(b"\n") == 1
        said += done.stdout + done.stderr
    body = "".join((folder / "private.pem").read_text().splitlines()[1:-1])
    for secret in (PLAINTEXT.decode(), "canary", jwk["d"], jwk["p"], body[:40], token[:40]):
        assert secret.encode() not in said
    assert said.count(b"joseal: ") == 5


def test_compressed_token_needs_its_option(folder: Path, run: Run) -> None:
    key = Key.from_jwk((folder / "wrap.jwk").read_text())
    token = Encrypter(key, enc="A128GCM", compress=True).encrypt(PLAINTEXT)
    arguments = ("decrypt", "--key", folder / "wrap.jwk", "--enc", "A128GCM")
    refused = run(*arguments, data=token)
    assert (refused.exit_code, refused.stdout_bytes) == (Exit.TOKEN, b"")
    assert run(*arguments, "--accept-zip", data=token).stdout_bytes == PLAINTEXT


def test_legacy_alg_needs_its_option(folder: Path, run: Run) -> None:
    token = str(forge.token("RSA-OAEP", "A128GCM"))
    arguments = ("decrypt", "--key", folder / "private.pem", "--alg", "RSA1_5", "--enc", "A128GCM")
    assert run(*arguments, data=token).exit_code == Exit.KEY
    assert run(*arguments, "--legacy", data=token).exit_code == Exit.TOKEN
