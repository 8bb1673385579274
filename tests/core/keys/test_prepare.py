"""What a key is made into."""

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from tests.helpers import forge

from joseal import InvalidKeyError
from joseal._core.algorithms import akp
from joseal._core.algorithms.registry import ALGS, SIGS
from joseal._core.keys import prepare


def test_a_curve_that_signs_nothing_makes_no_signature():
    """RFC 8037 section 3.1: X25519 is for agreement alone, whoever let the key through."""
    private = X25519PrivateKey.generate()
    for material in (private, private.public_key()):
        with pytest.raises(InvalidKeyError, match="needs a key on a curve"):
            prepare.prepare_signature(SIGS["EdDSA"], material)


def test_alg_of_rsa_takes_no_akp_key():
    pair = akp.generate("ML-KEM-768")
    for material in (pair, pair.public_key()):
        with pytest.raises(InvalidKeyError, match="takes no AKP key"):
            prepare.prepare_key_management(ALGS["RSA-OAEP"], material)


def test_hpke_takes_no_rsa_key():
    suites = [alg for alg in ALGS.values() if alg.suite is not None]
    for alg in suites:
        with pytest.raises(InvalidKeyError, match="needs a key on a curve"):
            prepare.prepare_key_management(alg, forge.rsa_private())
    assert suites
