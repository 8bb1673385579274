"""What a call tells besides its outcome: how long, which headers, what went wrong, and a record."""

import contextvars
import logging
import pickle
import socket
import threading
import time

import pytest
import trustme
from tests.faults.test_certificates import FUTURE, PAST, self_signed, server_of, trust_in
from tests.faults.world import API_KEY, PAN, attempt_at
from tests.helpers import ports, resolvers
from tests.juspay.peer import Peer, answer

from joseal import Key
from joseal._http import deadline
from joseal._http.response import Answer
from joseal.juspay import Account, Ack, CallDetails, Client, Known, payout_encrypter
from joseal.juspay.outcomes import Accepted, NotSent

ENCRYPTER = payout_encrypter(Key.generate("RSA-OAEP").public())
KNOWN = Known.fresh("order-1", "f-1")
REFUSAL = b'{"error":true,"errorCode":"E01","errorMessage":"m","userMessage":"u"}'


def client_of(url, **settings):
    account = Account(merchant_id="m", api_key=API_KEY, kid="K", base_url=url)
    return Client(account, ENCRYPTER, **{"answer_timeout_seconds": 30, **settings})


def attempted(url, **settings):
    with client_of(url, **settings) as client:
        return client.attempt("order-1", attempt_at("f-1"), known=KNOWN)


HEADERS = ("Date: today", "Retry-After: 7", "x-request-id: r-1", f"X-Card: {PAN}", "Server: s")


@pytest.mark.parametrize(
    ("play", "kind"),
    [
        (answer(b"ACK", 200, *HEADERS), "accepted"),
        (answer(REFUSAL, 400, *HEADERS), "refused"),
        (answer(b"busy", 503, *HEADERS), "unknown"),
    ],
)
def test_headers_of_an_answer_are_kept_by_a_list(play, kind):
    with Peer(play) as peer:
        outcome = attempted(peer.url)
    assert outcome.kind == kind
    assert outcome.call.headers == {"Date": "today", "Retry-After": "7", "X-Request-Id": "r-1"}
    assert 0 < outcome.call.seconds < 30
    assert outcome.call.cause is None
    assert "today" not in repr(outcome)


@pytest.mark.parametrize("value", ["x" * 129, "a\tb", "\xe9"])
def test_a_header_that_is_long_or_not_printable_is_not_kept(value):
    play = b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nX-Request-Id: %b\r\n\r\nACK"
    with Peer(play % value.encode("latin-1")) as peer:
        outcome = attempted(peer.url)
    assert (outcome, outcome.call.headers) == (Accepted(Ack()), {})


def test_outcomes_are_compared_without_the_details_of_the_call():
    one, other = (NotSent("why", CallDetails(seconds=seconds)) for seconds in (1, 2))
    assert one == other
    assert hash(one) == hash(other)
    assert one != NotSent("else")
    assert pickle.loads(pickle.dumps(one)).call.seconds == 1  # noqa: S301 - made here


CERTIFICATES = {
    "certificate name": lambda ca: server_of(ca.issue_cert("sandbox.example")),
    "certificate expired": lambda ca: server_of(ca.issue_cert("localhost", not_after=PAST)),
    "certificate not valid yet": lambda ca: server_of(
        ca.issue_cert("localhost", not_before=FUTURE)
    ),
    "unknown CA": lambda _: server_of(trustme.CA().issue_cert("localhost")),
}


@pytest.mark.parametrize("cause", CERTIFICATES)
def test_why_a_certificate_is_not_trusted_is_told_by_its_number(cause):
    ca = trustme.CA()
    with Peer(answer(b"ACK"), tls=CERTIFICATES[cause](ca)) as peer:
        outcome = attempted(peer.url, ssl_context=trust_in(ca))
    assert (outcome.kind, outcome.call.cause) == ("not_sent", cause)
    assert peer.requests == []


def test_a_self_signed_certificate_is_of_an_unknown_ca():
    ca = trustme.CA()
    with Peer(answer(b"ACK"), tls=self_signed(ca)) as peer:
        assert attempted(peer.url, ssl_context=trust_in(ca)).call.cause == "unknown CA"


def test_the_causes_of_the_network_are_told():
    with ports.refusing() as port:
        refused = attempted(f"http://127.0.0.1:{port}")
    assert (refused.kind, refused.call.cause) == ("not_sent", "refused")
    with resolvers.without_names():
        nowhere = attempted("https://no-such-host.invalid")
    assert (nowhere.kind, nowhere.call.cause) == ("not_sent", "DNS")
    with Peer(lambda peer, connection: peer.wait(60)) as peer:
        silent = attempted(peer.url, answer_timeout_seconds=0.2)
        assert (silent.kind, silent.call.cause) == ("unknown", "answer time-out")
    with socket.create_server(("127.0.0.1", 0)) as mute:
        url = f"https://localhost:{mute.getsockname()[1]}"
        with resolvers.at_once():
            hung = attempted(url, ssl_context=trust_in(trustme.CA()), connect_timeout_seconds=0.2)
        assert (hung.kind, hung.call.cause) == ("not_sent", "handshake time-out")


# One record, and a hook.


def test_each_call_is_one_record_with_four_facts_and_one_call_of_the_hook(caplog):
    told = []
    with Peer(answer(b"busy", 503)) as peer, caplog.at_level(logging.INFO, "joseal"):
        outcome = attempted(peer.url, on_call=lambda *facts: told.append(facts))
    ((name, kind, seconds),) = told
    assert (name, kind, seconds) == ("attempt", "unknown", outcome.call.seconds)
    (record,) = [each for each in caplog.records if each.name == "joseal.juspay.calls"]
    assert record.getMessage() == f"attempt unknown 503 {round(1000 * seconds)} ms"


def test_a_hook_that_fails_takes_no_outcome_away(caplog):
    def fail(*facts):
        raise RuntimeError(PAN)

    with Peer(answer(b"ACK")) as peer:
        assert attempted(peer.url, on_call=fail) == Accepted(Ack())
    assert "on_call failed after attempt" in caplog.text
    assert PAN not in caplog.text
    with pytest.raises(TypeError, match="on_call must be a function"):
        client_of("http://127.0.0.1:1", on_call="print")


def test_a_filter_of_the_log_that_fails_takes_no_outcome_away():
    def fail(record):
        raise ValueError(PAN)

    calls = logging.getLogger("joseal.juspay.calls")
    level = calls.level
    calls.setLevel(logging.INFO)
    calls.addFilter(fail)
    try:
        with Peer(answer(b"ACK")) as peer:
            assert attempted(peer.url) == Accepted(Ack())
    finally:
        calls.removeFilter(fail)
        calls.setLevel(level)


# What comes before an answer, and lengths.

HINTS = b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n"


@pytest.mark.parametrize("before", [HINTS, HINTS * 3, b"HTTP/1.1 102 Processing\r\n\r\n" + HINTS])
def test_what_comes_before_the_answer_is_skipped(before):
    with Peer(before + answer(b"ACK")) as peer, client_of(peer.url) as client:
        for number in range(2):
            known = Known.fresh(f"order-{number}", "f-1")
            found = client.attempt(f"order-{number}", attempt_at("f-1"), known=known)
            assert found == Accepted(Ack())
    assert peer.connections == 1


def test_hints_without_end_are_no_answer():
    def play(peer, connection):
        while not peer.wait(0.001):
            connection.sendall(HINTS)

    with Peer(play) as peer:
        assert attempted(peer.url, answer_timeout_seconds=0.5).kind == "unknown"


@pytest.mark.parametrize(
    "lengths", [("-3",), ("3", "3"), ("3", "2"), ("3, 3",), ("+3",), ("0x3",), ("",), ("9" * 40,)]
)
def test_a_length_that_can_not_be_told_makes_it_unknown(lengths):
    head = "".join(f"Content-Length: {length}\r\n" for length in lengths)
    with Peer(f"HTTP/1.1 200 OK\r\n{head}\r\nACK".encode()) as peer:
        assert attempted(peer.url).kind == "unknown"


# The deadline.


def test_a_resolver_that_hangs_ends_with_the_deadline(monkeypatch):
    released = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: released.wait(60) and [])
    begun = time.monotonic()
    try:
        outcome = attempted("https://api.example", deadline_seconds=0.3)
        assert (outcome.kind, outcome.call.cause) == ("not_sent", "deadline")
        assert time.monotonic() - begun < 30
    finally:
        released.set()


def test_where_no_thread_can_be_started_for_the_resolver_nothing_was_sent(monkeypatch):
    """A container that bounds its threads, or an interpreter that ends."""

    def refuse(_):
        raise RuntimeError("can't start new thread")

    with Peer(lambda peer, connection: peer.wait(90)) as peer:
        monkeypatch.setattr(threading.Thread, "start", refuse)
        try:
            outcome = attempted(peer.url)
        finally:
            monkeypatch.undo()
    assert (outcome.kind, outcome.call.cause) == ("not_sent", "DNS")


@pytest.mark.parametrize("kind", [RecursionError, MemoryError, RuntimeError])
def test_a_call_that_python_itself_breaks_off_has_an_outcome(kind, monkeypatch):
    def breaking(*_):
        raise kind

    with Peer(answer(b"ACK")) as peer:
        monkeypatch.setattr(Answer, "begin", breaking)
        assert attempted(peer.url).kind == "unknown"
        monkeypatch.setattr(deadline, "addresses", breaking)
        assert attempted(peer.url).kind == "not_sent"


def test_an_answer_that_takes_longer_than_the_deadline_is_unknown():
    with Peer(lambda peer, connection: peer.wait(90)) as peer:
        begun = time.monotonic()
        # The request itself has to have left by then.
        outcome = attempted(peer.url, deadline_seconds=2, answer_timeout_seconds=60)
        assert outcome.kind == "unknown"
        assert time.monotonic() - begun < 30


def test_steps_that_are_each_in_time_end_with_the_deadline():
    """Neither the handshake nor the answer is too long; both together are."""
    with socket.create_server(("127.0.0.1", 0)) as mute:
        url = f"https://localhost:{mute.getsockname()[1]}"
        begun = time.monotonic()
        outcome = attempted(
            url,
            ssl_context=trust_in(trustme.CA()),
            deadline_seconds=0.4,
            connect_timeout_seconds=60,
        )
        assert outcome.kind == "not_sent"
        assert time.monotonic() - begun < 30


def test_when_nothing_is_left_a_step_does_not_begin():
    def steps():
        deadline.begin(-1)
        with pytest.raises(deadline.DeadlineError):
            deadline.at_most(5)
        deadline.begin(1000)
        return deadline.at_most(1)

    # In a context of its own: no later test has a deadline.
    assert contextvars.copy_context().run(steps) == 1
