"""The project's test vectors: what stands in them, and what becomes of it."""

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

from joseal import DecryptedToken, Decrypter, TokenError, conformance
from joseal.conformance import FileReport

VECTORS = Path(__file__).parents[2] / "vectors"
NO_VECTORS = frozenset({"keys.json", "schema.json"})
PATHS = sorted(path for path in VECTORS.glob("*.json") if path.name not in NO_VECTORS)
JWE = "jwe_compact_v1"
JWS = "jws_compact_v1"
AEAD = "aead_v1"
JWE_KEYS = "jwe_keys_v1"
JWS_KEYS = "jws_keys_v1"
JWK = "jwk_v1"
JWKS = "jwks_v1"
# One for all tests, for it keeps the keys that it loads.
OURS = conformance.backend("joseal")


class Case(NamedTuple):
    file: str
    group: str
    test: dict

    def __str__(self) -> str:
        return f"{self.file}::{self.group}::{self.test['id']}"


@cache
def load(path: Path) -> dict:
    return json.loads(path.read_bytes())


def cases(schema: str) -> Iterator[Case]:
    for path in PATHS:
        content = load(path)
        if content["schema"] == schema:
            for group in content["groups"]:
                for test in group["tests"]:
                    yield Case(path.name, group["id"], test)


@cache
def group_of(file: str, name: str) -> dict:
    (group,) = [group for group in load(VECTORS / file)["groups"] if group["id"] == name]
    return group


def keys_of(case: Case) -> list[dict]:
    """The JWKs that the tokens of a case's group are opened with."""
    group = group_of(case.file, case.group)
    return group["keys"]["keys"] if "keys" in group else [group["key"]]


def run(path: Path) -> FileReport:
    """What becomes of each case of a file, ours or a third party's."""
    (report,) = conformance.verify([path], OURS).files
    return report


def outcome(decrypter: Decrypter, token: str) -> tuple[str, DecryptedToken | None]:
    """What becomes of a token: a code of ours, and what was opened."""
    try:
        return "ok", decrypter.open(token)
    except TokenError as error:
        return error.code, None
