"""`joseal juspay create`: create an order, encrypted or unencrypted."""

from pathlib import Path

import click

from joseal import Limits
from joseal.cli import files, help_pages, options
from joseal.cli.exit_codes import Exit
from joseal.cli.juspay import orders, outcomes
from joseal.cli.juspay.connection import Connection
from joseal.cli.juspay.encryption import Encryption
from joseal.cli.juspay.settings import Telling, gathered
from joseal.juspay import Accepted, NewOrder, Order, Outcome, Unknown


@gathered(connection=Connection, encryption=Encryption, telling=Telling)
@help_pages.command(
    params=[
        *Connection.params(),
        *Encryption.params(required=False),
        click.Option(
            ["--plain"],
            is_flag=True,
            help="Send it unencrypted: for any type of beneficiary but PLAIN_CARD. No key is "
            "needed.",
        ),
        *Telling.params(),
        click.Argument(["in_path"], default="-", type=options.PATH, metavar="[ORDER_FILE]"),
    ],
    examples=(
        "joseal juspay create --base-url https://sandbox.juspay.in \\",
        "    --merchant-id mine --api-key-file api.key --key juspay.pem \\",
        "    --alg RSA-OAEP --kid JuspayKID --sid MySID order.json",
    ),
    exits=(Exit.TOKEN, Exit.KEY, Exit.API, Exit.TRANSPORT, Exit.UNKNOWN),
)
def command(
    *, connection: Connection, encryption: Encryption, telling: Telling, plain: bool, in_path: Path
) -> None:
    """Create an order, encrypted or unencrypted, and send it once.

    ORDER_FILE is the order's body as on the API's page, {"orderId": ..., "amount": ...,
    "fulfillments": [...]}; the default is standard input. For a body that can't be sent, the exit
    code is 1.

    A created order is shown as by `joseal juspay status`. Any other outcome is one word: refused
    (5): nothing was started; not_sent (6): it may be sent again; unknown (8): it may have been
    created, and then `joseal juspay status` shows it. Never use one orderId for two payments.

    With --json: as for `joseal juspay status`.
    """
    order = NewOrder.from_json(files.read(in_path, Limits().plaintext_bytes))
    outcome = _send(connection, None if plain else encryption, order)
    if isinstance(outcome, Accepted):
        created = outcome.value
        outcomes.tell_with(lambda: orders.show(created, as_json=telling.as_json))
        return
    next_ = "it may have been created; ask `joseal juspay status` before more"
    outcomes.show(outcome, {"order_id": order.order_id}, telling, next_)


def _send(connection: Connection, encryption: Encryption | None, order: NewOrder) -> Outcome[Order]:
    """Send it once.

    Raises:
        UsageError: a payout of an unencrypted order goes to a PLAIN_CARD, or a value can't be sent.
    """
    with connection.client(encryption) as client:
        try:
            return (
                client.create_plain_order(order)
                if encryption is None
                else client.create_order(order)
            )
        except ValueError as error:
            reason = str(error)
        except KeyboardInterrupt:
            return Unknown("stopped from the keyboard")
    raise click.UsageError(reason)
