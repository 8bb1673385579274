"""Causes of HPKE: its modes, `ek` and the encapsulated secret.

Source: draft-ietf-jose-hpke-encrypt sections 5 and 6, RFC 9180 section 7.1.
"""

from typing import Final

from joseal.diagnosis.causes.table import Texts

_AS_MADE: Final = "Send what the KEM made, as it is: its size and its form are fixed."
_MODES: Final = (
    "HPKE-0 encrypts the plaintext and has no enc; HPKE-0-KE encrypts a content key and has one."
)

TEXTS: Final[Texts] = {
    "hpke_enc_present": (
        "The header has an enc, and this alg encrypts the plaintext itself.",
        f"Leave enc out, or name the mode that was used: {_MODES}",
    ),
    "hpke_enc_missing": (
        "The header has no enc, and this alg encrypts a content key.",
        f"Write the enc, or name the mode that was used: {_MODES}",
    ),
    "ek_present": (
        "The header has an ek, and this alg has its encapsulated secret in the second segment.",
        f"Leave ek out, or name the mode that was used: {_MODES}",
    ),
    "ek_missing": (
        "The header has no ek, which is where this alg has its encapsulated secret.",
        f"Write it, or name the mode that was used: {_MODES}",
    ),
    "ek_form": (
        "The ek is not base64url.",
        "It is base64url of the encapsulated secret, without padding.",
    ),
    "encapsulated_missing": (
        "The second segment is empty, which is where this alg has its encapsulated secret.",
        _AS_MADE,
    ),
    "encapsulated_size": (
        "The encapsulated secret has a size that no KEM of HPKE in JOSE makes.",
        _AS_MADE,
    ),
    "kem_other": (
        "The encapsulated secret has the size that a KEM of a different alg makes.",
        "Compare the alg of the header with the one that was encrypted with.",
    ),
    "encapsulated_point": (
        "The encapsulated secret has the right size and is not a usable point of its curve.",
        "Points of P-256, P-384 and P-521 are uncompressed, and begin with 04.",
    ),
    "hpke_iv_tag": (
        "A segment is filled that is empty with this alg.",
        "HPKE derives the IV, and its tag is the end of the ciphertext: leave both segments empty.",
    ),
    "hpke_ciphertext_short": (
        "The ciphertext is shorter than the tag at its end.",
        "Put the ciphertext of HPKE with its tag, 16 bytes, into the fourth segment.",
    ),
    "hpke_psk": (
        "The header has a psk_id: it asks for a pre-shared key, which joseal does not have.",
        "Use HPKE in base mode.",
    ),
}
