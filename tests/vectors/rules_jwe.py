"""The rules of a JWE: form, header, content, keys, limits."""

import itertools

from tests.vectors.rules import (
    AGREEMENT,
    ALG,
    BLOCK,
    CRITS,
    DIRECT_ENC,
    ENC,
    ENCODINGS,
    FAMILY,
    GCMKW,
    HPKE,
    HPKE_INTEGRATED,
    HPKE_KE,
    HPKE_LOW,
    HPKE_POINTS,
    MONTGOMERY,
    OAEP,
    ONCE,
    PBES2,
    RSA,
    SEGMENT_FAMILY,
    STREAM,
    TEXTS,
    WEIERSTRASS,
    WRAPPING,
    WRAPPING_ENC,
    WRONG,
    Axis,
    Rule,
    each,
)

from joseal._core.algorithms.registry import ENCS

_NAMED = (
    *("''", r"'.+ '", "' .+'", r"'.+\\x00'", "'none'"),
    *("'RSA-OAEP'", "'RSA1_5'", "'A128KW'", "'A128GCMKW'", "'dir'", "'ECDH-ES'"),
    r"'ECDH-ES\+A128KW'",
    r"'PBES2-HS256\+A128KW'",
)
# A key is bound to these, so they are not a different alg for it.
_OWN = {
    "'RSA-OAEP'": "rsa-oaep",
    "'RSA1_5'": "rsa1_5",
    "'A128KW'": "aes-kw",
    "'A128GCMKW'": "aes-gcmkw",
    "'dir'": "dir",
    "'ECDH-ES'": "ecdh-es",
    r"'ECDH-ES\+A128KW'": "ecdh-es+kw",
    r"'PBES2-HS256\+A128KW'": "pbes2",
}


def _other_algs() -> list[Rule]:
    return [
        Rule(
            "The header's alg is the one that the key is bound to, letter by letter",
            "AlgNotAccepted",
            "not_allowed",
            FAMILY,
            (f"alg is {name}",),
            excepted={_OWN[name]: "the key is bound to this one"} if name in _OWN else {},
        )
        for name in _NAMED
    ]


_EMPTY_KEY = {
    "dir": "it has no encrypted key",
    "ecdh-es": "it has no encrypted key",
}

FORM = [
    Rule(
        "A token has five segments and nothing around them",
        "Segments",
        "malformed",
        FAMILY,
        (
            *("nothing at all", "the header alone", "no tag and no dot before it"),
            *("a sixth segment", "a sixth segment that is empty", "an empty segment in front"),
            *("a space in front", "a line feed at the end"),
            *("an empty header", "an empty IV", "an empty ciphertext", "an empty tag"),
        ),
    ),
    Rule(
        "A key that was wrapped is in its segment",
        *("Segments", "malformed", FAMILY, ("an empty encrypted key",)),
        excepted=_EMPTY_KEY,
    ),
    Rule(
        "Each segment is canonical base64url",
        *("Base64url", "malformed", SEGMENT_FAMILY),
        each("the .*: ", ENCODINGS),
    ),
    Rule(
        "Only the compact serialization is read",
        *("JsonSerialization", "malformed", FAMILY),
        ("the flattened JSON serialization", "the general JSON serialization"),
    ),
    Rule(
        "A JWS is no JWE, and an alg of a JWS none for it",
        *("TokenKind", "malformed", ONCE, ("a JWS with alg HS256", "a JWS with alg none")),
    ),
    Rule(
        "Many dots are no segments",
        *("Segments", "malformed", ONCE, ("10,000 dots alone", "10,000 dots behind it")),
    ),
]
HEADER = [
    Rule(
        "The header is one strict JSON object in UTF-8",
        *("HeaderJson", "malformed", FAMILY, each("the header ", TEXTS)),
    ),
    Rule(
        "No member occurs twice",
        *("DuplicateMember", "malformed", FAMILY),
        each(
            "the header has twice: ",
            (
                *("alg, with the same value", "alg, a different one first"),
                *("alg, once with an escape", "enc", "crit", "a member of an object inside"),
            ),
        ),
    ),
    Rule(
        "alg and enc are there, and are strings",
        *("HeaderShape", "malformed", FAMILY),
        (*each("alg ", WRONG), *each("enc ", WRONG)),
    ),
    Rule(
        "Members that are known have their types",
        *("HeaderShape", "malformed", FAMILY),
        (
            *itertools.chain(
                *(each(f"{name} is ", ("null", "a number")) for name in ("kid", "typ", "cty"))
            ),
            *each("zip is ", ("null", "a number")),
            *each("crit is ", ("null", "a string", "an object")),
        ),
    ),
    *_other_algs(),
    Rule(
        "An alg of a JWS, one in a different case, and names from elsewhere are no alg of a key",
        *("AlgNotAccepted", "not_allowed", FAMILY),
        (
            *("alg is 'HS256'", "alg is 'RS256'", "alg is 'HPKE-0'", "alg is 'http://.*'"),
            "alg is '(?:[a-z0-9_+-]+|DIR)'",
        ),
    ),
    Rule(
        "A key is bound to one alg of its family",
        *("AlgNotAccepted", "not_allowed", ALG, ("a key bound to .*",)),
        excepted={"dir": "it has no sibling"},
    ),
    Rule(
        "The header's enc is one that the opener accepts, letter by letter",
        *("EncNotAccepted", "not_allowed", FAMILY),
        (
            *each("enc is '", (f"{name}'" for name in ENCS if name != "A128GCM")),
            *("enc is ''", "enc is 'a128gcm'", "enc is 'A128GCM '", "enc is 'none'"),
        ),
    ),
    Rule(
        "crit is a list of distinct names of members that are there, understood and no standard ones",
        *("Critical", "malformed", FAMILY, each("crit ", CRITS)),
    ),
    Rule(
        "Nothing is inflated unless the opener was told so",
        *("Compression", "not_allowed", FAMILY),
        ("zip is DEF, and the plaintext deflated", "zip is ''", "zip is 'def'", "zip is 'GZIP'"),
    ),
    Rule(
        "A kid that no key has is not tried, whatever it says",
        *("KeyId", "unknown_key", FAMILY),
        ("kid is 'other'", "kid is ''", "kid is 'Our Key'", r"kid is '\.\./.*'"),
    ),
    Rule(
        "typ and cty are those that the opener demands",
        *("MediaType", "not_allowed", FAMILY),
        (
            *each("typ is ", ("missing", "'JOSE'", "''")),
            *each("cty is ", ("missing", "'JOSE'", "''")),
        ),
    ),
    Rule(
        "A key or an address of one in the header is data",
        *("HeaderKey", "undecryptable", FAMILY),
        each("made for a different key, which ", ("jwk brings", "jku brings", "x5u brings")),
    ),
    Rule(
        "A certificate in the header is data",
        *("HeaderKey", "undecryptable", ONCE, ("made for a different key, which x5c brings",)),
    ),
    Rule(
        "What everybody knows of a pair is no secret",
        *("KeyConfusion", "not_allowed", FAMILY),
        ("dir under bytes of the public key", "A128KW under bytes of the public key"),
        excepted=dict.fromkeys(
            ("aes-kw", "aes-gcmkw", "dir", "pbes2"), "a shared key has no public half"
        ),
    ),
]
CONTENT = [
    Rule(
        "The IV has the size that the enc gives it",
        *("IvLength", "malformed", ENC),
        each("an IV of ", (f"{size} bytes" for size in (0, 1, 8, 11, 13, 15, 17))),
    ),
    Rule(
        "So it has under each alg",
        *("IvLength", "malformed", FAMILY),
        each("an IV of ", ("0 bytes", "12 bytes", "15 bytes", "17 bytes")),
    ),
    Rule(
        "A nonce is no IV of CBC",
        *("IvLength", "malformed", STREAM, ("an IV of 16 bytes",)),
    ),
    Rule("Nor the reverse", *("IvLength", "malformed", BLOCK, ("an IV of 12 bytes",))),
    Rule(
        "The tag has the size that the enc gives it, and is never cut",
        *("TagLength", "malformed", ENC),
        each("a tag of ", (f"{size} bytes" for size in (*range(16), 17))),
    ),
    Rule(
        "So it has under each alg",
        *("TagLength", "malformed", FAMILY),
        each("a tag of ", (f"{size} bytes" for size in (0, 4, 12, 15, 17))),
    ),
    Rule(
        "A ciphertext of CBC has whole blocks, one at least",
        *("CiphertextLength", "malformed", BLOCK),
        each("a ciphertext of ", (f"{size} bytes" for size in (0, 1, 15, 17))),
    ),
    Rule(
        "So it has under each alg",
        *("CiphertextLength", "malformed", FAMILY),
        each("a ciphertext of ", (f"{size} bytes" for size in (0, 1, 15, 17))),
    ),
    Rule(
        "Where any size fits, the tag tells what is missing",
        *("CiphertextLength", "undecryptable", STREAM),
        (
            *("no ciphertext", "a ciphertext without its last byte"),
            "a ciphertext with a byte more",
        ),
    ),
    Rule(
        "CBC padding that is wrong under a good tag is the one failure",
        *("CbcPadding", "undecryptable", BLOCK),
        each("padded with ", ("0 as .*", "17 as .*", "3, after .*", "nothing")),
    ),
    Rule(
        "So it is under each alg",
        *("CbcPadding", "undecryptable", FAMILY),
        each("padded with ", ("0 as .*", "17 as .*", "3, after .*", "nothing")),
    ),
    Rule(
        "No bit of IV, ciphertext and tag can be changed",
        *("FlippedBit", "undecryptable", ENC),
        (
            *each("an early bit of the ", ("iv .*", "ciphertext .*", "tag .*")),
            *each("the last bit of the ", ("iv .*", "ciphertext .*", "tag .*")),
        ),
    ),
    Rule(
        "Nor under any alg",
        *("FlippedBit", "undecryptable", ALG),
        (
            "the last bit of the (?:token's )?(?i:iv) changed",
            "the last bit of the (?:token's )?ciphertext changed",
            "the last bit of the (?:token's )?tag changed",
        ),
    ),
    Rule(
        "Nor on any curve",
        *("FlippedBit", "undecryptable", AGREEMENT),
        each("the last bit of the ", ("iv changed", "ciphertext changed", "tag changed")),
    ),
    Rule(
        "The header is authenticated as it was written",
        *("HeaderReencoded", "undecryptable", ENC),
        each(
            "the same header, with ",
            (
                *("a space after a colon", "a line feed at the end"),
                *("its members in a different order", "an escape for a letter"),
            ),
        ),
    ),
    Rule(
        "So it is under each alg",
        *("HeaderReencoded", "undecryptable", FAMILY),
        each(
            "the same header, with ",
            (
                *("a space after a colon", "a line feed at the end"),
                *("its members in a different order", "an escape for a letter"),
            ),
        ),
    ),
    Rule(
        "The encoded header is authenticated, and nothing else",
        *("WrongAad", "undecryptable", ENC),
        (
            *("nothing authenticated", "the header's JSON authenticated"),
            "the header's JSON written again authenticated",
        ),
    ),
    Rule(
        "So it is under each alg",
        *("WrongAad", "undecryptable", FAMILY),
        (
            *("nothing authenticated", "the header's JSON authenticated"),
            "the header's JSON written again authenticated",
        ),
    ),
    Rule(
        "The HMAC is over AAD, IV, ciphertext and the AAD's length in 64 bits, under its own half",
        *("WrongMac", "undecryptable", BLOCK),
        (
            *("a tag over no length", "a tag over no AAD", "a tag over no IV"),
            *("a tag over a length of 32 bits", "a tag over the AAD's length in bytes"),
            *("a tag over the plaintext", "a tag under the other half of the CEK"),
        ),
    ),
    Rule(
        "Segments of two tokens make no third",
        *("Spliced", "undecryptable", FAMILY),
        each("the ", ("iv of .*", "ciphertext of .*", "tag of .*")),
    ),
    Rule(
        "So it is with each enc",
        *("Spliced", "undecryptable", ENC),
        each("the ", ("encrypted key of .*", "iv of .*", "ciphertext of .*", "tag of .*")),
    ),
    Rule(
        "A sibling's nonce or cipher does not open",
        *("NonceSize", "undecryptable", Axis(lambda fault: fault.enc, ("C20P", "XC20P"))),
        ("encrypted with .*",),
    ),
    Rule(
        "A compressed plaintext is one whole DEFLATE stream",
        *("Deflate", "undecryptable", FAMILY),
        each(
            "the stream: ",
            (
                *("nothing", "the text itself", "cut by one byte", "a byte behind its end"),
                *("a second stream behind it", "with the frame of zlib"),
            ),
        ),
    ),
    Rule(
        "So it is with each enc",
        *("Deflate", "undecryptable", ENC),
        each("the stream: ", ("cut by one byte", "a byte behind its end")),
    ),
    Rule(
        "What comes out of a stream is bounded",
        *("Inflated", "too_large", FAMILY, ("1,001 zeros", "60,000 zeros")),
    ),
    Rule(
        "So it is with each enc", *("Inflated", "too_large", ENC, ("1,001 zeros", "60,000 zeros"))
    ),
]
KEYS = [
    Rule(
        "A key for one is not a key for the other",
        *("WrongKey", "undecryptable", ALG, ("made (?:for|with) a different (?:key|password)",)),
    ),
    Rule(
        "On each curve",
        *("WrongKey", "undecryptable", AGREEMENT, ("made for a different key",)),
    ),
    Rule(
        "No bit of an encrypted key can be changed",
        *("(?:FlippedBit|KeyIntegrity)", "undecryptable", WRAPPING),
        ("(?:the last bit of )?the encrypted key(?:: the last bit)? changed",),
    ),
    Rule(
        "A wrapped key has the one size that the enc gives it",
        *("EncryptedKeyLength", "malformed", WRAPPING),
        ("an encrypted key of 0 bytes", "an encrypted key of .*"),
    ),
    Rule(
        "So it has with each enc",
        *("EncryptedKeyLength", "malformed", WRAPPING_ENC),
        ("an encrypted key of 0 bytes", "an encrypted key of .*"),
    ),
    Rule(
        "Without key wrap there is no encrypted key",
        *("EncryptedKeyLength", "malformed", DIRECT_ENC),
        ("an encrypted key of 1 bytes.*", "an encrypted key of 16 bytes.*"),
    ),
    Rule(
        "Bad OAEP padding is the one failure",
        *("OaepPadding", "undecryptable", OAEP),
        each(
            "the padded block: ",
            (
                *("its first byte is 1", "the first byte of the label's hash .*"),
                *("the separator is 2", "no separator.*", "a byte before the separator is 2"),
                *("it is not masked", "it is padded as PKCS #1 v1.5"),
            ),
        ),
    ),
    Rule(
        "Bad PKCS #1 v1.5 padding is the one failure",
        *("Pkcs1Padding", "undecryptable", Axis(lambda fault: fault.alg, ["RSA1_5"])),
        each(
            "the padded block: ",
            (
                *("its first byte is 1", "its block type is [013]", "no separator"),
                *("a zero as the (?:first|eighth) byte of the filler", "no zero at all"),
            ),
        ),
    ),
    Rule(
        "A CEK of the wrong size is the one failure",
        *("CekLength", "undecryptable", RSA),
        each("a CEK of ", (f"{size} bytes" for size in (0, 16, 24, 31, 33, 48))),
    ),
    Rule(
        "No CEK is put in the place of one that can't be had, which anyone could guess",
        *("GuessableCek", "undecryptable", ONCE),
        ("the CEK is zeros", "the CEK is ones", "the CEK is the start .*", "an empty CEK, .*"),
    ),
    Rule(
        "A sibling's way to encrypt a key does not open",
        *("SiblingAlg", "undecryptable", RSA, ("the key encrypted by .*",)),
    ),
    Rule(
        "Nor does key wrap with padding",
        *("SiblingAlg", "undecryptable", FAMILY, ("the key wrapped with padding, .*",)),
        excepted={
            **_EMPTY_KEY,
            "rsa-oaep": "it wraps by RSA",
            "rsa1_5": "it wraps by RSA",
            "aes-gcmkw": "it has a tag, whose cases are under KeyIntegrity",
            "aes-kw": "a wrapped key of that form has the size of the other: malformed",
        },
    ),
    Rule(
        "iv and tag of AES-GCM key wrap have 12 and 16 bytes",
        *("GcmKeyWrap", "malformed", GCMKW),
        (
            *("the header has no iv", "the header has no tag"),
            *each("the header's iv has ", (f"{size} bytes" for size in (*range(12), 13))),
            *each("the header's tag has ", (f"{size} bytes" for size in (*range(16), 17))),
        ),
    ),
    Rule(
        "iv and tag of AES-GCM key wrap are canonical base64url",
        *("Base64url", "malformed", GCMKW),
        each("the header's (?:iv|tag) ", ("padded", "with a line feed", "with a foreign .*")),
    ),
    Rule(
        "What AES-GCM key wrap authenticates holds, or it is the one failure",
        *("KeyIntegrity", "undecryptable", GCMKW),
        (
            *("the first bit of the header's iv .*", "the last bit of the header's tag .*"),
            *("the encrypted key: the last bit changed", "the header's tag all zeros"),
        ),
    ),
    Rule(
        "A salt is there and has 8 bytes or more",
        *("Salt", "malformed", PBES2, ("the header has no p2s", "a salt of [017] bytes.*")),
    ),
    Rule(
        "A salt is canonical base64url",
        *("Base64url", "malformed", PBES2, ("p2s padded", "p2s with a trailing bit set")),
    ),
    Rule(
        "The count of iterations is a whole number",
        *("HeaderShape", "malformed", PBES2),
        each("p2c is ", ("a string", "a fraction", "a fraction that is whole", "true", "null")),
    ),
    Rule(
        "and is there",
        *("WorkFactor", "malformed", PBES2, ("the header has no p2c",)),
    ),
    Rule(
        "The iterations have a floor and a cap, before any is done",
        *("WorkFactor", "not_allowed", PBES2),
        each("p2c is ", ("-1", "0", "1", "999", "1,000,001", "2,147,483,648")),
    ),
    Rule(
        "A key derived from a password is bound to the alg and the whole salt",
        *("PasswordDerivation", "undecryptable", PBES2, ("the key derived .*",)),
    ),
    Rule(
        "The epk is there, and is an object with its members",
        *("EpkShape", "malformed", AGREEMENT),
        (
            *("the epk is missing", "the epk has no (?:kty|crv|x)", "the epk is a string"),
            *("the epk is null", "the epk is a list", "the epk is empty"),
            *("the x of the epk is a number", "the x of the epk is empty"),
        ),
    ),
    Rule(
        "A point of these curves has a y",
        *("EpkShape", "malformed", WEIERSTRASS, ("the epk has no y",)),
    ),
    Rule(
        "A point of these has none",
        *("EpkShape", "malformed", MONTGOMERY, ("the epk has a y",)),
    ),
    Rule(
        "Coordinates are canonical base64url",
        *("Base64url", "malformed", AGREEMENT),
        each("the x of the epk ", ("padded", "with a line feed", "with a foreign character")),
    ),
    Rule(
        "The epk has no private half",
        *("EpkPrivate", "malformed", AGREEMENT, ("the epk has its private half",)),
    ),
    Rule(
        "Coordinates have their full size",
        *("EpkLength", "malformed", AGREEMENT),
        each(
            "the x of the epk ",
            (
                *("without its last byte", "without its first byte"),
                *("with a zero in front", "with a zero at the end"),
            ),
        ),
    ),
    Rule(
        "The epk is on the key's own curve",
        *("EpkCurve", "malformed", AGREEMENT),
        (
            *("an epk on .*", "the crv of the epk is secp256k1", "the crv of the epk is Ed25519"),
            *("the kty of the epk is oct", "the kty of the epk is RSA"),
        ),
    ),
    Rule(
        "The epk is a point of the curve, and not the one at infinity",
        *("EpkOffCurve", "malformed", WEIERSTRASS),
        each(
            "a point ",
            (
                *("with the lowest bit of y changed", "with x and y in each other's place"),
                *("at zero, .*", "at one and one, .*", "with x above the prime"),
            ),
        ),
    ),
    Rule(
        "The epk has no low order",
        *("EpkLowOrder", "malformed", MONTGOMERY),
        each("the epk is ", ("zero", "one", "the prime", "the prime less one")),
    ),
    Rule(
        "apu and apv are canonical base64url",
        *("Base64url", "malformed", AGREEMENT),
        each("ap[uv] ", ("padded", "with a space", "with a foreign character")),
    ),
    Rule(
        "A derived key is bound to name, parties, size and secret",
        *("KeyDerivation", "undecryptable", AGREEMENT),
        (
            *("the key derived with the name .*", "the key derived with no apu and no apv"),
            *("the key derived with no size", "the key derived from a secret of zeros"),
            *("apu is a different name, .*", "a different epk, and nothing derived again"),
        ),
    ),
]
LIMITS = [
    Rule(
        "A token, a header and a plaintext have limits that the opener can move",
        *("OverLimit", "too_large", FAMILY),
        (
            *("a token that is longer .*", "a header that is one byte longer"),
            "a plaintext that is one byte longer",
        ),
    ),
    Rule(
        "Nesting has a limit",
        *("Nesting", "malformed", FAMILY, ("more than 16 levels",)),
    ),
    Rule("Numbers have a limit", *("Digits", "malformed", FAMILY, ("more than a number .*",))),
    Rule(
        "Very deep nesting is refused before it is followed",
        *("Nesting", "malformed", ONCE, ("100,000 arrays, left open",)),
    ),
    Rule(
        "So are very long numbers",
        *("Digits", "malformed", ONCE, ("the header: an integer of 5,000 digits",)),
    ),
    Rule(
        "Iterations have a limit that the opener can move",
        *("OverLimit", "not_allowed", PBES2, ("p2c is 1,101, and well used",)),
    ),
    Rule(
        "Iterations have a limit where the opener says nothing",
        *("OverLimit", "not_allowed", ONCE, ("p2c is 600,001",)),
    ),
]

HPKE_RULES = [
    Rule(
        "An encapsulated secret is one of its KEM, which is seen before the private key is used",
        *("HpkeSecret", "malformed", HPKE),
        each("the encapsulated secret is ", ("empty", "one byte shorter", "one byte longer")),
    ),
    Rule(
        "On a Weierstrass curve it is an uncompressed point of it",
        *("HpkeSecret", "malformed", HPKE_POINTS),
        each(
            "the encapsulated secret ",
            (
                *("is compressed", "has a different first byte", "is off the curve"),
                "is at the point of zeros",
            ),
        ),
    ),
    Rule(
        "On a Montgomery curve it is not of low order",
        *("HpkeSecret", "malformed", HPKE_LOW),
        each("the encapsulated secret is of low order, u is ", ("0", "1")),
    ),
    Rule(
        "A key for one mode of a suite takes no token of the other, and no pre-shared key",
        *("HpkeHeader", "not_allowed", HPKE),
        ("psk_id is there", "zip is there", "alg is the other mode of the suite"),
    ),
    Rule(
        "Integrated Encryption has neither enc nor ek",
        *("HpkeHeader", "malformed", HPKE_INTEGRATED, ("enc is there", "ek is there")),
    ),
    Rule(
        "Key Encryption has both",
        *("HpkeHeader", "malformed", HPKE_KE),
        ("enc is missing", "ek is missing", "ek is padded", "ek is a number"),
    ),
    Rule(
        "Integrated Encryption has no IV and no tag of its own",
        *("HpkeLength", "malformed", HPKE_INTEGRATED),
        (
            *("an IV is there", "a tag is there", "the ciphertext is empty"),
            "the ciphertext is shorter than a tag",
        ),
    ),
    Rule(
        "Key Encryption has an encrypted key of one length",
        *("HpkeLength", "malformed", HPKE_KE),
        each("the encrypted key is ", ("empty", "one byte shorter", "one byte longer")),
    ),
    Rule(
        "The key schedule is bound to its inputs",
        *("HpkeSchedule", "undecryptable", HPKE),
        each(
            "derived ", ("with an info", "in a different mode", "with a different (version|suite)")
        ),
    ),
]

JWE_RULES = [*FORM, *HEADER, *CONTENT, *KEYS, *LIMITS, *HPKE_RULES]
