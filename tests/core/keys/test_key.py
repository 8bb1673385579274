"""`Key`: opaque, immutable, bound to one alg; what it releases, and what it does not."""

import copy
import json
import os
import pickle
import re

import pytest
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)
from tests.helpers import forge
from tests.helpers.rows import each_row

from joseal import Decrypter, Encrypter, InvalidKeyError, Key
from joseal._core.algorithms.registry import ENCS

# The sizes of key that `generate` takes for each alg, and one that it makes unasked.
SIZES = {
    **dict.fromkeys(forge.RSA_ALGS, (2048, [2048, 2056])),
    **{alg: (size, [size]) for alg, size in forge.KW_ALGS.items()},
    "dir": (None, [16, 24, 32, 48, 64]),
}


def symmetric(alg="A256KW", kid=None):
    return forge.key(alg, kid=kid)


def private(alg="RSA-OAEP", kid=None):
    return forge.key(alg, kid=kid)


@each_row("alg", forge.ALGS)
def test_key_tells_its_alg_kid_and_kind(alg):
    key = forge.key(alg, kid="a")
    assert (key.alg, key.kid) == (alg, "a")
    assert key.is_private is (alg in forge.RSA_ALGS)
    assert key.is_symmetric is (alg not in forge.RSA_ALGS)


@pytest.mark.parametrize("alg", ["RSA-OAEP-256", "A128KW", "A192KW", "A256KW"])
def test_generated_key_is_fresh_and_serves(alg):
    first, second = Key.generate(alg, kid="a"), Key.generate(alg)
    assert (first.alg, first.kid, second.kid) == (alg, "a", None)
    assert first.thumbprint() != second.thumbprint()
    assert first.is_private or first.is_symmetric
    token = Encrypter(forge.sealing(first), enc="A128GCM").encrypt(b"x")
    assert Decrypter(first, enc="A128GCM").decrypt(token) == b"x"


@pytest.mark.parametrize("alg", SIZES)
def test_generate_takes_the_sizes_of_the_alg(alg):
    default, sizes = SIZES[alg]
    for size in sizes:
        shown = Key.generate(alg, size=size).to_jwk(private=True)
        raw = forge.unb64(shown["n" if alg in forge.RSA_ALGS else "k"])
        assert len(raw) == (size // 8 if alg in forge.RSA_ALGS else size)
    if default is not None and alg not in forge.RSA_ALGS:
        assert len(forge.unb64(Key.generate(alg).to_jwk(private=True)["k"])) == default


@each_row("alg", SIZES)
@each_row("size", [-1, 0, 1, 15, 17, 128, 256, 1024, 2047, 2049, 16385, 16392, 10**9])
def test_generate_refuses_other_sizes(alg, size):
    with pytest.raises(ValueError, match=r"^size must be "):
        Key.generate(alg, size=size)


def test_generate_needs_a_size_for_dir():
    with pytest.raises(ValueError, match="size"):
        Key.generate("dir")


@pytest.mark.parametrize(
    "arguments", [{"size": 2048.0}, {"size": "2048"}, {"size": True}, {"kid": 5}]
)
def test_generate_with_another_type_is_a_type_error(arguments):
    with pytest.raises(TypeError, match="must be"):
        Key.generate("A128KW", **arguments)


@pytest.mark.parametrize("kid", ["\ud800", "a\udfff"])
def test_kid_that_no_header_can_carry_is_a_value_error(kid):
    for make in (
        lambda: Key.generate("A128KW", kid=kid),
        lambda: Key.from_pem(private().to_pem(private=True), alg="RSA-OAEP", kid=kid),
    ):
        with pytest.raises(ValueError, match=r"^kid must be text that UTF-8 can carry$"):
            make()


@pytest.mark.parametrize("alg", ["none", "RSA1_6", "rsa-oaep", "A256GCM", ""])
def test_generate_refuses_an_unknown_alg(alg):
    with pytest.raises(InvalidKeyError, match=r"(not known|not a known name|is the name of)"):
        Key.generate(alg)
    with pytest.raises(TypeError, match="alg must be str"):
        Key.generate(None)


def test_public_half_is_the_same_key_without_the_private_one():
    public = private(kid="a").public()
    assert not public.is_private
    assert (public.alg, public.kid) == ("RSA-OAEP", "a")
    assert public.thumbprint() == private().thumbprint()
    assert public.public().thumbprint() == public.thumbprint()


def test_symmetric_key_has_no_public_half():
    with pytest.raises(InvalidKeyError, match="no public half"):
        symmetric().public()


ALL = {
    "private": lambda: private(kid="a"),
    "public": lambda: private(kid="a").public(),
    "symmetric": lambda: symmetric(kid="a"),
    "dir": lambda: symmetric("dir", kid="a"),
}


def prepared(key):
    """Return the mechanism inside a key."""
    direction = "decrypt" if key.is_private else "encrypt"
    return key._for_encryption(direction, [ENCS["A128GCM"]], None)


@pytest.mark.parametrize("kind", ALL)
def test_key_is_immutable(kind):
    key = ALL[kind]()
    for name in (
        "alg",
        "kid",
        "is_private",
        "_management",
        "_alg",
        "_kid",
        "_material",
        "_enc",
        "other",
    ):
        with pytest.raises(AttributeError, match="immutable"):
            setattr(key, name, None)
        with pytest.raises(AttributeError, match="immutable"):
            delattr(key, name)
    with pytest.raises(TypeError):
        vars(key)


@each_row("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
@each_row("kind", ALL)
def test_key_is_never_pickled(kind, protocol):
    for value in (ALL[kind](), [ALL[kind]()], prepared(ALL[kind]())):
        if kind == "public":
            continue
        with pytest.raises(TypeError, match="can't be pickled: pass a function that makes it"):
            pickle.dumps(value, protocol)


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_public_key_pickles_and_comes_back_equal(protocol):
    key = ALL["public"]()
    again = pickle.loads(pickle.dumps(key, protocol))  # noqa: S301 - made in this line
    assert again == key
    assert hash(again) == hash(key)
    assert (again.alg, again.kid, again.thumbprint()) == (key.alg, key.kid, key.thumbprint())
    encrypter = Encrypter(key, enc="A128GCM", header={"iat": 1})
    back = pickle.loads(pickle.dumps(encrypter, protocol))  # noqa: S301 - made in this line
    assert back == encrypter
    assert hash(back) == hash(encrypter)


@pytest.mark.parametrize("kind", ALL)
def test_copy_of_a_key_is_the_key(kind):
    key = ALL[kind]()
    assert copy.copy(key) is key
    assert copy.deepcopy(key) is key
    assert copy.deepcopy({"key": [key]})["key"][0] is key
    assert copy.copy(prepared(key)) is prepared(key)


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("private", "Key(alg='RSA-OAEP', kid='a', RSA-2048 private)"),
        ("public", "Key(alg='RSA-OAEP', kid='a', RSA-2048 public)"),
        ("symmetric", "Key(alg='A256KW', kid='a', 32 bytes)"),
        ("dir", "Key(alg='dir', kid='a', 16 bytes)"),
    ],
)
def test_repr_says_what_a_key_is_and_nothing_of_it(kind, text):
    key = ALL[kind]()
    assert repr(key) == str(key) == f"{key}" == text


def test_jwk_of_a_pair_shows_its_public_half_unless_asked():
    numbers = forge.rsa_private().private_numbers()
    expected = {"n": numbers.public_numbers.n, "e": numbers.public_numbers.e}
    shown = private(kid="a").to_jwk()
    assert shown == private(kid="a").public().to_jwk()
    assert list(shown) == ["kty", "n", "e", "alg", "kid"]
    assert (shown["kty"], shown["alg"], shown["kid"]) == ("RSA", "RSA-OAEP", "a")
    released = private().to_jwk(private=True)
    assert list(released) == ["kty", "n", "e", "d", "p", "q", "dp", "dq", "qi", "alg"]
    expected |= {"d": numbers.d, "p": numbers.p, "q": numbers.q}
    expected |= {"dp": numbers.dmp1, "dq": numbers.dmq1, "qi": numbers.iqmp}
    for name, value in expected.items():
        assert released[name] == forge.b64(value.to_bytes((value.bit_length() + 7) // 8, "big"))


def test_jwk_of_a_shared_secret_has_to_be_asked_for():
    assert symmetric(kid="a").to_jwk(private=True) == {
        "kty": "oct",
        "k": forge.b64(forge.secret("A256KW", "A128GCM")),
        "alg": "A256KW",
        "kid": "a",
    }
    with pytest.raises(InvalidKeyError, match="all secret"):
        symmetric().to_jwk()


def test_jwk_of_a_key_for_one_enc_names_the_enc():
    jwk = {"kty": "oct", "k": forge.b64(bytes(32)), "alg": "A256GCM"}
    assert Key.from_jwk(jwk).to_jwk(private=True) == jwk


@pytest.mark.parametrize("kind", ["private", "symmetric", "dir", "public"])
def test_jwk_comes_back_as_the_same_key(kind):
    key = ALL[kind]()
    shown = key.to_jwk(private=kind != "public")
    for form in (shown, json.dumps(shown), json.dumps(shown).encode()):
        again = Key.from_jwk(form)
        assert repr(again) == repr(key)
        assert again.thumbprint() == key.thumbprint()
        assert again.to_jwk(private=kind != "public") == shown


def test_private_half_is_not_released_by_a_public_key():
    for release in (private().public().to_jwk, private().public().to_pem):
        with pytest.raises(InvalidKeyError, match="no private half"):
            release(private=True)


def test_pem_shows_the_public_half_unless_asked():
    public = load_pem_public_key(private().to_pem().encode())
    assert public == forge.rsa_private().public_key()
    assert private().public().to_pem() == private().to_pem()
    released = private().to_pem(private=True)
    assert released.startswith("-----BEGIN PRIVATE KEY-----\n")
    assert (
        load_pem_private_key(released.encode(), None).private_numbers()
        == forge.rsa_private().private_numbers()
    )


@pytest.mark.parametrize("password", ["pässword", b"p\xffssword", "x" * 1023])
def test_pem_can_be_encrypted(password):
    released = private().to_pem(private=True, password=password)
    assert released.startswith("-----BEGIN ENCRYPTED PRIVATE KEY-----\n")
    again = Key.from_pem(released, alg="RSA-OAEP", password=password)
    assert again.thumbprint() == private().thumbprint()
    with pytest.raises(InvalidKeyError, match="wrong password"):
        Key.from_pem(released, alg="RSA-OAEP", password="another")


@pytest.mark.parametrize("password", ["x", b"x", ""])
def test_password_goes_with_a_private_half(password):
    with pytest.raises(ValueError, match=r"^password goes with private=True$"):
        private().to_pem(password=password)


@pytest.mark.parametrize("password", ["", b"", "x" * 1024, "é" * 512])
def test_password_is_neither_empty_nor_too_long(password):
    with pytest.raises(ValueError, match=r"^password must have 1 to 1023 bytes$"):
        private().to_pem(private=True, password=password)


@pytest.mark.parametrize("arguments", [{}, {"private": True}])
def test_shared_secret_has_no_pem(arguments):
    with pytest.raises(InvalidKeyError):
        symmetric().to_pem(**arguments)


NO_SWITCHES = ["no", "False", "", b"", 0, 1, None, ["private"]]


@each_row("switch", NO_SWITCHES)
@each_row("kind", ALL)
def test_nothing_is_released_by_a_word_that_is_no_bool(kind, switch):
    """A text such as "no" would be taken for true."""
    key = ALL[kind]()
    for release in (
        lambda: key.to_jwk(private=switch),
        lambda: key.to_pem(private=switch),
        lambda: key.to_pem(private=switch, password="pass"),
    ):
        with pytest.raises(TypeError, match=r"^private must be bool, not "):
            release()


LOADED = {
    "PEM": lambda **switches: Key.from_pem(private().to_pem(), alg="RSA1_5", **switches),
    "DER": lambda **switches: Key.from_der(
        forge.rsa_private()
        .public_key()
        .public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
        alg="RSA1_5",
        **switches,
    ),
    "JWK": lambda **switches: Key.from_jwk({**private().to_jwk(), "alg": "RSA1_5"}, **switches),
    "no JWK": lambda **switches: Key.from_jwk("{", alg="RSA1_5", **switches),
}


@each_row("switch", NO_SWITCHES)
@each_row("form", LOADED)
def test_nothing_is_switched_on_by_a_word_that_is_no_bool(form, switch):
    with pytest.raises(TypeError, match=r"^legacy must be bool, not "):
        LOADED[form](legacy=switch)
    if "JWK" in form:
        with pytest.raises(TypeError, match=r"^dual_use must be bool, not "):
            LOADED[form](dual_use=switch)


def test_thumbprint_of_rfc_7638(shared_vectors):
    figure = json.loads((shared_vectors / "rfc/rfc7638.json").read_text())
    jwk = {**figure["jwk"], "alg": "RSA-OAEP"}
    assert Key.from_jwk(jwk).thumbprint() == figure["thumbprint"]


def test_thumbprint_depends_on_nothing_but_the_key():
    prints = {forge.key(alg, kid=kid).thumbprint() for alg in forge.RSA_ALGS for kid in (None, "a")}
    assert len(prints) == 1
    assert re.fullmatch(r"[A-Za-z0-9_-]{43}", prints.pop())
    assert forge.key("A128KW").thumbprint() != forge.key("A128KW", name="other").thumbprint()


@pytest.mark.parametrize("enc", forge.ENCS)
def test_direct_key_serves_the_encs_of_its_size(enc):
    key = forge.key("dir", enc)
    fitting = [
        name for name in forge.ENCS if forge.ENCS[name].cek_bytes == forge.ENCS[enc].cek_bytes
    ]
    for name in forge.ENCS:
        if name in fitting:
            token = Encrypter(key, enc=name).encrypt(b"x")
            assert Decrypter(key, enc=name).decrypt(token) == b"x"
        else:
            for make in (Encrypter, Decrypter):
                with pytest.raises(InvalidKeyError, match="does not fit"):
                    make(key, enc=name)


def test_secret_is_drawn_from_the_operating_system(monkeypatch):
    monkeypatch.setattr(os, "urandom", lambda size: b"\x07" * size)
    assert Key.generate("A128KW").to_jwk(private=True)["k"] == forge.b64(b"\x07" * 16)


def test_key_is_made_by_a_method_alone():
    with pytest.raises(TypeError, match=r"^make a key with a from_ method of Key"):
        Key()
