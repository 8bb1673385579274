"""The layout of help: a manual page, for a command and for a group of commands.

The first paragraph of a command's docstring is its NAME, the others are its DESCRIPTION.
"""

import inspect
import re
import textwrap
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final, ParamSpec, TypeGuard

import click

from joseal.cli import exit_codes
from joseal.cli.exit_codes import Exit

_P = ParamSpec("_P")

# Python's marker for a byte of an argument that is not UTF-8.
_NOT_TEXT: Final = re.compile("[\ud800-\udfff]")

# They can happen to every command.
_ALWAYS: Final = (Exit.USAGE, Exit.FILE, Exit.INTERRUPTED, Exit.CLOSED_PIPE)


class Manual(click.Command):
    """A command with a manual page.

    Attributes:
        examples: lines to paste into a shell.
        exits: the exit codes that it has in addition to those of every command.
    """

    examples: tuple[str, ...] = ()
    exits: tuple[Exit, ...] = ()

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the arguments; click alone would silently take the last of two values.

        Raises:
            UsageError: an option that takes one value is given twice; a text is not UTF-8; the
                result would replace a file that the command reads.
        """
        if not ctx.resilient_parsing:
            _, _, order = self.make_parser(ctx).parse_args([*args])
            _refuse_repeated(ctx, order)
        rest = super().parse_args(ctx, args)
        _refuse_bytes(ctx, self.params)
        _refuse_own_input(ctx, self.params)
        return rest

    def format_help(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the page."""
        begin(self, ctx, formatter, " ".join(_usage(self, ctx)))
        options(self, ctx, formatter)
        with section(formatter, "EXAMPLES"):
            verbatim(formatter, self.examples)
        exit_status(formatter, sorted({*_ALWAYS, *self.exits}))


def command(
    *, params: Sequence[click.Parameter], examples: Sequence[str], exits: Sequence[Exit] = ()
) -> Callable[[Callable[_P, None]], Manual]:
    """Make a command from a function with a docstring."""

    def decorate(function: Callable[_P, None]) -> Manual:
        made = Manual(name=None, callback=function, params=list(params), help=function.__doc__)
        made.examples, made.exits = tuple(examples), tuple(exits)
        return made

    return decorate


def _refuse_repeated(ctx: click.Context, given: Sequence[click.Parameter]) -> None:
    """Refuse an option that takes one value and is given more; repeating a flag changes nothing.

    Raises:
        UsageError: there is one.
    """
    for param in given:
        single = isinstance(param, click.Option) and not (param.multiple or param.is_flag)
        if single and given.count(param) > 1:
            name = max(param.opts, key=len)
            raise click.UsageError(f"{name} may be given only once, and takes one value", ctx)


def _refuse_bytes(ctx: click.Context, params: Sequence[click.Parameter]) -> None:
    """Refuse a text that no header or file could contain; a path may have any bytes.

    Raises:
        UsageError: there is one.
    """
    for param in params:
        given: object = ctx.params.get(param.name or "")
        for value in given if _is_several(given) else (given,):
            if isinstance(value, str) and _NOT_TEXT.search(value):
                raise click.UsageError(f"{max(param.opts, key=len)} must be UTF-8", ctx)


def _refuse_own_input(ctx: click.Context, params: Sequence[click.Parameter]) -> None:
    """Refuse a result in the place of the input or a key; with --force, a command may do that.

    Raises:
        UsageError: it is the same file, maybe by a different name.
    """
    out: object = ctx.params.get("out_path")
    if not isinstance(out, Path) or "force" in ctx.params:
        return
    for param in params:
        given: object = ctx.params.get(param.name or "")
        for path in given if _is_several(given) else (given,):
            if path is not out and isinstance(path, Path) and _is_same(path, out):
                name = "IN" if isinstance(param, click.Argument) else max(param.opts, key=len)
                raise click.UsageError(
                    f"--output is the file of {name}, which it would replace", ctx
                )


def _is_same(path: Path, other: Path) -> bool:
    try:
        return path.samefile(other)
    except OSError:
        return False


def _is_several(given: object) -> TypeGuard[tuple[object, ...]]:
    return isinstance(given, tuple)


@contextmanager
def section(formatter: click.HelpFormatter, name: str) -> Generator[None]:
    """Write a heading, and indent the text after it."""
    formatter.write_paragraph()
    formatter.write(f"{name}\n")
    with formatter.indentation():
        yield


def begin(
    page: click.Command, ctx: click.Context, formatter: click.HelpFormatter, usage: str
) -> None:
    """Write the beginning of every page: NAME, SYNOPSIS, DESCRIPTION."""
    name, _, description = inspect.cleandoc(page.help or "").partition("\n\n")
    with section(formatter, "NAME"):
        formatter.write_text(f"{ctx.command_path} - {' '.join(name.split()).rstrip('.')}")
    with section(formatter, "SYNOPSIS"):
        formatter.write_usage(ctx.command_path, usage, prefix="")
    if description:
        with section(formatter, "DESCRIPTION"):
            formatter.write_text(description)


def options(page: click.Command, ctx: click.Context, formatter: click.HelpFormatter) -> None:
    """Write OPTIONS."""
    params = [param for param in page.get_params(ctx) if isinstance(param, click.Option)]
    records = [param.get_help_record(ctx) for param in params]
    with section(formatter, "OPTIONS"):
        definitions(formatter, [record for record in records if record is not None])


def exit_status(formatter: click.HelpFormatter, exits: Iterable[Exit]) -> None:
    """Write EXIT STATUS."""
    rows = [(str(int(code)), exit_codes.MEANINGS[code]) for code in exits]
    with section(formatter, "EXIT STATUS"):
        definitions(formatter, [("0", "done"), *rows])


def definitions(formatter: click.HelpFormatter, rows: Sequence[tuple[str, str]]) -> None:
    """Write names and their meanings; the name of an algorithm is not broken at its hyphens."""
    start = max(len(name) for name, _ in rows) + 2
    width = formatter.width - formatter.current_indent - start
    for name, text in rows:
        first, *more = textwrap.wrap(text, width, break_on_hyphens=False)
        verbatim(formatter, [name.ljust(start) + first, *(" " * start + line for line in more)])


def verbatim(formatter: click.HelpFormatter, lines: Iterable[str]) -> None:
    """Write lines as they are."""
    for line in lines:
        formatter.write(f"{' ' * formatter.current_indent}{line}\n")


def _usage(page: click.Command, ctx: click.Context) -> Iterator[str]:
    """Return the required options, then click's own pieces."""
    for param in page.get_params(ctx):
        if isinstance(param, click.Option) and param.required:
            yield f"{max(param.opts, key=len)} {param.make_metavar(ctx)}"
    yield from page.collect_usage_pieces(ctx)
