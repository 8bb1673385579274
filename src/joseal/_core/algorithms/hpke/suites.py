"""The suites of HPKE that JOSE has names for, as a literal table.

Each suite has two names: `HPKE-0` encrypts the plaintext itself (Integrated Encryption), and
`HPKE-0-KE` encrypts the CEK (Key Encryption).

Rules:
- A number means the same KEM, KDF and AEAD under both names. The missing numbers are COSE's.
- For a KEM on a curve the hash of the KEM and the hash of the key schedule are the same.

Source: draft-ietf-jose-hpke-encrypt sections 5.1 and 6.2, draft-ietf-jose-hpke-pq-pqt section 3,
RFC 9180 section 7, draft-ietf-hpke-pq sections 3 and 5.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, Literal, TypeAlias

from msgspec import Struct

HpkeAlg: TypeAlias = Literal[
    "HPKE-0",
    "HPKE-0-KE",
    "HPKE-1",
    "HPKE-1-KE",
    "HPKE-2",
    "HPKE-2-KE",
    "HPKE-3",
    "HPKE-3-KE",
    "HPKE-4",
    "HPKE-4-KE",
    "HPKE-5",
    "HPKE-5-KE",
    "HPKE-6",
    "HPKE-6-KE",
    "HPKE-7",
    "HPKE-7-KE",
    "HPKE-8",
    "HPKE-8-KE",
    "HPKE-9",
    "HPKE-9-KE",
    "HPKE-10",
    "HPKE-10-KE",
    "HPKE-12",
    "HPKE-12-KE",
    "HPKE-13",
    "HPKE-13-KE",
]

# The AEADs, each by the name that the same cipher has as an enc.
AeadName: TypeAlias = Literal["A128GCM", "A256GCM", "C20P"]
KdfName: TypeAlias = Literal["sha256", "sha384", "sha512", "shake256"]

_KDF_IDS: Final[Mapping[KdfName, int]] = {
    "sha256": 0x0001,
    "sha384": 0x0002,
    "sha512": 0x0003,
    "shake256": 0x0011,
}
_AEAD_IDS: Final[Mapping[AeadName, int]] = {"A128GCM": 0x0001, "A256GCM": 0x0002, "C20P": 0x0003}
_KEY_BYTES: Final[Mapping[AeadName, int]] = {"A128GCM": 16, "A256GCM": 32, "C20P": 32}

# The same for every AEAD of RFC 9180 section 7.3.
NONCE_BYTES: Final = 12
TAG_BYTES: Final = 16


class HpkeSuite(Struct, frozen=True):
    """A KEM, a KDF and an AEAD.

    Attributes:
        kem: the curve of DHKEM, or the name of an ML-KEM or of a hybrid with it.
        kem_id: the KEM's number in the registry of HPKE.
        kdf: the hash of HKDF, or SHAKE256.
        aead: the cipher, by its name as an enc.
    """

    kem: str
    kem_id: int
    kdf: KdfName
    aead: AeadName

    @property
    def kem_suite(self) -> bytes:
        """The suite_id inside the KEM. RFC 9180 section 4.1."""
        return b"KEM" + self.kem_id.to_bytes(2, "big")

    @property
    def hpke_suite(self) -> bytes:
        """The suite_id of the key schedule. RFC 9180 section 5.1."""
        ids = (self.kem_id, _KDF_IDS[self.kdf], _AEAD_IDS[self.aead])
        return b"HPKE" + b"".join(each.to_bytes(2, "big") for each in ids)

    @property
    def key_bytes(self) -> int:
        """The size of the AEAD's key."""
        return _KEY_BYTES[self.aead]


SUITES: Final[Mapping[str, HpkeSuite]] = MappingProxyType(
    {
        "HPKE-0": HpkeSuite("P-256", 0x0010, "sha256", "A128GCM"),
        "HPKE-1": HpkeSuite("P-384", 0x0011, "sha384", "A256GCM"),
        "HPKE-2": HpkeSuite("P-521", 0x0012, "sha512", "A256GCM"),
        "HPKE-3": HpkeSuite("X25519", 0x0020, "sha256", "A128GCM"),
        "HPKE-4": HpkeSuite("X25519", 0x0020, "sha256", "C20P"),
        "HPKE-5": HpkeSuite("X448", 0x0021, "sha512", "A256GCM"),
        "HPKE-6": HpkeSuite("X448", 0x0021, "sha512", "C20P"),
        "HPKE-7": HpkeSuite("P-256", 0x0010, "sha256", "A256GCM"),
        "HPKE-8": HpkeSuite("MLKEM768-P256", 0x0050, "shake256", "A256GCM"),
        "HPKE-9": HpkeSuite("MLKEM768-X25519", 0x647A, "shake256", "A256GCM"),
        "HPKE-10": HpkeSuite("MLKEM1024-P384", 0x0051, "shake256", "A256GCM"),
        "HPKE-12": HpkeSuite("ML-KEM-768", 0x0041, "shake256", "A256GCM"),
        "HPKE-13": HpkeSuite("ML-KEM-1024", 0x0042, "shake256", "A256GCM"),
    }
)
