"""Sealers and openers: what they demand of keys, labels, sizes and bodies."""

import json
import pickle

import pytest
from tests.helpers.rows import each_row
from tests.profiles.facts import LABELS, RECEIVED, SENT, UUID, header_of, our_key

import joseal
from joseal import InvalidKeyError, Key, Limits, MalformedTokenError, TokenTooLargeError, profiles
from joseal._core.wire import strict_json
from joseal.profiles import Constant, Fields, InMember, Kid, Receiving, Sending

CANARY = b'{"pan":"5513651111111111"}'
THEIRS = "key_0a1b"


def public(alg="RSA-OAEP", kid=None):
    return our_key(alg, "theirs", kid).public()


def private(alg="RSA-OAEP-256", kid=None):
    return our_key(alg, "mine", kid)


def visa(**changes):
    return profiles.VISA_MLE.with_send(**changes), public("RSA-OAEP-256", "k")


def loop(envelope, inner=None):
    """A profile that opens what it makes, with given envelopes."""
    own = {"envelope": envelope, "inner_envelope": inner or profiles.RAW}
    base = profiles.JUSPAY_EXPRESS.with_send(
        **own, algs=("RSA-OAEP-256",), header=(), sign_header=()
    )
    base = base.with_receive(**own)
    sealer = base.encrypter(private().public(), signing_key=private("RS256"))
    opener = base.decrypter(private(), verifying_keys=private("RS256").public())
    return sealer, opener


@each_row("inner", [profiles.RAW, InMember("jws"), Fields(("a", "b", "c"))])
@each_row("outer", [profiles.RAW, InMember("x"), Fields(("e", "d", "c", "b", "a"))])
@each_row("payload", [b"", b"{}", "\u20ac".encode(), bytes(range(256))])
def test_any_two_envelopes_go_together(outer, inner, payload):
    sealer, opener = loop(outer, inner)
    assert opener.open(sealer.encrypt(payload)).payload == payload


def test_a_member_may_be_written_with_escapes():
    sealer, opener = loop(Fields(("h", "k", "iv", "c", "t")))
    iv = json.loads(body := sealer.encrypt(b"{}"))["iv"]
    escaped = body.replace(f'"iv":"{iv}"', f'"iv" : "\\u{ord(iv[0]):04x}{iv[1:]}"')
    assert escaped != body
    assert opener.open(escaped).payload == b"{}"


def test_members_of_a_split_token_are_its_segments():
    sealer, opener = loop(Fields(("h", "k", "iv", "c", "t")))
    members = json.loads(sealer.encrypt(b"{}"))
    iv = members["iv"]
    assert opener.open(json.dumps(dict(reversed(members.items())))).payload == b"{}"
    for wrong in (f".{iv}", f"{iv}.", f"{iv}=", f"{iv}\u20ac", "", None, 1, [iv]):
        with pytest.raises(MalformedTokenError):
            opener.open(json.dumps({**members, "iv": wrong}))
    with pytest.raises(MalformedTokenError):
        opener.open(json.dumps({name: members[name] for name in "hkct"}))


def test_labels_stand_beside_the_token_in_their_order():
    sealer = profiles.JUSPAY_PAYOUTS.encrypter(public(), labels=dict(reversed(LABELS.items())))
    body = json.loads(sealer.encrypt(b"{}"))
    assert list(body) == ["payload", "kid", "sid", "format"]
    assert body | {"payload": ""} == {"payload": "", **LABELS, "format": "compact"}


@pytest.mark.parametrize(
    ("labels", "error"),
    [
        ({}, ValueError),
        ({"kid": "a"}, ValueError),
        (LABELS | {"format": "json"}, ValueError),
        (LABELS | {"kid": "\ud800"}, ValueError),
        (LABELS | {"kid": 1}, TypeError),
        ({"kid": "a", 1: "b"}, TypeError),
        ([("kid", "a"), ("sid", "b")], TypeError),
    ],
)
def test_labels_are_exactly_those_of_the_envelope(labels, error):
    with pytest.raises(error):
        profiles.JUSPAY_PAYOUTS.encrypter(public(), labels=labels)


def test_labels_have_no_place_in_other_envelopes():
    for profile, key in (visa(), visa(envelope=profiles.RAW)):
        with pytest.raises(ValueError, match="labels"):
            profile.encrypter(key, labels={"kid": "a"})


def test_label_can_be_left_out_by_an_override():
    envelope = InMember("payload", labels=("kid",), constants=(("format", "compact"),))
    sealer = profiles.JUSPAY_PAYOUTS.with_send(envelope=envelope).encrypter(
        public(), labels={"kid": "a"}
    )
    assert list(json.loads(sealer.encrypt(b"{}"))) == ["payload", "kid", "format"]


def test_envelope_with_labels_is_read_strictly():
    """The other side of the payouts, as a stand-in server has it."""
    message = SENT["juspay-payouts"]
    server = profiles.JUSPAY_PAYOUTS.replace(
        receive=profiles.Receiving(
            algs=("RSA-OAEP",),
            encs=("A256CBC-HS512",),
            typ="JWT",
            envelope=profiles.JUSPAY_PAYOUTS.send.envelope,
        )
    ).decrypter(private("RSA-OAEP"))
    body = message.body(CANARY)
    assert server.open(body).payload == CANARY
    for wrong in (
        {"format": "json"},
        {"format": None},
        {"kid": 1},
        {"payload": ["x"]},
        {"extra": "x"},
        {"extra": 1},
    ):
        with pytest.raises(MalformedTokenError):
            server.open(json.dumps(json.loads(body) | wrong))
    for name in json.loads(body):
        with pytest.raises(MalformedTokenError):
            server.open(json.dumps({k: v for k, v in json.loads(body).items() if k != name}))


def test_direction_that_there_is_not_is_refused():
    with pytest.raises(ValueError, match="sends nothing"):
        profiles.JUSPAY_WEBHOOKS.encrypter(public("RSA-OAEP-256"))
    with pytest.raises(ValueError, match="receives nothing"):
        profiles.CYBERSOURCE_MLE.replace(receive=None).decrypter(private())


def test_signing_key_goes_with_a_profile_that_signs():
    profile, key = visa()
    with pytest.raises(ValueError, match="signing_key"):
        profile.encrypter(key, signing_key=private("RS256"))
    with pytest.raises(ValueError, match="signing_key"):
        profiles.JUSPAY_EXPRESS.encrypter(public(kid=THEIRS))


def test_verifying_keys_go_with_a_profile_that_is_signed():
    with pytest.raises(ValueError, match="verifying_keys"):
        profiles.VISA_MLE.decrypter(private(), verifying_keys=public("RS256"))
    with pytest.raises(ValueError, match="verifying_keys"):
        profiles.JUSPAY_WEBHOOKS.decrypter(private())


@each_row(
    "make",
    [
        lambda: profiles.VISA_MLE.encrypter(public("RSA-OAEP", "k")),
        lambda: profiles.VISA_MLE.encrypter(public("RS256", "k")),
        lambda: profiles.VISA_MLE.encrypter(private(kid="k")),
        lambda: profiles.VISA_MLE.encrypter(public("RSA-OAEP-256")),
        lambda: profiles.VISA_MLE.decrypter(public("RSA-OAEP-256")),
        lambda: profiles.VISA_MLE.decrypter(private("RSA-OAEP")),
        lambda: profiles.VISA_MLE.decrypter([private(), private("RSA-OAEP")]),
        lambda: profiles.VISA_MLE.decrypter([]),
        lambda: profiles.AXIS_BANK.encrypter(public("RSA-OAEP-256"), signing_key=public("RS256")),
        lambda: profiles.AXIS_BANK.encrypter(public("RSA-OAEP-256"), signing_key=private("PS256")),
        lambda: profiles.AXIS_BANK.decrypter(private(), verifying_keys=public("PS256")),
        lambda: profiles.AXIS_BANK.decrypter(private(), verifying_keys=[]),
        lambda: profiles.OPENID4VP.encrypter(public("RSA-OAEP-256")),
        lambda: profiles.JUSPAY_PAYOUTS.encrypter(public(), labels=LABELS, policy=joseal.MODERN),
        lambda: profiles.SPID_CIE.decrypter(
            private("RSA-OAEP"), verifying_keys=public("RS256"), policy=joseal.MODERN
        ),
    ],
)
def test_key_that_does_not_fit_is_refused_before_any_token(make):
    with pytest.raises(InvalidKeyError):
        make()


@each_row(
    "make",
    [
        lambda: profiles.VISA_MLE.encrypter("pem"),
        lambda: profiles.VISA_MLE.encrypter(public("RSA-OAEP-256", "k"), clock=1),
        lambda: profiles.VISA_MLE.encrypter(public("RSA-OAEP-256", "k"), limits=1),
        lambda: profiles.VISA_MLE.decrypter("pem"),
        lambda: profiles.VISA_MLE.decrypter(None),
        lambda: profiles.VISA_MLE.decrypter(private(), limits=1),
        lambda: profiles.VISA_MLE.decrypter(private()).open(None),
        lambda: profiles.VISA_MLE.encrypter(public("RSA-OAEP-256", "k")).encrypt("text"),
        lambda: loop(profiles.RAW)[0].encrypt("text"),
    ],
)
def test_argument_of_another_type_is_refused(make):
    with pytest.raises(TypeError):
        make()


def test_size_of_the_body_is_bound_in_both_directions():
    small = Limits(token_bytes=600)
    profile, key = visa()
    size = len(profile.encrypter(key).encrypt(b""))
    exact = Limits(token_bytes=size)
    body = profile.encrypter(key, limits=exact).encrypt(b"")
    with pytest.raises(TokenTooLargeError, match="token_bytes"):
        profile.encrypter(key, limits=Limits(token_bytes=size - 1)).encrypt(b"")
    opener = profiles.VISA_MLE.decrypter(our_key("RSA-OAEP-256", "theirs", "k"), limits=exact)
    assert opener.open(body).payload == b""
    for too_large in (body + " ", b" " * 10_000):
        with pytest.raises(TokenTooLargeError, match="token_bytes"):
            opener.open(too_large)
    with pytest.raises(TokenTooLargeError):
        profile.encrypter(key, limits=small).encrypt(b"x" * 10_000)


@pytest.mark.parametrize("envelope", [InMember("x"), Fields(("h", "k", "iv", "c", "t"))])
def test_the_number_of_values_in_a_body_is_bounded_before_they_are_made(envelope, monkeypatch):
    """24 MiB of empty objects would be 0.6 GiB of Python objects, and 2 s of work."""
    made = []
    monkeypatch.setattr(strict_json, "load_object", made.append)
    # The two brackets count, and each value after the first has a comma.
    for commas, is_read in ((16 * 1024 - 2, True), (16 * 1024 - 1, False)):
        with pytest.raises(MalformedTokenError):
            envelope.unwrap(b'{"x":[' + b"0," * commas + b"0]}")
        assert bool(made) is is_read
        made.clear()


def test_a_comma_in_a_member_of_the_envelope_is_no_value():
    text = "," * 20_000
    assert InMember("x").unwrap(InMember("x").wrap(text, {})) == text


def test_answers_with_an_error_status_are_told_apart_where_it_is_known():
    jusbiz = profiles.JUSBIZ.decrypter(private())
    assert [jusbiz.is_encrypted(status) for status in (200, 201, 400, 404, 500)] == [
        *(True, True, False, False, False),
    ]
    visa = profiles.VISA_MLE.decrypter(private())
    assert all(visa.is_encrypted(status) for status in (200, 400, 500))


def test_dual_use_is_what_a_jwk_needs_for_both_uses():
    jwk = private().to_jwk(private=True) | {"use": "sig", "alg": "RS256"}
    express = profiles.JUSPAY_EXPRESS
    for alg in (*express.send.sign_algs, *express.receive.algs):
        assert Key.from_jwk(jwk, alg=alg, dual_use=express.dual_use).alg == alg
    with pytest.raises(InvalidKeyError):
        Key.from_jwk(jwk, alg="RSA-OAEP-256", dual_use=profiles.WISE_SIGNED.dual_use)


def test_objects_show_no_secret_and_stay_where_they_are():
    opener = profiles.JUSPAY_TOKENIZATION.decrypter(private(kid=UUID))
    received = opener.open(RECEIVED["juspay-tokenization"].body(CANARY))
    sealer = profiles.JUSPAY_TOKENIZATION.encrypter(public("RSA-OAEP-256", UUID))
    for thing in (opener, received, sealer):
        assert "5513651111111111" not in repr(thing)
        with pytest.raises(AttributeError):
            thing.payload = b""
        with pytest.raises(TypeError):
            pickle.dumps(thing)
    assert repr(sealer) == "BodyEncrypter(layers=1)"
    assert repr(received).startswith("NestedToken(payload=<26 bytes>, signed_by=None")


def locals_of_ours(caught):
    """What a captured traceback still shows of the package's own values."""
    frames = [entry.frame for entry in caught.traceback]
    ours = [frame for frame in frames if frame.f_globals["__name__"].startswith("joseal.")]
    assert len(ours) > 1
    return [name for frame in ours for name in frame.f_locals]


def test_failure_keeps_places_and_no_local_of_ours():
    message = RECEIVED["axis-bank"]
    opener = profiles.AXIS_BANK.decrypter(private(), verifying_keys=public("RS256"))
    for act, error in (
        (lambda: loop(profiles.RAW)[0].encrypt(bytearray(CANARY)), TypeError),
        (lambda: opener.open(message.body(CANARY, recipient="stranger")), joseal.DecryptionError),
    ):
        with pytest.raises(error) as caught:
            act()
        assert locals_of_ours(caught) == ["function"]
        assert (caught.value.__cause__, caught.value.__context__) == (None, None)


@each_row("name", ["juspay-express", "axis-bank"])
@each_row(
    ("demand", "member"),
    [("typ", "typ"), ("cty", "cty"), ("signed_typ", "typ"), ("signed_cty", "cty")],
)
def test_each_layer_says_what_is_demanded_of_it(name, demand, member):
    message = RECEIVED[name]
    layer = "signed" if demand.startswith("signed") else "sealed"
    profile = profiles.PROFILES[name].with_receive(**{demand: "x+jwt"})
    opener = profile.decrypter(
        private(kid=message.mine),
        verifying_keys=our_key("RS256", "theirs", message.theirs).public(),
    )
    says = {**dict(getattr(message, layer)), member: "x+jwt"}
    assert opener.open(message._replace(**{layer: list(says.items())}).body(CANARY))
    named = rf"{member}: the profile \(with_receive\({demand}=\)\) demands x\+jwt, the token has "
    with pytest.raises(joseal.NotAllowedError, match=named) as caught:
        opener.open(message.body(CANARY))
    assert (caught.value.parameter, caught.value.__context__) == (member, None)
    outer = {"juspay-express": "sealed", "axis-bank": "signed"}[name]
    assert caught.value.layer == ("outer" if layer == outer else "inner")


@pytest.mark.parametrize("refused", ["RSA-OAEP-256", "A256GCM", "RS256"])
def test_policy_holds_for_every_layer(refused):
    policy = joseal.Policy(name="ours", refused={refused: "no"})
    with pytest.raises(InvalidKeyError, match="refuses"):
        profiles.AXIS_BANK.encrypter(
            public("RSA-OAEP-256"), signing_key=private("RS256"), policy=policy
        )
    with pytest.raises(InvalidKeyError, match="refuses"):
        profiles.AXIS_BANK.decrypter(private(), verifying_keys=public("RS256"), policy=policy)


def test_any_kid_holds_for_both_layers():
    message = RECEIVED["juspay-webhooks"]
    keys = {"keys": private(kid="a"), "verifying_keys": our_key("RS256", "theirs", "b").public()}
    with pytest.raises(joseal.UnknownKeyError):
        profiles.JUSPAY_WEBHOOKS.decrypter(**keys).open(message.body(CANARY))
    opener = profiles.JUSPAY_WEBHOOKS.decrypter(**keys, any_kid=True)
    assert opener.open(message.body(CANARY)).payload == CANARY


def test_each_body_is_another_one():
    profile, key = visa()
    sealer = profile.encrypter(key, clock=lambda: 1.0)
    assert len({sealer.encrypt(b"{}") for _ in range(3)}) == 3


@pytest.mark.parametrize(
    ("name", "encrypted"),
    [("hyperswitch-vault", True), ("visa-mle", True), ("juspay-express", False)],
)
def test_an_error_is_encrypted_where_the_profile_says_so_or_says_nothing(name, encrypted):
    profile = profiles.PROFILES[name]
    keys = public("RS256") if profile.receive.verify_algs else None
    decrypter = profile.decrypter(private(*profile.receive.algs), verifying_keys=keys)
    assert decrypter.is_encrypted(400) is encrypted
    assert decrypter.is_encrypted(200)


def test_a_request_that_names_the_senders_own_key_is_opened_and_answered_to_it():
    uuid = "0b2ea5ba-7b6b-4a86-9ce5-d8eb2a1bb3d0"
    server = Key.generate("RSA-OAEP-256", kid="the server's")
    caller = Key.generate("RSA-OAEP-256", kid=uuid)
    body = profiles.WISE.encrypter(server.public(), reply_key=caller.public()).encrypt(CANARY)
    opened = profiles.WISE.counterpart().decrypter(server).open(body)
    assert (opened.payload, opened.encrypted_header["kid"]) == (CANARY, uuid)
    answer = profiles.WISE.counterpart().encrypter(caller.public()).encrypt(CANARY)
    assert profiles.WISE.decrypter(caller).decrypt(answer) == CANARY


def test_a_reply_key_is_given_where_a_header_names_it_and_nowhere_else():
    server = Key.generate("RSA-OAEP-256", kid="0b2ea5ba-7b6b-4a86-9ce5-d8eb2a1bb3d0")
    for profile, reply in ((profiles.WISE, None), (profiles.MASTERCARD, server.public())):
        with pytest.raises(ValueError, match="reply_key goes with a profile"):
            profile.encrypter(server.public(), reply_key=reply)
    with pytest.raises(TypeError, match="reply_key must be a Key"):
        profiles.WISE.encrypter(server.public(), reply_key="mine")
    nameless = Key.generate("RSA-OAEP-256")
    with pytest.raises(InvalidKeyError, match="writes a kid"):
        profiles.WISE.encrypter(server.public(), reply_key=nameless.public())
    with pytest.raises(ValueError, match="kid_names must be"):
        profiles.WISE.with_receive(kid_names="nobody")


@pytest.mark.parametrize("alg", ["RSA-OAEP", "HPKE-9", "HPKE-9-KE"])
def test_profile_serves_a_change_from_rsa_to_hpke_with_one_enc(alg):
    profile = profiles.JUSPAY_PAYOUTS.replace(
        send=Sending(algs=("RSA-OAEP", "HPKE-9", "HPKE-9-KE"), enc="A256GCM"),
        receive=Receiving(algs=("RSA-OAEP", "HPKE-9", "HPKE-9-KE"), encs=("A256GCM",)),
    )
    body = profile.encrypter(public(alg)).encrypt(b"{}")
    assert profile.decrypter(our_key(alg, "theirs")).decrypt(body) == b"{}"
    everything = [our_key(each, "theirs") for each in ("RSA-OAEP", "HPKE-9", "HPKE-9-KE")]
    assert profile.decrypter(everything).decrypt(body) == b"{}"
    assert ("enc" in dict(header_of(body))) is (alg != "HPKE-9")
    assert profile.counterpart().receive.encs == ("A256GCM",)


def test_payouts_are_signed_with_ml_dsa_then_encrypted_with_hpke():
    signing = joseal.Key.generate("ML-DSA-65", kid="merchant")
    both = {"nesting": "sign-then-encrypt"}
    profile = profiles.PAYOUTS_POST_QUANTUM.with_send(
        **both, sign_algs=("ML-DSA-65",), sign_header=(Kid(),), header=(Constant("cty", "JWT"),)
    ).with_receive(**both, verify_algs=("ML-DSA-65",), cty="JWT")
    key = our_key("HPKE-9", "theirs")
    sealer = profile.encrypter(key.public(), signing_key=signing, labels=LABELS)
    opener = profile.decrypter(key, verifying_keys=signing.public())
    body = sealer.encrypt(b'{"amount":1}')
    opened = opener.open(body)
    assert (opened.payload, opened.signed_by.alg) == (b'{"amount":1}', "ML-DSA-65")
    assert dict(opened.encrypted_header) == {"alg": "HPKE-9", "cty": "JWT"}
    stranger = joseal.Key.generate("ML-DSA-65", kid="merchant")
    with pytest.raises(joseal.VerificationError):
        profile.decrypter(key, verifying_keys=stranger.public()).open(body)
