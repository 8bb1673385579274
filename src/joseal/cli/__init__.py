"""The command line: `joseal` and `python -m joseal`.

Rules:
- One file for each command; `program.py` is the table of them. Only this package prints.
- Secrets come from files, the environment or a prompt, never from arguments, which every user of
  the machine can see.
- A failure is one line on standard error, `joseal: <code>: <what>`, and an exit code from the table
  in `exit_codes.py`. No traceback.

This module imports neither click nor rich, so that it can say how to install them.
"""

import importlib
import importlib.util
import sys
from typing import Final

_NEEDED: Final = ("click", "rich")


def main() -> None:
    """Run the command line and exit; with status 2 if the extra `cli` is not installed."""
    if any(importlib.util.find_spec(name) is None for name in _NEEDED):
        sys.stderr.write("joseal: missing: the command line needs: pip install 'joseal[cli]'\n")
        sys.exit(2)
    try:
        importlib.import_module("joseal.cli.program").program(prog_name="joseal")
    except KeyboardInterrupt:
        # For an interrupt while modules are still being loaded; later the program handles it
        # itself.
        sys.stderr.write("joseal: interrupted: stopped\n")
        sys.exit(130)
