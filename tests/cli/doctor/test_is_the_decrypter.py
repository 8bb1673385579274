"""`joseal doctor` accepts what a default `Decrypter` or `Verifier` accepts, and nothing else.

Run over all vectors, over those of third parties, and over every mistake that the tests know. What
opens under no variant costs all of them, so that outside CI one vector of some is tried.
"""

import functools
import json
import os
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import pytest
from tests.helpers import forge, mistakes

from joseal import Decrypter, InvalidKeyError, Key, KeySet, TokenError, Verifier
from joseal._core.algorithms.registry import ENCS
from joseal.cli import key_files, options
from joseal.cli.doctor import keys, report, signatures
from joseal.cli.doctor.key_ring import Given, alg_of
from joseal.cli.key_files import File
from joseal.conformance.formats import registry as formats
from joseal.conformance.model import Open, Verify
from joseal.diagnosis.explain_token import examine

STEP = 1 if os.environ.get("CI") == "true" else 30


class Case(NamedTuple):
    name: str
    token: bytes
    jwk: dict[str, object]
    expect: str


@pytest.fixture(autouse=True)
def keys_are_loaded_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Loading an RSA key costs more than all the rest, and many vectors share one."""
    parse = options.parse_key

    @functools.cache
    def cached(raw: bytes, alg: str | None) -> Key:
        return parse(File(raw), alg=alg, legacy=True)

    monkeypatch.setattr(options, "parse_key", lambda file, *, alg, **_: cached(file.raw, alg))


def vectors(folder: Path) -> Iterator[Case]:
    for path in sorted(folder.rglob("*.json")):
        file = formats.load(path.read_bytes())
        read = None if file is None else formats.read(file)
        for case in () if read is None else read.cases:
            task = case.task
            if isinstance(task, Open | Verify):
                token = task.token.encode("utf-8", "surrogatepass")
                expect = "jwe" if isinstance(task, Open) else "jws"
                yield Case(f"{path.name} {case.id}", token, dict(task.jwk), expect)


def accepts(case: Case, alg: str | None) -> bool:
    """Ask the object that a user makes, with nothing but the key."""
    try:
        if "keys" in case.jwk:
            ring = list(KeySet.from_jwks(json.dumps(case.jwk), alg=alg))
        else:
            ring = [Key.from_jwk(case.jwk, alg=alg)]
        if case.expect == "jws":
            Verifier(key_files.for_signatures(ring)).verify(case.token)
        else:
            Decrypter(key_files.for_encryption(ring), enc=list(ENCS)).decrypt(case.token)
    except (TokenError, InvalidKeyError):
        return False
    return True


def contradicts(case: Case, path: Path) -> str | None:
    """Say in what the doctor is not the default object, or names a cause that is none."""
    path.write_text(json.dumps(case.jwk))
    seen, reading = examine(case.token, expect=case.expect)
    alg = None if "alg" in case.jwk else alg_of(reading)
    room = signatures if case.expect == "jws" else keys
    try:
        told = room.examine(case.token, reading, Given(path, None, None, None, None))
    except InvalidKeyError:
        return "a key that loads is refused" if accepts(case, alg) else None
    found, accepted = report.merged(seen, told), accepts(case, alg)
    if found.accepted != accepted or bool(found.causes) == accepted:
        return f"accepted is {accepted}, causes are {[cause.code for cause in found.causes]}"
    shown = {cause.code for cause in (*found.causes, *found.notes)}
    if {cause.code for cause in seen.causes} - shown:
        return "a cause vanished with the key"
    if accepted and (seen.causes or found.notes):
        return f"a false cause: {[cause.code for cause in found.notes]}"
    return None


def wrong(cases: Iterable[Case], folder: Path) -> list[str]:
    told = [(case, contradicts(case, folder / "key.jwk")) for case in cases]
    assert len(told) > 20
    return [f"{case.name}: {reason}" for case, reason in told if reason is not None]


def test_on_all_vectors(our_vectors: Path, tmp_path: Path) -> None:
    assert wrong(islice(vectors(our_vectors), 0, None, STEP), tmp_path) == []


def test_on_all_vectors_of_third_parties(shared_vectors: Path, tmp_path: Path) -> None:
    assert wrong(islice(vectors(shared_vectors), 0, None, STEP), tmp_path) == []


def test_on_all_mistakes(tmp_path: Path) -> None:
    jwk = forge.key("RSA-OAEP-256").to_jwk(private=True)
    made = {**mistakes.SHOWN, **mistakes.HIDDEN}
    cases = []
    for name, (code, make) in made.items():
        token = make()
        raw = token if isinstance(token, bytes) else token.encode()
        if code != "plaintext_json_string":
            cases.append(Case(name, raw, jwk, "jwe"))
    assert wrong(cases, tmp_path) == []
