"""The hashes of the tables, as `cryptography` has them."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, TypeAlias

from cryptography.hazmat.primitives import hashes

from joseal.algorithms.table import HashName

Hash: TypeAlias = hashes.SHA1 | hashes.SHA256 | hashes.SHA384 | hashes.SHA512

HASHES: Final[Mapping[HashName, Hash]] = MappingProxyType(
    {
        # For OAEP alone, where its collisions are of no use. RFC 8017 appendix B.1.
        "sha1": hashes.SHA1(),  # noqa: S303
        "sha256": hashes.SHA256(),
        "sha384": hashes.SHA384(),
        "sha512": hashes.SHA512(),
    }
)
