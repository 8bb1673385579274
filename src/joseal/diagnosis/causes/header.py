"""Causes in the header.

Source: RFC 7515 section 4, RFC 7516 section 4, RFC 7518 sections 4.6 to 4.8.
"""

from typing import Final

from joseal.diagnosis.causes.table import Texts

_HEADER: Final = "The header is base64url of the UTF-8 bytes of one JSON object."
_OTHER_NAME: Final = "Write the name as RFC 7518 registers it; names are compared letter by letter."

TEXTS: Final[Texts] = {
    "header_raw_json": ("The header is plain JSON, not base64url of it.", _HEADER),
    "header_not_json": ("The header is not one strict JSON object.", _HEADER),
    "header_json_string": ("The header is a JSON string: it was encoded twice.", _HEADER),
    "header_python_dict": (
        "The header is the repr of a Python dict: str() was called on it.",
        "Use json.dumps.",
    ),
    "header_too_large": ("The header is over the limit.", "See header_bytes of joseal.Limits."),
    "member_twice": ("A member of the header is there twice.", "Name each member once."),
    "member_type": (
        "A member of the header does not have the type that its RFC gives it.",
        "Text is text and numbers are numbers: kid, alg and enc are JSON strings.",
    ),
    "alg_missing": ("The header has no alg.", "Write the alg into the protected header."),
    "enc_missing": ("The header has no enc.", "Write the enc into the protected header."),
    "alg_enc_swapped": ("alg and enc are swapped.", "alg is for the key, enc for the content."),
    "alg_spelling": ("The alg is not written like its registered name.", _OTHER_NAME),
    "enc_spelling": ("The enc is not written like its registered name.", _OTHER_NAME),
    "alg_none": ("The alg is none: nothing is protected.", "Encrypt it."),
    "alg_signature": (
        "The alg is one for signatures, in a token with the five segments of a JWE.",
        "Name the key management algorithm, such as RSA-OAEP-256.",
    ),
    "alg_unknown": ("The alg is not known.", "`joseal help algs` lists those that joseal knows."),
    "enc_unknown": ("The enc is not known.", "`joseal help algs` lists those that joseal knows."),
    "zip_unknown": ("The zip is not DEF, the only one there is.", "Leave it out, or write DEF."),
    "crit": (
        "crit breaks a rule: it is empty, or names a registered, repeated or absent member.",
        "List only extensions that are in the header: RFC 7515 section 4.1.11.",
    ),
    "epk_missing": ("The ephemeral public key (epk) is missing.", "ECDH-ES needs it."),
    "epk_private": (
        "The epk contains a private key.",
        "Send its public members alone. This token can be read by everyone who has it.",
    ),
    "epk_form": (
        "The epk does not have its form, or is not a point of its curve.",
        (
            "kty, crv, x and y as in RFC 7518 section 6.2.1: coordinates have the full size of the "
            "field, with leading zeros, in base64url."
        ),
    ),
    "party_form": ("apu or apv is not base64url.", "They are base64url of bytes, not plain text."),
    "gcmkw_members": (
        "iv or tag of the AES-GCM key wrap is missing or of the wrong size.",
        "The header has iv, 12 bytes, and tag, 16 bytes: RFC 7518 section 4.7.1.",
    ),
    "pbes2_members": (
        "p2s or p2c is missing or not of its form.",
        "p2s is base64url of at least 8 bytes, p2c an integer: RFC 7518 section 4.8.1.",
    ),
    "p2c_high": (
        "p2c asks for more iterations than a default opener does.",
        "Agree on fewer, or raise pbes2_iterations of joseal.Limits.",
    ),
    "p2c_low": ("p2c is under 1,000.", "RFC 7518 section 4.8.1.2 wants at least 1,000."),
    "header_bom": (
        "There is a byte order mark before the JSON of the header.",
        "Encode the header as UTF-8 without a byte order mark.",
    ),
    "header_utf16": (
        "The JSON of the header is UTF-16.",
        "Encode it as UTF-8: .NET's Encoding.Unicode is UTF-16, and Encoding.UTF8 is right.",
    ),
    "curve_spelling": ("The crv of the epk is not written like its registered name.", _OTHER_NAME),
    "curve_unknown": (
        "The epk is on a curve that joseal does not have.",
        "Agree on P-256, P-384, P-521, X25519 or X448.",
    ),
}
