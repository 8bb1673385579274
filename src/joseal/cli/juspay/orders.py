"""How an order is shown: for people, and for programs. The payee is never shown."""

from decimal import Decimal

from joseal.cli import files, json_output
from joseal.cli.console import Page
from joseal.cli.juspay.outcomes import plain
from joseal.juspay import Fulfillment, Order, Transaction


def show(order: Order, *, as_json: bool) -> None:
    """Print an order.

    Raises:
        FailureError: standard output can't be written.
    """
    if as_json:
        told = {"outcome": "accepted", **_order(order)}
        files.write(files.STANDARD, json_output.line(told), private=False)
        return
    page = Page()
    page.title(f"{order.order_id}  {order.status}")
    for payout in order.fulfillments or ():
        page.say(f"{plain(payout.id)}  {payout.status}  {_amount(payout.amount) or '-'}")
        page.table(
            ("attempt", "state", "amount", "updated"),
            [
                (
                    plain(part.transaction_ref),
                    part.status,
                    _amount(part.amount) or "-",
                    plain(part.updated_at),
                )
                for part in payout.transactions or ()
            ],
        )


def _order(order: Order) -> dict[str, object]:
    return {
        "order_id": order.order_id,
        "status": str(order.status),
        "amount": _amount(order.amount),
        "fulfillments": [_fulfillment(payout) for payout in order.fulfillments or ()],
    }


def _fulfillment(payout: Fulfillment) -> dict[str, object]:
    return {
        "id": payout.id,
        "status": str(payout.status),
        "amount": _amount(payout.amount),
        "transactions": [transaction(part) for part in payout.transactions or ()],
    }


def transaction(part: Transaction) -> dict[str, object]:
    """Return a transaction for programs."""
    return {
        "transaction_ref": part.transaction_ref,
        "status": str(part.status),
        "amount": _amount(part.amount),
        "created_at": part.created_at,
        "updated_at": part.updated_at,
    }


def _amount(amount: Decimal | None) -> str | None:
    return None if amount is None else str(amount)
