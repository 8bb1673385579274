"""`joseal juspay status`: ask how an order stands."""

from decimal import Decimal
from pathlib import Path

import click

from joseal._http.origin import Timeouts
from joseal.cli import files, help_pages, options
from joseal.cli.console import Page
from joseal.cli.exit_codes import Exit
from joseal.cli.json_output import line
from joseal.cli.juspay import common
from joseal.juspay import (
    Account,
    Fulfillment,
    Order,
    Outcome,
    Proxy,
    Transaction,
    order_status_request,
    protect_loggers,
    read_order_status_response,
)
from joseal.juspay.http.transport import Transport

_CONNECT_SECONDS = 10.0


@help_pages.command(
    params=[*common.account_options(), options.json_flag(), common.order_argument()],
    examples=(
        "joseal juspay status --base-url https://sandbox.juspay.in \\",
        "    --merchant-id mine --api-key-env JUSPAY_API_KEY --json order-1",
    ),
    exits=(Exit.API, Exit.TRANSPORT, Exit.UNKNOWN),
)
def command(
    *,
    base_url: str,
    merchant_id: str,
    api_key_env: str | None,
    api_key_file: Path | None,
    ask_api_key: bool,
    routing_id: str | None,
    timeout: float,
    proxy_url: str | None,
    as_json: bool,
    order_id: str,
) -> None:
    """Ask how an order stands.

    It changes nothing, and may be asked again after any outcome. Shown are the order, its payouts
    and the attempts at each, with their states, amounts and references; never whom the money goes
    to. An attempt that does not show may still be on its way: a status can be late. SSL_CERT_FILE
    names other trust roots than the system's.

    With --json: {"outcome": "accepted", "order_id": TEXT, "status": TEXT, "amount": TEXT or null,
    "fulfillments": [{"id": TEXT, "status": TEXT, "amount": TEXT or null, "transactions":
    [{"transaction_ref": TEXT or null, "status": TEXT, "amount": TEXT or null, "created_at": TEXT or
    null, "updated_at": TEXT or null}]}]}; the other outcomes are as of `joseal juspay attempt`.
    """
    source = options.Password(api_key_env, api_key_file, ask=ask_api_key)
    # The label goes into envelopes, and there is none here.
    account = common.account(base_url, merchant_id, source, kid="unused", routing_id=routing_id)
    outcome = _ask(account, order_id, timeout, common.proxy(proxy_url, base_url))
    if outcome.kind == "accepted":
        _show(outcome.value, as_json=as_json)
        return
    told = {**common.told(outcome), "order_id": order_id}
    common.tell(common.line_of(told, as_json=as_json))
    common.end(outcome, "ask again")


def _ask(account: Account, order_id: str, timeout: float, proxy: Proxy | None) -> Outcome[Order]:
    """Ask once.

    Raises:
        UsageError: the order's id can't be one.
    """
    protect_loggers()
    try:
        request = order_status_request(account, order_id)
    except ValueError as error:
        reason = str(error)
    else:
        transport = Transport(
            account.base_url,
            Timeouts(_CONNECT_SECONDS, timeout, _CONNECT_SECONDS + timeout),
            connections=1,
            idle_seconds=0,
            ssl_context=None,
            proxy=proxy,
        )
        answer = transport.exchange(request)
        transport.close()
        if isinstance(answer, tuple):
            return read_order_status_response(answer.status, answer.body, order_id=order_id)
        return answer
    raise click.UsageError(reason)


def _show(order: Order, *, as_json: bool) -> None:
    if as_json:
        files.write(files.STANDARD, line({"outcome": "accepted", **_order(order)}), private=False)
        return
    page = Page()
    page.title(f"{order.order_id}  {order.status}")
    for payout in order.fulfillments or ():
        page.say(f"{_plain(payout.id)}  {payout.status}  {_amount(payout.amount) or '-'}")
        page.table(
            ("attempt", "state", "amount", "updated"),
            [
                (
                    _plain(part.transaction_ref),
                    part.status,
                    _amount(part.amount) or "-",
                    _plain(part.updated_at),
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
        "transactions": [_transaction(part) for part in payout.transactions or ()],
    }


def _transaction(part: Transaction) -> dict[str, object]:
    return {
        "transaction_ref": part.transaction_ref,
        "status": str(part.status),
        "amount": _amount(part.amount),
        "created_at": part.created_at,
        "updated_at": part.updated_at,
    }


def _plain(text: str | None) -> str:
    """Write a text of the other side so that it can't steer a terminal: printable ASCII."""
    return "-" if text is None else text.encode("unicode_escape").decode("ascii")


def _amount(amount: Decimal | None) -> str | None:
    return None if amount is None else str(amount)
