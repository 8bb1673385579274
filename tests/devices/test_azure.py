"""Keys in Azure Key Vault with the real client, against a loopback server over TLS.

Source: Azure Key Vault REST API reference.
"""

import sys
import time
from types import SimpleNamespace

import pytest
import trustme
from tests.devices import test_key_services as rules
from tests.helpers import key_service_servers as servers
from tests.helpers import key_services

from joseal import (
    Decrypter,
    DecryptionError,
    Encrypter,
    InvalidKeyError,
    KeyUnavailableError,
    Signer,
    Verifier,
)
from joseal.devices.azure import AzureKeyVault

vault_keys = pytest.importorskip(
    "azure.keyvault.keys", reason="no azure-keyvault-keys: pip install 'joseal[azure]'"
)

from azure.core.credentials import AccessToken  # noqa: E402 - the lines above skip without it

ALG = "RSA-OAEP-256"


class Credential:
    """Gives a token for whatever it is asked."""

    def get_token(self, *scopes, **options):
        return AccessToken("t", int(time.time()) + 3600)

    def close(self):
        """Do nothing."""


@pytest.fixture(scope="module")
def authority():
    return trustme.CA()


@pytest.fixture
def vault(authority, tmp_path):
    """Return a function that serves a service, and gives the real client for it."""
    pem = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(pem)
    opened = []

    def serve(service):
        url = []
        respond = servers.azure(service, lambda: url[0])
        serving = servers.serving(respond, servers.tls(authority))
        url.append(f"https://127.0.0.1:{serving.__enter__()}")
        client = vault_keys.KeyClient(
            url[0], Credential(), verify_challenge_resource=False, connection_verify=str(pem)
        )
        opened.extend((client, serving))
        return client

    yield serve
    for each in reversed(opened):
        each.__exit__(None, None, None)


@pytest.mark.parametrize("alg", sorted(rules.AZURE))
def test_real_client_asks_for_every_alg_and_reads_every_answer(vault, alg):
    service = rules.service("azure", alg, name="k")
    key = AzureKeyVault(vault(service)).load(name="k", alg=alg)
    if alg in rules.all_algorithms.SIGS:
        signed = Signer(key).sign(rules.PLAINTEXT)
        assert Verifier(rules.held(alg).public()).verify(signed) == rules.PLAINTEXT
    else:
        decrypter = Decrypter(key, enc=rules.ENC)
        assert decrypter.decrypt(rules.token(alg)) == rules.PLAINTEXT
        with pytest.raises(DecryptionError):
            decrypter.decrypt(rules.spoiled(rules.token(alg)))
    # The second is the client's own, before its first operation.
    operation = "sign" if alg in rules.all_algorithms.SIGS else "unwrap_key"
    if alg in rules.AES_WRAPPING:
        assert service.asked[:5] == ["get_key", "get_key", "wrap_key", "get_key", "unwrap_key"]
    else:
        assert service.asked[:3] == ["get_key", "get_key", operation]


@pytest.mark.parametrize("alg", rules.AES_WRAPPING)
def test_real_client_wraps_in_the_service_and_never_with_a_key_of_its_own(vault, alg, caplog):
    service = rules.service("azure", alg, name="k")
    key = AzureKeyVault(vault(service)).load(name="k", alg=alg)
    asked = len(service.asked)
    made = Encrypter(key, enc=rules.ENC).encrypt(rules.PLAINTEXT)
    assert Decrypter(rules.held(alg), enc=rules.ENC).decrypt(made) == rules.PLAINTEXT
    assert Decrypter(key, enc=rules.ENC).decrypt(made) == rules.PLAINTEXT
    assert service.asked[asked:] == ["wrap_key", "unwrap_key"]
    assert "Local" not in caplog.text


STATUSES = [400, 401, 403, 404, 408, 409, 429, 500, 502, 503, 504]


@pytest.mark.parametrize("status", STATUSES)
def test_every_status_is_unavailable_and_asked_once(vault, status):
    service = rules.service("azure", ALG, name="k")
    decrypter = Decrypter(AzureKeyVault(vault(service)).load(name="k", alg=ALG), enc=rules.ENC)
    decrypter.decrypt(rules.token(ALG))
    asked = len(service.asked)
    service.failure = key_services.Azure.error(status, "Other")
    with pytest.raises(KeyUnavailableError) as caught:
        decrypter.decrypt(rules.token(ALG))
    assert "canary" not in str(caught.value)
    assert caught.value.__cause__ is caught.value.__context__ is None
    assert len(service.asked) == asked + 1


def test_key_that_does_not_exist_is_refused(vault):
    with pytest.raises(InvalidKeyError, match="no such key"):
        AzureKeyVault(vault(rules.service("azure", ALG, name="k"))).load(name="other", alg=ALG)


def test_example_of_the_guide_runs(vault, monkeypatch):
    client = vault(rules.service("azure", ALG, name="bank"))
    # The example's credentials are another package's.
    identity = SimpleNamespace(DefaultAzureCredential=Credential)
    monkeypatch.setitem(sys.modules, "azure.identity", identity)
    monkeypatch.setattr(vault_keys, "KeyClient", lambda *_: client)
    monkeypatch.setenv("VAULT_URL", "https://127.0.0.1")
    assert rules.run_example("azure_keys.py")["mine"].kid == "2027-05"


def test_example_of_a_managed_hsm_runs(vault, monkeypatch):
    client = vault(rules.service("azure", "A256KW", name="at-rest"))
    identity = SimpleNamespace(DefaultAzureCredential=Credential)
    monkeypatch.setitem(sys.modules, "azure.identity", identity)
    monkeypatch.setattr(vault_keys, "KeyClient", lambda *_: client)
    monkeypatch.setenv("HSM_URL", "https://127.0.0.1")
    space = rules.run_example("managed_hsm.py")
    assert space["decrypter"].decrypt(space["encrypter"].encrypt(b"x")) == b"x"


def test_nobody_listens():
    client = vault_keys.KeyClient("https://127.0.0.1:1", Credential())
    with client, pytest.raises(KeyUnavailableError, match="can't be asked"):
        AzureKeyVault(client, timeout=2).load(name="k", alg=ALG)


def test_time_runs_out(vault):
    service = rules.service("azure", ALG, name="k")
    client = vault(service)
    # The load before it has to be in time.
    decrypter = Decrypter(AzureKeyVault(client, timeout=3).load(name="k", alg=ALG), enc=rules.ENC)
    with key_services.held_up(service):
        start = time.monotonic()
        with pytest.raises(KeyUnavailableError, match="can't be asked"):
            decrypter.decrypt(rules.token(ALG))
        assert time.monotonic() - start < 30
