"""`joseal juspay status`: ask how an order stands."""

import click

from joseal.cli import help_pages
from joseal.cli.exit_codes import Exit
from joseal.cli.juspay import orders, outcomes
from joseal.cli.juspay.connection import Connection
from joseal.cli.juspay.settings import Telling, gathered, order_argument
from joseal.juspay import Accepted, Order, Outcome


@gathered(connection=Connection, telling=Telling)
@help_pages.command(
    params=[*Connection.params(), *Telling.params(), order_argument()],
    examples=(
        "joseal juspay status --base-url https://sandbox.juspay.in \\",
        "    --merchant-id mine --api-key-env JUSPAY_API_KEY --json order-1",
    ),
    exits=(Exit.KEY, Exit.API, Exit.TRANSPORT, Exit.UNKNOWN),
)
def command(*, connection: Connection, telling: Telling, order_id: str) -> None:
    """Ask how an order stands.

    It changes nothing, and may be asked again after any outcome. Shown are the order, its payouts
    and the attempts at each, with their states, amounts and references; never whom the money goes
    to. An attempt that does not show may still be on its way: a status can be late. No key is
    needed. SSL_CERT_FILE or --ca-file names other trust roots than the system's.

    With --json: {"outcome": "accepted", "order_id": TEXT, "status": TEXT, "amount": TEXT or null,
    "fulfillments": [{"id": TEXT, "status": TEXT, "amount": TEXT or null, "transactions":
    [{"transaction_ref": TEXT or null, "status": TEXT, "amount": TEXT or null, "created_at": TEXT or
    null, "updated_at": TEXT or null}]}]}; the other outcomes are as of `joseal juspay attempt`.
    """
    outcome = _ask(connection, order_id)
    if isinstance(outcome, Accepted):
        orders.show(outcome.value, as_json=telling.as_json)
        return
    outcomes.show(outcome, {"order_id": order_id}, telling, "ask again")


def _ask(connection: Connection, order_id: str) -> Outcome[Order]:
    """Ask once.

    Raises:
        UsageError: the order's id can't be one.
    """
    with connection.client() as client:
        try:
            return client.order_status(order_id)
        except ValueError as error:
            reason = str(error)
    raise click.UsageError(reason)
