"""CONNECT proxies that refuse, hang and lie: nothing of a request has left before the tunnel."""

import ssl
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import trustme
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.serialization import pkcs12
from tests.faults.connect_proxy import CREDENTIALS, ConnectProxy
from tests.faults.test_certificates import server_of, trust_in, wanting
from tests.faults.world import API_KEY, PAN, Order, Switch, World
from tests.helpers import resolvers

from joseal import InvalidKeyError
from joseal.juspay import Account, Client, ClientCertificate, Outcome, Proxy, payout_encrypter
from joseal.juspay.sandbox import Fault, FaultPlan, Sandbox


def port_of(sandbox: Sandbox) -> int:
    return int(sandbox.url.rpartition(":")[2])


def attempt(order: Order, proxy: Proxy, **more: object) -> Outcome[object]:
    return order.attempt(None, proxy=proxy, **more)


LIES = {
    "refuses": ("no tunnel through the proxy", "proxy"),
    "hangs": (None, "handshake time-out"),
    "drips": (None, None),
    "closes": (None, None),
    "garbage": (None, None),
    "floods": (None, None),
    "redirects": ("no tunnel through the proxy", "proxy"),
    "no-content": ("no tunnel through the proxy", "proxy"),
}


@pytest.mark.parametrize("manner", LIES)
def test_nothing_is_sent_through_a_proxy_that_makes_no_tunnel(manner: str, world: World) -> None:
    order = world.order(f"proxy-{manner}")
    carried = len(world.wire)
    with ConnectProxy(manner) as proxy:
        # Only these keep a client waiting.
        hasty = manner in ("hangs", "drips", "floods")
        limit = {"connect_timeout_seconds": 0.5} if hasty else {}
        with resolvers.at_once():
            outcome = attempt(order, Proxy(proxy.url), **limit)
    assert outcome.kind == "not_sent"
    reason, cause = LIES[manner]
    assert reason in (None, outcome.reason)
    assert cause in (None, outcome.call.cause)
    assert (order.arrivals, order.payouts, len(world.wire)) == (0, 0, carried)
    assert len(proxy.connects) == 1
    secrets = (PAN, API_KEY, order.id)
    assert not any(secret.encode() in proxy.connects[0] for secret in secrets)


def test_a_proxy_that_is_not_there_is_refused(world: World) -> None:
    order = world.order("proxy-none")
    outcome = attempt(order, Proxy("http://127.0.0.1:1"))
    assert (outcome.kind, outcome.call.cause) == ("not_sent", "refused")
    assert outcome.reason == "no tunnel through the proxy"
    assert order.arrivals == 0


def test_a_proxy_that_leads_to_another_server_is_found_out(
    world: World, open_world: Callable[..., Sandbox]
) -> None:
    order = world.order("proxy-astray")
    wire: list[bytes] = []
    with (
        open_world(Switch(), wire) as other,
        ConnectProxy("leads astray", port_of(other)) as proxy,
    ):
        outcome = attempt(order, Proxy(proxy.url))
        assert other.attempts(order.id) == 0
    assert (outcome.kind, outcome.reason) == ("not_sent", "TLS failed")
    assert (outcome.call.cause, order.arrivals, wire) == ("unknown CA", 0, [])


@pytest.mark.parametrize("credentials", [None, ("payouts", "wrong"), CREDENTIALS])
def test_credentials_decide_whether_there_is_a_tunnel(
    credentials: tuple[str, str] | None, world: World
) -> None:
    order = world.order("proxy-credentials")
    name, password = credentials or (None, None)
    with ConnectProxy("carries", port_of(world.sandbox), wants_credentials=True) as proxy:
        outcome = attempt(order, Proxy(proxy.url, username=name, password=password))
    if credentials == CREDENTIALS:
        assert (outcome.kind, order.arrivals) == ("accepted", 1)
        assert not any(b"proxy-secret" in sent for sent in world.wire)
    else:
        assert (outcome.kind, outcome.call.cause) == ("not_sent", "proxy credentials")
        assert (order.arrivals, proxy.carried) == (0, 0)


def test_behind_a_tunnel_the_mark_is_set_as_ever(world: World) -> None:
    order = world.order("proxy-cut")
    with ConnectProxy("carries", port_of(world.sandbox)) as proxy:
        play = FaultPlan(fault=Fault.CUT_AFTER_REQUEST)
        outcome = order.attempt(play, proxy=Proxy(proxy.url))
    assert (outcome.kind, order.arrivals) == ("unknown", 1)


@pytest.fixture(scope="module")
def ca() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def encrypted_proxy(world: World, ca: trustme.CA) -> Iterator[ConnectProxy]:
    tls = server_of(ca.issue_cert("localhost"))
    with ConnectProxy("carries", port_of(world.sandbox), tls=tls) as proxy:
        yield proxy


@pytest.mark.parametrize("idle_seconds", [0, 60])
def test_tls_goes_to_the_proxy_and_through_it(
    idle_seconds: float, encrypted_proxy: ConnectProxy, world: World, ca: trustme.CA
) -> None:
    order = world.order("proxy-tls")
    proxy = Proxy(encrypted_proxy.url, ssl_context=trust_in(ca))
    with world.client(proxy=proxy, idle_seconds=idle_seconds) as client:
        kinds = [client.order_status(order.id).kind for _ in range(3)]
    assert kinds == ["accepted"] * 3
    # A connection may be dropped after an answer behind which tickets wait; none is needed for two.
    assert len(encrypted_proxy.connects) == 3 if idle_seconds == 0 else encrypted_proxy.connects
    assert attempt(order, proxy).kind == "accepted"
    assert order.arrivals == 1


@pytest.mark.parametrize("is_encrypted", [False, True])
def test_a_handshake_that_comes_byte_by_byte_through_a_proxy_ends_with_its_time_out(
    is_encrypted: bool, world: World, ca: trustme.CA
) -> None:
    order = world.order("proxy-slow")
    tls = server_of(ca.issue_cert("localhost")) if is_encrypted else None
    with ConnectProxy("drips within TLS", tls=tls) as proxy:
        through = Proxy(proxy.url, ssl_context=trust_in(ca))
        with resolvers.at_once():
            outcome = attempt(order, through, connect_timeout_seconds=0.5)
    assert (outcome.kind, outcome.call.cause) == ("not_sent", "handshake time-out")


@pytest.mark.parametrize("is_encrypted", [False, True])
def test_what_ends_after_the_request_is_not_said_to_be_a_tunnel_that_was_not_made(
    is_encrypted: bool, world: World, ca: trustme.CA
) -> None:
    order = world.order("proxy-end")
    tls = server_of(ca.issue_cert("localhost")) if is_encrypted else None
    with ConnectProxy("carries", port_of(world.sandbox), tls=tls) as proxy:
        through = Proxy(proxy.url, ssl_context=trust_in(ca))
        play = FaultPlan(fault=Fault.RESET_AFTER_REQUEST)
        outcome = order.attempt(play, proxy=through)
    assert (outcome.kind, order.arrivals) == ("unknown", 1)
    assert "tunnel" not in outcome.reason


def test_a_proxy_whose_certificate_is_not_trusted_is_asked_for_nothing(
    encrypted_proxy: ConnectProxy, world: World
) -> None:
    order = world.order("proxy-untrusted")
    outcome = attempt(order, Proxy(encrypted_proxy.url))
    assert (outcome.kind, outcome.call.cause) == ("not_sent", "unknown CA")
    assert (encrypted_proxy.connects, order.arrivals) == ([], 0)


def test_a_connection_through_a_tunnel_is_used_again(world: World) -> None:
    order = world.order("proxy-kept")
    with ConnectProxy("carries", port_of(world.sandbox)) as proxy:
        settings = {"proxy": Proxy(proxy.url), "idle_seconds": 60}
        with world.client(**settings) as client:
            kinds = [client.order_status(order.id).kind for _ in range(4)]
    assert (kinds, len(proxy.connects)) == (["accepted"] * 4, 1)


def test_the_environment_names_no_proxy(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    order = world.order("proxy-environment")
    with ConnectProxy("carries", port_of(world.sandbox)) as proxy:
        for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "HTTP_PROXY"):
            monkeypatch.setenv(name, proxy.url)
        assert order.attempt(None).kind == "accepted"
    assert proxy.connects == []


BAD_PROXIES = {
    "no port": ({"url": "http://proxy.example"}, ValueError),
    "a path": ({"url": "http://proxy.example:1/x"}, ValueError),
    "credentials in the URL": ({"url": "http://a:b@proxy.example:1"}, ValueError),
    "another scheme": ({"url": "socks5://proxy.example:1"}, ValueError),
    "a host that can't be": ({"url": "http://[::::]:1"}, ValueError),
    "an empty label": ({"url": "http://a..b:1"}, ValueError),
    "a port that can't be": ({"url": "http://proxy.example:99999"}, ValueError),
    "no text": ({"url": 1}, TypeError),
    "half of the credentials": ({"url": "http://p:1", "username": "a"}, TypeError),
    "a line end": ({"url": "http://p:1", "username": "a", "password": "b\r\nX: y"}, ValueError),
    "a colon": ({"url": "http://p:1", "username": "a:b", "password": "c"}, ValueError),
    "no trust": (
        {"url": "http://p:1", "ssl_context": ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)},
        ValueError,
    ),
}


@pytest.mark.parametrize("case", BAD_PROXIES)
def test_a_proxy_that_can_not_be_is_refused(case: str) -> None:
    arguments, kind = BAD_PROXIES[case]
    with pytest.raises(kind):
        Proxy(**arguments)


def test_a_proxy_shows_no_credentials() -> None:
    proxy = Proxy("http://p:1", username="a", password="hidden-7")
    assert repr(proxy) == "Proxy('http://p:1')"


def test_a_plain_account_has_no_proxy(world: World) -> None:
    account = Account(merchant_id="m", api_key="k", kid="K", base_url="http://localhost:1")
    with pytest.raises(ValueError, match="https"):
        Client(account, world.sealer, proxy=Proxy("http://p:1"))
    with pytest.raises(TypeError, match="proxy must be a Proxy"):
        Client(account, world.sealer, proxy="http://p:1")


PASSWORD = b"p12-password"


def p12_of(leaf: trustme.LeafCert, password: bytes = PASSWORD) -> bytes:
    key = serialization.load_pem_private_key(leaf.private_key_pem.bytes(), None)
    chain = [x509.load_pem_x509_certificate(each.bytes()) for each in leaf.cert_chain_pems]
    encryption = serialization.BestAvailableEncryption(password)
    return pkcs12.serialize_key_and_certificates(b"me", key, chain[0], chain[1:], encryption)


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
@pytest.mark.parametrize("shows", [False, True])
def test_a_client_certificate_from_pkcs12_is_shown_to_a_server_that_asks(
    version: ssl.TLSVersion, shows: bool, ca: trustme.CA, open_world: Callable[..., Sandbox]
) -> None:
    context = trust_in(ca)
    if shows:
        certificate = ClientCertificate.from_pkcs12(p12_of(ca.issue_cert("me")), PASSWORD)
        certificate.load_into(context)
    tls = wanting(ca, version=version, late=False)
    with (
        open_world(Switch(), [], tls=tls) as sandbox,
        Client(
            sandbox.account, payout_encrypter(sandbox.public_key), ssl_context=context
        ) as client,
    ):
        kind = client.order_status("order-1").kind
    assert (kind == "refused") is shows


def test_the_default_context_takes_the_certificate_and_a_given_one_does_not(
    ca: trustme.CA,
    open_world: Callable[..., Sandbox],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    ca.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    certificate = ClientCertificate.from_pkcs12(p12_of(ca.issue_cert("me")), PASSWORD.decode())
    tls = wanting(ca, version=ssl.TLSVersion.TLSv1_3, late=False)
    with open_world(Switch(), [], tls=tls) as sandbox:
        sealer = payout_encrypter(sandbox.public_key)
        with Client(sandbox.account, sealer, client_certificate=certificate) as client:
            assert client.order_status("order-1").kind == "refused"
        with pytest.raises(ValueError, match="load_into"):
            Client(
                sandbox.account, sealer, client_certificate=certificate, ssl_context=trust_in(ca)
            )


def test_what_is_not_a_client_certificate_is_refused(ca: trustme.CA) -> None:
    good = p12_of(ca.issue_cert("me"))
    for data, password in ((good, b"wrong"), (b"x", None), (good[:-9], PASSWORD), (good, None)):
        with pytest.raises(InvalidKeyError):
            ClientCertificate.from_pkcs12(data, password)
    leaf = x509.load_pem_x509_certificate(ca.cert_pem.bytes())
    bare = pkcs12.serialize_key_and_certificates(
        None, None, leaf, None, serialization.NoEncryption()
    )
    with pytest.raises(InvalidKeyError, match="private key"):
        ClientCertificate.from_pkcs12(bare)


def test_no_keys_of_connections_are_logged(
    world: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    log = tmp_path / "keys.log"
    monkeypatch.setenv("SSLKEYLOGFILE", str(log))
    (tmp_path / "ca.pem").write_text(world.sandbox.ca_pem)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    with world.client(ssl_context=None) as client:
        assert client.order_status("order-1").kind == "refused"
    assert not log.exists()
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    with pytest.raises(ValueError, match="SSLKEYLOGFILE"):
        world.client(ssl_context=context)
