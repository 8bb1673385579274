"""A package in urllib3's place is refused: what it sends can't be observed."""

import http.client

import pytest
from urllib3.connection import HTTPConnection

from joseal import Key
from joseal._http import connection
from joseal.juspay import Account, Client, payout_encrypter
from joseal.juspay.http import transport


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
    with pytest.raises(RuntimeError, match="in urllib3's place"):
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
