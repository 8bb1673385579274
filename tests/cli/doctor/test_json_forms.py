"""`joseal doctor` with messages in JSON: each recipient and each signature is looked at."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result
from tests.helpers import all_algorithms

from joseal import Encrypter, Key, MultiEncrypter, MultiSigner, Signer

Run = Callable[..., Result]

MINE = all_algorithms.key("ECDH-ES+A256KW", name="mine", kid="mine")
OTHER = all_algorithms.key("RSA-OAEP-256", name="other", kid="other")
THIRD = all_algorithms.key("A128KW", kid="third")
SIGNS = all_algorithms.signing_key("ES256", kid="signs")
NOTARY = all_algorithms.signing_key("Ed25519", "other", "notary")


@pytest.fixture
def asked(run: Run, tmp_path: Path) -> Callable[[Key, str], tuple[list[str], bool]]:
    def ask(key: Key, message: str, *, names_alg: bool = True) -> tuple[list[str], bool]:
        jwk = key.to_jwk(private=True)
        if not names_alg:
            del jwk["alg"]
        (tmp_path / "key.jwk").write_text(json.dumps(jwk))
        kind = "jwe" if key in (MINE, OTHER, THIRD) else "jws"
        done = run(
            "doctor", "--json", "--expect", kind, "--key", tmp_path / "key.jwk", data=message
        )
        told = json.loads(done.stdout)
        assert done.exit_code == 1
        return [cause["code"] for cause in told["causes"]], told["opened"]

    return ask


@pytest.mark.parametrize("names_alg", [True, False])
@pytest.mark.parametrize("first", [OTHER, MINE, THIRD])
def test_the_recipient_of_the_key_is_the_one_that_counts(first, names_alg, asked):
    others = [key for key in (OTHER, THIRD, MINE) if key is not first]
    keys = [key if key.is_symmetric else key.public() for key in (first, *others)]
    message = MultiEncrypter(keys, enc="A256GCM").encrypt(b"a canary")
    found = asked(MINE, message, names_alg=names_alg)
    assert found == (["json_serialization", "json_header"], True)


@pytest.mark.parametrize("names_alg", [True, False])
@pytest.mark.parametrize("keys", [(SIGNS, NOTARY), (NOTARY, SIGNS)])
def test_the_signature_of_the_key_is_the_one_that_counts(keys, names_alg, asked):
    message = MultiSigner(keys).sign(b"a canary")
    for key in keys:
        assert asked(key, message, names_alg=names_alg) == (["json_serialization"], True)


def test_a_key_that_no_part_is_for_is_named(asked):
    keys = [OTHER.public(), MINE.public()]
    message = MultiEncrypter(keys, enc="A256GCM").encrypt(b"a canary")
    assert {"kid_unknown", "key_of_other_kind"} <= set(asked(THIRD, message)[0])
    codes, opened = asked(NOTARY, Signer(SIGNS, form="general").sign(b"a canary"))
    assert "key_of_other_kind" in codes
    assert not opened


def test_the_remedy_names_the_form(run):
    for made in (
        Encrypter(THIRD, enc="A128GCM", form="flattened").encrypt(b"x"),
        Signer(SIGNS, form="flattened").sign(b"x"),
    ):
        done = run("doctor", "--json", data=made)
        cause = next(
            one for one in json.loads(done.stdout)["causes"] if one["code"] == "json_serialization"
        )
        assert "form='flattened' or form='general'" in cause["remedy"]


@pytest.mark.parametrize(
    "message",
    [
        '{"payload":"eA","signatures":[]}',
        '{"payload":"eA","signatures":[5,null]}',
        '{"payload":"eA","signatures":{"protected":"eyJ"}}',
        '{"payload":"a.b","signatures":[{"protected":"..","signature":"."},{"signature":5}]}',
        '{"ciphertext":"","tag":"","recipients":[5,{"encrypted_key":".."}]}',
        '{"payload":"","signature":""}',
    ],
)
def test_a_message_of_any_shape_has_causes(message, asked):
    for key in (SIGNS, MINE):
        codes, opened = asked(key, message)
        assert codes
        assert not opened
