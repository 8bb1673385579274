"""A server that dies, lies, drips and moves: the right outcome, and fetches that are counted."""

import contextlib
import json
import socket
import ssl
import threading
import time

import pytest
import trustme
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.serialization import pkcs12
from tests.faults.connect_proxy import ConnectProxy
from tests.helpers import ports
from tests.helpers.jwks_server import (
    PATH,
    Clock,
    JwksServer,
    drip,
    endless_chunks,
    fifty_megabytes,
    hang_up,
    jwks,
    pair,
    silent,
    slow_loris,
)

from joseal import Key, KeyUnavailableError, Signer, UnknownKeyError
from joseal._http import deadline
from joseal.remote import ClientCertificate, OpenIdIssuer, Proxy, RemoteKeys, refresher

PUBLIC = jwks(pair("a"))["keys"]
SECRET = Key.generate("HS256", kid="h").to_jwk(private=True)
# What the server does, and the reason that is told.
FAULTS = {
    "not found": ({"status": 404}, "status"),
    "an error of the server": ({"status": 503}, "status"),
    "a redirect": ({"status": 302, "headers": ("Location: https://localhost:1/",)}, "redirect"),
    "a redirect that is permanent": ({"status": 308}, "redirect"),
    "304 that nobody asked for": ({"status": 304, "body": b""}, "redirect"),
    "not JSON": ({"body": b"<html>"}, "malformed"),
    "JSON with a member twice": ({"body": b'{"keys":[],"keys":[]}'}, "malformed"),
    "a list": ({"body": b"[]"}, "malformed"),
    "no list of keys": ({"body": b'{"keys":{}}'}, "malformed"),
    "one JWK": ({"body": json.dumps(PUBLIC[0]).encode()}, "malformed"),
    "nothing": ({"body": b""}, "malformed"),
    "no keys": ({"body": {"keys": []}}, "no_key"),
    "keys for something else": ({"body": jwks(pair("x", "Ed25519"))}, "no_key"),
    "a private key": (
        {"body": {"keys": [*PUBLIC, pair("b").to_jwk(private=True)]}},
        "secret_member",
    ),
    "a private member of a kind that nobody knows": (
        {"body": {"keys": [*PUBLIC, {"kty": "new-kind", "priv": "x"}]}},
        "secret_member",
    ),
    "a shared secret": ({"body": {"keys": [*PUBLIC, SECRET]}}, "secret_member"),
    "an oct member without k": ({"body": {"keys": [*PUBLIC, {"kty": "oct"}]}}, "secret_member"),
    "two keys of one kid and alg": (
        {"body": {"keys": [*PUBLIC, {**pair("b").public().to_jwk(), "kid": "a"}]}},
        "refused",
    ),
    "too many keys": ({"body": {"keys": PUBLIC * 101}}, "too_many_keys"),
    "as many keys as fit": ({"body": {"keys": [{}] * 60_000}}, "too_many_keys"),
    "a large answer": ({"body": b" " * (256 * 1024 + 1)}, "too_large"),
    "50 MB": ({"behave": fifty_megabytes}, "too_large"),
    "chunks without end": ({"behave": endless_chunks}, "too_large"),
    "a byte now and then": ({"behave": drip}, "network"),
    "a header without end": ({"behave": slow_loris}, "network"),
    "silence": ({"behave": silent}, "network"),
    "an answer that breaks off": ({"behave": hang_up}, "network"),
    "two lengths": ({"headers": ("Content-Length: 5",)}, "network"),
    "a content coding": (
        {"headers": ("Content-Encoding: gzip",), "body": b"\x1f\x8b\x08"},
        "malformed",
    ),
}


@pytest.fixture
def clock():
    return Clock()


def remote(server, clock, **settings):
    settings = {"alg": "ES256", "use": "sig", "deadline_seconds": 10, **settings}
    return RemoteKeys(server.url + PATH, clock=clock, **{"ssl_context": server.trust, **settings})


@contextlib.contextmanager
def hurried(part):
    """A part of every deadline, for what runs into it; a good answer has all of it."""
    with pytest.MonkeyPatch.context() as patch:
        begin = deadline.begin
        patch.setattr(deadline, "begin", lambda seconds: begin(seconds * part))
        yield


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_never_replaces_a_good_set_and_is_over_when_it_is_over(fault, clock):
    play, reason = FAULTS[fault]
    never_ends = play.get("behave") in (drip, slow_loris, silent)
    with JwksServer(pair("a")) as server:
        keys = remote(server, clock, stale_seconds=1000)
        good = keys.key_set()
        server.serve(**play)
        clock.advance(301)
        # The request has to have come by then.
        with hurried(0.2) if never_ends else contextlib.nullcontext():
            for _ in range(20):
                assert keys.key_set() is good
        assert server.fetches == 2
        health = keys.health()
        assert (health.is_usable, health.is_fresh) == (True, False)
        assert (health.failures, health.reason) == (1, reason)
        # Nothing is known of a kid that is not there: the token may be good.
        with pytest.raises(KeyUnavailableError):
            keys.verifier(Signer(pair("b")).sign(b"x"))
        assert server.fetches == 2
        clock.advance(1000)
        server.status, server.behave = 503, None
        for _ in range(20):
            with pytest.raises(KeyUnavailableError, match="could not be fetched"):
                keys.key_set()
        assert server.fetches == 3
        server.serve(pair("a"), pair("b"))
        clock.advance(31)
        assert len(keys.key_set()) == 2
        assert keys.health().failures == 0


@pytest.mark.parametrize("fault", [name for name in FAULTS if "behave" not in FAULTS[name][0]])
def test_without_a_good_set_a_fault_is_unavailable_keys_and_one_fetch(fault, clock):
    play, reason = FAULTS[fault]
    with JwksServer(pair("a")) as server:
        server.serve(**play)
        keys = remote(server, clock)
        for _ in range(20):
            with pytest.raises(KeyUnavailableError) as caught:
                keys.verifier()
        assert server.fetches == 1
        assert keys.health().reason == reason
        for jwk in (*PUBLIC, SECRET, pair("b").to_jwk(private=True)):
            assert not any(value in str(caught.value) for value in jwk.values() if len(value) > 8)


def test_a_server_that_is_gone_is_a_refused_connection(clock):
    with JwksServer(pair("a"), port=ports.unused()) as server:
        keys = remote(server, clock, stale_seconds=0)
        keys.key_set()
    clock.advance(301)
    refused = r"no connection could be made \(refused\)"
    with ports.refusing(server.port), pytest.raises(KeyUnavailableError, match=refused):
        keys.key_set()


def test_a_certificate_that_nobody_trusts_is_no_set(clock):
    with JwksServer(pair("a")) as server:
        keys = RemoteKeys(server.url + PATH, alg="ES256", use="sig", clock=clock)
        with pytest.raises(KeyUnavailableError, match=r"TLS failed \(unknown CA\)"):
            keys.key_set()
        assert server.fetches == 0


def of_authority(authority):
    """The context of a server that asks for a client certificate, and of a client."""
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(server)
    authority.configure_trust(server)
    server.verify_mode = ssl.CERT_REQUIRED
    client = ssl.create_default_context()
    client.minimum_version = ssl.TLSVersion.TLSv1_2
    authority.configure_trust(client)
    return server, client


def certificate_by(authority):
    leaf = authority.issue_cert("me")
    key = serialization.load_pem_private_key(leaf.private_key_pem.bytes(), None)
    chain = [x509.load_pem_x509_certificate(each.bytes()) for each in leaf.cert_chain_pems]
    closed = serialization.BestAvailableEncryption(b"p12")
    data = pkcs12.serialize_key_and_certificates(b"me", key, chain[0], chain[1:], closed)
    return ClientCertificate.from_pkcs12(data, b"p12")


def test_a_client_certificate_is_shown_to_a_server_that_asks(clock, monkeypatch, tmp_path):
    authority = trustme.CA()
    tls, _ = of_authority(authority)
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    settings = {"alg": "ES256", "use": "sig", "clock": clock}
    with JwksServer(pair("a"), tls=tls) as server:
        keys = RemoteKeys(
            server.url + PATH, client_certificate=certificate_by(authority), **settings
        )
        assert [key.kid for key in keys.key_set()] == ["a"]
        assert server.fetches == 1


@pytest.mark.parametrize("shown", ["nothing", "that of another authority"])
def test_a_server_that_wants_another_client_certificate_is_an_outage(shown, clock):
    tls, trust = of_authority(authority := trustme.CA())
    if shown != "nothing":
        certificate_by(trustme.CA()).load_into(trust)
    with JwksServer(pair("a"), tls=tls) as server:
        keys = remote(server, clock, ssl_context=trust)
        with pytest.raises(KeyUnavailableError, match="could not be fetched"):
            keys.key_set()
        assert server.fetches == 0
        certificate_by(authority).load_into(trust)
        clock.advance(60)
        good = remote(server, clock, ssl_context=trust)
        assert [key.kid for key in good.key_set()] == ["a"]


def test_a_resolver_that_hangs_ends_with_the_deadline(clock, monkeypatch):
    """The good set serves meanwhile, and the resolver's thread is left alone."""
    released = threading.Event()
    real = socket.getaddrinfo

    def hangs(*args, **settings):
        released.wait(60)
        return real(*args, **settings)

    with JwksServer(pair("a")) as server:
        keys = remote(server, clock, stale_seconds=1000)
        good = keys.key_set()
        monkeypatch.setattr(socket, "getaddrinfo", hangs)
        try:
            clock.advance(301)
            begun = time.monotonic()
            fresh = remote(server, clock)
            with hurried(0.05):
                assert keys.key_set() is good
                assert keys.health().reason == "network"
                with pytest.raises(KeyUnavailableError, match="deadline"):
                    fresh.key_set()
            assert time.monotonic() - begun < 30
        finally:
            released.set()
        monkeypatch.undo()
        assert server.fetches == 1
        clock.advance(301)
        assert [key.kid for key in fresh.key_set()] == ["a"]


def test_a_proxy_carries_the_fetch_and_one_that_refuses_is_an_outage(clock):
    with JwksServer(pair("a")) as server:
        with ConnectProxy("carries", server.port) as proxy:
            keys = remote(server, clock, proxy=Proxy(proxy.url))
            assert [key.kid for key in keys.key_set()] == ["a"]
            assert len(proxy.connects) == 1
        with ConnectProxy("refuses") as proxy:
            keys = remote(server, clock, proxy=Proxy(proxy.url))
            with pytest.raises(KeyUnavailableError, match=r"no tunnel through the proxy \(proxy\)"):
                keys.key_set()
        assert server.fetches == 1


def test_tls_older_than_1_2_is_refused(clock):
    authority = trustme.CA()
    old = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(old)
    old.set_ciphers("DEFAULT:@SECLEVEL=0")
    trust = ssl.create_default_context()
    authority.configure_trust(trust)
    with pytest.warns(DeprecationWarning, match="TLSv1"):
        old.maximum_version = ssl.TLSVersion.TLSv1_1
    with pytest.warns(DeprecationWarning, match="TLSv1"):
        old.minimum_version = ssl.TLSVersion.TLSv1
    with JwksServer(pair("a"), tls=old) as server:
        server.trust = trust
        with pytest.raises(KeyUnavailableError, match="TLS failed"):
            remote(server, clock).key_set()
        assert server.fetches == 0
    with pytest.warns(DeprecationWarning, match="TLSv1"):
        trust.minimum_version = ssl.TLSVersion.TLSv1
    with pytest.raises(ValueError, match=r"older than TLS 1\.2"):
        RemoteKeys("https://localhost/", alg="ES256", use="sig", ssl_context=trust)


def test_a_rotating_server_is_followed_with_a_bounded_number_of_fetches(clock):
    """Every ten minutes a key is added, and the oldest taken out, over six hours; a token each minute."""
    with JwksServer(pair("0"), pair("1")) as server:
        keys = remote(server, clock)
        for minute in range(6 * 60):
            number = minute // 10
            server.serve(pair(str(number % 7)), pair(str((number + 1) % 7)))
            # The signer takes the older one, which was published ten minutes before.
            token = Signer(pair(str(number % 7))).sign(b"x")
            assert keys.verifier(token).verify(token) == b"x"
            clock.advance(60)
        assert server.fetches <= 6 * 60 * 60 / 240


def metadata(server, **members):
    return {"issuer": f"{server.url}/tenant", "jwks_uri": server.url + PATH, **members}


WELL_KNOWN = "/tenant/.well-known/openid-configuration"


def of_issuer(server, clock, name="/tenant", **settings):
    issuer = OpenIdIssuer(server.url + name)
    settings = {"alg": "ES256", "use": "sig", "deadline_seconds": 10, **settings}
    return RemoteKeys(issuer, ssl_context=server.trust, clock=clock, **settings)


def test_an_issuer_names_its_set_once_a_day(clock):
    with JwksServer(pair("a")) as server:
        server.pages = {WELL_KNOWN: metadata(server)}
        keys = of_issuer(server, clock)
        for _ in range(3):
            assert [key.kid for key in keys.key_set()] == ["a"]
            clock.advance(301)
        assert server.paths() == [WELL_KNOWN, PATH, PATH, PATH]
        clock.advance(86_400)
        keys.key_set()
        assert server.paths()[4:] == [WELL_KNOWN, PATH]


def test_an_issuer_that_moves_its_set_is_asked_again(clock):
    with JwksServer(pair("a")) as server:
        server.pages = {WELL_KNOWN: metadata(server)}
        keys = of_issuer(server, clock)
        keys.key_set()
        server.status = 404
        server.pages = {
            WELL_KNOWN: metadata(server, jwks_uri=f"{server.url}/new"),
            "/new": jwks(pair("b")),
        }
        clock.advance(301)
        assert [key.kid for key in keys.key_set()] == ["a"]
        clock.advance(31)
        assert [key.kid for key in keys.key_set()] == ["b"]


def test_an_entity_tag_is_not_taken_to_another_address(clock):
    """Two sets may have the same tag, and 304 would then keep the wrong one."""
    with JwksServer(pair("a")) as server, JwksServer(pair("b")) as other:
        server.tag = other.tag = '"v1"'
        server.pages = {WELL_KNOWN: metadata(server)}
        keys = of_issuer(server, clock)
        keys.key_set()
        server.pages = {WELL_KNOWN: metadata(server, jwks_uri=other.url + PATH)}
        clock.advance(86_400)
        assert [key.kid for key in keys.key_set()] == ["b"]
        assert other.asked("If-None-Match") == [None]
        clock.advance(301)
        keys.key_set()
        assert other.asked("If-None-Match") == [None, '"v1"']


@pytest.mark.parametrize(
    ("members", "reason"),
    [
        ({"issuer": "https://localhost/other"}, "issuer"),
        ({"issuer": None}, "issuer"),
        ({"jwks_uri": "http://localhost/jwks.json"}, "issuer"),
        ({"jwks_uri": "file:///etc/passwd"}, "issuer"),
        ({"jwks_uri": 1}, "issuer"),
        ({"jwks_uri": "https://user:pw@localhost/"}, "issuer"),
        ({"jwks_uri": "https://[::::]/"}, "issuer"),
        ({"jwks_uri": "https://a..b/"}, "issuer"),
        ({"jwks_uri": "https://localhost:65536/"}, "issuer"),
    ],
)
def test_a_document_of_another_issuer_or_with_a_bad_address_is_refused(members, reason, clock):
    with JwksServer(pair("a")) as server:
        server.pages = {WELL_KNOWN: metadata(server, **members)}
        keys = of_issuer(server, clock)
        with pytest.raises(KeyUnavailableError):
            keys.key_set()
        assert (server.fetches, keys.health().reason) == (1, reason)


def test_the_name_of_an_issuer_is_compared_to_the_last_character(clock):
    with JwksServer(pair("a")) as server:
        server.pages = {WELL_KNOWN: metadata(server)}
        assert of_issuer(server, clock, "/tenant/").health().fetches == 0
        with pytest.raises(KeyUnavailableError, match="of a different issuer"):
            of_issuer(server, clock, "/tenant/").key_set()


def test_faults_of_the_discovery_document_are_told_apart(clock):
    with JwksServer(pair("a")) as server:
        server.serve(status=404)
        with pytest.raises(KeyUnavailableError, match=r"of the discovery document, .* HTTP 404"):
            of_issuer(server, clock).key_set()
        server.serve(body=b"<html>")
        with pytest.raises(KeyUnavailableError, match="discovery document is not one strict JSON"):
            of_issuer(server, clock).key_set()


@pytest.mark.parametrize(
    "name", ["http://a.example", "https://a.example/?x=1", "https://a.example/#x", ""]
)
def test_a_name_that_no_issuer_has_is_refused(name):
    with pytest.raises(ValueError, match="issuer must"):
        OpenIdIssuer(name)


def test_a_look_that_is_interrupted_is_a_look(clock):
    """Else every call would ask the other side again."""
    looks = []

    def load(_marker):
        looks.append(clock())
        raise KeyboardInterrupt

    times = refresher.Times(60, 60, 60, 60, cooldown=30, unknown=60, wait=1)
    source = refresher.Refresher(load, times, clock, None)
    with pytest.raises(KeyboardInterrupt):
        source.current()
    with pytest.raises(KeyUnavailableError):
        source.current()
    assert len(looks) == 1
    clock.advance(30)
    with pytest.raises(KeyboardInterrupt):
        source.current()


def test_a_set_that_shrinks_is_taken_and_then_the_old_kid_is_unknown(clock):
    with JwksServer(pair("a"), pair("b")) as server:
        keys = remote(server, clock)
        token = Signer(pair("b")).sign(b"x")
        keys.verifier(token).verify(token)
        server.serve(pair("a"))
        clock.advance(301)
        with pytest.raises(UnknownKeyError):
            keys.verifier(token).verify(token)
