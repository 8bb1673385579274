"""A JWK Set server on loopback, over TLS, that counts its fetches and can be told to lie."""

import functools
import json
import ssl

import trustme
from tests.juspay.peer import Peer, answer

from joseal import Key, KeySet

PATH = "/jwks.json"


class Clock:
    """Seconds that pass when a test says so."""

    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now

    def advance(self, seconds):
        self.now += seconds


_PAIRS = {}


def pair(kid, alg="ES256"):
    """A pair that is the same each time."""
    if (kid, alg) not in _PAIRS:
        _PAIRS[kid, alg] = Key.generate(alg, kid=kid)
    return _PAIRS[kid, alg]


def jwks(*keys):
    return KeySet(keys).to_jwks()


@functools.cache
def contexts():
    """The context of the server, and the one of a client that trusts it."""
    authority = trustme.CA()
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(server)
    client = ssl.create_default_context()
    client.minimum_version = ssl.TLSVersion.TLSv1_2
    authority.configure_trust(client)
    return server, client


class JwksServer(Peer):
    """Serves what `say` gives: a body, or a function that does worse things to the connection.

    Attributes:
        body: a set, or bytes.
        headers: lines, added to a good answer.
        status: of the answer.
        behave: takes the connection in place of an answer.
        tag: the entity tag, which a request may name.
        pages: other paths, with their bodies.
    """

    def __init__(self, *keys, tls=None, port=0):
        self.body = jwks(*keys) if keys else {"keys": []}
        self.status, self.headers, self.behave, self.tag, self.pages = 200, (), None, None, {}
        super().__init__(JwksServer._answer, contexts()[0] if tls is None else tls, port)
        self.trust = contexts()[1]

    @property
    def fetches(self):
        return len(self.requests)

    def serve(self, *keys, **settings):
        self.body = jwks(*keys) if keys else self.body
        self.status, self.headers, self.behave, self.tag = 200, (), None, None
        for name, value in settings.items():
            setattr(self, name, value)

    def asked(self, name):
        """Return the values of a header, request by request."""
        return [dict(lines).get(name) for _, lines, _ in self.requests]

    def paths(self):
        return [first.split()[1] for first, _, _ in self.requests]

    def _answer(self, connection):
        first, lines, _ = self.requests[-1]
        page = self.pages.get(first.split()[1])
        if page is not None:
            connection.sendall(answer(json.dumps(page).encode()))
        elif self.behave is not None:
            self.behave(self, connection)
        elif self.tag is not None and dict(lines).get("If-None-Match") == self.tag:
            head = "\r\n".join(["HTTP/1.1 304 Not Modified", *self.headers])
            connection.sendall(head.encode() + b"\r\n\r\n")
        else:
            raw = self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()
            tag = [] if self.tag is None else [f"ETag: {self.tag}"]
            connection.sendall(answer(raw, self.status, *self.headers, *tag))


def drip(server, connection):
    """Send a byte now and then, for ever."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
    while not server.wait(0.02):
        connection.sendall(b" ")


def slow_loris(server, connection):
    """Begin a header and never end it."""
    connection.sendall(b"HTTP/1.1 200 OK\r\n")
    while not server.wait(0.02):
        connection.sendall(b"X-Header: 1\r\n")


def silent(server, connection):
    server.wait(30)


def hang_up(server, connection):
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n{")


def fifty_megabytes(server, connection):
    size = 50 * 1024 * 1024
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size)
    for _ in range(size // 65536):
        connection.sendall(b" " * 65536)


def endless_chunks(server, connection):
    connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    while not server.wait(0):
        connection.sendall(b"1000\r\n" + b" " * 4096 + b"\r\n")
