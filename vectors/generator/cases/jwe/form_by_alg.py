"""The rules of form, each tried with every family of algs: a fast path has its own parser."""

import json
from dataclasses import replace
from typing import TYPE_CHECKING

from vectors.generator.cases.jwe.header import CRIT
from vectors.generator.catalogue import MALFORMED, NOT_ALLOWED, TEXT, UNKNOWN_KEY, Start, VectorFile
from vectors.generator.encoder.deflate import stored
from vectors.generator.encoder.jwe import ALL_ENCS, Jwk, Recipe, b64, draw, header_bytes
from vectors.generator.encoder.wrapping import sealed
from vectors.generator.families import NEEDED, families, family_keys, named, opened_with

if TYPE_CHECKING:
    from collections.abc import Callable

_ENC = "A128GCM"
_NAMES = ("header", "encrypted key", "IV", "ciphertext", "tag")
_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


def segments_by_alg() -> VectorFile:
    """Build segments_by_alg.json."""
    file = VectorFile("segments_by_alg.json", 28)
    for alg, made in families("A128CBC-HS256", "segments by alg").items():
        comment = f"Segments under {alg}"
        start = file.begin(f"segments-{alg}", comment, made, **opened_with(alg))
        _segments(start)
        _serializations(start)
    return file


def base64url_by_alg() -> VectorFile:
    """Build base64url_by_alg.json."""
    file = VectorFile("base64url_by_alg.json", 29)
    # With this enc and this plaintext the last character of each segment has bits to spare.
    enc = "A128CBC-HS256"
    for alg, key in family_keys(enc).items():
        comment = f"The encoding of each segment under {alg}"
        made = _with_both_characters(key, enc)
        _base64url(file.begin(f"base64url-{alg}", comment, made, **opened_with(alg)))
    return file


def header_by_alg() -> VectorFile:
    """Build header_by_alg.json."""
    file = VectorFile("header_by_alg.json", 30)
    for alg, made in families(_ENC, "header by alg").items():
        comment = f"The header's text under {alg}"
        _texts(file.begin(f"text-{alg}", comment, made, **opened_with(alg)))
        comment = f"Members that stand twice, under {alg}"
        _duplicates(file.begin(f"twice-{alg}", comment, made, **opened_with(alg)))
    return file


def shapes_by_alg() -> VectorFile:
    """Build shapes_by_alg.json."""
    file = VectorFile("shapes_by_alg.json", 31)
    for alg, made in families(_ENC, "shapes by alg").items():
        comment = f"Members of the wrong type under {alg}"
        _shapes(file.begin(f"shape-{alg}", comment, made, **opened_with(alg)))
    return file


def names_by_alg() -> VectorFile:
    """Build names_by_alg.json."""
    file = VectorFile("names_by_alg.json", 32)
    for alg, made in families(_ENC, "names by alg").items():
        comment = f"Algs that a key for {alg} is not bound to"
        _algs(file.begin(f"alg-{alg}", comment, made, **opened_with(alg)))
        comment = f"Encs that are not accepted, under {alg}"
        _encs(file.begin(f"enc-{alg}", comment, made, **opened_with(alg)))
    return file


def crit_by_alg() -> VectorFile:
    """Build crit_by_alg.json."""
    file = VectorFile("crit_by_alg.json", 33)
    for alg, made in families(_ENC, "crit by alg").items():
        comment = f"exp is understood, under {alg}"
        _crit(file.begin(f"crit-{alg}", comment, made, crit=["exp"], **opened_with(alg)))
    return file


def settings_by_alg() -> VectorFile:
    """Build settings_by_alg.json."""
    file = VectorFile("settings_by_alg.json", 34)
    for alg, made in families(_ENC, "settings by alg").items():
        settings = opened_with(alg)
        start = file.begin(
            f"zip-{alg}", f"Compression, which is off, under {alg}", made, **settings
        )
        _zip(start)
        comment = f"A key with a kid, under {alg}"
        start = file.begin(f"kid-{alg}", comment, named(made, "our key"), **settings)
        for kid in ("other", "", "Our Key", "../our key", "our key' or '1'='1"):
            members = {**start.made.members, "kid": kid}
            start.says(f"kid is {kid!a}", members, UNKNOWN_KEY, "KeyId")
        for member in ("typ", "cty"):
            said = made.said(header_bytes({**made.members, member: "JWT"}))
            comment = f"Only {member} JWT is accepted, under {alg}"
            opener = {**settings, member: "JWT"}
            start = file.begin(f"{member}-{alg}", comment, said, **opener)
            start.says(f"{member} is missing", made.members, NOT_ALLOWED, "MediaType")
            for value in ("JOSE", ""):
                members = {**made.members, member: value}
                start.says(f"{member} is {value!a}", members, NOT_ALLOWED, "MediaType")
    return file


def _segments(start: Start) -> None:
    parts = start.made.make().segments()
    token = ".".join(parts)
    texts = {
        "nothing at all": "",
        "the header alone": parts[0],
        "no tag and no dot before it": ".".join(parts[:4]),
        "a sixth segment": token + ".AAAA",
        "a sixth segment that is empty": token + ".",
        "an empty segment in front": "." + token,
        "a space in front": " " + token,
        "a line feed at the end": token + "\n",
    }
    for fault, text in texts.items():
        start.refuses(fault, text, MALFORMED, "Segments")
    for index, name in enumerate(_NAMES):
        if parts[index]:
            emptied = [*parts[:index], "", *parts[index + 1 :]]
            start.refuses(f"an empty {name}", ".".join(emptied), MALFORMED, "Segments")


def _serializations(start: Start) -> None:
    names = ("protected", "encrypted_key", "iv", "ciphertext", "tag")
    held = dict(zip(names, start.made.make().segments(), strict=True))
    flattened = {name: text for name, text in held.items() if text}
    own = flattened.pop("encrypted_key", None)
    recipient = {} if own is None else {"encrypted_key": own}
    texts = {
        "the flattened JSON serialization": json.dumps({**flattened, **recipient}),
        "the general JSON serialization": json.dumps({**flattened, "recipients": [recipient]}),
    }
    for fault, text in texts.items():
        start.refuses(fault, text, MALFORMED, "JsonSerialization")


def _both(text: str) -> bool:
    """Tell whether a segment has both characters of its own, and bits to spare at its end."""
    return not text or ("-" in text and "_" in text and len(text) % 4 > 1)


def _with_both_characters(key: Jwk, enc: str) -> Recipe:
    """Draw until each segment shows what a lax decoder would take."""
    label = f"base64url by alg {key['alg']}"
    drawn = (sealed(key, enc, f"{label} {count}", TEXT[:20]) for count in range(1000))
    made = next(made for made in drawn if _both(b64(made.wrap())))
    marks = ("?" * (count // 10) + ">?>~~" + "~" * (count % 10) for count in range(1000))
    headers = (header_bytes({**made.members, "x": mark}) for mark in marks)
    made = made.said(next(header for header in headers if _both(b64(header))))
    ivs = (draw(f"{label} iv {count}", len(made.iv)) for count in range(20_000))
    tokens = (replace(made, iv=iv) for iv in ivs)
    return next(made for made in tokens if all(map(_both, made.make().segments())))


def _base64url(start: Start) -> None:
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
    parts = start.made.make().segments()
    for index, name in enumerate(_NAMES):
        for fault, change in faults.items():
            if parts[index]:
                token = ".".join([*parts[:index], change(parts[index]), *parts[index + 1 :]])
                start.refuses(f"the {name}: {fault}", token, MALFORMED, "Base64url")


def _bytes(start: Start, fault: str, header: bytes, flag: str) -> None:
    start.refuses(f"the header {fault}", start.made.said(header), MALFORMED, flag)


def _texts(start: Start) -> None:
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
        _bytes(start, fault, header, "HeaderJson")
    deep = cut + b',"x":' + b"[" * 16 + b"]" * 16 + b"}"
    _bytes(start, "has 17 levels", deep, "Nesting")
    _bytes(start, "has a number of 33 digits", cut + b',"x":' + b"9" * 33 + b"}", "Digits")


def _duplicates(start: Start) -> None:
    whole = start.made.header
    alg = start.made.alg.encode()
    twice = {
        "alg, with the same value": b'{"alg":"' + alg + b'",' + whole[1:],
        "alg, a different one first": b'{"alg":"none",' + whole[1:],
        "alg, once with an escape": rb'{"\u0061lg":"none",' + whole[1:],
        "enc": b'{"enc":"A256GCM",' + whole[1:],
        "crit": whole[:-1] + b',"crit":["x"],"crit":["x"],"x":1}',
        "a member of an object inside": whole[:-1] + b',"x":{"y":1,"y":1}}',
    }
    for fault, header in twice.items():
        _bytes(start, f"has twice: {fault}", header, "DuplicateMember")


def _shapes(start: Start) -> None:
    members = start.made.members
    wrong = {"null": None, "a number": 1, "a list": ["A"], "an object": {"A": 1}, "true": True}
    for member in ("alg", "enc"):
        absent = {name: value for name, value in members.items() if name != member}
        start.says(f"{member} is missing", absent, MALFORMED, "HeaderShape")
        for what, value in wrong.items():
            start.says(f"{member} is {what}", {**members, member: value}, MALFORMED, "HeaderShape")
    for member in ("kid", "typ", "cty", "zip"):
        for what, value in (("null", None), ("a number", 1)):
            start.says(f"{member} is {what}", {**members, member: value}, MALFORMED, "HeaderShape")
    for what, value in (("null", None), ("a string", "x"), ("an object", {"x": 1})):
        start.says(f"crit is {what}", {**members, "crit": value}, MALFORMED, "HeaderShape")


def _algs(start: Start) -> None:
    alg, members = start.made.alg, start.made.members
    other_case = alg.lower() if alg != alg.lower() else alg.upper()
    texts = (
        *("", other_case, f"{alg} ", f" {alg}", f"{alg}\x00"),
        *("none", "HS256", "RS256", "ES256", "HPKE-0", _ENC),
        "http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p",
        *NEEDED,
    )
    for other in texts:
        if other != alg:
            said = {**members, **NEEDED.get(other, {}), "alg": other}
            start.says(f"alg is {other!a}", said, NOT_ALLOWED, "AlgNotAccepted")


def _encs(start: Start) -> None:
    for enc in (*ALL_ENCS, "", "a128gcm", "A128GCM ", " A128GCM", "A128CBC", "none", "A128KW"):
        if enc != _ENC:
            said = {**start.made.members, "enc": enc}
            start.says(f"enc is {enc!a}", said, NOT_ALLOWED, "EncNotAccepted")


def _crit(start: Start) -> None:
    members = start.made.members
    for fault, (names, others) in CRIT.items():
        said = {**members, "crit": names, **others}
        start.says(f"crit {fault}", said, MALFORMED, "Critical")


def _zip(start: Start) -> None:
    said = header_bytes({**start.made.members, "zip": "DEF"})
    made = replace(start.made, header=said, plaintext=stored(TEXT))
    start.refuses("zip is DEF, and the plaintext deflated", made, NOT_ALLOWED, "Compression")
    for name in ("", "def", "GZIP"):
        members = {**start.made.members, "zip": name}
        start.says(f"zip is {name!a}", members, NOT_ALLOWED, "Compression")
