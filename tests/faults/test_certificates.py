"""Certificates that must not be trusted, and a server that wants one of the client, late."""

import contextlib
import datetime as dt
import socket
import ssl
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from tests.faults.world import HASTY_SECONDS, Order, Switch, World, attempt_at

from joseal.juspay import Account, Client, Known, StillUnknown
from joseal.juspay.sandbox import Fault, FaultPlan, Sandbox

PAST = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
FUTURE = dt.datetime(2100, 1, 1, tzinfo=dt.UTC)
TLS_FAILED = "TLS failed"

Contexts = Callable[[trustme.CA], ssl.SSLContext]


@pytest.fixture(scope="module")
def ca() -> trustme.CA:
    return trustme.CA()


def trust_in(ca: trustme.CA) -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    ca.configure_trust(context)
    return context


def server_of(certificate: trustme.LeafCert) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    return context


def self_signed(_: trustme.CA) -> ssl.SSLContext:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ) + certificate.public_bytes(serialization.Encoding.PEM)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "chain.pem"
        path.write_bytes(pem)
        context.load_cert_chain(path)
    return context


UNTRUSTED: dict[str, Contexts] = {
    "another host": lambda ca: server_of(ca.issue_cert("sandbox.example")),
    "another address": lambda ca: server_of(ca.issue_cert("127.0.0.2")),
    "expired": lambda ca: server_of(ca.issue_cert("localhost", not_after=PAST)),
    "not valid yet": lambda ca: server_of(ca.issue_cert("localhost", not_before=FUTURE)),
    "another authority": lambda _: server_of(trustme.CA().issue_cert("localhost")),
    "self-signed": self_signed,
}


@contextlib.contextmanager
def attempted(
    open_world: Callable[..., Sandbox],
    server: ssl.SSLContext,
    client: ssl.SSLContext,
    play: FaultPlan,
) -> Iterator[tuple[object, Order, World]]:
    """Attempt once at a sandbox with this server, and yield the outcome.

    The order is known to nobody: the attempt makes it, so that nothing has to be sent before.
    """
    switch, wire = Switch(), []
    with open_world(switch, wire, tls=server) as sandbox:
        world = World(sandbox, switch, wire)
        order = Order(world, "order-1", "fulfillment-1", Known.fresh("order-1", "fulfillment-1"))
        switch.on(play)
        settings = {"ssl_context": client, "connect_timeout_seconds": 10}
        with Client(sandbox.account, world.sealer, **settings) as sender:
            outcome = sender.attempt(
                order.id,
                attempt_at(order.fulfillment_id),
                known=Known.decided(order.id, attempt_at(order.fulfillment_id).fulfillment_id),
            )
        switch.off()
        yield outcome, order, world


@pytest.mark.parametrize("case", UNTRUSTED)
def test_a_server_that_is_not_trusted_is_sent_nothing(
    case: str, ca: trustme.CA, open_world: Callable[..., Sandbox]
) -> None:
    server = UNTRUSTED[case](ca)
    with attempted(open_world, server, trust_in(ca), FaultPlan()) as (outcome, order, world):
        assert (outcome.kind, outcome.reason) == ("not_sent", TLS_FAILED)
        assert order.arrivals == 0
        assert world.wire == []


def test_the_same_server_with_a_good_certificate_is_sent_the_attempt(
    ca: trustme.CA, open_world: Callable[..., Sandbox]
) -> None:
    server = server_of(ca.issue_cert("localhost"))
    with attempted(open_world, server, trust_in(ca), FaultPlan()) as (outcome, order, _):
        assert outcome.kind == "accepted"
        assert order.arrivals == 1


def wanting(ca: trustme.CA, *, version: ssl.TLSVersion, late: bool) -> ssl.SSLContext:
    context = server_of(ca.issue_cert("localhost"))
    context.maximum_version = version
    context.verify_mode = ssl.CERT_REQUIRED
    context.post_handshake_auth = late
    ca.configure_trust(context)
    return context


def test_in_tls_1_2_a_missing_client_certificate_stops_the_handshake(
    ca: trustme.CA, open_world: Callable[..., Sandbox]
) -> None:
    server = wanting(ca, version=ssl.TLSVersion.TLSv1_2, late=False)
    with attempted(open_world, server, trust_in(ca), FaultPlan()) as (outcome, order, _):
        assert (outcome.kind, outcome.reason) == ("not_sent", TLS_FAILED)
        assert order.arrivals == 0


def test_in_tls_1_3_it_is_told_after_the_request_so_the_outcome_is_unknown(
    ca: trustme.CA, open_world: Callable[..., Sandbox]
) -> None:
    """The client's handshake is done before the server has seen that a certificate is missing."""
    server = wanting(ca, version=ssl.TLSVersion.TLSv1_3, late=False)
    with attempted(open_world, server, trust_in(ca), FaultPlan()) as (outcome, order, _):
        assert outcome.kind == "unknown"
        assert order.arrivals == 0


@pytest.mark.parametrize("offers", [True, False])
def test_a_certificate_that_is_demanded_after_the_request_makes_the_outcome_unknown(
    offers: bool, ca: trustme.CA, open_world: Callable[..., Sandbox]
) -> None:
    server = wanting(ca, version=ssl.TLSVersion.TLSv1_3, late=True)
    client = trust_in(ca)
    client.post_handshake_auth = offers
    play = FaultPlan(fault=Fault.CLIENT_CERTIFICATE)
    with attempted(open_world, server, client, play) as (outcome, order, world):
        assert outcome.kind == "unknown"
        assert order.arrivals == 1
        assert len(world.sandbox.transactions(order.id)) == 1
        with Client(world.sandbox.account, world.sealer, ssl_context=client) as sender:
            resolution = sender.reconcile(order.known)
        # It failed, as this sandbox's first transactions do; whether it is ours nobody can tell.
        assert resolution.kind == "unknown"
        assert "an earlier attempt's" in resolution.reason
        assert order.arrivals == 1


def test_a_client_certificate_that_is_given_is_taken(
    ca: trustme.CA, open_world: Callable[..., Sandbox]
) -> None:
    server = wanting(ca, version=ssl.TLSVersion.TLSv1_3, late=False)
    client = trust_in(ca)
    ca.issue_cert("merchant.example").configure_cert(client)
    with attempted(open_world, server, client, FaultPlan()) as (outcome, order, _):
        assert outcome.kind == "accepted"
        assert order.arrivals == 1


def test_a_handshake_that_never_ends_has_sent_nothing(ca: trustme.CA, world: World) -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        account = Account(
            merchant_id="m",
            api_key="k",
            kid="K",
            base_url=f"https://localhost:{mute.getsockname()[1]}",
        )
        context = trust_in(ca)
        with Client(
            account, world.sealer, ssl_context=context, connect_timeout_seconds=HASTY_SECONDS
        ) as client:
            outcome = client.attempt(
                "order-1",
                attempt_at("f-1"),
                known=Known.decided("order-1", attempt_at("f-1").fulfillment_id),
            )
            resolution = client.reconcile(Known.fresh("order-1", "f-1"))
    assert outcome.kind == "not_sent"
    assert isinstance(resolution, StillUnknown)


def test_a_server_that_speaks_no_tls_is_sent_nothing(world: World) -> None:
    """Plain HTTP where TLS is expected: the first answer is no TLS record."""
    with Sandbox(plan=Switch()) as plain:
        account = plain.account
        port = int(plain.url.rpartition(":")[2])
        over_tls = Account(
            merchant_id=account.merchant_id,
            api_key=account.api_key,
            kid=account.kid,
            base_url=f"https://127.0.0.1:{port}",
        )
        with Client(over_tls, world.sealer, connect_timeout_seconds=HASTY_SECONDS) as client:
            outcome = client.attempt(
                "order-1",
                attempt_at("f-1"),
                known=Known.decided("order-1", attempt_at("f-1").fulfillment_id),
            )
        assert outcome.kind == "not_sent"
        assert plain.attempts("order-1") == 0
