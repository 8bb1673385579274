"""`KeySet`: which keys are tried for a token. RFC 7517 section 5, RFC 7516 section 5.2 step 6."""

import copy
import json
import pickle
import time

import pytest
from tests.helpers import forge
from tests.helpers.rows import each_row

from joseal import (
    Decrypter,
    DecryptionError,
    Encrypter,
    InvalidKeyError,
    Key,
    KeySet,
    MalformedTokenError,
    NotAllowedError,
    UnknownKeyError,
)
from joseal._core.keys import keyset
from joseal._core.keys.keyset import MOST_TRIES

SIZED = Key.generate("dir", size=64)


def kw(name, kid=None, alg="A128KW"):
    return forge.key(alg, name=name, kid=kid)


def token(name, kid=None, alg="A128KW"):
    members = {} if kid is None else {"kid": kid}
    return str(forge.token(alg, "A128GCM", name=name, members=members))


def opener(*keys, **arguments):
    return Decrypter(list(keys), enc="A128GCM", **arguments)


def test_set_is_iterable_and_counts_its_keys():
    keys = [kw("a", "a"), kw("b", "b")]
    assert list(KeySet(keys)) == keys
    assert len(KeySet(iter(keys))) == 2
    assert KeySet(keys).skipped == ()


def test_empty_set_is_refused():
    for keys in ((), [], iter(())):
        with pytest.raises(InvalidKeyError, match="must not be empty"):
            KeySet(keys)


@pytest.mark.parametrize("keys", [["a"], [None], [b"key"], "a", [{"kty": "oct"}]])
def test_set_holds_keys_and_nothing_else(keys):
    with pytest.raises(TypeError, match=r"^keys\[?\d?\]? must be a Key, not "):
        KeySet(keys)
    with pytest.raises(TypeError, match=r"^keys\[?\d?\]? must be a Key, not "):
        KeySet([kw("a"), *keys])


def test_set_is_unique_by_kid_and_alg():
    with pytest.raises(InvalidKeyError, match="same kid and alg"):
        KeySet([kw("a", "k"), kw("b", "k")])
    pair = [forge.key(alg, kid="k") for alg in ("RSA-OAEP", "RSA-OAEP-256")]
    assert len(KeySet(pair)) == 2
    assert len(KeySet([kw("a"), kw("b")])) == 2


def test_one_pair_serves_under_both_of_its_algs():
    keys = KeySet([forge.key(alg, kid="k") for alg in ("RSA-OAEP", "RSA-OAEP-256")])
    for alg in ("RSA-OAEP", "RSA-OAEP-256"):
        opened = Decrypter(keys, enc="A128GCM").open(token("mine", "k", alg))
        assert opened.key.alg == alg


def test_kid_of_the_token_chooses_the_key():
    keys = [kw("a", "a"), kw("b", "b"), kw("c")]
    for place, name in enumerate("ab"):
        assert opener(*keys).open(token(name, name)).key is keys[place]


def test_key_of_that_kid_is_tried_alone():
    """The token is good under the other key, which must not be tried."""
    with pytest.raises(DecryptionError):
        opener(kw("a", "a"), kw("b", "b"), kw("c")).decrypt(token("b", "a"))
    with pytest.raises(DecryptionError):
        opener(kw("a", "a"), kw("b", "b"), any_kid=True).decrypt(token("b", "a"))


def test_unknown_kid_is_refused():
    for keys in (
        [kw("a", "a")],
        [kw("a", "a"), kw("b", "b")],
        [kw("a"), kw("b")],
        [kw("a"), kw("b", "b")],
    ):
        for kid in ("c", "", "A", "a "):
            with pytest.raises(UnknownKeyError):
                opener(*keys).decrypt(token("a", kid))


def test_single_key_without_a_name_answers_to_every_name():
    assert opener(kw("a")).decrypt(token("a", "whatever")) == b"forged"
    assert opener(kw("a")).decrypt(token("a")) == b"forged"


def test_token_without_a_kid_is_tried_with_every_key():
    keys = [kw("a", "a"), kw("b"), kw("c", "c")]
    for place, name in enumerate("abc"):
        assert opener(*keys).open(token(name)).key is keys[place]


def test_any_kid_lifts_the_rule():
    keys = [kw("a", "a"), kw("b", "b")]
    assert opener(*keys, any_kid=True).open(token("b", "unknown")).key is keys[1]
    assert opener(kw("a", "a"), any_kid=True).decrypt(token("a", "unknown")) == b"forged"


def test_kid_that_exists_under_another_alg_is_not_allowed():
    with pytest.raises(NotAllowedError) as caught:
        opener(kw("a", "a"), kw("b", "b", "A256KW")).decrypt(token("b", "b"))
    assert caught.value.parameter == "alg"
    with pytest.raises(NotAllowedError):
        opener(kw("a", "a", "A256KW")).decrypt(token("a"))


def test_at_most_four_keys_are_tried():
    names = "abcdef"
    keys = [kw(name) for name in names]
    opened = []
    for name in names:
        try:
            opened.append(opener(*keys).decrypt(token(name)))
        except DecryptionError:
            opened.append(None)
    assert opened == [b"forged"] * 4 + [None] * 2


def test_keys_of_other_algs_do_not_count_among_the_four():
    others = [kw(name, alg="A256KW") for name in "abcdef"]
    assert opener(*others, kw("g")).decrypt(token("g")) == b"forged"


@pytest.mark.parametrize("form", ["compact", "general"])
def test_refusal_of_an_alg_looks_at_no_key(monkeypatch, form):
    """A set may have thousands, and a token that is refused for its alg has 21 bytes."""
    looked = []
    mine = opener(kw("a", "a"), kw("b", "b"), form=form)
    monkeypatch.setattr(Key, "alg", property(looked.append))
    text = "^alg: the token says dir, the keys are bound to A128KW$"
    members = {"alg": "dir", "enc": "A128GCM"}
    foreign = {
        "compact": forge.b64(json.dumps(members).encode()) + "....",
        "general": json.dumps(
            {
                "protected": forge.b64(json.dumps(members).encode()),
                "recipients": [{}],
                "iv": forge.b64(bytes(12)),
                "ciphertext": "",
                "tag": forge.b64(bytes(16)),
            }
        ),
    }
    with pytest.raises(NotAllowedError, match=text):
        mine.decrypt(foreign[form])
    assert looked == []


def test_set_is_opaque():
    keys = KeySet([kw("a", "a"), kw("b", "b")], skipped=[(2, "why")])
    assert repr(keys) == (
        "KeySet([Key(alg='A128KW', kid='a', 16 bytes), Key(alg='A128KW', kid='b', 16 bytes)], skipped=1)"
    )
    assert copy.copy(keys) is copy.deepcopy(keys) is keys
    with pytest.raises(TypeError, match="can't be pickled"):
        pickle.dumps(keys)
    for name in ("_keys", "skipped", "other"):
        with pytest.raises(AttributeError, match="immutable"):
            setattr(keys, name, ())


def jwk(size, **members):
    return {"kty": "oct", "k": forge.b64(bytes(size)), **members}


GOOD = jwk(16, kid="a", alg="A128KW")


@pytest.mark.parametrize("form", [dict, json.dumps, lambda jwks: json.dumps(jwks).encode()])
def test_jwks_is_a_mapping_or_json(form):
    keys = KeySet.from_jwks(form({"keys": [GOOD, jwk(32, kid="b")], "other": 1}), alg="A256KW")
    assert [(key.kid, key.alg) for key in keys] == [("a", "A128KW"), ("b", "A256KW")]
    assert keys.skipped == ()


def test_members_that_can_not_be_used_are_skipped_and_listed():
    """RFC 7517 section 5."""
    members = [
        {"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA", "alg": "ECDH-ES"},
        GOOD,
        5,
        None,
        [],
        {},
        jwk(16),
        jwk(15, alg="A128KW"),
        jwk(16, alg="HS256"),
        jwk(16, alg="A128KW", use="sig"),
        jwk(16, alg=5),
        jwk(32, kid="b", alg="A256KW"),
        {"kty": "RSA", "n": "AQAB", "e": "AQAB", "alg": "RSA-OAEP"},
    ]
    keys = KeySet.from_jwks({"keys": members})
    assert [key.kid for key in keys] == ["a", "b"]
    assert [place for place, _ in keys.skipped] == [0, *range(2, 11), 12]
    assert all(isinstance(reason, str) and reason for _, reason in keys.skipped)


@each_row(
    ("jwks", "message"),
    [
        ({"keys": []}, "must not be empty"),
        (
            {"keys": [5, {"kty": "EC"}]},
            "^none of the 2 members .* can be used: 0: not a JSON object; 1: ",
        ),
        ({"keys": {}}, "no list of keys"),
        ({"keys": None}, "no list of keys"),
        ({}, "no list of keys"),
        (GOOD, "no list of keys"),
        ("[]", "not one strict JSON object"),
        (b"\xff", "not one strict JSON object"),
        ('{"keys":[],"keys":[]}', "not one strict JSON object"),
        (
            {"keys": [GOOD, jwk(16, kid="a", alg="A128KW", x=1)]},
            "^members 0 and 1 have the same kid and alg",
        ),
    ],
)
def test_jwks_that_is_none_is_refused(jwks, message):
    with pytest.raises(InvalidKeyError, match=message) as caught:
        KeySet.from_jwks(jwks)
    assert caught.value.__cause__ is caught.value.__context__ is None


@pytest.mark.parametrize("jwks", [None, 5, [GOOD]])
def test_jwks_of_another_type_is_a_type_error(jwks):
    with pytest.raises(TypeError, match="must be a mapping, str or bytes"):
        KeySet.from_jwks(jwks)


@each_row(
    ("arguments", "message"),
    [
        ({"alg": 5}, r"^alg must be str, or a mapping"),
        ({"alg": b"A128KW"}, r"^alg must be str, or a mapping"),
        ({"legacy": "no"}, r"^legacy must be bool, not "),
        ({"legacy": None}, r"^legacy must be bool, not "),
    ],
)
@each_row("jwks", [{"keys": [GOOD]}, {"keys": [jwk(16)]}, {"keys": []}, "{"])
def test_argument_of_another_type_is_a_type_error_whatever_the_set_holds(jwks, arguments, message):
    with pytest.raises(TypeError, match=message):
        KeySet.from_jwks(jwks, **arguments)


def test_alg_is_for_members_without_their_own():
    keys = KeySet.from_jwks({"keys": [GOOD, jwk(16, kid="c")]}, alg="dir")
    assert [key.alg for key in keys] == ["A128KW", "dir"]


def test_set_from_a_jwks_opens_tokens():
    keys = KeySet.from_jwks({"keys": [GOOD, jwk(32, kid="b", alg="A256KW")]})
    sealed = Encrypter(Key.from_jwk(jwk(32, kid="b", alg="A256KW")), enc="A128GCM").encrypt(b"x")
    assert Decrypter(keys, enc="A128GCM").open(sealed).key.kid == "b"


def test_keys_that_can_not_serve_do_not_count_among_the_four():
    small = [Key.generate("dir", size=16) for _ in range(4)]
    token = str(forge.token("dir", "A256GCM"))
    assert (
        Decrypter([*small, forge.key("dir", "A256GCM")], enc=["A128GCM", "A256GCM"]).decrypt(token)
        == b"forged"
    )


def test_at_most_four_keys_are_tried_though_keys_of_two_kinds_may_serve():
    bound = Key.from_jwk(forge.key("dir", "A256GCM").to_jwk(private=True) | {"alg": "A256GCM"})
    token = str(forge.token("dir", "A256GCM"))
    for count in (MOST_TRIES - 1, MOST_TRIES):
        mine = Decrypter(
            [*(Key.generate("dir", size=32) for _ in range(count)), bound], enc="A256GCM"
        )
        if count < MOST_TRIES:
            assert mine.decrypt(token) == b"forged"
        else:
            with pytest.raises(DecryptionError):
                mine.decrypt(token)


def test_public_checks_are_made_for_four_keys_of_each_kind(monkeypatch):
    """A token of 85 bytes that none of 20,000 keys passes would take 25 ms, of 1 KB in JSON 0.4 s."""
    mixed = [key for _ in range(9) for key in (Key.generate("dir", size=16), SIZED)]
    rare = forge.key("dir", "A256GCM")
    mine = Decrypter([*mixed, rare], enc=["A128GCM", "A256GCM", "A256CBC-HS512"])
    checked, serves = [], Key._serves
    monkeypatch.setattr(Key, "_serves", lambda key, enc: checked.append(key) or serves(key, enc))
    assert mine.decrypt(str(forge.token("dir", "A256GCM"))) == b"forged"
    assert checked == [*mixed[:8], rare]
    checked.clear()
    cut = str(forge.token("dir", "A256GCM")).replace("..", ".AAAA.")
    with pytest.raises(MalformedTokenError, match="empty encrypted key"):
        mine.decrypt(cut)
    assert checked == [*mixed[:8], rare]


def test_work_on_members_that_are_no_keys_is_linear():
    def seconds(count):
        jwks = json.dumps({"keys": [{"n": number} for number in range(count)]})
        start = time.thread_time()
        with pytest.raises(InvalidKeyError):
            KeySet.from_jwks(jwks)
        return time.thread_time() - start

    # The first one also imports what refuses it.
    few, many = min(seconds(2_000) for _ in range(3)), seconds(32_000)
    # Sixteen times as many: quadratic work would take 256 times as long.
    assert many < 100 * max(few, 0.001)


@pytest.mark.parametrize(
    ("tries", "wanted"),
    [
        ([], ""),
        (["", ""], ""),
        (["abcd"], "abcd"),
        (["abc", "x"], "axbc"),
        (["", "abcd", "x"], "axbc"),
        (["abcd", "efgh", "ijkl", "mnop", "qrst"], "aeimq"),
    ],
)
def test_each_recipient_has_its_turn_before_any_has_a_second(tries, wanted):
    assert "".join(keyset.in_turn(tries)) == wanted
