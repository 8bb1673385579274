"""Small vector files of every format, made here, to be changed by the tests."""

import copy
import hashlib
import json

from tests.helpers import all_algorithms, forge
from tests.helpers.forge import b64

from joseal import conformance
from joseal._core.algorithms import content_encryption
from joseal._core.algorithms.registry import ENCS

CANARY = "pl4intext-c4nary"
KEK = {"kty": "oct", "alg": "A128KW", "k": b64(all_algorithms.raw("A128KW", "A128GCM"))}
TOKEN = str(all_algorithms.token("A128KW", "A128GCM", CANARY.encode()))
MAC_KEY = {"kty": "oct", "alg": "HS256", "k": b64(forge.draw("HS256", 32))}
HEADER = {"alg": "HS256"}
CEK, IV = forge.draw("cek", 16), forge.draw("iv", 12)
SEALED = content_encryption.seal(ENCS["A128GCM"], CEK, IV, b"aad", CANARY.encode())


def signed(payload=b"pl4intext-c4nary"):
    key = all_algorithms.Key.from_jwk(MAC_KEY)
    return all_algorithms.jws(HEADER, payload, key._for_signatures("sign", None).sign)


NOTE = {"bug": "BASIC", "description": "a note", "refs": ["RFC 7516"]}

JWE = {
    "schema": "jwe_compact_v1",
    "source": {"name": "n", "version": "1"},
    "notes": {"Flag": NOTE},
    "groups": [
        {
            "id": "g",
            "comment": "c",
            "key": KEK,
            "opener": {"enc": ["A128GCM"]},
            "tests": [
                {
                    "id": 1,
                    "comment": "valid",
                    "token": TOKEN,
                    "expect": "ok",
                    "plaintext": CANARY.encode().hex(),
                    "header": {"alg": "A128KW", "enc": "A128GCM"},
                    "inject": {},
                    "flags": ["Flag"],
                },
                {
                    "id": 2,
                    "comment": "From 1: no token",
                    "token": "a.b",
                    "expect": "malformed",
                    "flags": ["Flag"],
                },
            ],
        }
    ],
}
JWS = {
    **JWE,
    "schema": "jws_compact_v1",
    "groups": [
        {
            "id": "g",
            "comment": "c",
            "key": MAC_KEY,
            "opener": {},
            "tests": [
                {
                    "id": 3,
                    "comment": "valid",
                    "token": signed(),
                    "expect": "ok",
                    "payload": CANARY.encode().hex(),
                    "header": HEADER,
                    "flags": ["Flag"],
                }
            ],
        }
    ],
}
AEAD = {
    **JWE,
    "schema": "aead_v1",
    "groups": [
        {
            "id": "g",
            "comment": "c",
            "enc": "A128GCM",
            "tests": [
                {
                    "id": 4,
                    "comment": "valid",
                    "key": CEK.hex(),
                    "iv": IV.hex(),
                    "aad": b"aad".hex(),
                    "plaintext": CANARY.encode().hex(),
                    "ciphertext": SEALED[0].hex(),
                    "tag": SEALED[1].hex(),
                    "expect": "ok",
                    "flags": ["Flag"],
                }
            ],
        }
    ],
}
JWE_KEYS, JWS_KEYS = copy.deepcopy(JWE), copy.deepcopy(JWS)
for several in (JWE_KEYS, JWS_KEYS):
    several["schema"] = several["schema"].replace("compact", "keys")
    own = several["groups"][0].pop("key")
    several["groups"][0]["keys"] = {"keys": [{**own, "kid": "1"}, {**own, "kid": "2"}]}


def of_keys(kind, loader, *tests):
    """A file of keys or sets of keys with one group."""
    common = {"comment": "c", "flags": ["Flag"]}
    numbered = [{"id": number, **common, **test} for number, test in enumerate(tests, 1)]
    group = {"id": "g", "comment": "c", "loader": loader, "tests": numbered}
    return {**JWE, "schema": kind, "groups": [group]}


# The SHA-256 thumbprint of RFC 7638, by hand: members of an oct key in their order.
CANONICAL = f'{{"k":"{KEK["k"]}","kty":"oct"}}'
THUMBPRINT = b64(hashlib.sha256(CANONICAL.encode()).digest())
KEY = of_keys(
    "jwk_v1",
    {"use": "decrypt", "enc": ["A128GCM"]},
    {"jwk": json.dumps(KEK), "expect": "ok", "thumbprint": THUMBPRINT, "private": False},
    {"jwk": "{}", "expect": "key"},
)
KEYS = of_keys(
    "jwks_v1",
    {},
    {
        "jwks": json.dumps({"keys": [{"kty": "x"}, KEK]}),
        "expect": "ok",
        "thumbprints": [THUMBPRINT],
        "skipped": [0],
    },
    {"jwks": '{"keys":[]}', "expect": "key"},
)
WYCHEPROOF = {
    "schema": "json_web_encryption_schema_v1.json",
    "notes": {"Flag": {"bugType": "BASIC", "description": "theirs", "links": ["a link"]}},
    "testGroups": [
        {
            "type": "JsonWebEncryption",
            "private": KEK,
            "tests": [
                {
                    "tcId": 1,
                    "comment": "valid",
                    "jwe": TOKEN,
                    "pt": CANARY.encode().hex(),
                    "result": "valid",
                    "flags": ["Flag"],
                },
                {"tcId": 2, "comment": "cut", "jwe": TOKEN[:-4], "result": "invalid", "flags": []},
            ],
        }
    ],
}
PARTS = ("protected", "encrypted_key", "iv", "ciphertext", "tag")
IN_JSON = dict(zip(PARTS, TOKEN.split("."), strict=True))
COOKBOOK = {
    "title": "An example",
    "input": {"plaintext": CANARY, "key": KEK, "alg": "A128KW", "enc": "A128GCM"},
    "output": {"compact": TOKEN, "json": 7},
}
LIST = {"verified": [{"jwe": TOKEN, "jwk": KEK, "plaintext_hex": CANARY.encode().hex()}]}
RFC = {"source": "RFC 0", "vectors": [{"id": "A.1", **LIST["verified"][0]}]}

# Name of the form, the file, and how many cases it has.
FORMS = [
    ("joseal jwe_compact_v1", JWE, 2),
    ("joseal jws_compact_v1", JWS, 1),
    ("joseal aead_v1", AEAD, 1),
    ("joseal jwe_keys_v1", JWE_KEYS, 2),
    ("joseal jws_keys_v1", JWS_KEYS, 1),
    ("joseal jwk_v1", KEY, 2),
    ("joseal jwks_v1", KEYS, 2),
    ("Wycheproof json_web_encryption_schema_v1.json", WYCHEPROOF, 2),
    ("RFC 7520 cookbook", COOKBOOK, 2),
    ("list of tokens", LIST, 1),
    ("figures of RFCs", RFC, 1),
    ("JWK Set", {"keys": [KEK]}, 1),
    ("JWK", KEK, 1),
    ("HPKE", [{"alg": "HPKE-0", "compact": "x"}], 1),
    ("token in JSON serialization", {"ciphertext": "x", "tag": "x"}, 1),
    ("record", [{"check": "a", "as_expected": True}], 1),
]


def names():
    return [name for name, _, _ in FORMS]


def changed(file, *path, to):
    """A copy of a file with the value at a path replaced."""
    made = copy.deepcopy(file)
    place = made
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = to
    return made


def write(folder, file, name="any.json"):
    path = folder / name
    path.write_bytes(file if isinstance(file, bytes) else json.dumps(file).encode())
    return path


OURS = conformance.backend("joseal")


def run(tmp_path, file, backend=OURS):
    (report,) = conformance.verify([write(tmp_path, file)], backend).files
    return report


def outcomes(report):
    return [result.outcome for result in report.results]


TESTS = ("groups", 0, "tests", 0)

LOADER = ("groups", 0, "loader")
