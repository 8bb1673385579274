"""What the flags of the test vectors stand for: the bug that a case would find.

`bug` is one of BASIC, EDGE_CASE, MALLEABILITY, AUTH_BYPASS, CONFIDENTIALITY, WRONG_PRIMITIVE,
ORACLE and DOS.
"""


def _note(bug: str, description: str, *refs: str, cves: tuple[str, ...] = ()) -> dict[str, object]:
    note: dict[str, object] = {"bug": bug, "description": description, "refs": list(refs)}
    return note | {"cves": list(cves)} if cves else note


NOTES = {
    # What must open.
    "Aead": _note(
        "BASIC",
        "The content encryption alone, with its intermediate values.",
        "RFC 7518 appendix B",
    ),
    "Pair": _note(
        "BASIC", "One alg with one enc: together these cases have each combination.", "RFC 7518"
    ),
    "RfcExample": _note("BASIC", "Printed in an RFC.", "RFC 7516 appendix A", "RFC 7520 section 5"),
    "PlaintextShape": _note(
        "EDGE_CASE",
        "A plaintext is any string of bytes: empty, about as long as a block, not text.",
        "RFC 7516 section 2",
    ),
    "UnusualHeader": _note(
        "EDGE_CASE",
        "Valid JSON of an unusual form, or members that are not understood and must be ignored.",
        "RFC 7516 section 4",
        "RFC 8259",
    ),
    "Hpke": _note(
        "BASIC",
        "HPKE, for the plaintext itself and for the CEK: each suite with a KEM on a curve.",
        "draft-ietf-jose-hpke-encrypt sections 5 and 6",
    ),
    "HpkeSecret": _note(
        "CONFIDENTIALITY",
        "An encapsulated secret has one length, and is a point of the recipient's curve that is "
        "not of low order. This is checked before the private key is used.",
        "RFC 9180 sections 7.1.1 and 7.1.4",
    ),
    "HpkeHeader": _note(
        "AUTH_BYPASS",
        "Integrated Encryption has neither enc nor ek, Key Encryption has both, and neither mode "
        "of a suite is the other.",
        "draft-ietf-jose-hpke-encrypt sections 4 to 6",
    ),
    "HpkeLength": _note(
        "MALLEABILITY",
        "Integrated Encryption has no separate IV or tag, and Key Encryption has an encrypted key "
        "of one length.",
        "draft-ietf-jose-hpke-encrypt sections 5 and 6",
    ),
    "HpkeSchedule": _note(
        "WRONG_PRIMITIVE",
        "The key schedule is bound to the mode, the version, the suite and the info.",
        "RFC 9180 section 5.1",
    ),
    # Segments and encodings.
    "Segments": _note(
        "MALLEABILITY",
        "A compact JWE has five segments separated by four dots, and no other text.",
        "RFC 7516 section 7.1",
        "RFC 7516 section 5.2 step 1",
    ),
    "Base64url": _note(
        "MALLEABILITY",
        "Bytes have one encoding: no padding, white space, foreign characters or trailing bits.",
        "RFC 7515 section 2",
        "RFC 4648 section 3.5",
    ),
    "JsonSerialization": _note(
        "BASIC", "A JSON serialization where a compact one is required.", "RFC 7516 section 7.2"
    ),
    "TokenKind": _note(
        "AUTH_BYPASS",
        "A signed or unprotected token where an encrypted one is required.",
        "RFC 8725 section 2.8",
        "RFC 7516 section 9",
        cves=("CVE-2022-3102", "CVE-2023-51774"),
    ),
    # The protected header.
    "HeaderJson": _note(
        "MALLEABILITY",
        "The header is one JSON object in UTF-8 that every parser reads in the same way.",
        "RFC 7516 section 5.2 step 3",
        "RFC 8259",
        "RFC 7493 section 2",
    ),
    "DuplicateMember": _note(
        "AUTH_BYPASS",
        "Parsers differ in which of two equal names they use, so duplicates are refused.",
        "RFC 7516 section 4",
        "RFC 7493 section 2.3",
    ),
    "HeaderShape": _note(
        "EDGE_CASE",
        "A Header Parameter is missing, or does not have the type that its RFC specifies.",
        "RFC 7516 section 4.1",
    ),
    "Nesting": _note(
        "DOS",
        "Deep nesting exhausts a recursive parser.",
        "RFC 8259 section 9",
        cves=("CVE-2025-53864",),
    ),
    "Digits": _note("DOS", "Long numbers cost quadratic time, or overflow.", "RFC 8259 section 6"),
    "Critical": _note(
        "AUTH_BYPASS",
        "A critical Header Parameter that is not understood, or a malformed list of them.",
        "RFC 7516 section 4.1.13",
        "RFC 7515 section 4.1.11",
        cves=("CVE-2025-59420",),
    ),
    "AlgNotAccepted": _note(
        "AUTH_BYPASS",
        "The header asks for a different alg than the one that the key is bound to.",
        "RFC 8725 section 3.1",
        "RFC 7517 section 4.4",
    ),
    "EncNotAccepted": _note(
        "AUTH_BYPASS",
        "The header asks for a content encryption that the decrypter does not accept.",
        "RFC 8725 section 3.1",
    ),
    "Compression": _note(
        "DOS",
        "Compressed plaintext: a small token can become a very large one.",
        "RFC 8725 section 3.6",
        "RFC 7516 section 4.1.3",
        cves=("CVE-2024-28102", "CVE-2024-28176", "CVE-2026-39373"),
    ),
    "WorkFactor": _note(
        "DOS",
        "The token asks for a costly key derivation.",
        "RFC 7518 section 8.8",
        cves=("CVE-2022-36083", "CVE-2023-6681"),
    ),
    "KeyId": _note("BASIC", "The token names a different key.", "RFC 7516 section 4.1.6"),
    "MediaType": _note(
        "AUTH_BYPASS",
        "The token does not have the type that the decrypter accepts.",
        "RFC 8725 section 3.11",
        "RFC 7516 sections 4.1.11 and 4.1.12",
    ),
    "HeaderKey": _note(
        "AUTH_BYPASS",
        "The header contains a key, or the address of one. It must never be used.",
        "RFC 8725 section 3.10",
        cves=("CVE-2018-0114", "CVE-2026-27962"),
    ),
    # Lengths.
    "EncryptedKeyLength": _note(
        "EDGE_CASE",
        "The encrypted key has one length, given by alg, enc and the public key.",
        "RFC 8017 section 7.1.2 step 1",
        "RFC 3394 section 2.2.2",
        "RFC 7518 section 4.5",
        cves=("CVE-2026-34986",),
    ),
    "IvLength": _note(
        "AUTH_BYPASS",
        "The IV has 12 bytes for GCM and 16 for CBC, whatever the primitive would accept.",
        "RFC 7518 section 5.2.2.1",
        "RFC 7518 section 5.3",
    ),
    "TagLength": _note(
        "AUTH_BYPASS",
        "A tag that is shorter or longer than its enc requires.",
        "RFC 7518 section 5.2.2.2",
        "RFC 7518 section 5.3",
        cves=("CVE-2023-37464", "CVE-2025-54887"),
    ),
    "CiphertextLength": _note(
        "EDGE_CASE",
        "A CBC ciphertext has one or more blocks, and only whole blocks.",
        "RFC 7518 section 5.2.2",
    ),
    # Authenticity.
    "FlippedBit": _note(
        "AUTH_BYPASS", "One bit of the token is changed.", "RFC 7516 section 5.2 step 16"
    ),
    "HeaderReencoded": _note(
        "AUTH_BYPASS",
        "The header has the same meaning in different bytes: the received bytes are the protected "
        "ones.",
        "RFC 7516 section 5.2 step 15",
    ),
    "Spliced": _note(
        "AUTH_BYPASS",
        "Segments of two valid tokens, or in a different order.",
        "RFC 7516 section 5.2",
    ),
    "WrongKey": _note("BASIC", "A different key of the same kind.", "RFC 7516 section 5.2"),
    "SiblingAlg": _note(
        "WRONG_PRIMITIVE",
        "The key was encrypted with a different alg of the same family than the header says.",
        "RFC 7518 section 4.3",
    ),
    "WrongAad": _note(
        "WRONG_PRIMITIVE",
        "Authenticated with data other than the encoded header.",
        "RFC 7516 section 5.1 step 14",
    ),
    "WrongMac": _note(
        "WRONG_PRIMITIVE",
        "A tag that was not computed in the RFC's way.",
        "RFC 7518 section 5.2.2.1",
        cves=("CVE-2017-12972",),
    ),
    "OaepPadding": _note(
        "ORACLE",
        "OAEP padding with one fault. All must fail in the same way.",
        "RFC 8017 section 7.1.2 step 3",
        "RFC 7516 section 11.5",
    ),
    "CekLength": _note(
        "ORACLE",
        "A correctly encrypted CEK of the wrong length must fail in the same way as bad padding.",
        "RFC 7516 section 5.2 step 9",
        "RFC 7516 section 11.5",
        cves=("CVE-2026-28490",),
    ),
    "GuessableCek": _note(
        "AUTH_BYPASS",
        "The encrypted key is bad, and the content is encrypted under a CEK that anyone can guess.",
        "RFC 7516 section 11.5",
    ),
    "CbcPadding": _note(
        "ORACLE",
        "Bad padding under a good tag, which a sender can make with only the public key.",
        "RFC 7518 section 5.2.2.2",
        cves=("CVE-2021-29443",),
    ),
    # Sizes.
    "AtLimit": _note("EDGE_CASE", "Exactly at a limit, so it must pass.", "RFC 8725 section 3.6"),
    "OverLimit": _note(
        "DOS",
        "One above a limit.",
        "RFC 8725 section 3.6",
        cves=("CVE-2025-61920", "CVE-2025-27144"),
    ),
    "Sample": _note(
        "EDGE_CASE",
        "The sample on Juspay's page about the encrypted attempt API, and the sample after partial"
        " corrections.",
        "docs.juspay.io, Attempt API [Encrypted]",
    ),
    "KeyDerivation": _note(
        "WRONG_PRIMITIVE",
        "The derivation is bound to the algorithm, the size and both parties.",
        "RFC 7518 section 4.6.2",
        "NIST SP 800-56A section 5.8.1",
    ),
    "LeadingZero": _note(
        "EDGE_CASE",
        "Coordinates and shared secrets keep their leading zeros.",
        "RFC 7518 section 6.2.1.2",
        "RFC 7518 section 4.6.2",
    ),
    "UnreducedCoordinate": _note(
        "EDGE_CASE",
        "On Montgomery curves a coordinate above the prime means its residue.",
        "RFC 7748 section 5",
    ),
    "EpkShape": _note(
        "EDGE_CASE",
        "The epk is missing, lacks a member, or has a member of the wrong type.",
        "RFC 7518 section 4.6.1.1",
    ),
    "EpkPrivate": _note(
        "CONFIDENTIALITY",
        "The epk has only public members.",
        "RFC 7518 section 4.6.1.1",
    ),
    "EpkLength": _note(
        "EDGE_CASE",
        "A coordinate has the full size of its field, no more and no less.",
        "RFC 7518 section 6.2.1.2",
        "RFC 8037 section 2",
    ),
    "EpkCurve": _note(
        "AUTH_BYPASS",
        "The epk is not on the curve of the recipient's key.",
        "RFC 7518 section 4.6.1.1",
    ),
    "EpkOffCurve": _note(
        "CONFIDENTIALITY",
        "A point that is not on the curve reveals the private key bit by bit.",
        "RFC 8725 section 3.4",
        "RFC 7518 section 8.1",
        cves=("CVE-2017-16007",),
    ),
    "EpkLowOrder": _note(
        "AUTH_BYPASS",
        "A point of low order makes the shared secret zero, whatever the private key is.",
        "RFC 7748 section 6.1",
        "RFC 8037 section 3.2.1",
    ),
    "GcmKeyWrap": _note(
        "AUTH_BYPASS",
        "iv and tag of AES-GCM key wrap have 12 and 16 bytes, and both must be present.",
        "RFC 7518 section 4.7.1",
    ),
    "KeyIntegrity": _note(
        "ORACLE",
        "The encrypted key is not authentic: this must fail in the same way as a bad tag of the "
        "content.",
        "RFC 7516 section 11.5",
    ),
    "Password": _note(
        "EDGE_CASE",
        "A password is any bytes, and a salt has 8 or more of them.",
        "RFC 7518 section 4.8.1.1",
    ),
    "Salt": _note(
        "EDGE_CASE",
        "The salt is missing, too short or malformed.",
        "RFC 7518 section 4.8.1.1",
    ),
    "PasswordDerivation": _note(
        "WRONG_PRIMITIVE",
        "The salt of PBKDF2 is the name of the alg, a zero byte, and p2s.",
        "RFC 7518 section 4.8.1.1",
    ),
    "Pkcs1Padding": _note(
        "ORACLE",
        "RSAES-PKCS1-v1_5 padding with one fault. All must fail in the same way.",
        "RFC 8017 section 7.2.2",
        "RFC 7516 section 11.5",
        cves=("CVE-2023-50782", "CVE-2026-28490"),
    ),
    "Deflate": _note(
        "EDGE_CASE",
        "The plaintext is one complete DEFLATE stream with no data after it.",
        "RFC 7516 section 4.1.3",
        "RFC 1951",
    ),
    "Inflated": _note(
        "DOS",
        "The plaintext is over the limit only when it is inflated.",
        "RFC 8725 section 3.6",
        cves=("CVE-2024-28102", "CVE-2024-28176"),
    ),
    "NonceSize": _note(
        "WRONG_PRIMITIVE",
        "C20P and XC20P differ in the size of their nonce, and in the key that follows.",
        "draft-amringer-jose-chacha section 3",
    ),
    # Signatures.
    "Signed": _note(
        "BASIC", "A signature that is valid.", "RFC 7515 section 5.2", "RFC 7518 section 3"
    ),
    "Detached": _note("EDGE_CASE", "The payload is not in the token.", "RFC 7515 appendix F"),
    "Unencoded": _note(
        "AUTH_BYPASS",
        "The payload is signed without encoding, which both sides must know.",
        "RFC 7797 sections 3 and 6",
    ),
    "NoneAlg": _note(
        "AUTH_BYPASS",
        "An unsigned token where a signed one is required.",
        "RFC 8725 section 3.2",
        cves=("CVE-2015-9235", "CVE-2018-1000531"),
    ),
    "KeyConfusion": _note(
        "AUTH_BYPASS",
        "A public key used as the secret of an HMAC.",
        "RFC 8725 section 2.1",
        cves=("CVE-2016-5431", "CVE-2024-54150"),
    ),
    "Unverified": _note(
        "AUTH_BYPASS",
        "The signature is not valid for the content of the token.",
        "RFC 7515 section 5.2",
    ),
    "SignatureLength": _note(
        "AUTH_BYPASS",
        "A signature that is cut off, extended, or in a different encoding.",
        "RFC 7518 section 3",
        cves=("CVE-2019-14859",),
    ),
    "EcdsaNumbers": _note(
        "AUTH_BYPASS",
        "r and s are from 1 to the order minus 1.",
        "FIPS 186-5 section 6.4.2",
        cves=("CVE-2022-21449",),
    ),
    "SignaturePadding": _note(
        "AUTH_BYPASS",
        "Padding of an RSA signature with one fault.",
        "RFC 8017 sections 8.1.2 and 8.2.2",
        cves=("CVE-2006-4339",),
    ),
    # Keys.
    "GoodKey": _note("BASIC", "A JWK that must load.", "RFC 7517 section 4", "RFC 7518 section 6"),
    "KeyJson": _note(
        "MALLEABILITY",
        "A JWK is one JSON object that every parser reads in the same way.",
        "RFC 7517 section 4",
        "RFC 7493 section 2",
    ),
    "KeyShape": _note(
        "EDGE_CASE",
        "A member of a JWK is missing, or does not have the type or the form that its RFC "
        "specifies.",
        "RFC 7517 section 4",
        "RFC 7518 sections 2 and 6",
    ),
    "KeyKind": _note(
        "AUTH_BYPASS",
        "A key of one kind with an alg that takes a different kind.",
        "RFC 8725 section 3.1",
        "RFC 7518 sections 3.1 and 4.1",
        cves=("CVE-2024-33663", "CVE-2022-29217"),
    ),
    "KeyBinding": _note(
        "AUTH_BYPASS",
        "alg, use and key_ops of a JWK are binding, and must not contradict the caller or each "
        "other.",
        "RFC 7517 sections 4.2 to 4.4",
        "RFC 8725 section 3.1",
    ),
    "KeyDirection": _note(
        "AUTH_BYPASS",
        "A good key that is used for an operation that it is not for.",
        "RFC 7517 sections 4.2 and 4.3",
    ),
    "KeyNumbers": _note(
        "EDGE_CASE",
        "The members of an RSA key do not fit together, or some are missing.",
        "RFC 7518 section 6.3",
        "RFC 8017 section 3",
    ),
    "WeakKey": _note(
        "CONFIDENTIALITY",
        "A key that is shorter than its alg needs, or can be guessed.",
        "RFC 7518 sections 3.2, 3.3, 4.2 to 4.8",
        "NIST SP 800-131A",
        cves=("CVE-2017-15361", "CVE-2025-45768"),
    ),
    "KeyLength": _note(
        "EDGE_CASE",
        "A coordinate or private key has the full size of its field, no more and no less.",
        "RFC 7518 sections 6.2.1 and 6.2.2",
        "RFC 8037 section 2",
    ),
    "KeyCurve": _note(
        "CONFIDENTIALITY",
        "The point is not on the curve that the JWK names, or that curve is not used.",
        "RFC 7518 section 6.2.1",
        "RFC 8725 section 3.4",
    ),
    "KeyPair": _note(
        "EDGE_CASE",
        "The private half does not belong to the public one.",
        "RFC 7518 section 6.2.2",
        "RFC 8037 section 2",
    ),
    "KeyLowOrder": _note(
        "AUTH_BYPASS",
        "A point of low order: everyone knows the secrets that are agreed with it, and can make "
        "signatures under it.",
        "RFC 7748 section 6.1",
        "RFC 8032 section 8.9",
    ),
    "KeySet": _note(
        "EDGE_CASE",
        "A text that is not a JWK Set, or a set in which the intended key would be a guess.",
        "RFC 7517 section 5",
        "RFC 8725 section 2.1",
    ),
    "KeyChoice": _note(
        "DOS",
        "Which of several keys are tried: only kid and alg decide, and only a few keys are tried.",
        "RFC 7516 section 5.2 step 6",
        "RFC 7515 section 4.1.4",
    ),
}
