"""Every answer of a hostile server, with its own count: one request each time, and no false proof.

What only takes time (drips, silence, hints without end) is in test_calls.py and in
tests/juspay/http/test_response.py.
"""

import gzip
import socket
import struct

import pytest
from tests.juspay.calls import ERROR, client_for
from tests.juspay.peer import Peer, answer

from joseal import Key
from joseal.juspay import Attempt, CardInfo, Known, payout_encrypter

ATTEMPT = Attempt(fulfillment_id="f-1", card_info=CardInfo(card_token="1111111111111111"))
KNOWN = Known.fresh("order-1", "f-1")
OK = b"HTTP/1.1 200 OK\r\n"
ACK = answer(b"ACK")
FIN, RST = "FIN", "RST"

# What is sent back, how the connection ends, and what the outcome is.
PLAYS: dict[str, tuple[bytes, str, str]] = {
    "nothing": (b"", FIN, "unknown"),
    "nothing, reset": (b"", RST, "unknown"),
    "half a status line": (b"HTTP/1.1 20", FIN, "unknown"),
    "half a status line, reset": (b"HTTP/1.1 20", RST, "unknown"),
    "half a header": (OK + b"Content-Le", FIN, "unknown"),
    "100, then an answer": (b"HTTP/1.1 100 Continue\r\n\r\n" + ACK, FIN, "accepted"),
    "another word": (answer(b"NAK"), FIN, "unknown"),
    "no word": (answer(b""), FIN, "unknown"),
    "a length too long": (OK + b"Content-Length: 4\r\n\r\nACK", FIN, "unknown"),
    "a length too short": (OK + b"Content-Length: 2\r\n\r\nACK", FIN, "unknown"),
    "a byte too many": (ACK + b"X", FIN, "accepted"),
    "a negative length": (OK + b"Content-Length: -3\r\n\r\nACK", FIN, "unknown"),
    "two equal lengths": (OK + b"Content-Length: 3\r\n" * 2 + b"\r\nACK", FIN, "unknown"),
    "two lengths": (OK + b"Content-Length: 3\r\nContent-Length: 2\r\n\r\nACK", FIN, "unknown"),
    "read to the end": (OK + b"\r\nACK", FIN, "accepted"),
    "read to a reset": (OK + b"\r\nACK", RST, "unknown"),
    "compressed": (answer(gzip.compress(b"ACK"), 200, "Content-Encoding: gzip"), FIN, "unknown"),
    "chunks": (
        OK + b"Transfer-Encoding: chunked\r\n\r\n1\r\nA\r\n2\r\nCK\r\n0\r\n\r\n",
        FIN,
        "accepted",
    ),
    "chunks without an end": (
        OK + b"Transfer-Encoding: chunked\r\n\r\n3\r\nACK\r\n",
        FIN,
        "unknown",
    ),
    "HTTP/1.0": (b"HTTP/1.0 200 OK\r\n\r\nACK", FIN, "accepted"),
    "HTTP/1.0, reset": (b"HTTP/1.0 200 OK\r\n\r\nACK", RST, "unknown"),
    "HTTP/0.9": (b"ACK", FIN, "unknown"),
    "HTTP/2": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", FIN, "unknown"),
    "HTTP/3.7": (b"HTTP/3.7 200 OK\r\nContent-Length: 3\r\n\r\nACK", FIN, "unknown"),
    "two answers": (ACK + answer(ERROR, 400), FIN, "accepted"),
    "307": (answer(b"", 307, "Location: /payout/merchant/v1/orders/x/attempt"), FIN, "unknown"),
    "303": (answer(b"", 303, "Location: /"), FIN, "unknown"),
    "429": (answer(b"", 429, "Retry-After: 0"), FIN, "unknown"),
    "503": (answer(b"", 503, "Retry-After: 0"), FIN, "unknown"),
    "204": (b"HTTP/1.1 204 No Content\r\n\r\n", FIN, "unknown"),
    "101": (b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\nACK", FIN, "unknown"),
    "999": (answer(b"ACK", 999), FIN, "unknown"),
    "-1": (answer(b"ACK", -1), FIN, "unknown"),
    "413 and away": (
        b"HTTP/1.1 413 Payload Too Large\r\nConnection: close\r\n\r\n",
        FIN,
        "unknown",
    ),
    "no reason phrase": (b"HTTP/1.1 200\r\nContent-Length: 3\r\n\r\nACK", FIN, "accepted"),
    "a header without a colon": (answer(b"ACK", 200, "garbage line"), FIN, "unknown"),
    "300 headers": (answer(b"ACK", 200, *(f"x{n}: a" for n in range(300))), FIN, "unknown"),
    "a refusal": (answer(ERROR, 400), FIN, "refused"),
    "a refusal with a length too long": (
        b"HTTP/1.1 400 Bad\r\nContent-Length: 500\r\n\r\n" + ERROR,
        FIN,
        "unknown",
    ),
    "a refusal that is reset": (b"HTTP/1.1 400 Bad\r\n\r\n" + ERROR, RST, "unknown"),
}


@pytest.fixture(scope="module")
def encrypter():
    return payout_encrypter(Key.generate("RSA-OAEP").public())


def ending(data, manner):
    def play(peer, connection):
        connection.sendall(data)
        if manner == RST:
            # The bytes are to arrive first.
            peer.wait(0.05)
            linger = struct.pack("ii", 1, 0)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)

    return play


@pytest.mark.parametrize("name", PLAYS)
def test_whatever_a_server_answers_an_attempt_arrives_once_and_nothing_false_is_said(
    name, encrypter
):
    data, manner, kind = PLAYS[name]
    with Peer(ending(data, manner)) as peer, client_for(peer.url, encrypter) as client:
        outcome = client.attempt("order-1", ATTEMPT, known=KNOWN)
    assert outcome.kind == kind
    assert len(peer.requests) == peer.connections == 1


BROKEN = [name for name, (_, _, kind) in PLAYS.items() if kind == "unknown"]


@pytest.mark.parametrize("name", BROKEN)
def test_a_cancellation_and_a_status_that_break_off_are_unknown_and_asked_once_each(
    name, encrypter
):
    data, manner, _ = PLAYS[name]
    # A connection of its own for each, because the peer is about to close the first one.
    own = {"idle_seconds": 0}
    with Peer(ending(data, manner)) as peer, client_for(peer.url, encrypter, **own) as client:
        outcomes = [client.cancel("f-1").kind, client.order_status("order-1").kind]
    assert outcomes == ["unknown", "unknown"]
    assert [first.split()[0] for first, _, _ in peer.requests] == ["POST", "GET"]


def test_of_a_huge_answer_little_is_taken(encrypter):
    sent = []

    def pour(peer, connection):
        connection.sendall(OK + b"Content-Length: 9999999999\r\n\r\n")
        while sum(sent) < 200_000_000 and not peer.wait(0):
            connection.sendall(b"A" * 65536)
            sent.append(65536)

    with Peer(pour) as peer, client_for(peer.url, encrypter) as client:
        assert client.attempt("order-1", ATTEMPT, known=KNOWN).kind == "unknown"
    assert len(peer.requests) == 1
    assert sum(sent) < 50_000_000


def test_a_server_that_answers_before_it_was_asked_is_asked_once(encrypter):
    class Early(Peer):
        def _requests(self, connection):
            connection.sendall(ACK)
            super()._requests(connection)

    with Early(b"") as peer, client_for(peer.url, encrypter) as client:
        outcome = client.attempt("order-1", ATTEMPT, known=KNOWN)
    assert outcome.kind in ("accepted", "unknown")
    assert len(peer.requests) == 1
