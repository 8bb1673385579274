"""How a request leaves: in one piece, behind the mark, by urllib3 and no package in its place."""

import http.client

import pytest
from urllib3.connection import HTTPConnection

from joseal import Key
from joseal._http import connection
from joseal.juspay import Account, Attempt, Client, Known, payout_encrypter
from joseal.juspay.http import transport
from joseal.juspay.sandbox import Sandbox


class Future:
    """As in urllib3-future: a class of its own that sends by itself."""

    def send(self, data: object) -> None:
        """Send."""


class Sender(HTTPConnection):
    """One that is made from http.client's, and sends in its own way."""

    def send(self, data: object) -> None:
        """Send."""


@pytest.mark.parametrize("pair", [(Future, Future), (HTTPConnection, Sender), (Sender, Sender)])
def test_a_connection_class_that_sends_by_itself_is_refused(pair: tuple[type, type]) -> None:
    with pytest.raises(RuntimeError, match="in place of urllib3"):
        connection.check_package(*pair)


def test_a_client_is_not_made_where_the_package_is_another(monkeypatch) -> None:
    monkeypatch.setattr(
        transport, "check_package", lambda: connection.check_package(Future, Future)
    )
    account = Account(merchant_id="m", api_key="k", kid="K", base_url="http://127.0.0.1:9")
    with pytest.raises(RuntimeError, match="install urllib3 again"):
        Client(account, payout_encrypter(Key.generate("RSA-OAEP").public()))


def test_urllib3_itself_is_the_one_that_the_mark_was_written_for() -> None:
    connection.check_package()
    assert connection.Connection.__mro__[2] is http.client.HTTPConnection


def test_header_and_body_of_a_request_leave_together_after_the_mark(monkeypatch) -> None:
    sends: list[tuple[bytes, bool]] = []
    own = http.client.HTTPConnection.send

    def send(self: http.client.HTTPConnection, data: bytes) -> None:
        sends.append((data, connection.HANDED_OVER.get()))
        own(self, data)

    attempt = Attempt(fulfillment_id="f-1")
    with Sandbox() as sandbox:
        client = Client(sandbox.account, payout_encrypter(sandbox.public_key))
        monkeypatch.setattr(http.client.HTTPConnection, "send", send)
        for order_id in ("order-1", "order-2"):
            known = Known.fresh(order_id, "f-1")
            assert client.attempt(order_id, attempt, known=known).kind == "accepted"
            assert client.order_status(order_id).kind == "accepted"
        client.close()
    assert [data.split(b" ")[0] for data, _ in sends] == [b"POST", b"GET"] * 2
    assert all(marked for _, marked in sends)
    assert all(data.endswith(b"}") for data, _ in sends[::2])


def test_a_part_that_can_not_be_held_back_lets_nothing_leave() -> None:
    made = connection.Connection("127.0.0.1", 9)
    with pytest.raises(TypeError, match="not bytes"):
        connection.request_whole(
            made, "POST", "/", body=[memoryview(b"a part")], headers={"Content-Length": "6"}
        )
    assert made.sock is None
    assert made.held is None
