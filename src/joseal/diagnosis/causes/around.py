"""Causes in the text around a token.

Source: RFC 7516 section 7, RFC 6750 section 2.1; the mistakes are those seen between libraries.
"""

from typing import Final

from joseal.diagnosis.causes.table import Texts

_SEND_ALONE: Final = "Send the token alone, or read it from its place."

TEXTS: Final[Texts] = {
    "empty": ("There is nothing here.", "Look at what was read: an empty file, body or variable?"),
    "too_large": ("This is larger than what is looked at.", "See joseal.Limits for the limits."),
    "utf16": (
        "The text is UTF-16, and a token is ASCII.",
        "Write it as ASCII or UTF-8; PowerShell's > writes UTF-16.",
    ),
    "byte_order_mark": (
        "There is a byte order mark before the token.",
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
        "The token is inside a JSON object: this is the body, not the token.",
        "Take the token out of its member; joseal.profiles knows the envelopes of several APIs.",
    ),
    "json_serialization": (
        "This is the JSON serialization, and the compact one was expected.",
        (
            "To accept it, name its form to the Decrypter or Verifier: form='flattened' or "
            "form='general'. Otherwise serialize as compact: segments with dots between them."
        ),
    ),
    "auth_scheme": (
        "There is the name of an authentication scheme or of a header before the token.",
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
    "plus_lost": (
        "There are blanks in the token where base64 has a +: a form or a URL was decoded.",
        "Encode with base64url, which has no +; or percent-encode what goes into a form.",
    ),
    "quoted_printable": (
        "The lines of the token end with =: it is quoted-printable, as in mail.",
        "Decode the mail first.",
    ),
    "json_broken": (
        "This has the members of a JSON serialization, and is not strict JSON.",
        "Look for a member given twice, a comma too many, or the repr of a Python dict.",
    ),
    "json_incomplete": (
        "A JSON serialization has more members than this.",
        "Send all of them: RFC 7515 section 7.2, RFC 7516 section 7.2.",
    ),
    "surrounded": ("There is other text around the token.", _SEND_ALONE),
    "shortened": (
        "The token was shortened for display: it has an ellipsis in it.",
        "Take the whole token, not what a page or a log shows of it.",
    ),
    "json_header": (
        "Header Parameters are outside the protected header, where the compact form has none.",
        (
            "For the compact form, write all of them into the protected header. In a JSON form, "
            "joseal reads those of a recipient there, and others only with accept_unprotected=."
        ),
    ),
    "json_aad": (
        "The JSON serialization has an aad member, and the compact form can't carry one.",
        (
            "For the compact form, leave aad out: it authenticates the protected header alone. In "
            "a JSON form, pass the expected data as aad=."
        ),
    ),
    "paseto": (
        "This is a PASETO, not a JOSE token.",
        "Open it with a PASETO library, or ask the sender for a compact JWE.",
    ),
    "pgp": (
        "This is an OpenPGP message, not a JOSE token.",
        "Open it with an OpenPGP program, or ask the sender for a compact JWE.",
    ),
    "other_format": (
        "This is an encrypted message in a different format, not a JOSE token.",
        "Open it with a program for that format, or ask the sender for a compact JWE.",
    ),
}
