"""How a command fails: one line on standard error, and one of these exit codes.

0 is success. Shells use 130 for "interrupted from the keyboard", and 141 for a pipe whose reader
has closed it; that one has no message.
"""

import errno
import os
import re
from collections.abc import Mapping
from enum import IntEnum
from types import MappingProxyType
from typing import Final

import click

from joseal.cli import naming
from joseal.errors import (
    ApiError,
    InvalidKeyError,
    JoseError,
    KeyUnavailableError,
    TokenError,
    TransportError,
)


class Exit(IntEnum):
    """The exit codes that scripts may rely on. `MEANINGS` explains each."""

    TOKEN = 1
    USAGE = 2
    KEY = 3
    FILE = 4
    API = 5
    TRANSPORT = 6
    DEMO = 7
    UNKNOWN = 8
    INTERRUPTED = 130
    CLOSED_PIPE = 141


MEANINGS: Final[Mapping[Exit, str]] = MappingProxyType(
    {
        Exit.TOKEN: "a token or a plaintext was refused, or a mistake was found; or a test vector "
        "did not have the result in its file",
        Exit.USAGE: "wrong arguments, or an extra is not installed",
        Exit.KEY: "the key can't be used, or can't be reached",
        Exit.FILE: "a file, a stream or a port can't be used",
        Exit.API: "the API refused the request",
        Exit.TRANSPORT: "nothing was sent to the API: it may be sent again",
        Exit.DEMO: "the demo did not do what it says",
        Exit.UNKNOWN: "the outcome of the request is unknown: don't send it again",
        Exit.INTERRUPTED: "stopped from the keyboard",
        Exit.CLOSED_PIPE: "the reader of standard output has closed it; there is no message",
    }
)

_BY_ERROR: Final = (
    (TokenError, Exit.TOKEN),
    (InvalidKeyError, Exit.KEY),
    (KeyUnavailableError, Exit.KEY),
    (ApiError, Exit.API),
    (TransportError, Exit.TRANSPORT),
)


class FailureError(Exception):
    """Ends a command: `joseal: <code>: <message>` on standard error, and an exit code.

    Attributes:
        code: the stable word for this kind of failure, which is the code of joseal's error if there
            is one.
        message: what failed, in constant text and names that the user gave.
        exit: the exit code.
    """

    def __init__(self, code: str, message: str, exit_code: Exit) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.exit = exit_code


# The library's terms, and the command line's terms for the same things. Longest first.
_WORDS: Final = (
    (re.compile(r"use key\.public\(\)"), "use `joseal key public`"),
    (re.compile(r"use Signer or Verifier"), "use `joseal sign` or `joseal verify`"),
    (re.compile(r"use Encrypter or Decrypter"), "use `joseal encrypt` or `joseal decrypt`"),
    (re.compile(r"\bgive password="), "give --password-env, --password-file or --ask-password"),
    (re.compile(r"\blegacy=True"), "--legacy"),
    (re.compile(r"\baccept_zip=True"), "--accept-zip"),
    (re.compile(r"\bgive compress="), "give --compress"),
    (re.compile(r"\ba Decrypter with form='general'"), "--json-form general"),
    (re.compile(r"\bkeep_old=True"), "--keep-old"),
    (re.compile(r"^size must be"), "--size must be"),
    (re.compile(r"\bverify=True"), "--verify"),
    (re.compile(r"\b(alg|enc|typ|cty|crit|kid)=(?=\w)"), r"--\1 "),
    (re.compile(r"\b(alg|alias|enc|typ|cty|crit|kid)="), r"--\1"),
)


def in_command_words(text: str) -> str:
    """Translate the text of an error into the terms of the command line."""
    for pattern, words in _WORDS:
        text = pattern.sub(words, text)
    return text


def of_error(error: JoseError) -> FailureError:
    """Describe one of joseal's errors; their texts are constant and safe to print."""
    exit_code = next(exit_code for kind, exit_code in _BY_ERROR if isinstance(error, kind))
    return FailureError(error.code, in_command_words(str(error)), exit_code)


def of_usage(error: click.UsageError) -> FailureError:
    """Describe click's complaint about the arguments in one line."""
    command = "joseal" if error.ctx is None else error.ctx.command_path
    message = naming.without_contents(" ".join(error.format_message().split()))
    message = in_command_words(message)
    return FailureError("usage", f"{message} (see {command} --help)", Exit.USAGE)


def of_file(action: str, name: str, error: OSError) -> FailureError:
    """Describe what can't be done with a file, a stream or a port; `name` is what the user gave."""
    if action == "write" and error.errno == errno.EPIPE:
        return FailureError("pipe", f"the reader of {name} has gone", Exit.CLOSED_PIPE)
    reason = os.strerror(error.errno or errno.EIO)
    return FailureError("file", f"can't {action} {name}: {reason}", Exit.FILE)
