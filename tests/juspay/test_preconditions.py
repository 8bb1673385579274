"""What a client can be asked to send: ready requests and envelopes, and with no key at all."""

import functools

import msgspec
import pytest
from tests.faults.world import new_order
from tests.helpers.rows import each_row
from tests.juspay.peer import Peer, answer

from joseal import Decrypter, Key
from joseal.juspay import (
    Accepted,
    Account,
    Ack,
    Attempt,
    CardInfo,
    Client,
    Known,
    NotSent,
    Refused,
    Request,
    Unknown,
    attempt_request,
    create_order_request,
    encrypt_body,
    order_status_request,
    payout_encrypter,
    read_attempt_response,
    read_create_order_response,
    read_order_status_response,
)
from joseal.juspay.sandbox import Sandbox

PAN = "5513651111111111"
ATTEMPT = Attempt(fulfillment_id="f-1", card_info=CardInfo(card_number=PAN))
KNOWN = Known.fresh("order-1", "f-1")


@pytest.fixture(scope="module")
def pair():
    return Key.generate("RSA-OAEP")


@pytest.fixture(scope="module")
def encrypter(pair):
    return payout_encrypter(pair.public())


def envelope_for(sandbox, body=ATTEMPT, **settings):
    encrypter = payout_encrypter(sandbox.public_key)
    return encrypt_body(encrypter, body, kid=sandbox.kid, sid=sandbox.sid, **settings)


def account_at(url, **members):
    return Account(merchant_id="m", api_key="k", base_url=url, **members)


# A client without a key.


def test_without_a_key_statuses_are_read_and_payouts_cancelled(pair):
    with Sandbox(key=pair) as sandbox, Client(sandbox.account) as client:
        order = client.create_plain_order(new_order("order-1")).result()
        part = order.fulfillments[0].id
        assert client.order_status("order-1").result().fulfillments[0].id == part
        assert client.cancel(part).kind == "accepted"


def test_without_a_key_nothing_can_be_encrypted_and_nothing_is_sent():
    with Peer(answer(b"ACK")) as peer, Client(account_at(peer.url)) as client:
        with pytest.raises(ValueError, match="this client has no encrypter"):
            client.attempt("order-1", ATTEMPT, known=KNOWN)
        with pytest.raises(ValueError, match="this client has no encrypter"):
            client.create_order(new_order("order-1"))
    assert peer.requests == []


def test_a_key_needs_an_account_that_has_its_label(encrypter):
    with pytest.raises(ValueError, match="account needs a kid"):
        Client(account_at("http://127.0.0.1:1"), encrypter)
    assert Client(account_at("http://127.0.0.1:1", kid="K"), encrypter)


# A ready envelope.


def test_a_ready_envelope_is_attempted_without_a_key(pair):
    with Sandbox(key=pair) as sandbox, Client(sandbox.account) as client:
        outcome = client.attempt("order-1", envelope_for(sandbox), known=KNOWN)
        assert outcome == Accepted(Ack())
        assert [each.last_four for each in sandbox.received] == ["1111"]


def test_a_second_attempt_by_envelope_is_refused_as_any_other(pair):
    with Sandbox(key=pair) as sandbox, Client(sandbox.account) as client:
        assert client.attempt("order-1", envelope_for(sandbox), known=KNOWN).kind == "accepted"
        with pytest.raises(ValueError, match="an attempt at this payout was made before"):
            client.attempt("order-1", envelope_for(sandbox), known=KNOWN)
        assert sandbox.attempts("order-1") == 1


def test_an_envelope_for_another_order_than_the_known_one_is_refused(pair):
    with Sandbox(key=pair) as sandbox, Client(sandbox.account) as client:
        with pytest.raises(ValueError, match="known is for a different order"):
            client.attempt("order-2", envelope_for(sandbox), known=KNOWN)
        assert sandbox.attempts("order-2") == 0


# A ready request.


def test_a_ready_request_is_sent_once_and_its_answer_read(pair):
    calls = []
    with (
        Sandbox(key=pair) as sandbox,
        Client(sandbox.account, on_call=lambda *call: calls.append(call[:2])) as client,
    ):
        attempt = attempt_request(sandbox.account, "order-1", envelope_for(sandbox))
        assert client.send(attempt, read_attempt_response, name="mine") == Accepted(Ack())
        status = order_status_request(sandbox.account, "order-1")
        read = functools.partial(read_order_status_response, order_id="order-1")
        assert client.send(status, read).result().order_id == "order-1"
        order = envelope_for(sandbox, new_order("order-2"))
        created = client.send(
            create_order_request(sandbox.account, order),
            functools.partial(read_create_order_response, order_id="order-2"),
        )
        assert created.result().order_id == "order-2"
        assert sandbox.attempts("order-1") == 1
    assert calls == [("mine", "accepted"), ("send", "accepted"), ("send", "accepted")]


def test_a_request_for_another_place_is_refused_before_it_leaves():
    with Peer(answer(b"ACK")) as peer, Client(account_at(peer.url)) as client:
        for url in ("http://127.0.0.1:1/x", f"{peer.url}0/x", f"{peer.url}@127.0.0.1/", "/x"):
            request = Request(method="GET", url=url, headers={}, body=None)
            with pytest.raises(ValueError, match="request must go to the base_url"):
                client.send(request, read_attempt_response)
        good = Request(method="GET", url=peer.url + "/x", headers={}, body=None)
        with pytest.raises(TypeError, match="read must be a function"):
            client.send(good, None)
        with pytest.raises(TypeError, match="request must be a Request"):
            client.send(good.url, read_attempt_response)
    assert peer.requests == []


def test_a_request_that_can_not_be_written_is_not_sent():
    with Peer(answer(b"ACK")) as peer, Client(account_at(peer.url)) as client:
        for bad in ({"headers": {"x": "a\r\nb: c"}}, {"method": "GET /x HTTP/1.1\r\n"}):
            members = {"method": "GET", "url": peer.url + "/x", "headers": {}, "body": None, **bad}
            assert isinstance(client.send(Request(**members), read_attempt_response), NotSent)
    assert peer.requests == []


READERS = {
    "raises": lambda status, body: 1 / 0,
    "returns nothing": lambda status, body: None,
    "says that nothing was sent": lambda status, body: NotSent("nothing"),
}


@pytest.mark.parametrize("case", READERS)
def test_a_reader_that_fails_leaves_the_outcome_unknown(case):
    with Peer(answer(b"ACK")) as peer, Client(account_at(peer.url)) as client:
        request = Request(method="POST", url=peer.url + "/x", headers={}, body=b"{}")
        outcome = client.send(request, READERS[case])
    assert isinstance(outcome, Unknown)
    assert (outcome.status, len(peer.requests)) == (200, 1)


# How a body can be told apart from the page's.


def test_a_stringified_body_is_what_a_client_sends_where_it_is_named(pair, encrypter):
    for stringified in (False, True):
        with Sandbox(key=pair, stringified=stringified) as sandbox:
            for said in (False, True):
                with Client(sandbox.account, encrypter, stringified=said) as client:
                    outcome = client.attempt(f"order-{said}", ATTEMPT, known=known_of(said))
                expected = "accepted" if said is stringified else "refused"
                assert outcome.kind == expected, (stringified, said)


def known_of(said):
    return Known.fresh(f"order-{said}", ATTEMPT.fulfillment_id)


def test_an_account_without_a_sid_sends_none(pair, encrypter):
    with Sandbox(key=pair, sid=None) as sandbox, Client(sandbox.account, encrypter) as client:
        assert sandbox.account.sid is None
        assert client.attempt("order-1", ATTEMPT, known=KNOWN) == Accepted(Ack())
    with Sandbox(key=pair) as sandbox:
        nameless = msgspec.structs.replace(sandbox.account, sid=None)
        with Client(nameless, encrypter) as client:
            outcome = client.attempt("order-1", ATTEMPT, known=KNOWN)
        assert isinstance(outcome, Refused)
        assert outcome.error_code == "E03"


def test_a_body_has_the_required_member_alone_or_more_than_the_page(pair, encrypter):
    least = Attempt(fulfillment_id="f-1")
    more = Attempt(fulfillment_id="f-1", extra={"reason": "retry"})
    sent = []
    with Peer(answer(b"ACK")) as peer, Client(account_at(peer.url, kid="K"), encrypter) as client:
        for number, body in enumerate((least, more)):
            order_id = f"order-{number}"
            known = Known.fresh(order_id, "f-1")
            assert client.attempt(order_id, body, known=known) == Accepted(Ack())
    opener = Decrypter(pair, enc="A256CBC-HS512", any_kid=True)
    for _, _, body in peer.requests:
        token = body.decode().partition('"payload":"')[2].partition('"')[0]
        sent.append(opener.decrypt(token))
    assert sent == [b'{"fulfillmentId":"f-1"}', b'{"fulfillmentId":"f-1","reason":"retry"}']


@each_row(
    "members",
    [
        {"body": [b"x", 5]},
        {"body": "text"},
        {"body": 5},
        {"headers": {"a": None}},
        {"headers": {5: "a"}},
        {"headers": [("a", "b")]},
        {"method": None},
        {"url": 5},
    ],
)
def test_a_request_with_a_member_of_another_type_is_refused_before_a_byte_is_sent(members):
    """Some of them fail only when a part of the request has left: the outcome would be lost."""
    with Peer(lambda *_: None) as peer:
        account = Account(merchant_id="m", api_key="key", base_url=peer.url)
        request = msgspec.structs.replace(order_status_request(account, "order-1"), **members)
        with Client(account) as client, pytest.raises(TypeError, match="of a request must be"):
            client.send(request, read_attempt_response)
        assert peer.connections == 0
