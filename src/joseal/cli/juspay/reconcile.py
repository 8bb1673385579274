"""`joseal juspay reconcile`: find out what became of an attempt."""

from pathlib import Path

import click

from joseal.cli import files, help_pages, json_output, options
from joseal.cli.exit_codes import Exit, FailureError
from joseal.cli.juspay import orders, outcomes, questions
from joseal.cli.juspay.connection import Connection
from joseal.cli.juspay.settings import apart_option, gathered
from joseal.juspay import AttemptQuery, Failed, Reconciliation, StillUnknown


@gathered(connection=Connection)
@help_pages.command(
    params=[
        *Connection.params(),
        apart_option(),
        options.json_flag(),
        click.Argument(["in_path"], default="-", type=options.PATH, metavar="[KNOWN_FILE]"),
    ],
    examples=(
        "joseal juspay reconcile --base-url https://sandbox.juspay.in \\",
        "    --merchant-id mine --api-key-env JUSPAY_API_KEY order-1.known",
    ),
    exits=(Exit.TOKEN, Exit.KEY, Exit.API, Exit.UNKNOWN),
)
def command(*, connection: Connection, apart: float, as_json: bool, in_path: Path) -> None:
    """Find out what became of an attempt. Sends no payout.

    KNOWN_FILE is what `joseal juspay attempt` wrote with --known, or printed with --json; the
    default is standard input. The order's status is read once, and compared with what was known
    before.

    The output is one word, and the exit code says the same: accepted (0): the attempt arrived, and
    must not be made again; failed (5): it arrived and failed, and one more may be made, unless the
    payout was canceled or discarded; unknown (8): nothing is proved yet. In that case, ask again
    after the time that is shown: the next question is written to KNOWN_FILE. A failure has to be
    seen twice, --apart seconds apart, each time: make one more attempt only once, and ask about it
    with its own file.

    With --json: {"outcome": TEXT, "order_id": TEXT, "fulfillment_id": TEXT}; for accepted and
    failed with "status": TEXT and "transactions", those that are new, as for `joseal juspay
    status`; for unknown with "reason": TEXT, "ask_again_seconds": NUMBER, and "again", the next
    question.
    """
    question = questions.read(in_path)
    with connection.client(apart=apart) as client:
        found = client.reconcile(question)
    next_ = _next(found, question)
    if next_ != question and in_path != files.STANDARD:
        questions.keep(in_path, next_)
    known = question.known
    told = {"outcome": found.kind, "order_id": known.order_id}
    told |= {"fulfillment_id": known.fulfillment_id}
    line = json_output.line({**told, **_more(found)}) if as_json else f"{found.kind}\n".encode()
    outcomes.tell(line)
    _end(found)


def _next(found: Reconciliation, question: AttemptQuery) -> AttemptQuery:
    """Return the next question. A failure that was seen no longer counts after an answer.

    One more attempt may have been made since, and a status that lags behind does not show it.
    """
    if isinstance(found, StillUnknown):
        return found.again
    return AttemptQuery(known=question.known, asked=question.asked)


def _more(found: Reconciliation) -> dict[str, object]:
    if isinstance(found, StillUnknown):
        again = questions.to_members(found.again)
        return {
            "reason": found.reason,
            "ask_again_seconds": found.ask_again_seconds,
            "again": again,
        }
    new = [orders.transaction(part) for part in found.transactions]
    return {"status": str(found.status), "transactions": new}


def _end(found: Reconciliation) -> None:
    """Fail if the attempt failed, or if that is not known.

    Raises:
        FailureError: that is so.
    """
    if isinstance(found, Failed):
        may = "one more may be made, unless one was made since"
        text = f"the attempt failed: {found.known.hindrance or may}"
        raise FailureError("api", text, Exit.API)
    if isinstance(found, StillUnknown):
        text = f"{found.reason}: ask again in {found.ask_again_seconds} s"
        raise FailureError("transport", text, Exit.UNKNOWN)
