"""A fixed AES-GCM key stops after 2^32 tokens. RFC 7518 section 8.4."""

import itertools

import pytest
from tests.helpers import all_algorithms, forge

from joseal import Decrypter, Encrypter, InvalidKeyError

COUNTED = [*((alg, "A128GCM") for alg in all_algorithms.GCM_WRAPS), ("A128GCMKW", "A128CBC-HS256")]

COUNTED += [("dir", enc) for enc in ("A128GCM", "A192GCM", "A256GCM")]


UNCOUNTED = [
    ("dir", "A128CBC-HS256"),
    ("dir", "XC20P"),
    ("A128KW", "A128GCM"),
    ("ECDH-ES", "A256GCM"),
    ("RSA-OAEP", "A256GCM"),
]


def set_counter(sealing, start):
    (slot,) = [
        name
        for name in type(sealing).__slots__
        if isinstance(getattr(sealing, name), itertools.count)
    ]
    object.__setattr__(sealing, slot, itertools.count(start))


@pytest.mark.parametrize(("alg", "enc"), COUNTED)
def test_fixed_gcm_key_stops_after_its_last_token(alg, enc):
    key = all_algorithms.key(alg, enc)
    sealing = Encrypter(key, enc=enc)
    set_counter(sealing, 2**32 - 2)
    for _ in range(2):
        assert Decrypter(key, enc=enc).decrypt(sealing.encrypt(b"x")) == b"x"
    for _ in range(3):
        with pytest.raises(InvalidKeyError, match=r"2\^32"):
            sealing.encrypt(b"x")


@pytest.mark.parametrize(("alg", "enc"), COUNTED)
def test_counting_begins_with_the_first_token(alg, enc):
    sealing = Encrypter(all_algorithms.key(alg, enc), enc=enc)
    (counter,) = [
        getattr(sealing, name)
        for name in type(sealing).__slots__
        if isinstance(getattr(sealing, name), itertools.count)
    ]
    assert repr(counter) == "count(0)"
    sealing.encrypt(b"x")
    sealing.encrypt(b"y", header={"z": 1})
    assert repr(counter) == "count(2)"


@pytest.mark.parametrize(("alg", "enc"), UNCOUNTED)
def test_other_keys_are_not_counted(alg, enc):
    sealing = Encrypter(forge.sealing(all_algorithms.key(alg, enc)), enc=enc)
    assert not any(
        isinstance(getattr(sealing, name), itertools.count) for name in type(sealing).__slots__
    )
