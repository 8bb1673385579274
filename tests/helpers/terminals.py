"""What a program has written to a terminal of its own."""

import contextlib
import os


def read_all(terminal: int) -> bytes:
    """Read from one side of a pseudo-terminal until the other is closed, and close it too.

    One read may give less than was written, even after the program has ended.
    """
    shown = b""
    with os.fdopen(terminal, "rb", buffering=0) as file, contextlib.suppress(OSError):
        while piece := file.read(65_536):  # an error is the end: the other side is closed
            shown += piece
    return shown
