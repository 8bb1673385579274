"""What streaming needs: peak memory above an idle interpreter, and time, in fresh processes.

    python -m bench.large.streaming [--bytes N]

The source is made up as it is read. Token and plaintext go to files that are gone at the end; N
bytes of plaintext need room for 2.34 N. The idle interpreter has imported joseal and loaded a key.
The exit status is 1 where a bound was missed. Linux only.
"""

import argparse
import subprocess
import sys
import tempfile
from typing import Final

from rich.console import Console
from rich.table import Table

from bench.surroundings import describe

ENCS: Final = ("A256CBC-HS512", "A256GCM")
AT_MOST_MIB: Final = 32
AIM_MIB: Final = 16

_MIB: Final = 1024 * 1024


def main() -> int:
    """Run each work in a process of its own, and compare it with an idle one."""
    parser = argparse.ArgumentParser(prog="python -m bench.large.streaming")
    parser.add_argument("--bytes", type=int, default=4 * 1024**3, help="of plaintext")
    return _report(parser.parse_args().bytes)


def _report(size_bytes: int) -> int:
    console = Console()
    for line in describe():
        console.print(*line)
    table = Table(f"{size_bytes} bytes", "seconds", "MiB/s", "peak RSS, MiB", "above idle, MiB")
    worst = 0.0
    with tempfile.TemporaryDirectory(prefix="joseal-") as folder:
        for enc in ENCS:
            _, idle = _fresh("idle", enc, folder, size_bytes)
            table.add_row("idle", "", "", f"{idle:.1f}", "")
            for work in ("encrypt", "decrypt"):
                seconds, peak = _fresh(work, enc, folder, size_bytes)
                worst = max(worst, peak - idle)
                rate = size_bytes / _MIB / seconds
                row = (f"{seconds:.1f}", f"{rate:.0f}", f"{peak:.1f}", f"{peak - idle:.1f}")
                table.add_row(f"{work} with {enc}", *row)
    console.print(table)
    console.print(f"most above idle: {worst:.1f} MiB; at most {AT_MOST_MIB}, aim {AIM_MIB}")
    return 0 if worst <= AT_MOST_MIB else 1


def _fresh(work: str, enc: str, folder: str, size_bytes: int) -> tuple[float, float]:
    """Return seconds and peak memory of a process that does one work."""
    command = [
        sys.executable,
        "-m",
        "bench.large.streaming_work",
        work,
        enc,
        folder,
        str(size_bytes),
    ]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    seconds, peak_kib = done.stdout.split()
    return float(seconds), int(peak_kib) / 1024


if __name__ == "__main__":
    sys.exit(main())
