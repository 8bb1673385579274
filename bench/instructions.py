"""Count the instructions of small tokens, and compare them with the counts of the last release.

    python -m bench.instructions            # compares; 1 where a path takes 3 % more
    python -m bench.instructions --write    # counts anew into instructions.json

Other programs on the machine don't change a count. One process runs under callgrind; a call of
`getppid` before and after each turn ends one part of its output. A path's figure is the difference
between turns of N and of 2N calls, so that start-up and the marks themselves cancel.
Counts are compared only where the versions are the same. `instructions.json` has those of several
surroundings, and `--write` replaces its own alone. Where valgrind is missing or nothing was counted
with these versions, one line says so, and the exit status is 3.
"""

import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Final, TypedDict

import cryptography
from cryptography.hazmat.backends.openssl import backend

import joseal

STORED: Final = Path(__file__).with_suffix(".json")
MOST: Final = 1.03
SKIPPED: Final = 3
_CALLS: Final = 20
# The interpreter specializes a function after some calls.
_WARM_UP: Final = 40
_TOTAL: Final = re.compile(r"^(?:summary|totals): (\d+)", re.MULTILINE)
_KINDS: Final = {
    "RSA-OAEP-2048, A256CBC-HS512": ("RSA-OAEP-256", {}, "A256CBC-HS512"),
    "dir, A256GCM": ("dir", {"size": 32}, "A256GCM"),
    "A256KW, A256GCM": ("A256KW", {}, "A256GCM"),
    "ECDH-ES+A256KW, P-256, A256GCM": ("ECDH-ES+A256KW", {"curve": "P-256"}, "A256GCM"),
    "ECDH-ES+A256KW, X25519, A256GCM": ("ECDH-ES+A256KW", {"curve": "X25519"}, "A256GCM"),
}


class Counted(TypedDict):
    """The counts of one surroundings."""

    versions: dict[str, str]
    counts: dict[str, int]


def paths() -> Iterator[tuple[str, Callable[[], object]]]:
    """Yield each path by its name, as one call on 300 bytes."""
    plaintext = bytes(300)
    for name, (alg, options, enc) in _KINDS.items():
        key = joseal.Key.generate(alg, **options)
        encrypter = joseal.Encrypter(key if key.is_symmetric else key.public(), enc=enc)
        token = encrypter.encrypt(plaintext)
        yield f"encrypt {name}", partial(encrypter.encrypt, plaintext)
        yield f"decrypt {name}", partial(joseal.Decrypter(key, enc=enc).decrypt, token)
    key = joseal.Key.generate("ES256")
    signer = joseal.Signer(key)
    yield "sign ES256", partial(signer.sign, plaintext)
    yield (
        "verify ES256",
        partial(joseal.Verifier(key.public()).verify, signer.sign(plaintext)),
    )


def versions() -> dict[str, str]:
    """Name all that decides how many instructions a path takes, but joseal."""
    shown = subprocess.run(["valgrind", "--version"], check=True, capture_output=True, text=True)
    return {
        "python": platform.python_version(),
        "cryptography": cryptography.__version__,
        "openssl": backend.openssl_version_text(),
        "machine": f"{platform.machine()}, {_instruction_sets()}",
        "valgrind": shown.stdout.strip(),
    }


def _instruction_sets() -> str:
    """Name what OpenSSL chooses its code by, as far as valgrind lets it through."""
    facts = Path("/proc/cpuinfo")
    flags = set(facts.read_text("utf-8").split()) if facts.exists() else set[str]()
    return " ".join(sorted(flags & {"adx", "aes", "avx2", "bmi2", "pclmulqdq", "sha_ni"}))


def count() -> dict[str, int]:
    """Return the instructions that one call of each path takes."""
    with tempfile.TemporaryDirectory(prefix="joseal-") as folder:
        command = [
            *("valgrind", "--tool=callgrind", "--quiet", "--dump-before=getppid"),
            *(
                f"--callgrind-out-file={folder}/part",
                sys.executable,
                "-m",
                __spec__.name,
                "--turns",
            ),
        ]
        environment = {**os.environ, "PYTHONHASHSEED": "0"}
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE, env=environment)
        names: list[str] = json.loads(done.stdout)
        # Two parts for each path, each behind what came before its first mark.
        totals = [total(Path(folder, f"part.{1 + place}")) for place in range(4 * len(names))]
    turns = totals[1::2]
    return {
        name: round((turns[2 * place + 1] - turns[2 * place]) / _CALLS)
        for place, name in enumerate(names)
    }


def total(part: Path) -> int:
    """Return the instructions of one part of callgrind's output."""
    found = _TOTAL.search(part.read_text("utf-8"))
    if found is None:
        raise RuntimeError("callgrind has written no total")
    return int(found[1])


def turn_all() -> None:
    """Do the work that is counted, in this process."""
    names: list[str] = []
    for name, call in paths():
        names.append(name)
        for _ in range(_WARM_UP):
            call()
        for calls in (_CALLS, 2 * _CALLS):
            os.getppid()
            for _ in range(calls):
                call()
            os.getppid()
    sys.stdout.write(json.dumps(names))


def compare(stored: dict[str, int], found: dict[str, int]) -> list[str]:
    """Name the paths that take more than they may, and those that only one side has."""
    refused = [f"{name}: counted on one side only" for name in stored.keys() ^ found.keys()]
    refused += [
        f"{name}: {stored[name]} -> {found[name]}"
        for name in stored.keys() & found.keys()
        if found[name] > MOST * stored[name]
    ]
    return sorted(refused)


def find(stored: Sequence[Counted], here: dict[str, str]) -> Counted | str:
    """Return what was counted with these versions, or how those counted most like them differ."""
    if not stored:
        return "nothing was counted"
    nearest = max(stored, key=lambda each: len(each["versions"].items() & here.items()))
    other = [
        f"{name} {nearest['versions'].get(name)} (here {version})"
        for name, version in here.items()
        if nearest["versions"].get(name) != version
    ]
    return f"counted with {', '.join(other)}" if other else nearest


def main() -> int:
    """Count, and write or compare."""
    if sys.argv[1:] == ["--turns"]:
        turn_all()
        return 0
    if shutil.which("valgrind") is None:
        print("instructions: SKIPPED, valgrind is not here")
        return SKIPPED
    here = versions()
    stored: list[Counted] = json.loads(STORED.read_text("utf-8"))
    if sys.argv[1:] == ["--write"]:
        kept = [each for each in stored if each["versions"] != here]
        kept.append({"versions": here, "counts": count()})
        STORED.write_text(json.dumps(kept, indent=2) + "\n")
        return 0
    before = find(stored, here)
    if isinstance(before, str):
        print(f"instructions: SKIPPED, {before}")
        return SKIPPED
    found, counts = count(), before["counts"]
    for name, instructions in found.items():
        print(f"{name}: {instructions}, {instructions / counts.get(name, instructions):.3f}")
    refused = compare(counts, found)
    print("\n".join(refused) if refused else "instructions: none takes 3 % more")
    return bool(refused)


if __name__ == "__main__":
    sys.exit(main())
