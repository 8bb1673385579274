"""Juspay and the profiles, as a type checker sees them."""

from collections.abc import Mapping
from typing import assert_never, assert_type

from joseal import Encrypter, Key, NestedToken, profiles
from joseal.juspay import (
    Accepted,
    Account,
    Ack,
    Arrived,
    Attempt,
    CardInfo,
    Client,
    Delivery,
    Envelope,
    Expiry,
    Failed,
    Known,
    MemoryWebhookStore,
    NotSent,
    Order,
    Outcome,
    Reconciliation,
    Refused,
    Request,
    StillUnknown,
    Unknown,
    Webhook,
    WebhookReceiver,
    attempt_request,
    encrypt_body,
    handle_once,
    payout_encrypter,
    read_attempt_response,
    redact,
)


def attempt(account: Account, key: Key) -> Attempt:
    assert_type(payout_encrypter(key, enc="A128CBC-HS256"), Encrypter)
    assert_type(account.sid, str | None)
    expiry = Expiry(month="01", year="2030")
    Expiry(month=1, year=2030)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    Expiry("01", "2030")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    CardInfo(card_number=5513651111111111)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    CardInfo(card_number="1", card_expiry="01/30")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    Account(merchant_id="a")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    payout_encrypter(key, enc="A256GCM")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    assert_type(Attempt(fulfillment_id="a", extra={"a": 1}).to_json(stringified=True), bytes)
    assert_type(Attempt(fulfillment_id="a").card_info, CardInfo | None)
    Attempt(fulfillment_id="a", extra="a")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    return Attempt(fulfillment_id="a", card_info=CardInfo(card_number="1", card_expiry=expiry))


def calls(account: Account, sealer: Encrypter, made: Attempt) -> None:
    assert_type(Client(account), Client)
    with Client(account, sealer, stringified=True) as client:
        assert_type(client, Client)
        request = attempt_request(account, "order-1", encrypt_body(sealer, made, kid="a"))
        assert_type(client.send(request, read_attempt_response), Outcome[Ack])
        client.send(request.body, read_attempt_response)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
        outcome = client.attempt(
            "order-1", made, known=Known.decided("order-1", made.fulfillment_id)
        )
        assert_type(outcome, Outcome[Ack])
        assert_type(outcome.result(), Ack)
        assert_type(client.order_status("order-1", expand=("payment",)).result(), Order)
        assert_type(client.reconcile(Known.fresh("order-1", "f-1")), Reconciliation)
        client.attempt("order-1", made)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
        client.order_status("order-1", expand=("card",))  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
        client.reconcile("order-1")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
        assert_type(outcome.value, Ack)  # type: ignore[union-attr, assert-type]  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType, reportAssertTypeFailure]
    Client(account, "key")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def every_outcome_is_handled(outcome: Outcome[Ack], resolution: Reconciliation) -> None:
    match outcome:
        case Accepted(value):
            assert_type(value, Ack)
        case Refused():
            assert_type(outcome.advice, str)
        case NotSent():
            assert_type(outcome.reason, str)
        case Unknown():
            assert_type(outcome.status, int | None)
        case _:
            assert_never(outcome)
    match resolution:
        case Arrived() | Failed():
            assert_type(resolution.transactions[0].status.documented, bool)
        case StillUnknown():
            assert_type(resolution.ask_again_seconds, int)
        case _:
            assert_never(resolution)


def kind_tells_outcomes_apart(outcome: Outcome[Ack]) -> None:
    if outcome.kind == "accepted":
        assert_type(outcome, Accepted[Ack])
    elif outcome.kind == "unknown":
        assert_type(outcome, Unknown)
    else:
        assert_type(outcome, Refused | NotSent)


def an_outcome_is_forgotten(outcome: Outcome[Ack]) -> None:
    match outcome:
        case Accepted() | Refused() | NotSent():
            pass
        case _:
            assert_never(outcome)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def without_sockets(account: Account, sealer: Encrypter, made: Attempt) -> None:
    envelope = encrypt_body(sealer, made, kid="a")
    assert_type(envelope, Envelope)
    request = attempt_request(account, "order-1", envelope)
    assert_type(request, Request)
    assert_type(request.headers, Mapping[str, str])
    assert_type(request.body, bytes | None)
    assert_type(read_attempt_response(200, b"{}"), Outcome[Ack])
    assert_type(redact("a"), str)
    attempt_request(account, "order-1", made)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    read_attempt_response(200, "{}")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    encrypt_body(sealer, {"fulfillment_id": "a"}, kid="a")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def webhooks(receiver: WebhookReceiver, headers: dict[str, str]) -> None:
    webhook = receiver.receive(headers.items(), b"{}")
    assert_type(webhook, Webhook)
    assert_type(webhook.info, Mapping[str, object])
    delivery = handle_once(MemoryWebhookStore(), webhook, lambda given: assert_type(given, Webhook))
    assert_type(delivery, Delivery)
    assert_type(delivery.acknowledge, bool)
    receiver.receive(headers, "{}")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    WebhookReceiver(basic="user:password")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    handle_once({}, webhook, print)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def named_profiles(key: Key) -> None:
    visa = profiles.VISA_MLE
    assert_type(visa, profiles.Profile)
    assert_type(profiles.PROFILES["visa-mle"], profiles.Profile)
    assert_type(visa.with_send(enc="A256GCM"), profiles.Profile)
    assert_type(visa.encrypter(key).encrypt(b"{}"), str)
    received = visa.decrypter(key).open("{}")
    assert_type(received, NestedToken)
    assert_type(received.payload, bytes)
    assert_type(received.signed_by, Key | None)
    visa.encrypter("key")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    visa.encrypter(key).encrypt("{}")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    visa.decrypter(key).open({"encData": "a"})  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    profiles.IssuedAt("us")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    profiles.PROFILES["mine"] = visa  # type: ignore[index]  # pyright: ignore[reportIndexIssue]
