"""`KeyRing`: dates decide which key encrypts and which decrypt, and what may be destroyed."""

import datetime as dt
import json

import pytest
from tests.helpers.jwks_server import Clock

from joseal import (
    MODERN,
    Decrypter,
    DecryptionError,
    Encrypter,
    InvalidKeyError,
    Key,
    KeySet,
    KeyUnavailableError,
    MalformedTokenError,
    MultiEncrypter,
    NotAllowedError,
    Signer,
    UnknownKeyError,
    Verifier,
    rewrap,
)
from joseal.remote import KeyRing, RingKey

ALG = "ECDH-ES+A256KW"
A, B, C = (Key.generate(ALG, kid=kid, curve="X25519") for kid in "abc")
S, T = (Key.generate("Ed25519", kid=kid) for kid in "st")


def day(number):
    return dt.datetime(2027, 1, 1, tzinfo=dt.UTC) + dt.timedelta(days=number)


@pytest.fixture
def clock():
    made = Clock()
    made.now = day(0).timestamp()
    made.day = lambda number: setattr(made, "now", day(number).timestamp())
    return made


@pytest.fixture
def uses():
    return []


@pytest.fixture
def ring(clock, uses):
    """`a` is primary, `b` is announced on day 10, primary on day 20; `a` is retired on day 30."""
    made = KeyRing([RingKey(A, announced=day(0), primary=day(0))], clock=clock, on_use=uses.append)
    return made.announce(B, day(10)).promote("b", day(20)).retire("a", day(30))


def encrypted(key):
    return Encrypter(key.public(), enc="A256GCM").encrypt(b"x")


def served(ring):
    return [jwk["kid"] for jwk in ring.to_jwks()["keys"]]


def test_the_clock_alone_moves_a_key_through_its_states(ring, clock):
    found = []
    for number in (0, 10, 20, 30):
        clock.day(number)
        assert ring.states() == ring.states(day(number))
        found.append(tuple(ring.states().values()))
    assert found == [
        ("primary", "planned"),
        ("primary", "announced"),
        ("retiring", "primary"),
        ("retired", "primary"),
    ]


def test_a_state_begins_at_its_date_and_not_before(ring):
    tick = dt.timedelta(microseconds=1)
    for number, kid, before, after in (
        (10, "b", "planned", "announced"),
        (20, "b", "announced", "primary"),
        (20, "a", "primary", "retiring"),
        (30, "a", "retiring", "retired"),
    ):
        assert ring.states(day(number) - tick)[kid] == before
        assert ring.states(day(number))[kid] == after


def test_the_primary_key_encrypts_and_all_but_the_retired_decrypt(ring, clock):
    old, new = encrypted(A), encrypted(B)
    for number, primary in ((0, "a"), (10, "a"), (20, "b"), (30, "b")):
        clock.day(number)
        token = ring.encrypter("A256GCM").encrypt(b"x")
        assert ring.decrypter("A256GCM").open(token).key.kid == primary
        assert ring.open(new, "A256GCM").plaintext == b"x"
    with pytest.raises(UnknownKeyError):
        ring.decrypter("A256GCM").decrypt(old)
    clock.day(29)
    assert ring.open(old, "A256GCM").plaintext == b"x"


def test_the_primary_key_is_served_first_and_a_retiring_one_not(ring, clock):
    expected = {0: ["a"], 10: ["a", "b"], 20: ["b"], 30: ["b"]}
    for number, kids in expected.items():
        clock.day(number)
        assert served(ring) == kids
        assert not any("d" in jwk for jwk in ring.to_jwks()["keys"])
    assert KeyRing([RingKey(A, announced=day(40))], clock=clock).to_jwks() == {"keys": []}


def test_a_retiring_signature_key_is_still_served_until_it_is_retired(clock):
    ring = KeyRing([RingKey(S, announced=day(0), primary=day(0))], clock=clock)
    old = ring.signer().sign(b"x")
    ring = ring.announce(T, day(10)).promote("t", day(20)).retire("s", day(30))
    for number, kids in {0: ["s"], 10: ["s", "t"], 20: ["t", "s"], 30: ["t"]}.items():
        clock.day(number)
        assert served(ring) == kids
        # Whoever fetched the set verifies what the ring signs now, and so does the ring.
        token = ring.signer().sign(b"y")
        assert Verifier(KeySet.from_jwks(ring.to_jwks())).verify(token) == b"y"
        assert ring.verifier(policy=MODERN).verify(token) == b"y"
    with pytest.raises(UnknownKeyError):
        ring.verifier().verify(old)


def test_objects_are_the_same_until_a_date_comes(ring, clock):
    first = ring.decrypter("A256GCM"), ring.encrypter("A256GCM")
    clock.day(9)
    assert (ring.decrypter("A256GCM"), ring.encrypter("A256GCM")) == first
    clock.day(30)
    assert ring.decrypter("A256GCM") is not first[0]
    assert ring.decrypter(["A256GCM"]) is ring.decrypter(["A256GCM"])


def test_uses_are_told_by_key_and_outcome_and_hold_nothing_of_a_token(ring, clock, uses):
    clock.day(30)
    good = encrypted(B)
    ring.open(good, "A256GCM")
    stranger = Key.generate(ALG, kid="its own text", curve="X25519")
    head, *rest = good.split(".")
    damaged = ".".join([head, *rest[:-1], "A" * 22])
    cases = [
        (encrypted(A), UnknownKeyError, ("a", ALG, "retired")),
        (encrypted(stranger), UnknownKeyError, (None, None, "unknown_key")),
        (damaged, DecryptionError, ("b", ALG, "undecryptable")),
        ("rubbish", MalformedTokenError, (None, None, "malformed")),
        (
            Encrypter(B.public(), enc="A128GCM").encrypt(b"x"),
            NotAllowedError,
            ("b", ALG, "not_allowed"),
        ),
    ]
    for token, error, _ in cases:
        with pytest.raises(error):
            ring.open(token, "A256GCM")
    assert [(use.kid, use.alg, use.outcome) for use in uses] == [
        ("b", ALG, "ok"),
        *(told for _, _, told in cases),
    ]
    assert {use.at for use in uses} == {clock.now}
    assert "its own text" not in repr(uses)


def test_a_message_in_json_is_a_use_of_the_recipient_that_is_the_rings(ring, uses):
    stranger = Key.generate(ALG, kid="s", curve="X25519").public()
    message = MultiEncrypter([stranger, A.public()], enc="A256GCM").encrypt(b"x")
    assert ring.open(message, "A256GCM", form="general").plaintext == b"x"
    with pytest.raises(DecryptionError):
        ring.open(json.dumps({**json.loads(message), "tag": "A" * 22}), "A256GCM", form="general")
    assert [(use.kid, use.outcome) for use in uses] == [("a", "ok"), ("a", "undecryptable")]


def test_a_ring_moves_its_messages_to_the_primary_before_the_old_key_is_retired(ring, clock):
    made = MultiEncrypter([A.public()], enc="A256GCM", rewrappable=True).encrypt(b"x")
    clock.day(20)
    moved = rewrap(made, ring.decrypter("A256GCM", form="general"), ring.encrypter("A256GCM"))
    assert json.loads(moved)["recipients"][0]["header"]["kid"] == "b"
    assert json.loads(moved)["ciphertext"] == json.loads(made)["ciphertext"]
    clock.day(30)
    assert ring.open(moved, "A256GCM", form="general").plaintext == b"x"
    with pytest.raises(UnknownKeyError):
        ring.open(made, "A256GCM", form="general")


def test_a_device_that_can_not_be_asked_is_a_use_too(clock, uses):
    class Device:
        def unwrap(self, alg, encrypted_key):
            raise KeyUnavailableError("gone")

        def agree(self, peer):
            raise KeyUnavailableError("gone")

        def sign(self, alg, data):
            raise KeyUnavailableError("gone")

    key = Key.from_external(Device(), public=A.public())
    ring = KeyRing(
        [RingKey(key, announced=day(0), primary=day(0))], clock=clock, on_use=uses.append
    )
    with pytest.raises(KeyUnavailableError):
        ring.open(encrypted(A), "A256GCM")
    assert [(use.kid, use.outcome) for use in uses] == [("a", "unavailable")]


def test_a_ring_of_shared_secrets_encrypts_with_the_primary_and_serves_nothing(clock):
    old, new = (Key.generate("A256KW", kid=kid) for kid in ("old", "new"))
    ring = KeyRing([RingKey(old, announced=day(0), primary=day(0))], clock=clock)
    token = ring.encrypter("A256GCM", header={"typ": "x"}).encrypt(b"x")
    ring = ring.announce(new, day(0)).promote("new", day(1))
    clock.day(1)
    assert ring.open(token, "A256GCM").key.kid == "old"
    with pytest.raises(InvalidKeyError, match="all secret"):
        ring.to_jwks()


def test_a_ring_is_changed_by_another_ring(ring, clock):
    with pytest.raises(ValueError, match="has become primary already"):
        ring.promote("a", day(5))
    moved = ring.promote("b", day(15))
    assert ring.states(day(16))["b"] == "announced"
    assert moved.states(day(16))["b"] == "primary"
    clock.day(31)
    assert list(ring.remove("a").states()) == ["b"]
    with pytest.raises(UnknownKeyError):
        ring.remove("a").open(encrypted(A), "A256GCM")
    with pytest.raises(ValueError, match="is not retired"):
        ring.remove("b")
    assert "retired=2027-01-31" in repr(ring)


@pytest.mark.parametrize(
    ("make", "error", "text"),
    [
        (lambda: KeyRing([]), InvalidKeyError, "must not be empty"),
        (lambda: KeyRing([A]), TypeError, r"keys\[0\] must be a RingKey"),
        (lambda: KeyRing([RingKey(A, announced=day(0))] * 2), InvalidKeyError, "same kid"),
        (lambda: ring_of(A, S), InvalidKeyError, "encryption or for signatures"),
        (lambda: ring_of(A, Key.generate("A256KW", kid="k")), InvalidKeyError, "mix"),
        (lambda: ring_of(A, B, primary=day(1)), ValueError, "primary at the same time"),
        (lambda: ring_of(A, primary=day(1)).retire("a", day(9)), ValueError, "promote that one"),
        (lambda: ring_of(A).retire("b", day(9)), ValueError, "no key of this kid"),
        (lambda: ring_of(A).retire(1, day(9)), TypeError, "kid must be str"),
        (lambda: ring_of(A).announce(A, day(1)), InvalidKeyError, "same kid"),
        (lambda: ring_of(S).encrypter("A256GCM"), ValueError, "for use 'sig'"),
        (lambda: ring_of(A).signer(), ValueError, "for use 'enc'"),
        (lambda: ring_of(A).verifier(), ValueError, "for use 'enc'"),
        (lambda: ring_of(A).encrypter("A256GCM"), InvalidKeyError, "no key of the ring is primary"),
        (lambda: ring_of(A).states(1), TypeError, "at must be a datetime"),
        (lambda: ring_of(A).states(dt.datetime(2027, 1, 1)), ValueError, "time zone"),  # noqa: DTZ001
        (lambda: KeyRing([RingKey(A, announced=day(0))], clock=1), TypeError, "clock"),
        (lambda: KeyRing([RingKey(A, announced=day(0))], on_use=1), TypeError, "on_use"),
        (lambda: RingKey(A.public(), announced=day(0)), InvalidKeyError, "public"),
        (lambda: RingKey(Key.generate("A256KW"), announced=day(0)), InvalidKeyError, "needs a kid"),
        (lambda: RingKey("a", announced=day(0)), TypeError, "key must be a Key"),
        (lambda: RingKey(A, announced=day(1), primary=day(0)), ValueError, "before announced"),
        (lambda: RingKey(A, announced=day(1), retired=day(0)), ValueError, "other dates"),
        (
            lambda: RingKey(A, announced=day(0), primary=day(5), retired=day(4)),
            ValueError,
            "other dates",
        ),
    ],
)
def test_a_contradiction_is_refused_when_the_ring_is_made(make, error, text):
    with pytest.raises(error, match=text):
        make()


def ring_of(*keys, primary=None):
    return KeyRing([RingKey(key, announced=day(0), primary=primary) for key in keys])


def test_one_kid_under_two_algs_is_refused():
    other = Key.from_jwk({**A.to_jwk(private=True), "alg": "ECDH-ES"})
    with pytest.raises(ValueError, match="the same kid"):
        ring_of(A, other)


def test_a_ring_whose_keys_are_all_retired_opens_nothing(clock):
    ring = KeyRing([RingKey(A, announced=day(0), retired=day(1))], clock=clock)
    clock.day(2)
    with pytest.raises(InvalidKeyError, match="every key of the ring is retired"):
        ring.open(encrypted(A), "A256GCM")


WEEK = dt.timedelta(days=7)


def asked(ring, **facts):
    facts = {"quiet": WEEK, "last_used": None, "fetched": {"p": day(21)}, **facts}
    return ring.may_destroy("a", **facts)


def test_a_key_that_is_served_is_in_use(ring, clock):
    clock.day(19)
    answer = asked(ring)
    assert (answer.allowed, answer.reasons) == (False, ("in_use",))
    assert ring.may_destroy("b", quiet=WEEK, last_used=None, fetched={}).reasons == ("in_use",)


def test_a_key_waits_for_every_partner_to_fetch_the_set_without_it(ring, clock):
    clock.day(29)
    # One never fetched, one fetched before the key had left.
    answer = asked(ring, fetched={"p": day(21), "q": None, "r": day(19)})
    assert (answer.allowed, answer.reasons) == (False, ("not_fetched",))
    assert (answer.waiting_for, answer.not_before) == (("q", "r"), None)


@pytest.mark.parametrize(
    ("facts", "until"),
    [
        ({}, 28),
        ({"fetched": {}}, 27),
        ({"fetched": {"p": day(21), "q": day(25)}}, 32),
        ({"last_used": day(19)}, 28),
        ({"last_used": day(26)}, 33),
        ({"quiet": dt.timedelta()}, 21),
    ],
)
def test_the_quiet_time_begins_with_the_last_thing_that_happened(ring, clock, facts, until):
    clock.now = day(until).timestamp() - 1
    answer = asked(ring, **facts)
    assert not answer.allowed
    assert answer.reasons == ("not_quiet",)
    assert answer.not_before == day(until)
    clock.day(until)
    assert asked(ring, **facts).allowed


def test_a_key_that_never_was_primary_leaves_when_it_is_retired(clock):
    ring = KeyRing(
        [
            RingKey(A, announced=day(0), primary=day(0)),
            RingKey(C, announced=day(0), retired=day(5)),
        ],
        clock=clock,
    )
    clock.day(6)
    facts = {"quiet": dt.timedelta(days=1), "last_used": None, "fetched": {}}
    assert ring.may_destroy("c", **facts).allowed
    clock.day(4)
    assert ring.may_destroy("c", **facts).reasons == ("in_use",)


@pytest.mark.parametrize(
    ("facts", "error"),
    [
        ({"quiet": 7}, TypeError),
        ({"quiet": -WEEK}, ValueError),
        ({"last_used": 1}, TypeError),
        ({"fetched": [("p", day(1))]}, TypeError),
        ({"fetched": {1: day(1)}}, TypeError),
        ({"fetched": {"p": 1.0}}, TypeError),
        ({"fetched": {"p": dt.datetime(2027, 1, 1)}}, ValueError),  # noqa: DTZ001
    ],
)
def test_a_fact_of_the_wrong_kind_is_refused(ring, facts, error):
    with pytest.raises(error):
        asked(ring, **facts)


def test_only_a_ring_for_encryption_is_asked(clock):
    with pytest.raises(ValueError, match="for use 'sig'"):
        ring_of(S).may_destroy("s", quiet=WEEK, last_used=None, fetched={})


def test_what_a_decrypter_was_made_with_stays_in_it(ring, clock):
    """Documented: an object is for the keys of its moment."""
    kept = ring.decrypter("A256GCM")
    clock.day(31)
    assert kept.decrypt(encrypted(A)) == b"x"
    assert isinstance(kept, Decrypter)
    assert Signer(S).sign(b"x")


EARLY, LATE = dt.datetime(2027, 1, 1, tzinfo=dt.UTC), dt.datetime(2027, 2, 1, tzinfo=dt.UTC)
END = dt.datetime(2027, 3, 1, tzinfo=dt.UTC)


@pytest.fixture(scope="module")
def rsa():
    return Key.generate("RSA-OAEP-256", kid="old")


@pytest.mark.parametrize("alg", ["HPKE-9", "HPKE-9-KE"])
def test_one_enc_serves_a_rotation_from_rsa_to_a_hybrid_key_to_its_end(alg, rsa, clock):
    new = Key.generate(alg, kid="new")
    keys = [
        RingKey(rsa, announced=EARLY, primary=EARLY, retired=END),
        RingKey(new, announced=EARLY, primary=LATE),
    ]
    ring = KeyRing(keys, clock=lambda: clock.now)
    tokens = []
    for moment in (EARLY, LATE, END):
        clock.now = moment.timestamp()
        tokens.append(ring.encrypter("A256GCM").encrypt(b"a payout"))
        opened = ring.open(tokens[-1], "A256GCM")
        assert opened.plaintext == b"a payout"
        assert opened.key.alg == ("RSA-OAEP-256" if moment == EARLY else alg)
        assert ("enc" in opened.header) is (opened.key.alg != "HPKE-9")
    assert ring.open(tokens[1], ["A256GCM", "A128GCM"]).plaintext == b"a payout"
    with pytest.raises(NotAllowedError if alg == "HPKE-9" else UnknownKeyError):
        ring.open(tokens[0], "A256GCM")
    clock.now = LATE.timestamp()
    assert [ring.open(token, "A256GCM").key.kid for token in tokens] == ["old", "new", "new"]


def test_ring_goes_back_from_a_hybrid_key_to_rsa_with_one_enc(rsa, clock):
    first = Key.generate("HPKE-9", kid="first")
    keys = [
        RingKey(first, announced=EARLY, primary=EARLY, retired=END),
        RingKey(rsa, announced=LATE, primary=LATE),
    ]
    ring = KeyRing(keys, clock=lambda: clock.now)
    for moment, alg in ((EARLY, "HPKE-9"), (LATE, "RSA-OAEP-256"), (END, "RSA-OAEP-256")):
        clock.now = moment.timestamp()
        assert ring.open(ring.encrypter("A256GCM").encrypt(b"x"), "A256GCM").key.alg == alg


def test_enc_is_refused_by_a_ring_that_never_needs_one_and_demanded_by_one_that_does(rsa, clock):
    clock.now = LATE.timestamp()
    hybrid = RingKey(Key.generate("HPKE-9", kid="new"), announced=EARLY, primary=LATE)
    alone = KeyRing([hybrid], clock=lambda: clock.now)
    assert alone.open(alone.encrypter(None).encrypt(b"x"), None).plaintext == b"x"
    for make in (alone.encrypter, alone.decrypter):
        with pytest.raises(ValueError, match=r"^enc must not be given"):
            make("A256GCM")
    old = RingKey(rsa, announced=EARLY, primary=EARLY, retired=END)
    both = KeyRing([old, hybrid], clock=lambda: clock.now)
    for moment in (EARLY, LATE, END):
        clock.now = moment.timestamp()
        for make in (both.encrypter, both.decrypter):
            with pytest.raises(TypeError, match="enc is missing: a key for RSA-OAEP-256"):
                make(None)
    for make in (both.encrypter, both.decrypter):
        with pytest.raises(ValueError, match="enc"):
            make("A257GCM")


def test_what_both_sides_know_is_part_of_a_use(clock, uses):
    keys = [RingKey(Key.generate("HPKE-0", kid="a"), announced=EARLY, primary=EARLY)]
    ring = KeyRing(keys, clock=lambda: clock.now, on_use=uses.append)
    token = ring.encrypter(None).encrypt(b"x", info=b"session 7")
    assert ring.open(token, None, info=b"session 7").plaintext == b"x"
    with pytest.raises(DecryptionError):
        ring.open(token, None, info=b"session 8")
    message = ring.encrypter(None, form="flattened").encrypt(b"x", aad=b"order 1")
    assert ring.open(message, None, form="flattened", aad=b"order 1").aad == b"order 1"
    with pytest.raises(NotAllowedError, match="aad"):
        ring.open(message, None, form="flattened", aad=b"order 2")
    assert [use.outcome for use in uses] == ["ok", "undecryptable", "ok", "not_allowed"]


@pytest.mark.parametrize(
    "now",
    [10**400, float("nan"), float("inf"), 1e300, -1e300],
    ids=["huge", "nan", "inf", "late", "early"],
)
def test_a_clock_without_a_date_is_named(clock, ring, now):
    clock.now = now
    with pytest.raises(ValueError, match=r"^clock must return a "):
        ring.encrypter(enc="A256GCM")
