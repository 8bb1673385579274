"""Count the instructions of an attempt through the client, beside a bare urllib3 POST.

    python -m bench.client.counting

The subjects are those of `bench.client.posting`, without the journal. What other programs do on the
machine does not change a count, as it does any time. What the kernel does for a call is not in it:
one call of the system to send, where the bare POST makes two, is to be added in joseal's favor.
The exit status is 1 where the bound of `posting` was missed.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

from bench.client.posting import BARE, BOUNDS, OURS, subjects
from bench.instructions import total

_CALLS: Final = 20
# The interpreter specializes a function after some calls.
_WARM_UP: Final = 40
_NAMES: Final = (BARE, OURS)


def turn_all(group: str) -> None:
    """Do the work that is counted, in this process: a `getppid` is before and after each turn."""
    with subjects() as made:
        calls = {subject.name: subject.call for subject in made if subject.group == group}
        for name in _NAMES:
            for _ in range(_WARM_UP):
                calls[name]()
            for times in (_CALLS, 2 * _CALLS):
                os.getppid()
                for _ in range(times):
                    calls[name]()
                os.getppid()


def count(group: str) -> dict[str, int]:
    """Return the instructions of one call of each subject: what N calls more take, divided by N."""
    with tempfile.TemporaryDirectory(prefix="joseal-") as folder:
        command = [
            *("valgrind", "--tool=callgrind", "--quiet", "--dump-before=getppid"),
            f"--callgrind-out-file={folder}/part",
            *(sys.executable, "-m", __spec__.name, group),
        ]
        environment = {**os.environ, "PYTHONHASHSEED": "0"}
        subprocess.run(command, check=True, env=environment)
        turns = [total(Path(folder, f"part.{2 + 2 * place}")) for place in range(4)]
    return {
        name: round((turns[2 * place + 1] - turns[2 * place]) / _CALLS)
        for place, name in enumerate(_NAMES)
    }


def main() -> int:
    """Count, and compare with the bound."""
    if len(sys.argv) > 1:
        turn_all(sys.argv[1])
        return 0
    if shutil.which("valgrind") is None:
        print("counting: SKIPPED, valgrind is not here")
        return 0
    kept = True
    for bound in BOUNDS:
        found = count(bound.group)
        ratio = found[OURS] / found[BARE]
        kept = kept and ratio <= bound.limit
        print(f"{bound.group}: {found[BARE]} bare, {found[OURS]} joseal, {ratio:.3f} times")
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
