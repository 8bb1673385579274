"""Causes in the kind of text, and in the encoding of its segments.

Source: RFC 7515 section 2, RFC 7516 section 3.1.
"""

from typing import Final

from joseal.diagnosis.causes.table import Texts

_RESEND: Final = "Have it sent again, as the library made it."
_ENCODE: Final = "Encode each segment with base64url, without padding: RFC 7515 section 2."

FORM: Final[Texts] = {
    "not_a_token": (
        "This is not a compact token, and none was found in it.",
        "A JWE is five base64url segments with dots between them and begins with eyJ.",
    ),
    "jws": (
        "This is a JWS: signed, not encrypted. A JWE was expected.",
        (
            "Verify it instead of decrypting it, or have it encrypted. To examine the signature, "
            "say that a JWS is expected. In a nested token one of the two is inside the other: "
            "see the profile."
        ),
    ),
    "jwe": (
        "This is a JWE: encrypted. A JWS was expected.",
        "Decrypt it first. If its cty is JWT, the signed token is its plaintext.",
    ),
    "truncated": (
        "The token was cut off.",
        "Look for a limit on its way: the column of a database, a header, a URL, a log.",
    ),
    "four_segments": (
        "There are four segments: the tag is missing, or is still at the end of the ciphertext.",
        (
            "Put the tag into a fifth segment. Many AES-GCM calls return ciphertext and tag in "
            "one: cut off the last 16 bytes."
        ),
    ),
    "encrypted_key_lost": (
        "There are four segments: the encrypted key is missing.",
        "Put it between the header and the IV: this alg has one in each token.",
    ),
    "empty_segment_lost": (
        "The empty encrypted key is missing: two dots in a row became one.",
        "Keep empty segments when splitting and joining: with this alg the second one is empty.",
    ),
    "too_many_segments": (
        "There are more segments than a token has.",
        "Look for a trailing dot, or for two tokens in one.",
    ),
}

ENCODING: Final[Texts] = {
    "padded": ("base64url with padding (=), which JOSE leaves out.", _ENCODE),
    "standard_base64": ("The standard base64 alphabet (+ and /) instead of base64url.", _ENCODE),
    "trailing_bits": (
        "The last character of a segment has bits set that encode nothing.",
        "The segment was changed by hand, cut off, or made by a faulty encoder. " + _RESEND,
    ),
    "foreign_characters": ("There are characters that base64url does not have.", _ENCODE),
    "double_base64": (
        "A segment was encoded with base64 twice.",
        "Encode the bytes, not their base64 text.",
    ),
    "hex_segment": ("A segment contains hex text instead of bytes.", "Decode the hex first."),
    "text_latin1": (
        "The bytes of a segment went through text: Latin-1 was written as UTF-8.",
        "Keep bytes as bytes from the cipher to base64url. Never convert them to a string.",
    ),
    "text_lost": (
        "The bytes of a segment went through text, and some became U+FFFD: they are lost.",
        "Keep bytes as bytes from the cipher to base64url. This token can't be restored.",
    ),
}
