"""Any bytes as a token for `Decrypter`: a plaintext that was sealed, or a `TokenError`.

The first byte chooses the key, the second the settings and what the rest is: a token; its five
parts, not yet encoded; or a header and a plaintext, which are sealed here for the key, as any sender
can. So the fuzzer's changes reach what lies behind base64url and behind a good tag.
"""

from functools import cache

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from tests.fuzz import quantum
from tests.fuzz.material import BETWEEN, LIMITS, WORDS, bytes_of, cases, jwks, key, parts_of
from tests.fuzz.tokens import check_exact, members_of, opened
from tests.helpers import all_algorithms, forge

from joseal import Decrypter, Key
from joseal._core.algorithms import content_encryption
from joseal._core.algorithms.key_management import WrapSettings
from joseal._core.algorithms.registry import ENCS
from joseal._core.wire import base64url, strict_json

__all__ = ["WORDS", "check", "seeds"]

SCHEMA = "jwe_compact_v1"
SETTINGS = [
    {"accept_zip": True, "crit": ["exp", "urn:x"], "any_kid": True},
    {"typ": "JWT", "cty": "json"},
]
TEXT, PARTS, SEALED, BLOCKS = range(4)


@cache
def openers():
    """Return every key as JSON text: those of the vectors, and those of HPKE with ML-KEM."""
    return [*jwks(SCHEMA), *quantum.openers()]


@cache
def decrypter(number, settings):
    loaded = key(openers()[number])
    enc = None if loaded._content else list(ENCS)
    return Decrypter(loaded, enc=enc, limits=LIMITS, **SETTINGS[settings])


@cache
def wrapping(number):
    """Return the alg, the encs that the key serves, and what wraps keys for it."""
    loaded = key(openers()[number])
    encs = loaded._contents([enc for enc in ENCS.values() if loaded._serves(enc)])
    if loaded.alg == "RSA1_5":
        return loaded.alg, encs, pkcs1(load_pem_public_key(loaded.public().to_pem().encode()))
    if loaded.alg in all_algorithms.PBES2:
        raw = base64url.decode_text(loaded.to_jwk(private=True)["k"])
        loaded = Key.from_password(raw, alg=loaded.alg, iterations=1000)
    sealing = loaded.public() if loaded.is_private else loaded
    management = sealing._for_encryption("encrypt", encs, None)
    return loaded.alg, encs, lambda enc: management.wrap(WrapSettings(enc, LIMITS))


def pkcs1(public):
    """Return what joseal does not do: wrapping for RSA1_5."""

    def wrap(enc):
        cek = forge.draw("cek", enc.cek_bytes)
        return cek, public.encrypt(cek, PKCS1v15()), {}

    return wrap


def sealed(number, choice, header, content, *, as_blocks):
    """Seal a content under a header that is the fuzzer's, as far as it is JSON."""
    alg, encs, wrap = wrapping(number)
    own = members_of(header)
    enc = next((enc for enc in encs if enc.name == own.get("enc")), encs[choice % len(encs)])
    cek, encrypted_key, managed = wrap(enc)
    named = {} if enc.inner_bytes else {"enc": enc.name}
    written = strict_json.dump({"alg": alg, **named, **own, **managed})
    raw = header if written is None else written
    aad, iv = base64url.encode(raw), forge.draw("iv", enc.iv_bytes)
    if enc.inner_bytes:
        body = content_encryption.seal(enc, cek, iv, aad, content)
    elif as_blocks and enc.family == "cbc-hmac":
        whole = content[: len(content) // 16 * 16] or bytes(16)
        body = forge.seal_padded(enc.name, cek, iv, aad, whole)
    else:
        body = all_algorithms.seal(enc.name, cek, iv, aad, content)
    return bytes_of(str(forge.Token(raw, encrypted_key, iv, *body)))


def check(data):
    if len(data) < 3:
        return
    number, form, choice = data[0] % len(openers()), data[1] >> 1 & 3, data[1] >> 3
    rest, content = data[2:], None
    if form == TEXT:
        token = rest
    elif form == PARTS:
        token = b".".join(map(base64url.encode, parts_of(rest, 5)))
    else:
        header, content = parts_of(rest, 2)
        token = sealed(number, choice, header, content, as_blocks=form == BLOCKS)
    opener = decrypter(number, data[1] & 1)
    found = opened(opener.open, token)
    if found is None:
        return
    check_exact(token, 5, found.header)
    assert opener.decrypt(token.decode("ascii")) == found.plaintext
    if form == SEALED and "zip" not in found.header:
        assert found.plaintext == content


def seeds():
    for number, case in cases(SCHEMA):
        token = bytes_of(case["token"])
        yield bytes((number, TEXT)) + token
        parts = [base64url.decode(segment) for segment in token.split(b".")]
        if len(parts) == 5 and None not in parts:
            yield bytes((number, PARTS << 1)) + BETWEEN.join(parts)
        if case["expect"] == "ok":
            content = bytes.fromhex(case.get("inject", {}).get("deflated", case["plaintext"]))
            choice = (int(case["id"]) & 31) << 3
            for form in (SEALED, BLOCKS):
                yield bytes((number, form << 1 | choice)) + parts[0] + BETWEEN + content
    for number, token in quantum.tokens():
        first = len(jwks(SCHEMA)) + number
        yield bytes((first, TEXT)) + bytes_of(str(token))
        yield bytes((first, PARTS << 1)) + BETWEEN.join(token)
        for form in (SEALED, BLOCKS):
            yield bytes((first, form << 1)) + token.header + BETWEEN + b"content"
