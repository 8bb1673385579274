"""Write `tokens.json`: broken tokens, made by Node, npm's jose, Java and OpenSSL.

Run from the root of the project, where `node`, `java`, `openssl` and `npm` are:

    python -m tests.helpers.peer_mistakes.generate

Every run draws new keys. Each token has the code of the cause that `joseal doctor` must name first.
"""

import json
import secrets
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.helpers.forge import b64

from joseal import Key

HERE = Path(__file__).parent
TEXT = json.dumps({"card": "canary-5513651111111111", "padding": "x" * 40}).encode()


def keys() -> dict[str, dict[str, object]]:
    def shown(key: Key) -> dict[str, object]:
        return {name: value for name, value in key.to_jwk(private=True).items() if name != "alg"}

    return {
        "rsa": shown(Key.generate("RSA-OAEP-256")),
        "ec": shown(Key.generate("ECDH-ES", curve="P-256")),
        "oct16": {"kty": "oct", "k": b64(secrets.token_bytes(16))},
        "oct32": {"kty": "oct", "k": b64(secrets.token_bytes(32))},
        "hs": {"kty": "oct", "k": b64(secrets.token_bytes(32))},
        "password": {"password": "correct horse battery"},
    }


def run(*words: object, folder: Path, data: bytes | None = None) -> bytes:
    done = subprocess.run(
        list(map(str, words)), check=True, cwd=folder, input=data, stdout=subprocess.PIPE
    )
    return done.stdout


def der(jwk: dict[str, object], alg: str, folder: Path) -> Path:
    path = folder / f"{alg}.pem"
    path.write_text(Key.from_jwk(jwk, alg=alg).to_pem(private=True))
    binary = path.with_suffix(".der")
    run(
        "openssl",
        "pkcs8",
        "-topk8",
        "-nocrypt",
        "-in",
        path,
        "-outform",
        "DER",
        "-out",
        binary,
        folder=folder,
    )
    return binary


def by_openssl(folder: Path) -> list[dict[str, object]]:
    found: list[dict[str, object]] = []
    for name, code, alg, key, options in (
        ("dgst with pss", "pss_salt", "PS256", "RS256", ["-sigopt", "rsa_padding_mode:pss"]),
        ("dgst without pss", "pkcs1_for_pss", "PS256", "RS256", []),
        ("dgst -sign with a P-256 key", "ecdsa_der", "ES256", "ES256", []),
    ):
        head = f"{b64(json.dumps({'alg': alg}).encode())}.{b64(TEXT)}"
        made = run(
            "openssl",
            "dgst",
            "-sha256",
            *options,
            "-sign",
            folder / f"{key}.pem",
            folder=folder,
            data=head.encode(),
        )
        told = {"by": "openssl", "name": name, "code": code, "opens": True, "expect": "jws"}
        owner = "ec" if key == "ES256" else "rsa"
        hidden = {"hidden": True} if owner == "rsa" else {}
        found.append({**told, **hidden, "key": owner, "token": f"{head}.{b64(made)}"})
    run(
        "openssl",
        "req",
        "-x509",
        "-new",
        "-key",
        folder / "RS256.pem",
        "-subj",
        "/CN=x",
        "-out",
        folder / "cert.pem",
        folder=folder,
    )
    message = run(
        "openssl",
        "cms",
        "-encrypt",
        "-aes256",
        "-outform",
        "PEM",
        folder / "cert.pem",
        folder=folder,
        data=TEXT,
    )
    found.append(
        {
            "by": "openssl",
            "name": "cms -encrypt",
            "code": "other_format",
            "key": "rsa",
            "token": message.decode(),
        }
    )
    return found


def main() -> None:
    made = keys()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shutil.copy(HERE / "node.mjs", folder)
        shutil.copy(HERE / "Mistakes.java", folder)
        (folder / "keys.json").write_text(json.dumps(made))
        run("npm", "install", "--silent", "jose@5", folder=folder)
        tokens = json.loads(run("node", "node.mjs", "keys.json", folder=folder))
        rsa, ec = der(made["rsa"], "RS256", folder), der(made["ec"], "ES256", folder)
        tokens += json.loads(run("java", "Mistakes.java", rsa, ec, folder=folder))
        tokens += by_openssl(folder)
    text = json.dumps({"keys": made, "tokens": tokens}, indent=1)
    (HERE / "tokens.json").write_text(f"{text}\n")
    sys.stdout.write(f"{len(tokens)} tokens\n")


if __name__ == "__main__":
    main()
