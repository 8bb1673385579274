"""Every public type of the layer: what it is printed, inspected and pickled as holds no secret."""

import base64
import copy
import dataclasses
import inspect
import io
import json
import logging
import marshal
import pickle
import pprint
from decimal import Decimal
from functools import partial

import msgspec
import pytest
import rich
import rich.console
import rich.pretty
import trustme
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.serialization import pkcs12
from tests.helpers.addresses import without_addresses
from tests.helpers.rows import each_row

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
    ClientCertificate,
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
    PlannedAttempt,
    Proxy,
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
from joseal.juspay.models.base import Guarded

PAN = "4929471234567898"
CODE = "9071"
WORDS = ("TokCanary", "ApiKeyCanary", "PassCanary", "PayeeCanary", "NoteCanary")
BASIC = base64.b64encode(b"user:PassCanary").decode()
SECRETS = (PAN, CODE, *WORDS, BASIC)
# Enumerations, protocols, and results that hold a status, a reason or a reference alone.
WITHOUT = {
    *("Ack", "Arrived", "AttemptPath", "Cancellation", "Claim", "WebhookStore", "Delivery"),
    *("WebhookStoreError", "Failed", "FulfillmentState", "Label", "MemoryWebhookStore", "NotSent"),
    *("OrderState", "PayoutLink", "AttemptQuery", "SavedBeneficiary", "SqliteWebhookStore"),
    *(
        "Known",
        "StillUnknown",
        "AttemptResult",
        "AttemptResults",
        "ReconciledEntries",
        "CallDetails",
        "Entry",
        "Known",
        "PayoutJournal",
        "Transaction",
        "TransactionState",
        "UnauthenticatedError",
        "Unknown",
    ),
    *("PayoutJournalError", "SqlitePayoutJournal", "ValidationState"),
}


def samples():
    bank = Key.generate("RSA-OAEP", kid="bank").public()
    expiry = Expiry(month="02", year="2031")
    sender = Details(name="PayeeCanary", pan=PAN, card_security_code=CODE)
    card = CardInfo(card_number=PAN, card_security_code=CODE, card_expiry=expiry)
    plain = PlainCard(card_number=PAN, card_security_code=CODE, card_expiry=expiry)
    hook = WebhookDetails(url="https://localhost/h", username="u", password="PassCanary")
    payee = Beneficiary(type="PLAIN_CARD", details=plain)
    more = AdditionalInfo(sender_name="PayeeCanary", webhook_details=hook)
    part = NewFulfillment(amount=Decimal("1.50"), beneficiary_details=payee, additional_info=more)
    order = NewOrder(
        order_id="order-1",
        amount=Decimal("1.50"),
        customer_id="c",
        customer_phone="9999999999",
        customer_email="PayeeCanary@example.com",
        type="FULFILL_ONLY",
        fulfillments=(part,),
    )
    account = Account(merchant_id="m", api_key="ApiKeyCanary", kid="bank")
    paid = PaidBeneficiary(type="CARD", details=PaidTo(name="PayeeCanary", account=PAN))
    done = Fulfillment(id="f", status=juspay.FulfillmentState.SUCCESS, beneficiary_details=paid)
    document = Document(doc_id="PayeeCanary", doc_type="CPF")
    return [
        expiry,
        sender,
        card,
        CardInfo(card_token="TokCanary"),
        SenderDetails(type="PAY_CARD", details=sender),
        Attempt(fulfillment_id="f", card_info=card),
        Attempt(fulfillment_id="f", extra={"a": ["NoteCanary"]}),
        PlannedAttempt("a-1", "order-1", Attempt(fulfillment_id="f", card_info=card)),
        plain,
        payee,
        part,
        order,
        more,
        hook,
        account,
        Envelope(payload="TokCanary", kid="k", format="compact"),
        Request(
            method="POST",
            url="https://localhost/",
            headers={"a": "ApiKeyCanary"},
            body=b"NoteCanary",
        ),
        Refused(
            status=400, error_code="E01", error_message=f"card {PAN}", user_message="NoteCanary"
        ),
        paid,
        paid.details,
        done,
        Order(order_id="o", status=juspay.OrderState.CREATED, fulfillments=(done,)),
        Accepted(value=Order(order_id="o", status=juspay.OrderState.CREATED, fulfillments=(done,))),
        BankAccount(name="PayeeCanary", account=PAN, ifsc="HDFC0000001"),
        UpiId(name="PayeeCanary", vpa="PayeeCanary@bank"),
        SavedCard(card_reference="TokCanary", name="PayeeCanary"),
        Wallet(brand="b", wallet_identifier="PayeeCanary"),
        PayeeDetails(name="PayeeCanary", documents=(document,)),
        document,
        Webhook(
            id="w",
            label="ORDER",
            value="v",
            category="INFO",
            info={"n": "NoteCanary"},
            text=b"NoteCanary",
        ),
        WebhookReceiver(basic=("user", "PassCanary")),
        RedactionFilter(secrets=["ApiKeyCanary"]),
        PayoutKeys(bank),
        Client(account, payout_encrypter(bank)),
        Proxy("http://proxy.example:1", username="user", password="PassCanary"),
        client_certificate(),
    ]


def client_certificate():
    leaf = trustme.CA().issue_cert("me")
    key = serialization.load_pem_private_key(leaf.private_key_pem.bytes(), None)
    certificate = x509.load_pem_x509_certificate(leaf.cert_chain_pems[0].bytes())
    data = pkcs12.serialize_key_and_certificates(
        None, key, certificate, None, serialization.BestAvailableEncryption(b"PassCanary")
    )
    return ClientCertificate.from_pkcs12(data, "PassCanary")


SAMPLES = samples()


def shown(value):
    console = rich.console.Console(file=io.StringIO(), width=2000, color_system=None)
    console.print(value)
    console.print([value])
    texts = [repr(value), str(value), f"{value}", rich.pretty.pretty_repr([value], max_width=2000)]
    return "\n".join([*texts, console.file.getvalue()])


def inspected(value, **options):
    console = rich.console.Console(file=io.StringIO(), width=2000, color_system=None)
    rich.inspect(value, console=console, **options)
    return console.file.getvalue()


def walked(value):
    """Return all that `dir` offers, as debuggers and `inspect.getmembers` show it."""
    return {name: getattr(value, name) for name in dir(value) if not name.startswith("__")}


def logged(value):
    """Return a record as a formatter prints it, and as one that is built on msgspec does."""
    record = logging.makeLogRecord({"msg": "%s %r", "args": (value, value), "body": value})
    # A time, a thread and a process have digits of their own, which can be those of a secret.
    members = {
        name: kept
        for name, kept in vars(record).items()
        if name != "exc_info" and not isinstance(kept, int | float)
    }
    return record.getMessage() + msgspec.json.encode(members, enc_hook=str).decode()


ENCODINGS = {
    "printed": shown,
    "format": lambda value: f"{value} {value!r:>1} %s %r" % (value, value),
    "pprint": pprint.pformat,
    "rich.inspect": inspected,
    "rich.inspect, all": lambda value: inspected(value, all=True),
    "rich.inspect, private": lambda value: inspected(value, private=True, dunder=True),
    "dir": walked,
    "inspect.getmembers": inspect.getmembers,
    "vars": vars,
    "msgspec.json": msgspec.json.encode,
    "msgspec.json, hook str": lambda value: msgspec.json.encode(value, enc_hook=str),
    "msgspec.json, hook vars": lambda value: msgspec.json.encode(value, enc_hook=vars),
    "msgspec.msgpack": msgspec.msgpack.encode,
    "msgspec.msgpack, hook repr": lambda value: msgspec.msgpack.encode(value, enc_hook=repr),
    "msgspec.to_builtins, hook str": lambda value: msgspec.to_builtins(value, enc_hook=str),
    "msgspec.to_builtins": msgspec.to_builtins,
    "asdict": msgspec.structs.asdict,
    "astuple": msgspec.structs.astuple,
    "asdict, as JSON": lambda value: json.dumps(msgspec.structs.asdict(value), default=str),
    "asdict, walked": lambda value: list(map(walked, msgspec.structs.astuple(value))),
    "asdict, pickled": lambda value: pickle.dumps(msgspec.structs.asdict(value)),
    "asdict, inspected": lambda value: inspected(msgspec.structs.asdict(value), all=True),
    "dataclasses": dataclasses.asdict,
    "json": json.dumps,
    "json, default str": lambda value: json.dumps(value, default=str),
    "json, default vars": lambda value: json.dumps(value, default=vars),
    "json, default asdict": lambda value: json.dumps(value, default=msgspec.structs.asdict),
    "json, default to_builtins": lambda value: json.dumps(value, default=msgspec.to_builtins),
    "json, default __getstate__": lambda value: json.dumps(
        value, default=lambda o: o.__getstate__()
    ),
    "__getstate__": lambda value: value.__getstate__(),
    "__reduce_ex__": lambda value: value.__reduce_ex__(2),
    "object.__reduce_ex__": lambda value: object.__reduce_ex__(value, 2),
    "copy": lambda value: shown(copy.copy(value)) + repr(msgspec.to_builtins(copy.copy(value))),
    "deepcopy": lambda value: shown(copy.deepcopy(value)) + repr(walked(copy.deepcopy(value))),
    "replace": lambda value: repr(msgspec.structs.astuple(msgspec.structs.replace(value))),
    **{f"pickle {number}": partial(pickle.dumps, protocol=number) for number in range(6)},
    "marshal": marshal.dumps,
    "logged": logged,
}
REFUSALS = (AttributeError, TypeError, ValueError, msgspec.EncodeError, pickle.PicklingError)


def encoded(encode, value):
    """Return what an encoding shows, as text; an error is what its message shows."""
    try:
        made = encode(value)
    except REFUSALS as error:
        return repr(error)
    return without_addresses(made.decode("latin-1") if isinstance(made, bytes) else str(made))


@pytest.mark.parametrize("value", SAMPLES, ids=lambda value: type(value).__name__)
def test_no_encoding_shows_a_secret(value):
    texts = {name: encoded(encode, value) for name, encode in ENCODINGS.items()}
    assert [
        (name, secret) for name, text in texts.items() for secret in SECRETS if secret in text
    ] == []


def structs(kind=Guarded):
    return {kind, *(deeper for direct in kind.__subclasses__() for deeper in structs(direct))}


def test_every_struct_that_may_hold_a_secret_is_looked_at():
    ours = {kind.__name__ for kind in structs() if kind.__module__.startswith("joseal.")}
    looked_at = {type(value).__name__ for value in SAMPLES}
    assert ours - looked_at - {"Guarded", "Checked", "Body", "Extensible"} <= WITHOUT


def test_every_public_type_is_looked_at():
    public = {name for name in juspay.__all__ if inspect.isclass(getattr(juspay, name))}
    assert public == {type(value).__name__ for value in SAMPLES} | WITHOUT


class Careless(msgspec.Struct):
    note: object


@dataclasses.dataclass
class CarelessToo:
    note: str


@each_row("encode", ENCODINGS.values(), ids=ENCODINGS)
def test_a_leak_would_be_found(encode):
    careless = [Careless("NoteCanary"), CarelessToo("NoteCanary"), "NoteCanary"]
    careless.append(Careless(CarelessToo("NoteCanary")))
    assert any("NoteCanary" in encoded(encode, value) for value in careless)


def test_members_are_read_by_name_and_written_by_to_json():
    card = CardInfo(card_number=PAN, card_security_code=CODE)
    assert (card.card_number, card.card_security_code) == (PAN, CODE)
    assert card.to_json() == f'{{"cardNumber":"{PAN}","cardSecurityCode":"{CODE}"}}'.encode()


def test_structs_compare_and_hash_by_what_they_hold():
    one, same, other = (CardInfo(card_number=number) for number in (PAN, PAN, PAN[::-1]))
    assert (one == same, one == other, len({one, same, other})) == (True, False, 2)


def test_what_stands_in_the_place_of_a_secret_tells_nothing():
    hidden = msgspec.structs.asdict(CardInfo(card_number=PAN))["card_number"]
    assert (repr(hidden), str(hidden), f"{hidden}", dir(hidden)) == (*["<hidden>"] * 3, [])
    assert copy.deepcopy(hidden) is hidden
    for take in (pickle.dumps, vars, lambda value: value.__getstate__()):
        with pytest.raises(TypeError):
            take(hidden)
