"""The npm package jose (panva/jose), where there is node: `JOSEAL_AUTHJS` names a folder with it.

Rules:
- It is measured in a process of its own, next to node's own RSA call: CPU time of all threads of
  that process, the compiler and the collector of V8 included, in turns of random order.
- The ratio to its own RSA call compares it with the others. The times are from another process
  than those of the rest, and differ in how busy the machine was.
- Before anything is timed it has opened a token of joseal, and joseal opens one that it has made.

Source: https://github.com/panva/jose.
"""

import json
import os
import secrets
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

import pybase64

import joseal
from bench.measure import Samples

NAME: Final = "jose (npm)"
RSA_ALONE: Final = "RSA-OAEP alone, of node"

_PROGRAM: Final = Path(__file__).with_suffix(".mjs")
_ALG: Final = "RSA-OAEP"
_ENC: Final = "A256CBC-HS512"
_TURN_SECONDS: Final = 0.010
# Far more than any number of rounds needs that a person waits for.
_MOST_SECONDS: Final = 1800.0


def absent() -> str | None:
    """Say what is missing; None where it can be measured."""
    if shutil.which("node") is None:
        return "there is no node"
    if not _modules().joinpath("jose").is_dir():
        return "JOSEAL_AUTHJS names no folder with node_modules/jose"
    return None


def measure(sizes: Mapping[str, int], rounds: int) -> Iterator[tuple[str, Samples]]:
    """Yield encrypting and decrypting of each size, next to the RSA call.

    Args:
        sizes: bytes of a plaintext, by name.
        rounds: turns of each.

    Raises:
        RuntimeError: a token is not what joseal makes or reads, or the program fails.
        subprocess.TimeoutExpired: the program doesn't end.
    """
    key = joseal.Key.generate(_ALG)
    encrypter = joseal.Encrypter(key.public(), enc=_ENC)
    decrypter = joseal.Decrypter(key, enc=_ENC)
    plaintexts = {name: secrets.token_bytes(size) for name, size in sizes.items()}
    work = {
        name: {"plaintext": _text(plaintext), "token": encrypter.encrypt(plaintext)}
        for name, plaintext in plaintexts.items()
    }
    found = _run({"jwk": key.to_jwk(private=True), "rounds": rounds, "work": work})
    for name, plaintext in plaintexts.items():
        answer = found[name]
        if answer["plaintext"] != _text(plaintext) or (
            decrypter.decrypt(answer["token"]) != plaintext
        ):
            raise RuntimeError(f"{name}, {NAME}: the result is wrong")
    for action in ("encrypt", "decrypt"):
        for name in sizes:
            yield f"{action} {name}, {NAME}", found[name][action]


def _run(asked: dict[str, object]) -> dict[str, dict]:
    settings = {"alg": _ALG, "enc": _ENC, "seconds": _TURN_SECONDS}
    names = {"rsaAlone": RSA_ALONE, "name": NAME}
    with tempfile.TemporaryDirectory(prefix="joseal-") as folder:
        # A module looks for packages next to itself.
        program = Path(folder, _PROGRAM.name)
        shutil.copyfile(_PROGRAM, program)
        Path(folder, "node_modules").symlink_to(_modules().resolve())
        done = subprocess.run(
            ["node", str(program)],
            check=False,
            input=json.dumps({**settings, **names, **asked}),
            capture_output=True,
            text=True,
            timeout=_MOST_SECONDS,
        )
    if done.returncode:
        raise RuntimeError(f"{NAME} has failed: {done.stderr[-500:]}")
    return json.loads(done.stdout)


def version() -> str:
    """Return the versions of the package and of node."""
    package = json.loads(_modules().joinpath("jose", "package.json").read_text("utf-8"))
    node = subprocess.run(["node", "--version"], check=True, capture_output=True, text=True)
    return f"{package['version']}, node {node.stdout.strip()}"


def _modules() -> Path:
    return Path(os.environ.get("JOSEAL_AUTHJS", os.devnull), "node_modules")


def _text(data: bytes) -> str:
    return pybase64.urlsafe_b64encode(data).rstrip(b"=").decode()
