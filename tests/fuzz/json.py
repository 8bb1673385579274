"""Any text as a message in JSON, for `Decrypter` and `Verifier`: one that was made, or a `TokenError`.

What a `Decrypter` is given, a `Rewrapper` is given too: what it moves has the same content, and opens
for the new key if and only if it opened for the old one.

The first byte chooses who reads it, the second what the rest is: a text; or a message that is good,
whose members are changed by the rest, each at its place, so that the fuzzer's changes reach what is
behind JSON. What is authenticated is not made again: a change of it must not go through.
"""

import json
from functools import cache

from tests.fuzz.material import BETWEEN
from tests.fuzz.tokens import opened

from joseal import (
    Decrypter,
    Encrypter,
    Key,
    Limits,
    MultiEncrypter,
    MultiSigner,
    Rewrapper,
    Signer,
    Verifier,
)
from joseal._core.jwe import decryption_settings

FORMS = ("flattened", "general")
UNPROTECTED = ("alg", "kid", "enc")
LIMITS = Limits(pbes2_iterations=5000)
ENC = "A128GCM"
CONTENT = b"hello"
OWN = Key.from_bytes(b"a" * 16, alg="A128KW", kid="alice")
GCM = Key.from_bytes(b"c" * 16, alg="A128GCMKW", kid="carol")
NEW = Key.from_bytes(b"n" * 32, alg="A256KW", kid="new")
DIRECT = Key.from_bytes(b"d" * 16, alg="dir")
PASSWORD = Key.from_password(b"correct horse", alg="PBES2-HS256+A128KW", kid="p", iterations=1000)
AGREED = Key.from_jwk(
    {
        "kty": "OKP",
        "crv": "X25519",
        "alg": "ECDH-ES+A128KW",
        "kid": "e",
        "d": "dwdtCnMYpX08FsFyUbJmRd9ML4frwJkqsXf7pR25LCo",
        "x": "hSDwCYkwp1R0i33ctD73Wg2_Og0mOBr066SpjqqbTmo",
    }
)
SIGNING = [Key.from_bytes(bytes([n]) * 32, alg="HS256", kid=str(n)) for n in (1, 2)]
KEYS = [OWN, GCM, PASSWORD, AGREED]
WORDS = [
    *("protected", "unprotected", "header", "encrypted_key", "recipients", "aad", "iv", "tag"),
    *("ciphertext", "payload", "signatures", "signature", "alg", "enc", "kid", "crit", "zip"),
    *("b64", "epk", "p2s", "p2c", "A128KW", "A128GCMKW", "dir", "HS256", "alice", '":', '{"', "[]"),
]


@cache
def readers():
    """Return what reads, in the order of the first byte."""
    settings = {"enc": [ENC, "A256GCM"], "limits": LIMITS, "crit": ["urn:x"]}
    return [
        *(
            Decrypter(key, form=form, accept_unprotected=names, accept_zip=True, **settings)
            for key in KEYS
            for form in FORMS
            for names in ((), UNPROTECTED)
        ),
        *(Decrypter(DIRECT, form=form, enc=ENC, limits=LIMITS) for form in FORMS),
        *(
            Verifier(SIGNING[0], form=form, b64=b64, crit=["urn:x"], limits=LIMITS)
            for form in FORMS
            for b64 in (True, False)
        ),
    ]


@cache
def mover(reader):
    """Return what moves the messages of a reader to a new key, and what opens them then."""
    form = decryption_settings(reader).form
    opener = Decrypter(
        NEW, form=form, enc=ENC, crit=["urn:x"], accept_zip=True, limits=LIMITS,
        accept_unprotected=UNPROTECTED,
    )  # fmt: skip
    return Rewrapper(reader, Encrypter(NEW, enc=ENC, limits=LIMITS)), opener


@cache
def messages():
    """Return good messages, some for each reader."""
    public = [AGREED.public() if key is AGREED else key for key in KEYS]
    return [
        *(
            Encrypter(key, enc=ENC, form=form).encrypt(CONTENT, aad=b"order 1")
            for key in (*public, DIRECT)
            for form in FORMS
        ),
        MultiEncrypter(public, enc=ENC, limits=LIMITS).encrypt(CONTENT),
        *(
            MultiEncrypter([key], enc=ENC, rewrappable=True).encrypt(CONTENT)
            for key in (public[0], public[3])
        ),
        *(
            Signer(SIGNING[0], form=form, b64=b64).sign(CONTENT)
            for form in FORMS
            for b64 in (True, False)
        ),
        MultiSigner(SIGNING).sign(CONTENT),
    ]


def places(value, path=()):
    """Every place of a JSON value, as the steps to it."""
    yield path
    inner = value.items() if isinstance(value, dict) else ()
    for step, one in enumerate(value) if isinstance(value, list) else inner:
        yield from places(one, (*path, step))


def changed(message, edits):
    """Put values of the fuzzer's at places of a message."""
    for edit in edits:
        if len(edit) < 2:
            continue
        found = [path for path in places(message) if path]
        if not found:
            break
        *way, last = found[edit[0] % len(found)]
        inner = message
        for step in way:
            inner = inner[step]
        text = edit[2:].decode("utf-8", "replace")
        try:
            value = json.loads(text) if edit[1] & 1 else text
        except (ValueError, RecursionError):
            value = text
        if edit[1] & 2 and isinstance(inner, dict):
            inner[text[:16]] = inner.pop(last)
        else:
            inner[last] = value
    return message


def check(data):
    if len(data) < 3:
        return
    reader = readers()[data[0] % len(readers())]
    if data[1] & 1:
        token = data[2:]
    else:
        good = messages()
        message = json.loads(good[data[1] // 2 % len(good)])
        token = json.dumps(changed(message, data[2:].split(BETWEEN))).encode()
    found = opened(reader.open, token)
    if found is not None:
        content = found.plaintext if isinstance(reader, Decrypter) else found.payload
        # Nobody but these keys can have made it.
        assert content == CONTENT
        assert opened(reader.open, token.decode()) == found
    if isinstance(reader, Decrypter):
        check_moved(reader, token, found)


def check_moved(reader, token, found):
    rewrapper, opener = mover(reader)
    moved = opened(rewrapper.rewrap, token)
    if moved is None:
        return
    before, after = json.loads(token), json.loads(moved)
    for name in ("protected", "aad", "iv", "ciphertext", "tag"):
        assert after.get(name, "") == before.get(name, "")
    result = opened(opener.open, moved)
    assert (result is None) == (found is None)
    assert result is None or result.plaintext == CONTENT


def seeds():
    for number in range(len(readers())):
        for place, text in enumerate(messages()):
            yield bytes((number, 1)) + text.encode()
            yield bytes((number, place * 2)) + b"\x01\x00x" + BETWEEN + b"\x05\x01null"
