"""The kind of a key that a loader has refused, by the identifier in its DER.

Which kinds are read depends on the build of OpenSSL. A refusal names the kind, so that nobody looks
for a mistake in the bytes.

Source: RFC 8017 appendix A, RFC 5480 section 2.1.1.1, RFC 8410 section 3, RFC 5639 section 4.1,
RFC 9881 section 2, RFC 9935 section 3.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from joseal._core.keys.classifier import der

# Those that joseal uses.
_USED: Final[Mapping[bytes, str]] = MappingProxyType(
    {
        bytes.fromhex("2a864886f70d010101"): "RSA",
        bytes.fromhex("2a8648ce3d030107"): "P-256",
        bytes.fromhex("2b81040022"): "P-384",
        bytes.fromhex("2b81040023"): "P-521",
        bytes.fromhex("2b8104000a"): "secp256k1",
        bytes.fromhex("2b656e"): "X25519",
        bytes.fromhex("2b656f"): "X448",
        bytes.fromhex("2b6570"): "Ed25519",
        bytes.fromhex("2b6571"): "Ed448",
        bytes.fromhex("608648016503040311"): "ML-DSA-44",
        bytes.fromhex("608648016503040312"): "ML-DSA-65",
        bytes.fromhex("608648016503040313"): "ML-DSA-87",
        bytes.fromhex("608648016503040402"): "ML-KEM-768",
        bytes.fromhex("608648016503040403"): "ML-KEM-1024",
    }
)
_UNUSED: Final[Mapping[bytes, str]] = MappingProxyType(
    {
        bytes.fromhex("2a864886f70d010107"): "RSAES-OAEP",
        bytes.fromhex("2a864886f70d01010a"): "RSASSA-PSS",
        bytes.fromhex("2a8648ce380401"): "DSA",
        bytes.fromhex("2a8648ce3e0201"): "Diffie-Hellman",
        bytes.fromhex("2a864886f70d010301"): "Diffie-Hellman",
        bytes.fromhex("2a8648ce3d030101"): "P-192",
        bytes.fromhex("2b81040021"): "P-224",
        bytes.fromhex("2b2403030208010107"): "brainpoolP256r1",
        bytes.fromhex("2b240303020801010b"): "brainpoolP384r1",
        bytes.fromhex("2b240303020801010d"): "brainpoolP512r1",
        bytes.fromhex("2a811ccf5501822d"): "SM2",
        bytes.fromhex("608648016503040401"): "ML-KEM-512",
    }
)


def refusal(data: bytes, otherwise: str) -> str:
    """Return the text for DER that a loader has refused; `otherwise` where it names no kind."""
    found = der.identifier(data) or b""
    if found in _USED:
        return (
            "the key can't be read: damaged, or of a kind that the installed OpenSSL does not "
            f"support ({_USED[found]})"
        )
    if found in _UNUSED:
        return f"joseal does not use keys of this kind ({_UNUSED[found]})"
    return otherwise
