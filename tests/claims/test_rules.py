"""`Claims`: its settings, its sources, what is replicated in a header, typed claims, and issuing."""

import datetime as dt
import json

import msgspec
import pytest
from tests.helpers import all_algorithms, forge
from tests.helpers.rows import each_row

import joseal
from joseal import (
    ClaimsError,
    Decrypter,
    DecryptThenVerify,
    Encrypter,
    EncryptThenSign,
    Key,
    NotAllowedError,
    Signer,
    SignThenEncrypt,
    VerifiedToken,
    Verifier,
    VerifyThenDecrypt,
)
from joseal.claims import Claims

NOW = 1_800_000_000
MAC, WRAP = all_algorithms.signing_key("HS256"), all_algorithms.key("A128KW")
PAIR = all_algorithms.key("ECDH-ES+A256KW")
GOOD = b'{"iss":"https://login.example","sub":"u-1","aud":["a","b"],"exp":1800000060}'
RULES = Claims(any_audience=True, now=lambda: NOW)


def signed(payload=GOOD, **header):
    return Verifier(MAC).open(Signer(MAC, header=header).sign(payload))


def encrypted(payload=GOOD, key=WRAP, **header):
    token = Encrypter(forge.sealing(key), enc="A128GCM", header=header).encrypt(payload)
    return Decrypter(key, enc="A128GCM").open(token)


def nested(payload=GOOD, inner=None, **outer):
    signer = Signer(MAC, header=inner)
    encrypter = Encrypter(WRAP, enc="A128GCM", header=outer)
    token = SignThenEncrypt(signer, encrypter).encrypt(payload)
    return DecryptThenVerify(Decrypter(WRAP, enc="A128GCM"), Verifier(MAC)).open(token)


@each_row(
    ("settings", "error", "text"),
    [
        ({"issuer": 1}, TypeError, "issuer must be str or a collection of str, not int"),
        ({"issuer": b"x"}, TypeError, "issuer must be str"),
        ({"issuer": {"a": 1}}, TypeError, "issuer must be str"),
        ({"issuer": []}, ValueError, "issuer must name at least one"),
        ({"audience": ["a", 1]}, TypeError, "audience must be a collection of str"),
        ({"audience": ()}, ValueError, "audience must name at least one"),
        ({"subject": ["a"]}, TypeError, "subject must be str, not list"),
        ({"typ": 1}, TypeError, "typ must be str, not int"),
        ({"leeway_seconds": -1}, ValueError, "leeway_seconds must be from 0 to 300"),
        ({"leeway_seconds": 301}, ValueError, "leeway_seconds must be from 0 to 300"),
        ({"leeway_seconds": float("nan")}, ValueError, "leeway_seconds must be from 0 to 300"),
        ({"leeway_seconds": True}, TypeError, "leeway_seconds must be a number"),
        ({"max_age_seconds": 0}, ValueError, "max_age_seconds must be positive"),
        ({"max_age_seconds": float("inf")}, ValueError, "max_age_seconds must be positive"),
        ({"max_age_seconds": 10**400}, ValueError, "max_age_seconds must be positive"),
        ({"max_age_seconds": "60"}, TypeError, "max_age_seconds must be a number"),
        ({"require": "exp"}, TypeError, "require must be a collection of str, not str"),
        ({"require": 1}, TypeError, "require must be a collection of str, not int"),
        ({"require": [1]}, TypeError, "require must be a collection of str, and a name in it"),
        ({"expires": "no"}, TypeError, "expires must be bool, not str"),
        ({"any_audience": 1}, TypeError, "any_audience must be bool, not int"),
        ({"any_audience": True, "audience": "a"}, ValueError, "contradict each other"),
        ({"now": 5}, TypeError, "now must be callable, not int"),
    ],
)
def test_rule_that_makes_no_sense_is_refused_when_it_is_made(settings, error, text):
    with pytest.raises(error, match=text):
        Claims(**settings)


def test_rules_are_immutable_and_equal_by_their_parts():
    assert Claims(issuer="a") == Claims(issuer="a") != Claims(issuer="b")
    with pytest.raises(AttributeError):
        Claims(issuer="a").issuer = "b"


@pytest.mark.parametrize("name", ["issuer", "audience", "require"])
def test_rules_do_not_change_with_what_they_were_made_of(name):
    given = ["a"]
    rules = Claims(**{name: given})
    given.append("b")
    assert getattr(rules, name) == ("a",)
    assert hash(rules) == hash(Claims(**{name: ("a",)}))


@pytest.mark.parametrize("opened", [GOOD, "a.b.c", None, {"iss": "x"}, MAC])
def test_claims_are_read_from_opened_tokens_alone(opened):
    with pytest.raises(
        TypeError, match=r"^opened must be a VerifiedToken, .*: open the token first"
    ):
        RULES.read(opened)


@pytest.mark.parametrize("moment", [float("nan"), 10**400], ids=["nan", "huge"])
def test_clock_has_to_give_a_time(moment):
    with pytest.raises(ValueError, match=r"^now must return a finite number$"):
        Claims(any_audience=True, now=lambda: moment).read(signed())


# Who made it


def test_jwe_to_a_public_key_is_read_only_where_anyone_may_have_made_it():
    opened = encrypted(key=PAIR)
    with pytest.raises(ValueError, match=r"^nobody signed this token, .*anonymous=True$"):
        RULES.read(opened)
    assert RULES.read(opened, anonymous=True).subject == "u-1"


def test_jwe_under_a_shared_key_names_its_sender_by_the_key():
    assert RULES.read(encrypted()).subject == "u-1"


def test_result_of_a_profile_without_a_signature_is_as_anonymous():
    opened = joseal.NestedToken(GOOD, encrypted=encrypted(key=PAIR), signed=None)
    with pytest.raises(ValueError, match="nobody signed"):
        RULES.read(opened)
    assert RULES.read(opened, anonymous=True).subject == "u-1"


def test_anonymous_is_a_switch():
    with pytest.raises(TypeError, match="anonymous must be bool"):
        RULES.read(encrypted(key=PAIR), anonymous="yes")


def test_both_orders_of_nesting_are_read():
    assert RULES.read(nested()).subject == "u-1"
    token = EncryptThenSign(Encrypter(WRAP, enc="A128GCM"), Signer(MAC)).encrypt(GOOD)
    opened = VerifyThenDecrypt(Verifier(MAC), Decrypter(WRAP, enc="A128GCM")).open(token)
    assert RULES.read(opened).subject == "u-1"


def test_payload_that_is_unencoded_is_no_jwt():
    """RFC 7797 section 7."""
    payload = b'{"exp":1800000060}'
    token = Signer(MAC, b64=False, detached=True).sign(payload)
    opened = Verifier(MAC, b64=False).open(token, payload=payload)
    with pytest.raises(NotAllowedError, match="unencoded"):
        RULES.read(opened)


# typ


def test_typ_of_a_nested_token_is_that_of_the_signed_one():
    """RFC 8725 section 3.11."""
    rules = msgspec.structs.replace(RULES, typ="at+jwt")
    assert rules.read(nested(inner={"typ": "at+jwt"})).subject == "u-1"
    with pytest.raises(NotAllowedError, match=r"^typ: typ= demands at\+jwt, the token has none$"):
        rules.read(nested(typ="at+jwt"))


def test_typ_that_is_another_one_is_told_from_none():
    rules = msgspec.structs.replace(RULES, typ="at+jwt")
    with pytest.raises(NotAllowedError, match=r"the token has a different one$"):
        rules.read(signed(typ="JWT"))


# RFC 7519 section 5.3


@pytest.mark.parametrize(
    "header",
    [
        {"iss": "https://login.example"},
        {"sub": "u-1"},
        {"aud": ["a", "b"]},
        {"exp": 1_800_000_060},
        {"iat": 5},
    ],
    ids=list,
)
def test_replicated_claim_that_is_identical_is_accepted(header):
    assert RULES.read(encrypted(**header)).subject == "u-1"
    assert RULES.read(nested(**header)).subject == "u-1"


@each_row(
    "header",
    [
        {"iss": "https://evil.example"},
        {"iss": ["https://login.example"]},
        {"sub": None},
        {"sub": "U-1"},
        {"aud": "a"},
        {"aud": ["b", "a"]},
        {"exp": 1_800_000_061},
        {"exp": 1_800_000_060.0},
    ],
    ids=str,
)
def test_replicated_claim_that_is_not_identical_is_refused(header):
    (name,) = header
    for opened in (encrypted(**header), nested(**header)):
        with pytest.raises(ClaimsError) as caught:
            RULES.read(opened)
        assert (caught.value.claim, caught.value.rule) == (name, "header")


def test_replica_of_a_claim_that_is_not_there_is_refused():
    with pytest.raises(ClaimsError, match=r"^iss: the Header Parameter of this name"):
        RULES.read(encrypted(b'{"exp":1800000060}', iss="https://login.example"))


def test_header_of_a_signed_token_replicates_nothing():
    assert RULES.read(signed(iss="other", iat=5)).issuer == "https://login.example"


# Typed claims


class Session(msgspec.Struct):
    sub: str
    exp: int
    roles: list[str] = []


def test_claims_are_given_as_a_struct():
    payload = b'{"sub":"u-1","exp":1800000060,"roles":["a"],"x":1}'
    assert RULES.read(signed(payload), Session) == Session("u-1", 1_800_000_060, ["a"])


@pytest.mark.parametrize(
    ("payload", "claim"),
    [
        (b'{"exp":1800000060}', "claims"),
        (b'{"sub":"u-1","exp":1800000060,"roles":[1]}', "roles[0]"),
        (b'{"sub":"u-1","exp":1800000060.5}', "exp"),
    ],
)
def test_claim_that_does_not_fit_the_struct_is_named(payload, claim):
    with pytest.raises(ClaimsError) as caught:
        RULES.read(signed(payload), Session)
    assert (caught.value.claim, caught.value.rule) == (claim, "shape")


def test_rules_hold_for_typed_claims_too():
    with pytest.raises(ClaimsError, match=r"^exp: it has passed$"):
        RULES.read(signed(b'{"sub":"u-1","exp":1}'), Session)


@pytest.mark.parametrize("shape", [dict, Session("a", 1), "Session", 1])
def test_shape_is_a_struct_type(shape):
    with pytest.raises(TypeError, match=r"^shape must be a msgspec Struct type$"):
        RULES.read(signed(), shape)


# Results


def test_result_is_frozen_and_shows_no_value():
    read = RULES.read(signed())
    with pytest.raises(TypeError):
        read.all["sub"] = "u-2"
    with pytest.raises(AttributeError):
        read.all = {}
    assert repr(read) == "ClaimSet(<4 claims>)"
    assert read == RULES.read(signed())


def test_result_without_claims_says_none():
    read = Claims(expires=False).read(signed(b"{}"))
    assert (read.issuer, read.subject, read.token_id, read.audience) == (None, None, None, ())
    assert (read.expires_at, read.not_before, read.issued_at) == (None, None, None)


def test_error_is_one_of_the_family_and_pickles():
    with pytest.raises(joseal.TokenError) as caught:
        RULES.read(signed(b'{"exp":1}'))
    assert caught.value.code == "claims"


# Issuing

ISSUING = Claims(
    issuer="https://login.example", audience="orders", subject="u-1", now=lambda: NOW + 0.9
)


def test_what_is_issued_is_what_the_rules_accept():
    text = ISSUING.issue({"role": "admin"}, lifetime_seconds=60)
    members = json.loads(text)
    jti = members.pop("jti")
    assert members == {
        "iss": "https://login.example",
        "aud": "orders",
        "sub": "u-1",
        "role": "admin",
        "iat": NOW,
        "exp": NOW + 60,
    }
    assert len(forge.unb64(jti)) == 16
    assert ISSUING.read(signed(text)).token_id == jti


def test_two_tokens_have_two_identifiers():
    made = {json.loads(ISSUING.issue(lifetime_seconds=60))["jti"] for _ in range(50)}
    assert len(made) == 50
    assert "jti" not in json.loads(ISSUING.issue(lifetime_seconds=60, token_id=False))


def test_own_claims_are_kept():
    own = {"jti": "mine", "iat": NOW - 5, "exp": NOW + 5, "aud": ["orders", "bills"]}
    assert json.loads(ISSUING.issue(own)).items() >= own.items()


@each_row(
    ("claims", "settings", "error", "text"),
    [
        ({}, {}, ValueError, "would refuse the token: exp: the token does not have it"),
        ({"iss": "other"}, {"lifetime_seconds": 60}, ValueError, "would refuse the token: iss"),
        ({"sub": "u-2"}, {"lifetime_seconds": 60}, ValueError, "would refuse the token: sub"),
        ({"aud": "bills"}, {"lifetime_seconds": 60}, ValueError, "would refuse the token: aud"),
        ({"nbf": NOW + 60}, {"lifetime_seconds": 60}, ValueError, "would refuse the token: nbf"),
        ({"jti": 5}, {"lifetime_seconds": 60}, ValueError, "would refuse the token: jti"),
        ({"exp": NOW - 1}, {}, ValueError, "would refuse the token: exp"),
        ({"exp": NOW}, {"lifetime_seconds": 60}, ValueError, "contradict each other"),
        ({"aud": ["orders", "a b:c"]}, {"lifetime_seconds": 60}, ValueError, "has to be a URI"),
        ({"x": float("nan")}, {"lifetime_seconds": 60}, ValueError, "strict JSON can't carry"),
        ({"x": b"1"}, {"lifetime_seconds": 60}, ValueError, r"can't carry x \(bytes\)$"),
        (
            {1: 2},
            {"lifetime_seconds": 60},
            ValueError,
            r"can't carry a name that is not str \(int\)$",
        ),
        (
            {"sub": "u-1", "exp": dt.datetime(2027, 1, 1, tzinfo=dt.UTC)},
            {},
            ValueError,
            r"^claims: strict JSON can't carry exp \(datetime\): a time is a number of seconds since 1970$",
        ),
        ({}, {"lifetime_seconds": 0}, ValueError, "from 1 to ten years"),
        ({}, {"lifetime_seconds": 1e9}, ValueError, "from 1 to ten years"),
        ({}, {"lifetime_seconds": True}, TypeError, "lifetime_seconds must be a number"),
        ({}, {"lifetime_seconds": 60, "token_id": 1}, TypeError, "token_id must be bool"),
        ([1], {"lifetime_seconds": 60}, TypeError, "claims must be a mapping, not list"),
    ],
)
def test_what_these_rules_would_refuse_is_not_issued(claims, settings, error, text):
    with pytest.raises(error, match=text):
        ISSUING.issue(claims, **settings)


def test_token_that_lives_forever_is_issued_where_the_rules_say_so():
    text = Claims(expires=False).issue({"sub": "u-1"}, token_id=False)
    assert sorted(json.loads(text)) == ["iat", "sub"]


@pytest.mark.parametrize("text", ["u-1", "urn:x", "https://a.example/?b=%20#c", "arn:aws:iam::1"])
def test_text_without_a_colon_and_uri_are_issued(text):
    rules = Claims(expires=False)
    assert json.loads(rules.issue({"sub": text}))["sub"] == text


@pytest.mark.parametrize("place", [0, 1], ids=["A.1", "A.2"])
def test_figures_of_rfc_7519_are_read(shared_vectors, place):
    """An encrypted JWT that nobody signed, and a nested one, whose signature is RS256."""
    figure = json.loads((shared_vectors / "rfc/rfc7519.json").read_text())["vectors"][place]
    key = Key.from_jwk(figure["jwk"], alg="RSA1_5", legacy=True)
    opened = Decrypter(key, enc=figure["enc"]).open(figure["jwe"])
    rules = Claims(issuer="joe", now=lambda: 1_300_819_379)
    if place == 0:
        assert rules.read(opened, anonymous=True).all["http://example.com/is_root"] is True
        with pytest.raises(ClaimsError, match=r"^exp: it has passed$"):
            Claims(issuer="joe").read(opened, anonymous=True)
    else:
        with pytest.raises(
            ClaimsError, match=r"^claims: the payload is not one strict JSON object$"
        ):
            rules.read(opened, anonymous=True)


def test_header_that_nobody_authenticated_says_nothing():
    """RFC 7515 section 7.2: in a JSON form, anyone on the way can have written it."""
    opened = VerifiedToken(GOOD, {"alg": "HS256"}, MAC, {"typ": "at+jwt", "iss": "other"})
    assert RULES.read(opened).issuer == "https://login.example"
    with pytest.raises(NotAllowedError, match="typ"):
        msgspec.structs.replace(RULES, typ="at+jwt").read(opened)


MOST_VALUES = 16 * 1024


def test_the_number_of_values_is_bounded_before_they_are_made():
    """16 MiB of empty objects would be 0.4 GiB of Python objects, and 2 s of work."""
    for count, opens in ((MOST_VALUES - 5, True), (MOST_VALUES + 1, False), (1_000_000, False)):
        payload = b'{"exp":1800000060,"a":[' + b",".join([b"1"] * count) + b"]}"
        if opens:
            assert len(RULES.read(signed(payload)).all["a"]) == count
            assert RULES.issue(json.loads(payload))
            continue
        with pytest.raises(ClaimsError) as caught:
            RULES.read(signed(payload))
        assert (caught.value.claim, caught.value.rule) == ("claims", "too_many")
    with pytest.raises(ValueError, match="would refuse the token: it has too many values"):
        RULES.issue({"exp": NOW + 60, "a": [1] * (MOST_VALUES + 1)})
    text = {"exp": NOW + 60, "a": "," * 100_000}
    assert RULES.read(signed(RULES.issue(text))).all["a"] == text["a"]


@pytest.mark.parametrize(
    "moment",
    [float("inf"), float("-inf"), float("nan"), -(10**400)],
    ids=["inf", "-inf", "nan", "huge"],
)
def test_a_clock_without_a_time_is_said_when_a_token_is_issued(moment):
    with pytest.raises(ValueError, match="now must return a finite number"):
        Claims(now=lambda: moment).issue(lifetime_seconds=60)
