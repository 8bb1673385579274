"""What must be refused for its form: segments, base64url, JSON, and other kinds of tokens."""

import json
import struct
from dataclasses import replace
from typing import TYPE_CHECKING

from vectors.generator.catalogue import MALFORMED, NOT_ALLOWED, TEXT, VectorFile
from vectors.generator.encoder.jwe import Recipe, b64, header_bytes, recipe
from vectors.generator.keyring import direct, kw

if TYPE_CHECKING:
    from collections.abc import Callable

_NAMES = ("header", "encrypted key", "IV", "ciphertext", "tag")

# A header whose base64url holds both characters that the common alphabet has not, and whose last
# character carries bits that encode nothing.
_HEADER = b'{"alg":"A128KW","enc":"A128CBC-HS256","x":"???>>>?>~~"}'


def grammar() -> VectorFile:
    """Build grammar.json."""
    file = VectorFile("grammar.json", 4)
    _segments(file)
    _base64url(file)
    _header_json(file)
    _other_kinds(file)
    return file


def _segments(file: VectorFile) -> None:
    comment = "Segments, dots and the text around them"
    group, made, base = file.start("segments", comment, kw("A128KW"), "A128CBC-HS256")
    parts = made.make().segments()
    token = ".".join(parts)
    changed = {
        "nothing at all": "",
        "four dots alone": "....",
        "the header alone": parts[0],
        "no ciphertext and no tag": ".".join(parts[:3]),
        "no tag and no dot before it": ".".join(parts[:4]),
        "a sixth segment": token + ".AAAA",
        "a sixth segment that is empty": token + ".",
        "an empty segment in front": "." + token,
        "two dots after the header": token.replace(".", "..", 1),
        "commas for dots": token.replace(".", ","),
        "twice, with a dot between": token + "." + token,
        "a space in front": " " + token,
        "a space at the end": token + " ",
        "a line feed at the end": token + "\n",
        "carriage return and line feed at the end": token + "\r\n",
        "a NUL at the end": token + "\x00",
        "a byte order mark in front": "\ufeff" + token,
        "full-width dots": token.replace(".", "\uff0e"),
        "in quotation marks": f'"{token}"',
        "the scheme of an HTTP header in front": f"Bearer {token}",
    }
    for fault, text in changed.items():
        group.refuses(base, fault, text, MALFORMED, "Segments")
    for index, name in enumerate(_NAMES):
        emptied = [*parts[:index], "", *parts[index + 1 :]]
        group.refuses(base, f"an empty {name}", ".".join(emptied), MALFORMED, "Segments")


def _with_both_characters() -> Recipe:
    """Draw until each segment has a - and a _ and ends with a character cut short."""
    for attempt in range(10_000):
        made = recipe(kw("A128KW"), "A128CBC-HS256", f"base64url {attempt}", TEXT[:20], _HEADER)
        parts = made.make().segments()
        if all("-" in part and "_" in part and len(part) % 4 for part in parts):
            return made
    raise ValueError("no draw has both characters in each segment")


def _base64url(file: VectorFile) -> None:
    comment = "The encoding of each segment"
    group = file.group("base64url", comment, kw("A128KW"), "A128CBC-HS256")
    made = _with_both_characters()
    parts = made.make().segments()
    base = group.opens(made, "The token that is changed below: each segment has a - and a _")
    faults: dict[str, Callable[[str], str]] = {
        "padded": lambda part: part + "=" * (-len(part) % 4),
        "+ for -": lambda part: part.replace("-", "+"),
        "/ for _": lambda part: part.replace("_", "/"),
        "a space inside": lambda part: part[:5] + " " + part[5:],
        "a line feed inside": lambda part: part[:8] + "\n" + part[8:],
        "a foreign character inside": lambda part: part[:4] + "!" + part[4:],
        "a letter outside of ASCII inside": lambda part: part[:4] + "\u00e9" + part[4:],
        "a NUL inside": lambda part: part[:4] + "\x00" + part[4:],
        "one character left over": lambda part: part[: len(part) // 4 * 4] + "A",
        "a trailing bit set": _set_trailing_bit,
    }
    for index, name in enumerate(_NAMES):
        for fault, change in faults.items():
            changed = [*parts[:index], change(parts[index]), *parts[index + 1 :]]
            group.refuses(base, f"the {name}: {fault}", ".".join(changed), MALFORMED, "Base64url")


def _set_trailing_bit(part: str) -> str:
    """Change the last character's lowest bit, which a lax decoder drops."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    return part[:-1] + alphabet[alphabet.index(part[-1]) | 1]


# The header's bytes with one fault each; the token is made anew, so that its tag is good.
_OPEN = b'{"alg":"A128KW","enc":"A128GCM"'
_TEXT_FAULTS = {
    "is an array": b'["alg","A128KW","enc","A128GCM"]',
    "is a string": rb'"{\"alg\":\"A128KW\",\"enc\":\"A128GCM\"}"',
    "is a number": b"1",
    "is null": b"null",
    "is true": b"true",
    "is white space": b"   ",
    "is an empty object": b"{}",
    "ends before its brace": _OPEN,
    "goes on with a brace": _OPEN + b"}}",
    "goes on with a second object": _OPEN + b"}{}",
    "goes on with a NUL": _OPEN + b"}\x00",
    "begins with a byte order mark": b"\xef\xbb\xbf" + _OPEN + b"}",
    "has a comma too many": _OPEN + b",}",
    "has a comment": _OPEN + b"/* */}",
    "has single quotes": b"{'alg':'A128KW','enc':'A128GCM'}",
    "has a name without quotes": _OPEN + b",x:1}",
    "has a form feed as white space": _OPEN + b",\x0c" + b'"x":1}',
    "has a no-break space as white space": _OPEN + b",\xc2\xa0" + b'"x":1}',
    "has a raw line feed in a string": _OPEN + b',"x":"a\nb"}',
    "has a raw NUL in a string": _OPEN + b',"x":"a\x00b"}',
    "has an unknown escape": _OPEN + rb',"x":"\q"}',
    "has a short escape of a code unit": _OPEN + rb',"x":"\u12"}',
    "has a NaN": _OPEN + b',"x":NaN}',
    "has an Infinity": _OPEN + b',"x":Infinity}',
    "has a -Infinity": _OPEN + b',"x":-Infinity}',
    "has a number that overflows to infinity": _OPEN + b',"x":1e999}',
    "has a negative number that overflows": _OPEN + b',"x":-1e999}',
    "has a number with a zero in front": _OPEN + b',"x":01}',
    "has a number with a plus in front": _OPEN + b',"x":+1}',
    "has a number that ends with its point": _OPEN + b',"x":1.}',
    "has a hexadecimal number": _OPEN + b',"x":0x10}',
    "has a literal in capitals": _OPEN + b',"x":True}',
    "has a byte that UTF-8 never has": _OPEN + b',"x":"\xff"}',
    "has a letter in Latin-1": _OPEN + b',"x":"\xe9"}',
    "has an overlong form in UTF-8": _OPEN + b',"x":"\xc0\xaf"}',
    "has a surrogate in UTF-8": _OPEN + b',"x":"\xed\xa0\x80"}',
    "has a code point above U+10FFFF": _OPEN + b',"x":"\xf4\x90\x80\x80"}',
    "has a character cut short": _OPEN + b',"x":"\xe2\x82"}',
    "is in UTF-16": (_OPEN + b"}").decode().encode("utf-16-le"),
    "has a lone high surrogate": _OPEN + rb',"x":"\ud800"}',
    "has a lone low surrogate": _OPEN + rb',"x":"\udc00"}',
    "has surrogates in the wrong order": _OPEN + rb',"x":"\udd11\ud83d"}',
    "has a lone surrogate in a name": _OPEN + rb',"\ud800":1}',
    "has a lone surrogate in a list": _OPEN + rb',"x":[{"y":["\ud800"]}]}',
}
_DUPLICATES = {
    "alg, with the same value": b'{"alg":"A128KW","alg":"A128KW","enc":"A128GCM"}',
    "alg, ours last": b'{"alg":"dir","alg":"A128KW","enc":"A128GCM"}',
    "alg, ours first": b'{"alg":"A128KW","alg":"dir","enc":"A128GCM"}',
    "alg, once with an escape": rb'{"alg":"dir","\u0061lg":"A128KW","enc":"A128GCM"}',
    "enc": b'{"alg":"A128KW","enc":"A256GCM","enc":"A128GCM"}',
    "kid": _OPEN + b',"kid":"a","kid":"a"}',
    "crit": _OPEN + b',"crit":["x"],"crit":["x"],"x":1}',
    "a member that is not understood": _OPEN + b',"x":1,"x":1}',
    "an empty name": _OPEN + b',"":1,"":1}',
    "in an object inside": _OPEN + b',"x":{"y":1,"y":1}}',
    "in an object in a list": _OPEN + b',"x":[{"y":1,"y":1}]}',
}
_DEEP = {
    "1,000 arrays, closed": _OPEN + b',"x":' + b"[" * 1000 + b"]" * 1000 + b"}",
    "8,000 arrays, left open": _OPEN + b',"x":' + b"[" * 8000,
    "1,000 objects": _OPEN + b',"x":' + b'{"x":' * 1000 + b"1" + b"}" * 1000 + b"}",
}
_LONG = {
    "an integer of 5,000 digits": _OPEN + b',"x":' + b"9" * 5000 + b"}",
    "a fraction of 5,000 digits": _OPEN + b',"x":0.' + b"9" * 5000 + b"}",
}


def _header_json(file: VectorFile) -> None:
    tables = (
        ("json", "The header's text", _TEXT_FAULTS, "HeaderJson", ""),
        ("duplicates", "Members that stand twice", _DUPLICATES, "DuplicateMember", "twice: "),
        ("deep", "Nesting", _DEEP, "Nesting", ""),
        ("long", "Long numbers", _LONG, "Digits", ""),
    )
    for name, comment, faults, flag, prefix in tables:
        group, made, base = file.start(f"header-{name}", comment, kw("A128KW"), "A128GCM")
        for fault, header in faults.items():
            changed = replace(made, header=header)
            group.refuses(base, f"the header: {prefix}{fault}", changed, MALFORMED, flag)


def _other_kinds(file: VectorFile) -> None:
    comment = "Other serializations and other kinds of tokens"
    group, made, base = file.start("kinds", comment, direct("A128GCM"), "A128GCM")
    protected, _, iv, ciphertext, tag = made.make().segments()
    flattened = {"protected": protected, "iv": iv, "ciphertext": ciphertext, "tag": tag}
    texts = {
        "the flattened JSON serialization": json.dumps(flattened),
        "the general JSON serialization": json.dumps({**flattened, "recipients": [{}]}),
    }
    for fault, text in texts.items():
        group.refuses(base, fault, text, MALFORMED, "JsonSerialization")
    raw = (b"", iv.encode(), ciphertext.encode(), tag.encode())
    packed = b"".join(struct.pack(">H", len(part)) + part for part in raw)
    group.refuses(base, "a binary form of the segments", b64(packed), MALFORMED, "Segments")
    for alg, signature in (("HS256", b64(bytes(32))), ("none", "")):
        jws = f"{b64(header_bytes({'alg': alg}))}.{b64(TEXT)}.{signature}"
        group.refuses(base, f"a JWS with alg {alg}", jws, MALFORMED, "TokenKind")
    for alg in ("none", "HS256", "RS256"):
        changed = replace(made, header=header_bytes({"alg": alg, "enc": "A128GCM"}))
        group.refuses(base, f"alg {alg} in five segments", changed, NOT_ALLOWED, "TokenKind")
