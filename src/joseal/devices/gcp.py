"""Keys in Google Cloud KMS. The client is the caller's; the extra `gcp` brings its package.

    kms = GoogleCloudKms(google.cloud.kms.KeyManagementServiceClient())
    mine = kms.load(name="projects/p/.../cryptoKeyVersions/1", alg="RSA-OAEP-256")

Rules:
- The service does the whole private operation. Lengths, points and the size of the encapsulated
  secret are checked before it is asked.
- `INVALID_ARGUMENT` is a refused ciphertext: the name, the size and the use were checked when the
  key was loaded, so that nothing else in the request can be invalid. Everything else is
  `KeyUnavailableError`: the message may be good.
- Requests and answers carry their CRC32C, which the receiver checks.
- A key version has one algorithm, including its hash. A key with a different one is refused when it
  is loaded.

Source: Cloud Key Management Service RPC reference, "Data integrity guidelines", google.rpc.Code.
"""

from collections.abc import Mapping
from typing import Final, final

from joseal._core.algorithms import akp
from joseal._core.algorithms.curves import PublicCurveKey
from joseal._core.algorithms.registry import ALGS, SIGS, KeyAlg, lookup_alg
from joseal._core.keys.external import PublicMaterial
from joseal._core.keys.formats import pem
from joseal._core.keys.key import Key
from joseal._core.secrecy import Opaque, hide_locals
from joseal.devices import key_service
from joseal.devices.key_service import Cause, Client
from joseal.errors import KeyUnavailableError

_CAUSES: Final[Mapping[str, Cause]] = {
    "INVALID_ARGUMENT": "ciphertext",
    "NOT_FOUND": "missing",
    "PERMISSION_DENIED": "denied",
    "UNAUTHENTICATED": "denied",
    "RESOURCE_EXHAUSTED": "busy",
}

# The beginning and the end of the service's name for the algorithm; the RSA size is in between.
_SERVED: Final[Mapping[str, tuple[str, str]]] = {
    "RSA-OAEP": ("RSA_DECRYPT_OAEP_", "_SHA1"),
    "RSA-OAEP-256": ("RSA_DECRYPT_OAEP_", "_SHA256"),
    "RSA-OAEP-512": ("RSA_DECRYPT_OAEP_", "_SHA512"),
    **{
        alg: (kem, kem)
        for alg, spec in ALGS.items()
        for parameters, kem in (
            ("ML-KEM-768", "ML_KEM_768"),
            ("ML-KEM-1024", "ML_KEM_1024"),
            ("MLKEM768-X25519", "KEM_XWING"),
        )
        if spec.parameters == parameters
    },
    **{f"RS{bits}": ("RSA_SIGN_PKCS1_", f"_SHA{bits}") for bits in ("256", "512")},
    **{f"PS{bits}": ("RSA_SIGN_PSS_", f"_SHA{bits}") for bits in ("256", "512")},
    "ES256": ("EC_SIGN_P256_SHA256", "EC_SIGN_P256_SHA256"),
    "ES384": ("EC_SIGN_P384_SHA384", "EC_SIGN_P384_SHA384"),
    "ES256K": ("EC_SIGN_SECP256K1_SHA256", "EC_SIGN_SECP256K1_SHA256"),
    **dict.fromkeys(("Ed25519", "EdDSA"), ("EC_SIGN_ED25519", "EC_SIGN_ED25519")),
    **{
        f"ML-DSA-{level}": (f"PQ_SIGN_ML_DSA_{level}", f"PQ_SIGN_ML_DSA_{level}")
        for level in ("44", "65", "87")
    },
}
# These sign the message itself, which the service accepts up to this size.
_WHOLE: Final = frozenset({"eddsa", "ml-dsa"})
_MOST_MESSAGE_BYTES: Final = 65536
_SECRET_BYTES: Final = 32


class _GoogleKey(Opaque):
    """A private key in the service; an `ExternalKey`."""

    __slots__ = ("_client", "_name", "_timeout")

    _client: Client
    _name: str
    _timeout: float

    def __init__(self, client: Client, name: str, timeout: float) -> None:
        self._set(_client=client, _name=name, _timeout=timeout)

    def unwrap(self, alg: str, encrypted_key: bytes) -> bytes | None:  # noqa: ARG002 - of the key
        """Decrypt with OAEP; the key version determines its hash.

        Raises:
            KeyUnavailableError: the service is unavailable, or its answer is damaged.
        """
        return self._open("asymmetric_decrypt", encrypted_key, "plaintext")

    def agree(self, peer: PublicCurveKey) -> bytes | None:  # noqa: ARG002 - of the protocol
        """Refuse: the service has no key agreement, and no key is loaded for one.

        Raises:
            KeyUnavailableError: always.
        """
        raise KeyUnavailableError("Google Cloud KMS has no key agreement")

    def decapsulate(self, encapsulated: bytes) -> bytes | None:
        """Decapsulate with ML-KEM or X-Wing.

        Raises:
            KeyUnavailableError: the service is unavailable, or its answer is damaged.
        """
        secret = self._open("decapsulate", encapsulated, "shared_secret")
        if secret is not None and len(secret) != _SECRET_BYTES:
            raise key_service.unreadable()
        return secret

    def _open(self, method: str, ciphertext: bytes, secret: str) -> bytes | None:
        request = {
            "name": self._name,
            "ciphertext": ciphertext,
            "ciphertext_crc32c": key_service.crc32c(ciphertext),
        }
        answer = self._client.ask(method, request=request, timeout=self._timeout, retry=None)
        if answer is None:
            return None
        _check_arrived(answer, "verified_ciphertext_crc32c")
        return _intact(answer, secret)

    def sign(self, alg: str, data: bytes) -> bytes:
        """Sign; the hash of RSA and ECDSA is computed here.

        Raises:
            KeyUnavailableError: the service is unavailable, refuses, does not sign messages of this
                size, or its answer is damaged.
        """
        sig = SIGS[alg]
        field, signed = "digest", data
        if sig.family not in _WHOLE:
            signed = key_service.digest(alg, data)
        elif len(data) <= _MOST_MESSAGE_BYTES:
            field = "data"
        else:
            raise KeyUnavailableError("Google Cloud KMS signs at most 65536 bytes with this alg")
        request = {
            "name": self._name,
            field: data if field == "data" else {sig.hash: signed},
            f"{field}_crc32c": key_service.crc32c(signed),
        }
        answer = self._client.sign(
            "asymmetric_sign", request=request, timeout=self._timeout, retry=None
        )
        if key_service.part(answer, "name") != self._name:
            raise key_service.unreadable()
        _check_arrived(answer, f"verified_{field}_crc32c")
        signature = _intact(answer, "signature")
        return key_service.raw_ecdsa(alg, signature) if sig.family == "ecdsa" else signature

    def __repr__(self) -> str:
        return f"GoogleKey({self._name!r})"


@final
class GoogleCloudKms(Opaque):
    """Google Cloud KMS, through the caller's client.

    Safe to share between threads, like the client, but not with a forked process: make the client
    and load the key there.

    Args:
        client: a `google.cloud.kms.KeyManagementServiceClient`.
        timeout: for one call, in seconds. No call is retried.

    Raises:
        TypeError: an argument is of the wrong type.
        ValueError: `timeout` is not between 0 and 600.

    Source: Cloud Key Management Service RPC reference.
    """

    __slots__ = ("_client", "_timeout")

    _client: Client
    _timeout: float

    @hide_locals
    def __init__(self, client: object, *, timeout: float = 10.0) -> None:
        key_service.check_timeout(timeout)
        methods = ("asymmetric_decrypt", "asymmetric_sign", "get_public_key")
        self._set(_client=Client(client, methods, _cause), _timeout=timeout)

    @hide_locals
    def load(self, *, name: str, alg: KeyAlg, kid: str | None = None) -> Key:
        """Fetch a public key, and make a `Key` from it whose private half stays in the service.

        Args:
            name: the full resource name of a key version, which ends in
                `cryptoKeyVersions/` and its number.
            alg: the one algorithm that the key is for.
            kid: the name of the `Key`.

        Returns:
            The key. Its public half is not fetched again.

        Raises:
            TypeError: an argument is of the wrong type.
            ValueError: `name` is not that of a key version, or UTF-8 can't carry `kid`.
            InvalidKeyError: there is no such key version; its algorithm is not `alg`; or the
                service does not support `alg`.
            KeyUnavailableError: the service is unavailable, denies access, or its answer is
                damaged.

        Source: Cloud Key Management Service RPC reference, GetPublicKey.
        """
        key_service.check_name(name=name)
        if "/cryptoKeyVersions/" not in name:
            raise ValueError("name must be that of a key version: .../cryptoKeyVersions/1")
        key_service.check_served("Google Cloud KMS", alg, _SERVED)
        parameters = lookup_alg(alg).parameters
        request: dict[str, object] = {"name": name}
        if parameters:
            hybrid = parameters in akp.HYBRIDS
            request["public_key_format"] = "XWING_RAW_BYTES" if hybrid else "NIST_PQC"
        answer = self._client.fetch(
            "get_public_key", request=request, timeout=self._timeout, retry=None
        )
        algorithm, (begin, end) = key_service.part(answer, "algorithm", "name"), _SERVED[alg]
        if not (isinstance(algorithm, str) and algorithm.startswith(begin)):
            raise key_service.not_for(alg)
        if not algorithm.endswith(end):
            raise key_service.not_for(alg)
        if key_service.part(answer, "name") != name:
            raise key_service.unreadable()
        public = _public(answer, parameters)
        device = _GoogleKey(self._client, name, self._timeout)
        return key_service.make_key(public, device, alg, kid)

    def __repr__(self) -> str:
        return "GoogleCloudKms()"


def _public(answer: object, parameters: str) -> PublicMaterial:
    if parameters:
        public = akp.load_public(parameters, _raw_public(answer))
        if public is None:
            raise key_service.unknown_public()
        return public
    text = key_service.part(answer, "pem")
    if not isinstance(text, str):
        raise key_service.unreadable()
    encoded = text.encode("utf-8", errors="replace")
    if key_service.part(answer, "pem_crc32c") != key_service.crc32c(encoded):
        raise key_service.unreadable()
    return key_service.public_of(pem.load_pem(encoded, None))


def _raw_public(answer: object) -> bytes:
    checked = key_service.part(answer, "public_key")
    raw = key_service.bytes_of(checked, "data")
    if key_service.part(checked, "crc32c_checksum") != key_service.crc32c(raw):
        raise key_service.unreadable()
    return raw


def _check_arrived(answer: object, verified: str) -> None:
    """Check that the service has verified the request's checksum."""
    if key_service.part(answer, verified) is not True:
        raise key_service.unreadable()


def _intact(answer: object, name: str) -> bytes:
    """Return the bytes of an answer whose CRC32C is correct."""
    found = key_service.bytes_of(answer, name)
    if key_service.part(answer, f"{name}_crc32c") != key_service.crc32c(found):
        raise key_service.unreadable()
    return found


def _cause(error: Exception) -> Cause:
    code = key_service.part(error, "grpc_status_code", "name")
    return _CAUSES.get(code, "other") if isinstance(code, str) else "other"
