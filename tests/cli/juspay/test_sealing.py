"""What `joseal juspay` encrypts and signs with."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

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
