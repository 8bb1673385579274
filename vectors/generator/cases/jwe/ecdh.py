"""ECDH-ES that must be refused: epk, apu, apv, the encrypted key, and other derivations."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from cryptography.hazmat.primitives.keywrap import aes_key_wrap, aes_key_wrap_with_padding
from vectors.generator.catalogue import (
    MALFORMED,
    NOT_ALLOWED,
    TEXT,
    UNDECRYPTABLE,
    Start,
    VectorFile,
)
from vectors.generator.encoder.agreement import (
    ECDH_ALGS,
    ECDH_KEK_BYTES,
    MONTGOMERY,
    WEIERSTRASS,
    agreed,
    concat_kdf,
    counted,
    derived_bytes,
    keyed,
    other_info,
    pair,
    public,
    shared,
)
from vectors.generator.encoder.jwe import Recipe, b64, draw, header_bytes, unb64
from vectors.generator.flips import flip
from vectors.generator.keyring import curve, kw

_ENC = "A128GCM"
_PARTIES = {"apu": b"Alice", "apv": b"Bob"}

# Keys whose negatives are made, each with the enc that they are made with.
_KEYS = (
    ("ECDH-ES", "P-256", "A256CBC-HS512"),
    ("ECDH-ES", "X25519", "A256GCM"),
    ("ECDH-ES+A128KW", "P-384", "A128GCM"),
    ("ECDH-ES+A256KW", "P-521", "A256GCM"),
    ("ECDH-ES+A192KW", "X448", "A128CBC-HS256"),
)

# With these, each curve has stood with and without key wrap.
_MORE_DIRECT = (
    ("ECDH-ES", "P-384", "A128GCM"),
    ("ECDH-ES", "P-521", "A192GCM"),
    ("ECDH-ES", "X448", "A128CBC-HS256"),
)
_MORE_WRAPPED = (
    ("ECDH-ES+A128KW", "P-256", "A128GCM"),
    ("ECDH-ES+A256KW", "X25519", "A256CBC-HS512"),
)

# u-coordinates of low order on X25519, and of their sums with the prime that fit.
_EIGHT_A = 325606250916557431795983626356110631294008115727848805560023387167927233504
_EIGHT_B = 39382357235489614581723060781553021112529911719440698176882885853963445705823
_P25519 = 2**255 - 19
_P448 = 2**448 - 2**224 - 1
_LOW_ORDER = {
    "X25519": {
        "zero": 0,
        "one": 1,
        "of order eight": _EIGHT_A,
        "the other of order eight": _EIGHT_B,
        "the prime less one": _P25519 - 1,
        "the prime": _P25519,
        "the prime and one": _P25519 + 1,
        "zero with the highest bit set": 1 << 255,
        "the prime less one with the highest bit set": _P25519 - 1 | 1 << 255,
    },
    "X448": {
        "zero": 0,
        "one": 1,
        "the prime less one": _P448 - 1,
        "the prime": _P448,
        "the prime and one": _P448 + 1,
    },
}


# All that a reader can do wrong is tried with these, and what depends on the curve with all.
_THOROUGH = 2


def ecdh_epk() -> VectorFile:
    """Build ecdh_epk.json."""
    file = VectorFile("ecdh_epk.json", 16)
    for number, (alg, crv, enc) in enumerate(_KEYS):
        made = agreed(curve(alg, crv), enc, f"epk {alg} {crv}", TEXT)
        start = file.begin(f"epk-{alg}-{crv}", f"The epk of {alg} on {crv}", made)
        if number < _THOROUGH:
            _shapes(start)
            _texts(start)
        _places(start, crv)
    return file


def ecdh() -> VectorFile:
    """Build ecdh.json."""
    file = VectorFile("ecdh.json", 17)
    for number, (alg, crv, enc) in enumerate(_KEYS):
        made = agreed(curve(alg, crv), enc, f"ecdh {alg} {crv}", TEXT, parties=_PARTIES)
        name = f"{alg}-{crv}"
        if number < _THOROUGH:
            _names(file.begin(f"parties-{name}", f"apu and apv of {alg} on {crv}", made))
        _keys(file.begin(f"key-{name}", f"The encrypted key of {alg} on {crv}", made))
        _derivations(file.begin(f"kdf-{name}", f"The derivation of {alg} on {crv}", made))
        start = file.begin(
            f"other-{name}", f"A different key, a different epk, {alg} on {crv}", made
        )
        _others(start, crv)
    _siblings(file)
    return file


def ecdh_epk_direct() -> VectorFile:
    """Build ecdh_epk_direct.json."""
    file = VectorFile("ecdh_epk_direct.json", 42)
    _whole_epks(file, _MORE_DIRECT)
    return file


def ecdh_epk_wrapped() -> VectorFile:
    """Build ecdh_epk_wrapped.json."""
    file = VectorFile("ecdh_epk_wrapped.json", 43)
    _whole_epks(file, _MORE_WRAPPED)
    for alg, crv, enc in _KEYS[_THOROUGH:]:
        made = agreed(curve(alg, crv), enc, f"epk shape {alg} {crv}", TEXT)
        start = file.begin(f"shape-{alg}-{crv}", f"The form of the epk of {alg} on {crv}", made)
        _shapes(start)
        _texts(start)
    return file


def ecdh_more() -> VectorFile:
    """Build ecdh_more.json."""
    file = VectorFile("ecdh_more.json", 44)
    for alg, crv, enc in (*_MORE_DIRECT, *_MORE_WRAPPED):
        made = agreed(curve(alg, crv), enc, f"ecdh {alg} {crv}", TEXT, parties=_PARTIES)
        name = f"{alg}-{crv}"
        _keys(file.begin(f"key-{name}", f"The encrypted key of {alg} on {crv}", made))
        _derivations(file.begin(f"kdf-{name}", f"The derivation of {alg} on {crv}", made))
        start = file.begin(
            f"other-{name}", f"A different key, a different epk, {alg} on {crv}", made
        )
        _others(start, crv)
    return file


def ecdh_parties() -> VectorFile:
    """Build ecdh_parties.json."""
    file = VectorFile("ecdh_parties.json", 45)
    for alg, crv, enc in (*_KEYS[_THOROUGH:], *_MORE_DIRECT, *_MORE_WRAPPED):
        made = agreed(curve(alg, crv), enc, f"parties {alg} {crv}", TEXT, parties=_PARTIES)
        _names(file.begin(f"parties-{alg}-{crv}", f"apu and apv of {alg} on {crv}", made))
    return file


def _whole_epks(file: VectorFile, keys: Iterable[tuple[str, str, str]]) -> None:
    for alg, crv, enc in keys:
        made = agreed(curve(alg, crv), enc, f"epk {alg} {crv}", TEXT)
        start = file.begin(f"epk-{alg}-{crv}", f"The epk of {alg} on {crv}", made)
        _shapes(start)
        _texts(start)
        _places(start, crv)


def _with_epk(start: Start, fault: str, epk: object, flag: str) -> None:
    start.says(fault, {**start.made.members, "epk": epk}, MALFORMED, flag)


def _shapes(start: Start) -> None:
    members = start.made.members
    epk: Mapping[str, str] = dict(members["epk"])
    absent = {name: value for name, value in members.items() if name != "epk"}
    start.says("the epk is missing", absent, MALFORMED, "EpkShape")
    for member in epk:
        rest = {name: value for name, value in epk.items() if name != member}
        _with_epk(start, f"the epk has no {member}", rest, "EpkShape")
        for what, value in (("a number", 1), ("null", None), ("empty", "")):
            fault = f"the {member} of the epk is {what}"
            _with_epk(start, fault, {**epk, member: value}, "EpkShape")
    wrong: dict[str, object] = {
        "a string": epk["x"],
        "a list": [epk],
        "null": None,
        "empty": {},
        "in capitals": {name.upper(): value for name, value in epk.items()},
    }
    for what, value in wrong.items():
        _with_epk(start, f"the epk is {what}", value, "EpkShape")
    if "y" not in epk:
        _with_epk(start, "the epk has a y", {**epk, "y": epk["x"]}, "EpkShape")
    for name in (epk["crv"].lower(), "Ed25519", "secp256k1", "P-192"):
        _with_epk(start, f"the crv of the epk is {name}", {**epk, "crv": name}, "EpkCurve")
    other = "OKP" if epk["kty"] == "EC" else "EC"
    for name in (other, epk["kty"].lower(), "oct", "RSA"):
        _with_epk(start, f"the kty of the epk is {name}", {**epk, "kty": name}, "EpkCurve")


def _texts(start: Start) -> None:
    epk: Mapping[str, str] = dict(start.made.members["epk"])
    for member in sorted({"x", "y"} & epk.keys()):
        text = epk[member]
        texts = {
            "padded": text + "=",
            "with a line feed": text + "\n",
            "with a foreign character": "!" + text[1:],
            "with a letter outside of ASCII": "\u00e9" + text[1:],
        }
        if len(text) % 4:
            texts["with a trailing bit set"] = text[:-1] + _next(text[-1])
        for what, changed in texts.items():
            fault = f"the {member} of the epk {what}"
            _with_epk(start, fault, {**epk, member: changed}, "Base64url")


def _places(start: Start, crv: str) -> None:
    epk: Mapping[str, str] = dict(start.made.members["epk"])
    own: Mapping[str, str] = dict(start.made.random["epk"])
    _with_epk(start, "the epk has its private half", {**epk, "d": own["d"]}, "EpkPrivate")
    for member in sorted({"x", "y"} & epk.keys()):
        raw = unb64(epk[member])
        sizes = {
            "without its last byte": raw[:-1],
            "without its first byte": raw[1:],
            "with a zero in front": b"\x00" + raw,
            "with a zero at the end": raw + b"\x00",
        }
        for what, changed in sizes.items():
            fault = f"the {member} of the epk {what}"
            _with_epk(start, fault, {**epk, member: b64(changed)}, "EpkLength")
    for other in (*WEIERSTRASS, *MONTGOMERY):
        if other != crv:
            foreign = public(pair(other, f"foreign {crv}"))
            _with_epk(start, f"an epk on {other}", foreign, "EpkCurve")
    if crv in WEIERSTRASS:
        _off_curve(start, crv, epk)
    else:
        _low_orders(start, crv, epk)


def _next(character: str) -> str:
    """Set the lowest bit of a character's value."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    return alphabet[alphabet.index(character) | 1]


def _off_curve(start: Start, crv: str, epk: Mapping[str, str]) -> None:
    values = WEIERSTRASS[crv]

    def at(x: int, y: int) -> dict[str, str]:
        return {**epk, "x": b64(x.to_bytes(values.size)), "y": b64(y.to_bytes(values.size))}

    x, y = (int.from_bytes(unb64(epk[member])) for member in ("x", "y"))
    small = next((number, root) for number in range(1, 100) if (root := values.y(number)))
    # A point of a curve with a different b: the arithmetic never uses b. CVE-2017-16007.
    points = {
        "with the lowest bit of y changed": at(x, y ^ 1),
        "with x and y in each other's place": at(y, x),
        "at zero, which stands for infinity in some encodings": at(0, 0),
        "at one and one, on a curve with a different b": at(1, 1),
        "with x above the prime": at(small[0] + values.prime, small[1]),
        "with x equal to the prime": at(values.prime, values.y(0) or 0),
    }
    if x + values.prime < 256**values.size:
        points["with the prime added to x"] = at(x + values.prime, y)
        points["with the prime added to y"] = at(x, y + values.prime)
    for what, changed in points.items():
        _with_epk(start, f"a point {what}", changed, "EpkOffCurve")


def _low_orders(start: Start, crv: str, epk: Mapping[str, str]) -> None:
    """Give points with which every private key agrees on zero, and seal under what follows."""
    made = start.made
    size = MONTGOMERY[crv][2]
    purpose, key_bytes = derived_bytes(made.alg, made.enc)
    info = other_info(purpose, b"", b"", key_bytes)
    zero = keyed(made, concat_kdf(bytes(size), info, key_bytes))
    for what, number in _LOW_ORDER[crv].items():
        point = {**epk, "x": b64(number.to_bytes(size, "little"))}
        changed = zero.said(header_bytes({**made.members, "epk": point}))
        start.refuses(f"the epk is {what}", changed, MALFORMED, "EpkLowOrder")


def _names(start: Start) -> None:
    members = start.made.members
    for member in ("apu", "apv"):
        text = str(members[member])
        # "Alice" and "Bob" take 7 and 4 characters: only the first one has bits to spare.
        texts = {
            "padded": text + "=",
            "with a space": text + " ",
            "with a foreign character": "+" + text[1:],
            "with a letter outside of ASCII": "\u00e9" + text[1:],
            "with one character left over": text + "AA"[: (1 - len(text)) % 4],
        }
        if len(text) % 4:
            texts["with a trailing bit set"] = text[:-1] + _next(text[-1])
        for what, changed in texts.items():
            start.says(f"{member} {what}", {**members, member: changed}, MALFORMED, "Base64url")
        for what, wrong in (("a list", []), ("true", True)):
            fault = f"{member} is {what}"
            start.says(fault, {**members, member: wrong}, MALFORMED, "HeaderShape")
        changes: dict[str, dict[str, object]] = {
            "missing": {name: value for name, value in members.items() if name != member},
            "empty": {**members, member: ""},
            "a different name": {**members, member: b64(b"Mallory")},
        }
        for what, changed_members in changes.items():
            fault = f"{member} is {what}, and nothing derived again"
            start.says(fault, changed_members, UNDECRYPTABLE, "KeyDerivation")


def _keys(start: Start) -> None:
    made = start.made
    token = made.make()
    if not ECDH_KEK_BYTES[made.alg]:
        for size in sorted({1, 16, len(made.cek), len(made.cek) + 8}):
            changed = replace(token, encrypted_key=draw("an encrypted key", size))
            fault = f"an encrypted key of {size} bytes, where none is due"
            start.refuses(fault, changed, MALFORMED, "EncryptedKeyLength")
        return
    wrapped = token.encrypted_key
    size = len(wrapped)
    for other in (0, 1, 8, size - 8, size - 1, size + 1, size + 8):
        changed = replace(token, encrypted_key=(wrapped + bytes(8))[:other])
        fault = f"an encrypted key of {other} bytes"
        start.refuses(fault, changed, MALFORMED, "EncryptedKeyLength")
    for what, bit in (("first", 0), ("last", -1)):
        changed = replace(token, encrypted_key=flip(wrapped, bit))
        fault = f"the {what} bit of the encrypted key changed"
        start.refuses(fault, changed, UNDECRYPTABLE, "FlippedBit")
    kek = _derived(made)
    padded = replace(token, encrypted_key=aes_key_wrap_with_padding(kek, made.cek))
    fault = "the key wrapped with padding, as RFC 5649 has it"
    start.refuses(fault, padded, UNDECRYPTABLE, "SiblingAlg")
    twice = replace(token, encrypted_key=aes_key_wrap(kek[::-1], made.cek))
    start.refuses("the KEK used backwards", twice, UNDECRYPTABLE, "KeyDerivation")


def _derived(made: Recipe) -> bytes:
    purpose, size = derived_bytes(made.alg, made.enc)
    info = other_info(purpose, _PARTIES["apu"], _PARTIES["apv"], size)
    return concat_kdf(_secret(made), info, size)


def _secret(made: Recipe) -> bytes:
    return shared(dict(made.random["epk"]), public(made.key))


def _derivations(start: Start) -> None:
    """Derive in a different way, and seal under what follows."""
    made = start.made
    secret = _secret(made)
    purpose, size = derived_bytes(made.alg, made.enc)
    apu, apv = _PARTIES["apu"], _PARTIES["apv"]
    good = other_info(purpose, apu, apv, size)
    sibling = made.alg if purpose == made.enc else made.enc
    encoded = (b64(apu).encode(), b64(apv).encode())
    fixed = counted(purpose.encode()) + counted(apu) + counted(apv)
    infos = {
        f"the name {sibling}": other_info(sibling, apu, apv, size),
        "an empty name": other_info("", apu, apv, size),
        "apu and apv in each other's place": other_info(purpose, apv, apu, size),
        "no apu and no apv": other_info(purpose, b"", b"", size),
        "apu and apv still encoded": other_info(purpose, *encoded, size),
        "the size in bytes": fixed + size.to_bytes(4),
        "the size in little-endian": fixed + (8 * size).to_bytes(4, "little"),
        "no size": fixed,
        "no lengths": purpose.encode() + apu + apv + (8 * size).to_bytes(4),
        "a private part that is empty but counted": good + bytes(4),
    }
    keys = {f"with {what}": concat_kdf(secret, info, size) for what, info in infos.items()}
    keys |= {
        "with SHA-512": concat_kdf(secret, good, size, "sha512"),
        "from the secret backwards": concat_kdf(secret[::-1], good, size),
        "from the secret without its last byte": concat_kdf(secret[:-1], good, size),
        "from a secret of zeros": concat_kdf(bytes(len(secret)), good, size),
        "as the secret itself": (secret * 3)[:size],
    }
    for what, derived in keys.items():
        changed = keyed(made, derived)
        start.refuses(f"the key derived {what}", changed, UNDECRYPTABLE, "KeyDerivation")


def _others(start: Start, crv: str) -> None:
    made = start.made
    other = agreed(
        curve(made.alg, crv, "b"), made.enc, f"other {made.alg} {crv}", TEXT, parties=_PARTIES
    )
    start.refuses("made for a different key", other, UNDECRYPTABLE, "WrongKey")
    foreign = public(pair(crv, f"another epk {crv}"))
    members = {**made.members, "epk": foreign}
    fault = "a different epk, and nothing derived again"
    start.says(fault, members, UNDECRYPTABLE, "KeyDerivation")
    if crv in WEIERSTRASS:
        y = WEIERSTRASS[crv].prime - int.from_bytes(unb64(dict(made.members["epk"])["y"]))
        mirrored = {**dict(made.members["epk"]), "y": b64(y.to_bytes(WEIERSTRASS[crv].size))}
        token = replace(made.make(), header=header_bytes({**made.members, "epk": mirrored}))
        fault = "the epk mirrored, which gives the same secret, under the old tag"
        start.refuses(fault, token, UNDECRYPTABLE, "FlippedBit")
    token = made.make()
    for name in ("iv", "ciphertext", "tag"):
        raw = getattr(token, name)
        changed = replace(token, **{name: flip(raw, -1)})
        start.refuses(f"the last bit of the {name} changed", changed, UNDECRYPTABLE, "FlippedBit")


def _siblings(file: VectorFile) -> None:
    """Hold valid tokens against keys that are bound to a different alg."""
    for crv in ("P-256", "X25519"):
        starts = {
            alg: file.begin(
                f"sibling-{alg}-{crv}",
                f"Tokens of the siblings of {alg} on {crv}",
                agreed(curve(alg, crv), _ENC, f"sibling {alg} {crv}", TEXT),
            )
            for alg in ECDH_ALGS
        }
        for alg, start in starts.items():
            for other in starts.values():
                if other is not start:
                    fault = f"a key bound to {alg}"
                    start.group.refuses(
                        other.base, fault, other.made, NOT_ALLOWED, "AlgNotAccepted"
                    )
            members = {**start.made.members, "alg": "A128KW"}
            start.says("alg is A128KW, next to an epk", members, NOT_ALLOWED, "AlgNotAccepted")
    start = file.start("sibling-A128KW", "A key for A128KW", kw("A128KW"), _ENC)
    members = {**start.made.members, "alg": "ECDH-ES+A128KW"}
    members["epk"] = public(pair("P-256", "sibling A128KW"))
    start.says("alg is ECDH-ES+A128KW", members, NOT_ALLOWED, "AlgNotAccepted")
