"""The arguments next to a key: which of them are for the keys in use."""

import pytest
from tests.helpers import all_algorithms

from joseal import KeySet
from joseal._core.keys.arguments import enc_in_use, key_set

OWN, OTHER = "HPKE-9", "RSA-OAEP-256"


@pytest.mark.parametrize(
    ("used", "known", "wanted"),
    [
        ([OTHER], [OTHER], "A256GCM"),
        ([OTHER, OWN], [OTHER, OWN], "A256GCM"),
        ([OWN], [OTHER, OWN], None),
        # The object that is made refuses it: no key ever needs it.
        ([OWN], [OWN], "A256GCM"),
    ],
)
def test_enc_is_for_keys_that_need_one(used, known, wanted):
    assert enc_in_use("A256GCM", iter(used), iter(known)) == wanted


def test_missing_enc_is_noticed_before_a_key_that_needs_it_is_in_use():
    assert enc_in_use(None, [OWN], [OWN]) is None
    with pytest.raises(TypeError, match=r"^enc is missing: a key for A256KW needs"):
        enc_in_use(None, [OWN], [OTHER, OWN, "A256KW"])


def test_enc_is_a_known_name_even_if_it_is_not_used():
    with pytest.raises(ValueError, match="A257GCM"):
        enc_in_use("A257GCM", [OWN], [OTHER, OWN])


def test_keys_are_a_set_however_they_are_given():
    key = all_algorithms.key("A128KW", kid="a")
    for given in (key, [key], iter([key]), KeySet([key])):
        assert list(key_set(given)) == [key]
    with pytest.raises(TypeError, match="keys must be a Key, not str"):
        key_set("a PEM")
