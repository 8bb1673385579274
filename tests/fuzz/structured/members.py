"""JWKs with changed members: names, values, types, encodings, and the JSON around them."""

import base64
import json

from tests.fuzz.structured.trees import CANARY, pick, raw_changed

from joseal._core.algorithms.registry import ALGS, ENCS, SIGS

TEXTS = ("n", "e", "d", "p", "q", "dp", "dq", "qi", "x", "y", "k", "pub", "priv")
NAMES = (
    *(
        "kty",
        "crv",
        "alg",
        "use",
        "key_ops",
        "kid",
        "x5c",
        "x5t",
        "x5t#S256",
        "x5u",
        "oth",
        "ext",
        "enc",
        "keys",
    ),
    *(
        *TEXTS,
        "KTY",
        "kty ",
        "",
        "\0",
        CANARY,
        "__proto__",
        "constructor",
        "a" * 300,
        "ü",
        "iat",
        "exp",
    ),
)
WORDS = (
    *("RSA", "EC", "OKP", "oct", "AKP", "rsa", "P-256", "P-384", "P-521", "secp256k1", "P-256K", "X25519"),
    *("X448", "Ed25519", "Ed448", "enc", "sig", "none", "sign", "verify", "wrapKey", "", " ", CANARY, "\0"),
    *ALGS, *ENCS, *SIGS,
)  # fmt: skip
VALUES = (
    *(
        "null",
        "true",
        "false",
        "0",
        "1",
        "-0",
        "-1",
        "1.5",
        "1e999",
        "1e-999",
        "65537",
        "9" * 400,
        "[]",
        "{}",
    ),
    *(
        '""',
        '"\\u0000"',
        '"\\ud800"',
        '"\\ud800\\udc00"',
        '"A"',
        '"AQAB"',
        '"AAEAAQ"',
        '"="',
        '"A="',
        '"A+/_"',
    ),
    *(
        f'["{CANARY}"]',
        '["sign"]',
        '["sign","sign"]',
        '["verify",1]',
        '["deriveKey","deriveBits"]',
        '["wrapKey"]',
    ),
    *(
        '{"a":{"b":[]}}',
        "[" * 60 + "]" * 60,
        "[" * 600 + "]" * 600,
        "NaN",
        "Infinity",
        "undefined",
        "01",
        "'a'",
    ),
    *(
        f'"{"A" * 43}"',
        f'"{"A" * 342}"',
        f'"{"_" * 2731}"',
        f'"{"A" * 9000}"',
        f'"{CANARY}"',
        '"a\nb"',
        "[{}]",
    ),
)


def written(members):
    """Return the names and the values, each as JSON."""
    return tuple((json.dumps(name), json.dumps(value)) for name, value in members.items())


def jwk(rng, own):
    """Return JSON text of members, of which a few are changed."""
    items = list(own)
    for _ in range(pick(rng, (0, 1, 1, 1, 1, 1, 2, 2, 3, 5))):
        _change(rng, items)
    return "{" + ",".join([f"{name}:{value}" for name, value in items]) + "}"


def _change(rng, items):
    """Change one member, or the list of them."""
    if not items or rng.random() < 0.4:
        pick(rng, (_added, _added, _named, _without, _twice, _shuffled, _renamed))(rng, items)
        return
    place, drawn = int(rng.random() * len(items)), rng.random()
    name, value = items[place]
    if drawn < 0.16:
        value = pick(rng, VALUES)
    elif drawn < 0.3:
        value = pick(rng, items)[1]
    elif drawn < 0.43:
        value = json.dumps(pick(rng, WORDS))
    else:
        value = _changed_text(rng, name[1:-1], value)
    items[place] = (name, value)


def _changed_text(rng, name, value):
    """Return another text for one that is plain; a value of another type as it is."""
    if len(value) < 2 or value[0] != '"' or "\\" in value:
        return value
    return json.dumps(_text(rng, value[1:-1], name in TEXTS))


def _added(rng, items):
    items.insert(_place(rng, items), (json.dumps(pick(rng, NAMES)), pick(rng, VALUES)))


def _named(rng, items):
    items.insert(_place(rng, items), (json.dumps(pick(rng, NAMES)), json.dumps(pick(rng, WORDS))))


def _without(rng, items):
    place = _place(rng, items)
    del items[place : place + 1]


def _twice(rng, items):
    items += items[:1] if rng.random() < 0.5 else items[-1:]


def _shuffled(rng, items):
    rng.shuffle(items)


def _renamed(rng, items):
    place = _place(rng, items)
    items[place : place + 1] = [
        (json.dumps(pick(rng, NAMES)), value) for _, value in items[place : place + 1]
    ]


def _place(rng, items):
    return int(rng.random() * len(items))


def _text(rng, value, is_number):
    drawn = rng.random()
    if is_number and drawn < 0.5:
        return _decoded(rng, value)
    if drawn < 0.6:
        return value + pick(rng, ("=", "==", "\n", " ", "A", "AA", "\0", "é", ".", "-"))
    if drawn < 0.7:
        return value[: int(rng.random() * len(value))]
    if drawn < 0.75:
        return value.swapcase()
    if drawn < 0.8:
        return value.replace("-", "+").replace("_", "/")
    place = int(rng.random() * (len(value) + 1))
    return value[:place] + chr(32 + int(rng.random() * 95)) + value[place + 1 :]


def _decoded(rng, value):
    try:
        raw = base64.urlsafe_b64decode(value + "=" * (-len(value) % 4))
    except ValueError:  # which an earlier change made of it
        return value
    number, drawn = int.from_bytes(raw, "big"), rng.random()
    if drawn < 0.5:
        number = max(
            0,
            number
            + pick(rng, (-2, -1, 1, 2, 1 << 8, 1 << 64, -number, -number + 1, -number + 2, number)),
        )
        raw = number.to_bytes(max(len(raw), (number.bit_length() + 7) // 8), "big")
    elif drawn < 0.65:
        raw = pick(rng, (b"\0" + raw, b"\0\0" + raw, raw + b"\0", raw[1:], raw[:-1], b""))
    elif drawn < 0.75:
        raw = pick(
            rng, (bytes, lambda size: b"\xff" * size, lambda size: b"\1" + bytes(max(0, size - 1)))
        )(len(raw))
    else:
        raw = raw_changed(rng, raw)
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def jwk_set(rng, texts):
    """Return a JWK Set of JWKs, or what is nearly one."""
    drawn, listed = rng.random(), ",".join(texts)
    if drawn < 0.8:
        return f'{{"keys":[{listed}]}}'
    if drawn < 0.9:
        more = f"{json.dumps(pick(rng, NAMES))}:{pick(rng, VALUES)}"
        return pick(rng, (f'{{"keys":[{listed}],{more}}}', f'{{{more},"keys":[{listed}]}}'))
    return pick(
        rng,
        (
            f"[{listed}]",
            f'{{"keys":{texts[0]}}}',
            f'{{"keys":[{listed},{pick(rng, VALUES)}]}}',
            f'{{"KEYS":[{listed}]}}',
            texts[0],
        ),
    )


def given(rng, text):
    """Return the text as someone gives it: text, bytes, a mapping, or with a fault in the JSON."""
    drawn = rng.random()
    if drawn < 0.4:
        return text
    if drawn < 0.7:
        return text.encode()
    if drawn < 0.85:
        try:
            found = json.loads(text)
        except (ValueError, RecursionError):
            return text
        return found if isinstance(found, dict) else text
    if drawn < 0.9:
        return raw_changed(rng, text.encode())
    faults = (
        text.encode("utf-16"),
        b"\xef\xbb\xbf" + text.encode(),
        text + text,
        text + ",",
        text[:-1],
        f" \t\n{text}\r\n",
        text.replace('":', '" :'),
        text.replace('"', "'"),
        text.replace("}", ",}"),
        f"/**/{text}",
        f'"{text}"',
        text.encode() + b"\0",
        text.replace("a", "\\u0061"),
        text.replace("a", "\ud800"),
    )
    return pick(rng, faults)
