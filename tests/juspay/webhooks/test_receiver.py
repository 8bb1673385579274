"""Webhooks: authenticated before they are read, of one form, and read without losing what is new."""

import base64
import copy
import json
import pickle
import re
import traceback
from decimal import Decimal

import pytest
from rich.pretty import pretty_repr
from tests.helpers.rows import each_row

from joseal import (
    Decrypter,
    DecryptionError,
    DecryptThenVerify,
    Encrypter,
    InvalidKeyError,
    JoseError,
    Key,
    Limits,
    MalformedTokenError,
    NotAllowedError,
    Signer,
    SignThenEncrypt,
    TokenTooLargeError,
    UnknownKeyError,
    VerificationError,
    Verifier,
)
from joseal.juspay.webhooks.receiver import (
    Label,
    UnauthenticatedError,
    WebhookReceiver,
    read_webhook,
)
from joseal.profiles import JUSBIZ, JUSPAY_PAYOUTS, JUSPAY_WEBHOOKS

ACCOUNT_NUMBER = "026291800001191"
PASSWORD = "correct-horse:battery"
SECRET_VALUE = "a-value-of-a-custom-header"
BODY = json.dumps(
    {
        "value": "SUCCESS",
        "label": "FULFILLMENT_TXN",
        "info": {
            "status": "SUCCESS",
            "amount": 10.10,
            "attempted": True,
            "gatewayRefId": None,
            "preferredMethodList": ["DUMMY_IMPS"],
            "txnResponse": {"amount": 10, "fee": 1e-2},
            "beneficiaryDetails": {"details": {"name": "Zoë", "account": ACCOUNT_NUMBER}},
        },
        "id": "e0dbf4b217e4530bf202091bb1f653",
        "category": "INFO",
    }
).encode()


def basic(user="juspay", password=PASSWORD):
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


GOOD = {"Authorization": basic(), "X-Hook": SECRET_VALUE}


@pytest.fixture
def receiver():
    return WebhookReceiver(basic=("juspay", PASSWORD), custom_header=("x-hook", SECRET_VALUE))


def changed(**members):
    """The body with some members changed; None takes one away."""
    body = {**json.loads(BODY), **members}
    return json.dumps({name: value for name, value in body.items() if value is not None}).encode()


# Reading


def test_documented_body_is_read(receiver):
    webhook = receiver.receive(GOOD, BODY)
    assert webhook.id == "e0dbf4b217e4530bf202091bb1f653"
    assert (webhook.label, webhook.value, webhook.category) == (
        "FULFILLMENT_TXN",
        "SUCCESS",
        "INFO",
    )
    assert webhook.label == Label.FULFILLMENT_TXN
    assert webhook.text == BODY
    assert webhook == read_webhook(BODY)


def test_amounts_are_the_decimal_digits_that_were_sent():
    info = read_webhook(BODY).info
    assert info["amount"] == Decimal("10.1")
    assert isinstance(info["amount"], Decimal)
    assert info["txnResponse"] == {"amount": 10, "fee": Decimal("0.01")}
    assert (info["attempted"], info["gatewayRefId"]) == (True, None)


def test_info_can_not_be_changed():
    info = read_webhook(BODY).info
    for mapping in (info, info["txnResponse"], info["beneficiaryDetails"]["details"]):
        with pytest.raises(TypeError):
            mapping["status"] = "FAILURE"
    assert info["preferredMethodList"] == ("DUMMY_IMPS",)


@each_row("label", [*Label, "FULFILLMENT_TXN_V9", "a label.of tomorrow"])
@each_row("value", ["FULFILLMENTS_SUCCESSFUL", "VALID", "SOMETHING NEW"])
def test_every_label_and_value_survives(label, value):
    webhook = read_webhook(changed(label=label, value=value, category="WARN"))
    assert (webhook.label, webhook.value, webhook.category) == (label, value, "WARN")


def test_further_members_are_no_error():
    assert read_webhook(changed(version=3, more={"a": [1]})).value == "SUCCESS"


@each_row(
    ("body", "text"),
    [
        (b"", "the webhook is not one strict JSON object"),
        (b"[]", "the webhook is not one strict JSON object"),
        (b"\xef\xbb\xbf" + BODY, "the webhook is not one strict JSON object"),
        (BODY + b"x", "the webhook is not one strict JSON object"),
        (BODY[:-1] + b',"id":"again"}', "the webhook is not one strict JSON object"),
        (BODY.replace(b"10.1", b"1e999"), "the webhook is not one strict JSON object"),
        (BODY.replace(b"Zo", b"\xff"), "the webhook is not one strict JSON object"),
        (b"[" * 100_000, "the webhook is not one strict JSON object"),
        (
            changed(info=None),
            "the webhook has no object info: it is encrypted, or is not a webhook",
        ),
        (changed(info=[1]), "the webhook has no object info: it is encrypted, or is not a webhook"),
        (changed(id=None), "the webhook's id must be a string"),
        (changed(id=5), "the webhook's id must be a string"),
        (changed(id=""), "the webhook's id must be at most 256 characters of printable ASCII"),
        (changed(id="x" * 257), "the webhook's id must be at most 256 characters of printable"),
        (changed(id="a b"), "the webhook's id must be at most 256 characters of printable ASCII"),
        (changed(label=None), "the webhook's label must be a string"),
        (
            changed(label="A\nB"),
            "the webhook's label must be printable ASCII without blanks around",
        ),
        (changed(value=["SUCCESS"]), "the webhook's value must be a string"),
        (changed(category=None), "the webhook's category must be a string"),
    ],
)
def test_what_is_no_webhook_is_refused(body, text):
    with pytest.raises(MalformedTokenError, match="^" + re.escape(text)):
        read_webhook(body)


def test_only_bytes_are_read(receiver):
    with pytest.raises(TypeError, match=r"^text must be bytes$"):
        read_webhook(BODY.decode())
    with pytest.raises(TypeError, match=r"^body must be bytes$"):
        receiver.receive(GOOD, BODY.decode())


# Authentication


class Werkzeug:
    """Headers that are no mapping, and give pairs when they are iterated or asked."""

    def __iter__(self):
        return iter(GOOD.items())

    def items(self):
        return iter(GOOD.items())


@pytest.mark.parametrize(
    "headers",
    [
        GOOD,
        list(GOOD.items()),
        iter(GOOD.items()),
        Werkzeug(),
        {name.upper(): value for name, value in GOOD.items()},
        {**GOOD, "Authorization": basic().replace("Basic ", "bAsIc   ")},
        {**GOOD, "Content-Type": "application/json", "x-hook-2": "y"},
    ],
)
def test_right_headers_are_taken_in_every_form(receiver, headers):
    assert receiver.receive(headers, BODY).value == "SUCCESS"


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"X-Hook": SECRET_VALUE},
        {"Authorization": basic()},
        {**GOOD, "Authorization": basic(password="wrong")},
        {**GOOD, "Authorization": basic(user="Juspay")},
        {**GOOD, "Authorization": basic() + "="},
        {**GOOD, "Authorization": basic()[:-1]},
        {**GOOD, "Authorization": basic().removeprefix("Basic ")},
        {**GOOD, "Authorization": basic().replace("Basic", "Bearer")},
        {**GOOD, "Authorization": ""},
        {**GOOD, "Authorization": "Basic"},
        {**GOOD, "Authorization": "Basic \ud800ü"},
        {**GOOD, "X-Hook": SECRET_VALUE.upper()},
        {**GOOD, "X-Hook": ""},
        {**GOOD, "X-Hook": SECRET_VALUE + "\ud800"},
        {"Authorization": SECRET_VALUE, "X-Hook": basic()},
        [*GOOD.items(), ("authorization", basic())],
        [*GOOD.items(), ("x-hook", SECRET_VALUE)],
    ],
)
def test_missing_and_wrong_headers_are_one_error(receiver, headers):
    with pytest.raises(UnauthenticatedError) as caught:
        receiver.receive(headers, BODY)
    assert (str(caught.value), caught.value.args) == ("the webhook is not authenticated", ())
    assert caught.value == UnauthenticatedError()


def test_no_other_text_becomes_the_bytes_that_are_expected():
    receiver = WebhookReceiver(custom_header=("x-hook", "what?"))
    assert receiver.receive({"x-hook": "what?"}, BODY).value == "SUCCESS"
    for other in ("what\ud800", "what\udc3f", "what\uff1f", "what\u013f"):
        with pytest.raises(UnauthenticatedError):
            receiver.receive({"x-hook": other}, BODY)


def test_nothing_of_a_body_is_looked_at_before(receiver):
    with pytest.raises(UnauthenticatedError):
        receiver.receive({}, b"no webhook" * 1_000_000)


@pytest.mark.parametrize(
    "headers", [None, 5, "a string", [("a",)], [("a", b"b")], {"a": 5}, ["ab"]]
)
def test_headers_of_another_type_are_a_type_error(receiver, headers):
    with pytest.raises(TypeError):
        receiver.receive(headers, BODY)


@each_row(
    ("arguments", "kind"),
    [
        ({}, ValueError),
        ({"basic": ("a:b", "c")}, ValueError),
        ({"basic": ("", "c")}, ValueError),
        ({"basic": ("a", "")}, ValueError),
        ({"basic": ("a", "pässword")}, ValueError),
        ({"basic": ("a", "pass\r\nword")}, ValueError),
        ({"basic": "ab"}, TypeError),
        ({"basic": ["a", "b"]}, TypeError),
        ({"basic": ("a", b"b")}, TypeError),
        ({"custom_header": ("a b", "c")}, ValueError),
        ({"custom_header": ("authorization", "c")}, ValueError),
        ({"custom_header": ("x-a", "c\n")}, ValueError),
        ({"custom_header": ("x-a", " c")}, ValueError),
        ({"custom_header": ("x-a",)}, TypeError),
        ({"basic": ("a", "b"), "limits": 5}, TypeError),
        ({"basic": ("a", "b"), "profile": 5}, TypeError),
    ],
)
def test_credentials_that_can_be_none_are_refused(arguments, kind):
    with pytest.raises(kind):
        WebhookReceiver(**arguments)


# Sealed ones


@pytest.fixture(scope="module")
def pairs():
    """Pairs of the merchant and of the API, an old and a new one each: for sealing and signing."""

    def pair(kid):
        pem = Key.generate("RSA-OAEP-256").to_pem(private=True)
        return {alg: Key.from_pem(pem, alg=alg, kid=kid) for alg in ("RSA-OAEP-256", "RS256")}

    return {name: pair(f"key_{name}") for name in ("mine", "mine_new", "theirs", "theirs_new")}


def sealed(pairs, mine="mine", theirs="theirs", body=BODY, member="JWT", **arguments):
    signer = Signer(pairs[theirs]["RS256"])
    encrypter = Encrypter(pairs[mine]["RSA-OAEP-256"].public(), enc="A256GCM")
    token = SignThenEncrypt(signer, encrypter, **{"cty": None, **arguments}).encrypt(body)
    return json.dumps({member: token}).encode()


def opening(pairs, mine=("mine",), theirs=("theirs",), **arguments):
    return WebhookReceiver(
        keys=[pairs[name]["RSA-OAEP-256"] for name in mine],
        verifying_keys=[pairs[name]["RS256"].public() for name in theirs],
        **arguments,
    )


@pytest.mark.parametrize("cty", [None, "JWT"])
def test_sealed_webhook_is_opened_and_read(pairs, cty):
    assert opening(pairs).receive({}, sealed(pairs, cty=cty)) == read_webhook(BODY)


def test_sealed_webhook_of_another_product_is_opened(pairs):
    event = b'{"id":"evt_1","event_name":"ORDER_SUCCEEDED","content":{}}'
    body = sealed(pairs, body=event)
    assert opening(pairs).open({}, body) == event
    with pytest.raises(MalformedTokenError):
        opening(pairs).receive({}, body)


def test_headers_are_demanded_of_sealed_webhooks_too(pairs):
    receiver = opening(pairs, basic=("juspay", PASSWORD))
    assert receiver.receive(GOOD, sealed(pairs)).value == "SUCCESS"
    with pytest.raises(UnauthenticatedError):
        receiver.receive({}, sealed(pairs))


@pytest.mark.parametrize("mine", ["mine", "mine_new"])
@pytest.mark.parametrize("theirs", ["theirs", "theirs_new"])
def test_two_keys_of_each_side_live_at_once(pairs, mine, theirs):
    receiver = opening(pairs, ("mine", "mine_new"), ("theirs", "theirs_new"))
    assert receiver.receive({}, sealed(pairs, mine, theirs)).value == "SUCCESS"


def test_old_key_is_refused_once_it_is_gone(pairs):
    receiver = opening(pairs, ("mine_new",), ("theirs_new",))
    assert receiver.receive({}, sealed(pairs, "mine_new", "theirs_new")).value == "SUCCESS"
    for mine, theirs in (("mine", "theirs_new"), ("mine_new", "theirs")):
        with pytest.raises(UnknownKeyError):
            receiver.receive({}, sealed(pairs, mine, theirs))


def test_plain_webhook_is_refused_where_a_sealed_one_is_expected(pairs):
    text = r"^the body does not have exactly the members of the envelope$"
    with pytest.raises(MalformedTokenError, match=text):
        opening(pairs).receive(GOOD, BODY)
    with pytest.raises(MalformedTokenError, match=text):
        opening(pairs).receive(GOOD, json.dumps({**json.loads(BODY), "JWT": "x"}).encode())


def test_sealed_webhook_is_refused_where_a_plain_one_is_expected(pairs, receiver):
    with pytest.raises(
        MalformedTokenError, match=r"^the webhook has no object info: it is encrypted"
    ):
        receiver.receive(GOOD, sealed(pairs))


def test_only_both_layers_in_their_order_are_opened(pairs):
    encrypter = Encrypter(pairs["mine"]["RSA-OAEP-256"].public(), enc="A256GCM")
    signer = Signer(pairs["theirs"]["RS256"])
    for token in (
        encrypter.encrypt(BODY),
        signer.sign(BODY),
        signer.sign(encrypter.encrypt(BODY).encode()),
        encrypter.encrypt(encrypter.encrypt(BODY).encode()),
    ):
        with pytest.raises(MalformedTokenError):
            opening(pairs).receive({}, json.dumps({"JWT": token}).encode())


def test_both_layers_are_verified(pairs):
    forged = Key.from_pem(Key.generate("RS256").to_pem(private=True), alg="RS256", kid="key_theirs")
    encrypter = Encrypter(pairs["mine"]["RSA-OAEP-256"].public(), enc="A256GCM")
    token = SignThenEncrypt(Signer(forged), encrypter, cty=None).encrypt(BODY)
    with pytest.raises(VerificationError):
        opening(pairs).receive({}, json.dumps({"JWT": token}).encode())
    good = json.loads(sealed(pairs))["JWT"]
    bad = good[:-1] + ("A" if good[-1] != "A" else "Q")
    with pytest.raises(DecryptionError):
        opening(pairs).receive({}, json.dumps({"JWT": bad}).encode())


def test_other_algs_and_encs_are_refused(pairs):
    other = Encrypter(pairs["mine"]["RSA-OAEP-256"].public(), enc="A128GCM")
    token = SignThenEncrypt(Signer(pairs["theirs"]["RS256"]), other, cty=None).encrypt(BODY)
    with pytest.raises(NotAllowedError):
        opening(pairs).receive({}, json.dumps({"JWT": token}).encode())
    with pytest.raises(InvalidKeyError):
        WebhookReceiver(
            keys=Key.generate("RSA-OAEP"), verifying_keys=pairs["theirs"]["RS256"].public()
        )
    with pytest.raises(InvalidKeyError):
        WebhookReceiver(
            keys=pairs["mine"]["RSA-OAEP-256"], verifying_keys=Key.generate("PS256").public()
        )


def test_sealed_webhook_opens_with_the_bare_layers_too(pairs):
    """What `sealed` makes is what the page describes, and not what the receiver happens to take."""
    layers = DecryptThenVerify(
        Decrypter(pairs["mine"]["RSA-OAEP-256"], enc="A256GCM"),
        Verifier(pairs["theirs"]["RS256"].public()),
        cty=None,
    )
    opened = layers.open(json.loads(sealed(pairs))["JWT"])
    assert opened.payload == BODY
    assert opened.encrypted_header == {"alg": "RSA-OAEP-256", "kid": "key_mine", "enc": "A256GCM"}
    assert opened.signed_header == {"alg": "RS256", "kid": "key_theirs"}


@pytest.mark.parametrize("profile", [JUSBIZ, JUSPAY_PAYOUTS])
def test_profile_without_a_signature_opens_no_webhooks(pairs, profile):
    with pytest.raises(ValueError, match=r"^(a profile without a signature|this profile receives)"):
        opening(pairs, profile=profile)
    assert JUSPAY_WEBHOOKS.receive.nesting == "sign-then-encrypt"


def test_keys_go_together(pairs):
    key = pairs["mine"]["RSA-OAEP-256"]
    for arguments in ({"keys": key}, {"verifying_keys": pairs["theirs"]["RS256"].public()}):
        with pytest.raises(ValueError, match=r"^keys and verifying_keys go together"):
            WebhookReceiver(basic=("a", "b"), **arguments)


def test_size_of_a_body_is_bounded(pairs, receiver):
    small = Limits(token_bytes=100)
    tiny = WebhookReceiver(basic=("juspay", PASSWORD), limits=small)
    for owner, body in (
        (tiny, BODY),
        (opening(pairs, limits=small), sealed(pairs)),
        (receiver, BODY + b" " * 1024 * 1024),
    ):
        with pytest.raises(TokenTooLargeError) as caught:
            owner.receive(GOOD, body)
        assert caught.value.limit == "token_bytes"


# Nothing is shown


def leaking(pairs):
    """Calls that fail, each with something that must not be seen in its hands."""
    plain = WebhookReceiver(basic=("juspay", PASSWORD), custom_header=("x-hook", SECRET_VALUE))
    return [
        lambda: plain.receive({"Authorization": basic()}, BODY),
        lambda: plain.receive(GOOD, changed(id=None)),
        lambda: plain.receive(GOOD, BODY + b"x"),
        lambda: plain.receive({**GOOD, "a": 5}, BODY),
        lambda: plain.receive(GOOD, BODY.decode()),
        lambda: read_webhook(changed(label="A\nB")),
        lambda: opening(pairs).receive({}, BODY),
        lambda: opening(pairs).receive({}, sealed(pairs, body=changed(value=5))),
        lambda: WebhookReceiver(basic=("juspay", PASSWORD + "ü")),
        lambda: WebhookReceiver(custom_header=("x-hook", SECRET_VALUE + "\n")),
        lambda: WebhookReceiver(basic=("juspay", PASSWORD), keys=5),
    ]


SECRETS = [ACCOUNT_NUMBER, "Zoë", PASSWORD, SECRET_VALUE, basic()[6:]]


def shown_by(value):
    return "".join((repr(value), str(value), pretty_repr(value)))


@each_row("place", range(11))
def test_error_shows_no_secret(pairs, place):
    calls = leaking(pairs)
    assert len(calls) == 11
    with pytest.raises((JoseError, TypeError, ValueError)) as caught:
        calls[place]()
    error = caught.value
    assert error.__cause__ is None
    assert error.__context__ is None
    # The frames of this file hold what they hold; below them there are none with a secret.
    below = error.__traceback__
    while below is not None and below.tb_frame.f_code.co_filename == __file__:
        below = below.tb_next
    capture = traceback.TracebackException(type(error), error, below, capture_locals=True)
    text = "".join(capture.format()) + shown_by(error)
    assert [secret for secret in SECRETS if secret in text] == []


def test_objects_show_no_secret(pairs, receiver):
    webhook = receiver.receive(GOOD, BODY)
    sealed_one = opening(pairs, basic=("juspay", PASSWORD))
    for value in (webhook, receiver, sealed_one):
        assert [secret for secret in SECRETS if secret in shown_by(value)] == []
        assert copy.deepcopy(value) is value
        for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
            with pytest.raises(TypeError, match="can't be pickled"):
                pickle.dumps(value, protocol)
    assert "e0dbf4b217e4530bf202091bb1f653" in repr(webhook)


def test_error_comes_back_from_a_pickle():
    error = UnauthenticatedError()
    assert pickle.loads(pickle.dumps(error)) == error  # noqa: S301 - made in this line
    assert (error.code, issubclass(UnauthenticatedError, JoseError)) == ("unauthenticated", True)
