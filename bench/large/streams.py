"""What `bench.large.streaming` measures, for the report: one token of 4 GiB, with A256CBC-HS512."""

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from typing import Final

from bench.measure import Samples
from bench.tokens.peers import ENC

MEMORY: Final = "streaming, peak above idle"
SECONDS: Final = "streaming, seconds for 1 MiB"
SUBJECTS: Final = ("encrypt", "decrypt")
UNIT: Final = "1 MiB"
_MIB: Final = 1024 * 1024


def measure(size_bytes: int) -> Iterator[tuple[str, Samples]]:
    """Yield peak memory above an idle process in bytes, and seconds."""
    with tempfile.TemporaryDirectory(prefix="joseal-") as folder:
        _, idle = _fresh("idle", folder, size_bytes)
        found = {work: _fresh(work, folder, size_bytes) for work in SUBJECTS}
    peaks = {work: [peak - idle] for work, (_, peak) in found.items()}
    yield MEMORY, {UNIT: [_MIB], **peaks}
    yield SECONDS, {work: [spent * _MIB / size_bytes] for work, (spent, _) in found.items()}


def _fresh(work: str, folder: str, size_bytes: int) -> tuple[float, float]:
    """Return seconds and peak memory in bytes of a process that does one work."""
    command = [
        sys.executable,
        "-m",
        "bench.large.streaming_work",
        work,
        ENC,
        folder,
        str(size_bytes),
    ]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    seconds, peak_kib = done.stdout.split()
    return float(seconds), float(peak_kib) * 1024
