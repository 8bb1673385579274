"""`joseal juspay attempt`: encrypt one more attempt at a payout, and send it once."""

from pathlib import Path

import click

from joseal import JoseError, Limits
from joseal.cli import files, help_pages, options
from joseal.cli.exit_codes import Exit
from joseal.cli.juspay import outcomes, questions
from joseal.cli.juspay.connection import Connection
from joseal.cli.juspay.encryption import Encryption
from joseal.cli.juspay.settings import Attempting, Group, Telling, gathered, order_argument
from joseal.juspay import Accepted, Ack, Attempt, Client, Known, NotSent, Outcome, Refused, Unknown


class _Before(Group, frozen=True, kw_only=True):
    """The state of the order before the attempt."""

    fresh: bool
    decided: bool
    known_path: Path | None

    @staticmethod
    def params() -> list[click.Parameter]:
        """Return the options."""
        return [
            click.Option(
                ["--fresh"],
                is_flag=True,
                help="The order was just created: don't read its status first.",
            ),
            click.Option(
                ["--decided"],
                is_flag=True,
                help="You have decided that one more attempt may be made, whatever came before.",
            ),
            click.Option(
                ["--known", "known_path"],
                type=options.PATH,
                metavar="FILE",
                help="Where to keep what was known before, for `joseal juspay reconcile`: written "
                "before anything is sent. While the file exists, no other attempt is made with it.",
            ),
        ]


@gathered(
    connection=Connection,
    encryption=Encryption,
    attempting=Attempting,
    before=_Before,
    telling=Telling,
)
@help_pages.command(
    params=[
        *Connection.params(),
        *Encryption.params(),
        *Attempting.params(),
        *_Before.params(),
        *Telling.params(),
        order_argument(),
        click.Argument(["in_path"], default="-", type=options.PATH, metavar="[ATTEMPT_FILE]"),
    ],
    examples=(
        "joseal juspay attempt --base-url https://sandbox.juspay.in \\",
        "    --merchant-id mine --api-key-file api.key --key juspay.pem \\",
        "    --alg RSA-OAEP --kid JuspayKID --sid MySID --known order-1.known \\",
        "    order-1 attempt.json",
    ),
    exits=(Exit.TOKEN, Exit.KEY, Exit.API, Exit.TRANSPORT, Exit.UNKNOWN),
)
def command(
    *,
    connection: Connection,
    encryption: Encryption,
    attempting: Attempting,
    before: _Before,
    telling: Telling,
    order_id: str,
    in_path: Path,
) -> None:
    """Encrypt one more attempt at a payout, and send it once.

    ATTEMPT_FILE is the attempt's body as on the API's page, {"fulfillmentId": ..., "cardInfo":
    ...}; the default is standard input. No part of a card is ever an argument, and none is printed.
    The order's status is read first, twice and --apart seconds apart. For an attempt at a payout
    that has not failed, the exit code is 2, and nothing is sent while the status is unknown. For a
    mistake in the body it is 1, before anything is sent.

    The output is one word, and the exit code says the same: accepted (0); refused (5): nothing was
    started; not_sent (6): it may be sent again; unknown (8): it may have been carried out, and must
    not be sent again before `joseal juspay reconcile` has found its outcome. Interrupting the
    command from the keyboard leaves the outcome unknown. SSL_CERT_FILE or --ca-file replaces the
    system's trust roots.

    With --json: {"outcome": TEXT, "order_id": TEXT, "fulfillment_id": TEXT, "known": {...}}, the
    last one with what was known before, as `joseal juspay reconcile` reads it, or null if that is
    not known; for refused with "status": NUMBER, "error_code": TEXT, "advice": TEXT, and with
    --show-message with "error_message": TEXT, "user_message": TEXT; for not_sent and unknown with
    "reason": TEXT.
    """
    attempt = Attempt.from_json(files.read(in_path, Limits().plaintext_bytes))
    with connection.client(
        encryption, attempt_path=attempting.attempt_path, apart=attempting.apart
    ) as client:
        known = _known(client, order_id, attempt, before)
        outcome: Outcome[Ack]
        if isinstance(known, NotSent):
            outcome = known
        else:
            questions.begin(before.known_path, known)
            outcome = _send(client, attempt, known, before.known_path)
    made_against = None if isinstance(known, NotSent) else questions.to_members(known)
    more = {"order_id": order_id, "fulfillment_id": attempt.fulfillment_id, "known": made_against}
    next_ = "it may have been carried out; ask `joseal juspay reconcile` before more"
    outcomes.show(outcome, more, telling, next_)


def _known(client: Client, order_id: str, attempt: Attempt, before: _Before) -> Known | NotSent:
    """Return the state that the attempt is made against, or why it can't be determined.

    Raises:
        UsageError: the order's id is not valid, the status does not have the payout, or the payout
            has not failed.
    """
    if before.fresh and before.decided:
        raise click.UsageError("--fresh and --decided exclude each other")
    try:
        if before.fresh or before.decided:
            make = Known.fresh if before.fresh else Known.decided
            return make(order_id, attempt.fulfillment_id)
        outcome = client.known(order_id, attempt.fulfillment_id)
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    if not isinstance(outcome, Accepted):
        text = outcome.error_code if isinstance(outcome, Refused) else outcome.reason
        return NotSent(f"the order's status could not be read first: {text}")
    if outcome.value.hindrance is not None:
        raise click.UsageError(outcome.value.hindrance)
    return outcome.value


def _send(client: Client, attempt: Attempt, known: Known, kept: Path | None) -> Outcome[Ack]:
    """Send it once.

    Raises:
        UsageError: the payout has not failed.
    """
    try:
        outcome = client.attempt(known.order_id, attempt, known=known)
    except KeyboardInterrupt:
        return Unknown("stopped from the keyboard")
    except JoseError:
        # It is raised before anything is sent, like the next one.
        questions.forget(kept)
        raise
    except ValueError as error:
        questions.forget(kept)
        raise click.UsageError(str(error)) from None
    if isinstance(outcome, NotSent | Refused):
        questions.forget(kept)
    return outcome
