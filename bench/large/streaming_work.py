"""One work of `bench.large.streaming`, in a process that imports nothing else.

    python -m bench.large.streaming_work idle|seal|open ENC FOLDER BYTES

It prints the seconds and the peak memory in KiB.
"""

import re
import sys
from pathlib import Path
from time import perf_counter
from typing import Final

import joseal

_PATTERN_BYTES: Final = 192 * 1024


class Generated:
    """A plaintext of any size, which is one pattern again and again."""

    def __init__(self, size_bytes: int) -> None:
        self._pattern = bytes(range(256)) * (_PATTERN_BYTES // 256)
        self._left = size_bytes

    def read(self, size_bytes: int, /) -> bytes:
        """Return the beginning of the pattern."""
        size = min(size_bytes, self._left, _PATTERN_BYTES)
        self._left -= size
        return self._pattern[:size]


def main(work: str, enc: str, folder: Path, size_bytes: int) -> None:
    key = joseal.Key.from_jwk({"kty": "oct", "k": "A" * 43}, alg="A256KW")
    start = perf_counter()
    if work == "encrypt":
        _seal(joseal.Encrypter(key, enc=enc), folder / "token", size_bytes)
    elif work == "decrypt":
        _open(joseal.Decrypter(key, enc=enc), folder, size_bytes)
    print(perf_counter() - start, _peak_kib())


def _peak_kib() -> int:
    """Return the most memory that this program had.

    `ru_maxrss` would do, but Linux lets a program begin with the peak of the one that started it.
    """
    (peak,) = re.findall(
        r"^VmHWM:\s*(\d+) kB$", Path("/proc/self/status").read_text(), re.MULTILINE
    )
    return int(peak)


def _seal(encrypter: joseal.Encrypter, token: Path, size_bytes: int) -> None:
    # Not imported by the idle process: it is a part of what streaming costs.
    from joseal.stream import encrypt_stream  # noqa: PLC0415

    with token.open("wb", buffering=0) as target:
        encrypt_stream(encrypter, Generated(size_bytes), target)


def _open(decrypter: joseal.Decrypter, folder: Path, size_bytes: int) -> None:
    # As above.
    from joseal.stream import decrypt_file  # noqa: PLC0415

    decrypt_file(decrypter, folder / "token", folder / "plaintext")
    assert (folder / "plaintext").stat().st_size == size_bytes
    (folder / "plaintext").unlink()
    (folder / "token").unlink()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], Path(sys.argv[3]), int(sys.argv[4]))
