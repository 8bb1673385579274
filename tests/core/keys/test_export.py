"""What a key lets out, and by which name alone: every kind of key."""

import pickle

import pytest
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key
from tests.helpers import all_algorithms, forge
from tests.helpers.forge import b64
from tests.helpers.rows import each_row

from joseal import Encrypter, InvalidKeyError, Key

PRIVATE = {
    "RSA": all_algorithms.key("RSA-OAEP", kid="a"),
    "EC": all_algorithms.key("ECDH-ES", curve="P-521", kid="a"),
    "X25519": all_algorithms.key("ECDH-ES", curve="X25519", kid="a"),
    "Ed25519": all_algorithms.signing_key("Ed25519", kid="a"),
    "ES256": all_algorithms.signing_key("ES256", kid="a"),
}
SHARED = {
    "A256KW": all_algorithms.key("A256KW", kid="a"),
    "A128GCMKW": all_algorithms.key("A128GCMKW", kid="a"),
    "HS256": all_algorithms.signing_key("HS256", kid="a"),
    "dir": all_algorithms.key("dir", kid="a"),
    "password": all_algorithms.key("PBES2-HS256+A128KW", kid="a"),
}
SECRET_MEMBERS = {"d", "p", "q", "dp", "dq", "qi", "k", "oth"}


@pytest.mark.parametrize("kind", PRIVATE)
def test_private_half_shows_by_its_name_alone(kind):
    key = PRIVATE[kind]
    shown = key.to_jwk()
    assert SECRET_MEMBERS.isdisjoint(shown)
    assert shown == key.public().to_jwk()
    released = key.to_jwk(private=True)
    assert released.items() > shown.items()
    assert set(released) - set(shown) <= SECRET_MEMBERS
    assert Key.from_jwk(released).to_jwk(private=True) == released
    assert load_pem_public_key(key.to_pem().encode())
    assert key.to_pem().startswith("-----BEGIN PUBLIC KEY-----\n")
    assert key.to_pem(private=True).startswith("-----BEGIN PRIVATE KEY-----\n")


@pytest.mark.parametrize("kind", PRIVATE)
def test_private_pem_comes_back(kind):
    key = PRIVATE[kind]
    for password in (None, "pässword", b"p\xff"):
        text = key.to_pem(private=True, password=password)
        again = Key.from_pem(text, alg=key.alg, kid="a", password=password)
        assert again.to_jwk(private=True) == key.to_jwk(private=True)
    locked = key.to_pem(private=True, password="pass")
    assert locked.startswith("-----BEGIN ENCRYPTED PRIVATE KEY-----\n")
    assert load_pem_private_key(locked.encode(), b"pass")


@pytest.mark.parametrize("kind", PRIVATE)
def test_public_key_releases_no_private_half(kind):
    public = PRIVATE[kind].public()
    for release in (public.to_jwk, public.to_pem):
        with pytest.raises(InvalidKeyError, match="no private half"):
            release(private=True)


@pytest.mark.parametrize("kind", SHARED)
def test_shared_secret_shows_by_its_name_alone(kind):
    key = SHARED[kind]
    with pytest.raises(InvalidKeyError, match="all secret"):
        key.to_jwk()
    with pytest.raises(InvalidKeyError):
        key.to_pem()
    with pytest.raises(InvalidKeyError, match="no PEM form"):
        key.to_pem(private=True)
    with pytest.raises(InvalidKeyError, match="no public half"):
        key.public()
    released = key.to_jwk(private=True)
    assert list(released) == ["kty", "k", "alg", "kid"]
    assert Key.from_jwk(released).to_jwk(private=True) == released


@pytest.mark.parametrize("kind", PRIVATE)
def test_private_is_a_keyword(kind):
    with pytest.raises(TypeError):
        PRIVATE[kind].to_jwk(True)
    with pytest.raises(TypeError):
        PRIVATE[kind].to_pem(True)


@each_row("key", [*PRIVATE.values(), *SHARED.values()], ids=[*PRIVATE, *SHARED])
def test_key_is_immutable_and_never_pickled(key):
    for name in ("alg", "kid", "_material", "_alg", "other"):
        with pytest.raises(AttributeError, match="immutable"):
            setattr(key, name, None)
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        with pytest.raises(TypeError, match="can't be pickled"):
            pickle.dumps(key, protocol)


@pytest.mark.parametrize(
    ("key", "text"),
    [
        (PRIVATE["EC"], "Key(alg='ECDH-ES', kid='a', P-521 private)"),
        (PRIVATE["EC"].public(), "Key(alg='ECDH-ES', kid='a', P-521 public)"),
        (PRIVATE["Ed25519"], "Key(alg='Ed25519', kid='a', Ed25519 private)"),
        (SHARED["HS256"], "Key(alg='HS256', kid='a', 32 bytes)"),
        (SHARED["password"], "Key(alg='PBES2-HS256+A128KW', kid='a', password)"),
    ],
)
def test_repr_says_what_a_key_is_and_nothing_of_it(key, text):
    """Of a password not even its length."""
    assert repr(key) == str(key) == text


@pytest.mark.parametrize("kind", ["EC", "X25519", "Ed25519"])
def test_uri_is_that_of_the_thumbprint(kind):
    """RFC 9278 section 3."""
    key = PRIVATE[kind]
    assert (
        key.thumbprint_uri() == f"urn:ietf:params:oauth:jwk-thumbprint:sha-256:{key.thumbprint()}"
    )
    assert key.public().thumbprint_uri() == key.thumbprint_uri()


def test_jwk_with_leading_zero_bytes_keeps_them():
    """RFC 7518 sections 6.2.1.2 and 6.2.2.1: coordinates and d have the size of the field."""
    for d in range(1, 600):
        jwk = {"d": b64(d.to_bytes(32, "big"))}
        from cryptography.hazmat.primitives.asymmetric import ec

        numbers = ec.derive_private_key(d, ec.SECP256R1()).public_key().public_numbers()
        if numbers.x >> 248 and numbers.y >> 248:
            continue
        x, y = (b64(number.to_bytes(32, "big")) for number in (numbers.x, numbers.y))
        jwk |= {"kty": "EC", "crv": "P-256", "x": x, "y": y}
        shown = Key.from_jwk(jwk, alg="ES256").to_jwk(private=True)
        assert {name: shown[name] for name in jwk} == jwk
        return
    pytest.fail("no key with a small coordinate was found")


@pytest.mark.parametrize("password", ["\udc80\udc81", "pass\ud800word"])
def test_password_that_is_no_text_is_refused_and_not_replaced(password):
    with pytest.raises(ValueError, match="UTF-8"):
        forge.key("RSA-OAEP").to_pem(private=True, password=password)


def test_password_of_another_type_has_a_fixed_text():
    with pytest.raises(TypeError, match="password must be str or bytes"):
        forge.key("RSA-OAEP").to_pem(private=True, password=5)


def test_password_too_long_has_a_fixed_text():
    with pytest.raises(ValueError, match="1 to 1023 bytes") as caught:
        forge.key("RSA-OAEP").to_pem(private=True, password="x" * 2000)
    assert "backend" not in str(caught.value)


def test_what_key_ops_exclude_stays_excluded_when_let_out():
    jwk = {"kty": "oct", "k": forge.b64(bytes(16)), "alg": "A128KW", "key_ops": ["unwrapKey"]}
    with pytest.raises(InvalidKeyError):
        Encrypter(Key.from_jwk(Key.from_jwk(jwk).to_jwk(private=True)), enc="A128GCM")
