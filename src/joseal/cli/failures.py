"""How a command fails: one line on standard error, and one of these exit codes.

0 is done. 130 is what shells use for "interrupted from the keyboard".
"""

import errno
import os
from enum import IntEnum
from typing import Final

import click

from joseal.errors import (
    ApiError,
    JoseError,
    KeyUnavailableError,
    KeyUseError,
    TokenError,
    TransportError,
)


class Exit(IntEnum):
    """The exit codes that scripts may rely on.

    TOKEN: the token was refused, `doctor` found something wrong with it, or a test vector came out
    otherwise than its file says. USAGE: wrong arguments, or an extra is not installed. KEY: the key
    can't serve or can't be reached. FILE: a file, a stream or a port can't be used. API: the API
    refused the request. TRANSPORT: there is no documented answer of the API. DEMO: the demo did
    not go as it says.
    """

    TOKEN = 1
    USAGE = 2
    KEY = 3
    FILE = 4
    API = 5
    TRANSPORT = 6
    DEMO = 7
    INTERRUPTED = 130


_BY_ERROR: Final = (
    (TokenError, Exit.TOKEN),
    (KeyUseError, Exit.KEY),
    (KeyUnavailableError, Exit.KEY),
    (ApiError, Exit.API),
    (TransportError, Exit.TRANSPORT),
)


class FailureError(Exception):
    """Ends a command: `joseal: <code>: <message>` on standard error, and an exit code.

    Attributes:
        code: the stable word for this kind of failure, that of our errors where there is one.
        exit: the exit code.
    """

    def __init__(self, code: str, message: str, exit_code: Exit) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.exit = exit_code


def of_error(error: JoseError) -> FailureError:
    """Say one of our errors; their texts are constant and safe to print."""
    exit_code = next(exit_code for kind, exit_code in _BY_ERROR if isinstance(error, kind))
    return FailureError(error.code, str(error), exit_code)


def of_usage(error: click.UsageError) -> FailureError:
    """Say click's complaint about the arguments in one line."""
    command = "joseal" if error.ctx is None else error.ctx.command_path
    message = " ".join(error.format_message().split())
    return FailureError("usage", f"{message} (see {command} --help)", Exit.USAGE)


def of_file(action: str, name: str, error: OSError) -> FailureError:
    """Say what can't be done with a file, a stream or a port; `name` is what the user gave."""
    reason = os.strerror(error.errno or errno.EIO)
    return FailureError("file", f"can't {action} {name}: {reason}", Exit.FILE)
