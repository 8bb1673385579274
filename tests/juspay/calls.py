"""An attempt at a peer of one script, and how it ends."""

import base64
import ssl

from joseal.juspay import (
    Accepted,
    Account,
    Ack,
    Attempt,
    CardInfo,
    Client,
    FulfillmentState,
    Known,
    NotSent,
    Unknown,
)

PAN = "4929471234567898"
API_KEY = "1D6A8F2C4B9E4CF5A921C3E5406AC0FB"
BASIC = "Basic " + base64.b64encode(f"{API_KEY}:".encode()).decode()
ATTEMPT = Attempt(fulfillment_id="f-1", card_info=CardInfo(card_number=PAN))
KNOWN = Known(
    order_id="order-1",
    fulfillment_id="f-1",
    references=frozenset({"t-1"}),
    status=FulfillmentState.FAILURE,
    reads=2,
)
ERROR = b'{"error":true,"errorCode":"E01","errorMessage":"m","userMessage":"u"}'


def server_tls(certificate):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    return context


def client_for(base_url, sealer, **settings):
    account = Account(
        merchant_id="merchant-1",
        api_key=API_KEY,
        kid="JuspayKID",
        sid="JuspaySID",
        routing_id="customer_1122",
        base_url=base_url,
    )
    settings = {
        "connect_timeout_seconds": 30,
        "answer_timeout_seconds": 30,
        "apart_seconds": 0,
        **settings,
    }
    return Client(account, sealer, **settings)


def send(peer, sealer, **settings):
    with client_for(peer.url, sealer, **settings) as client:
        return client.attempt(
            "order-1", ATTEMPT, known=Known.decided("order-1", ATTEMPT.fulfillment_id)
        )


def failed(peer, sealer, **settings):
    """Send an attempt that must fail in transport; return what is said and whether it was sent."""
    outcome = send(peer, sealer, **settings)
    assert isinstance(outcome, NotSent | Unknown)
    return outcome.reason, isinstance(outcome, Unknown)


ACCEPTED = Accepted(Ack())
BROKEN = ("the connection broke, or the answer is not HTTP", True)
TIMED_OUT = ("no whole answer within the time-out", True)
