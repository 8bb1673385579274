"""Every alg and enc with each peer, both ways, with the defaults of both sides.

`python -m tests.interop.defaults` prints the tables of `docs/guides/migrate.md`, and with `--write` puts them there. Peers that are
not installed keep the columns that the page has. A cell says what came of all encs of an alg:

- yes: the plain calls did it.
- if named: the peer did it when it was told the names of alg and enc.
- no: neither.
- an empty cell: the peer does not have the alg.

Source: the documentation of each library; https://github.com/latchset/jose for the command `jose`.
"""

import argparse
import base64
import importlib
import importlib.util
import json
import re
import shutil
import subprocess
import tempfile
import warnings
from collections.abc import Callable
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Final

from joseal import Decrypter, Encrypter, Key, Signer, Verifier, peek
from joseal._core.algorithms.registry import ALGS, ENCS, SIGS

PAGE: Final = Path(__file__).parents[2] / "docs" / "guides" / "migrate.md"
DATA: Final = b"hello"
DRAFTS: Final = {"C20P", "XC20P"}
OF_RFC7518: Final = [name for name in ENCS if name not in DRAFTS]
# What this page is about: the algs of RFC 7518, RFC 8037 and RFC 9864 that all of them could have.
OLD_ALGS: Final = [
    name for name, alg in ALGS.items() if alg.kind in {"RSA", "oct", "curve", "password"}
]
OLD_SIGS: Final = [name for name in SIGS if name[:2] in {"RS", "PS", "ES", "HS", "Ed"}]
# The characters of a coordinate on P-256.
WHOLE: Final = 43
DIRECT_BYTES: Final = {name: ENCS[name].cek_bytes for name in OF_RFC7518}


class Jwcrypto:
    name, distribution = "jwcrypto", "jwcrypto"

    def __init__(self):
        self.jwe, self.jwk, self.jws, jwa = (
            importlib.import_module(f"jwcrypto.{part}") for part in ("jwe", "jwk", "jws", "jwa")
        )
        self.names = set(jwa.JWA.algorithms_registry)

    def encrypt(self, key, alg, enc, *, named):
        made = self.jwe.JWE(
            DATA, json.dumps({"alg": alg, "enc": enc}), algs=[alg, enc] if named else None
        )
        made.add_recipient(self.jwk.JWK(**jwk_of(key, private=False)))
        return made.serialize(compact=True)

    def decrypt(self, key, alg, enc, token, *, named):
        found = self.jwe.JWE(algs=[alg, enc] if named else None)
        found.deserialize(token, key=self.jwk.JWK(**jwk_of(key)))
        return found.payload

    def sign(self, key, alg, *, named):
        made = self.jws.JWS(DATA)
        if named:
            made.allowed_algs = [alg]
        made.add_signature(self.jwk.JWK(**jwk_of(key)), alg, json.dumps({"alg": alg}))
        return made.serialize(compact=True)

    def verify(self, key, alg, token, *, named):
        found = self.jws.JWS()
        if named:
            found.allowed_algs = [alg]
        found.deserialize(token, self.jwk.JWK(**jwk_of(key, private=False)))
        return found.payload


class Joserfc:
    name, distribution = "joserfc", "joserfc"

    def __init__(self):
        self.jwe, self.jwk, self.jws = (
            importlib.import_module(f"joserfc.{part}") for part in ("jwe", "jwk", "jws")
        )
        every = self.jwe.JWERegistry.algorithms
        self.names = {*every["alg"], *every["enc"], *self.jws.JWSRegistry.algorithms}

    def key(self, key, *, private=True):
        return self.jwk.import_key(jwk_of(key, private=private))

    def encrypt(self, key, alg, enc, *, named):
        names = [alg, enc] if named else None
        return self.jwe.encrypt_compact(
            {"alg": alg, "enc": enc}, DATA, self.key(key, private=False), algorithms=names
        )

    def decrypt(self, key, alg, enc, token, *, named):
        return self.jwe.decrypt_compact(
            token, self.key(key), algorithms=[alg, enc] if named else None
        ).plaintext

    def sign(self, key, alg, *, named):
        return self.jws.serialize_compact(
            {"alg": alg}, DATA, self.key(key), algorithms=[alg] if named else None
        )

    def verify(self, key, alg, token, *, named):
        own = self.key(key, private=False)
        return self.jws.deserialize_compact(token, own, algorithms=[alg] if named else None).payload


class PythonJose:
    name, distribution = "python-jose", "python-jose"

    def __init__(self):
        self.jwe, self.jws, constants = (
            importlib.import_module(f"jose.{part}") for part in ("jwe", "jws", "constants")
        )
        self.names = constants.ALGORITHMS.SUPPORTED

    def encrypt(self, key, alg, enc, *, named):
        return self.jwe.encrypt(
            DATA, pem_of(key, private=False), encryption=enc, algorithm=alg
        ).decode()

    def decrypt(self, key, alg, enc, token, *, named):
        return self.jwe.decrypt(token, pem_of(key))

    def sign(self, key, alg, *, named):
        return self.jws.sign(DATA, pem_of(key), algorithm=alg)

    def verify(self, key, alg, token, *, named):
        # It has no call without the names.
        return self.jws.verify(token, pem_of(key, private=False), algorithms=[alg])


class PyJwt:
    name, distribution = "PyJWT", "PyJWT"

    def __init__(self):
        self.jws = importlib.import_module("jwt.api_jws").PyJWS()
        self.names = set(self.jws.get_algorithms())

    def sign(self, key, alg, *, named):
        return self.jws.encode(DATA, pem_of(key), algorithm=alg)

    def verify(self, key, alg, token, *, named):
        # It has no call without the names.
        return self.jws.decode(token, pem_of(key, private=False), algorithms=[alg])


class Authlib:
    name, distribution = "Authlib", "Authlib"

    def __init__(self):
        self.jose = importlib.import_module("authlib.jose")
        self.jwe, self.jws = self.jose.JsonWebEncryption(), self.jose.JsonWebSignature()
        self.names = {*self.jwe.ALG_REGISTRY, *self.jwe.ENC_REGISTRY, *self.jws.ALGORITHMS_REGISTRY}

    def key(self, key, *, private=True):
        return self.jose.JsonWebKey.import_key(jwk_of(key, private=private))

    def encrypt(self, key, alg, enc, *, named):
        """Make tokens until one has whole coordinates.

        Authlib drops leading zeros of an epk's coordinates, which one token in 128 has: RFC 7518
        section 6.2.1.2. The page says so; the table says what comes of the others.
        """
        own = self.key(key, private=False)
        while True:
            made = self.jwe.serialize_compact({"alg": alg, "enc": enc}, DATA, own).decode()
            epk = peek(made).parameters.get("epk", {})
            if all(len(epk[name]) == WHOLE for name in ("x", "y") if name in epk):
                return made

    def decrypt(self, key, alg, enc, token, *, named):
        return self.jwe.deserialize_compact(token, self.key(key))["payload"]

    def sign(self, key, alg, *, named):
        return self.jws.serialize_compact({"alg": alg}, DATA, self.key(key)).decode()

    def verify(self, key, alg, token, *, named):
        return self.jws.deserialize_compact(token, self.key(key, private=False))["payload"]


class Jose:
    name, distribution = "Debian's jose", None

    def __init__(self):
        self.folder = Path(tempfile.mkdtemp())
        self.names = set(self.run("alg").decode().split())

    def run(self, *args, data=b""):
        done = subprocess.run(
            ["jose", *args], input=data, capture_output=True, check=True, timeout=60
        )
        return done.stdout

    def file(self, key, *, private=True):
        path = self.folder / "key"
        path.write_text(json.dumps(jwk_of(key, private=private)))
        return str(path)

    def encrypt(self, key, alg, enc, *, named):
        header = json.dumps({"protected": {"alg": alg, "enc": enc}})
        own = self.file(key, private=False)
        return self.run("jwe", "enc", "-c", "-i", header, "-I", "-", "-k", own, data=DATA).decode()

    def decrypt(self, key, alg, enc, token, *, named):
        return self.run(
            "jwe", "dec", "-i", "-", "-k", self.file(key), "-O", "-", data=token.encode()
        )

    def sign(self, key, alg, *, named):
        header = json.dumps({"protected": {"alg": alg}})
        return self.run(
            "jws", "sig", "-c", "-s", header, "-I", "-", "-k", self.file(key), data=DATA
        ).decode()

    def verify(self, key, alg, token, *, named):
        own = self.file(key, private=False)
        return self.run("jws", "ver", "-i", "-", "-k", own, "-O", "-", data=token.encode())


PEERS: Final = (Jwcrypto, Joserfc, PythonJose, PyJwt, Authlib, Jose)
MODULES: Final = {
    "jwcrypto": "jwcrypto",
    "joserfc": "joserfc",
    "python-jose": "jose.jwe",
    "PyJWT": "jwt",
    "Authlib": "authlib.jose",
}


def is_installed(kind: type) -> bool:
    """Tell whether a peer is here, without importing it."""
    module = MODULES.get(kind.name)
    return shutil.which("jose") is not None if module is None else has(module)


def has(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:
        return False


def version_of(peer) -> str:
    return "11" if peer.distribution is None else metadata.version(peer.distribution)


def key_for(alg: str, enc: str) -> Key:
    return _key(alg, enc if alg == "dir" else "")


@cache
def _key(alg: str, enc: str) -> Key:
    if alg in ALGS and ALGS[alg].kind == "password":
        return Key.from_password("correct horse battery staple", alg=alg)
    if alg == "RSA1_5":
        pair = _key("RSA-OAEP", "").to_jwk(private=True)
        return Key.from_jwk({**pair, "alg": "RSA1_5"}, legacy=True)
    return Key.generate(alg, **({"size": DIRECT_BYTES[enc]} if alg == "dir" else {}))


def jwk_of(key: Key, *, private: bool = True) -> dict[str, object]:
    members = key.to_jwk(private=private or key.is_symmetric)
    return {name: value for name, value in members.items() if name != "alg"}


def pem_of(key: Key, *, private: bool = True) -> str | bytes:
    if not key.is_symmetric:
        return key.to_pem(private=private) if private else key.public().to_pem()
    member = str(key.to_jwk(private=True)["k"])
    return base64.urlsafe_b64decode(member + "=" * (-len(member) % 4))


def made_here(peer, alg: str, enc: str) -> str:
    """What comes of a token that joseal makes by its defaults and the peer reads."""
    key = key_for(alg, enc)
    if alg in SIGS:
        token = Signer(key).sign(DATA)
        return tried(lambda named: peer.verify(key, alg, token, named=named) == DATA)
    token = Encrypter(key if key.is_symmetric else key.public(), enc=enc).encrypt(DATA)
    return tried(lambda named: peer.decrypt(key, alg, enc, token, named=named) == DATA)


def made_there(peer, alg: str, enc: str) -> str:
    """What comes of a token that the peer makes by its defaults and joseal reads."""
    key = key_for(alg, enc)
    if alg in SIGS:
        return tried(lambda named: Verifier(key).verify(peer.sign(key, alg, named=named)) == DATA)
    opener = Decrypter(key, enc=enc)
    return tried(lambda named: opener.decrypt(peer.encrypt(key, alg, enc, named=named)) == DATA)


def tried(call: Callable[[bool], bool]) -> str:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for named, word in ((False, "yes"), (True, "if named")):
            try:
                if call(named):
                    return word
            except Exception:  # noqa: BLE001, S112 - each library has errors of its own, and lets others through
                continue
    return "no"


def cell(peer, alg: str, way: Callable[..., str], encs: list[str]) -> str:
    """Say what came of all encs of an alg; of those that differ, which."""
    if alg not in peer.names or (alg in ALGS and not hasattr(peer, "encrypt")):
        return ""
    if alg == "RSA1_5" and way is made_here:
        return "never made"
    having = [enc for enc in encs if enc in peer.names] if alg in ALGS else [""]
    if alg.startswith("PBES2"):
        # Half a second each, and the enc has no part in what comes of it.
        having = having[:1]
    outcomes = {enc: way(peer, alg, enc) for enc in having}
    usual = max([*outcomes.values()], key=[*outcomes.values()].count)
    others = [f"{word} for {enc}" for enc, word in outcomes.items() if word != usual]
    if alg == "RSA1_5" and usual != "no":
        others.append("joseal with `legacy=True`")
    return "; ".join([usual, *others])


def column(peer, encs: list[str]) -> dict[str, tuple[str, str]]:
    """Return the two cells of each alg."""
    return {
        alg: (cell(peer, alg, made_here, encs), cell(peer, alg, made_there, encs))
        for alg in (*OLD_ALGS, *OLD_SIGS)
    }


def columns_of(page: str) -> dict[str, dict[str, tuple[str, str]]]:
    """Read the tables back, by the peer's name with its version."""
    found: dict[str, dict[str, tuple[str, str]]] = {}
    for title, body in re.findall(
        r"^### (.+)\n\n\| alg .*\n\|[-| ]+\|\n((?:\|.*\n)+)", page, re.MULTILINE
    ):
        rows = [
            [cell.strip() for cell in line.strip("|\n ").split("|")] for line in body.splitlines()
        ]
        found[title] = {
            name.strip("`"): (here, there)
            for names, here, there in rows
            for name in names.split(", ")
        }
    return found


def table(title: str, cells: dict[str, tuple[str, str]]) -> str:
    """Write a table; algs with the same cells share a row."""
    rows: dict[tuple[str, str], list[str]] = {}
    for alg, pair in cells.items():
        if any(pair):
            rows.setdefault(pair, []).append(f"`{alg}`")
    lines = [f"| {', '.join(algs)} | {here} | {there} |" for (here, there), algs in rows.items()]
    head = "| alg | joseal makes, it reads | it makes, joseal reads |\n|---|---|---|"
    return f"### {title}\n\n{head}\n" + "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="put the tables into the page")
    write = parser.parse_args().write
    page = PAGE.read_text("utf-8")
    kept = columns_of(page)
    for peer in [kind() for kind in PEERS if is_installed(kind)]:
        kept = {
            title: cells for title, cells in kept.items() if title.rpartition(" ")[0] != peer.name
        }
        kept[f"{peer.name} {version_of(peer)}"] = column(peer, OF_RFC7518)
    order = [kind.name for kind in PEERS]
    titles = sorted(kept, key=lambda title: order.index(title.rpartition(" ")[0]))
    text = "\n".join(table(title, kept[title]) for title in titles)
    if not write:
        print(text)
        return
    begin, end = "<!-- defaults -->\n", "<!-- end of defaults -->"
    before, _, rest = page.partition(begin)
    PAGE.write_text(f"{before}{begin}\n{text}\n{end}{rest.partition(end)[2]}", "utf-8")


if __name__ == "__main__":
    main()
