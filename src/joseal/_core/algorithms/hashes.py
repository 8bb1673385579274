"""The hashes of the tables and of FIPS 202, and the comparison of their results."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, TypeAlias

from cryptography.hazmat.primitives import hashes

from joseal._core.algorithms.registry import HashName
from joseal._core.late import late, load

# It loads its own OpenSSL, which takes as long as importing this whole package.
if TYPE_CHECKING:
    import hmac
else:
    hmac = late("hmac")

Hash: TypeAlias = hashes.SHA1 | hashes.SHA256 | hashes.SHA384 | hashes.SHA512

HASHES: Final[Mapping[HashName, Hash]] = MappingProxyType(
    {
        # For OAEP alone, where its collisions don't help an attacker. RFC 8017 appendix B.1.
        "sha1": hashes.SHA1(),  # noqa: S303
        "sha256": hashes.SHA256(),
        "sha384": hashes.SHA384(),
        "sha512": hashes.SHA512(),
    }
)


def digest(raw: bytes, name: HashName = "sha256") -> bytes:
    """Hash, with SHA-256 by default."""
    function = hashes.Hash(HASHES[name])
    function.update(raw)
    return function.finalize()


def shake256(data: bytes, size: int) -> bytes:
    """Return SHAKE256 output. FIPS 202."""
    function = hashes.Hash(hashes.SHAKE256(size))
    function.update(data)
    return function.finalize()


def sha3_256(data: bytes) -> bytes:
    """Hash with SHA3-256. FIPS 202."""
    function = hashes.Hash(hashes.SHA3_256())
    function.update(data)
    return function.finalize()


def prepare() -> None:
    """Load the modules for `same`, so that no token waits for them."""
    load(hmac)


def same(computed: bytes, received: bytes) -> bool:
    """Compare in constant time."""
    return hmac.compare_digest(computed, received)
