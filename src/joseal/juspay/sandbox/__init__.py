"""An embedded test server for the payouts API that really decrypts and checks its requests.

For tests, demonstrations and first steps: it runs on loopback, in threads, with one merchant.
`checks` has the rules for requests, `orders` records the payouts, and `server` is the server, which
needs the extra `sandbox`; importing this package does not.

With TLS or a fault plan, a proxy runs in front of that server: `faults` lists what can go wrong,
`fault_effects` makes it happen, and `fault_proxy` listens. `webhook_sender` posts webhooks.
"""

from joseal.juspay.sandbox.checks import Record
from joseal.juspay.sandbox.faults import Call, Fault, FaultPlan
from joseal.juspay.sandbox.orders import Transaction, TransactionPlan
from joseal.juspay.sandbox.sandbox import Sandbox
from joseal.juspay.sandbox.webhook_target import Posted, WebhookTarget

__all__ = [
    "Call",
    "Fault",
    "FaultPlan",
    "Posted",
    "Record",
    "Sandbox",
    "Transaction",
    "TransactionPlan",
    "WebhookTarget",
]
