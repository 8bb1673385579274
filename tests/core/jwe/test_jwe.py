"""`Encrypter` and `Decrypter`: RFC 7516 sections 5.1 and 5.2, and every refusal before the key."""

import collections
import copy
import datetime as dt
import decimal
import json
import os
import pickle
import threading
import types

import pytest
from tests.helpers import forge
from tests.helpers.rows import each_row

from joseal import (
    DecryptedToken,
    Decrypter,
    DecryptionError,
    Encrypter,
    InvalidKeyError,
    Key,
    KeySet,
    Limits,
    MalformedTokenError,
    NotAllowedError,
    TokenTooLargeError,
    UnknownKeyError,
)
from joseal._core.algorithms.registry import ALGS, ENCS

ENC = "A128GCM"
ALG = "A128KW"


def kw(**arguments):
    return forge.key(ALG, **arguments)


def encrypter(key=None, enc=ENC, **arguments):
    return Encrypter(key or kw(), enc=enc, **arguments)


def decrypter(key=None, enc=ENC, **arguments):
    return Decrypter(key or kw(), enc=enc, **arguments)


def header_of(token):
    return forge.parts(token).header.decode()


def sealed(**members):
    """Return a token whose header has these members too."""
    return str(forge.token(ALG, ENC, members=members))


def raw(header):
    """Return a token with a header of these bytes, and a good tag over it."""
    return str(forge.token(ALG, ENC, header=header.encode()))


# Making


@pytest.mark.parametrize(("alg", "enc"), forge.SUITES)
def test_token_is_made_of_what_was_drawn(alg, enc, monkeypatch):
    """RFC 7516 section 5.1, step by step with bare primitives."""
    drawn = []
    urandom = os.urandom  # noqa: TID251 - what is watched

    def recorded(size):
        drawn.append(urandom(size))
        return drawn[-1]

    key = forge.sealing(forge.key(alg, enc))
    ours = Encrypter(key, enc=enc)
    monkeypatch.setattr(os, "urandom", recorded)
    token = ours.encrypt(b"some plaintext")
    monkeypatch.undo()
    (fresh,) = drawn
    cek_bytes, iv_bytes = forge.ENCS[enc][:2]
    assert len(fresh) == iv_bytes + (0 if alg == "dir" else cek_bytes)
    cek = forge.secret(alg, enc) if alg == "dir" else fresh[:cek_bytes]
    iv = fresh[-iv_bytes:]
    header = json.dumps({"alg": alg, "enc": enc}, separators=(",", ":")).encode()
    found = forge.parts(token)
    assert token == str(found)
    expected = forge.seal(enc, cek, iv, forge.b64(header).encode(), b"some plaintext")
    assert found == (header, found.encrypted_key, iv, *expected)
    if alg in forge.RSA_ALGS:
        assert len(found.encrypted_key) == 256
    else:
        assert found.encrypted_key == forge.wrap(alg, enc, cek)


@each_row(("alg", "enc"), forge.SUITES)
def test_round_trip(alg, enc):
    key = forge.key(alg, enc)
    for plaintext in (b"", b"x", b"x" * 16, bytes(range(256)) * 70):
        token = Encrypter(forge.sealing(key), enc=enc).encrypt(plaintext)
        for form in (token, token.encode()):
            assert Decrypter(key, enc=enc).decrypt(form) == plaintext


@each_row(("alg", "enc"), forge.SUITES)
def test_token_of_bare_primitives_opens(alg, enc):
    assert Decrypter(forge.key(alg, enc), enc=enc).decrypt(str(forge.token(alg, enc))) == b"forged"


@pytest.mark.parametrize(("alg", "enc"), forge.FAMILIES)
def test_every_token_is_fresh(alg, enc):
    ours = Encrypter(forge.sealing(forge.key(alg, enc)), enc=enc)
    made = [forge.parts(ours.encrypt(b"same")) for _ in range(50)]
    assert len({token.iv for token in made}) == 50
    assert len({token.ciphertext for token in made}) == 50
    assert len({token.encrypted_key for token in made}) == (1 if alg == "dir" else 50)


def test_header_is_written_in_the_order_alg_kid_the_callers_enc():
    ours = encrypter(kw(kid="a"), header={"typ": "JWT", "b": 1, "a": [True, None]})
    assert header_of(ours.encrypt(b"")) == (
        '{"alg":"A128KW","kid":"a","typ":"JWT","b":1,"a":[true,null],"enc":"A128GCM"}'
    )
    assert header_of(ours.encrypt(b"", header={"iat": 1, "cty": "é"})) == (
        '{"alg":"A128KW","kid":"a","typ":"JWT","b":1,"a":[true,null],"iat":1,"cty":"é","enc":"A128GCM"}'
    )
    assert header_of(ours.encrypt(b"", header={})) == header_of(ours.encrypt(b""))


@pytest.mark.parametrize(
    ("kid", "arguments", "members"),
    [
        (None, {}, '"alg":"A128KW"'),
        ("a", {}, '"alg":"A128KW","kid":"a"'),
        ("", {}, '"alg":"A128KW","kid":""'),
        ("a", {"write_kid": False}, '"alg":"A128KW"'),
        ("a", {"header": {"kid": "b"}}, '"alg":"A128KW","kid":"b"'),
        (
            "a",
            {"header": {"x": 1, "kid": "b"}, "write_kid": False},
            '"alg":"A128KW","x":1,"kid":"b"',
        ),
        (None, {"header": {"kid": "b"}}, '"alg":"A128KW","kid":"b"'),
    ],
)
def test_kid_is_written_unless_the_caller_says_otherwise(kid, arguments, members):
    token = encrypter(kw(kid=kid), **arguments).encrypt(b"")
    assert header_of(token) == f'{{{members},"enc":"A128GCM"}}'


def test_kid_can_be_given_for_one_token_where_none_is_written():
    for ours in (encrypter(), encrypter(kw(kid="a"), write_kid=False)):
        assert '"kid":"b"' in header_of(ours.encrypt(b"", header={"kid": "b"}))


@pytest.mark.parametrize(
    "header", [{"kid": "b"}, {"kid": "a"}, {"typ": "JWT"}, {"x": 2, "typ": "x"}]
)
def test_member_that_every_token_has_is_not_set_again(header):
    ours = encrypter(kw(kid="a"), header={"typ": "JWT"})
    with pytest.raises(ValueError, match="for every token already"):
        ours.encrypt(b"", header=header)


MANAGED = ["alg", "enc", "zip", "epk", "apu", "apv", "iv", "tag", "p2s", "p2c", "b64"]


@each_row("name", MANAGED)
def test_managed_member_is_refused(name):
    for value in ("x", ALG, ENC, None):
        with pytest.raises(ValueError, match="managed"):
            encrypter(header={"typ": "JWT", name: value})
        with pytest.raises(ValueError, match="managed"):
            encrypter().encrypt(b"", header={name: value})


UNCARRIED = [
    *(
        float("nan"),
        float("inf"),
        -float("inf"),
        b"x",
        bytearray(b"x"),
        (1, 2),
        {1},
        frozenset("a"),
    ),
    *("\ud800", "x\udfff", decimal.Decimal(1), dt.datetime(2024, 1, 1, tzinfo=dt.UTC)),
    *(
        dt.date(2024, 1, 1),
        object(),
        1j,
        10**40,
        {1: "x"},
        {None: 1},
        {"a": (1,)},
        [b"x"],
        range(3),
    ),
    *({"\ud800": 1}, types.MappingProxyType({"a": 1}), collections.UserDict(a=1)),
]
DEEP = json.loads("[" * 16 + "]" * 16)


@each_row("value", [*UNCARRIED, DEEP], ids=lambda value: type(value).__name__)
def test_header_value_that_strict_json_can_not_carry_is_refused(value):
    for name in ("x", "typ"):
        with pytest.raises(ValueError, match=r"^header: strict JSON can't carry "):
            encrypter(header={name: value})
        with pytest.raises(ValueError, match=r"^header: strict JSON can't carry "):
            encrypter().encrypt(b"", header={name: value})


def test_header_name_that_strict_json_can_not_carry_is_refused():
    with pytest.raises(ValueError, match="can't carry"):
        encrypter(header={"\ud800": 1})


CARRIED = [
    *(None, True, False, 0, -1, 10**31, 1.5, -0.0, 1e300, "", "é\U0001f600\0", [], {}),
    *([1, [2, {"a": None}]], {"a": {"b": [""]}}, json.loads("[" * 15 + "]" * 15)),
]


@each_row("value", CARRIED, ids=repr)
def test_header_value_comes_back_equal(value):
    token = encrypter(header={"x": value}).encrypt(
        b"", header={"y": [value]} if value != CARRIED[-1] else None
    )
    header = decrypter().open(token).header
    assert header["x"] == value
    assert list(header)[:2] == ["alg", "x"]


@pytest.mark.parametrize(
    "header",
    [
        {"typ": 5},
        {"kid": None},
        {"cty": []},
        {"crit": []},
        {"crit": ["absent"]},
        {"crit": ["typ"], "typ": "x"},
        {"crit": "exp", "exp": 1},
    ],
)
def test_header_that_every_recipient_refuses_is_not_made(header):
    with pytest.raises(ValueError, match=r"wrong type|crit"):
        encrypter(header=header)
    with pytest.raises(ValueError, match=r"wrong type|crit"):
        encrypter().encrypt(b"", header=header)


@each_row("header", ["typ", b"typ", 5, [("typ", "JWT")], {"typ"}, {5: 1}, {b"typ": "x"}, True])
def test_header_of_another_type_is_a_type_error(header):
    with pytest.raises(TypeError, match=r"^(header|a name in header) must "):
        encrypter(header=header)
    with pytest.raises(TypeError, match=r"^(header|a name in header) must "):
        encrypter().encrypt(b"", header=header)


@pytest.mark.parametrize(
    "mapping", [types.MappingProxyType, collections.UserDict, collections.OrderedDict]
)
def test_header_is_any_mapping(mapping):
    token = encrypter(header=mapping({"typ": "JWT"})).encrypt(b"", header=mapping({"iat": 1}))
    assert header_of(token) == '{"alg":"A128KW","typ":"JWT","iat":1,"enc":"A128GCM"}'


def test_header_of_one_token_is_not_that_of_the_next():
    ours = encrypter(header={"typ": "JWT"})
    ours.encrypt(b"", header={"iat": 1})
    assert header_of(ours.encrypt(b"")) == '{"alg":"A128KW","typ":"JWT","enc":"A128GCM"}'


@pytest.mark.parametrize("plaintext", ["text", None, 5, bytearray(b"x"), memoryview(b"x"), [1], {}])
@pytest.mark.parametrize(("alg", "enc"), forge.FAMILIES)
def test_plaintext_of_another_type_is_a_type_error_before_any_work(
    alg, enc, plaintext, monkeypatch
):
    ours = Encrypter(forge.sealing(forge.key(alg, enc)), enc=enc)
    monkeypatch.setattr(os, "urandom", lambda size: pytest.fail("work was done"))
    with pytest.raises(TypeError, match=r"^plaintext must be bytes, not "):
        ours.encrypt(plaintext)


@each_row(
    ("arguments", "message"),
    [
        ({"key": None}, "key must be a Key"),
        ({"key": "secret"}, "key must be a Key"),
        ({"key": b"secret"}, "key must be a Key"),
        ({"key": {"kty": "oct"}}, "key must be a Key"),
        ({"key": [kw()]}, "key must be a Key"),
        ({"key": KeySet([kw()])}, "key must be a Key"),
        ({"enc": 5}, "enc must be str"),
        ({"enc": [ENC]}, "enc must be str"),
        ({"enc": ENC.encode()}, "enc must be str"),
        ({"limits": None}, "limits must be Limits"),
        ({"limits": {"token_bytes": 1}}, "limits must be Limits"),
    ],
)
def test_encrypter_with_another_type_is_a_type_error(arguments, message):
    with pytest.raises(TypeError, match=f"^{message}, not "):
        Encrypter(**{"key": kw(), "enc": ENC, **arguments})


def test_enc_is_demanded_for_a_key_that_has_no_content_encryption_of_its_own():
    for make in (Encrypter, Decrypter):
        with pytest.raises(TypeError, match=r"^enc is missing: a key for A128KW needs one"):
            make(kw())


@each_row("enc", ["", "a128gcm", "A128GCM ", "A128CBC", "none", "A128KW", "X20P", "dir"])
def test_enc_that_is_not_known_is_a_value_error(enc):
    for make in (encrypter, decrypter):
        with pytest.raises(ValueError, match=r"(is not known|not a known name|is the name of)"):
            make(enc=enc)


@pytest.mark.parametrize("alg", forge.RSA_ALGS)
def test_private_key_seals_nothing(alg):
    with pytest.raises(InvalidKeyError, match=r"use key\.public\(\)"):
        encrypter(forge.key(alg))


# Limits


@pytest.mark.parametrize(("alg", "enc"), forge.FAMILIES)
def test_plaintext_bytes_are_the_same_for_making_and_opening(alg, enc):
    key = forge.key(alg, enc)
    limits = Limits(plaintext_bytes=100)
    ours = Encrypter(forge.sealing(key), enc=enc, limits=limits)
    opener = Decrypter(key, enc=enc, limits=limits)
    assert opener.decrypt(ours.encrypt(b"x" * 100)) == b"x" * 100
    for act in (
        lambda: ours.encrypt(b"x" * 101),
        lambda: opener.decrypt(str(forge.token(alg, enc, b"x" * 101))),
        lambda: opener.open(str(forge.token(alg, enc, b"x" * 101))),
    ):
        with pytest.raises(TokenTooLargeError) as caught:
            act()
        assert (caught.value.limit, caught.value.maximum) == ("plaintext_bytes", 100)


@pytest.mark.parametrize(("alg", "enc"), forge.FAMILIES)
def test_token_bytes_are_the_same_for_making_and_opening(alg, enc):
    key = forge.key(alg, enc)
    token = Encrypter(forge.sealing(key), enc=enc).encrypt(b"x" * 100)
    for size, fits in ((len(token) - 1, False), (len(token), True), (len(token) + 1, True)):
        limits = Limits(token_bytes=size)
        ours = Encrypter(forge.sealing(key), enc=enc, limits=limits)
        opener = Decrypter(key, enc=enc, limits=limits)
        if fits:
            assert opener.decrypt(ours.encrypt(b"x" * 100)) == b"x" * 100
            continue
        for act in (lambda: ours.encrypt(b"x" * 100), lambda: opener.decrypt(token)):  # noqa: B023
            with pytest.raises(TokenTooLargeError) as caught:
                act()
            assert (caught.value.limit, caught.value.maximum) == ("token_bytes", size)


@pytest.mark.parametrize("length", range(6))
def test_header_bytes_are_the_same_for_making_and_opening(length):
    members = {"x": "x" * length}
    token = encrypter(header=members).encrypt(b"")
    size = len(header_of(token))
    for limit, fits in ((size - 1, False), (size, True)):
        limits = Limits(header_bytes=limit)
        acts = [
            lambda: encrypter(header=members, limits=limits),  # noqa: B023
            lambda: encrypter(limits=limits).encrypt(b"", header=members),  # noqa: B023
            lambda: decrypter(limits=limits).decrypt(token),  # noqa: B023
        ]
        for act in acts:
            if fits:
                act()
                continue
            with pytest.raises(TokenTooLargeError) as caught:
                act()
            assert (caught.value.limit, caught.value.maximum) == ("header_bytes", limit)


def test_default_limits_are_mutual_at_the_edge():
    """The largest header that a default Encrypter makes opens, and one byte more is not made."""
    room = 16 * 1024 - len(header_of(encrypter(header={"x": ""}).encrypt(b"")))
    token = encrypter(header={"x": "x" * room}).encrypt(b"")
    assert decrypter().decrypt(token) == b""
    with pytest.raises(TokenTooLargeError):
        encrypter(header={"x": "x" * (room + 1)})


# Opening: the constructor


@each_row(
    ("keys", "arguments", "message"),
    [
        (None, {}, "keys must be a Key, a KeySet or several keys"),
        (5, {}, "keys must be a Key, a KeySet or several keys"),
        ("secret", {}, "keys(\\[\\d\\])? must be a Key"),
        (b"secret", {}, "keys(\\[\\d\\])? must be a Key"),
        ({"kty": "oct"}, {}, "keys(\\[\\d\\])? must be a Key"),
        ([kw(), "a"], {}, "keys(\\[\\d\\])? must be a Key"),
        (kw(), {"enc": None}, "enc is missing: a key for A128KW needs one"),
        (kw(), {"enc": 5}, "enc must be str or a collection of str"),
        (kw(), {"enc": iter([ENC])}, "enc must be str or a collection of str"),
        (kw(), {"enc": ENC.encode()}, "enc must be str"),
        (kw(), {"enc": [ENC, 5]}, "enc must be str"),
        (kw(), {"typ": 5}, "(typ|cty) must be str"),
        (kw(), {"typ": b"JWT"}, "(typ|cty) must be str"),
        (kw(), {"cty": ["JWT"]}, "(typ|cty) must be str"),
        (kw(), {"crit": "exp"}, "crit must be a collection of str"),
        (kw(), {"crit": [5]}, "crit must be a collection of str"),
        (kw(), {"crit": None}, "crit must be a collection of str"),
        (kw(), {"crit": iter(["exp"])}, "crit must be a collection of str"),
        (kw(), {"crit": b"exp"}, "crit must be a collection of str"),
        (kw(), {"limits": None}, "limits must be Limits"),
        (kw(), {"limits": 5}, "limits must be Limits"),
    ],
)
def test_decrypter_with_another_type_is_a_type_error(keys, arguments, message):
    with pytest.raises(TypeError, match=message):
        Decrypter(keys, **{"enc": ENC, **arguments})


@pytest.mark.parametrize("enc", [[], (), set(), {}])
def test_no_enc_is_a_value_error_and_not_all_of_them(enc):
    with pytest.raises(ValueError, match="at least one"):
        decrypter(enc=enc)


@pytest.mark.parametrize("keys", [[], (), iter(())])
def test_no_key_is_refused(keys):
    with pytest.raises(InvalidKeyError, match="must not be empty"):
        Decrypter(keys, enc=ENC)


@pytest.mark.parametrize("alg", forge.RSA_ALGS)
def test_public_key_opens_nothing(alg):
    public = forge.key(alg).public()
    for keys in (public, [public], KeySet([public]), [forge.key(alg, kid="a"), public]):
        with pytest.raises(InvalidKeyError, match="public: decrypting needs the private key"):
            Decrypter(keys, enc=ENC)


def test_decrypter_takes_a_key_a_set_or_several():
    token = str(forge.token(ALG, ENC))
    for keys in (kw(), KeySet([kw()]), [kw()], (kw(),), iter([kw()])):
        assert Decrypter(keys, enc=ENC).decrypt(token) == b"forged"


def test_decrypter_takes_one_enc_or_several():
    for enc in (ENC, [ENC], {ENC, "A256GCM"}, ("A128CBC-HS256", ENC), frozenset({ENC})):
        assert decrypter(enc=enc).decrypt(str(forge.token(ALG, ENC))) == b"forged"


# Opening: what is refused before a key is used


@pytest.fixture
def untouchable(monkeypatch):
    """Fail when a private step is taken, content is opened, or anything is drawn."""

    def fail(*args):
        pytest.fail("a private step was taken")

    monkeypatch.setattr("joseal._core.algorithms.aes.aes_key_unwrap", fail)
    monkeypatch.setattr("joseal._core.algorithms.rsa.RsaEncryption._unwrap", fail)
    monkeypatch.setattr("joseal._core.algorithms.aes.Direct._reveal", fail)
    monkeypatch.setattr("joseal._core.algorithms.content_encryption.AESGCM", fail)
    monkeypatch.setattr("joseal._core.algorithms.content_encryption.Cipher", fail)
    monkeypatch.setattr("joseal._core.algorithms.content_encryption.HMAC", fail)
    monkeypatch.setattr(os, "urandom", fail)


def with_part(alg, enc, **replaced):
    return str(forge.token(alg, enc)._replace(**replaced))


def grow(raw, size):
    return raw[:size] if size <= len(raw) else raw + bytes(size - len(raw))


@pytest.mark.parametrize("part", ["iv", "tag"])
@pytest.mark.parametrize("enc", forge.ENCS)
@pytest.mark.parametrize("alg", ["RSA-OAEP", "A128KW", "dir"])
def test_length_of_iv_and_tag_is_exact(alg, enc, part, untouchable):
    good = forge.token(alg, enc)
    right = forge.ENCS[enc].iv_bytes if part == "iv" else forge.ENCS[enc].tag_bytes
    opener = Decrypter(forge.key(alg, enc), enc=enc)
    for size in range(40):
        if size != right:
            bad = good._replace(**{part: grow(getattr(good, part), size)})
            with pytest.raises(MalformedTokenError, match="a length that enc does not make"):
                opener.decrypt(str(bad))


@pytest.mark.parametrize("enc", forge.CBC_ENCS)
@pytest.mark.parametrize("alg", ["RSA-OAEP", "A128KW", "dir"])
def test_length_of_cbc_ciphertext_is_a_positive_multiple_of_the_block(alg, enc, untouchable):
    opener = Decrypter(forge.key(alg, enc), enc=enc)
    for size in (0, 1, 15, 17, 31, 33, 391):
        bad = with_part(alg, enc, ciphertext=bytes(size))
        with pytest.raises(MalformedTokenError, match="a length that enc does not make"):
            opener.decrypt(bad)


@pytest.mark.parametrize("enc", forge.ENCS)
@pytest.mark.parametrize("alg", forge.ALGS)
def test_length_of_encrypted_key_is_exact(alg, enc, untouchable):
    opener = Decrypter(forge.key(alg, enc), enc=enc)
    right = 256 if alg in forge.RSA_ALGS else 0 if alg == "dir" else forge.ENCS[enc].cek_bytes + 8
    for size in {0, 1, 8, 16, 24, 32, 40, 48, 56, 64, 72, 80, 128, 255, 256, 257, 512} - {right}:
        bad = with_part(alg, enc, encrypted_key=bytes(size))
        with pytest.raises(MalformedTokenError, match="encrypted key"):
            opener.decrypt(bad)


GOOD_HEADER = '{"alg":"A128KW","enc":"A128GCM"}'
MALFORMED = {
    "empty": "",
    "one segment": "a",
    "two dots": "a.b.c",
    "four segments": "a.b.c.d",
    "six segments": "a.b.c.d.e.f",
    "only dots": "....",
    "blank before": " " + sealed(),
    "blank after": sealed() + " ",
    "line end after": sealed() + "\n",
    "NUL after": sealed() + "\0",
    "dot after": sealed() + ".",
    "not ASCII": "é" + sealed(),
    "full-width": sealed().replace("e", "\uff45", 1),
    "lone surrogate": "\ud800" + sealed(),
    "padding in the header": sealed().replace(".", "=.", 1),
    "JSON": json.dumps({"protected": "e30", "ciphertext": "AA", "iv": "AA", "tag": "AA"}),
    "header not JSON": raw("hello"),
    "header a list": raw("[]"),
    "header empty": raw(""),
    "header null": raw("null"),
    "header with a BOM": raw("\ufeff" + GOOD_HEADER),
    "header with a tail": raw(GOOD_HEADER + "x"),
    "duplicate alg": raw('{"alg":"A128KW","alg":"A128KW","enc":"A128GCM"}'),
    "duplicate enc by escape": raw('{"alg":"A128KW","enc":"A128GCM","\\u0065nc":"A128GCM"}'),
    "duplicate in depth": raw('{"alg":"A128KW","x":[{"a":1,"a":1}],"enc":"A128GCM"}'),
    "NaN": raw('{"alg":"A128KW","x":NaN,"enc":"A128GCM"}'),
    "overflow": raw('{"alg":"A128KW","x":1e999,"enc":"A128GCM"}'),
    "surrogate": raw('{"alg":"A128KW","x":"\\ud800","enc":"A128GCM"}'),
    "deep": raw('{"alg":"A128KW","x":' + "[" * 16 + "]" * 16 + ',"enc":"A128GCM"}'),
    "very deep": raw("[" * 12_000),
    "long number": raw('{"alg":"A128KW","x":' + "1" * 33 + ',"enc":"A128GCM"}'),
    "no alg": raw('{"enc":"A128GCM"}'),
    "no enc": raw('{"alg":"A128KW"}'),
    "alg null": raw('{"alg":null,"enc":"A128GCM"}'),
    "alg a list": raw('{"alg":["A128KW"],"enc":"A128GCM"}'),
    "enc a number": raw('{"alg":"A128KW","enc":5}'),
    "kid a number": sealed(kid=5),
    "kid null": sealed(kid=None),
    "typ a list": sealed(typ=["JWT"]),
    "zip null": sealed(zip=None),
    "zip false": sealed(zip=False),
    "crit empty": sealed(crit=[]),
    "crit no list": sealed(crit="exp", exp=1),
    "crit null": sealed(crit=None),
    "crit of a number": sealed(crit=[5]),
    "crit twice": sealed(crit=["exp", "exp"], exp=1),
    "crit absent": sealed(crit=["exp"]),
    "crit registered": sealed(crit=["alg"]),
    "crit names itself": sealed(crit=["crit"]),
    "crit not understood": sealed(crit=["exp"], exp=1),
    "crit b64": sealed(crit=["b64"], b64=True),
    "b64 no bool": sealed(b64="true"),
    "epk no object": sealed(epk="x"),
    "p2c no integer": sealed(p2c=1.5),
}


@pytest.mark.parametrize("name", MALFORMED)
def test_malformed_token_is_refused_before_any_work(name, untouchable):
    token = MALFORMED[name]
    with pytest.raises(MalformedTokenError) as caught:
        decrypter().decrypt(token)
    assert caught.value.__cause__ is caught.value.__context__ is None
    if token.isascii():
        with pytest.raises(MalformedTokenError) as of_bytes:
            decrypter().open(token.encode())
        assert of_bytes.value == caught.value


@pytest.mark.parametrize("place", range(5))
@pytest.mark.parametrize("change", ["=", "==", "+", "/", " ", "\n", "*", "A"])
def test_segment_that_is_not_canonical_is_refused(place, change, untouchable):
    """A good character too many is refused too: by the length, or as JSON."""
    segments = str(forge.token(ALG, "A128CBC-HS256", b"x" * 20, members={"x": ""})).split(".")
    opener = decrypter(enc="A128CBC-HS256")
    for changed in (segments[place] + change, change + segments[place]):
        bad = [*segments[:place], changed, *segments[place + 1 :]]
        with pytest.raises(MalformedTokenError):
            opener.decrypt(".".join(bad))


def test_trailing_bits_are_zero_in_every_segment(untouchable):
    segments = str(forge.token(ALG, "A128CBC-HS256", members={"x": "xx"})).split(".")
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    changed = 0
    for place, segment in enumerate(segments):
        for step in range(1, {0: 1, 2: 16, 3: 4}[len(segment) % 4]):
            last = alphabet[alphabet.index(segment[-1]) + step]
            bad = [*segments[:place], segment[:-1] + last, *segments[place + 1 :]]
            with pytest.raises(MalformedTokenError, match="not canonical"):
                decrypter(enc="A128CBC-HS256").decrypt(".".join(bad))
            changed += 1
    assert changed > 40


@pytest.mark.parametrize(
    "token", [None, 5, [], bytearray(b"x"), memoryview(b"x"), ["a"] * 5, object()]
)
def test_token_of_another_type_is_a_type_error(token, untouchable):
    for act in (decrypter().decrypt, decrypter().open):
        with pytest.raises(TypeError, match=r"^token must be str or bytes, not "):
            act(token)


NOT_ALLOWED = [
    ("alg", {"alg": "A256KW"}, {}),
    ("alg", {"alg": "dir"}, {}),
    ("alg", {"alg": "RSA-OAEP"}, {}),
    ("alg", {"alg": "RSA1_5"}, {}),
    ("alg", {"alg": "none"}, {}),
    ("alg", {"alg": "a128kw"}, {}),
    ("alg", {"alg": "A128KW "}, {}),
    ("alg", {"alg": ""}, {}),
    ("enc", {"enc": "A256GCM"}, {}),
    ("enc", {"enc": "A128CBC-HS256"}, {}),
    ("enc", {"enc": "a128gcm"}, {}),
    ("enc", {"enc": "none"}, {}),
    ("enc", {"enc": ""}, {}),
    ("zip", {"zip": "DEF"}, {}),
    ("zip", {"zip": ""}, {}),
    ("typ", {}, {"typ": "JWT"}),
    ("typ", {"typ": "JOSE"}, {"typ": "JWT"}),
    ("typ", {"typ": ""}, {"typ": "JWT"}),
    ("cty", {}, {"cty": "JWT"}),
    ("cty", {"cty": "json", "typ": "JWT"}, {"cty": "JWT", "typ": "JWT"}),
]


@pytest.mark.parametrize(("member", "members", "settings"), NOT_ALLOWED)
def test_what_the_caller_does_not_accept_is_not_allowed(member, members, settings, untouchable):
    header = json.dumps({"alg": ALG, "enc": ENC, **members})
    with pytest.raises(NotAllowedError) as caught:
        decrypter(**settings).decrypt(raw(header))
    assert caught.value.parameter == member
    assert str(caught.value).startswith(f"{member}: ")
    # An algorithm that is registered is named; no other value of a token ever is.
    said = {*ALGS, *ENCS, "none"}
    given = members.get(member)
    assert not given or (given in str(caught.value)) == (given in said and member != "zip")


@each_row(
    ("members", "settings"),
    [
        ({"typ": "JWT", "cty": "x"}, {}),
        ({"typ": "jwt"}, {"typ": "JWT"}),
        ({"typ": "application/jwt"}, {"typ": "JWT"}),
        ({"cty": "JWT"}, {"cty": "application/JWT"}),
        ({"crit": ["exp"], "exp": 1}, {"crit": ["exp"]}),
        ({"crit": ["exp"], "exp": 1}, {"crit": {"exp", "nbf"}}),
        ({"exp": 1}, {"crit": ["exp"]}),
        ({"epk": {}, "apu": "x", "p2c": 1, "p2s": "", "iv": "", "tag": ""}, {}),
        ({"unknown": {"alg": "none"}, "ALG": "none"}, {}),
    ],
)
def test_what_the_caller_accepts_opens(members, settings):
    opened = decrypter(**settings).open(sealed(**members))
    assert opened.plaintext == b"forged"
    assert opened.header == {"alg": ALG, **members, "enc": ENC}


@each_row(
    ("kid", "named", "any_kid", "opens"),
    [
        (None, None, False, True),
        (None, "a", False, True),
        ("a", None, False, True),
        ("a", "a", False, True),
        ("a", "b", False, False),
        ("a", "", False, False),
        ("a", "A", False, False),
        ("", "", False, True),
        ("", "a", False, False),
        ("a", "b", True, True),
    ],
)
def test_single_key_with_a_kid_refuses_another_one(kid, named, any_kid, opens):
    opener = decrypter(kw(kid=kid), any_kid=any_kid)
    token = sealed() if named is None else sealed(kid=named)
    if opens:
        assert opener.decrypt(token) == b"forged"
    else:
        with pytest.raises(UnknownKeyError):
            opener.decrypt(token)


@pytest.mark.parametrize("enc", ["A128GCM", "A128CBC-HS256"])
def test_direct_key_for_one_enc_opens_no_other_of_its_size(enc):
    """256 bits are a key of A256GCM and of A128CBC-HS256 alike."""
    jwk = {"kty": "oct", "k": forge.b64(forge.secret("dir", "A256GCM")), "alg": "A256GCM"}
    opener = Decrypter(Key.from_jwk(jwk), enc=["A256GCM", "A128CBC-HS256"])
    assert opener.decrypt(str(forge.token("dir", "A256GCM"))) == b"forged"
    with pytest.raises(NotAllowedError) as caught:
        opener.decrypt(str(forge.token("dir", "A128CBC-HS256")))
    assert caught.value.parameter == "enc"


@pytest.mark.parametrize("member", ["jwk", "jku", "x5u", "x5c", "x5t", "kid"])
def test_key_in_the_header_is_data(member):
    """The token is good under the key that it brings, and that key is never used."""
    theirs = forge.rsa_private("theirs")
    brought = {
        "jwk": Key.from_pem(forge.pem_of(theirs), alg="RSA-OAEP").to_jwk(private=True),
        "jku": "https://a.example/keys",
        "x5u": "file:///dev/null",
        "x5c": ["AAAA"],
        "x5t": "AAAA",
        "kid": "../../etc/passwd",
    }[member]
    opener = decrypter(forge.key("RSA-OAEP"))
    members = {member: brought}
    with pytest.raises(DecryptionError):
        opener.decrypt(str(forge.token("RSA-OAEP", ENC, members=members, name="theirs")))
    opened = opener.open(str(forge.token("RSA-OAEP", ENC, members=members)))
    assert opened.header[member] == brought


# One fault for each check, in the order of the checks: as each is mended, the next is found.
LADDER = [
    ("token_bytes", TokenTooLargeError),
    ("ASCII", MalformedTokenError),
    ("segments", MalformedTokenError),
    ("header_bytes", TokenTooLargeError),
    ("the header is padded", MalformedTokenError),
    ("strict JSON", MalformedTokenError),
    ("wrong type", MalformedTokenError),
    ("enc: ", NotAllowedError),
    ("zip: ", NotAllowedError),
    ("crit", MalformedTokenError),
    ("typ: ", NotAllowedError),
    ("cty: ", NotAllowedError),
    ("kid", UnknownKeyError),
    ("alg: ", NotAllowedError),
    ("the encrypted key is padded", MalformedTokenError),
    ("the iv is padded", MalformedTokenError),
    ("the ciphertext is padded", MalformedTokenError),
    ("the tag is padded", MalformedTokenError),
    ("a length that enc does not make", MalformedTokenError),
    ("the encrypted key does not have the size", MalformedTokenError),
    ("can't be opened", DecryptionError),
]


def faulty(mended):
    """Return a token with all faults of the ladder but the first `mended`, and the limits."""
    bad = {name: place >= mended for place, (name, _) in enumerate(LADDER)}
    members = {
        "alg": 5 if bad["wrong type"] else "A256KW" if bad["alg: "] else ALG,
        "enc": "A256GCM" if bad["enc: "] else ENC,
        **({"zip": "DEF"} if bad["zip: "] else {}),
        **({"crit": []} if bad["crit"] else {}),
        "typ": "x" if bad["typ: "] else "JWT",
        "cty": "x" if bad["cty: "] else "JWT",
        "kid": "b" if bad["kid"] else "a",
    }
    header = forge.b64(json.dumps(members).encode() + (b"x" if bad["strict JSON"] else b""))
    size = 15 if bad["a length that enc does not make"] else 16
    key_size = 16 if bad["the encrypted key does not have the size"] else 24
    segments = [
        header + ("=" if bad["the header is padded"] else ""),
        forge.b64(bytes(key_size)) + ("=" if bad["the encrypted key is padded"] else ""),
        forge.b64(bytes(12)) + ("=" if bad["the iv is padded"] else ""),
        forge.b64(bytes(12)) + ("=" if bad["the ciphertext is padded"] else ""),
        forge.b64(bytes(size)) + ("=" if bad["the tag is padded"] else ""),
    ]
    token = ".".join(segments) + ("." if bad["segments"] else "") + ("é" if bad["ASCII"] else "")
    limits = Limits(
        token_bytes=10 if bad["token_bytes"] else 1000,
        header_bytes=10 if bad["header_bytes"] else 1000,
    )
    return token, limits


@each_row("mended", range(len(LADDER)))
def test_checks_are_made_in_this_order(mended):
    token, limits = faulty(mended)
    text, kind = LADDER[mended]
    opener = decrypter(kw(kid="a"), typ="JWT", cty="JWT", limits=limits)
    with pytest.raises(kind, match=text):
        opener.decrypt(token)


# What was protected


SPACED = '  {"enc" :\t"A128GCM",\r\n "x": [1 ,2], "alg"\n:"A128KW"}\n'


def test_received_header_itself_is_what_was_protected():
    opened = decrypter().open(raw(SPACED))
    assert opened.plaintext == b"forged"
    assert list(opened.header.items()) == [("enc", ENC), ("x", [1, 2]), ("alg", ALG)]


@pytest.mark.parametrize(
    "header",
    [
        '{"enc":"A128GCM","x":[1,2],"alg":"A128KW"}',
        '{"alg":"A128KW","enc":"A128GCM","x":[1,2]}',
        SPACED.strip(),
        SPACED.replace("[1", "[1.0"),
        SPACED.replace("x", "\\u0078"),
    ],
)
def test_same_header_written_otherwise_does_not_open(header):
    good = forge.token(ALG, ENC, header=SPACED.encode())
    assert json.loads(header) == json.loads(SPACED)
    with pytest.raises(DecryptionError):
        decrypter().decrypt(str(good._replace(header=header.encode())))


@pytest.mark.parametrize(("alg", "enc"), forge.FAMILIES)
def test_parts_of_two_tokens_do_not_mix(alg, enc):
    key = forge.key(alg, enc)
    ours = Encrypter(forge.sealing(key), enc=enc)
    first, second = (
        forge.parts(ours.encrypt(text, header={"n": n})) for n, text in enumerate((b"one", b"two"))
    )
    for part in forge.Token._fields:
        mixed = first._replace(**{part: getattr(second, part)})
        if mixed == first:
            assert (alg, part) == ("dir", "encrypted_key")
            continue
        with pytest.raises(DecryptionError):
            Decrypter(key, enc=enc).decrypt(str(mixed))


# The objects


def everything():
    token = encrypter().encrypt(b"4111")
    return [encrypter(), decrypter(), decrypter().open(token)]


@pytest.mark.parametrize("place", range(3))
def test_objects_are_immutable_and_never_pickled(place):
    thing = everything()[place]
    assert copy.copy(thing) is copy.deepcopy(thing) is thing
    with pytest.raises(TypeError, match="can't be pickled"):
        pickle.dumps(thing)
    for name in ("_key", "_keys", "_limits", "_encs", "plaintext", "header", "key", "other"):
        with pytest.raises(AttributeError, match="immutable"):
            setattr(thing, name, None)
    with pytest.raises(TypeError):
        vars(thing)


def test_repr_shows_no_plaintext_and_no_key():
    assert [repr(thing) for thing in everything()] == [
        "Encrypter(Key(alg='A128KW', kid=None, 16 bytes), enc='A128GCM')",
        "Decrypter(KeySet([Key(alg='A128KW', kid=None, 16 bytes)], skipped=0), enc=['A128GCM'])",
        "DecryptedToken(plaintext=<4 bytes>, key=Key(alg='A128KW', kid=None, 16 bytes))",
    ]


def test_opened_tells_plaintext_header_and_key():
    key = kw(kid="a")
    opened = decrypter(key).open(encrypter(key, header={"z": 1, "y": 2}).encrypt(b"x"))
    assert isinstance(opened, DecryptedToken)
    assert (opened.plaintext, opened.key) == (b"x", key)
    assert list(opened.header) == ["alg", "kid", "z", "y", "enc"]


@pytest.mark.parametrize(("alg", "enc"), forge.FAMILIES)
def test_two_threads_share_the_same_objects(alg, enc):
    key = forge.key(alg, enc)
    ours, theirs = Encrypter(forge.sealing(key), enc=enc), Decrypter(key, enc=enc)
    results = {}

    def work(name):
        texts = [f"{name} {number}".encode() * 50 for number in range(60)]
        tokens = [ours.encrypt(text, header={"of": name}) for text in texts]
        opened = [theirs.open(token) for token in tokens]
        results[name] = all(
            found.plaintext == text and found.header["of"] == name
            for found, text in zip(opened, texts, strict=True)
        )

    threads = [threading.Thread(target=work, args=(name,)) for name in "ab"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == {"a": True, "b": True}


@pytest.mark.parametrize("header", [5, {"alg": "x"}, {"x": b"y"}, {"crit": []}])
def test_header_is_checked_before_any_work(header, monkeypatch):
    ours = Encrypter(forge.key("A128KW"), enc="A128GCM")
    monkeypatch.setattr(os, "urandom", lambda size: pytest.fail("work was done"))
    with pytest.raises((TypeError, ValueError)):
        ours.encrypt(b"", header=header)


@pytest.mark.parametrize("value", ["no", 1, None])
def test_switches_are_bool(value):
    with pytest.raises(TypeError):
        Decrypter(forge.key("A128KW"), enc="A128GCM", any_kid=value)
    with pytest.raises(TypeError):
        Encrypter(forge.key("A128KW"), enc="A128GCM", write_kid=value)


def test_crit_is_read_once():
    token = str(forge.token("A128KW", "A128GCM", members={"crit": ["exp"], "exp": 1}))
    try:
        opener = Decrypter(forge.key("A128KW"), enc="A128GCM", crit=iter(["exp"]))
    except TypeError:
        return
    assert opener.decrypt(token) == b"forged"


def test_encrypter_does_not_follow_later_changes_of_its_header():
    value = [1]
    ours = Encrypter(forge.key("A128KW"), enc="A128GCM", header={"x": value})
    value.append(2)
    opener = Decrypter(forge.key("A128KW"), enc="A128GCM")
    seen = [
        opener.open(ours.encrypt(b"", header=header)).header["x"] for header in (None, {"y": 1})
    ]
    assert seen == [[1], [1]]


@pytest.mark.parametrize(("one", "other"), [(True, 1), (1, 1.0), (0, False), ([True], [1])])
def test_encrypters_that_write_different_headers_are_not_equal(one, other):
    key = forge.key("RSA-OAEP").public()
    made = [Encrypter(key, enc="A128GCM", header={"x": value}) for value in (one, one, other)]
    assert made[0] == made[1]
    assert made[0] != made[2]


def test_encrypters_of_a_shared_key_are_equal_by_identity():
    one, other = encrypter(), encrypter()
    assert one == one  # noqa: PLR0124 - what is tested
    assert one != other
    asymmetric = Encrypter(forge.key("RSA-OAEP").public(), enc="A128GCM")
    assert asymmetric not in (one, "RSA-OAEP", None)
