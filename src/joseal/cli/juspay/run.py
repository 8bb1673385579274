"""`joseal juspay run`: send a file of attempts through a journal, each at most once."""

import os
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final

import click
import msgspec
from rich.console import Console
from rich.progress import Progress

from joseal._core.secrecy import hide_locals
from joseal._core.wire import strict_json
from joseal.cli import files, help_pages, json_output, naming, options
from joseal.cli.exit_codes import Exit, FailureError, of_file
from joseal.cli.juspay import outcomes
from joseal.cli.juspay.connection import Connection
from joseal.cli.juspay.encryption import Encryption
from joseal.cli.juspay.settings import Attempting, gathered
from joseal.errors import MalformedTokenError
from joseal.juspay import (
    Attempt,
    AttemptResult,
    Client,
    PayoutJournalError,
    PlannedAttempt,
    SqlitePayoutJournal,
    reconcile_attempts,
    run_attempts,
)
from joseal.juspay.models.fields import ORDER_ID

_LINE_BYTES: Final = 64 * 1024
_STANDINGS: Final = ("accepted", "failed", "refused", "not_sent", "to_reconcile", "rejected")


class _Line(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="camel"):
    """One line of the file."""

    attempt_id: str
    order_id: str
    attempt: dict[str, object]


@gathered(connection=Connection, encryption=Encryption, attempting=Attempting)
@help_pages.command(
    params=[
        *Connection.params(),
        *Encryption.params(),
        *Attempting.params(),
        click.Option(
            ["--journal", "journal_path"],
            required=True,
            type=options.PATH,
            metavar="PATH",
            help="The journal of the attempts. Use the same one for each run.",
        ),
        click.Option(
            ["--rejects", "rejects_path"],
            type=options.PATH,
            metavar="PATH",
            help="Where to list the attempts that were not accepted, as JSON Lines.",
        ),
        options.json_flag(),
        click.Argument(["in_path"], type=options.PATH, metavar="FILE"),
    ],
    examples=(
        "joseal juspay run --base-url https://sandbox.juspay.in --merchant-id mine \\",
        "    --api-key-file api.key --key juspay.pem --alg RSA-OAEP --kid JuspayKID \\",
        "    --journal payouts.db --rejects rejects.jsonl attempts.jsonl",
    ),
    exits=(Exit.TOKEN, Exit.KEY, Exit.FILE, Exit.API, Exit.TRANSPORT, Exit.UNKNOWN),
)
def command(
    *,
    connection: Connection,
    encryption: Encryption,
    attempting: Attempting,
    journal_path: Path,
    rejects_path: Path | None,
    as_json: bool,
    in_path: Path,
) -> None:
    """Send a file of attempts through a journal, each at most once.

    FILE has one attempt on each line: {"attemptId": TEXT, "orderId": TEXT, "attempt": {...}}, the
    last one as on the API's page. You choose the attemptId, which has to be the same in each run.
    All lines are checked before anything is sent.

    Each attempt is written to the journal before its first byte leaves, and its outcome afterwards.
    A run may be stopped or killed at any instant and started again: an attempt that was begun is
    never sent again, unless it is certain that nothing was sent. A run first reconciles the
    attempts of earlier runs. The journal and the rejects contain no card.

    The output is the number of attempts in each state. The exit code is 0 if all are accepted; 8 if
    one has to be reconciled, and 6 if one was not sent: run it again later; 5 if one was refused,
    has failed or was rejected.

    With --json: {"accepted": NUMBER, "failed": NUMBER, "refused": NUMBER, "not_sent": NUMBER,
    "to_reconcile": NUMBER, "rejected": NUMBER, "sent_now": NUMBER}.
    """
    _check_different(journal_path, rejects_path, in_path)
    if rejects_path is not None:
        files.check_replaceable(rejects_path)
    planned = _planned(in_path)
    with connection.client(
        encryption, attempt_path=attempting.attempt_path, apart=attempting.apart
    ) as client:
        results = _run(client, journal_path, planned)
    _tell(results, rejects_path, as_json=as_json)


def _check_different(*paths: Path | None) -> None:
    """Refuse one file for two purposes.

    The rejects replace their file. An empty list of them in place of the journal would be a new
    one, with which each attempt is sent again.

    Raises:
        UsageError: there is one.
    """
    named = [path for path in paths if path is not None and path != files.STANDARD]
    if len({os.path.realpath(path) for path in named}) != len(named):
        raise click.UsageError("--journal, --rejects and FILE must be different files")


@hide_locals
def _run(client: Client, path: Path, planned: list[PlannedAttempt]) -> list[AttemptResult]:
    """Ask about earlier attempts, and send those that were not made.

    Raises:
        FailureError: the journal can't be used.
    """
    try:
        journal = SqlitePayoutJournal(path)
        for _ in reconcile_attempts(client, journal):
            pass
        return list(_shown(run_attempts(client, journal, planned), len(planned)))
    except PayoutJournalError as error:
        reason = str(error)
    raise FailureError("file", reason, Exit.FILE)


@hide_locals
def _planned(path: Path) -> list[PlannedAttempt]:
    """Read and check the whole file.

    Raises:
        FailureError: it can't be read, or a line is wrong; it is named by its number.
    """
    try:
        if path == files.STANDARD:
            return list(_lines(files.standard(sys.stdin).buffer))
        with path.open("rb") as file:
            return list(_lines(file))
    except OSError as error:
        failure = of_file("read", naming.name(path), error)
    raise failure


def _lines(file: BinaryIO) -> Iterator[PlannedAttempt]:
    number = 0
    seen: set[str] = set()
    while line := file.readline(_LINE_BYTES + 1):
        number += 1
        planned = _read(line)
        if isinstance(planned, str) or planned.attempt_id in seen:
            reason = planned if isinstance(planned, str) else "an attemptId is there twice"
            raise FailureError("malformed", f"line {number}: {reason}", Exit.TOKEN)
        seen.add(planned.attempt_id)
        yield planned


def _read(line: bytes) -> PlannedAttempt | str:
    """Read one line, or say what is wrong with it without repeating any of it."""
    members = strict_json.load_object(line) if len(line) <= _LINE_BYTES else None
    if members is None:
        return "not one JSON object, or too long"
    try:
        read = strict_json.convert(members, _Line)
        attempt = Attempt.from_json(strict_json.write(read.attempt))
        ORDER_ID.apply("orderId", read.order_id)
    except strict_json.ShapeError:
        return "needs attemptId, orderId and attempt, and nothing else"
    except (MalformedTokenError, ValueError) as error:
        return str(error)
    if not read.attempt_id:
        return "attemptId must not be empty"
    return PlannedAttempt(read.attempt_id, read.order_id, attempt)


def _shown(results: Iterator[AttemptResult], total: int) -> Iterator[AttemptResult]:
    """Pass results on, and show the progress on a terminal."""
    console = Console(stderr=True)
    with Progress(console=console, disable=not console.is_terminal) as progress:
        task = progress.add_task("attempting", total=total)
        for result in results:
            progress.advance(task)
            yield result


def _tell(results: list[AttemptResult], rejects_path: Path | None, *, as_json: bool) -> None:
    """Print how many are in each state, list the rest, and end with the code of the worst.

    Raises:
        FailureError: not all are accepted, or the rejects can't be written.
    """
    counts = Counter(str(result.standing) for result in results)
    told: dict[str, object] = {name: counts[name] for name in _STANDINGS}
    told["sent_now"] = sum(result.sent_now for result in results)
    text = "".join(f"{name}: {count}\n" for name, count in told.items()).encode()
    outcomes.tell(json_output.line(told) if as_json else text)
    not_listed = None if rejects_path is None else _list(results, rejects_path)
    if not_listed is not None and counts["accepted"] != len(results):
        # The outcomes of the attempts decide the exit code.
        files.tell_error(f"joseal: {not_listed}")
    if counts["to_reconcile"]:
        text_of_rest = (
            "some attempts have to be reconciled: run it again later; for one that stays so for "
            "hours, ask the API's support, and record the answer with decide_attempt"
        )
        raise FailureError("transport", text_of_rest, Exit.UNKNOWN)
    if counts["not_sent"]:
        text_of_rest = "some attempts were not sent: run it again later"
        raise FailureError("transport", text_of_rest, Exit.TRANSPORT)
    if counts["accepted"] != len(results):
        text_of_rest = "some attempts were refused or rejected, or have failed"
        raise FailureError("api", text_of_rest, Exit.API)
    if not_listed is not None:
        raise not_listed


def _list(results: list[AttemptResult], path: Path) -> FailureError | None:
    """List those that were not accepted; return why they can't be listed."""
    lines = [
        json_output.line(
            {"attemptId": each.attempt_id, "standing": each.standing, "reason": each.reason}
        )
        for each in results
        if each.standing != "accepted"
    ]
    try:
        files.write(path, b"".join(lines), private=True)
    except FailureError as error:
        return error
    return None
