"""Peak memory above the input, for sealing and opening 64 MiB: each in a fresh process.

    python -m bench.large.memory seal|open PEER traced|resident FOLDER

`tracemalloc` counts what Python's allocators gave out, and is the same each time. The peak of
resident memory also counts what the C libraries took for themselves. As a module with arguments
this does one work and prints bytes. Linux only.
"""

import re
import subprocess
import sys
import tempfile
import tracemalloc
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Final

import joseal
from bench.measure import Samples
from bench.tokens.peers import ALG, PEERS, Joseal

SIZE_BYTES: Final = 64 * 1024 * 1024
SEAL: Final = "memory, encrypt 64 MiB"
OPEN: Final = "memory, decrypt 64 MiB"
MADE: Final = "the result itself"
RESIDENT: Final = " (resident)"


def measure() -> Iterator[tuple[str, Samples]]:
    """Yield both groups: bytes, by library and by how they were counted."""
    key = joseal.Key.generate(ALG)
    pattern = bytes(range(256)) * (SIZE_BYTES // 256)
    with tempfile.TemporaryDirectory(prefix="joseal-") as folder:
        place = Path(folder)
        (place / "key").write_text(key.to_pem(private=True))
        (place / "plaintext").write_bytes(pattern)
        sealed = Joseal(key).encrypt(pattern)
        (place / "token").write_text(sealed, "ascii")
        yield SEAL, {MADE: [len(sealed)], **_by_library("encrypt", place)}
        yield OPEN, {MADE: [len(pattern)], **_by_library("decrypt", place)}


def _by_library(work: str, place: Path) -> dict[str, list[float]]:
    return {
        peer.name + suffix: [_fresh(work, peer.name, how, place)]
        for how, suffix in (("traced", ""), ("resident", RESIDENT))
        for peer in PEERS
        if work == "encrypt" or peer.opens_bytes >= SIZE_BYTES
    }


def _fresh(work: str, peer: str, how: str, place: Path) -> float:
    command = [sys.executable, "-m", "bench.large.memory", work, peer, how, str(place)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return float(done.stdout)


def main(work: str, name: str, how: str, place: Path) -> None:
    """Do one work, and print the bytes."""
    key = joseal.Key.from_pem((place / "key").read_text(), alg=ALG)
    (peer,) = (kind(key) for kind in PEERS if kind.name == name)
    # What is imported and made at the first call is not the cost of size.
    peer.decrypt(peer.encrypt(b"warm"))
    act = partial(
        *(peer.encrypt, _plaintext(place)) if work == "encrypt" else (peer.decrypt, _token(place))
    )
    print(_traced(act) if how == "traced" else _resident(act))


def _plaintext(place: Path) -> bytes:
    return (place / "plaintext").read_bytes()


def _token(place: Path) -> str:
    # Both are there for a moment; no library opens with as little memory.
    return (place / "token").read_bytes().decode("ascii")


def _traced(act: Callable[[], object]) -> int:
    tracemalloc.start()
    act()
    return tracemalloc.get_traced_memory()[1]


def _resident(act: Callable[[], object]) -> int:
    before = _status("VmRSS")
    act()
    return _status("VmHWM") - before


def _status(name: str) -> int:
    """Return a figure of this process.

    `ru_maxrss` would do for the peak, but Linux lets a program begin with that of its parent.
    """
    text = Path("/proc/self/status").read_text("utf-8")
    (kib,) = re.findall(rf"^{name}:\s*(\d+) kB$", text, re.MULTILINE)
    return int(kib) * 1024


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3], Path(sys.argv[4]))
