"""C20P and XC20P that must be refused."""

from dataclasses import replace
from functools import partial

from cryptography.hazmat.primitives.ciphers.aead import AESGCM, ChaCha20Poly1305
from vectors.generator.catalogue import (
    MALFORMED,
    NOT_ALLOWED,
    TEXT,
    UNDECRYPTABLE,
    Start,
    VectorFile,
)
from vectors.generator.encoder.chacha import xchacha_seal
from vectors.generator.encoder.jwe import CONTENT, DRAFT_ENCS, b64, draw, header_bytes, recipe
from vectors.generator.encoder.wrapping import sealed
from vectors.generator.flips import flip
from vectors.generator.keyring import curve, direct, gcmkw, kw, password, rsa


def drafts() -> VectorFile:
    """Build drafts.json."""
    file = VectorFile("drafts.json", 22)
    for enc in DRAFT_ENCS:
        key = direct(enc)
        _lengths(file.start(f"lengths-{enc}", f"IV, tag and key of {enc}", key, enc))
        _constructions(file.start(f"other-{enc}", f"Other ciphers than {enc}", key, enc))
        for owner in (
            rsa("RSA-OAEP-256"),
            curve("ECDH-ES", "X25519"),
            kw("A256KW"),
            gcmkw("A256GCMKW"),
            password("PBES2-HS512+A256KW"),
        ):
            made = sealed(owner, enc, f"drafts {enc} {owner['alg']}", TEXT)
            comment = f"Single bits, {owner['alg']} with {enc}"
            _flips(file.begin(f"flips-{owner['alg']}-{enc}", comment, made))
    _siblings(file)
    return file


def _lengths(start: Start) -> None:
    token = start.made.make()
    right = CONTENT[start.made.enc].iv_bytes
    for size in sorted({0, 1, 8, 11, 12, 13, 16, 23, 24, 25} - {right}):
        wrong = replace(token, iv=(token.iv * 3)[:size])
        start.refuses(f"an IV of {size} bytes", wrong, MALFORMED, "IvLength")
    for size in (0, 1, 8, 12, 15, 17, 32):
        wrong = replace(token, tag=(token.tag * 2)[:size])
        start.refuses(f"a tag of {size} bytes", wrong, MALFORMED, "TagLength")
    for size in (1, 32, 40):
        wrong = replace(token, encrypted_key=draw("drafts key", size))
        fault = f"an encrypted key of {size} bytes"
        start.refuses(fault, wrong, MALFORMED, "EncryptedKeyLength")


def _constructions(start: Start) -> None:
    made = start.made
    cek, iv, aad = made.cek, made.iv, made.aad
    if made.enc == "C20P":
        others = {
            "XChaCha20, with the nonce filled up": xchacha_seal(cek, iv + bytes(12), TEXT, aad),
            "AES-GCM": AESGCM(cek).encrypt(iv, TEXT, aad),
        }
    else:
        others = {
            "ChaCha20 with the nonce's first 12 bytes": ChaCha20Poly1305(cek).encrypt(
                iv[:12], TEXT, aad
            ),
            "ChaCha20 with the nonce's last 12 bytes": ChaCha20Poly1305(cek).encrypt(
                iv[12:], TEXT, aad
            ),
            "AES-GCM with all of the nonce": AESGCM(cek).encrypt(iv, TEXT, aad),
        }
    good = ChaCha20Poly1305(cek).encrypt if made.enc == "C20P" else partial(xchacha_seal, cek)
    others |= {
        "no AAD": good(iv, TEXT, b""),
        "the header's JSON as AAD": good(iv, TEXT, made.header),
        "the nonce backwards": good(iv[::-1], TEXT, aad),
    }
    for what, raw in others.items():
        token = replace(made.make(), ciphertext=raw[:-16], tag=raw[-16:])
        start.refuses(f"encrypted with {what}", token, UNDECRYPTABLE, "NonceSize")
    token = made.make()
    for name in ("iv", "ciphertext", "tag"):
        for what, bit in (("first", 0), ("last", -1)):
            changed = replace(token, **{name: flip(getattr(token, name), bit)})
            fault = f"the {what} bit of the {name} changed"
            start.refuses(fault, changed, UNDECRYPTABLE, "FlippedBit")
    other = recipe(direct(made.enc, "b"), made.enc, f"drafts other {made.enc}", TEXT)
    start.refuses("made for a different key", other, UNDECRYPTABLE, "WrongKey")


def _flips(start: Start) -> None:
    token = start.made.make()
    for name in ("iv", "ciphertext", "tag"):
        changed = replace(token, **{name: flip(getattr(token, name), -1)})
        fault = f"the last bit of the {name} changed"
        start.refuses(fault, changed, UNDECRYPTABLE, "FlippedBit")


def _siblings(file: VectorFile) -> None:
    key = direct("C20P")
    encs = ("C20P", "XC20P", "A256GCM")
    starts = {
        enc: file.start(f"sibling-{enc}", f"Only {enc}, for a key that fits all", key, enc)
        for enc in encs
    }
    for enc, start in starts.items():
        for other in starts.values():
            if other is not start:
                fault = f"an opener that accepts {enc}"
                start.group.refuses(other.base, fault, other.made, NOT_ALLOWED, "EncNotAccepted")
    made = sealed(curve("ECDH-ES", "P-256"), "C20P", "drafts ecdh", TEXT)
    start = file.begin("ecdh-XC20P", "A key that was derived for a different enc", made)
    group = file.group("ecdh-both", "Both encs are accepted", made.key, DRAFT_ENCS)
    base = group.opens(made, "ECDH-ES with C20P")
    members = {**made.members, "enc": "XC20P"}
    iv = draw("drafts ecdh iv", 24)
    changed = replace(made, enc="XC20P", iv=iv, header=header_bytes(members))
    fault = "enc is XC20P, under the key derived for C20P"
    group.refuses(base, fault, changed, UNDECRYPTABLE, "KeyDerivation")
    named = {**start.made.members, "enc": "C20PKW"}
    start.says("enc is C20PKW", named, NOT_ALLOWED, "EncNotAccepted")
    small = {**start.made.members, "enc": "c20p", "apu": b64(b"x")}
    start.says("enc is c20p", small, NOT_ALLOWED, "EncNotAccepted")
