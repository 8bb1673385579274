"""Any bytes as a token for `Verifier` and for both orders of nesting.

The first byte chooses the key, the second the settings and what the rest is: a token; its parts,
not yet encoded; a header and a payload, which are signed here; or what lies inside a nested token,
whose outer layer is made here. A nested token that is whole is a number beyond the keys'.
"""

from functools import cache

from tests.fuzz.material import BETWEEN, LIMITS, WORDS, bytes_of, cases, jwks, key, parts_of
from tests.fuzz.tokens import check_exact, members_of, opened
from tests.helpers import forge

from joseal import (
    Decrypter,
    DecryptThenVerify,
    Encrypter,
    EncryptThenSign,
    Key,
    Signer,
    SignThenEncrypt,
    Verifier,
    VerifyThenDecrypt,
)
from joseal._core.wire import base64url, strict_json

__all__ = ["WORDS", "check", "seeds"]

SCHEMA = "jws_compact_v1"
SETTINGS = [
    {"crit": ["exp", "urn:x"], "any_kid": True},
    {"typ": "JWT", "cty": "json"},
    {"b64": False, "crit": ["exp"], "any_kid": True},
]
TEXT, PARTS, SIGNED, INNER = range(4)
WHOLE_NESTED = 255

SEALING = Key.from_jwk({"kty": "oct", "alg": "A128KW", "k": forge.b64(forge.draw("seal", 16))})
SIGNING = Key.from_jwk({"kty": "oct", "alg": "HS256", "k": forge.b64(forge.draw("sign", 32))})
ENCRYPTER, SIGNER = Encrypter(SEALING, enc="A128GCM"), Signer(SIGNING)
NESTED = [
    DecryptThenVerify(
        Decrypter(SEALING, enc="A128GCM", limits=LIMITS), Verifier(SIGNING, limits=LIMITS)
    ),
    VerifyThenDecrypt(
        Verifier(SIGNING, limits=LIMITS), Decrypter(SEALING, enc="A128GCM", limits=LIMITS)
    ),
]


@cache
def verifier(number, settings):
    return Verifier(key(jwks(SCHEMA)[number]), limits=LIMITS, **SETTINGS[settings])


@cache
def signature(number):
    return key(jwks(SCHEMA)[number])._for_signatures("sign", None)


def signed(number, header, payload, *, encode):
    """Sign a payload under a header that is the fuzzer's, as far as it is JSON."""
    loaded = key(jwks(SCHEMA)[number])
    written = strict_json.dump({"alg": loaded.alg, **members_of(header)})
    raw = header if written is None else written
    data = base64url.encode(raw) + b"." + (base64url.encode(payload) if encode else payload)
    return data + b"." + base64url.encode(signature(number).sign(data))


def check(data):
    if len(data) < 3:
        return
    form, settings, rest = data[1] & 3, (data[1] >> 2) % len(SETTINGS), data[2:]
    if form == INNER or data[0] == WHOLE_NESTED:
        check_nested(rest, data[1] >> 2 & 1, whole=form != INNER)
        return
    number = data[0] % len(jwks(SCHEMA))
    content, detached = None, None
    if form == TEXT:
        token, *apart = rest.split(BETWEEN, 1)
        detached = apart[0] if apart else None
    elif form == PARTS:
        token = b".".join(map(base64url.encode, parts_of(rest, 3)))
    else:
        header, content = parts_of(rest, 2)
        token = signed(number, header, content, encode=settings != 2)
    check_signed(verifier(number, settings), token, detached, content, encoded=settings != 2)


def check_signed(opener, token, detached, content, *, encoded):
    found = opened(opener.open, token, payload=detached)
    if found is None:
        return
    assert content is None or found.payload == content
    header, shown, last = token.split(b".")
    if encoded:
        check_exact(token, 3, found.header)
    assert base64url.encode(base64url.decode(header)) == header
    assert base64url.encode(base64url.decode(last)) == last
    if detached is not None:
        assert (shown, found.payload) == (b"", detached)
    elif not encoded:
        assert found.payload == shown
    assert opener.verify(token.decode("ascii"), payload=detached) == found.payload


def check_nested(data, order, *, whole):
    if whole:
        token = data
    elif order == 0:
        token = ENCRYPTER.encrypt(data, header={"cty": "JWT"})
    else:
        token = SIGNER.sign(data, header={"cty": "JWE"})
    raw = token if whole else token.encode()
    found = opened(NESTED[order].open, raw)
    if found is None:
        return
    check_exact(raw, 3 if order else 5, found.signed_header if order else found.encrypted_header)
    if not whole:
        check_exact(
            data, 5 if order else 3, found.encrypted_header if order else found.signed_header
        )


def seeds():
    for number, case in cases(SCHEMA):
        token = bytes_of(case["token"])
        if "detached" in case:
            token += BETWEEN + bytes.fromhex(case["detached"])
        for settings in range(len(SETTINGS)):
            yield bytes((number, TEXT | settings << 2)) + token
        parts = [base64url.decode(segment) for segment in token.split(b".")]
        if len(parts) == 3 and None not in parts:
            yield bytes((number, PARTS)) + BETWEEN.join(parts)
        if case["expect"] == "ok":
            header = base64url.decode(token.split(b".")[0])
            settings = 2 if b'"b64":false' in header.replace(b" ", b"") else 0
            payload = bytes.fromhex(case["payload"])
            yield bytes((number, SIGNED | settings << 2)) + header + BETWEEN + payload
    for payload in (b"", b"nested", b"{}"):
        inner = SIGNER.sign(payload), ENCRYPTER.encrypt(payload)
        outer = (
            SignThenEncrypt(SIGNER, ENCRYPTER).encrypt(payload),
            EncryptThenSign(ENCRYPTER, SIGNER).encrypt(payload),
        )
        for order in (0, 1):
            yield bytes((0, INNER | order << 2)) + inner[order].encode()
            yield bytes((WHOLE_NESTED, order << 2)) + outer[order].encode()
