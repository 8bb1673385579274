"""The rules of a JWS's form, each tried with every family of signatures."""

import json
from dataclasses import replace
from typing import TYPE_CHECKING

from vectors.generator.cases.jws.refused import JWS_CRIT, confuse
from vectors.generator.cases.jws.valid import key_for, unencoded
from vectors.generator.catalogue import (
    MALFORMED,
    NOT_ALLOWED,
    TEXT,
    TOO_LARGE,
    UNKNOWN_KEY,
    UNVERIFIED,
    SignedStart,
    VectorFile,
)
from vectors.generator.encoder.jwe import b64, draw, header_bytes, recipe
from vectors.generator.encoder.jws import Signed, signed
from vectors.generator.families import NEEDED, SIGNING, signed_families
from vectors.generator.flips import flip
from vectors.generator.keyring import kw

if TYPE_CHECKING:
    from collections.abc import Callable

_NAMES = ("header", "payload", "signature")
_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


def jws_form_by_alg() -> VectorFile:
    """Build jws_form_by_alg.json."""
    file = VectorFile("jws_form_by_alg.json", 48, "jws_compact_v1")
    for alg, made in signed_families("form by alg").items():
        _segments(file.sign(f"segments-{alg}", f"Segments under {alg}", made))
        comment = f"The encoding of each segment under {alg}"
        _base64url(file.sign(f"base64url-{alg}", comment, _with_both_characters(alg)))
        apart = replace(made, detached=True)
        _detached(file.sign(f"detached-{alg}", f"A detached payload under {alg}", apart))
        plain = unencoded(made.key, f"form by alg b64 {alg}", b"$-02")
        comment = f"An unencoded payload is due, under {alg}"
        _unencoded(file.sign(f"b64-{alg}", comment, plain, b64=False))
    return file


def jws_header_by_alg() -> VectorFile:
    """Build jws_header_by_alg.json."""
    file = VectorFile("jws_header_by_alg.json", 49, "jws_compact_v1")
    for alg, made in signed_families("header by alg").items():
        _texts(file.sign(f"text-{alg}", f"The header's text under {alg}", made))
        comment = f"Members of the wrong type under {alg}"
        _shapes(file.sign(f"shape-{alg}", comment, made))
        comment = f"exp is understood, under {alg}"
        start = file.sign(f"crit-{alg}", comment, made, crit=["exp"])
        for fault, (names, others) in JWS_CRIT.items():
            said = {"alg": alg, "crit": names, **others}
            start.says(f"crit {fault}", said, MALFORMED, "Critical")
    return file


def jws_names_by_alg() -> VectorFile:
    """Build jws_names_by_alg.json."""
    file = VectorFile("jws_names_by_alg.json", 50, "jws_compact_v1")
    for alg, made in signed_families("names by alg").items():
        _algs(file.sign(f"alg-{alg}", f"Algs that a key for {alg} is not bound to", made))
        _names(file, made)
    confuse(file, "PS256", key_for("PS256"))
    return file


def jws_limits_by_alg() -> VectorFile:
    """Build jws_limits_by_alg.json."""
    file = VectorFile("jws_limits_by_alg.json", 51, "jws_compact_v1")
    for alg, made in signed_families("limits by alg").items():
        _limits(file, alg, made)
        _payloads(file, alg, made)
        cut = made.header[:-1] + b',"x":'
        bounds = (
            ("nesting", "16 levels", b"[" * 15 + b"]" * 15, b"[" * 16 + b"]" * 16, "Nesting"),
            ("digits", "a number of 32 characters", b"9" * 32, b"9" * 33, "Digits"),
        )
        for name, what, most, more, flag in bounds:
            full = replace(made, header=cut + most + b"}")
            comment = f"A header has {what} at most, under {alg}"
            start = file.sign(f"{name}-{alg}", comment, full)
            start.says(f"more than {what}", cut + more + b"}", MALFORMED, flag)
    return file


def _segments(start: SignedStart) -> None:
    token = start.made.token()
    parts = token.split(".")
    texts = {
        "nothing at all": "",
        "the header alone": parts[0],
        "no signature and no dot before it": ".".join(parts[:2]),
        "a fourth segment": token + ".AAAA",
        "a fourth segment that is empty": token + ".",
        "an empty segment in front": "." + token,
        "a space in front": " " + token,
        "a line feed at the end": token + "\n",
        "an empty header": f".{parts[1]}.{parts[2]}",
    }
    for fault, text in texts.items():
        start.refuses(fault, text, MALFORMED, "Segments")
    start.refuses("an empty payload", f"{parts[0]}..{parts[2]}", UNVERIFIED, "Unverified")
    start.refuses("an empty signature", f"{parts[0]}.{parts[1]}.", UNVERIFIED, "Unverified")
    flattened = dict(zip(("protected", "payload", "signature"), parts, strict=True))
    signature = {"protected": parts[0], "signature": parts[2]}
    general = {"payload": parts[1], "signatures": [signature]}
    for fault, value in (("the flattened", flattened), ("the general", general)):
        text = json.dumps(value)
        start.refuses(f"{fault} JSON serialization", text, MALFORMED, "JsonSerialization")
    encrypted = str(recipe(kw("A128KW"), "A128GCM", "jws by alg", TEXT).make())
    start.refuses("a JWE", encrypted, MALFORMED, "TokenKind")


def _both(text: str) -> bool:
    return "-" in text and "_" in text and len(text) % 4 > 1


def _with_both_characters(alg: str) -> Signed:
    """Draw until each segment shows what a lax decoder would take."""
    label = f"base64url by alg {alg}"
    marks = ("?" * (count // 10) + ">?>~~" + "~" * (count % 10) for count in range(1000))
    headers = (header_bytes({"alg": alg, "x": mark}) for mark in marks)
    header = next(header for header in headers if _both(b64(header)))
    payloads = (draw(f"{label} {count}", 40) for count in range(10_000))
    tokens = (
        replace(signed(key_for(alg), label, payload), header=header)
        for payload in payloads
        if _both(b64(payload))
    )
    return next(made for made in tokens if all(map(_both, made.token().split("."))))


def _base64url(start: SignedStart) -> None:
    faults: dict[str, Callable[[str], str]] = {
        "padded": lambda part: part + "=" * (-len(part) % 4),
        "+ for -": lambda part: part.replace("-", "+"),
        "/ for _": lambda part: part.replace("_", "/"),
        "a space inside": lambda part: part[:5] + " " + part[5:],
        "a line feed inside": lambda part: part[:8] + "\n" + part[8:],
        "a foreign character inside": lambda part: part[:4] + "!" + part[4:],
        "one character left over": lambda part: part[: len(part) // 4 * 4] + "A",
        "a trailing bit set": lambda part: part[:-1] + _ALPHABET[_ALPHABET.index(part[-1]) | 1],
    }
    parts = start.made.token().split(".")
    for index, name in enumerate(_NAMES):
        for fault, change in faults.items():
            token = ".".join([*parts[:index], change(parts[index]), *parts[index + 1 :]])
            start.refuses(f"the {name}: {fault}", token, MALFORMED, "Base64url")


def _detached(start: SignedStart) -> None:
    token = start.made.token()
    payloads = {
        "a different payload": TEXT[::-1],
        "the last bit of the payload changed": flip(TEXT, -1),
        "a line feed behind the payload": TEXT + b"\n",
        "the payload encoded": b64(TEXT).encode(),
        "an empty payload": b"",
        "no payload at all": None,
    }
    for fault, payload in payloads.items():
        start.group.rejects(start.base, fault, token, UNVERIFIED, "Detached", detached=payload)
    attached = replace(start.made, detached=False).token()
    fault = "the payload in the token as well"
    start.group.rejects(start.base, fault, attached, MALFORMED, "Detached", detached=TEXT)


def _unencoded(start: SignedStart) -> None:
    made = start.made
    members = {name: value for name, value in made.members.items() if name != "crit"}
    start.says("b64 is not critical", members, MALFORMED, "Unencoded")
    others = {**members, "crit": ["exp"], "exp": 1}
    start.says("a different member is critical, b64 is not", others, MALFORMED, "Unencoded")
    due = signed(made.key, f"b64 due {made.alg}", made.payload)
    start.refuses("an encoded payload", due, NOT_ALLOWED, "Unencoded")
    dotted = replace(made, payload=b"$.02")
    start.refuses("a dot in the payload", dotted, MALFORMED, "Segments")
    encoded = replace(made, encoded=True)
    fault = "the payload was encoded to be signed"
    start.refuses(fault, made.token(encoded.sign()), UNVERIFIED, "Unencoded")


def _texts(start: SignedStart) -> None:
    whole = start.made.header
    cut = whole[:-1]
    texts = {
        "is an array": b"[" + whole + b"]",
        "is a string": json.dumps(whole.decode()).encode(),
        "is null": b"null",
        "is a number": b"1",
        "ends before its brace": cut,
        "goes on with a second object": whole + b"{}",
        "goes on with a NUL": whole + b"\x00",
        "begins with a byte order mark": b"\xef\xbb\xbf" + whole,
        "is in UTF-16": whole.decode().encode("utf-16-le"),
        "has a byte that UTF-8 never has": cut + b',"x":"\xff"}',
        "has a lone surrogate": cut + rb',"x":"\ud800"}',
        "has a raw NUL in a string": cut + b',"x":"a\x00b"}',
        "has a NaN": cut + b',"x":NaN}',
        "has a number that overflows to infinity": cut + b',"x":1e999}',
    }
    for fault, header in texts.items():
        start.says(f"the header {fault}", header, MALFORMED, "HeaderJson")
    alg = start.made.alg.encode()
    twice = {
        "alg, with the same value": b'{"alg":"' + alg + b'",' + whole[1:],
        "alg, a different one first": b'{"alg":"none",' + whole[1:],
        "alg, once with an escape": rb'{"\u0061lg":"none",' + whole[1:],
        "crit": cut + b',"crit":["x"],"crit":["x"],"x":1}',
        "a member of an object inside": cut + b',"x":{"y":1,"y":1}}',
    }
    for fault, header in twice.items():
        start.says(f"the header has twice: {fault}", header, MALFORMED, "DuplicateMember")


def _shapes(start: SignedStart) -> None:
    members = start.made.members
    start.says("alg is missing", {"typ": "JWT"}, MALFORMED, "HeaderShape")
    wrong = {"null": None, "a number": 1, "a list": ["A"], "an object": {"A": 1}, "true": True}
    for what, value in wrong.items():
        start.says(f"alg is {what}", {**members, "alg": value}, MALFORMED, "HeaderShape")
    for member in ("kid", "typ", "cty"):
        for what, value in (("null", None), ("a number", 1)):
            start.says(f"{member} is {what}", {**members, member: value}, MALFORMED, "HeaderShape")
    for what, value in (("null", None), ("a string", "x"), ("an object", {"x": 1})):
        start.says(f"crit is {what}", {**members, "crit": value}, MALFORMED, "HeaderShape")
    for what, value in (("null", None), ("a string", "false"), ("a number", 0)):
        start.says(f"b64 is {what}", {**members, "b64": value}, MALFORMED, "HeaderShape")


def _algs(start: SignedStart) -> None:
    alg, members = start.made.alg, start.made.members
    other_case = alg.lower() if alg != alg.lower() else alg.upper()
    for other in (*SIGNING, *NEEDED, "", other_case, f"{alg} ", f" {alg}", f"{alg}\x00"):
        if other != alg:
            said = {**members, **NEEDED.get(other, {}), "alg": other}
            start.says(f"alg is {other!a}", said, NOT_ALLOWED, "AlgNotAccepted")
    for name in ("none", "None", "NONE"):
        unsigned = replace(start.made, header=header_bytes({"alg": name}))
        fault = f"alg is {name!a}, no signature"
        start.refuses(fault, unsigned.token(b""), NOT_ALLOWED, "NoneAlg")


def _names(file: VectorFile, made: Signed) -> None:
    alg = made.alg
    said = {"alg": alg, "kid": "our key"}
    owned = replace(made, key={**made.key, "kid": "our key"}, header=header_bytes(said))
    start = file.sign(f"kid-{alg}", f"A key with a kid, under {alg}", owned)
    for kid in ("other", "", "Our Key", "../our key", "our key' or '1'='1"):
        start.says(f"kid is {kid!a}", {"alg": alg, "kid": kid}, UNKNOWN_KEY, "KeyId")
    for member in ("typ", "cty"):
        typed = replace(made, header=header_bytes({"alg": alg, member: "JWT"}))
        comment = f"Only {member} JWT is accepted, under {alg}"
        start = file.sign(f"{member}-{alg}", comment, typed, **{member: "JWT"})
        start.says(f"{member} is missing", {"alg": alg}, NOT_ALLOWED, "MediaType")
        for value in ("JOSE", ""):
            members = {"alg": alg, member: value}
            start.says(f"{member} is {value!a}", members, NOT_ALLOWED, "MediaType")
    foreign = signed(key_for(alg, "b"), f"names by alg {alg} b", TEXT)
    start = file.sign(f"brought-{alg}", f"Keys that the header brings, under {alg}", made)
    start.refuses("signed with a different key", foreign, UNVERIFIED, "WrongKey")
    shown = ("kty", "crv", "n", "e", "x", "y", "k")
    jwk = {name: foreign.key[name] for name in shown if name in foreign.key}
    jwks = b64(header_bytes({"keys": [jwk]}))
    brings: dict[str, object] = {
        "jwk": jwk,
        "jku": f"data:application/jwk-set+json;base64,{jwks}",
        "x5u": "https://keys.example/certificate",
    }
    for member, value in brings.items():
        carrying = replace(foreign, header=header_bytes({"alg": alg, member: value}))
        fault = f"signed with a different key, which {member} brings"
        start.refuses(fault, carrying, UNVERIFIED, "HeaderKey")


def _limits(file: VectorFile, alg: str, made: Signed) -> None:
    size = len(made.token())
    comment = f"token_bytes is {size}, under {alg}"
    start = file.sign(f"token_bytes-{alg}", comment, made, limits={"token_bytes": size})
    garbage = made.token() + "A"
    start.refuses("a token that is one character longer", garbage, TOO_LARGE, "OverLimit")
    size = len(made.header)
    comment = f"header_bytes is {size}, under {alg}"
    start = file.sign(f"header_bytes-{alg}", comment, made, limits={"header_bytes": size})
    fault = "a header that is one byte longer"
    start.says(fault, made.header[:-1] + b" }", TOO_LARGE, "OverLimit")


def _payloads(file: VectorFile, alg: str, made: Signed) -> None:
    """Hold a payload against the limit wherever it stands."""
    limits = {"plaintext_bytes": 40}
    text = draw(f"limits by alg {alg}", 40).hex()[:40].encode()
    plain = unencoded(made.key, f"limits by alg b64 {alg}", text)
    kinds = {
        "attached": replace(made, payload=text),
        "detached": replace(made, payload=text, detached=True),
        "unencoded": plain,
        "unencoded-detached": replace(plain, detached=True),
    }
    for kind, full in kinds.items():
        name = f"plaintext_bytes-{kind}-{alg}"
        settings = {} if full.encoded else {"b64": False}
        comment = f"plaintext_bytes is 40, {kind} payloads under {alg}"
        start = file.sign(name, comment, full, limits=limits, **settings)
        over = replace(full, payload=text + b"0")
        shown = over.payload if over.detached else None
        fault = f"a payload that is one byte longer, {kind}"
        token = over.token()
        start.group.rejects(start.base, fault, token, TOO_LARGE, "OverLimit", detached=shown)
