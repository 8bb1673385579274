"""A pytest fixture with a running sandbox: `pytest_plugins = ["joseal.juspay.pytest_plugin"]`."""

from collections.abc import Iterator

import pytest

from joseal._core.keys import Key
from joseal.juspay.sandbox import Sandbox


@pytest.fixture(scope="session")
def _juspay_sandbox_key() -> Key:
    """Make one key pair for all tests: that takes longer than the rest of a sandbox."""
    return Key.generate("RSA-OAEP")


@pytest.fixture
def juspay_sandbox(_juspay_sandbox_key: Key) -> Iterator[Sandbox]:
    """Run a sandbox for one test, with a fresh port, API key and list of received attempts."""
    with Sandbox(key=_juspay_sandbox_key) as sandbox:
        yield sandbox
