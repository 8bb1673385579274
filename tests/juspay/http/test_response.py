"""The answer to one request: what each kind of it means, and where reading ends."""

import base64
import contextlib
import io

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.helpers.rows import each_row
from tests.juspay.calls import (
    ACCEPTED,
    ATTEMPT,
    BROKEN,
    ERROR,
    TIMED_OUT,
    client_for,
    failed,
    send,
    server_tls,
)
from tests.juspay.peer import Peer, answer

from joseal.juspay import (
    Known,
    Refused,
    Unknown,
)

# What comes back.


@pytest.mark.parametrize("body", [ERROR, b'{"response":%b,"code":400}' % ERROR])
def test_a_documented_refusal_is_refused(sealer, body):
    with Peer(answer(body, 400)) as peer:
        assert send(peer, sealer) == Refused(
            status=400, error_code="E01", error_message="m", user_message="u"
        )
    assert len(peer.requests) == 1


@pytest.mark.parametrize("status", [200, 201, 408, 429, 500, 502, 503])
def test_an_undocumented_answer_may_have_been_a_payout_and_is_not_asked_for_again(sealer, status):
    with Peer(answer(b"<html>?</html>", status, "Retry-After: 0")) as peer:
        assert failed(peer, sealer) == (f"HTTP {status} without a documented answer", True)
    assert len(peer.requests) == 1


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(sealer, status):
    with (
        Peer(answer(b"ACK")) as other,
        Peer(answer(b"", status, f"Location: {other.url}/elsewhere")) as peer,
    ):
        assert failed(peer, sealer) == (f"HTTP {status} without a documented answer", True)
    assert len(peer.requests) == 1
    assert other.requests == []


def test_a_compressed_answer_is_not_unpacked(sealer):
    packed = base64.b64decode("H4sIAAAAAAACA3N09gYAzSi4rwMAAAA=")  # gzip of ACK
    with Peer(answer(packed, 200, "Content-Encoding: gzip")) as peer:
        assert failed(peer, sealer) == ("HTTP 200 without a documented answer", True)


def endless(head, unit):
    """Return a script that sends until the client has had enough, and counts what it sent."""

    def play(peer, connection):
        peer.sent = 0
        connection.sendall(head)
        with contextlib.suppress(OSError):
            while peer.sent < 64 * 1024 * 1024:
                connection.sendall(unit)
                peer.sent += len(unit)

    return play


OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"
ENDLESS = [
    (OK + b"Content-Length: 9999999999\r\n\r\n", b"A" * 65536),
    (OK + b"\r\n", b"A" * 65536),
    (CHUNKED, b"10000\r\n" + b"A" * 65536 + b"\r\n"),
    (CHUNKED + b"FFFFFFFFFFFFFFFFFFFF\r\n", b"A" * 65536),
    # http.client takes these two for sizes, and would read the first one to the end.
    (CHUNKED + b"-1\r\n", b"A" * 65536),
    (CHUNKED + b"-5\r\n", b"A" * 65536),
    (OK, b"x: " + b"A" * 60000 + b"\r\n"),
    (OK, b"A" * 65536),
    (b"", b"A" * 65536),
    (b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 1000),
]


@pytest.mark.parametrize(("head", "unit"), ENDLESS)
def test_a_huge_answer_is_cut_off(sealer, head, unit):
    with Peer(endless(head, unit)) as peer:
        text, maybe_sent = failed(peer, sealer)
    assert text in (BROKEN[0], "an answer with HTTP 200 is too large")
    assert maybe_sent
    # What the two sockets buffer is beyond anybody's control; it is some MiB.
    assert peer.sent < 32 * 1024 * 1024


def silent(peer, connection):
    peer.wait(10)


def slow_body(peer, connection):
    connection.sendall(OK + b"Content-Length: 60000\r\n\r\n")
    while not peer.wait(0.02):
        connection.sendall(b"A")


def slow_header(peer, connection):
    connection.sendall(OK + b"x: ")
    while not peer.wait(0.02):
        connection.sendall(b"A")


@pytest.mark.parametrize("play", [silent, slow_body, slow_header])
def test_a_slow_answer_ends_with_the_time_out_for_all_of_it(sealer, play):
    with Peer(play) as peer:
        assert failed(peer, sealer, answer_timeout_seconds=0.3) == TIMED_OUT
    assert len(peer.requests) == 1


CUT = [
    b"",
    b"HTTP/1.1 20",
    OK + b"Content-Le",
    OK + b"Content-Length: 4\r\n\r\nACK",
    OK + b"Content-Length: 9\r\n\r\n",
    CHUNKED + b"3\r\nACK\r\n",
    CHUNKED + b"9\r\nACK",
    CHUNKED + b"zz\r\nACK\r\n0\r\n\r\n",
    b"SSH-2.0-OpenSSH_9.6\r\n",
    b"HTTP/1.1 abc OK\r\n\r\nACK",
    OK + b"Content-Length: 3\r\nContent-Length: 4\r\n\r\nACK",
    b"\x15\x03\x03\x00\x02\x02\x28",
]


@each_row("data", CUT)
def test_an_answer_that_breaks_off_may_have_been_a_payout(sealer, data):
    with Peer(lambda _, connection: connection.sendall(data)) as peer:
        text, maybe_sent = failed(peer, sealer)
    assert maybe_sent
    assert text in (BROKEN[0], "HTTP 200 without a documented answer")
    assert len(peer.requests) == 1


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    start=st.sampled_from(
        [b"", b"HTTP/1.1 ", OK, OK + b"\r\n", CHUNKED, b"HTTP/1.1 400 Bad\r\n\r\n"]
    ),
    rest=st.binary(max_size=200),
)
def test_whatever_comes_back_is_an_outcome_and_no_proof_that_nothing_was_sent(sealer, start, rest):
    with Peer(lambda _, connection: connection.sendall(start + rest)) as peer:
        outcome = send(peer, sealer)
    assert isinstance(outcome, Unknown) or (b"ACK" in rest and outcome == ACCEPTED)
    assert len(peer.requests) == 1


def padded(size):
    """Return an ACK of so many bytes, blanks included."""
    return next(
        whole for blanks in range(size) if len(whole := answer(b"ACK" + b" " * blanks)) == size
    )


@pytest.mark.parametrize("tls", [False, True])
@pytest.mark.parametrize("first", [answer(b"ACK"), padded(io.DEFAULT_BUFFER_SIZE)])
def test_what_follows_an_answer_is_nobodys_answer(sealer, ca, trust, tls, first):
    context = server_tls(ca.issue_cert("localhost")) if tls else None
    # What follows the long one is left in the TLS layer, what follows the short one in a buffer.
    play = first + answer(ERROR, 400)
    with Peer(play, context) as peer, client_for(peer.url, sealer, ssl_context=trust) as client:
        assert (
            client.attempt(
                "order-1", ATTEMPT, known=Known.decided("order-1", ATTEMPT.fulfillment_id)
            )
            == ACCEPTED
        )
        assert (
            client.attempt(
                "order-2", ATTEMPT, known=Known.decided("order-2", ATTEMPT.fulfillment_id)
            )
            == ACCEPTED
        )
        assert peer.connections == 2
