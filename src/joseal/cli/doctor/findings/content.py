"""The findings of trials with a key about ciphertext, tag and plaintext.

Source: RFC 7516 section 5.2, RFC 7518 section 5.
"""

from typing import Final

from joseal.diagnosis.causes.table import Texts

_HEADER_AS_SENT: Final = "Authenticate the ASCII text of the first segment, as it is sent."
_MAC: Final = "The MAC is over AAD, IV, ciphertext and AL: RFC 7518 section 5.2.2.1."

TEXTS: Final[Texts] = {
    "cbc_keys_swapped": (
        "The halves of the content key are swapped.",
        "The first half is the MAC key, the second the AES key: RFC 7518 section 5.2.2.1.",
    ),
    "mac_whole_key": (
        "The whole content key is the MAC key.",
        "The MAC key is its first half.",
    ),
    "aad_decoded": ("The AAD is the decoded header.", _HEADER_AS_SENT),
    "aad_empty": ("There is no AAD.", _HEADER_AS_SENT),
    "aad_reserialised": ("The AAD is a header that was serialized again.", _HEADER_AS_SENT),
    "aad_padded": ("The AAD is the header with base64 padding.", _HEADER_AS_SENT),
    "aad_utf16": ("The AAD is the header as UTF-16.", _HEADER_AS_SENT),
    "iv_undecoded": (
        "The text of the IV's segment was used as IV.",
        "Use the bytes as IV, and base64url of them as segment.",
    ),
    "iv_cut": (
        "Only the first bytes of the IV were used.",
        "Draw as many as are used: 12 for GCM.",
    ),
    "iv_zero": (
        "An IV of zeros was used instead of the one in the token.",
        "Draw a fresh one for each token, and use it: reuse breaks AES-GCM.",
    ),
    "tag_prepended": (
        "The tag is before the ciphertext.",
        "Put it into the fifth segment.",
    ),
    "tag_last_half": ("The tag is the last half of the HMAC.", "It is the first half."),
    "al_bytes": ("The AL counts bytes.", "It counts bits, as 64-bit big-endian integer."),
    "al_32": ("The AL has 32 bits.", "It has 64."),
    "al_little": ("The AL is little-endian.", "It is big-endian."),
    "al_missing": ("The AL is missing in the MAC.", _MAC),
    "al_decoded": ("The AL is the size of the decoded header.", "Count the encoded one."),
    "mac_without_iv": ("The IV is missing in the MAC.", _MAC),
    "mac_hash": ("The MAC uses the wrong hash.", "It is the one that enc names."),
    "cbc_padding": (
        "The tag verifies, and the padding of the plaintext is not PKCS #7.",
        "Pad with 1 to 16 bytes, each of which is their number: RFC 5652 section 6.3.",
    ),
    "zip_zlib": (
        "The plaintext has zlib framing, and zip DEF is raw DEFLATE.",
        "Compress without header: wbits=-15, nowrap, DeflateStream: RFC 1951.",
    ),
    "zip_gzip": (
        "The plaintext is gzip, and zip DEF is raw DEFLATE.",
        "Compress without header: wbits=-15, nowrap, DeflateStream: RFC 1951.",
    ),
    "zip_none": (
        "The header has a zip, and the plaintext is not compressed.",
        "Leave zip out, or compress.",
    ),
    "zip_too_large": (
        "It inflates to more than the limit.",
        "See inflated_bytes of joseal.Limits.",
    ),
    "plaintext_json_string": (
        "It decrypts, and the plaintext is a JSON string that contains JSON: it was encoded twice.",
        "Encode the object once, and encrypt the bytes of that text.",
    ),
    "content_unopened": (
        "The encrypted key decrypts with this key, but the tag is valid under no known variant.",
        (
            "The key is right. The token was changed after it was encrypted, perhaps in its "
            "header; or its AAD or IV is a different one."
        ),
    ),
    "cbc_half_zero": (
        "One half of the content key is zeros.",
        "Fill both halves. An ECDH-ES key has as many bytes as enc needs: 64 for A256CBC-HS512.",
    ),
    "cbc_aes_key": (
        "The MAC key is right; the AES key is wrong, or the plaintext has no known padding.",
        (
            "Check the second half of the content key: RFC 7518 section 5.2.2.1. Pad with 1 to 16 "
            "bytes, each of which is their number."
        ),
    ),
}
