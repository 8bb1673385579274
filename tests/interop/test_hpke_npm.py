"""HPKE and ML-DSA with npm's packages as live peers, both ways, all algs.

The peers are looked for in the folder that `JOSEAL_HPKE_NPM` names, where this was run:
`npm install hpke @panva/hpke-noble @hpke/core @hpke/chacha20poly1305 @noble/post-quantum`.

`hpke` has all suites, `@hpke/core` those on curves. Neither knows JOSE: the tokens are taken apart
and put together here. npm's `jose` has no HPKE.

Source: https://github.com/panva/hpke, https://github.com/dajiaji/hpke-js,
https://github.com/paulmillr/noble-post-quantum.
"""

import functools
import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from tests.helpers import all_algorithms, forge, hpke_forge
from tests.helpers.forge import b64, unb64

from joseal import Decrypter, Encrypter, Key, Signer, Verifier

FOLDER, NODE = os.environ.get("JOSEAL_HPKE_NPM"), shutil.which("node")
with_npm = pytest.mark.skipif(
    FOLDER is None or NODE is None,
    reason="JOSEAL_HPKE_NPM names no folder with the npm packages of HPKE, or there is no node",
)
PLAINTEXT, INFO, ENC = b"opened on the other side", b"session 7f3a", "A256GCM"
KEMS = {
    "P-256": "KEM_DHKEM_P256_HKDF_SHA256",
    "P-384": "KEM_DHKEM_P384_HKDF_SHA384",
    "P-521": "KEM_DHKEM_P521_HKDF_SHA512",
    "X25519": "KEM_DHKEM_X25519_HKDF_SHA256",
    "X448": "KEM_DHKEM_X448_HKDF_SHA512",
    "ML-KEM-768": "KEM_ML_KEM_768",
    "ML-KEM-1024": "KEM_ML_KEM_1024",
    "MLKEM768-X25519": "KEM_MLKEM768_X25519",
    "MLKEM768-P256": "KEM_MLKEM768_P256",
    "MLKEM1024-P384": "KEM_MLKEM1024_P384",
}
KDFS = {1: "KDF_HKDF_SHA256", 2: "KDF_HKDF_SHA384", 3: "KDF_HKDF_SHA512", 0x11: "KDF_SHAKE256"}
AEADS = {1: "AEAD_AES_128_GCM", 2: "AEAD_AES_256_GCM", 3: "AEAD_ChaCha20Poly1305"}
PAIRS = [
    *(("panva", alg) for alg in hpke_forge.ALGS),
    *(("dajiaji", alg) for alg in hpke_forge.ON_CURVES),
]
CEK = forge.draw("npm cek", 32)


def run(library, jobs):
    done = subprocess.run(
        [NODE, "--no-warnings", str(Path(__file__).with_name("hpke.mjs"))],
        input=json.dumps({"library": library, "jobs": jobs}),
        cwd=FOLDER,
        check=False,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout)


def keys(alg):
    shown = hpke_forge.jwk(alg)
    if "priv" in shown:
        return unb64(shown["priv"]).hex(), unb64(shown["pub"]).hex()
    public = hpke_forge.pair(hpke_forge.suite_of(alg).kem).scalar.public_key()
    return unb64(shown["d"]).hex(), hpke_forge.encoded(public).hex()


def job(alg):
    """What joseal made, for the peer to open; and what the peer is to seal."""
    is_ke = alg.endswith("-KE")
    encrypter = Encrypter(hpke_forge.key(alg).public(), enc=ENC if is_ke else None)
    parts = forge.parts(encrypter.encrypt(PLAINTEXT, info=INFO))
    header = json.loads(parts.header)
    suite, (priv, pub) = hpke_forge.suite_of(alg), keys(alg)
    sent = unb64(header["ek"]) if is_ke else parts.encrypted_key
    return parts, {
        "kem": KEMS[suite.kem],
        "kdf": KDFS[suite.kdf_id],
        "aead": AEADS[suite.aead_id],
        "priv": priv,
        "pub": pub,
        "info": (hpke_forge.rcpt(ENC, INFO) if is_ke else INFO).hex(),
        # Both ways with one AAD: that of the token that joseal made.
        "aad": "" if is_ke else b64(parts.header).encode().hex(),
        "plaintext": (CEK if is_ke else PLAINTEXT).hex(),
        "encapsulated": sent.hex(),
        "ciphertext": (parts.encrypted_key if is_ke else parts.ciphertext).hex(),
    }


@functools.cache
def results(library):
    algs = [alg for its, alg in PAIRS if its == library]
    made = {alg: job(alg) for alg in algs}
    found = run(library, [asked for _, asked in made.values()])
    return {alg: (made[alg][0], result) for alg, result in zip(algs, found, strict=True)}


@with_npm
@pytest.mark.parametrize(("library", "alg"), PAIRS)
def test_npm_opens_a_token(library, alg):
    parts, result = results(library)[alg]
    opened = bytes.fromhex(result["opened"])
    if not alg.endswith("-KE"):
        assert opened == PLAINTEXT
        return
    aad = b64(parts.header).encode()
    sealed = all_algorithms.seal(ENC, opened, parts.iv, aad, PLAINTEXT)
    assert sealed == (parts.ciphertext, parts.tag)


@with_npm
@pytest.mark.parametrize(("library", "alg"), PAIRS)
def test_token_of_npm_opens(library, alg):
    parts, result = results(library)[alg]
    sent, ciphertext = (bytes.fromhex(result[name]) for name in ("encapsulated", "ciphertext"))
    if alg.endswith("-KE"):
        header = json.dumps({"alg": alg, "ek": b64(sent), "enc": ENC}).encode()
        iv = forge.draw("iv", 12)
        content = all_algorithms.seal(ENC, CEK, iv, b64(header).encode(), PLAINTEXT)
        token, enc = forge.Token(header, ciphertext, iv, *content), ENC
    else:
        token, enc = forge.Token(parts.header, sent, b"", ciphertext, b""), None
    opener = Decrypter(hpke_forge.key(alg), enc=enc)
    assert opener.decrypt(str(token), info=INFO) == PLAINTEXT


@functools.cache
def signatures():
    made, jobs = {}, []
    for alg in all_algorithms.ML_DSA:
        key = all_algorithms.signing_key(alg)
        token = Signer(key).sign(PLAINTEXT)
        shown = key.to_jwk(private=True)
        signed, _, signature = token.rpartition(".")
        made[alg] = signed
        jobs.append(
            {
                "alg": alg,
                "seed": unb64(shown["priv"]).hex(),
                "pub": unb64(shown["pub"]).hex(),
                "message": signed.encode().hex(),
                "signature": unb64(signature).hex(),
            }
        )
    return dict(zip(made, zip(made.values(), run("noble", jobs), strict=True), strict=True))


@with_npm
@pytest.mark.parametrize("alg", all_algorithms.ML_DSA)
def test_npm_verifies_ml_dsa_and_its_signature_verifies(alg):
    signed, result = signatures()[alg]
    assert result["opened"] == "01"
    made = {"kty": "AKP", "alg": alg, "pub": b64(bytes.fromhex(result["pub"]))}
    key = Key.from_jwk(made)
    assert key.thumbprint() == all_algorithms.signing_key(alg).thumbprint()
    token = f"{signed}.{b64(bytes.fromhex(result['signature']))}"
    assert Verifier(key).verify(token) == PLAINTEXT
