"""Read the project's test vectors, and open their tokens with joseal."""

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

from joseal import Decrypter, Key, Limits, Opened, TokenError

VECTORS = Path(__file__).parents[2] / "vectors"
NO_VECTORS = frozenset({"keys.json", "schema.json"})
PATHS = sorted(path for path in VECTORS.glob("*.json") if path.name not in NO_VECTORS)
JWE = "jwe_compact_v1"
AEAD = "aead_v1"


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


@cache
def opener(file: str, group: str) -> Decrypter:
    members = group_of(file, group)
    settings = dict(members["opener"])
    limits = Limits(**settings.pop("limits", {}))
    return Decrypter(Key.from_jwk(members["key"]), limits=limits, **settings)


def outcome(decrypter: Decrypter, token: str) -> tuple[str, Opened | None]:
    """What becomes of a token: a code of ours, and what was opened."""
    try:
        return "ok", decrypter.open(token)
    except TokenError as error:
        return error.code, None
