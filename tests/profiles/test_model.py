"""Profiles are checked when they are made, and overridden by making others."""

import pytest
from tests.helpers.rows import each_row

from joseal import profiles
from joseal.profiles import (
    RAW,
    Constant,
    Fields,
    InMember,
    IssuedAt,
    Kid,
    Profile,
    Receiving,
    Sending,
)

SEND = {"algs": ("RSA-OAEP-256",), "enc": "A256GCM"}
RECEIVE = {"algs": ("RSA-OAEP-256",), "encs": ("A256GCM",)}
WHOLE = {"name": "x", "about": "X.", "sources": ("https://x.test/",), "open_question": "What?"}

WRONG_SENDING = [
    ({"algs": ["RSA-OAEP"]}, TypeError),
    ({"algs": (1,)}, TypeError),
    ({"algs": ()}, ValueError),
    ({"algs": "RSA-OAEP"}, TypeError),
    ({"algs": ("RSA_OAEP_256",)}, ValueError),
    ({"algs": ("RS256",)}, ValueError),
    ({"enc": "A256CBC"}, ValueError),
    ({"enc": None}, ValueError),
    ({"enc": 1}, TypeError),
    ({"enc": ("A256GCM",)}, TypeError),
    ({"algs": ("HPKE-9",)}, ValueError),
    ({"algs": ("HPKE-9", "RSA-OAEP"), "enc": None}, ValueError),
    ({"nesting": "detached"}, ValueError),
    ({"nesting": "sign-then-encrypt"}, ValueError),
    ({"sign_algs": ("RS256",)}, ValueError),
    ({"nesting": "sign-then-encrypt", "sign_algs": ("none",)}, ValueError),
    ({"nesting": "sign-then-encrypt", "sign_algs": ["RS256"]}, TypeError),
    ({"envelope": "JWT"}, TypeError),
    ({"inner_envelope": None}, TypeError),
    ({"header": [Kid()]}, TypeError),
    ({"header": ("kid",)}, TypeError),
    ({"header": (Constant(1, "x"),)}, TypeError),
    ({"header": (Kid(), Constant("kid", "x"))}, ValueError),
    ({"header": (Constant("alg", "dir"),)}, ValueError),
    ({"header": (Constant("zip", "DEF"),)}, ValueError),
    ({"header": (Kid("random"),)}, ValueError),
    ({"header": (IssuedAt("us"),)}, ValueError),
    ({"sign_header": (Kid("random"),)}, ValueError),
]
WRONG_RECEIVING = [
    ({"algs": ("RSA_OAEP",)}, ValueError),
    ({"encs": ()}, ValueError),
    ({"encs": "A256GCM"}, TypeError),
    ({"encs": (None,)}, TypeError),
    ({"encs": None}, TypeError),
    ({"algs": ("HPKE-9",), "encs": (None,)}, TypeError),
    ({"algs": ("HPKE-9",), "encs": None}, TypeError),
    ({"algs": ("HPKE-9",), "encs": []}, TypeError),
    ({"algs": ("HPKE-9",)}, ValueError),
    ({"algs": ("HPKE-9", "RSA-OAEP"), "encs": ()}, ValueError),
    ({"encs": ("A256GCM", "none")}, ValueError),
    ({"typ": 1}, TypeError),
    ({"signed_cty": b"JWT"}, TypeError),
    ({"verify_algs": ("RS256",)}, ValueError),
    ({"nesting": "encrypt-then-sign"}, ValueError),
    ({"nesting": ()}, ValueError),
    ({"envelope": ()}, TypeError),
    ({"errors": "sealed"}, ValueError),
]
WRONG_PROFILE = [
    ({}, ValueError),
    ({"send": Sending(**SEND), "name": ""}, ValueError),
    ({"send": Sending(**SEND), "name": 1}, TypeError),
    ({"send": Sending(**SEND), "sources": ()}, ValueError),
    ({"send": Sending(**SEND), "sources": "https://x.test/"}, TypeError),
    ({"send": Sending(**SEND), "sources": (1,)}, TypeError),
    ({"send": Receiving(**RECEIVE)}, TypeError),
    ({"receive": Sending(**SEND)}, TypeError),
    ({"send": Sending(**SEND), "confirmed": 1}, TypeError),
    ({"send": Sending(**SEND), "dual_use": "no"}, TypeError),
    ({"send": Sending(**SEND), "confirmed": True}, ValueError),
    ({"send": Sending(**SEND), "open_question": ""}, ValueError),
]


@each_row(("change", "error"), WRONG_SENDING)
def test_wrong_sending_is_refused(change, error):
    Sending(**SEND)
    with pytest.raises(error):
        Sending(**(SEND | change))


@each_row(("change", "error"), WRONG_RECEIVING)
def test_wrong_receiving_is_refused(change, error):
    Receiving(**RECEIVE)
    with pytest.raises(error):
        Receiving(**(RECEIVE | change))


@each_row(("change", "error"), WRONG_PROFILE)
def test_wrong_profile_is_refused(change, error):
    Profile(**WHOLE, send=Sending(**SEND))
    with pytest.raises(error):
        Profile(**(WHOLE | change))


def test_override_makes_another_profile():
    visa = profiles.VISA_MLE
    ours = visa.with_send(enc="A256GCM", header=(Kid(), IssuedAt("s", text=True)))
    assert (ours.send.enc, ours.send.header) == ("A256GCM", (Kid(), IssuedAt("s", text=True)))
    assert (visa.send.enc, visa.send.header[0]) == ("A128GCM", Constant("typ", "JWE"))
    assert ours.send.envelope == visa.send.envelope
    assert ours.receive is visa.receive
    assert profiles.PROFILES["visa-mle"] is visa


def test_both_directions_and_the_rest_can_be_overridden():
    card = profiles.MASTERCARD
    ours = card.with_receive(envelope=InMember("encryptedValue")).replace(name="ours")
    assert (ours.name, ours.receive.envelope) == ("ours", InMember("encryptedValue"))
    assert (ours.send, ours.sources) == (card.send, card.sources)


@pytest.mark.parametrize(
    ("change", "error"),
    [({"enc": "A255GCM"}, ValueError), ({"encs": ("A256GCM",)}, TypeError)],
)
def test_wrong_override_is_refused(change, error):
    with pytest.raises(error):
        profiles.VISA_MLE.with_send(**change)


def test_override_of_a_direction_that_there_is_not_is_refused():
    with pytest.raises(ValueError, match="sends nothing"):
        profiles.JUSBIZ.with_send(enc="A128GCM")
    with pytest.raises(ValueError, match="receives nothing"):
        profiles.JUSPAY_PAYOUTS.replace(receive=None).with_receive(encs=("A128GCM",))


def test_names_of_members_are_checked():
    for names in (("a",), ("a",) * 5, ("a", "b", "c", "d", ""), ("a", "b", "c", "d")):
        with pytest.raises(ValueError, match=r"names|segments"):
            Fields(names)
    for wrong in (["a", "b", "c"], ("a", "b", 1)):
        with pytest.raises(TypeError):
            Fields(wrong)
    for member in (("",), ("a", ("a",)), ("a", (), (("a", "x"),)), ("a", ("b",), (("b", "x"),))):
        with pytest.raises(ValueError, match="names"):
            InMember(*member)
    for member in ((1,), ("a", ["b"]), ("a", (), {"b": "x"})):
        with pytest.raises(TypeError):
            InMember(*member)


def test_envelopes_are_data():
    assert InMember("JWT") == InMember("JWT") != InMember("jwt")
    assert len({RAW, InMember("JWT"), Fields(("a", "b", "c")), InMember("JWT")}) == 3
