"""What `mkdocs` does beside turning pages into HTML. Named in mkdocs.yml.

- Documents of the root are pages of the site too, and sections of the README are parts of pages:
  what is said once is read in two places.
- The page of the command line is written from the commands themselves.
- A link to a file that is no page, such as a module or a test, becomes its text: who reads the site
  may not have the files beside it.
"""

import posixpath
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files
    from mkdocs.structure.pages import Page

DOCS = Path(__file__).parent
ROOT = DOCS.parent
# Where a document of the root is on the site.
BORROWED = {"SECURITY.md": "security.md", "CHANGELOG.md": "changelog.md"} | {
    "CONTRIBUTING.md": "contributing.md"
}
FENCED = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"(?<!!)\[([^\[\]]*)\]\((?![a-z]+:|#)([^()#\s]+)(#[^()\s]*)?\)")
SECTION = re.compile(r"^<!-- from (\w+\.md): (.+) -->$", re.MULTILINE)
COMMANDS = "<!-- commands -->"


def on_files(files: "Files", config: "MkDocsConfig") -> None:
    """Add the documents of the root."""
    from mkdocs.structure.files import File  # noqa: PLC0415 - the tests of this module go without

    for name, uri in BORROWED.items():
        files.append(File.generated(config, uri, abs_src_path=str(ROOT / name)))


def on_page_markdown(markdown: str, page: "Page", config: "MkDocsConfig", files: "Files") -> str:
    """Complete a page."""
    del config
    uri = page.file.src_uri
    return complete(markdown, uri, {file.src_uri for file in files})


def complete(markdown: str, uri: str, known: set[str]) -> str:
    """Return a page with its links as the site has them, and with what it takes from elsewhere."""
    origin = {borrowed: name for name, borrowed in BORROWED.items()}.get(uri, f"docs/{uri}")
    text = relink(markdown, origin, uri, known)
    text = SECTION.sub(lambda found: relink(section(*found.groups()), found[1], uri, known), text)
    return text.replace(COMMANDS, "\n".join(commands())) if COMMANDS in text else text


def section(name: str, heading: str) -> str:
    """Return what stands under a heading of the second level in a document of the root."""
    parts = re.split(r"^## (.+)$", (ROOT / name).read_text("utf-8"), flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))[heading]


def relink(markdown: str, origin: str, uri: str, known: set[str]) -> str:
    """Return a text with links from `uri` on the site, in place of those from `origin`."""

    def change(link: re.Match[str]) -> str:
        text, target, anchor = link[1], link[2], link[3] or ""
        path = posixpath.normpath(posixpath.join(posixpath.dirname(origin), target))
        place = BORROWED.get(path, path.removeprefix("docs/"))
        if place not in known or (path == place and path not in BORROWED):
            return text
        return f"[{text}]({posixpath.relpath(place, posixpath.dirname(uri) or '.')}{anchor})"

    parts = re.split(FENCED, markdown)
    fences = [*FENCED.findall(markdown), ""]
    return "".join(
        LINK.sub(change, part) + fence for part, fence in zip(parts, fences, strict=True)
    )


def commands() -> Iterator[str]:
    """Write the page of the command line: what the commands print for `--help`."""
    from joseal.cli.program import program  # noqa: PLC0415 - for this page alone

    settings = {**program.context_settings, "terminal_width": 80}
    yield from describe(program, click.Context(program, info_name="joseal", **settings), 2)


def describe(command: click.Command, context: click.Context, level: int) -> Iterator[str]:
    """Write the section of a command, and those of the commands that it has."""
    yield f"{'#' * level} {context.command_path}\n"
    yield f"```text\n{context.get_help()}\n```\n"
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            inner = command.get_command(context, name)
            if inner is not None:
                below = click.Context(inner, info_name=name, parent=context)
                yield from describe(inner, below, level + 1)
