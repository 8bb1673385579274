"""`joseal key`: every format in, three forms out, and no secret by accident."""

import datetime as dt
import json
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.serialization import pkcs12

from joseal import Key, KeySet
from joseal.cli.exit_codes import Exit
from joseal.cli.key_files import File

Run = Callable[..., Result]

NAME = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "canary")])
OKP = {
    "kty": "OKP",
    "crv": "Ed25519",
    "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
}  # RFC 8037 appendix A.2
THUMBPRINT = "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"  # appendix A.3


@pytest.fixture(scope="session")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One EC pair in every format, and some other keys."""
    folder = tmp_path_factory.mktemp("formats")
    key = Key.generate("ES256", kid="mine")
    pem = key.to_pem(private=True).encode()
    native = serialization.load_pem_private_key(pem, None)
    now = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    certificate = x509.CertificateBuilder(NAME, NAME, native.public_key(), 1, now, now).sign(
        native, hashes.SHA256()
    )
    encoding, der = serialization.Encoding, serialization.Encoding.DER
    pkcs8, plain = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    locked = serialization.BestAvailableEncryption(b"secret")
    spki = serialization.PublicFormat.SubjectPublicKeyInfo
    for name, data in {
        "private.pem": pem,
        "public.pem": key.to_pem().encode(),
        "locked.pem": native.private_bytes(encoding.PEM, pkcs8, locked),
        "private.der": native.private_bytes(der, pkcs8, plain),
        "sec1.der": native.private_bytes(
            der, serialization.PrivateFormat.TraditionalOpenSSL, plain
        ),
        "public.der": native.public_key().public_bytes(der, spki),
        "certificate.pem": certificate.public_bytes(encoding.PEM),
        "certificate.der": certificate.public_bytes(der),
        "locked.p12": pkcs12.serialize_key_and_certificates(
            b"x", native, certificate, None, locked
        ),
        "private.jwk": json.dumps(key.to_jwk(private=True)).encode(),
        "public.jwk": json.dumps(key.to_jwk()).encode(),
        "okp.jwk": json.dumps(OKP).encode(),
        "shared.jwk": json.dumps(Key.generate("A128KW").to_jwk(private=True)).encode(),
        "rsa.pem": Key.generate("RSA-OAEP").to_pem().encode(),
        "x.jwk": json.dumps(Key.generate("ECDH-ES", curve="X25519").public().to_jwk()).encode(),
        "set.jwks": json.dumps({"keys": [OKP, key.to_jwk()]}).encode(),
        "empty.jwks": b'{"keys": []}',
        "broken.jwks": json.dumps({"keys": [OKP, {"kty": "OKP"}]}).encode(),
        "rubbish": b"rubbish",
    }.items():
        (folder / name).write_bytes(data)
    return folder


PRIVATE = ["private.pem", "locked.pem", "private.der", "sec1.der", "locked.p12", "private.jwk"]
PUBLIC = ["public.pem", "public.der", "certificate.pem", "certificate.der", "public.jwk"]


def password(name: str) -> tuple[str, ...]:
    return ("--password-env", "PW") if name.startswith("locked") else ()


@pytest.mark.parametrize("name", [*PRIVATE, *PUBLIC])
def test_every_format_holds_the_same_key(name: str, files: Path, run: Run) -> None:
    done = run("key", "thumbprint", files / name, *password(name), PW="secret")
    key = Key.from_jwk((files / "public.jwk").read_text())
    assert (done.exit_code, done.stdout, done.stderr) == (0, f"{key.thumbprint()}\n", "")


def test_the_names_of_a_key_are_those_of_the_rfcs(files: Path, run: Run) -> None:
    key = Key.from_jwk(OKP, alg="EdDSA")
    names = {
        (): THUMBPRINT,
        ("--uri",): f"urn:ietf:params:oauth:jwk-thumbprint:sha-256:{THUMBPRINT}",
        ("--spki",): key.spki_sha256(),
    }
    for option, name in names.items():
        assert run("key", "thumbprint", *option, files / "okp.jwk").stdout == f"{name}\n"
    shown = json.loads(run("key", "thumbprint", "--json", files / "set.jwks").stdout)["keys"]
    assert [one["kid"] for one in shown] == [None, "mine"]
    assert list(shown[0].values()) == [None, *names.values(), None]


@pytest.mark.parametrize("name", [*PRIVATE, *PUBLIC])
@pytest.mark.parametrize("form", ["pem", "jwk", "jwks"])
def test_public_halves_have_nothing_private(name: str, form: str, files: Path, run: Run) -> None:
    done = run("key", "public", "--to", form, files / name, *password(name), PW="secret")
    assert (done.exit_code, done.stderr) == (0, "")
    if form == "pem":
        assert done.stdout == (files / "public.pem").read_text()
        return
    shown = json.loads(done.stdout)
    (jwk,) = shown["keys"] if form == "jwks" else (shown,)
    own = json.loads((files / "public.jwk").read_text())
    bound = {"alg", "kid"} if name.endswith("jwk") else set()
    assert jwk == {key: value for key, value in own.items() if key not in {"alg", "kid"} - bound}


@pytest.mark.parametrize(
    ("name", "beginning"),
    [
        ("private.pem", "-----BEGIN PUB"),
        ("private.der", "-----BEGIN PUB"),
        ("private.jwk", '{"kty"'),
    ],
)
def test_the_form_of_a_public_half_is_that_of_its_file(
    name: str, beginning: str, files: Path, run: Run
) -> None:
    assert run("key", "public", files / name).stdout.startswith(beginning)
    assert run("key", "public", files / "set.jwks").stdout.startswith('{"keys": [')


@pytest.mark.parametrize("name", PRIVATE)
def test_private_keys_are_converted_when_that_is_said(
    name: str, files: Path, run: Run, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    args = (
        "key",
        "convert",
        "--to",
        "jwk",
        "--alg",
        "ES256",
        files / name,
        *password(name),
        "-o",
        out,
    )
    refused = run(*args, PW="secret")
    assert (refused.exit_code, refused.stdout, out.exists()) == (Exit.KEY, "", False)
    assert "--private" in refused.stderr
    assert run(*args, "--private", PW="secret").exit_code == 0
    jwk = json.loads((files / "private.jwk").read_text())
    assert json.loads(out.read_text()).items() >= {**jwk, "kid": jwk["kid"]}.items() - (
        set() if name.endswith("jwk") else {("kid", "mine")}
    )
    assert stat.S_IMODE(out.stat().st_mode) == 0o600


def test_a_new_password_takes_the_place_of_the_old_one(
    files: Path, run: Run, tmp_path: Path
) -> None:
    args = ("--to", "pem", "--private", "--password-env", "OLD", "--new-password-env", "NEW")
    done = run(
        *("key", "convert", *args, files / "locked.pem", "-o", tmp_path / "out"),
        OLD="secret",
        NEW="another",
    )
    assert (done.exit_code, done.stdout, done.stderr) == (0, "", "")
    text = (tmp_path / "out").read_text()
    assert Key.from_pem(text, alg="ES256", password="another").is_private
    refused = run("key", "thumbprint", "--password-env", "OLD", tmp_path / "out", OLD="secret")
    assert (refused.exit_code, refused.stderr) == (
        Exit.KEY,
        "joseal: key: the private key can't be read: wrong password, or damaged\n",
    )


def test_several_keys_become_a_set(files: Path, run: Run) -> None:
    names = ("public.jwk", "okp.jwk", "rsa.pem", "x.jwk")
    done = run("key", "convert", "--to", "jwks", *(files / name for name in names))
    jwks = json.loads(done.stdout)
    assert ["alg" in jwk for jwk in jwks["keys"]] == [True, False, False, True]
    assert len(KeySet.from_jwks(done.stdout).skipped) == 2
    assert run("key", "convert", "--to", "jwks", "-", data=done.stdout).stdout == done.stdout


def test_alg_and_kid_are_for_keys_without_them(files: Path, run: Run) -> None:
    named = ("--alg", "EdDSA", "--kid", "x")
    shown = json.loads(run("key", "convert", "--to", "jwk", *named, files / "okp.jwk").stdout)
    assert shown == {**OKP, "alg": "EdDSA", "kid": "x"}
    done = run("key", "convert", "--to", "jwk", *named, files / "public.jwk")
    assert (done.exit_code, done.stdout) == (Exit.KEY, "")


def test_json_tells_what_was_written(files: Path, run: Run) -> None:
    shown = json.loads(run("key", "public", "--to", "pem", "--json", files / "okp.jwk").stdout)
    assert shown == {
        "form": "pem",
        "private": False,
        "keys": [{"alg": None, "kid": None, "thumbprint": THUMBPRINT}],
        "written": Key.from_jwk(OKP, alg="EdDSA").to_pem().rstrip(),
    }


def test_no_file_is_replaced_unless_forced(files: Path, run: Run, tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.write_text("older")
    for command in (("convert", "--to", "pem"), ("public",)):
        done = run("key", *command, files / "public.pem", "-o", out)
        assert (done.exit_code, out.read_text()) == (Exit.FILE, "older")
    assert run("key", "public", files / "public.pem", "-o", out, "--force").exit_code == 0
    assert out.read_text() == (files / "public.pem").read_text()


REFUSED: dict[str, tuple[tuple[str, ...], tuple[str, ...], Exit]] = {
    "no form": (("convert",), ("public.pem",), Exit.USAGE),
    "several in one": (("convert", "--to", "pem"), ("public.pem", "rsa.pem"), Exit.USAGE),
    "one name for two": (("convert", "--to", "jwks", "--kid", "x"), ("set.jwks",), Exit.USAGE),
    "a name for a set": (("public", "--kid", "x"), ("set.jwks",), Exit.USAGE),
    "two files": (("public",), ("public.pem", "rsa.pem"), Exit.USAGE),
    "a symmetric half": (("public",), ("shared.jwk",), Exit.KEY),
    "a symmetric key": (("convert", "--to", "jwk"), ("shared.jwk",), Exit.KEY),
    "a symmetric name": (("thumbprint",), ("shared.jwk",), Exit.KEY),
    "two names": (("thumbprint", "--uri", "--spki"), ("okp.jwk",), Exit.USAGE),
    "two more": (("thumbprint", "--serial", "--spki"), ("okp.jwk",), Exit.USAGE),
    "no certificate": (("thumbprint", "--serial"), ("okp.jwk",), Exit.KEY),
    "another alg": (("convert", "--to", "jwk", "--alg", "RS256"), ("public.pem",), Exit.KEY),
    "no private half": (("convert", "--to", "pem", "--private"), ("public.pem",), Exit.KEY),
    "a password in vain": (("thumbprint", "--password-env", "PW"), ("okp.jwk",), Exit.KEY),
    "one for a set": (("thumbprint", "--password-env", "PW"), ("set.jwks",), Exit.KEY),
    "no password": (("thumbprint",), ("locked.pem",), Exit.KEY),
    "a wrong one": (("thumbprint", "--password-env", "NO"), ("locked.p12",), Exit.KEY),
    "a long one": (("thumbprint", "--password-env", "LONG"), ("locked.pem",), Exit.KEY),
    "a new one for none": (
        ("convert", "--to", "jwk", "--private", "--new-password-env", "PW"),
        ("private.pem",),
        Exit.USAGE,
    ),
    "an empty set": (("thumbprint",), ("empty.jwks",), Exit.KEY),
    "a broken member": (("thumbprint",), ("broken.jwks",), Exit.KEY),
    "no key": (("thumbprint",), ("rubbish",), Exit.KEY),
    "no file": (("thumbprint",), ("missing",), Exit.FILE),
    "a folder": (("thumbprint",), (".",), Exit.FILE),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_refusal_is_one_line(case: str, files: Path, run: Run) -> None:
    args, names, code = REFUSED[case]
    paths = [files / name for name in names]
    done = run("key", *args, *paths, PW="secret", NO="canary", LONG="canary" * 200)
    assert (done.exit_code, done.stdout, done.stderr.count("\n")) == (code, "", 1)
    assert "canary" not in done.stderr


def test_formats_are_told_apart(files: Path) -> None:
    told = {
        path.name: [
            name
            for name in ("json", "set", "pem", "pkcs12")
            if getattr(File(path.read_bytes()), f"is_{name}")
        ]
        for path in files.iterdir()
    }
    for name, found in told.items():
        kind = name.rpartition(".")[2]
        expected = {"jwk": ["json"], "jwks": ["json", "set"], "pem": ["pem"], "p12": ["pkcs12"]}
        assert found == expected.get(kind, []), name
    # A length of any form, BER's too. X.690 section 8.1.3.
    for length in (b"\x7f", b"\x80", b"\x81\x80", b"\x82\x01\x00"):
        assert File(b"0" + length + b"\x02\x01\x03").is_pkcs12
    assert not File(b"").is_pkcs12
    assert "rubbish" not in repr(File(b"rubbish"))
