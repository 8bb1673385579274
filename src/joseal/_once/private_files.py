"""Database files for their owner alone: they contain the ids of payouts, webhooks and tokens.

Rules:
- A new file is private, and an existing one loses the access rights of other users. Otherwise they
  could delete an id, and its work would be done again.
- A link is refused: its target was chosen by the user who created it.
- An existing file is not opened: closing any descriptor of it would release the locks of other
  connections of this process. For the same reason no other thread may use a new file before its
  descriptor is closed.

Accepted: other users who can write in the folder can replace the file at any time.

Source: section 2.2 of https://www.sqlite.org/howtocorrupt.html.
"""

import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Final

from joseal._core.processes import LockOfProcess
from joseal.errors import JoseError

_PRIVATE: Final = 0o600
_OTHERS: Final = 0o077

_LOCK: Final = LockOfProcess()


def make_private(path: Path, store: str, error: Callable[[str], JoseError]) -> None:
    """Make a file that only its owner can access; if it exists, remove the rights of other users.

    Args:
        path: the path of the file.
        store: the name of the store in errors.
        error: the class of the errors.

    Raises:
        JoseError: of the class `error`: the file can't be made, is a link or not a regular file, or
            its rights can't be changed.
    """
    try:
        with _LOCK.current():
            os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, _PRIVATE))
    except FileExistsError:
        fault = _tighten(path)
    except OSError:
        fault = "can't be opened"
    else:
        return
    if fault is not None:
        raise error(f"{store} {fault}")


def _tighten(path: Path) -> str | None:
    """Remove the rights of other users from a regular file; otherwise return what prevents it."""
    try:
        mode = path.lstat().st_mode
        if not stat.S_ISREG(mode):
            return "is a link, or not a regular file"
        if stat.S_IMODE(mode) & _OTHERS:
            path.chmod(stat.S_IMODE(mode) & ~_OTHERS)
    except OSError:
        return "can't be made private"
    return None
