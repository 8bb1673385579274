"""A256GCM on 16 MiB, in a process of its own.

    python -m bench.large.gcm [ROUNDS] [SECONDS]

AES-GCM is so fast that a copy of a growing token takes as long. In a process that has freed large
pieces of memory, the allocator puts a growing token into one of those and moves it when it becomes
too large, so libraries that are measured before would change the figures. Prints JSON.
"""

import json
import secrets
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from typing import Final

import joseal
from bench.measure import Samples, interleave
from bench.subject import Subject
from bench.tokens.bare import Bare
from bench.tokens.peers import ALG, Joseal

ALONE: Final = "AES-GCM alone"
SEAL: Final = "encrypt 16 MiB, A256GCM"
OPEN: Final = "decrypt 16 MiB, A256GCM"
GROUPS: Final = (SEAL, OPEN)
_SIZE_BYTES: Final = 16 * 1024 * 1024


def subjects(key: joseal.Key, bare: Bare) -> Iterator[Subject]:
    """Make the subjects of both groups."""
    library, plaintext = Joseal(key, "A256GCM"), secrets.token_bytes(_SIZE_BYTES)
    call = partial(bare.encrypt_gcm, plaintext)
    yield Subject(SEAL, ALONE, call, lambda made: bare.decrypt_gcm(made) == plaintext)
    call = partial(library.encrypt, plaintext)
    yield Subject(SEAL, library.name, call, lambda made: library.decrypt(made) == plaintext)
    call = partial(bare.decrypt_gcm, bare.encrypt_gcm(plaintext))
    yield Subject(OPEN, ALONE, call, lambda made: made == plaintext)
    call = partial(library.decrypt, library.encrypt(plaintext))
    yield Subject(OPEN, library.name, call, lambda made: made == plaintext)


def measure(rounds: int, seconds: float) -> Iterator[tuple[str, Samples]]:
    """Yield both groups."""
    command = [sys.executable, "-m", "bench.large.gcm", str(rounds), str(seconds)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    yield from json.loads(done.stdout).items()


def main(rounds: int = 60, seconds: float = 4.0) -> None:
    """Measure both groups here."""
    key = joseal.Key.generate(ALG)
    made = list(subjects(key, Bare(key)))
    for subject in made:
        subject.prove()
    groups = {
        group: {subject.name: subject.call for subject in made if subject.group == group}
        for group in GROUPS
    }
    found = {group: interleave(calls, rounds, seconds) for group, calls in groups.items()}
    print(json.dumps(found))


if __name__ == "__main__":
    main(*(kind(text) for kind, text in zip((int, float), sys.argv[1:], strict=False)))
