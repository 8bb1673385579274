"""How an outcome is reported: one word or JSON, and the exit code.

Rules:
- The exit code is the outcome's, even if the outcome can't be printed: a payout that was accepted
  must not look like one that failed.
- The API's own messages may repeat what was sent. They are printed only by `--show-message`, and
  redacted.
"""

from collections.abc import Callable, Mapping
from typing import TypeVar

from joseal.cli import exit_codes, files, json_output
from joseal.cli.juspay.settings import Telling
from joseal.juspay import Outcome, Refused, Unknown, redact

_T = TypeVar("_T")


def show(outcome: Outcome[_T], more: Mapping[str, object], telling: Telling, next_: str) -> None:
    """Print an outcome, and end as it does.

    Args:
        outcome: the outcome of the call.
        more: more members for JSON.
        telling: how to report it.
        next_: the advice for an unknown outcome.

    Raises:
        FailureError: as `end`.
    """
    told = of_outcome(outcome, with_messages=telling.show_message)
    tell(json_output.line({**told, **more}) if telling.as_json else _lines(told))
    end(outcome, next_)


def of_outcome(outcome: Outcome[_T], *, with_messages: bool = False) -> dict[str, object]:
    """Return an outcome for programs."""
    members: dict[str, object] = {"outcome": outcome.kind}
    if isinstance(outcome, Refused):
        members |= {"status": outcome.status, "error_code": outcome.error_code}
        if with_messages:
            members["error_message"] = redact(outcome.error_message)
            members["user_message"] = redact(outcome.user_message)
        return {**members, "advice": outcome.advice}
    if isinstance(outcome, Unknown):
        return {**members, "reason": outcome.reason, "status": outcome.status}
    reason = getattr(outcome, "reason", None)
    return members if reason is None else {**members, "reason": reason}


def _lines(told: Mapping[str, object]) -> bytes:
    """Write an outcome as its word, with the API's own texts below it."""
    texts = [
        f"{name}: {plain(str(told[name]))}"
        for name in ("error_message", "user_message")
        if told.get(name)
    ]
    return "".join(f"{line}\n" for line in (str(told["outcome"]), *texts)).encode("ascii")


def tell(line: bytes) -> None:
    """Print an outcome; if that fails, say so, and let the outcome decide the exit code."""
    tell_with(lambda: files.write(files.STANDARD, line, private=False))


def tell_with(show: Callable[[], None]) -> None:
    """Print an outcome by a function; if that fails, say so, as `tell` does."""
    try:
        show()
    except exit_codes.FailureError as error:
        failure = error
    except OSError as error:
        failure = files.standard_output_failed(error)
    else:
        return
    files.tell_error(f"joseal: {failure}")


def end(outcome: Outcome[_T], next_: str) -> None:
    """Fail if the outcome is a failure.

    Raises:
        FailureError: it was refused, was not sent, or its outcome is unknown.
    """
    if isinstance(outcome, Refused):
        text = f"the API refused the request: {outcome.error_code} (HTTP {outcome.status}): "
        raise exit_codes.FailureError("api", text + outcome.advice, exit_codes.Exit.API)
    if outcome.kind == "not_sent":
        text = f"{outcome.reason}: nothing was sent, and it may be sent again"
        raise exit_codes.FailureError("transport", text, exit_codes.Exit.TRANSPORT)
    if outcome.kind == "unknown":
        text = f"{outcome.reason}: {next_}"
        raise exit_codes.FailureError("transport", text, exit_codes.Exit.UNKNOWN)


def plain(text: str | None) -> str:
    """Write a text from the other side so that it can't control a terminal: printable ASCII."""
    return "-" if text is None else text.encode("unicode_escape").decode("ascii")
