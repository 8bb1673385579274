"""What a key is made into."""

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from joseal import InvalidKeyError
from joseal._core.algorithms.registry import SIGS
from joseal._core.keys import prepare


def test_a_curve_that_signs_nothing_makes_no_signature():
    """RFC 8037 section 3.1: X25519 is for agreement alone, whoever let the key through."""
    private = X25519PrivateKey.generate()
    for material in (private, private.public_key()):
        with pytest.raises(InvalidKeyError, match="needs a key on a curve"):
            prepare.prepare_signature(SIGS["EdDSA"], material)
