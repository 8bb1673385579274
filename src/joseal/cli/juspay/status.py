"""`joseal juspay status`: read the status of an order."""

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
    """Read the status of an order.

    This changes nothing, and may be repeated after any outcome. It shows the order, its payouts and
    the attempts at each, with their states, amounts and references, and never the payee. An attempt
    that is not shown may still be on its way: a status can be late. No key is needed. SSL_CERT_FILE
    or --ca-file replaces the system's trust roots.

    With --json: {"outcome": "accepted", "order_id": TEXT, "status": TEXT, "amount": TEXT or null,
    "fulfillments": [{"id": TEXT, "status": TEXT, "amount": TEXT or null, "transactions":
    [{"transaction_ref": TEXT or null, "status": TEXT, "amount": TEXT or null, "created_at": TEXT or
    null, "updated_at": TEXT or null}]}]}; the other outcomes are as for `joseal juspay attempt`.
    """
    outcome = _ask(connection, order_id)
    if isinstance(outcome, Accepted):
        orders.show(outcome.value, as_json=telling.as_json)
        return
    outcomes.show(outcome, {"order_id": order_id}, telling, "ask again")


def _ask(connection: Connection, order_id: str) -> Outcome[Order]:
    """Ask once.

    Raises:
        UsageError: the order's id is not valid.
    """
    with connection.client() as client:
        try:
            return client.order_status(order_id)
        except ValueError as error:
            reason = str(error)
    raise click.UsageError(reason)
