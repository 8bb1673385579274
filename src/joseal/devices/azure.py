"""Keys in Azure Key Vault or Managed HSM. The client is the caller's; the extra `azure` brings it.

    vault = AzureKeyVault(azure.keyvault.keys.KeyClient(url, credential))
    mine = vault.load(name="bank", alg="RSA-OAEP-256")

Rules:
- The service does the whole private operation. The size of the encrypted key is checked first.
- Status 400 with the code `BadParameter` is a refused ciphertext: name, version, size and algorithm
  were checked when the key was loaded. Everything else is `KeyUnavailableError`: the message may be
  good. docs/decisions.md 147 has the evidence for that.
- A managed HSM's AES key has no public half, and the service does not report its size. When it is
  loaded, one client wraps a constant and a second client unwraps it: an algorithm that does not fit
  the key also has the code of a refused ciphertext, so good tokens would look bad; and a client
  that used its own random key would make tokens that nobody can open.
- The key stays at the version that was the newest when it was loaded.

The service's names of algorithms are those of JOSE, and its ECDSA signatures are r and s.

Source: Azure Key Vault REST API reference: get key, wrap key, unwrap key, sign.
"""

from collections.abc import Mapping
from typing import Final, TypeGuard, final

from joseal._core.algorithms import curves
from joseal._core.algorithms.curves import PublicCurveKey
from joseal._core.algorithms.registry import SIGS, KeyAlg
from joseal._core.keys.external import PublicMaterial, SharedExternal
from joseal._core.keys.key import Key
from joseal._core.secrecy import Opaque, hide_locals
from joseal.devices import key_service
from joseal.devices.key_service import Cause, Client
from joseal.errors import InvalidKeyError, KeyUnavailableError

# HTTP status codes and their meaning.
_CAUSES: Final[Mapping[object, Cause]] = {404: "missing", 401: "denied", 403: "denied", 429: "busy"}
_BAD_REQUEST: Final = 400


class _InService(str):
    """An algorithm name that the client does not find in its tables of local operations.

    azure-keyvault-keys 4.11.3 wraps without the service where it finds the name. The bytes of an
    AES key are in the HSM, and the client would then use a random key instead.
    """

    __slots__ = ()

    def __hash__(self) -> int:
        return object.__hash__(self)


_WRAPPING: Final = {alg: _InService(alg) for alg in ("A128KW", "A192KW", "A256KW")}

# The operations that the key must permit.
_SERVED: Final[Mapping[str, tuple[str, ...]]] = {
    **dict.fromkeys(("RSA-OAEP", "RSA-OAEP-256"), ("unwrapKey",)),
    **dict.fromkeys(_WRAPPING, ("wrapKey", "unwrapKey")),
    **dict.fromkeys(("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"), ("sign",)),
    **dict.fromkeys(("ES256", "ES384", "ES512", "ES256K"), ("sign",)),
}
# The kinds of an AES key, which a managed HSM has and a vault does not.
_AES: Final = ("oct-HSM", "oct")
# No JWE uses this as its CEK.
_PROBE_CEK: Final = b"joseal: does this key do its wor"
_CURVES: Final[Mapping[object, str]] = {
    "P-256": "P-256",
    "P-384": "P-384",
    "P-521": "P-521",
    "P-256K": "secp256k1",
    "SECP256K1": "secp256k1",
}


class _AzureKey(Opaque):
    """A private key in the service, an `ExternalKey`; or an AES key, an `ExternalSecret`."""

    __slots__ = ("_client", "_name", "_options")

    _client: Client
    _name: str
    _options: Mapping[str, object]

    def __init__(self, client: Client, name: str, options: Mapping[str, object]) -> None:
        self._set(_client=client, _name=name, _options=options)

    def unwrap(self, alg: str, encrypted_key: bytes) -> bytes | None:
        """Decrypt with OAEP, or unwrap with AES key wrap.

        Raises:
            KeyUnavailableError: the service is unavailable, or does not do this.
        """
        answer = self._client.ask(
            "unwrap_key",
            algorithm=_WRAPPING.get(alg, alg),
            encrypted_key=encrypted_key,
            **self._options,
        )
        return None if answer is None else key_service.bytes_of(answer, "key")

    def wrap(self, alg: str, cek: bytes) -> bytes:
        """Wrap with AES key wrap.

        Raises:
            KeyUnavailableError: the service is unavailable, refuses, or does not do this.
        """
        encrypted_key = self._wrap(alg, cek)
        if encrypted_key is None:
            raise KeyUnavailableError("Azure Key Vault refuses to wrap")
        return encrypted_key

    def _wrap(self, alg: str, cek: bytes) -> bytes | None:
        answer = self._client.ask("wrap_key", algorithm=_WRAPPING[alg], key=cek, **self._options)
        return None if answer is None else key_service.bytes_of(answer, "encrypted_key")

    def is_for(self, alg: str, same: "_AzureKey") -> bool:
        """Tell whether an AES key works for `alg`, and works in the service.

        Args:
            alg: the algorithm.
            same: the same key through a separate client, which unwraps what this one wraps: random
                keys of two clients would differ.

        Raises:
            KeyUnavailableError: the service is unavailable, or denies access.
        """
        wrapped = self._wrap(alg, _PROBE_CEK)
        return wrapped is not None and same.unwrap(alg, wrapped) == _PROBE_CEK

    def agree(self, peer: PublicCurveKey) -> bytes | None:  # noqa: ARG002 - of the protocol
        """Refuse: the service has no key agreement, and no key is loaded for one.

        Raises:
            KeyUnavailableError: always.
        """
        raise KeyUnavailableError("Azure Key Vault has no key agreement")

    def decapsulate(self, encapsulated: bytes) -> bytes | None:  # noqa: ARG002 - of the protocol
        """Refuse: the service has no key encapsulation, and no key is loaded for one.

        Raises:
            KeyUnavailableError: always.
        """
        raise KeyUnavailableError("Azure Key Vault has no key encapsulation")

    def sign(self, alg: str, data: bytes) -> bytes:
        """Sign; the hash is computed here.

        Raises:
            KeyUnavailableError: the service is unavailable, or refuses.
        """
        answer = self._client.sign(
            "sign", algorithm=alg, digest=key_service.digest(alg, data), **self._options
        )
        is_ecdsa = SIGS[alg].family == "ecdsa"
        size = 2 * curves.field_bytes(SIGS[alg].curves[0]) if is_ecdsa else None
        return key_service.bytes_of(answer, "signature", size)

    def __repr__(self) -> str:
        return f"AzureKey({self._name!r})"


@final
class AzureKeyVault(Opaque):
    """A vault or a managed HSM, through the caller's client.

    Safe to share between threads, like the client, but not with a forked process: make the client
    and load the key there.

    Args:
        client: an `azure.keyvault.keys.KeyClient`.
        timeout: for a connection and for each wait for an answer, in seconds. No call is retried.

    Raises:
        TypeError: an argument is of the wrong type.
        ValueError: `timeout` is not between 0 and 600.

    Source: Azure Key Vault REST API reference.
    """

    __slots__ = ("_client", "_options")

    _client: Client
    _options: Mapping[str, object]

    @hide_locals
    def __init__(self, client: object, *, timeout: float = 10.0) -> None:
        key_service.check_timeout(timeout)
        options = {"connection_timeout": timeout, "read_timeout": timeout, "retry_total": 0}
        methods = ("get_cryptography_client", "get_key")
        self._set(_client=Client(client, methods, _cause), _options=options)

    @hide_locals
    def load(
        self, *, name: str, alg: KeyAlg, version: str | None = None, kid: str | None = None
    ) -> Key:
        """Fetch a public key, and make a `Key` from it whose private half stays in the service.

        An AES key in a managed HSM, for A128KW, A192KW or A256KW, has no public half. It is tried
        once: it wraps and unwraps a constant.

        Args:
            name: the name of the key in the vault.
            alg: the one algorithm that the key is for.
            version: the version of the key; the newest by default.
            kid: the name of the `Key`.

        Returns:
            The key, at this version. joseal does not fetch its public half again; the client does
            so once, before the first operation, if its permissions allow that.

        Raises:
            TypeError: an argument is of the wrong type.
            ValueError: a name is empty, or UTF-8 can't carry `kid`.
            InvalidKeyError: there is no such key; it was made for a different use or `alg` does not
                take it; or the service does not support `alg`, at all or with this key.
            KeyUnavailableError: the service is unavailable, or denies access.

        Source: Azure Key Vault REST API reference, get key.
        """
        key_service.check_name(name=name)
        if version is not None:
            key_service.check_name(version=version)
        key_service.check_served("Azure Key Vault", alg, _SERVED)
        found = self._client.fetch("get_key", name=name, version=version, **self._options)
        jwk, own = key_service.part(found, "key"), key_service.part(found, "properties", "version")
        if not (isinstance(own, str) and _does(key_service.part(jwk, "key_ops"), _SERVED[alg])):
            raise key_service.not_for(alg)
        if alg not in _WRAPPING:
            public = _public(jwk)
            return key_service.make_key(public, self._key(name, own), alg, kid)
        device = self._key(name, own)
        is_aes = key_service.part(jwk, "kty") in _AES
        if not (is_aes and device.is_for(alg, self._key(name, own))):
            raise InvalidKeyError(f"{alg} needs an AES key of its size, in a managed HSM")
        return Key._make(SharedExternal(device), alg, kid=kid)

    def _key(self, name: str, version: str) -> _AzureKey:
        client = self._client.fetch("get_cryptography_client", key_name=name, key_version=version)
        asked = Client(client, ("sign", "unwrap_key", "wrap_key"), _cause)
        return _AzureKey(asked, name, self._options)

    def __repr__(self) -> str:
        return "AzureKeyVault()"


def _does(operations: object, wanted: tuple[str, ...]) -> bool:
    """Tell whether a list of operations, as texts or members of an enumeration, has these."""
    return _is_list(operations) and all(name in operations for name in wanted)


def _is_list(value: object) -> TypeGuard[list[object]]:
    return isinstance(value, list)


def _public(jwk: object) -> PublicMaterial:
    if key_service.part(jwk, "n") is not None:
        return key_service.load_rsa(key_service.bytes_of(jwk, "n"), key_service.bytes_of(jwk, "e"))
    crv = key_service.part(jwk, "crv")
    curve = _CURVES.get(crv) if isinstance(crv, str) else None
    if curve is None:
        raise key_service.unknown_public()
    size = curves.field_bytes(curve)
    x, y = (key_service.bytes_of(jwk, name).rjust(size, b"\0") for name in ("x", "y"))
    public = curves.load_public(curve, x, y)
    if public is None:
        raise key_service.unknown_public()
    return public


def _cause(error: Exception) -> Cause:
    status = key_service.part(error, "status_code")
    if status == _BAD_REQUEST and key_service.part(error, "error", "code") == "BadParameter":
        return "ciphertext"
    return _CAUSES.get(status, "other") if isinstance(status, int) else "other"
