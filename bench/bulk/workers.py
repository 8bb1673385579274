"""Bulk opening of tokens of 300 bytes by workers: processes, and threads with a prepared object.

Rules:
- All runs are open at the same time and take turns. One that is not asked for outcomes rests, but
  for the chunks that are under way.
- In each turn what was under way before it is taken first, outside of what is timed; so the start
  of processes is not in it, either.
"""

import os
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import islice, repeat
from pathlib import Path
from time import perf_counter
from typing import Final

import joseal
from bench.measure import Samples
from bench.tokens.peers import ALG, ENC
from joseal.bulk import Outcomes, decrypt_many

GROUP: Final = "bulk opening 300 B, per token"
_KEY_PLACE: Final = "JOSEAL_BENCH_KEY"
_CHUNK_ITEMS: Final = 64
_CHUNKS_PER_WORKER: Final = 4
_TURN_ITEMS: Final = 4096


def processes(workers: int) -> str:
    """Say how many processes."""
    return "1 process" if workers == 1 else f"{workers} processes"


def _threads(workers: int) -> str:
    return "1 thread" if workers == 1 else f"{workers} threads"


def load_opener() -> joseal.Decrypter:
    """Read the key where the worker runs."""
    pem = Path(os.environ[_KEY_PLACE]).read_text("utf-8")
    return joseal.Decrypter(joseal.Key.from_pem(pem, alg=ALG), enc=ENC)


def measure(turns: int) -> Samples:
    """Return the seconds for one token, by workers."""
    key = joseal.Key.generate(ALG)
    tokens = repeat(joseal.Encrypter(key.public(), enc=ENC).encrypt(bytes(300)))
    with tempfile.TemporaryDirectory(prefix="joseal-") as folder, ExitStack() as stack:
        place = Path(folder) / "key"
        place.write_text(key.to_pem(private=True))
        os.environ[_KEY_PLACE] = str(place)
        runs = {
            label: (stack.enter_context(run), workers) for label, workers, run in _runs(tokens, key)
        }
        samples: dict[str, list[float]] = {label: [] for label in runs}
        for turn in range(turns):
            order = list(runs.items())
            for label, (run, workers) in order[::-1] if turn % 2 else order:
                samples[label].append(_turn(run, workers))
    return samples


def _runs(tokens: Iterator[str], key: joseal.Key) -> Iterator[tuple[str, int, Outcomes[bytes]]]:
    for workers in (1, 2):
        for label, tool in (
            (processes(workers), load_opener),
            (_threads(workers), joseal.Decrypter(key, enc=ENC)),
        ):
            yield (
                label,
                workers,
                decrypt_many(tokens, tool, workers=workers, chunk_items=_CHUNK_ITEMS),
            )


def _turn(run: Outcomes[bytes], workers: int) -> float:
    under_way = workers * _CHUNKS_PER_WORKER * _CHUNK_ITEMS
    _take(run, 2 * under_way)
    start = perf_counter()
    _take(run, _TURN_ITEMS)
    return (perf_counter() - start) / _TURN_ITEMS


def _take(run: Outcomes[bytes], count: int) -> None:
    for outcome in islice(run, count):
        if outcome.value is None:
            raise RuntimeError("a good token was not opened")
