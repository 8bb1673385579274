"""PBES2 keys: only what was made for it, RFC 7518 section 4.8."""

import pytest
from tests.helpers import all_algorithms, forge
from tests.helpers.forge import b64, unb64
from tests.helpers.rows import each_row

from joseal import (
    Decrypter,
    DecryptionError,
    Encrypter,
    InvalidKeyError,
    Key,
    KeySet,
    Limits,
    NotAllowedError,
)
from joseal._core.algorithms.registry import ALGS, SIGS

ALG = "PBES2-HS256+A128KW"


def made(password="pass", **arguments):
    return Key.from_password(password, alg=ALG, **{"iterations": 1000, **arguments})


def header_of(token):
    import json

    return json.loads(unb64(token.split(".")[0]))


@each_row("alg", all_algorithms.PBES2)
@each_row("password", ["pass", "pässword \U0001f600", b"p\xff\x00ss", "x"])
def test_password_seals_and_opens(alg, password):
    key = Key.from_password(password, alg=alg, iterations=1000, kid="a")
    token = Encrypter(key, enc="A128GCM").encrypt(b"x")
    header = header_of(token)
    assert list(header) == ["alg", "kid", "enc", "p2s", "p2c"]
    assert (header["alg"], header["kid"], header["p2c"], len(unb64(header["p2s"]))) == (
        alg,
        "a",
        1000,
        16,
    )
    assert Decrypter(key, enc="A128GCM").decrypt(token) == b"x"
    with pytest.raises(DecryptionError):
        Decrypter(Key.from_password("other", alg=alg, kid="a"), enc="A128GCM").decrypt(token)


def test_text_is_taken_as_utf_8():
    token = Encrypter(made("pässword"), enc="A128GCM").encrypt(b"x")
    assert Decrypter(made("pässword".encode()), enc="A128GCM").decrypt(token) == b"x"


@pytest.mark.parametrize("alg", all_algorithms.PBES2)
def test_default_work_is_what_owasp_advises(alg):
    assert Key.from_password("x", alg=alg)._material.iterations == ALGS[alg].iterations
    assert Key.generate(alg)._material.iterations == ALGS[alg].iterations


@pytest.mark.parametrize("size", [8, 9, 16, 64, 1024])
def test_salt_has_the_size_that_was_asked_for(size):
    tokens = [Encrypter(made(salt_bytes=size), enc="A128GCM").encrypt(b"x") for _ in range(3)]
    salts = {unb64(header_of(token)["p2s"]) for token in tokens}
    assert len(salts) == 3
    assert {len(salt) for salt in salts} == {size}


@pytest.mark.parametrize("size", [-1, 0, 7, 1025, 2**40])
def test_salt_out_of_bounds_is_refused(size):
    with pytest.raises(ValueError, match=r"^salt_bytes must be from 8 to 1024$"):
        made(salt_bytes=size)


@pytest.mark.parametrize(
    "arguments", [{"iterations": 999}, {"iterations": 0}, {"iterations": -(10**6)}]
)
def test_too_little_work_is_refused(arguments):
    with pytest.raises(ValueError, match=r"^iterations must not be under 1000$"):
        made(**arguments)


@pytest.mark.parametrize("password", ["", b"", "x" * 1024, "é" * 512])
def test_empty_or_endless_password_is_refused(password):
    with pytest.raises(ValueError, match=r"^password must have 1 to 1023 bytes$"):
        made(password)


@pytest.mark.parametrize("password", [None, 5, ["x"], bytearray(b"x")])
def test_password_of_another_type_is_a_type_error(password):
    with pytest.raises(TypeError, match=r"^password must be str or bytes, not "):
        made(password)


@pytest.mark.parametrize("iterations", [1000.0, "1000", True])
def test_iterations_of_another_type_are_a_type_error(iterations):
    with pytest.raises(TypeError, match=r"^iterations must be int, not "):
        made(iterations=iterations)


@each_row("alg", [alg for alg in (*ALGS, *SIGS) if alg not in all_algorithms.PBES2])
def test_password_serves_no_other_alg(alg):
    with pytest.raises(InvalidKeyError, match=r"takes no password"):
        Key.from_password("a password of thirty-two bytes!", alg=alg)


@pytest.mark.parametrize("alg", all_algorithms.PBES2)
def test_jwk_whose_alg_is_pbes2_is_a_password(alg):
    key = Key.from_jwk({"kty": "oct", "k": b64(b"pass"), "alg": alg})
    assert key.is_password
    assert repr(key) == f"Key(alg={alg!r}, kid=None, password)"
    small = Encrypter(Key.from_password("pass", alg=alg, iterations=1000), enc="A128GCM")
    assert Decrypter(key, enc="A128GCM").decrypt(small.encrypt(b"x")) == b"x"


def test_jwk_of_a_password_comes_back():
    shown = made(kid="a").to_jwk(private=True)
    assert shown == {"kty": "oct", "k": b64(b"pass"), "alg": ALG, "kid": "a"}
    assert Key.from_jwk(shown).thumbprint() == made().thumbprint()
    with pytest.raises(InvalidKeyError, match="all secret"):
        made().to_jwk()


def test_empty_password_in_a_jwk_is_refused():
    with pytest.raises(InvalidKeyError):
        Key.from_jwk({"kty": "oct", "k": "", "alg": ALG})


def test_pair_is_no_password():
    with pytest.raises(InvalidKeyError, match="from_password"):
        Key.from_jwk(all_algorithms.private_jwk("P-256"), alg=ALG)
    with pytest.raises(InvalidKeyError, match="from_password"):
        Key.from_pem(forge.pem_of(forge.rsa_private()), alg=ALG)


@pytest.mark.parametrize("alg", ["A128KW", "A256KW", "dir", "RSA-OAEP", "ECDH-ES"])
def test_token_that_asks_for_a_password_does_not_make_one_of_a_key(alg):
    """The token never chooses: CVE-2023-50967 and its kin began with this."""
    token = str(all_algorithms.token(ALG, "A128GCM"))
    with pytest.raises(NotAllowedError) as caught:
        Decrypter(all_algorithms.key(alg), enc="A128GCM").decrypt(token)
    assert caught.value.parameter == "alg"


def test_password_is_not_tried_for_a_token_without_a_kid():
    """Each try costs half a second: among several keys it is tried where its kid is named."""
    keys = KeySet([made(kid="a"), made("other", kid="b"), all_algorithms.key("A128KW", kid="c")])
    opener = Decrypter(keys, enc="A128GCM")
    with pytest.raises(NotAllowedError):
        opener.decrypt(Encrypter(made(), enc="A128GCM").encrypt(b"x"))
    assert opener.decrypt(Encrypter(made(kid="a"), enc="A128GCM").encrypt(b"x")) == b"x"
    wrapped = Encrypter(all_algorithms.key("A128KW"), enc="A128GCM").encrypt(b"y")
    assert opener.decrypt(wrapped) == b"y"
    some = Decrypter(keys, enc="A128GCM", any_kid=True)
    with pytest.raises(NotAllowedError):
        some.decrypt(Encrypter(made(kid="z"), enc="A128GCM").encrypt(b"x"))


def test_work_of_a_key_is_bound_by_the_limits_of_both_sides():
    key = made(iterations=5000)
    token = Encrypter(key, enc="A128GCM").encrypt(b"x")
    low = Limits(pbes2_iterations=4999)
    with pytest.raises(NotAllowedError) as caught:
        Decrypter(key, enc="A128GCM", limits=low).decrypt(token)
    assert caught.value.parameter == "p2c"
    assert "5000" not in str(caught.value)
    same = Limits(pbes2_iterations=5000)
    assert Decrypter(key, enc="A128GCM", limits=same).decrypt(token) == b"x"


def test_password_has_no_public_half_and_no_pem():
    for use in (
        lambda: made().public(),
        lambda: made().to_pem(),
        lambda: made().to_pem(private=True),
    ):
        with pytest.raises(InvalidKeyError):
            use()
