"""The work of `mkdocs` in addition to turning pages into HTML. mkdocs.yml names this file.

- Documents of the root are pages of the site too.
- The page of the command line is written from the commands themselves, and the table of profiles
  from the profiles; figures are taken from the page of performance.
- A link to a file that is no page, such as a module or a test, becomes its text: who reads the site
  may not have the files beside it.
"""

import posixpath
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from joseal.profiles import (
    PROFILES,
    CertificateParameter,
    Constant,
    Envelope,
    Fields,
    InMember,
    IssuedAt,
    Kid,
    Profile,
    Receiving,
    Sending,
)

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
# Pages that answer a search best, and those for maintainers, which have every word.
SEARCH_BOOST = {
    "guides/load-keys.md": 4.0,
    "guides/migrate.md": 2.0,
    "quickstart.md": 2.0,
    "reference/keys.md": 2.0,
    "reference/supported.md": 2.0,
    "reference/tokens.md": 2.0,
    "audit.md": 0.5,
    "changelog.md": 0.5,
    "clauses.md": 0.5,
    "decisions.md": 0.25,
    "reference/names.md": 0.5,
}
COMMANDS = "<!-- commands -->"
TABLE = "<!-- profiles -->"
ONE_PROFILE = re.compile(r"<!-- profile: ([\w-]+) -->")
LABELS = ("algorithms", "Header Parameters", "signature", "body")
SPEED = "<!-- speed -->"
LIBRARIES = re.compile(r"^\|  \| the bare calls \|.*?(?=\n\n)", re.MULTILINE | re.DOTALL)


def on_files(files: "Files", config: "MkDocsConfig") -> None:
    """Add the documents of the root."""
    from mkdocs.structure.files import File  # noqa: PLC0415 - the tests of this module go without

    for name, uri in BORROWED.items():
        files.append(File.generated(config, uri, abs_src_path=str(ROOT / name)))


def on_page_markdown(markdown: str, page: "Page", config: "MkDocsConfig", files: "Files") -> str:
    """Complete a page. The first one has no list of pages next to it: it is one itself."""
    del config
    uri = page.file.src_uri
    if uri in SEARCH_BOOST:
        page.meta["search"] = {"boost": SEARCH_BOOST[uri]}
    if uri == "index.md":
        page.meta["hide"] = ["navigation", "toc"]
    return complete(markdown, uri, {file.src_uri for file in files})


def complete(markdown: str, uri: str, known: set[str]) -> str:
    """Return a page with its links as the site has them, and with what it takes from elsewhere."""
    origin = {borrowed: name for name, borrowed in BORROWED.items()}.get(uri, f"docs/{uri}")
    text = relink(markdown, origin, uri, known)
    for mark, written in ((COMMANDS, commands), (TABLE, profiles), (SPEED, speed)):
        if mark in text:
            text = text.replace(mark, "\n".join(written()))
    return ONE_PROFILE.sub(lambda mark: "\n".join(two_directions(PROFILES[mark[1]])), text)


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


def speed() -> list[str]:
    """Return the table of other libraries from the page of performance."""
    return LIBRARIES.findall((DOCS / "performance.md").read_text("utf-8"))


def profiles() -> Iterator[str]:
    """Write the table of profiles, and a section for each with its two directions side by side."""
    yield "| profile | send | receive | confirmed |"
    yield "|---|---|---|---|"
    for name, profile in PROFILES.items():
        state = "yes" if profile.confirmed else f"[open question](#{name})"
        both = (names(profile.send), names(profile.receive))
        yield f"| [`{name}`](#{name}) | {both[0]} | {both[1]} | {state} |"
    for name, profile in PROFILES.items():
        yield f"\n### {name}\n\n{profile.about}\n"
        if profile.open_question:
            yield f"**Ask before you go live.** {profile.open_question}\n"
        yield from two_directions(profile)


def two_directions(profile: Profile) -> Iterator[str]:
    """Write the two directions of a profile side by side, and its sources."""
    yield f"| `{profile.name}` | send | receive |\n|---|---|---|"
    rows = zip(cells(profile.send), cells(profile.receive), strict=True)
    for label, (sent, received) in zip(LABELS, rows, strict=True):
        if sent or received:
            yield f"| {label} | {sent} | {received} |"
    sources = ", ".join(
        f"<{source}>" if source.startswith("https:") else source for source in profile.sources
    )
    yield f"\nSources: {sources}"


def names(message: Sending | Receiving | None) -> str:
    """Return the names of the algorithms of one direction."""
    if message is None:
        return ""
    encs = (message.enc,) if isinstance(message, Sending) else message.encs
    return f"{codes(message.algs)} with {codes(encs)}"


def cells(message: Sending | Receiving | None) -> tuple[str, ...]:
    """Return one direction of a profile, in the order of `LABELS`."""
    if message is None:
        return ("",) * len(LABELS)
    if isinstance(message, Sending):
        signed = message.sign_algs
        header = [parameter(each) for each in message.header]
    else:
        signed = message.verify_algs
        demanded = {"typ": message.typ, "cty": message.cty}
        header = [f"`{name}: {value}`" for name, value in demanded.items() if value is not None]
    signature = f"{message.nesting}: {codes(signed)}" if signed else ""
    return (names(message), ", ".join(header), signature, body(message.envelope))


def codes(texts: Iterable[str]) -> str:
    """Return names as code."""
    return ", ".join(f"`{text}`" for text in texts)


def parameter(part: Constant | Kid | IssuedAt | CertificateParameter) -> str:
    """Return what a profile writes into a header."""
    match part:
        case Constant(name=name, value=value):
            return f"`{name}: {value}`"
        case Kid(source=source):
            return f"`kid` ({source})"
        case CertificateParameter(name=name):
            return f"`{name}`"
        case IssuedAt(unit=unit):
            return f"`iat` ({unit})"


def body(envelope: Envelope) -> str:
    """Return the shape of a body."""
    match envelope:
        case InMember(name=name, labels=labels, constants=constants):
            members = [f'"{name}": TOKEN', *(f'"{label}": ...' for label in labels)]
            members += [f'"{label}": "{value}"' for label, value in constants]
            return f"`{{{', '.join(members)}}}`"
        case Fields(names=names):
            return f"members {codes(names)}"
        case _:
            return "the token"
