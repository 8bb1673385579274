"""`joseal bulk` on a file of rows, next to the loop of the library, and what its parent does.

    python -m bench.bulk.rows [--rows 200000] [--format csv] [--workers 1 2] [--help]

The loop reads a row, encrypts a cell or member and writes the row, in one process. CPU seconds are
those of whole processes, with their start, and all code is byte-compiled before. The parent hands
out parts and puts pieces in order: that many cores are kept busy by one parent as its time for a
row goes into a worker's. These two are the difference between a run and one over a quarter of the
rows, so that no start is in them.
"""

import argparse
import contextlib
import csv
import io
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final, NamedTuple

import joseal

_ALG: Final = "RSA-OAEP-256"
_ENC: Final = "A256GCM"
_CARD: Final = "x" * 300


class Spent(NamedTuple):
    """What a program took, in seconds.

    Attributes:
        wall: by the clock.
        parent: CPU of the process itself.
        workers: CPU of those that it started.
    """

    wall: float
    parent: float
    workers: float


def csv_loop(source: Path, target: Path, key: Path) -> None:
    """Encrypt a column, a row at a time."""
    sealer = joseal.Encrypter(joseal.Key.from_pem(key.read_bytes(), alg=_ALG), enc=_ENC)
    with source.open(newline="") as file, target.open("w", newline="") as out:
        reader, writer = csv.reader(file), csv.writer(out)
        writer.writerow(next(reader))
        for row in reader:
            row[2] = sealer.encrypt(row[2].encode())
            writer.writerow(row)


def jsonl_loop(source: Path, target: Path, key: Path) -> None:
    """Encrypt a member, a line at a time."""
    sealer = joseal.Encrypter(joseal.Key.from_pem(key.read_bytes(), alg=_ALG), enc=_ENC)
    with source.open() as file, target.open("w") as out:
        for line in file:
            row = json.loads(line)
            row["card"] = sealer.encrypt(row["card"].encode())
            out.write(json.dumps(row, separators=(",", ":")) + "\n")


def command(source: Path, target: Path, key: Path, workers: int) -> None:
    """Do it with `joseal bulk`."""
    # Here, so that the loop does not pay for it.
    from joseal.cli import program  # noqa: PLC0415

    where = ("--field", "card", "--workers", str(workers), "-o", str(target), str(source))
    how = ("--key", str(key), "--alg", _ALG, "--enc", _ENC)
    with contextlib.redirect_stderr(io.StringIO()), contextlib.suppress(SystemExit):
        program.program(["bulk", "encrypt", *how, *where])


def make(form: str, rows: int, path: Path) -> None:
    """Write a file of rows."""
    with path.open("w") as file:
        if form == "csv":
            file.write("id,name,card,amount\n")
        for number in range(rows):
            if form == "csv":
                file.write(f"{number},person {number},{_CARD},0.01\n")
            else:
                row = {"id": number, "name": f"person {number}", "card": _CARD, "amount": 0.01}
                file.write(json.dumps(row) + "\n")


def _spent_by(act: Callable[[], None]) -> None:
    """Do something, and print what it took since this process began."""
    begin = time.perf_counter()
    act()
    wall = time.perf_counter() - begin
    own, others = (
        resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )
    sums = [used.ru_utime + used.ru_stime for used in (own, others)]
    sys.stdout.write(json.dumps([wall, *sums]))


def _measured(folder: Path, form: str, workers: int) -> Spent:
    """Run the loop (0 workers) or the command in a process of its own."""
    (folder / f"out.{form}").unlink(missing_ok=True)
    words = [sys.executable, "-m", "bench.bulk.rows", "--in", str(folder), "--format", form]
    words += ["--workers", str(workers)]
    # An installed package is byte-compiled; compiling takes half a second in each process.
    environment = {**os.environ, "PYTHONPYCACHEPREFIX": str(folder / "compiled")}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    begin = time.perf_counter()
    done = subprocess.run(words, check=True, capture_output=True, text=True, env=environment)
    wall = time.perf_counter() - begin
    return Spent(wall, *json.loads(done.stdout)[1:])


def _do(folder: Path, form: str, workers: int) -> None:
    source, target, key = folder / f"in.{form}", folder / f"out.{form}", folder / "bank.pem"
    if workers:
        _spent_by(lambda: command(source, target, key, workers))
    else:
        loop = csv_loop if form == "csv" else jsonl_loop
        _spent_by(lambda: loop(source, target, key))


def main() -> int:
    """Print a table."""
    parser = argparse.ArgumentParser(prog="python -m bench.bulk.rows", description=__doc__)
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--format", choices=["csv", "jsonl"], default="csv")
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--in", type=Path, dest="folder", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.folder is not None:
        _do(options.folder, options.format, options.workers[0])
        return 0
    with tempfile.TemporaryDirectory(prefix="joseal-") as name:
        folder = Path(name)
        (folder / "bank.pem").write_text(joseal.Key.generate(_ALG).to_pem())
        make(options.format, 1, folder / f"in.{options.format}")
        # These compile, and are not counted.
        for workers in (0, 1):
            _measured(folder, options.format, workers)
        make(options.format, options.rows, folder / f"in.{options.format}")
        loop = _measured(folder, options.format, 0)
        sys.stdout.write(_row("the library's loop", loop, loop, 1, options.rows))
        for workers in options.workers:
            spent = _measured(folder, options.format, workers)
            sys.stdout.write(_row(f"{workers} workers", spent, loop, workers, options.rows))
        quarter = options.rows // 4
        make(options.format, quarter, folder / f"in.{options.format}")
        few = _measured(folder, options.format, workers)
        rows = options.rows - quarter
        parent = (spent.parent - few.parent) / rows * 1e6
        each = (spent.workers - few.workers) / rows * 1e6
        text = f"without the start: parent {parent:.2f} us and workers {each:.2f} us a row"
        sys.stdout.write(f"{text}: {each / parent:.0f} cores\n")
    return 0


def _row(name: str, spent: Spent, loop: Spent, workers: int, rows: int) -> str:
    cpu = spent.parent + spent.workers
    ratio = cpu / (loop.parent + loop.workers)
    line = (
        f"{name}: {rows / spent.wall:,.0f} rows/s, wall {spent.wall:.2f} s "
        f"({spent.wall * workers / loop.wall:.2f} of the loop by {workers}), CPU {cpu:.2f} s "
        f"({ratio:.2f} of the loop)"
    )
    return f"{line}; load {os.getloadavg()[0]:.1f}\n"


if __name__ == "__main__":
    sys.exit(main())
