"""A thin client layer for Juspay's encrypted payouts.

    with Client(account, payout_encrypter(bank)) as client:
        known = client.known("order-1", fulfillment_id).result()
        attempt = Attempt(fulfillment_id=fulfillment_id, card_info=CardInfo(...))
        outcome = client.attempt("order-1", attempt, known=known)
        found = client.reconcile(known)

`models` defines what is sent and encrypts it, `requests` and `responses` make requests and read
answers without a socket, for any HTTP client, and `Client` is one. Each call ends in one of the
`outcomes`. `webhooks` reads what the API posts, and ensures that each webhook is handled once.
`sandbox`, which needs an extra, is imported by its own name.
"""

from joseal._http.proxy import Proxy
from joseal._http.tls import ClientCertificate
from joseal.juspay.account import (
    BRAZIL_PRODUCTION,
    BRAZIL_SANDBOX,
    HDFC_PRODUCTION,
    HDFC_SANDBOX,
    PRODUCTION,
    SANDBOX,
    Account,
)
from joseal.juspay.call_details import CallDetails
from joseal.juspay.client import Client
from joseal.juspay.journal.entry import Entry
from joseal.juspay.journal.journal import PayoutJournal, PayoutJournalError
from joseal.juspay.journal.run import (
    AttemptResult,
    AttemptResults,
    PlannedAttempt,
    ReconciledEntries,
    decide_attempt,
    reconcile_attempts,
    run_attempts,
)
from joseal.juspay.journal.sqlite import SqlitePayoutJournal
from joseal.juspay.log_filter import RedactionFilter, protect_loggers, redact
from joseal.juspay.models.attempt import Attempt, CardInfo, Details, Expiry, SenderDetails
from joseal.juspay.models.beneficiary import (
    BankAccount,
    Beneficiary,
    Document,
    PayeeDetails,
    PayoutLink,
    PlainCard,
    SavedBeneficiary,
    SavedCard,
    UpiId,
    Wallet,
)
from joseal.juspay.models.envelope import Envelope, encrypt_body, payout_encrypter
from joseal.juspay.models.known import Known
from joseal.juspay.models.order import AdditionalInfo, NewFulfillment, NewOrder, WebhookDetails
from joseal.juspay.models.order_status import (
    Cancellation,
    Fulfillment,
    Order,
    PaidBeneficiary,
    PaidTo,
    Transaction,
)
from joseal.juspay.models.states import (
    FulfillmentState,
    OrderState,
    TransactionState,
    ValidationState,
)
from joseal.juspay.outcomes import Accepted, NotSent, Outcome, Refused, Unknown
from joseal.juspay.reconcile import (
    Arrived,
    AttemptQuery,
    Failed,
    Reconciliation,
    StillUnknown,
    read_reconciliation,
)
from joseal.juspay.requests import (
    AttemptPath,
    Request,
    attempt_request,
    cancel_request,
    create_order_request,
    create_plain_order_request,
    order_status_request,
)
from joseal.juspay.responses import (
    ANSWER_BYTES,
    Ack,
    read_attempt_response,
    read_cancel_response,
    read_create_order_response,
    read_order_status_response,
)
from joseal.juspay.signing import PAYOUTS_ENCRYPT_THEN_SIGN, PAYOUTS_SIGN_THEN_ENCRYPT, PayoutKeys
from joseal.juspay.webhooks.receiver import (
    Label,
    UnauthenticatedError,
    Webhook,
    WebhookReceiver,
    read_webhook,
)
from joseal.juspay.webhooks.sqlite import SqliteWebhookStore
from joseal.juspay.webhooks.store import (
    Claim,
    Delivery,
    MemoryWebhookStore,
    WebhookStore,
    WebhookStoreError,
    handle_once,
)

__all__ = [
    "ANSWER_BYTES",
    "BRAZIL_PRODUCTION",
    "BRAZIL_SANDBOX",
    "HDFC_PRODUCTION",
    "HDFC_SANDBOX",
    "PAYOUTS_ENCRYPT_THEN_SIGN",
    "PAYOUTS_SIGN_THEN_ENCRYPT",
    "PRODUCTION",
    "SANDBOX",
    "Accepted",
    "Account",
    "Ack",
    "AdditionalInfo",
    "Arrived",
    "Attempt",
    "AttemptPath",
    "AttemptQuery",
    "AttemptResult",
    "AttemptResults",
    "BankAccount",
    "Beneficiary",
    "CallDetails",
    "Cancellation",
    "CardInfo",
    "Claim",
    "Client",
    "ClientCertificate",
    "Delivery",
    "Details",
    "Document",
    "Entry",
    "Envelope",
    "Expiry",
    "Failed",
    "Fulfillment",
    "FulfillmentState",
    "Known",
    "Label",
    "MemoryWebhookStore",
    "NewFulfillment",
    "NewOrder",
    "NotSent",
    "Order",
    "OrderState",
    "Outcome",
    "PaidBeneficiary",
    "PaidTo",
    "PayeeDetails",
    "PayoutJournal",
    "PayoutJournalError",
    "PayoutKeys",
    "PayoutLink",
    "PlainCard",
    "PlannedAttempt",
    "Proxy",
    "ReconciledEntries",
    "Reconciliation",
    "RedactionFilter",
    "Refused",
    "Request",
    "SavedBeneficiary",
    "SavedCard",
    "SenderDetails",
    "SqlitePayoutJournal",
    "SqliteWebhookStore",
    "StillUnknown",
    "Transaction",
    "TransactionState",
    "UnauthenticatedError",
    "Unknown",
    "UpiId",
    "ValidationState",
    "Wallet",
    "Webhook",
    "WebhookDetails",
    "WebhookReceiver",
    "WebhookStore",
    "WebhookStoreError",
    "attempt_request",
    "cancel_request",
    "create_order_request",
    "create_plain_order_request",
    "decide_attempt",
    "encrypt_body",
    "handle_once",
    "order_status_request",
    "payout_encrypter",
    "protect_loggers",
    "read_attempt_response",
    "read_cancel_response",
    "read_create_order_response",
    "read_order_status_response",
    "read_reconciliation",
    "read_webhook",
    "reconcile_attempts",
    "redact",
    "run_attempts",
]
