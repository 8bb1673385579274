"""Causes that a correct structure does not show.

Source: RFC 7516 section 5.2, RFC 7518 sections 4 and 5.
"""

from typing import Final

from joseal.diagnosis.causes.table import Texts

TEXTS: Final[Texts] = {
    "other_key": (
        "It was encrypted to a different key: an old one, or the other pair.",
        (
            "Compare the fingerprints of the public key with the sender. With two pairs, each side "
            "encrypts to the public key of the other."
        ),
    ),
    "other_secret": (
        "The shared key or the password is wrong, or was decoded in a different way.",
        "Compare a hash of the bytes: is one side using the hex or base64 text as the key?",
    ),
    "oaep_hash": (
        "The sender used a different hash in OAEP than alg names.",
        "RSA-OAEP is SHA-1, RSA-OAEP-256 is SHA-256; some libraries have a different default.",
    ),
    "mgf1": (
        "The sender used SHA-1 in MGF1, and a different hash in OAEP.",
        (
            "Set both. Java's OAEPWithSHA-256AndMGF1Padding has SHA-1 in MGF1 unless an "
            "OAEPParameterSpec names MGF1ParameterSpec.SHA256."
        ),
    ),
    "aad": (
        "The AAD is not the ASCII text of the first segment.",
        "Authenticate the encoded header as it is sent: not decoded and not serialized again.",
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
        "The plaintext is a JSON string that contains the JSON: it was encoded twice.",
        "Encode the object once, and encrypt the bytes of that text.",
    ),
    "nested": (
        "The plaintext is a token itself, as cty says.",
        "Open both layers, in the order that the profile names.",
    ),
}
