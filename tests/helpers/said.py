"""Joseal's answers to common mistakes: one function for each, whatever the version of joseal.

`python tests/helpers/said.py` prints the answers as JSON, with PYTHONPATH at the sources of an older
commit those of that commit. `docs/reference/mistakes.md` has the current ones.

Source: public reports of users of several libraries.
"""

import base64
import json
import tempfile
import zlib
from pathlib import Path

from click.testing import CliRunner
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

import joseal
from joseal.cli.program import program

ALG = "RSA-OAEP-256"
PAIR = joseal.Key.generate(ALG)
PEM = PAIR.to_pem(private=True)
PUBLIC = {name: value for name, value in PAIR.public().to_jwk().items() if name != "alg"}
POINT = {
    "kty": "EC",
    "crv": "P-256",
    "x": "AMPGVlPB06gHhbQo-JZcHIzzbq2WwHZnTLh4zDoKZg0",
    "y": "dGVzdA",
}
TOKEN = joseal.Encrypter(PAIR.public(), enc="A256GCM").encrypt(b"hello")
PRIVATE = serialization.load_pem_private_key(PEM.encode(), None)
OAEP = padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None)
PKCS8 = PRIVATE.private_bytes(
    serialization.Encoding.DER,
    serialization.PrivateFormat.PKCS8,
    serialization.NoEncryption(),
)
SSH = PRIVATE.public_key().public_bytes(
    serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH
)
MAC = joseal.Key.generate("HS256")
PS256 = joseal.Key.generate("PS256")


def b64(raw):
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def token(plaintext=b"hello", **members):
    header = b64(json.dumps({"alg": ALG, "enc": "A256GCM", **members}).encode())
    cek, iv = bytes(range(32)), bytes(12)
    sealed = AESGCM(cek).encrypt(iv, plaintext, header.encode())
    wrapped = PRIVATE.public_key().encrypt(cek, OAEP)
    return ".".join([header, *map(b64, (wrapped, iv, sealed[:-16], sealed[-16:]))])


def answer(call):
    try:
        call()
    except (ValueError, TypeError, joseal.JoseError) as error:
        return str(error)
    return "accepted"


def doctor(text, key=None, *more):
    with tempfile.TemporaryDirectory() as name:
        path = Path(name, "token")
        path.write_text(text, newline="")
        args = []
        if key is not None:
            Path(name, "key").write_text(key)
            args = ["--key", str(Path(name, "key"))]
        done = CliRunner().invoke(program, ["doctor", "--json", *args, *more, str(path)])
    try:
        told = json.loads(done.stdout)
    except ValueError:
        return f"ends with {done.exit_code}: {done.stderr.strip() or done.output.strip()}"
    codes = ", ".join(cause["code"] for cause in told["causes"])
    return f"ends with {done.exit_code}: {told['verdict']} {codes}".strip()


def pem(text):
    return answer(lambda: joseal.Key.from_pem(text, alg=ALG))


def jwk(**members):
    return answer(lambda: joseal.Key.from_jwk({**PUBLIC, **members}, alg=ALG))


def decrypt(text):
    return answer(lambda: joseal.Decrypter(PAIR, enc="A256GCM").decrypt(text))


OF_KEYS = {
    "a path to `from_pem`": lambda: pem("/etc/keys/mine.pem"),
    "a JWK to `from_pem`": lambda: pem(json.dumps(PUBLIC)),
    "a literal `\\n`": lambda: pem(PEM.replace("\n", "\\n")),
    "UTF-16, as PowerShell writes it": lambda: pem(PEM.encode("utf-16")),
    "an OpenSSH public key": lambda: pem(SSH),
    "em dashes from a mail program": lambda: pem(PEM.replace("-----", "\u2014\u2014")),
    "base64 without its lines": lambda: pem(base64.b64encode(PKCS8).decode()),
    "a key and its public half in one file": lambda: pem(PEM + PAIR.to_pem()),
    "PEM to `from_der`": lambda: answer(lambda: joseal.Key.from_der(PEM.encode(), alg=ALG)),
    "a JWK Set without `alg`": lambda: answer(lambda: joseal.KeySet.from_jwks({"keys": [PUBLIC]})),
    "a JWK Set to `from_jwk`": lambda: answer(
        lambda: joseal.Key.from_jwk({"keys": [PUBLIC]}, alg=ALG)
    ),
    '`"use": null`': lambda: jwk(use=None),
    '`"use": "encryption"`': lambda: jwk(use="encryption"),
    "`n` with padding": lambda: jwk(n=PUBLIC["n"] + "=="),
    "`n` with a leading zero": lambda: jwk(
        n=b64(b"\0" + base64.urlsafe_b64decode(PUBLIC["n"] + "=="))
    ),
    "`alg` RSA_OAEP_256": lambda: answer(
        lambda: joseal.Key.from_jwk({**PUBLIC, "alg": "RSA_OAEP_256"})
    ),
    "`kty` RSA-HSM": lambda: jwk(kty="RSA-HSM"),
    "an EC coordinate that is too short": lambda: answer(
        lambda: joseal.Key.from_jwk(POINT, alg="ES256")
    ),
    "`crv` secp256r1": lambda: answer(
        lambda: joseal.Key.from_jwk({**POINT, "crv": "secp256r1"}, alg="ES256")
    ),
}
OF_TOKENS = {
    "a line end after the token": lambda: decrypt(TOKEN + "\n"),
    "the word Bearer before it": lambda: decrypt("Bearer " + TOKEN),
    "quotes around it": lambda: decrypt(json.dumps(TOKEN)),
    "the JSON serialization": lambda: decrypt('{"protected": "", "ciphertext": ""}'),
    "an unknown `crit`": lambda: decrypt(token(crit=["exp"], exp=1)),
}
OF_DOCTOR = {
    "a line end after the token": lambda: doctor(TOKEN + "\n", PEM, "--alg", ALG),
    "`zip`, which is off": lambda: doctor(
        token(zlib.compress(b"hello", wbits=-15), zip="DEF"), PEM, "--alg", ALG
    ),
    "a forged payload": lambda: doctor(
        joseal.Signer(MAC).sign(b"{}").replace(".e30.", ".e30g."),
        json.dumps(MAC.to_jwk(private=True)),
        "--expect",
        "jws",
    ),
    "the longest salt in PSS": lambda: doctor(
        with_longest_salt(), json.dumps(PS256.public().to_jwk()), "--expect", "jws"
    ),
    "a private key in place of a token": lambda: doctor(PEM),
}


def with_longest_salt():
    signing_input = b64(b'{"alg":"PS256"}') + ".e30"
    private = serialization.load_pem_private_key(PS256.to_pem(private=True).encode(), None)
    if not isinstance(private, rsa.RSAPrivateKey):
        raise TypeError
    longest = padding.PSS(padding.MGF1(hashes.SHA256()), padding.PSS.MAX_LENGTH)
    return f"{signing_input}.{b64(private.sign(signing_input.encode(), longest, hashes.SHA256()))}"


SECTIONS = {
    "Loading keys": OF_KEYS,
    "Opening tokens": OF_TOKENS,
    "`joseal doctor`, with the key": OF_DOCTOR,
}


def said():
    return {
        title: {name: make() for name, make in section.items()}
        for title, section in SECTIONS.items()
    }


if __name__ == "__main__":
    print(json.dumps(said(), indent=1))
