"""What `joseal juspay` encrypts and signs with."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import pkcs12
from tests.core.keys.formats.test_pkcs12 import certificate

from joseal import Decrypter, DecryptThenVerify, Key, Verifier, VerifyThenDecrypt
from joseal.cli.exit_codes import Exit
from joseal.juspay.sandbox import Sandbox

At = Callable[..., Result]
ATTEMPT = json.dumps({"fulfillmentId": "f-1", "cardInfo": {"cardNumber": "5513651111111111"}})


@pytest.fixture(scope="module")
def bank() -> Key:
    return Key.generate("RSA-OAEP")


@pytest.fixture(scope="module")
def ours() -> Key:
    return Key.generate("RS256")


@pytest.mark.parametrize("nesting", ["encrypt-then-sign", "sign-then-encrypt"])
def test_an_attempt_is_signed_where_a_key_is_named(
    nesting: str, at: At, bank: Key, ours: Key, tmp_path: Path
) -> None:
    (tmp_path / "ours.pem").write_text(ours.to_pem(private=True, password="pem-secret"))
    (tmp_path / "password").write_text("pem-secret\n")
    wire: list[bytes] = []

    def keep(body: bytes) -> bytes:
        wire.append(body)
        return body

    with Sandbox(key=bank, on_the_way=keep) as sandbox:
        signing = ("--signing-key", tmp_path / "ours.pem", "--nesting", nesting)
        password = ("--signing-password-file", tmp_path / "password")
        at(sandbox, "attempt", "--decided", *signing, *password, "order-1", data=ATTEMPT)
    envelope = json.loads(wire[0])
    assert (envelope["kid"], envelope["sid"]) == (sandbox.kid, sandbox.sid)
    opener = Decrypter(bank, enc="A256CBC-HS512", any_kid=True)
    checker = Verifier(ours.public(), any_kid=True)
    outside_in = (
        VerifyThenDecrypt(checker, opener, cty=None)
        if nesting == "encrypt-then-sign"
        else DecryptThenVerify(opener, checker)
    )
    assert json.loads(outside_in.decrypt(envelope["payload"])) == json.loads(ATTEMPT)


def test_a_stringified_body_is_named(at: At, bank: Key) -> None:
    with Sandbox(key=bank, stringified=True, sid=None) as sandbox:
        for flags, code in ((("--stringified",), 0), ((), Exit.API)):
            done = at(sandbox, "attempt", "--decided", *flags, "order-1", data=ATTEMPT)
            assert done.exit_code == code


def test_alias_names_the_certificate_of_the_api_and_not_the_signing_key(
    at: At, bank: Key, ours: Key, tmp_path: Path
) -> None:
    named = [
        pkcs12.PKCS12Certificate(certificate(private), name)
        for name, private in ((b"old", rsa.generate_private_key(65537, 2048)), (b"new", own(bank)))
    ]
    (tmp_path / "bank.p12").write_bytes(
        pkcs12.serialize_java_truststore(named, serialization.NoEncryption())
    )
    (tmp_path / "ours.pem").write_text(ours.to_pem(private=True))
    signing = ("--signing-key", tmp_path / "ours.pem", "--nesting", "sign-then-encrypt")
    key = ("--key", tmp_path / "bank.p12", "--alg", "RSA-OAEP")
    with Sandbox(key=bank) as sandbox:
        call = (sandbox, "attempt", "--decided", *key)
        assert at(*call, "--alias", "new", "order-1", data=ATTEMPT).exit_code == 0
        assert at(*call, "order-2", data=ATTEMPT).exit_code == Exit.KEY
        # This sandbox takes no signatures: the attempt was made, and both keys were found.
        done = at(*call, "--alias", "new", *signing, "order-3", data=ATTEMPT)
        assert done.exit_code == Exit.API


def own(key: Key) -> rsa.RSAPrivateKey:
    loaded = serialization.load_pem_private_key(key.to_pem(private=True).encode(), None)
    assert isinstance(loaded, rsa.RSAPrivateKey)
    return loaded


def test_a_signature_needs_its_label_and_its_place(at: At, bank: Key, ours: Key, tmp_path: Path):
    (tmp_path / "ours.pem").write_text(ours.to_pem(private=True))
    (tmp_path / "ours.jwk").write_text(json.dumps({**ours.to_jwk(private=True), "kid": "else"}))
    signing, nesting = ("--signing-key", tmp_path / "ours.pem"), ("--nesting", "sign-then-encrypt")
    wrong: dict[tuple[object, ...], Exit] = {
        signing: Exit.USAGE,
        nesting: Exit.USAGE,
        ("--signing-password-env", "API_KEY"): Exit.USAGE,
        # A JWK that names another key than --sid.
        ("--signing-key", tmp_path / "ours.jwk", *nesting): Exit.KEY,
    }
    with Sandbox(key=bank) as sandbox:
        for args, code in wrong.items():
            done = at(sandbox, "attempt", "--decided", *args, "order-1", data=ATTEMPT)
            assert (done.exit_code, done.stdout) == (code, ""), args
        assert sandbox.attempts("order-1") == 0
