"""The common part of the key services of all clouds: requests and answers.

Rules:
- If a service refuses a ciphertext, the result is None: the token is then undecryptable like any
  other. Everything else that a client raises is `KeyUnavailableError`, with a constant text, never
  the service's.
- A client is called once for each operation. Its own settings decide whether it retries, or retries
  are switched off if a call allows that: a retry costs money, and doubles the effect of an
  attacker's requests.
- Clients come from the caller and are not imported here: their exceptions are recognized by their
  attributes. A client keeps connections, so it serves the process that made it, and no forked
  child.

Source: RFC 7516 section 11.5, RFC 7518 section 3.4, RFC 3720 appendix B.4 for CRC32C.
"""

from collections.abc import Callable, Collection, Mapping
from contextlib import AbstractContextManager
from types import TracebackType
from typing import Final, Literal, Protocol, TypeAlias, TypeGuard

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import utils
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey, RSAPublicNumbers

from joseal._core import checks
from joseal._core.algorithms import curves, foreign
from joseal._core.algorithms.hashes import HASHES
from joseal._core.algorithms.registry import SIGS, lookup_alg
from joseal._core.keys.external import External, ExternalKey, PublicMaterial
from joseal._core.keys.key import Key
from joseal._core.keys.material import Material
from joseal._core.processes import ProcessId, process_id
from joseal._core.secrecy import Opaque
from joseal.errors import InvalidKeyError, KeyUnavailableError

# The meaning of a client's exception.
Cause: TypeAlias = Literal["ciphertext", "missing", "denied", "busy", "other"]

_MISSING: Final = "the key service has no such key"
_TEXTS: Final[Mapping[Cause, str]] = {
    "missing": _MISSING,
    "denied": "the key service does not let this client use the key: see its permissions",
    "busy": "the key service is asked too often: ask again later",
}
_UNUSABLE: Final = "the key service can't be asked, or does not do this with the key"
_UNREADABLE: Final = "the key service gave an answer that does not fit what it was asked"

_MOST_SECONDS: Final = 600


class _Method(Protocol):
    """A method of a client, whose arguments are all named."""

    def __call__(self, **arguments: object) -> object: ...


class _Caught(AbstractContextManager["_Caught", bool]):
    """Leave the block on any exception of a client, whatever its class, and keep only the cause.

    Clients raise exceptions of a handful of packages. All of them mean that there is no answer.
    """

    def __init__(self, classify: Callable[[Exception], Cause]) -> None:
        self.cause: Cause | None = None
        self._classify = classify

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        place: TracebackType | None,
    ) -> bool:
        if not isinstance(error, Exception):
            return False
        self.cause = self._classify(error)
        return True


class Client(Opaque):
    """A caller's client for a key service, and how to call it.

    Args:
        client: the client.
        methods: those that it must have.
        classify: from its exceptions to their meaning.

    Raises:
        TypeError: the client does not have these methods.
    """

    __slots__ = ("_classify", "_client", "_process")

    _client: object
    _classify: Callable[[Exception], Cause]
    _process: ProcessId

    def __init__(
        self, client: object, methods: Collection[str], classify: Callable[[Exception], Cause]
    ) -> None:
        for name in methods:
            _method(client, name)
        self._set(_client=client, _classify=classify, _process=process_id())

    def ask(self, method: str, **arguments: object) -> object:
        """Call a method once; None if the service refuses the ciphertext.

        Raises:
            KeyUnavailableError: there is no answer, or this is a forked process.
        """
        answer, cause = self._call(method, arguments)
        if cause is not None and cause != "ciphertext":
            raise KeyUnavailableError(_TEXTS.get(cause, _UNUSABLE))
        return answer

    def fetch(self, method: str, **arguments: object) -> object:
        """Call a method that loads a key, once.

        Raises:
            InvalidKeyError: the service has no such key.
            KeyUnavailableError: there is no answer, or this is a forked process.
        """
        answer, cause = self._call(method, arguments)
        if cause in {"ciphertext", "missing"}:
            # Here the refusal is of the name.
            raise InvalidKeyError(_MISSING)
        if cause is not None:
            raise KeyUnavailableError(_TEXTS.get(cause, _UNUSABLE))
        return answer

    def sign(self, method: str, **arguments: object) -> object:
        """Call a method that signs, once.

        Raises:
            KeyUnavailableError: there is no answer, or this is a forked process.
        """
        answer = self.ask(method, **arguments)
        if answer is None:
            raise KeyUnavailableError(_UNUSABLE)
        return answer

    def _call(self, method: str, arguments: Mapping[str, object]) -> tuple[object, Cause | None]:
        if process_id() != self._process:
            raise KeyUnavailableError("the client was given before a fork: load the key after it")
        answer: object = None
        with _Caught(self._classify) as caught:
            answer = _method(self._client, method)(**arguments)
        if answer is None and caught.cause is None:
            raise KeyUnavailableError(_UNREADABLE)
        return answer, caught.cause


def _method(client: object, name: str) -> _Method:
    """Return a method of the client.

    Raises:
        TypeError: it does not have it.
    """
    found: object = getattr(client, name, None)
    if not _is_method(found):
        raise TypeError(f"client must be a client of the key service: it has no method {name}")
    return found


def _is_method(value: object) -> TypeGuard[_Method]:
    return callable(value)


def part(answer: object, *path: str) -> object:
    """Return a member of an answer, or of a member of it; None if there is none.

    Packages may compute their members on access, which may fail.
    """
    with _Caught(lambda _: "other"):
        for name in path:
            answer = answer.get(name) if _is_mapping(answer) else getattr(answer, name, None)
        return answer
    return None


def bytes_of(answer: object, name: str, size: int | None = None) -> bytes:
    """Return the bytes in an answer; if `size` is given, exactly that many.

    Raises:
        KeyUnavailableError: it has none, or they are of the wrong size.
    """
    found = part(answer, name)
    if not isinstance(found, bytes) or size not in {None, len(found)}:
        raise unreadable()
    return found


def unreadable() -> KeyUnavailableError:
    """Make the error for an answer that does not fit the request."""
    return KeyUnavailableError(_UNREADABLE)


def _is_mapping(value: object) -> TypeGuard[Mapping[str, object]]:
    return isinstance(value, Mapping)


def check_timeout(timeout: float) -> None:
    """Check a time-out.

    Raises:
        TypeError: it is not a number.
        ValueError: it is not between 0 and 600 seconds.
    """
    if type(timeout) not in {int, float}:
        raise checks.wrong_type("timeout", "a number of seconds", timeout)
    if not 0 < timeout <= _MOST_SECONDS:
        raise ValueError("timeout must be more than 0 and at most 600 seconds")


def check_name(**names: str | None) -> None:
    """Check the names that identify a key.

    Raises:
        TypeError: one is not str; the message names which.
        ValueError: one is empty.
    """
    for argument, given in names.items():
        if not isinstance(given, str):
            raise checks.wrong_type(argument, "str", given)
        if not given:
            raise ValueError(f"{argument} is empty")


def check_served(service: str, alg: str, served: Collection[str]) -> None:
    """Check that a service supports an alg at all, before it is asked for anything.

    Raises:
        TypeError: `alg` is not str.
        InvalidKeyError: it does not, or the alg is not known.
    """
    known = lookup_alg(alg)
    if known.name not in served:
        same = [name for name in served if lookup_alg(name).family == known.family]
        instead = f": of its kind there is {', '.join(same)}" if same else ""
        raise InvalidKeyError(f"{service} does not do {known.name}{instead}")


def not_for(alg: str) -> InvalidKeyError:
    """Make the error for a key that was made in the service for a different use."""
    return InvalidKeyError(f"the key was not made for {alg}: the key service does other things")


def make_key(public: PublicMaterial, device: ExternalKey, alg: str, kid: str | None) -> Key:
    """Make a key from its public half and its device.

    Raises:
        TypeError: `kid` is not str.
        ValueError: UTF-8 can't carry `kid`.
        InvalidKeyError: the key can't serve `alg`.
    """
    return Key._make(External(public, device), alg, kid=kid)


def public_of(material: Material) -> PublicMaterial:
    """Narrow the service's answer to a public key.

    Raises:
        InvalidKeyError: it is not one.
    """
    if not isinstance(material, PublicMaterial):
        raise unknown_public()
    return material


def load_rsa(n: bytes, e: bytes) -> RSAPublicKey:
    """Make an RSA key from its numbers.

    Raises:
        InvalidKeyError: they are not a key's.
    """
    with foreign.Suppress():
        numbers = RSAPublicNumbers(int.from_bytes(e, "big"), int.from_bytes(n, "big"))
        return numbers.public_key()
    raise unknown_public()


def unknown_public() -> InvalidKeyError:
    """Make the error for a key that can't be read."""
    return InvalidKeyError("the key service gave no public key of a kind that joseal knows")


def digest(alg: str, data: bytes) -> bytes:
    """Hash the bytes to sign, as `alg` says."""
    state = hashes.Hash(HASHES[SIGS[alg].hash])
    state.update(data)
    return state.finalize()


def raw_ecdsa(alg: str, der: bytes) -> bytes:
    """Convert an ECDSA signature from ASN.1 to r and s. RFC 7518 section 3.4.

    Raises:
        KeyUnavailableError: it is not one, or too large for the curve of `alg`.
    """
    size = curves.field_bytes(SIGS[alg].curves[0])
    with foreign.Suppress(OverflowError):
        return b"".join(part.to_bytes(size, "big") for part in utils.decode_dss_signature(der))
    raise unreadable()


def _crc32c_row(byte: int) -> int:
    for _ in range(8):
        byte = byte >> 1 ^ (0x82F63B78 if byte & 1 else 0)
    return byte


_CRC32C: Final = tuple(_crc32c_row(byte) for byte in range(256))


def crc32c(data: bytes) -> int:
    """Return the CRC32C of bytes, which detects damage in transit and is not a MAC."""
    state = 0xFFFFFFFF
    for byte in data:
        state = state >> 8 ^ _CRC32C[(state ^ byte) & 0xFF]
    return state ^ 0xFFFFFFFF
