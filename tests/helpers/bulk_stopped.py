"""Run `joseal` until it is about to make one of its calls to the system, and send it a signal there.

    python -m tests.helpers.bulk_stopped write 6 SIGKILL bulk encrypt ...

The moment does not depend on how fast the machine is: the journal is written behind each chunk.
"""

import itertools
import os
import signal
import sys

from joseal.cli import main
from joseal.cli.bulk import run


def stop_at(name: str, number: int, end: signal.Signals) -> None:
    call = getattr(os, name)
    numbers = itertools.count(1)

    def counted(*args: object) -> object:
        if next(numbers) == number:
            # A terminal sends it to all processes of a command.
            (os.killpg if end == signal.SIGINT else os.kill)(os.getpid(), end)
        return call(*args)

    setattr(os, name, counted)


if __name__ == "__main__":
    name, number, end, *sys.argv[1:] = sys.argv[1:]
    run._SECONDS_BETWEEN = -1
    stop_at(name, int(number), signal.Signals[end])
    main()
