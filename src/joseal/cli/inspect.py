"""`joseal inspect`: a token's header and sizes, and how to make a similar one, without a key."""

import json
from pathlib import Path

import click
from msgspec.structs import asdict

from joseal.cli import anatomy, files, help_pages, key_files, likeness, options
from joseal.cli.anatomy import Anatomy
from joseal.cli.console import Page
from joseal.cli.exit_codes import Exit
from joseal.cli.json_output import line
from joseal.diagnosis import wrappers
from joseal.diagnosis.explain_token import MOST_BYTES


@help_pages.command(
    params=[
        options.json_flag(),
        click.Argument(["in_path"], default="-", type=options.PATH, metavar="[TOKEN_FILE]"),
    ],
    examples=("joseal inspect token.txt", "joseal inspect --json < token.txt"),
    exits=(Exit.TOKEN,),
)
def command(*, as_json: bool, in_path: Path) -> None:
    """Show the header and the sizes of a compact token, and Python code for a similar one.

    The default for TOKEN_FILE is standard input. Anything around the token is removed first, as
    `joseal doctor` does: quotes, a JSON body, a header line, an encoding. No key is used, so
    nothing shown is authenticated: anyone can write any header.

    With --json: {"authenticated": false, "header": OBJECT, "segments": [{"name": TEXT,
    "characters": NUMBER, "bytes": NUMBER, "holds": TEXT}], "around": [TEXT], "python": TEXT or
    null}.
    """
    raw = files.read(in_path, MOST_BYTES)
    layers, text = wrappers.unwrap_text(raw) if len(raw) <= MOST_BYTES else ([], "")
    if not text:
        key_files.refuse_as_token(raw)
    found = anatomy.read(text or raw)
    around = [layer.code for layer in layers if layer.code != "white_space"]
    if as_json:
        segments = [asdict(segment) for segment in found.segments]
        shown = {
            "authenticated": False,
            "header": found.header,
            "segments": segments,
            "around": around,
            "python": likeness.python(found),
        }
        files.write(files.STANDARD, line(shown), private=False)
        return
    page = Page()
    if around:
        page.say(f"It was inside something else, which was removed: {', '.join(around)}.")
    page.title("Protected header")
    show_header(page, found)
    page.title("Segments")
    show_segments(page, found)
    page.say()
    page.say("No key was used: nothing here proves who made the token, or that it is unchanged.")
    line_of_python = likeness.python(found)
    if line_of_python is not None:
        page.title("Python code that makes a similar one")
        page.say(line_of_python)


def show_header(page: Page, found: Anatomy) -> None:
    """Print the header's members in their order."""
    # As JSON, because a value may be of any type, and JSON escapes every control character.
    page.rows((json.dumps(name)[1:-1], json.dumps(value)) for name, value in found.header.items())


def show_segments(page: Page, found: Anatomy) -> None:
    """Print the names and the sizes of the segments."""
    page.table(
        ("segment", "characters", "bytes", "purpose"),
        [(part.name, part.characters, part.bytes, part.holds) for part in found.segments],
    )
