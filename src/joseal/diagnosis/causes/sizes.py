"""Causes in the sizes of the segments.

Source: RFC 7518 sections 3.4, 4 and 5.
"""

from typing import Final

from joseal.diagnosis.causes.table import Texts

_RESEND: Final = "Have it sent again, as the library made it."

TEXTS: Final[Texts] = {
    "encrypted_key_missing": (
        "The encrypted key is empty, and this alg needs one.",
        "Put the wrapped content key into the second segment, or is the alg meant to be dir?",
    ),
    "direct_with_key": (
        "The encrypted key must be empty with this alg.",
        "Leave the segment empty, or is a different alg meant?",
    ),
    "rsa_leading_zero": (
        "The encrypted key is one byte off the size of a modulus.",
        "Big-integer libraries drop a leading zero or add one: pad it to the size of the modulus.",
    ),
    "rsa_small_key": (
        "The encrypted key has the size of an RSA key under 2048 bits.",
        "Use an RSA key of at least 2048 bits: RFC 7518 section 4.3.",
    ),
    "wrapped_for_other_alg": (
        "The encrypted key has the size of an AES-wrapped one, but the alg is an RSA one.",
        "Name the alg that was used.",
    ),
    "rsa_for_other_alg": (
        "The encrypted key has the size of an RSA one, but the alg is not an RSA one.",
        "Name the alg that was used.",
    ),
    "key_for_other_enc": (
        "The encrypted key contains a content key for an enc with a different key size.",
        "Make the content key as long as enc needs it.",
    ),
    "encrypted_key_size": (
        "The encrypted key has a size that this alg does not make.",
        "Look whether it was cut off or encoded twice.",
    ),
    "gcm_iv_16": (
        "A 16-byte IV with AES-GCM, which takes 12.",
        "Draw 12 bytes: RFC 7518 section 5.3. 16 is the size for CBC.",
    ),
    "cbc_iv_12": (
        "A 12-byte IV with AES-CBC, which takes 16.",
        "Draw 16 bytes: RFC 7518 section 5.2.",
    ),
    "iv_prepended": (
        "The IV is empty: it may be before the ciphertext.",
        "Put it into the third segment.",
    ),
    "iv_size": ("The IV has a size that enc does not take.", "12 bytes for GCM, 16 for CBC."),
    "enc_mismatch": (
        "IV and tag fit a different enc than the header names.",
        "Name the enc that was used.",
    ),
    "tag_appended": (
        "The tag is empty: it may still be at the end of the ciphertext.",
        (
            "Cut it off, 16 bytes for GCM, and put it into the fifth segment. Many AES-GCM calls, "
            "Java's among them, return the two in one."
        ),
    ),
    "tag_repeated": (
        "The tag is in its segment and at the end of the ciphertext too.",
        "Cut it off the ciphertext.",
    ),
    "iv_repeated": (
        "The IV is in its segment and before the ciphertext too.",
        "Cut it off the ciphertext.",
    ),
    "tag_16": (
        "A 16-byte tag, and this enc has a longer one.",
        "The tag is half of the HMAC: 24 bytes for HS384, 32 for HS512.",
    ),
    "tag_whole_hmac": (
        "The tag is the whole HMAC.",
        "Keep only its first half: RFC 7518 section 5.2.2.1.",
    ),
    "tag_short": ("The tag was cut short.", "AES-GCM in JOSE has tags of 128 bits, no others."),
    "tag_size": ("The tag has a size that enc does not make.", _RESEND),
    "ciphertext_blocks": (
        "The ciphertext is not a whole number of 16-byte blocks, as AES-CBC always makes.",
        "It was changed or cut off on its way, or is the ciphertext of a different mode.",
    ),
    "ecdsa_der": (
        "The signature is DER, and JOSE has r and s side by side.",
        "Convert it: RFC 7518 section 3.4.",
    ),
    "signature_size": ("The signature has a size that its alg does not make.", _RESEND),
    "iv_tag_swapped": (
        "IV and tag are swapped.",
        "The third segment is the IV, the fifth the tag.",
    ),
}
