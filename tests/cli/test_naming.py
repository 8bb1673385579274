"""A key or a token that was given where a name is wanted is not repeated, and is named."""

import base64
import json
from collections.abc import Callable
from pathlib import Path

from click.testing import Result
from tests.helpers import forge
from tests.helpers.rows import each_row

from joseal.cli import naming
from joseal.cli.exit_codes import Exit

Run = Callable[..., Result]

CANARY = "eyJjYW5hcnkiOiJjYW5hcnktY2FuYXJ5LWNhbmFyeSJ9"
TOKEN = f"{CANARY}.{CANARY}.{CANARY}.{CANARY}.{CANARY}"
PEM = f"-----BEGIN PRIVATE KEY-----\n{CANARY}\n-----END PRIVATE KEY-----\n"
SECRETS = {
    "a PEM key": PEM,
    "a PEM key with literal line ends": PEM.replace("\n", "\\n"),
    "a PEM key longer than a path": PEM.replace(CANARY, CANARY * 200),
    "a JWK": json.dumps({"kty": "oct", "k": CANARY}),
    "a token": TOKEN,
    "base64": base64.b64encode(forge.draw("secret", 32)).decode(),
    "hex": forge.draw("secret", 32).hex(),
}
COMMANDS = {
    "a key": ("decrypt", "--key", "SECRET", "--alg", "dir", "--enc", "A256GCM", "none"),
    "a token": ("inspect", "SECRET"),
    "a token for doctor": ("doctor", "SECRET"),
    "a key file": ("key", "show", "SECRET"),
    "one argument too many": ("doctor", "none", "SECRET"),
    "a command": ("SECRET",),
    "a command of a group": ("key", "SECRET"),
    "a topic": ("help", "SECRET"),
    "an alg": ("keygen", "--alg", "SECRET"),
    "an option": ("doctor", "--SECRET"),
    "a password file": ("doctor", "--password-file", "SECRET", "-"),
}


@each_row("command", COMMANDS)
@each_row("secret", SECRETS)
def test_no_command_repeats_a_key_or_a_token(command: str, secret: str, run: Run) -> None:
    args = [part.replace("SECRET", SECRETS[secret]) for part in COMMANDS[command]]
    done = run(*args, data=TOKEN)
    assert done.exit_code in (Exit.USAGE, Exit.FILE)
    middle = SECRETS[secret][8:20]
    assert (CANARY[:12] in done.output, middle in done.output) == (False, False)


def test_what_was_given_for_a_path_is_named(run: Run) -> None:
    done = run("decrypt", "--key", PEM, "--alg", "dir", "--enc", "A256GCM")
    assert done.exit_code == Exit.FILE
    assert done.stderr == (
        "joseal: file: this is PEM, where the path of a file is wanted: pipe it "
        "in and give -, or write it to one\n"
    )


@each_row(
    "name",
    ["mine.pem", "eyes.backup.pem", "keys/production-signing-key", "age1.key", "2027", "k1.pem"],
)
def test_the_name_of_a_file_is_shown(name: str, run: Run) -> None:
    assert naming.name(name) == name
    assert f"can't read {name}: No such file" in run("inspect", name).stderr


def test_a_long_name_in_a_folder_that_is_there_is_shown(tmp_path: Path) -> None:
    name = str(tmp_path / ("no-dot-in-this-name-" * 3 + "2027"))
    assert naming.name(name) == name


@each_row("command", ["inspect", "decrypt", "verify"])
def test_a_key_in_place_of_a_token_is_named(command: str, run: Run, tmp_path: Path) -> None:
    (tmp_path / "key").write_bytes(forge.pem_of(forge.rsa_private()))
    alg = {"decrypt": ("--alg", "RSA-OAEP", "--enc", "A256GCM"), "verify": ("--alg", "RS256")}
    key = () if command == "inspect" else ("--key", tmp_path / "key", *alg[command])
    done = run(command, *key, tmp_path / "key")
    assert done.exit_code == Exit.TOKEN
    assert done.stderr == (
        "joseal: key_instead: this is a private key in PEM, and a token is wanted: --key takes the "
        "key, IN the token\n"
    )
