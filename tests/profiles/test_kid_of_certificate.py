"""Header templates whose kid comes from a certificate."""

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from tests.core.keys.test_pkcs12 import certificate
from tests.helpers import forge

from joseal import InvalidKeyError, Key
from joseal.profiles.template import kid_of


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
