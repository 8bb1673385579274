"""What is timed: named calls in groups. The one list for pytest-benchmark and for the report.

Rules:
- All subjects of a group work on the same bytes with the same pair of keys.
- Every group has its baselines: the bare calls that no implementation can do without. The first
  subject of a group is the one that the tables compare with.
- A subject proves that it does its work before it is timed, because a refusal is fast, too.
"""

import secrets
from collections.abc import Iterator
from functools import cache, partial
from itertools import groupby
from typing import Final
from unittest.mock import patch

import joseal
from bench.large import gcm
from bench.subject import Subject
from bench.tokens import cjose, families, loading, refusing
from bench.tokens.bare import Bare, padded
from bench.tokens.peers import ALG, Joseal, Peer, peers
from joseal._core.algorithms import content_chunked

_KIB: Final = 1024
_MIB: Final = 1024 * _KIB
SMALL: Final = {"300 B": 300, "4 KiB": 4 * _KIB, "64 KiB": 64 * _KIB}
LARGE: Final = {"1 MiB": _MIB, "16 MiB": 16 * _MIB}
SIZES: Final = SMALL | LARGE

RSA_ALONE: Final = "RSA-OAEP alone"
PRIMITIVES: Final = "RSA, AES, HMAC alone"
CHUNKED: Final = "AES, HMAC alone, chunked"
ONE_THREAD: Final = "joseal, one thread"


class _OneThread(Joseal):
    """joseal as it works where there is one core."""

    name = ONE_THREAD

    def encrypt(self, plaintext: bytes) -> str:
        with patch.object(content_chunked, "_cores", lambda: 1):
            return super().encrypt(plaintext)


@cache
def subjects() -> tuple[Subject, ...]:
    """Return all subjects, on keys and plaintexts that are made once for a process."""
    key = joseal.Key.generate(ALG)
    bare, made = Bare(key), list[Subject]()
    for size, raw in SIZES.items():
        plaintext, libraries = secrets.token_bytes(raw), (*peers(key), *_optional(size, key))
        made += _sealing(size, plaintext, bare, (*libraries, *_slower(size, key)))
        made += _opening(size, plaintext, bare, libraries)
    made += gcm.subjects(key, bare)
    made += families.subjects()
    made += loading.subjects(key)
    made += refusing.subjects(key)
    return tuple(made)


def groups() -> dict[str, list[Subject]]:
    """Return the subjects by group, in order."""
    grouped = groupby(subjects(), key=lambda subject: subject.group)
    return {group: list(members) for group, members in grouped}


def _optional(size: str, key: joseal.Key) -> tuple[Peer, ...]:
    # Not for large messages: what it gives back to the allocator changes the times of the others.
    return (cjose.Cjose(key),) if size not in LARGE and cjose.is_here() else ()


def _slower(size: str, key: joseal.Key) -> tuple[Peer, ...]:
    # Below that there is one thread in any case.
    return (_OneThread(key),) if content_chunked.can_overlap(SIZES[size]) else ()


def _sealing(
    size: str, plaintext: bytes, bare: Bare, libraries: tuple[Peer, ...]
) -> Iterator[Subject]:
    group, whole, reference = f"encrypt {size}", padded(plaintext), libraries[0]
    mac = bare.mac(bare.encrypt(whole))
    yield from _baselines(
        size,
        Subject(group, RSA_ALONE, bare.wrap, lambda made: bare.unwrap(made) == bare.cek),
        Subject(
            *(group, PRIMITIVES, partial(bare.encrypt, whole)),
            lambda made: bare.decrypt(made) == whole,
        ),
        Subject(group, CHUNKED, partial(bare.encrypt_chunked, whole), lambda made: made == mac),
    )
    for library in libraries:
        call = partial(library.encrypt, plaintext)
        yield Subject(group, library.name, call, lambda made: reference.decrypt(made) == plaintext)


def _opening(
    size: str, plaintext: bytes, bare: Bare, libraries: tuple[Peer, ...]
) -> Iterator[Subject]:
    group, whole = f"decrypt {size}", padded(plaintext)
    ciphertext = bare.encrypt(whole)
    yield from _baselines(
        size,
        Subject(
            *(group, RSA_ALONE, partial(bare.unwrap, bare.wrap())),
            lambda made: made == bare.cek,
        ),
        Subject(
            *(group, PRIMITIVES, partial(bare.decrypt, ciphertext)), lambda made: made == whole
        ),
        Subject(
            *(group, CHUNKED, partial(bare.decrypt_chunked, ciphertext)),
            lambda made: made == whole[-len(made) :],
        ),
    )
    for library in (library for library in libraries if len(plaintext) <= library.opens_bytes):
        # Each opens what it makes itself: as str or as bytes, as it has them.
        call = partial(library.decrypt, library.encrypt(plaintext))
        yield Subject(group, library.name, call, lambda made: made == plaintext)


def _baselines(size: str, rsa: Subject, primitives: Subject, chunked_: Subject) -> list[Subject]:
    """Put in front what the others are seen beside; chunks only where there are several."""
    return [chunked_, rsa, primitives] if size in LARGE else [rsa, primitives]
