"""The examples of docs/http-stacks.md, as they stand there, against real sockets."""

import asyncio
import gzip
import inspect
import pathlib
import re
import ssl
import time

import pytest
import trustme
from tests.helpers import ports
from tests.juspay.peer import Peer, answer

from joseal.juspay import (
    ANSWER_BYTES,
    Accepted,
    Account,
    Ack,
    Envelope,
    NotSent,
    Refused,
    Unknown,
    attempt_request,
)

TEXT = (pathlib.Path(__file__).parents[2] / "docs/http-stacks.md").read_text()
EXAMPLES = dict(re.findall(r"<!-- stack: (\S+) -->\n```python\n(.*?)```", TEXT, re.DOTALL))
ENVELOPE = Envelope(payload="a.b.c.d.e", kid="K", sid="S", format="compact")
UNKNOWN = Unknown("no whole answer")
ERROR = b'{"error":true,"errorCode":"E01","errorMessage":"m","userMessage":"u"}'

pytestmark = pytest.mark.parametrize("stack", EXAMPLES)


def client_of(stack):
    """Return the asynchronous client that the text beside the example names."""
    if stack == "aiohttp":
        import aiohttp

        return aiohttp.ClientSession(auto_decompress=False)
    import httpx

    return httpx.AsyncClient(trust_env=False, follow_redirects=False, timeout=30)


def send(stack, base_url, times=1, **how):
    """Run an example and return the outcomes of so many requests."""
    account = Account(merchant_id="m", api_key="k", kid="K", sid="S", base_url=base_url)
    request = attempt_request(account, "order-1", ENVELOPE)
    space = {}
    exec(EXAMPLES[stack], space)  # noqa: S102 - our own page
    if not inspect.iscoroutinefunction(space["send"]):
        with space["http"]:
            return [space["send"](request, **how) for _ in range(times)]

    async def run():
        async with client_of(stack) as http:
            return [await space["send"](http, request, **how) for _ in range(times)]

    return asyncio.run(run())


def test_all_four_are_there_and_short(stack):
    assert list(EXAMPLES) == ["httpx", "httpx-async", "requests", "aiohttp"]
    assert len([line for line in EXAMPLES[stack].splitlines() if line]) <= 32


def test_what_is_built_is_what_is_sent(stack):
    with Peer(answer(b"ACK")) as peer:
        assert send(stack, peer.url, times=2) == [Accepted(Ack())] * 2
    assert peer.connections == 1
    for first, headers, body in peer.requests:
        assert first == "POST /payout/merchant/v1/orders/order-1/attempt HTTP/1.1"
        sent = {name.lower(): value for name, value in headers}
        assert sent["authorization"] == "Basic azo="
        assert sent["content-type"] == "application/json"
        assert sent["x-merchantid"] == "m"
        assert body == ENVELOPE.to_json()


def test_a_refusal_is_the_same_as_the_clients(stack):
    with Peer(answer(ERROR, 400)) as peer:
        assert send(stack, peer.url) == [
            Refused(status=400, error_code="E01", error_message="m", user_message="u")
        ]


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_not_followed(stack, status):
    with (
        Peer(answer(b"ACK")) as other,
        Peer(answer(b"", status, f"Location: {other.url}/elsewhere")) as peer,
    ):
        assert send(stack, peer.url) == [
            Unknown(f"HTTP {status} without a documented answer", status)
        ]
    assert len(peer.requests) == 1
    assert other.requests == []


@pytest.mark.parametrize("status", [408, 429, 500, 503])
def test_nothing_is_sent_again(stack, status):
    with Peer(answer(b"busy", status, "Retry-After: 0")) as peer:
        (outcome,) = send(stack, peer.url)
        assert (outcome.kind, outcome.status) == ("unknown", status)
    assert len(peer.requests) == 1


def test_an_answer_is_not_unpacked(stack):
    with Peer(answer(gzip.compress(b"ACK"), 200, "Content-Encoding: gzip")) as peer:
        assert send(stack, peer.url) == [Unknown("HTTP 200 without a documented answer", 200)]


def test_a_huge_answer_is_not_read_to_its_end(stack):
    with Peer(answer(b"A" * (ANSWER_BYTES + 1))) as peer:
        assert send(stack, peer.url) == [Unknown("an answer with HTTP 200 is too large", 200)]


CUT = [
    b"",
    b"HTTP/1.1 20",
    b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nACK",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nACK\r\n",
    b"\x15\x03\x03\x00\x02\x02\x28",
]


@pytest.mark.parametrize("data", CUT)
def test_an_answer_that_breaks_off_is_unknown(stack, data):
    with Peer(lambda _, connection: connection.sendall(data)) as peer:
        assert send(stack, peer.url) == [UNKNOWN]
    assert len(peer.requests) == 1


def test_what_reached_nobody_was_not_sent_where_a_mark_can_tell(stack):
    told = NotSent("no connection") if stack.startswith("httpx") else UNKNOWN
    with ports.refusing() as port:
        assert send(stack, f"http://127.0.0.1:{port}") == [told]
    # A handshake that fails comes before the request too.
    strange = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("localhost").configure_cert(strange)
    with Peer(answer(b"ACK"), tls=strange) as peer:
        (outcome,) = send(stack, peer.url)
    assert outcome.kind == ("not_sent" if stack.startswith("httpx") else "unknown")
    assert peer.requests == []


def test_a_connection_that_was_kept_and_is_cut_leaves_the_second_request_unknown(stack):
    def once(peer, connection):
        connection.sendall(answer(b"ACK"))
        peer._read(connection)

    with Peer(once) as peer:
        first, second = send(stack, peer.url, times=2)
    assert (first, second.kind) == (Accepted(Ack()), "unknown")


DRIPS = {
    "header": (b"HTTP/1.1 200 OK\r\nX-Slow: ", b"H"),
    "body": (b"HTTP/1.1 200 OK\r\nContent-Length: 3600\r\n\r\n", b" "),
    "chunks": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n"),
}


@pytest.mark.parametrize("drip", DRIPS)
def test_a_server_that_drips_does_not_hold_up_a_call_for_longer_than_its_deadline(stack, drip):
    head, piece = DRIPS[drip]

    def play(peer, connection):
        connection.sendall(head)
        while not peer.wait(0.05):
            connection.sendall(piece)

    with Peer(play) as peer:
        begun = time.monotonic()
        (outcome,) = send(stack, peer.url, seconds=1)
        seconds = time.monotonic() - begun
    assert outcome.kind == "unknown"
    assert len(peer.requests) == 1
    assert 0.9 < seconds < 30


def test_proxies_and_passwords_of_the_environment_are_not_used(stack, monkeypatch, tmp_path):
    netrc = tmp_path / "netrc"
    netrc.write_text("machine localhost login another password secret\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
        monkeypatch.setenv(name.upper(), "http://127.0.0.1:9")
    with Peer(answer(b"ACK")) as peer:
        assert send(stack, peer.url) == [Accepted(Ack())]
    ((_, headers, _),) = peer.requests
    assert {name.lower(): value for name, value in headers}["authorization"] == "Basic azo="
