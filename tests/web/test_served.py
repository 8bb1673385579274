"""The example of the guide behind a real server: a service that receives payloads, by the page alone."""

import re
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
import urllib3
import uvicorn

from joseal import Key, profiles
from joseal.web import AsgiMiddleware, Exchange

PAGE = (Path(__file__).parents[2] / "docs/guides/receive-requests.md").read_text()
NUMBER = b"5513651111111111"
CARD = b'{"cardNumber":"%b"}' % NUMBER


@pytest.fixture(scope="module")
def payments() -> ModuleType:
    (source,) = re.findall(r'```python title="payments.py"\n(.*?)```', PAGE, re.DOTALL)
    assert len([line for line in source.splitlines() if line]) <= 15
    module = ModuleType("payments")
    exec(source, module.__dict__)  # noqa: S102 - our own page
    return module


@pytest.fixture(scope="module")
def url(payments: ModuleType) -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = uvicorn.Server(uvicorn.Config(payments.app, log_level="critical"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        until = time.monotonic() + 20
        while not server.started and time.monotonic() < until:
            time.sleep(0.01)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/cards"
        server.should_exit = True
        thread.join(20)


def post(url: str, body: bytes | str) -> urllib3.BaseHTTPResponse:
    return urllib3.request("POST", url, body=body, headers={"Content-Type": "application/json"})


def test_a_payload_is_decrypted_and_the_answer_encrypted(payments: ModuleType, url: str) -> None:
    answer = post(url, profiles.VISA_MLE.encrypter(payments.mine.public()).encrypt(CARD))
    assert answer.status == 200
    assert NUMBER not in answer.data
    assert set(answer.json()) == {"encData"}


def test_whatever_else_comes_is_one_answer(payments: ModuleType, url: str) -> None:
    other = profiles.VISA_MLE.encrypter(Key.generate("RSA-OAEP-256", kid="x").public())
    for body in (CARD, b"", b"{}", other.encrypt(CARD)):
        assert (post(url, body).status, post(url, body).data) == (400, b'{"error":"bad_request"}')


def test_a_server_takes_the_middleware_for_an_application_and_not_for_a_factory() -> None:
    async def app(scope: object, receive: object, send: object) -> None:
        """Do nothing."""

    key = Key.generate("RSA-OAEP-256", kid="x")
    served = AsgiMiddleware(app, Exchange(profiles.VISA_MLE, key))
    with pytest.raises(TypeError, match="missing 3 required positional arguments"):
        served()
    config = uvicorn.Config(served, log_level="critical")
    config.load()
    assert config.interface == "asgi3"
