"""`joseal doctor` accepts what a default `Decrypter` or `Verifier` accepts, and nothing else.

Run over vectors of this project and of third parties, and over every mistake that the tests know. A
token that opens under no variant costs all of them, so a sample of the vectors is tried:

- CI tries the first vector of each kind, and of the rest one of `STRIDE`, always the same. A kind is
  an alg, a fault as the file's flags or comment name it, and what the file expects.
- Elsewhere one of `STRIDE` is tried.
- `JOSEAL_ALL_VECTORS=1` tries all, in some minutes.
"""

import hmac
import json
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from tests.helpers import forge, mistakes

from joseal import Decrypter, InvalidKeyError, Key, KeySet, Signer, TokenError, Verifier
from joseal._core.algorithms.registry import ENCS, SIGS
from joseal._core.keys.jwk import codec as jwks
from joseal.cli import key_files, options
from joseal.cli.doctor import keys, report, signatures
from joseal.cli.doctor.key_ring import Given, alg_of
from joseal.conformance import model
from joseal.conformance.formats import registry as formats
from joseal.conformance.model import Open, Verify
from joseal.diagnosis.explain_token import examine

IN_CI = os.environ.get("CI") == "true"
ALL = os.environ.get("JOSEAL_ALL_VECTORS") == "1"
STRIDE = 30


class Case(NamedTuple):
    name: str
    token: bytes
    jwk: dict[str, object]
    expect: str


@pytest.fixture(autouse=True)
def rsa_keys_are_checked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Checking an RSA key costs more than all the rest, and many vectors share one."""
    load, known = jwks._load_rsa, {}

    def cached(members):
        name = json.dumps(dict(members), sort_keys=True)
        if name not in known:
            known[name] = load(members)
        return known[name]

    monkeypatch.setattr(jwks, "_load_rsa", cached)


def cases_of(folder: Path) -> Iterator[tuple[str, model.Case]]:
    for path in sorted(folder.rglob("*.json")):
        file = formats.load(path.read_bytes())
        read = None if file is None else formats.read(file)
        for case in () if read is None else read.cases:
            if isinstance(case.task, Open | Verify):
                yield path.name, case


def kind_of(case: model.Case) -> tuple[object, ...]:
    jwk = case.task.jwk
    listed = [one.get("alg") for one in jwk.get("keys", [jwk]) if isinstance(one, dict)]
    # Where a file has no flags, its comments name the fault.
    fault = case.flags or case.comment
    return type(case.task), str(listed), case.task.alg, fault, case.expected.say()


def sampled(folder: Path) -> Iterator[tuple[str, model.Case]]:
    seen = set()
    for place, (file, case) in enumerate(cases_of(folder)):
        is_new = kind_of(case) not in seen
        seen.add(kind_of(case))
        if ALL or place % STRIDE == 0 or (IN_CI and is_new):
            yield file, case


def vectors(folder: Path) -> Iterator[Case]:
    for file, case in sampled(folder):
        task = case.task
        token = task.token.encode("utf-8", "surrogatepass")
        expect = "jwe" if isinstance(task, Open) else "jws"
        yield Case(f"{file} {case.id}", token, dict(task.jwk), expect)


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
            encs = None if options.have_own_enc(ring) else list(ENCS)
            Decrypter(key_files.for_encryption(ring), enc=encs).decrypt(case.token)
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
        told = room.examine(
            case.token, reading, Given(key_files.read(path), None, None, None, None)
        )
    except InvalidKeyError:
        return "a key that loads is refused" if accepts(case, alg) else None
    found, accepted = report.merged(seen, told), accepts(case, alg)
    if found.accepted != accepted or bool(found.causes) == accepted:
        return f"accepted is {accepted}, causes are {[cause.code for cause in found.causes]}"
    shown = {cause.code for cause in (*found.causes, *found.notes)}
    if {cause.code for cause in seen.causes} - shown:
        return "a cause vanished with the key"
    unnamed = reading.text_of("kid") is not None and "kid" not in case.jwk
    true = ["kid_not_compared"] if unnamed and "keys" not in case.jwk else []
    if accepted and (seen.causes or [cause.code for cause in found.notes] != true):
        return f"a false cause: {[cause.code for cause in found.notes]}"
    return None


def wrong(cases: Iterable[Case], folder: Path) -> list[str]:
    told = [(case, contradicts(case, folder / "key.jwk")) for case in cases]
    assert len(told) > 20
    return [f"{case.name}: {reason}" for case, reason in told if reason is not None]


def test_on_all_vectors(our_vectors: Path, tmp_path: Path) -> None:
    assert wrong(vectors(our_vectors), tmp_path) == []


def test_on_all_vectors_of_third_parties(shared_vectors: Path, tmp_path: Path) -> None:
    assert wrong(vectors(shared_vectors), tmp_path) == []


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


@pytest.mark.parametrize("alg", ["HS256", "HS384", "HS512"])
@pytest.mark.parametrize("form", ["JWK Set", "JWK", "JWK without an alg"])
def test_a_short_hmac_secret_is_a_cause_of_its_own(run, alg, form, tmp_path) -> None:
    size = SIGS[alg].key_bytes - 1
    jwk = {"kty": "oct", "k": forge.b64(forge.draw(form, size)), "alg": alg, "kid": "short"}
    token = Signer(Key.from_jwk({**jwk, "k": forge.b64(bytes(size + 1))}, alg=alg)).sign(b"{}")
    signing_input = token.rpartition(".")[0].encode()
    tag = hmac.digest(forge.draw(form, size), signing_input, alg.replace("HS", "sha"))
    if form == "JWK without an alg":
        del jwk["alg"]
    path = tmp_path / "key.json"
    path.write_text(json.dumps({"keys": [jwk]} if form == "JWK Set" else jwk))
    given = [*("--expect", "jws", "--json", "--key", str(path)), str(tmp_path / "token")]
    (tmp_path / "token").write_bytes(signing_input + b"." + forge.b64(tag).encode())
    ended = run("doctor", *given)
    told = json.loads(ended.stdout)
    assert (ended.exit_code, told["accepted"], told["opened"]) == (1, False, True)
    assert [cause["code"] for cause in told["causes"]] == ["hmac_short"]
    assert told["causes"][0]["seen"] == f"{8 * size} bits, and {alg} needs {8 * size + 8}"


def test_a_long_enough_secret_is_never_called_short(tmp_path: Path) -> None:
    jwk = {"kty": "oct", "k": forge.b64(bytes(32)), "alg": "HS256"}
    token = Signer(Key.from_jwk(jwk)).sign(b"{}").encode()
    path = tmp_path / "key.json"
    path.write_text(json.dumps(jwk))
    changed = token[:-5] + b"AAAAA"
    seen, reading = examine(changed, expect="jws")
    found = report.merged(
        seen,
        signatures.examine(changed, reading, Given(key_files.read(path), None, None, None, None)),
    )
    assert [cause.code for cause in found.causes] == ["signature_invalid"]
