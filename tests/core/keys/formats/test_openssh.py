"""Public keys in OpenSSH's one line, by every way that PEM takes."""

import base64

import pytest
from click.testing import CliRunner
from cryptography.hazmat.primitives.asymmetric import ed25519
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from tests.helpers import all_algorithms, forge
from tests.helpers.rows import each_row

from joseal import InvalidKeyError, Key
from joseal.cli.program import program
from joseal.diagnosis import explain_key

PRIVATE = {
    "RS256": forge.rsa_private,
    "ES256": lambda: all_algorithms.private("P-256"),
    "ES384": lambda: all_algorithms.private("P-384"),
    "ES512": lambda: all_algorithms.private("P-521"),
    "EdDSA": lambda: ed25519.Ed25519PrivateKey.from_private_bytes(bytes(32)),
}


def line_of(private):
    return private.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH)


RSA = line_of(forge.rsa_private())
TYPE, BODY = RSA.split()


@pytest.mark.parametrize("ending", [b"", b"\n", b" me@host\r\n", b"\tof the bank, 2026"])
@pytest.mark.parametrize("alg", PRIVATE)
def test_key_is_loaded_with_or_without_a_comment(alg, ending, monkeypatch, tmp_path):
    private = PRIVATE[alg]()
    own = Key.from_cryptography(private, alg=alg).public()
    line = line_of(private) + ending
    assert explain_key(line).loader == "Key.from_pem"
    assert Key.from_pem(line, alg=alg) == own
    assert Key.from_pem(f"\n  {line.decode()}", alg=alg) == own
    monkeypatch.setenv("BANK_KEY", line.decode())
    assert Key.from_env("BANK_KEY", alg=alg) == own
    (tmp_path / "key.pub").write_bytes(line)
    shown = CliRunner().invoke(program, ["key", "thumbprint", str(tmp_path / "key.pub")])
    assert shown.stdout.strip() == own.thumbprint()


@each_row(
    ("line", "text"),
    {
        "two lines": (RSA + b"\n" + RSA, "2 lines of OpenSSH public keys: give the one"),
        "cut": (RSA[:-20], "is cut or damaged"),
        "cut after the type": (b"ssh-rsa ", "is cut or damaged"),
        "more than base64": (RSA[:60] + b"!!" + RSA[60:], "is cut or damaged"),
        "followed by more": (RSA.rstrip(b"=") + b"AAAA", "is cut or damaged"),
        "another type in front": (b"ssh-ed25519 " + BODY, "is cut or damaged"),
        "DSA": (b"ssh-dss " + BODY, "JOSE does not use DSA"),
        "certificate": (TYPE + b"-cert-v01@openssh.com " + BODY, "an OpenSSH certificate"),
        "security key": (b"sk-ssh-ed25519@openssh.com " + BODY, "on a security key"),
    }.values(),
)
def test_what_is_not_one_whole_key_is_refused_by_its_reason(line, text):
    with pytest.raises(InvalidKeyError, match=text) as caught:
        Key.from_pem(line, alg="RS256")
    assert caught.value.__context__ is None
    assert BODY[30:60].decode() not in str(caught.value)


def test_a_point_of_any_form_but_the_uncompressed_one_is_refused():
    kind, body = line_of(all_algorithms.private("P-256")).split()
    point = bytearray(base64.b64decode(body))
    assert point[-65] == 4
    assert Key.from_pem(kind + b" " + body, alg="ES256").alg == "ES256"
    for form in {*range(256)} - {4}:
        point[-65] = form
        with pytest.raises(InvalidKeyError, match="cut or damaged"):
            Key.from_pem(kind + b" " + base64.b64encode(point), alg="ES256")


def test_password_for_it_is_refused():
    with pytest.raises(InvalidKeyError, match="needs none"):
        Key.from_pem(RSA, alg="RS256", password="a password")


def test_key_is_checked_as_any_other():
    with pytest.raises(InvalidKeyError, match="2048 to 16384 bits"):
        Key.from_pem(line_of(forge.rsa_private("weak", 1024)), alg="RS256")
    with pytest.raises(InvalidKeyError, match="RSA key"):
        Key.from_pem(line_of(all_algorithms.private("P-256")), alg="RS256")


def test_other_loaders_name_the_right_one():
    with pytest.raises(InvalidKeyError, match="OpenSSH public key: use"):
        Key.from_der(RSA, alg="RS256")
