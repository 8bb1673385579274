"""What trials with a key can find: for each stable code what is wrong, and what to do about it.

Source: RFC 7516 section 5, RFC 7518 sections 4 and 5.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from joseal.diagnosis import Cause

_HEADER_AS_SENT: Final = "Authenticate the ASCII text of the first segment, as it is sent."
_MAC: Final = "The MAC is over AAD, IV, ciphertext and AL: RFC 7518 section 5.2.2.1."
_CEK: Final = "Encrypt the bytes of the content key, as many as enc needs."

_TABLE: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "kid_of_other_pair": (
            "The kid names a key of the other side, not yours.",
            "The sender has to seal to your public key, and to name that.",
        ),
        "kid_unknown": (
            "The kid is not that of your key.",
            "Agree on the name, load the key with it, or ask for the key that it names.",
        ),
        "alg_not_the_keys": (
            "The alg in the header is not the one that the key is for.",
            "Agree on one: joseal refuses a token whose alg is another one than the key's.",
        ),
        "key_of_other_kind": (
            "The alg in the header takes another kind of key than this.",
            "Give the key that the token was sealed to, or name its alg with --alg.",
        ),
        "key_unusable": (
            "This key can't open such a token.",
            "Give the private or shared key that it was sealed to.",
        ),
        "rsa_size": (
            "The encrypted key was made with an RSA key of another size than yours.",
            "It was sealed to another key: compare the public keys.",
        ),
        "epk_curve": (
            "The ephemeral key is on another curve than yours.",
            "It was made for another key: compare the public keys.",
        ),
        "oaep_hash": (
            "It was sealed with another hash in OAEP than alg names.",
            "Write the alg that was used, or use the hash of the alg.",
        ),
        "mgf1": (
            "It was sealed with SHA-1 in MGF1, and another hash in OAEP.",
            "Set both. In Java: new OAEPParameterSpec(..., MGF1ParameterSpec.SHA256, ...).",
        ),
        "oaep_mixed": (
            "It was sealed with two hashes in OAEP, one of them in MGF1.",
            "Use the hash of the alg for both.",
        ),
        "rsa1_5_used": (
            "It was sealed with PKCS #1 v1.5 padding, and alg names OAEP.",
            "Use OAEP with the hash of the alg. In Java the plain RSA cipher is PKCS #1.",
        ),
        "encrypted_key_reversed": (
            "The bytes of the encrypted key are in reverse order.",
            "Reverse them: Windows' CryptoAPI has the last byte first.",
        ),
        "derivation": (
            "The key was derived from other inputs.",
            (
                "RFC 7518 section 4.6.2: enc's name for ECDH-ES, alg's with a key wrap; apu and "
                "apv decoded; sizes in bits."
            ),
        ),
        "cek_base64": ("Inside the encrypted key is base64 of the content key.", _CEK),
        "cek_hex": ("Inside the encrypted key is hex of the content key.", _CEK),
        "cek_size": ("The content key has another size than enc needs.", _CEK),
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
        "aad_reserialised": ("The AAD is a header that was written anew.", _HEADER_AS_SENT),
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
            "The tag stands before the ciphertext.",
            "Put it into the fifth segment.",
        ),
        "tag_last_half": ("The tag is the last half of the HMAC.", "It is the first half."),
        "al_bytes": ("The AL counts bytes.", "It counts bits, as 64-bit big-endian integer."),
        "al_32": ("The AL has 32 bits.", "It has 64."),
        "al_little": ("The AL is little-endian.", "It is big-endian."),
        "al_missing": ("The AL is missing in the MAC.", _MAC),
        "al_decoded": ("The AL is the size of the decoded header.", "Count the encoded one."),
        "mac_without_iv": ("The IV is missing in the MAC.", _MAC),
        "mac_hash": ("The MAC has another hash.", "It is the one that enc names."),
        "cbc_padding": (
            "The tag holds, but the padding of the plaintext is not PKCS #7.",
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
            "The header says zip DEF, and the plaintext is not compressed.",
            "Leave zip out, or compress.",
        ),
        "zip_too_large": (
            "It inflates to more than the limit.",
            "See inflated_bytes of joseal.Limits.",
        ),
        "plaintext_json_string": (
            "It opens, and the plaintext is a JSON string that holds JSON: it was encoded twice.",
            "Encode the object once, and seal the bytes of that text.",
        ),
        "content_unopened": (
            "The encrypted key opens with this key, and the tag holds under no known variant.",
            "Key and alg are right. The token was changed, or its AAD or IV is another one.",
        ),
        "no_variant": (
            "It opens with this key under no known variant.",
            "It was sealed to another key, or changed. Compare the public keys on both sides.",
        ),
    }
)

# Every code that a key can add.
CODES: Final = tuple(_TABLE)


def finding(code: str, seen: str = "") -> Cause:
    """Return the cause of a code of the table."""
    sentence, remedy = _TABLE[code]
    return Cause(code=code, sentence=sentence, remedy=remedy, seen=seen)
