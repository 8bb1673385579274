"""Ask other libraries about every case of the table, and write the page with the answers.

    JOSEAL_AUTHJS=FOLDER python -m tests.claims.peers

`PyJWT` and `joserfc` have to be importable, and the folder has to have the npm package `jose`. The
settings that a library has are used; a rule that it has no setting for is not asked of it. The page
counts how many accept, and names none: a fault is its library's to hear of first.
"""

import importlib.util
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

from tests.claims.table import CASES
from tests.helpers import all_algorithms, forge

PAGE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "claims-table.md"
SECRET = forge.unb64(all_algorithms.signing_key("HS256").to_jwk(private=True)["k"])
HEAD = """# The table of claims

Every case is run by `tests/claims/test_table.py`, as a signed, an encrypted and a nested token. The
last column says how many of three other libraries, each with the settings of the case, accept the
token: `tests/claims/peers.py` asks them. A library that has no setting for a rule is not counted.

| the token has | joseal | source | others that accept |
|---|---|---|---|
"""

NODE = """
import { jwtVerify } from 'jose';
import { readFileSync } from 'node:fs';
const { cases, secret } = JSON.parse(readFileSync(0));
const key = Buffer.from(secret, 'hex');
const answers = [];
for (const { token, options } of cases) {
  try { await jwtVerify(token, key, options); answers.push(true); }
  catch { answers.push(false); }
}
console.log(JSON.stringify(answers));
"""


def token_of(case, now):
    members = {"alg": "HS256"} | ({} if case.typ is None else {"typ": case.typ})
    key = all_algorithms.signing_key("HS256")._for_signatures("sign", None)
    return all_algorithms.jws(members, case.payload(now), key.sign)


def required(rules):
    names = {"exp"} if rules.get("expires", True) else set()
    named = {"issuer": "iss", "audience": "aud", "subject": "sub", "max_age_seconds": "iat"}
    names |= {claim for setting, claim in named.items() if setting in rules}
    return sorted(names | set(rules.get("require", ())) - ({"exp"} - names))


def by_pyjwt(case, token):
    import jwt

    rules = case.rules
    if {"max_age_seconds", "typ"} & rules.keys():
        return None
    settings = {name: rules[name] for name in ("issuer", "audience", "subject") if name in rules}
    try:
        jwt.decode(
            token,
            SECRET,
            algorithms=["HS256"],
            leeway=rules.get("leeway_seconds", 0),
            options={"require": required(rules)},
            **settings,
        )
    except jwt.exceptions.PyJWTError:
        return False
    except Exception as error:  # noqa: BLE001 - what leaves a peer is counted as a refusal, and told
        print(f"{case.name}: {type(error).__name__}", file=sys.stderr)
        return False
    return True


def by_joserfc(case, token):
    from joserfc import errors
    from joserfc import jwt as peer
    from joserfc.jwk import OctKey

    rules = case.rules
    if {"max_age_seconds", "typ"} & rules.keys():
        return None
    options = {name: {"essential": True} for name in required(rules)}
    for setting, claim in (("issuer", "iss"), ("audience", "aud"), ("subject", "sub")):
        if setting in rules:
            given = rules[setting]
            plural = isinstance(given, list)
            options[claim]["values" if plural else "value"] = given
    try:
        found = peer.decode(token, OctKey.import_key(SECRET), algorithms=["HS256"])
        registry = peer.JWTClaimsRegistry(leeway=rules.get("leeway_seconds", 0), **options)
        registry.validate(found.claims)
    except (errors.JoseError, ValueError):
        return False
    except Exception as error:  # noqa: BLE001 - as above
        print(f"{case.name}: {type(error).__name__}", file=sys.stderr)
        return False
    return True


def by_node(now, folder):
    cases = []
    for case in CASES:
        rules = case.rules
        options = {"algorithms": ["HS256"], "requiredClaims": required(rules)}
        names = {"issuer": "issuer", "audience": "audience", "subject": "subject", "typ": "typ"}
        names |= {"max_age_seconds": "maxTokenAge", "leeway_seconds": "clockTolerance"}
        options |= {theirs: rules[ours] for ours, theirs in names.items() if ours in rules}
        cases.append({"token": token_of(case, now), "options": options})
    done = subprocess.run(
        [shutil.which("node"), "--input-type=module", "-e", NODE],
        input=json.dumps({"cases": cases, "secret": SECRET.hex()}),
        cwd=folder,
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
    )
    return json.loads(done.stdout)


def is_there(name):
    return importlib.util.find_spec(name) is not None


def answers(folder):
    """Return what each library says of each case: True, False, or None where it can't be asked."""
    now = int(time.time())
    of_node = by_node(now, folder)
    return [
        (by_pyjwt(case, token_of(case, now)), by_joserfc(case, token_of(case, now)), theirs)
        for case, theirs in zip(CASES, of_node, strict=True)
    ]


def page(found):
    lines = []
    for case, told in zip(CASES, found, strict=True):
        asked = [each for each in told if each is not None]
        ours = "accepted" if case.expect == "ok" else f"refused: `{case.expect}`"
        lines.append(f"| {case.name} | {ours} | {case.source} | {sum(asked)} of {len(asked)} |\n")
    return HEAD + "".join(lines)


def main():
    found = answers(os.environ["JOSEAL_AUTHJS"])
    PAGE.write_text(page(found), "utf-8")
    for case, told in zip(CASES, found, strict=True):
        ours = case.expect == "ok"
        if any(each is not None and each is not ours for each in told):
            print(f"{case.name:50} ours {case.expect:20} peers {told}")


if __name__ == "__main__":
    main()
