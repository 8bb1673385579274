"""What the ways to load a key return before there is a key."""

import base64
import json

import pytest
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    pkcs12,
)
from tests.core.keys.formats.test_pkcs12 import certificate
from tests.helpers import all_algorithms, forge

from joseal import InvalidKeyError, Key
from joseal._core.keys import loading
from joseal._core.keys.formats import certificates

EC = all_algorithms.private("P-256")
PEM = EC.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def test_what_was_loaded_shows_no_material():
    secret = forge.secret("A256KW", "A256GCM")
    loaded = loading.of_bytes(secret, "A256KW")
    assert loaded.material == secret
    assert repr(loaded) == "Loaded(...)"
    assert loaded.__rich_repr__() == []


def test_text_around_pem_need_not_be_what_utf_8_can_carry():
    plain = Key.from_pem(PEM, alg="ES256")
    assert Key.from_pem(f"\ud800 of the bank\n{PEM.decode()}", alg="ES256").to_jwk(
        private=True
    ) == plain.to_jwk(private=True)
    pem = certificate(EC).public_bytes(Encoding.PEM).decode()
    found = Key.from_pem(f"\ud800 of the bank\n{pem}", alg="ES256")
    assert found.certificates == Key.from_pem(pem, alg="ES256").certificates != ()


def test_what_is_private_is_not_looked_through_for_certificates(monkeypatch):
    der = EC.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    monkeypatch.setattr(certificates, "beside", None)
    for key in (Key.from_pem(PEM, alg="ES256"), Key.from_der(der, alg="ES256")):
        assert key.certificates == ()
    for pem in (certificate(EC).public_bytes(Encoding.PEM), PEM.decode()):
        monkeypatch.setattr(certificates, "beside", lambda raw: (raw,))
        expected = () if isinstance(pem, str) else (pem,)
        assert loading.of_pem(pem, "ES256", None).chain == expected


def test_private_key_of_pkcs12_comes_with_the_certificates_of_its_file():
    own = certificate(EC)
    data = pkcs12.serialize_key_and_certificates(b"name", EC, own, None, NoEncryption())
    (found,) = Key.from_pkcs12(data, alg="ES256").certificates
    assert found.der == own.public_bytes(Encoding.DER)


def test_shared_secret_is_bytes():
    with pytest.raises(TypeError, match=r"^the secret must be bytes$"):
        Key.from_bytes("x" * 32, alg="HS256")


def test_short_secret_of_old_tokens_is_read_from_the_environment_by_name_only(monkeypatch):
    monkeypatch.setenv("A_KEY", "short but agreed")
    key = Key.from_env("A_KEY", alg="HS256", legacy=True)
    assert key.to_jwk(private=True)["k"] == forge.b64(b"short but agreed")
    with pytest.raises(InvalidKeyError, match="not a shared secret of the size"):
        Key.from_env("A_KEY", alg="HS256")


@pytest.mark.parametrize("wrap", [str, lambda text: base64.b64encode(text.encode()).decode()])
def test_jwk_in_the_environment_may_have_white_space_around_it(wrap, monkeypatch):
    jwk = all_algorithms.private_jwk("P-256")
    monkeypatch.setenv("A_KEY", wrap(f"\n {json.dumps(jwk)} \n"))
    assert Key.from_env("A_KEY", alg="ES256").to_jwk(private=True) == {**jwk, "alg": "ES256"}
    text = r"^a password was given, but a JWK is not encrypted$"
    with pytest.raises(InvalidKeyError, match=text):
        Key.from_env("A_KEY", alg="ES256", password="p")
