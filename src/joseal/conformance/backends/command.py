"""Answers of any implementation: a command that gets JSON, one line for each case.

The command is started once, and reads requests from its standard input. For each it writes one line
to its standard output and flushes it, before it reads the next:

- request: `{"id": 1, "task": "decrypt", "token": TEXT, "jwk": OBJECT, "alg": TEXT, "enc": LIST}`.
  `task` is `decrypt`, `verify`, `load` or `thumbprint`; the last two have no token. `enc` is there
  for `decrypt` if the case accepts only some encs, `payload` (base64url) if the payload is
  detached, `settings` if the case sets more than that.
- answer: `{"id": 1, "ok": BASE64URL}` with the plaintext, the payload or the thumbprint, or with
  nothing for `load`; `{"id": 1, "refused": WORD}`; or `{"id": 1, "lacking": REASON}` for something
  that the implementation does not support.

Rules:
- A command that hangs, ends or gives any other answer is stopped, and restarted for the next case.
  The case then has no answer, which no file expects. After a few of them in a row it is not started
  again.
- Of its output, only printable words of bounded length are repeated.

Source: none; the format is this project's own.
"""

import contextlib
import os
import shlex
import signal
import subprocess
import threading
from typing import IO, Final

from joseal._core.checks import wrong_type
from joseal._core.secrecy import hide_locals
from joseal._core.wire import base64url, strict_json
from joseal.conformance.backends.peer import Asked, asked_of, bound_alg, is_plain
from joseal.conformance.model import (
    EVERYTHING,
    MOST_ID,
    Answer,
    Lacking,
    Load,
    Open,
    Output,
    Refusal,
    Settings,
    Silent,
    Task,
    Thumbprint,
    Verify,
)

_MOST_LINE: Final = 64 * 1024 * 1024
_MOST_FAILURES: Final = 5
# A killed process has this long to release the pipes.
_GRACE_SECONDS: Final = 1.0
_TASKS: Final[dict[type[Task], str]] = {
    Open: "decrypt",
    Verify: "verify",
    Load: "load",
    Thumbprint: "thumbprint",
}


class ByCommand:
    """A command as a backend.

    Args:
        command: the words of the command, split as a shell does; no shell is started.
        timeout: the seconds that it has for each case.

    Raises:
        TypeError: the command is not a str, or the timeout is not a number.
        ValueError: it has no words, a quote is not closed, it has a character that no command can
            have, or the timeout is not positive.

    Example:
        >>> from joseal.conformance import ByCommand
        >>> command = ByCommand("my-jose-tool --vectors", timeout=5.0)
        >>> command.close()
    """

    is_joseal = False

    @hide_locals
    def __init__(self, command: str, *, timeout: float = 10.0) -> None:
        # Without a text, `shlex` would read standard input.
        if not isinstance(command, str):
            raise wrong_type("command", "str", command)
        if type(timeout) not in (int, float):
            raise wrong_type("timeout", "float", timeout)
        if "\0" in command or not strict_json.is_text(command):
            raise ValueError("the command has a NUL or a lone surrogate")
        try:
            self._words = shlex.split(command)
        except ValueError:
            raise ValueError("a quote in the command is not closed") from None
        if not self._words:
            raise ValueError("the command is empty")
        if not timeout > 0:
            raise ValueError("the timeout must be positive")
        self._timeout = timeout
        self._process: subprocess.Popen[bytes] | None = None
        self._exchange: _Exchange | None = None
        self._failures = 0
        self._asked = 0

    @property
    def name(self) -> str:
        """The command's first word; only the last part if it is a path."""
        return f"command {os.path.basename(self._words[0])}"  # noqa: PTH119 - no file is meant

    @hide_locals
    def run(self, task: Task) -> Answer:
        """Ask the command. No content of a file makes it raise.

        Args:
            task: the operation, with its key and input.

        Returns:
            The output; or a refusal; or why the command gave none.

        Raises:
            Nothing, whatever a file contains.

        Example:
            >>> from pathlib import Path
            >>> from joseal import conformance
            >>> text = '[{"kty": "oct", "k": "AAAAAAAAAAAAAAAAAAAAAA", "alg": "A128KW"}]'
            >>> size = Path("keys.json").write_text(text)
            >>> report = conformance.verify([Path("keys.json")], conformance.ByCommand("false"))
            >>> report.count(conformance.Outcome.PASSED)
            0
        """
        asked = asked_of(task)
        if isinstance(asked, Lacking):
            return asked
        if self._failures >= _MOST_FAILURES:
            return Silent(f"not asked, after {_MOST_FAILURES} cases in a row without an answer")
        self._asked += 1
        answer = self._asking(_request(self._asked, asked))
        self._failures = self._failures + 1 if isinstance(answer, Silent) else 0
        return answer

    def close(self) -> None:
        """Stop the command.

        Example:
            >>> from joseal.conformance import ByCommand
            >>> command = ByCommand("my-jose-tool --vectors", timeout=5.0)
            >>> command.close()
        """
        process, self._process = self._process, None
        if process is None:
            return
        exchange, self._exchange = self._exchange, None
        if exchange is not None:
            exchange.is_last = True
        _stop(process)
        if exchange is not None:
            exchange.join(_GRACE_SECONDS)
        if exchange is None or not exchange.is_alive():
            _close(process)
        process.wait()

    def _asking(self, request: dict[str, object]) -> Answer:
        line = strict_json.dump(request)
        if line is None:
            return Lacking("a key or a token that strict JSON can't hold")
        try:
            process = self._started()
        except OSError as error:
            return Silent(f"the command can't be started: {os.strerror(error.errno or 0)}")
        self._exchange = exchange = _Exchange(process, line)
        exchange.start()
        exchange.join(min(self._timeout, threading.TIMEOUT_MAX))
        is_late = exchange.is_alive()
        answer = None if is_late else _answer(exchange.written, self._asked)
        if answer is not None:
            return answer
        self.close()
        if is_late:
            return Silent(f"no answer within {self._timeout:g} s")
        got = exchange.written
        return Silent("not an answer of the protocol" if got else "the command ended")

    def _started(self) -> "subprocess.Popen[bytes]":
        if self._process is None:
            self._process = subprocess.Popen(  # noqa: S603 - what the user named, and no shell
                self._words,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                # A separate process group, so that its children are stopped with it.
                start_new_session=True,
            )
        return self._process


def _request(number: int, task: Asked) -> dict[str, object]:
    request: dict[str, object] = {"id": number, "task": _TASKS[type(task)], "jwk": task.jwk}
    alg = bound_alg(task)
    if alg:
        request["alg"] = alg
    if isinstance(task, Load | Thumbprint):
        return request
    request["token"] = task.token
    if task.settings.enc is not None:
        request["enc"] = list(task.settings.enc)
    if isinstance(task, Verify) and task.detached is not None:
        request["payload"] = base64url.encode(task.detached).decode("ascii")
    if not is_plain(task.settings):
        told, usual = _members(task.settings), _members(EVERYTHING)
        request["settings"] = {name: told[name] for name in told if told[name] != usual[name]}
    return request


def _members(settings: Settings) -> dict[str, object]:
    """Return the settings for which a request has no separate member."""
    return {
        "typ": settings.typ,
        "cty": settings.cty,
        "crit": list(settings.crit),
        "any_kid": settings.any_kid,
        "accept_zip": settings.accept_zip,
        "legacy": settings.legacy,
        "b64": settings.b64,
        "form": settings.form,
        "accept_unprotected": list(settings.accept_unprotected),
        "limits": settings.limits,
    }


class _Exchange(threading.Thread):
    """Writes a request and reads a line, which may take as long as a process has the pipes open.

    A process that has left the command's group is not killed with it, and may keep them open.

    Attributes:
        written: the line; nothing if the command has ended.
        is_last: close the pipes after it.
    """

    def __init__(self, process: "subprocess.Popen[bytes]", line: bytes) -> None:
        super().__init__(daemon=True)
        self._process = process
        self._line = line
        self.written = b""
        self.is_last = False

    def run(self) -> None:
        """Do it."""
        pipes: tuple[IO[bytes] | None, IO[bytes] | None] = (
            self._process.stdin,
            self._process.stdout,
        )
        into, out = pipes
        if into is None or out is None:
            return
        with contextlib.suppress(OSError):
            into.write(self._line + b"\n")
            into.flush()
            self.written = out.readline(_MOST_LINE)
        if self.is_last:
            _close(self._process)


def _close(process: "subprocess.Popen[bytes]") -> None:
    """Close the pipes to a command."""
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            with contextlib.suppress(OSError):
                pipe.close()


def _answer(line: bytes, number: int) -> Answer | None:
    """Read an answer; None if it does not follow the protocol, or is to a different request."""
    members = strict_json.load_object(line) or {}
    found = members.pop("id", None)
    # To Python 1.0 and true are equal to 1.
    if type(found) is not int or found != number or len(members) != 1:
        return None
    ((kind, value),) = members.items()
    if not isinstance(value, str):
        return None
    if kind == "ok":
        raw = base64url.decode_text(value)
        return None if raw is None else Output(raw)
    if kind == "refused":
        return Refusal(_word(value))
    return Lacking(_word(value)) if kind == "lacking" else None


def _word(value: str) -> str:
    shown = "".join(char if char.isprintable() else "?" for char in value[:MOST_ID])
    return shown or "?"


def _stop(process: "subprocess.Popen[bytes]") -> None:
    """End the command and its children."""
    with contextlib.suppress(OSError):
        if hasattr(os, "killpg"):
            # The process leads its group, and has not been waited for before.
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
