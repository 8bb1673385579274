"""Debian's `jose` behind `joseal verify-vectors --exec`: an adapter that calls a command for each case.

Source: https://github.com/latchset/jose, the package `jose` of Debian.
"""

import json
import shlex
import shutil
import sys

import pytest
from tests.helpers import forge

from joseal import Encrypter, Key, Signer, conformance
from joseal.conformance import ByCommand, Outcome

pytestmark = pytest.mark.skipif(
    shutil.which("jose") is None, reason="the command jose is not installed"
)

ADAPTER = """
import base64, json, pathlib, subprocess, sys, tempfile

verbs = {"decrypt": ("jwe", "dec"), "verify": ("jws", "ver")}
with tempfile.TemporaryDirectory() as name:
    key = pathlib.Path(name, "key")
    for line in sys.stdin:
        asked = json.loads(line)
        if asked["task"] not in verbs:
            answer = {"lacking": "jose is asked for tokens alone"}
        else:
            # In a key for dir, jose takes alg for the enc.
            members = {n: v for n, v in asked["jwk"].items() if v != "dir"}
            key.write_text(json.dumps(members))
            command = ["jose", *verbs[asked["task"]], "-i", "-", "-k", str(key), "-O", "-"]
            done = subprocess.run(command, input=asked["token"].encode(), capture_output=True)
            text = base64.urlsafe_b64encode(done.stdout).rstrip(b"=").decode()
            answer = {"refused": "failed"} if done.returncode else {"ok": text}
        print(json.dumps({"id": asked["id"], **answer}), flush=True)
"""


def listed(made, token, plaintext):
    return {"jwk": made.to_jwk(private=True), "plaintext_hex": plaintext.hex(), **token}


def test_jose_is_checked_by_an_adapter(tmp_path):
    wrap, ring, mac = Key.generate("A256KW"), Key.generate("ECDH-ES"), Key.generate("HS256")
    good = [
        listed(wrap, {"jwe": Encrypter(wrap, enc="A256GCM").encrypt(b"one")}, b"one"),
        listed(ring, {"jwe": Encrypter(ring.public(), enc="A128CBC-HS256").encrypt(b"")}, b""),
        listed(mac, {"jws": Signer(mac).sign(b"two")}, b"two"),
    ]
    forged = listed(mac, {"jws": f"{good[2]['jws'][:-8]}{forge.b64(bytes(6))}"}, b"two")
    (tmp_path / "adapter.py").write_text(ADAPTER)
    (tmp_path / "list.json").write_text(json.dumps({"verified": [*good, forged]}))
    backend = ByCommand(shlex.join([sys.executable, str(tmp_path / "adapter.py")]))
    try:
        (report,) = conformance.verify([tmp_path / "list.json"], backend).files
    finally:
        backend.close()
    outcomes = [result.outcome for result in report.results]
    assert outcomes == [Outcome.PASSED] * 3 + [Outcome.UNEXPECTED]
    assert report.results[3].got == "failed"
