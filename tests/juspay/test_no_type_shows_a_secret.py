"""Every public type of the layer: what it is printed, inspected and pickled as holds no secret."""

import inspect
import io
import pickle
from decimal import Decimal

import pytest
import rich.console
import rich.pretty

from joseal import Key, juspay
from joseal.juspay import (
    Accepted,
    Account,
    AdditionalInfo,
    Attempt,
    BankAccount,
    Beneficiary,
    CardInfo,
    Client,
    Details,
    Document,
    Envelope,
    Expiry,
    Fulfillment,
    NewFulfillment,
    NewOrder,
    Order,
    PaidBeneficiary,
    PaidTo,
    PayeeDetails,
    PayoutKeys,
    PlainCard,
    RedactionFilter,
    Refused,
    Request,
    SavedCard,
    SenderDetails,
    UpiId,
    Wallet,
    Webhook,
    WebhookDetails,
    WebhookReceiver,
    payout_encrypter,
)

PAN = "4929471234567898"
CODE = "9071"
SECRETS = (PAN, CODE, "Tok-Canary", "Api-Key-Canary", "Pass-Canary", "Payee-Canary", "Note-Canary")
# Enumerations, protocols, and results that hold a status, a reason or a reference alone.
WITHOUT = {
    *("Ack", "Arrived", "AttemptPath", "Cancellation", "Claim", "WebhookStore", "Delivery"),
    *("WebhookStoreError", "Failed", "FulfillmentState", "Label", "MemoryWebhookStore", "NotSent"),
    *("OrderState", "PayoutLink", "AttemptQuery", "SavedBeneficiary", "SqliteWebhookStore"),
    *("StillUnknown", "Transaction", "TransactionState", "UnauthenticatedError", "Unknown"),
    "ValidationState",
}


def samples():
    bank = Key.generate("RSA-OAEP", kid="bank").public()
    expiry = Expiry(month="02", year="2031")
    sender = Details(name="Payee-Canary", pan=PAN, card_security_code=CODE)
    card = CardInfo(card_number=PAN, card_security_code=CODE, card_expiry=expiry)
    plain = PlainCard(card_number=PAN, card_security_code=CODE, card_expiry=expiry)
    hook = WebhookDetails(url="https://localhost/h", username="u", password="Pass-Canary")
    payee = Beneficiary(type="PLAIN_CARD", details=plain)
    more = AdditionalInfo(sender_name="Payee-Canary", webhook_details=hook)
    part = NewFulfillment(amount=Decimal("1.50"), beneficiary_details=payee, additional_info=more)
    order = NewOrder(
        order_id="order-1",
        amount=Decimal("1.50"),
        customer_id="c",
        customer_phone="9999999999",
        customer_email="Payee-Canary@example.com",
        type="FULFILL_ONLY",
        fulfillments=(part,),
    )
    account = Account(merchant_id="m", api_key="Api-Key-Canary", kid="bank")
    paid = PaidBeneficiary(type="CARD", details=PaidTo(name="Payee-Canary", account=PAN))
    done = Fulfillment(id="f", status=juspay.FulfillmentState.SUCCESS, beneficiary_details=paid)
    document = Document(doc_id="Payee-Canary", doc_type="CPF")
    return [
        expiry,
        sender,
        card,
        CardInfo(card_token="Tok-Canary"),
        SenderDetails(type="PAY_CARD", details=sender),
        Attempt(fulfillment_id="f", card_info=card),
        plain,
        payee,
        part,
        order,
        more,
        hook,
        account,
        Envelope(payload="Tok-Canary", kid="k", format="compact"),
        Request(
            method="POST",
            url="https://localhost/",
            headers={"a": "Api-Key-Canary"},
            body=b"Note-Canary",
        ),
        Refused(
            status=400, error_code="E01", error_message=f"card {PAN}", user_message="Note-Canary"
        ),
        paid,
        paid.details,
        done,
        Order(order_id="o", status=juspay.OrderState.CREATED, fulfillments=(done,)),
        Accepted(value=Order(order_id="o", status=juspay.OrderState.CREATED, fulfillments=(done,))),
        BankAccount(name="Payee-Canary", account=PAN, ifsc="HDFC0000001"),
        UpiId(name="Payee-Canary", vpa="Payee-Canary@bank"),
        SavedCard(card_reference="Tok-Canary", name="Payee-Canary"),
        Wallet(brand="b", wallet_identifier="Payee-Canary"),
        PayeeDetails(name="Payee-Canary", documents=(document,)),
        document,
        Webhook(
            id="w",
            label="ORDER",
            value="v",
            category="INFO",
            info={"n": "Note-Canary"},
            text=b"Note-Canary",
        ),
        WebhookReceiver(basic=("user", "Pass-Canary")),
        RedactionFilter(secrets=["Api-Key-Canary"]),
        PayoutKeys(bank),
        Client(account, payout_encrypter(bank)),
    ]


SAMPLES = samples()


def shown(value):
    console = rich.console.Console(file=io.StringIO(), width=2000, color_system=None)
    console.print(value)
    console.print([value])
    texts = [repr(value), str(value), f"{value}", rich.pretty.pretty_repr([value], max_width=2000)]
    return "\n".join([*texts, console.file.getvalue()])


@pytest.mark.parametrize("value", SAMPLES, ids=lambda value: type(value).__name__)
def test_no_secret_is_printed(value):
    text = shown(value)
    assert [secret for secret in SECRETS if secret in text] == []


@pytest.mark.parametrize("value", SAMPLES, ids=lambda value: type(value).__name__)
def test_no_secret_is_pickled(value):
    try:
        data = pickle.dumps(value)
    except TypeError:
        return
    assert [secret for secret in SECRETS if secret.encode() in data] == []


def test_every_public_type_is_looked_at():
    public = {name for name in juspay.__all__ if inspect.isclass(getattr(juspay, name))}
    assert public == {type(value).__name__ for value in SAMPLES} | WITHOUT


def test_a_leak_would_be_found():
    assert "Note-Canary" in shown(["Note-Canary"])
