"""What a night's rotation is to stand: CSV as Excel writes it, killed in each step, byte for byte.

    python -m bench.bulk.rotation [--rows 200000] [--workers 2] [--help]

Rows with a byte order mark, `;`, quoted line ends and cells are encrypted, rekeyed and decrypted.
Each step is killed in its middle, is resumed, and is timed as a whole. The last file is compared
with the first one.
"""

import argparse
import hashlib
import json
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import joseal

_ENC: Final = "A256GCM"
_SECONDS: Final = 0.005


def make(rows: int, path: Path) -> None:
    """Write what Excel writes."""
    with path.open("w", newline="") as file:
        file.write("\ufeffid;card;name\r\n")
        for number in range(rows):
            name = '"Zo\u00eb; ""Z""\r\n2nd line"' if number % 7 == 0 else f"person {number}"
            file.write(f"{number};{4111_0000_0000_0000 + number};{name}\r\n")


def killed_and_resumed(words: Sequence[str], output: Path) -> tuple[float, int]:
    """Run a command, kill it in its middle, and run it again; return seconds and rows before."""
    command = [sys.executable, "-m", "joseal", *words]
    begin = time.perf_counter()
    process = subprocess.Popen([*command, "--resume"], stderr=subprocess.PIPE)
    journal = output.with_name(output.name + ".journal")
    while _rows(journal) == 0 and process.poll() is None:
        time.sleep(_SECONDS)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    before = _rows(journal)
    if output.exists() or before == 0:
        raise RuntimeError("the run was over before it could be killed: give it more rows")
    subprocess.run([*command, "--resume"], check=True, stderr=subprocess.DEVNULL)
    return time.perf_counter() - begin, before


def _rows(journal: Path) -> int:
    """Return how many rows are done: a journal is replaced as a whole."""
    try:
        text = journal.read_text()
    except FileNotFoundError:
        return 0
    return int(text.partition('"rows":')[2].partition(",")[0])


def rotate(folder: Path, rows: int, workers: int) -> dict[str, tuple[float, int]]:
    """Do all steps; return the seconds of each, and how many rows it had done when it was killed.

    Raises:
        RuntimeError: what comes out is not what went in.
    """
    names = ("excel.csv", "encrypted.csv", "rekeyed.csv", "back.csv")
    paths = [folder / name for name in names]
    make(rows, paths[0])
    bank, new = joseal.Key.generate("RSA-OAEP-256"), joseal.Key.generate("A256KW")
    (folder / "bank.pem").write_text(bank.to_pem())
    (folder / "mine.pem").write_text(bank.to_pem(private=True))
    (folder / "new.jwk").write_text(json.dumps(new.to_jwk(private=True)))
    rsa = ("--alg", "RSA-OAEP-256", "--enc", _ENC)
    old = ("--key", str(folder / "mine.pem"), *rsa)
    new_key = str(folder / "new.jwk")
    steps = {
        "encrypt": ("--key", str(folder / "bank.pem"), *rsa),
        "rekey": (*old, "--to-key", new_key, "--to-enc", _ENC),
        "decrypt": ("--key", new_key, "--enc", _ENC),
    }
    how = ("--field", "card", "--delimiter", ";", "--workers", str(workers))
    done = {}
    for (verb, keys), source, target in zip(steps.items(), paths, paths[1:], strict=False):
        words = ("bulk", verb, *keys, *how, "-o", str(target), str(source))
        done[verb] = killed_and_resumed(words, target)
    first, last = (hashlib.sha256(path.read_bytes()).digest() for path in (paths[0], paths[-1]))
    if first != last:
        raise RuntimeError("what comes out is not what went in")
    return done


def main() -> int:
    """Print the figures."""
    parser = argparse.ArgumentParser(prog="python -m bench.bulk.rotation", description=__doc__)
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="joseal-") as folder:
        for verb, (seconds, before) in rotate(Path(folder), options.rows, options.workers).items():
            sys.stdout.write(f"{verb}: killed after {before:,} rows, {seconds:.1f} s in all\n")
    sys.stdout.write(f"{options.rows:,} rows came back byte for byte\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
