"""`joseal help`: the page of a command, or the algorithms that the options accept.

Source: RFC 7518 sections 3.1, 4.1 and 5.1 for the names.
"""

from collections.abc import Iterable, Sequence
from typing import Final

import click

from joseal._core.algorithms.registry import ALGS, ENCS, SIGS, AlgorithmSpec, EncSpec
from joseal.cli import files, help_pages, json_output, naming, options
from joseal.cli.console import Page

_ALGS: Final = "algs"
_FORMS: Final = {"cbc-hmac": "AES-CBC with HMAC", "gcm": "AES-GCM"}
_CHACHA: Final = "ChaCha20-Poly1305, by a draft"


@help_pages.command(
    params=[
        options.json_flag(),
        click.Argument(["words"], nargs=-1, metavar="[algs|COMMAND...]"),
    ],
    examples=("joseal help algs", "joseal help bulk encrypt"),
)
def command(*, as_json: bool, words: tuple[str, ...]) -> None:
    """Show the page of a command, or the algorithms that --alg and --enc accept.

    Without an argument, it shows the page of joseal. "algs" lists the algorithms, and for each name
    the key that it takes.

    With --json: {"page": TEXT}, or for algs {"encryption": LIST, "signatures": LIST, "content":
    LIST}, of {"name": TEXT, "key": TEXT}.
    """
    if words == (_ALGS,):
        _show_algs(as_json=as_json)
        return
    text = _page(words)
    if as_json:
        files.write(files.STANDARD, json_output.line({"page": text}), private=False)
    else:
        click.echo(text)


def _page(words: Sequence[str]) -> str:
    """Return the page of a command of one or several words.

    Raises:
        UsageError: there is no such command.
    """
    ctx = click.get_current_context().find_root()
    for word in words:
        group = ctx.command
        if not isinstance(group, click.Group):
            raise click.UsageError(f"{ctx.command_path} has no commands of its own", ctx)
        name, found, _ = group.resolve_command(ctx, [word])
        if found is None:
            raise click.UsageError(f"no such command: {naming.argument(word)}", ctx)
        ctx = click.Context(found, parent=ctx, info_name=name)
    return ctx.get_help()


def _show_algs(*, as_json: bool) -> None:
    tables: dict[str, list[tuple[str, str]]] = {
        "encryption": _rows(ALGS.values()),
        "signatures": _rows(SIGS.values()),
        "content": [(enc.name, _of_enc(enc)) for enc in ENCS.values()],
    }
    if as_json:
        shown = {
            title: [{"name": name, "key": key} for name, key in rows]
            for title, rows in tables.items()
        }
        files.write(files.STANDARD, json_output.line(shown), private=False)
        return
    titles = ("--alg, to encrypt", "--alg, to sign", "--enc")
    page = Page()
    for title, rows in zip(titles, tables.values(), strict=True):
        page.title(title)
        page.rows(rows)


def _rows(specs: Iterable[AlgorithmSpec]) -> list[tuple[str, str]]:
    return [(spec.name, _key(spec)) for spec in specs]


def _key(spec: AlgorithmSpec) -> str:
    """Say which key an alg takes."""
    if spec.kind == "RSA":
        off = ", to open old tokens alone: --legacy" if spec.name == "RSA1_5" else ""
        return f"RSA, 2048 bits or more{off}"
    if spec.kind == "curve":
        return f"on {', '.join(spec.curves)}"
    if spec.kind == "password":
        return "a password"
    if spec.name == "dir":
        return "a shared secret of the size that --enc needs"
    least = "at least " if spec.name in SIGS else ""
    return f"a shared secret of {least}{spec.key_bytes} bytes"


def _of_enc(enc: EncSpec) -> str:
    """Say what an enc is, and which secret `dir` takes for it."""
    return f"{_FORMS.get(enc.family, _CHACHA)}; a key of {enc.cek_bytes} bytes"
