"""The table of commands, and the only place where errors become exit codes.

Commands are imported when they are called: `joseal inspect` does not pay for a web server. A name
of two words is a command in a group.
"""

import importlib
import importlib.util
import sys
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, NamedTuple, NoReturn, TypeVar

import click

from joseal.cli import exit_codes, files, help_pages, naming
from joseal.errors import JoseError

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

_T = TypeVar("_T")


class _Entry(NamedTuple):
    """A command.

    Attributes:
        summary: its line in the help.
        needs: the modules of the extra `sandbox` that it needs.
        module: its module, if it does not have the command's name.
        is_group: whether it is a group, whose commands begin with its name.
        more: for a group, the text of its manual page.
    """

    summary: str
    needs: tuple[str, ...] = ()
    module: str | None = None
    is_group: bool = False
    more: str = ""


_SERVER: Final = ("starlette", "trustme", "uvicorn")
_BULK: Final = """\
The output keeps the order of the rows. Rows that fail are left out of it, and listed in a file of
their own, with line number and code.

If a run was stopped or killed, or the disk was full, --resume continues it. No row is lost or done
twice. Until the run is finished there are OUT.partial, OUT.journal and the rejects' partial file.
All files have mode 0600.
"""
_COMMANDS: Final[Mapping[str, _Entry]] = MappingProxyType(
    {
        "demo": _Entry("Encrypt two payouts, send them, and see forged ones refused.", _SERVER),
        "encrypt": _Entry("Encrypt a file or a stream into a token."),
        "decrypt": _Entry("Decrypt a token."),
        "inspect": _Entry("Show a token's header and sizes; needs no key."),
        "doctor": _Entry(
            "Find out why a token can't be decrypted; a key helps.", module="doctor.command"
        ),
        "sign": _Entry("Sign a file or a stream."),
        "verify": _Entry("Verify a signed token."),
        "keygen": _Entry("Make a key, for any algorithm."),
        "key": _Entry(
            "Show and convert keys, and write their thumbprints and public halves.", is_group=True
        ),
        "key convert": _Entry("Write keys in a different format."),
        "key thumbprint": _Entry("Show the thumbprints of keys."),
        "key show": _Entry("Show keys without their secrets."),
        "key public": _Entry("Write the public half of a key."),
        "key jwks": _Entry("Write the public JWK Set that you publish."),
        "bulk": _Entry(
            "Encrypt, decrypt or rekey the rows of JSON Lines and CSV.", is_group=True, more=_BULK
        ),
        "bulk encrypt": _Entry("Encrypt fields of JSON Lines, columns of CSV, or whole lines."),
        "bulk decrypt": _Entry("Decrypt fields of JSON Lines, columns of CSV, or whole lines."),
        "bulk rekey": _Entry("Decrypt rows and encrypt them to a new key, in memory."),
        "verify-vectors": _Entry("Run test vectors in any known format, and report the results."),
        "juspay": _Entry("Send encrypted payouts, and read their status.", is_group=True),
        "juspay create": _Entry("Create an order, encrypted or unencrypted."),
        "juspay attempt": _Entry("Encrypt one more attempt at a payout, and send it once."),
        "juspay reconcile": _Entry("Find out what became of an attempt."),
        "juspay run": _Entry("Send a file of attempts through a journal, each at most once."),
        "juspay status": _Entry("Read the status of an order."),
        "juspay cancel": _Entry("Ask to cancel one payout."),
        "juspay sandbox": _Entry("Run a test server for the payouts API.", _SERVER, "sandbox"),
        "sandbox": _Entry("The same as juspay sandbox.", _SERVER),
        "bench": _Entry("Measure encryption and decryption next to the bare primitives."),
        "help": _Entry("Show the page of a command, or with `help algs` all algorithms."),
    }
)

# A key in the context's memory, which a command shares with its group.
_JSON: Final = "joseal.json"


class _Group(click.Group):
    """A group whose commands are imported on demand."""

    prefix = ""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of the commands, in the order in which a newcomer needs them."""
        del ctx
        return list(self._entries())

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command; for an unknown name, suggest the nearest known ones.

        Raises:
            UsageError: there is no such command.
        """
        if not ctx.resilient_parsing and args[0] not in self._entries() and args[0][:1] != "-":
            # Loaded on demand: help pages are requested more often.
            import difflib  # noqa: PLC0415

            near = difflib.get_close_matches(args[0], self._entries())
            hint = f", did you mean {' or '.join(near)}?" if near else ""
            raise click.UsageError(f"no such command: {naming.argument(args[0])}{hint}", ctx)
        return super().resolve_command(ctx, args)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command; None for a name that is not in the table."""
        entry = self._entries().get(cmd_name)
        if entry is None:
            return None
        if entry.is_group:
            return _group(self.prefix + cmd_name, entry)
        if any(importlib.util.find_spec(name) is None for name in entry.needs):
            if ctx.resilient_parsing:
                return None
            text = "this command needs: pip install 'joseal[cli,sandbox]'"
            raise exit_codes.FailureError("missing", text, exit_codes.Exit.USAGE)
        module = entry.module or _module(self.prefix + cmd_name)
        command: click.Command = importlib.import_module(f"joseal.cli.{module}").command
        return command

    def shell_complete(self, ctx: click.Context, incomplete: str) -> "list[CompletionItem[str]]":
        """Complete the names of commands without importing them, and the group's own options."""
        from click.shell_completion import CompletionItem  # noqa: PLC0415 - for shells alone

        found = [
            CompletionItem(name, help=entry.summary)
            for name, entry in self._entries().items()
            if name.startswith(incomplete)
        ]
        return [*found, *click.Command.shell_complete(self, ctx, incomplete)]

    def format_help(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the manual page, without importing a command."""
        help_pages.begin(self, ctx, formatter, "COMMAND [ARGS]...")
        with help_pages.section(formatter, "COMMANDS"):
            entries = self._entries()
            rows = [(name, entry.summary) for name, entry in entries.items()]
            help_pages.definitions(formatter, rows)
        help_pages.options(self, ctx, formatter)

    def _entries(self) -> dict[str, _Entry]:
        """Return the entries of the table one word below this group."""
        start = len(self.prefix)
        return {
            name[start:]: entry
            for name, entry in _COMMANDS.items()
            if name.startswith(self.prefix) and " " not in name[start:]
        }


class _Program(_Group):
    """The outermost group, in which every failure ends."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the options before the command; a wrong one is one line, no command means help."""
        own = args[: args.index("--")] if "--" in args else args
        ctx.meta[_JSON] = "--json" in own
        return _guarded(ctx, lambda: super(_Program, self).parse_args(ctx, args))

    def invoke(self, ctx: click.Context) -> object:
        """Run a command; its exceptions become one line and an exit code."""
        return _guarded(ctx, lambda: super(_Program, self).invoke(ctx))

    def format_help(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the manual page."""
        super().format_help(ctx, formatter)
        with help_pages.section(formatter, "SHELL COMPLETION"):
            help_pages.verbatim(
                formatter,
                (
                    'bash  eval "$(_JOSEAL_COMPLETE=bash_source joseal)"',
                    'zsh   eval "$(_JOSEAL_COMPLETE=zsh_source joseal)"',
                    "fish  _JOSEAL_COMPLETE=fish_source joseal | source",
                ),
            )
        help_pages.exit_status(formatter, exit_codes.Exit)


def _guarded(ctx: click.Context, call: Callable[[], _T]) -> _T:
    """Make a call; any failure in it becomes one line and an exit code."""
    try:
        return call()
    except click.UsageError as error:
        usage = error
        failure = exit_codes.of_usage(error)
    except JoseError as error:
        usage, failure = None, exit_codes.of_error(error)
    except exit_codes.FailureError as error:
        usage, failure = None, error
    except OSError as error:
        usage, failure = None, _of_system(error)
    except (KeyboardInterrupt, click.Abort):
        stopped = exit_codes.FailureError("interrupted", "stopped", exit_codes.Exit.INTERRUPTED)
        usage, failure = None, stopped
    if isinstance(usage, click.exceptions.NoArgsIsHelpError):
        raise usage
    return _end(failure, shown_as_json=bool(ctx.meta[_JSON]))


def _of_system(error: OSError) -> exit_codes.FailureError:
    """Say what the system refused: without a file name, it was the output."""
    if error.filename is None:
        return files.standard_output_failed(error)
    return exit_codes.of_file("use", naming.name(str(error.filename)), error)


def _end(failure: exit_codes.FailureError, *, shown_as_json: bool) -> NoReturn:
    """Print the one line, and end."""
    if failure.exit is exit_codes.Exit.CLOSED_PIPE:
        # The reader has seen enough, like `head`.
        raise click.exceptions.Exit(failure.exit)
    if shown_as_json:
        # It imports keys, and with them cryptography.
        from joseal.cli import json_output  # noqa: PLC0415

        shown = {"code": failure.code, "message": failure.message, "exit": int(failure.exit)}
        files.tell_error(json_output.line({"error": shown}).decode().removesuffix("\n"))
    else:
        # Names from the user may contain anything, and this has to be one line.
        line = "".join(char if char.isprintable() else "?" for char in str(failure))
        files.tell_error(f"joseal: {line}")
    raise click.exceptions.Exit(failure.exit)


def _module(name: str) -> str:
    return name.replace(" ", ".").replace("-", "_")


def _group(name: str, entry: _Entry) -> _Group:
    """Make a group from the table's entries."""
    group = _Group(name=name, help=f"{entry.summary}\n\n{entry.more}")
    group.prefix = f"{name} "
    return group


def _show_version(ctx: click.Context, option: click.Parameter, value: object) -> None:
    """Print the version and end."""
    del option
    if not value:
        return
    # It imports the parsers of e-mail and ZIP files.
    from importlib import metadata  # noqa: PLC0415

    try:
        version = metadata.version("joseal")
    except metadata.PackageNotFoundError:
        version = "from its source tree, not installed"
    click.echo(f"joseal {version}")
    ctx.exit()


@click.command(
    cls=_Program,
    context_settings={
        "help_option_names": ["-h", "--help"],
        # As wide as the terminal.
        "max_content_width": sys.maxsize,
    },
    params=[
        click.Option(
            ["--version"],
            is_flag=True,
            is_eager=True,
            expose_value=False,
            callback=_show_version,
            help="Show the version and exit.",
        )
    ],
)
def program() -> None:
    """Encrypt, decrypt, sign and verify JOSE tokens, and send payouts.

    "-" is standard input or output, and the default. Secrets come from files, the environment or a
    prompt, never from arguments. Files with a plaintext or a private key have mode 0600, and appear
    only when they are complete.

    With --json a result is one JSON object on one line. A failure is one line on standard error,
    "joseal: CODE: TEXT", or with --json {"error": {"code": CODE, "message": TEXT, "exit": NUMBER}}.
    """
