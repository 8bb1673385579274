"""Debian's `jose`, and that of npm, behind `joseal verify-vectors --exec`: an adapter for each.

JOSEAL_AUTHJS names a folder with the npm package, as for `tests/claims/peers.py`. Which rules another
library does not keep is its own to hear of first: here it is tested that every case is asked of it.

Source: https://github.com/latchset/jose, the package `jose` of Debian; https://github.com/panva/jose.
"""

import json
import os
import shlex
import shutil
import sys
from pathlib import Path

import pytest
from tests.helpers import forge
from vectors.generator import messages

from joseal import Encrypter, Key, Signer, conformance
from joseal.conformance import ByCommand, Outcome

FOLDER = os.environ.get("JOSEAL_AUTHJS")
NODE = shutil.which("node")
needs_jose = pytest.mark.skipif(
    shutil.which("jose") is None, reason="the command jose is not installed"
)
needs_npm = pytest.mark.skipif(
    FOLDER is None or NODE is None, reason="JOSEAL_AUTHJS names no folder, or there is no node"
)

ADAPTER = """
import base64, json, pathlib, subprocess, sys, tempfile

verbs = {"decrypt": ("jwe", "dec"), "verify": ("jws", "ver")}
with tempfile.TemporaryDirectory() as name:
    key, detached = pathlib.Path(name, "key"), pathlib.Path(name, "payload")
    for line in sys.stdin:
        asked = json.loads(line)
        if asked["task"] not in verbs:
            answer = {"lacking": "jose is asked for tokens alone"}
        else:
            # In a key for dir, jose takes alg for the enc.
            members = {n: v for n, v in asked["jwk"].items() if v != "dir"}
            key.write_text(json.dumps(members))
            command = ["jose", *verbs[asked["task"]], "-i", "-", "-k", str(key), "-O", "-"]
            if "payload" in asked:
                detached.write_bytes(base64.urlsafe_b64decode(asked["payload"] + "=="))
                command += ["-I", str(detached)]
            done = subprocess.run(command, input=asked["token"].encode(), capture_output=True)
            text = base64.urlsafe_b64encode(done.stdout).rstrip(b"=").decode()
            answer = {"refused": "failed"} if done.returncode else {"ok": text}
        print(json.dumps({"id": asked["id"], **answer}), flush=True)
"""

NPM_ADAPTER = """
import * as jose from 'jose';
import { createInterface } from 'node:readline';

const kinds = {
  decrypt: ['recipients', jose.compactDecrypt, jose.flattenedDecrypt, jose.generalDecrypt],
  verify: ['signatures', jose.compactVerify, jose.flattenedVerify, jose.generalVerify],
};
for await (const line of createInterface({ input: process.stdin })) {
  const asked = JSON.parse(line);
  let answer;
  if (!(asked.task in kinds)) answer = { lacking: 'jose is asked for tokens alone' };
  else try {
    const [list, compact, flattened, general] = kinds[asked.task];
    const isCompact = !asked.token.trimStart().startsWith('{');
    const message = isCompact ? asked.token : JSON.parse(asked.token);
    if (asked.payload !== undefined && !isCompact) message.payload ??= Buffer.from(asked.payload, 'base64url');
    const run = isCompact ? compact : message[list] === undefined ? flattened : general;
    const key = await jose.importJWK(asked.jwk, asked.alg);
    const options = asked.task === 'verify' ? { algorithms: [asked.alg] }
      : { keyManagementAlgorithms: [asked.alg], contentEncryptionAlgorithms: asked.enc };
    const done = await run(message, key, options);
    answer = { ok: Buffer.from(done.plaintext ?? done.payload).toString('base64url') };
  } catch { answer = { refused: 'failed' }; }
  console.log(JSON.stringify({ id: asked.id, ...answer }));
}
"""


def debian(folder):
    (folder / "adapter.py").write_text(ADAPTER)
    return [sys.executable, str(folder / "adapter.py")]


def npm(folder):
    (folder / "node_modules").symlink_to(Path(FOLDER, "node_modules").resolve())
    (folder / "adapter.mjs").write_text(NPM_ADAPTER)
    return [NODE, str(folder / "adapter.mjs")]


PEERS = [pytest.param(debian, marks=needs_jose), pytest.param(npm, marks=needs_npm)]


def asked(words, path):
    backend = ByCommand(shlex.join(words), timeout=120.0)
    try:
        (report,) = conformance.verify([path], backend).files
    finally:
        backend.close()
    return report.results


def listed(made, token, plaintext):
    return {"jwk": made.to_jwk(private=True), "plaintext_hex": plaintext.hex(), **token}


@pytest.mark.parametrize("peer", PEERS)
def test_jose_is_checked_by_an_adapter(peer, tmp_path):
    wrap, ring, mac = Key.generate("A256KW"), Key.generate("ECDH-ES"), Key.generate("HS256")
    good = [
        listed(wrap, {"jwe": Encrypter(wrap, enc="A256GCM").encrypt(b"one")}, b"one"),
        listed(ring, {"jwe": Encrypter(ring.public(), enc="A128CBC-HS256").encrypt(b"")}, b""),
        listed(mac, {"jws": Signer(mac).sign(b"two")}, b"two"),
    ]
    forged = listed(mac, {"jws": f"{good[2]['jws'][:-8]}{forge.b64(bytes(6))}"}, b"two")
    (tmp_path / "list.json").write_text(json.dumps({"verified": [*good, forged]}))
    results = asked(peer(tmp_path), tmp_path / "list.json")
    outcomes = [result.outcome for result in results]
    assert outcomes == [Outcome.PASSED] * 3 + [Outcome.UNEXPECTED]
    assert results[3].got == "failed"


@pytest.mark.parametrize("schema", ["jwe_json_v1", "jws_json_v1"])
@pytest.mark.parametrize("peer", PEERS)
def test_messages_in_json_are_asked_of_jose(peer, schema, tmp_path):
    content = json.loads(messages.file_of(schema))
    forms = {group["opener"]["form"]: group for group in reversed(content["groups"])}
    content["groups"] = list(forms.values())
    (tmp_path / "messages.json").write_text(json.dumps(content))
    results = asked(peer(tmp_path), tmp_path / "messages.json")
    assert len(results) == sum(len(group["tests"]) for group in content["groups"])
    assert {result.got for result in results} == {"ok", "failed"}
    unchanged = [r.outcome for r in results if r.comment.startswith("nothing is changed")]
    assert unchanged == [Outcome.PASSED] * len(forms)
