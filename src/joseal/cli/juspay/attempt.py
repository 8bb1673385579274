"""`joseal juspay attempt`: encrypt one more attempt at a payout, and send it once."""

from pathlib import Path
from typing import Literal

import click

from joseal import Limits
from joseal.cli import files, help_pages, options
from joseal.cli.exit_codes import Exit
from joseal.cli.juspay import common
from joseal.juspay import (
    Accepted,
    Ack,
    Attempt,
    AttemptPath,
    Client,
    Known,
    NotSent,
    Outcome,
    Unknown,
    payout_encrypter,
)


@help_pages.command(
    params=[
        *common.account_options(),
        *common.key_options(),
        common.attempt_path_option(),
        options.json_flag(),
        click.Option(
            ["--fresh"],
            is_flag=True,
            help="The order was created just now: don't read its status before.",
        ),
        click.Option(
            ["--decided"],
            is_flag=True,
            help="You have decided that one more attempt may be made, whatever came before.",
        ),
        common.order_argument(),
        click.Argument(["in_path"], default="-", type=options.PATH, metavar="[ATTEMPT_FILE]"),
    ],
    examples=(
        "joseal juspay attempt --base-url https://sandbox.juspay.in \\",
        "    --merchant-id mine --api-key-file api.key --key juspay.pem \\",
        "    --alg RSA-OAEP --kid JuspayKID --sid MySID order-1 attempt.json",
    ),
    exits=(Exit.TOKEN, Exit.KEY, Exit.API, Exit.TRANSPORT, Exit.UNKNOWN),
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
    attempt_path: str,
    key_path: Path,
    alg: str | None,
    kid: str,
    sid: str | None,
    enc: Literal["A256CBC-HS512", "A128CBC-HS256"],
    as_json: bool,
    fresh: bool,
    decided: bool,
    order_id: str,
    in_path: Path,
) -> None:
    """Encrypt one more attempt at a payout, and send it once.

    ATTEMPT_FILE is the attempt's body as the API's page has it, {"fulfillmentId": ...,
    "cardInfo": ...}; standard input unless named. No part of a card is ever an argument, and none
    is printed. The order's status is read before: an attempt at a payout that has not failed ends
    with 2, and so does one while the status can't be told. What is wrong
    with the body ends with 1, before anything is sent.

    One word is printed, and the exit code says it too: accepted (0); refused (5): nothing was
    started; not_sent (6): it may be sent again; unknown (8): it may have been carried out, and must
    not be sent again before `joseal juspay status` has told what became of it. To stop it from the
    keyboard while it is under way leaves the outcome unknown. SSL_CERT_FILE names other trust roots
    than the system's.

    With --json: {"outcome": TEXT, "order_id": TEXT, "fulfillment_id": TEXT, "known": [TEXT]},
    the last one with the references of the transactions that were there before; for refused with
    "status": NUMBER, "error_code": TEXT, "advice": TEXT; for the last two with "reason": TEXT.
    """
    source = options.Password(api_key_env, api_key_file, ask=ask_api_key)
    attempt = Attempt.from_json(files.read(in_path, Limits().plaintext_bytes))
    bank = options.load_key(key_path, alg=alg)
    account = common.account(base_url, merchant_id, source, kid=kid, sid=sid, routing_id=routing_id)
    sealer = payout_encrypter(bank, enc=enc)
    with Client(
        account,
        sealer,
        answer_timeout_seconds=timeout,
        attempt_path=AttemptPath[attempt_path.upper()],
        proxy=common.proxy(proxy_url, base_url),
    ) as client:
        known = _known(client, order_id, attempt, fresh=fresh, decided=decided)
        outcome = known if isinstance(known, NotSent) else _send(client, attempt, known)
    told = common.told(outcome)
    before = [] if isinstance(known, NotSent) else sorted(known.references)
    ids = {"order_id": order_id, "fulfillment_id": attempt.fulfillment_id, "known": before}
    common.tell(common.line_of({**told, **ids}, as_json=as_json))
    common.end(outcome, "it may have been carried out; ask `joseal juspay status` before more")


def _known(
    client: Client, order_id: str, attempt: Attempt, *, fresh: bool, decided: bool
) -> Known | NotSent:
    """Return the state that the attempt is made against, or why it can't be told.

    Raises:
        UsageError: the order's id can't be one, or the status does not have the payout.
    """
    if fresh and decided:
        raise click.UsageError("--fresh and --decided exclude each other")
    try:
        if fresh or decided:
            make = Known.fresh if fresh else Known.decided
            return make(order_id, attempt.fulfillment_id)
        status = client.order_status(order_id)
        if isinstance(status, Accepted):
            return status.value.known(attempt.fulfillment_id)
    except (LookupError, ValueError) as error:
        reason = str(error)
    else:
        told = common.told(status)
        text = told.get("reason", told.get("error_code"))
        return NotSent(f"the order's status could not be read first: {text}")
    raise click.UsageError(reason)


def _send(client: Client, attempt: Attempt, known: Known) -> Outcome[Ack]:
    """Send it once.

    Raises:
        UsageError: the payout has not failed.
    """
    try:
        return client.attempt(known.order_id, attempt, known=known)
    except ValueError as error:
        reason = str(error)
    except KeyboardInterrupt:
        return Unknown("stopped from the keyboard")
    raise click.UsageError(reason)
