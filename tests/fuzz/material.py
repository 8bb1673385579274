"""What the targets share: the vectors as keys and tokens, and how one byte string holds several.

Seeds are made of vectors/ when they are wanted. They are inputs of this revision only: another set
of vectors gives other numbers to the keys.
"""

import json
from functools import cache
from pathlib import Path

from joseal import Key, Limits
from joseal._core.algorithms.registry import ALGS, ENCS, SIGS

ROOT = Path(__file__).parents[2]
FILES = sorted((ROOT / "vectors").glob("*.json"))
MOST_BYTES = 8192  # of an input

# Small, so that an input can be over them, and cheap where work is asked for.
LIMITS = Limits(
    token_bytes=6000,
    header_bytes=2600,  # ek of the largest KEM has 2,220 characters
    plaintext_bytes=3000,
    inflated_bytes=3000,
    pbes2_iterations=1200,
)

# Between the parts of an input. No UTF-8 has these bytes, and others have them seldom.
BETWEEN = b"\xff.\xff"

MEMBERS = [
    *("alg", "enc", "zip", "kid", "typ", "cty", "crit", "epk", "apu", "apv", "iv", "tag"),
    *(
        "p2s",
        "p2c",
        "b64",
        "ek",
        "psk_id",
        "jwk",
        "jku",
        "x5u",
        "x5c",
        "exp",
        "kty",
        "crv",
        "x",
        "y",
    ),
]
WORDS = [*MEMBERS, *ALGS, *ENCS, *SIGS, "none", "DEF", "JWT", "P-256", "X25519", "\\u0000", "1e9"]


def parts_of(data, count):
    """Return exactly so many parts; what is missing is empty."""
    parts = data.split(BETWEEN, count - 1)
    return parts + [b""] * (count - len(parts))


@cache
def _groups(schema):
    contents = [json.loads(path.read_bytes()) for path in FILES]
    return [group for file in contents if file.get("schema") == schema for group in file["groups"]]


@cache
def jwks(schema):
    """Return every key of the vectors that loads, as JSON text, once."""
    texts = {json.dumps(group["key"], sort_keys=True) for group in _groups(schema)}
    return sorted(texts)


@cache
def key(text):
    return Key.from_jwk(text, legacy=True)


def _chosen(schema, given):
    """Yield each case that is like none before, with its group: by its words, or key and flags.

    The vectors have most faults under many keys, which reach no more of the code.
    """
    seen = set()
    for group in _groups(schema):
        key = json.dumps(group.get("key"), sort_keys=True)
        for case in group["tests"]:
            likeness = {case["comment"].split(": ", 1)[-1], (key, *case["flags"])}
            if len(case[given]) < MOST_BYTES and not likeness <= seen:
                seen |= likeness
                yield group, case


def cases(schema):
    """Yield the number of the key, and the case, of cases whose token is not too long."""
    numbers = {text: number for number, text in enumerate(jwks(schema))}
    for group, case in _chosen(schema, "token"):
        yield numbers[json.dumps(group["key"], sort_keys=True)], case


def texts(schema, given):
    """Return texts of keys, or of sets of keys, that load and that do not."""
    return [case[given] for _, case in _chosen(schema, given)]


def bytes_of(token):
    """Return a token's bytes: the vectors hold some that are no ASCII."""
    return token.encode("utf-8", "surrogatepass")
