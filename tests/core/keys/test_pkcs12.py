"""PKCS#12: RFC 7292."""

import datetime as dt

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import dsa, ec
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    NoEncryption,
    pkcs12,
)
from cryptography.x509.oid import NameOID
from tests.helpers import all_algorithms, forge

from joseal import InvalidKeyError, Key


def certificate(private):
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "joseal test")])
    start = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
    builder = x509.CertificateBuilder(
        name, name, private.public_key(), 5, start, start + dt.timedelta(days=1)
    )
    return builder.sign(private, hashes.SHA256())


def file(private=None, signed_by=None, password=b"pass", further=None):
    protection = NoEncryption() if password is None else BestAvailableEncryption(password)
    own = None if signed_by is None else certificate(signed_by)
    return pkcs12.serialize_key_and_certificates(b"name", private, own, further, protection)


@pytest.mark.parametrize("password", ["pass", b"pass"])
def test_private_key_is_loaded(password):
    private = forge.rsa_private()
    key = Key.from_pkcs12(file(private, private), alg="RSA-OAEP-256", kid="a", password=password)
    assert (key.alg, key.kid, key.is_private) == ("RSA-OAEP-256", "a", True)
    assert key.thumbprint() == forge.key("RSA-OAEP-256").thumbprint()


def test_private_key_without_a_certificate_is_loaded():
    key = Key.from_pkcs12(file(all_algorithms.private("P-256")), alg="ECDH-ES", password="pass")
    assert key.to_jwk(private=True) == {**all_algorithms.private_jwk("P-256"), "alg": "ECDH-ES"}


def test_file_without_a_password_is_loaded():
    private = all_algorithms.private("P-256")
    key = Key.from_pkcs12(file(private, private, password=None), alg="ES256")
    assert key.is_private


def test_file_of_a_certificate_alone_gives_its_public_key():
    """Its dates are long over, and not checked."""
    private = all_algorithms.private("P-384")
    data = pkcs12.serialize_key_and_certificates(
        None, None, certificate(private), None, BestAvailableEncryption(b"pass")
    )
    try:
        key = Key.from_pkcs12(data, alg="ES384", password="pass")
    except InvalidKeyError as error:
        # A certificate that no key claims is one of the further ones in some versions.
        assert "can't be read" in str(error)  # noqa: PT017
    else:
        assert not key.is_private


def test_key_counts_and_not_the_certificates_beside_it():
    private = all_algorithms.private("P-256")
    further = [certificate(all_algorithms.private("P-384")), certificate(forge.rsa_private())]
    key = Key.from_pkcs12(file(private, private, further=further), alg="ES256", password="pass")
    assert (
        key.thumbprint()
        == Key.from_jwk(all_algorithms.private_jwk("P-256"), alg="ES256").thumbprint()
    )


@pytest.mark.parametrize("password", ["wrong", b"other", None, "pass "])
def test_wrong_password_is_a_key_error(password):
    with pytest.raises(InvalidKeyError) as caught:
        Key.from_pkcs12(file(forge.rsa_private()), alg="RSA-OAEP", password=password)
    assert caught.value.__cause__ is caught.value.__context__ is None


@pytest.mark.parametrize(
    "data", [b"", b"\0", b"-----BEGIN PRIVATE KEY-----", bytes(1000), b"\x30\x80"]
)
def test_damage_is_a_key_error(data):
    with pytest.raises(InvalidKeyError):
        Key.from_pkcs12(data, alg="RSA-OAEP", password="pass")


def test_every_truncation_is_a_key_error():
    whole = file(all_algorithms.private("P-256"))
    for end in range(0, len(whole), 40):
        with pytest.raises(InvalidKeyError):
            Key.from_pkcs12(whole[:end], alg="ES256", password="pass")


def test_empty_file_is_a_key_error():
    data = pkcs12.serialize_key_and_certificates(
        None, None, None, [certificate(forge.rsa_private())], BestAvailableEncryption(b"pass")
    )
    with pytest.raises(InvalidKeyError):
        Key.from_pkcs12(data, alg="RSA-OAEP", password="pass")


@pytest.mark.parametrize(
    ("make", "alg", "message"),
    [
        (lambda: dsa.generate_private_key(2048), "ES256", "keys of this kind"),
        (lambda: ec.generate_private_key(ec.SECP256K1()), "ES256", "not on a curve"),
        (lambda: all_algorithms.private("P-256"), "RSA-OAEP", "needs an RSA key"),
        (forge.rsa_private, "A128KW", "needs a symmetric key"),
    ],
)
def test_key_of_another_kind_is_a_key_error(make, alg, message):
    with pytest.raises(InvalidKeyError, match=message):
        Key.from_pkcs12(file(make()), alg=alg, password="pass")


@pytest.mark.parametrize(
    ("data", "arguments"),
    [
        ("text", {"alg": "ES256"}),
        (None, {"alg": "ES256"}),
        (bytearray(b"x"), {"alg": "ES256"}),
        (b"x", {"alg": "ES256", "password": 5}),
    ],
)
def test_another_type_is_a_type_error(data, arguments):
    with pytest.raises(TypeError, match="must be"):
        Key.from_pkcs12(data, **arguments)


def test_legacy_alg_is_off_here_too():
    data = file(forge.rsa_private())
    with pytest.raises(InvalidKeyError, match="legacy=True"):
        Key.from_pkcs12(data, alg="RSA1_5", password="pass")
    assert Key.from_pkcs12(data, alg="RSA1_5", password="pass", legacy=True).alg == "RSA1_5"


def test_file_that_is_no_der_is_refused_where_warnings_are_errors():
    """The suite turns warnings into errors, as many a service does."""
    data = pkcs12.serialize_key_and_certificates(
        None, all_algorithms.private("P-256"), None, None, NoEncryption()
    )
    for damaged in (b"", b"\x30\x80" + data[2:], data[:-3], data + b"\0", b"\x31" + data[1:]):
        with pytest.raises(InvalidKeyError):
            Key.from_pkcs12(damaged, alg="ES256")


@pytest.mark.parametrize("password", ["a\0b", b"\0", b"\xff"])
def test_password_that_pkcs12_cannot_have_is_an_error_of_ours(password):
    data = pkcs12.serialize_key_and_certificates(
        None, all_algorithms.private("P-256"), None, None, BestAvailableEncryption(b"pass")
    )
    with pytest.raises((InvalidKeyError, ValueError)):
        Key.from_pkcs12(data, alg="ES256", password=password)
