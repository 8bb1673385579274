"""`JwtVerifier` and `EncryptedJwt`: the classes that exist, with the rules in one place."""

import json

import msgspec
import pytest
from tests.helpers import all_algorithms, forge

import joseal
from joseal import (
    ClaimsError,
    DecryptionError,
    InvalidKeyError,
    MalformedTokenError,
    NotAllowedError,
    Signer,
    TokenTooLargeError,
    VerificationError,
)
from joseal.claims import Claims, EncryptedJwt, JwtVerifier

NOW = 1_800_000_000
RULES = Claims(issuer="https://login.example", audience="orders", typ="at+jwt", now=lambda: NOW)
SIGNING = all_algorithms.signing_key("ES256", kid="sender")
SEALING = all_algorithms.key("ECDH-ES+A256KW", kid="receiver")


class Subject(msgspec.Struct):
    sub: str


def token(typ="at+jwt", **claims):
    return Signer(SIGNING, header={"typ": typ}).sign(RULES.issue(claims, lifetime_seconds=60))


def test_signed_token_is_verified_and_read():
    verifier = JwtVerifier(SIGNING.public(), RULES)
    assert verifier.read(token(sub="u-1")).subject == "u-1"
    assert verifier.read(token(sub="u-1").encode(), Subject) == Subject("u-1")
    assert "ES256" in repr(verifier)


def test_nothing_is_read_before_the_signature_is_valid():
    verifier = JwtVerifier(all_algorithms.signing_key("ES256", "other", "sender").public(), RULES)
    with pytest.raises(VerificationError):
        verifier.read(token(sub="u-1"))


@pytest.mark.parametrize("form", ["flattened", "general"])
def test_a_jwt_is_compact(form):
    """RFC 7519 section 1; the same bytes in JSON are another message, which nothing reads as a JWT."""
    claims = RULES.issue(lifetime_seconds=60)
    message = Signer(SIGNING, header={"typ": "at+jwt"}, form=form).sign(claims)
    assert joseal.Verifier(SIGNING.public(), form=form).verify(message) == claims
    with pytest.raises(MalformedTokenError):
        JwtVerifier(SIGNING.public(), RULES).read(message)
    outer = joseal.Encrypter(SEALING.public(), enc="A256GCM", header={"cty": "JWT"}, form=form)
    with pytest.raises(MalformedTokenError):
        receiver().read(outer.encrypt(token().encode()))
    inside = joseal.Encrypter(SEALING.public(), enc="A256GCM", header={"cty": "JWT"})
    with pytest.raises(MalformedTokenError):
        receiver().read(inside.encrypt(message.encode()))


def test_typ_is_that_of_the_rules():
    with pytest.raises(NotAllowedError, match="typ"):
        JwtVerifier(SIGNING.public(), RULES).read(token(typ="JWT"))


def test_claims_are_checked():
    late = msgspec.structs.replace(RULES, now=lambda: NOW + 60)
    with pytest.raises(ClaimsError, match="exp"):
        JwtVerifier(SIGNING.public(), late).read(token())


def test_policy_and_limits_bind():
    with pytest.raises(InvalidKeyError, match="policy"):
        JwtVerifier(all_algorithms.signing_key("EdDSA").public(), RULES, policy=joseal.MODERN)
    with pytest.raises(TokenTooLargeError):
        JwtVerifier(SIGNING.public(), RULES, limits=joseal.Limits(token_bytes=20)).read(token())


@pytest.mark.parametrize("rules", [None, {"issuer": "a"}, "a"])
def test_rules_are_claims(rules):
    with pytest.raises(TypeError, match=r"^claims must be Claims, not "):
        JwtVerifier(SIGNING.public(), rules)
    with pytest.raises(TypeError, match=r"^claims must be Claims, not "):
        EncryptedJwt(rules, enc="A256GCM")


def sender(**settings):
    keys = {"signing_key": SIGNING, "encryption_key": SEALING.public()}
    return EncryptedJwt(RULES, enc="A256GCM", **(keys | settings))


def receiver(**settings):
    keys = {"decryption_keys": SEALING, "verifying_keys": SIGNING.public()}
    return EncryptedJwt(RULES, **({"enc": ["A128GCM", "A256GCM"]} | keys | settings))


def test_encrypted_token_is_signed_inside_and_comes_back():
    made = sender().issue({"sub": "u-1"}, lifetime_seconds=60)
    header = json.loads(forge.unb64(made.split(".")[0]))
    assert (header["cty"], header["kid"], header["enc"]) == ("JWT", "receiver", "A256GCM")
    assert receiver().read(made).subject == "u-1"
    assert receiver().read(made, Subject) == Subject("u-1")


def test_token_of_one_layer_is_refused():
    bare = joseal.Encrypter(SEALING.public(), enc="A256GCM", header={"cty": "JWT"})
    with pytest.raises(MalformedTokenError):
        receiver().read(bare.encrypt(RULES.issue(lifetime_seconds=60)))
    with pytest.raises(MalformedTokenError):
        receiver().read(token())


def test_signature_inside_is_that_of_the_sender():
    other = all_algorithms.signing_key("ES256", "other", "sender")
    with pytest.raises(VerificationError):
        receiver().read(sender(signing_key=other).issue({}, lifetime_seconds=60))
    key = all_algorithms.key("ECDH-ES+A256KW", name="other", kid="receiver")
    with pytest.raises(DecryptionError):
        receiver().read(sender(encryption_key=key.public()).issue({}, lifetime_seconds=60))


def test_typ_is_written_into_the_signed_token_where_the_rules_have_one():
    rules = Claims(issuer="a")
    both = EncryptedJwt(
        rules,
        enc=["A256GCM"],
        signing_key=SIGNING,
        encryption_key=SEALING.public(),
        decryption_keys=[SEALING],
        verifying_keys=[SIGNING.public()],
    )
    assert both.read(both.issue(lifetime_seconds=60)).issuer == "a"
    assert repr(both).startswith("EncryptedJwt(DecryptThenVerify(")


def nested(enc, *, to, mine):
    return EncryptedJwt(
        RULES,
        enc=enc,
        signing_key=SIGNING,
        encryption_key=to.public(),
        decryption_keys=mine,
        verifying_keys=SIGNING.public(),
    )


def test_keys_for_integrated_hpke_need_no_enc():
    key = joseal.Key.generate("HPKE-0", kid="hpke")
    both = nested(None, to=key, mine=key)
    token = both.issue({"sub": "u-1"}, lifetime_seconds=60)
    assert both.read(token).subject == "u-1"
    assert set(joseal.peek(token).parameters) == {"alg", "kid", "cty"}
    with pytest.raises(ValueError, match="enc must not be given: HPKE-0 has no enc"):
        nested("A256GCM", to=key, mine=key)


def test_enc_is_for_the_keys_that_need_one():
    key = joseal.Key.generate("HPKE-0", kid="hpke")
    issued = {"lifetime_seconds": 60}
    old, moving, new = (
        nested("A256GCM", to=to, mine=mine)
        for to, mine in ((SEALING, key), (key, [SEALING, key]), (key, SEALING))
    )
    assert moving.read(old.issue({"sub": "u-1"}, **issued)).subject == "u-1"
    assert moving.read(moving.issue({"sub": "u-1"}, **issued)).subject == "u-1"
    assert old.read(new.issue({"sub": "u-1"}, **issued)).subject == "u-1"
    for to, mine in ((SEALING, key), (key, SEALING)):
        with pytest.raises(TypeError, match=r"enc is missing: a key for ECDH-ES\+A256KW"):
            nested(None, to=to, mine=mine)


def test_object_for_one_direction_refuses_the_other():
    with pytest.raises(ValueError, match="needed to read"):
        sender().read("a.b.c.d.e")
    with pytest.raises(ValueError, match="needed to issue"):
        receiver().issue({})


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        ({}, "give the keys to read with, the keys to issue with, or both"),
        ({"signing_key": SIGNING}, "signing_key and encryption_key go together"),
        ({"verifying_keys": SIGNING.public()}, "decryption_keys and verifying_keys go together"),
        (
            {
                "enc": ["A128GCM", "A256GCM"],
                "signing_key": SIGNING,
                "encryption_key": SEALING.public(),
            },
            "enc must be one name",
        ),
        ({"enc": [], "decryption_keys": SEALING, "verifying_keys": SIGNING.public()}, "enc"),
        ({"enc": [], "signing_key": SIGNING, "encryption_key": SEALING.public()}, "enc"),
    ],
)
def test_settings_that_make_no_sense_are_refused(settings, text):
    with pytest.raises(ValueError, match=text):
        EncryptedJwt(RULES, **({"enc": "A256GCM"} | settings))
