"""Groups of options that commands of `joseal juspay` share, and how a command takes one.

Rules:
- A group of options is a class: its options are listed once, next to its members, and a command
  takes the group as one argument.
"""

import math
from collections.abc import Callable
from typing import Final, Self

import click
import msgspec

from joseal.cli import help_pages, options
from joseal.juspay import AttemptPath

PATHS: Final = [path.name.lower() for path in AttemptPath]


class Seconds(click.FloatRange):
    """A number of seconds in a range. The range alone would not refuse NaN."""

    def convert(
        self, value: float, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """Read the number.

        Raises:
            BadParameter: it is not a number, or not in the range.
        """
        found: float = super().convert(value, param, ctx)
        if math.isnan(found):
            self.fail(f"{value!r} is not a number of seconds.", param, ctx)
        return found


class Group(msgspec.Struct, frozen=True, kw_only=True):
    """The values of some options. Each member has the name of its option's parameter."""

    @classmethod
    def of(cls, context: click.Context) -> Self:
        """Take the values from a running command."""
        return cls(**{name: context.params[name] for name in cls.__struct_fields__})


def gathered(**groups: type[Group]) -> Callable[[help_pages.Manual], help_pages.Manual]:
    """Give a command the values of its groups as one argument each."""
    taken = {name for group in groups.values() for name in group.__struct_fields__}

    def decorate(command: help_pages.Manual) -> help_pages.Manual:
        run = command.callback

        def gather(**values: object) -> None:
            context = click.get_current_context()
            made = {name: group.of(context) for name, group in groups.items()}
            rest = {name: value for name, value in values.items() if name not in taken}
            if run is not None:
                run(**made, **rest)

        command.callback = gather
        return command

    return decorate


class Attempting(Group, frozen=True, kw_only=True):
    """How attempts are made."""

    attempt_path: str
    apart: float

    @staticmethod
    def params() -> list[click.Parameter]:
        """Return the options."""
        return [
            click.Option(
                ["--attempt-path"],
                type=click.Choice(PATHS),
                default=PATHS[0],
                show_default=True,
                metavar="NAME",
                help="Which published form of an attempt's path the account uses: "
                f"{', '.join(PATHS)}.",
            ),
            apart_option(),
        ]


def apart_option() -> click.Parameter:
    """Return the time between two reads of a status."""
    return click.Option(
        ["--apart"],
        type=Seconds(0, 3600),
        default=30,
        show_default=True,
        metavar="SECONDS",
        help="The time between two reads of a status that confirm each other.",
    )


class Telling(Group, frozen=True, kw_only=True):
    """How an outcome is reported."""

    as_json: bool
    show_message: bool

    @staticmethod
    def params() -> list[click.Parameter]:
        """Return the options."""
        return [
            click.Option(
                ["--show-message"],
                is_flag=True,
                help="Show the API's own texts in a refusal, which its support asks for. They may "
                "repeat what was sent; card numbers in them are masked.",
            ),
            options.json_flag(),
        ]


def order_argument() -> click.Parameter:
    """Return the order's id."""
    return click.Argument(["order_id"], metavar="ORDER_ID")
