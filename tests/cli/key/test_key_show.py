"""`joseal key show`, and `joseal doctor` of a key file."""

import json

import pytest
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    pkcs12,
)
from tests.core.keys.formats.test_pkcs12 import certificate
from tests.helpers import all_algorithms, der, forge

from joseal import Decrypter, Encrypter, Key, Signer

RSA = forge.rsa_private()
SECRET = Key.generate("HS256")


@pytest.fixture
def path(tmp_path):
    return tmp_path / "key"


def test_certificate_is_shown_with_names_dates_and_hashes(path, run):
    path.write_bytes(certificate(RSA).public_bytes(Encoding.PEM))
    done = run("key", "show", "--json", str(path))
    (told,) = json.loads(done.stdout)["keys"]
    assert told["kind"] == "RSA of 2048 bits, public"
    assert told["alg"] is None
    assert {"RSA-OAEP-256", "PS256"} <= set(told["algs"])
    (shown,) = told["certificates"]
    assert (shown["subject"], shown["expired"], len(shown["x5t#S256"])) == (
        "CN=joseal test",
        True,
        43,
    )
    assert "expired on 2020-01-02" in done.stderr
    done = run("key", "show", str(path))
    assert "CN=joseal test" in done.stdout


def test_encrypt_warns_of_an_expired_certificate(path, run):
    path.write_bytes(certificate(RSA).public_bytes(Encoding.PEM))
    done = run("encrypt", "--key", str(path), "--alg", "RSA-OAEP", "--enc", "A256GCM", data="x")
    assert (done.exit_code, done.stdout.count(".")) == (0, 4)
    assert "the certificate expired on 2020-01-02" in done.stderr


def test_secret_is_shown_by_its_size_alone(path, run):
    path.write_text(json.dumps(SECRET.to_jwk(private=True)))
    done = run("key", "show", "--json", str(path))
    (told,) = json.loads(done.stdout)["keys"]
    assert told["kind"] == "shared secret of 32 bytes"
    assert told["thumbprint"] is None
    assert str(SECRET.to_jwk(private=True)["k"])[:8] not in done.stdout


@pytest.mark.parametrize("word", ["show", "thumbprint", "public", "convert --to jwk"])
def test_file_that_no_loader_reads_is_named(path, run, word):
    path.write_text("---- BEGIN SSH2 PUBLIC KEY ----")
    done = run("key", *word.split(), str(path))
    assert done.exit_code == 3
    assert "this is an SSH public key (RFC 4716): ssh-keygen -i -f FILE" in done.stderr


def test_doctor_names_a_key_file(path, run):
    path.write_text(Key.from_cryptography(RSA, alg="RSA-OAEP").to_pem())
    done = run("doctor", "--json", str(path))
    assert (done.exit_code, json.loads(done.stdout)["kind"]) == (1, "pem-public")
    path.write_bytes(b"\xfe\xed\xfe\xed" + b"\1" * 40)
    done = run("doctor", str(path))
    assert done.exit_code == 1
    assert "this is a Java keystore (JKS)" in done.stdout


@pytest.fixture
def store(tmp_path):
    """A PKCS#12 file of two keys, as after a renewal, and the file of its password."""
    private = {
        alias: all_algorithms.private(curve).private_bytes(
            Encoding.DER, PrivateFormat.PKCS8, NoEncryption()
        )
        for alias, curve in (("year2025", "P-256"), ("year2026", "P-384"))
    }
    (tmp_path / "store.p12").write_bytes(der.encrypted_pkcs12(private, b"pass"))
    (tmp_path / "password").write_text("pass")
    return (tmp_path / "store.p12", "--password-file", tmp_path / "password")


def test_several_keys_of_a_pkcs12_file_are_named_by_the_option(store, run):
    done = run("key", "show", *store)
    assert done.exit_code == 3
    assert "2 keys: --alias names one of 'year2025', 'year2026'" in done.stderr


@pytest.mark.parametrize(("alias", "curve"), [("year2025", "P-256"), ("year2026", "P-384")])
def test_alias_names_a_key_for_every_command_that_reads_one(alias, curve, store, run, tmp_path):
    own = Key.from_cryptography(all_algorithms.private(curve), alg="ECDH-ES")
    shown = run("key", "show", "--json", "--alias", alias, *store)
    assert json.loads(shown.stdout)["keys"][0]["thumbprint"] == own.thumbprint()
    assert run("key", "thumbprint", "--alias", alias, *store).stdout.strip() == own.thumbprint()
    (tmp_path / "token").write_text(Encrypter(own.public(), enc="A256GCM").encrypt(b"body"))
    given = ("--key", *store, "--alg", "ECDH-ES", "--alias", alias, tmp_path / "token")
    assert run("decrypt", "--enc", "A256GCM", *given).stdout == "body"
    assert run("doctor", *given).exit_code == 0
    other = {"year2025": "year2026", "year2026": "year2025"}[alias]
    given = (*given[:-2], other, tmp_path / "token")
    assert run("decrypt", "--enc", "A256GCM", *given).exit_code == 1


def test_alias_reaches_the_workers_of_a_bulk_run(store, run, tmp_path):
    own = Key.from_cryptography(all_algorithms.private("P-384"), alg="ECDH-ES")
    token = Encrypter(own.public(), enc="A256GCM").encrypt(b"body")
    (tmp_path / "tokens").write_text(f"{token}\n" * 3)
    done = run(
        *("bulk", "decrypt", "--key", *store, "--alg", "ECDH-ES", "--alias", "year2026"),
        *("--enc", "A256GCM", "--format", "lines", "--workers", "2"),
        *(tmp_path / "tokens", "-o", tmp_path / "bodies"),
    )
    assert done.exit_code == 0, done.stderr
    assert (tmp_path / "bodies").read_text() == "body\n" * 3


def certificates(*curves):
    """A PKCS#12 file without a key and without a password."""
    named = [
        pkcs12.PKCS12Certificate(certificate(all_algorithms.private(curve)), curve.encode("ascii"))
        for curve in curves
    ]
    return pkcs12.serialize_java_truststore(named, NoEncryption())


def test_alias_names_the_certificate_to_encrypt_to_or_to_verify_with(run, tmp_path):
    (tmp_path / "bank.p12").write_bytes(certificates("P-256", "P-384"))
    (tmp_path / "body").write_text("body")
    given = ("--key", tmp_path / "bank.p12", "--alias", "P-384")
    sealed = run("encrypt", *given, "--alg", "ECDH-ES", "--enc", "A256GCM", tmp_path / "body")
    own = Key.from_cryptography(all_algorithms.private("P-384"), alg="ECDH-ES")
    assert Decrypter(own, enc="A256GCM").decrypt(sealed.stdout.strip()) == b"body"
    signing = Key.from_cryptography(all_algorithms.private("P-384"), alg="ES384")
    (tmp_path / "token").write_text(Signer(signing).sign(b"body"))
    assert run("verify", *given, "--alg", "ES384", tmp_path / "token").stdout == "body"


def test_alias_names_the_certificate_that_a_bulk_run_encrypts_to(run, tmp_path):
    (tmp_path / "bank.p12").write_bytes(certificates("P-256", "P-384"))
    own = Key.from_cryptography(all_algorithms.private("P-384"), alg="ECDH-ES")
    old = Key.generate("A256KW")
    (tmp_path / "old.jwk").write_text(json.dumps(old.to_jwk(private=True)))
    (tmp_path / "bodies").write_text("body\n")
    (tmp_path / "tokens").write_text(Encrypter(old, enc="A256GCM").encrypt(b"body") + "\n")
    lines = ("--format", "lines", "--workers", "1", "-o", tmp_path / "out", "--force")
    bank = (tmp_path / "bank.p12", "--alg", "ECDH-ES")
    sealed = ("bulk", "encrypt", "--key", *bank, "--enc", "A256GCM", *lines, tmp_path / "bodies")
    moved = (
        *("bulk", "rekey", "--key", tmp_path / "old.jwk", "--enc", "A256GCM"),
        *("--to-key", tmp_path / "bank.p12", "--to-alg", "ECDH-ES", "--to-enc", "A256GCM"),
        *(*lines, tmp_path / "tokens"),
    )
    for call, option in ((sealed, "--alias"), (moved, "--to-alias")):
        assert run(*call, option, "P-384").exit_code == 0
        token = (tmp_path / "out").read_text().strip()
        assert Decrypter(own, enc="A256GCM").decrypt(token) == b"body"
        refused = run(*call)
        assert refused.exit_code == 3
        assert f"{option} names one of 'P-256', 'P-384'" in refused.stderr


def test_alias_is_for_pkcs12_alone(path, run):
    path.write_text(forge.key("RSA-OAEP").to_pem())
    done = run("key", "show", "--alias", "a", str(path))
    assert (done.exit_code, done.stdout) == (3, "")
    assert "--alias names a key of a PKCS#12 file, and this is not one" in done.stderr
