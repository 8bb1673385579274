"""`joseal inspect`: a token's header and sizes, without any key."""

import json
from pathlib import Path

import click
from msgspec.structs import asdict

from joseal import Limits
from joseal.cli import anatomy, files, help_pages, options
from joseal.cli.anatomy import Anatomy
from joseal.cli.console import Page
from joseal.cli.exit_codes import Exit
from joseal.cli.json_output import line


@help_pages.command(
    params=[
        options.json_flag(),
        click.Argument(["in_path"], default="-", type=options.PATH, metavar="[TOKEN_FILE]"),
    ],
    examples=("joseal inspect token.txt", "joseal inspect --json < token.txt"),
    exits=(Exit.TOKEN,),
)
def command(*, as_json: bool, in_path: Path) -> None:
    """Show the header and the sizes of a compact JWE token.

    TOKEN_FILE is standard input unless named. No key is used, so nothing that is shown is
    authenticated: anyone can write any header.

    With --json: {"authenticated": false, "header": OBJECT, "segments": [{"name": TEXT,
    "characters": NUMBER, "bytes": NUMBER, "holds": TEXT}]}.
    """
    found = anatomy.read(options.read_token(in_path, Limits().token_bytes))
    if as_json:
        segments = [asdict(segment) for segment in found.segments]
        shown = {"authenticated": False, "header": found.header, "segments": segments}
        files.write(files.STANDARD, line(shown), private=False)
        return
    page = Page()
    page.title("Protected header")
    show_header(page, found)
    page.title("Segments")
    show_segments(page, found)
    page.say()
    page.say("No key was used: nothing here proves who made the token, or that it is unchanged.")


def show_header(page: Page, found: Anatomy) -> None:
    """Print the header's members in their order."""
    # JSON, because a value may be of any type, and its escapes leave no control character alive.
    page.rows((json.dumps(name)[1:-1], json.dumps(value)) for name, value in found.header.items())


def show_segments(page: Page, found: Anatomy) -> None:
    """Print the names and the sizes of the five segments."""
    page.table(
        ("segment", "characters", "bytes", "what it holds"),
        [(part.name, part.characters, part.bytes, part.holds) for part in found.segments],
    )
