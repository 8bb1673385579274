"""Keys in AWS KMS. The client is the caller's; the extra `aws` brings its package.

    kms = AwsKms(boto3.client("kms", config=...))
    mine = kms.load(key_id="alias/bank", alg="RSA-OAEP-256")

Rules:
- The service does the whole private operation. Lengths, points and the size of the encapsulated
  secret are checked before it is asked.
- Only `InvalidCiphertextException` means a refused ciphertext. Everything else that a client raises
  is `KeyUnavailableError`: the message may be good.
- An alias is looked up once: the key stays the one that the alias named when it was loaded.
- Time-outs and retries are set on the client: botocore takes them for a client and not for a call.

Source: AWS Key Management Service API reference: Decrypt, DeriveSharedSecret, Decapsulate, Sign,
GetPublicKey; FIPS 204 section 6.2 for the representative of a long message.
"""

from collections.abc import Mapping
from typing import Final, final

from joseal._core.algorithms.akp_keys import AkpPublicKey
from joseal._core.algorithms.curves import PublicCurveKey, field_bytes, name
from joseal._core.algorithms.hashes import shake256
from joseal._core.algorithms.registry import ALGS, SIGS, WEIERSTRASS, KeyAlg
from joseal._core.keys.external import PublicMaterial
from joseal._core.keys.formats import pem
from joseal._core.keys.key import Key
from joseal._core.secrecy import Opaque, hide_locals
from joseal.devices import key_service
from joseal.devices.key_service import Cause, Client
from joseal.errors import KeyUnavailableError

_CAUSES: Final[Mapping[str, Cause]] = {
    "InvalidCiphertextException": "ciphertext",
    "NotFoundException": "missing",
    "InvalidArnException": "missing",
    "AccessDeniedException": "denied",
    "ExpiredTokenException": "denied",
    "UnrecognizedClientException": "denied",
    "LimitExceededException": "busy",
    "ThrottlingException": "busy",
}

# The list in GetPublicKey's answer that has the service's name of an alg, and that name.
_ENCRYPTION: Final = "EncryptionAlgorithms"
_AGREEMENT: Final = "KeyAgreementAlgorithms"
_ENCAPSULATION: Final = "EncapsulationAlgorithms"
_SIGNING: Final = "SigningAlgorithms"
_SERVED: Final[Mapping[str, tuple[str, str]]] = {
    "RSA-OAEP": (_ENCRYPTION, "RSAES_OAEP_SHA_1"),
    "RSA-OAEP-256": (_ENCRYPTION, "RSAES_OAEP_SHA_256"),
    **{
        alg: (_AGREEMENT, "ECDH")
        for alg, spec in ALGS.items()
        if not {*WEIERSTRASS}.isdisjoint(spec.curves)
    },
    **{
        alg: (_ENCAPSULATION, "ML_KEM")
        for alg, spec in ALGS.items()
        if spec.parameters.startswith("ML-KEM-")
    },
    **{
        f"{kind}{bits}": (_SIGNING, f"{scheme}_SHA_{bits}")
        for kind, scheme in (("RS", "RSASSA_PKCS1_V1_5"), ("PS", "RSASSA_PSS"), ("ES", "ECDSA"))
        for bits in ("256", "384", "512")
    },
    "ES256K": (_SIGNING, "ECDSA_SHA_256"),
    **dict.fromkeys(("Ed25519", "EdDSA"), (_SIGNING, "ED25519_SHA_512")),
    **dict.fromkeys(("ML-DSA-44", "ML-DSA-65", "ML-DSA-87"), (_SIGNING, "ML_DSA_SHAKE_256")),
}
# These sign the message itself, which the service accepts up to this size. For ML-DSA, a longer
# message has a representative.
_WHOLE: Final = frozenset({"eddsa", "ml-dsa"})
_MOST_MESSAGE_BYTES: Final = 4096
_MU_BYTES: Final = 64
_SECRET_BYTES: Final = 32


class _AwsKey(Opaque):
    """A private key in the service; an `ExternalKey`."""

    __slots__ = ("_client", "_key_id", "_public")

    _client: Client
    _key_id: str
    _public: PublicMaterial

    def __init__(self, client: Client, key_id: str, public: PublicMaterial) -> None:
        self._set(_client=client, _key_id=key_id, _public=public)

    def unwrap(self, alg: str, encrypted_key: bytes) -> bytes | None:
        """Decrypt with OAEP.

        Raises:
            KeyUnavailableError: the service is unavailable, or does not do this.
        """
        answer = self._client.ask(
            "decrypt",
            KeyId=self._key_id,
            CiphertextBlob=encrypted_key,
            EncryptionAlgorithm=_SERVED[alg][1],
        )
        return None if answer is None else key_service.bytes_of(answer, "Plaintext")

    def agree(self, peer: PublicCurveKey) -> bytes | None:
        """Agree on a P curve.

        Raises:
            KeyUnavailableError: the service is unavailable, or does not do this.
        """
        answer = self._client.ask(
            "derive_shared_secret",
            KeyId=self._key_id,
            KeyAgreementAlgorithm="ECDH",
            PublicKey=pem.spki(peer),
        )
        size = field_bytes(name(peer))
        return None if answer is None else key_service.bytes_of(answer, "SharedSecret", size)

    def decapsulate(self, encapsulated: bytes) -> bytes | None:
        """Decapsulate with ML-KEM.

        Raises:
            KeyUnavailableError: the service is unavailable, or does not do this.
        """
        answer = self._client.ask(
            "decapsulate",
            KeyId=self._key_id,
            SharedSecretCiphertextBlob=encapsulated,
            EncapsulationAlgorithm="ML_KEM",
        )
        return (
            None if answer is None else key_service.bytes_of(answer, "SharedSecret", _SECRET_BYTES)
        )

    def sign(self, alg: str, data: bytes) -> bytes:
        """Sign; the hash of RSA and ECDSA is computed here.

        Raises:
            KeyUnavailableError: the service is unavailable, refuses, or does not sign messages of
                this size.
        """
        family = SIGS[alg].family
        kind, message = self._message(alg, data)
        answer = self._client.sign(
            "sign",
            KeyId=self._key_id,
            Message=message,
            MessageType=kind,
            SigningAlgorithm=_SERVED[alg][1],
        )
        signature = key_service.bytes_of(answer, "Signature")
        return key_service.raw_ecdsa(alg, signature) if family == "ecdsa" else signature

    def _message(self, alg: str, data: bytes) -> tuple[str, bytes]:
        """Return the bytes that the service signs, and the name of their kind."""
        if SIGS[alg].family not in _WHOLE:
            return "DIGEST", key_service.digest(alg, data)
        if len(data) <= _MOST_MESSAGE_BYTES:
            return "RAW", data
        if not isinstance(self._public, AkpPublicKey):
            raise KeyUnavailableError("AWS KMS signs at most 4096 bytes with this alg")
        return "EXTERNAL_MU", _mu(self._public, data)

    def __repr__(self) -> str:
        return f"AwsKey({self._key_id!r})"


@final
class AwsKms(Opaque):
    """AWS KMS, through the caller's client.

    Safe to share between threads, like the client, but not with a forked process: make the client
    and load the key there.

    Args:
        client: a boto3 or botocore client, `boto3.client("kms")`, with its own time-outs and
            retries.

    Raises:
        TypeError: it is not such a client.

    Source: AWS Key Management Service API reference.
    """

    __slots__ = ("_client",)

    _client: Client

    @hide_locals
    def __init__(self, client: object) -> None:
        methods = ("decrypt", "derive_shared_secret", "get_public_key", "sign")
        self._set(_client=Client(client, methods, _cause))

    @hide_locals
    def load(self, *, key_id: str, alg: KeyAlg, kid: str | None = None) -> Key:
        """Fetch a public key, and make a `Key` from it whose private half stays in the service.

        Args:
            key_id: the key's id or ARN, or the name or ARN of an alias.
            alg: the one algorithm that the key is for.
            kid: the name of the `Key`.

        Returns:
            The key. Its public half is not fetched again.

        Raises:
            TypeError: an argument is of the wrong type.
            ValueError: `key_id` is empty, or UTF-8 can't carry `kid`.
            InvalidKeyError: there is no such key; it was made for a different use or `alg` does not
                take it; or the service does not support `alg`.
            KeyUnavailableError: the service is unavailable, or denies access.

        Source: AWS Key Management Service API reference, GetPublicKey.
        """
        key_service.check_name(key_id=key_id)
        key_service.check_served("AWS KMS", alg, _SERVED)
        answer = self._client.fetch("get_public_key", KeyId=key_id)
        kind, algorithm = _SERVED[alg]
        offered, own = key_service.part(answer, kind), key_service.part(answer, "KeyId")
        if not isinstance(offered, list) or algorithm not in offered:
            raise key_service.not_for(alg)
        public = key_service.public_of(
            pem.load_der(key_service.bytes_of(answer, "PublicKey"), None)
        )
        device = _AwsKey(self._client, own if isinstance(own, str) else key_id, public)
        return key_service.make_key(public, device, alg, kid)

    def __repr__(self) -> str:
        return "AwsKms()"


def _mu(public: AkpPublicKey, message: bytes) -> bytes:
    """Return the representative of a message, with an empty context. FIPS 204 algorithm 7."""
    return shake256(shake256(public.raw, _MU_BYTES) + b"\0\0" + message, _MU_BYTES)


def _cause(error: Exception) -> Cause:
    code = key_service.part(error, "response", "Error", "Code")
    return _CAUSES.get(code, "other") if isinstance(code, str) else "other"
