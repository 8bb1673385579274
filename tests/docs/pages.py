"""Runs the examples of a page, from its first line to its last, in one namespace.

- `python` runs. With a title it is the file of that name, which what follows may import.
- `sh` runs where its lines are commands of `joseal`, of `echo`, or of what `TOOLS` names. Others
  have to be shell that bash can read, and extras that they install have to exist.
- `json` is read.
- `text` directly after one of the first two is what it prints; `...` stands for anything.

Some pages need a process of their own: `python -m tests.docs.pages PAGE`.
"""

import contextlib
import io
import itertools
import json
import os
import re
import shlex
import subprocess
import sys
import tomllib
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import click
from click.testing import CliRunner

from joseal.cli.program import program

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
FENCE = re.compile(r'^```(\w*)(?: title="([^"]+)")?\n(.*?)^```$', re.MULTILINE | re.DOTALL)
LANGUAGES = {"python", "sh", "json", "text"}
TOOLS = {"softhsm2-util"}
EXTRAS = set(
    tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["optional-dependencies"]
)


class Block(NamedTuple):
    """A fenced block of a page."""

    line: int
    language: str
    title: str
    text: str
    prints: str | None


def blocks(page: str) -> Iterator[Block]:
    """Find the blocks of a page, each with what it is said to print."""
    found = [*FENCE.finditer(page)]
    for fence, after in itertools.zip_longest(found, found[1:]):
        prints = None
        if after and after[1] == "text" and not page[fence.end() : after.start()].strip():
            prints = after[3]
        yield Block(page.count("\n", 0, fence.start()) + 1, fence[1], fence[2], fence[3], prints)


def faults(page: str) -> list[str]:
    """What is wrong with the blocks of a page before any is run."""
    found = [
        f"line {block.line}: {block.language!r}"
        for block in blocks(page)
        if block.language not in LANGUAGES
    ]
    fences = len(re.findall(r"^[ >\t]*(?:```|~~~)", page, re.MULTILINE))
    if fences != 2 * len(FENCE.findall(page)):
        found.append("a fence that is indented, or has no end, or says more than its language")
    return found


def run(page: str, name: str, folder: Path) -> None:
    """Run a page in a folder, which is the working directory."""
    space: dict[str, object] = {"__name__": "page"}
    for block in blocks(page):
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed), warnings.catch_warnings():
            # Under -bb it is an error to print bytes, and to print them is what examples do.
            warnings.simplefilter("ignore", BytesWarning)
            if block.language == "python" and block.title:
                (folder / block.title).write_text(block.text, "utf-8")
            elif block.language == "python":
                code = "\n" * block.line + block.text
                exec(compile(code, f"{name}", "exec"), space)  # noqa: S102 - our own page
            elif block.language == "sh":
                print(shell(block.text), end="")
            elif block.language == "json":
                json.loads(block.text)
        if block.prints is not None and not is_like(printed.getvalue(), block.prints):
            text = f"{name}, line {block.line}: it prints\n{printed.getvalue()}"
            raise AssertionError(text)


def is_like(printed: str, said: str) -> bool:
    """Tell whether a text is what a page says, where `...` is anything."""
    pattern = ".*?".join(re.escape(part) for part in said.strip().split("..."))
    return re.fullmatch(pattern, printed.strip(), re.DOTALL) is not None


def shell(text: str) -> str:
    """Run the commands of a block that can be run here, and return what they print."""
    lines = re.sub(r"\\\n\s*", "", text).splitlines()
    if not all(line.split()[0] in {"joseal", "echo", *TOOLS} for line in lines if line.strip()):
        subprocess.run(["bash", "-n"], input=text, text=True, check=True, timeout=60)
        named = {name for names in re.findall(r"\[([\w,-]+)\]", text) for name in names.split(",")}
        if named - EXTRAS:
            raise AssertionError(named)
        return ""
    return "".join(map(line_of_shell, filter(str.strip, lines)))


def line_of_shell(line: str) -> str:
    """Run a line: commands with pipes between them, and `# status N` where it does not end well."""
    status = re.search(r"# status (\d+)$", line)
    printed, words = "", [os.path.expandvars(word) for word in shlex.split(line, comments=True)]
    while words:
        end = words.index("|") if "|" in words else len(words)
        command, words = words[:end], words[end + 1 :]
        if command[0] == "echo":
            printed = " ".join(command[1:]) + "\n"
        elif command[0] == "joseal" and any("path/to/" in word for word in command):
            parse(command[1:])
        elif command[0] == "joseal":
            result = CliRunner().invoke(program, command[1:], input=printed, catch_exceptions=False)
            if result.exit_code != (int(status[1]) if status else 0):
                text = f"{line}\n{result.output}"
                raise AssertionError(text)
            printed = result.output
        else:
            subprocess.run(command, check=True, capture_output=True, timeout=60)
            printed = ""
    return printed


def parse(words: list[str]) -> None:
    """Read a command's arguments, and raise where it has no such option."""
    # A command keeps the help option of its first context, so this one has the program's.
    settings = program.context_settings
    with click.Context(program, info_name="joseal", **settings) as context:
        name, command, rest = program.resolve_command(context, words)
        assert command is not None, name
        command.make_context(name, rest, parent=context)


def run_in(path: Path, folder: Path) -> None:
    """Run a page where it finds the files that it writes."""
    sys.path.insert(0, str(folder))
    known = set(sys.modules)
    try:
        with contextlib.chdir(folder):
            run(path.read_text("utf-8"), path.name, folder)
    finally:
        sys.path.remove(str(folder))
        for name in {file.stem for file in folder.glob("*.py")} - known:
            sys.modules.pop(name, None)


def rows(page: str, heading: str) -> list[tuple[str, str]]:
    """Return the code in the cells of a table of calls side by side, without its head."""
    text = re.split(rf"^## {re.escape(heading)}$", page, flags=re.MULTILINE)[1]
    cells = re.findall(r"^\| `(.+)` \| `(.+)` \|$", text.partition("\n## ")[0], re.MULTILINE)
    return [(left, right) for left, right in cells]


if __name__ == "__main__":
    run_in(Path(sys.argv[1]).resolve(), Path(sys.argv[2]).resolve())
