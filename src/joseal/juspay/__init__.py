"""A thin client layer for Juspay's encrypted payouts.

    with Client(account, payout_encrypter(bank)) as client:
        client.attempt("order-1", Attempt(fulfillment_id=..., card_info=CardInfo(...)))

`models` says what is sent, `envelope` seals it, `api` makes requests and reads answers without a
socket, for any HTTP client, and `Client` is one. `sandbox`, which needs an extra, is imported by
its own name.
"""

from joseal.juspay.api import (
    PRODUCTION,
    SANDBOX,
    Account,
    Ack,
    AttemptPath,
    Request,
    attempt_request,
    read_attempt_response,
)
from joseal.juspay.client import Client
from joseal.juspay.envelope import Envelope, payout_encrypter, seal
from joseal.juspay.models import Attempt, CardInfo, Details, Expiry, SenderDetails

__all__ = [
    "PRODUCTION",
    "SANDBOX",
    "Account",
    "Ack",
    "Attempt",
    "AttemptPath",
    "CardInfo",
    "Client",
    "Details",
    "Envelope",
    "Expiry",
    "Request",
    "SenderDetails",
    "attempt_request",
    "payout_encrypter",
    "read_attempt_response",
    "seal",
]
