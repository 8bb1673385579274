"""Keys in AWS KMS with the real client: an emulator, a loopback server, and every error it knows.

`ministack` decrypts with SHA-256 alone whatever it is asked for, signs PSS with the longest salt and
not that of RFC 7518 section 3.5, and has no key agreement and no post-quantum keys: these are for
the loopback server.

Source: the service model of botocore, the API reference of AWS KMS.
"""

import io
import os
import socket
import subprocess
import sys
import time

import pytest
from tests.devices import test_key_services as rules
from tests.helpers import key_service_servers as servers
from tests.helpers import key_services, ports

from joseal import Decrypter, DecryptionError, Encrypter, KeyUnavailableError, Signer, Verifier
from joseal.devices.aws import AwsKms

boto3 = pytest.importorskip("boto3", reason="no boto3: pip install 'joseal[aws]'")

from botocore.config import Config  # noqa: E402 - the line above skips where it is missing
from botocore.exceptions import (  # noqa: E402
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
)
from botocore.stub import Stubber  # noqa: E402

ALG = "RSA-OAEP-256"
CONFIG = Config(retries={"total_max_attempts": 1}, connect_timeout=5, read_timeout=5)


def client(port=1, config=CONFIG):
    return boto3.client(
        "kms",
        endpoint_url=f"http://127.0.0.1:{port}",
        region_name="eu-west-1",
        aws_access_key_id="x",
        aws_secret_access_key="y",
        config=config,
    )


@pytest.fixture(scope="module")
def emulator():
    pytest.importorskip("ministack", reason="no ministack: pip install ministack")
    port = ports.unused()
    own = {"BIND_HOST": "127.0.0.1", "IOT_MTLS_ENABLED": "0", "GATEWAY_PORT": str(port)}
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    command = [sys.executable, "-m", "ministack"]
    with subprocess.Popen(command, env={**os.environ, **own}, **quiet) as process:
        try:
            wait_for(port, process)
            yield client(port)
        finally:
            process.terminate()


def wait_for(port, process):
    for _ in range(900):
        assert process.poll() is None
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    pytest.fail("ministack does not answer")


def created(emulator, spec, use):
    return emulator.create_key(KeySpec=spec, KeyUsage=use)["KeyMetadata"]["KeyId"]


def test_emulator_decrypts_and_refuses(emulator):
    name = created(emulator, "RSA_2048", "ENCRYPT_DECRYPT")
    key = AwsKms(emulator).load(key_id=name, alg=ALG)
    token = Encrypter(key.public(), enc=rules.ENC).encrypt(rules.PLAINTEXT)
    decrypter = Decrypter(key, enc=rules.ENC)
    assert decrypter.decrypt(token) == rules.PLAINTEXT
    with pytest.raises(DecryptionError):
        decrypter.decrypt(rules.spoiled(token))


@pytest.mark.parametrize(
    ("spec", "alg"),
    [
        *(("RSA_2048", alg) for alg in ("RS256", "RS384", "RS512")),
        *(("ECC_NIST_P256", "ES256"), ("ECC_NIST_P384", "ES384"), ("ECC_NIST_P521", "ES512")),
        *(("ECC_SECG_P256K1", "ES256K"), ("ECC_NIST_EDWARDS25519", "Ed25519")),
    ],
)
def test_emulator_signs(emulator, spec, alg):
    key = AwsKms(emulator).load(key_id=created(emulator, spec, "SIGN_VERIFY"), alg=alg)
    signed = Signer(key).sign(rules.PLAINTEXT)
    assert Verifier(key.public()).verify(signed) == rules.PLAINTEXT


def test_emulator_says_that_a_key_does_not_exist_or_is_disabled(emulator):
    name = created(emulator, "RSA_2048", "SIGN_VERIFY")
    signer = Signer(AwsKms(emulator).load(key_id=name, alg="RS256"))
    emulator.disable_key(KeyId=name)
    with pytest.raises(KeyUnavailableError, match="can't be asked"):
        signer.sign(rules.PLAINTEXT)
    with pytest.raises(rules.InvalidKeyError, match="no such key"):
        AwsKms(emulator).load(key_id="00000000-0000-4000-8000-000000000000", alg="RS256")


@pytest.mark.parametrize("alg", sorted(rules.AWS))
def test_real_client_asks_for_every_alg_and_reads_every_answer(alg):
    service = rules.service("aws", alg, name="k")
    with servers.serving(servers.aws(service)) as port:
        key = rules.load("aws", client(port), alg, name="k")
        if alg in rules.all_algorithms.SIGS:
            signed = Signer(key).sign(rules.PLAINTEXT)
            assert Verifier(rules.held(alg).public()).verify(signed) == rules.PLAINTEXT
            return
        decrypter = Decrypter(key, enc=rules.enc_of(alg))
        assert decrypter.decrypt(rules.token(alg)) == rules.PLAINTEXT


MODEL = client().meta.service_model
CODES = sorted(
    MODEL.shape_for(name).name for name in MODEL.shape_names if name.endswith("Exception")
)
GENERAL = ["AccessDeniedException", "ThrottlingException", "ValidationException", "a new one"]


@pytest.mark.parametrize("code", CODES + GENERAL)
def test_every_error_that_the_client_knows_is_unavailable_but_a_bad_ciphertext(code):
    key, stubbed = stub()
    stubbed.add_client_error("decrypt", code, "a text with a canary in it", 400)
    bad = code == "InvalidCiphertextException"
    with stubbed, pytest.raises(DecryptionError if bad else KeyUnavailableError) as caught:
        Decrypter(key, enc=rules.ENC).decrypt(rules.token(ALG))
    assert "canary" not in str(caught.value)
    assert caught.value.__cause__ is caught.value.__context__ is None
    stubbed.assert_no_pending_responses()


def test_error_of_signing_is_unavailable_whatever_it_is():
    for code in CODES:
        key, stubbed = stub("RS256")
        stubbed.add_client_error("sign", code, "a canary", 400)
        with stubbed, pytest.raises(KeyUnavailableError):
            Signer(key).sign(rules.PLAINTEXT)


def stub(alg=ALG):
    """Return a key whose client is about to be stubbed, and the stubber."""
    asked = client()
    public = key_services.spki(key_services.material(rules.held(alg)))
    answer = {"KeyId": "k", "PublicKey": public, **rules.AWS[alg]}
    with Stubber(asked) as loading:
        loading.add_response("get_public_key", answer, {"KeyId": "k"})
        key = AwsKms(asked).load(key_id="k", alg=alg)
    return key, Stubber(asked)


@pytest.mark.parametrize(
    "kind",
    [
        lambda: EndpointConnectionError(endpoint_url="http://canary"),
        lambda: ConnectTimeoutError(endpoint_url="http://canary"),
        NoCredentialsError,
    ],
)
def test_error_of_the_client_itself_is_unavailable(kind, monkeypatch):
    key, _ = stub()

    def fail(*_, **__):
        raise kind()

    monkeypatch.setattr(key._material.device._client._client, "decrypt", fail)
    with pytest.raises(KeyUnavailableError, match="can't be asked") as caught:
        Decrypter(key, enc=rules.ENC).decrypt(rules.token(ALG))
    assert "canary" not in str(caught.value)


def test_example_of_the_guide_runs(monkeypatch):
    service = rules.service("aws", ALG, name="alias/bank")
    with servers.serving(servers.aws(service)) as port:
        monkeypatch.setenv("AWS_ENDPOINT_URL_KMS", f"http://127.0.0.1:{port}")
        monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "x")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "y")
        assert rules.run_example("aws_keys.py")["mine"].kid == "2027-05"


def test_nobody_listens_and_time_runs_out():
    with pytest.raises(KeyUnavailableError, match="can't be asked"):
        AwsKms(client()).load(key_id="k", alg=ALG)
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        short = Config(retries={"total_max_attempts": 1}, read_timeout=0.2)
        with pytest.raises(KeyUnavailableError, match="can't be asked"):
            AwsKms(client(silent.getsockname()[1], short)).load(key_id="k", alg=ALG)


def test_program_of_the_guide_tells_refused_from_not_tried(monkeypatch, capsys):
    service = rules.service("aws", ALG, name="alias/bank")
    good = Encrypter(rules.held(ALG).public(), enc="A256GCM").encrypt(b"payment")
    with servers.serving(servers.aws(service)) as port:
        for name, value in {
            "AWS_ENDPOINT_URL_KMS": f"http://127.0.0.1:{port}",
            "AWS_ACCESS_KEY_ID": "x",
            "AWS_SECRET_ACCESS_KEY": "y",
            "AWS_DEFAULT_REGION": "eu-west-1",
            "KMS_KEY": "alias/bank",
        }.items():
            monkeypatch.setenv(name, value)
        program = rules.run_example("kms_decrypt.py")

        def run(*tokens):
            monkeypatch.setattr(sys, "stdin", io.StringIO("\n".join(tokens)))
            return program["main"](), capsys.readouterr().out.splitlines()

        done = ["1 opened: 7 bytes", "2 refused: undecryptable", "3 refused: malformed"]
        assert run(good, rules.spoiled(good), "x") == (0, done)

        def away(answer):
            if "Plaintext" in answer:
                raise key_services.Aws.error("ThrottlingException")
            return answer

        service.change = away
        kept = "1 not tried: the key service is asked too often: ask again later"
        assert run(good, "x") == (75, [kept, "2 refused: malformed"])
