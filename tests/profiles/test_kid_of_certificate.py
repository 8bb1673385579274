"""Header templates whose kid, x5t, x5t#S256 or x5c comes from a certificate."""

import base64
import json

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from tests.core.keys.formats.test_pkcs12 import certificate
from tests.helpers import forge

from joseal import InvalidKeyError, Key, profiles
from joseal.profiles.template import CertificateParameter, Constant, IssuedAt, fill, kid_of


def test_kid_is_the_serial_or_a_hash_of_the_certificate_that_the_key_came_in():
    pem = certificate(forge.rsa_private()).public_bytes(Encoding.PEM)
    key = Key.from_certificate(pem, alg="RSA-OAEP-256")
    assert kid_of(key, "certificate-serial") == key.certificate_serial == "5"
    assert kid_of(key, "x5t#S256") == key.x5t_s256
    assert kid_of(key, "x5t") == key.x5t
    named = Key.from_certificate(pem, alg="RSA-OAEP-256", kid="a")
    assert kid_of(named, "certificate-serial") == "a"
    bare = Key.from_cryptography(forge.rsa_private(), alg="RSA-OAEP-256")
    with pytest.raises(InvalidKeyError, match="did not come with its certificate"):
        kid_of(bare, "x5t#S256")
    with pytest.raises(InvalidKeyError, match=r"from its certificate .*alias= names it"):
        kid_of(bare, "certificate-serial")


def test_what_names_the_certificate_is_written_in_its_place():
    pem = certificate(forge.rsa_private()).public_bytes(Encoding.PEM)
    key = Key.from_certificate(pem, alg="RSA-OAEP-256")
    names = ("x5t", "x5t#S256", "x5c")
    template = (Constant("typ", "JWE"), *map(CertificateParameter, names), IssuedAt())
    filled = fill(template, key)
    assert list(filled.constant.items()) == [
        *(("typ", "JWE"), ("x5t", key.x5t), ("x5t#S256", key.x5t_s256), ("x5c", key.x5c)),
    ]
    profile = profiles.VISA_MLE.with_send(header=template)
    token = profile.encrypter(key, clock=lambda: 1.0).encrypt(b"{}")
    shown = json.loads(base64.urlsafe_b64decode(str(token).split(".")[0].split('"')[-1] + "=="))
    assert {name: shown[name] for name in names} == {name: filled.constant[name] for name in names}


def test_a_template_that_names_a_certificate_needs_one():
    bare = Key.from_cryptography(forge.rsa_private(), alg="RSA-OAEP-256")
    with pytest.raises(InvalidKeyError, match="did not come with its certificate"):
        fill((CertificateParameter(),), bare)


@pytest.mark.parametrize("name", ["x5u", "kid", ""])
def test_no_other_member_is_one_of_a_certificate(name):
    with pytest.raises(ValueError, match=r"x5t, x5t#S256 or x5c$"):
        profiles.VISA_MLE.with_send(header=(CertificateParameter(name),))
