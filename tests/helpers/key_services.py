"""Key services in this process: what each cloud's client would answer, over keys of `cryptography`.

They have the shape of the clients: their methods, the names of their arguments, their answers and
their exceptions. The tests with the real clients put the same services behind a server.

Source: the API references of AWS KMS, Google Cloud KMS and Azure Key Vault.
"""

import contextlib
import threading
from types import SimpleNamespace

from cryptography.hazmat.primitives import hashes, keywrap
from cryptography.hazmat.primitives.asymmetric import ec, padding, utils
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_public_key

from joseal import Key
from joseal._core.algorithms.hpke.ml_kem import MlKem

HASHES = {
    "SHA_1": hashes.SHA1(),  # noqa: S303 - RSA-OAEP has it
    "SHA_256": hashes.SHA256(),
    "SHA_384": hashes.SHA384(),
    "SHA_512": hashes.SHA512(),
}


class RefusedError(Exception):
    """The operation itself fails: the ciphertext is not one."""


def hash_named(name):
    """Return a hash whose name ends a longer one, with or without an underscore."""
    return next(
        h for n, h in HASHES.items() if name.replace("SHA", "SHA_").replace("__", "_").endswith(n)
    )


def decrypt(private, kind, ciphertext):
    try:
        return private.decrypt(ciphertext, padding.OAEP(padding.MGF1(kind), kind, None))
    except ValueError:
        raise RefusedError from None


def decapsulate(private, ciphertext):
    """Decapsulate with ML-KEM or a hybrid, for joseal's private key."""
    step = MlKem(private.public_key(), private).check(ciphertext)
    secret = None if step is None else step()
    if secret is None:
        raise RefusedError
    return secret


def sign(private, scheme, kind, digest):
    """Sign a digest; ECDSA gives ASN.1."""
    of_digest = utils.Prehashed(kind)
    if isinstance(private, ec.EllipticCurvePrivateKey):
        return private.sign(digest, ec.ECDSA(of_digest))
    padded = padding.PKCS1v15()
    if "PSS" in scheme or scheme.startswith("PS"):
        padded = padding.PSS(padding.MGF1(kind), kind.digest_size)
    return private.sign(digest, padded, of_digest)


def raw(der, size):
    return b"".join(part.to_bytes(size, "big") for part in utils.decode_dss_signature(der))


def spki(private, encoding=Encoding.DER):
    public = private.public_key()
    foreign = getattr(public, "foreign", public)
    return foreign.public_bytes(encoding, PublicFormat.SubjectPublicKeyInfo)


class ServiceError(Exception):
    """What a client raises; how it says why depends on the service."""

    def __init__(self, **carried):
        super().__init__("a text of the service's with a canary in it")
        vars(self).update(carried)


class Service:
    """Keys by name, each with what the service says of it; and what it was asked.

    Attributes:
        failure: raised in place of an answer, if there is one.
        change: applied to each answer.
    """

    def __init__(self, **keys):
        self.keys = keys
        self.asked = []
        self.failure = None
        self.change = lambda answer: answer

    def begin(self, operation, name):
        self.asked.append(operation)
        if self.failure is not None:
            raise self.failure
        if name not in self.keys:
            raise self.missing()
        return self.keys[name]


@contextlib.contextmanager
def held_up(service):
    """Let a service answer only when the test is over."""
    over = threading.Event()

    def held(answer):
        over.wait(60)
        return answer

    service.change = held
    try:
        yield
    finally:
        over.set()


class Aws(Service):
    """`boto3.client("kms")`; a key is a private one and the lists of its algorithms."""

    @staticmethod
    def error(code):
        return ServiceError(response={"Error": {"Code": code, "Message": "a canary"}})

    def missing(self):
        return self.error("NotFoundException")

    def get_public_key(self, **asked):
        private, offered = self.begin("get_public_key", asked["KeyId"])
        return self.change({"KeyId": asked["KeyId"], "PublicKey": spki(private), **offered})

    def decrypt(self, **asked):
        private, _ = self.begin("decrypt", asked["KeyId"])
        kind = hash_named(asked["EncryptionAlgorithm"])
        try:
            return self.change({"Plaintext": decrypt(private, kind, asked["CiphertextBlob"])})
        except RefusedError:
            raise self.error("InvalidCiphertextException") from None

    def derive_shared_secret(self, **asked):
        private, _ = self.begin("derive_shared_secret", asked["KeyId"])
        assert asked["KeyAgreementAlgorithm"] == "ECDH"
        secret = private.exchange(ec.ECDH(), load_der_public_key(asked["PublicKey"]))
        return self.change({"SharedSecret": secret})

    def decapsulate(self, **asked):
        private, _ = self.begin("decapsulate", asked["KeyId"])
        assert asked["EncapsulationAlgorithm"] == "ML_KEM"
        secret = decapsulate(private, asked["SharedSecretCiphertextBlob"])
        return self.change({"SharedSecret": secret})

    def sign(self, **asked):
        private, _ = self.begin("sign", asked["KeyId"])
        if asked["MessageType"] == "RAW":
            foreign = getattr(private, "foreign", private)
            return self.change({"Signature": foreign.sign(asked["Message"])})
        if asked["MessageType"] == "EXTERNAL_MU":
            return self.change({"Signature": private.foreign.sign_mu(asked["Message"])})
        assert asked["MessageType"] == "DIGEST"
        scheme = asked["SigningAlgorithm"]
        signature = sign(private, scheme, hash_named(scheme), asked["Message"])
        return self.change({"Signature": signature})


class Google(Service):
    """A `KeyManagementServiceClient`; a key is a private one and the name of its algorithm."""

    @staticmethod
    def error(status):
        return ServiceError(grpc_status_code=SimpleNamespace(name=status))

    def missing(self):
        return self.error("NOT_FOUND")

    def get_public_key(self, *, request, timeout, retry):
        private, algorithm = self.begin("get_public_key", request["name"])
        assert retry is None
        answer = {"name": request["name"], "algorithm": SimpleNamespace(name=algorithm)}
        form = request.get("public_key_format")
        if form is None:
            pem = spki(private, Encoding.PEM).decode()
            answer |= {"pem": pem, "pem_crc32c": slow_crc32c(pem.encode())}
        else:
            raw_public = private.public_key().raw
            assert (form == "XWING_RAW_BYTES") == (algorithm == "KEM_XWING")
            checked = SimpleNamespace(data=raw_public, crc32c_checksum=slow_crc32c(raw_public))
            answer["public_key"] = checked
        return self.change(SimpleNamespace(**answer))

    def asymmetric_decrypt(self, *, request, timeout, retry):
        private, algorithm = self.begin("asymmetric_decrypt", request["name"])
        return self._open(
            request, "plaintext", lambda raw: decrypt(private, hash_named(algorithm), raw)
        )

    def decapsulate(self, *, request, timeout, retry):
        private, _ = self.begin("decapsulate", request["name"])
        return self._open(request, "shared_secret", lambda raw: decapsulate(private, raw))

    def _open(self, request, field, step):
        ciphertext = request["ciphertext"]
        if request["ciphertext_crc32c"] != slow_crc32c(ciphertext):
            raise self.error("INVALID_ARGUMENT")
        try:
            secret = step(ciphertext)
        except RefusedError:
            raise self.error("INVALID_ARGUMENT") from None
        answer = {field: secret, f"{field}_crc32c": slow_crc32c(secret)}
        return self.change(SimpleNamespace(**answer, verified_ciphertext_crc32c=True))

    def asymmetric_sign(self, *, request, timeout, retry):
        private, algorithm = self.begin("asymmetric_sign", request["name"])
        answer = {"name": request["name"]}
        if "data" in request:
            assert request["data_crc32c"] == slow_crc32c(request["data"])
            signature = getattr(private, "foreign", private).sign(request["data"])
            answer["verified_data_crc32c"] = True
        else:
            ((_, digest),) = request["digest"].items()
            assert request["digest_crc32c"] == slow_crc32c(digest)
            signature = sign(private, algorithm, hash_named(algorithm), digest)
            answer["verified_digest_crc32c"] = True
        answer |= {"signature": signature, "signature_crc32c": slow_crc32c(signature)}
        return self.change(SimpleNamespace(**answer))


class Azure(Service):
    """A `KeyClient`, and the `CryptographyClient` of its keys; a key is a private one or that of AES,
    and `key_ops`.
    """

    version = "v7"

    @staticmethod
    def error(status, code=""):
        return ServiceError(status_code=status, error=SimpleNamespace(code=code))

    def missing(self):
        return self.error(404, "KeyNotFound")

    def get_key(self, *, name, version, **options):
        private, operations = self.begin("get_key", name)
        assert options["retry_total"] == 0
        jwk = SimpleNamespace(**jwk_of(private), key_ops=operations)
        properties = SimpleNamespace(version=self.version)
        return self.change(SimpleNamespace(key=jwk, properties=properties))

    def get_cryptography_client(self, key_name, *, key_version):
        assert key_version == self.version
        return AzureCryptography(self, key_name)


class AzureCryptography:
    def __init__(self, service, name):
        self.service, self.name = service, name

    def wrap_key(self, algorithm, key, **options):
        secret, _ = self.service.begin("wrap_key", self.name)
        if 8 * len(secret) != int(algorithm[1:4]):
            raise self.service.error(400, "BadParameter")
        return self.service.change(SimpleNamespace(encrypted_key=keywrap.aes_key_wrap(secret, key)))

    def unwrap_key(self, algorithm, encrypted_key, **options):
        private, _ = self.service.begin("unwrap_key", self.name)
        if algorithm in ("A128KW", "A192KW", "A256KW"):  # its hash is its own
            return self._unwrap_aes(private, encrypted_key)
        kind = HASHES["SHA_256" if algorithm == "RSA-OAEP-256" else "SHA_1"]
        try:
            key = decrypt(private, kind, encrypted_key)
        except RefusedError:
            raise self.service.error(400, "BadParameter") from None
        return self.service.change(SimpleNamespace(key=key))

    def _unwrap_aes(self, secret, encrypted_key):
        try:
            key = keywrap.aes_key_unwrap(secret, encrypted_key)
        except keywrap.InvalidUnwrap:
            raise self.service.error(400, "BadParameter") from None
        return self.service.change(SimpleNamespace(key=key))

    def sign(self, algorithm, digest, **options):
        private, _ = self.service.begin("sign", self.name)
        kind = HASHES["SHA_256" if algorithm == "ES256K" else f"SHA_{algorithm[2:]}"]
        signature = sign(private, algorithm, kind, digest)
        if algorithm.startswith("ES"):
            signature = raw(signature, (private.key_size + 7) // 8)
        return self.service.change(SimpleNamespace(signature=signature))


def jwk_of(private):
    """Return the members of a public JWK as bytes, with the service's names of curves."""
    if isinstance(private, bytes):
        return {"kty": "oct-HSM"}
    numbers = private.public_key().public_numbers()
    if not isinstance(private, ec.EllipticCurvePrivateKey):
        return {"kty": "RSA", "n": numbers.n.to_bytes(256, "big"), "e": b"\1\0\1"}
    names = {
        "secp256r1": "P-256",
        "secp384r1": "P-384",
        "secp521r1": "P-521",
        "secp256k1": "P-256K",
    }
    size = (private.key_size + 7) // 8
    x, y = (number.to_bytes(size, "big") for number in (numbers.x, numbers.y))
    return {"kty": "EC", "crv": names[private.curve.name], "x": x, "y": y, "n": None}


def slow_crc32c(data):
    """CRC32C bit by bit. RFC 3720 appendix B.4."""
    state = 0xFFFFFFFF
    for byte in data:
        state ^= byte
        for _ in range(8):
            state = (state >> 1) ^ (0x82F63B78 & -(state & 1))
    return state ^ 0xFFFFFFFF


def material(key):
    """Return the private key below a `Key` of a test."""
    assert isinstance(key, Key)
    return key._material
