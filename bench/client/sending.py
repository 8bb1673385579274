"""The sending process of `bench.client.crashes`: it is killed at any instant, and started again.

A job is one JSON object on standard input. A line is printed for each attempt that was sent and for
each that was asked about, so that whoever kills the process knows that it is at work; "done" is the
last one.
"""

import json
import ssl
import sys

from joseal import Key
from joseal.juspay import (
    Account,
    Attempt,
    CardInfo,
    Client,
    PlannedAttempt,
    SqlitePayoutJournal,
    payout_encrypter,
    reconcile_attempts,
    run_attempts,
)

_CARD = "4111111111111111"


def main() -> None:
    """Send what was not sent, and ask what became of the rest."""
    job = json.load(sys.stdin)
    context = ssl.create_default_context(cadata=job["ca"])
    bank = Key.from_pem(job["bank"], alg="RSA-OAEP")
    journal = SqlitePayoutJournal(job["journal"], busy_timeout_seconds=60)
    planned = [
        PlannedAttempt(
            f"attempt-{order_id}",
            order_id,
            Attempt(fulfillment_id=payout, card_info=CardInfo(card_number=_CARD)),
        )
        for order_id, payout in job["payouts"]
    ]
    with Client(
        Account(**job["account"]),
        payout_encrypter(bank),
        answer_timeout_seconds=job["answer_seconds"],
        apart_seconds=0,
        ssl_context=context,
    ) as client:
        for _ in range(job["runs"]):
            for result in run_attempts(client, journal, planned):
                if result.sent_now:
                    print(result.attempt_id, flush=True)
        for _ in range(job["turns"]):
            # Each is asked as if its pause were over.
            now = max((entry.ask_at for entry in journal.entries()), default=0.0) + 1
            for entry in reconcile_attempts(client, journal, now=now):
                print(entry.attempt_id, flush=True)
    print("done", flush=True)


if __name__ == "__main__":
    main()
