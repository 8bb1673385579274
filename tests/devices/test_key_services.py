"""Keys in the key services of three clouds: what they are asked, and what becomes of an answer.

The services are in this process and have the shape of the real clients; `test_aws`, `test_gcp` and
`test_azure` have the real ones. Tokens and signatures are made and verified without a device.

Source: RFC 7516 section 11.5, RFC 7518 sections 3 and 4, the services' API references.
"""

import inspect
import json
import os
import re
import traceback
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from tests.docs import pages
from tests.helpers import all_algorithms, forge, hpke_forge, key_services
from tests.helpers.rows import each_row

from joseal import (
    Decrypter,
    DecryptionError,
    Encrypter,
    InvalidKeyError,
    Key,
    KeyUnavailableError,
    MalformedTokenError,
    Signer,
    Verifier,
)
from joseal.devices import aws, azure, gcp, key_service
from joseal.devices.aws import AwsKms
from joseal.devices.azure import AzureKeyVault
from joseal.devices.gcp import GoogleCloudKms

ENC = "A128CBC-HS256"
PLAINTEXT = b"4111111111111111"
NAME = "projects/p/locations/l/keyRings/r/cryptoKeys/k/cryptoKeyVersions/1"
CLOUDS = ["aws", "gcp", "azure"]
TITLES = {"aws": "AWS KMS", "gcp": "Google Cloud KMS", "azure": "Azure Key Vault"}

OAEP = ["RSA-OAEP", "RSA-OAEP-256"]
AES_WRAPPING = ["A128KW", "A192KW", "A256KW"]
RSA_SIGNING = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"]
GOOGLE = {
    "RSA-OAEP": "RSA_DECRYPT_OAEP_2048_SHA1",
    "RSA-OAEP-256": "RSA_DECRYPT_OAEP_2048_SHA256",
    "RSA-OAEP-512": "RSA_DECRYPT_OAEP_4096_SHA512",
    "HPKE-9": "KEM_XWING",
    "HPKE-9-KE": "KEM_XWING",
    "HPKE-12": "ML_KEM_768",
    "HPKE-13-KE": "ML_KEM_1024",
    "RS256": "RSA_SIGN_PKCS1_2048_SHA256",
    "RS512": "RSA_SIGN_PKCS1_4096_SHA512",
    "PS256": "RSA_SIGN_PSS_3072_SHA256",
    "PS512": "RSA_SIGN_PSS_4096_SHA512",
    "ES256": "EC_SIGN_P256_SHA256",
    "ES384": "EC_SIGN_P384_SHA384",
    "ES256K": "EC_SIGN_SECP256K1_SHA256",
    "Ed25519": "EC_SIGN_ED25519",
    "EdDSA": "EC_SIGN_ED25519",
    "ML-DSA-44": "PQ_SIGN_ML_DSA_44",
    "ML-DSA-65": "PQ_SIGN_ML_DSA_65",
    "ML-DSA-87": "PQ_SIGN_ML_DSA_87",
}
AGREEMENT = ["ECDH-ES", "ECDH-ES+A256KW", "HPKE-0", "HPKE-7-KE"]
ML_DSA = ["ML-DSA-44", "ML-DSA-65", "ML-DSA-87"]
AWS = {
    **{alg: {"EncryptionAlgorithms": ["RSAES_OAEP_SHA_1", "RSAES_OAEP_SHA_256"]} for alg in OAEP},
    **{alg: {"KeyAgreementAlgorithms": ["ECDH"]} for alg in AGREEMENT},
    **{alg: {"EncapsulationAlgorithms": ["ML_KEM"]} for alg in ("HPKE-12", "HPKE-13-KE")},
    **{
        f"{kind}{bits}": {"SigningAlgorithms": [f"{scheme}_SHA_{bits}"]}
        for kind, scheme in (("RS", "RSASSA_PKCS1_V1_5"), ("PS", "RSASSA_PSS"), ("ES", "ECDSA"))
        for bits in ("256", "384", "512")
    },
    "ES256K": {"SigningAlgorithms": ["ECDSA_SHA_256"]},
    **{alg: {"SigningAlgorithms": ["ED25519_SHA_512"]} for alg in ("Ed25519", "EdDSA")},
    **{alg: {"SigningAlgorithms": ["ML_DSA_SHAKE_256"]} for alg in ML_DSA},
}
AZURE = {
    **{alg: ["unwrapKey", "wrapKey"] for alg in (*OAEP, *AES_WRAPPING)},
    **{alg: ["sign"] for alg in (*RSA_SIGNING, "ES256", "ES384", "ES512", "ES256K")},
}
SERVED = {"aws": AWS, "gcp": GOOGLE, "azure": AZURE}
TABLES = {"aws": aws._SERVED, "gcp": gcp._SERVED, "azure": azure._SERVED}
DECRYPTING = [(c, alg) for c in CLOUDS for alg in SERVED[c] if "OAEP" in alg or "H" in alg[:4]]
SIGNING = [(c, alg) for c in CLOUDS for alg in SERVED[c] if alg in all_algorithms.SIGS]


def held(alg):
    """Return the pair of an alg, which the service keeps."""
    if alg in all_algorithms.SIGS:
        return all_algorithms.signing_key(alg)
    return hpke_forge.key(alg) if alg.startswith("HPKE") else all_algorithms.key(alg, ENC)


def service(cloud, alg, name=NAME):
    private = key_services.material(held(alg))
    kind = {"aws": key_services.Aws, "gcp": key_services.Google, "azure": key_services.Azure}
    return kind[cloud](**{name: (private, SERVED[cloud][alg])})


def load(cloud, client, alg, name=NAME, **settings):
    if cloud == "aws":
        return AwsKms(client).load(key_id=name, alg=alg, **settings)
    kind = GoogleCloudKms if cloud == "gcp" else AzureKeyVault
    return kind(client).load(name=name, alg=alg, **settings)


def enc_of(alg):
    return None if alg.startswith("HPKE") and not alg.endswith("-KE") else ENC


def token(alg):
    key = held(alg)
    return Encrypter(key if key.is_symmetric else key.public(), enc=enc_of(alg)).encrypt(PLAINTEXT)


def spoiled(text):
    """Return a token whose encrypted key is not one, in its size."""
    header, key, *rest = text.split(".")
    return ".".join((header, forge.b64(bytes(len(forge.unb64(key)))), *rest))


def run_example(title):
    """Run the example of this title on the guide's page, and return its names."""
    guide = pages.DOCS / "guides/kms.md"
    (block,) = (b for b in pages.blocks(guide.read_text("utf-8")) if b.title == title)
    space = {}
    exec(compile(block.text, title, "exec"), space)  # noqa: S102 - our own page
    return space


# What they do


@each_row(("cloud", "alg"), DECRYPTING)
def test_service_decrypts_what_was_encrypted_to_its_public_half(cloud, alg):
    client = service(cloud, alg)
    key = load(cloud, client, alg, kid="k-1")
    assert (key.alg, key.kid, key.is_private) == (alg, "k-1", True)
    assert key.public() == Key.from_jwk({**held(alg).public().to_jwk(), "kid": "k-1"}, alg=alg)
    decrypter = Decrypter(key, enc=enc_of(alg))
    assert decrypter.decrypt(token(alg)) == PLAINTEXT
    assert decrypter.decrypt(token(alg)) == PLAINTEXT
    # One question for each operation, and the public half fetched once.
    fetched, *asked = client.asked
    assert fetched in {"get_public_key", "get_key"}
    assert len(asked) == 2
    assert fetched not in asked


@pytest.mark.parametrize("alg", AES_WRAPPING)
def test_azure_wraps_and_unwraps_with_an_aes_key(alg):
    client = service("azure", alg)
    key = load("azure", client, alg, kid="k-1")
    assert repr(key) == f"Key(alg='{alg}', kid='k-1', external secret)"
    assert client.asked == ["get_key", "wrap_key", "unwrap_key"]
    made = Encrypter(key, enc=ENC).encrypt(PLAINTEXT)
    assert Decrypter(held(alg), enc=ENC).decrypt(made) == PLAINTEXT
    assert Decrypter(key, enc=ENC).decrypt(token(alg)) == PLAINTEXT
    assert client.asked[3:] == ["wrap_key", "unwrap_key"]
    with pytest.raises(DecryptionError):
        Decrypter(key, enc=ENC).decrypt(spoiled(token(alg)))


def test_azure_aes_key_must_have_the_size_of_its_alg():
    client = service("azure", "A128KW")
    with pytest.raises(InvalidKeyError, match="A256KW needs an AES key of its size"):
        load("azure", client, "A256KW")


@pytest.mark.parametrize("kty", ["RSA-HSM", "EC-HSM", None])
def test_azure_key_of_another_kind_does_not_wrap_with_aes(kty):
    client = service("azure", "A256KW")
    client.change = azure_jwk(kty=kty)
    with pytest.raises(InvalidKeyError, match="A256KW needs an AES key of its size"):
        load("azure", client, "A256KW")
    assert client.asked == ["get_key"]


def test_azure_key_that_each_client_draws_for_itself_is_refused():
    """Of what a client wraps by itself with a random key, nothing would ever open again."""
    client = service("azure", "A256KW")
    drawn = [b"1" * 32, b"2" * 32]

    def draw(key_name, *, key_version):
        own = key_services.Azure(**{key_name: (drawn.pop(), AZURE["A256KW"])})
        return key_services.AzureCryptography(own, key_name)

    client.get_cryptography_client = draw
    with pytest.raises(InvalidKeyError, match="A256KW needs an AES key of its size"):
        load("azure", client, "A256KW")


@pytest.mark.parametrize("operations", [["wrapKey"], ["unwrapKey"], []])
def test_azure_aes_key_is_made_for_both_directions(operations):
    client = service("azure", "A256KW")
    client.keys[NAME] = (client.keys[NAME][0], operations)
    with pytest.raises(InvalidKeyError, match="the key was not made for A256KW"):
        load("azure", client, "A256KW")


def test_refusal_to_wrap_is_unavailable():
    client = service("azure", "A256KW")
    encrypter = Encrypter(load("azure", client, "A256KW"), enc=ENC)
    client.failure = refusals(client)["azure"]
    with pytest.raises(KeyUnavailableError, match=r"^Azure Key Vault refuses to wrap$"):
        encrypter.encrypt(PLAINTEXT)
    client.failure = key_services.Azure.error(403, "Forbidden")
    with pytest.raises(KeyUnavailableError, match="does not let this client"):
        load("azure", client, "A256KW")


@pytest.mark.parametrize("answer", [bytes(39), "text", None])
def test_wrapped_key_that_does_not_fit_is_unavailable(answer):
    client = service("azure", "A256KW")
    encrypter = Encrypter(load("azure", client, "A256KW"), enc=ENC)
    client.change = with_(encrypted_key=answer)
    with pytest.raises(KeyUnavailableError, match=r"does not fit|wrong size"):
        encrypter.encrypt(PLAINTEXT)


@pytest.mark.parametrize(("cloud", "alg"), SIGNING)
def test_service_signs_what_its_public_half_verifies(cloud, alg):
    key = load(cloud, service(cloud, alg), alg)
    signed = Signer(key).sign(PLAINTEXT)
    assert Verifier(held(alg).public()).verify(signed) == PLAINTEXT


@pytest.mark.parametrize("cloud", CLOUDS)
def test_every_alg_of_a_service_is_run_here_or_shares_its_row(cloud):
    run, table = SERVED[cloud], TABLES[cloud]
    assert set(run) <= set(table)
    rows = {repr(table[alg]) for alg in run}
    assert {alg for alg in table if repr(table[alg]) not in rows} == set()


@pytest.mark.parametrize("curve", ["P-384", "P-521"])
def test_aws_agrees_on_every_curve_of_nist(curve):
    key = all_algorithms.key("ECDH-ES", curve=curve)
    client = key_services.Aws(k=(key_services.material(key), AWS["ECDH-ES"]))
    token = Encrypter(key.public(), enc=ENC).encrypt(PLAINTEXT)
    mine = AwsKms(client).load(key_id="k", alg="ECDH-ES")
    assert Decrypter(mine, enc=ENC).decrypt(token) == PLAINTEXT


def test_answer_without_the_name_of_a_key_leaves_the_callers():
    client = service("aws", "RS256")
    client.change = lambda answer: {**answer, "KeyId": None}
    key = load("aws", client, "RS256")
    client.change = lambda answer: answer
    assert Signer(key).sign(PLAINTEXT)


def test_alias_is_looked_up_once():
    client = service("aws", "RS256")
    client.keys["arn:1"] = client.keys[NAME]
    client.change = lambda answer: answer | {"KeyId": "arn:1"}
    key = load("aws", client, "RS256")
    client.change = lambda answer: answer
    del client.keys[NAME]
    assert Signer(key).sign(PLAINTEXT)
    assert "arn:1" in repr(key._material.device)


def test_azure_key_keeps_the_version_that_it_was_loaded_with():
    client = service("azure", "RS256")
    given = []
    original = client.get_key
    client.get_key = lambda *, version, **named: (
        given.append(version) or original(version=version, **named)
    )
    for version in (None, "v7"):
        load("azure", client, "RS256", version=version)
    # A cryptography client of another version fails in the service of this test.
    assert given == [None, "v7"]


# Refused when it is loaded


@each_row(
    ("cloud", "alg", "instead"),
    [
        ("aws", "RSA-OAEP-384", "RSA-OAEP, RSA-OAEP-256"),
        ("aws", "RSA-OAEP-512", "RSA-OAEP, RSA-OAEP-256"),
        ("gcp", "RSA-OAEP-384", "RSA-OAEP, RSA-OAEP-256, RSA-OAEP-512"),
        ("azure", "RSA-OAEP-384", "RSA-OAEP, RSA-OAEP-256"),
        ("azure", "RSA-OAEP-512", "RSA-OAEP, RSA-OAEP-256"),
        ("gcp", "RS384", "RS256, RS512"),
        ("gcp", "ES512", "ES256, ES384, ES256K"),
        ("azure", "Ed25519", None),
        ("aws", "Ed448", "Ed25519, EdDSA"),
        ("gcp", "ECDH-ES", None),
        ("azure", "ECDH-ES", None),
        *((cloud, "RSA1_5", None) for cloud in CLOUDS),
        *((cloud, "A256KW", None) for cloud in ("aws", "gcp")),
        ("azure", "A256GCMKW", None),
        *((cloud, "HS256", None) for cloud in CLOUDS),
    ],
)
def test_alg_that_a_service_lacks_is_refused_before_it_is_asked(cloud, alg, instead):
    client = service(cloud, "RS256")
    with pytest.raises(InvalidKeyError) as caught:
        load(cloud, client, alg)
    there_is = f": of its kind there is {instead}" if instead else ""
    assert str(caught.value) == f"{TITLES[cloud]} does not do {alg}{there_is}"
    assert client.asked == []


@pytest.mark.parametrize(
    ("cloud", "made_for", "alg"),
    [
        ("aws", "RS256", "RSA-OAEP"),
        ("aws", "RS256", "PS256"),
        ("gcp", "RSA-OAEP", "RSA-OAEP-256"),
        ("gcp", "PS256", "RS256"),
        ("gcp", "RS256", "RS512"),
        ("azure", "RS256", "RSA-OAEP"),
    ],
)
def test_key_that_was_made_for_another_use_is_refused_when_it_is_loaded(cloud, made_for, alg):
    text = f"^the key was not made for {alg}: the key service does other things$"
    with pytest.raises(InvalidKeyError, match=text):
        load(cloud, service(cloud, made_for), alg)


def test_key_on_the_wrong_curve_is_refused_when_it_is_loaded():
    client = service("aws", "ES256")
    client.keys[NAME] = (client.keys[NAME][0], AWS["ES384"])
    with pytest.raises(InvalidKeyError, match="curve"):
        load("aws", client, "ES384")


@pytest.mark.parametrize("cloud", CLOUDS)
def test_key_that_does_not_exist_is_refused(cloud):
    with pytest.raises(InvalidKeyError, match="the key service has no such key"):
        load(cloud, service(cloud, "RS256"), "RS256", name=NAME + "9")


@pytest.mark.parametrize("cloud", CLOUDS)
def test_name_that_the_service_can_not_read_is_refused(cloud):
    client = service(cloud, "RS256")
    client.failure = refusals(client)[cloud]
    with pytest.raises(InvalidKeyError, match="the key service has no such key"):
        load(cloud, client, "RS256")


@pytest.mark.parametrize("cloud", CLOUDS)
def test_wrong_arguments_are_named(cloud):
    client = service(cloud, "RS256")
    argument = "key_id" if cloud == "aws" else "name"
    with pytest.raises(TypeError, match=f"{argument} must be str, not int"):
        load(cloud, client, "RS256", name=1)
    with pytest.raises(ValueError, match=f"{argument} is empty"):
        load(cloud, client, "RS256", name="")
    with pytest.raises(TypeError, match="alg must be str"):
        load(cloud, client, 1)
    with pytest.raises(InvalidKeyError, match="did you mean RS256"):
        load(cloud, client, "RS-256")
    with pytest.raises(TypeError, match="kid"):
        load(cloud, client, "RS256", kid=1)
    text = "^client must be a client of the key service: it has no method [a-z_]+$"
    with pytest.raises(TypeError, match=text):
        load(cloud, object(), "RS256")


def test_names_that_only_one_service_has_are_checked():
    with pytest.raises(ValueError, match="name must be that of a key version"):
        load("gcp", service("gcp", "RS256"), "RS256", name="projects/p/cryptoKeys/k")
    with pytest.raises(ValueError, match="version is empty"):
        load("azure", service("azure", "RS256"), "RS256", version="")


def test_name_of_a_key_without_its_version_is_refused_with_an_example():
    text = "name must be that of a key version: .../cryptoKeyVersions/1"
    with pytest.raises(ValueError, match=f"^{re.escape(text)}$"):
        load("gcp", service("gcp", "RS256"), "RS256", name="projects/p/cryptoKeys/k")


@pytest.mark.parametrize(
    ("alg", "form"), [("RS256", None), ("ML-DSA-44", "NIST_PQC"), ("HPKE-9", "XWING_RAW_BYTES")]
)
def test_public_half_is_asked_for_in_the_form_that_google_has_of_it(alg, form):
    client, given = service("gcp", alg), []
    original = client.get_public_key
    client.get_public_key = lambda **named: given.append(named["request"]) or original(**named)
    load("gcp", client, alg)
    named = {} if form is None else {"public_key_format": form}
    assert given == [{"name": NAME, **named}]


def test_pem_that_utf_8_can_not_carry_is_an_answer_that_does_not_fit():
    client = service("gcp", "RS256")
    client.change = with_(pem="\ud800")
    with pytest.raises(KeyUnavailableError, match="an answer that does not fit"):
        load("gcp", client, "RS256")


def test_timeout_of_the_wrong_type_is_named():
    for wrong, kind in ((True, "bool"), ("10", "str"), (None, "None")):
        text = f"^timeout must be a number of seconds, not {kind}$"
        with pytest.raises(TypeError, match=text):
            key_service.check_timeout(wrong)


@pytest.mark.parametrize("kind", [GoogleCloudKms, AzureKeyVault])
def test_timeout_is_a_number_of_seconds(kind):
    for wrong in (True, "10", None):
        with pytest.raises(TypeError, match="timeout must be a number of seconds"):
            kind(object(), timeout=wrong)
    for wrong in (0, -1, 600.5, 601, 10**400, float("nan"), float("inf")):
        with pytest.raises(
            ValueError, match=r"^timeout must be more than 0 and at most 600 seconds$"
        ):
            kind(object(), timeout=wrong)
    for good in (0.001, 1, 600):
        with pytest.raises(TypeError, match=r"^client must be"):
            kind(object(), timeout=good)


def test_timeout_goes_with_every_call_and_no_call_is_tried_again():
    given = []
    for cloud, kind in (("gcp", GoogleCloudKms), ("azure", AzureKeyVault)):
        client = service(cloud, "RS256")
        spied(client, given)
        key = kind(client, timeout=3).load(name=NAME, alg="RS256")
        Signer(key).sign(PLAINTEXT)
    once = {"timeout": 3, "retry": None}
    azure_once = {"connection_timeout": 3, "read_timeout": 3, "retry_total": 0}
    assert given == [once, once, azure_once, azure_once]


@pytest.mark.parametrize(
    ("cloud", "kind", "options"),
    [
        ("gcp", GoogleCloudKms, {"timeout": 10.0, "retry": None}),
        (
            "azure",
            AzureKeyVault,
            {"connection_timeout": 10.0, "read_timeout": 10.0, "retry_total": 0},
        ),
    ],
)
def test_timeout_is_ten_seconds_without_one(cloud, kind, options):
    client, given = service(cloud, "RS256"), []
    spied(client, given)
    kind(client).load(name=NAME, alg="RS256")
    assert given == [options]


def test_decryption_has_the_timeout_and_is_not_tried_again():
    client, given = service("gcp", "RSA-OAEP"), []
    spied(client, given)
    key = GoogleCloudKms(client, timeout=3).load(name=NAME, alg="RSA-OAEP")
    assert Decrypter(key, enc=ENC).decrypt(token("RSA-OAEP")) == PLAINTEXT
    assert given == [{"timeout": 3, "retry": None}] * 2


def test_wrapping_has_the_timeout_and_a_name_that_is_in_no_set():
    """The client wraps by itself, with a key of its own, where it finds the name in a set."""
    client = service("azure", "A256KW")
    original, given = client.get_cryptography_client, []

    def inner(**named):
        made = original(**named)
        for name in ("wrap_key", "unwrap_key"):
            step = getattr(made, name)
            setattr(made, name, lambda step=step, **asked: given.append(asked) or step(**asked))
        return made

    client.get_cryptography_client = inner
    AzureKeyVault(client, timeout=3).load(name=NAME, alg="A256KW")
    assert len(given) == 2
    for asked in given:
        assert asked["algorithm"] == "A256KW"
        assert asked["algorithm"] not in set(azure._WRAPPING)
        assert json.dumps(asked["algorithm"]) == '"A256KW"'
        options = {name: asked[name] for name in asked if "time" in name or "retry" in name}
        assert options == {"connection_timeout": 3, "read_timeout": 3, "retry_total": 0}


def spied(client, given):
    """Write down the options of the calls that cross the network."""
    names = {"get_public_key", "asymmetric_decrypt", "asymmetric_sign", "get_key", "sign"}

    def watch(owner, name):
        original = getattr(owner, name)

        def call(**named):
            options = {n: v for n, v in named.items() if "time" in n or "retry" in n}
            given.append(options)
            return original(**named)

        setattr(owner, name, call)

    for name in names:
        if hasattr(client, name):
            watch(client, name)
    if hasattr(client, "get_cryptography_client"):
        original = client.get_cryptography_client

        def inner(**named):
            made = original(**named)
            watch(made, "sign")
            return made

        client.get_cryptography_client = inner


# The error map


def refusals(client):
    return {
        "aws": key_services.Aws.error("InvalidCiphertextException"),
        "gcp": key_services.Google.error("INVALID_ARGUMENT"),
        "azure": key_services.Azure.error(400, "BadParameter"),
    }


TEXTS = {
    "no such key": "the key service has no such key",
    "does not let this client": (
        "the key service does not let this client use the key: see its permissions"
    ),
    "too often": "the key service is asked too often: ask again later",
    "can't be asked": "the key service can't be asked, or does not do this with the key",
}
# Each with what the text says. None of them is a refused ciphertext.
FAILURES = {
    "aws": [
        (key_services.Aws.error("NotFoundException"), "no such key"),
        (key_services.Aws.error("AccessDeniedException"), "does not let this client"),
        (key_services.Aws.error("ThrottlingException"), "too often"),
        *(
            (key_services.Aws.error(code), "can't be asked")
            for code in (
                *("DisabledException", "KMSInvalidStateException", "KMSInternalException"),
                *("DependencyTimeoutException", "IncorrectKeyException", "ValidationException"),
                *("KeyUnavailableException", "InvalidKeyUsageException", "a new one", 7, None, []),
            )
        ),
        (key_services.ServiceError(response={}), "can't be asked"),
        (key_services.ServiceError(response=None), "can't be asked"),
    ],
    "gcp": [
        (key_services.Google.error("NOT_FOUND"), "no such key"),
        (key_services.Google.error("PERMISSION_DENIED"), "does not let this client"),
        (key_services.Google.error("UNAUTHENTICATED"), "does not let this client"),
        (key_services.Google.error("RESOURCE_EXHAUSTED"), "too often"),
        *(
            (key_services.Google.error(status), "can't be asked")
            for status in (
                *("CANCELLED", "UNKNOWN", "DEADLINE_EXCEEDED", "ALREADY_EXISTS", "ABORTED"),
                *("FAILED_PRECONDITION", "OUT_OF_RANGE", "UNIMPLEMENTED", "INTERNAL"),
                *("UNAVAILABLE", "DATA_LOSS", None, []),
            )
        ),
    ],
    "azure": [
        (key_services.Azure.error(404), "no such key"),
        (key_services.Azure.error(401), "does not let this client"),
        (key_services.Azure.error(403, "Forbidden"), "does not let this client"),
        (key_services.Azure.error(429, "Throttled"), "too often"),
        *(
            (key_services.Azure.error(status, code), "can't be asked")
            for status, code in (
                *((400, "Other"), (400, None), (409, "Conflict"), (500, "BadParameter")),
                *((503, ""), (None, "BadParameter"), ([], "BadParameter")),
            )
        ),
    ],
}
# What no cloud's own class is: a network, a bug of a client, a class that nobody knows.
FOREIGN = [OSError("canary"), ValueError("canary"), TimeoutError(), RuntimeError(), KeyError("k")]
EVERY_FAILURE = [
    *((cloud, error, text) for cloud in CLOUDS for error, text in FAILURES[cloud]),
    *((cloud, error, "can't be asked") for cloud in CLOUDS for error in FOREIGN),
]


@pytest.mark.parametrize("cloud", CLOUDS)
def test_refused_ciphertext_is_the_one_failure(cloud):
    client = service(cloud, "RSA-OAEP-256")
    decrypter = Decrypter(load(cloud, client, "RSA-OAEP-256"), enc=ENC)
    good = token("RSA-OAEP-256")
    with pytest.raises(DecryptionError) as by_service:
        decrypter.decrypt(spoiled(good))
    with pytest.raises(DecryptionError) as by_tag:
        decrypter.decrypt(good[:-4] + ("AAAA" if good[-4:] != "AAAA" else "AAAB"))
    assert str(by_service.value) == str(by_tag.value)
    assert by_service.value.__cause__ is by_service.value.__context__ is None
    assert len(client.asked) == 3


@pytest.mark.parametrize(
    ("cloud", "alg"),
    [("aws", "ECDH-ES"), ("aws", "HPKE-12"), ("gcp", "HPKE-9"), ("azure", "A256KW")],
)
def test_refusal_of_any_private_step_is_the_one_failure(cloud, alg):
    client = service(cloud, alg)
    decrypter = Decrypter(load(cloud, client, alg), enc=enc_of(alg))
    client.failure = refusals(client)[cloud]
    with pytest.raises(DecryptionError):
        decrypter.decrypt(token(alg))


@each_row(("cloud", "error", "text"), EVERY_FAILURE)
def test_all_else_is_unavailable_and_says_nothing_of_the_services(cloud, error, text):
    client = service(cloud, "RSA-OAEP-256")
    decrypter = Decrypter(load(cloud, client, "RSA-OAEP-256"), enc=ENC)
    client.failure = error
    with pytest.raises(KeyUnavailableError) as caught:
        decrypter.decrypt(token("RSA-OAEP-256"))
    assert str(caught.value) == TEXTS[text]
    shown = "".join(traceback.format_exception(caught.value))
    assert "canary" not in shown
    assert caught.value.__cause__ is caught.value.__context__ is None


@pytest.mark.parametrize("cloud", CLOUDS)
def test_service_that_is_away_while_a_key_is_loaded_is_unavailable(cloud):
    client = service(cloud, "RS256")
    for error, text in FAILURES[cloud][1:]:
        client.failure = error
        with pytest.raises(KeyUnavailableError, match=text):
            load(cloud, client, "RS256")


@pytest.mark.parametrize("cloud", CLOUDS)
def test_refusal_to_sign_is_unavailable(cloud):
    client = service(cloud, "RS256")
    signer = Signer(load(cloud, client, "RS256"))
    client.failure = refusals(client)[cloud]
    with pytest.raises(KeyUnavailableError) as caught:
        signer.sign(PLAINTEXT)
    assert str(caught.value) == TEXTS["can't be asked"]


@pytest.mark.parametrize("cloud", CLOUDS)
@pytest.mark.parametrize("kind", [KeyboardInterrupt, SystemExit])
def test_interrupt_passes_and_shows_no_local_of_joseal(cloud, kind):
    client = service(cloud, "RS256")
    signer = Signer(load(cloud, client, "RS256"))
    client.failure = kind()
    with pytest.raises(kind) as caught:
        signer.sign(PLAINTEXT)
    assert list(shown_by(caught.value)) == []


def shown_by(error):
    """Yield each local that a frame of joseal shows, but for the function that a guard calls."""
    for frame, _ in traceback.walk_tb(error.__traceback__):
        if frame.f_globals["__name__"].startswith("joseal"):
            yield from set(frame.f_locals) - {"function"}


def test_client_that_fails_while_it_is_looked_at_leaves_no_local_of_joseal():
    class Broken:
        def __getattr__(self, name):
            raise OSError(name)

    for kind in (AwsKms, GoogleCloudKms, AzureKeyVault):
        with pytest.raises(OSError, match=r"^[a-z_]+$") as caught:
            kind(Broken())
        assert list(shown_by(caught.value)) == []


@pytest.mark.parametrize("cloud", CLOUDS)
def test_bad_size_is_refused_without_asking_the_service(cloud):
    client = service(cloud, "RSA-OAEP")
    header, key, *rest = token("RSA-OAEP").split(".")
    decrypter = Decrypter(load(cloud, client, "RSA-OAEP"), enc=ENC)
    with pytest.raises(MalformedTokenError, match="size of the modulus"):
        decrypter.decrypt(".".join((header, forge.b64(forge.unb64(key)[:-1]), *rest)))
    assert len(client.asked) == 1


# Answers that do not fit


def without(name):
    def change(answer):
        if isinstance(answer, dict):
            return {n: v for n, v in answer.items() if n != name}
        return SimpleNamespace(**{n: v for n, v in vars(answer).items() if n != name})

    return change


def with_(**members):
    def change(answer):
        if isinstance(answer, dict):
            return answer | members
        return SimpleNamespace(**{**vars(answer), **members})

    return change


UNREADABLE = [
    ("aws", "RSA-OAEP", without("Plaintext")),
    ("aws", "RSA-OAEP", with_(Plaintext="text")),
    *((cloud, "RSA-OAEP", lambda _: None) for cloud in CLOUDS),
    ("aws", "ECDH-ES", with_(SharedSecret=bytes(31))),
    ("aws", "HPKE-12", with_(SharedSecret=bytes(31))),
    ("aws", "RS256", without("Signature")),
    ("aws", "ES256", with_(Signature=b"not ASN.1")),
    # r and s of P-521 do not fit into those of P-256.
    (
        "aws",
        "ES256",
        with_(Signature=bytes.fromhex("3047022201" + "00" * 33 + "022101" + "00" * 32)),
    ),
    ("gcp", "RSA-OAEP", with_(plaintext_crc32c=1)),
    ("gcp", "RSA-OAEP", without("plaintext_crc32c")),
    ("gcp", "RSA-OAEP", with_(verified_ciphertext_crc32c=False)),
    ("gcp", "RSA-OAEP", without("plaintext")),
    ("gcp", "HPKE-9", with_(shared_secret=b"", shared_secret_crc32c=0)),
    ("gcp", "HPKE-9", with_(shared_secret_crc32c=0)),
    ("gcp", "RS256", with_(name=NAME[:-1] + "2")),
    ("gcp", "RS256", with_(verified_digest_crc32c=False)),
    ("gcp", "RS256", with_(signature_crc32c=0)),
    ("gcp", "Ed25519", with_(verified_data_crc32c=False)),
    ("azure", "RSA-OAEP", with_(key="text")),
    ("azure", "ES256", with_(signature=bytes(63))),
]


@each_row(("cloud", "alg", "change"), UNREADABLE)
def test_answer_that_does_not_fit_is_unavailable(cloud, alg, change):
    client = service(cloud, alg)
    key = load(cloud, client, alg)
    client.change = change
    if alg in all_algorithms.SIGS:
        use, given = Signer(key).sign, PLAINTEXT
    else:
        use, given = Decrypter(key, enc=enc_of(alg)).decrypt, token(alg)
    with pytest.raises(KeyUnavailableError) as caught:
        use(given)
    assert str(caught.value) == "the key service gave an answer that does not fit what it was asked"


@pytest.mark.parametrize(
    ("alg", "change"),
    [
        ("RS256", with_(pem_crc32c=0)),
        ("RS256", with_(pem=None)),
        ("RS256", with_(name=NAME + "1")),
        ("RS256", lambda _: None),
        ("ML-DSA-44", with_(public_key=SimpleNamespace(data=b"x", crc32c_checksum=0))),
        ("ML-DSA-44", without("public_key")),
    ],
)
def test_damaged_public_half_is_unavailable(alg, change):
    client = service("gcp", alg)
    client.change = change
    with pytest.raises(KeyUnavailableError, match="an answer that does not fit"):
        load("gcp", client, alg)


def azure_jwk(**members):
    def change(answer):
        answer.key = SimpleNamespace(**{**vars(answer.key), **members})
        return answer

    return change


@pytest.mark.parametrize(
    ("cloud", "alg", "change"),
    [
        (
            "aws",
            "RS256",
            with_(PublicKey=key_services.spki(ec.generate_private_key(ec.SECP192R1()))),
        ),
        ("gcp", "ML-DSA-44", with_(public_key=SimpleNamespace(data=b"", crc32c_checksum=0))),
        ("azure", "ES256", azure_jwk(crv="P-192")),
        ("azure", "ES256", azure_jwk(crv=None)),
        ("azure", "ES256", azure_jwk(crv=[])),
        ("azure", "ES256", azure_jwk(x=b"\1")),
        ("azure", "RS256", azure_jwk(n=b"\1")),
    ],
)
def test_public_half_that_is_not_a_key_is_refused(cloud, alg, change):
    client = service(cloud, alg)
    client.change = change
    with pytest.raises(InvalidKeyError):
        load(cloud, client, alg)


def test_private_key_for_a_public_one_is_refused():
    text = "^the key service gave no public key of a kind that joseal knows$"
    with pytest.raises(InvalidKeyError, match=text):
        key_service.public_of(Ed25519PrivateKey.generate())


def test_coordinates_may_lack_their_leading_zeros():
    private = next(
        found
        for found in (ec.derive_private_key(n, ec.SECP256R1()) for n in range(2, 2000))
        if found.public_key().public_numbers().x >> 248 == 0
    )
    client = key_services.Azure(k=(private, ["sign"]))
    x = private.public_key().public_numbers().x
    client.change = azure_jwk(x=x.to_bytes(31, "big"))
    key = AzureKeyVault(client).load(name="k", alg="ES256")
    assert key.public() == Key.from_cryptography(private.public_key(), alg="ES256")


def test_service_of_a_message_that_is_too_long_is_not_asked():
    for cloud, alg, most in (("aws", "Ed25519", 4096), ("gcp", "ML-DSA-44", 65536)):
        client = service(cloud, alg)
        device = load(cloud, client, alg)._material.device
        assert device.sign(alg, bytes(most))
        text = f"^{TITLES[cloud]} signs at most {most} bytes with this alg$"
        with pytest.raises(KeyUnavailableError, match=text):
            device.sign(alg, bytes(most + 1))
        assert client.asked[1:] == client.asked[1:2]


@pytest.mark.parametrize("alg", ML_DSA)
def test_aws_signs_a_long_message_by_its_representative(alg):
    key = load("aws", service("aws", alg), alg)
    long = bytes(5000)
    assert Verifier(held(alg).public()).verify(Signer(key).sign(long)) == long


@pytest.mark.parametrize("cloud", ["gcp", "azure"])
def test_step_that_a_service_lacks_is_unavailable(cloud):
    device = load(cloud, service(cloud, "RS256"), "RS256")._material.device
    with pytest.raises(KeyUnavailableError, match=f"^{TITLES[cloud]} has no key agreement$"):
        device.agree(None)
    if cloud == "azure":
        text = "^Azure Key Vault has no key encapsulation$"
        with pytest.raises(KeyUnavailableError, match=text):
            device.decapsulate(b"")


# Threads and forks


@pytest.mark.parametrize("cloud", CLOUDS)
def test_threads_may_share_a_key(cloud):
    key = load(cloud, service(cloud, "RSA-OAEP-256"), "RSA-OAEP-256")
    decrypter = Decrypter(key, enc=ENC)
    tokens = [token("RSA-OAEP-256") for _ in range(16)]
    with ThreadPoolExecutor(4) as threads:
        assert set(threads.map(decrypter.decrypt, tokens)) == {PLAINTEXT}


@pytest.mark.parametrize("cloud", CLOUDS)
def test_forked_process_is_told_to_load_the_key_itself(cloud, monkeypatch):
    client = service(cloud, "RS256")
    signer = Signer(load(cloud, client, "RS256"))
    asked = len(client.asked)
    monkeypatch.setattr(key_service, "process_id", lambda: (os.getpid(), -1))
    text = "^the client was given before a fork: load the key after it$"
    with pytest.raises(KeyUnavailableError, match=text):
        signer.sign(PLAINTEXT)
    assert len(client.asked) == asked


# Small parts


@pytest.mark.parametrize(
    ("data", "sum_"),
    [
        (b"", 0),
        (b"123456789", 0xE3069283),
        # RFC 3720 appendix B.4.
        (bytes(32), 0x8A9136AA),
        (b"\xff" * 32, 0x62A8AB43),
        (bytes(range(32)), 0x46DD794E),
    ],
)
def test_crc32c_has_the_figures_of_rfc_3720(data, sum_):
    assert key_service.crc32c(data) == key_services.slow_crc32c(data) == sum_


@pytest.mark.parametrize(
    ("byte", "row"),
    [(0, 0), (1, 0xF26B8303), (2, 0xE13B70F7), (128, 0x82F63B78), (255, 0xAD7D5351)],
)
def test_row_of_the_table_is_the_remainder_of_its_byte(byte, row):
    """The table is made at import, so that its figures alone show what makes it."""
    assert key_service._crc32c_row(byte) == key_service._CRC32C[byte] == row


@pytest.mark.parametrize("cloud", CLOUDS)
def test_repr_shows_a_name_and_no_client(cloud):
    kind = {"aws": AwsKms, "gcp": GoogleCloudKms, "azure": AzureKeyVault}[cloud]
    assert repr(kind(service(cloud, "RS256"))) == f"{kind.__name__}()"
    key = load(cloud, service(cloud, "RS256"), "RS256")
    assert repr(key._material.device).endswith(f"Key({NAME!r})")


@pytest.mark.parametrize("module", [aws, gcp, azure, key_service])
def test_no_clients_package_is_imported(module):
    source = inspect.getsource(module)
    for package in ("boto", "google", "azure."):
        assert f"\nimport {package}" not in source
        assert f"\nfrom {package}" not in source


# Clients whose parts fail


class Failing:
    """What a package makes of an answer, or of an exception, when it is asked for."""

    def __getattr__(self, name):
        raise RuntimeError(PLAINTEXT)


class FailingError(Exception):
    response = property(lambda _self: Failing().any)
    status_code = grpc_status_code = response


class FailingMapping(dict):
    def get(self, *_arguments):
        raise RuntimeError(PLAINTEXT)


@pytest.mark.parametrize("cloud", CLOUDS)
@pytest.mark.parametrize("answer", [Failing, FailingMapping])
def test_answer_whose_members_fail_is_no_answer(cloud, answer):
    client = service(cloud, "RSA-OAEP")
    decrypter = Decrypter(load(cloud, client, "RSA-OAEP"), enc=ENC)
    client.change = lambda _answer: answer()
    with pytest.raises(KeyUnavailableError, match="does not fit"):
        decrypter.decrypt(token("RSA-OAEP"))


@pytest.mark.parametrize("cloud", CLOUDS)
def test_exception_whose_members_fail_is_one_like_any_other(cloud):
    client = service(cloud, "RSA-OAEP")
    decrypter = Decrypter(load(cloud, client, "RSA-OAEP"), enc=ENC)

    def change(_answer):
        raise FailingError(PLAINTEXT)

    client.change = change
    with pytest.raises(KeyUnavailableError, match="can't be asked"):
        decrypter.decrypt(token("RSA-OAEP"))


def test_client_that_lacks_what_an_operation_needs_is_unavailable_and_no_mistake_of_the_token():
    """A package that is older than the operation."""
    client = service("aws", "HPKE-12")
    key = load("aws", client, "HPKE-12")
    client.decapsulate = None
    with pytest.raises(KeyUnavailableError):
        Decrypter(key).decrypt(token("HPKE-12"))
