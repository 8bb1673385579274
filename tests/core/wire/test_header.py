"""The protected header: types of its members, `crit`, media types. RFC 7515 4, RFC 7516 4."""

import pytest
from msgspec import UNSET
from tests.helpers.rows import each_row

from joseal._core.limits import Limits
from joseal._core.wire import base64url, header
from joseal.errors import MalformedTokenError

SAMPLES = {
    **dict.fromkeys(["enc", "zip", "kid", "typ", "cty", "apu", "apv", "iv", "tag", "p2s"], "text"),
    "crit": ["exp"],
    "epk": {"kty": "OKP"},
    "p2c": 1000,
    "b64": True,
}
OTHERS = [None, "text", 7, 7.5, True, [], ["text"], [7], {}, {"a": 1}]

# The few of `OTHERS` that are of the member's own type; for all other members it is "text".
SAME = {
    "crit": [[], ["text"]],
    "epk": [{}, {"a": 1}],
    "p2c": [7],
    "b64": [True],
}


def is_same(name, value):
    samples = SAME.get(name, ["text"])
    return any(value == sample and type(value) is type(sample) for sample in samples)


@each_row("name", SAMPLES)
def test_known_member_is_read(name):
    found = header.parse_parameters({"alg": "dir", name: SAMPLES[name]})
    assert getattr(found.known, name) == SAMPLES[name]


@each_row("name", ["alg", *SAMPLES])
@each_row("value", OTHERS, ids=repr)
def test_known_member_of_another_type_is_malformed(name, value):
    members = {"alg": "dir", name: value}
    if is_same(name, value):
        assert getattr(header.parse_parameters(members).known, name) == value
    else:
        with pytest.raises(
            MalformedTokenError,
            match=rf"^the Header Parameter {name}(\[0\]|\[\.\.\.\])? has the wrong type$",
        ):
            header.parse_parameters(members)


@pytest.mark.parametrize("value", [1000.0, -0.0, "1000"])
def test_p2c_is_an_integer_and_nothing_else(value):
    with pytest.raises(MalformedTokenError):
        header.parse_parameters({"alg": "dir", "p2c": value})


def test_absent_members_are_unset_and_alg_is_needed():
    known = header.parse_parameters({"alg": "dir"}).known
    assert all(getattr(known, name) is UNSET for name in SAMPLES)
    with pytest.raises(MalformedTokenError, match="the header has no alg"):
        header.parse_parameters({"enc": "A128GCM"})


def test_names_are_case_sensitive():
    found = header.parse_parameters({"alg": "dir", "ALG": 5, "Enc": None, "KID": []})
    assert found.known.enc is UNSET
    assert found.known.kid is UNSET


def test_keys_in_the_header_are_data():
    members = {"alg": "dir", "jwk": 1, "jku": [], "x5u": None, "x5c": "x", "x5t": 2, "x5t#S256": {}}
    assert header.parse_parameters(members).all == members


def test_parse_keeps_the_order_of_the_members():
    raw = b'{"z":1,"enc":"A128GCM","a":{"y":1,"x":2},"alg":"dir"}'
    parsed = header.parse(raw)
    assert list(parsed.all) == ["z", "enc", "a", "alg"]
    assert list(parsed.all["a"]) == ["y", "x"]


@pytest.mark.parametrize(
    "raw",
    [b"", b"[]", b"x", b'{"alg":"dir","alg":"dir"}', b'{"alg":"dir"} x', b'{"alg":"\xff"}'],
)
def test_parse_refuses_what_is_not_one_strict_object(raw):
    with pytest.raises(
        MalformedTokenError, match=r"^the header is not one strict JSON object$"
    ) as caught:
        header.parse(raw)
    assert caught.value.__context__ is None


REGISTERED = [
    "alg",
    "enc",
    "zip",
    "jku",
    "jwk",
    "kid",
    "x5u",
    "x5c",
    "x5t",
    "x5t#S256",
    "typ",
    "cty",
    "crit",
    "epk",
    "apu",
    "apv",
    "iv",
    "tag",
    "p2s",
    "p2c",
]


def crit(names, understood, **members):
    header.check_crit(header.parse_parameters({"alg": "dir", **members, "crit": names}), understood)


def test_crit_that_is_understood_is_taken():
    crit(["exp"], {"exp"}, exp=1)
    crit(
        ["exp", "http://a.example/b"],
        {"exp", "http://a.example/b", "other"},
        **{"exp": 1, "http://a.example/b": None},
    )
    header.check_crit(header.parse_parameters({"alg": "dir"}), ())


@each_row(
    ("names", "message"),
    [
        ([], "empty or repeats"),
        (["exp", "exp"], "empty or repeats"),
        (["absent"], "names (a Header Parameter that is absent|.+, which it must not list)"),
        (["exp", "absent"], "names (a Header Parameter that is absent|.+, which it must not list)"),
        (["other"], "not understood"),
        (["exp", "other"], "not understood"),
        (["Exp"], "names (a Header Parameter that is absent|.+, which it must not list)"),
        (["EXP"], "not understood"),
        ([""], "not understood"),
    ],
)
def test_each_rule_of_crit_is_kept(names, message):
    """RFC 7515 section 4.1.11: non-empty, unique, present, understood."""
    with pytest.raises(MalformedTokenError, match=message):
        crit(names, {"exp", "absent"}, **{"exp": 1, "other": 1, "EXP": 1, "": 1})


@each_row("name", REGISTERED)
def test_crit_never_names_what_the_rfcs_register(name):
    value = SAMPLES.get(name, "dir")
    members = {"alg": "dir", "exp": 1, name: value, "crit": [name]}
    with pytest.raises(
        MalformedTokenError,
        match=r"names (a Header Parameter that is absent|.+, which it must not list)",
    ):
        header.check_crit(header.parse_parameters(members), {name})
    with pytest.raises(
        MalformedTokenError,
        match=r"names (a Header Parameter that is absent|.+, which it must not list)",
    ):
        header.check_crit(
            header.parse_parameters({**members, "crit": ["exp", name]}), {name, "exp"}
        )


@pytest.mark.parametrize("value", ["exp", {"exp": 1}, None, [1], [None], [["exp"]], True])
def test_crit_is_a_list_of_strings(value):
    with pytest.raises(MalformedTokenError, match="wrong type"):
        crit(value, {"exp"}, exp=1)


@each_row(
    ("found", "expected", "same"),
    [
        ("JWT", "JWT", True),
        ("jwt", "JWT", True),
        ("application/jwt", "JWT", True),
        ("JWT", "application/jwt", True),
        ("application/JWT", "APPLICATION/jwt", True),
        ("text/jwt", "jwt", False),
        ("jwt", "text/jwt", False),
        ("JWS", "JWT", False),
        ("", "JWT", False),
        ("JWT ", "JWT", False),
        (" JWT", "JWT", False),
        ("application/application/jwt", "application/jwt", False),
        ("jwt;a=b", "jwt", False),
        ("a/b", "a/b", True),
        (UNSET, "JWT", False),
        (UNSET, "", False),
    ],
)
def test_media_types_are_compared_as_rfc_7515_section_4_1_9_has_it(found, expected, same):
    assert header.has_media_type(found, expected) is same


MANAGED = ["alg", "enc", "zip", "epk", "apu", "apv", "iv", "tag", "p2s", "p2c", "b64"]


@each_row("name", MANAGED)
def test_managed_member_is_not_set_by_hand(name):
    with pytest.raises(ValueError, match="managed"):
        header.checked_parameters({"typ": "JWT", name: "x"})


@each_row(
    "members", [[("typ", "JWT")], "typ", b"typ", 5, {"typ"}, {1: "x"}, {b"typ": "x"}, {None: 1}]
)
def test_members_by_hand_are_a_mapping_with_names(members):
    with pytest.raises(TypeError, match=r"^(header|a name in header) must "):
        header.checked_parameters(members)


def test_all_other_members_can_be_set_by_hand():
    free = [name for name in REGISTERED if name not in MANAGED]
    members = dict.fromkeys([*free, "iat", "ALG", "Enc"], "x")
    assert header.checked_parameters(members) == members


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ({"typ": 5}, "wrong type"),
        ({"kid": None}, "wrong type"),
        ({"crit": []}, "empty or repeats"),
        ({"crit": ["exp"]}, "names (a Header Parameter that is absent|.+, which it must not list)"),
        (
            {"crit": ["typ"], "typ": "JWT"},
            "names (a Header Parameter that is absent|.+, which it must not list)",
        ),
    ],
)
def test_own_header_is_held_to_the_same_rules_as_a_value_error(members, message):
    good = {"alg": "dir", "crit": ["exp"], "exp": 1}
    encoded = header.encode(good, Limits())
    assert header.parse(base64url.decode(encoded)).all == good
    with pytest.raises(ValueError, match=message) as caught:
        header.encode({"alg": "dir", **members}, Limits())
    assert caught.value.__context__ is None


def test_media_types_are_compared_without_unicode_folding():
    from joseal._core.wire import header

    assert not header.has_media_type("\u212ab+jwt", "kb+jwt")


class Name(str):
    """A text that is equal to no other one, so that a mapping takes it twice."""

    __slots__ = ()
    __hash__ = object.__hash__

    def __eq__(self, other):
        return self is other


def test_name_that_a_mapping_has_twice_is_refused():
    """Each member alone can be written. RFC 7515 section 4: the names must be unique."""
    with pytest.raises(ValueError, match=r"^header: strict JSON can't carry it$"):
        header.checked_parameters({Name("x"): 1, Name("x"): 2})


def test_a_name_that_is_not_text_is_said_without_it():
    said = header.uncarried("claims", {5: "4111111111111111"})
    assert said == "claims: strict JSON can't carry a name that is not str (str)"
