"""Database files for their owner alone: the ids of payouts, of webhooks and of tokens are in them.

Rules:
- A file is made private; from one that is there already the rights of others are taken away.
  Otherwise they could delete an id, and its work would be done again.
- A link is refused: whoever placed it chose the file.
- A file that is there is not opened: closing any descriptor of it would take away the locks that
  other connections of this process have.

Accepted: other users who can write in the folder can replace the file at any time.

Source: section 2.2 of https://www.sqlite.org/howtocorrupt.html.
"""

import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Final

from joseal.errors import JoseError

_PRIVATE: Final = 0o600
_OTHERS: Final = 0o077


def make_private(path: Path, store: str, error: Callable[[str], JoseError]) -> None:
    """Make a file, for its owner alone; if it is there already, take the others' rights away.

    Args:
        path: of the file.
        store: what the errors call it.
        error: the class of the errors.

    Raises:
        JoseError: of the class `error`: it can't be made, is a link or not a regular file, or its
            rights can't be changed.
    """
    try:
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
    """Take the rights of others away, of a file that is one itself; else say what hinders it."""
    try:
        mode = path.lstat().st_mode
        if not stat.S_ISREG(mode):
            return "is a link, or not a regular file"
        if stat.S_IMODE(mode) & _OTHERS:
            path.chmod(stat.S_IMODE(mode) & ~_OTHERS)
    except OSError:
        return "can't be made private"
    return None
