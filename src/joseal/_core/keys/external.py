"""Keys that never leave their device: the methods that an HSM or a KMS has to provide.

Rules:
- A device does the private operation and nothing else: lengths, curves and points are checked here
  before it is asked, the tag after it.
- A device that refuses the operation returns `None` and no reason: the token is then undecryptable
  like any other. If the device is unavailable, it raises `KeyUnavailableError`: the token may be
  good.
- A shared secret on a device wraps CEKs and nothing else. The CEK is drawn here.
- An answer of the wrong type is a fault of the device, whatever the operation, and counts as
  unavailable.

Source: RFC 7516 section 11.5, RFC 8017, NIST SP 800-56A, FIPS 203, RFC 3394.
"""

from collections.abc import Callable
from typing import Protocol, TypeAlias, TypeVar

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from joseal._core.algorithms.akp_keys import AkpPublicKey
from joseal._core.algorithms.curves import PublicCurveKey
from joseal._core.algorithms.registry import AlgorithmSpec, SigSpec
from joseal._core.naming import exported
from joseal._core.secrecy import Opaque
from joseal.errors import KeyUnavailableError

PublicMaterial: TypeAlias = RSAPublicKey | PublicCurveKey | AkpPublicKey

_G = TypeVar("_G")


@exported
class ExternalKey(Protocol):
    """The private half of a pair, somewhere else. A device needs only the methods for its algs.

    Example:
        >>> import joseal
        >>> inside = joseal.Key.generate("ES256", kid="hsm-1")
        >>> class Device:
        ...     def sign(self, alg: str, data: bytes) -> bytes:
        ...         return bytes(64)  # ask the HSM here
        >>> key = joseal.Key.from_external(Device(), public=inside.public())
        >>> joseal.Signer(key).sign(b"hello").count(".")
        2

    Source: RFC 7518 sections 3, 4.2, 4.3 and 4.6.
    """

    def unwrap(self, alg: str, encrypted_key: bytes) -> bytes | None:
        """Decrypt an encrypted key with the padding that `alg` names, such as `RSA-OAEP`.

        The encrypted key has the size of the modulus. A result of any length may be returned.

        Args:
            alg: the key management algorithm, such as `RSA-OAEP-256`.
            encrypted_key: the JWE Encrypted Key.

        Returns:
            The content encryption key; None if the device refuses the ciphertext.

        Raises:
            KeyUnavailableError: the device is unavailable.

        Example:
            >>> class Device:
            ...     def unwrap(self, alg, encrypted_key):
            ...         return None  # ask the HSM here
            >>> Device().unwrap("RSA-OAEP-256", bytes(256)) is None
            True

        Source: RFC 7518 sections 4.2 and 4.3, RFC 7516 section 11.5.
        """
        ...

    def agree(self, peer: PublicCurveKey) -> bytes | None:
        """Return the shared secret with a peer's public key: x in the size of the field.

        The peer's key is on this key's curve and not of low order.

        Args:
            peer: the other side's ephemeral public key.

        Returns:
            The shared secret; None if the device refuses the peer's key.

        Raises:
            KeyUnavailableError: the device is unavailable.

        Example:
            >>> from cryptography.hazmat.primitives.asymmetric import x25519
            >>> class Device:
            ...     def __init__(self):
            ...         self._private = x25519.X25519PrivateKey.generate()
            ...     def agree(self, peer):
            ...         return self._private.exchange(peer)
            >>> len(Device().agree(x25519.X25519PrivateKey.generate().public_key()))
            32

        Source: RFC 7518 section 4.6.
        """
        ...

    def decapsulate(self, encapsulated: bytes) -> bytes | None:
        """Return the shared secret of ML-KEM, or of the whole hybrid with it, for HPKE.

        The encapsulated secret has the size of the key encapsulation mechanism, and the point of a
        hybrid is on its curve. ML-KEM returns 32 bytes even if the encapsulated secret was tampered
        with.

        Args:
            encapsulated: the encapsulated secret, `ek` or the JWE Encrypted Key.

        Returns:
            The shared secret, of 32 bytes; None if the device refuses.

        Raises:
            KeyUnavailableError: the device is unavailable.

        Example:
            >>> class Device:
            ...     def decapsulate(self, encapsulated):
            ...         return None  # ask the KMS here
            >>> Device().decapsulate(bytes(1088)) is None
            True

        Source: FIPS 203 section 7.3, draft-ietf-hpke-pq section 3.
        """
        ...

    def sign(self, alg: str, data: bytes) -> bytes:
        """Sign `data` as RFC 7518 section 3 defines for `alg`; ECDSA gives r and s, not ASN.1.

        Args:
            alg: the signature algorithm, such as `ES256`.
            data: the signing input.

        Returns:
            The signature, of the size that `alg` demands.

        Raises:
            KeyUnavailableError: the device is unavailable, or refused.

        Example:
            >>> from cryptography.hazmat.primitives.asymmetric import ed25519
            >>> class Device:
            ...     def __init__(self):
            ...         self._private = ed25519.Ed25519PrivateKey.generate()
            ...     def sign(self, alg, data):
            ...         return self._private.sign(data)
            >>> len(Device().sign("Ed25519", b"hello"))
            64

        Source: RFC 7518 section 3.
        """
        ...


@exported
class ExternalSecret(Protocol):
    """A shared secret that stays somewhere else, for AES key wrap: A128KW, A192KW and A256KW.

    Example:
        >>> import joseal
        >>> from cryptography.hazmat.primitives import keywrap
        >>> class Device:
        ...     def wrap(self, alg, cek):
        ...         return keywrap.aes_key_wrap(bytes(32), cek)  # ask the HSM here
        ...
        ...     def unwrap(self, alg, encrypted_key):
        ...         try:
        ...             return keywrap.aes_key_unwrap(bytes(32), encrypted_key)
        ...         except keywrap.InvalidUnwrap:
        ...             return None
        >>> key = joseal.Key.from_external_secret(Device(), alg="A256KW")
        >>> token = joseal.Encrypter(key, enc="A256GCM").encrypt(b"hello")
        >>> joseal.Decrypter(key, enc="A256GCM").decrypt(token)
        b'hello'

    Source: RFC 7518 section 4.4, RFC 3394.
    """

    def wrap(self, alg: str, cek: bytes) -> bytes:
        """Wrap a content encryption key, with the default initial value of RFC 3394.

        Args:
            alg: `A128KW`, `A192KW` or `A256KW`.
            cek: 16 to 64 bytes, a multiple of 8.

        Returns:
            The encrypted key, 8 bytes longer than the CEK.

        Raises:
            KeyUnavailableError: the device is unavailable, or refused.

        Example:
            >>> from cryptography.hazmat.primitives import keywrap
            >>> class Device:
            ...     def wrap(self, alg, cek):
            ...         return keywrap.aes_key_wrap(bytes(32), cek)  # ask the HSM here
            >>> len(Device().wrap("A256KW", bytes(32)))
            40

        Source: RFC 3394 section 2.2.1.
        """
        ...

    def unwrap(self, alg: str, encrypted_key: bytes) -> bytes | None:
        """Unwrap an encrypted key, and check its integrity block.

        Args:
            alg: `A128KW`, `A192KW` or `A256KW`.
            encrypted_key: the JWE Encrypted Key, 8 bytes longer than the CEK for the enc.

        Returns:
            The content encryption key; None if the integrity block is not valid.

        Raises:
            KeyUnavailableError: the device is unavailable.

        Example:
            >>> class Device:
            ...     def unwrap(self, alg, encrypted_key):
            ...         return None  # ask the HSM here
            >>> Device().unwrap("A256KW", bytes(40)) is None
            True

        Source: RFC 3394 section 2.2.2, RFC 7516 section 11.5.
        """
        ...


class External(Opaque):
    """A pair whose private half is behind an `ExternalKey`."""

    __slots__ = ("device", "public")

    public: PublicMaterial
    device: ExternalKey

    def __init__(self, public: PublicMaterial, device: ExternalKey) -> None:
        self._set(public=public, device=device)


class SharedExternal(Opaque):
    """A shared secret that is behind an `ExternalSecret`."""

    __slots__ = ("device",)

    device: ExternalSecret

    def __init__(self, device: ExternalSecret) -> None:
        self._set(device=device)


def check_pair_device(device: object, alg: AlgorithmSpec) -> None:
    """Check that a device has the method that a private key for an alg needs.

    Raises:
        TypeError: it does not.
    """
    kind = alg.kind
    name = "unwrap" if kind == "RSA" else "agree" if kind == "curve" else "decapsulate"
    _check_methods(device, "ExternalKey", "sign" if isinstance(alg, SigSpec) else name)


def check_secret_device(device: object) -> None:
    """Check that a device has the methods that a shared secret needs.

    Raises:
        TypeError: it does not.
    """
    _check_methods(device, "ExternalSecret", "wrap", "unwrap")


def _check_methods(device: object, wanted: str, *names: str) -> None:
    for name in names:
        if not callable(getattr(device, name, None)):
            raise TypeError(f"device must be an {wanted}: it has no method {name}")


def asked(name: str, step: Callable[[_G], object]) -> Callable[[_G], bytes | None]:
    """Return a step of a device that returns bytes, or None if it refuses.

    The step raises:
        KeyUnavailableError: the device is unavailable, or its answer is neither bytes nor None.
    """

    def ask(given: _G) -> bytes | None:
        answer = step(given)
        return None if answer is None else _bytes_of(name, answer)

    return ask


def asked_for_bytes(name: str, step: Callable[[_G], object]) -> Callable[[_G], bytes]:
    """Return a step of a device that never refuses.

    The step raises:
        KeyUnavailableError: the device is unavailable, or its answer is not bytes.
    """
    return lambda given: _bytes_of(name, step(given))


def _bytes_of(name: str, answer: object) -> bytes:
    if isinstance(answer, bytes):
        return answer
    kind = type(answer).__name__
    raise KeyUnavailableError(f"{name} of the device gave {kind}, not bytes")
