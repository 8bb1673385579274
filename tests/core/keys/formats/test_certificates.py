"""What a certificate tells of itself. RFC 5280."""

import datetime as dt
import pickle

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from tests.core.keys.formats.test_pkcs12 import certificate
from tests.helpers import all_algorithms
from tests.helpers import der as asn1

from joseal import InvalidKeyError, Key
from joseal._core.keys.formats.certificates import Certificate

FOREIGN = certificate(all_algorithms.private("P-256"))
OWN = Certificate(FOREIGN.public_bytes(Encoding.DER))
SECOND = dt.timedelta(seconds=1)


def test_digest_is_that_of_the_whole_certificate():
    assert OWN.sha256 == FOREIGN.fingerprint(hashes.SHA256()).hex()


def test_certificates_are_told_apart_by_their_hash():
    """With one hash for all, each of thousands in a file would be compared with all others."""
    other = Certificate(certificate(all_algorithms.private("P-384")).public_bytes(Encoding.DER))
    assert hash(OWN) == hash(Certificate(OWN.der)) != hash(other)
    assert {OWN, other, Certificate(OWN.der)} == {OWN, other}


def test_certificate_is_over_after_its_last_second():
    """RFC 5280 section 4.1.2.5: the period includes notAfter."""
    end = FOREIGN.not_valid_after_utc
    assert [OWN.is_expired(now) for now in (end - SECOND, end, end + SECOND)] == [
        *(False, False, True)
    ]
    with pytest.raises(TypeError):
        OWN.is_expired(end.replace(tzinfo=None))


def test_certificate_is_public_so_it_pickles_and_shows_its_serial():
    again = pickle.loads(pickle.dumps(OWN))  # noqa: S301 - made in this line
    assert (again, repr(again)) == (OWN, "Certificate(serial='5')")
    assert again.der == OWN.der


def test_key_of_an_unknown_kind_is_refused_and_the_certificate_with_it():
    """An algorithm that no one has registered."""
    unknown = asn1.sequence(asn1.sequence(asn1.oid("2b0601040101")), asn1.bits(b"key"))
    der = asn1.certificate(unknown)
    assert x509.load_der_x509_certificate(der).serial_number == 7
    for load in (Certificate, lambda data: Key.from_certificate(data, alg="ES256")):
        with pytest.raises(InvalidKeyError, match="does not use keys of this kind"):
            load(der)
