"""What must be refused for what the header says: shapes, alg, enc, zip, crit, kid, typ, cty."""

from collections.abc import Mapping
from dataclasses import replace

from vectors.generator.catalogue import MALFORMED, NOT_ALLOWED, TEXT, UNKNOWN_KEY, Start, VectorFile
from vectors.generator.encoder.jwe import b64, draw, header_bytes, recipe
from vectors.generator.keyring import KW_ALGS, RSA_ALGS, direct, kw, rsa

_ENC = "A128GCM"
_GOOD = {"alg": "A128KW", "enc": _ENC}

_WRONG = {"null": None, "a number": 1, "a list": ["A"], "an object": {"A": 1}, "true": True}
_NO_STRING = {"null": None, "a number": 1}
_STRINGS = ("kid", "typ", "cty", "zip", "apu", "apv", "iv", "tag", "p2s")

# What some members must not be, apart from `alg` and `enc`.
_SHAPES: Mapping[str, Mapping[str, object]] = {
    **dict.fromkeys(_STRINGS, _NO_STRING),
    "p2c": {"null": None, "a string": "1000", "a fraction": 1000.5, "true": True},
    "epk": {"null": None, "a string": "A", "a list": []},
    "crit": {"null": None, "a string": "x", "an object": {"x": 1}, "true": True},
}

_POINT = {"kty": "OKP", "crv": "X25519", "x": b64(draw("epk", 32))}
_WRAPPED = {"iv": b64(draw("gcmkw iv", 12)), "tag": b64(draw("gcmkw tag", 16))}
_DERIVED = {"p2s": b64(draw("p2s", 16)), "p2c": 2_147_483_647}

# Algs for a token whose key is bound to A128KW, with the members that they need.
_OTHER_ALGS: Mapping[str, Mapping[str, object]] = {
    "": {},
    "a128kw": {},
    "A128KW ": {},
    " A128KW": {},
    "A128KW\x00": {},
    "A128K\uff37": {},
    "A192KW": {},
    "A256KW": {},
    "A128GCMKW": _WRAPPED,
    "dir": {},
    "ECDH-ES": {"epk": _POINT},
    "ECDH-ES+A128KW": {"epk": _POINT},
    "PBES2-HS256+A128KW": _DERIVED,
    "RSA-OAEP": {},
    "RSA1_5": {},
    "A128GCM": {},
    "__proto__": {},
    "http://www.w3.org/2001/04/xmlenc#kw-aes128": {},
}
_OTHER_ENCS = ("", "a128gcm", "A128GCM ", "A192GCM", "A256GCM", "A128CBC-HS256", "A128CBC", "none")

_EXP = {"exp": 1700000000}
# Values of `crit`, with the members next to it, where nothing or only `exp` is understood.
CRIT: Mapping[str, tuple[object, Mapping[str, object]]] = {
    "is empty": ([], _EXP),
    "holds a number": (["exp", 1], _EXP),
    "holds a null": ([None], _EXP),
    "holds a list": ([["exp"]], _EXP),
    "names a member that is not understood": (["urn:x"], {"urn:x": 1}),
    "names one that is understood and one that is not": (["exp", "urn:x"], {**_EXP, "urn:x": 1}),
    "names an absent member": (["exp"], {}),
    "names a member twice": (["exp", "exp"], _EXP),
    "names a member in a different case": (["EXP"], {"EXP": 1}),
    "names the empty name": ([""], {"": 1}),
    "names itself": (["crit"], {}),
    "names alg, which is not an extension": (["alg"], {}),
    "names enc, which is not an extension": (["enc"], {}),
    "names kid, which is not an extension": (["kid"], {"kid": "any"}),
    "names zip, which is absent and no extension": (["zip"], {}),
}


def header() -> VectorFile:
    """Build header.json."""
    file = VectorFile("header.json", 5)
    _shapes(file)
    _algs(file)
    _siblings(file)
    _encs(file)
    _zips(file)
    _crit(file)
    _names(file)
    return file


def _says(start: Start, fault: str, members: Mapping[str, object], expect: str, flag: str) -> None:
    """Refuse the token with a different header; it is made anew, so that its tag is good."""
    changed = replace(start.made, header=header_bytes(members))
    start.group.refuses(start.base, fault, changed, expect, flag)


def _shapes(file: VectorFile) -> None:
    start = file.start("shape", "Members of the wrong type", kw("A128KW"), _ENC)
    for member in _GOOD:
        absent = {name: value for name, value in _GOOD.items() if name != member}
        _says(start, f"{member} is missing", absent, MALFORMED, "HeaderShape")
        capitals = {name.upper() if name == member else name: _GOOD[name] for name in _GOOD}
        fault = f"{member} is in capitals, so missing"
        _says(start, fault, capitals, MALFORMED, "HeaderShape")
        for kind, value in _WRONG.items():
            fault = f"{member} is {kind}"
            _says(start, fault, {**_GOOD, member: value}, MALFORMED, "HeaderShape")
    for member, kinds in _SHAPES.items():
        for what, wrong in kinds.items():
            fault = f"{member} is {what}"
            _says(start, fault, {**_GOOD, member: wrong}, MALFORMED, "HeaderShape")


def _algs(file: VectorFile) -> None:
    start = file.start("alg", "Algs that a key for A128KW is not bound to", kw("A128KW"), _ENC)
    for alg, others in _OTHER_ALGS.items():
        flag = "WorkFactor" if "p2c" in others else "AlgNotAccepted"
        members = {"alg": alg, **others, "enc": _ENC}
        _says(start, f"alg is {alg!a}", members, NOT_ALLOWED, flag)
    groups = (
        (rsa("RSA-OAEP-256"), ("RSA-OAEP", "RSA-OAEP-384", "RSA1_5", "rsa-oaep-256", "A128KW")),
        (direct(_ENC), ("A128KW", _ENC, "Dir", "ECDH-ES")),
    )
    for key, algs in groups:
        comment = f"Algs that a key for {key['alg']} is not bound to"
        start = file.start(f"alg-{key['alg']}", comment, key, _ENC)
        for alg in algs:
            members = {"alg": alg, "enc": _ENC}
            _says(start, f"alg is {alg}", members, NOT_ALLOWED, "AlgNotAccepted")


def _siblings(file: VectorFile) -> None:
    """Hold valid tokens against keys that are bound to a different alg of their family."""
    for kind, algs in ((rsa, RSA_ALGS), (kw, KW_ALGS)):
        starts = {
            alg: file.start(f"sibling-{alg}", f"Tokens of the siblings of {alg}", kind(alg), _ENC)
            for alg in algs
        }
        for alg, start in starts.items():
            for other in starts.values():
                if other is not start:
                    fault = f"a key bound to {alg}"
                    made = other.made
                    start.group.refuses(other.base, fault, made, NOT_ALLOWED, "AlgNotAccepted")


def _encs(file: VectorFile) -> None:
    start = file.start("enc", "Encs that are not accepted", kw("A128KW"), _ENC)
    for enc in _OTHER_ENCS:
        members = {"alg": "A128KW", "enc": enc}
        _says(start, f"enc is {enc!a}", members, NOT_ALLOWED, "EncNotAccepted")
    key = direct("A128CBC-HS256")
    comment = "A dir key whose size fits a different enc as well"
    group, _, base = file.start("enc-dir", comment, key, "A128CBC-HS256")
    other = recipe(key, "A256GCM", "enc-dir other", TEXT)
    group.refuses(base, "the same key used with A256GCM", other, NOT_ALLOWED, "EncNotAccepted")


def _zips(file: VectorFile) -> None:
    start = file.start("zip", "Compression, which is off", kw("A128KW"), _ENC)
    # One stored block: DEFLATE without a compressor, so that it is the same everywhere.
    size = len(TEXT)
    sizes = size.to_bytes(2, "little") + (size ^ 0xFFFF).to_bytes(2, "little")
    deflated = start._replace(made=replace(start.made, plaintext=b"\x01" + sizes + TEXT))
    members = {**_GOOD, "zip": "DEF"}
    _says(deflated, "zip is DEF, and the plaintext deflated", members, NOT_ALLOWED, "Compression")
    for name in ("", "def", "GZIP"):
        members = {**_GOOD, "zip": name}
        _says(start, f"zip is {name!a}", members, NOT_ALLOWED, "Compression")


def _crit(file: VectorFile) -> None:
    start = file.start("crit", "Nothing is understood", kw("A128KW"), _ENC)
    understood = file.start("crit-exp", "exp is understood", kw("A128KW"), _ENC, crit=["exp"])
    members = {**_GOOD, "crit": ["exp"], **_EXP}
    _says(start, "crit names exp, which is not understood", members, MALFORMED, "Critical")
    for fault, (names, others) in CRIT.items():
        members = {**_GOOD, "crit": names, **others}
        _says(start, f"crit {fault}", members, MALFORMED, "Critical")
        _says(understood, f"crit {fault}", members, MALFORMED, "Critical")


def _names(file: VectorFile) -> None:
    """Name a different key, or a different kind of content."""
    says = header_bytes({"alg": "A128KW", "kid": "our key", "enc": _ENC})
    key = kw("A128KW", kid="our key")
    start = file.start("kid", "A key with a kid", key, _ENC, says)
    for kid in ("other", "", "Our Key", "our key ", "our", "our key\x00"):
        members = {"alg": "A128KW", "kid": kid, "enc": _ENC}
        _says(start, f"kid is {kid!a}", members, UNKNOWN_KEY, "KeyId")
    for member in ("typ", "cty"):
        says = header_bytes({**_GOOD, member: "JWT"})
        comment = f"Only {member} JWT is accepted"
        start = file.start(member, comment, kw("A128KW"), _ENC, says, **{member: "JWT"})
        _says(start, f"{member} is missing", _GOOD, NOT_ALLOWED, "MediaType")
        for value in ("JOSE", "", "JW", "text/jwt", "JWT "):
            members = {**_GOOD, member: value}
            _says(start, f"{member} is {value!a}", members, NOT_ALLOWED, "MediaType")
