"""Debian's `jose` (a program in C): files of tokens go both ways as they were written.

Source: https://github.com/latchset/jose, the package `jose` of Debian.
"""

import base64
import functools
import json
import shutil
import subprocess

import pytest
from click.testing import CliRunner
from tests.helpers import forge

from joseal import Decrypter, Encrypter, Key, Verifier
from joseal.cli.program import program

JOSE = shutil.which("jose")
pytestmark = pytest.mark.skipif(JOSE is None, reason="the command jose is not installed")

# What `jose alg -k wrap` lists. Debian's build has no RSA-OAEP, and RSA1_5 is not made here.
ALGS = [
    *("dir", "A128KW", "A192KW", "A256KW", "A128GCMKW", "A192GCMKW", "A256GCMKW"),
    *("ECDH-ES", "ECDH-ES+A128KW", "ECDH-ES+A192KW", "ECDH-ES+A256KW"),
]
SIGS = [f"{kind}{size}" for kind in ("HS", "RS", "PS", "ES") for size in (256, 384, 512)]
# The most that jose takes, and fewer than joseal makes unless told.
ITERATIONS = 32_768
DIRECT_BYTES = dict(zip(forge.ENCS, (32, 48, 64, 16, 24, 32), strict=True))
PLAINTEXTS = [b"", b"body\n", bytes(range(256)) * 80]


def jose(*args, data=None):
    done = subprocess.run(
        [JOSE, *map(str, args)], input=data, capture_output=True, check=False, timeout=60
    )
    assert (done.returncode, done.stderr) == (0, b"")
    return done.stdout


def joseal(*args, **named):
    done = CliRunner().invoke(program, [str(arg) for arg in args], **named)
    assert (done.exit_code, done.stderr) == (0, "")


@functools.cache
def key_for(alg, enc):
    return Key.generate(alg, **({"size": DIRECT_BYTES[enc]} if alg == "dir" else {}))


def files(folder, key, plaintext):
    """Both keys and the plaintext as files, and where the token goes."""
    for name, is_private in (("key", True), ("public", key.is_symmetric)):
        members = key.to_jwk(private=is_private)
        # In a key for `dir`, jose takes alg for the enc.
        kept = {name: value for name, value in members.items() if value != "dir"}
        (folder / name).write_text(json.dumps(kept))
    (folder / "plaintext").write_bytes(plaintext)
    return (folder / name for name in ("key", "public", "plaintext", "token"))


@pytest.mark.parametrize("enc", forge.ENCS)
@pytest.mark.parametrize("alg", ALGS)
def test_what_joseal_encrypts_jose_decrypts(alg, enc, tmp_path):
    for plaintext in PLAINTEXTS:
        key, public, source, token = files(tmp_path, key_for(alg, enc), plaintext)
        joseal("encrypt", "--key", public, "--alg", alg, "--enc", enc, source, "-o", token)
        assert jose("jwe", "dec", "-i", token, "-k", key, "-O", "-") == plaintext


@pytest.mark.parametrize("enc", forge.ENCS)
@pytest.mark.parametrize("alg", ALGS)
def test_what_jose_encrypts_a_decrypter_opens(alg, enc, tmp_path):
    header = json.dumps({"protected": {"alg": alg, "enc": enc}})
    for plaintext in PLAINTEXTS:
        _, public, source, token = files(tmp_path, key_for(alg, enc), plaintext)
        jose("jwe", "enc", "-c", "-i", header, "-I", source, "-k", public, "-o", token)
        assert Decrypter(key_for(alg, enc), enc=enc).decrypt(token.read_bytes()) == plaintext


@pytest.mark.parametrize("alg", SIGS)
def test_what_joseal_signs_jose_verifies_and_the_reverse(alg, tmp_path):
    mine = Key.generate(alg)
    face = mine if mine.is_symmetric else mine.public()
    for payload in PLAINTEXTS[1:]:
        key, public, source, token = files(tmp_path, mine, payload)
        joseal("sign", "--key", key, source, "-o", token)
        assert jose("jws", "ver", "-i", token, "-k", public, "-O", "-") == payload
        header = json.dumps({"protected": {"alg": alg}})
        jose("jws", "sig", "-c", "-s", header, "-I", source, "-k", key, "-o", token)
        assert Verifier(face).verify(token.read_bytes()) == payload


@pytest.mark.parametrize("alg", ["PBES2-HS256+A128KW", "PBES2-HS512+A256KW"])
def test_passwords_go_both_ways_with_few_iterations(alg, tmp_path):
    """jose takes an oct key in place of the password, and refuses what joseal makes by default."""
    secret = "correct horse battery staple"
    jwk = {"kty": "oct", "k": base64.urlsafe_b64encode(secret.encode()).decode().rstrip("=")}
    (tmp_path / "key").write_text(json.dumps(jwk))
    (tmp_path / "plaintext").write_bytes(b"body")
    token = tmp_path / "token"
    header = json.dumps({"protected": {"alg": alg, "enc": "A128GCM"}})
    key = Key.from_password(secret, alg=alg, iterations=ITERATIONS)
    token.write_text(Encrypter(key, enc="A128GCM").encrypt(b"body"))
    assert jose("jwe", "dec", "-i", token, "-k", tmp_path / "key", "-O", "-") == b"body"
    args = ("-c", "-i", header, "-I", tmp_path / "plaintext", "-k", tmp_path / "key")
    jose("jwe", "enc", *args, "-o", token)
    assert Decrypter(key, enc="A128GCM").decrypt(token.read_bytes()) == b"body"
    many = Key.from_password(secret, alg=alg)
    token.write_text(Encrypter(many, enc="A128GCM").encrypt(b"body"))
    done = subprocess.run(
        [JOSE, "jwe", "dec", "-i", token, "-k", tmp_path / "key"],
        check=False,
        capture_output=True,
        timeout=60,
    )
    assert done.returncode != 0
