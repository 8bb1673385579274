"""What is measured: named calls in groups. The one list for pytest-benchmark and for the report.

Rules:
- All subjects of a group work on the same bytes with the same pair of keys.
- Every group has its baselines: the bare calls that no implementation can do without.
- A subject proves that it does its work before it is timed, because a refusal is fast, too.
"""

import secrets
from collections.abc import Callable, Iterator
from functools import cache, partial
from itertools import groupby
from typing import Final, NamedTuple

import joseal
from bench.bare import Bare, padded
from bench.peers import ALG, Peer, peers

SIZES: Final = {"300 B": 300, "4 KiB": 4 * 1024, "64 KiB": 64 * 1024}

RSA_ALONE: Final = "RSA-OAEP alone"
PRIMITIVES: Final = "RSA, AES, HMAC alone"


class Subject(NamedTuple):
    """One call to be timed.

    Attributes:
        group: what is done to how many bytes; ratios are taken within a group.
        name: who does it.
        call: the call, complete.
        proves: tells whether what the call returned is the work done.
    """

    group: str
    name: str
    call: Callable[[], object]
    proves: Callable[[object], bool]

    def prove(self) -> None:
        """Run the call once.

        Raises:
            RuntimeError: it did not do its work.
        """
        if not self.proves(self.call()):
            raise RuntimeError(f"{self.group}, {self.name}: the result is wrong")


@cache
def subjects() -> tuple[Subject, ...]:
    """Return all subjects, on keys and plaintexts that are made once for a process."""
    key = joseal.Key.generate(ALG)
    bare, libraries = Bare(key), peers(key)
    made: list[Subject] = []
    for size, octets in SIZES.items():
        plaintext = secrets.token_bytes(octets)
        made += _sealing(f"seal {size}", plaintext, bare, libraries)
        made += _opening(f"open {size}", plaintext, bare, libraries)
    return tuple(made)


def groups() -> dict[str, list[Subject]]:
    """Return the subjects by group, in order."""
    grouped = groupby(subjects(), key=lambda subject: subject.group)
    return {group: list(members) for group, members in grouped}


def _sealing(
    group: str, plaintext: bytes, bare: Bare, libraries: tuple[Peer, ...]
) -> Iterator[Subject]:
    whole = padded(plaintext)
    reference = libraries[0]
    yield Subject(group, RSA_ALONE, bare.wrap, lambda made: bare.unwrap(made) == bare.cek)
    yield Subject(
        group, PRIMITIVES, partial(bare.encrypt, whole), lambda made: bare.decrypt(made) == whole
    )
    for library in libraries:
        call = partial(library.seal, plaintext)
        yield Subject(group, library.name, call, lambda made: reference.open(made) == plaintext)


def _opening(
    group: str, plaintext: bytes, bare: Bare, libraries: tuple[Peer, ...]
) -> Iterator[Subject]:
    whole = padded(plaintext)
    unwrap = partial(bare.unwrap, bare.wrap())
    decrypt = partial(bare.decrypt, bare.encrypt(whole))
    token = libraries[0].seal(plaintext)
    yield Subject(group, RSA_ALONE, unwrap, lambda made: made == bare.cek)
    yield Subject(group, PRIMITIVES, decrypt, lambda made: made == whole)
    for library in libraries:
        call = partial(library.open, token)
        yield Subject(group, library.name, call, lambda made: made == plaintext)
