"""The table of commands, and the one place where errors become exit codes.

Commands are imported when they are called: `joseal inspect` does not pay for a web server.
"""

import importlib
import importlib.util
from collections.abc import Mapping
from importlib import metadata
from types import MappingProxyType
from typing import Final, NamedTuple, NoReturn

import click

from joseal.cli import failures, files
from joseal.errors import JoseError


class _Entry(NamedTuple):
    """A command: its line in the help, and the modules of the extra `sandbox` that it needs."""

    summary: str
    needs: tuple[str, ...] = ()


_SERVER: Final = ("starlette", "trustme", "uvicorn")
_COMMANDS: Final[Mapping[str, _Entry]] = MappingProxyType(
    {
        "demo": _Entry("Seal two payouts, send them, and see what is refused.", _SERVER),
        "encrypt": _Entry("Seal a file or a stream into a token."),
        "decrypt": _Entry("Open a token."),
        "bulk": _Entry("Seal or open the rows of JSON Lines and CSV."),
        "inspect": _Entry("Show a token's header and sizes; needs no key."),
        "doctor": _Entry("Say why a token does not open, and what to do; a key helps."),
        "verify-vectors": _Entry("Run test vectors, of any known format, and report."),
        "sandbox": _Entry("Run a stand-in for the payouts server.", _SERVER),
    }
)


class _Program(click.Group):
    """A group whose commands are imported when they are asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Name the commands in the order in which a newcomer meets them."""
        del ctx
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command; None for a name that is not in the table."""
        del ctx
        entry = _COMMANDS.get(cmd_name)
        if entry is None:
            return None
        if any(importlib.util.find_spec(name) is None for name in entry.needs):
            text = "this command needs: pip install 'joseal[cli,sandbox]'"
            raise failures.FailureError("missing", text, failures.Exit.USAGE)
        command: click.Command = importlib.import_module(_module(cmd_name)).command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing them."""
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl([(name, entry.summary) for name, entry in _COMMANDS.items()])

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the options before the command; a wrong one is one line, no command is the help."""
        try:
            return super().parse_args(ctx, args)
        except click.UsageError as error:
            usage = error
        if isinstance(usage, click.exceptions.NoArgsIsHelpError):
            raise usage
        return _end(failures.of_usage(usage))

    def invoke(self, ctx: click.Context) -> object:
        """Run a command; what it raises becomes one line and an exit code."""
        try:
            return super().invoke(ctx)
        except click.UsageError as error:
            failure = failures.of_usage(error)
        except JoseError as error:
            failure = failures.of_error(error)
        except failures.FailureError as error:
            failure = error
        except BrokenPipeError as error:
            failure = files.standard_output_failed(error)
        except (KeyboardInterrupt, click.Abort):
            failure = failures.FailureError("interrupted", "stopped", failures.Exit.INTERRUPTED)
        return _end(failure)


def _module(name: str) -> str:
    return f"joseal.cli.{name.replace('-', '_')}"


def _end(failure: failures.FailureError) -> NoReturn:
    """Print the one line, and end."""
    click.echo(f"joseal: {failure}", err=True)
    raise click.exceptions.Exit(failure.exit)


def _show_version(ctx: click.Context, option: click.Parameter, value: object) -> None:
    """Print the version and end."""
    del option
    if not value:
        return
    try:
        version = metadata.version("joseal")
    except metadata.PackageNotFoundError:
        version = "from its source tree, not installed"
    click.echo(f"joseal {version}")
    ctx.exit()


@click.command(
    cls=_Program,
    context_settings={"help_option_names": ["-h", "--help"]},
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
    """Seal and open compact JWE tokens.

    Files and pipes: "-" is standard input or output, and the default. Secrets come from files, the
    environment or a prompt, never from arguments. Files that hold plaintext are made with mode
    0600, and appear only when they are whole.

    Exit codes: 0 done, 1 token refused or something wrong with it, or a vector's result unexpected,
    2 usage, 3 key, 4 file, 5 API refused, 6 no answer of the API, 7 demo failed, 130 stopped.
    """
