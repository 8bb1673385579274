"""HPKE with a KEM on a curve: what must open, and what must be refused."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from vectors.generator.catalogue import (
    MALFORMED,
    NOT_ALLOWED,
    TEXT,
    UNDECRYPTABLE,
    Group,
    VectorFile,
)
from vectors.generator.encoder.agreement import WEIERSTRASS
from vectors.generator.encoder.hpke import HPKE_ALGS, Schedule, Sealed, encoded, sealed, suite_of
from vectors.generator.encoder.jwe import ENCS, Jwk, Token, b64
from vectors.generator.flips import flip
from vectors.generator.keyring import curve

_ENC = "A128GCM"
_HEADER = "HpkeHeader"
# The first small-order points of both Montgomery curves. RFC 7748 section 6.
_LOW = (0, 1)


def hpke() -> VectorFile:
    """Build hpke.json: Integrated Encryption."""
    return _file(VectorFile("hpke.json", 59), [alg for alg in HPKE_ALGS if not alg.endswith("-KE")])


def hpke_ke() -> VectorFile:
    """Build hpke_ke.json: Key Encryption."""
    return _file(VectorFile("hpke_ke.json", 60), [alg for alg in HPKE_ALGS if alg.endswith("-KE")])


def _file(file: VectorFile, algs: Sequence[str]) -> VectorFile:
    for alg in algs:
        key = curve(alg, suite_of(alg).crv)
        opener = {"enc": list(ENCS)} if alg.endswith("-KE") else {}
        members = {"id": alg, "comment": f"A key for {alg}", "key": key, "opener": opener}
        group = file.add(members)
        made = sealed(key, f"hpke {alg}", TEXT)
        base = _opens(group, made, "The token that is changed below")
        if alg.endswith("-KE"):
            for enc in ENCS[1:]:
                _opens(group, sealed(key, f"hpke {alg} {enc}", TEXT, enc=enc), f"With {enc}")
        _opens(group, sealed(key, f"hpke {alg} empty", b""), "An empty plaintext")
        refuse = partial(group.refuses, base)
        _secrets(group, base, key, made)
        _members(group, base, key)
        for fault, token in _lengths(made.token, is_ke=alg.endswith("-KE")).items():
            refuse(fault, token, MALFORMED, "HpkeLength")
        for fault, how in _SCHEDULES.items():
            refuse(fault, _again(key, how=how).token, UNDECRYPTABLE, "HpkeSchedule")
        for name in ("ciphertext", *(("tag", "encrypted_key") if alg.endswith("-KE") else ())):
            changed = replace(made.token, **{name: flip(getattr(made.token, name), -1)})
            refuse(f"the last bit of the {name} changed", changed, UNDECRYPTABLE, "FlippedBit")
        other = sealed(curve(alg, suite_of(alg).crv, "b"), f"hpke {alg} b", TEXT)
        refuse("made for a different key", other.token, UNDECRYPTABLE, "WrongKey")
    return file


def _opens(group: Group, made: Sealed, comment: str) -> int:
    plaintext = b"" if comment == "An empty plaintext" else TEXT
    return group.opens_token(str(made.token), plaintext, made.inject(), comment, "Hpke")


_SCHEDULES = {
    "derived with an info": Schedule(info=b"session"),
    "derived in a different mode": Schedule(mode=b"\1"),
    "derived with a different version": Schedule(version=b"HPKE-07"),
    "derived with a different suite": Schedule(suite_id=b"HPKE\0\x20\0\x01\0\x09"),
}


def _again(key: Jwk, **own: object) -> Sealed:
    return sealed(key, f"hpke {key['alg']}", TEXT, **own)


def _secrets(group: Group, base: int, key: Jwk, made: Sealed) -> None:
    """Break the encapsulated secret: what can be seen without the private key."""
    alg, crv = key["alg"], suite_of(key["alg"]).crv
    own = made.token.encrypted_key if not alg.endswith("-KE") else _ek(made)
    faults = {
        "is empty": b"",
        "is one byte shorter": own[:-1],
        "is one byte longer": own + b"\0",
    }
    if crv in WEIERSTRASS:
        size = WEIERSTRASS[crv].size
        faults["is compressed"] = b"\2" + own[1 : 1 + size]
        faults["has a different first byte"] = b"\5" + own[1:]
        faults["is off the curve"] = flip(own, -1)
        faults["is at the point of zeros"] = b"\4" + bytes(2 * size)
    else:
        for u in _LOW:
            faults[f"is of low order, u is {u}"] = u.to_bytes(len(own), "little")
    for fault, sent in faults.items():
        token = _again(key, sent=sent).token
        group.refuses(base, f"the encapsulated secret {fault}", token, MALFORMED, "HpkeSecret")


def _ek(made: Sealed) -> bytes:
    return encoded(made.ephemeral)


def _members(group: Group, base: int, key: Jwk) -> None:
    """Add Header Parameters that the mode does not have, and leave out those that it needs."""
    is_ke = key["alg"].endswith("-KE")
    say = partial(group.refuses, base)
    psk = _again(key, others={"psk_id": b64(b"psk")}).token
    say("psk_id is there", psk, NOT_ALLOWED, _HEADER)
    if is_ke:
        for name in ("enc", "ek"):
            say(f"{name} is missing", _again(key, others={name: None}).token, MALFORMED, _HEADER)
        padded = _again(key, others={"ek": "AA=="}).token
        say("ek is padded", padded, MALFORMED, _HEADER)
        number = _again(key, others={"ek": 5}).token
        say("ek is a number", number, MALFORMED, _HEADER)
    else:
        say("enc is there", _again(key, others={"enc": _ENC}).token, MALFORMED, _HEADER)
        say("ek is there", _again(key, others={"ek": b64(b"ek")}).token, MALFORMED, _HEADER)
    zipped = _again(key, others={"zip": "DEF"}).token
    say("zip is there", zipped, NOT_ALLOWED, _HEADER)
    sibling = key["alg"].removesuffix("-KE") if is_ke else f"{key['alg']}-KE"
    other = _again(key, others={"alg": sibling}).token
    say("alg is the other mode of the suite", other, NOT_ALLOWED, _HEADER)


def _lengths(token: Token, *, is_ke: bool) -> dict[str, Token]:
    if is_ke:
        return {
            "the encrypted key is one byte shorter": replace(
                token, encrypted_key=token.encrypted_key[:-1]
            ),
            "the encrypted key is one byte longer": replace(
                token, encrypted_key=token.encrypted_key + b"\0"
            ),
            "the encrypted key is empty": replace(token, encrypted_key=b""),
        }
    return {
        "an IV is there": replace(token, iv=bytes(12)),
        "a tag is there": replace(token, tag=token.ciphertext[-16:]),
        "the ciphertext is empty": replace(token, ciphertext=b""),
        "the ciphertext is shorter than a tag": replace(token, ciphertext=token.ciphertext[:15]),
    }
