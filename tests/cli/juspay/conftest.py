"""A command of the group with a sandbox's account."""

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from joseal.juspay.sandbox import Sandbox


@pytest.fixture
def at(run: Callable[..., Result], tmp_path: Path) -> Callable[..., Result]:
    """Run a command with the account of a sandbox, and with its key where one is needed."""

    def at(sandbox: Sandbox, name: str, *args: object, data: str | None = None) -> Result:
        (tmp_path / "bank.pem").write_text(sandbox.public_pem)
        account = ("--base-url", sandbox.url, "--merchant-id", sandbox.merchant_id)
        key = () if "--key" in args else ("--key", tmp_path / "bank.pem", "--alg", "RSA-OAEP")
        keys = (*key, "--kid", sandbox.kid)
        labels = () if sandbox.sid is None or "--sid" in args else ("--sid", sandbox.sid)
        sealing = (*keys, *labels) if name in ("attempt", "create") else ()
        apart = ("--apart", "0") if name in ("attempt", "reconcile") else ()
        given = (*account, "--api-key-env", "API_KEY", *sealing, *apart)
        return run("juspay", name, *given, *args, data=data, API_KEY=sandbox.api_key)

    return at
