"""JWS that must be refused for their form, or for what their header says."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace

from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
)
from vectors.generator.cases.jws.valid import key_for, unencoded
from vectors.generator.catalogue import (
    MALFORMED,
    NOT_ALLOWED,
    TEXT,
    TOO_LARGE,
    UNKNOWN_KEY,
    UNVERIFIED,
    VectorFile,
)
from vectors.generator.encoder.jwe import Jwk, b64, draw, header_bytes, recipe, unb64
from vectors.generator.encoder.jws import (
    FIRST,
    LATER,
    public_key,
    signed,
)
from vectors.generator.flips import flip
from vectors.generator.keyring import curve, kw, mac, rsa

_EXP = {"exp": 1700000000}
_NONE = ("none", "None", "NONE", "nOnE", "none ", "")

# A critical list where nothing is understood, with the members next to it.
JWS_CRIT: Mapping[str, tuple[object, Mapping[str, object]]] = {
    "is empty": ([], _EXP),
    "is a string": ("exp", _EXP),
    "is null": (None, _EXP),
    "holds a number": (["exp", 1], _EXP),
    "names a member that is not understood": (["urn:x"], {"urn:x": 1}),
    "names an absent member": (["exp"], {}),
    "names a member twice": (["exp", "exp"], _EXP),
    "names itself": (["crit"], {}),
    "names alg, which is not an extension": (["alg"], {}),
    "names kid, which is not an extension": (["kid"], {"kid": "any"}),
}
_OPEN = b'{"alg":"HS256"'
_JSON = {
    "is an array": b'["alg","HS256"]',
    "is null": b"null",
    "is empty": b"",
    "is an empty object": b"{}",
    "ends before its brace": _OPEN,
    "goes on with a second object": _OPEN + b"}{}",
    "begins with a byte order mark": b"\xef\xbb\xbf" + _OPEN + b"}",
    "has a comma too many": _OPEN + b",}",
    "has a NaN": _OPEN + b',"x":NaN}',
    "has a number that overflows to infinity": _OPEN + b',"x":1e999}',
    "has a byte that UTF-8 never has": _OPEN + b',"x":"\xff"}',
    "has a lone surrogate": _OPEN + rb',"x":"\ud800"}',
    "has alg twice": _OPEN + b',"alg":"HS256"}',
    "has alg twice, none first": b'{"alg":"none","alg":"HS256"}',
    "has alg twice, none last": _OPEN + b',"alg":"none"}',
    "has alg twice, once with an escape": rb'{"alg":"none","\u0061lg":"HS256"}',
    "has b64 twice": _OPEN + b',"b64":true,"b64":true}',
    "has an object with a member twice": _OPEN + b',"x":{"y":1,"y":1}}',
    "has 1,000 arrays": _OPEN + b',"x":' + b"[" * 1000 + b"]" * 1000 + b"}",
    "has an integer of 5,000 digits": _OPEN + b',"x":' + b"9" * 5000 + b"}",
}


_SIBLINGS = (
    ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"),
    ("ES256", "ES384", "ES512"),
    ("Ed25519", "EdDSA"),
    ("HS256", "HS384", "HS512"),
)


def jws_refused() -> VectorFile:
    """Build jws_refused.json."""
    file = VectorFile("jws_refused.json", 24, "jws_compact_v1")
    _segments(file)
    _base64url(file)
    _header(file)
    _algs(file)
    _siblings(file, FIRST, _SIBLINGS)
    _crit(file)
    _b64(file)
    _detached(file)
    _names(file)
    _limits(file)
    _siblings(file, ("ES256", *LATER, "EdDSA"), (("ES256", "ES256K"), ("EdDSA", "Ed448")), "later-")
    return file


def _segments(file: VectorFile) -> None:
    made = signed(mac("HS256"), "segments", TEXT)
    start = file.sign("segments", "Segments, dots and the text around them", made)
    token = made.token()
    parts = token.split(".")
    encrypted = str(recipe(kw("A128KW"), "A128GCM", "segments", TEXT).make())
    texts = {
        "nothing at all": "",
        "two dots alone": "..",
        "the header alone": parts[0],
        "no signature and no dot before it": ".".join(parts[:2]),
        "a fourth segment": token + ".AAAA",
        "a fourth segment that is empty": token + ".",
        "an empty segment in front": "." + token,
        "commas for dots": token.replace(".", ","),
        "a space in front": " " + token,
        "a line feed at the end": token + "\n",
        "a NUL at the end": token + "\x00",
        "a byte order mark in front": "\ufeff" + token,
        "full-width dots": token.replace(".", "\uff0e"),
        "the scheme of an HTTP header in front": f"Bearer {token}",
        "an empty header": f".{parts[1]}.{parts[2]}",
        "a JWE": encrypted,
        "a JWE without its last two segments": ".".join(encrypted.split(".")[:3]),
    }
    last = texts.pop("a JWE without its last two segments")
    for fault, text in texts.items():
        flag = "TokenKind" if fault == "a JWE" else "Segments"
        start.refuses(fault, text, MALFORMED, flag)
    start.refuses("a JWE without its last two segments", last, NOT_ALLOWED, "TokenKind")
    flattened = dict(zip(("protected", "payload", "signature"), parts, strict=True))
    general = {"payload": parts[1], "signatures": [{"protected": parts[0], "signature": parts[2]}]}
    for fault, value in (("the flattened", flattened), ("the general", general)):
        text = json.dumps(value)
        start.refuses(f"{fault} JSON serialization", text, MALFORMED, "JsonSerialization")
    start.refuses("an empty payload", f"{parts[0]}..{parts[2]}", UNVERIFIED, "Unverified")
    start.refuses("an empty signature", f"{parts[0]}.{parts[1]}.", UNVERIFIED, "Unverified")


def _base64url(file: VectorFile) -> None:
    key = mac("HS256")
    for attempt in range(10_000):
        made = replace(
            signed(key, f"base64url {attempt}", draw(f"base64url {attempt}", 40)),
            header=b'{"alg":"HS256","x":"???>>>?>~~~~"}',
        )
        parts = made.token().split(".")
        if all("-" in part and "_" in part and len(part) % 4 for part in parts):
            break
    else:
        raise ValueError("no draw has both characters in each segment")
    comment = "The encoding of each segment: each has a - and a _"
    start = file.sign("base64url", comment, made)
    for index, name in enumerate(("header", "payload", "signature")):
        part = parts[index]
        faults = {
            "padded": part + "=" * (-len(part) % 4),
            "+ for -": part.replace("-", "+"),
            "/ for _": part.replace("_", "/"),
            "a line feed inside": part[:8] + "\n" + part[8:],
            "a foreign character inside": part[:4] + "?" + part[4:],
            "a letter outside of ASCII inside": part[:4] + "\u00e9" + part[4:],
            "one character left over": part[: len(part) // 4 * 4] + "A",
            "a trailing bit set": part[:-1] + _next(part[-1]),
        }
        for fault, text in faults.items():
            token = ".".join([*parts[:index], text, *parts[index + 1 :]])
            start.refuses(f"the {name}: {fault}", token, MALFORMED, "Base64url")


def _next(character: str) -> str:
    """Set the lowest bit of a character's value."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    return alphabet[alphabet.index(character) | 1]


def _header(file: VectorFile) -> None:
    made = signed(mac("HS256"), "header", TEXT)
    start = file.sign("header", "The header's text and the types of its members", made)
    for fault, header in _JSON.items():
        start.says(f"the header {fault}", header, MALFORMED, "HeaderJson")
    members = made.members
    wrong = {"null": None, "a number": 1, "a list": ["HS256"], "true": True}
    for what, value in wrong.items():
        start.says(f"alg is {what}", {**members, "alg": value}, MALFORMED, "HeaderShape")
    start.says("alg is missing", {"typ": "JWT"}, MALFORMED, "HeaderShape")
    start.says("alg is in capitals, so missing", {"ALG": "HS256"}, MALFORMED, "HeaderShape")
    for member in ("kid", "typ", "cty"):
        for what, value in (("null", None), ("a number", 1)):
            fault = f"{member} is {what}"
            start.says(fault, {**members, member: value}, MALFORMED, "HeaderShape")
    for what, value in (("a string", "false"), ("a number", 0), ("null", None)):
        start.says(f"b64 is {what}", {**members, "b64": value}, MALFORMED, "HeaderShape")


def _algs(file: VectorFile) -> None:
    for alg in ("HS256", "RS256", "ES256", "EdDSA"):
        key = key_for(alg)
        start = file.sign(
            f"none-{alg}", f"Unsigned, for a key for {alg}", signed(key, "none", TEXT)
        )
        for name in _NONE:
            unsigned = replace(start.made, header=header_bytes({"alg": name}))
            fault = f"alg is {name!a}"
            start.refuses(f"{fault}, no signature", unsigned.token(b""), NOT_ALLOWED, "NoneAlg")
        unsigned = replace(start.made, header=header_bytes({"alg": "none"}))
        fault = "alg is 'none', with the signature"
        start.refuses(fault, unsigned.token(), NOT_ALLOWED, "NoneAlg")
        for name in (alg.lower(), f"{alg} ", f"{alg}\x00", "A128KW", "dir", "__proto__"):
            if name != alg:
                fault = f"alg is {name!a}"
                start.says(fault, {"alg": name}, NOT_ALLOWED, "AlgNotAccepted")
    _confused(file)


def _confused(file: VectorFile) -> None:
    """Sign with HMAC under what everybody knows of a key pair."""
    keys = {"RS256": rsa("RS256"), "ES256": curve("ES256", "P-256")}
    keys["EdDSA"] = curve("EdDSA", "Ed25519")
    for alg, key in keys.items():
        confuse(file, alg, key)


def confuse(file: VectorFile, alg: str, key: Jwk) -> None:
    """Sign with HMAC under what everybody knows of one pair."""
    start = file.sign(f"confused-{alg}", f"HMAC, for a key for {alg}", signed(key, "c", TEXT))
    secrets = {"its modulus or x": unb64(key["n"] if key["kty"] == "RSA" else key["x"])}
    shown = {name: key[name] for name in ("kty", "crv", "n", "e", "x", "y") if name in key}
    secrets["its public JWK"] = header_bytes(shown)
    secrets |= {f"its {name}": raw for name, raw in _published(key).items()}
    for what, secret in secrets.items():
        made = signed({"kty": "oct", "alg": "HS256", "k": b64(secret)}, "c", TEXT)
        start.refuses(f"HS256 under {what}", made, NOT_ALLOWED, "KeyConfusion")


def _published(key: Mapping[str, str]) -> dict[str, bytes]:
    public = public_key(key)
    info = PublicFormat.SubjectPublicKeyInfo
    return {
        "PEM": public.public_bytes(Encoding.PEM, info),
        "PEM without the last line feed": public.public_bytes(Encoding.PEM, info)[:-1],
        "DER": public.public_bytes(Encoding.DER, info),
    }


def _siblings(
    file: VectorFile,
    algs: Sequence[str],
    families: Sequence[Sequence[str]],
    prefix: str = "",
) -> None:
    """Hold valid tokens against keys that are bound to a different alg."""
    starts = {
        alg: file.sign(
            f"sibling-{prefix}{alg}",
            f"Tokens of the siblings of {alg}",
            signed(key_for(alg), f"{prefix}{alg}", TEXT),
        )
        for alg in algs
    }
    for family in families:
        for alg in family:
            for other in family:
                if other != alg:
                    made, base = starts[other].made, starts[other].base
                    fault = f"a key bound to {alg}"
                    group = starts[alg].group
                    group.rejects(base, fault, made.token(), NOT_ALLOWED, "AlgNotAccepted")


def _crit(file: VectorFile) -> None:
    key = mac("HS256")
    none = file.sign("crit", "Nothing is understood", signed(key, "crit", TEXT))
    exp = file.sign("crit-exp", "exp is understood", signed(key, "crit exp", TEXT), crit=["exp"])
    members = {"alg": "HS256", "crit": ["exp"], **_EXP}
    none.says("crit names exp, which is not understood", members, MALFORMED, "Critical")
    for fault, (names, others) in JWS_CRIT.items():
        members = {"alg": "HS256", "crit": names, **others}
        none.says(f"crit {fault}", members, MALFORMED, "Critical")
        exp.says(f"crit {fault}", members, MALFORMED, "Critical")


def _b64(file: VectorFile) -> None:
    key = mac("HS256")
    start = file.sign(
        "b64-due", "An unencoded payload is due", unencoded(key, "b", b"$-02"), b64=False
    )
    good = start.made.members
    start.says("b64 is not critical", {"alg": "HS256", "b64": False}, MALFORMED, "Unencoded")
    others = {**good, "crit": ["exp"], **_EXP}
    start.says("a different member is critical, b64 is not", others, MALFORMED, "Unencoded")
    start.says(
        "crit names an absent b64", {"alg": "HS256", "crit": ["b64"]}, NOT_ALLOWED, "Unencoded"
    )
    made = signed(key, "b64 due", b"$-02")
    start.refuses("an encoded payload", made, NOT_ALLOWED, "Unencoded")
    true = signed(key, "b64 due", b"$-02", {"b64": True, "crit": ["b64"]})
    start.refuses("b64 is true and critical", true, NOT_ALLOWED, "Unencoded")
    encoded = replace(start.made, encoded=True)
    fault = "b64 is false, but the payload was encoded to be signed"
    token = start.made.token(encoded.sign())
    start.refuses(fault, token, UNVERIFIED, "Unencoded")
    fault = "b64 is false, and the payload is encoded in the token and signed so"
    start.refuses(fault, encoded.token(start.made.sign()), UNVERIFIED, "Unencoded")
    dotted = unencoded(key, "b64 dotted", b"$.02")
    start.refuses("a dot in the payload", dotted, MALFORMED, "Segments")
    umlaut = unencoded(key, "b64 umlaut", b"\xe4")
    start.refuses("a letter outside of ASCII", umlaut, MALFORMED, "Segments")
    start = file.sign(
        "b64-not-due", "An encoded payload is due", signed(key, "b64 not due", b"AAAA")
    )
    fault = "an unencoded payload, of which a different reading is base64url"
    start.refuses(fault, unencoded(key, "b64 not due", b"AAAA"), NOT_ALLOWED, "Unencoded")
    alone = replace(start.made, header=header_bytes({"alg": "HS256", "b64": False}))
    start.refuses("b64 is false, not critical", alone, NOT_ALLOWED, "Unencoded")
    comment = "An encoded payload is due, and b64 is listed as understood"
    start = file.sign("b64-known", comment, signed(key, "b64 known", b"AAAA"), crit=["b64"])
    fault = "an unencoded payload"
    start.refuses(fault, unencoded(key, "b64 known", b"AAAA"), NOT_ALLOWED, "Unencoded")


def _detached(file: VectorFile) -> None:
    for alg, encoded in (("HS256", True), ("ES256", True), ("HS256", False)):
        key = key_for(alg)
        made = signed(key, f"detached {alg}", TEXT)
        if not encoded:
            made = unencoded(key, "detached", TEXT)
        made = replace(made, detached=True)
        name = alg if encoded else f"{alg}-b64"
        settings = {} if encoded else {"b64": False}
        start = file.sign(f"detached-{name}", f"Detached payloads, {name}", made, **settings)
        token = made.token()
        payloads = {
            "a different payload": TEXT[::-1],
            "the last bit of the payload changed": flip(TEXT, -1),
            "a line feed behind the payload": TEXT + b"\n",
            "the payload encoded" if encoded else "the payload and a dot": (
                b64(TEXT).encode() if encoded else TEXT + b"."
            ),
            "an empty payload": b"",
        }
        for fault, payload in payloads.items():
            start.group.rejects(start.base, fault, token, UNVERIFIED, "Detached", detached=payload)
        start.group.rejects(start.base, "no payload at all", token, UNVERIFIED, "Detached")
        shown = b64(TEXT) if encoded else TEXT.decode().replace(".", "")
        attached = token.replace("..", f".{shown}.")
        fault = "a payload in the token as well"
        start.group.rejects(start.base, fault, attached, MALFORMED, "Detached", detached=TEXT)
        fault = "a different payload in the token"
        attached = token.replace("..", ".AAAA.")
        start.group.rejects(start.base, fault, attached, MALFORMED, "Detached", detached=TEXT)


def _names(file: VectorFile) -> None:
    key = mac("HS256", kid="our key")
    start = file.sign("kid", "A key with a kid", signed(key, "kid", TEXT, {"kid": "our key"}))
    for kid in ("other", "", "Our Key", "our key ", "our", "our key\x00"):
        start.says(f"kid is {kid!a}", {"alg": "HS256", "kid": kid}, UNKNOWN_KEY, "KeyId")
    for member in ("typ", "cty"):
        made = signed(mac("HS256"), member, TEXT, {member: "JWT"})
        start = file.sign(member, f"Only {member} JWT is accepted", made, **{member: "JWT"})
        start.says(f"{member} is missing", {"alg": "HS256"}, NOT_ALLOWED, "MediaType")
        for value in ("JOSE", "", "JW", "text/jwt", "JWT "):
            members = {"alg": "HS256", member: value}
            start.says(f"{member} is {value!a}", members, NOT_ALLOWED, "MediaType")


def _limits(file: VectorFile) -> None:
    key = mac("HS256")
    made = signed(key, "limits", draw("limits", 100))
    size = len(made.token())
    longer = replace(made, payload=made.payload + b"\x00")
    comment = f"token_bytes is {size}"
    start = file.sign("token_bytes", comment, made, limits={"token_bytes": size})
    start.refuses("a payload that is longer", longer, TOO_LARGE, "OverLimit")
    comment = "plaintext_bytes is 100"
    start = file.sign("plaintext_bytes", comment, made, limits={"plaintext_bytes": 100})
    start.refuses("a payload that is one byte longer", longer, TOO_LARGE, "OverLimit")
    apart = replace(made, detached=True)
    start = file.sign("detached_bytes", comment, apart, limits={"plaintext_bytes": 100})
    token = replace(longer, detached=True).token()
    fault = "a detached payload that is one byte longer"
    start.group.rejects(start.base, fault, token, TOO_LARGE, "OverLimit", detached=longer.payload)
    header = _OPEN + b" " * (100 - len(_OPEN) - 1) + b"}"
    full = replace(made, header=header)
    comment = "header_bytes is 100"
    start = file.sign("header_bytes", comment, full, limits={"header_bytes": 100})
    fault = "a header that is one byte longer"
    start.says(fault, header[:-1] + b" }", TOO_LARGE, "OverLimit")
