"""`joseal juspay cancel`: ask to cancel one payout."""

import click

from joseal.cli import help_pages
from joseal.cli.exit_codes import Exit
from joseal.cli.juspay import outcomes
from joseal.cli.juspay.connection import Connection
from joseal.cli.juspay.settings import Telling, gathered
from joseal.juspay import Cancellation, Outcome


@gathered(connection=Connection, telling=Telling)
@help_pages.command(
    params=[
        *Connection.params(),
        *Telling.params(),
        click.Argument(["fulfillment_id"], metavar="FULFILLMENT_ID"),
    ],
    examples=(
        "joseal juspay cancel --base-url https://sandbox.juspay.in \\",
        "    --merchant-id mine --api-key-env JUSPAY_API_KEY FULFILLMENT_ID",
    ),
    exits=(Exit.KEY, Exit.API, Exit.TRANSPORT, Exit.UNKNOWN),
)
def command(*, connection: Connection, telling: Telling, fulfillment_id: str) -> None:
    """Ask to cancel one payout.

    FULFILLMENT_ID is what `joseal juspay status` shows for the payout. The outcome "accepted"
    promises nothing: it says that the API accepted the request. Read the order's status after a
    while.

    With --json: {"outcome": TEXT, "fulfillment_id": TEXT}; otherwise as for `joseal juspay
    attempt`.
    """
    outcome = _ask(connection, fulfillment_id)
    next_ = "read the order's status before more"
    outcomes.show(outcome, {"fulfillment_id": fulfillment_id}, telling, next_)


def _ask(connection: Connection, fulfillment_id: str) -> Outcome[Cancellation]:
    """Ask once.

    Raises:
        UsageError: the id is not valid.
    """
    with connection.client() as client:
        try:
            return client.cancel(fulfillment_id)
        except ValueError as error:
            reason = str(error)
    raise click.UsageError(reason)
