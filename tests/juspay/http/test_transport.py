"""Whether a request was sent, and TLS: against real sockets."""

import contextvars
import datetime as dt
import logging
import socket
import ssl
import struct

import pytest
import trustme
from tests.helpers import ports, resolvers
from tests.juspay.calls import (
    ACCEPTED,
    ATTEMPT,
    BROKEN,
    TIMED_OUT,
    client_for,
    failed,
    send,
    server_tls,
)
from tests.juspay.peer import Peer, answer

from joseal._http import deadline
from joseal.juspay import (
    Known,
    NotSent,
)

# What was sent, where it is not known what came of it.


def test_a_refused_connection_has_sent_nothing(sealer):
    with ports.refusing() as port, client_for(f"http://localhost:{port}", sealer) as client:
        assert client.attempt(
            "order-1", ATTEMPT, known=Known.decided("order-1", ATTEMPT.fulfillment_id)
        ) == NotSent("no connection could be made")


def test_a_host_that_is_not_there_has_been_sent_nothing(sealer):
    with resolvers.without_names(), client_for("https://nobody.invalid", sealer) as client:
        assert client.attempt(
            "order-1", ATTEMPT, known=Known.decided("order-1", ATTEMPT.fulfillment_id)
        ) == NotSent("no connection could be made")


def test_an_earlier_attempt_does_not_count_for_a_later_one(sealer):
    with (
        Peer(answer(b"ACK"), port=ports.unused()) as peer,
        client_for(peer.url, sealer) as client,
    ):
        client.attempt("order-1", ATTEMPT, known=Known.decided("order-1", ATTEMPT.fulfillment_id))
        peer.__exit__()
        with ports.refusing(peer.port):
            assert client.attempt(
                "order-2", ATTEMPT, known=Known.decided("order-2", ATTEMPT.fulfillment_id)
            ) == NotSent("no connection could be made")


def test_a_call_within_a_call_takes_nothing_away_from_what_was_sent(sealer):
    """A handler of a signal or of the log may make one, in the same thread, at any moment."""
    cut = answer(b"ACK")[:-1]
    inner = client_for("http://localhost", sealer)
    inner.close()
    outcomes = []

    class Asking(logging.Handler):
        def emit(self, record):
            del record
            outcomes.append(inner.order_status("order-9").kind)

    log = logging.getLogger("urllib3.connectionpool")
    handler, level = Asking(), log.level
    with Peer(cut) as peer, client_for(peer.url, sealer) as client:
        log.addHandler(handler)
        log.setLevel(logging.DEBUG)
        try:
            outcome = client.attempt(
                "order-1", ATTEMPT, known=Known.decided("order-1", ATTEMPT.fulfillment_id)
            )
        finally:
            log.removeHandler(handler)
            log.setLevel(level)
    assert "not_sent" in outcomes
    assert (outcome.kind, len(peer.requests)) == ("unknown", 1)


def test_a_call_within_a_call_does_not_prolong_it():
    client = client_for("http://localhost", None, deadline_seconds=1000)
    client.close()

    def left():
        deadline.begin(10)
        client.order_status("order-1")
        return deadline.at_most(100)

    assert contextvars.copy_context().run(left) <= 10


def reset(peer, connection):
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def test_a_reset_after_the_request_may_have_been_a_payout(sealer):
    with Peer(reset) as peer:
        assert failed(peer, sealer) == BROKEN
    assert len(peer.requests) == 1


# TLS.


def test_an_attempt_travels_over_tls(sealer, ca, trust):
    with Peer(answer(b"ACK"), server_tls(ca.issue_cert("localhost"))) as peer:
        assert send(peer, sealer, ssl_context=trust) == ACCEPTED
    assert len(peer.requests) == 1


PAST = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
WRONG_CERTIFICATES = {
    "another host": lambda ca: ca.issue_cert("other.example"),
    "expired": lambda ca: ca.issue_cert("localhost", not_after=PAST),
    "another CA": lambda _: trustme.CA().issue_cert("localhost"),
}


@pytest.mark.parametrize("wrong", WRONG_CERTIFICATES)
def test_a_wrong_certificate_is_sent_nothing(sealer, ca, trust, wrong):
    with Peer(answer(b"ACK"), server_tls(WRONG_CERTIFICATES[wrong](ca))) as peer:
        assert failed(peer, sealer, ssl_context=trust) == ("TLS failed", False)
    assert peer.requests == []


def test_a_certificate_outside_the_systems_trust_is_sent_nothing(sealer, ca):
    with Peer(answer(b"ACK"), server_tls(ca.issue_cert("localhost"))) as peer:
        assert failed(peer, sealer) == ("TLS failed", False)
    assert peer.requests == []


def test_a_server_without_tls_is_sent_nothing(sealer, trust):
    def talk(_, connection):
        connection.sendall(answer(b"ACK"))

    with Peer(talk) as peer:
        peer.url = peer.url.replace("http:", "https:")
        # The script wants a request and gets a handshake: it waits, and the client gives up.
        with resolvers.at_once():
            text, maybe_sent = failed(peer, sealer, ssl_context=trust, connect_timeout_seconds=0.3)
    assert (text, maybe_sent) == (TIMED_OUT[0], False)
    assert peer.requests == []


def test_a_tls_fault_after_the_request_may_have_been_a_payout(sealer, ca, trust):
    def garbage(peer, connection):
        with socket.socket(fileno=connection.detach()) as bare:
            bare.sendall(b"\x17\x03\x03\x00\x20" + b"\x00" * 32)
            peer.wait(0.2)

    with Peer(garbage, server_tls(ca.issue_cert("localhost"))) as peer:
        assert failed(peer, sealer, ssl_context=trust) == ("TLS failed", True)
    assert len(peer.requests) == 1


def unverified():
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def optional():
    context = unverified()
    context.verify_mode = ssl.CERT_OPTIONAL
    return context


def any_host():
    context = ssl.create_default_context()
    context.check_hostname = False
    return context


def old():
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    return context


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (unverified, "ssl_context must verify certificates and host names"),
        (optional, "ssl_context must verify certificates and host names"),
        (any_host, "ssl_context must verify certificates and host names"),
        (old, "ssl_context must refuse what is older than TLS 1.2"),
    ],
)
def test_a_context_that_verifies_too_little_is_a_value_error(sealer, make, message):
    with pytest.raises(ValueError, match=f"^{message}$"):
        client_for("https://localhost", sealer, ssl_context=make())
