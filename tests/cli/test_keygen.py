"""`joseal keygen`: a key for every alg, in private files that replace nothing."""

import json
import stat
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from joseal import Decrypter, Encrypter, Key, Signer, Verifier
from joseal._core.algorithms.registry import ALGS, SIGS
from joseal.cli.exit_codes import Exit

Run = Callable[..., Result]
Shell = Callable[..., subprocess.CompletedProcess[bytes]]

# RSA pairs are slow to make, and all alike.
QUICK = [
    name for name, alg in (*ALGS.items(), *SIGS.items()) if alg.kind not in {"RSA", "password"}
] + ["RSA-OAEP", "PS512"]


@pytest.mark.parametrize("alg", QUICK)
def test_the_key_serves_its_alg(alg: str, run: Run) -> None:
    size = ("--size", 32) if alg == "dir" else ()
    done = run("keygen", "--alg", alg, *size)
    assert (done.exit_code, done.stderr, done.stdout.count("\n")) == (0, "", 1)
    key = Key.from_jwk(done.stdout)
    other = key if key.is_symmetric else key.public()
    if alg in SIGS:
        assert Verifier(other).verify(Signer(key).sign(b"x")) == b"x"
    else:
        enc = "A256GCM" if ALGS[key.alg].content is None else None
        token = Encrypter(other, enc=enc).encrypt(b"x")
        assert Decrypter(key, enc=enc).decrypt(token) == b"x"


@pytest.mark.parametrize(
    ("args", "expected"),
    [
        (("--alg", "ECDH-ES", "--curve", "X448"), {"crv": "X448"}),
        (("--alg", "ECDH-ES+A128KW"), {"crv": "P-256"}),
        (("--alg", "EdDSA", "--curve", "Ed448"), {"crv": "Ed448"}),
        (("--alg", "HS256", "--size", "33"), {"kty": "oct"}),
        (("--alg", "A128KW", "--kid", "mine"), {"kid": "mine"}),
    ],
)
def test_curve_size_and_name_are_as_asked(
    args: tuple[str, ...], expected: dict[str, str], run: Run
) -> None:
    jwk = json.loads(run("keygen", *args).stdout)
    assert jwk.items() >= expected.items()
    if "--size" in args:
        assert len(jwk["k"]) == 44


def test_a_key_can_be_named_by_its_thumbprint(run: Run) -> None:
    key = Key.from_jwk(run("keygen", "--alg", "ES256", "--kid-thumbprint").stdout)
    assert key.kid == key.thumbprint()


@pytest.mark.parametrize("form", ["jwk", "pem", "jwks"])
def test_both_halves_are_written_and_only_one_is_private(
    form: str, shell: Shell, tmp_path: Path
) -> None:
    mine, theirs = tmp_path / "mine", tmp_path / "theirs"
    done = shell(
        *("keygen", "--alg", "ES384", "--to", form, "-o", mine, "--public", theirs),
        prelude="umask 0",
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    assert [stat.S_IMODE(path.stat().st_mode) for path in (mine, theirs)] == [0o600, 0o644]
    keys = [_loaded(path, form) for path in (mine, theirs)]
    assert [key.is_private for key in keys] == [True, False]
    assert keys[0].thumbprint() == keys[1].thumbprint()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mine", "theirs"]


def _loaded(path: Path, form: str) -> Key:
    text = path.read_text()
    if form == "pem":
        return Key.from_pem(text, alg="ES384")
    return Key.from_jwk(json.loads(text)["keys"][0] if form == "jwks" else text)


@pytest.mark.parametrize("there", ["mine", "theirs"])
def test_nothing_is_replaced_unless_forced(there: str, run: Run, tmp_path: Path) -> None:
    (tmp_path / there).write_text("older")
    args = ("keygen", "--alg", "ES256", "-o", tmp_path / "mine", "--public", tmp_path / "theirs")
    done = run(*args)
    assert (done.exit_code, done.stdout) == (Exit.FILE, "")
    assert done.stderr.endswith(f"{there} already exists: --force replaces it\n")
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [(there, "older")]
    assert run(*args, "--force").exit_code == 0
    assert "older" not in (tmp_path / there).read_text()


@pytest.mark.usefixtures("terminal")
@pytest.mark.parametrize("where", ["env", "file", "prompt"])
def test_a_password_protects_pem(where: str, run: Run, tmp_path: Path) -> None:
    (tmp_path / "password").write_text("a secret\n")
    ways = {
        "env": ("--new-password-env", "PW"),
        "file": ("--new-password-file", tmp_path / "password"),
        "prompt": ("--ask-new-password",),
    }
    args = ("keygen", "--alg", "ES256", "--to", "pem", *ways[where], "-o", tmp_path / "mine")
    done = run(*args, data="a secret\na secret\n", PW="a secret")
    assert (done.exit_code, done.stdout) == (0, "")
    assert "a secret" not in done.stderr
    pem = (tmp_path / "mine").read_text()
    assert pem.startswith("-----BEGIN ENCRYPTED PRIVATE KEY-----\n")
    assert Key.from_pem(pem, alg="ES256", password="a secret").is_private


def test_json_tells_names_and_no_key(run: Run, tmp_path: Path) -> None:
    mine, theirs = tmp_path / "mine", tmp_path / "theirs"
    done = run("keygen", "--alg", "ES256", "--json", "-o", mine, "--public", theirs)
    key = Key.from_jwk(mine.read_text())
    assert json.loads(done.stdout) == {
        "key": {"alg": "ES256", "kid": None, "thumbprint": key.thumbprint()},
        "form": "jwk",
        "private": str(mine),
        "public": str(theirs),
    }
    shared = run("keygen", "--alg", "A128KW", "--json", "-o", tmp_path / "shared")
    assert json.loads(shared.stdout)["key"]["thumbprint"] is None


REFUSED: dict[str, tuple[tuple[str, ...], Exit]] = {
    "no alg": ((), Exit.USAGE),
    "a password's alg": (("--alg", "PBES2-HS256+A128KW"), Exit.USAGE),
    "an alg for opening": (("--alg", "RSA1_5"), Exit.USAGE),
    "no size": (("--alg", "dir"), Exit.USAGE),
    "a small size": (("--alg", "RSA-OAEP", "--size", "1024"), Exit.USAGE),
    "another alg's curve": (("--alg", "ES256", "--curve", "P-384"), Exit.USAGE),
    "a wrong curve": (("--alg", "EdDSA", "--curve", "X25519"), Exit.USAGE),
    "two names": (("--alg", "ES256", "--kid", "a", "--kid-thumbprint"), Exit.USAGE),
    "a symmetric PEM": (("--alg", "A128KW", "--to", "pem"), Exit.KEY),
    "a symmetric key's half": (("--alg", "A128KW", "--public", "/nowhere/at/all"), Exit.KEY),
    "a password for a JWK": (("--alg", "ES256", "--new-password-env", "PW"), Exit.USAGE),
    "an empty password": (("--alg", "ES256", "--to", "pem", "--new-password-env", "NO"), Exit.KEY),
    "no terminal": (("--alg", "ES256", "--to", "pem", "--ask-new-password"), Exit.USAGE),
    "a report beside a key": (("--alg", "ES256", "--json"), Exit.USAGE),
    "no folder": (("--alg", "ES256", "-o", "/nowhere/at/all"), Exit.FILE),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_refusal_is_one_line(case: str, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("joseal.cli.options.has_terminal", lambda: False)
    args, code = REFUSED[case]
    done = run("keygen", *args, PW="canary", NO="")
    assert (done.exit_code, done.stdout, done.stderr.count("\n")) == (code, "", 1)
    assert "canary" not in done.stderr
