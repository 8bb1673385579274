"""The rules of a JWS, of keys and of sets of keys, and those that no vector can show."""

from tests.vectors.rules import (
    CRITS,
    CURVE,
    ECDSA,
    EDWARDS,
    ENCODINGS,
    FAMILY,
    HMAC,
    KTY,
    OCTETS,
    ONCE,
    PAIRS,
    POINT,
    SEGMENT_SIGNED,
    SIG,
    SIGNED,
    TEXTS,
    WRONG,
    Axis,
    Rule,
    each,
)

_RS = Axis(lambda fault: fault.alg, ("RS256", "RS512"))
_PS = Axis(lambda fault: fault.alg, ("PS256", "PS384", "PS512"))
_RSA_KEYS = Axis(lambda fault: fault.alg, ("RSA-OAEP", "RS256"))
_PADDINGS = tuple(
    f"the padded block: {what}" for what in ("MGF1 with .*", "no salt", "padded as .*")
)

JWS = [
    Rule(
        "A token has three segments and nothing around them",
        *("Segments", "malformed", SIGNED),
        (
            *("nothing at all", "the header alone", "no signature and no dot before it"),
            *("a fourth segment", "a fourth segment that is empty", "an empty segment in front"),
            *("a space in front", "a line feed at the end", "an empty header"),
        ),
    ),
    Rule(
        "An empty payload or signature is a different one",
        *("Unverified", "unverified", SIGNED, ("an empty payload", "an empty signature")),
    ),
    Rule(
        "Each segment is canonical base64url",
        *("Base64url", "malformed", SEGMENT_SIGNED, each("the .*: ", ENCODINGS)),
    ),
    Rule(
        "Only the compact serialization is read",
        *("JsonSerialization", "malformed", SIGNED),
        ("the flattened JSON serialization", "the general JSON serialization"),
    ),
    Rule("A JWE is no JWS", *("TokenKind", "malformed", SIGNED, ("a JWE",))),
    Rule(
        "Nor is a part of one",
        *("TokenKind", "not_allowed", ONCE, ("a JWE without its last two segments",)),
    ),
    Rule(
        "The header is one strict JSON object in UTF-8",
        *("HeaderJson", "malformed", SIGNED, each("the header ", TEXTS)),
    ),
    Rule(
        "No member occurs twice",
        *("DuplicateMember", "malformed", SIGNED),
        each(
            "the header has twice: ",
            (
                *("alg, with the same value", "alg, a different one first"),
                *("alg, once with an escape", "crit", "a member of an object inside"),
            ),
        ),
    ),
    Rule(
        "Members have their types",
        *("HeaderShape", "malformed", SIGNED),
        (
            *each("alg ", WRONG),
            *each("b64 is ", ("null", "a string", "a number")),
            *each("crit is ", ("null", "a string", "an object")),
            *("kid is null", "typ is a number", "cty is null"),
        ),
    ),
    Rule(
        "crit is a list of distinct names of members that are there, understood and no standard ones",
        *("Critical", "malformed", SIGNED, each("crit ", CRITS)),
    ),
    Rule(
        "The header's alg is the one that the key is bound to",
        *("AlgNotAccepted", "not_allowed", SIGNED),
        (
            *("alg is 'RSA-OAEP'", "alg is 'dir'", "alg is 'A128KW'", "alg is ''"),
            *("alg is '.+ '", "alg is ' .+'", "alg is '[a-z0-9]+'"),
        ),
    ),
    *(
        Rule(
            "A key of one family is not one of any other family",
            *("AlgNotAccepted", "not_allowed", SIGNED, (f"alg is '{name}'",)),
            excepted={own: "the key is bound to this one"},
        )
        for name, own in (
            *(("RS256", "pkcs1"), ("PS256", "pss"), ("ES256", "ecdsa")),
            *(("EdDSA", "eddsa"), ("HS256", "hmac")),
        )
    ),
    Rule(
        "A key is bound to one alg of its family",
        *("AlgNotAccepted", "not_allowed", SIG, ("a key bound to .*",)),
    ),
    Rule(
        "Nothing is unsigned",
        *("NoneAlg", "not_allowed", SIGNED, each("alg is '", ("none', .*", "None', .*"))),
    ),
    Rule(
        "What everybody knows of a pair is no secret",
        *(
            "KeyConfusion",
            "not_allowed",
            PAIRS,
            ("HS256 under its public JWK", "HS256 under its PEM"),
        ),
    ),
    Rule(
        "A kid that no key has is not tried",
        *("KeyId", "unknown_key", SIGNED, ("kid is 'other'", "kid is ''")),
    ),
    Rule(
        "typ and cty are those that the verifier demands",
        *(
            "MediaType",
            "not_allowed",
            SIGNED,
            ("typ is missing", "typ is 'JOSE'", "cty is missing"),
        ),
    ),
    Rule(
        "A key or an address of one in the header is data",
        *("HeaderKey", "unverified", SIGNED),
        each("signed with a different key, which ", ("jwk brings", "jku brings", "x5u brings")),
    ),
    Rule(
        "A detached payload is the one that was signed",
        *("Detached", "unverified", SIGNED),
        ("a different payload", "the last bit of .*", "an empty payload", "no payload at all"),
    ),
    Rule(
        "A payload stands in one place",
        *("Detached", "malformed", SIGNED, ("the payload in the token as well",)),
    ),
    Rule(
        "b64 is critical",
        *("Unencoded", "malformed", SIGNED),
        ("b64 is not critical", "a different member is critical, .*"),
    ),
    Rule(
        "Both sides know whether a payload is encoded",
        *("Unencoded", "not_allowed", SIGNED, ("an encoded payload",)),
    ),
    Rule(
        "and what was signed",
        *("Unencoded", "unverified", SIGNED, ("the payload was encoded to be signed",)),
    ),
    Rule(
        "No dot stands in a payload",
        *("Segments", "malformed", SIGNED, ("a dot in the payload",)),
    ),
    Rule(
        "No bit of a signature can be changed",
        *("FlippedBit", "unverified", SIGNED, ("the first bit .*", "the last bit .*")),
    ),
    Rule(
        "A different header, payload or signing input is a different one",
        *("Unverified", "unverified", SIGNED),
        (
            *(
                "a different header",
                "the first bit of the payload changed",
                "a space in the header",
            ),
            *("signed over no dot", "signed over the header's JSON"),
        ),
    ),
    Rule(
        "A signature has its size",
        *("SignatureLength", "unverified", SIGNED),
        each("the signature: ", ("its last byte cut", "a byte more", "twice", "half of it")),
    ),
    Rule(
        "A key for one is not a key for the other",
        *("WrongKey", "unverified", SIGNED, ("signed with a different key",)),
    ),
    Rule(
        "A padding of PKCS #1 has one form",
        *("SignaturePadding", "unverified", _RS),
        each(
            "the padded block: ", ("garbage behind the digest", "its block type is 2", "SHA-1, .*")
        ),
    ),
    Rule("A padding of PSS has one form", *("SignaturePadding", "unverified", _PS, _PADDINGS)),
    Rule(
        "r and s are from 1 to the order less 1",
        *("EcdsaNumbers", "unverified", ECDSA),
        each("the numbers: ", ("r is zero", "s is zero", "both are zero", "r is the order")),
    ),
    Rule(
        "r and s are not in DER",
        *("SignatureLength", "unverified", ECDSA, ("the numbers in DER",)),
    ),
    Rule(
        "S is below the order",
        *("Unverified", "unverified"),
        Axis(lambda fault: fault.alg, ("Ed25519", "EdDSA")),
        ("the order added to S", "S is zero"),
    ),
    Rule(
        "An HMAC is not cut",
        *("SignatureLength", "unverified", HMAC, ("cut to 1 bytes", "cut to 16 bytes")),
    ),
    Rule(
        "Nor under a different key than its own",
        *("WrongKey", "unverified", HMAC, ("under an empty key", "under the key still encoded")),
    ),
    Rule(
        "A token, a header and a payload have limits, wherever the payload stands",
        *("OverLimit", "too_large", SIGNED),
        (
            *("a token that is one character longer", "a header that is one byte longer"),
            *each(
                "a payload that is one byte longer, ",
                ("attached", "detached", "unencoded", "unencoded-detached"),
            ),
        ),
    ),
    Rule("Nesting has a limit", *("Nesting", "malformed", SIGNED, ("more than 16 levels",))),
    Rule("Numbers have a limit", *("Digits", "malformed", SIGNED, ("more than a number .*",))),
]

JWK = [
    Rule(
        "A JWK is one strict JSON object",
        *("KeyJson", "key", Axis(lambda fault: fault.key["kty"], ("oct", "EC"))),
        (
            *("an array", "a string", "null", "it begins with a byte order mark", "it has a NaN"),
            *("it goes on with a second object", "it has a lone surrogate"),
        ),
    ),
    Rule(
        "No member occurs twice",
        *("DuplicateMember", "key", Axis(lambda fault: fault.key["kty"], ("oct", "EC"))),
        ("it has kty twice", "it has alg twice", "it has alg twice, once with an escape"),
    ),
    Rule(
        "Members are there and have their types",
        *("KeyShape", "key", KTY),
        (
            *("kty is missing", "kty is null", "kty is ''", "alg is missing", "alg is null"),
            *("kid is null", "kid is a number", "(?:k|x|n) is missing", "(?:k|x|n) is a number"),
            "(?:k|x|n) is empty",
        ),
    ),
    Rule(
        "Values are canonical base64url",
        *("Base64url", "key", KTY),
        each("(?:k|x|n) is ", ("padded", "with a line feed", "with a foreign character")),
    ),
    Rule(
        "Integers have no leading zeros",
        *("KeyShape", "key", _RSA_KEYS, each("[a-z]+ ", ("has a zero in front", "is zero"))),
    ),
    Rule(
        "A key is of the kind that its alg takes",
        *("KeyKind", "key", FAMILY, ("an RSA key|a symmetric key", "a point on .*")),
    ),
    Rule(
        "So it is to sign",
        *("KeyKind", "key", SIGNED, ("an RSA key|a symmetric key", "a point on .*")),
    ),
    Rule(
        "alg is the name of one that is known, and of one that is on",
        *("KeyBinding", "key", FAMILY, ("alg is ''", "alg is 'none'", "alg is '.+ '")),
    ),
    Rule("What is off is named by the caller", *("KeyBinding", "key", ONCE, ("alg is RSA1_5",))),
    Rule(
        "alg, use and key_ops don't contradict each other or the caller",
        *("KeyBinding", "key"),
        Axis(lambda fault: fault.family, ("aes-kw", "rsa-oaep", "ecdh-es", "hmac", "pss")),
        (
            *("use is '(?:sig|enc)'", "use is ''", "use and key_ops contradict each other"),
            *("key_ops is (?:sign|encrypt) alone", "key_ops is .+ twice", "the JWK's alg is .*"),
        ),
    ),
    Rule(
        "Dual use is asked for, and for pairs alone",
        *("KeyBinding", "key", ONCE, ("a pair for signing", "a pair for RS256")),
    ),
    Rule("A shared secret has one use", *("KeyKind", "key", ONCE, ("a shared secret",))),
    Rule(
        "A kid that the caller names is the JWK's",
        *("KeyBinding", "key", ONCE, ("the JWK has a different name",)),
    ),
    Rule(
        "A key is put to what it is for",
        *("KeyDirection", "key", ONCE),
        (
            *("a private key", "a public key", "key_ops is sign", "key_ops is verify"),
            *("key_ops is wrapKey", "a key for signatures", "a key to encrypt with"),
            *("a dir key of a different size", "a key for one enc", "RSA1_5"),
        ),
    ),
    Rule(
        "A shared key has the size that its alg or enc needs",
        *("WeakKey", "key", OCTETS, ("a key of 0 bytes", "a key of [0-9]+ bytes")),
    ),
    Rule(
        "An RSA key has 2,048 to 16,384 bits",
        *("WeakKey", "key", _RSA_KEYS),
        each("a modulus of ", ("1024 bits", "2047 bits", "16385 bits", "16392 bits")),
    ),
    Rule(
        "A modulus can't be guessed",
        *("WeakKey", "key", ONCE, ("the modulus has the mark of ROCA",)),
    ),
    Rule(
        "The members of an RSA key fit together",
        *("KeyNumbers", "key", _RSA_KEYS),
        (
            *("(?:p|q|dp|dq|qi) is missing", "d with a bit changed", "qi with a bit changed"),
            *("n of a different key", "d of a different key", "p and q .*", "more than two primes"),
            "p is the modulus, and q one",
        ),
    ),
    Rule(
        "The exponent is odd and no less than 3, the modulus odd",
        *("KeyNumbers", "key", ONCE, ("e is 1", "e is 2", "e is even", "an even modulus")),
    ),
    Rule(
        "Coordinates and private keys have their full size",
        *("KeyLength", "key", CURVE),
        each(
            "[xd] ",
            ("without its last byte", "with a zero in front", "with a zero at the end"),
        ),
    ),
    Rule("y has", *("KeyLength", "key", POINT, each("y ", ("without its first byte",)))),
    Rule(
        "A key is on the curve that it names, which is one of ours",
        *("KeyCurve", "key", CURVE, ("crv is ''", "crv is 'secp256[kr]1'", "kty is (?:EC|OKP)")),
    ),
    Rule(
        "A point is on its curve, and not the one at infinity",
        *("KeyCurve", "key", POINT),
        each("a point ", ("with the lowest .*", "at zero, .*", "at one .*", "with x above .*")),
    ),
    Rule(
        "The halves of a pair belong together",
        *("KeyPair", "key", CURVE, ("d of a different key", "the public half of a different key")),
    ),
    Rule(
        "A private key is from 1 to the order less 1",
        *("KeyPair", "key", POINT, ("d is zero", "d is the order")),
    ),
    Rule(
        "A point has no low order",
        *("KeyLowOrder", "key", EDWARDS, ("x is of order .*|x is (?:zero|one)",)),
    ),
    Rule("Nesting has a limit", *("Nesting", "key", ONCE, ("17 levels",))),
    Rule("Numbers have a limit", *("Digits", "key", ONCE, ("a number of 33 digits",))),
]

# What those who build such a library were caught by, and no token or key can show by itself.
ELSEWHERE = {
    "Work is bounded over all recipients": "a compact JWE has one recipient, and no header but "
    "the protected one: RFC 7516 section 7.1",
    "No signature is taken for that of another one": "a compact JWS has one",
    "Members of several headers don't collide": "a compact JWE has one header",
    "The default limits of a token and of a plaintext, 16 MiB each, at n and n + 1": "a file of "
    "vectors has 200 KB: tests/vectors/test_defaults_at_the_edge.py",
    "A plaintext of 1 MiB opens": "as before: tests/vectors/test_defaults_at_the_edge.py",
    "1 KB that inflates to 1 GB": "DEFLATE gives 1,032 bytes for one at most; each family has a "
    "bomb of 60,000 bytes against a limit of 1,000, and compression.json one of 1 MiB",
    "An AAD of 512 MiB, whose length in bits overflows 32 bits": "header_bytes bounds the AAD far "
    "below; a length of 32 bits is under WrongMac",
    "CBC is never decrypted on a bad tag": "what is called can't be seen from outside: "
    "tests/core/jwe/test_uniform_failure.py",
    "All failures are one, with the same text, cause and work": "a vector has a code alone: "
    "tests/core/jwe/test_uniform_failure.py",
    "No error, log record or pickle holds input or key": "as before: tests/core/secrecy/test_canary.py",
    "No CEK is handed out before the tag holds": "there is no such call: tests/house/test_names.py",
    "A nested token names both layers": "it is a JWE in a JWS or the reverse: tests/core/test_nested.py",
    "PEM and certificates never become shared secrets": "a JWK is no PEM: tests/core/keys/formats/test_pem.py",
    "Keys are fetched over https, with bounds": "joseal fetches none: no module of the core names "
    "a transport",
    "The IV, the epk and the salt of a new token are fresh": "that is about sealing: tests/core/jwe/test_jwe.py",
}

SETS = [
    Rule(
        "Four keys are tried where a token names none",
        *("KeyChoice", "undecryptable", FAMILY, ("one key more before its own",)),
        schema="jwe_keys",
        excepted={
            "rsa-oaep": "the count is of keys, whatever their alg",
            "rsa1_5": "the count is of keys, whatever their alg",
            "pbes2": "a password is not tried at all where others stand next to it",
        },
    ),
    Rule(
        "A password is tried only where it is meant",
        *("KeyChoice", "not_allowed", ONCE, ("the token names no kid",)),
        schema="jwe_keys",
    ),
    Rule(
        "A key that is named is tried alone",
        *("KeyChoice", "undecryptable", ONCE, ("the token names 'key 0'",)),
        schema="jwe_keys",
    ),
    Rule(
        "A name that no key has is none",
        *("KeyChoice", "unknown_key", ONCE, ("the token names 'key 5'", "the token names ''")),
        schema="jwe_keys",
    ),
    Rule(
        "The alg of the key that is named is the header's",
        *("KeyChoice", "not_allowed", ONCE, ("the key that is named is for a different alg",)),
        schema="jwe_keys",
    ),
    Rule(
        "Four keys are tried to verify",
        *("KeyChoice", "unverified", SIGNED, ("one key more before its own",)),
        schema="jws_keys",
        excepted=dict.fromkeys(("pkcs1", "pss"), "the count is of keys, whatever their alg"),
    ),
    Rule(
        "A JWK Set is an object with a list of keys that load",
        *("KeySet", "key", ONCE),
        (
            *("a list alone", "one key alone", "no list of keys", "keys is an object"),
            *("keys is null", "no keys in the list", "keys occurs twice"),
            "nothing but a member .*",
        ),
        schema="jwks",
    ),
    Rule(
        "Two members of one kid and alg are a guess, and so is a mixture",
        *("KeySet", "key", ONCE),
        (
            *("two with the same kid and alg", ".*, one of them unusable"),
            "a shared secret next to a pair",
        ),
        schema="jwks",
    ),
]

OTHER_RULES = [
    *(rule._replace(schema="jws") for rule in JWS),
    *(rule._replace(schema="jwk") for rule in JWK),
    *SETS,
]
