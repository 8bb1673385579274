"""The findings of trials with a key about a signature.

Source: RFC 7515 section 5, RFC 7518 section 3, RFC 7797.
"""

from typing import Final

from joseal.diagnosis.causes.table import Texts

_INPUT: Final = (
    "Sign the ASCII text of the first two segments with the dot between them: RFC 7515 section 5.1."
)

TEXTS: Final[Texts] = {
    "signature_invalid": (
        "The signature does not verify with this key under any known variant.",
        (
            "It was made with a different key, or its header or payload was changed. Compare the"
            " public keys."
        ),
    ),
    "signature_invalid_shared": (
        "The signature does not verify with this shared key under any known variant.",
        (
            "It was made with a different key, or its header or payload was changed. Compare a hash"
            " of the key's bytes on both sides."
        ),
    ),
    "hmac_short": (
        "The HMAC secret is shorter than its hash, so that loading it is refused.",
        (
            "Agree on a secret of at least that size, drawn at random: RFC 7518 section 3.2. For "
            "old tokens, legacy=True loads a short one that verifies and does not sign; so does "
            "`joseal verify --legacy`."
        ),
    ),
    "input_padded": ("The segments had base64 padding when they were signed.", _INPUT),
    "input_standard_base64": ("The segments were standard base64 when they were signed.", _INPUT),
    "input_decoded": ("The decoded bytes were signed, not their base64url.", _INPUT),
    "input_payload_alone": ("The payload alone was signed, without the header.", _INPUT),
    "input_line_end": ("A line end behind the signing input was signed with it.", _INPUT),
    "input_without_dot": ("The segments were signed without the dot between them.", _INPUT),
    "input_hashed": (
        "A hash of the signing input was signed, which the signature hashes once more.",
        "Give the signing input itself to the function that signs, or tell it that it is a hash.",
    ),
    "signature_numbers": (
        "r and s of the signature are not written as RFC 7518 asks.",
        (
            "Write r and then s and nothing else, each big-endian and as long as the order of the "
            "curve: RFC 7518 section 3.4."
        ),
    ),
    "pss_salt": (
        "The salt of PSS has a different length than its hash.",
        "Set the salt length to that of the hash: RFC 7518 section 3.5. OpenSSL's default differs.",
    ),
    "pss_mgf1": (
        "MGF1 of PSS has a different hash than alg names.",
        "Set both. In Java: new PSSParameterSpec(..., MGF1ParameterSpec.SHA256, ...).",
    ),
    "pkcs1_for_pss": (
        "It was signed with PKCS #1 v1.5, and alg names PSS.",
        "Sign with PSS, or name RS256, RS384 or RS512.",
    ),
    "pss_for_pkcs1": (
        "It was signed with PSS, and alg names PKCS #1 v1.5.",
        "Sign with PKCS #1 v1.5, or name PS256, PS384 or PS512.",
    ),
    "signature_hash": (
        "It was signed with a different hash than alg names.",
        "Use the hash of the alg, or name the alg that was used.",
    ),
    "signature_reversed": (
        "The bytes of the signature are in reverse order.",
        "Reverse them: Windows' CryptoAPI has the last byte first.",
    ),
    "signature_cut": ("The signature is only the first bytes of the HMAC.", "Send all of it."),
    "b64_unencoded": (
        "The payload was signed as it is: b64 is false.",
        "Verifier takes b64=False for such tokens; or have the sender leave b64 out.",
    ),
    "b64_unannounced": (
        "The payload was signed as it is, and the header does not say so.",
        "Sign its base64url, or write b64 and crit as RFC 7797 asks.",
    ),
    "b64_ignored": (
        "The base64url of the payload was signed, although the header says b64 false.",
        "Sign the payload as it is: RFC 7797 section 3; or leave b64 and crit out.",
    ),
    "b64_not_critical": (
        "The header says b64 false, and its crit does not list b64.",
        "List it: RFC 7797 section 6; or leave b64 out and sign the base64url of the payload.",
    ),
    "payload_encoded": (
        "The payload that was given is base64url already.",
        "Give the payload as it was before: joseal encodes it.",
    ),
    "payload_line_end": (
        "The payload that was given has other line ends than the one that was signed.",
        "Give exactly the bytes that were signed: an editor or `echo` adds a line end.",
    ),
    "payload_detached": (
        "The payload is empty: the token may be detached.",
        "Give the payload: payload= of Verifier.verify, and --payload here.",
    ),
    "payload_given_twice": (
        "The token has its payload, and one was given as well.",
        "Verify it without payload=.",
    ),
}
