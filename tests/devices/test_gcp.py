"""Keys in Google Cloud KMS with the real client, against a gRPC service of its own protocol buffers.

Source: Cloud Key Management Service RPC reference.
"""

from concurrent.futures import ThreadPoolExecutor

import pytest
from tests.devices import test_key_services as rules
from tests.helpers import key_services
from tests.helpers.forge import b64, unb64

from joseal import (
    Decrypter,
    DecryptionError,
    InvalidKeyError,
    KeyUnavailableError,
    Signer,
    Verifier,
)
from joseal.devices.gcp import GoogleCloudKms

kms = pytest.importorskip(
    "google.cloud.kms_v1", reason="no google-cloud-kms: pip install 'joseal[gcp]'"
)

import grpc  # noqa: E402 - the lines above skip where it is missing
from google.cloud.kms_v1.services.key_management_service.transports import (  # noqa: E402
    KeyManagementServiceGrpcTransport,
)

ALG = "RSA-OAEP-256"
KIND = kms.CryptoKeyVersion.CryptoKeyVersionAlgorithm
METHODS = {
    "AsymmetricDecrypt": (kms.AsymmetricDecryptRequest, kms.AsymmetricDecryptResponse),
    "AsymmetricSign": (kms.AsymmetricSignRequest, kms.AsymmetricSignResponse),
    "Decapsulate": (kms.DecapsulateRequest, kms.DecapsulateResponse),
    "GetPublicKey": (kms.GetPublicKeyRequest, kms.PublicKey),
}
NAMES = {
    "AsymmetricDecrypt": "asymmetric_decrypt",
    "AsymmetricSign": "asymmetric_sign",
    "Decapsulate": "decapsulate",
    "GetPublicKey": "get_public_key",
}


def asked(request):
    """Return a request as the client's caller gave it."""
    found = {"name": request.name}
    for name in ("ciphertext", "data"):
        if getattr(request, name, b""):
            found[name] = getattr(request, name)
            found[f"{name}_crc32c"] = getattr(request, f"{name}_crc32c")
    if getattr(request, "digest", None) and "data" not in found:
        kind = kms.Digest.pb(request.digest).WhichOneof("digest")
        found["digest"] = {kind: getattr(request.digest, kind)}
        found["digest_crc32c"] = request.digest_crc32c
    if getattr(request, "public_key_format", 0):
        found["public_key_format"] = request.public_key_format.name
    return found


def answered(kind, answer):
    """Return an answer of the service as a message."""
    members = dict(vars(answer))
    if kind is kms.PublicKey:
        members["algorithm"] = KIND[members["algorithm"].name]
        if "public_key" in members:
            members["public_key"] = kms.ChecksummedData(**vars(members["public_key"]))
    return kind(**members)


def handler(service, method):
    wanted, given = METHODS[method]

    def respond(request, context):
        try:
            call = getattr(service, NAMES[method])
            return answered(given, call(request=asked(request), timeout=None, retry=None))
        except key_services.ServiceError as error:
            context.abort(grpc.StatusCode[error.grpc_status_code.name], "a canary")

    return grpc.unary_unary_rpc_method_handler(
        respond, request_deserializer=wanted.deserialize, response_serializer=given.serialize
    )


@pytest.fixture
def served():
    """Return a function that serves a service, and gives the real client for it."""
    opened = []

    def serve(service):
        server = grpc.server(ThreadPoolExecutor(2))
        name = "google.cloud.kms.v1.KeyManagementService"
        handlers = {method: handler(service, method) for method in METHODS}
        server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(name, handlers),))
        port = server.add_insecure_port("127.0.0.1:0")
        server.start()
        opened.append(lambda: server.stop(None).wait(5))
        return connect(port)

    def connect(port):
        channel = grpc.insecure_channel(f"127.0.0.1:{port}")
        opened.append(channel.close)
        transport = KeyManagementServiceGrpcTransport(channel=channel)
        return kms.KeyManagementServiceClient(transport=transport)

    serve.connect = connect
    yield serve
    for close in reversed(opened):
        close()


@pytest.mark.parametrize("alg", sorted(rules.GOOGLE))
def test_real_client_asks_for_every_alg_and_reads_every_answer(served, alg):
    service = rules.service("gcp", alg)
    key = rules.load("gcp", served(service), alg)
    if alg in rules.all_algorithms.SIGS:
        signed = Signer(key).sign(rules.PLAINTEXT)
        assert Verifier(rules.held(alg).public()).verify(signed) == rules.PLAINTEXT
        return
    decrypter = Decrypter(key, enc=rules.enc_of(alg))
    assert decrypter.decrypt(rules.token(alg)) == rules.PLAINTEXT
    with pytest.raises(DecryptionError):
        decrypter.decrypt(rules.spoiled(rules.token(alg)) if "OAEP" in alg else tampered(alg))
    assert len(service.asked) == 3


def tampered(alg):
    """Return a token with another ciphertext: ML-KEM does not tell a bad encapsulated secret."""
    header, key, iv, ciphertext, tag = rules.token(alg).split(".")
    return ".".join((header, key, iv, b64(bytes(len(unb64(ciphertext)))), tag))


@pytest.mark.parametrize("status", [each for each in grpc.StatusCode if each.name != "OK"])
def test_every_status_is_unavailable_but_a_bad_ciphertext_and_asked_once(served, status):
    service = rules.service("gcp", ALG)
    decrypter = Decrypter(rules.load("gcp", served(service), ALG), enc=rules.ENC)
    service.failure = key_services.Google.error(status.name)
    bad = status is grpc.StatusCode.INVALID_ARGUMENT
    with pytest.raises(DecryptionError if bad else KeyUnavailableError) as caught:
        decrypter.decrypt(rules.token(ALG))
    assert "canary" not in str(caught.value)
    assert caught.value.__cause__ is caught.value.__context__ is None
    assert len(service.asked) == 2


@pytest.mark.parametrize(
    "change",
    [
        rules.with_(plaintext_crc32c=1),
        rules.without("plaintext_crc32c"),
        rules.with_(verified_ciphertext_crc32c=False),
        rules.with_(plaintext=b"damaged on the way"),
    ],
)
def test_damaged_answer_is_unavailable(served, change):
    service = rules.service("gcp", ALG)
    decrypter = Decrypter(rules.load("gcp", served(service), ALG), enc=rules.ENC)
    service.change = change
    with pytest.raises(KeyUnavailableError, match="an answer that does not fit"):
        decrypter.decrypt(rules.token(ALG))


def test_key_that_does_not_exist_is_refused(served):
    client = served(rules.service("gcp", ALG))
    with pytest.raises(InvalidKeyError, match="no such key"):
        GoogleCloudKms(client).load(name=rules.NAME + "7", alg=ALG)


def test_example_of_the_guide_runs(served, monkeypatch):
    name = (
        "projects/shop/locations/europe-west3/keyRings/payments/cryptoKeys/bank/cryptoKeyVersions/1"
    )
    client = served(rules.service("gcp", ALG, name=name))
    monkeypatch.setattr("google.cloud.kms.KeyManagementServiceClient", lambda: client)
    assert rules.run_example("gcp_keys.py")["mine"].kid == "2027-05"


def test_nobody_listens(served):
    with pytest.raises(KeyUnavailableError, match="can't be asked"):
        GoogleCloudKms(served.connect(1), timeout=2).load(name=rules.NAME, alg=ALG)


def test_time_runs_out(served):
    service = rules.service("gcp", ALG)
    client = served(service)
    with (
        key_services.held_up(service),
        pytest.raises(KeyUnavailableError, match="can't be asked"),
    ):
        GoogleCloudKms(client, timeout=0.3).load(name=rules.NAME, alg=ALG)
