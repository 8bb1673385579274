"""Names of the curves in other standards and libraries.

Source: SEC 2, RFC 5480 section 2.1.1.1; the documentation of OpenSSL and OpenSSH.
"""

from typing import Final

CURVE_SPELLINGS: Final = {
    **dict.fromkeys(("secp256r1", "prime256v1", "P256", "p-256", "ES256", "nistp256"), "P-256"),
    **dict.fromkeys(("secp384r1", "P384", "p-384", "ES384", "nistp384"), "P-384"),
    **dict.fromkeys(("secp521r1", "P521", "p-521", "P-512", "ES512", "nistp521"), "P-521"),
    **dict.fromkeys(("P-256K", "SECP256K1", "Secp256k1", "K-256", "ES256K"), "secp256k1"),
    **dict.fromkeys(("ed25519", "ED25519"), "Ed25519"),
    **dict.fromkeys(("ed448", "ED448"), "Ed448"),
    **dict.fromkeys(("x25519", "curve25519", "Curve25519"), "X25519"),
    **dict.fromkeys(("x448", "curve448"), "X448"),
}
