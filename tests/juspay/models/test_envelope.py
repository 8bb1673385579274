"""The envelope: sealed with the documented header, read strictly."""

import base64
import json
import pickle
import re

import pytest
from tests.helpers.rows import each_row

from joseal import Decrypter, InvalidKeyError, Key, MalformedTokenError, TokenTooLargeError
from joseal._core.jwe import Encrypter
from joseal._core.limits import Limits
from joseal.juspay import Attempt, CardInfo, Envelope, encrypt_body, payout_encrypter

ATTEMPT = Attempt(fulfillment_id="f-1", card_info=CardInfo(card_number="4929471234567898"))


@pytest.fixture(scope="module")
def key():
    return Key.generate("RSA-OAEP", kid="a-kid-of-ours")


def header_of(token):
    segment = token.split(".")[0]
    return json.loads(base64.urlsafe_b64decode(segment + "=" * (-len(segment) % 4)))


@pytest.mark.parametrize("enc", ["A256CBC-HS512", "A128CBC-HS256"])
def test_sealed_body_opens_to_its_json_text(key, enc):
    envelope = encrypt_body(payout_encrypter(key.public(), enc=enc), ATTEMPT, kid="K", sid="S")
    assert Decrypter(key, enc=enc).decrypt(envelope.payload) == ATTEMPT.to_json()


def test_stringified_body_opens_to_a_json_string_that_holds_the_text(key):
    sealer = payout_encrypter(key.public())
    envelope = encrypt_body(sealer, ATTEMPT, kid="K", stringified=True)
    plaintext = Decrypter(key, enc="A256CBC-HS512").decrypt(envelope.payload)
    assert json.loads(plaintext) == ATTEMPT.to_json().decode()


def test_header_is_the_one_of_the_published_sample(key):
    envelope = encrypt_body(payout_encrypter(key.public()), ATTEMPT, kid="K")
    # The first segment of the token on the attempt's page, as it stands there.
    published = "eyJhbGciOiJSU0EtT0FFUCIsInR5cCI6IkpXVCIsImVuYyI6IkEyNTZDQkMtSFM1MTIifQ"
    assert envelope.payload.split(".")[0] == published


def test_guides_enc_can_be_selected(key):
    token = encrypt_body(
        payout_encrypter(key.public(), enc="A128CBC-HS256"), ATTEMPT, kid="K"
    ).payload
    assert header_of(token) == {"alg": "RSA-OAEP", "typ": "JWT", "enc": "A128CBC-HS256"}


def test_undocumented_enc_is_a_value_error(key):
    with pytest.raises(ValueError, match=r"^enc must be one that the payouts API documents$"):
        payout_encrypter(key.public(), enc="A256GCM")


def test_private_key_seals_nothing(key):
    with pytest.raises(InvalidKeyError):
        payout_encrypter(key)


def test_two_seals_of_one_body_differ(key):
    sealer = payout_encrypter(key.public())
    assert encrypt_body(sealer, ATTEMPT, kid="K") != encrypt_body(sealer, ATTEMPT, kid="K")


def test_only_a_body_of_the_api_is_sealed(key):
    with pytest.raises(TypeError, match=r"^body must be a body of this API"):
        encrypt_body(payout_encrypter(key.public()), {"cardInfo": {}}, kid="K")


def test_body_over_the_encrypters_limit_is_refused(key):
    small = Encrypter(key.public(), enc="A128CBC-HS256", limits=Limits(plaintext_bytes=16))
    with pytest.raises(TokenTooLargeError):
        encrypt_body(small, ATTEMPT, kid="K")


def test_wire_form_has_the_documented_members_in_their_order():
    envelope = Envelope(payload="a.b.c.d.e", kid="JuspayKID", sid="JuspaySID", format="compact")
    assert envelope.to_json() == (
        b'{"payload":"a.b.c.d.e","kid":"JuspayKID","sid":"JuspaySID","format":"compact"}'
    )


def test_sid_is_left_out_where_there_is_none():
    envelope = Envelope(payload="a.b.c.d.e", kid="K", format="compact")
    assert envelope.to_json() == b'{"payload":"a.b.c.d.e","kid":"K","format":"compact"}'
    assert Envelope.from_json(envelope.to_json()) == envelope


def test_what_is_written_is_read_back_equal(key):
    envelope = encrypt_body(payout_encrypter(key.public()), ATTEMPT, kid="K", sid="S")
    assert Envelope.from_json(envelope.to_json()) == envelope


LABEL = "must be printable ASCII without blanks around it"
GOOD = {"payload": "a.b.c.d.e", "kid": "K", "sid": "S", "format": "compact"}
WRONG = [
    ({"kid": kid}, f"kid {LABEL}") for kid in ["", " K", "K ", "K\r\nx-evil: 1", "K\n", "ключ"]
]
WRONG += [
    ({"sid": ""}, f"sid {LABEL}"),
    ({"payload": ""}, "payload must be printable ASCII without blanks"),
    ({"payload": "a.b.c.d.e\n"}, "payload must be printable ASCII without blanks"),
    ({"format": "json"}, "format must be compact"),
    ({"format": "compact\n"}, "format must be compact"),
]


@each_row(("change", "message"), WRONG)
def test_wrong_value_is_refused_when_built_and_when_read(change, message):
    with pytest.raises(ValueError, match=re.escape(message)) as caught:
        Envelope(**{**GOOD, **change})
    assert caught.value.args == (message,)
    with pytest.raises(MalformedTokenError) as refused:
        Envelope.from_json(json.dumps({**GOOD, **change}).encode())
    assert refused.value.args == (f"the body: {message}",)


@each_row("member", GOOD)
@each_row("value", [1, True, ["a"], b"K"])
def test_wrong_type_is_refused(member, value):
    with pytest.raises(TypeError, match=f"^{member} must be a string$"):
        Envelope(**{**GOOD, member: value})


WRONG_BODIES = [
    (b"", "the body is not an object, or not strict JSON"),
    (b"\xff\xfe", "the body is not an object, or not strict JSON"),
    (b'["payload"]', "the body is not an object, or not strict JSON"),
    (
        b'{"payload":"a","payload":"b","kid":"K","format":"compact"}',
        "the body is not an object, or not strict JSON",
    ),
    # The page's sample has comments, which are no JSON.
    (
        b'{"payload":"a","kid":"K", //Reference\n"format":"compact"}',
        "the body is not an object, or not strict JSON",
    ),
    (b'{"kid":"K","format":"compact"}', "payload is missing or null"),
    (b'{"payload":"a","format":"compact"}', "kid is missing or null"),
    (b'{"payload":"a","kid":"K"}', "format is missing or null"),
    (b'{"payload":"a","kid":"K","sid":null,"format":"compact"}', "sid is missing or null"),
    (
        b'{"payload":"a","kid":"K","format":"compact","alg":"dir"}',
        "the body has a member that the API does not document",
    ),
]


@each_row(("data", "message"), WRONG_BODIES)
def test_wrong_envelope_of_a_peer_is_malformed(data, message):
    with pytest.raises(MalformedTokenError) as caught:
        Envelope.from_json(data)
    assert caught.value.args == (message,)


def test_repr_shows_the_labels_and_not_the_payload():
    shown = repr(Envelope(**GOOD))
    assert shown == "Envelope(payload='<hidden>', kid='K', sid='S', format='compact')"


def test_envelope_is_not_pickled():
    with pytest.raises(TypeError, match="can't be pickled"):
        pickle.dumps(Envelope(**GOOD))
