"""Signed payloads in both orders, and keys that change while they are in use."""

import copy
import json
import pickle
import traceback

import pytest
from rich.pretty import pretty_repr
from tests.helpers import forge
from tests.helpers.rows import each_row

from joseal import (
    Decrypter,
    InvalidKeyError,
    Key,
    MalformedTokenError,
    UnknownKeyError,
    VerificationError,
    Verifier,
)
from joseal._core.wire import compact
from joseal.juspay import Attempt, CardInfo, Envelope, encrypt_body
from joseal.juspay.signing import PAYOUTS_ENCRYPT_THEN_SIGN, PAYOUTS_SIGN_THEN_ENCRYPT, PayoutKeys

PAN = "4929471234567898"
ATTEMPT = Attempt(fulfillment_id="f-1", card_info=CardInfo(card_number=PAN))
ORDERS = {
    "encrypt-then-sign": PAYOUTS_ENCRYPT_THEN_SIGN,
    "sign-then-encrypt": PAYOUTS_SIGN_THEN_ENCRYPT,
}


@pytest.fixture(scope="module")
def banks():
    return [Key.generate("RSA-OAEP", kid=f"bank-{year}") for year in (2023, 2024)]


@pytest.fixture(scope="module")
def ours():
    return [Key.generate("RS256", kid=f"ours-{year}") for year in (2023, 2024)]


def public(keys):
    return [key.public() for key in keys]


def header_of(token):
    return json.loads(forge.unb64(token.split(".")[0]))


def parts(token):
    return token.count(".") + 1


def test_sealed_then_signed_is_a_jws_around_a_jwe(banks, ours):
    keys = PayoutKeys(public(banks), signers=ours, nesting="encrypt-then-sign")
    envelope = keys.encrypt(ATTEMPT, kid="bank-2023", sid="ours-2024")
    assert parts(envelope.payload) == compact.JWS_SEGMENTS
    assert header_of(envelope.payload) == {"alg": "RS256", "kid": "ours-2024"}
    inner = Verifier(ours[1].public()).verify(envelope.payload).decode()
    assert header_of(inner) == {"alg": "RSA-OAEP", "typ": "JWT", "enc": "A256CBC-HS512"}
    assert Decrypter(banks[0], enc="A256CBC-HS512").decrypt(inner) == ATTEMPT.to_json()


def test_signed_then_sealed_is_a_jwe_around_a_jws(banks, ours):
    keys = PayoutKeys(public(banks), signers=ours, nesting="sign-then-encrypt", enc="A128CBC-HS256")
    envelope = keys.encrypt(ATTEMPT, kid="bank-2024", sid="ours-2023")
    assert parts(envelope.payload) == compact.JWE_SEGMENTS
    assert header_of(envelope.payload) == {
        "alg": "RSA-OAEP",
        "typ": "JWT",
        "cty": "JWT",
        "enc": "A128CBC-HS256",
    }
    inner = Decrypter(banks[1], enc="A128CBC-HS256").decrypt(envelope.payload).decode()
    assert header_of(inner) == {"alg": "RS256", "kid": "ours-2023"}
    assert Verifier(ours[0].public()).verify(inner) == ATTEMPT.to_json()


def test_payouts_go_from_rsa_to_a_hybrid_key_with_one_object(banks):
    hybrid, old = Key.generate("HPKE-9", kid="bank-2027"), banks[0]
    signer = Key.generate("ML-DSA-65", kid="ours-2027")
    keys = PayoutKeys(public([old, hybrid]))
    signed = PayoutKeys(public([old, hybrid]), signers=signer, nesting="sign-then-encrypt")
    for bank, alg in ((old, "RSA-OAEP"), (hybrid, "HPKE-9")):
        envelope = keys.encrypt(ATTEMPT, kid=bank.kid)
        enc = {"enc": "A256CBC-HS512"} if alg == "RSA-OAEP" else {}
        assert header_of(envelope.payload) == {"alg": alg, "typ": "JWT", **enc}
        opener = Decrypter(bank, enc=enc.get("enc"))
        assert opener.decrypt(envelope.payload) == ATTEMPT.to_json()
        inner = opener.decrypt(signed.encrypt(ATTEMPT, kid=bank.kid, sid="ours-2027").payload)
        assert header_of(inner.decode()) == {"alg": "ML-DSA-65", "kid": "ours-2027"}
        assert Verifier(signer.public()).verify(inner) == ATTEMPT.to_json()


def test_unsigned_is_what_the_page_shows(banks):
    keys = PayoutKeys(public(banks))
    envelope = keys.encrypt(ATTEMPT, kid="bank-2024")
    assert header_of(envelope.payload) == {"alg": "RSA-OAEP", "typ": "JWT", "enc": "A256CBC-HS512"}
    assert Decrypter(banks[1], enc="A256CBC-HS512").decrypt(envelope.payload) == ATTEMPT.to_json()
    assert (envelope.kid, envelope.sid) == ("bank-2024", None)
    assert keys.encrypt(ATTEMPT, kid="bank-2023", sid="a label").sid == "a label"


def test_a_stringified_body_is_sealed_as_a_json_string(banks, ours):
    expected = json.dumps(ATTEMPT.to_json().decode()).encode()
    envelope = PayoutKeys(public(banks)).encrypt(ATTEMPT, kid="bank-2024", stringified=True)
    assert Decrypter(banks[1], enc="A256CBC-HS512").decrypt(envelope.payload) == expected
    for nesting in ORDERS:
        keys = PayoutKeys(public(banks), signers=ours, nesting=nesting)
        signed = keys.encrypt(ATTEMPT, kid="bank-2024", sid="ours-2024", stringified=True)
        plain = keys.encrypt(ATTEMPT, kid="bank-2024", sid="ours-2024")
        assert len(signed.payload) > len(plain.payload)


@each_row("nesting", ORDERS)
@each_row("kid", ["bank-2023", "bank-2024"])
@each_row("sid", ["ours-2023", "ours-2024"])
def test_two_recipient_keys_and_two_own_keys_live_at_once(banks, ours, nesting, kid, sid):
    keys = PayoutKeys(public(banks), signers=ours, nesting=nesting)
    envelope = keys.encrypt(ATTEMPT, kid=kid, sid=sid)
    assert (envelope.kid, envelope.sid, envelope.format) == (kid, sid, "compact")
    opened = ORDERS[nesting].decrypter(banks, verifying_keys=public(ours)).open(envelope.to_json())
    assert opened.payload == ATTEMPT.to_json()
    assert (opened.decrypted_with.kid, opened.signed_by.kid) == (kid, sid)


@pytest.mark.parametrize("nesting", ORDERS)
def test_encrypter_of_a_profile_signs_and_encrypts_a_body(banks, ours, nesting):
    labels = {"kid": "bank-2023", "sid": "ours-2024"}
    encrypter = ORDERS[nesting].encrypter(banks[0].public(), signing_key=ours[1], labels={**labels})
    assert encrypter.labels == labels
    opener = ORDERS[nesting].decrypter(banks, verifying_keys=public(ours))
    opened = opener.open(encrypt_body(encrypter, ATTEMPT, **labels).to_json())
    assert opened.payload == ATTEMPT.to_json()
    assert (opened.decrypted_with.kid, opened.signed_by.kid) == ("bank-2023", "ours-2024")


@pytest.mark.parametrize("changed", [{"kid": "bank-2024"}, {"sid": "ours-2023"}, {"sid": None}])
def test_labels_of_a_body_are_those_of_the_profiles_encrypter(banks, ours, changed):
    labels = {"kid": "bank-2023", "sid": "ours-2024"}
    encrypter = PAYOUTS_SIGN_THEN_ENCRYPT.encrypter(
        banks[0].public(), signing_key=ours[1], labels=labels
    )
    with pytest.raises(ValueError, match=r"^kid and sid must be the labels"):
        encrypt_body(encrypter, ATTEMPT, **{**labels, **changed})


@pytest.mark.parametrize("nesting", ORDERS)
def test_key_that_was_taken_away_opens_and_verifies_nothing(banks, ours, nesting):
    keys = PayoutKeys(public(banks), signers=ours, nesting=nesting)
    body = keys.encrypt(ATTEMPT, kid="bank-2024", sid="ours-2023").to_json()
    opener = ORDERS[nesting].decrypter(banks[1], verifying_keys=ours[1].public())
    with pytest.raises(UnknownKeyError):
        opener.open(body)


@pytest.mark.parametrize("nesting", ORDERS)
def test_each_order_is_refused_where_the_other_is_expected(banks, ours, nesting):
    other = next(name for name in ORDERS if name != nesting)
    body = PayoutKeys(public(banks), signers=ours, nesting=nesting).encrypt(
        ATTEMPT, kid="bank-2024", sid="ours-2024"
    )
    unsigned = PayoutKeys(public(banks)).encrypt(ATTEMPT, kid="bank-2024", sid="ours-2024")
    with pytest.raises(MalformedTokenError):
        ORDERS[other].decrypter(banks, verifying_keys=public(ours)).open(body.to_json())
    with pytest.raises(MalformedTokenError):
        ORDERS[other].decrypter(banks, verifying_keys=public(ours)).open(unsigned.to_json())


@pytest.mark.parametrize("nesting", ORDERS)
def test_signature_of_another_key_is_refused(banks, ours, nesting):
    impostor = Key.generate("RS256", kid="ours-2024")
    keys = PayoutKeys(public(banks), signers=impostor, nesting=nesting)
    body = keys.encrypt(ATTEMPT, kid="bank-2024", sid="ours-2024").to_json()
    with pytest.raises(VerificationError):
        ORDERS[nesting].decrypter(banks, verifying_keys=public(ours)).open(body)


def test_either_padding_can_be_used(ours):
    bank = Key.generate("RSA-OAEP-256", kid="bank")
    for signed in ({}, {"signers": ours, "nesting": "encrypt-then-sign"}):
        keys = PayoutKeys(bank.public(), **signed)
        assert keys.encrypt(ATTEMPT, kid="bank", sid="ours-2023").kid == "bank"


def test_same_kid_may_be_a_recipients_and_an_own_label(banks):
    keys = PayoutKeys(
        public(banks),
        signers=Key.generate("RS256", kid="bank-2023"),
        nesting="encrypt-then-sign",
    )
    assert keys.encrypt(ATTEMPT, kid="bank-2024", sid="bank-2023").sid == "bank-2023"


@pytest.mark.parametrize(
    ("kid", "sid"),
    [("bank-2025", "ours-2023"), ("bank-2023", "ours-2025"), ("ours-2023", "bank-2023"),
     ("bank-2023", None), ("", "")],
)  # fmt: skip
def test_label_of_no_key_is_refused(banks, ours, kid, sid):
    keys = PayoutKeys(public(banks), signers=ours, nesting="encrypt-then-sign")
    with pytest.raises(ValueError, match=r"^kid, or sid where requests are signed, is not a label"):
        keys.encrypt(ATTEMPT, kid=kid, sid=sid)


def test_bad_label_of_an_unsigned_envelope_is_refused(banks):
    with pytest.raises(ValueError, match=r"^sid must be printable ASCII"):
        PayoutKeys(public(banks)).encrypt(ATTEMPT, kid="bank-2023", sid="a\nb")


def test_arguments_are_checked(banks, ours):
    good = {"signers": ours, "nesting": "encrypt-then-sign"}
    for kind, recipients, arguments in (
        (ValueError, public(banks), {"signers": ours}),
        (ValueError, public(banks), {"nesting": "encrypt-then-sign"}),
        (ValueError, public(banks), {"signers": ours, "nesting": "none"}),
        (ValueError, public(banks), {"enc": "A256GCM"}),
        (InvalidKeyError, [], {}),
        (InvalidKeyError, banks, {}),
        (InvalidKeyError, Key.generate("RSA-OAEP").public(), {}),
        (InvalidKeyError, Key.generate("RSA-OAEP-512", kid="a").public(), {}),
        (InvalidKeyError, [Key.generate("RSA-OAEP", kid="a").public(),
                       Key.generate("RSA-OAEP-256", kid="a").public()], {}),
        (InvalidKeyError, public(banks), {**good, "signers": public(ours)}),
        (InvalidKeyError, public(banks), {**good, "signers": Key.generate("PS256", kid="a")}),
        (InvalidKeyError, public(banks), {**good, "signers": Key.generate("RS256")}),
        (TypeError, "bank", {}),
        (TypeError, None, {}),
        (TypeError, public(banks), {**good, "signers": ["ours"]}),
    ):  # fmt: skip
        with pytest.raises(kind):
            PayoutKeys(recipients, **arguments)


@pytest.mark.parametrize(
    ("body", "labels"),
    [({"cardInfo": {}}, {"kid": "bank-2023"}), (ATTEMPT, {"kid": 5}),
     (ATTEMPT, {"kid": "bank-2023", "sid": 5})],
)  # fmt: skip
def test_types_are_checked(banks, body, labels):
    with pytest.raises(TypeError):
        PayoutKeys(public(banks)).encrypt(body, **labels)


def test_signed_forms_say_that_they_are_not_confirmed():
    for order, profile in ORDERS.items():
        assert profile.confirmed is False
        assert profile.open_question.startswith("Whether the account's requests are signed")
        assert profile.send.nesting == profile.receive.nesting == order


def test_envelope_is_read_back(banks, ours):
    keys = PayoutKeys(public(banks), signers=ours, nesting="sign-then-encrypt")
    envelope = keys.encrypt(ATTEMPT, kid="bank-2024", sid="ours-2024")
    assert Envelope.from_json(envelope.to_json()) == envelope


def test_nothing_is_shown(banks, ours):
    keys = PayoutKeys(public(banks), signers=ours, nesting="encrypt-then-sign")
    numbers = [str(key.to_jwk(private=True)["d"]) for key in ours]
    shown = repr(keys) + pretty_repr(keys) + str(keys)
    assert "bank-2023" in shown
    assert not any(number in shown for number in numbers)
    assert copy.deepcopy(keys) is keys
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        with pytest.raises(TypeError, match="can't be pickled"):
            pickle.dumps(keys, protocol)
    with pytest.raises(ValueError, match=r"is not a label of a key here$") as caught:
        keys.encrypt(ATTEMPT, kid="bank-2023", sid="none")
    text = "".join(
        traceback.TracebackException.from_exception(
            caught.value.with_traceback(caught.value.__traceback__.tb_next), capture_locals=True
        ).format()
    )
    assert PAN not in text
