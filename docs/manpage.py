"""Write the manual page of the command, from what it prints for `--help`.

    python docs/manpage.py > joseal.1

The help of the program and of each command has the sections of a manual page already.
"""

import re
import runpy
import sys
from collections.abc import Iterator
from pathlib import Path

HOOKS = runpy.run_path(str(Path(__file__).with_name("hooks.py")))
HEADING = re.compile(r"^#+ (joseal.*)\n$")
FENCE = re.compile(r"^```text\n(.*)\n```\n$", re.DOTALL)


def page() -> str:
    """Return the page in roff's man macros."""
    lines = ['.TH JOSEAL 1 "" joseal "User commands"']
    for part in HOOKS["commands"]():
        heading, fence = HEADING.match(part), FENCE.match(part)
        if heading and heading[1] != "joseal":
            lines.append(f'.SH "{heading[1].upper()}"')
        elif fence:
            lines += sections(fence[1], ".SH" if len(lines) == 1 else ".SS")
    return "\n".join(lines) + "\n"


def sections(text: str, macro: str) -> Iterator[str]:
    """Write the sections of one help text: their titles begin in the first column."""
    for title, body in re.findall(r"^(\S.*)\n((?:(?!\S).*\n?)*)", text, re.MULTILINE):
        yield f'{macro} "{title}"'
        yield ".nf"
        yield from (escaped(line.removeprefix("  ")) for line in body.rstrip().splitlines())
        yield ".fi"


def escaped(line: str) -> str:
    """Return a line that roff takes as text."""
    line = line.replace("\\", "\\e").replace("-", "\\-")
    return f"\\&{line}" if line.startswith((".", "'")) else line


if __name__ == "__main__":
    sys.stdout.write(page())
