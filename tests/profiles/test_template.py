"""Where a kid is from, and in which unit the time is."""

import pytest
from tests.helpers.rows import each_row
from tests.profiles.facts import UUID, header_of, our_key, spki_hash, thumbprint

from joseal import InvalidKeyError, Key, profiles
from joseal.profiles import RAW, Constant, IssuedAt, Kid, kid_of

BASE = profiles.VISA_MLE.with_send(envelope=RAW)


def key(kid=None):
    return our_key("RSA-OAEP-256", "theirs", kid).public()


def header(template, key, clock=lambda: 1.0):
    sealer = BASE.with_send(header=template).encrypter(key, clock=clock)
    return header_of(sealer.encrypt(b"{}"))[1:-1]


@each_row(
    ("source", "kid", "expected"),
    [
        ("given", "a", "a"),
        ("optional", "a", "a"),
        ("optional", None, None),
        ("uuid", UUID, UUID),
        ("uuid", UUID.upper(), UUID.upper()),
        ("certificate-serial", "1702493653123", "1702493653123"),
        ("spki-sha256-hex", "ours", spki_hash("theirs")),
        ("spki-sha256-hex", None, spki_hash("theirs")),
        ("jwk-thumbprint", "ours", thumbprint("theirs")),
        ("jwk-thumbprint", None, thumbprint("theirs")),
    ],
    ids=[f"{case}" for case in range(10)],  # keys are fresh, and differ among workers
)
def test_kid_is_from_its_source(source, kid, expected):
    assert kid_of(key(kid), source) == expected
    assert header((Kid(source),), key(kid)) == ([("kid", expected)] if expected else [])


def test_kid_of_a_pair_is_that_of_its_public_half():
    private = our_key("RSA-OAEP-256", "theirs")
    for source in ("spki-sha256-hex", "jwk-thumbprint"):
        assert kid_of(private, source) == kid_of(private.public(), source)


@pytest.mark.parametrize("curve", ["P-256", "P-521", "X25519", "X448"])
def test_hash_of_the_spki_is_made_of_any_public_key(curve):
    pair = Key.generate("ECDH-ES", curve=curve)
    again = Key.from_pem(pair.public().to_pem(), alg="ECDH-ES+A256KW")
    assert kid_of(pair, "spki-sha256-hex") == kid_of(again, "spki-sha256-hex")
    assert len(kid_of(pair, "spki-sha256-hex")) == 64


@pytest.mark.parametrize(
    ("source", "kid"),
    [("given", None), ("uuid", None), ("certificate-serial", None), ("uuid", "key_1")],
)
def test_kid_that_the_key_does_not_have_is_refused(source, kid):
    with pytest.raises(InvalidKeyError, match="load the key"):
        header((Kid(source),), key(kid))


@pytest.mark.parametrize("source", ["spki-sha256-hex", "jwk-thumbprint"])
def test_secret_is_not_named_by_a_hash(source):
    with pytest.raises(InvalidKeyError, match="symmetric"):
        kid_of(Key.generate("A256KW"), source)


@pytest.mark.parametrize(
    ("slot", "expected"),
    [
        (IssuedAt("s"), 1_700_000_000),
        (IssuedAt("s", text=True), "1700000000"),
        (IssuedAt("ms"), 1_700_000_000_500),
        (IssuedAt("ms", text=True), "1700000000500"),
    ],
)
def test_time_is_in_the_unit_and_type_of_the_template(slot, expected):
    ((name, value),) = header((slot,), key(), clock=lambda: 1_700_000_000.5)
    assert (name, value) == ("iat", expected)
    assert type(value) is type(expected)


def test_time_is_taken_for_each_token():
    moments = iter([1.0, 2.0])
    sealer = BASE.with_send(header=(IssuedAt("s"),)).encrypter(key(), clock=lambda: next(moments))
    assert [dict(header_of(sealer.encrypt(b"{}")))["iat"] for _ in range(2)] == [1, 2]


def test_members_stand_in_the_order_of_the_template():
    template = (
        Constant("typ", "JWE"),
        IssuedAt("s"),
        Kid(),
        Constant("ver", 3),
        Constant("x", True),
    )
    assert header(template, key("k")) == [
        *(("typ", "JWE"), ("iat", 1), ("kid", "k"), ("ver", 3), ("x", True)),
    ]
    assert header(template[::-1], key("k")) == [
        *(("x", True), ("ver", 3), ("kid", "k"), ("iat", 1), ("typ", "JWE")),
    ]


def test_constant_time_is_a_constant():
    assert header((Constant("iat", 7), Kid()), key("k")) == [("iat", 7), ("kid", "k")]


@pytest.mark.parametrize(
    "moment", [10**400, float("inf"), float("nan")], ids=["huge", "inf", "nan"]
)
def test_a_clock_that_gives_no_finite_number_is_named(moment):
    with pytest.raises(ValueError, match=r"^clock must return a finite number$"):
        header((IssuedAt("s"),), key(), clock=lambda: moment)
