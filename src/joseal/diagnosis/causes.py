"""The table of causes: for each stable code what is wrong, and what to do about it.

The codes are a contract; the sentences may be reworded. What only a key can find stands beside the
code that finds it, in the command line.

Source: RFC 7515, RFC 7516, RFC 7518; the mistakes are those that are seen between libraries.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from joseal.diagnosis.model import Cause

_RESEND: Final = "Have it sent again, as the library made it."
_SEND_ALONE: Final = "Send the token alone, or read it from where it stands."
_ENCODE: Final = "Encode each segment with base64url, without padding: RFC 7515 section 2."
_HEADER: Final = "The header is base64url of the UTF-8 bytes of one JSON object."
_OTHER_NAME: Final = "Write the name as RFC 7518 registers it; names are compared letter by letter."

# Around the token.
_AROUND: Final = {
    "empty": ("There is nothing here.", "Look at what was read: an empty file, body or variable?"),
    "too_large": ("This is larger than what is looked at.", "See joseal.Limits for the limits."),
    "utf16": (
        "The text is UTF-16, and a token is ASCII.",
        "Write it as ASCII or UTF-8; PowerShell's > writes UTF-16.",
    ),
    "byte_order_mark": (
        "A byte order mark stands before the token.",
        "Write it as UTF-8 without a byte order mark.",
    ),
    "json_string": (
        "The token is a JSON string literal: it was encoded as JSON once too often.",
        "Decode the JSON once more when reading, or don't encode a text that is JSON already.",
    ),
    "python_bytes": (
        "The token is the repr of Python bytes: str() was called on them.",
        "Call .decode() on the bytes instead of str().",
    ),
    "envelope": (
        "The token stands inside a JSON object: this is the body, not the token.",
        "Take the token out of its member; joseal.profiles knows the envelopes of several APIs.",
    ),
    "json_serialization": (
        "This is the JSON serialization, and the compact one was expected.",
        "Serialize as compact: five base64url segments with dots between them.",
    ),
    "auth_scheme": (
        "The name of an authentication scheme or a header stands before the token.",
        _SEND_ALONE,
    ),
    "form_field": ("The token is a field of a form or of a query.", _SEND_ALONE),
    "url_encoded": (
        "The token is URL-encoded (%XX).",
        "Decode the URL or form first. A token has no character that needs this encoding.",
    ),
    "key_instead": ("This is a key or a certificate, not a token.", "Give the token."),
    "hex_token": ("The whole token was encoded as hex.", "Undo the hex, or send the token as is."),
    "base64_token": (
        "The whole token was encoded with base64 once more.",
        "Undo it once; a token is ASCII already and needs no further encoding.",
    ),
    "line_breaks": (
        "There are line breaks in the token.",
        "Join the lines. Encoders for MIME or PEM break lines after 64 or 76 characters.",
    ),
    "white_space": (
        "There is white space in or around the token.",
        "Strip it. A blank inside is often a + that a form decoder has changed.",
    ),
    "surrounded": ("Other text stands around the token.", _SEND_ALONE),
    "shortened": (
        "The token was shortened for display: it has an ellipsis in it.",
        "Take the whole token, not what a page or a log shows of it.",
    ),
}

# What it is.
_FORM: Final = {
    "not_a_token": (
        "This is no compact token, and none was found in it.",
        "A JWE is five base64url segments with dots between them and begins with eyJ.",
    ),
    "jws": (
        "This is a JWS: signed, not encrypted. A JWE was expected.",
        (
            "Verify it instead of decrypting it, or have it encrypted. In a nested token one of "
            "the two is inside the other: see the profile."
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
    "empty_segment_lost": (
        "The empty encrypted key is missing: two dots in a row became one.",
        "Keep empty segments when splitting and joining: with this alg the second one is empty.",
    ),
    "too_many_segments": (
        "There are more segments than a token has.",
        "Look for a trailing dot, or for two tokens in one.",
    ),
}

_ENCODING: Final = {
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
    "hex_segment": ("A segment holds hex text instead of bytes.", "Decode the hex first."),
}

_HEADERS: Final = {
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
        "A member of the header has another type than its RFC gives it.",
        "Text is text and numbers are numbers: kid, alg and enc are JSON strings.",
    ),
    "alg_missing": ("The header has no alg.", "Write the alg into the protected header."),
    "enc_missing": ("The header has no enc.", "Write the enc into the protected header."),
    "alg_enc_swapped": ("alg and enc are swapped.", "alg is for the key, enc for the content."),
    "alg_spelling": ("The alg is written in another way than its registered name.", _OTHER_NAME),
    "enc_spelling": ("The enc is written in another way than its registered name.", _OTHER_NAME),
    "alg_none": ("The alg is none: nothing is protected.", "Encrypt it."),
    "alg_signature": (
        "The alg is one for signatures, in a token with the five segments of a JWE.",
        "Name the key management algorithm, such as RSA-OAEP-256.",
    ),
    "alg_unknown": ("The alg is not known.", "joseal knows those that its README lists."),
    "enc_unknown": ("The enc is not known.", "joseal knows those that its README lists."),
    "zip_unknown": ("The zip is not DEF, the only one there is.", "Leave it out, or write DEF."),
    "crit": (
        "crit breaks a rule: it is empty, or names a registered, repeated or absent member.",
        "List only extensions that are in the header: RFC 7515 section 4.1.11.",
    ),
    "epk_missing": ("The ephemeral public key (epk) is missing.", "ECDH-ES needs it."),
    "epk_private": (
        "The epk holds a private key.",
        "Send its public members alone. This token can be read by everyone who has it.",
    ),
    "epk_form": (
        "The epk is not of its form, or no point of its curve.",
        (
            "kty, crv, x and y as in RFC 7518 section 6.2.1: coordinates have the full size of the "
            "field, with leading zeros, in base64url."
        ),
    ),
    "party_form": ("apu or apv is not base64url.", "They are base64url of bytes, not plain text."),
    "gcmkw_members": (
        "iv or tag of the AES-GCM key wrap is missing or of another size.",
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
}

_SIZES: Final = {
    "encrypted_key_missing": (
        "The encrypted key is empty, and this alg needs one.",
        "Put the wrapped content key into the second segment, or is the alg meant to be dir?",
    ),
    "direct_with_key": (
        "The encrypted key must be empty with this alg.",
        "Leave the segment empty, or is another alg meant?",
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
        "The encrypted key has the size of an AES-wrapped one, and the alg is an RSA one.",
        "Name the alg that was used.",
    ),
    "rsa_for_other_alg": (
        "The encrypted key has the size of an RSA one, and the alg is another one.",
        "Name the alg that was used.",
    ),
    "key_for_other_enc": (
        "The encrypted key holds a content key for an enc of another key size.",
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
        "The IV is empty: it may stand before the ciphertext.",
        "Put it into the third segment.",
    ),
    "iv_size": ("The IV has a size that enc does not take.", "12 bytes for GCM, 16 for CBC."),
    "enc_mismatch": (
        "IV and tag fit another enc than the header names.",
        "Name the enc that was used.",
    ),
    "tag_appended": (
        "The tag is empty: it may still stand at the end of the ciphertext.",
        (
            "Cut it off, 16 bytes for GCM, and put it into the fifth segment. Many AES-GCM calls, "
            "Java's among them, return the two in one."
        ),
    ),
    "tag_repeated": (
        "The tag stands in its segment and at the end of the ciphertext too.",
        "Cut it off the ciphertext.",
    ),
    "iv_repeated": (
        "The IV stands in its segment and before the ciphertext too.",
        "Cut it off the ciphertext.",
    ),
    "tag_16": (
        "A 16-byte tag, and this enc has a longer one.",
        "The tag is half of the HMAC: 24 bytes for HS384, 32 for HS512.",
    ),
    "tag_whole_hmac": (
        "The tag is the whole HMAC.",
        "Keep its first half alone: RFC 7518 section 5.2.2.1.",
    ),
    "tag_short": ("The tag was cut short.", "AES-GCM in JOSE has tags of 128 bits, no others."),
    "tag_size": ("The tag has a size that enc does not make.", _RESEND),
    "ciphertext_blocks": (
        "The ciphertext is no whole number of 16-byte blocks, and AES-CBC makes nothing else.",
        "It was changed or cut off on its way, or is the ciphertext of another mode.",
    ),
    "ecdsa_der": (
        "The signature is DER, and JOSE has r and s side by side.",
        "Convert it: RFC 7518 section 3.4.",
    ),
    "signature_size": ("The signature has a size that its alg does not make.", _RESEND),
}

# What a structure without fault does not show.
_POSSIBLE: Final = {
    "other_key": (
        "It was sealed to another key: an old one, or the other pair.",
        (
            "Compare the fingerprints of the public key with the sender. With two pairs, each side "
            "seals to the public key of the other."
        ),
    ),
    "other_secret": (
        "The shared key or the password is another one, or was decoded in another way.",
        "Compare a hash of the bytes: is one side using the hex or base64 text as the key?",
    ),
    "oaep_hash": (
        "The sender used another hash in OAEP than alg names.",
        "RSA-OAEP is SHA-1, RSA-OAEP-256 is SHA-256; some libraries have a default of their own.",
    ),
    "mgf1": (
        "The sender used SHA-1 in MGF1, and another hash in OAEP.",
        (
            "Set both. Java's OAEPWithSHA-256AndMGF1Padding has SHA-1 in MGF1 unless an "
            "OAEPParameterSpec names MGF1ParameterSpec.SHA256."
        ),
    ),
    "aad": (
        "The AAD is not the ASCII text of the first segment.",
        "Authenticate the encoded header as it is sent: no decoded, no re-serialised one.",
    ),
    "derivation": (
        "The key derivation got other inputs: name, apu, apv or size.",
        "RFC 7518 section 4.6.2: enc's name for ECDH-ES, alg's with a key wrap.",
    ),
    "changed": (
        "A character was changed on the way.",
        "Compare a hash of the token on both sides.",
    ),
    "crit_extension": (
        "crit names an extension, which the receiver has to understand.",
        "Name it: crit= of Decrypter and Verifier; or leave it out.",
    ),
    "rsa1_5_off": ("RSA1_5 is off unless it is named.", "Use RSA-OAEP-256, or legacy=True."),
    "zip_off": ("Compressed tokens are off unless named.", "Leave zip out, or accept_zip=True."),
    "zip_framing": (
        "The plaintext has zlib or gzip framing, and zip DEF is raw DEFLATE.",
        "Compress without header: wbits=-15, nowrap, DeflateStream: RFC 1951.",
    ),
    "plaintext_json_string": (
        "The plaintext is a JSON string that holds the JSON: it was encoded twice.",
        "Encode the object once, and seal the bytes of that text.",
    ),
    "nested": (
        "The plaintext is a token itself, as cty says.",
        "Open both layers, in the order that the profile names.",
    ),
}

_TABLE: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {**_AROUND, **_FORM, **_ENCODING, **_HEADERS, **_SIZES, **_POSSIBLE}
)

# Every code that an explanation can have.
CODES: Final = tuple(_TABLE)


def cause(code: str, seen: str = "") -> Cause:
    """Return the cause of a code of the table."""
    sentence, remedy = _TABLE[code]
    return Cause(code=code, sentence=sentence, remedy=remedy, seen=seen)
