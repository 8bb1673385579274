"""Sandboxes over TLS in which something can go wrong."""

from collections.abc import Callable, Iterator

import pytest
from tests.faults.world import API_KEY, Switch, World, first_fails

from joseal import Key
from joseal.juspay.sandbox import Sandbox


@pytest.fixture(scope="session")
def bank_key() -> Key:
    return Key.generate("RSA-OAEP")


@pytest.fixture(scope="session")
def open_world(bank_key: Key) -> Callable[..., Sandbox]:
    def build(switch: Switch, wire: list[bytes], **settings: object) -> Sandbox:
        def carry(body: bytes) -> bytes:
            wire.append(body)
            return body

        settings = {"tls": True, "transaction_plan": first_fails, "on_the_way": carry, **settings}
        return Sandbox(key=bank_key, api_key=API_KEY, plan=switch, **settings)

    return build


@pytest.fixture(scope="module")
def world(open_world: Callable[..., Sandbox]) -> Iterator[World]:
    switch, wire = Switch(), []
    with open_world(switch, wire) as sandbox:
        yield World(sandbox, switch, wire)
