"""`joseal juspay attempt`: seal one more attempt at a payout, and send it once."""

from pathlib import Path
from typing import Literal

import click

from joseal import Limits
from joseal.cli import files, help_pages, options
from joseal.cli.exit_codes import Exit
from joseal.cli.juspay import common
from joseal.juspay import Ack, Attempt, Client, Outcome, Unknown, payout_encrypter


@help_pages.command(
    params=[
        *common.account_options(),
        *common.key_options(),
        options.json_flag(),
        common.order_argument(),
        click.Argument(["in_path"], default="-", type=options.PATH, metavar="[ATTEMPT_FILE]"),
    ],
    examples=(
        "joseal juspay attempt --base-url https://sandbox.juspay.in \\",
        "    --merchant-id mine --api-key-file api.key --key juspay.pem \\",
        "    --alg RSA-OAEP --kid JuspayKID --sid MySID order-1 attempt.json",
    ),
    exits=(Exit.TOKEN, Exit.KEY, Exit.API, Exit.TRANSPORT),
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
    key_path: Path,
    alg: str | None,
    kid: str,
    sid: str | None,
    enc: Literal["A256CBC-HS512", "A128CBC-HS256"],
    as_json: bool,
    order_id: str,
    in_path: Path,
) -> None:
    """Seal one more attempt at a payout, and send it once.

    ATTEMPT_FILE is the attempt's body as the API's page has it, {"fulfillmentId": ...,
    "cardInfo": ...}; standard input unless named. No part of a card is ever an argument, and none
    is printed. What is wrong with the body ends with 1, before anything is sent.

    One word is printed, and the exit code says it too: accepted (0); refused (5): nothing was
    started; not_sent (6): it may be sent again; unknown (6): it may have been carried out, and must
    not be sent again before `joseal juspay status` has told what became of it. To stop it from the
    keyboard while it is under way leaves the outcome unknown. SSL_CERT_FILE names other trust roots
    than the system's.

    With --json: {"outcome": TEXT, "order_id": TEXT, "fulfillment_id": TEXT}, for refused with
    "status": NUMBER, "error_code": TEXT, "advice": TEXT; for the last two with "reason": TEXT.
    """
    source = options.Password(api_key_env, api_key_file, ask=ask_api_key)
    attempt = Attempt.from_json(files.read(in_path, Limits().plaintext_bytes))
    bank = options.load_key(key_path, alg=alg)
    account = common.account(base_url, merchant_id, source, kid=kid, sid=sid, routing_id=routing_id)
    sealer = payout_encrypter(bank, enc=enc)
    with Client(account, sealer, answer_timeout_seconds=timeout) as client:
        outcome = _send(client, order_id, attempt)
    told = common.told(outcome)
    ids = {"order_id": order_id, "fulfillment_id": attempt.fulfillment_id}
    common.tell(common.line_of({**told, **ids}, as_json=as_json))
    common.end(outcome, "it may have been carried out; ask `joseal juspay status` before more")


def _send(client: Client, order_id: str, attempt: Attempt) -> Outcome[Ack]:
    """Send it once.

    Raises:
        UsageError: the order's id can't be one.
    """
    try:
        return client.attempt(order_id, attempt)
    except ValueError as error:
        reason = str(error)
    except KeyboardInterrupt:
        return Unknown("stopped from the keyboard")
    raise click.UsageError(reason)
