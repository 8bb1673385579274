"""The findings of trials with a key about the key and the encrypted key.

Source: RFC 7516 section 5, RFC 7518 section 4.
"""

from typing import Final

from joseal.diagnosis.causes.table import Texts

_CEK: Final = "Encrypt the bytes of the content key, as many as enc needs."

TEXTS: Final[Texts] = {
    "kid_of_other_pair": (
        "The kid names a key of the other side, not yours.",
        "The sender has to encrypt to your public key, and to name it.",
    ),
    "kid_not_compared": (
        "The token names a kid, and your key was loaded without one, so it answers to every kid.",
        "If your program loads it with a kid, name that with --kid: a different one is refused.",
    ),
    "kid_unknown": (
        "The kid is not that of your key.",
        "Agree on the name, load the key with it, or ask for the key that it names.",
    ),
    "alg_not_the_keys": (
        "The alg in the header is not the one that the key is for.",
        "Agree on one: joseal refuses a token that names a different alg than the key.",
    ),
    "key_of_other_kind": (
        "The alg in the header takes a different kind of key than this.",
        "Give the key that the token was encrypted to, or name its alg with --alg.",
    ),
    "key_unusable": (
        "This key can't decrypt such a token.",
        "Give the private or shared key that it was encrypted to.",
    ),
    "rsa_size": (
        "The encrypted key was made with an RSA key of a different size than yours.",
        "It was encrypted to a different key: compare the public keys.",
    ),
    "epk_curve": (
        "The ephemeral key is on a different curve than yours.",
        "It was made for a different key: compare the public keys.",
    ),
    "oaep_hash": (
        "It was encrypted with a different hash in OAEP than alg names.",
        "Write the alg that was used, or use the hash of the alg.",
    ),
    "mgf1": (
        "It was encrypted with SHA-1 in MGF1, and a different hash in OAEP.",
        "Set both. In Java: new OAEPParameterSpec(..., MGF1ParameterSpec.SHA256, ...).",
    ),
    "oaep_mixed": (
        "It was encrypted with two hashes in OAEP, one of them in MGF1.",
        "Use the hash of the alg for both.",
    ),
    "oaep_used": (
        "It was encrypted with OAEP, and alg names PKCS #1 v1.5 padding.",
        "Write the alg that was used: RSA-OAEP for SHA-1, RSA-OAEP-256 for SHA-256.",
    ),
    "rsa1_5_used": (
        "It was encrypted with PKCS #1 v1.5 padding, and alg names OAEP.",
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
    "cek_size": ("The content key does not have the size that enc needs.", _CEK),
    "no_variant": (
        "It does not decrypt with this key under any known variant.",
        (
            "It was encrypted to a different key, or changed. Ask for the public key that was "
            "used: `joseal key show` shows its spki sha256, which has to be that of your key."
        ),
    ),
    "no_variant_shared": (
        "It does not decrypt with this shared key under any known variant.",
        (
            "This is the wrong key, or the token was changed. Compare a hash of the key's bytes "
            "on both sides: is one side using the hex or base64 text as the key?"
        ),
    ),
    "no_variant_password": (
        "It does not decrypt with this password under any known variant.",
        (
            "This is the wrong password, or the token was changed. Compare it byte by byte: a "
            "line end, a blank or a different encoding of its letters makes a new password."
        ),
    ),
    "no_variant_hpke": (
        "No known variant decrypts it with this key, with the info that was given or without one.",
        (
            "It was encrypted to a different key, with a different info, or changed: HPKE can't"
            " tell these apart. Name the info that both sides use with --info; OpenID4VP has one."
        ),
    ),
    "hpke_info": (
        "The key schedule of HPKE got a different info.",
        (
            "Give both sides the same info. With Key Encryption it is the last field of the "
            "Recipient_structure, since revision 12 of the draft."
        ),
    ),
    "hpke_aad": (
        "The content key was encrypted with the protected header as AAD.",
        "The AAD of Key Encryption is empty, since revision 6 of the draft.",
    ),
    "kid_is_fingerprint": (
        "The kid is a fingerprint of your key, which was loaded under a different name.",
        "Load the key with this kid.",
    ),
    "key_public": (
        "This is a public key. It encrypts, and decrypts nothing.",
        "Give the private key of the pair. Compare its fingerprint with the sender's.",
    ),
    "too_many_keys": (
        "It decrypts with a key that a Decrypter does not try: it tries at most four.",
        "Have the token name a kid, or give the Decrypter fewer keys.",
    ),
    "enc_not_expected": (
        "The enc of the header is not one that --enc names.",
        "Name it in enc= if you accept it; otherwise have the sender use yours.",
    ),
    "refused_as_it_stands": (
        "A default Decrypter or Verifier refuses these bytes.",
        "Have the token sent as RFC 7515 and RFC 7516 write it.",
    ),
    "kdf_secret": (
        "The shared secret went into the key derivation without its leading zeros.",
        "Keep it as long as the field of the curve: RFC 7518 section 4.6.2, SEC 1 section 3.3.1.",
    ),
    "kdf_other": (
        "The key was derived by a different function than the Concat KDF.",
        "Use the Concat KDF with SHA-256: RFC 7518 section 4.6.2.",
    ),
    "secret_text": (
        "The text of the shared key was used instead of its bytes.",
        "Decode the hex or base64 first, and use the bytes as the key.",
    ),
    "secret_decoded": (
        "The shared key was decoded before it was used, and yours is the text.",
        "Load the decoded bytes. Agree on whether the key is a text or bytes.",
    ),
    "secret_size": (
        "The shared key was cut or padded to a different size.",
        "Use a key of exactly the size that alg and enc need.",
    ),
    "secret_hashed": (
        "A hash of the shared key was used as the key.",
        "Use the key itself.",
    ),
    "enc_of_other_size": (
        "The content was encrypted with a key of a size that a different enc has.",
        "Name the enc that was used, or use a content key of the size that enc needs.",
    ),
    "pbes2_salt": (
        "The password was stretched with a different salt.",
        "The salt is the name of the alg, a zero byte and p2s: RFC 7518 section 4.8.1.1.",
    ),
    "password_line_end": (
        "The password had a line end behind it.",
        "Strip the line end where the password is read.",
    ),
    "gcmkw_in_key": (
        "The IV or the tag of the AES-GCM key wrap is in the encrypted key.",
        "Put both into the header, as iv and tag: RFC 7518 section 4.7.1.",
    ),
    "gcmkw_swapped": (
        "iv and tag of the AES-GCM key wrap are swapped in the header.",
        "iv has 12 bytes, and tag has 16: RFC 7518 section 4.7.1.",
    ),
    "password_stripped": (
        "The password was used without the white space around it.",
        "Strip it where the password is read, on both sides or on neither.",
    ),
    "password_encoding": (
        "The letters of the password were written in a different encoding.",
        "Write it in UTF-8 and in the normal form NFC on both sides.",
    ),
}
