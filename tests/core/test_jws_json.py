"""JWS in JSON: what is read and made, and each rule of RFC 7515 section 7.2 that refuses."""

import json

import pytest
from tests.helpers import all_algorithms, forge
from tests.helpers.rows import each_row

from joseal import (
    Decrypter,
    DecryptThenVerify,
    Encrypter,
    InvalidKeyError,
    Key,
    Limits,
    MalformedTokenError,
    MultiSigner,
    NotAllowedError,
    Signer,
    SignThenEncrypt,
    TokenTooLargeError,
    UnknownKeyError,
    VerificationError,
    Verifier,
)
from joseal._core.wire.json_form import signed

FORMS = ["flattened", "general"]
ALICE = Key.from_bytes(b"a" * 32, alg="HS256", kid="alice")
BOB = Key.from_bytes(b"b" * 32, alg="HS256", kid="bob")
PAYLOAD = b"hello"


def b64(value):
    return forge.b64(value if isinstance(value, bytes) else json.dumps(value).encode())


def flattened(payload=PAYLOAD, key=ALICE, **settings):
    return json.loads(Signer(key, form="flattened", **settings).sign(payload))


def general(*keys, payload=PAYLOAD, **settings):
    return json.loads(MultiSigner(keys or (ALICE, BOB), **settings).sign(payload))


def verifier(key=ALICE, **settings):
    return Verifier(key, **{"form": "flattened", **settings})


def signature(protected, header=None, *, key=ALICE, payload=None):
    """A signature over any header, made by the bare primitive."""
    raw = b"" if protected is None else b64(protected).encode()
    encoded = b64(PAYLOAD).encode() if payload is None else payload
    made = key._for_signatures("sign", None).sign(raw + b"." + encoded)
    return {
        **({} if protected is None else {"protected": raw.decode()}),
        **({} if header is None else {"header": header}),
        "signature": b64(made),
    }


def message(*signatures, payload=PAYLOAD):
    shown = {} if payload is None else {"payload": b64(payload)}
    return json.dumps(shown | {"signatures": list(signatures)})


@each_row("form", FORMS)
@each_row("alg", all_algorithms.SIGS)
def test_every_alg_goes_round_in_every_form(alg, form):
    key = all_algorithms.signing_key(alg)
    found = verifier(key, form=form).open(Signer(key, form=form, header={"typ": "x"}).sign(PAYLOAD))
    assert (found.payload, found.header["alg"], found.header["typ"]) == (PAYLOAD, alg, "x")
    assert (found.unauthenticated_header, found.ignored_members) == ({}, ())


def test_each_of_several_keys_verifies_and_says_which_one_it_was():
    text = json.dumps(general(header={"typ": "x"}) | {"y": 1})
    for key in (ALICE, BOB):
        found = verifier(key, form="general").open(text)
        assert (found.payload, found.key, found.header["kid"]) == (PAYLOAD, key, key.kid)
        assert found.ignored_members == ("y",)
    assert verifier([ALICE, BOB], form="general").open(text).key == ALICE
    one = json.loads(text)
    one["signatures"][0]["signature"] = b64(bytes(32))
    assert verifier([ALICE, BOB], form="general").open(json.dumps(one)).key == BOB
    with pytest.raises(VerificationError):
        verifier(form="general").verify(json.dumps(one))


def test_alg_and_kid_of_a_signature_may_be_unprotected_and_are_returned_apart():
    """The messages are those of RFC 7520 sections 4.6 and 4.7."""
    own = {"kid": "alice", "x": 1}
    some = verifier(form="general").open(message(signature({"alg": "HS256"}, own)))
    assert (some.header, some.unauthenticated_header) == ({"alg": "HS256"}, own)
    none = verifier(form="general").open(message(signature(None, {"alg": "HS256"})))
    assert (none.header, none.unauthenticated_header) == ({}, {"alg": "HS256"})
    with pytest.raises(TypeError):
        none.unauthenticated_header["alg"] = "none"
    unprotected_typ = message(signature({"alg": "HS256"}, {"typ": "x"}))
    with pytest.raises(NotAllowedError, match="typ"):
        verifier(form="general", typ="x").verify(unprotected_typ)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("payload", [b"", PAYLOAD, 'é"\\\n{'.encode()])
def test_payload_may_be_detached_or_unencoded_or_both(form, payload):
    for b64_ in (True, False):
        made = Signer(ALICE, form=form, b64=b64_).sign(payload)
        assert verifier(form=form, b64=b64_).verify(made) == payload
        assert (json.loads(made)["payload"] == payload.decode()) is (payload == b"" or not b64_)
        if payload:
            with pytest.raises(MalformedTokenError, match="has a payload, but a detached one was"):
                verifier(form=form, b64=b64_).verify(made, payload=payload)
        detached = Signer(ALICE, form=form, b64=b64_, detached=True).sign(payload)
        assert "payload" not in json.loads(detached)
        assert verifier(form=form, b64=b64_).verify(detached, payload=payload) == payload
        lax = json.dumps(json.loads(detached) | {"payload": ""})
        assert verifier(form=form, b64=b64_).verify(lax, payload=payload) == payload
        with pytest.raises(MalformedTokenError, match="no payload, and a detached one was not"):
            verifier(form=form, b64=b64_).verify(detached)
        with pytest.raises(VerificationError):
            verifier(form=form, b64=b64_).verify(detached, payload=payload + b"x")
        with pytest.raises(NotAllowedError, match="b64"):
            verifier(form=form, b64=not b64_).verify(made)
    text = MultiSigner([ALICE, BOB], b64=False, detached=True).sign(b"\xff")
    assert verifier(BOB, form="general", b64=False).verify(text, payload=b"\xff") == b"\xff"


def test_unencoded_payload_in_a_message_is_text():
    with pytest.raises(ValueError, match="an unencoded payload must be UTF-8 text"):
        flattened(b"\xff", b64=False)
    with pytest.raises(ValueError, match="a JWT must not have an unencoded payload"):
        Signer(ALICE, form="general", b64=False, header={"typ": "JWT"})


def test_signatures_that_disagree_on_b64_are_refused():
    plain = signature({"alg": "HS256"})
    raw = signature({"alg": "HS256", "b64": False, "crit": ["b64"]}, payload=PAYLOAD)
    for b64_ in (True, False):
        with pytest.raises(MalformedTokenError, match="the signatures disagree on b64"):
            verifier(form="general", b64=b64_).verify(message(plain, raw))


def test_signature_that_is_not_accepted_does_not_disturb_one_that_is():
    unknown = signature({"alg": "HS256", "crit": ["x"], "x": 1, "kid": "alice"})
    good = signature({"alg": "HS256", "kid": "alice"})
    other = signature({"alg": "none", "kid": "eve"})
    assert verifier(form="general").verify(message(other, unknown, good)) == PAYLOAD
    with pytest.raises(MalformedTokenError, match="crit"):
        verifier(form="general").verify(message(other, unknown))
    with pytest.raises(UnknownKeyError):
        verifier(form="general").verify(message(other))
    with pytest.raises(NotAllowedError, match="alg: the token says RS256"):
        verifier(form="general").verify(message(other, signature({"alg": "RS256"})))


FLATTENED = {
    "duplicate": (lambda m: json.dumps(m)[:-1] + ',"payload":"x"}', "not one strict JSON object"),
    "no signature": (lambda m: without(m, "signature"), "the message has no signature"),
    "signature is null": (lambda m: m | {"signature": None}, "member signature is missing or has"),
    "payload is an object": (lambda m: m | {"payload": {}}, "member payload is missing or has"),
    "JWE too": (lambda m: m | {"ciphertext": "x"}, "has both signature and ciphertext"),
    "empty signature": (lambda m: m | {"signature": ""}, "signature is empty, and must then be"),
    "empty protected": (lambda m: m | {"protected": ""}, "protected is empty, and must then be"),
    "padded signature": (lambda m: m | {"signature": m["signature"] + "="}, "signature is padded"),
    "padded payload": (lambda m: m | {"payload": m["payload"] + "="}, "payload is padded"),
    "alg twice": (lambda m: m | {"header": {"alg": "HS256"}}, "in two of the headers"),
    "crit unprotected": (
        lambda m: m | {"header": {"crit": ["x"]}},
        "crit must be in the protected",
    ),
    "b64 unprotected": (lambda m: m | {"header": {"b64": True}}, "b64 must be in the protected"),
    "crit names what is unprotected": (
        lambda m: m | signature({"alg": "HS256", "crit": ["x"]}, {"x": 1}),
        r"crit\[0\] names a Header Parameter that is absent",
    ),
    "no alg": (lambda m: m | signature({"x": 1}), "the header has no alg"),
    "general": (lambda m: general(), "the message has signatures: it is in general form"),
}
GENERAL = {
    **{
        f"signatures and {name}": (
            lambda m, name=name: m | {name: "eA"},
            f"has both signatures and {name}",
        )
        for name in ("protected", "signature")
    },
    "signatures and header": (lambda m: m | {"header": {"x": 1}}, "both signatures and header"),
    "none": (lambda m: m | {"signatures": []}, "the list of signatures is empty"),
    "null": (lambda m: m | {"signatures": [None]}, r"member signatures\[0\] is missing"),
    "without a signature": (lambda m: m | {"signatures": [{}]}, r"member signatures\[0\] is"),
    "crit of another": (
        lambda m: m | {"signatures": [*m["signatures"], signature({"alg": "x", "crit": []})]},
        "crit is empty or repeats a name",
    ),
    "base64 of another": (
        lambda m: m | {"signatures": [*m["signatures"], {**m["signatures"][0], "signature": "e"}]},
        "member signature is not canonical",
    ),
    "flattened": (lambda m: flattened(), "the message has no signatures: it is not in general"),
}


def without(made, name):
    return {member: value for member, value in made.items() if member != name}


@each_row("rule", FLATTENED)
def test_flattened_message_that_breaks_a_rule_is_malformed(rule):
    refused(verifier(), *FLATTENED[rule], flattened())


@each_row("rule", GENERAL)
def test_general_message_that_breaks_a_rule_is_malformed(rule):
    refused(verifier(form="general"), *GENERAL[rule], general())


def refused(found, change, text, made):
    changed = change(made)
    with pytest.raises(MalformedTokenError, match=text):
        found.verify(changed if isinstance(changed, str) else json.dumps(changed))


def test_form_is_named_by_the_caller():
    compact = Signer(ALICE).sign(PAYLOAD)
    for form in FORMS:
        with pytest.raises(MalformedTokenError, match="found a compact token: leave out form="):
            verifier(form=form).verify(compact)
    with pytest.raises(MalformedTokenError, match="found JSON"):
        Verifier(ALICE).verify(json.dumps(flattened()))
    for make in (Signer, Verifier):
        with pytest.raises(ValueError, match="form must be one of compact, flattened, general"):
            make(ALICE, form="json")


@pytest.mark.parametrize("count", [16, 17])
def test_number_of_signatures_is_bounded_for_either_side(count):
    keys = [Key.from_bytes(bytes([n]) * 32, alg="HS256", kid=str(n)) for n in range(count)]
    many = {"limits": Limits(recipients=count)}
    text = MultiSigner(keys, **many).sign(PAYLOAD)
    assert verifier(keys[-1], form="general", **many).verify(text) == PAYLOAD
    if count > 16:
        with pytest.raises(TokenTooLargeError, match="recipients=16: found 17"):
            MultiSigner(keys)
        with pytest.raises(TokenTooLargeError, match="recipients=16: found 17"):
            verifier(keys[-1], form="general").verify(text)


def test_sizes_are_checked_on_either_side():
    for limit in ({"token_bytes": 100}, {"plaintext_bytes": 4}, {"header_bytes": 20}):
        (name,) = limit
        with pytest.raises(TokenTooLargeError, match=name):
            general(limits=Limits(**limit))
        with pytest.raises(TokenTooLargeError, match=name):
            verifier(form="general", limits=Limits(**limit)).verify(json.dumps(general()))


def test_signatures_without_a_name_cost_no_more_than_one_try_each(monkeypatch):
    keys = [Key.from_bytes(bytes([n]) * 32, alg="HS256") for n in range(6)]
    others = [Key.from_bytes(bytes([n + 99]) * 32, alg="HS256") for n in range(6)]
    text = MultiSigner(keys).sign(PAYLOAD)
    tries = []
    kind = type(keys[0]._signature)
    whole = kind.verify
    monkeypatch.setattr(kind, "verify", lambda *given: tries.append(1) or whole(*given))
    for key in keys:
        assert verifier(key, form="general").verify(text) == PAYLOAD
    tries.clear()
    with pytest.raises(VerificationError):
        verifier(others, form="general").verify(text)
    assert len(tries) == 6


def test_a_set_finds_the_signature_of_its_first_key_wherever_it_is():
    mine = [Key.from_bytes(bytes([n]) * 32, alg="HS256") for n in range(4)]
    others = [Key.from_bytes(bytes([n + 99]) * 32, alg="HS256") for n in range(15)]
    for place in (0, 4, 15):
        text = MultiSigner([*others[:place], mine[0], *others[place:]]).sign(PAYLOAD)
        assert verifier(mine, form="general").open(text).key is mine[0]
    text = MultiSigner([*others[:1], mine[1]]).sign(PAYLOAD)
    assert verifier(mine, form="general").open(text).key is mine[1]


def test_keys_that_can_not_sign_are_refused_by_their_place():
    public = all_algorithms.signing_key("ES256").public()
    with pytest.raises(InvalidKeyError, match=r"keys\[1\]: the key is public"):
        MultiSigner([ALICE, public])
    with pytest.raises(InvalidKeyError, match="a set of keys must not be empty"):
        MultiSigner([])
    with pytest.raises(TypeError, match="payload must be bytes, not str"):
        MultiSigner([ALICE]).sign("hello")


def test_jwt_is_compact_and_other_nested_messages_need_not_be():
    outer = Key.from_bytes(b"k" * 16, alg="A128KW")
    signer, encrypter = Signer(ALICE, form="general"), Encrypter(outer, enc="A128GCM")
    with pytest.raises(
        ValueError, match="a JWT is compact: give a different cty, or leave out form="
    ):
        SignThenEncrypt(signer, encrypter)
    text = SignThenEncrypt(signer, encrypter, cty="JOSE+JSON").encrypt(PAYLOAD)
    inner = verifier(form="general")
    opened = DecryptThenVerify(Decrypter(outer, enc="A128GCM"), inner, cty="JOSE+JSON").open(text)
    assert (opened.payload, opened.signed_by) == (PAYLOAD, ALICE)


def test_nothing_shows_a_message():
    parsed = signed.parse(json.dumps(general()), "general", Limits())
    assert repr(parsed) == "JsonJws(form='general', signatures=2)"
    assert repr(parsed.signatures[0]) == "Signature(...)"
    assert repr(MultiSigner([ALICE])).startswith("MultiSigner([Key(alg='HS256', kid='alice'")


def test_what_was_received_is_written_again():
    own = signature({"alg": "HS256"}, {"kid": "alice"})
    for text in (
        message(own),
        message(signature(None, {"alg": "HS256"})),
        json.dumps({"payload": b64(PAYLOAD)} | own),
    ):
        form = "general" if "signatures" in text else "flattened"
        parsed = signed.parse(text, form, Limits())
        assert signed.write(parsed) == text.replace(" ", "")
